"""tools/book_extension.py and tools/build_site.py, tried on a small book built by Sphinx."""

from __future__ import annotations

import base64
import re
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from book import ROOT
from book_extension import CALLOUTS, WIDGET_STATE, WIDGET_VIEW, callout_from, png_size
from bs4 import BeautifulSoup, Tag
from docutils import nodes
from docutils.core import publish_doctree
from myst_parser.parsers.docutils_ import Parser
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output


def first_quote(markdown: str) -> nodes.block_quote:
    settings = {"myst_suppress_warnings": ["myst"], "report_level": 5}
    document = publish_doctree(markdown, parser=Parser(), settings_overrides=settings)
    return next(document.findall(nodes.block_quote))


def title_and_body(markdown: str) -> tuple[str, list[str]]:
    callout = callout_from(first_quote(markdown))
    assert callout is not None
    return callout[0].astext(), [child.astext() for child in callout[1:]]


@pytest.mark.parametrize("word", CALLOUTS)
def test_each_callout_word_gives_an_admonition_of_its_own_class(word: str) -> None:
    callout = callout_from(first_quote(f"> **{word}.** What comes out?"))
    assert callout is not None
    assert callout["classes"] == ["callout", f"callout-{'-'.join(word.lower().split())}"]


@pytest.mark.parametrize("word", CALLOUTS)
def test_each_callout_has_a_shape_of_its_own_in_the_style_sheet(word: str) -> None:
    style = (ROOT / "_static" / "book.css").read_text(encoding="utf-8")
    rules = re.findall(r"^\.bd-article \.callout-([a-z-]+) \{(.*)\}$", style, re.MULTILINE)
    own = dict(rules)[word.lower().replace(" ", "-")]
    assert "--shape: url(" in own
    assert [rule for _, rule in rules].count(own) == 1


@pytest.mark.parametrize(
    ("markdown", "title", "body"),
    [
        ("> **Trap.** Text.", "Trap", ["Text."]),
        ("> **Trap:** Text.", "Trap", ["Text."]),
        ("> **Trap**: text.", "Trap", ["text."]),
        ("> **Trap: the wrong axis.** Text.", "Trap: the wrong axis", ["Text."]),
        ("> **Trap: `cat` for `stack`.** Text.", "Trap: cat for stack", ["Text."]),
        ('> **Claim: "It is so."** It is not.', 'Claim: "It is so."', ["It is not."]),
        ("> **Recap**\n>\n> - one\n> - two", "Recap", ["one\n\ntwo"]),
        ("> **Recap**\n> begins on the next line", "Recap", ["begins on the next line"]),
        ("> **Predict.** One.\n>\n> Two.", "Predict", ["One.", "Two."]),
        ("> **Predict.** `h_n` has which shape?", "Predict", ["h_n has which shape?"]),
        ("> **Key check.** No prediction moves.", "Key check", ["No prediction moves."]),
    ],
)
def test_the_bold_words_become_the_title_and_the_rest_the_body(
    markdown: str, title: str, body: list[str]
) -> None:
    assert title_and_body(markdown) == (title, body)


@pytest.mark.parametrize(
    "markdown",
    [
        "> An ordinary quotation.",
        "> Trap. Not bold.",
        "> An ordinary quotation with a **Trap** inside.",
        "> **Traps** are many.",
        "> **Key checks** are few.",
        "> **Key.** Not one of ours either.",
        "> **trap.** Lower case.",
        "> **Note.** Not one of ours.",
        "> *Trap.* Only italic.",
        "> - **Trap.** In a list.",
        "> `code` **Trap.**",
    ],
)
def test_other_block_quotes_stay_what_they_are(markdown: str) -> None:
    quote = first_quote(markdown)
    before = quote.pformat()
    assert callout_from(quote) is None
    assert quote.pformat() == before


