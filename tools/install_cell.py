"""The first code cell of each notebook, which installs rnnlib in Colab and does nothing anywhere else."""

from __future__ import annotations

import nbformat
from book import Cell, Notebook

ID = "install"

# `remove-cell` keeps the cell off the site, where nobody can run it.
TAGS = ["install", "remove-cell"]

WITH_ADDRESS = """\
# In Colab this installs rnnlib, the book's helper package. Anywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    %pip install -q "rnnlib @ git+{url}\""""

# Installing `rnnlib` by its bare name would fetch whatever a stranger has published under it.
WITHOUT_ADDRESS = """\
# In Colab this installs rnnlib, the book's helper package. Anywhere else it does nothing.
import sys

if "google.colab" in sys.modules:
    raise RuntimeError(
        "This copy of the book has no repository address yet, so rnnlib cannot be installed from it. "
        "In a clone, run `make repository URL=https://github.com/org/repo`, commit and push; then open it here again."
    )"""


def install_source(url: str) -> str:
    """The cell's source for a repository's address, which may still be empty."""
    return WITH_ADDRESS.format(url=url) if url else WITHOUT_ADDRESS


def is_install_cell(cell: Cell) -> bool:
    return cell["cell_type"] == "code" and cell.get("id") == ID


def refresh_install_cell(notebook: Notebook, url: str) -> None:
    """Make the first code cell the install cell for `url`, inserting it before all other code where it lacks."""
    cells: list[Cell] = notebook["cells"]
    found = next((cell for cell in cells if is_install_cell(cell)), None)
    first = next((index for index, cell in enumerate(cells) if cell["cell_type"] == "code"), len(cells))
    if found is None:
        found = nbformat.v4.new_code_cell(id=ID)  # type: ignore[no-untyped-call]
        cells.insert(first, found)
    elif cells[first] is not found:
        cells.remove(found)
        cells.insert(first, found)
    found["source"] = install_source(url)
    found["metadata"] = {"tags": list(TAGS)}
