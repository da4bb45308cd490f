"""A site that knows its address says it on every page, and one that does not know it says nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import pytest
from book import ROOT
from bs4 import BeautifulSoup
from build_site import ASSETS
from docutils import nodes
from repository import set_repository
from site_address import LONGEST, VARIABLE, clean_address, description, is_committed, make_absolute, set_base

ADDRESS = "https://some-school.example/rnns/"
TEXT = "Two gates, & a state that is <added> to: that is all, and it is enough for long memories."
CHAPTER = f"""\
# Gates: LSTM & `<GRU>`

> **Predict.** What comes out of the first gate, and in which order?

Short.

{TEXT}
"""


def make_book(folder: Path) -> Path:
    """What tools/build_site.py reads, with two pages."""
    for name in ("_config.yml", "_static", "tools", "rnnlib"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    (folder / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters:\n  - file: chapters/gates\n", encoding="utf-8"
    )
    (folder / "chapters").mkdir()
    (folder / "chapters" / "gates.md").write_text(CHAPTER, encoding="utf-8")
    (folder / "intro.md").write_text("# A book\n\nAbout networks that remember what they have read.\n")
    for source, pattern, _ in ASSETS:
        asset = folder / "node_modules" / source / pattern.replace("*", "one")
        asset.parent.mkdir(parents=True, exist_ok=True)
        asset.touch()
    return folder


def build(folder: Path, address: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "tools/build_site.py"]
    environment = os.environ | {VARIABLE: address}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The book built with an address, and after that in the same folder without one."""
    folder = make_book(tmp_path_factory.mktemp("book"))
    html, kept = folder / "_build" / "html", folder / "with-address"
    done = build(folder, ADDRESS.rstrip("/"))
    assert done.returncode == 0, done.stderr
    shutil.copytree(html, kept)
    done = build(folder, "")
    assert done.returncode == 0, done.stderr
    return {"with": kept, "without": html}


@pytest.fixture
def page(sites: dict[str, Path]) -> Callable[[str], BeautifulSoup]:
    """Gives a page of the site that knows its address."""
    return lambda name: BeautifulSoup((sites["with"] / f"{name}.html").read_text("utf-8"), "html.parser")


Page = Callable[[str], BeautifulSoup]


def said(page: BeautifulSoup, name: str) -> str:
    (tag,) = page.select(f'meta[property="{name}"], meta[name="{name}"]')
    return str(tag["content"])


@pytest.mark.parametrize("name", ["intro", "chapters/gates"])
def test_a_page_names_its_one_address(name: str, page: Page) -> None:
    (canonical,) = page(name).select('link[rel="canonical"]')
    assert canonical["href"] == f"{ADDRESS}{name}.html"
    assert said(page(name), "og:url") == f"{ADDRESS}{name}.html"


def test_a_shared_link_shows_title_text_and_picture(page: Page, sites: dict[str, Path]) -> None:
    chapter = page("chapters/gates")
    assert said(chapter, "og:title") == "Gates: LSTM & <GRU>"
    assert said(chapter, "og:description") == said(chapter, "description") == TEXT
    assert said(chapter, "og:type") == "article"
    assert said(page("intro"), "og:type") == "website"
    picture = said(chapter, "og:image")
    assert picture.startswith(ADDRESS)
    assert (sites["with"] / picture.removeprefix(ADDRESS)).read_bytes().startswith(b"\x89PNG")
    assert said(chapter, "og:image:alt")


