"""The digest that ties a notebook's stored outputs to the code that made them.

It covers the notebook's code cells, in order, and all of rnnlib's Python files and data. It leaves out the install
cell, which changes with the repository's address and computes nothing.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from book import Notebook
from install_cell import is_install_cell

KEY = "rnns_unrolled"


def sources_digest(notebook: Notebook, package: Path) -> str:
    """`sha256:…` of the notebook's sources and those of the package in the folder `package`."""
    digest = hashlib.sha256()
    for name, source in _cell_sources(notebook) + _package_sources(package):
        # Lengths in front keep two neighbours from passing for one: "ab" + "c" is not "a" + "bc".
        text = source.replace("\r\n", "\n").encode("utf-8")
        digest.update(f"{name}\n{len(text)}\n".encode())
        digest.update(text)
    return f"sha256:{digest.hexdigest()}"


def stored_digest(notebook: Notebook) -> str:
    """The digest recorded when the notebook was last executed, or an empty string."""
    return str(notebook["metadata"].get(KEY, {}).get("sources", ""))


def _cell_sources(notebook: Notebook) -> list[tuple[str, str]]:
    return [
        ("cell", "".join(cell["source"]))
        for cell in notebook["cells"]
        if cell["cell_type"] == "code" and not is_install_cell(cell)
    ]


def _package_sources(package: Path) -> list[tuple[str, str]]:
    files = {
        path.relative_to(package).as_posix(): path
        for path in package.rglob("*")
        if path.suffix in (".py", ".json")
    }
    return [(name, files[name].read_text(encoding="utf-8")) for name in sorted(files)]
