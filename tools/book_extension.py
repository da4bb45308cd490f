"""What the book adds to Sphinx.

Callouts
    A block quote that begins with a bold Predict, Trap, Claim, Recap or Key check becomes an admonition of that kind.
    The notebooks stay plain Markdown, so that the same cell reads well in Colab, in JupyterLab and on GitHub.

Flipbooks
    An output that holds both a widget and a picture (rnnlib.flipbook makes them) becomes the picture, with the
    widget's place marked beside it. tools/web/widgets.js puts the widget there when it comes into view; without
    JavaScript the picture stands.

Pictures
    A PNG carries its size, so that the text below it does not jump when it arrives.

Anchors of cells
    A code cell with the id `loop` has the anchor `cell-loop` on the site, so that a page can lead to the very cell that
    shows something: `[text](../chapters/recurrent-cell.ipynb#cell-loop)`. A link to a cell that is not there is a
    warning, as it is with headings.

The count of checks
    The directive `{checks}` says how many checks the chapters hold and when they last passed; see counter.py.

Collapsed cells
    A cell tagged `hide-cell` is a solution and says so; `hide-input` hides code, `hide-output` an output.

The API page
    Is read from docstrings on a machine without torch. Signatures are written as the source writes them, because
    with stand-ins for torch's classes some annotations can be evaluated and some cannot.
"""

from __future__ import annotations

import inspect
import json
import re
import struct
import sys
from pathlib import Path
from typing import Any

import counter
from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.ext.autodoc.mock import MockFinder
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.inspect import stringify_signature
from sphinx.util.typing import stringify_annotation
from sphinx.writers.html5 import HTML5Translator

LOGGER = logging.getLogger(__name__)

IN_EVERY_CHAPTER = ("Predict", "Trap", "Claim", "Recap")
# A key check says in words what the one check under it proves, the one of its section that must be remembered.
CALLOUTS = (*IN_EVERY_CHAPTER, "Key check")
CALLOUT = re.compile(rf"({'|'.join(CALLOUTS)})\b")
COLLAPSED = {"content": "Solution", "source": "Code"}  # by what MyST-NB calls the part that it hides
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class Callouts(SphinxTransform):
    """Turn block quotes that begin with a bold callout word into admonitions."""

    default_priority = 200

    def apply(self, **kwargs: Any) -> None:
        for quote in list(self.document.findall(nodes.block_quote)):
            callout = callout_from(quote)
            if callout is not None:
                quote.replace_self(callout)


def callout_from(quote: nodes.block_quote) -> nodes.admonition | None:
    """The admonition that a block quote stands for, or None if it is an ordinary quotation.

    `> **Trap: the wrong axis.** Text` has the title "Trap: the wrong axis" and the body "Text".
    """
    body = quote.deepcopy()
    first = body.children[0] if body.children else None
    if not isinstance(first, nodes.paragraph):
        return None
    drop_empty_text(first)
    bold = first.children[0] if first.children else None
    kind = CALLOUT.match(bold.astext()) if isinstance(bold, nodes.strong) else None
    if not isinstance(bold, nodes.strong) or kind is None:
        return None

    title = nodes.title("", "", *bold.children)
    cut_text(title, -1, r"[.:]?\s*$")
    first.remove(bold)
    cut_text(first, 0, r"^[.:]?\s*")
    if not first.children:
        body.remove(first)
    classes = ["callout", f"callout-{kind.group(1).lower().replace(' ', '-')}"]
    callout = nodes.admonition("", title, *body.children, classes=classes)
    callout.source, callout.line = quote.source, quote.line
    return callout


def drop_empty_text(node: nodes.Element) -> None:
    """Remove the empty pieces of text that the Markdown parser leaves around bold words."""
    for text in list(node.findall(nodes.Text)):
        if not text.astext() and text.parent is not None:
            text.parent.remove(text)


