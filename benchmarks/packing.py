"""Four ways through a padded batch: as it is, packed, in buckets of similar length, and by run_packed.

    python benchmarks/packing.py --threads 1 2

- padded: the layer reads the batch as it is. Its h_n is then not that of the last valid step, so this is less than the
  others give.
- packed: ``pack_padded_sequence(…, enforce_sorted=False)``, the layer, ``pad_packed_sequence``.
- bucketed: four times N sequences, sorted, in four padded batches; the time is the mean over the four.
- run_packed: ``rnnlib.lengths.run_packed``.

All ways of one setting are timed in turn, one call each; the figures are medians. A fraction p of the cells is
valid: the lengths are L · u^(1/p - 1) for evenly spaced u, at least 1, with one sequence of length L. Layers and
directions are crossed with the rest at L = 50 and 200; the longer series have one layer and one direction. Packing is
left out where it would take longer than ``--limit``, judged by the length before.

The peak of memory is what the resident set of a fresh process grows by in one forward and backward pass.

Times go to ``packing.json`` in the folder ``--data``, from where the chapter on padding and packing draws them, and a
summary goes to ``packing.md`` in the folder ``--out``. A run replaces the rows of its own settings, and keeps others.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from timing import machine, medians
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnlib.lengths import run_packed

KINDS = ("LSTM", "GRU", "RNN")
BATCH_SIZES = (16, 64)
LENGTHS = (50, 100, 200, 400, 800)
CROSSED_LENGTHS = (50, 200)  # the lengths at which two layers and two directions are timed, too
VALID = (0.1, 0.5, 0.9)
INPUT_SIZE, HIDDEN_SIZE = 128, 256
BUCKETS = 4
WAYS = ("padded", "packed", "bucketed", "run_packed")
SETTING = ("device", "threads", "kind", "layers", "D", "N", "L", "valid", "done")
Row = dict[str, Any]


def main() -> None:
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: %(default)s)")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="default: 1 2")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS)
    parser.add_argument("--repeats", type=int, default=7, help="rounds at most (default: %(default)s)")
    parser.add_argument(
        "--seconds", type=float, default=3, help="time for one setting (default: %(default)s)"
    )
    parser.add_argument(
        "--limit", type=float, default=10, help="longest call of packing in s (default: %(default)s)"
    )
    parser.add_argument("--no-memory", action="store_true", help="leave the peaks of memory out")
    parser.add_argument("--peak", nargs=3, help=argparse.SUPPRESS)  # the fresh process that measures memory
    parser.add_argument("--data", type=Path, default=here.parent / "rnnlib" / "data")
    parser.add_argument("--out", type=Path, default=here / "results")
    options = parser.parse_args()
    if options.peak:
        print(peak(*options.peak))
        return

    file = options.data / "packing.json"
    report = json.loads(file.read_text()) if file.exists() else {"rows": [], "memory": []}
    report["settings"] = {"H_in": INPUT_SIZE, "H_out": HIDDEN_SIZE, "dtype": "float32"}
    report["machines"] = report.get("machines", {}) | {
        options.device: machine(options.device) | {"threads": 0}
    }
    options.data.mkdir(parents=True, exist_ok=True)
    for row in time_all(options):
        old = [r for r in report["rows"] if any(r[key] != row[key] for key in SETTING)]
        report["rows"] = sorted([*old, row], key=lambda r: [str(r[key]).zfill(5) for key in SETTING])
        print(" ".join(f"{row[key]}" for key in (*SETTING, *WAYS)), flush=True)
    if options.device == "cpu" and not options.no_memory:
        report["memory"] = memory()
    file.write_text(compact(report))
    (options.out / "packing.md").write_text(page(report))


def time_all(options: argparse.Namespace) -> Iterable[Row]:
    device = torch.device(options.device)
    for threads, kind in itertools.product(options.threads, options.kinds):
        torch.set_num_threads(threads)
        for layers, directions, batch_size, valid, backward in itertools.product(
            (1, 2), (1, 2), BATCH_SIZES, VALID, (False, True)
        ):
            plain = layers == directions == 1
            packed_before = 0.0
            lengths = [L for L in options.lengths if plain or L in CROSSED_LENGTHS]
            for place, steps in enumerate(lengths):
                growth = (steps / lengths[place - 1]) ** 2 if place else 1
                packs = packed_before * growth < 1000 * options.limit
                calls = ways(kind, layers, directions, batch_size, steps, valid, backward, device)
                if not packs:
                    del calls["packed"]
                if not plain:
                    del calls["bucketed"]
                times = medians(calls, device, options.repeats, options.seconds)
                if "bucketed" in times:
                    times["bucketed"] /= BUCKETS
                packed_before = times.get("packed", math.inf)
                done = "forward+backward" if backward else "forward"
                setting = (
                    device.type, threads, kind, layers, directions, batch_size, steps, valid, done
                )  # fmt: skip
                rounded = {way: round(times[way], 2) if way in times else None for way in WAYS}
                yield dict(zip(SETTING, setting, strict=True)) | rounded


def lengths_of(count: int, steps: int, valid: float) -> Tensor:
    """Lengths with the given share of valid cells, in random order."""
    u = (torch.arange(count) + 0.5) / count
    lengths = (steps * u ** (1 / valid - 1)).round().long().clamp(min=1)
    lengths[-1] = steps
    return lengths[torch.randperm(count, generator=torch.Generator().manual_seed(0))]


def ways(
    kind: str,
    layers: int,
    directions: int,
    batch_size: int,
    steps: int,
    valid: float,
    backward: bool,
    device: torch.device,
) -> dict[str, Callable[[], None]]:
    """One call of each way, with or without the gradients of the input and of every parameter."""
    torch.manual_seed(0)
    rnn: nn.RNN | nn.LSTM | nn.GRU = getattr(nn, kind)(
        INPUT_SIZE, HIDDEN_SIZE, layers, bidirectional=directions == 2
    ).to(device)
    lengths = lengths_of(batch_size, steps, valid)
    x = torch.randn(steps, batch_size, INPUT_SIZE).to(device).requires_grad_(backward)
    gradient = torch.randn(steps, batch_size, directions * HIDDEN_SIZE).to(device)
    longest = [
        int(part.max())
        for part in lengths_of(BUCKETS * batch_size, steps, valid).sort().values.chunk(BUCKETS)
    ]

    def padded(end: int = steps) -> Tensor:
        output: Tensor = rnn(x[:end])[0]
        return output

    def packed() -> Tensor:
        output, _ = rnn(pack_padded_sequence(x, lengths, enforce_sorted=False))
        return pad_packed_sequence(output, total_length=steps)[0]

    def by_rectangles() -> Tensor:
        return run_packed(rnn, x, lengths)[0]

    def call(forward: Callable[[], Tensor]) -> Callable[[], None]:
        def run() -> None:
            with torch.set_grad_enabled(backward):
                output = forward()
            if backward:
                torch.autograd.backward(output, gradient[: len(output)])
                rnn.zero_grad()
                x.grad = None

        return run

    def bucketed() -> None:
        for end in longest:
            call(partial(padded, end))()

    return {
        "padded": call(padded),
        "packed": call(packed),
        "bucketed": bucketed,
        "run_packed": call(by_rectangles),
    }


def memory() -> list[Row]:
    """The peaks of memory of forward and backward, N = 64 and L = 400, in MB, each in a fresh process."""
    rows = []
    for kind, valid in itertools.product(KINDS, VALID):
        row: Row = {"kind": kind, "N": 64, "L": 400, "valid": valid}
        for way in ("padded", "packed", "run_packed"):
            command = [sys.executable, __file__, "--peak", kind, str(valid), way]
            row[way] = round(
                float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            )
        rows.append(row)
        print(row, flush=True)
    return rows


def peak(kind: str, valid: str, way: str) -> float:
    torch.set_num_threads(1)
    # A small run first, for what torch keeps once and for all.
    ways(kind, 1, 1, 2, 3, 0.5, True, torch.device("cpu"))[way]()
    calls = ways(kind, 1, 1, 64, 400, float(valid), True, torch.device("cpu"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    calls[way]()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024  # Linux counts in KiB


def compact(report: dict[str, Any]) -> str:
    """JSON with one row a line."""
    parts = []
    for key, value in report.items():
        if isinstance(value, list):
            text = "[\n" + ",\n".join(json.dumps(row) for row in value) + "\n]"
        else:
            text = json.dumps(value)
        parts.append(f"{json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def slope(rows: list[Row], way: str) -> float:
    """How time grows with L: the exponent of the power of L that fits the times best."""
    points = [(math.log(row["L"]), math.log(row[way])) for row in rows if row[way]]
    return statistics.linear_regression(*zip(*points, strict=True)).slope


def page(report: dict[str, Any]) -> str:
    """The summary as Markdown."""
    rows: list[Row] = report["rows"]
    paragraphs = [
        "# Padded, packed, in buckets, and by run_packed",
        "Written by `benchmarks/packing.py`, whose first lines say what is timed and how. Times in ms, medians of "
        f"interleaved calls. H_in = {INPUT_SIZE}, H_out = {HIDDEN_SIZE}, float32.",
    ]
    for device, host in report["machines"].items():
        name = host["cpu"] if device == "cpu" else host["device"]
        paragraphs.append(
            f"{device}: {name}, {host['cores']} cores, torch {host['torch']}, Python {host['python']}, {host['date']}."
        )
    for device, threads in sorted({(row["device"], row["threads"]) for row in rows}):
        here = [row for row in rows if (row["device"], row["threads"]) == (device, threads)]
        paragraphs += summary(f"{device}, {threads} thread{'s' * (threads > 1)}", here)
    if report["memory"]:
        paragraphs.append("## Peak memory of one forward and backward pass, MB (N 64, L 400, one layer)")
        paragraphs.append(table(["kind", "valid", "padded", "packed", "run_packed"], report["memory"]))
    return "\n\n".join(paragraphs) + "\n"


def summary(title: str, rows: list[Row]) -> list[str]:
    train = [row for row in rows if row["done"] == "forward+backward"]
    paragraphs = [f"## {title}"]
    goal = [
        r for r in train if (r["kind"], r["L"], r["valid"], r["layers"], r["D"]) == ("LSTM", 400, 0.5, 1, 1)
    ]
    for row in (row for row in goal if row["packed"]):
        paragraphs.append(
            f"LSTM training, L = 400, half the cells valid, N = {row['N']}: run_packed is "
            f"{row['packed'] / row['run_packed']:.1f} times faster than packing (goal: 10)."
        )
    ratios = [(r["run_packed"] / min(r["padded"], r["packed"] or math.inf), r) for r in rows]
    slow = [ratio for ratio, _ in ratios if ratio > 1.1]
    worst, at = max(ratios, key=lambda pair: pair[0])
    paragraphs.append(
        f"run_packed against the better of padded and packed, {len(ratios)} settings: median "
        f"{statistics.median(ratio for ratio, _ in ratios):.2f}; above 1.10 in {len(slow)}; at worst {worst:.2f} "
        f"({', '.join(f'{key} {at[key]}' for key in SETTING[2:])})."
    )
    same = sorted(
        r["run_packed"] / r["packed"]
        for r in rows
        if r["done"] == "forward" and r["kind"] != "LSTM" and r["valid"] < 0.75 and r["packed"]
    )
    if same:
        low, high = same[len(same) // 10], same[-1 - len(same) // 10]
        paragraphs.append(
            f"How much of that is noise: in {len(same)} settings (inference by GRU and RNN, half the cells valid or "
            f"fewer) run_packed does just what packing does. There the ratio of their times is from {low:.2f} to "
            f"{high:.2f} in the middle eight tenths, and from {same[0]:.2f} to {same[-1]:.2f} in all."
        )
    for done in ("forward+backward", "forward"):
        groups: dict[tuple[Any, ...], list[float]] = {}
        for ratio, row in ratios:
            if row["done"] == done:
                groups.setdefault((row["kind"], row["valid"]), []).append(ratio)
        lines = [
            {
                "kind": kind,
                "valid": valid,
                "median": f"{statistics.median(found):.2f}",
                "worst": f"{max(found):.2f}",
                "settings": len(found),
                "above 1.10": sum(ratio > 1.1 for ratio in found),
            }
            for (kind, valid), found in groups.items()
        ]
        paragraphs.append(f"{done}, run_packed over the better of the two:")
        paragraphs.append(table(list(lines[0]), lines))
    series = [
        [r for r in train if (r["kind"], r["N"], r["valid"], r["layers"], r["D"]) == (kind, 64, 0.5, 1, 1)]
        for kind in KINDS
    ]
    for rows_of_kind in filter(None, series):
        kind = rows_of_kind[0]["kind"]
        if len(rows_of_kind) > 2:
            exponents = ", ".join(f"{way} {slope(rows_of_kind, way):.2f}" for way in WAYS)
            paragraphs.append(
                f"{kind} training, N = 64, half valid. Time grows as L to the power of: {exponents}."
            )
        paragraphs.append(table(["L", *WAYS], sorted(rows_of_kind, key=lambda r: int(r["L"]))))
    return paragraphs


def table(columns: list[str], rows: list[Row]) -> str:
    def text(value: object) -> str:
        if value is None:
            return "not timed"
        return f"{value:.1f}" if isinstance(value, float) and value >= 1 else str(value)

    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(text(row[column]) for column in columns) + " |" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
