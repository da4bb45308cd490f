"""One, two and three layers at equal parameter count, on parities nested one, two and three times.

    python benchmarks/depth.py --seeds 20 --steps 1500

Every network is a ``torch.nn.RNN`` with a linear readout, trained by Adam on fresh random batches. A loss is the mean
over the 50 steps of training before a point, in nats; guessing costs ln 2, which is 0.693. Results go to ``depth.json``
and ``depth.md`` in the folder ``--out``.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rnnlib.tasks.nested_parity import nested_parity
from rnnlib.training import train

ORDERS = (1, 2, 3)
HIDDEN_SIZES = {1: 24, 2: 14, 3: 11}  # by the number of layers
LENGTH, BATCH_SIZE, LEARNING_RATE = 12, 16, 0.01
WINDOW = 50  # steps of training that a loss is averaged over
SOLVED = 0.05  # nats


class Tagger(nn.Module):
    """A stacked RNN with one logit at every step."""

    def __init__(self, num_layers: int) -> None:
        super().__init__()
        hidden_size = HIDDEN_SIZES[num_layers]
        self.rnn = nn.RNN(1, hidden_size, num_layers)
        self.readout = nn.Linear(hidden_size, 1)

    def forward(self, x: Tensor) -> Tensor:
        output, _ = self.rnn(x)
        logits: Tensor = self.readout(output).squeeze(-1)  # (L, N, 1) -> (L, N)
        return logits


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=20, help="networks of each kind (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=1500, help="steps of training (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    torch.set_num_threads(1)  # the networks are so small that a second thread only costs

    points = sorted({min(point, options.steps) for point in (200, 400, options.steps)})
    rows = []
    for order in ORDERS:
        for num_layers in HIDDEN_SIZES:
            rows.append(study(order, num_layers, options.seeds, points))
            print(table(rows[-1:], points).splitlines()[-1], flush=True)
    report = {
        "torch": torch.__version__,
        "date": datetime.now(UTC).date().isoformat(),
        "settings": {
            "L": LENGTH,
            "N": BATCH_SIZE,
            "learning_rate": LEARNING_RATE,
            "seeds": options.seeds,
            "points": points,
            "window": WINDOW,
            "solved": SOLVED,
        },
        "rows": rows,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "depth.json").write_text(json.dumps(report, indent=2) + "\n")
    (options.out / "depth.md").write_text(page(report))


def study(order: int, num_layers: int, seeds: int, points: list[int]) -> dict[str, Any]:
    """Train networks of one depth on parities of one order; the losses at each point, one for each seed."""
    losses: dict[str, list[float]] = {str(point): [] for point in points}
    for seed in range(seeds):
        torch.manual_seed(seed)
        model = Tagger(num_layers)
        curve = train(model, batches(order, points[-1]), tagging_loss, learning_rate=LEARNING_RATE)
        for point in points:
            losses[str(point)].append(round(statistics.mean(curve.losses[max(0, point - WINDOW) : point]), 4))
    return {
        "order": order,
        "num_layers": num_layers,
        "hidden_size": HIDDEN_SIZES[num_layers],
        "parameters": sum(weight.numel() for weight in Tagger(num_layers).parameters()),
        "losses": losses,
    }


def batches(order: int, steps: int) -> Iterator[tuple[Tensor, Tensor]]:
    for _ in range(steps):
        yield nested_parity(LENGTH, BATCH_SIZE, order)


def tagging_loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    x, tags = batch
    return F.binary_cross_entropy_with_logits(model(x), tags.float())


def table(rows: list[dict[str, Any]], points: list[int]) -> str:
    head = [f"after {point} steps: median (least to greatest) | solved" for point in points]
    lines = ["| order | layers | H_out | parameters | " + " | ".join(head) + " |"]
    lines.append("|--:|--:|--:|--:|" + "---|--:|" * len(points))
    for row in rows:
        cells = [str(row[name]) for name in ("order", "num_layers", "hidden_size", "parameters")]
        for point in points:
            losses = row["losses"][str(point)]
            spread = f"{statistics.median(losses):.3f} ({min(losses):.3f} to {max(losses):.3f})"
            cells += [spread, f"{sum(loss < SOLVED for loss in losses)} of {len(losses)}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def page(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    settings = report["settings"]
    paragraphs = [
        "# Depth at equal parameter count",
        f"Written by `benchmarks/depth.py` on {report['date']}, torch {report['torch']}.",
        f"`torch.nn.RNN` on nested parities (`rnnlib.tasks.nested_parity`), L = {settings['L']}, N = {settings['N']}, "
        f"Adam with a learning rate of {settings['learning_rate']}, {settings['seeds']} seeds. The loss is the mean "
        f"over the {settings['window']} steps before a point, in nats; guessing costs 0.693. A network has solved the "
        f"task if its loss is below {settings['solved']}.",
        table(report["rows"], settings["points"]),
    ]
    return "\n\n".join(paragraphs) + "\n"


if __name__ == "__main__":
    main()
