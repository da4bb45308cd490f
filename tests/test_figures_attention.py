"""The drawings of alignments and of beams show every weight and every rank where it belongs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.colors import same_color
from matplotlib.figure import Figure

from rnnlib.figures import alignment, hypotheses
from rnnlib.figures.style import BACKWARD, FORWARD

WEIGHTS = torch.tensor([[0.9, 0.1, 0.0], [0.2, 0.3, 0.5]])


def labels(figure: Figure, axis: str) -> list[str]:
    return [label.get_text() for label in getattr(figure.axes[0], f"get_{axis}ticklabels")()]


def test_every_weight_lies_in_the_row_of_its_step_and_the_column_of_its_position() -> None:
    figure = alignment("a b", ["x", "<eos>"], WEIGHTS)
    (image,) = figure.axes[0].images
    np.testing.assert_allclose(image.get_array(), WEIGHTS.numpy())
    assert not np.ma.getmaskarray(image.get_array()).any()
    assert image.get_clim() == (0, 1)
    assert labels(figure, "x") == ["a", "␣", "b"]
    assert labels(figure, "y") == ["x", "<eos>"]
    low, high = figure.axes[0].get_ylim()
    assert low > high  # the first step is at the top


def test_steps_that_are_not_taken_yet_are_blank_and_without_a_token() -> None:
    figure = alignment("abc", "xy", WEIGHTS, steps=1)
    (image,) = figure.axes[0].images
    assert np.ma.getmaskarray(image.get_array()).tolist() == [[False] * 3, [True] * 3]
    assert labels(figure, "y") == ["x", ""]


@pytest.mark.parametrize(
    ("arguments", "more", "message"),
    [
        (("abc", "xyz", WEIGHTS), {}, r"weights must be of shape \(3, 3\)"),
        (("abc", "xy", WEIGHTS + 0.5), {}, "weights must be from 0 to 1"),
        (("abc", "xy", -WEIGHTS), {}, "weights must be from 0 to 1"),
        (("abc", "xy", WEIGHTS), {"steps": 0}, "steps must be from 1 to 2, got 0"),
        (("abc", "xy", WEIGHTS), {"steps": 3}, "steps must be from 1 to 2, got 3"),
        (("", "", torch.zeros(0, 0)), {}, "no axis of size 0"),
    ],
)
def test_an_alignment_that_does_not_fit_is_refused(arguments: Any, more: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        alignment(*arguments, **more)


def test_the_best_is_at_the_top_and_the_right_one_is_marked() -> None:
    figure = hypotheses(["ab", "cd", "ef"], [-2.0, -1.0, -3.0], right="ab", xlabel="log p")
    assert labels(figure, "y") == ["cd", "ab ✓", "ef"]
    bars = figure.axes[0].patches
    assert [bar.get_width() for bar in bars] == [-1, -2, -3]
    assert same_color(bars[1].get_facecolor(), BACKWARD)
    assert same_color(bars[0].get_facecolor(), FORWARD)
    low, high = figure.axes[0].get_ylim()
    assert low > high
    assert figure.axes[0].get_xlabel() == "log p"


def test_without_a_right_one_none_is_marked() -> None:
    assert labels(hypotheses(["a", "b"], [1.0, 2.0], right="c", xlabel="rank"), "y") == ["b", "a"]


@pytest.mark.parametrize(
    ("texts", "ranks", "message"),
    [
        (["a"], [1.0, 2.0], "ranks must be 1 numbers, got 2"),
        (["a"], [float("-inf")], "ranks must be finite"),
        ([], [], "ranks"),
    ],
)
def test_hypotheses_that_do_not_fit_are_refused(texts: Any, ranks: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        hypotheses(texts, ranks, xlabel="rank")
