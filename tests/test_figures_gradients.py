"""The drawings of gradients show the numbers that they are given, on axes that can be compared."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from rnnlib.figures.gradients import eigenvalues, gradient_and_states

NORMS = torch.tensor([[0.0, 0.0], [1e-4, 0.0], [1e-2, 4e-2], [1.0, 3.0]])
STATES = torch.tensor([[-1.0, -0.98], [0.02, 0.98]])
LIMITS = (1e-6, 1e2)


def test_the_line_is_the_median_of_the_norms_above_zero() -> None:
    left, _ = gradient_and_states(NORMS, STATES, "a title", LIMITS).axes
    line = left.lines[0]
    assert line.get_xdata().tolist() == [1, 2, 3]  # at t = 0 all norms are zero
    assert np.allclose(line.get_ydata(), [1e-4, 2.5e-2, 2.0])
    assert left.get_ylim() == LIMITS
    assert left.get_yscale() == "log"
    assert left.get_title() == "a title"


def test_the_bars_are_shares_of_all_entries() -> None:
    _, right = gradient_and_states(NORMS, STATES, "", LIMITS).axes
    heights = [bar.get_height() for bar in right.patches]  # type: ignore[attr-defined]
    assert sum(heights) == pytest.approx(1)
    assert (heights[0], heights[-1]) == (0.5, 0.25)


def test_every_eigenvalue_and_circle_is_drawn() -> None:
    figure = eigenvalues(
        {"one": torch.tensor([1 + 2j, -3j]), "two": np.array([0.5])}, {"edge": 1.0, "far": 2.0}
    )
    (axes,) = figure.axes
    assert [line.get_label() for line in axes.lines] == ["one", "two"]
    assert list(zip(*axes.lines[0].get_data(), strict=True)) == [(1, 2), (0, -3)]
    assert [patch.get_radius() for patch in axes.patches] == [1, 2]  # type: ignore[attr-defined]
    assert {text.get_text() for text in axes.texts} == {"edge", "far"}
    assert axes.get_aspect() == 1
    assert axes.get_ylim()[1] > 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: gradient_and_states(NORMS[0], STATES, "", LIMITS), "norms must have 2 dimensions"),
        (lambda: gradient_and_states(NORMS[:1], STATES, "", LIMITS), "norms must be of at least two steps"),
        (lambda: gradient_and_states(-NORMS, STATES, "", LIMITS), "norms must be at least 0"),
        (lambda: gradient_and_states(NORMS * math.nan, STATES, "", LIMITS), "norms must be at least 0"),
        (lambda: gradient_and_states(NORMS, 2 * STATES, "", LIMITS), "states must be from -1 to 1"),
        (lambda: gradient_and_states(NORMS, STATES[:0], "", LIMITS), "states must be from -1 to 1"),
        (lambda: gradient_and_states(NORMS, STATES, "", (0, 1)), "limits must be two ascending numbers"),
        (lambda: eigenvalues({}, {}), "spectra must be 1 to 6 sets, got 0"),
        (lambda: eigenvalues({"a": []}, {}), r"spectra\['a'\] must be at least one finite number"),
        (lambda: eigenvalues({"a": [math.nan]}, {}), "finite number"),
        (lambda: eigenvalues({"a": [1.0]}, {"c": 0.0}), r"circles\['c'\] must be above 0, got 0.0"),
    ],
)
def test_bad_input_is_refused_by_name(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
