"""How many checks the chapters hold, and when they last passed: counted from what the notebooks store, never typed.

A check that passed has printed a line that begins with ✓. Had it failed, the chapter would have stopped there, with no
line and no later cell. So the stored lines are counted; an exercise's solution is graded by such a line, too.

When they last passed is said only where it is known:

- The environment variable CHECKS_PASSED gives the day, as 2026-11-21, or the word today. Whoever has just run the
  tests may set it; a publishing job does after its tests have passed.
- Otherwise git knows a day by which they had passed, that of the last commit that changed a chapter. It does not where
  a chapter has changed since, and not in a shallow clone, in which every file seems to come from the last commit.
- A stored output that is older than its sources says nothing about them, so then there is no day at all.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from book import Cell, Notebook, chapters, read_notebook
from digests import sources_digest, stored_digest

PASSED = "✓"
VARIABLE = "CHECKS_PASSED"


@dataclass(frozen=True)
class Count:
    """What the chapters hold: checks, the cells that print them, and the chapters themselves."""

    checks: int
    cells: int
    chapters: int


def cell_anchor(identity: str) -> str:
    """The anchor that the code cell with this id has on the site."""
    return f"cell-{identity}"


def printed(cell: Cell) -> str:
    """What a code cell has printed."""
    texts = (output["text"] for output in cell["outputs"] if output["output_type"] == "stream")
    return "".join("".join(text) for text in texts)


def checks_of(cell: Cell) -> int:
    """How many checks a cell has passed."""
    if cell["cell_type"] != "code":
        return 0
    return sum(line.startswith(PASSED) for line in printed(cell).splitlines())


def count(notebooks: list[Notebook]) -> Count:
    """Count what these chapters hold."""
    found = [checks_of(cell) for notebook in notebooks for cell in notebook["cells"]]
    return Count(sum(found), sum(checks > 0 for checks in found), len(notebooks))


def statement(root: Path) -> str:
    """What the front page says about the book under `root`.

    Raises:
        ValueError: CHECKS_PASSED is no day.
    """
    notebooks = [read_notebook(path) for path in chapters(root)]
    found = count(notebooks)
    text = f"This copy holds {found.checks:,} checks, in {found.cells:,} cells of {found.chapters} chapters."
    given = day_given()
    if any(stored_digest(notebook) != sources_digest(notebook, root / "rnnlib") for notebook in notebooks):
        return text
    if given is not None:
        return f"{text} They were all run on {words(given)}, and all passed."
    committed = day_committed(root)
    if committed is not None:
        return f"{text} They had all passed by {words(committed)}, when a chapter was last changed."
    return text


def words(day: date) -> str:
    """A day in words, the same in every locale."""
    months = (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    )
    return f"{day.day} {months[day.month - 1]} {day.year}"


def day_given() -> date | None:
    """The day that the environment names, or None; "today" is today (UTC).

    Raises:
        ValueError: what it names is no day.
    """
    text = os.environ.get(VARIABLE, "")
    if not text:
        return None
    if text == "today":
        return datetime.now(UTC).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{VARIABLE} must be a day such as 2026-11-21, got {text!r}") from None


def day_committed(root: Path) -> date | None:
    """The day (UTC) of the last commit that changed a chapter, or None where git cannot tell."""
    notebooks = "chapters/*.ipynb"
    if git(root, "rev-parse", "--is-shallow-repository") != "false":
        return None
    if git(root, "status", "--porcelain", "--", notebooks) != "":
        return None
    seconds = git(root, "log", "-1", "--format=%ct", "--", notebooks)
    return datetime.fromtimestamp(int(seconds), UTC).date() if seconds else None


def git(root: Path, *arguments: str) -> str | None:
    """What git answers, or None where there is no git or no repository."""
    try:
        result = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return result.stdout.strip() if result.returncode == 0 else None
