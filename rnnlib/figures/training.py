"""A drawing of how a training went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
