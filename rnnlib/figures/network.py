"""Drawings of recurrent networks: cells, what flows between them, and the numbers in them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from rnnlib.figures.style import (
    BACKWARD,
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


@styled
def unrolled(steps: int, layers: int = 1, directions: int = 1, valid: int | None = None) -> Figure:
    """The unrolled network: every cell at every step, and what flows between them.

    Time runs from left to right, layers from bottom to top. With more than seven steps some are left out. With several
    layers the states carry the number of their layer, as in :math:`h^{(k)}_t`.

    Args:
        steps: number of steps :math:`L`, at least 1.
        layers: ``num_layers``, at least 1.
        directions: 1, or 2 for a bidirectional network.
        valid: number of steps that hold data; the rest is drawn as padding. Left out, every step holds data.

    Raises:
        ValueError: an argument is out of its range.
    """
    valid = steps if valid is None else valid
    require("steps", steps, steps >= 1, "at least 1")
    require("layers", layers, layers >= 1, "at least 1")
    require("directions", directions, directions in (1, 2), "1 or 2")
    require("valid", valid, 1 <= valid <= steps, f"between 1 and steps = {steps}")

    times = _shown_times(steps, valid)
    rise = 1.15 if directions == 1 else 2.0  # from one layer to the next
    heights = [0.9 + rise * layer for layer in range(layers)]  # of the forward cells, from the bottom up
    top = heights[-1] + (0.75 if directions == 1 else 1.75)
    width, bottom = len(times) + 2.15, -0.8 if valid < steps else -0.5
    figure = Drawing(figsize=(WIDTH, round(WIDTH * (top + 0.5 - bottom) / width, 2)))
    axes = blank_axes(figure, (-0.6, width - 0.6), (bottom, top + 0.5))
    for column, time in enumerate(times, start=1):
        if time is None:
            axes.text(column, top / 2, "…", ha="center", va="center", fontsize=18, color=INPUT)
        else:
            _draw_step(axes, column, time, heights, directions, top, padded=time > valid)
    for number, height in enumerate(heights):
        ends = _state(0, number, layers), _state("n", number, layers)
        if layers > 1:
            middle = height + (0.4 if directions == 2 else 0)
            axes.text(-0.45, middle, f"layer {number}", rotation=90, ha="center", va="center", color=INPUT)
        last = max(column for column, time in enumerate(times, start=1) if time is not None and time <= valid)
        offset = 0.21 if directions == 2 else 0.0
        # An arrow ends beside its own column, beyond both of its states, or short of a padded one.
        outside = 0.65 + (0.11 if directions == 2 else 0.0)
        after = last + (outside if valid == steps or directions == 1 else 0.34)
        shift = (
            0.15 if valid < steps and directions == 1 else 0.0
        )  # the name of h_n keeps clear of a padded cell
        forward = [1 - outside, *(column - offset for column in range(1, last + 1)), after]
        _draw_states(axes, height, FORWARD, forward, ends, shift)
        if directions == 2:
            backward = [last + 0.76, *(column + offset for column in range(last, 0, -1)), 1 - outside]
            _draw_states(axes, height + 0.8, BACKWARD, backward, ends)
    if valid < steps:
        axes.text(len(times), -0.55, "padding", ha="center", va="center", color="#6b6b6b", style="italic")
    return figure


@styled
def state_walk(inputs: Any, states: Any, step: int) -> Figure:
    """The state moving through an unrolled network with one layer: inputs below, states above, up to one step.

    Args:
        inputs: the sequence, shape (L, H_in).
        states: the states h_0 to h_L, shape (L + 1, H_out); row 0 is the initial state.
        step: the step being computed, from 1 to L. Later steps are left empty.

    Raises:
        ValueError: a shape does not fit, or the step is outside 1 to L.
    """
    x, h = array("inputs", inputs, 2), array("states", states, 2)
    length = len(x)
    require("states", h.shape, len(h) == length + 1, f"one row more than inputs, {length + 1} rows")
    require("step", step, 1 <= step <= length, f"between 1 and {length}")
    span = max(float(np.abs(x).max()), float(np.abs(h).max()), 1e-12)
    gap = x.shape[1] * 0.5 + 1.6  # height at which the states begin
    top = gap + h.shape[1] * 0.8
    figure = Drawing(figsize=(WIDTH, 0.42 * (top + 2.9)))
    axes = blank_axes(figure, (-0.5, length + 0.5), (-1.0, top + 1.9))
    for time in range(length + 1):
        shown, now = time <= step, time == step
        name = f"$h_{{{time}}}$"
        axes.text(time, top + 0.2, name, ha="center", fontsize=13, weight="bold" if now else "normal")
        _column(axes, time, gap, 0.8, h[time] if shown else None, len(h[time]), span, numbers=True, ring=now)
        if time == 0:
            continue
        _column(axes, time, 0, 0.5, x[time - 1] if shown else None, x.shape[1], span, numbers=False, ring=now)
        axes.text(time, -0.65, f"$x_{{{time}}}$", ha="center", fontsize=13)
        middle = gap + h.shape[1] * 0.4
        colour = FORWARD if now else "#6b6b6b" if shown else FAINT
        for start, end in (((time - 0.68, middle), (time - 0.32, middle)), ((time, gap - 1.55), (time, gap))):
            axes.annotate(
                "",
                end,
                start,
                arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2.4 if now else 1.2, "shrinkB": 2},
            )
        if now:
            axes.text(time - 0.5, middle + 0.3, "$W_{hh}$", ha="center", color=FORWARD)
            axes.text(time + 0.07, gap - 0.85, "$W_{ih}$", va="center", color=FORWARD)
    before = f"h_{{{step - 1}}}"
    equation = rf"$h_{{{step}}} = \tanh(W_{{ih}}\,x_{{{step}}} + b_{{ih}} + W_{{hh}}\,{before} + b_{{hh}})$"
    axes.text(length / 2, top + 1.25, equation, ha="center", fontsize=13)
    return figure


@styled
def reach(vectors: Mapping[str, Any], step: int | None = None) -> Figure:
    """How far back and ahead a vector of a bidirectional network has read, each half in a row of its own.

    A square stands for one step of the input. It is filled if the half depends on that step, the darker the more, and
    empty with a 0 if the gradient is exactly zero.

    Args:
        vectors: a name and the size of the gradient with respect to the input of each step, (2, L): the forward half's
            row, then the backward half's. Every vector has the same L.
        step: a step to mark, from 1 to L, if there is one.

    Raises:
        ValueError: no vector, one of another shape, a size that is negative or not finite, or a step outside 1 to L.
    """
    sizes = {name: array(f"vectors[{name!r}]", values, 2) for name, values in vectors.items()}
    require("vectors", len(sizes), len(sizes) >= 1, "at least one vector")
    length = next(iter(sizes.values())).shape[1]
    for name, values in sizes.items():
        require(f"vectors[{name!r}]", values.shape, values.shape == (2, length), f"of shape (2, {length})")
        sound = bool(np.isfinite(values).all() and (values >= 0).all())
        require(f"vectors[{name!r}]", "others", sound, "finite sizes of at least 0")
    require("step", step, step is None or 1 <= step <= length, f"between 1 and {length}")
    left, block = 0.32 * length, 2.75  # the width of the labels, the height of one vector's rows
    height, width = block * len(sizes) + 0.75, left + length + 0.2
    figure = Drawing(figsize=(WIDTH, round(WIDTH * (height + 0.1) / width * 0.62, 2)))
    axes = blank_axes(figure, (-left, length + 0.2), (-0.1, height))
    for number, (name, values) in enumerate(sizes.items()):
        bottom = height - block * (number + 1)
        axes.text(-left, bottom + 2.2, name, va="center", fontsize=12, family="monospace")
        for half, (label, colour) in enumerate((("forward half", FORWARD), ("backward half", BACKWARD))):
            _reach_row(axes, bottom + 0.9 - 0.9 * half, values[half], colour)
            axes.text(-left, bottom + 1.3 - 0.9 * half, label, va="center", color=colour)
    for time in range(1, length + 1):
        marked = time == step
        weight = "bold" if marked else "normal"
        axes.text(time - 0.5, 0.42, f"$x_{{{time}}}$", ha="center", va="center", fontsize=13, weight=weight)
    if step is not None:
        rows = block * len(sizes)
        axes.add_patch(
            Rectangle((step - 1, 0.1), 1, rows - 0.15, fill=False, edgecolor="#222222", lw=2.2, zorder=4)
        )
    return figure


def _reach_row(axes: Axes, bottom: float, sizes: Any, colour: str) -> None:
    """One half's row of squares: filled where it depends on the step, the darker the more."""
    greatest = max(float(sizes.max()), 1e-300)
    for index, size in enumerate(sizes):
        place = (index + 0.06, bottom + 0.05)
        if size > 0:
            strength = 0.3 + 0.7 * float(size / greatest) ** 0.5
            box = Rectangle(place, 0.88, 0.8, facecolor=colour, alpha=strength, lw=0)
        else:
            box = Rectangle(place, 0.88, 0.8, facecolor="white", edgecolor=FAINT, lw=1)
            axes.text(index + 0.5, bottom + 0.43, "0", ha="center", va="center", color="#6b6b6b")
        axes.add_patch(box)


