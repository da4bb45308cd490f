"""Drawings of forecasts and of their errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from rnnlib.figures.style import (
    BACKWARD,
    COLOURS,
    FAINT,
    FORWARD,
    INPUT,
    LINES,
    MARKERS,
    WIDTH,
    Drawing,
    array,
    require,
    styled,
)


@styled
def forecast(
    times: Any,
    values: Any,
    origin: int,
    *,
    rolled_out: Any,
    one_step: Any = None,
    interval: tuple[Any, Any] | None = None,
    baseline: tuple[str, Any] | None = None,
    xlabel: str,
    ylabel: str,
    level: float = 0.9,
    name: str = "rolled out",
) -> Figure:
    """What came, and what was said of it: step by step, and all at once from one place on.

    What was known is a solid black line that goes on, thinner, as what came. An upright line stands where the
    rolled-out forecast begins, and the band around that is its interval.

    Args:
        times: when each value was measured, (T).
        values: the series, (T), known and unknown.
        origin: the index of the first value that the rolled-out forecast does not know.
        rolled_out: the forecast made there, of H values.
        one_step: forecasts of the same H values, each made one step before.
        interval: the lower and the upper bounds of the rolled-out forecast, of H values each.
        baseline: the name of another forecast made at the origin, and its H values.
        xlabel: name and unit of the times.
        ylabel: name and unit of the values.
        level: the share of values that the interval shall hold, for its name.
        name: what the forecast from the origin is called, such as "direct".

    Raises:
        ValueError: times or forecasts of another number, or an origin that has nothing before it or fewer than H
            values after it.
    """
    x, series, out = array("times", times, 1), array("values", values, 1), array("rolled_out", rolled_out, 1)
    H = len(out)
    require("times", len(x), len(x) == len(series), f"{len(series)}, as many as values")
    require("rolled_out", H, H > 0, "of at least one value")
    require("origin", origin, 1 <= origin <= len(series) - H, f"from 1 to {len(series) - H}")
    coming = x[origin : origin + H]
    figure = Drawing(figsize=(WIDTH, 3.9), layout="constrained")
    axes = figure.add_subplot()
    if interval is not None:
        low, high = (_of_length(f"interval[{n}]", bound, H) for n, bound in enumerate(interval))
        axes.fill_between(
            coming, low, high, color=BACKWARD, alpha=0.18, linewidth=0, label=f"{level:.0%} interval"
        )
        for edge in (low, high):
            axes.plot(coming, edge, color=BACKWARD, linewidth=0.8, alpha=0.8)
    axes.plot(x[:origin], series[:origin], color="black", label="known")
    axes.plot(x[origin - 1 :], series[origin - 1 :], color="black", linewidth=1, label="what came")
    if baseline is not None:
        other, line = baseline
        axes.plot(
            coming,
            _of_length("baseline", line, H),
            color=COLOURS[2],
            linestyle=":",
            linewidth=2.4,
            label=other,
        )
    axes.plot(coming, out, color=BACKWARD, linestyle="--", marker="s", markersize=4, label=name)
    if one_step is not None:
        steps = _of_length("one_step", one_step, H)
        axes.plot(
            coming,
            steps,
            color=FORWARD,
            linestyle="",
            marker="o",
            markersize=5,
            fillstyle="none",
            label="one step",
        )
    axes.axvline((x[origin - 1] + x[origin]) / 2, color=INPUT, linewidth=1, linestyle=(0, (6, 3)))
    axes.set(xlabel=xlabel, ylabel=ylabel)
    order = ("known", "what came", "one step", name)
    handles = dict(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
    named = {key: handles.pop(key) for key in order if key in handles} | handles
    figure.legend(list(named.values()), list(named), loc="outside upper center", ncols=3)
    return figure


@styled
def horizon_errors(
    horizons: Sequence[float],
    networks: Mapping[str, Any],
    baselines: Mapping[str, Any],
    *,
    xlabel: str,
    ylabel: str,
    top: float | None = None,
) -> Figure:
    """How errors grow with the horizon: networks with their spread, baselines thin and grey, named at their ends.

    Args:
        horizons: the horizons, (H), in the unit of ``xlabel``.
        networks: a name and its errors, (H) or (runs, H). The line is the median over the runs, the band, with a thin
            edge, reaches from the least to the greatest.
        baselines: a name and its errors, (H).
        xlabel: name and unit of the horizons.
        ylabel: name and unit of the errors.
        top: the upper end of the vertical axis; all errors are shown if left out.

    Raises:
        ValueError: nothing to draw, more networks than can be told apart, or errors of another number than horizons.
    """
    x = array("horizons", horizons, 1)
    require("networks", len(networks), len(networks) <= len(COLOURS), f"at most {len(COLOURS)}")
    require("baselines", "none", len(networks) + len(baselines) > 0, "one at least, or networks")
    figure = Drawing(figsize=(WIDTH, 3.6), layout="constrained")
    axes = figure.add_subplot()
    ends = []
    for name, errors in baselines.items():
        heights = _of_length(f"baselines[{name!r}]", errors, len(x))
        axes.plot(x, heights, color=INPUT, linewidth=1.2, zorder=1)
        ends.append((float(heights[-1]), name))
    for index, (name, errors) in enumerate(networks.items()):
        runs = np.atleast_2d(array(f"networks[{name!r}]", errors))
        require(
            f"networks[{name!r}]",
            runs.shape,
            runs.shape[-1] == len(x),
            f"{len(x)} errors, as many as horizons",
        )
        colour, line = COLOURS[index], LINES[index]
        axes.plot(
            x,
            np.median(runs, axis=0),
            color=colour,
            linestyle=line,
            marker=MARKERS[index],
            markersize=5,
            label=name,
        )
        if len(runs) > 1:
            axes.fill_between(x, runs.min(0), runs.max(0), color=colour, alpha=0.1, linewidth=0)
            for edge in (runs.min(0), runs.max(0)):
                axes.plot(x, edge, color=colour, linestyle=line, linewidth=0.8, alpha=0.8)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.set_xticks(x, [f"{tick:g}" for tick in x])
    axes.set_ylim(0, top)
    _name_ends(axes, ends)
    if networks:
        figure.legend(loc="outside upper center", ncols=3)
    axes.tick_params(color=FAINT)
    return figure


def _name_ends(axes: Any, ends: list[tuple[float, str]]) -> None:
    """Write names to the right of the axes, each at the height of its line or as near as there is room."""
    bottom, top = axes.get_ylim()
    room, free = 0.07 * (top - bottom), -np.inf
    for height, name in sorted(ends):
        place = min(max(height, free), top)
        free = place + room
        axes.annotate(
            name,
            (1.01, place),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=10,
            color=INPUT,
            annotation_clip=False,
        )


def _of_length(name: str, values: Any, count: int) -> Any:
    numbers = array(name, values, 1)
    require(name, len(numbers), len(numbers) == count, f"{count} values")
    return numbers
