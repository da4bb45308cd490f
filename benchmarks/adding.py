"""Steps of training until the adding problem is solved, for four recurrent networks, three lengths and ten seeds.

    python benchmarks/adding.py --seeds 10 --steps 1500

As in the chapter on exploding and vanishing gradients: 32 hidden units, Adam on fresh batches of 32, the gradient
clipped to norm 1, a learning rate for each network. Solved means that the median error of the last 30 steps is 0.01 or
less; always saying 1 costs 1/6. Results go to ``rnnlib/data/adding.json``, which the chapter reads, and ``adding.md``.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from torch import nn

from rnnlib.losses import squared_error
from rnnlib.tasks.adding import adding

RESULTS = Path(__file__).parent / "results"
DATA = Path(__file__).parent.parent / "rnnlib" / "data"
RATES = {"GRU": 0.03, "LSTM": 0.015, "RNN, identity": 0.002, "RNN": 0.003}
LENGTHS = (20, 50, 100)
H, N, WINDOW, SOLVED = 32, 32, 30, 0.01


def network(name: str) -> nn.Module:
    if name != "RNN, identity":
        kinds: dict[str, Callable[[int, int], nn.Module]] = {"GRU": nn.GRU, "LSTM": nn.LSTM, "RNN": nn.RNN}
        return kinds[name](2, H)
    rnn = nn.RNN(2, H, nonlinearity="relu")
    weights = dict(rnn.named_parameters())
    nn.init.eye_(weights["weight_hh_l0"])
    nn.init.normal_(weights["weight_ih_l0"], std=0.1)
    nn.init.zeros_(weights["bias_ih_l0"])
    nn.init.zeros_(weights["bias_hh_l0"])
    return rnn


def fit(name: str, L: int, seed: int, steps: int) -> dict[str, Any]:
    """Train one network from one seed until it has solved the problem or used up its steps."""
    torch.manual_seed(seed)
    rnn, readout = network(name), nn.Linear(H, 1)
    source = torch.Generator().manual_seed(seed)
    parameters = [*rnn.parameters(), *readout.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=RATES[name])
    errors: list[float] = []
    recent = float("inf")
    while len(errors) < steps and recent > SOLVED:
        x, sums = adding(L, N, source)
        loss = squared_error(readout(rnn(x)[0][-1]).squeeze(-1), sums)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        errors.append(loss.item())
        if len(errors) >= WINDOW:
            recent = statistics.median_high(errors[-WINDOW:])
    solved = len(errors) if recent <= SOLVED else None
    return {"network": name, "L": L, "seed": seed, "solved_after": solved, "error": round(recent, 4)}


def page(report: dict[str, Any]) -> str:
    """The results as Markdown: one row for each network and length."""
    lines = [
        "# The adding problem",
        "",
        f"Written by `benchmarks/adding.py` on {report['date']}, torch {report['torch']}. {report['seeds']} seeds, "
        f"at most {report['steps']} steps each; what solved means is said in that file.",
        "",
        "| network | learning rate | L | solved | after steps, least to greatest | errors of the others |",
        "|---|--:|--:|--:|---|---|",
    ]
    for name, rate in RATES.items():
        for L in LENGTHS:
            rows = [row for row in report["rows"] if (row["network"], row["L"]) == (name, L)]
            steps = sorted(row["solved_after"] for row in rows if row["solved_after"] is not None)
            errors = sorted(row["error"] for row in rows if row["solved_after"] is None)
            after = f"{steps[0]} to {steps[-1]}" if steps else ""
            left = f"{errors[0]:.3f} to {errors[-1]:.3f}" if errors else ""
            lines.append(f"| {name} | {rate} | {L} | {len(steps)} of {len(rows)} | {after} | {left} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=10, help="networks of each kind (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=1500, help="steps at most (default: %(default)s)")
    options = parser.parse_args()
    torch.set_num_threads(1)  # the networks are so small that a second thread only costs
    rows = []
    for name in RATES:
        for L in LENGTHS:
            rows += [fit(name, L, seed, options.steps) for seed in range(options.seeds)]
            print(name, L, [row["solved_after"] for row in rows[-options.seeds :]], flush=True)
    report = {
        "torch": torch.__version__,
        "date": datetime.now(UTC).date().isoformat(),
        "seeds": options.seeds,
        "steps": options.steps,
        "rows": rows,
    }
    (DATA / "adding.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "adding.md").write_text(page(report), encoding="utf-8")


if __name__ == "__main__":
    main()
