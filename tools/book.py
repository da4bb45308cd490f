"""Where the book's files are, and how a notebook file is read and written."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent

# What builds and runs leave behind.
GENERATED = re.compile(
    r"(?:^|/)(?:\.venv[\w.-]*|node_modules|_build|build|__pycache__|\.ipynb_checkpoints|\.hypothesis|\.\w+_cache|[\w.-]+\.egg-info)/"
)

# Notebooks, cells and outputs are plain dictionaries of JSON (nbformat's nodes are dictionaries too).
Notebook = dict[str, Any]
Cell = dict[str, Any]
Output = dict[str, Any]


def chapters(root: Path = ROOT) -> list[Path]:
    """All notebooks of the book under `root`, in the order of their names."""
    return sorted((root / "chapters").glob("*.ipynb"))


def repository_files(root: Path) -> list[Path]:
    """The files that belong to the repository: tracked, or new and not ignored.

    In a copy without git, such as a downloaded archive, all files but those that builds and runs leave behind.
    """
    if not (root / ".git").exists():
        files = (path for path in root.rglob("*") if path.is_file())
        return sorted(path for path in files if not GENERATED.search(path.relative_to(root).as_posix()))
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        check=True,
    ).stdout.decode("utf-8")
    return [root / name for name in sorted(set(listed.split("\0"))) if name and (root / name).is_file()]


def config(root: Path = ROOT) -> dict[str, Any]:
    """The book's `_config.yml`, parsed; empty where there is none."""
    path = root / "_config.yml"
    loaded = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None
    return loaded if isinstance(loaded, dict) else {}


def repository_url(root: Path = ROOT) -> str:
    """The repository's address as `_config.yml` gives it, or an empty string while it has none."""
    return str((config(root).get("repository") or {}).get("url") or "")


def read_notebook(path: Path) -> Notebook:
    """Read a notebook of format 4, bring it to 4.5, and give an id to each cell that lacks one."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    if raw.get("nbformat") != 4:
        raise ValueError(f"{path}: notebook format {raw.get('nbformat')}; only format 4 is known here")
    raw["nbformat_minor"] = 5
    identify_cells(raw)
    notebook: Notebook = nbformat.reads(json.dumps(raw), as_version=4)  # type: ignore[no-untyped-call]
    return notebook


def identify_cells(notebook: Notebook) -> None:
    """Keep the ids that authors gave; where one is missing or taken, derive it from the cell's source.

    nbformat would draw a random id instead, and each run would differ from the last.
    """
    taken: set[str] = set()
    for cell in notebook["cells"]:
        identity = cell.get("id")
        if not identity or identity in taken:
            source = "".join(cell["source"])
            stem = "cell-" + hashlib.sha256(source.encode()).hexdigest()[:8]
            identity, repeat = stem, 1
            while identity in taken:
                repeat += 1
                identity = f"{stem}-{repeat}"
            cell["id"] = identity
        taken.add(identity)


def notebook_text(notebook: Notebook) -> str:
    """A notebook as the text of its file: what Jupyter writes, with sorted keys and a last newline."""
    nbformat.validate(notebook)
    node = nbformat.from_dict(notebook)  # type: ignore[no-untyped-call]
    text: str = nbformat.writes(node, version=4)  # type: ignore[no-untyped-call]
    return text.rstrip("\n") + "\n"


def replace_file(path: Path, text: str) -> bool:
    """Write `text` to `path` in one step, so that no interruption leaves half a file. False if nothing changed."""
    content = text.encode("utf-8")
    if path.exists() and path.read_bytes() == content:
        return False
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        # mkstemp makes files that only their owner can read; keep what the file had.
        Path(temporary).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True
