"""Widget state that is the same on every run: only what the outputs show, under ids derived from the cells."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from book import Notebook

VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"
REFERENCE = "IPY_MODEL_"
HEXADECIMAL_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")

# A link between two widgets is part of neither, so nothing that is shown refers to it.
LINKS = {"LinkModel", "DirectionalLinkModel"}


def widget_models(notebook: Notebook) -> dict[str, Any]:
    """The state of each widget model that the notebook stores, by model id."""
    models: dict[str, Any] = notebook["metadata"].get("widgets", {}).get(STATE, {}).get("state", {})
    return models


def references(value: Any) -> Iterator[str]:
    """The ids of the models that a model's state refers to, in a fixed order."""
    if isinstance(value, str):
        if value.startswith(REFERENCE):
            yield value.removeprefix(REFERENCE)
    elif isinstance(value, dict):
        for key in sorted(value):
            yield from references(value[key])
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from references(item)


def shown_models(view: str, models: dict[str, Any]) -> list[str]:
    """The models that showing the model `view` needs, itself first: all that it refers to, and the links among them."""
    order: list[str] = []
    waiting = [view]
    while waiting:
        model = waiting.pop()
        if model in models and model not in order:
            order.append(model)
            waiting.extend(reversed(list(references(models[model]["state"]))))
    place = {model: position for position, model in enumerate(order)}
    links: dict[str, list[int]] = {}
    for model, content in models.items():
        if content["model_name"] in LINKS:
            ends = [end for end in references(content["state"]) if models[end]["model_name"] not in LINKS]
            if ends and all(end in place for end in ends):
                links[model] = [place[end] for end in ends]
    # By what they link, not as they were stored, for that order depends on their ids.
    order += sorted(links, key=lambda link: links[link])
    return order


def steady_widgets(notebook: Notebook) -> None:
    """Drop the models that no output shows and rename the others, everywhere, by cell id and position."""
    models = widget_models(notebook)
    names: dict[str, str] = {}
    for cell in notebook["cells"]:
        views = [
            output["data"][VIEW]["model_id"]
            for output in cell.get("outputs", [])
            if VIEW in output.get("data", {})
        ]
        for view in views:
            for model in shown_models(view, models):
                names.setdefault(model, _name(cell["id"], len(names)))
    if not names:
        notebook["metadata"].pop("widgets", None)
        return
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = _renamed(cell["outputs"], names)
    notebook["metadata"]["widgets"] = {
        STATE: {
            "state": {names[model]: _renamed(_without_defaults(models[model]), names) for model in names},
            "version_major": 2,
            "version_minor": 0,
        }
    }


def _without_defaults(model: dict[str, Any]) -> dict[str, Any]:
    """A layout has some fifty properties, of which an unset one says nothing that its absence would not."""
    if model["model_name"] != "LayoutModel":
        return model
    return model | {"state": {key: value for key, value in model["state"].items() if value is not None}}


def _name(cell: str, position: int) -> str:
    return hashlib.sha256(f"{cell}/{position}".encode()).hexdigest()[:32]


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        return HEXADECIMAL_ID.sub(lambda found: names.get(found[0], found[0]), value)
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_renamed(item, names) for item in value]
    return value
