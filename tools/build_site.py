"""Build the site: `make book` runs this. Warnings are errors, and no page asks another host for anything.

1. Assemble `build/site/vendor/`, the web files the pages need, from `node_modules/` and `tools/web/`.
2. Let Jupyter Book build `_build/html/`, keeping what earlier builds read (`_build/.doctrees/`), so that a changed
   chapter costs one chapter. Sphinx repeats no warning about a page that it does not read again; therefore what it
   keeps is thrown away whenever the last build did not end well, and whenever a file changes that shapes every page.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import yaml
from site_address import VARIABLE, clean_address, is_committed

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "build" / "site" / "vendor"
BUILD = ROOT / "_build"
HTML = BUILD / "html"
DOCTREES = BUILD / ".doctrees"
STAMP = BUILD / ".complete"  # the digest of what shapes every page, written by a build that ended well

# What a page needs, and where under vendor/ it lies. A folder is copied with the files that its pattern names.
ASSETS: tuple[tuple[str, str, str], ...] = (
    ("mathjax-full/es5", "tex-chtml.js", "mathjax"),
    ("mathjax-full/es5/input/tex/extensions", "*.js", "mathjax/input/tex/extensions"),
    ("mathjax-full/es5/output/chtml/fonts/woff-v2", "*.woff", "mathjax/output/chtml/fonts/woff-v2"),
    ("mathjax-full", "LICENSE", "mathjax"),
    ("requirejs", "require.js", "requirejs"),
    ("@jupyter-widgets/html-manager/dist", "libembed-amd.js", "@jupyter-widgets/html-manager/dist"),
    # The widgets' style sheets ask for their icons in both places.
    ("@jupyter-widgets/html-manager/dist", "*.woff2", "@jupyter-widgets/html-manager/dist"),
    ("@jupyter-widgets/html-manager/dist", "*.woff2", "@jupyter-widgets"),
)
# A change in one of these changes every page.
SHAPES_EVERY_PAGE = (
    "_config.yml",
    "_toc.yml",
    "_static/*",
    "requirements-site.txt",
    "tools/book_extension.py",
    "tools/counter.py",
    "tools/site_address.py",
    "tools/templates/*",
    "tools/templates/static/*",
    "tools/web/*",
    "package-lock.json",
)


def fail(message: str) -> NoReturn:
    """End the build with one line that says what to do."""
    sys.exit(f"make book: {message}")


def assemble_assets() -> None:
    """Copy what the pages need from node_modules, and the scripts of our own, into vendor/."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    for folder, pattern, target in ASSETS:
        files = sorted((MODULES / folder).glob(pattern))
        if not files:
            fail(
                f"node_modules/{folder}/{pattern} is missing; delete node_modules/ and run `make book` again"
            )
        (VENDOR / target).mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copy2(file, VENDOR / target / file.name)
    shutil.copytree(ROOT / "tools" / "web", VENDOR / "book")


def pages() -> list[str]:
    """Every page that _toc.yml names, in order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    found: list[str] = [toc["root"]]

    def collect(entry: object) -> None:
        if isinstance(entry, dict):
            found.extend([entry["file"]] if "file" in entry else [])
            for value in entry.values():
                collect(value)
        elif isinstance(entry, list):
            for value in entry:
                collect(value)

    collect(toc)
    return found


def check_pages_exist() -> None:
    """Name every page of _toc.yml that has no file; Jupyter Book would name the first, in a traceback."""
    missing = [
        page for page in pages() if not list(ROOT.glob(f"{page}.md")) + list(ROOT.glob(f"{page}.ipynb"))
    ]
    if missing:
        fail(f"_toc.yml names {', '.join(missing)}, but there is no such .md or .ipynb file")


def digest_of_shared_inputs() -> str:
    """A digest of all that shapes every page: these files, the site's address, and whether there are Colab buttons."""
    digest = hashlib.sha256(f"{os.environ.get(VARIABLE, '')} {is_committed(ROOT)}".encode())
    for pattern in SHAPES_EVERY_PAGE:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file():
                digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def build() -> None:
    """Run Jupyter Book; leave a stamp only where it ended well."""
    digest = digest_of_shared_inputs()
    if not STAMP.is_file() or STAMP.read_text() != digest:
        for folder in (DOCTREES, HTML, BUILD / "jupyter_execute"):
            shutil.rmtree(folder, ignore_errors=True)
    STAMP.unlink(missing_ok=True)
    jupyter_book = str(Path(sys.executable).with_name("jupyter-book"))
    options = ["--warningiserror", "--nitpick", "--keep-going", "--quiet"]
    # Warnings and errors come on stderr; stdout only repeats, at length, whether there were any.
    command = [jupyter_book, "build", *options, "."]
    result = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
    if result.returncode != 0:
        shutil.rmtree(DOCTREES, ignore_errors=True)
        fail("the build stopped at the warnings above; each of them is an error here")
    STAMP.write_text(digest)


def main() -> None:
    """Build the site and say where it is."""
    check_pages_exist()
    try:
        clean_address(os.environ.get(VARIABLE, ""))
    except ValueError as error:
        fail(str(error))
    assemble_assets()
    build()
    if not is_committed(ROOT):
        print(
            "No page has a Colab button, because Colab would open notebooks with another address: "
            "commit and push what `make repository` has written"
        )
    print(
        f"The book is at {(HTML / 'index.html').relative_to(ROOT)}; open it in a browser, or run `make serve`"
    )


if __name__ == "__main__":
    main()
