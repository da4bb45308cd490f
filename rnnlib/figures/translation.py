"""Drawings for models that read one sequence and write another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from rnnlib.figures.style import (
    BACKWARD,
    COLOURS,
    FAINT,
    FORWARD,
    INPUT,
    WIDTH,
    Drawing,
    array,
    arrow,
    blank_axes,
    require,
    styled,
)


def _box(axes: Axes, x: float, y: float, width: float, height: float, colour: str, text: str = "") -> None:
    axes.add_patch(Rectangle((x - width / 2, y - height / 2), width, height, fc="white", ec=colour, lw=1.6))
    axes.text(x, y, text, ha="center", va="center", fontsize=10)


@styled
def encoder_decoder(source: Sequence[str], target: Sequence[str]) -> Figure:
    """An encoder that reads the source both ways, a bridge, and a decoder that writes the target.

    Below each cell of the decoder stands what it reads, above it what it is to write. What it reads is the target
    shifted by one, with ``<bos>`` in front.

    Args:
        source: the tokens that are read, 2 to 14.
        target: the tokens that are written, 2 to 14, the last of them ``<eos>`` or not, as you like.

    Raises:
        ValueError: too few or too many tokens.
    """
    for name, tokens in (("source", source), ("target", target)):
        require(name, f"{len(tokens)}", 2 <= len(tokens) <= 14, "2 to 14 tokens")
    figure = Drawing(figsize=(WIDTH, 3.9))
    axes = blank_axes(figure, (-0.9, 14.5), (-0.3, 9.6))

    def places(count: int) -> list[float]:
        return [float(place) for place in np.linspace(0.4, 13.4, count)]

    def row(y: float, count: int, colour: str, *, backward: bool = False) -> None:
        at = places(count)
        for left, right in pairwise(at):
            ends = (right - 0.36, left + 0.36) if backward else (left + 0.36, right - 0.36)
            arrow(axes, (ends[0], y), (ends[1], y), False, colour)
        for x in at:
            _box(axes, x, y, 0.72, 0.62, colour)

    size = 10 if max(len(source), len(target)) > 9 else 11
    row(1.2, len(source), FORWARD)
    row(2.3, len(source), BACKWARD, backward=True)
    for x, token in zip(places(len(source)), source, strict=True):
        axes.text(x, 0.2, token.replace(" ", "␣"), ha="center", va="center", fontsize=size)
    axes.text(-0.2, 2.95, "encoder", fontsize=10, color=INPUT)
    first, last = places(2)
    _box(axes, 6.9, 4.2, 3.4, 0.8, INPUT, "bridge")
    axes.plot([last + 0.36, last + 0.7, last + 0.7], [1.2, 1.2, 4.2], color=FORWARD, lw=1.2)
    arrow(axes, (last + 0.7, 4.2), (8.6, 4.2), False, FORWARD)
    axes.plot([first - 0.36, first - 0.9, first - 0.9], [2.3, 2.3, 4.2], color=BACKWARD, lw=1.2)
    arrow(axes, (first - 0.9, 4.2), (5.2, 4.2), False, BACKWARD)
    row(7.2, len(target), "black")
    axes.plot([6.9, 6.9, first - 0.9, first - 0.9], [4.6, 5.1, 5.1, 7.2], color=INPUT, lw=1.2)
    arrow(axes, (first - 0.9, 7.2), (first - 0.36, 7.2), False)
    axes.text(-0.2, 9.15, "decoder", fontsize=10, color=INPUT)
    read = ["<bos>", *target[:-1]]
    for x, below, above in zip(places(len(target)), read, target, strict=True):
        for y, token in ((5.8, below), (8.6, above)):
            special = token.startswith("<")
            axes.text(x, y, token, ha="center", va="center", fontsize=8 if special else size)
        arrow(axes, (x, 6.15), (x, 6.85), True)
        arrow(axes, (x, 7.55), (x, 8.2), True)
    for x in places(len(source)):
        arrow(axes, (x, 0.5), (x, 0.85), True)
    for left, right in pairwise(places(len(target))):
        axes.plot([left + 0.15, right - 0.15], [8.3, 6.1], color=FAINT, lw=0.8, ls=(0, (2, 2)), zorder=0)
    return figure


@styled
def decoding_step(
    symbols: Sequence[str], probabilities: Any, written: Sequence[str], step: int, source: str
) -> Figure:
    """One step of greedy decoding: what was read, what was written, and the probabilities of what comes next.

    Args:
        symbols: the names of the V tokens.
        probabilities: of every token at every step, (T, V).
        written: the T tokens that were chosen.
        step: which step to draw, from 1 to T.
        source: the text that the encoder has read.

    Raises:
        ValueError: a step outside, or sizes that do not fit.
    """
    heights = array("probabilities", probabilities, 2)
    shape = (len(written), len(symbols))
    require("probabilities", heights.shape, heights.shape == shape, f"of shape {shape}")
    require("step", step, 1 <= step <= len(written), f"from 1 to {len(written)}")
    figure = Drawing(figsize=(WIDTH, 3.5))
    above = figure.add_axes((0.02, 0.63, 0.96, 0.35))
    above.set(xlim=(-1.9, max(len(written), 11) + 0.6), ylim=(-0.3, 3.2))
    above.axis("off")
    above.text(-1.85, 2.7, f"source: {source}", fontsize=11, va="center")
    for name, y in (("reads", 1.5), ("writes", 0.3)):
        above.text(-1.85, y, name, fontsize=11, va="center")
    for place, (read, wrote) in enumerate(zip(["<bos>", *written[:-1]], written, strict=True), start=1):
        if place > step:
            break
        now = place == step
        for token, y in ((read, 1.5), (wrote, 0.3)):
            edge = COLOURS[1] if now else FAINT
            above.add_patch(
                Rectangle((place - 0.45, y - 0.48), 0.9, 0.96, fc="white", ec=edge, lw=2 if now else 1)
            )
            above.text(place, y, token, ha="center", va="center", fontsize=7 if token.startswith("<") else 12)
    axes = figure.add_axes((0.12, 0.23, 0.85, 0.33))
    chosen = [symbol == written[step - 1] for symbol in symbols]
    axes.bar(range(len(symbols)), heights[step - 1], color=[COLOURS[1] if one else FORWARD for one in chosen])
    axes.set(ylim=(0, 1), yticks=[0, 0.5, 1], ylabel="probability", xlabel=f"step {step}: the next token")
    # The names of marks are long: every second of them stands a line lower.
    ticks = [("\n" if one.startswith("<") and n % 2 else "") + one for n, one in enumerate(symbols)]
    axes.set_xticks(range(len(symbols)), ticks, fontsize=9)
    return figure


@styled
def scores_by_name(
    scores: Mapping[str, Any], ceilings: Mapping[str, float], *, xlabel: str, held_out: Sequence[str] = ()
) -> Figure:
    """A dot for each name, the median over repeated runs, a bar from least to greatest, and the ceiling as a mark.

    Args:
        scores: a name and its scores, each from 0 to 1, one a run.
        ceilings: for some of the names, the best that anybody could score.
        xlabel: name and unit of the scores.
        held_out: names to mark, because training never saw them.

    Raises:
        ValueError: nothing to draw, a score outside 0 to 1, or a ceiling of an unknown name.
    """
    require("scores", "none", len(scores) > 0, "at least one name")
    runs = {name: array(f"scores[{name!r}]", values, 1) for name, values in scores.items()}
    for name, values in runs.items():
        inside = len(values) > 0 and bool(((values >= 0) & (values <= 1)).all())
        require(f"scores[{name!r}]", values, inside, "numbers from 0 to 1")
    require("ceilings", sorted(ceilings), set(ceilings) <= set(scores), "of names in scores")
    figure = Drawing(figsize=(WIDTH, 0.75 + 0.22 * len(runs)), layout="constrained")
    axes = figure.add_subplot()
    for place, (name, values) in enumerate(runs.items()):
        colour, marker = (COLOURS[1], "D") if name in held_out else (COLOURS[0], "o")
        axes.plot([values.min(), values.max()], [place, place], color=colour, lw=2.5, alpha=0.5)
        axes.plot([np.median(values)], [place], marker=marker, color=colour, ms=6)
        if name in ceilings:
            axes.plot([ceilings[name]] * 2, [place - 0.42, place + 0.42], color="black", lw=1.6)
    axes.set_yticks(range(len(runs)), list(runs), fontsize=9)
    axes.set(xlabel=xlabel, ylim=(len(runs) - 0.4, -0.6))
    axes.set_xlim(right=1.01)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.grid(axis="y", color="#e6e6e6", lw=0.8)
    axes.set_axisbelow(True)
    if ceilings:
        axes.plot([], [], color="black", lw=1.6, label="ceiling")
        axes.legend(loc="lower left", frameon=True, framealpha=1, edgecolor="none")
    return figure
