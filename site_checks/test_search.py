"""Search finds what the book says, with a server and without one."""

from __future__ import annotations

import pytest
from conftest import PAGES, Opener, Visit, as_files

CHAPTERS = [name for name in PAGES if name.startswith("chapters/")]


@pytest.mark.parametrize("by", ["http", "file"])
@as_files(CHAPTERS)
def test_a_word_of_a_chapters_text_leads_to_the_chapter(by: str, file_view: Visit, visit: Opener) -> None:
    name, text = file_view.name, file_view.page.locator("article section p").all_inner_texts()
    word = max((word.strip(".,:;?!()") for word in " ".join(text).split() if word.isalpha()), key=len)
    results = visit("search", by=by, query=f"?q={word}")
    results.page.wait_for_selector("#search-results li a")
    found = results.page.locator("#search-results li a").evaluate_all(
        "links => links.map((link) => link.href)"
    )
    assert any(f"{name}.html" in link for link in found), f"{word!r} was not found in {name}"
    assert results.problems == []


def test_the_shortcut_opens_the_search_field(visit: Opener) -> None:
    seen = visit(PAGES[0])
    seen.page.keyboard.press("Control+k")
    field = seen.page.get_by_placeholder("Search the book")
    field.fill("state")
    field.press("Enter")
    seen.page.wait_for_selector("#search-results li a")
    assert seen.problems == []
