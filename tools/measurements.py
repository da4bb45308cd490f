"""Outputs that no two runs share: times, and figures of times.

Their cells are tagged nbval-ignore-output. They are measured when the notebook is executed for the first time with its
present sources; while neither the notebook nor rnnlib changes, a later run keeps what was measured, so that executing
the book twice leaves no difference. To measure anew, clear the cell's output and execute.
"""

from __future__ import annotations

from copy import deepcopy

from book import Notebook
from digests import stored_digest
from widget_state import VIEW

TAG = "nbval-ignore-output"


def keep_measurements(notebook: Notebook, earlier: Notebook, digest: str) -> None:
    """Put into `notebook` the measurements of `earlier`, if that was executed with the sources of `digest`."""
    if stored_digest(earlier) != digest:
        return
    measured = {cell["id"]: cell["outputs"] for cell in earlier["cells"] if cell["cell_type"] == "code"}
    for cell in notebook["cells"]:
        outputs = measured.get(cell["id"], [])
        # A widget's state is stored apart from its output, and has come from this run.
        has_widget = any(VIEW in output.get("data", {}) for output in outputs)
        if TAG in cell["metadata"].get("tags", []) and outputs and not has_widget:
            cell["outputs"] = deepcopy(outputs)
