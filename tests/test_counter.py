"""tools/counter.py: the count of checks comes from what the notebooks store, and no day is said that is not known."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import counter
import pytest
from book import ROOT, chapters, read_notebook
from counter import Count, checks_of, count, day_committed, day_given, statement, words
from digests import KEY, sources_digest


def code(text: str, name: str = "stdout", source: str = "check()") -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": f"cell{abs(hash((text, source)))}",
        "metadata": {},
        "source": source,
        "outputs": [{"output_type": "stream", "name": name, "text": text}] if text else [],
        "execution_count": 1,
    }


def prose(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "prose", "metadata": {}, "source": source}


@pytest.mark.parametrize(
    ("cell", "checks"),
    [
        (code("✓ one\n(5, 3)\n✓ two\n"), 2),
        (code("a ✓ in the middle\n  ✓ indented\n○ not answered yet\n✗ wrong\n"), 0),
        (code(""), 0),
        (prose("✓ only said"), 0),
    ],
)
def test_a_check_is_a_printed_line_that_begins_with_a_tick(cell: dict[str, Any], checks: int) -> None:
    assert checks_of(cell) == checks


def test_a_text_that_is_stored_as_a_list_of_lines_counts_alike() -> None:
    cell = code("")
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["✓ one\n", "✓ two\n"]}]
    assert checks_of(cell) == 2


def test_only_cells_with_a_check_are_counted() -> None:
    chapter = {"cells": [prose("# A"), code("✓ a\n✓ b\n"), code("(5, 3)\n"), code("✓ c\n")]}
    assert count([chapter, {"cells": [code("✓ d\n")]}]) == Count(checks=4, cells=3, chapters=2)


def test_the_book_has_a_check_for_each_tick_in_its_files() -> None:
    # Counted in another way: by the lines of the files.
    ticks = sum(
        len(re.findall(r'^ +"✓', path.read_text(encoding="utf-8"), re.MULTILINE)) for path in chapters()
    )
    found = count([read_notebook(path) for path in chapters()])
    assert found.checks == ticks > 500
    assert f"{ticks:,} checks" in statement(ROOT)
    assert str(ticks) not in (ROOT / "intro.md").read_text(encoding="utf-8")


# When they last passed


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the day of a publishing job nor somebody's git settings reach these tests."""
    monkeypatch.delenv(counter.VARIABLE, raising=False)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book of one chapter, in a folder without git, whose outputs are as old as its sources."""
    root = tmp_path / "book"
    (root / "chapters").mkdir(parents=True)
    (root / "rnnlib").mkdir()
    write_chapter(root, "check()")
    return root


def write_chapter(root: Path, source: str, *, fresh: bool = True) -> None:
    path = root / "chapters" / "one.ipynb"
    notebook = {
        "cells": [code("✓ a\n✓ b\n", source=source)],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(notebook), encoding="utf-8")
    digest = sources_digest(read_notebook(path), root / "rnnlib")
    notebook["metadata"] = {KEY: {"sources": digest if fresh else "sha256:0"}}
    path.write_text(json.dumps(notebook), encoding="utf-8")


def run_git(root: Path, *arguments: str, day: str = "2026-03-01") -> None:
    moment = {"GIT_AUTHOR_DATE": "2020-01-01T00:00:00+0000", "GIT_COMMITTER_DATE": f"{day}T23:30:00+0000"}
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(
        ["git", *who, *arguments], cwd=root, env=os.environ | moment, check=True, capture_output=True
    )


def commit(root: Path, day: str) -> None:
    run_git(root, "add", ".")
    run_git(root, "commit", "-m", "A commit", day=day)


COUNTED = "This copy holds 2 checks, in 1 cells of 1 chapters."


def test_without_git_and_without_a_day_given_no_day_is_said(book: Path) -> None:
    assert day_committed(book) is None
    assert statement(book) == COUNTED


def test_where_git_is_not_installed_no_day_is_said(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_git(book, "init")
    commit(book, "2026-03-01")
    monkeypatch.setenv("PATH", str(book))
    assert statement(book) == COUNTED


def test_today_is_a_day_that_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    before = datetime.now(UTC).date()
    monkeypatch.setenv(counter.VARIABLE, "today")
    assert day_given() in (before, datetime.now(UTC).date())


def test_the_day_given_is_said(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_git(book, "init")
    commit(book, "2026-03-01")
    monkeypatch.setenv(counter.VARIABLE, "2026-11-21")
    assert statement(book) == f"{COUNTED} They were all run on 21 November 2026, and all passed."


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "21 November 2026", "1795219200"])
def test_a_day_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(counter.VARIABLE, text)
    with pytest.raises(ValueError, match=f"CHECKS_PASSED must be a day such as 2026-11-21, got '{text}'"):
        day_given()


def test_git_tells_the_day_of_the_last_commit_that_changed_a_chapter(book: Path) -> None:
    run_git(book, "init")
    commit(book, "2026-03-01")
    (book / "intro.md").write_text("# A book\n")
    commit(book, "2026-04-01")
    assert day_committed(book) == date(2026, 3, 1)
    assert (
        statement(book) == f"{COUNTED} They had all passed by 1 March 2026, when a chapter was last changed."
    )


def test_a_chapter_that_changed_since_the_last_commit_has_no_day(book: Path) -> None:
    run_git(book, "init")
    commit(book, "2026-03-01")
    write_chapter(book, "check(2)")
    assert statement(book) == COUNTED


def test_a_shallow_clone_has_no_day(book: Path, tmp_path: Path) -> None:
    run_git(book, "init")
    commit(book, "2026-03-01")
    (book / "intro.md").write_text("# A book\n")
    commit(book, "2026-04-01")
    run_git(tmp_path, "clone", "--depth", "1", book.as_uri(), "clone")
    assert statement(tmp_path / "clone") == COUNTED


@pytest.mark.parametrize("given", ["", "2026-11-21"])
def test_outputs_older_than_their_sources_have_no_day(
    given: str, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_chapter(book, "check()", fresh=False)
    run_git(book, "init")
    commit(book, "2026-03-01")
    monkeypatch.setenv(counter.VARIABLE, given)
    assert statement(book) == COUNTED


def test_a_change_of_the_package_alone_takes_the_day_away(book: Path) -> None:
    run_git(book, "init")
    commit(book, "2026-03-01")
    (book / "rnnlib" / "new.py").write_text("one = 1\n")
    assert statement(book) == COUNTED


def test_a_day_reads_the_same_everywhere() -> None:
    assert [words(date(2026, month, 1)) for month in (1, 12)] == ["1 January 2026", "1 December 2026"]