def cut_text(node: nodes.Element, position: int, pattern: str) -> None:
    """Cut what the pattern matches off the node's child at this position, if that is text."""
    if node.children and isinstance(node[position], nodes.Text):
        text = re.sub(pattern, "", node[position].astext(), count=1)
        if text:
            node[position] = nodes.Text(text)
        else:
            del node[position]


class CellAnchors(SphinxTransform):
    """Give each code cell of a notebook an anchor made from its id, and let MyST's links find it."""

    default_priority = 210

    def apply(self, **kwargs: Any) -> None:
        cells = [
            node for node in self.document.findall(nodes.container) if node.get("nb_element") == "cell_code"
        ]
        if not cells:
            return
        path = Path(self.env.doc2path(self.env.docname))
        sources = json.loads(path.read_text(encoding="utf-8"))["cells"] if path.suffix == ".ipynb" else []
        # MyST looks here for the anchors of a page: the name in a link, then the line, the id and the title.
        slugs = self.env.metadata[self.env.docname].setdefault("myst_slugs", {})
        for node in cells:
            identity = sources[node["cell_index"]].get("id") if sources else None
            if identity is None:
                continue
            anchor = counter.cell_anchor(identity)
            if anchor in self.document.ids or anchor in slugs:
                LOGGER.warning("two places of the page have the anchor %r", anchor, location=node)
                continue
            node["ids"].append(anchor)
            self.document.ids[anchor] = node
            slugs[anchor] = (node.line, anchor, identity)


class Checks(SphinxDirective):
    """`{checks}`: how many checks the chapters hold, and when they last passed."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()  # the page changes with every chapter, and with what git and the environment say
        root = Path(self.env.srcdir)
        try:
            text, _ = self.state.inline_text(counter.statement(root), self.lineno)
        except ValueError as error:
            raise self.error(str(error)) from error
        return [nodes.paragraph("", "", *text, classes=["checks"])]


class Flipbooks(SphinxPostTransform):
    """Turn outputs that hold a widget and a picture into both, before MyST-NB selects one of them."""

    default_priority = 3  # SelectMimeType has 4
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for bundle in list(self.document.findall(is_mime_bundle)):
            parts = {part["mime_type"]: part for part in bundle.children if isinstance(part, nodes.container)}
            if WIDGET_VIEW not in parts or "image/png" not in parts:
                continue
            still = next(parts["image/png"].findall(nodes.image))
            if "text/plain" in parts:
                still["alt"] = parts["text/plain"].astext().strip().strip("'\"")
            still["classes"].append("flipbook-still")
            flipbook = nodes.container("", still, *parts[WIDGET_VIEW].children, classes=["flipbook"])
            bundle.replace_self(flipbook)


def is_mime_bundle(node: nodes.Node) -> bool:
    """Whether MyST-NB holds here the forms of one output, from which it will select."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "mime_bundle"


def png_size(path: Path) -> tuple[int, int] | None:
    """The width and height that a PNG file's header states, or None for anything else."""
    try:
        with path.open("rb") as file:
            header = file.read(24)
    except OSError:
        return None
    if len(header) < 24 or header[:8] != b"\x89PNG\r\n\x1a\n":
        return None
    width, height = struct.unpack(">II", header[16:24])
    return width, height


def visit_image(self: HTML5Translator, node: nodes.image) -> None:
    """Write an image as Sphinx does, with the size of a PNG."""
    size = None
    if "width" not in node and "height" not in node:
        size = png_size(Path(self.builder.srcdir) / node["uri"])
    type(self).visit_image(self, node)
    if size is not None:
        self.body[-1] = self.body[-1].replace("<img ", f'<img width="{size[0]}" height="{size[1]}" ', 1)


def depart_image(self: HTML5Translator, node: nodes.image) -> None:
    """End an image as Sphinx does."""
    type(self).depart_image(self, node)


def visit_collapsed_cell(self: HTML5Translator, node: HideCodeCellNode) -> None:
    """Begin a collapsed part of a cell; MyST-NB gives it a name for screen readers that differs from what it shows."""
    title = COLLAPSED.get(node["prompt_show"], "Output")
    self.body.append(f'<details class="collapsed-cell"><summary>{title}</summary>\n')


