"""Drawings of packing: a padded batch, sorted, cut into columns, laid end to end, and how a network reads it."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from rnnlib.figures.style import FAINT, FORWARD, INPUT, WIDTH, Drawing, arrow, blank_axes, require, styled
from rnnlib.lengths import Lengths, check_lengths

LETTERS = "abcdefghijklmnopqrstuvwxyz"
LONGEST = 40  # steps: with more, a cell is too small to be seen on a phone
# A sequence's colour and the ink upon it. Neighbours differ in lightness, too, so that grey keeps them apart.
FILLS = (
    ("#0072B2", "white"),
    ("#F0E442", "black"),
    ("#D55E00", "white"),
    ("#9AD0F0", "black"),
    ("#00664B", "white"),
    ("#E0A6C6", "black"),
)
LARGEST, SMALLEST = 0.42, 0.31  # inches: a cell, and the least that may stand beside another grid
LABELLED = 0.24  # inches: the least cell with a label
GAP = 0.22  # between columns that are cut apart, in cells
MARGIN = 0.1  # inches, at the edges
HEAD, LINE = 0.6, 0.45  # inches: above a grid for its caption and the steps' numbers, below a line of data


@styled
def packing(lengths: Lengths, valid: Lengths | None = None) -> Figure:
    """A batch on its way into a packed sequence: padded, sorted and cut into columns, and laid end to end.

    Each sequence has a letter and a colour, in the order in which the batch holds them, and each step a number.
    Dashed cells are padding. The numbers under the columns that are laid end to end are ``batch_sizes``.

    Args:
        lengths: the number of steps of each sequence that are packed, in any order: 1 to 26 sequences, each from 1 to
            40 steps.
        valid: the number of steps of each sequence that hold data, if lengths say something else. Then padding that is
            packed is drawn as a dashed cell with a 0 among the data, and data that is not packed is crossed out.

    Raises:
        TypeError: lengths that are no integers.
        ValueError: no lengths or more than 26, one outside 1 to 40, or not as many valid as lengths.
    """
    batch = _Batch.of(lengths, valid)
    size, beside = batch.grid_size()
    lines = batch.lines()
    grid = batch.count * size
    upper = HEAD + grid + (0 if beside else 0.2 + HEAD + grid)
    height = upper + 0.85 + batch.strip_height(lines)
    figure = Drawing(figsize=(WIDTH, round(height, 2)))
    axes = blank_axes(figure, (0, WIDTH), (0, height))

    _caption(axes, MARGIN, height, "padded batch")
    top = height - HEAD
    for row in range(batch.count):
        for step in range(batch.width):
            corner = (MARGIN + step * size, top - (row + 1) * size)
            _cell(axes, batch, corner, size, row, step, f"padded[{row}, {step}]")
    # Where there is room, the sorted grid stands so far to the left that its caption fits and its arrows are steep.
    left = min(WIDTH - MARGIN - batch.cut_width(size), WIDTH - 2.4) if beside else MARGIN
    if beside:
        middle = top - grid / 2
        arrow(axes, (MARGIN + batch.width * size + 0.08, middle), (left - 0.1, middle), False)
    else:
        top -= grid + 0.2 + HEAD
    _caption(axes, left, top + HEAD, "sorted, cut into columns")
    ends = _columns(axes, batch, left, top, size)
    targets = _strip(axes, batch, height - upper - 0.85, lines)
    below = top - grid - 0.05
    for (x, y), target in zip(
        ends, targets[: len(lines[0])], strict=False
    ):  # further lines follow by themselves
        axes.plot([x, x], [y - 0.05, below], color=INPUT, lw=1.2, zorder=1)  # down, past the longer columns
        arrow(axes, (x, below), target, False)
    return figure


@styled
def packing_step(lengths: Lengths, step: int) -> Figure:
    """What a network computes at one step of a packed batch, one direction, from the first step to the last.

    Above, the sorted sequences in columns, and beside them the states: those computed at this step are filled, those of
    sequences that have ended are kept as they are. Below, the rows of ``data`` that the step reads.

    Args:
        lengths: the number of valid steps of each sequence, in any order: 1 to 26 sequences, each from 1 to 40 steps.
        step: the step being computed, from 1 to the longest length.

    Raises:
        TypeError: lengths that are no integers.
        ValueError: no lengths or more than 26, one outside 1 to 40, or a step that no sequence has.
    """
    batch = _Batch.of(lengths)
    require("step", step, 1 <= step <= batch.longest, f"between 1 and {batch.longest}")
    size = min(LARGEST, (WIDTH - 2 * MARGIN - 2.3) / batch.cut_width(1))
    lines = batch.lines()
    pitch = max(size, 0.32)  # the rows stand so far apart that a state fits into one
    lower = batch.strip_height(lines)
    height = HEAD + batch.count * pitch + 0.5 + lower
    figure = Drawing(figsize=(WIDTH, round(height, 2)))
    axes = blank_axes(figure, (0, WIDTH), (0, height))
    top = height - HEAD
    _caption(axes, MARGIN, height, "sorted batch")
    _columns(axes, batch, MARGIN, top, size, now=step - 1, pitch=pitch)
    _states(axes, batch, MARGIN + batch.cut_width(size), top, pitch, step)
    _strip(axes, batch, lower, lines, now=step - 1)
    begin = sum(len(batch.rows(earlier)) for earlier in range(step - 1))
    read = f"step {step} reads data[{begin}:{begin + len(batch.rows(step - 1))}]"
    axes.text(WIDTH - MARGIN, lower + 0.13, read, ha="right", va="center", family="monospace")
    return figure


@dataclass(frozen=True)
class _Batch:
    """Lengths, and what follows from them."""

    lengths: tuple[int, ...]
    valid: tuple[int, ...]  # the steps that hold data; those that are packed, unless the lengths are wrong
    order: tuple[int, ...]  # the sequences, longest first, equal lengths as they came

    @classmethod
    def of(cls, lengths: Lengths, valid: Lengths | None = None) -> _Batch:
        checked = tuple(check_lengths(lengths, None, LONGEST).tolist())
        count = len(checked)
        require("lengths", f"{count} of them", 1 <= count <= len(LETTERS), "1 to 26 in number")
        held = checked if valid is None else tuple(check_lengths(valid, None, LONGEST).tolist())
        require("valid", f"{len(held)} of them", len(held) == count, f"{count} in number, as lengths are")
        return cls(checked, held, tuple(sorted(range(count), key=lambda row: -checked[row])))

    @property
    def count(self) -> int:
        return len(self.lengths)

    @property
    def longest(self) -> int:
        return max(self.lengths)

    @property
    def width(self) -> int:
        return max(self.lengths + self.valid)

    def rows(self, step: int) -> list[int]:
        """The sequences that have this step, counted from 0, longest first."""
        return [row for row in self.order if self.lengths[row] > step]

    def grid_size(self) -> tuple[float, bool]:
        """The side of a cell, and whether the two grids stand beside each other."""
        room = WIDTH - 2 * MARGIN
        beside = min(LARGEST, (room - 0.55) / (self.width + self.cut_width(1)))
        if beside >= SMALLEST:
            return beside, True
        return min(LARGEST, room / max(self.width, self.cut_width(1))), False

    def cut_width(self, size: float) -> float:
        """The width of the sorted sequences in cells of this size, cut into columns."""
        return size * (self.longest + (self.longest - 1) * GAP)

    def lines(self) -> list[list[int]]:
        """The steps whose columns are laid end to end on each line; a line is broken between two columns."""
        lines: list[list[int]] = []
        size, used = self.strip_size(), WIDTH
        for step in range(self.longest):
            width = len(self.rows(step)) * size
            if used + width > WIDTH - 2 * MARGIN + 1e-9:
                lines.append([])
                used = 0.0
            lines[-1].append(step)
            used += width + GAP * size
        return lines

    def strip_size(self) -> float:
        """The side of a cell of data: as large as in a grid, if all or at least one column fits into a line."""
        whole = (WIDTH - 2 * MARGIN) / (sum(self.lengths) + (self.longest - 1) * GAP)
        size = min(LARGEST, whole) if whole >= SMALLEST else SMALLEST
        return min(size, (WIDTH - 2 * MARGIN) / self.count)

    def strip_height(self, lines: list[list[int]]) -> float:
        return len(lines) * (self.strip_size() + LINE) + 0.22


def _columns(
    axes: Axes,
    batch: _Batch,
    left: float,
    top: float,
    size: float,
    now: int | None = None,
    pitch: float | None = None,
) -> list[tuple[float, float]]:
    """The sorted sequences with their columns cut apart; returns the middle of each column's lower end."""
    pitch = size if pitch is None else pitch
    ends = []
    for step in range(batch.longest):
        x = left + step * size * (1 + GAP)
        rows = batch.rows(step)
        for place, row in enumerate(rows):
            corner = (x, top - place * pitch - (pitch + size) / 2)
            _cell(axes, batch, corner, size, row, step, f"sorted[{place}, {step}]", _shade(step, now))
        if size >= LABELLED:
            weight = "bold" if step == now else "normal"
            axes.text(
                x + size / 2, top + 0.1, str(step + 1), ha="center", va="center", color=INPUT
            ).set_fontweight(weight)
        ends.append((x + size / 2, top - len(rows) * pitch))
    return ends