def test_the_sitemap_lists_every_page_and_no_other(sites: dict[str, Path]) -> None:
    root = ElementTree.fromstring((sites["with"] / "sitemap.xml").read_text("utf-8"))
    found = [element.text for element in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert found == [f"{ADDRESS}chapters/gates.html", f"{ADDRESS}intro.html"]
    assert f"Sitemap: {ADDRESS}sitemap.xml" in (sites["with"] / "robots.txt").read_text("utf-8")


def test_pages_that_are_no_part_of_the_book_are_not_offered_to_search_engines(page: Page) -> None:
    assert said(page("search"), "robots") == said(page("404"), "robots") == "noindex"
    assert not page("404").select('link[rel="canonical"]')
    assert not page("intro").select('meta[name="robots"]')


def test_the_page_for_what_is_missing_works_at_every_depth(page: Page, sites: dict[str, Path]) -> None:
    missing = page("404")
    assert "There is no such page" in missing.get_text()
    references = [
        str(tag[name])
        for name in ("href", "src", "action", "data-content_root")
        for tag in missing.select(f"[{name}]")
    ]
    inside = [urljoin(f"{ADDRESS}no/such/page", each) for each in references if not each.startswith("#")]
    inside = [each for each in inside if urlsplit(each).netloc == urlsplit(ADDRESS).netloc]
    assert len(inside) > 10
    for each in inside:
        path = urlsplit(each).path.removeprefix(urlsplit(ADDRESS).path)
        assert (sites["with"] / path).exists(), each


def test_without_an_address_no_page_claims_one(sites: dict[str, Path]) -> None:
    for name in ("404.html", "sitemap.xml", "robots.txt"):
        assert (sites["with"] / name).is_file()
        assert not (sites["without"] / name).exists()
    pages = sorted(sites["without"].rglob("*.html"))
    assert len(pages) >= 3
    for path in pages:
        text = path.read_text("utf-8")
        assert "og:" not in text
        assert 'rel="canonical"' not in text
        assert ADDRESS not in text


def test_a_wrong_address_stops_the_build_in_one_line(tmp_path: Path) -> None:
    failed = build(make_book(tmp_path), "some-school.example/repo")
    assert failed.returncode != 0
    assert failed.stderr.strip() == (
        "make book: SITE_URL=some-school.example/repo is not an address such as https://org.github.io/repo"
    )


@pytest.mark.parametrize("text", ["ftp://a.b/", "https://", "https://a.b/?x", "https://a.b/#x", "a.b"])
def test_what_is_no_address_of_a_site_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an address such as"):
        clean_address(text)


def test_an_address_ends_in_one_slash_and_none_is_none() -> None:
    assert clean_address(" https://a.b/c// ") == clean_address("https://a.b/c") == "https://a.b/c/"
    assert clean_address(" ") == ""


def test_a_long_description_ends_between_words() -> None:
    document = nodes.document("", "")
    document += nodes.section("", nodes.paragraph("", "word " * 100))
    text = description(document)
    assert len(text) <= LONGEST
    assert text.endswith("word…")


def test_only_references_that_depend_on_the_place_are_made_absolute() -> None:
    html = '<a href="x.html"><a href="#here"><a href="https://c.d/e"><img src="./y.png" alt="src">'
    assert make_absolute(html, "https://a.b/") == (
        '<a href="https://a.b/x.html"><a href="#here"><a href="https://c.d/e"><img src="https://a.b/y.png" alt="src">'
    )


def commit_all(folder: Path) -> None:
    author = ["-c", "user.name=reader", "-c", "user.email=reader@example.org", "-c", "commit.gpgsign=false"]
    for command in (["add", "--all"], ["commit", "--quiet", "--message", "The book"]):
        subprocess.run(["git", *author, *command], cwd=folder, check=True)


def colab_button(folder: Path) -> str | None:
    """Where the Colab buttons of a book in this folder lead."""
    config = {"html_theme_options": {"launch_buttons": {"colab_url": "https://colab.example"}}}
    app: Any = SimpleNamespace(srcdir=str(folder))
    set_base(app, cast(Any, config))
    return config["html_theme_options"]["launch_buttons"].get("colab_url")


def test_a_colab_button_opens_only_notebooks_that_are_committed_with_this_address(tmp_path: Path) -> None:
    """Colab opens what was pushed. A fork's pages must not lead to notebooks that install another's rnnlib."""
    shutil.copy(ROOT / "_config.yml", tmp_path)
    assert colab_button(tmp_path)  # without git, a copy is taken at its word
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    commit_all(tmp_path)
    assert is_committed(tmp_path)
    set_repository("https://github.com/org/repo", tmp_path)
    assert not is_committed(tmp_path)
    assert colab_button(tmp_path) is None
    commit_all(tmp_path)
    assert colab_button(tmp_path)