def depart_collapsed_cell(self: HTML5Translator, node: HideCodeCellNode) -> None:
    """End a collapsed part of a cell."""
    self.body.append("</details>\n")


def visit_parameters(self: HTML5Translator, node: addnodes.desc_parameterlist) -> None:
    """Begin a signature's parameters; remember where."""
    self.context.append(str(len(self.body)))
    type(self).visit_desc_parameterlist(self, node)


def depart_parameters(self: HTML5Translator, node: addnodes.desc_parameterlist) -> None:
    """End a signature's parameters, and mark its lines as lines: Sphinx writes half of a definition list there."""
    type(self).depart_desc_parameterlist(self, node)
    start = int(self.context.pop())
    for index in range(start, len(self.body)):
        for tag, css_class in (("dl", "sig-lines"), ("dd", "sig-line")):
            piece = re.sub(rf"<{tag}>\s*", f'<span class="{css_class}">', self.body[index])
            self.body[index] = re.sub(rf"</{tag}>\s*", "</span>\n", piece)


def name_front_page_once(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Keep the front page from being called "RNNs, Unrolled — RNNs, Unrolled"."""
    if page == app.config.root_doc:
        context["docstitle"] = ""


def put_widget_state_last(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Move the frames of all widgets, hundreds of kilobytes, from the page's head to the end of its text."""
    for script in list(context.get("script_files", [])):
        attributes = getattr(script, "attributes", {})
        if attributes.get("type") == WIDGET_STATE:
            context["script_files"].remove(script)
            context["body"] += f'<script type="{WIDGET_STATE}">{attributes["body"]}</script>'


def signature_of(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str | None, str | None]:
    """A function's, method's or class's signature as its source writes it."""
    function = getattr(obj, "__init__", None) if what == "class" else obj
    if what not in {"class", "function", "method"} or not inspect.isroutine(function):
        return signature, returns
    found = inspect.signature(function)
    if what != "function":
        found = found.replace(parameters=[each for each in found.parameters.values() if each.name != "self"])
    if what == "class":
        found = found.replace(return_annotation=inspect.Signature.empty)
    result = found.return_annotation
    arguments = stringify_signature(found, show_return_annotation=False)
    return arguments, None if result is inspect.Signature.empty else stringify_annotation(result)


class StandInForTorch:
    """Lets a whole build import torch where it is not installed, and saves the time of importing it where it is.

    `autodoc_mock_imports` would not do: autodoc puts its stand-ins away before it looks into the modules of a class's
    bases, and those are torch's.
    """

    def __init__(self) -> None:
        self.finder = MockFinder(["torch"])

    def put_up(self, app: Sphinx) -> None:
        sys.path.insert(0, str(app.srcdir))  # where rnnlib is
        sys.meta_path.insert(0, self.finder)

    def take_down(self, app: Sphinx, exception: Exception | None) -> None:
        sys.meta_path.remove(self.finder)
        sys.path.remove(str(app.srcdir))
        self.finder.invalidate_caches()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of it with Sphinx."""
    app.add_config_value(
        "comments_config", {}, "html"
    )  # Jupyter Book sets it even where comments are not loaded
    app.add_transform(Callouts)
    app.add_transform(CellAnchors)
    app.add_directive("checks", Checks)
    app.add_post_transform(Flipbooks)
    app.add_node(nodes.image, override=True, html=(visit_image, depart_image))
    app.setup_extension("myst_nb")
    app.add_node(HideCodeCellNode, override=True, html=(visit_collapsed_cell, depart_collapsed_cell))
    app.add_node(addnodes.desc_parameterlist, override=True, html=(visit_parameters, depart_parameters))
    app.connect("html-page-context", name_front_page_once)
    app.connect("html-page-context", put_widget_state_last, priority=900)  # after MyST-NB has put it there
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-signature", signature_of)
    stand_in = StandInForTorch()
    app.connect("builder-inited", stand_in.put_up)
    app.connect("build-finished", stand_in.take_down)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