@styled
def wavefront(steps: int, layers: int, moment: int) -> Figure:
    """A stack of layers computed along its antidiagonals: the cells of one moment need nothing of each other.

    Cell (k, t), layer k counted from 0 and step t from 1, is computed at moment k + t. Cells of the given moment are
    filled, those of earlier moments framed, those of later moments faint.

    Args:
        steps: number of steps :math:`L`, at least 1.
        layers: ``num_layers``, at least 1.
        moment: the moment to show, from 1 to L + layers - 1.

    Raises:
        ValueError: an argument is out of its range.
    """
    require("steps", steps, steps >= 1, "at least 1")
    require("layers", layers, layers >= 1, "at least 1")
    moments = steps + layers - 1
    require("moment", moment, 1 <= moment <= moments, f"between 1 and steps + layers - 1 = {moments}")
    top = layers + 0.35
    figure = Drawing(figsize=(WIDTH, round(WIDTH * (top + 0.5) / (steps + 1.2), 2)))
    axes = blank_axes(figure, (-0.2, steps + 1.0), (-0.45, top + 0.05))
    for time in range(1, steps + 1):
        reached = time <= moment  # layer 0 has read this input
        ink = INPUT if reached else "#8a8a8a"
        axes.text(time, -0.1, f"$x_{{{time}}}$", ha="center", va="center", fontsize=14, color=ink)
    for layer in range(layers):
        height = layer + 0.85
        axes.text(0.0, height, f"layer {layer}", rotation=90, ha="center", va="center", color=INPUT)
        for time in range(1, steps + 1):
            late, now = layer + time > moment, layer + time == moment
            colour = FAINT if late else FORWARD
            _box(axes, (time, height), (0.3, 0.24), colour, late, FORWARD if now else "white")
            name = f"$h^{{({layer})}}_{{{time}}}$"
            shade = "white" if now else "#8a8a8a" if late else FORWARD
            axes.text(time, height, name, ha="center", va="center", fontsize=14, color=shade, zorder=3)
            arrow(axes, (time, height - 0.76 if layer else height - 0.8), (time, height - 0.24), late)
            if time > 1:
                arrow(axes, (time - 0.7, height), (time - 0.3, height), late, FORWARD)
    return figure


