"""What holds on every page, at every width and in both themes."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from conftest import (
    ALL_PAGES,
    AXE,
    FLIPBOOK_PAGES,
    HEIGHT,
    PAGES,
    ROOT,
    SITE,
    WIDTHS,
    Opener,
    Visit,
    as_files,
    once_in_each_theme,
    views,
)

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
every_view = views(ALL_PAGES)
LEFTOVERS = (
    "Jupyter Book Community",
    "My Jupyter Book",
    "executablebooks",
    "Read the Docs",
    "ethical-ad",
)


@every_view
def test_no_error_and_no_foreign_or_failed_request(view: Visit) -> None:
    assert view.problems == []


@as_files(ALL_PAGES)
def test_opened_as_a_file_it_has_no_error_and_no_foreign_or_failed_request(file_view: Visit) -> None:
    assert file_view.problems == []


@every_view
def test_the_theme_is_the_one_asked_for(view: Visit) -> None:
    assert view.page.locator("html").get_attribute("data-theme") == view.theme


@every_view
def test_it_does_not_scroll_sideways(view: Visit) -> None:
    assert view.page.evaluate("document.documentElement.scrollWidth") <= view.width


@every_view
def test_formulas_are_typeset(view: Visit) -> None:
    sources, typeset, errors = (
        view.page.locator(f"main {selector}").count()
        for selector in (".math", ".math mjx-container", "mjx-merror")
    )
    assert (typeset, errors) == (sources, 0)
    assert not re.search(r"\\\(|\\\[|\$\$", view.page.locator("main").inner_text())
    readings = view.page.locator("mjx-assistive-mml").all_text_contents()
    assert [reading for reading in readings if "\\" in reading] == [], (
        "a command stands there instead of its meaning"
    )


@every_view
def test_images_are_there_and_say_what_is_seen(view: Visit) -> None:
    images = view.page.locator("img").evaluate_all(
        """images => images.map((image) => ({
            source: image.getAttribute("src").slice(0, 80),
            alt: image.getAttribute("alt"),
            loaded: image.complete && image.naturalWidth > 0,
            figure: image.closest("article") !== null,
        }))"""
    )
    assert images, "not even the logo is there"
    for image in images:
        assert image["loaded"], image
        # The logo stands beside the book's name and has nothing to add to it; a figure has.
        assert image["alt"] is not None, image
        assert image["alt"].strip() or not image["figure"], image
        assert not image["alt"].endswith((".png", ".svg")), image


@every_view
def test_figures_are_no_wider_than_reading_allows(view: Visit) -> None:
    widths = view.page.locator("article img:visible").evaluate_all(
        "images => images.map((image) => image.width)"
    )
    assert all(width <= min(640, view.width) for width in widths)


@every_view
def test_every_button_and_link_has_a_name_and_leads_somewhere(view: Visit) -> None:
    controls = view.page.locator("a[href], button").evaluate_all(
        """controls => controls.map((control) => ({
            html: control.outerHTML.slice(0, 160),
            name: [control.innerText, control.textContent, control.getAttribute("aria-label"), control.title,
                   control.dataset.bsOriginalTitle, control.querySelector("img")?.alt].join("").trim(),
            href: control.getAttribute("href"),
        }))"""
    )
    for control in controls:
        assert control["name"], control
        assert control["href"] != "", control


@every_view
def test_nothing_of_the_themes_defaults_is_left(view: Visit) -> None:
    html = view.page.content()
    assert [leftover for leftover in LEFTOVERS if leftover in html] == []


@once_in_each_theme(ALL_PAGES)
def test_it_meets_wcag_at_levels_a_and_aa(view: Visit) -> None:
    view.page.evaluate(AXE.read_text(encoding="utf-8"))
    result = view.page.evaluate(
        """async (standards) => {
            const closed = [...document.querySelectorAll("details:not([open])")];
            for (const details of closed) details.open = true;
            const result = await axe.run(document, { runOnly: standards, resultTypes: ["violations"] });
            for (const details of closed) details.open = false;
            return result;
        }""",
        STANDARDS,
    )
    found = [
        f"{violation['id']}: {violation['help']}: {node['html'][:160]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
    assert found == []


@views(PAGES)
def test_links_within_the_site_are_alive(view: Visit) -> None:
    links = view.page.locator("a[href]").evaluate_all(
        "links => links.map((link) => link.getAttribute('href'))"
    )
    assert links
    dead = [link for link in links if not urlsplit(link).scheme and not is_alive(view.name, link)]
    assert dead == []


def is_alive(name: str, link: str) -> bool:
    """Whether a relative link of a page leads to a file of the site, and its fragment to an element of it."""
    path, fragment = urldefrag(link)
    target = SITE / f"{name}.html"
    if path:
        target = target.parent / unquote(urlsplit(path).path)
    if not target.is_file():
        return False
    return not fragment or f'id="{fragment}"' in text_of(target)


def code_cells(name: str) -> list[str]:
    """The ids of the code cells of a chapter's notebook that the site shows."""
    notebook = json.loads((ROOT / f"{name}.ipynb").read_text(encoding="utf-8"))
    return [
        cell["id"]
        for cell in notebook["cells"]
        if cell["cell_type"] == "code" and "remove-cell" not in cell["metadata"].get("tags", [])
    ]


