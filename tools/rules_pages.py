"""What the book's pages of plain text are held to. Each rule returns its complaints.

Pages lead to the very cell that proves an answer: [text](../chapters/gates.ipynb#cell-forget-check) is the code cell
`forget-check`, for which tools/book_extension.py puts an anchor on the site.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

from book import Notebook, read_notebook
from chapter_text import inline_tokens, markdown_cells, parse, plain_text, targets
from counter import cell_anchor, printed
from markdown_it.token import Token

HIDDEN = {"hide-cell", "hide-output", "remove-cell", "remove-output"}
CLAIM = re.compile(r"^Claim: *(\".*\")")

# arXiv: the year and month, then four digits until the end of 2014 and five since; a version may follow.
ARXIV = re.compile(r"(\d{2})(0[1-9]|1[0-2])\.(\d{4,5})(v[1-9]\d*)?")
# A DOI: the directory 10, a registrant, and a suffix that leaves nothing to guess in an address.
DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[A-Za-z0-9._;()/:-]*[A-Za-z0-9)]")
REFERENCE = re.compile(
    r"https?://(?:dx\.)?(?:www\.)?(arxiv\.org|doi\.org)/([^\s\")>`\]]*(?:\([^\s)]*\)[^\s\")>`\]]*)*)"
)


def cell_links(tokens: list[Token]) -> Iterator[tuple[str, str]]:
    """The path and the anchor of each link that leads to a cell of a notebook."""
    for target in targets(tokens):
        parts = urlsplit(target)
        if not parts.scheme and parts.path.endswith(".ipynb") and parts.fragment.startswith(cell_anchor("")):
            yield unquote(parts.path), unquote(parts.fragment)


def linked_cells_prove(path: Path) -> list[str]:
    """Each link to a cell leads to a code cell that is there, in sight, and has printed something or drawn it."""
    complaints: list[str] = []
    notebooks: dict[Path, Notebook] = {}
    for target, anchor in cell_links(parse(path.read_text(encoding="utf-8"))):
        chapter = (path.parent / target).resolve()
        if not chapter.is_file():
            complaints.append(f"{target}#{anchor}: there is no such notebook")
            continue
        if chapter not in notebooks:
            notebooks[chapter] = read_notebook(chapter)
        fault = _fault(notebooks[chapter], anchor)
        complaints += [f"{target}#{anchor}: {fault}"] if fault else []
    return complaints


def _fault(notebook: Notebook, anchor: str) -> str:
    """Why a cell proves nothing to a reader, or an empty string."""
    found = [cell for cell in notebook["cells"] if cell_anchor(cell["id"]) == anchor]
    if not found:
        return "the notebook has no such cell"
    cell = found[0]
    if cell["cell_type"] != "code":
        return "the cell holds text, and proves nothing"
    if HIDDEN & set(cell["metadata"].get("tags", [])):
        return "the cell is folded away"
    if not printed(cell).strip():
        return "the cell prints nothing that could be a proof"
    return ""


def questions_proven(text: str) -> list[str]:
    """Each question (a heading of level 3) has an answer that links to a cell."""
    return [
        f"{title!r}: no link to a cell that proves the answer"
        for title, body in sections(parse(text))
        if not list(cell_links(body))
    ]


def sections(tokens: list[Token]) -> Iterator[tuple[str, list[Token]]]:
    """The title of each heading of level 3, and what stands under it."""
    starts = [index for index, token in enumerate(tokens) if token.type == "heading_open"]
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        if tokens[start].tag == "h3":
            yield plain_text(tokens[start + 1].children or []), tokens[start + 3 : end]


def rows_proven(text: str) -> list[str]:
    """Each row of a table, but for its head, links to a cell."""
    tokens = parse(text)
    complaints: list[str] = []
    start, inside = 0, False
    for index, token in enumerate(tokens):
        if token.type in ("tbody_open", "tbody_close"):
            inside = token.type == "tbody_open"
        elif inside and token.type == "tr_open":
            start = index
        elif inside and token.type == "tr_close" and not list(cell_links(tokens[start:index])):
            claim = next(part.content for part in tokens[start:index] if part.type == "inline")
            complaints.append(f"{claim!r}: no link to a cell that decides it")
    return complaints


def claims_of(notebook: Notebook) -> list[str]:
    """The claims that a chapter checks, in its words: what its Claim boxes have in quotation marks."""
    found: list[str] = []
    for _, tokens in markdown_cells(notebook):
        for quote, paragraph, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
            if (quote.type, paragraph.type) == ("blockquote_open", "paragraph_open"):
                bold = re.match(r"\*\*(.+?)\*\*", inline.content, re.DOTALL)
                claim = CLAIM.match(" ".join(bold[1].split())) if bold else None
                found += [claim[1]] if claim else []
    return found


def claims_listed(notebook: Notebook, page: str) -> list[str]:
    """Each claim that a chapter checks stands on the page of claims, in the same words."""
    said = " ".join(page.split())
    return [
        f"the claim {claim} is not on the page of claims"
        for claim in claims_of(notebook)
        if claim not in said
    ]


def references(text: str) -> list[tuple[str, str]]:
    """The host and what follows of each address at arXiv or of a DOI."""
    return [(match[1], match[2].rstrip(".,;")) for match in REFERENCE.finditer(text)]


def references_valid(text: str) -> list[str]:
    """Each DOI and each arXiv number of a text is formally valid. Asks no network."""
    complaints: list[str] = []
    for host, rest in references(text):
        if host == "arxiv.org":
            number = ARXIV.fullmatch(rest.removeprefix("abs/")) if rest.startswith("abs/") else None
            digits = 4 if number and int(number[1]) < 15 else 5
            if not number or not 7 <= int(number[1]) < 91 or len(number[3]) != digits:
                complaints.append(f"arxiv.org/{rest} is no address of the form arxiv.org/abs/YYMM.NNNNN")
        elif not DOI.fullmatch(rest):
            complaints.append(f"doi.org/{rest} is no DOI of the form 10.NNNN/suffix")
    return complaints


def references_agree(text: str) -> list[str]:
    """Where a link's text says a DOI or an arXiv number, its address says the same."""
    hosts = {"doi": "https://doi.org/", "arXiv": "https://arxiv.org/abs/"}
    complaints: list[str] = []
    tokens = list(inline_tokens(parse(text)))
    for token, following in pairwise(tokens):
        kind, colon, number = following.content.partition(":")
        if token.type == "link_open" and colon and kind in hosts:
            wanted, address = hosts[kind] + number, str(token.attrs["href"])
            complaints += [f"the link {following.content!r} leads to {address}"] if address != wanted else []
    return complaints


def references_listed(text: str, page: str) -> list[str]:
    """Each paper that a text links to stands on the page of references."""
    listed = set(references(page))
    return [
        f"{host}/{rest} is not on the page of references"
        for host, rest in dict.fromkeys(references(text))
        if (host, rest) not in listed
    ]


def prose_links(notebook: Notebook) -> str:
    """All targets of a chapter's links, one a line."""
    return "\n".join(target for _, tokens in markdown_cells(notebook) for target in targets(tokens))
