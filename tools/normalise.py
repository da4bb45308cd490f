"""Brings an executed notebook into the one form in which it is stored, so that a second run leaves no difference."""

from __future__ import annotations

import re
from typing import Any

from book import Cell, Notebook, Output, identify_cells
from digests import KEY
from widget_state import steady_widgets

KERNELSPEC = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}

# What ipykernel reports, without the version of Python, which differs from one machine to the next.
LANGUAGE_INFO = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}

# Editors leave their own notes in notebooks (folds, scroll positions, times); only these mean anything to the book.
KEPT_NOTEBOOK_METADATA = {"mystnb", "widgets", KEY}
KEPT_CELL_METADATA = {"mystnb", "tags"}

ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def normalise(notebook: Notebook) -> None:
    """Normalise `notebook` in place."""
    notebook["nbformat"], notebook["nbformat_minor"] = 4, 5
    identify_cells(notebook)
    metadata = notebook["metadata"]
    notebook["metadata"] = {key: metadata[key] for key in metadata if key in KEPT_NOTEBOOK_METADATA}
    notebook["metadata"] |= {"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO}
    count = 0
    for cell in notebook["cells"]:
        cell["metadata"] = {
            key: cell["metadata"][key] for key in cell["metadata"] if key in KEPT_CELL_METADATA
        }
        if cell["cell_type"] == "code":
            count += 1 if cell["source"].strip() else 0
            _normalise_code_cell(cell, count if cell["source"].strip() else None)
    steady_widgets(notebook)


def _normalise_code_cell(cell: Cell, count: int | None) -> None:
    cell["execution_count"] = count
    cell["outputs"] = merge_streams(cell["outputs"])
    for output in cell["outputs"]:
        output.pop("transient", None)
        if output["output_type"] == "execute_result":
            output["execution_count"] = count
        if output["output_type"] == "error":
            output["traceback"] = short_traceback(output["traceback"])


def merge_streams(outputs: list[Output]) -> list[Output]:
    """New outputs, with neighbours of the same stream joined: where a stream is cut is a matter of timing."""
    merged: list[Output] = []
    for output in outputs:
        last: dict[str, Any] = merged[-1] if merged else {}
        if output["output_type"] == "stream" and output["name"] == last.get("name"):
            last["text"] += output["text"]
        else:
            merged.append(dict(output))
    return merged


def short_traceback(traceback: list[str]) -> list[str]:
    """A traceback without colours and without frames in files, whose paths and lines differ between machines."""
    plain = [ANSI.sub("", part) for part in traceback]
    return [part for part in plain if not part.startswith("File ")]
