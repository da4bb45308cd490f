"""The layers by hand against torch.nn's: milliseconds, and how many times torch.nn's time.

    python benchmarks/layers.py --threads 2 --repeats 15

The two are timed in turn, one call each, so that a change of the machine's speed meets both; the figures are medians.
The ratio is the median time by hand over the median time of torch.nn. Results go to ``layers.json`` and ``layers.md``
in the folder ``--out``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from timing import machine, medians
from torch import Tensor, nn

import rnnlib.layers

KINDS = ("RNN", "GRU", "LSTM")
LENGTHS = (20, 100, 200)
BATCH_SIZE, INPUT_SIZE, HIDDEN_SIZE = 64, 128, 256

# Forward and backward at L = 100 on a CPU: at most so many times torch.nn's time.
GOALS = {"RNN": 1.5, "GRU": 1.3, "LSTM": 3.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps (default: %(default)s)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="default: %(default)s")
    parser.add_argument("--repeats", type=int, default=15, help="timed calls of each (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    rows = []
    for kind in KINDS:
        for length in LENGTHS:
            for backward in (False, True):
                row = compare(kind, length, backward, torch.device(options.device), options.repeats)
                rows.append(row)
                print(table([row]).splitlines()[-1], flush=True)
    report = {"machine": machine(options.device), "settings": settings(options.repeats), "rows": rows}
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "layers.json").write_text(json.dumps(report, indent=2) + "\n")
    (options.out / "layers.md").write_text(page(report))


def compare(kind: str, length: int, backward: bool, device: torch.device, repeats: int) -> dict[str, Any]:
    """Time one kind of layer at one length, by hand and from torch.nn, with the same weights."""
    torch.manual_seed(0)
    library: nn.Module = getattr(nn, kind)(INPUT_SIZE, HIDDEN_SIZE).to(device)
    by_hand: nn.Module = getattr(rnnlib.layers, kind)(INPUT_SIZE, HIDDEN_SIZE).to(device)
    by_hand.load_state_dict(library.state_dict())
    x = torch.randn(length, BATCH_SIZE, INPUT_SIZE).to(device).requires_grad_(backward)
    weights = torch.randn(length, BATCH_SIZE, HIDDEN_SIZE).to(device)
    calls = {
        name: call(module, x, weights, backward) for name, module in (("nn", library), ("by_hand", by_hand))
    }
    times = medians(calls, device, repeats)
    return {
        "kind": kind,
        "L": length,
        "pass": "forward+backward" if backward else "forward",
        "nn_ms": round(times["nn"], 2),
        "by_hand_ms": round(times["by_hand"], 2),
        "ratio": round(times["by_hand"] / times["nn"], 2),
    }


def call(module: nn.Module, x: Tensor, weights: Tensor, backward: bool) -> Callable[[], None]:
    """A run of the module: forward without a graph, or forward and the gradients of x and every parameter."""

    def forward() -> None:
        with torch.no_grad():
            module(x)

    def forward_and_backward() -> None:
        module.zero_grad()
        x.grad = None
        output, _ = module(x)
        output.backward(weights)

    return forward_and_backward if backward else forward


def settings(repeats: int) -> dict[str, Any]:
    return {
        "N": BATCH_SIZE,
        "H_in": INPUT_SIZE,
        "H_out": HIDDEN_SIZE,
        "layers": 1,
        "dtype": "float32",
        "repeats": repeats,
        "goals": {"pass": "forward+backward", "L": 100, "ratio": GOALS},
    }


def table(rows: list[dict[str, Any]]) -> str:
    lines = ["| layer | L | pass | nn, ms | by hand, ms | ratio |", "|---|--:|---|--:|--:|--:|"]
    for row in rows:
        lines.append(
            f"| {row['kind']} | {row['L']} | {row['pass']} | {row['nn_ms']:.1f} | {row['by_hand_ms']:.1f} "
            f"| {row['ratio']:.2f} |"
        )
    return "\n".join(lines)


def page(report: dict[str, Any]) -> str:
    """The report as Markdown: machine, table, and the goals with what was reached."""
    host, sizes, goals = report["machine"], report["settings"], report["settings"]["goals"]
    reached = {
        row["kind"]: row["ratio"]
        for row in report["rows"]
        if row["L"] == goals["L"] and row["pass"] == goals["pass"]
    }
    paragraphs = [
        "# The layers by hand against torch.nn's",
        f"Medians of {sizes['repeats']} interleaved calls, written by `benchmarks/layers.py` on {host['date']}.",
        f"N = {sizes['N']}, H_in = {sizes['H_in']}, H_out = {sizes['H_out']}, {sizes['layers']} layer, one "
        f'direction, {sizes["dtype"]}. "forward" runs without a graph; "forward+backward" computes the '
        "gradients of the input and of every parameter. The ratio is the time by hand over torch.nn's.",
        f"{host['cpu']}, {host['cores']} cores, {host['threads']} threads, device {host['device']}, "
        f"torch {host['torch']}, Python {host['python']}.",
        table(report["rows"]),
        f"{goals['pass']} at L = {goals['L']}, times torch.nn's (the goals are for a CPU):",
        "\n".join(
            f"- {kind}: {reached[kind]:.2f}, goal at most {goal}" for kind, goal in goals["ratio"].items()
        ),
    ]
    return "\n\n".join(paragraphs) + "\n"


if __name__ == "__main__":
    main()
