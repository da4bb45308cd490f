"""What the checks of the built site share: the site served, a browser, and a page opened in it under watch.

The site lies in `_build/html`, or where SITE says. It is served from a sub-folder, as a project's pages are on a host
that carries many, and it is also opened as files. The browser is Debian's Chromium, or what CHROMIUM names.

Opening a page costs seconds, so all tests of a view (a page at a width in a theme) share one opening of it, and leave
it as they found it. The other theme at the same width is the same opening, switched as a reader's system switches it;
so each theme is loaded once, and each width. One process runs the tests of both.
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
from playwright.sync_api import Browser, Error, Page, sync_playwright
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parent.parent
SITE = Path(os.environ.get("SITE") or ROOT / "_build" / "html").resolve()
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
FOLDER = "/a/folder/book/"
MANAGER = "html-manager"
HEIGHT = 844
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
ALL_PAGES = [*PAGES, "search"]
FLIPBOOK_PAGES = [name for name in PAGES if holds_flipbook(name)]

# page.evaluate has no time limit, and Chromium has ceased to draw a page (while the disk was full): a promise that
# nobody keeps would hold a test for ever.
NO_FRAME = "no frame was drawn"
READ_TO_THE_END = """async () => {
    const within = (seconds, promise, complaint) => new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(complaint)), 1000 * seconds);
        promise.then((value) => { clearTimeout(late); resolve(value); }, reject);
    });
    for (let y = 0; y < document.documentElement.scrollHeight; y += window.innerHeight) {
        window.scrollTo({ top: y, behavior: "instant" });
        await within(15, new Promise(requestAnimationFrame), "no frame was drawn for 15 seconds");
        await new Promise((resolve) => setTimeout(resolve));
    }
    await within(60, Promise.resolve(window.MathJax?.startup?.promise), "MathJax has not finished in a minute");
}"""


@dataclass
class Arrival:
    """How a page stands before anybody scrolls, with all loaded that it fetches of its own accord."""

    tops: list[float]
    heights: list[int]
    pictures: int  # that are seen in flipbooks
    asked_for_manager: bool
    requests: list[str]


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
    arrival: Arrival | None = None

    def open(self, query: str = "") -> Visit:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"uncaught error: {error}"))
        self.page.on("request", lambda request: self._on_request(request.url))
        self.page.on("requestfailed", lambda request: self.problems.append(f"failed: {request.url}"))
        self.page.on("response", self._on_response)
        self.page.goto(f"{self.origin}{self.name}.html{query}", wait_until="load")
        return self

    def look_around(self) -> Visit:
        """Note how the page stands before it is read."""
        self.page.wait_for_load_state("networkidle")
        flipbooks = self.page.locator(".flipbook")
        boxes = [box for box in (each.bounding_box() for each in flipbooks.all()) if box]
        self.arrival = Arrival(
            tops=[box["y"] for box in boxes],
            heights=[round(box["height"]) for box in boxes],
            pictures=flipbooks.locator("img:visible").count(),
            asked_for_manager=self.asked_for_manager(),
            requests=list(self.requests),
        )
        return self

    def read_to_the_end(self) -> Visit:
        """Scroll through the page, so that everything that waits to be seen is loaded, and back to the top."""
        self.page.bring_to_front()
        self.page.evaluate(READ_TO_THE_END)
        self.see_flipbooks()
        self.page.wait_for_function("[...document.images].every((image) => image.complete)")
        self.page.wait_for_load_state("networkidle")
        self.to_the_top()
        return self

    def switch(self, theme: str) -> Visit:
        """Change the theme of the page as it stands, as the system does in the evening."""
        self.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        self.page.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
        self.theme = theme
        return self

    def to_the_top(self) -> None:
        self.page.evaluate("window.scrollTo({ top: 0, behavior: 'instant' })")

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
            viewport={"width": width, "height": HEIGHT},
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


def views(names: list[str], themes: tuple[str, ...] = THEMES, widths: tuple[int, ...] = WIDTHS) -> Any:
    """Parametrise a test by views of some pages."""
    return pytest.mark.parametrize("view", [*_views(names, themes, widths)], indirect=True)


def _views(names: list[str], themes: tuple[str, ...], widths: tuple[int, ...]) -> Iterator[Any]:
    """Each width begins with another theme: the first of a width is loaded, the second switched to."""
    for name, (turn, width) in itertools.product(names, enumerate(widths)):
        for theme in themes if turn % 2 == 0 else themes[::-1]:
            yield pytest.param((name, width, theme), id=f"{name}-{width}-{theme}")


def once_in_each_theme(names: list[str]) -> Any:
    """Parametrise a slow test by two views of each page, which have all themes and widths between them."""
    pairs = [*zip(WIDTHS, THEMES[::-1], strict=True)]
    values = [
        pytest.param((name, width, theme), id=f"{name}-{width}-{theme}")
        for name in names
        for width, theme in pairs
    ]
    return pytest.mark.parametrize("view", values, indirect=True)


def as_files(names: list[str], fixture: str = "file_view") -> Any:
    """Parametrise a test by pages opened as files, or by the names of these pages."""
    values = [pytest.param(name, id=f"{name}-file") for name in names]
    return pytest.mark.parametrize(fixture, values, indirect=fixture == "file_view")


def view_of(nodeid: str) -> str:
    """What a test looks at, as its parameter says; for a test without one, its own name."""
    return nodeid.rpartition("[")[2]


def opening_of(nodeid: str) -> str:
    """The view that a test looks at, but for its theme."""
    view, _, last = view_of(nodeid).rpartition("-")
    return view if last in THEMES else view_of(nodeid)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let all tests of a view follow each other, so that it is opened once."""
    order: dict[str, int] = {}
    items.sort(key=lambda item: order.setdefault(view_of(item.nodeid), len(order)))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What each page costs to fetch, as test_sizes.py has measured it."""
    reports = terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", [])
    rows = sorted({value for report in reports for key, value in report.user_properties if key == "size"})
    if rows:
        terminalreporter.section("kB to fetch, compressed: at first, and read to the end")
        for row in rows:
            terminalreporter.write_line(row)


class ByView(LoadScopeScheduling):
    """Gives all tests of an opening to one process. (xdist's groups do nothing under pytest 9.2, without a word.)"""

    def _split_scope(self, nodeid: str) -> str:
        return opening_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByView:
    return ByView(config, log)


class Shared:
    """The view that was opened last, kept open until another is asked for."""

    def __init__(self, opener: Opener) -> None:
        self.opener = opener
        self.wanted: tuple[object, ...] = ()
        self.last: Visit | None = None

    def visit(self, name: str, width: int = 1280, theme: str = "light", by: str = "http") -> Visit:
        wanted = (name, width, by)
        if self.last is not None and self.wanted == wanted and self.last.theme != theme:
            self.last.switch(theme)
        if self.last is None or self.wanted != wanted:
            self.last = None  # a page that cannot be opened is not kept
            self.wanted = wanted
            self.last = self.read(name, width, theme, by)
        return self.last

    def read(self, name: str, width: int, theme: str, by: str) -> Visit:
        """The page opened and read to its end, in place of the one before.

        Now and then Chromium draws no more of a page, though it is brought to the front; opened anew, the same page
        is drawn. So an opening that ends in this way is made once more, and then it counts.
        """
        for last_try in (False, True):
            self.opener.close()
            try:
                return self.opener(name, width, theme, by=by).look_around().read_to_the_end()
            except Error as error:
                if last_try or NO_FRAME not in str(error):
                    raise
        raise AssertionError("the last try returns or raises")

    def keep(self, fit: bool) -> None:
        """Keep the view for the next test, unless a test that failed may have left it in disorder."""
        if not fit:
            self.last = None


@pytest.fixture(scope="session")
def shared(browser: Browser, server: str) -> Iterator[Shared]:
    opener = Opener(browser, server)
    yield Shared(opener)
    opener.close()


@pytest.fixture
def view(request: pytest.FixtureRequest, shared: Shared) -> Iterator[Visit]:
    """A page at a width in a theme, opened once and read to its end. Tests leave it as they found it."""
    failed = request.session.testsfailed
    yield shared.visit(*request.param)
    shared.keep(request.session.testsfailed == failed)


@pytest.fixture
def file_view(request: pytest.FixtureRequest, shared: Shared) -> Iterator[Visit]:
    """A page opened once as a file, and read to its end. Tests leave it as they found it."""
    failed = request.session.testsfailed
    yield shared.visit(request.param, by="file")
    shared.keep(request.session.testsfailed == failed)
