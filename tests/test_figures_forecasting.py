"""The drawings of forecasts show every number that they are given, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from matplotlib.colors import same_color
from matplotlib.figure import Figure

from rnnlib.figures import forecast, horizon_errors

TIMES, VALUES = torch.arange(100.0, 110.0), torch.arange(10.0) ** 2
OUT = torch.tensor([1.0, 2.0, 3.0])
NAMES = {"xlabel": "year", "ylabel": "spots"}


def drawn(**more: Any) -> Figure:
    return forecast(TIMES, VALUES, 6, rolled_out=OUT, **NAMES, **more)


def named(figure: Figure) -> dict[str, Any]:
    (axes,) = figure.axes
    return {str(line.get_label()): line for line in axes.lines if not str(line.get_label()).startswith("_")}


def test_what_was_known_and_what_came_make_up_the_series() -> None:
    lines = named(drawn())
    assert set(lines) == {"known", "what came", "rolled out"}
    assert lines["known"].get_xdata().tolist() == TIMES[:6].tolist()
    assert lines["what came"].get_xdata().tolist() == TIMES[5:].tolist()
    assert lines["known"].get_ydata().tolist() == VALUES[:6].tolist()
    assert lines["what came"].get_ydata().tolist() == VALUES[5:].tolist()


def test_every_forecast_lies_at_the_times_of_what_it_forecasts() -> None:
    figure = drawn(one_step=OUT + 1, baseline=("naive", OUT + 2), interval=(OUT - 1, OUT + 5))
    lines = named(figure)
    for name, heights in (("rolled out", OUT), ("one step", OUT + 1), ("naive", OUT + 2)):
        assert lines[name].get_xdata().tolist() == [106, 107, 108]
        assert lines[name].get_ydata().tolist() == heights.tolist()
    (band,) = figure.axes[0].collections
    points = band.get_paths()[0].vertices
    assert {tuple(p) for p in points} >= {(106, 0), (108, 2), (106, 6), (108, 8)}
    assert band.get_label() == "90% interval"


def test_the_forecast_has_the_name_that_it_is_given_and_the_legend_a_fixed_order() -> None:
    figure = drawn(one_step=OUT, interval=(OUT, OUT), baseline=("naive", OUT), name="direct")
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[:4] == ["known", "what came", "one step", "direct"]
    assert set(texts[4:]) == {"naive", "90% interval"}
    assert named(figure)["direct"].get_ydata().tolist() == OUT.tolist()


def test_the_line_where_the_forecast_begins_stands_between_what_is_known_and_what_is_not() -> None:
    upright = [line for line in drawn().axes[0].lines if line.get_xdata()[0] == line.get_xdata()[-1]]
    assert [line.get_xdata()[0] for line in upright] == [105.5]


def test_the_axes_and_the_legend_are_named() -> None:
    figure = drawn(one_step=OUT)
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("year", "spots")
    (legend,) = figure.legends
    assert {t.get_text() for t in legend.get_texts()} == {"known", "what came", "rolled out", "one step"}


RUNS = torch.tensor([[1.0, 2.0, 4.0], [3.0, 3.0, 6.0], [2.0, 9.0, 5.0]])


def errors(**more: Any) -> Figure:
    return horizon_errors(
        [1, 2, 5], {"GRU": RUNS}, {"AR": [1, 2, 3], "mean": [4, 4, 3.01]}, xlabel="h", ylabel="RMSE", **more
    )


def test_a_network_is_its_median_with_the_least_and_the_greatest_around() -> None:
    figure = errors()
    assert named(figure)["GRU"].get_ydata().tolist() == [2, 3, 5]
    heights = [line.get_ydata().tolist() for line in figure.axes[0].lines]
    assert [1, 2, 4] in heights
    assert [3, 9, 6] in heights
    assert all(line.get_xdata().tolist() == [1, 2, 5] for line in figure.axes[0].lines)
    assert figure.axes[0].get_xticks().tolist() == [1, 2, 5]


def test_baselines_are_grey_and_named_at_their_ends_without_covering_each_other() -> None:
    (axes,) = errors().axes
    grey = [line for line in axes.lines if same_color(line.get_color(), "#4d4d4d")]
    assert [line.get_ydata().tolist() for line in grey] == [[1, 2, 3], [4, 4, 3.01]]
    places = {text.get_text(): text.xy[1] for text in axes.texts}  # type: ignore[attr-defined]
    assert set(places) == {"AR", "mean"}
    assert places["mean"] - places["AR"] >= 0.069 * np.ptp(axes.get_ylim())


def test_the_axis_begins_at_zero_and_ends_at_the_top_that_is_asked_for() -> None:
    assert errors().axes[0].get_ylim()[0] == 0
    assert errors(top=2.5).axes[0].get_ylim() == (0, 2.5)
    assert max(text.xy[1] for text in errors(top=2.5).axes[0].texts) <= 2.5  # type: ignore[attr-defined]


def test_one_run_has_no_band() -> None:
    figure = horizon_errors([1, 2], {"GRU": [1, 2]}, {}, xlabel="h", ylabel="e")
    assert len(figure.axes[0].lines) == 1
    assert not figure.axes[0].collections


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: forecast(TIMES[1:], VALUES, 6, rolled_out=OUT, **NAMES),
            "times must be 10, as many as values",
        ),
        (lambda: forecast(TIMES, VALUES, 8, rolled_out=OUT, **NAMES), "origin must be from 1 to 7, got 8"),
        (lambda: forecast(TIMES, VALUES, 0, rolled_out=OUT, **NAMES), "origin must be from 1 to 7, got 0"),
        (
            lambda: forecast(TIMES, VALUES, 6, rolled_out=OUT[:0], **NAMES),
            "rolled_out must be of at least one",
        ),
        (lambda: drawn(one_step=OUT[1:]), "one_step must be 3 values, got 2"),
        (lambda: drawn(interval=(OUT, OUT[1:])), r"interval\[1\] must be 3 values, got 2"),
        (lambda: drawn(baseline=("b", OUT[1:])), "baseline must be 3 values, got 2"),
        (lambda: drawn(one_step=RUNS), "one_step must have 1 dimensions"),
        (lambda: horizon_errors([1], {}, {}, xlabel="", ylabel=""), "baselines must be one at least"),
        (
            lambda: horizon_errors([1, 2], {"a": [1]}, {}, xlabel="", ylabel=""),
            r"networks\['a'\] must be 2 errors",
        ),
        (
            lambda: horizon_errors([1, 2], {}, {"b": [1]}, xlabel="", ylabel=""),
            r"baselines\['b'\] must be 2 values",
        ),
        (
            lambda: horizon_errors([1], {name: [1] for name in "abcdefg"}, {}, xlabel="", ylabel=""),
            "networks must be at most 6, got 7",
        ),
    ],
)
def test_bad_input_is_refused_by_name(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
