"""Ask every address that the book links to whether it is still there: `make links`, which CI runs weekly.

Sphinx's own link checker reads the pages as the site does, so a link in a notebook is found as one in a page. A
host that answers no program says nothing about its page: such addresses are listed as refused, and do not fail.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build" / "links"  # not the folder of the site: a page read here would give no warning there
REPORT = OUT / "_build" / "linkcheck" / "output.json"
# What hosts answer to a program: forbidden, or too many requests.
REFUSALS = ("403", "429")


def read_report(text: str) -> list[dict[str, Any]]:
    """The checker's findings, one a line."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def verdicts(found: Iterable[dict[str, Any]]) -> dict[str, list[str]]:
    """What the checker found of addresses elsewhere, as lines under `alive`, `refused`, `moved` and `dead`."""
    lines: dict[str, list[str]] = {"alive": [], "refused": [], "moved": [], "dead": []}
    for entry in found:
        uri, status = str(entry["uri"]), entry["status"]
        if not uri.startswith(("https://", "http://")) or status in ("ignored", "unchecked"):
            continue
        place = f"{entry['filename']}: {uri}"
        reason = str(entry.get("info", ""))
        if status == "working":
            lines["alive"].append(place)
        elif status == "redirected" and entry.get("code") in (301, 308):
            lines["moved"].append(f"{place} has moved to {reason}")
        elif status == "redirected":
            lines["alive"].append(place)  # a DOI leads elsewhere by design
        elif reason.startswith(REFUSALS):
            lines["refused"].append(f"{place}: {reason}")
        else:
            lines["dead"].append(f"{place}: {reason}")
    return {name: sorted(set(entries)) for name, entries in lines.items()}


def main() -> int:
    shutil.rmtree(OUT, ignore_errors=True)
    command = [str(Path(sys.executable).with_name("jupyter-book")), "build", "--builder", "custom"]
    command += ["--custom-builder", "linkcheck"]
    command += ["--path-output", str(OUT), "--quiet", "."]
    # Its exit code is 1 for a dead link, and for a host that answers no robot.
    result = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    if not REPORT.is_file():
        print(result.stderr, file=sys.stderr)
        print("make links: the link checker did not run; its words stand above", file=sys.stderr)
        return 2
    found = verdicts(read_report(REPORT.read_text(encoding="utf-8")))
    for name in ("refused", "moved", "dead"):
        for line in found[name]:
            print(f"{name}: {line}")
    print(", ".join(f"{len(lines)} {name}" for name, lines in found.items()))
    return 1 if found["dead"] or not any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
