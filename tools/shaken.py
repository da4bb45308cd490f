"""Whether the book's claims about trainings hold on another machine: `make shaken [ONLY=…] [RUNS=20]` runs this.

Another processor, thread count or library rounds in another way, and a training amplifies that. Here each chapter is
run RUNS times with gradients that are disturbed at the level of rounding, in another way each time. Written down is how
often each claim failed, and how far the number that it compares stays from its threshold, in units of that number's
spread over the runs. A claim that hangs on no training does not move, and is not listed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from book import ROOT, chapters
from shaken_table import ENOUGH, FEW, Row, rows

RESULTS = ROOT / "benchmarks" / "results"
AT_ONCE = 2


def shake(path: Path, run: int, folder: Path) -> list[dict[str, Any]]:
    """The cells of one disturbed run of one chapter."""
    result = folder / f"{path.stem}-{run}.json"
    command = [sys.executable, str(Path(__file__).with_name("shaking.py")), str(path), str(run), str(result)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{path.name}, run {run}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    cells: list[dict[str, Any]] = json.loads(result.read_text(encoding="utf-8"))
    print(f"{path.stem}, run {run}: done", flush=True)
    return cells


def shake_all(paths: list[Path], runs: int) -> dict[str, dict[str, Any]]:
    """For each chapter its rows, its number of checks, and when and with what they were measured."""
    jobs = [(path, run) for path in paths for run in range(1, runs + 1)]
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(lambda job: shake(job[0], job[1], Path(name)), jobs))
    found = {}
    for number, path in enumerate(paths):
        cells = done[number * runs : (number + 1) * runs]
        found[path.stem] = {
            "runs": runs,
            "checks": sum(len(cell["checks"]) for cell in cells[0]),
            "measured": f"{datetime.now(UTC):%Y-%m-%d}, torch {torch.__version__}",
            "rows": [asdict(row) for row in rows(cells)],
        }
    return found


def report(chapters_found: dict[str, dict[str, Any]]) -> str:
    """The table, as Markdown."""
    lines = [
        "# The checks of trainings, shaken",
        "",
        "Written by `make shaken`. Each chapter was run several times, each time with all gradients disturbed by a "
        "relative 3e-7, in another way. Listed are the claims that moved. *Distance* is the mean distance of the "
        "compared number from its threshold, in units of its standard deviation over the runs; positive numbers are "
        f"compared by their logarithms. The aim is no failure, and no distance below {ENOUGH:g}. A time that a cell "
        "measures live moves as well: it hangs on the machine and its load, and on no training.",
        "",
        "| chapter | runs | checks | of these moved | failed | least distance | measured |",
        "|---|--:|--:|--:|--:|--:|---|",
    ]
    for name, entry in chapters_found.items():
        found = [Row(**row) for row in entry["rows"]]
        distances = [row.distance for row in found if row.distance is not None]
        least = f"{min(distances):.1f}" if distances else "none moved"
        failed = sum(row.failed > 0 for row in found)
        values = [name, entry["runs"], entry["checks"], len(found), failed, least, entry["measured"]]
        lines.append(f"| {' | '.join(map(str, values))} |")
    for name, entry in chapters_found.items():
        found = sorted((Row(**row) for row in entry["rows"]), key=_urgency)
        if not found:
            continue
        lines += ["", f"## {name}", "", "| cell | claim | failed | distance | compared | mean | threshold |"]
        lines.append("|---|---|--:|--:|---|--:|--:|")
        lines += [_line(row) for row in found]
    return "\n".join(lines) + "\n"


def _urgency(row: Row) -> tuple[int, float]:
    return -row.failed, float("inf") if row.distance is None else row.distance


def _line(row: Row) -> str:
    def number(value: float | None) -> str:
        return "" if value is None else f"{value:.3g}"

    apart = "" if row.distance is None else f"{row.distance:.1f}"
    compared = row.compared.replace("|", "\\|")
    claim = row.claim.replace("|", "\\|").replace("\n", " ")
    code = f"`{compared}`" if compared else ""
    return (
        f"| {row.cell} | {claim} | {row.failed} of {row.runs} | {apart} | {code} | "
        f"{number(row.value)} | {number(row.threshold)} |"
    )


def main(arguments: list[str], results: Path = RESULTS) -> int:
    runs = int(os.environ.get("RUNS") or 20)
    paths = [Path(argument).resolve() for argument in arguments] or chapters()
    stored = results / "shaken.json"
    known = json.loads(stored.read_text(encoding="utf-8")) if stored.exists() else {}
    found = shake_all(paths, runs)
    known |= found
    known = {name: known[name] for name in sorted(known)}
    stored.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (results / "shaken.md").write_text(report(known), encoding="utf-8")
    bad = [(name, Row(**row)) for name, entry in found.items() for row in entry["rows"]]
    bad = [(name, row) for name, row in bad if not row.sound]
    for name, row in bad:
        print(f"{name}: {_line(row)}")
    if runs < FEW:
        print(f"With {runs} runs no distance is judged; take {FEW} or more for that.")
    claims = sum(entry["checks"] for entry in found.values())
    print(f"{claims - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
