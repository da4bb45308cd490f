"""The drawing of rectangles: it covers what is valid, and shows as much padding as is computed."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.figure import Figure

from rnnlib import figures

LENGTHS = [3, 6, 1, 6, 2]


def areas(figure: Figure, gid: str) -> list[float]:
    found = [patch for patch in figure.axes[0].patches if patch.get_gid() == gid]
    return [patch.get_width() * patch.get_height() for patch in found]  # type: ignore[attr-defined]


@pytest.mark.parametrize("call", [0, 2, 5, 1000])
def test_valid_cells_and_padding_fill_the_rectangles(call: float) -> None:
    figure = figures.rectangles(LENGTHS, call)
    valid, padding = areas(figure, "valid"), areas(figure, "padding")
    assert sum(valid) == sum(LENGTHS)
    assert sum(valid) + sum(padding) == sum(areas(figure, "rectangle"))
    title = figure.axes[0].get_title(loc="left")
    assert f"{sum(LENGTHS)} valid cells, {sum(padding):.0f} of padding" in title


def test_a_free_call_cuts_at_every_length_and_a_dear_one_nowhere() -> None:
    assert len(areas(figures.rectangles(LENGTHS, 0), "rectangle")) == len(set(LENGTHS))
    assert areas(figures.rectangles(LENGTHS, 0), "padding") == []
    assert areas(figures.rectangles(LENGTHS, 1000), "rectangle") == [5 * 6]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], 0), "lengths must be 1 to 1000 in number, got 0"),
        (([1001], 0), "lengths must be from 1 to L = 1000, got 1001"),
        (([3], -1), "call must be at least 0, got -1"),
    ],
)
def test_bad_input_is_refused_by_name(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        figures.rectangles(*arguments)
