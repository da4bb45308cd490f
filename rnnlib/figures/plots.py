"""Plots of measured numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rnnlib.figures.style import COLOURS, LINES, MARKERS, WIDTH, Drawing, array, require, styled


@styled
def curves(
    x: Sequence[float],
    series: Mapping[str, Any],
    *,
    xlabel: str,
    ylabel: str,
    references: Mapping[str, float] | None = None,
    expected: Mapping[str, Any] | None = None,
    xscale: Literal["linear", "log"] = "linear",
    yscale: Literal["linear", "log"] = "linear",
    xticks: Sequence[float] | None = None,
    legend: tuple[float, float] | None = None,
) -> Figure:
    """Curves over one axis, each with its spread over repeated runs.

    Args:
        x: positions of the points, with the unit in ``xlabel``.
        series: a name and its values, shape (points,) or (runs, points). The line is the median over the runs, the
            band, with a thin edge, reaches from the least to the greatest.
        xlabel: name and unit of the horizontal axis.
        ylabel: name and unit of the vertical axis.
        references: a name and the height of a thin horizontal line, such as chance.
        expected: a name and values, shape (points,), drawn as open squares around the curves, without a line: what a
            calculation says that a curve should be.
        xscale: "linear" or "log".
        yscale: "linear" or "log".
        xticks: where to put ticks, if not where matplotlib puts them.
        legend: the legend's lower left corner in the axes, from (0, 0) to (1, 1); the best free place if left out.

    Raises:
        ValueError: no series, too many to tell apart, or values whose number of points is not that of x.
    """
    require("series", len(series), 1 <= len(series) <= len(COLOURS), f"1 to {len(COLOURS)} curves")
    figure = Drawing(figsize=(WIDTH, 3.3), layout="constrained")
    axes = figure.add_subplot()
    for index, (name, values) in enumerate(series.items()):
        runs = np.atleast_2d(array(f"series[{name!r}]", values))
        require(f"series[{name!r}]", runs.shape, runs.shape[-1] == len(x), f"{len(x)} points, as x has")
        axes.plot(
            x,
            np.median(runs, axis=0),
            label=name,
            color=COLOURS[index],
            linestyle=LINES[index],
            marker=MARKERS[index],
            markevery=max(1, len(x) // 8),
            markersize=5,
        )
        if len(runs) > 1:
            low, high = runs.min(0), runs.max(0)
            axes.fill_between(x, low, high, color=COLOURS[index], alpha=0.1, linewidth=0)
            for edge in (low, high):
                axes.plot(x, edge, color=COLOURS[index], linestyle=LINES[index], linewidth=0.8, alpha=0.8)
    for name, values in (expected or {}).items():
        heights = array(f"expected[{name!r}]", values, rank=1)
        require(
            f"expected[{name!r}]", heights.shape, heights.shape == (len(x),), f"{len(x)} points, as x has"
        )
        axes.plot(
            x, heights, label=name, color="black", linestyle="", marker="s", markersize=11, fillstyle="none"
        )
    axes.set(xlabel=xlabel, ylabel=ylabel, xscale=xscale, yscale=yscale)
    curves = [line.get_xydata() for line in axes.lines]
    for name, height in (references or {}).items():
        axes.axhline(height, color="#4d4d4d", linewidth=1, linestyle=(0, (6, 3)))
        _name_reference(axes, name, height, np.concatenate(curves))
    if xticks is not None:
        axes.set_xticks(xticks, [f"{tick:g}" for tick in xticks])
        axes.minorticks_off()
    axes.legend(loc="best" if legend is None else legend)
    return figure


def _name_reference(axes: Axes, name: str, height: float, points: Any) -> None:
    """Write the name of a horizontal line above or below one of its ends, where the fewest points lie."""
    inside = axes.transAxes.inverted()  # to the axes' own measure, from 0 to 1 both ways
    places = inside.transform(axes.transData.transform(points))
    level = inside.transform(axes.transData.transform((points[0, 0], height)))[1]

    def crowd(place: tuple[bool, bool]) -> int:
        right, above = place
        beside = places[:, 0] > 0.6 if right else places[:, 0] < 0.4
        over = (places[:, 1] - level) * (1 if above else -1)
        below_the_axes = not above and level < 0.12  # there stand the ticks
        return int((beside & (over >= 0) & (over < 0.12)).sum()) + len(places) * below_the_axes

    right, above = min(((True, True), (True, False), (False, True), (False, False)), key=crowd)
    axes.annotate(
        name,
        (1 if right else 0.01, height),
        xycoords=("axes fraction", "data"),
        xytext=(0, 5 if above else -5),
        textcoords="offset points",
        ha="right" if right else "left",
        va="bottom" if above else "top",
        color="#4d4d4d",
        fontsize=10,
    )
