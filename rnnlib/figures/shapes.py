"""Drawings of tensors and their axes, and of the five shapes that a sequence model can have."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from rnnlib.figures.style import (
    BACKWARD,
    FORWARD,
    INPUT,
    WIDTH,
    Drawing,
    arrow,
    blank_axes,
    require,
    styled,
)

SAMPLES, STEPS, FEATURES, HIDDEN = 3, 5, 7, 6  # all different, so that a size tells its axis
COLUMN, BLOCK = (
    0.08,
    0.85,
)  # inches: a column's width, and the height of every panel, however many rows it has
PITCH, STATE_PITCH = 1.07, 0.9  # inches from panel to panel: of x and output, of h_0 and h_n
TOPS = {"x": 6.82, "h_0": 5.44, "output": 3.42, "h_n": 2.02}  # inches
COLOURS, TINTS, ARROWS = (FORWARD, BACKWARD), ("#d6e6f2", "#fae3d3"), ("→", "←")


@styled
def tensor_map(num_layers: int, bidirectional: bool, batch_first: bool) -> Figure:
    """The four tensors around a recurrent layer, and which slice of which tensor is which state.

    A tensor is drawn as Python prints it: the first axis as panels from left to right, the second as rows, the third
    as columns. The sizes are N = 3, L = 5, H_in = 7 and H_out = 6. Filled strips hold the states of the top layer
    after the last step of their direction: the strips that look alike in ``output`` and ``h_n`` hold the same numbers.

    Args:
        num_layers: 1, 2 or 3.
        bidirectional: whether the layer has two directions.
        batch_first: the layout of ``x`` and ``output``.

    Raises:
        ValueError: an argument is out of its range.
    """
    _require_layout(num_layers, bidirectional, batch_first)
    directions = 2 if bidirectional else 1
    twice = r"2 \cdot " if bidirectional else ""
    outer, inner = (SAMPLES, STEPS) if batch_first else (STEPS, SAMPLES)
    order = "N, L" if batch_first else "L, N"
    states = rf"{twice}\mathrm{{num\_layers}}, N, H_{{out}}"
    captions = [f"[{n}] sample {n}" if batch_first else f"[{n}] step {n + 1}" for n in range(outer)]
    parts = [(layer, way) for layer in range(num_layers) for way in range(directions)]
    parts_captions = [f"[{k}] {ARROWS[way]}\nlayer {layer}" for k, (layer, way) in enumerate(parts)]

    figure = Drawing(
        figsize=(WIDTH, 6.9), dpi=144
    )  # with 160, twelve frames would be too large for a flipbook
    axes = blank_axes(figure, (0, WIDTH), (0, 6.9))
    call = f"output, h_n = nn.RNN({FEATURES}, {HIDDEN}, num_layers={num_layers},\n"
    call += f"  bidirectional={bidirectional}, batch_first={batch_first})(x, h_0)"
    axes.text(0.22, 3.7, call, va="center", family="monospace", fontsize=10, linespacing=1.4)
    _tensor(axes, "x", rf"{order}, H_{{in}}", (outer, inner, FEATURES), captions)
    _tensor(axes, "h_0", states, (len(parts), SAMPLES, HIDDEN), parts_captions)
    _tensor(axes, "output", rf"{order}, {twice}H_{{out}}", (outer, inner, directions * HIDDEN), captions)
    _tensor(axes, "h_n", states, (len(parts), SAMPLES, HIDDEN), parts_captions)
    for first in range(outer):
        for second in range(inner):
            step, sample = (second, first) if batch_first else (first, second)
            _strip(axes, "x", (first, second), inner, (0, FEATURES), "#ececec", INPUT, str(sample))
            for way in range(directions):
                last = step == (STEPS - 1 if way == 0 else 0)
                label = _name(sample, way) if last else ""
                columns = (way * HIDDEN, (way + 1) * HIDDEN)
                face = COLOURS[way] if last else TINTS[way]
                _strip(axes, "output", (first, second), inner, columns, face, "white", label)
    for index, (layer, way) in enumerate(parts):
        for sample in range(SAMPLES):
            place, label = (index, sample), _name(sample, way)
            _strip(axes, "h_0", place, SAMPLES, (0, HIDDEN), "white", COLOURS[way], label)
            top = layer == num_layers - 1
            colours = (COLOURS[way], "white") if top else ("white", COLOURS[way])
            _strip(axes, "h_n", place, SAMPLES, (0, HIDDEN), *colours, label)
    axes.text(0.22, 0.3, "filled, with the same label: the same numbers", va="center", fontsize=10.5)
    axes.text(0.22, 0.08, "digit: sample    → forward    ← backward", va="center", fontsize=10.5)
    return figure


def tensor_map_text(num_layers: int, bidirectional: bool, batch_first: bool) -> str:
    """The alternative text of :func:`tensor_map` with the same arguments: its shapes, and which slices are alike.

    Raises:
        ValueError: an argument is out of its range.
    """
    _require_layout(num_layers, bidirectional, batch_first)
    D = 2 if bidirectional else 1
    first_axes = (SAMPLES, STEPS) if batch_first else (STEPS, SAMPLES)
    last, first = ("[:, -1]", "[:, 0]") if batch_first else ("[-1]", "[0]")
    alike = [f"output{last} is h_n[{num_layers - 1}]"]
    if bidirectional:
        alike = [
            f"the forward half of output{last} is h_n[{2 * num_layers - 2}]",
            f"the backward half of output{first} is h_n[{2 * num_layers - 1}]",
        ]
    return (
        f"num_layers={num_layers}, bidirectional={bidirectional}, batch_first={batch_first}: "
        f"x {(*first_axes, FEATURES)}, h_0 and h_n {(D * num_layers, SAMPLES, HIDDEN)}, "
        f"output {(*first_axes, D * HIDDEN)}. Filled alike: {' and '.join(alike)}."
    )


@styled
def five_shapes() -> Figure:
    """The five shapes of a sequence model: how many steps go in, how many answers come out, and what they pass."""
    figure = Drawing(figsize=(WIDTH, 6.15))
    axes = blank_axes(figure, (0, WIDTH), (0, 6.15))
    left, right, rows = 0.45, 3.3, (4.4, 2.35, 0.3)

    _title(axes, left, rows[0], "one-to-one")
    _cells(axes, left, rows[0], ["x"], ["h"], ["y"])
    _title(axes, right, rows[0], "one-to-many")
    _cells(axes, right, rows[0], ["x", "", ""], ["h_1", "h_2", "h_3"], ["y_1", "y_2", "y_3"])
    for column in (0, 1):  # each answer is the next step's input
        start = (right + 0.8 * column + 0.14, rows[0] + 1.3)
        end = (right + 0.8 * (column + 1), rows[0] + 0.43)
        _bend(axes, start, end)
    _title(axes, left, rows[1], "many-to-one")
    _cells(axes, left, rows[1], ["x_1", "x_2", "x_3"], ["h_1", "h_2", "h_3"], ["", "", "y"])
    _title(axes, right, rows[1], "many-to-many, in step")
    _cells(axes, right, rows[1], ["x_1", "x_2", "x_3"], ["h_1", "h_2", "h_3"], ["y_1", "y_2", "y_3"])
    _title(axes, left, rows[2], "encoder–decoder")
    encoder, decoder = ["h_1", "h_2", "h_3"], ["s_1", "s_2", "s_3"]
    _cells(axes, left, rows[2], ["x_1", "x_2", "x_3"], encoder, ["", "", ""])
    _cells(axes, left + 2.55, rows[2], ["y_0", "y_1", "y_2"], decoder, ["y_1", "y_2", "y_3"], BACKWARD)
    arrow(axes, (left + 1.8, rows[2] + 0.65), (left + 2.35, rows[2] + 0.65), False, FORWARD)
    axes.text(left + 2.05, rows[2] + 0.74, "$h_n$", ha="center", color=FORWARD)
    return figure


def _require_layout(num_layers: int, bidirectional: bool, batch_first: bool) -> None:
    require("num_layers", num_layers, num_layers in (1, 2, 3), "1, 2 or 3")
    require("bidirectional", bidirectional, isinstance(bidirectional, bool), "True or False")
    require("batch_first", batch_first, isinstance(batch_first, bool), "True or False")


def _name(sample: int, way: int) -> str:
    return f"{sample}→" if way == 0 else f"←{sample}"


def _left(name: str, panel: int) -> float:
    return 0.22 + panel * (STATE_PITCH if name.startswith("h") else PITCH)


def _tensor(axes: Axes, name: str, axis_names: str, shape: tuple[int, int, int], captions: list[str]) -> None:
    """A tensor's name and shape, and the frame of each of its panels with the index that selects it."""
    panels, _, columns = shape
    top = TOPS[name]
    row_axis = axis_names.split(", ")[1]
    axes.text(0.22, top - 0.1, name, va="center", family="monospace", weight="bold")
    axes.text(1.0, top - 0.1, f"$({axis_names})$ = {shape}", va="center")
    bottom = top - 0.25 - BLOCK
    axes.text(0.1, bottom + BLOCK / 2, f"${row_axis}$", ha="center", va="center", color=INPUT)
    for panel in range(panels):
        x = _left(name, panel)
        frame = Rectangle((x, bottom), columns * COLUMN, BLOCK, fill=False, ec="#222222", lw=1.2, zorder=4)
        frame.set_gid(f"{name}[{panel}]")
        axes.add_patch(frame)
        axes.text(x, bottom - 0.05, captions[panel], va="top", fontsize=9.5, linespacing=1.1)