def png(width: int, height: int) -> bytes:
    """A white picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = chunk(b"IDAT", zlib.compress((b"\0" + b"\xff" * width) * height))
    return b"\x89PNG\r\n\x1a\n" + header + rows + chunk(b"IEND", b"")


@pytest.mark.parametrize(("content", "size"), [(png(30, 20), (30, 20)), (b"GIF89a", None), (b"", None)])
def test_the_size_of_a_picture_is_read_from_a_png_and_nothing_else(
    content: bytes, size: tuple[int, int] | None, tmp_path: Path
) -> None:
    (tmp_path / "picture").write_bytes(content)
    assert png_size(tmp_path / "picture") == size
    assert png_size(tmp_path / "missing") is None


def output(**data: Any) -> Any:
    return new_output("display_data", data={key.replace("__", "/"): value for key, value in data.items()})


def picture(width: int, height: int) -> str:
    return base64.b64encode(png(width, height)).decode()


def notebook() -> Any:
    """A chapter with a callout, a figure, a flipbook, a widget without a picture, and a solution."""
    view = {"model_id": "abc", "version_major": 2, "version_minor": 0}
    flipbook = new_output(
        "display_data",
        data={WIDGET_VIEW: view, "image/png": picture(40, 10), "text/plain": 'Step 1: "h" is new & small'},
    )
    plain_widget = new_output("display_data", data={WIDGET_VIEW: view, "text/plain": "IntSlider(value=0)"})
    chapter = new_notebook(
        cells=[
            new_markdown_cell("# A chapter\n\n> **Predict.** What is $h_1$?\n\n> A quotation."),
            new_code_cell(
                "figure",
                id="the-figure",
                outputs=[output(image__png=picture(30, 20), text__plain="<Figure>")],
                metadata={"mystnb": {"image": {"alt": "A white field"}}},
            ),
            new_code_cell("flipbook", outputs=[flipbook]),
            new_code_cell("slider", outputs=[plain_widget]),
            new_code_cell("answer = 42", id="answer", metadata={"tags": ["hide-cell"]}),
            new_code_cell("drawing = 1", metadata={"tags": ["hide-input"]}),
        ]
    )
    state = {"version_major": 2, "version_minor": 0, "state": {"abc": {"model_name": "IntSliderModel"}}}
    chapter.metadata["widgets"] = {WIDGET_STATE: state}
    chapter.metadata["language_info"] = {"name": "python", "pygments_lexer": "python"}
    return chapter


CONF = f"""
import sys
sys.path.insert(0, {str(ROOT / "tools")!r})
extensions = ["myst_nb", "book_extension"]
nb_execution_mode = "off"
html_theme = "basic"
myst_enable_extensions = ["dollarmath"]
root_doc = "page"
nb_code_prompt_show = "{{type}}"
nb_ipywidgets_js = {{"boot.js": {{}}}}
exclude_patterns = ["out"]
python_maximum_signature_line_length = 20
"""
PAGE = """# A page

> **Trap: the axis.** Text.

