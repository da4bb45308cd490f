"""What the code cells of a chapter are held to. Each rule returns its complaints, none where the chapter keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import install_cell
from book import Cell, Notebook
from chapter_text import notebook_headings
from digests import sources_digest, stored_digest
from rules_text import where

LONGEST_CELL = 30  # lines that are not blank

# What a tag does: to the site (MyST-NB), to `make notebooks` (nbclient) or to the comparison (nbval).
TAGS = {"hide-cell", "hide-input", "hide-output", "raises-exception", "nbval-ignore-output"}

FEWEST_EXERCISES, MOST_EXERCISES = 4, 6


def code_cells(notebook: Notebook) -> Iterator[tuple[int, Cell]]:
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            yield index, cell


def tags(cell: Cell) -> set[str]:
    return set(cell["metadata"].get("tags", []))


def install_cell_first(notebook: Notebook, url: str) -> list[str]:
    """The first code cell installs rnnlib in Colab, from the address that _config.yml gives."""
    cells = list(code_cells(notebook))
    if not cells or not install_cell.is_install_cell(cells[0][1]):
        return ["the first code cell is not the install cell; run `make notebooks`"]
    index, cell = cells[0]
    if (
        cell["source"] != install_cell.install_source(url)
        or cell["metadata"].get("tags") != install_cell.TAGS
    ):
        return [
            f"{where(notebook, index)}: the install cell is not the one for {url or 'a book without an address'}; "
            "run `make notebooks`"
        ]
    return [
        f"{where(notebook, index)}: a second install cell"
        for index, cell in cells[1:]
        if install_cell.is_install_cell(cell) or "google.colab" in cell["source"]
    ]


def executed_and_fresh(notebook: Notebook, package: Path) -> list[str]:
    """Every code cell was executed, in order, and by the sources that are there now."""
    complaints: list[str] = []
    for count, (index, cell) in enumerate(code_cells(notebook), start=1):
        if not cell["source"].strip():
            complaints.append(f"{where(notebook, index)}: an empty code cell")
        elif cell["execution_count"] != count:
            complaints.append(
                f"{where(notebook, index)}: its stored execution count is {cell['execution_count']}, not {count}; "
                "run `make notebooks`"
            )
    if stored_digest(notebook) != sources_digest(notebook, package):
        complaints.append(
            "its stored outputs are older than its cells or than rnnlib (the digest of the sources differs); "
            "run `make notebooks`"
        )
    return complaints


def cells_short(notebook: Notebook) -> list[str]:
    """No cell in sight is longer than a screen."""
    complaints: list[str] = []
    for index, cell in code_cells(notebook):
        lines = sum(bool(line.strip()) for line in cell["source"].splitlines())
        if lines > LONGEST_CELL and not any(tag.startswith("hide-") for tag in tags(cell)):
            complaints.append(
                f"{where(notebook, index)}: {lines} lines; at most {LONGEST_CELL}, or a hide- tag"
            )
    return complaints


def tags_known(notebook: Notebook) -> list[str]:
    """No tag that nothing reads, which is mostly one misspelt."""
    complaints: list[str] = []
    for index, cell in enumerate(notebook["cells"]):
        allowed = set(install_cell.TAGS) if install_cell.is_install_cell(cell) else TAGS
        complaints += [
            f"{where(notebook, index)}: unknown tag {tag!r}" for tag in sorted(tags(cell) - allowed)
        ]
    return complaints


def ignored_outputs_checked(notebook: Notebook) -> list[str]:
    """What nbval does not compare, the next code cell checks."""
    cells = list(code_cells(notebook))
    complaints: list[str] = []
    for position, (index, cell) in enumerate(cells):
        if "nbval-ignore-output" in tags(cell):
            following = cells[position + 1][1]["source"] if position + 1 < len(cells) else ""
            if not re.search(r"\bcheck\(", following):
                complaints.append(
                    f"{where(notebook, index)}: tagged nbval-ignore-output, and no check(…) in the next code cell"
                )
    return complaints


def exercises_complete(notebook: Notebook) -> list[str]:
    """Four to six exercises; under each heading a graded attempt and a collapsed solution that is graded right."""
    cells = notebook["cells"]
    found = [
        (int(title[1]), heading.cell)
        for heading in notebook_headings(notebook)
        if (title := re.match(r"Exercise (\d+): \S", heading.text))
    ]
    numbers = [number for number, _ in found]
    complaints: list[str] = []
    if numbers != list(range(1, len(numbers) + 1)):
        complaints.append(f"the exercises' headings (### Exercise N: title) are numbered {numbers}")
    if not FEWEST_EXERCISES <= len(numbers) <= MOST_EXERCISES:
        complaints.append(f"{len(numbers)} exercises; {FEWEST_EXERCISES} to {MOST_EXERCISES} are wanted")
    starts = [start for _, start in found]
    for (number, start), end in zip(found, [*starts[1:], len(cells)], strict=True):
        identities = [cell.get("id") for cell in cells[start:end] if cell["cell_type"] == "code"]
        own = [
            identity for identity in identities if identity in (f"exercise-{number}", f"solution-{number}")
        ]
        if own != [f"exercise-{number}", f"solution-{number}"]:
            complaints.append(
                f"{where(notebook, start)}: Exercise {number} needs the code cells exercise-{number} and then "
                f"solution-{number}, it has {identities}"
            )
            continue
        for index in range(start, end):
            if cells[index].get("id") in own:
                complaints += _ungraded(notebook, index)
    return complaints


def _ungraded(notebook: Notebook, index: int) -> list[str]:
    cell = notebook["cells"][index]
    place = where(notebook, index)
    complaints = [] if re.search(r"\bgrade\(", cell["source"]) else [f"{place}: no grade(…)"]
    if cell["id"].startswith("solution-"):
        if "hide-cell" not in tags(cell):
            complaints.append(f"{place}: a solution must be tagged hide-cell")
        printed = "".join(
            "".join(output["text"]) for output in cell["outputs"] if output["output_type"] == "stream"
        )
        if "✓" not in printed or "✗" in printed or "○" in printed:
            complaints.append(f"{place}: the stored output does not say that the solution is right")
    return complaints
