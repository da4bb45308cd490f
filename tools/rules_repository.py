"""What the repository around the chapters is held to. Each rule returns its complaints."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from book import chapters
from chapter_text import inline_tokens, parse

PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.!+_-]*( ; .+)?")
PROSE_AND_CODE = {".py", ".md", ".ipynb", ".yml", ".yaml", ".toml", ".sh", ".js", ".css", ".txt", ".json", ""}
SHORTEST_FILE = 16  # characters: nothing worth a file is shorter

# PEP 561 has type checkers look for this file's name only.
EMPTY_ON_PURPOSE = {"py.typed"}

# Written in halves, so that the rules do not find themselves.
PLACEHOLDERS = re.compile(
    "|".join(rf"\b{first}{second}\b" for first, second in (("TO", "DO"), ("FIX", "ME"), ("lorem ", "ipsum")))
    + r"|\bcoming "
    + r"soon\b"
)


def toc_matches_chapters(root: Path) -> list[str]:
    """_toc.yml names all chapters and only pages that exist; their order stands there, not in file names."""
    entries = _toc_files(yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8")))
    complaints = [
        f"_toc.yml names {entry}, and there is no {entry}.md or {entry}.ipynb"
        for entry in entries
        if not any((root / f"{entry}{suffix}").is_file() for suffix in (".md", ".ipynb"))
    ]
    complaints += [
        f"_toc.yml names {entry} twice" for entry in sorted(set(entries)) if entries.count(entry) > 1
    ]
    for path in chapters(root):
        if f"chapters/{path.stem}" not in entries:
            complaints.append(f"chapters/{path.name} is not in _toc.yml")
    complaints += [
        f"{entry}: the order of chapters stands in _toc.yml; take the number out of the file's name"
        for entry in entries
        if re.search(r"(^|[-_])\d", Path(entry).name)
    ]
    return complaints


def _toc_files(entry: Any) -> list[str]:
    if isinstance(entry, list):
        return [file for part in entry for file in _toc_files(part)]
    if isinstance(entry, dict):
        own = [
            str(entry[key]).removesuffix(".md").removesuffix(".ipynb")
            for key in ("root", "file")
            if key in entry
        ]
        return own + [file for part in entry.values() for file in _toc_files(part)]
    return []


def requirements_pinned(text: str) -> list[str]:
    """Every line of a requirements file is a comment or one exact version."""
    return [
        f"line {number}: {line!r} pins no exact version (name==version)"
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("#") and not PIN.fullmatch(line)
    ]


def targets_agree(makefile: str, readme: str) -> list[str]:
    """The README says `make x` of every documented target of the Makefile, and of nothing else."""
    targets = set(re.findall(r"^([a-z][a-z-]*):[^=]", makefile, re.MULTILINE))
    documented = set(re.findall(r"^([a-z][a-z-]*):[^=\n].*## ", makefile, re.MULTILINE))
    tokens = parse(readme)
    code = [token.content for token in tokens if token.type in ("fence", "code_block")]
    code += [token.content for token in inline_tokens(tokens) if token.type == "code_inline"]
    said = set(re.findall(r"\bmake ([a-z][a-z-]*)", "\n".join(code)))
    return [
        f"the README says `make {name}`, and the Makefile has no such target"
        for name in sorted(said - targets)
    ] + [f"the README does not say what `make {name}` is for" for name in sorted(documented - said)]


def no_mention(root: Path, paths: list[Path], forbidden: str) -> list[str]:
    """No file speaks of something that a reader's clone does not have."""
    return [
        f"{path.relative_to(root)} mentions {forbidden}"
        for path in paths
        if forbidden.encode() in path.read_bytes()
    ]


def no_empty_files(root: Path, paths: list[Path]) -> list[str]:
    """No file is empty, or there only to be filled later."""
    complaints: list[str] = []
    for path in paths:
        content = path.read_bytes()
        if path.name in EMPTY_ON_PURPOSE:
            continue
        if len(content.strip()) < SHORTEST_FILE:
            complaints.append(
                f"{path.relative_to(root)} holds {len(content.strip())} characters: fill it or delete it"
            )
        elif path.suffix in PROSE_AND_CODE:
            hit = PLACEHOLDERS.search(content.decode("utf-8", errors="replace"))
            complaints += [f"{path.relative_to(root)} holds a placeholder, {hit[0]!r}"] if hit else []
    return complaints
