"""What the prose of a chapter is held to. Each rule returns its complaints, none where the chapter keeps it."""

from __future__ import annotations

import re
from itertools import pairwise, zip_longest
from pathlib import Path
from urllib.parse import unquote, urlsplit

from book import Notebook
from book_extension import CALLOUT, IN_EVERY_CHAPTER
from chapter_text import (
    anchors,
    file_anchors,
    inline_tokens,
    markdown_cells,
    notebook_headings,
    parse,
    plain_text,
    targets,
)
from markdown_it.token import Token

SHORTEST_ALT = 20  # characters: less than that describes no picture

# MyST that CommonMark leaves standing as text, by the name under which a complaint speaks of it.
MYST_TEXT = {
    "a ::: fence": re.compile(r"^:::", re.MULTILINE),
    "a (target)=": re.compile(r"^\([\w:.-]+\)=\s*$", re.MULTILINE),
    "a % comment": re.compile(r"^%\s", re.MULTILINE),
    "a +++ break": re.compile(r"^\+\+\+", re.MULTILINE),
    "a {{substitution}}": re.compile(r"\{\{.*?\}\}"),
    "a footnote": re.compile(r"\[\^[^\]]+\]"),
    "an {#attribute .block}": re.compile(r"\{[#.][A-Za-z][\w -]*\}"),
}


def where(notebook: Notebook, index: int) -> str:
    return f"cell {index + 1} ({notebook['cells'][index].get('id', 'no id')})"


def headings_in_order(notebook: Notebook) -> list[str]:
    """One h1, at the very start, and no level left out on the way down."""
    complaints: list[str] = []
    found = notebook_headings(notebook)
    cells = notebook["cells"]
    first = parse("".join(cells[0]["source"])) if cells and cells[0]["cell_type"] == "markdown" else []
    if not first or first[0].type != "heading_open" or first[0].tag != "h1":
        complaints.append(
            "cell 1: the chapter must begin with a Markdown cell that begins with its title (# …)"
        )
    titles = [heading for heading in found if heading.level == 1]
    complaints += [
        f"{where(notebook, heading.cell)}: a second title, {heading.text!r}" for heading in titles[1:]
    ]
    for before, heading in pairwise(found):
        if heading.level > before.level + 1:
            complaints.append(
                f"{where(notebook, heading.cell)}: {heading.text!r} is of level {heading.level}, "
                f"directly under {before.text!r} of level {before.level}"
            )
    return complaints


def no_myst(notebook: Notebook) -> list[str]:
    """Nothing that Colab, JupyterLab or GitHub would show as gibberish: no MyST syntax and no raw HTML."""
    complaints: list[str] = []
    for index, tokens in markdown_cells(notebook):
        found: list[str] = []
        for position, token in enumerate(tokens):
            if token.type == "fence" and token.info.lstrip().startswith("{"):
                found.append(f"a directive, ```{token.info.strip()}")
            if token.type == "math_block_label":
                found.append(f"a label on an equation, ({token.info})")
            if token.type == "html_block":
                found.append(f"raw HTML, {token.content.strip()[:40]!r}")
            if token.type == "inline":
                found += _myst_in_text(token)
            if token.type == "heading_open" and tokens[position + 1].content.startswith("{"):
                found.append("an attribute on a heading")
        complaints += [f"{where(notebook, index)}: {what}" for what in found]
    return complaints


def _myst_in_text(token: Token) -> list[str]:
    found: list[str] = []
    children = token.children or []
    for child, following in zip_longest(children, children[1:]):
        if child.type == "html_inline":
            found.append(f"raw HTML, {child.content[:40]!r}")
        role = re.search(r"\{[A-Za-z][\w:+-]*\}$", child.content) if child.type == "text" else None
        if role and following is not None and following.type == "code_inline":
            found.append(f"a role, {role[0]}`{following.content}`")
    prose = "".join("\n" if "break" in child.type else plain_text_of(child) for child in children)
    found += [f"{name}, {hit[0]!r}" for name, form in MYST_TEXT.items() if (hit := form.search(prose))]
    return found


def plain_text_of(token: Token) -> str:
    """A token's text with code and mathematics blanked: nothing in them is MyST."""
    return token.content if token.type == "text" else "·"


def links_alive(notebook: Notebook, path: Path) -> list[str]:
    """Relative links lead to files, anchors to headings, and addresses are https and well formed. Asks no network."""
    complaints: list[str] = []
    for index, tokens in markdown_cells(notebook):
        place = where(notebook, index)
        faults = [(target, _fault(target, notebook, path)) for target in targets(tokens)]
        complaints += [f"{place}: the link to {target!r} {fault}" for target, fault in faults if fault]
        for token in tokens:
            if token.type == "inline":
                left = re.search(
                    r"\]\[[^\]]*\]", "".join(plain_text_of(child) for child in token.children or [])
                )
                complaints += [f"{place}: {left[0]!r} is a reference to nothing in this cell"] if left else []
    return complaints


def _fault(target: str, notebook: Notebook, path: Path) -> str:
    """What is wrong with where a link leads, or an empty string."""
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        if parts.scheme != "https":
            return "is not https"
        if not re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", parts.netloc.lower()) or re.search(
            r"\s|%20", target
        ):
            return "is not a well-formed address"
        return ""
    if not target:
        return "is empty"
    if parts.path.startswith("/"):
        return "begins at the root of the host; make it relative"
    destination = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if parts.path and not destination.is_file():
        return "leads to no file"
    if not parts.fragment:
        return ""
    if destination.suffix not in (".ipynb", ".md"):
        return "names an anchor in a file that has no headings"
    known = anchors(notebook_headings(notebook)) if destination == path else file_anchors(destination)
    return "" if unquote(parts.fragment) in known else f"names no heading of {destination.name}"


def pictures_have_alt(notebook: Notebook) -> list[str]:
    """Each picture in the prose says in words what it shows."""
    return [
        f"{where(notebook, index)}: the picture {token.attrs['src']!r} needs alternative text of at least "
        f"{SHORTEST_ALT} characters, it has {plain_text(token.children or [])!r}"
        for index, tokens in markdown_cells(notebook)
        for token in inline_tokens(tokens)
        if token.type == "image" and len(plain_text(token.children or [])) < SHORTEST_ALT
    ]


def has_callouts(notebook: Notebook) -> list[str]:
    """At least one callout of each kind that a chapter needs: a block quote that begins with the bold word."""
    found: set[str] = set()
    for _, tokens in markdown_cells(notebook):
        for quote, paragraph, inline in zip(tokens, tokens[1:], tokens[2:], strict=False):
            if (quote.type, paragraph.type) == ("blockquote_open", "paragraph_open"):
                # CommonMark's parser puts an empty text before an opening strong.
                children = [child for child in inline.children or [] if child.type != "text" or child.content]
                if children and children[0].type == "strong_open":
                    kind = CALLOUT.match(plain_text(children))
                    found |= {kind[1]} if kind else set()
    return [
        f"there is no {callout} callout (> **{callout}.** …)"
        for callout in IN_EVERY_CHAPTER
        if callout not in found
    ]
