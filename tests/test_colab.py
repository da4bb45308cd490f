"""What `make colab` accepts and what it refuses; the chapters themselves are run by `make colab`."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import colab
import pytest
from book import ROOT, Notebook, chapters, read_notebook
from colab import SITECUSTOMIZE, differences, panes, publish, readdress, remove_package, slider_complaints
from install_cell import install_source, is_install_cell
from widget_state import STATE, widget_models

ADDRESS = "https://github.com/org/rnns"


def chapter(address: str = "") -> Notebook:
    notebook: Notebook = deepcopy(read_notebook(chapters()[0]))
    (cell,) = [cell for cell in notebook["cells"] if is_install_cell(cell)]
    cell["source"] = install_source(address)
    return notebook


def as_ipywidgets_7_would_have_it(notebook: Notebook) -> Notebook:
    ran = deepcopy(notebook)
    for model in widget_models(ran).values():
        if model["model_name"] == "StackModel":
            model["model_name"] = "TabModel"
    return ran


def model_of(notebook: Notebook, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(m for m in widget_models(notebook).values() if m["model_name"] == name)
    return found


@pytest.mark.parametrize("address", ["", ADDRESS])
def test_the_install_cell_installs_from_the_address_on_this_machine(address: str) -> None:
    notebook = chapter(address)
    readdress(notebook, address, "file:///here")
    (cell,) = [cell for cell in notebook["cells"] if is_install_cell(cell)]
    assert cell["source"] == install_source("file:///here")


def test_an_install_cell_that_names_another_address_is_refused() -> None:
    with pytest.raises(ValueError, match="does not name"):
        readdress(chapter(ADDRESS), "https://github.com/org/repo", "file:///here")


def test_the_working_tree_is_published_with_what_is_new_and_without_what_is_ignored(tmp_path: Path) -> None:
    tree, repository = tmp_path / "tree", tmp_path / "repository"
    tree.mkdir()
    repository.mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=tree, check=True)
    (tree / ".gitignore").write_text("ignored\n")
    for name in ("tracked", "new", "ignored", "gone"):
        (tree / name).write_text(name)
    subprocess.run(["git", "add", "tracked", "gone"], cwd=tree, check=True)
    (tree / "gone").unlink()
    address = publish(tree, repository)
    assert address.startswith("file:///")
    subprocess.run(["git", "clone", "--quiet", address, tmp_path / "clone"], check=True)
    files = {path.name for path in (tmp_path / "clone").iterdir() if path.name != ".git"}
    assert files == {".gitignore", "tracked", "new"}


def test_a_kernel_believes_that_it_is_in_colab(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SITECUSTOMIZE)
    program = "import sys; sys.exit('google.colab' not in sys.modules)"
    for folder, code in ((tmp_path, 0), (ROOT, 1)):
        done = subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONPATH": str(folder)}, cwd=tmp_path.parent, check=False
        )
        assert done.returncode == code


def test_a_chapter_that_prints_what_the_book_shows_has_no_difference() -> None:
    assert differences(chapter(), chapter(ADDRESS)) == []


def test_another_line_on_the_screen_is_a_difference() -> None:
    ran = chapter()
    cell = next(
        cell for cell in ran["cells"] if any("✓" in str(o.get("text")) for o in cell.get("outputs", []))
    )
    cell["outputs"] = []
    (found,) = differences(chapter(), ran)
    assert found.startswith(f"{cell['id']} printed '', and the book shows ")


def test_sliders_may_move_tabs_where_there_is_no_stack() -> None:
    stored = chapter()
    assert panes(stored)
    assert slider_complaints(stored, stored, has_stack=True) == []
    assert slider_complaints(stored, as_ipywidgets_7_would_have_it(stored), has_stack=False) == []
    assert slider_complaints(stored, stored, has_stack=False)


@pytest.mark.parametrize("damage", ["no link", "a frame less", "no slider"])
def test_a_slider_that_would_move_nothing_is_refused(damage: str) -> None:
    stored = chapter()
    ran = as_ipywidgets_7_would_have_it(stored)
    if damage == "no link":
        model_of(ran, "LinkModel")["state"]["target"][1] = "elsewhere"
    elif damage == "a frame less":
        model_of(ran, "TabModel")["state"]["children"].pop()
    else:
        ran["metadata"]["widgets"][STATE]["state"] = {}
    assert slider_complaints(stored, ran, has_stack=False)


def test_a_developers_own_rnnlib_is_not_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something was run")

    monkeypatch.setattr(colab.subprocess, "run", refuse)
    with pytest.raises(colab.RuntimeUnfitError, match="an rnnlib of its own"):
        remove_package()


def with_what_they_need(names: set[str]) -> set[str]:
    """These distributions and all that installing them brings along, markers ignored."""
    found: set[str] = set()
    while names:
        found |= names
        needed: set[str] = set()
        for name in names:
            try:
                requirements = importlib.metadata.requires(name) or []
            except importlib.metadata.PackageNotFoundError:
                continue
            plain = (each for each in requirements if "extra ==" not in each)
            needed |= {canonical(re.split(r"[^\w.-]", each)[0]) for each in plain}
        names = needed - found
    return found


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_tool_imports_nothing_that_the_runtime_does_not_have() -> None:
    """The environment of the tests has more than Colab's, so that a wrong import passes by unseen here."""
    names, pending = set[str](), ["colab"]
    while pending:  # the tool's own modules, and what they import at their heads
        tree = ast.parse((ROOT / "tools" / f"{pending.pop()}.py").read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom):
                from_one = [node.module] if isinstance(node, ast.ImportFrom) else []
                tops = {str(name).partition(".")[0] for name in from_one or [a.name for a in node.names]}
                pending += [name for name in tops - names if (ROOT / "tools" / f"{name}.py").exists()]
                names |= tops
    homes = importlib.metadata.packages_distributions()
    used = {canonical(homes[name][0]) for name in names if name in homes}
    listed = (ROOT / "requirements-colab.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonical(line.partition("==")[0]) for line in listed if "==" in line}
    assert {"nbformat", "pyyaml"} <= used
    assert used - with_what_they_need(pinned) == set()
