"""The pages around the chapters keep the rules of tools/rules_pages.py, and the rules complain where they should."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from book import ROOT, Notebook, chapters, read_notebook
from chapter_text import file_anchors
from counter import cell_anchor
from rules_pages import (
    cell_links,
    claims_listed,
    claims_of,
    linked_cells_prove,
    prose_links,
    questions_proven,
    references_agree,
    references_listed,
    references_valid,
    rows_proven,
)
from rules_pages import parse as parse_page

QUESTIONS, CLAIMS, REFERENCES = (
    ROOT / "appendix" / f"{name}.md" for name in ("questions", "claims", "references")
)
PAGES = [ROOT / "intro.md", *sorted((ROOT / "appendix").glob("*.md"))]
every_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
every_chapter = pytest.mark.parametrize("path", chapters(), ids=lambda path: path.stem)


@cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def read(path: Path) -> Notebook:
    return read_notebook(path)


def accept(path: Path, complaints: list[str]) -> None:
    name = path.relative_to(ROOT)
    assert not complaints, "\n" + "\n".join(f"{name}: {complaint}" for complaint in complaints)


# The book's own pages


@every_page
def test_each_link_to_a_cell_leads_to_one_that_proves_something(path: Path) -> None:
    accept(path, linked_cells_prove(path))


def test_each_question_has_an_answer_with_a_cell_that_proves_it() -> None:
    accept(QUESTIONS, questions_proven(text(QUESTIONS)))
    assert text(QUESTIONS).count("\n### ") > 40


def test_each_claim_has_a_verdict_with_a_cell_that_decides_it() -> None:
    accept(CLAIMS, rows_proven(text(CLAIMS)))


@every_chapter
def test_each_claim_that_a_chapter_checks_is_on_the_page_of_claims(path: Path) -> None:
    assert claims_of(read(path))
    accept(path, claims_listed(read(path), text(CLAIMS)))


@every_page
def test_dois_and_arxiv_numbers_of_a_page_are_valid_and_agree_with_their_links(path: Path) -> None:
    accept(path, references_valid(text(path)) + references_agree(text(path)))


@every_chapter
def test_papers_that_a_chapter_links_to_are_valid_and_on_the_page_of_references(path: Path) -> None:
    links = prose_links(read(path))
    accept(path, references_valid(links) + references_listed(links, text(REFERENCES)))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "rnnlib").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_papers_that_a_docstring_links_to_are_valid_and_on_the_page_of_references(path: Path) -> None:
    accept(path, references_valid(text(path)) + references_listed(text(path), text(REFERENCES)))


@every_chapter
def test_no_heading_has_the_anchor_of_a_cell(path: Path) -> None:
    cells = {cell_anchor(cell["id"]) for cell in read(path)["cells"]}
    assert len(cells) == len(read(path)["cells"])
    assert not cells & file_anchors(path)


# The rules


def page(tmp_path: Path, markdown: str) -> Path:
    """A page beside a chapter with cells of several kinds."""
    printing = {"output_type": "stream", "name": "stdout", "text": "✓ it is so\n"}
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "prose", "metadata": {}, "source": "# Title"},
        *(
            {
                "cell_type": "code",
                "id": identity,
                "metadata": {"tags": tags},
                "source": "1",
                "outputs": outputs,
                "execution_count": 1,
            }
            for identity, tags, outputs in (
                ("proof", [], [printing]),
                ("silent", [], []),
                ("solution-1", ["hide-cell"], [printing]),
            )
        ),
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "chapter.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    found = tmp_path / "page.md"
    found.write_text(markdown, encoding="utf-8")
    return found


def test_a_link_to_a_cell_that_proves_something_draws_no_complaint(tmp_path: Path) -> None:
    markdown = "[a](chapter.ipynb#cell-proof), [b](chapter.ipynb#title), [c](chapter.ipynb)"
    found = page(tmp_path, markdown)
    assert list(cell_links(parse_page(markdown))) == [("chapter.ipynb", "cell-proof")]
    assert linked_cells_prove(found) == []


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("other.ipynb#cell-proof", "no such notebook"),
        ("chapter.ipynb#cell-gone", "no such cell"),
        ("chapter.ipynb#cell-prose", "holds text"),
        ("chapter.ipynb#cell-silent", "prints nothing"),
        ("chapter.ipynb#cell-solution-1", "folded away"),
    ],
)
def test_a_link_to_a_cell_that_proves_nothing(target: str, reason: str, tmp_path: Path) -> None:
    complaints = linked_cells_prove(page(tmp_path, f"A [link]({target})."))
    assert len(complaints) == 1
    assert reason in complaints[0]
    assert target in complaints[0]


def test_a_question_without_a_proof() -> None:
    proven = "## Group\n\nText.\n\n### One?\n\nYes, [here](c.ipynb#cell-a).\n\n"
    assert questions_proven(proven) == []
    complaints = questions_proven(proven + "### Two?\n\nYes, [here](c.ipynb#a-heading).\n\n## Group\n")
    assert complaints == ["'Two?': no link to a cell that proves the answer"]


def test_a_claim_without_a_cell() -> None:
    table = "| claim | verdict |\n|---|---|\n| one | [true](c.ipynb#cell-a) |\n"
    assert rows_proven(table) == []
    assert rows_proven(table + "| two | true |\n") == ["'two': no link to a cell that decides it"]


def test_a_claim_that_is_not_on_the_page_of_claims() -> None:
    box = '> **Claim: "`h_n` is\n> all."** *True.* So it is.\n\n> **Claim.** In no words.\n\n> **Trap: "No."** No.'
    chapter = {"cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": box}]}
    assert claims_of(chapter) == ['"`h_n` is all."']
    assert claims_listed(chapter, 'a "`h_n` is\nall." b') == []
    assert len(claims_listed(chapter, '"h_n is all."')) == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://arxiv.org/abs/1406.1078v3",
        "https://arxiv.org/abs/1412.9999",
        "https://arxiv.org/abs/1501.00001",
        "https://arxiv.org/abs/0704.0001",
        "https://doi.org/10.1207/s15516709cog1402_1",
        "https://doi.org/10.1162/neco.1997.9.8.1735",
        "https://doi.org/10.1016/0364-0213(90)90002-E",
    ],
)
def test_a_valid_reference(address: str) -> None:
    assert references_valid(f"Text [link]({address}).") == []


@pytest.mark.parametrize(
    "address",
    [
        "https://arxiv.org/abs/1413.1078",
        "https://arxiv.org/abs/1400.1078",
        "https://arxiv.org/abs/1406.10781",
        "https://arxiv.org/abs/1512.0528",
        "https://arxiv.org/abs/1512.052871",
        "https://arxiv.org/abs/0603.1234",
        "https://arxiv.org/abs/1406.1078v0",
        "https://arxiv.org/pdf/1406.1078",
        "https://arxiv.org/abs/",
        "https://doi.org/10.1207",
        "https://doi.org/10.12/abc",
        "https://doi.org/11.1207/abc",
        "https://doi.org/10.1207/abc-",
        "https://doi.org/",
    ],
)
def test_an_invalid_reference(address: str) -> None:
    assert len(references_valid(f"Text [link]({address}) and more.")) == 1


def test_a_link_whose_text_says_another_number() -> None:
    assert references_agree("[arXiv:1406.1078v3](https://arxiv.org/abs/1406.1078v3)") == []
    assert references_agree("[doi:10.1/a(b)c](https://doi.org/10.1/a(b)c)") == []
    assert len(references_agree("[arXiv:1406.1078](https://arxiv.org/abs/1406.1087)")) == 1
    assert len(references_agree("[doi:10.1109/5.58337](https://doi.org/10.1109/5.58338)")) == 1


def test_a_paper_that_is_not_on_the_page_of_references() -> None:
    paper = "[Elman](https://doi.org/10.1207/s15516709cog1402_1)"
    assert references_listed(paper, f"x {paper}, y") == []
    assert references_listed(paper, "") == [
        "doi.org/10.1207/s15516709cog1402_1 is not on the page of references"
    ]
