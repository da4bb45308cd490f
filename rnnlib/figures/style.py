"""The look that all drawings share, and the pieces that they are made of."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from typing import Any, ParamSpec

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 5.6  # inches: on a phone 350 pixels wide, 11 point text is then still 9 to 10 pixels high
STYLE: dict[str, Any] = {
    "figure.dpi": 160,
    "figure.facecolor": "white",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "legend.frameon": False,
    "lines.linewidth": 2,
}
# Okabe and Ito's colours, told apart by colour-blind readers; line style and marker tell them apart in grey.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#000000")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "x")
FORWARD, BACKWARD, INPUT, FAINT = "#0072B2", "#D55E00", "#4d4d4d", "#b8b8b8"

P = ParamSpec("P")


class Drawing(Figure):
    """A matplotlib Figure that a notebook shows as a picture by itself, without pyplot and its global state."""

    def _repr_png_(self) -> bytes:
        picture = io.BytesIO()
        self.savefig(picture, format="png")
        return picture.getvalue()


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Draw in the book's style without changing the reader's own matplotlib settings."""

    @functools.wraps(draw)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with matplotlib.rc_context(STYLE):  # type: ignore[arg-type]
            return draw(*args, **kwargs)

    return wrapper


def require(name: str, got: object, condition: bool, wanted: str) -> None:
    """Raise a ValueError that names the argument, unless the condition holds."""
    if not condition:
        raise ValueError(f"{name} must be {wanted}, got {got}")


def array(name: str, values: Any, rank: int | None = None) -> Any:
    """Values as a float array, from a tensor on any device or anything that numpy takes."""
    detached = values.detach().cpu().numpy() if hasattr(values, "detach") else values
    array = np.asarray(detached, dtype=float)
    if rank is not None and array.ndim != rank:
        raise ValueError(f"{name} must have {rank} dimensions, got shape {array.shape}")
    return array


def blank_axes(figure: Figure, xlim: tuple[float, float], ylim: tuple[float, float]) -> Axes:
    """Axes that fill the figure and show no frame, for a drawing."""
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
    axes.set(xlim=xlim, ylim=ylim)
    axes.axis("off")
    return axes


def arrow(
    axes: Axes, start: tuple[float, float], end: tuple[float, float], faint: bool, colour: str = INPUT
) -> None:
    """An arrow from start to end."""
    style = {"arrowstyle": "-|>", "color": FAINT if faint else colour, "lw": 1.2, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=style, zorder=1)
