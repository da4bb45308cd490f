"""Plots of measured numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
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
    xscale: Literal["linear", "log"] = "linear",
    yscale: Literal["linear", "log"] = "linear",
    xticks: Sequence[float] | None = None,
    legend: tuple[float, float] | None = None,
) -> Figure:
    """Curves over one axis, each with its spread over repeated runs.

    Args:
        x: positions of the points, with the unit in ``xlabel``.
        series: a name and its values, shape (points,) or (runs, points). The line is the median over the runs, the
            band reaches from the least to the greatest.
        xlabel: name and unit of the horizontal axis.
        ylabel: name and unit of the vertical axis.
        references: a name and the height of a thin horizontal line, such as chance.
        xscale: "linear" or "log".
        yscale: "linear" or "log".
        xticks: where to put ticks, if not where matplotlib puts them.
        legend: the legend's lower left corner in the axes, from (0, 0) to (1, 1); the best free place if left out.

    Raises:
        ValueError: no series, too many to tell apart, or one whose number of points is not that of x.
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
            axes.fill_between(x, runs.min(0), runs.max(0), color=COLOURS[index], alpha=0.18, linewidth=0)
    axes.set(xlabel=xlabel, ylabel=ylabel, xscale=xscale, yscale=yscale)
    for height in (references or {}).values():
        axes.axhline(height, color="#4d4d4d", linewidth=1, linestyle=(0, (6, 3)))
    for name, height in (references or {}).items():
        _, level = axes.transAxes.inverted().transform(axes.transData.transform((x[0], height)))
        below = level > 0.5  # towards the middle, where there is room
        axes.annotate(
            name,
            (1, height),
            xycoords=("axes fraction", "data"),
            xytext=(0, -4 if below else 4),
            textcoords="offset points",
            ha="right",
            va="top" if below else "bottom",
            color="#4d4d4d",
            fontsize=10,
        )
    if xticks is not None:
        axes.set_xticks(xticks, [f"{tick:g}" for tick in xticks])
        axes.minorticks_off()
    axes.legend(loc="best" if legend is None else legend)
    return figure