See [the figure](chapter.ipynb#cell-the-figure).

```{checks}
```

```{toctree}
chapter
```

```{eval-rst}
.. automodule:: small_torch_module
   :members:
```
"""
MODULE = '''
"""A module that needs torch."""
from __future__ import annotations
import torch
from torch import Tensor, nn


class Layer(nn.Module):
    """A layer."""

    def __init__(self, input_size: int, device: torch.device | str | None = None) -> None:
        pass

    def forward(self, x: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Run it."""

    def extra_repr(self) -> str:
        return ""
'''
WITHOUT_TORCH = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "matplotlib", "ipywidgets"):
            raise ImportError(f"{name} was asked for")
sys.meta_path.insert(0, Refuse())
from sphinx.cmd.build import main
sys.exit(main(["-W", "--keep-going", "-q", "-b", "html", ".", "out"]))
"""


def build_small(folder: Path, page: str, chapter: Any) -> subprocess.CompletedProcess[str]:
    (folder / "conf.py").write_text(CONF)
    (folder / "page.md").write_text(page)
    (folder / "small_torch_module.py").write_text(MODULE)
    nbformat.write(chapter, folder / "chapter.ipynb")
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH], cwd=folder, check=False, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], BeautifulSoup]:
    """A small book, built where torch cannot be imported; the fixture gives its pages."""
    folder = tmp_path_factory.mktemp("book")
    result = build_small(folder, PAGE, notebook())
    assert result.returncode == 0, result.stderr

    def page(name: str) -> BeautifulSoup:
        return BeautifulSoup((folder / "out" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")

    return page


def only(page: BeautifulSoup, selector: str) -> Tag:
    found = page.select(selector)
    assert len(found) == 1, f"{selector}: {found}"
    return found[0]


Built = Callable[[str], BeautifulSoup]


def test_callouts_appear_in_notebooks_and_in_markdown_pages(built: Built) -> None:
    assert only(built("chapter"), ".callout-predict .admonition-title").get_text() == "Predict"
    assert only(built("page"), ".callout-trap .admonition-title").get_text() == "Trap: the axis"
    assert only(built("chapter"), "blockquote").get_text(strip=True) == "A quotation."


def test_a_flipbook_is_its_first_frame_with_the_place_of_its_widget(built: Built) -> None:
    flipbook = only(built("chapter"), ".flipbook")
    still = flipbook.find("img")
    assert isinstance(still, Tag)
    assert still["alt"] == 'Step 1: "h" is new & small'
    assert (still["width"], still["height"]) == ("40", "10")
    assert flipbook.find("script", type=WIDGET_VIEW) is not None


def test_a_widget_without_a_picture_and_a_picture_without_a_widget_stay_alone(built: Built) -> None:
    chapter = built("chapter")
    assert len(chapter.find_all("script", type=WIDGET_VIEW)) == 2
    figure = only(chapter, 'img[alt="A white field"]')
    assert (figure["width"], figure["height"]) == ("30", "20")
    assert figure.find_parent(class_="flipbook") is None


def test_only_a_page_with_widgets_loads_the_script_that_shows_them(built: Built) -> None:
    assert built("chapter").select('script[src*="boot.js"]')
    assert not built("page").select('script[src*="boot.js"]')


def test_the_state_of_widgets_comes_after_the_text(built: Built) -> None:
    html = str(built("chapter"))
    assert html.count(WIDGET_STATE) == 1
    assert html.index("answer") < html.index(WIDGET_STATE)


def test_collapsed_cells_say_what_they_hide_and_have_no_other_name(built: Built) -> None:
    summaries = built("chapter").select("details > summary")
    assert [summary.get_text() for summary in summaries] == ["Solution", "Code"]
    assert not any(summary.has_attr("aria-label") for summary in summaries)


def test_a_code_cell_has_an_anchor_made_from_its_id(built: Built) -> None:
    figure = only(built("chapter"), "#cell-the-figure")
    assert "cell" in figure["class"]
    assert figure.select('img[alt="A white field"]')
    assert only(built("chapter"), "#cell-answer").select("details")
    assert len(built("chapter").select("div.cell[id^=cell-]")) == 5


def test_a_page_links_to_a_cell(built: Built) -> None:
    link = next(link for link in built("page").select("a") if link.get_text() == "the figure")
    assert link["href"] == "chapter.html#cell-the-figure"


@pytest.mark.parametrize(
    ("page", "heading", "message"),
    [
        ("[gone](chapter.ipynb#cell-gone)", "A chapter", "local id not found in doc 'chapter': 'cell-gone'"),
        ("Text.", "Cell answer", "two places of the page have the anchor 'cell-answer'"),
    ],
)
def test_a_link_to_no_cell_and_an_anchor_that_is_taken_are_warnings(
    page: str, heading: str, message: str, tmp_path: Path
) -> None:
    chapter = new_notebook(
        cells=[new_markdown_cell(f"# {heading}"), new_code_cell("answer = 42", id="answer")]
    )
    chapter.metadata["language_info"] = {"name": "python", "pygments_lexer": "python"}
    result = build_small(tmp_path, f"# A page\n\n{page}\n\n```{{toctree}}\nchapter\n```\n", chapter)
    assert result.returncode != 0
    assert message in result.stderr


def test_the_count_of_checks_is_a_paragraph(built: Built) -> None:
    assert only(built("page"), "p.checks").get_text() == "This copy holds 0 checks, in 0 cells of 0 chapters."


def test_signatures_read_as_the_source_writes_them_although_torch_is_not_there(built: Built) -> None:
    signatures = [" ".join(sig.get_text().split()) for sig in built("page").select("dt.sig")]
    assert signatures[0].startswith(
        "class small_torch_module.Layer( input_size: int, device: torch.device | str | None = None, )"
    )
    assert "x: Tensor, hx: Tensor | None = None" in signatures[1]
    assert "→ tuple[Tensor, Tensor]" in signatures[1]
    assert len(signatures) == 2, "a method without a docstring is shown"
    assert not built("page").select("dt dl"), "a definition list inside a term is no valid HTML"


@pytest.fixture
def small_book(tmp_path: Path) -> Path:
    """A copy of what tools/build_site.py reads, with one page."""
    for name in ("_config.yml", "_static", "tools", "rnnlib"):
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, tmp_path / name)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: intro\n")
    (tmp_path / "intro.md").write_text("# A book\n\nText.\n")
    for folder, pattern in (
        ("mathjax-full/es5", "tex-chtml.js"),
        ("mathjax-full/es5/input/tex/extensions", "one.js"),
        ("mathjax-full/es5/output/chtml/fonts/woff-v2", "one.woff"),
        ("mathjax-full", "LICENSE"),
        ("requirejs", "require.js"),
        ("@jupyter-widgets/html-manager/dist", "libembed-amd.js"),
        ("@jupyter-widgets/html-manager/dist", "one.woff2"),
    ):
        asset = tmp_path / "node_modules" / folder / pattern
        asset.parent.mkdir(parents=True, exist_ok=True)
        asset.touch()
    return tmp_path


def build(book: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "tools/build_site.py"], cwd=book, check=False, capture_output=True, text=True
    )


def test_a_build_says_where_the_book_is_and_a_warning_is_an_error_each_time(small_book: Path) -> None:
    done = build(small_book)
    assert done.returncode == 0, done.stderr
    assert "_build/html/index.html" in done.stdout

    (small_book / "intro.md").write_text("# A book\n\n[nowhere](missing.md)\n")
    for _ in range(2):  # Sphinx alone would be silent the second time
        failed = build(small_book)
        assert failed.returncode != 0
        assert "missing.md" in failed.stderr
        assert failed.stderr.strip().splitlines()[-1].startswith("make book: ")


def test_the_front_page_counts_anew_in_each_build(small_book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (small_book / "intro.md").write_text("# A book\n\n```{checks}\n```\n")
    (small_book / "chapters").mkdir()

    def counted(ticks: str) -> str:
        outputs = [new_output("stream", name="stdout", text=ticks)]
        chapter = new_notebook(cells=[new_code_cell("check()", id="one", outputs=outputs)])
        nbformat.write(chapter, small_book / "chapters" / "one.ipynb")
        done = build(small_book)
        assert done.returncode == 0, done.stderr
        html = (small_book / "_build" / "html" / "intro.html").read_text(encoding="utf-8")
        return only(BeautifulSoup(html, "html.parser"), "p.checks").get_text()

    assert counted("✓ a\n✓ b\n").startswith("This copy holds 2 checks")
    assert counted("✓ a\n✓ b\n✓ c\n").startswith("This copy holds 3 checks")

    monkeypatch.setenv("CHECKS_PASSED", "yesterday")
    failed = build(small_book)
    assert failed.returncode != 0
    assert "CHECKS_PASSED must be a day such as 2026-11-21, got 'yesterday'" in failed.stderr


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda book: (book / "intro.md").unlink(), "_toc.yml names intro, but there is no such"),
        (
            lambda book: shutil.rmtree(book / "node_modules" / "requirejs"),
            "delete node_modules/ and run `make book`",
        ),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    break_it: Callable[[Path], None], message: str, small_book: Path
) -> None:
    break_it(small_book)
    failed = build(small_book)
    assert failed.returncode != 0
    assert message in failed.stderr
    assert len(failed.stderr.strip().splitlines()) == 1
