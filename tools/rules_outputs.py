"""What a chapter's stored outputs are held to. Each rule returns its complaints, none where the chapter keeps it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from book import Cell, Notebook, Output
from rules_cells import code_cells, tags
from rules_text import SHORTEST_ALT, where
from widget_state import VIEW, shown_models, widget_models

PICTURES = ("image/png", "image/jpeg")
LARGEST_FLIPBOOK = 400_000  # bytes of all frames, as in rnnlib.flipbook

# What one machine has and another has not.
LEAKS = {
    "an absolute path": re.compile(
        r"(?<![\w.:/])/(?:home|root|usr|tmp|work|opt|var|mnt|etc|srv|content|Users|private)/[\w.-]+"
        r"|(?<!\w)[A-Za-z]:\\\w+|(?<![\w~])~/[\w.-]+"
    ),
    "a memory address": re.compile(r"\b0x[0-9a-f]{6,}\b", re.IGNORECASE),
}
DEVICES = re.compile(
    r"\b(?:cuda|mps|cpu):\d|device\(type=|device=['\"]|^(?:cuda|mps|cpu)$|\b(?:NVIDIA|GeForce|Tesla|Radeon)\b",
    re.MULTILINE,
)


def outputs(notebook: Notebook) -> Iterator[tuple[int, Cell, Output]]:
    for index, cell in code_cells(notebook):
        for output in cell["outputs"]:
            yield index, cell, output


def no_stderr(notebook: Notebook) -> list[str]:
    """Nothing on stderr, and no text of a progress bar."""
    complaints: list[str] = []
    for index, _, output in outputs(notebook):
        if output["output_type"] == "stream":
            text = "".join(output["text"])
            if output["name"] == "stderr":
                complaints.append(f"{where(notebook, index)}: stderr is stored: {text[:80]!r}")
            elif "\r" in text:
                complaints.append(f"{where(notebook, index)}: a progress bar's text is stored: {text[:80]!r}")
    return complaints


def errors_meant(notebook: Notebook) -> list[str]:
    """A stored error belongs to a cell tagged raises-exception, and such a cell stores one."""
    complaints: list[str] = []
    for index, cell in code_cells(notebook):
        names = [output["ename"] for output in cell["outputs"] if output["output_type"] == "error"]
        meant = "raises-exception" in tags(cell)
        if names and not meant:
            complaints.append(
                f"{where(notebook, index)}: a {names[0]} is stored, and no tag raises-exception"
            )
        if meant and not names:
            complaints.append(f"{where(notebook, index)}: tagged raises-exception, and no error is stored")
    return complaints


def figures_have_alt(notebook: Notebook) -> list[str]:
    """Each figure has its own alternative text; that of a flipbook stands in its output."""
    complaints: list[str] = []
    texts: list[tuple[int, str]] = []
    for index, cell in code_cells(notebook):
        place = where(notebook, index)
        data = [output.get("data", {}) for output in cell["outputs"]]
        figures = [part for part in data if any(kind in part for kind in PICTURES) and VIEW not in part]
        alt = _alt(cell)
        if len(figures) > 1:
            complaints.append(
                f"{place}: {len(figures)} figures; one a cell, since a cell has one alternative text"
            )
        if figures:
            texts.append((index, alt))
        elif alt:
            complaints.append(f"{place}: an alternative text, and no figure")
        texts += [(index, _text(part.get("text/plain", "")).strip("'\"")) for part in data if VIEW in part]
        if any("image/svg+xml" in part for part in data):
            complaints.append(f"{place}: an SVG, which nbval compares to the last digit; make it a PNG")
        for part in data:
            for image in _images(_text(part.get("text/html", ""))):
                if len(image.get("alt") or "") < SHORTEST_ALT:
                    complaints.append(f"{place}: an <img> in HTML without alternative text")
    for index, text in texts:
        if len(text.strip()) < SHORTEST_ALT:
            complaints.append(
                f"{where(notebook, index)}: the figure needs alternative text of at least {SHORTEST_ALT} characters "
                f'(cell metadata {{"mystnb": {{"image": {{"alt": "…"}}}}}}), it has {text!r}'
            )
    repeated = [text for text, times in Counter(text for _, text in texts if text).items() if times > 1]
    complaints += [f"several figures have the alternative text {text!r}" for text in repeated]
    return complaints


def _alt(cell: Cell) -> str:
    return str(cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", ""))


def flipbooks_sound(notebook: Notebook) -> list[str]:
    """There is a flipbook; each has a still, a text for every frame, a linked slider, and is not too large."""
    complaints: list[str] = []
    models = widget_models(notebook)
    flipbooks = [
        (index, output["data"]) for index, _, output in outputs(notebook) if VIEW in output.get("data", {})
    ]
    if not flipbooks:
        complaints.append("there is no flipbook (rnnlib.flipbook)")
    for index, data in flipbooks:
        place = where(notebook, index)
        shown = [models[name] for name in shown_models(data[VIEW]["model_id"], models)]
        if not shown:
            complaints.append(f"{place}: the widget's state is not stored; run `make notebooks`")
            continue
        if "image/png" not in data:
            complaints.append(f"{place}: a widget without a picture for readers who have no JavaScript")
        if not any(model["model_name"] == "LinkModel" for model in shown):
            complaints.append(f"{place}: no jslink, so the slider is dead where there is no kernel")
        complaints += [f"{place}: {fault}" for fault in _frame_faults(shown)]
    return complaints


def _frame_faults(shown: list[Any]) -> list[str]:
    frames = [str(model["state"].get("value", "")) for model in shown if model["model_name"] == "HTMLModel"]
    faults: list[str] = []
    size = sum(len(frame.encode()) for frame in frames)
    if size > LARGEST_FLIPBOOK:
        faults.append(f"the flipbook has {size // 1000} kB; at most {LARGEST_FLIPBOOK // 1000}")
    images = [image for frame in frames for image in _images(frame)]
    if not images:
        faults.append("the flipbook has no frames")
    texts = [image.get("alt") or "" for image in images]
    faults += [
        f"frame {number} needs alternative text of at least {SHORTEST_ALT} characters, it has {text!r}"
        for number, text in enumerate(texts, start=1)
        if len(text.strip()) < SHORTEST_ALT
    ]
    if len(set(texts)) < len(texts):
        faults.append("several frames have the same alternative text")
    return faults


def no_leaks(notebook: Notebook) -> list[str]:
    """No path, memory address or device name of the machine that executed the chapter."""
    complaints: list[str] = []
    for index, cell, output in outputs(notebook):
        text = _words(output)
        found = [(name, hit[0]) for name, form in LEAKS.items() if (hit := form.search(text))]
        # A cell whose output nbval does not compare may name its device: that is what the tag is for.
        device = None if "nbval-ignore-output" in tags(cell) else DEVICES.search(text)
        found += [("a device", device[0])] if device else []
        complaints += [f"{where(notebook, index)}: the output has {name}, {hit!r}" for name, hit in found]
    return complaints


def _words(output: Output) -> str:
    """An output's text without embedded pictures, whose letters mean nothing."""
    data = output.get("data", {})
    parts = [
        _text(output.get("text", "")),
        str(output.get("evalue", "")),
        "\n".join(output.get("traceback", [])),
        *(_text(value) for kind, value in sorted(data.items()) if kind.startswith("text/")),
    ]
    return re.sub(r"data:[\w/+;-]+,[A-Za-z0-9+/=]*", "", "\n".join(part for part in parts if part))


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "".join(value)


class _ImageFinder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.images.append(dict(attributes))


def _images(html: str) -> list[dict[str, str | None]]:
    finder = _ImageFinder()
    finder.feed(html)
    return finder.images