def _shown_times(steps: int, valid: int) -> list[int | None]:
    """The steps to draw, None where some are left out: both ends, and where the data ends."""
    if steps <= 7:
        return list(range(1, steps + 1))
    kept = sorted({1, 2, 3, valid, min(valid + 1, steps), steps - 1, steps})
    times: list[int | None] = []
    for before, time in zip([0, *kept], kept, strict=False):
        times += [time] if time == before + 1 else [None, time]
    return times


def _draw_step(
    axes: Axes, column: int, time: int, heights: list[float], directions: int, top: float, padded: bool
) -> None:
    """One column of the unrolled network: the input, the cells of every layer, the output."""
    ink = FAINT if padded else INPUT
    _node(axes, column, 0, f"$x_{{{time}}}$", INPUT, padded)
    below = 0.27
    for number, height in enumerate(heights):
        name = _state(time, number, len(heights))
        if directions == 1:
            arrow(axes, (column, below), (column, height - 0.27), padded)
            _node(axes, column, height, name, FORWARD, padded)
            below = height + 0.27
            continue
        joint = height + 1.2  # where the two states are laid end to end: forward first, then backward
        for offset, rise, colour in ((-0.21, 0.0, FORWARD), (0.21, 0.8, BACKWARD)):
            arrow(axes, (column + offset, below), (column + offset, height + rise - 0.18), padded)
            _node(axes, column + offset, height + rise, name, colour, padded, size=0.2)
            axes.plot([column + offset] * 2, [height + rise + 0.18, joint], color=ink, lw=1.2, zorder=1)
            shade = FAINT if padded else colour
            axes.add_patch(
                Rectangle((column + offset - 0.21, joint), 0.42, 0.12, color=shade, lw=0, zorder=2)
            )
        below = joint + 0.12
    arrow(axes, (column, below), (column, top), padded)
    axes.text(
        column,
        top + 0.06,
        f"$y_{{{time}}}$",
        ha="center",
        va="bottom",
        fontsize=13,
        color="#8a8a8a" if padded else "black",
    )


