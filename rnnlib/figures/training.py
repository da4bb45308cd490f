"""Drawings of how trainings went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from rnnlib.figures.style import BACKWARD, FAINT, FORWARD, INPUT, WIDTH, Drawing, array, require, styled


@styled
def training_curves(
    losses: Sequence[float],
    norms: Sequence[float],
    *,
    rates: Sequence[float] | None = None,
    scores: Mapping[int, float] | None = None,
    best_step: int | None = None,
    max_norm: float | None = None,
    ylabel: str = "loss",
    references: Mapping[str, float] | None = None,
) -> Figure:
    """Losses and scores above, the norms of the gradients below, the learning rates under that.

    The loss of each step is a faint line, on it lies the median of the steps around, a twentieth of all.

    Args:
        losses: the loss at steps 1, 2, ….
        norms: the norm of the gradients at each step, before clipping, on a logarithmic axis.
        rates: the learning rate at each step; not drawn if left out.
        scores: the number of steps taken, and the score then, drawn as squares.
        best_step: the number of steps after which the score was best, marked by an upright line.
        max_norm: what gradients were clipped to, drawn as a line among the norms.
        ylabel: name and unit of the losses.
        references: a name and the height of a thin horizontal line among the losses, such as chance.

    Raises:
        ValueError: no losses, norms or rates of another number than the losses, or a number that is not finite.
    """
    heights = {"losses": array("losses", losses, 1), "norms": array("norms", norms, 1)}
    if rates is not None:
        heights["rates"] = array("rates", rates, 1)
    count = len(losses)
    for name, values in heights.items():
        require(
            name,
            len(values),
            len(values) == count > 0,
            "of at least one step" if count == 0 else f"of {count} steps",
        )
        require(name, "others", bool(np.isfinite(values).all()), "finite numbers")
    figure = Drawing(figsize=(WIDTH, 4.2 if rates is None else 5.2), layout="constrained")
    panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=(1.6, 1, 0.7)[: len(heights)])
    steps = np.arange(1, count + 1)
    top, middle = panels[0], panels[1]
    top.plot(steps, heights["losses"], color=FAINT, linewidth=1)
    width = max(1, count // 20)
    medians = [np.median(heights["losses"][max(0, k - width) : k + width + 1]) for k in range(count)]
    top.plot(steps, medians, color=FORWARD, label="training")
    if scores:
        top.plot(
            list(scores),
            list(scores.values()),
            color=BACKWARD,
            marker="s",
            linestyle="--",
            label="validation",
        )
    if best_step is not None:
        top.axvline(best_step, color=INPUT, linewidth=1, label="best")
    for name, height in (references or {}).items():
        top.axhline(height, color=INPUT, linewidth=1, linestyle=(0, (6, 3)), label=name)
    top.set_ylabel(ylabel)
    top.legend()
    middle.plot(steps, heights["norms"], color=FORWARD, linewidth=1.2)
    if max_norm is not None:
        middle.axhline(max_norm, color=INPUT, linewidth=1, linestyle=(0, (6, 3)), label="max_norm")
        middle.legend()
    middle.set_yscale("log")
    middle.set_ylabel("gradient norm\nbefore clipping" if max_norm is not None else "gradient norm")
    if rates is not None:
        panels[2].plot(steps, heights["rates"], color=FORWARD)
        panels[2].set_ylabel("learning\nrate")
        panels[2].set_ylim(bottom=0)
    panels[-1].set_xlabel("training step")
    return figure


@styled
def training_gallery(
    runs: Mapping[str, tuple[Sequence[float], Mapping[int, float]]],
    *,
    chance: float,
    healthy: tuple[Sequence[float], Mapping[int, float]] | None = None,
    top: float | None = None,
    ylabel: str = "loss",
) -> Figure:
    """Several trainings side by side, two in a row, each with its losses and its scores.

    In each panel the solid line is the median of the training losses around, over a twentieth of all, and the dashed
    one with squares the validation losses. The dashed level is chance. Losses above the top are drawn at the top.

    Args:
        runs: a name, which becomes the title, and the losses at steps 1, 2, … and the scores by the number of steps.
        chance: the loss of whoever knows nothing.
        healthy: losses and scores of a training that went well, drawn thin and grey in each panel.
        top: the greatest loss that the panels show; twice the chance if left out.
        ylabel: name and unit of the losses.

    Raises:
        ValueError: no run, a run without losses, or a chance or top that is not positive.
    """
    require("runs", len(runs), len(runs) >= 1, "at least one training")
    require("chance", chance, chance > 0, "above 0")
    top = 2 * chance if top is None else top
    require("top", top, top > 0, "above 0")
    rows = (len(runs) + 1) // 2
    figure = Drawing(figsize=(WIDTH, 0.9 + 1.75 * rows), layout="constrained")
    panels = figure.subplots(rows, 2, squeeze=False, sharex=False, sharey=True)
    for index, axes in enumerate(panels.flat):
        if index >= len(runs):
            axes.axis("off")
            continue
        name, (losses, scores) = list(runs.items())[index]
        require(f"runs[{name!r}]", "none", len(losses) > 0, "losses of at least one step")
        axes.axhline(chance, color=INPUT, linewidth=1, linestyle=(0, (6, 3)), label="chance")
        if healthy is not None:
            axes.plot(*_smooth(healthy[0], top), color=FAINT, linewidth=1.2, label="a healthy training")
        axes.plot(*_smooth(losses, top), color=FORWARD, label="training")
        if scores:
            heights = np.minimum(array("scores", list(scores.values()), 1), top)
            axes.plot(
                list(scores),
                heights,
                color=BACKWARD,
                marker="s",
                markersize=4,
                linestyle="--",
                label="validation",
            )
        axes.set_title(name)
        axes.set_ylim(0, 1.04 * top)
        if index % 2 == 0:
            axes.set_ylabel(ylabel)
        if index >= len(runs) - 2:
            axes.set_xlabel("training step")
    named = {line.get_label(): line for axes in panels.flat for line in axes.lines}
    figure.legend(
        list(named.values()), list(named), loc="outside upper center", ncols=4, fontsize=9.5, columnspacing=1
    )
    return figure


def _smooth(losses: Sequence[float], top: float) -> tuple[Any, Any]:
    """The steps, and at each the median of the losses around, a twentieth of all, at most top."""
    values, count = array("losses", losses, 1), len(losses)
    width = max(1, count // 40)
    medians = [np.median(values[max(0, k - width) : k + width + 1]) for k in range(count)]
    return np.arange(1, count + 1), np.minimum(medians, top)


@styled
def running_answers(digits: Sequence[int], probabilities: Any, answers: Sequence[int]) -> Figure:
    """What a classifier would answer after each digit, as a map of probabilities, and what is right.

    Args:
        digits: the digits that it reads, (L).
        probabilities: of each class after each digit, (L, C).
        answers: the right class after each digit, (L), marked by open squares.

    Raises:
        ValueError: probabilities of another shape, or answers of another number.
    """
    shares = array("probabilities", probabilities, 2)  # (L, C)
    require("probabilities", shares.shape, len(shares) == len(digits) > 0, f"({len(digits)}, classes)")
    require("answers", len(answers), len(answers) == len(digits), f"{len(digits)} classes")
    figure = Drawing(figsize=(WIDTH, 3.3), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares.T, cmap="Blues", vmin=0, vmax=1, aspect="auto", origin="lower")
    axes.plot(
        range(len(digits)), answers, color=BACKWARD, marker="s", markersize=7, fillstyle="none", linestyle=""
    )
    axes.set_xticks(range(len(digits)), [str(digit) for digit in digits])
    axes.set_yticks(range(shares.shape[1]))
    axes.set(xlabel="digit read", ylabel="answer so far")
    figure.colorbar(image, label="probability", pad=0.02)
    return figure
