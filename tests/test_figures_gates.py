"""Drawings of gates: what they show is what they were given, and nothing of later steps."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from matplotlib.patches import Rectangle
from torch import nn

from rnnlib import figures
from rnnlib.figures.style import FAINT

LENGTH = 6
GATES = [f"{name}_t$" for name in "figo"]


def walk(step: int = 3, symbols: str = "(-)(-)", **changed: Any) -> Any:
    values: dict[str, Any] = {name: torch.linspace(0.1, 0.9, LENGTH) for name in "fiog"}
    values["c"] = torch.linspace(-2, 2, LENGTH)
    return figures.gate_walk(symbols, values | changed, [1, 1, 0, 1, 1, 0], step)


def texts(figure: Any) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_every_block_of_rows_is_drawn_once_and_a_gate_is_filled() -> None:
    patches = {patch.get_gid(): patch for patch in figures.gate_blocks().axes[0].patches}
    for kind, blocks in (("RNN", 1), ("GRU", 3), ("LSTM", 4)):
        own = [patch for name, patch in patches.items() if name.startswith(f"{kind} ")]
        rows = len(getattr(nn, kind)(1, 1).weight_ih_l0)
        filled = [patch for patch in own if patch.get_facecolor()[:3] != (1, 1, 1)]
        assert len(own) == blocks == rows
        assert len(filled) == {"RNN": 0, "GRU": 2, "LSTM": 3}[kind]


def test_the_cell_has_its_four_blocks_three_products_and_one_sum() -> None:
    shown = texts(figures.lstm_cell())
    assert all(f"${name}_t$" in shown for name in "ifgo")
    assert shown.count("×") == 3
    assert shown.count("+") == 1


@pytest.mark.parametrize(("stage", "full"), [(1, ""), (2, "f"), (3, "fgi"), (4, "fgio")])
def test_a_stage_of_the_cell_shows_the_gates_so_far_and_the_rest_faintly(stage: int, full: str) -> None:
    labels = [text for text in figures.lstm_cell(stage).axes[0].texts if text.get_text()[1:] in GATES]
    assert len(labels) == 4
    assert sorted(text.get_text()[1] for text in labels if text.get_color() != FAINT) == list(full)


@pytest.mark.parametrize(
    ("stage", "equation"), [(1, "= c_{t-1}"), (2, r"f_t \odot c_{t-1}$"), (3, "i_t"), (4, "o_t")]
)
def test_a_stage_says_what_is_computed(stage: int, equation: str) -> None:
    assert any(equation in text and "=" in text for text in texts(figures.lstm_cell(stage)))


@pytest.mark.parametrize("stage", [0, 5, 1.5, "all"])
def test_a_stage_that_the_cell_does_not_have(stage: object) -> None:
    with pytest.raises(ValueError, match=r"^stage must be 1, 2, 3 or 4"):
        figures.lstm_cell(stage)  # type: ignore[arg-type]


@pytest.mark.parametrize("step", [1, 3, LENGTH])
def test_gates_are_drawn_up_to_the_step_and_no_further(step: int) -> None:
    figure = walk(step)
    fills = [p for p in figure.axes[0].patches if isinstance(p, Rectangle) and p.get_alpha() is not None]
    assert len(fills) == 4 * step
    curve = [line for line in figure.axes[1].lines if line.get_marker() == "o"]
    assert len(curve[0].get_xdata()) == step


def test_a_square_is_as_dark_as_its_gate_is_open() -> None:
    figure = walk(LENGTH)
    fills = [p for p in figure.axes[0].patches if isinstance(p, Rectangle) and p.get_alpha() is not None]
    darkness = [patch.get_alpha() for patch in fills[:LENGTH]]
    assert darkness == pytest.approx(torch.linspace(0.1, 0.9, LENGTH).tolist())


def test_the_equation_holds_the_numbers_of_the_step() -> None:
    (equation,) = [
        text for text in texts(walk(2, c=torch.tensor([-2.0, 0.5, 0, 0, 0, 0]))) if "c_{2}" in text
    ]
    assert "0.26" in equation  # f at step 2
    assert "(-2.00)" in equation
    assert "= 0.50" in equation


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: walk(0), "step must be between 1 and 6, got 0"),
        (lambda: walk(7), "step must be between 1 and 6, got 7"),
        (lambda: walk(symbols=""), "symbols must be at least one character"),
        (lambda: walk(symbols="(-)"), r"of shape \(3,\), got \(6,\)"),
        (lambda: walk(extra=torch.zeros(6)), "values must be f, i, g, o and c"),
        (lambda: walk(f=torch.full((6,), 1.5)), r"values\['f'\] must be from 0 to 1"),
        (lambda: walk(g=torch.full((6,), -1.5)), r"values\['g'\] must be from -1 to 1"),
        (lambda: walk(c=torch.full((6,), torch.nan)), r"values\['c'\] must be from"),
    ],
)
def test_bad_input_is_refused_by_name(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