def _state(time: int | str, number: int, layers: int) -> str:
    """The name of a state: with several layers, the number of its layer stands above."""
    return f"$h_{{{time}}}$" if layers == 1 else f"$h^{{({number})}}_{{{time}}}$"


def _draw_states(
    axes: Axes, height: float, colour: str, places: list[float], ends: tuple[str, str], shift: float = 0.0
) -> None:
    """The arrows that carry one layer's state along one direction of time, from h_0 past the cells to h_n."""
    way = 1 if places[-1] > places[0] else -1
    size = 0.3 if places[1] == round(places[1]) else 0.2  # half a cell's width
    for index, (start, end) in enumerate(pairwise(places)):
        left = start + (way * size if index > 0 else 0)
        right = end - (way * size if index < len(places) - 2 else 0)
        arrow(axes, (left, height), (right, height), False, colour)
    for x, name in zip((places[0], places[-1] - shift), ends, strict=True):
        axes.text(x, height + 0.07, name, ha="center", va="bottom", color=colour)


def _node(axes: Axes, x: float, y: float, label: str, colour: str, padded: bool, size: float = 0.3) -> None:
    _box(axes, (x, y), (size, 0.9 * size), FAINT if padded else colour, padded)
    columns = float(np.ptp(axes.get_xlim()))  # labels shrink where many columns share the width
    text_size = (13 if size > 0.25 else 11) * min(1.0, 9.5 / columns)
    if "^" in label:  # a layer's number makes a label about twice as wide as its letter
        text_size = min(text_size, 2 * size / columns * WIDTH * 72 / 2.1)
    axes.text(
        x,
        y,
        label,
        ha="center",
        va="center",
        color="#8a8a8a" if padded else colour,
        fontsize=text_size,
        zorder=3,
    )


def _box(
    axes: Axes,
    centre: tuple[float, float],
    half: tuple[float, float],
    colour: str,
    faint: bool,
    face: str = "white",
) -> None:
    """A cell's frame around its centre, half its width and height given; thin and dashed if it is faint."""
    corner = (centre[0] - half[0], centre[1] - half[1])
    axes.add_patch(
        FancyBboxPatch(
            corner,
            2 * half[0],
            2 * half[1],
            boxstyle="round,pad=0,rounding_size=0.1",
            facecolor=face,
            edgecolor=colour,
            linewidth=1.2 if faint else 1.8,
            linestyle="--" if faint else "-",
            zorder=2,
        )
    )


def _column(
    axes: Axes,
    x: float,
    bottom: float,
    cell: float,
    values: Any,
    count: int,
    span: float,
    numbers: bool,
    ring: bool,
) -> None:
    """A vector as a column of coloured squares, the first entry on top; empty squares if there are no values yet."""
    colours = matplotlib.colormaps["RdBu_r"]
    width = 0.32
    for index in range(count):
        y = bottom + (count - 1 - index) * cell
        shade = "white" if values is None else colours(0.5 + 0.42 * values[index] / span)
        edge = "#222222" if ring else "#8a8a8a" if values is not None else "#d0d0d0"
        axes.add_patch(
            Rectangle(
                (x - width, y), 2 * width, cell, facecolor=shade, edgecolor=edge, lw=1.8 if ring else 0.8
            )
        )
        if numbers and values is not None:
            ink = "white" if abs(values[index]) / span > 0.6 else "black"
            axes.text(
                x, y + cell / 2, f"{values[index]:.2f}", ha="center", va="center", color=ink, fontsize=11
            )
