"""Pages are small: what a browser with an empty cache fetches, compressed as a host would send it."""

from __future__ import annotations

import functools
import gzip
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from conftest import ALL_PAGES, FLIPBOOK_PAGES, SITE, Visit, views

COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".xml", ".txt"}  # the rest is compressed in itself

# kB, with the theme's styles and fonts and MathJax, which all pages share and a browser fetches once.
AT_FIRST = {"page": 1300, "chapter": 2500}
TO_THE_END = {"page": 1300, "chapter": 3500}
BEFORE_FIRST_PAINT = 50  # kB of scripts in the head; styles come on top


@functools.cache
def size(path: Path) -> int:
    """The bytes that a host sends for a file."""
    content = path.read_bytes()
    return len(gzip.compress(content, 6)) if path.suffix in COMPRESSED else len(content)


def kilobytes(requests: Iterable[str], origin: str) -> float:
    """The kB of all files of the site among some addresses, each fetched once."""
    names = {unquote(urlsplit(url.removeprefix(origin)).path) for url in requests if url.startswith(origin)}
    return sum(size(SITE / name) for name in names) / 1000


@views(ALL_PAGES, themes=("light",), widths=(1280,))
def test_a_page_is_within_its_budget(view: Visit, record_property: pytest.RecordProperty) -> None:
    assert view.arrival is not None
    kind = "chapter" if view.name in FLIPBOOK_PAGES else "page"
    at_first = kilobytes(view.arrival.requests, view.origin)
    to_the_end = kilobytes(view.requests, view.origin)
    record_property("size", f"{view.name:34} {at_first:7.0f} {to_the_end:7.0f}")
    assert at_first <= AT_FIRST[kind]
    assert to_the_end <= TO_THE_END[kind]


@views(ALL_PAGES, themes=("light",), widths=(1280,))
def test_the_scripts_that_the_first_paint_waits_for_are_small(view: Visit) -> None:
    waited_for = view.page.evaluate(
        """[...document.head.querySelectorAll("script[src]")]
            .filter((script) => !script.defer && !script.async && script.type !== "module")
            .map((script) => script.src)"""
    )
    assert kilobytes(waited_for, view.origin) <= BEFORE_FIRST_PAINT
