"""The drawings of trainings show the numbers they are given; a classifier's answers stand where they belong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from rnnlib.figures import running_answers, training_gallery

LOSSES = [2.0] * 40 + [1.0] * 40
SCORES = {20: 2.2, 80: 9.0}


def gallery(count: int = 3, **options: Any) -> Any:
    runs = {f"run {k}": (LOSSES, SCORES) for k in range(count)}
    return training_gallery(runs, **{"chance": 2.3, **options})


def test_each_run_has_a_panel_with_its_name_its_losses_and_its_scores() -> None:
    shown = [axes for axes in gallery().axes if axes.axison]
    assert [axes.get_title() for axes in shown] == ["run 0", "run 1", "run 2"]
    chance, losses, scores = shown[0].lines
    assert chance.get_ydata()[0] == 2.3
    assert losses.get_xdata().tolist() == list(range(1, 81))
    assert losses.get_ydata()[[0, 10, 70]].tolist() == [2.0, 2.0, 1.0]
    assert list(scores.get_xdata()) == [20, 80]


def test_what_lies_above_the_top_is_drawn_at_the_top() -> None:
    axes = gallery(1).axes[0]
    assert axes.lines[-1].get_ydata().tolist() == [2.2, 4.6]  # twice the chance
    assert gallery(1, top=9.5).axes[0].lines[-1].get_ydata().tolist() == [2.2, 9.0]


def test_the_healthy_training_is_drawn_in_every_panel() -> None:
    for axes in gallery(2, healthy=([0.5] * 10, {})).axes:
        assert axes.lines[1].get_ydata().tolist() == [0.5] * 10


def test_the_legend_names_each_kind_of_line_once() -> None:
    (legend,) = gallery(3, healthy=([0.5] * 10, {})).legends
    names = ["chance", "a healthy training", "training", "validation"]
    assert [text.get_text() for text in legend.get_texts()] == names


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: training_gallery({}, chance=2.3), "runs must be at least one training, got 0"),
        (lambda: gallery(1, chance=0.0), "chance must be above 0, got 0.0"),
        (lambda: gallery(1, top=-1.0), "top must be above 0, got -1.0"),
        (
            lambda: training_gallery({"a": ([], {})}, chance=1.0),
            r"runs\['a'\] must be losses of at least one",
        ),
    ],
)
def test_a_gallery_of_nothing_is_refused_by_name(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_the_probabilities_are_the_map_and_the_right_answers_the_squares() -> None:
    shares = torch.rand(4, 10, generator=torch.Generator().manual_seed(0))
    axes = running_answers([3, 1, 4, 1], shares, [3, 4, 8, 9]).axes[0]
    assert np.allclose(axes.images[0].get_array(), shares.T)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["3", "1", "4", "1"]
    (squares,) = axes.lines
    assert list(squares.get_ydata()) == [3, 4, 8, 9]
    assert squares.get_fillstyle() == "none"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2], torch.rand(3, 10), [1, 2]), r"probabilities must be \(2, classes\), got \(3, 10\)"),
        (([1, 2], torch.rand(2), [1, 2]), "probabilities must have 2 dimensions"),
        (([1, 2], torch.rand(2, 10), [1]), "answers must be 2 classes, got 1"),
    ],
)
def test_answers_that_do_not_fit_are_refused_by_name(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        running_answers(*arguments)
