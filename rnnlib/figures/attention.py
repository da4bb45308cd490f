"""Drawings of where a decoder looks, and of what a beam search has kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from rnnlib.figures.style import BACKWARD, FAINT, FORWARD, INPUT, WIDTH, Drawing, array, require, styled


@styled
def alignment(
    source: Sequence[str], target: Sequence[str], weights: Any, *, steps: int | None = None
) -> Figure:
    """Where a decoder looks: a row for each token that it writes, a column for each position of the source.

    Args:
        source: the tokens that are read, (L).
        target: the tokens that are written, (T), from top to bottom.
        weights: how much of each position goes into each step, (T, L), from 0 to 1.
        steps: how many rows are drawn so far; the others are left white, as are their tokens. All if left out.

    Raises:
        ValueError: weights of another shape or outside 0 to 1, or a number of steps that is not from 1 to T.
    """
    shares = array("weights", weights, 2)  # (T, L)
    shape = (len(target), len(source))
    require(
        "weights",
        shares.shape,
        shares.shape == shape and min(shape) > 0,
        f"of shape {shape}, no axis of size 0",
    )
    require(
        "weights",
        f"{shares.min():.3g} to {shares.max():.3g}",
        0 <= shares.min() <= shares.max() < 1 + 1e-5,
        "from 0 to 1",
    )
    drawn = len(target) if steps is None else steps
    require("steps", drawn, 1 <= drawn <= len(target), f"from 1 to {len(target)}")
    height = min(7.0, 1.3 + 0.34 * len(target))
    figure = Drawing(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    shown = np.ma.masked_array(shares, np.arange(len(target))[:, None] * np.ones(shape[1]) >= drawn)
    image = axes.imshow(shown, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    size = 13 if max(shape) <= 20 else 10
    axes.set_xticks(range(len(source)), [_shown(token) for token in source], fontsize=size)
    axes.set_yticks(
        range(len(target)),
        ["" if t >= drawn else _shown(token) for t, token in enumerate(target)],
        fontsize=size,
    )
    axes.set(xlabel="read", ylabel="written")
    axes.set_xticks(np.arange(len(source) + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(len(target) + 1) - 0.5, minor=True)
    axes.grid(which="minor", color=FAINT, linewidth=0.5)
    axes.tick_params(which="both", length=0)
    figure.colorbar(image, label="weight", pad=0.02)
    return figure


@styled
def hypotheses(texts: Sequence[str], ranks: Any, *, right: str | None = None, xlabel: str) -> Figure:
    """What a beam search has kept: a bar for each text, the best at the top.

    Args:
        texts: what was written, (K), at least one.
        ranks: the number by which they are ordered, (K), finite, the higher the better.
        right: the text that is right; its bar is filled with another colour and has a tick mark, if it is there.
        xlabel: what the numbers are.

    Raises:
        ValueError: ranks of another number, or that are not finite.
    """
    numbers = array("ranks", ranks, 1)
    require("ranks", len(numbers), len(numbers) == len(texts) > 0, f"{len(texts)} numbers")
    require("ranks", numbers.tolist(), bool(np.isfinite(numbers).all()), "finite")
    order = np.argsort(-numbers, kind="stable")
    figure = Drawing(figsize=(WIDTH, 1.2 + 0.42 * len(texts)), layout="constrained")
    axes = figure.add_subplot()
    colours = [BACKWARD if texts[k] == right else FORWARD for k in order]
    axes.barh(range(len(texts)), numbers[order], color=colours, edgecolor=INPUT, linewidth=0.8)
    names = [f"{texts[k]} ✓" if texts[k] == right else texts[k] for k in order]
    axes.set_yticks(range(len(texts)), names, fontsize=13)
    axes.invert_yaxis()
    axes.set(xlabel=xlabel)
    return figure


def _shown(token: str) -> str:
    return "␣" if token == " " else token
