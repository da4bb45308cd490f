"""What the checks of the built site share: the site served, a browser, and a page opened in it under watch.

The site lies in `_build/html`. It is served from a sub-folder, as a project's pages are on a host that carries many,
and it is also opened as files. The browser is Debian's Chromium, or what CHROMIUM names.
"""

from __future__ import annotations

import functools
import itertools
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
FOLDER = "/a/folder/book/"
MANAGER = "html-manager"
WIDTHS = (390, 1280)
THEMES = ("light", "dark")
# Without these Chromium asks its maker's hosts for updates of its own, which no page of ours can help.
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync")


def pages_of_toc() -> list[str]:
    """Every page that _toc.yml names."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    return [toc["root"], *(chapter["file"] for part in toc["parts"] for chapter in part["chapters"])]


def holds_flipbook(name: str) -> bool:
    """Whether a built page has a flipbook."""
    page = SITE / f"{name}.html"
    return page.is_file() and 'class="flipbook' in page.read_text(encoding="utf-8")


PAGES = pages_of_toc()
FLIPBOOK_PAGES = [name for name in PAGES if holds_flipbook(name)]


@dataclass
class Visit:
    """A page in the browser, with everything that went wrong in it and every address it asked for."""

    page: Page
    name: str
    origin: str
    width: int
    theme: str
    problems: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, query: str = "") -> Visit:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"uncaught error: {error}"))
        self.page.on("request", lambda request: self._on_request(request.url))
        self.page.on("requestfailed", lambda request: self.problems.append(f"failed: {request.url}"))
        self.page.on("response", self._on_response)
        self.page.goto(f"{self.origin}{self.name}.html{query}", wait_until="load")
        return self

    def read_to_the_end(self) -> Visit:
        """Scroll through the page, so that everything that waits to be seen is loaded, and back to the top."""
        self.page.evaluate(
            """async () => {
                for (let y = 0; y < document.documentElement.scrollHeight; y += 600) {
                    window.scrollTo(0, y);
                    await new Promise((resolve) => setTimeout(resolve, 30));
                }
            }"""
        )
        self.see_flipbooks()
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("() => { window.scrollTo(0, 0); return window.MathJax?.startup?.promise; }")
        return self

    def see_flipbooks(self) -> Visit:
        """Bring each flipbook into view, and wait until its widget is there."""
        for flipbook in self.page.locator(".flipbook").all():
            flipbook.scroll_into_view_if_needed()
        all_ready = "!document.querySelector('.flipbook:not(.flipbook-ready)')"
        self.page.wait_for_function(all_ready, timeout=20_000)
        return self

    def asked_for_manager(self) -> bool:
        return any(MANAGER in url for url in self.requests)

    def _on_console(self, message: Any) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def _on_request(self, url: str) -> None:
        self.requests.append(url)
        if not url.startswith((self.origin, "data:", "blob:")):
            self.problems.append(f"asked for something outside the site: {url}")

    def _on_response(self, response: Any) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")


class Opener:
    """Opens pages of the site, and closes them all at the end."""

    def __init__(self, browser: Browser, server: str) -> None:
        self.browser = browser
        self.origins = {"http": server, "file": f"{SITE.as_uri()}/"}
        self.contexts: list[Any] = []

    def __call__(
        self,
        name: str,
        width: int = 1280,
        theme: str = "light",
        *,
        by: str = "http",
        javascript: bool = True,
        query: str = "",
    ) -> Visit:
        context = self.browser.new_context(
            viewport={"width": width, "height": 844},
            color_scheme="dark" if theme == "dark" else "light",
            java_script_enabled=javascript,
        )
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        return Visit(context.new_page(), name, self.origins[by], width, theme).open(query)

    def close(self) -> None:
        for context in self.contexts:
            context.close()
        self.contexts.clear()


class FromSubfolder(SimpleHTTPRequestHandler):
    """Serves the site under FOLDER, and nothing elsewhere."""

    def translate_path(self, path: str) -> str:
        below = urlsplit(path).path
        if not below.startswith(FOLDER):
            return str(SITE / "there-is-nothing-outside-the-folder")
        return super().translate_path(path.removeprefix(FOLDER.rstrip("/")))

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    if not (SITE / "index.html").is_file():
        pytest.exit(f"there is no site in {SITE}; run `make book` first", returncode=2)
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(FromSubfolder, directory=str(SITE))
    ) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}{FOLDER}"
        running.shutdown()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    if not Path(chromium).exists():
        pytest.exit(
            f"there is no browser at {chromium}; install Debian's chromium, or set CHROMIUM", returncode=2
        )
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=chromium, args=["--headless", "--no-sandbox", "--disable-gpu", *QUIET]
        )
        yield running
        running.close()


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Opener]:
    """Opens any page for one test."""
    opener = Opener(browser, server)
    yield opener
    opener.close()


def views() -> Iterator[Any]:
    """Each page at each width in each theme.

    Tests of one view form a group, so that one process opens the view once for all of them (--dist loadgroup).
    """
    for name, width, theme in itertools.product([*PAGES, "search"], WIDTHS, THEMES):
        label = f"{name}-{width}-{theme}"
        yield pytest.param((name, width, theme), id=label, marks=pytest.mark.xdist_group(label))


@pytest.fixture(scope="module", params=views())
def view(request: pytest.FixtureRequest, browser: Browser, server: str) -> Iterator[Visit]:
    """A page at a width in a theme, opened once and read to its end. Tests look at it and leave it alone."""
    opener = Opener(browser, server)
    yield opener(*request.param).read_to_the_end()
    opener.close()
