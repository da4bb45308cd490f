"""The wave through a stack shows every cell, and fills those of its moment."""

import pytest
from matplotlib.colors import to_hex

from rnnlib import figures
from rnnlib.figures.style import FORWARD


def filled(figure):
    boxes = [patch for patch in figure.axes[0].patches if hasattr(patch, "get_boxstyle")]
    return sum(to_hex(box.get_facecolor()) == FORWARD.lower() for box in boxes), boxes


@pytest.mark.parametrize(("steps", "layers"), [(1, 1), (5, 3), (2, 4)])
def test_every_cell_is_computed_at_exactly_one_moment(steps, layers):
    pictures = [figures.wavefront(steps, layers, moment) for moment in range(1, steps + layers)]
    assert sum(filled(picture)[0] for picture in pictures) == steps * layers
    assert all(filled(picture)[0] >= 1 for picture in pictures)


def test_cells_wait_framed_by_dashes_until_their_moment():
    _, boxes = filled(figures.wavefront(5, 3, 1))
    assert sum(box.get_linestyle() in ("--", "dashed") for box in boxes) == 14
    _, boxes = filled(figures.wavefront(5, 3, 7))
    assert not any(box.get_linestyle() in ("--", "dashed") for box in boxes)


def test_every_cell_and_input_is_named():
    texts = {text.get_text() for text in figures.wavefront(4, 2, 3).axes[0].texts}
    for step in range(1, 5):
        assert f"$x_{{{step}}}$" in texts
        assert {f"$h^{{({layer})}}_{{{step}}}$" for layer in range(2)} <= texts


@pytest.mark.parametrize(
    ("arguments", "name"),
    [((0, 1, 1), "steps"), ((1, 0, 1), "layers"), ((5, 3, 0), "moment"), ((5, 3, 8), "moment")],
)
def test_an_argument_out_of_range_is_named(arguments, name):
    with pytest.raises(ValueError, match=f"{name} must be"):
        figures.wavefront(*arguments)
