"""Set the repository's address everywhere: `make repository URL=https://github.com/org/repo`.

The address stands in `_config.yml` and nowhere else; with it the site gets its repository and Colab buttons, and each
notebook's install cell gets the place to install rnnlib from. Nothing is executed.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from book import ROOT, chapters, notebook_text, read_notebook, replace_file, repository_url
from install_cell import refresh_install_cell

USAGE = "say the address: make repository URL=https://github.com/org/repo"
COLAB = "https://colab.research.google.com"


def clean_url(text: str) -> str:
    """The address in the one form that the book uses, https://github.com/org/repo.

    Raises:
        ValueError: it is not the address of a repository on GitHub.
    """
    text = text.strip()
    if not text:
        raise ValueError(USAGE)
    if text.startswith(("git@", "ssh://")):
        raise ValueError(f"{text!r} is an address for SSH, which readers cannot use; {USAGE}")
    parts = urlsplit(text)
    if parts.scheme != "https":
        raise ValueError(f"{text!r} does not begin with https://; {USAGE}")
    # Colab opens notebooks from GitHub alone. Anything beside the plain host (a name, a password, a port) is refused.
    if parts.netloc.lower() != "github.com":
        raise ValueError(f"{parts.netloc!r} is not github.com, the only host that Colab opens; {USAGE}")
    if parts.query or parts.fragment:
        raise ValueError(f"{text!r} has something after the repository's name; {USAGE}")
    path = parts.path.strip("/").removesuffix(".git")
    if not re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?/[A-Za-z0-9._-]+", path) or path.endswith(
        ("/.", "/..")
    ):
        raise ValueError(f"{text!r} is not of the form https://github.com/org/repo; {USAGE}")
    return f"https://github.com/{path}"


def set_value(text: str, section: str, key: str, value: str) -> str:
    """`_config.yml`'s text with one value of one section replaced, comments and order kept.

    Raises:
        ValueError: the section or the key is not there.
    """
    lines = text.splitlines(keepends=True)
    inside = False
    for index, line in enumerate(lines):
        if re.match(r"\S", line) and not line.startswith("#"):
            inside = re.match(rf"{re.escape(section)}:\s*(#.*)?$", line) is not None
            continue
        found = (
            re.match(rf"(\s+{re.escape(key)}:[ \t]*)(\"[^\"]*\"|'[^']*'|[^\s#]*)(.*)$", line)
            if inside
            else None
        )
        if found:
            ending = line[found.end() :]
            lines[index] = f"{found[1].rstrip()} {value}{found[3]}{ending}"
            return "".join(lines)
    raise ValueError(f"_config.yml has no line `{key}:` under `{section}:`")


def configured(text: str, url: str) -> str:
    """`_config.yml`'s text with the address, and with the buttons that need one switched on."""
    text = set_value(text, "repository", "url", f'"{url}"')
    text = set_value(text, "launch_buttons", "colab_url", f'"{COLAB}"')
    text = set_value(text, "html", "use_repository_button", "true")
    return set_value(text, "html", "use_issues_button", "true")


def set_repository(url: str, root: Path = ROOT) -> list[Path]:
    """Write the address into `_config.yml` and all notebooks; returns the files that changed."""
    config = root / "_config.yml"
    texts = {config: configured(config.read_text(encoding="utf-8"), url)}
    for path in chapters(root):
        notebook = read_notebook(path)
        refresh_install_cell(notebook, url)
        texts[path] = notebook_text(notebook)
    # Every text is made before the first is written: a broken notebook must not leave the book with two addresses.
    changed = [path for path, text in texts.items() if replace_file(path, text)]
    assert repository_url(root) == url
    return changed


def main(arguments: list[str], root: Path = ROOT) -> int:
    try:
        url = clean_url(" ".join(arguments))
        changed = set_repository(url, root)
    except ValueError as error:
        print(f"make repository: {error}", file=sys.stderr)
        return 2
    for path in changed:
        print(f"{path.relative_to(root)}: now names {url}")
    if not changed:
        print(f"Every file named {url} already")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