def _states(axes: Axes, batch: _Batch, left: float, top: float, pitch: float, step: int) -> None:
    """The state of each sorted sequence after the step: filled if it is new, faint if it is kept."""
    axes.text(left + 0.62, top + 0.1, "state", ha="left", va="center", color=INPUT)
    for place, row in enumerate(batch.order):
        new, last = batch.lengths[row] >= step, batch.lengths[row] <= step
        fill, ink = FILLS[row % len(FILLS)]
        y = top - (place + 0.5) * pitch
        box = FancyBboxPatch(
            (left + 0.62, y - 0.13),
            0.5,
            0.26,
            boxstyle="round,pad=0,rounding_size=0.07",
            facecolor=fill,
            edgecolor="#222222" if new else "#8a8a8a",
            linewidth=1.8 if new else 0.8,
            alpha=None if new else 0.3,
        )
        box.set_gid(f"state[{place}]")
        axes.add_patch(box)
        time = min(step, batch.lengths[row])
        colour = ink if new else "#4d4d4d"
        axes.text(left + 0.87, y, f"$h_{{{time}}}$", ha="center", va="center", color=colour)
        if new:
            arrow(axes, (left + 0.1, y), (left + 0.58, y), False, FORWARD)
        if last:
            word = "final" if new else "kept"
            axes.text(left + 1.22, y, word, va="center", fontsize=10.5, color="black" if new else "#6b6b6b")


