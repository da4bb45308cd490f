"""A slider over pictures drawn beforehand, linked in the browser, so that it moves on a page without a kernel."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image

SIZE_LIMIT = 400_000  # bytes of all frames together, as they are stored in the notebook
COLOURS = 64  # a drawing of lines, text and flat colours loses nothing visible at this palette size


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
    values = list(values)
    names = [str(value) for value in values]
    if len(values) < 2:
        raise ValueError(f"values must hold at least two values to step through, got {len(values)}")
    if len(set(names)) < len(names):
        raise ValueError(f"values must be told apart by their text, got {names}")
    if not label:
        raise ValueError("label must not be empty: it names the slider for a screen reader")
    texts = [_alternative_text(alt, value) for value in values]
    pictures = [_png(draw(value)) for value in values]
    _check_sizes(pictures)

    frames = [ipywidgets.HTML(value=_image_tag(png, text)) for png, text in zip(pictures, texts, strict=True)]
    slider = ipywidgets.SelectionSlider(
        options=[(name, index) for index, name in enumerate(names)],
        description=label,
        style={"description_width": "initial"},
        layout={"width": "100%", "max_width": "640px"},
    )
    stack = _stack(frames, names)
    ipywidgets.jslink((slider, "index"), (stack, "selected_index"))
    box = ipywidgets.VBox([slider, stack])
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
    full, small = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png")
    picture = Image.open(full).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(small, format="png", optimize=True)
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


def _alternative_text(alt: Callable[[Any], str], value: object) -> str:
    text = alt(value)
    if not isinstance(text, str):
        raise TypeError(f"alt must return text, got {type(text).__name__} for {value!r}")
    if not text.strip():
        raise ValueError(f"alt must not be empty, it is for {value!r}")
    return text


def _image_tag(png: bytes, alt: str) -> str:
    width, height = Image.open(io.BytesIO(png)).size
    return (
        f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}" alt="{html.escape(alt)}" '
        f'width="{width}" height="{height}" style="width:100%;max-width:640px;height:auto">'
    )
