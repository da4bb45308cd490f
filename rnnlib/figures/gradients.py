"""Drawings of gradients over time and of eigenvalues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from rnnlib.figures.style import COLOURS, FORWARD, INPUT, MARKERS, WIDTH, Drawing, array, require, styled


@styled
def gradient_and_states(norms: Any, states: Any, title: str, limits: tuple[float, float]) -> Figure:
    """The size of the gradient at every step on a logarithmic axis, and beside it how the states are distributed.

    A norm of zero has no place on a logarithmic axis: where all sequences have one, the line ends.

    Args:
        norms: the norm of the gradient with respect to the state after t = 0 to L steps, (L + 1, N). The line is the
            median over the sequences, the band reaches from the least to the greatest.
        states: the entries of the states, of any shape, from -1 to 1.
        title: what stands above.
        limits: the lower and the upper end of the norms' axis, so that several drawings can be compared.

    Raises:
        ValueError: norms of another rank, less than two steps, a negative norm or one that is no number, states outside
            -1 to 1, or limits that are not two ascending numbers above 0.
    """
    heights, entries = array("norms", norms, 2), array("states", states).ravel()
    require("norms", heights.shape, len(heights) >= 2, "of at least two steps")
    require("norms", "others", bool((heights >= 0).all()), "at least 0")
    require("states", "others", bool((np.abs(entries) <= 1).all()) and entries.size > 0, "from -1 to 1")
    low, high = limits
    require("limits", limits, 0 < low < high, "two ascending numbers above 0")
    figure = Drawing(figsize=(WIDTH, 3.0), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.6, 1))
    drawn = np.where(heights > 0, heights, np.nan)
    times = np.arange(len(heights))
    shown = ~np.isnan(drawn).all(axis=1)
    left.plot(times[shown], np.nanmedian(drawn[shown], axis=1), color=FORWARD)
    left.fill_between(
        times[shown], np.nanmin(drawn[shown], 1), np.nanmax(drawn[shown], 1), color=FORWARD, alpha=0.2, lw=0
    )
    left.axhline(1, color=INPUT, linewidth=1, linestyle=(0, (6, 3)))
    left.set(yscale="log", ylim=limits, xlim=(0, len(heights) - 1), xlabel="step t", title=title)
    left.set_ylabel(r"norm of $\partial L / \partial h_t$")
    shares, _, _ = right.hist(
        entries, bins=20, range=(-1, 1), weights=np.full(entries.size, 1 / entries.size), color=FORWARD
    )
    top = 0.4 if np.max(shares) <= 0.4 else 1.0
    right.set(xlim=(-1, 1), ylim=(0, top), xticks=[-1, 0, 1], yticks=[0, top / 2, top])
    right.set(xlabel="entry of a state", title="share of entries")
    return figure


@styled
def eigenvalues(spectra: Mapping[str, Any], circles: Mapping[str, float]) -> Figure:
    """Eigenvalues in the complex plane, with circles to compare them with.

    Args:
        spectra: a name and its complex eigenvalues, of any shape.
        circles: a name and the radius of a circle around zero.

    Raises:
        ValueError: no eigenvalues, too many names to tell apart, a value that is not finite, or a radius that is not
            positive.
    """
    require("spectra", len(spectra), 1 <= len(spectra) <= len(COLOURS), f"1 to {len(COLOURS)} sets")
    points = {name: _complex(values) for name, values in spectra.items()}
    for name, values in points.items():
        sound = values.size > 0 and bool(np.isfinite(values).all())
        require(f"spectra[{name!r}]", "others", sound, "at least one finite number")
    for name, radius in circles.items():
        require(f"circles[{name!r}]", radius, radius > 0, "above 0")
    figure = Drawing(figsize=(WIDTH, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for index, (name, values) in enumerate(points.items()):
        axes.plot(
            values.real,
            values.imag,
            label=name,
            color=COLOURS[index],
            linestyle="",
            marker=MARKERS[index],
            markersize=4,
            fillstyle="none" if index else "full",
        )
    for number, (name, radius) in enumerate(circles.items()):
        style = ("-", (0, (6, 3)), ":")[number % 3]
        axes.add_patch(Circle((0, 0), radius, fill=False, color=INPUT, linewidth=1.2, linestyle=style))
        place = radius * np.exp(1j * np.pi * (0.25 if number % 2 else 0.75))
        axes.annotate(
            name,
            (place.real, place.imag),
            xytext=(4 if number % 2 else -4, 2),
            textcoords="offset points",
            ha="left" if number % 2 else "right",
            color=INPUT,
        )
    reach = max([*circles.values(), *(float(np.abs(values).max()) for values in points.values())])
    axes.set(xlim=(-1.6 * reach, 1.6 * reach), ylim=(-1.08 * reach, 1.08 * reach), aspect="equal")
    axes.set(xlabel="real part", ylabel="imaginary part")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(points), handletextpad=0.2)
    return figure


def _complex(values: Any) -> Any:
    detached = values.detach().cpu().numpy() if hasattr(values, "detach") else values
    return np.asarray(detached, dtype=complex).ravel()
