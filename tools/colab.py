"""Open each chapter as Colab would, and run it: `make colab`, and inside Colab's own image `make colab-image`.

    python tools/colab.py [chapters/x.ipynb …]

The Python that runs this is the runtime: it has what Colab has, and no rnnlib. Each notebook is copied into an empty
folder, its install cell finds a module called google.colab and installs rnnlib from a git repository, and all other
cells follow. Only the repository's address is replaced, by one on this machine, so that what is tested is the working
tree as it stands. Afterwards

- every cell has printed what the book shows, except where that is not compared;
- installing rnnlib has changed no other package of the runtime;
- each slider moves a widget that this runtime's ipywidgets has: `Stack`, or `Tab` where there is no `Stack`.
"""

from __future__ import annotations

import asyncio
import importlib.metadata
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ipywidgets
from book import (
    ROOT,
    Cell,
    Notebook,
    chapters,
    notebook_text,
    read_notebook,
    repository_files,
    repository_url,
)
from execution import CellError, execute
from install_cell import install_source, is_install_cell
from normalise import merge_streams
from widget_state import widget_models

PACKAGE = "rnnlib"
# Python imports a module of this name on its start, from the first folder of PYTHONPATH.
SITECUSTOMIZE = 'import sys, types\nsys.modules["google.colab"] = types.ModuleType("google.colab")\n'
PANES = ("StackModel", "TabModel")


class RuntimeUnfitError(Exception):
    """The Python that runs this cannot stand for Colab's."""


def publish(root: Path, folder: Path) -> str:
    """Commit the working tree, with what is new and not ignored, to a repository in `folder`; returns its address."""
    for path in repository_files(root):
        target = folder / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    author = ["-c", "user.name=reader", "-c", "user.email=reader@example.org", "-c", "commit.gpgsign=false"]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "The book"]):
        subprocess.run(["git", *author, *command], cwd=folder, check=True)
    return folder.resolve().as_uri()


def readdress(notebook: Notebook, old: str, new: str) -> None:
    """Replace the repository's address in the install cell; while the book has none, write a cell that has."""
    (cell,) = [cell for cell in notebook["cells"] if is_install_cell(cell)]
    if old and old not in cell["source"]:
        raise ValueError(f"the install cell does not name {old}")
    cell["source"] = cell["source"].replace(old, new) if old else install_source(new)


def printed(cell: Cell) -> str:
    """What a cell printed."""
    outputs = merge_streams([dict(output) for output in cell.get("outputs", [])])
    return "".join(
        "".join(output["text"])
        for output in outputs
        if output["output_type"] == "stream" and output["name"] == "stdout"
    )


def differences(stored: Notebook, ran: Notebook) -> list[str]:
    """The cells that printed something else than the book shows."""
    complaints = []
    for before, after in zip(stored["cells"], ran["cells"], strict=True):
        compared = "nbval-ignore-output" not in before["metadata"].get("tags", [])
        if before["cell_type"] == "code" and compared and not is_install_cell(before):
            wanted, found = printed(before), printed(after)
            if wanted != found:
                complaints.append(f"{before['id']} printed {found!r}, and the book shows {wanted!r}")
    return complaints


def panes(notebook: Notebook) -> list[tuple[str, int, bool]]:
    """Of each widget that shows one of several frames: its kind, how many frames, and whether a slider moves it."""
    models = widget_models(notebook)
    moved = {
        model["state"]["target"][0].removeprefix("IPY_MODEL_")
        for model in models.values()
        if model["model_name"] == "LinkModel" and model["state"]["target"][1] == "selected_index"
    }
    return sorted(
        (model["model_name"], len(model["state"]["children"]), identity in moved)
        for identity, model in models.items()
        if model["model_name"] in PANES
    )


def slider_complaints(stored: Notebook, ran: Notebook, has_stack: bool) -> list[str]:
    """What is wrong with the sliders of a notebook that ran where ipywidgets has a Stack, or has none."""
    kind = "StackModel" if has_stack else "TabModel"
    wanted = sorted((kind, frames, True) for _, frames, _ in panes(stored))
    found = panes(ran)
    if not wanted:
        return ["the book shows no slider here"]
    return [] if found == wanted else [f"sliders: wanted {wanted}, got {found}"]


def packages() -> dict[str, str]:
    """The runtime's packages and their versions, without rnnlib."""
    # In a Python of its own: this one remembers what was there when it looked first.
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    pairs = (line.partition("==")[::2] for line in listed.splitlines())
    return {name: version for name, version in pairs if name != PACKAGE}


def remove_package() -> None:
    """Take away the rnnlib that an earlier chapter installed; a developer's own is left alone.

    Raises:
        RuntimeUnfitError: this Python has an rnnlib that no chapter installed.
    """
    try:
        origin = importlib.metadata.distribution(PACKAGE).read_text("direct_url.json") or ""
    except importlib.metadata.PackageNotFoundError:
        return
    if "vcs_info" not in origin:
        raise RuntimeUnfitError(
            f"{sys.executable} has an rnnlib of its own; `make colab` uses a Python without one"
        )
    command = [
        sys.executable,
        "-m",
        "pip",
        "uninstall",
        "--quiet",
        "--yes",
        "--root-user-action=ignore",
        PACKAGE,
    ]
    subprocess.run(command, check=True)


def run_chapter(path: Path, old: str, new: str) -> list[str]:
    """Everything that is wrong with a chapter in this runtime."""
    remove_package()
    before = packages()
    stored, notebook = read_notebook(path), read_notebook(path)
    readdress(notebook, old, new)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / path.name).write_text(notebook_text(notebook), encoding="utf-8")
        try:
            asyncio.run(execute(notebook, folder, lambda: None))
        except CellError as error:
            return [str(error)]
    complaints = differences(stored, notebook)
    complaints += slider_complaints(stored, notebook, hasattr(ipywidgets, "Stack"))
    changed = sorted(set(before.items()) ^ set(packages().items()))
    return complaints + ([f"installing rnnlib changed {changed}"] if changed else [])


def main(arguments: list[str], root: Path = ROOT) -> int:
    paths = [Path(argument).resolve() for argument in arguments] or chapters(root)
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("torch", "ipywidgets", "ipython", "numpy")
    )
    print(f"Python {sys.version.split()[0]}, {versions}", flush=True)
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        repository, start = Path(name) / "repository", Path(name) / "start"
        repository.mkdir()
        start.mkdir()
        (start / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8")
        os.environ["PYTHONPATH"] = str(start)  # and nothing else: not the working tree
        address = publish(root, repository)
        try:
            for path in paths:
                begun = time.monotonic()
                complaints = run_chapter(path, repository_url(root), address)
                failed += bool(complaints)
                verdict = "failed" if complaints else "ran as the book shows"
                print(f"{path.stem}: {verdict}, {time.monotonic() - begun:.0f} s", flush=True)
                print("".join(f"  {complaint}\n" for complaint in complaints), end="", flush=True)
            remove_package()
        except RuntimeUnfitError as error:
            print(f"make colab: {error}", file=sys.stderr)
            return 2
    print(f"{len(paths) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
