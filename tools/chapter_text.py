"""A chapter's prose, parsed as the plain Markdown it must be: headings, links and anchors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from book import Notebook, read_notebook
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from myst_parser.mdit_to_docutils.base import default_slugify

DEEPEST_ANCHOR = 3  # `myst_heading_anchors` in _config.yml


@dataclass(frozen=True)
class Heading:
    level: int
    text: str
    cell: int  # the cell's index; 0 in a page that is no notebook


def parse(text: str) -> list[Token]:
    """CommonMark with tables and `$…$`, and nothing else: what every reader of a notebook understands."""
    return MarkdownIt("commonmark").enable("table").use(dollarmath_plugin).parse(text)


def markdown_cells(notebook: Notebook) -> Iterator[tuple[int, list[Token]]]:
    """The index and the tokens of each cell of prose."""
    for index, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "markdown":
            yield index, parse("".join(cell["source"]))


def inline_tokens(tokens: list[Token]) -> Iterator[Token]:
    """All tokens of running text, in order."""
    for token in tokens:
        if token.type == "inline":
            yield from token.children or []


def plain_text(children: Sequence[Token]) -> str:
    """Text without its markup, as MyST takes it for anchors."""
    return "".join(child.content for child in children if child.type in ("text", "code_inline"))


def headings(tokens: list[Token], cell: int = 0) -> list[Heading]:
    return [
        Heading(int(token.tag[1]), plain_text(tokens[position + 1].children or []), cell)
        for position, token in enumerate(tokens)
        if token.type == "heading_open"
    ]


def notebook_headings(notebook: Notebook) -> list[Heading]:
    return [heading for index, tokens in markdown_cells(notebook) for heading in headings(tokens, index)]


def targets(tokens: list[Token]) -> list[str]:
    """Where the links and pictures of a text lead."""
    found: list[str] = []
    for token in inline_tokens(tokens):
        attribute = {"link_open": "href", "image": "src"}.get(token.type)
        if attribute:
            found.append(str(token.attrs[attribute]))
    return found


def anchors(found: list[Heading]) -> set[str]:
    """The anchors that a page's headings get on the site (GitHub's are the same)."""
    slugs: set[str] = set()
    for heading in found:
        if heading.level > DEEPEST_ANCHOR:
            continue
        slug, repeat = default_slugify(heading.text), 1
        while slug in slugs:
            slug, repeat = f"{slug}-{repeat}", repeat + 1
        slugs.add(slug)
    return slugs


def file_anchors(path: Path) -> set[str]:
    """The anchors of a notebook or a Markdown page."""
    if path.suffix == ".ipynb":
        return anchors(notebook_headings(read_notebook(path)))
    return anchors(headings(parse(path.read_text(encoding="utf-8"))))
