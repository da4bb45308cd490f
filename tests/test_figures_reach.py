"""The drawing of what a bidirectional network's halves depend on shows exactly the gradients it is given."""

from __future__ import annotations

import pytest
import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from rnnlib import figures

SIZES = torch.tensor([[0.1, 2.0, 0.0, 0.0], [0.0, 0.3, 1.0, 1e-12]])


def filled(figure: Figure) -> list[bool]:
    """Whether each square is filled, row by row; the frame around a step does not count."""
    patches = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle) and patch.get_fill()]
    return [patch.get_facecolor()[:3] != (1.0, 1.0, 1.0) for patch in patches]


def test_a_square_is_filled_where_the_gradient_is_not_zero_however_small() -> None:
    figure = figures.reach({"output[1]": SIZES})
    assert filled(figure) == (SIZES > 0).flatten().tolist()
    assert [text.get_text() for text in figure.axes[0].texts].count("0") == 3


def test_every_vector_has_its_name_and_two_rows() -> None:
    figure = figures.reach({"output[0]": SIZES, "output[-1]": SIZES.flip(0)})
    assert filled(figure) == (torch.cat([SIZES, SIZES.flip(0)]) > 0).flatten().tolist()
    names = [text.get_text() for text in figure.axes[0].texts]
    assert {"output[0]", "output[-1]"} <= set(names)
    assert names.count("forward half") == names.count("backward half") == 2


@pytest.mark.parametrize("step", [1, 4])
def test_the_marked_step_is_framed(step: int) -> None:
    frames = [patch for patch in figures.reach({"v": SIZES}, step).axes[0].patches if not patch.get_fill()]
    assert [frame.get_x() for frame in frames] == [step - 1]


@pytest.mark.parametrize(
    ("vectors", "step", "message"),
    [
        ({}, None, "at least one vector"),
        ({"v": SIZES[0]}, None, "2 dimensions"),
        ({"v": SIZES[:1]}, None, r"of shape \(2, 4\)"),
        ({"v": SIZES, "w": SIZES[:, :3]}, None, r"vectors\['w'\] must be of shape \(2, 4\), got \(2, 3\)"),
        ({"v": -SIZES}, None, "finite sizes of at least 0"),
        ({"v": SIZES / 0}, None, "finite sizes of at least 0"),
        ({"v": SIZES}, 5, "step must be between 1 and 4, got 5"),
        ({"v": SIZES}, 0, "step must be between 1 and 4, got 0"),
    ],
)
def test_a_wrong_argument_is_named(vectors, step, message) -> None:
    with pytest.raises(ValueError, match=message):
        figures.reach(vectors, step)
