"""What pages say about their own address, once it is known where the site will be published.

`make book SITE_URL=https://org.github.io/repo` writes canonical links, Open Graph tags (what a link to a page shows
when somebody shares it), a sitemap, robots.txt and a page for addresses that do not exist. All of these need the site's
full address; a build without one writes none of them, and a copy of the book then claims to be nobody else's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import yaml
from book import repository_url
from counter import git
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

VARIABLE = "SITE_URL"
PICTURE = "_static/unrolled.png"
PICTURE_TEXT = "A recurrent network with two layers, unrolled over five steps"
SHORTEST, LONGEST = 40, 200  # characters of a description
NOT_FOUND = "404"

NOT_FOUND_BODY = """\
<section id="page-not-found">
<h1>There is no such page</h1>
<p>The address may be mistyped, or the page may have been renamed.
The contents beside this text lead to every page of the book, and the search finds any word of it.</p>
<p><a href="{front}">To the front page</a></p>
</section>"""


def clean_address(text: str) -> str:
    """A site's address in the one form that is used here, with a slash at its end; empty if there is none.

    Raises:
        ValueError: it is not the address of a site.
    """
    text = text.strip()
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"{VARIABLE}={text} is not an address such as https://org.github.io/repo")
    return text.rstrip("/") + "/"


def description(doctree: nodes.document) -> str:
    """A page's first paragraph of some length, cut between two words."""
    for paragraph in doctree.findall(nodes.paragraph):
        text = " ".join(paragraph.astext().split())
        if len(text) >= SHORTEST and isinstance(paragraph.parent, (nodes.section, nodes.document)):
            return text if len(text) <= LONGEST else text[: LONGEST - 1].rpartition(" ")[0] + "…"
    return ""


def is_committed(root: Path) -> bool:
    """Whether the last commit names the repository's address that `_config.yml` has; True where there is no git."""
    committed = git(root, "show", "HEAD:./_config.yml")
    url = (yaml.safe_load(committed).get("repository") or {}).get("url") if committed else None
    return committed is None or (url or "") == repository_url(root)


def set_base(app: Sphinx, config: Config) -> None:
    """Let Sphinx write canonical links, and no Colab button that would open a notebook with another address."""
    config["html_baseurl"] = clean_address(os.environ.get(VARIABLE, ""))
    if not is_committed(Path(app.srcdir)):
        config["html_theme_options"].get("launch_buttons", {}).pop("colab_url", None)


def describe_page(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Add what a page says about itself to those who link to it."""
    base = app.config.html_baseurl
    if not base:
        return
    if doctree is None:  # the search page, and the page that is shown where there is none
        context["metatags"] = context.get("metatags", "") + '\n<meta name="robots" content="noindex">'
        if page == NOT_FOUND:
            context["pageurl"] = None  # it is shown at every address that does not exist
        return
    text = description(doctree)
    title = re.sub(r"<[^>]*>", "", context.get("title", "")) or app.config.html_title
    properties = {
        "og:type": "website" if page == app.config.root_doc else "article",
        "og:site_name": app.config.html_title,
        "og:title": title,
        "og:description": text,
        "og:url": urljoin(base, app.builder.get_target_uri(page)),
        "og:image": urljoin(base, PICTURE),
        "og:image:alt": PICTURE_TEXT,
    }
    tags = [f'<meta name="description" content="{escape(text)}">'] if text else []
    # A title comes from Sphinx as HTML, escaped already.
    tags += [
        f'<meta property="{name}" content="{value if name == "og:title" else escape(value)}">'
        for name, value in properties.items()
        if value
    ]
    tags.append('<meta name="twitter:card" content="summary_large_image">')
    context["metatags"] = "\n".join([context.get("metatags", ""), *tags])


def page_for_what_is_missing(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The page that a host shows for an address that does not exist."""
    if app.config.html_baseurl:
        front = app.builder.get_target_uri(app.config.root_doc)
        body = NOT_FOUND_BODY.format(front=front)
        yield NOT_FOUND, {"title": "There is no such page", "body": body}, "page.html"


def make_absolute(html: str, base: str) -> str:
    """A page whose references hold wherever it is shown; those to places within it stay."""

    def absolute(found: re.Match[str]) -> str:
        return f'{found[1]}="{urljoin(base, found[2])}"'

    return re.sub(r'\b(href|src|action|data-content_root)="([^"#][^"]*)"', absolute, html)


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write the sitemap and robots.txt, and let the page for missing ones work at every address."""
    base = app.config.html_baseurl
    if exception is not None or not base or app.builder.name != "html":
        return
    out = Path(app.outdir)
    addresses = [urljoin(base, app.builder.get_target_uri(page)) for page in sorted(app.env.found_docs)]
    entries = "".join(f"  <url><loc>{escape(address)}</loc></url>\n" for address in addresses)
    (out / "sitemap.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n',
        encoding="utf-8",
    )
    # Read only where the site has a host to itself, and harmless elsewhere.
    (out / "robots.txt").write_text(
        f"User-agent: *\nAllow: /\n\nSitemap: {base}sitemap.xml\n", encoding="utf-8"
    )
    missing = out / f"{NOT_FOUND}.html"
    missing.write_text(make_absolute(missing.read_text(encoding="utf-8"), base), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of it with Sphinx."""
    app.connect("config-inited", set_base)
    app.connect("html-page-context", describe_page)
    app.connect("html-collect-pages", page_for_what_is_missing)
    app.connect("build-finished", write_files)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
