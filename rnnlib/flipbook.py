"""Controls over pictures drawn beforehand, linked in the browser, so that they work on a page without a kernel."""

from __future__ import annotations

import base64
import html
import io
import itertools
import numbers
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets
import numpy as np
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

SIZE_LIMIT = 400_000  # bytes of all frames together, as they are stored in the notebook
COLOURS = 32  # a drawing of lines, text and flat colours loses nothing visible at this palette size


def flipbook(
    draw: Callable[[Any], Figure],
    values: Sequence[Any],
    *,
    label: str,
    alt: Callable[[Any], str],
) -> None:
    """Draw one frame for each value and display them under a slider.

    The slider and the stack of frames are linked in the browser (``jslink``), not by a Python callback. So the
    flipbook works on the static site, where no kernel runs, as it does in Jupyter and in Colab. The output also
    carries the first frame as a picture, for printing, for GitHub, and for readers without JavaScript. Where
    ipywidgets is older than 8 and has no ``Stack``, the frames are put into a ``Tab``.

    Args:
        draw: draws the frame of one value. Every frame must have the same size.
        values: what the slider steps through, at least two; a value's ``str`` stands beside the slider.
        label: the slider's name.
        alt: the alternative text of the frame of one value: what a reader who cannot see it should know.

    Raises:
        TypeError: ``draw`` returns something other than a matplotlib Figure, or ``alt`` something other than text.
        ValueError: fewer than two values, two values with the same text, an empty label or alternative text, frames
            of different sizes, or more than 400 kB of frames.
    """
    _require_name("label", label)
    values = list(values)
    names = _texts("values", values)
    _show(draw, [values], alt, [(_slider(label, names), names)])


def explorer(
    draw: Callable[..., Figure],
    controls: Mapping[str, Sequence[Any]],
    *,
    alt: Callable[..., str],
) -> None:
    """Draw one frame for each combination of the controls' values, and display them under the controls.

    Like :func:`flipbook`, it needs no kernel: a stack for each value of the first control holds a stack for each
    value of the second, and so on, and each control is linked to all the stacks of its level.

    Args:
        draw: draws the frame of one combination. It takes one value from each control, in order. Every frame must
            have the same size.
        controls: the values of each control by its name, at least two values each. Numbers make a slider, anything
            else (such as texts, or False and True) a row of buttons, labelled with each value's ``str``.
        alt: the alternative text of the frame of one combination. It takes the same arguments as ``draw``.

    Raises:
        TypeError: as :func:`flipbook`.
        ValueError: no controls, or as :func:`flipbook`.
    """
    if not controls:
        raise ValueError("controls must name at least one control")
    choices, widgets = [], []
    for label, given in controls.items():
        _require_name("the name of a control", label)
        values = list(given)
        names = _texts(f"controls[{label!r}]", values)
        numeric = all(isinstance(value, numbers.Real) and not isinstance(value, bool) for value in values)
        widgets.append(((_slider if numeric else _buttons)(label, names), names))
        choices.append(values)
    _show(draw, choices, alt, widgets)


def _show(
    draw: Callable[..., Figure],
    choices: Sequence[Sequence[Any]],
    alt: Callable[..., str],
    controls: Sequence[tuple[Any, list[str]]],
) -> None:
    """Draw the frames of all combinations of ``choices``; display them under the controls, each with its texts."""
    combinations = list(itertools.product(*choices))
    texts = [_alternative_text(alt, values) for values in combinations]
    pictures = [_png(draw(*values)) for values in combinations]
    _check_sizes(pictures)

    level = [ipywidgets.HTML(value=_image_tag(png, text)) for png, text in zip(pictures, texts, strict=True)]
    for control, names in reversed(controls):  # the last control's stacks hold the frames
        starts = range(0, len(level), len(names))
        level = [_stack(level[start : start + len(names)], names) for start in starts]
        for stack in level:
            ipywidgets.jslink((control, "index"), (stack, "selected_index"))
    box = ipywidgets.VBox([*(control for control, _ in controls), *level])
    display(  # type: ignore[no-untyped-call]
        {
            "application/vnd.jupyter.widget-view+json": {
                "model_id": box.model_id,
                "version_major": 2,
                "version_minor": 0,
            },
            "image/png": base64.b64encode(pictures[0]).decode(),
            "text/plain": texts[0],
        },
        raw=True,
    )


def _require_name(argument: str, label: str) -> None:
    if not label:
        raise ValueError(f"{argument} must not be empty: a screen reader says it")


def _texts(argument: str, values: Sequence[Any]) -> list[str]:
    names = [str(value) for value in values]
    if len(names) < 2:
        raise ValueError(f"{argument} must hold at least two values to choose from, got {len(names)}")
    if len(set(names)) < len(names):
        raise ValueError(f"{argument} must be told apart by their text, got {names}")
    return names


def _slider(label: str, names: list[str]) -> Any:
    return ipywidgets.SelectionSlider(
        options=[(name, index) for index, name in enumerate(names)],
        description=label,
        style={"description_width": "initial"},
        layout={"width": "100%", "max_width": "640px"},
    )


def _buttons(label: str, names: list[str]) -> Any:
    return ipywidgets.ToggleButtons(
        options=[(name, index) for index, name in enumerate(names)],
        description=label,
        style={"description_width": "initial", "button_width": "auto"},
    )


def _stack(frames: list[Any], names: list[str]) -> Any:
    if hasattr(ipywidgets, "Stack"):
        return ipywidgets.Stack(children=frames, selected_index=0)
    tabs = ipywidgets.Tab(children=frames, selected_index=0)
    for index, name in enumerate(names):
        tabs.set_title(index, name)
    return tabs


def _png(figure: object) -> bytes:
    if not isinstance(figure, Figure):
        raise TypeError(f"draw must return a matplotlib Figure, got {type(figure).__name__}")
    canvas, small = FigureCanvasAgg(figure), io.BytesIO()
    canvas.draw()  # type: ignore[no-untyped-call]
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")  # type: ignore[no-untyped-call]
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)  # if it is one of pyplot's, Jupyter would show it once more below the cell
    few = picture.quantize(COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(small, format="png", optimize=True)
    return small.getvalue()


def _check_sizes(pictures: list[bytes]) -> None:
    sizes = {Image.open(io.BytesIO(png)).size for png in pictures}
    if len(sizes) > 1:
        raise ValueError(f"draw must return figures of one size, got {sorted(sizes)} pixels")
    total = sum(4 * len(png) // 3 for png in pictures)  # base64 turns 3 bytes into 4 characters
    if total > SIZE_LIMIT:
        raise ValueError(
            f"the {len(pictures)} frames take {total // 1000} kB, the limit is {SIZE_LIMIT // 1000} kB: "
            "draw fewer or simpler frames"
        )


def _alternative_text(alt: Callable[..., str], values: tuple[Any, ...]) -> str:
    text, shown = alt(*values), ", ".join(map(repr, values))
    if not isinstance(text, str):
        raise TypeError(f"alt must return text, got {type(text).__name__} for {shown}")
    if not text.strip():
        raise ValueError(f"alt must not be empty, it is for {shown}")
    return text


def _image_tag(png: bytes, alt: str) -> str:
    width, height = Image.open(io.BytesIO(png)).size
    return (
        f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}" alt="{html.escape(alt)}" '
        f'width="{width}" height="{height}" style="width:100%;max-width:640px;height:auto">'
    )
