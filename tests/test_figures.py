"""Drawings show what their arguments say, and leave the reader's matplotlib as it was."""

import io
from collections import Counter

import matplotlib
import numpy as np
import pytest
import torch
from PIL import Image

from rnnlib import figures
from rnnlib.figures import style


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("steps", [1, 2, 5, 7])
def test_the_unrolled_network_has_every_cell_at_every_step(steps, layers, directions):
    count = Counter(texts(figures.unrolled(steps, layers, directions)))
    for time in range(1, steps + 1):
        assert count[f"$x_{{{time}}}$"] == count[f"$y_{{{time}}}$"] == 1
    for number in range(layers):
        upper = f"^{{({number})}}" if layers > 1 else ""  # a single layer needs no number
        for time in (*range(1, steps + 1), 0, "n"):
            assert count[f"$h{upper}_{{{time}}}$"] == directions
    states = sum(times for text, times in count.items() if text.startswith("$h"))
    assert states == layers * directions * (steps + 2)


@pytest.mark.parametrize(("directions", "outside"), [(1, 0.65), (2, 0.76)])
def test_first_and_last_states_stand_beside_the_columns_not_between_their_cells(directions, outside):
    names = [text for text in figures.unrolled(4, 1, directions).axes[0].texts if "_{n}" in text.get_text()]
    names += [text for text in figures.unrolled(4, 1, directions).axes[0].texts if "_{0}" in text.get_text()]
    places = sorted(round(name.get_position()[0], 2) for name in names)
    assert places == sorted([1 - outside, 4 + outside] * directions)


@pytest.mark.parametrize("valid", [1, 5, 19, 20])
def test_a_long_network_keeps_its_ends_and_the_end_of_its_data(valid):
    drawn = texts(figures.unrolled(20, valid=valid))
    assert "…" in drawn
    for time in {1, 2, 3, valid, 20}:
        assert f"$x_{{{time}}}$" in drawn
    assert sum(text.startswith("$x") for text in drawn) <= 7


@pytest.mark.parametrize(("valid", "marked"), [(None, False), (4, False), (3, True), (1, True)])
def test_padding_is_named_where_there_is_some(valid, marked):
    assert ("padding" in texts(figures.unrolled(4, valid=valid))) is marked


@pytest.mark.parametrize("valid", [1, 2, 4])
def test_padded_steps_are_drawn_apart_from_steps_with_data(valid):
    figure = figures.unrolled(4, valid=valid)
    boxes = [patch for patch in figure.axes[0].patches if patch.get_linestyle() in ("--", "dashed")]
    assert len(boxes) == 2 * (4 - valid)  # the input and the cell of each padded step


@pytest.mark.parametrize("step", [1, 2, 3])
def test_the_walk_shows_the_states_so_far_and_no_later_one(step):
    states = torch.arange(1, 9).reshape(4, 2) / 100
    drawn = texts(figures.state_walk(torch.ones(3, 5), states, step))
    for time in range(4):
        for value in states[time]:
            assert (f"{value:.2f}" in drawn) is (time <= step)


def test_the_walk_takes_states_that_need_a_gradient():
    figures.state_walk(torch.ones(3, 5), torch.ones(4, 2, requires_grad=True), 1)


def test_a_curve_is_the_median_of_its_runs_inside_their_range():
    runs = torch.tensor([[1.0, 5.0], [2.0, 9.0], [30.0, 7.0]])
    axes = figures.curves([1, 2], {"runs": runs}, xlabel="x", ylabel="y", references={"limit": 4}).axes[0]
    assert list(axes.lines[0].get_ydata()) == [2, 7]
    band = axes.collections[0].get_paths()[0].vertices
    assert (band[:, 1].min(), band[:, 1].max()) == (1, 30)
    assert [list(edge.get_ydata()) for edge in axes.lines[1:3]] == [[1, 5], [30, 9]]
    assert list(axes.lines[3].get_ydata()) == [4, 4]
    assert "limit" in [text.get_text() for text in axes.texts]


def test_what_is_expected_hides_no_curve():
    figure = figures.curves([1, 2], {"a": [3, 4]}, xlabel="x", ylabel="y", expected={"counted": [3, 4]})
    marks = figure.axes[0].lines[1]
    assert list(marks.get_ydata()) == [3, 4]
    assert (marks.get_linestyle(), marks.get_fillstyle()) == ("None", "none")
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["a", "counted"]


@pytest.mark.parametrize(("height", "side"), [(0.0, 1), (1.0, -1)])
def test_a_reference_is_named_on_the_side_where_no_curve_runs(height, side):
    # Between its ends, which are far off, the curve touches the line from the other side.
    values = [height - 1, *(height - side * 0.02 * (k % 2) for k in range(8)), height + 1]
    axes = figures.curves(
        range(10), {"a": values}, xlabel="x", ylabel="y", references={"limit": height}
    ).axes[0]
    (name,) = axes.texts
    assert np.sign(name.xyann[1]) == side


def test_a_reference_at_the_foot_of_the_plot_is_not_named_among_the_ticks():
    values = [0.05, 0.05, 1, 0.05, 0.05]  # just above the line at both of its ends
    axes = figures.curves(range(5), {"a": values}, xlabel="x", ylabel="y", references={"limit": 0}).axes[0]
    assert axes.texts[0].xyann[1] > 0


def test_curves_can_be_told_apart_without_colour():
    series = {str(k): np.arange(5) + k for k in range(len(style.COLOURS))}
    lines = figures.curves(range(5), series, xlabel="x", ylabel="y").axes[0].lines
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines}) == len(lines)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: figures.unrolled(0), "steps must be at least 1, got 0"),
        (lambda: figures.unrolled(3, layers=0), "layers must be at least 1, got 0"),
        (lambda: figures.unrolled(3, directions=3), "directions must be 1 or 2, got 3"),
        (lambda: figures.unrolled(3, valid=4), "valid must be between 1 and steps = 3, got 4"),
        (lambda: figures.state_walk(torch.ones(3), torch.ones(4, 2), 1), "inputs must have 2 dimensions"),
        (
            lambda: figures.state_walk(torch.ones(3, 5), torch.ones(3, 2), 1),
            "one row more than inputs, 4 rows",
        ),
        (
            lambda: figures.state_walk(torch.ones(3, 5), torch.ones(4, 2), 0),
            "step must be between 1 and 3, got 0",
        ),
        (lambda: figures.curves([1, 2], {}, xlabel="x", ylabel="y"), "series must be 1 to 6 curves, got 0"),
        (
            lambda: figures.curves([1], {"a": [1, 2]}, xlabel="x", ylabel="y"),
            r"series\['a'\] must be 1 points",
        ),
        (
            lambda: figures.curves([1, 2], {"a": [1, 2]}, xlabel="x", ylabel="y", expected={"b": [1]}),
            r"expected\['b'\] must be 2 points, as x has",
        ),
    ],
)
def test_a_wrong_call_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_drawing_leaves_matplotlib_as_it_was():
    before = dict(matplotlib.rcParams)
    figures.unrolled(3)
    assert dict(matplotlib.rcParams) == before


def test_a_notebook_shows_a_drawing_as_a_picture():
    picture = Image.open(io.BytesIO(figures.unrolled(3)._repr_png_()))
    assert picture.size[0] == round(style.WIDTH * 160)
