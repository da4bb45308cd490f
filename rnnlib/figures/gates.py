"""Drawings of gated cells: the path of the cell state, the blocks of the weight rows, and gates at work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle

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

BLOCKS = {"RNN": ("h",), "GRU": ("r", "z", "n"), "LSTM": ("i", "f", "g", "o")}
NO_GATES = ("h", "n", "g")  # blocks with a tanh
CELL_STAGES = {  # what an LSTM computes so far
    1: "$c_t = c_{t-1}$",
    2: r"$c_t = f_t \odot c_{t-1}$",
    3: r"$c_t = f_t \odot c_{t-1} + i_t \odot g_t$",
    4: r"$c_t = f_t \odot c_{t-1} + i_t \odot g_t, \quad h_t = o_t \odot \tanh(c_t)$",
}
GATE_ROWS = ("f", "i", "g", "o")
GATE_NAMES = {"f": "forget $f$", "i": "input $i$", "g": "candidate $g$", "o": "output $o$"}


@styled
def lstm_cell(stage: int = 4) -> Figure:
    """One step of an LSTM: the cell state runs straight through at the top, and the gates stand beneath it.

    Args:
        stage: how much of the cell is drawn in full, the rest faintly: 1 the cell state alone, 2 with the forget gate,
            3 with what is written, 4 all of it.

    Raises:
        ValueError: another stage.
    """
    require("stage", stage, stage in CELL_STAGES, "1, 2, 3 or 4")
    figure = Drawing(figsize=(WIDTH, 3.6))
    axes = blank_axes(figure, (-0.75, 9.75), (-0.75, 6.05))
    line, row, bus = 4.6, 1.55, 0.35  # the heights of the cell state, of the gates, and of what they read
    places = {"f": 1.6, "i": 3.2, "g": 4.8, "o": 6.4}
    words = {"f": "keep", "i": "write", "g": "what", "o": "show"}
    meet, turn = (3.2, 3.1), 8.0  # where i meets g, and where c turns down towards h
    of = {"f": 2, "i": 3, "g": 3, "o": 4}

    def ink(colour: str, since: int) -> str:
        return colour if since <= stage else FAINT

    def lead(start: tuple[float, float], end: tuple[float, float], colour: str, since: int) -> None:
        arrow(axes, start, end, since > stage, colour)

    def wire(start: tuple[float, float], end: tuple[float, float], colour: str, since: int) -> None:
        axes.plot(
            *zip(start, end, strict=True), color=ink(colour, since), lw=1.3, zorder=1 if since <= stage else 0
        )

    axes.text(4.5, 5.65, CELL_STAGES[stage], ha="center", va="center", fontsize=14)
    axes.plot([0.1, 8.75], [line, line], color=BACKWARD, lw=3.2, solid_capstyle="butt", zorder=1)
    arrow(axes, (8.7, line), (9.1, line), False, BACKWARD)
    wire((0.6, -0.3), (0.6, bus), INPUT, 2)
    reached = 0.1
    for name, x in places.items():
        since, tanh = of[name], name in NO_GATES
        wire((reached, bus), (x, bus), INPUT, since)
        reached = x
        lead((x, bus), (x, row - 0.42), INPUT, since)
        _box(axes, (x, row), f"${name}_t$", ink(INPUT if tanh else FORWARD, since))
        function = r"$\tanh$" if tanh else r"$\sigma$"
        axes.text(x + 0.13, row + 0.7, function, va="center", color=ink(INPUT, since))
        axes.text(x - 0.1, row - 0.85, words[name], ha="right", va="center", color=ink(INPUT, since))
    lead((places["f"], row + 0.42), (places["f"], line - 0.3), FORWARD, 2)
    lead((places["i"], row + 0.42), (meet[0], meet[1] - 0.3), FORWARD, 3)
    wire((places["g"], row + 0.42), (places["g"], meet[1]), INPUT, 3)
    lead((places["g"], meet[1]), (meet[0] + 0.3, meet[1]), INPUT, 3)
    lead((meet[0], meet[1] + 0.3), (meet[0], line - 0.3), INPUT, 3)
    _node(axes, (places["f"], line), "×", ink("black", 2))
    _node(axes, meet, "×", ink("black", 3))
    _node(axes, (meet[0], line), "+", ink("black", 3))

    wire((turn, line), (turn, 3.75), INPUT, 4)
    axes.text(turn, 3.5, r"$\tanh$", ha="center", va="center", color=ink(INPUT, 4))
    lead((turn, 3.28), (turn, 2.85), INPUT, 4)
    _node(axes, (turn, 2.55), "×", ink("black", 4))
    wire((places["o"], row + 0.42), (places["o"], 2.55), FORWARD, 4)
    lead((places["o"], 2.55), (turn - 0.3, 2.55), FORWARD, 4)
    lead((turn + 0.3, 2.55), (9.1, 2.55), INPUT, 4)
    labels = {
        "$c_{t-1}$": (-0.35, line, 1),
        "$c_t$": (9.4, line, 1),
        "$h_t$": (9.4, 2.55, 4),
        "$h_{t-1}$": (-0.35, bus, 2),
        "$x_t$": (0.6, -0.55, 2),
    }
    for label, (x, y, since) in labels.items():
        axes.text(x, y, label, ha="center", va="center", fontsize=14, color=ink("black", since))
    return figure


@styled
def gate_blocks() -> Figure:
    """The rows of the weight matrices of RNN, GRU and LSTM as blocks of H rows, gates filled, the rest framed."""
    figure = Drawing(figsize=(WIDTH, 2.6))
    axes = blank_axes(figure, (0.2, 7.2), (-0.75, 4.15))
    for column, (kind, blocks) in enumerate(BLOCKS.items()):
        left = 0.35 + 2.3 * column
        axes.text(left + 0.65, -0.4, f"nn.{kind}", ha="center", va="center", family="monospace")
        for index, name in enumerate(blocks):
            y, gate = len(blocks) - 1 - index, name not in NO_GATES
            box = Rectangle(
                (left, y + 0.05), 1.3, 0.9, facecolor=FORWARD if gate else "white", edgecolor=FORWARD
            )
            box.set(linewidth=1.8, gid=f"{kind} {name}")
            axes.add_patch(box)
            ink = "white" if gate else FORWARD
            axes.text(left + 0.65, y + 0.47, f"${name}$", ha="center", va="center", color=ink, fontsize=14)
        axes.text(left + 1.4, len(blocks) - 0.5, "$H$ rows", va="center", color=INPUT)
    return figure


@styled
def gate_walk(symbols: str, values: Mapping[str, Any], depths: Sequence[int], step: int) -> Figure:
    """One unit of an LSTM reading a sequence: its gates as rows of squares, its cell state as a curve, up to a step.

    A gate's square is the darker the nearer the gate is to 1. The candidate's is red where it is positive and blue
    where it is negative.

    Args:
        symbols: the sequence, L characters.
        values: the gates f, i and o, from 0 to 1, the candidate g, from -1 to 1, and the cell state c, each (L).
        depths: the right answer at each step, L numbers, written beneath the symbols.
        step: the step being read, from 1 to L. Later steps are left empty.

    Raises:
        ValueError: a name or a length does not fit, a gate outside its range, or the step is outside 1 to L.
    """
    length = len(symbols)
    require("symbols", repr(symbols), length >= 1, "at least one character")
    require("values", sorted(values), set(values) == {*GATE_ROWS, "c"}, "f, i, g, o and c")
    numbers = {name: array(f"values[{name!r}]", value, 1) for name, value in values.items()}
    for name, row in numbers.items():
        require(f"values[{name!r}]", row.shape, row.shape == (length,), f"of shape ({length},)")
        least, most = {"c": (-np.inf, np.inf), "g": (-1, 1)}.get(name, (0, 1))
        inside = bool(((row >= least) & (row <= most)).all())
        require(f"values[{name!r}]", "others", inside, f"from {least} to {most}")
    require("depths", len(depths), len(depths) == length, f"{length} numbers")
    require("step", step, 1 <= step <= length, f"between 1 and {length}")

    left = 0.235 * length
    figure = Drawing(figsize=(WIDTH, 4.6))
    axes = figure.add_axes((0.01, 0.43, 0.98, 0.56))
    axes.set(xlim=(-left, length), ylim=(-1.25, 6.5))
    axes.axis("off")
    for label, height in (("reads", 5.9), ("open", 5.0)):
        axes.text(-left, height, label, va="center", color=INPUT)
    for time in range(length):
        now, shown = time + 1 == step, time < step
        ink = "black" if shown else FAINT
        weight = "bold" if now else "normal"
        axes.text(
            time + 0.5, 5.9, symbols[time], ha="center", va="center", fontsize=13, color=ink, weight=weight
        )
        axes.text(time + 0.5, 5.0, str(depths[time]), ha="center", va="center", color=ink, weight=weight)
    for index, name in enumerate(GATE_ROWS):
        bottom = 3.3 - 1.05 * index
        axes.text(-left, bottom + 0.45, GATE_NAMES[name], va="center")
        for time in range(length):
            _square(axes, (time, bottom), float(numbers[name][time]) if time < step else None, name == "g")
    axes.add_patch(Rectangle((step - 1, 0.06), 1, 6.4, fill=False, edgecolor="black", lw=1.8, zorder=5))
    keep, write = numbers["f"][step - 1], numbers["i"][step - 1] * numbers["g"][step - 1]
    before, after = numbers["c"][step - 2] if step > 1 else 0.0, numbers["c"][step - 1]
    sum_text = rf"$c_{{{step}}} = f\,c_{{{step - 1}}} + i\,g = "
    sum_text += rf"{keep:.2f} \cdot ({before:.2f}) + ({write:.2f}) = {after:.2f}$"
    axes.text((length - left) / 2, -0.75, sum_text, ha="center", va="center", fontsize=12)

    below = figure.add_axes(
        (0.01 + 0.98 * left / (length + left), 0.1, 0.98 * length / (length + left), 0.29)
    )
    span = float(np.abs(numbers["c"]).max()) * 1.12 + 1e-9
    times = np.arange(length) + 0.5
    below.axhline(0, color=FAINT, lw=1)
    below.plot(times[:step], numbers["c"][:step], color=BACKWARD, marker="o", markersize=4.5)
    below.set(xlim=(0, length), ylim=(-span, span), ylabel="cell state $c$", xlabel="step")
    ticks = [t for t in range(1, length + 1) if t == 1 or t % 4 == 0]
    below.set_xticks([t - 0.5 for t in ticks], [str(t) for t in ticks])
    return figure


def _square(axes: Axes, corner: tuple[float, float], value: float | None, signed: bool) -> None:
    """One number as a square: white at 0, darker further away from it; nothing but a frame for None."""
    box = Rectangle(
        (corner[0] + 0.06, corner[1] + 0.05), 0.88, 0.85, facecolor="white", edgecolor=FAINT, lw=0.6
    )
    axes.add_patch(box)
    if value is None:
        return
    colour = FORWARD if not signed else "#B2182B" if value > 0 else "#2166AC"
    fill = Rectangle(box.get_xy(), 0.88, 0.85, facecolor=colour, alpha=abs(value), lw=0)
    axes.add_patch(fill)
    if signed and abs(value) > 0.3:  # the sign, for those who see no colours
        sign, ink = "+" if value > 0 else "−", "white" if abs(value) > 0.55 else "black"
        axes.text(corner[0] + 0.5, corner[1] + 0.45, sign, ha="center", va="center", color=ink, fontsize=10)


def _box(axes: Axes, centre: tuple[float, float], label: str, colour: str) -> None:
    corner = (centre[0] - 0.42, centre[1] - 0.4)
    style = "round,pad=0,rounding_size=0.12"
    axes.add_patch(
        FancyBboxPatch(corner, 0.84, 0.8, boxstyle=style, facecolor="white", edgecolor=colour, linewidth=1.8)
    )
    axes.text(*centre, label, ha="center", va="center", color=colour, fontsize=14, zorder=3)


def _node(axes: Axes, centre: tuple[float, float], sign: str, colour: str) -> None:
    axes.add_patch(Circle(centre, 0.3, facecolor="white", edgecolor=colour, linewidth=1.4, zorder=3))
    axes.text(
        centre[0], centre[1] - 0.02, sign, ha="center", va="center", color=colour, fontsize=14, zorder=4
    )