def _strip(
    axes: Axes,
    name: str,
    place: tuple[int, int],
    rows: int,
    columns: tuple[int, int],
    face: str,
    ink: str,
    label: str,
) -> None:
    """A part of one of the rows of one panel. The gid is the Python expression that selects these numbers."""
    panel, row = place
    begin, end = columns
    height = BLOCK / rows
    x, y = _left(name, panel) + begin * COLUMN, TOPS[name] - 0.25 - (row + 1) * height
    strip = Rectangle((x, y), (end - begin) * COLUMN, height, facecolor=face, edgecolor="#8a8a8a", lw=0.6)
    strip.set_gid(f"{name}[{panel}, {row}, {begin}:{end}]")
    axes.add_patch(strip)
    if label:
        middle = x + (end - begin) * COLUMN / 2
        text = axes.text(
            middle, y + height / 2 - 0.01, label, ha="center", va="center", color=ink, fontsize=10
        )
        text.set_gid(strip.get_gid())


def _title(axes: Axes, x: float, y: float, name: str) -> None:
    axes.text(x - 0.25, y + 1.6, name, va="center", weight="bold")


def _cells(
    axes: Axes,
    x: float,
    y: float,
    inputs: list[str],
    states: list[str],
    answers: list[str],
    colour: str = FORWARD,
) -> None:
    """Columns of an input, a cell and an answer; the empty string leaves an input or an answer out."""
    for column, (below, state, above) in enumerate(zip(inputs, states, answers, strict=True)):
        centre = x + 0.8 * column
        _box(axes, centre, y + 0.65, state, colour)
        if below:
            _box(axes, centre, y, below, INPUT)
            arrow(axes, (centre, y + 0.19), (centre, y + 0.45), False)
        if above:
            arrow(axes, (centre, y + 0.84), (centre, y + 1.13), False)
            axes.text(centre, y + 1.26, f"${above}$", ha="center", va="center", fontsize=13)
        if column:
            arrow(axes, (centre - 0.6, y + 0.65), (centre - 0.2, y + 0.65), False, colour)


def _box(axes: Axes, x: float, y: float, label: str, colour: str) -> None:
    axes.add_patch(
        FancyBboxPatch(
            (x - 0.2, y - 0.18),
            0.4,
            0.36,
            boxstyle="round,pad=0,rounding_size=0.07",
            facecolor="white",
            edgecolor=colour,
            linewidth=1.8,
        )
    )
    axes.text(x, y, f"${label}$", ha="center", va="center", color=colour, fontsize=13)


def _bend(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """An answer that goes back in below the next cell."""
    middle = (start[0] + end[0]) / 2 - 0.02
    path = [start, (middle, start[1]), (middle, end[1] - 0.25), (end[0], end[1] - 0.25)]
    axes.plot(*zip(*path, strict=True), color=INPUT, lw=1.2, linestyle="--")
    arrow(axes, (end[0], end[1] - 0.25), end, False)
