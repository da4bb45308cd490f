"""Steps of training until a network recalls the first of L symbols: an RNN, two GRUs and nine LSTMs, ten seeds.

    python benchmarks/recall.py --seeds 10 --steps 1000        --only NAME: these networks alone, the others kept

The task of the chapter on gates: four symbols, one-hot, and the answer is read from the last state. 32 hidden units,
Adam on fresh batches of 32, the gradient clipped to norm 1, three learning rates for each network. Solved means: 98 %
of the answers of the last 30 steps are right. A network that none of its seeds and rates made solve one length is not
tried with longer ones. Results go to ``rnnlib/data/recall.json``, which the chapter reads, and ``recall.md``.
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
from torch.nn import functional as F

RESULTS = Path(__file__).parent / "results"
DATA = Path(__file__).parent.parent / "rnnlib" / "data"
# The kind, and what the biases of its blocks sum up to: block 1 is what keeps the old state, the LSTM's forget gate and
# the GRU's update gate; block 0 of an LSTM is the input gate, which writes.
NETWORKS: dict[str, tuple[Callable[[int, int], nn.RNNBase], dict[int, float]]] = {
    "RNN": (nn.RNN, {}),
    "GRU": (nn.GRU, {}),
    "GRU, bias 4": (nn.GRU, {1: 4.0}),
    "LSTM": (nn.LSTM, {}),
    **{f"LSTM, bias {bias}": (nn.LSTM, {1: float(bias)}) for bias in (1, 2, 3, 4, 5, 6)},
    "LSTM, input bias -3": (nn.LSTM, {0: -3.0}),
    "LSTM, bias 5, input bias -3": (nn.LSTM, {0: -3.0, 1: 5.0}),
}
RATES = (0.003, 0.01, 0.03)
LENGTHS = (10, 20, 40, 80)
SYMBOLS, H, N, WINDOW, SOLVED = 4, 32, 32, 30, 0.98


def network(name: str) -> nn.RNNBase:
    kind, biases = NETWORKS[name]
    rnn = kind(SYMBOLS, H)
    weights = dict(rnn.named_parameters())
    with torch.no_grad():
        for block, bias in biases.items():
            weights["bias_ih_l0"][block * H : (block + 1) * H] = bias
            weights["bias_hh_l0"][block * H : (block + 1) * H] = 0
    return rnn


def fit(name: str, L: int, rate: float, seed: int, steps: int) -> dict[str, Any]:
    """Train one network from one seed until it recalls the first symbol or has used up its steps."""
    torch.manual_seed(seed)
    rnn, readout = network(name), nn.Linear(H, SYMBOLS)
    source = torch.Generator().manual_seed(seed)
    parameters = [*rnn.parameters(), *readout.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=rate)
    shares: list[float] = []
    recent = 0.0
    while len(shares) < steps and recent < SOLVED:
        symbols = torch.randint(0, SYMBOLS, (L, N), generator=source)
        scores = readout(rnn(F.one_hot(symbols, SYMBOLS).float())[0][-1])
        loss = F.cross_entropy(scores, symbols[0])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        shares.append((scores.argmax(dim=1) == symbols[0]).float().mean().item())
        if len(shares) >= WINDOW:
            recent = statistics.fmean(shares[-WINDOW:])
    return {
        "network": name,
        "L": L,
        "rate": rate,
        "seed": seed,
        "solved_after": len(shares) if recent >= SOLVED else None,
        "right": round(recent, 3),
    }


def measure(names: list[str], seeds: int, steps: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for name in names:
        for L in LENGTHS:
            here = [fit(name, L, rate, seed, steps) for rate in RATES for seed in range(seeds)]
            rows += here
            solved = [sum(row["solved_after"] is not None for row in here if row["rate"] == r) for r in RATES]
            print(name, L, solved, flush=True)
            if not any(solved):
                break
    return rows


def page(report: dict[str, Any]) -> str:
    """The results as Markdown: one row for each network and length, and in it the seeds that solved it, by rate."""
    columns = " | ".join(f"solved at {rate:g}" for rate in RATES)
    lines = [
        "# Recalling the first of L symbols",
        "",
        f"Written by `benchmarks/recall.py` on {report['date']}, torch {report['torch']}. {report['seeds']} seeds for "
        f"each learning rate, at most {report['steps']} steps each; what solved means is said in that file.",
        "",
        f"| network | L | {columns} | median of the steps, at the best rate |",
        f"|---|--:|{'--:|' * len(RATES)}--:|",
    ]
    for name in NETWORKS:
        for L in LENGTHS:
            rows = [row for row in report["rows"] if (row["network"], row["L"]) == (name, L)]
            if not rows:
                continue
            by_rate = [[row["solved_after"] for row in rows if row["rate"] == rate] for rate in RATES]
            solved = [[steps for steps in found if steps is not None] for found in by_rate]
            best = max(solved, key=lambda steps: (len(steps), -statistics.median(steps or [0])))
            cells = [f"{len(s)} of {len(found)}" for s, found in zip(solved, by_rate, strict=True)]
            lines.append(
                f"| {name} | {L} | {' | '.join(cells)} | {statistics.median(best) if best else ''} |"
            )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=10, help="networks for each rate (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=1000, help="steps at most (default: %(default)s)")
    parser.add_argument(
        "--only", nargs="+", choices=NETWORKS, help="measure these and keep the others' results"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)  # the networks are so small that a second thread only costs
    kept: list[dict[str, Any]] = []
    if options.only:
        before = json.loads((DATA / "recall.json").read_text(encoding="utf-8"))
        if (before["torch"], before["seeds"], before["steps"]) != (
            torch.__version__,
            options.seeds,
            options.steps,
        ):
            parser.error("--only needs the torch, the seeds and the steps of the results that it keeps")
        kept = [row for row in before["rows"] if row["network"] not in options.only]
    report = {
        "torch": torch.__version__,
        "date": datetime.now(UTC).date().isoformat(),
        "seeds": options.seeds,
        "steps": options.steps,
        "rows": kept + measure(options.only or list(NETWORKS), options.seeds, options.steps),
    }
    (DATA / "recall.json").write_text(json.dumps(report) + "\n", encoding="utf-8")
    (RESULTS / "recall.md").write_text(page(report), encoding="utf-8")


if __name__ == "__main__":
    main()
