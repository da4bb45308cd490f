"""A drawing of the dense rectangles that cover a batch of unequal sequences."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from rnnlib.figures.style import BACKWARD, FORWARD, WIDTH, Drawing, require, styled
from rnnlib.lengths import Lengths, check_lengths, staircase

MOST = 1000  # steps, and sequences: with more, a cell is too small to be seen
TALL = 2.6  # inches


@styled
def rectangles(lengths: Lengths, call: float) -> Figure:
    """The rectangles in which :func:`rnnlib.lengths.run_packed` computes a batch, if a call costs so many cells.

    The sequences lie sorted, the longest at the top, and time runs to the right. Each framed rectangle is one call of a
    dense kernel. Striped is the padding that a rectangle brings in with it.

    Args:
        lengths: the number of valid steps of each sequence, in any order: up to 1000 sequences of up to 1000 steps.
        call: what a call of the kernel costs, in cells, at least 0.

    Raises:
        TypeError: lengths that are no integers.
        ValueError: no lengths or more than 1000, one outside 1 to 1000, or a negative call.
    """
    checked = check_lengths(lengths, None, MOST)
    count = len(checked)
    require("lengths", f"{count} of them", 1 <= count <= MOST, f"1 to {MOST} in number")
    require("call", call, call >= 0, "at least 0")
    ordered = sorted(checked.tolist(), reverse=True)
    cover = staircase(ordered, call)
    computed = sum((end - start) * rows for start, end, rows in cover)
    figure = Drawing(figsize=(WIDTH, TALL + 0.8), layout="constrained")
    axes = figure.add_subplot()
    for row, length in enumerate(ordered):
        axes.add_patch(
            Rectangle((0, row), length, 1, facecolor=FORWARD, alpha=0.55, linewidth=0, gid="valid")
        )
    for start, end, rows in cover:
        first = next((row for row in range(rows) if ordered[row] < end), rows)
        for row in range(first, rows):
            begin = max(start, ordered[row])
            waste = Rectangle((begin, row), end - begin, 1, facecolor="#ffe3cc", hatch="////", linewidth=0)
            waste.set(edgecolor=BACKWARD, gid="padding")
            axes.add_patch(waste)
        axes.add_patch(
            Rectangle(
                (start, 0), end - start, rows, fill=False, edgecolor="black", linewidth=1.8, gid="rectangle"
            )
        )
    axes.set(xlim=(-0.01 * ordered[0], ordered[0] * 1.01), ylim=(count * 1.02, -0.02 * count))
    axes.set(xlabel="step", ylabel="sequences, longest first", yticks=[])
    wasted = computed - sum(ordered)
    axes.set_title(
        f"{len(cover)} call{'s' * (len(cover) > 1)}, {sum(ordered)} valid cells, {wasted} of padding",
        loc="left",
    )
    return figure
