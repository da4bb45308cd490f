"""Every chapter, and the repository around it, is held to the rules of tools/rules_*.py.

A rule returns complaints that name the cell; the file's name is added here. tests/test_structure_rules.py shows that
each rule complains where it should.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path

import nbformat
import pytest
from book import ROOT, Notebook, chapters, notebook_text, read_notebook, repository_files, repository_url
from normalise import normalise
from rules_cells import (
    cells_short,
    executed_and_fresh,
    exercises_complete,
    ignored_outputs_checked,
    install_cell_first,
    tags_known,
)
from rules_outputs import errors_meant, figures_have_alt, flipbooks_sound, no_leaks, no_stderr
from rules_repository import (
    no_empty_files,
    no_mention,
    requirements_pinned,
    targets_agree,
    toc_matches_chapters,
)
from rules_text import has_callouts, headings_in_order, links_alive, no_myst, pictures_have_alt

every_chapter = pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)


@cache
def read(path: Path) -> Notebook:
    return read_notebook(path)


@cache
def files() -> tuple[Path, ...]:
    return tuple(repository_files(ROOT))


def accept(path: Path, complaints: list[str]) -> None:
    name = path.relative_to(ROOT)
    assert not complaints, "\n" + "\n".join(f"{name}: {complaint}" for complaint in complaints)


# The prose


@every_chapter
def test_headings_are_in_order(path: Path) -> None:
    accept(path, headings_in_order(read(path)))


@every_chapter
def test_prose_reads_well_where_no_myst_is_known(path: Path) -> None:
    accept(path, no_myst(read(path)))


@every_chapter
def test_links_are_alive(path: Path) -> None:
    accept(path, links_alive(read(path), path))


@every_chapter
def test_pictures_in_prose_have_alternative_text(path: Path) -> None:
    accept(path, pictures_have_alt(read(path)))


@every_chapter
def test_every_kind_of_callout_is_there(path: Path) -> None:
    accept(path, has_callouts(read(path)))


# The code cells


@every_chapter
def test_the_install_cell_is_first_and_right(path: Path) -> None:
    accept(path, install_cell_first(read(path), repository_url()))


@every_chapter
def test_every_cell_was_executed_by_the_sources_that_are_there(path: Path) -> None:
    accept(path, executed_and_fresh(read(path), ROOT / "rnnlib"))


@every_chapter
def test_cells_are_short(path: Path) -> None:
    accept(path, cells_short(read(path)))


@every_chapter
def test_tags_are_known(path: Path) -> None:
    accept(path, tags_known(read(path)))


@every_chapter
def test_outputs_that_are_not_compared_are_checked(path: Path) -> None:
    accept(path, ignored_outputs_checked(read(path)))


@every_chapter
def test_exercises_have_graded_attempts_and_right_solutions(path: Path) -> None:
    accept(path, exercises_complete(read(path)))


# The stored outputs


@every_chapter
def test_nothing_on_stderr_is_stored(path: Path) -> None:
    accept(path, no_stderr(read(path)))


@every_chapter
def test_stored_errors_are_meant(path: Path) -> None:
    accept(path, errors_meant(read(path)))


@every_chapter
def test_figures_have_alternative_text(path: Path) -> None:
    accept(path, figures_have_alt(read(path)))


@every_chapter
def test_flipbooks_work_without_kernel_and_without_sight(path: Path) -> None:
    accept(path, flipbooks_sound(read(path)))


@every_chapter
def test_outputs_tell_nothing_of_the_machine(path: Path) -> None:
    accept(path, no_leaks(read(path)))


# The files


@every_chapter
def test_the_notebook_is_valid_and_in_the_stored_form(path: Path) -> None:
    notebook = deepcopy(read(path))
    nbformat.validate(notebook)
    normalise(notebook)
    assert path.read_text(encoding="utf-8") == notebook_text(notebook), (
        f"{path.relative_to(ROOT)} is not in the form that `make notebooks` stores; run it"
    )


def test_there_are_chapters_and_the_toc_names_them_all() -> None:
    assert chapters()
    accept(ROOT / "_toc.yml", toc_matches_chapters(ROOT))


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*.txt")), ids=lambda path: path.name)
def test_requirements_are_pinned(path: Path) -> None:
    accept(path, requirements_pinned(path.read_text(encoding="utf-8")))


def test_readme_and_makefile_name_the_same_targets() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    accept(ROOT / "README.md", targets_agree(makefile, (ROOT / "README.md").read_text(encoding="utf-8")))


def test_no_file_speaks_of_folders_outside_the_repository() -> None:
    # Written in halves, so that this file does not find itself.
    accept(ROOT, no_mention(ROOT, list(files()), "../" + "shared"))


def test_no_file_is_empty_or_a_placeholder() -> None:
    accept(ROOT, no_empty_files(ROOT, list(files())))