@pytest.mark.parametrize("name", FLIPBOOK_PAGES)
def test_every_code_cell_of_a_chapter_has_its_anchor(name: str) -> None:
    html = text_of(SITE / f"{name}.html")
    assert code_cells(name)
    assert [each for each in code_cells(name) if html.count(f'id="cell-{each}"') != 1] == []


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("page", ["appendix/questions", "appendix/claims"])
def test_a_link_to_a_cell_shows_that_cell_and_marks_it(page: str, width: int, visit: Opener) -> None:
    seen = visit(page, width)
    link = seen.page.locator('article a[href*="#cell-"]').last
    anchor = urldefrag(link.get_attribute("href") or "").fragment
    seen.page.wait_for_load_state("networkidle")  # a request given up by leaving is none that failed
    link.click()
    seen.page.wait_for_url(f"**#{anchor}")
    seen.page.wait_for_load_state("networkidle")
    seen.page.evaluate("(async () => { await MathJax.startup.promise; await document.fonts.ready; })()")
    seen.page.wait_for_timeout(500)  # whatever moves has come to rest
    cell = seen.page.locator(f"#{anchor}")
    area = cell.bounding_box()
    assert area is not None
    assert 0 <= area["y"] < HEIGHT / 4, "what was to be seen is not at the top of the window"
    assert cell.evaluate("cell => getComputedStyle(cell).outlineStyle") == "solid"
    assert seen.problems == []


def test_the_front_page_says_how_many_checks_there_are(visit: Opener) -> None:
    said = visit(PAGES[0]).page.locator("p.checks").inner_text()
    ticks = 0
    for name in FLIPBOOK_PAGES:
        ticks += len(re.findall(r'^ +"✓', (ROOT / f"{name}.ipynb").read_text(encoding="utf-8"), re.MULTILINE))
    assert said.startswith(f"This copy holds {ticks:,} checks, in ")
    assert f" of {len(FLIPBOOK_PAGES)} chapters." in said


@functools.cache
def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def test_the_pages_with_widgets_are_the_chapters() -> None:
    assert [name for name in PAGES if Path(name).parts[0] == "chapters"] == FLIPBOOK_PAGES


@views([name for name in ALL_PAGES if name not in FLIPBOOK_PAGES])
def test_a_page_without_a_widget_never_asks_for_the_widget_manager(view: Visit) -> None:
    assert not view.asked_for_manager()
    assert not any("widgets.js" in url for url in view.requests)