def _strip(
    axes: Axes, batch: _Batch, top: float, lines: list[list[int]], now: int | None = None
) -> list[tuple[float, float]]:
    """The columns laid end to end, batch_sizes beneath; returns the middle of each column's upper side."""
    size = batch.strip_size()
    middles = []
    index = 0
    for number, steps in enumerate(lines):
        x, y = MARGIN, top - (number + 1) * size - number * LINE
        if number == 0:
            axes.text(MARGIN, y + size + 0.13, "data", va="center", family="monospace", weight="bold")
        for step in steps:
            rows = batch.rows(step)
            begin = x
            for row in rows:
                _cell(axes, batch, (x, y), size, row, step, f"data[{index}]", _shade(step, now))
                x, index = x + size, index + 1
            middle = (begin + x) / 2
            axes.plot(
                [begin + 0.03, begin + 0.03, x - 0.03, x - 0.03],
                [y - 0.05, y - 0.1, y - 0.1, y - 0.05],
                color="#222222" if step == now else INPUT,
                lw=2.2 if step == now else 1.2,
            )
            number_text = axes.text(middle, y - 0.24, str(len(rows)), ha="center", va="center")
            number_text.set_gid(f"batch_sizes[{step}]")
            number_text.set_fontweight("bold" if now in (None, step) else "normal")
            number_text.set_color("black" if now in (None, step) else "#6b6b6b")
            middles.append((middle, y + size + 0.03))
            x += GAP * size
    bottom = top - len(lines) * (size + LINE) + 0.1
    axes.text(MARGIN, bottom - 0.08, "batch_sizes", va="center", family="monospace", weight="bold")
    return middles


def _shade(step: int, now: int | None) -> str:
    if now is None:
        return "plain"
    return "now" if step == now else "read" if step < now else "waiting"


def _cell(
    axes: Axes,
    batch: _Batch,
    corner: tuple[float, float],
    size: float,
    row: int,
    step: int,
    gid: str,
    shade: str = "plain",
) -> None:
    """One step of one sequence: full in colour, ringed if it is read now, pale if it was, white if it waits.

    Padding is a dashed cell, with a 0 where it is packed. Data that is not packed is crossed out.
    """
    x, y = corner
    packed = step < batch.lengths[row]
    if step >= batch.valid[row]:
        inset = 0.03 if size >= LABELLED else 0.02
        box = Rectangle((x + inset, y + inset), size - 2 * inset, size - 2 * inset, facecolor="white")
        box.set(edgecolor="black" if packed else FAINT, lw=1.6 if packed else 1, linestyle="--")
        label, ink = "0" if packed else "", "black"
    else:
        fill, ink = FILLS[row % len(FILLS)]
        box = Rectangle(corner, size, size, facecolor="white" if shade == "waiting" else fill)
        box.set(edgecolor="#222222" if shade == "now" else "#8a8a8a", lw=2.2 if shade == "now" else 0.8)
        box.set(alpha=0.3 if shade == "read" else None, zorder=3 if shade == "now" else 2)
        label, ink = f"{LETTERS[row]}{step + 1}", ink if shade in ("plain", "now") else "#4d4d4d"
        if not packed:
            for ends in ((y, y + size), (y + size, y)):
                (line,) = axes.plot([x, x + size], ends, color="black", lw=1.6, zorder=4)
                line.set_gid(f"lost {gid}")
    box.set_gid(gid)
    axes.add_patch(box)
    if label and size >= LABELLED:
        text = axes.text(
            x + size / 2, y + size / 2 - 0.01, label, ha="center", va="center", color=ink, zorder=4
        )
        text.set_gid(gid)


def _caption(axes: Axes, x: float, top: float, text: str) -> None:
    axes.text(x, top - 0.14, text, va="center", weight="bold")
