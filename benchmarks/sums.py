"""What 20 CPU seconds teach of sums of digits: bases, lengths, layers, encodings, with and without a curriculum.

    python benchmarks/sums.py --seeds 3 --seconds 20        --only NAME: these studies alone, the others kept

The task of the chapter on training: digits of unequal length, and the class is their sum modulo a base. An embedding
of 16, one layer of 64 units, Adam with 0.003 on fresh batches of 128, the gradient clipped to norm 1. A training stops
when it knows 99 % of 1,024 validation sequences, asked after each 50 steps, or when it has used up its seconds (of its
own process, one thread). Then it is asked lengths 2 and 10 times as great as the longest it has met. Results go to
``rnnlib/data/sums.json``, which the chapter reads, and ``sums.md``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from timing import machine
from torch import Tensor, nn
from torch.nn import functional as F

from rnnlib.lengths import run_packed
from rnnlib.tasks import digit_sums

RESULTS = Path(__file__).parent / "results"
DATA = Path(__file__).parent.parent / "rnnlib" / "data"
LAYERS: dict[str, Callable[[int, int], nn.RNN | nn.LSTM | nn.GRU]] = {
    "RNN": nn.RNN,
    "GRU": nn.GRU,
    "LSTM": nn.LSTM,
}
H, N, CLIP, EVERY, KNOWN = 64, 128, 1.0, 50, 0.99
DEFAULT: dict[str, Any] = {
    "kind": "GRU",
    "base": 10,
    "shortest": 1,
    "longest": 10,
    "encoding": "embedding",
    "curriculum": False,
    "rate": 0.003,
}
STUDIES: dict[str, dict[str, list[Any]]] = {
    "grid": {"base": [2, 3, 5, 7, 10], "longest": [3, 5, 10, 20], "kind": list(LAYERS)},
    "encoding": {"encoding": ["number", "one-hot", "embedding"], "kind": list(LAYERS), "longest": [5, 10]},
    "long only": {"shortest": [2, 5, 10], "longest": [20], "kind": ["GRU", "LSTM"]},
    "curriculum": {
        "curriculum": [False, True],
        "rate": [0.001, 0.003],
        "longest": [20],
        "kind": ["RNN", "GRU"],
    },
}


class Reader(nn.Module):
    """Digits, read by one layer; the class from the state after the last valid one."""

    def __init__(self, kind: str, base: int, encoding: str) -> None:
        super().__init__()
        self.encoding = encoding
        self.embedding = nn.Embedding(10, 16) if encoding == "embedding" else None
        self.rnn = LAYERS[kind]({"embedding": 16, "one-hot": 10, "number": 1}[encoding], H)
        self.readout = nn.Linear(H, base)

    def forward(self, digits: Tensor, lengths: Tensor) -> Tensor:
        if self.embedding is not None:
            x = self.embedding(digits)  # (L, N) -> (L, N, 16)
        elif self.encoding == "one-hot":
            x = F.one_hot(digits, 10).float()  # -> (L, N, 10)
        else:
            x = digits.unsqueeze(-1) / 9  # -> (L, N, 1)
        _, state = run_packed(self.rnn, x, lengths)
        h_n = state[0] if isinstance(state, tuple) else state
        scores: Tensor = self.readout(h_n[-1])  # (N, base)
        return scores


def right(model: Reader, batch: tuple[Tensor, Tensor, Tensor]) -> float:
    digits, lengths, classes = batch
    with torch.no_grad():
        return float((model(digits, lengths).argmax(dim=1) == classes).float().mean())


def fit(setting: dict[str, Any], seed: int, seconds: float) -> dict[str, Any]:
    """Train one network from one seed until it knows its lengths or has used up its seconds."""
    torch.manual_seed(seed)
    base, shortest, longest = setting["base"], setting["shortest"], setting["longest"]
    model = Reader(setting["kind"], base, setting["encoding"])
    source = torch.Generator().manual_seed(seed)
    held_out = torch.Generator().manual_seed(1000 + seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=setting["rate"])

    def examples(least: int, most: int, count: int = 1024) -> tuple[Tensor, Tensor, Tensor]:
        drawn = digit_sums.draw(count, least, most, part="validation", base=base, generator=held_out)
        return digit_sums.collate(drawn)

    validation = examples(shortest, longest)
    limit = max(2, shortest) if setting["curriculum"] else longest
    steps, known, losses = 0, 0.0, list[float]()
    begin = time.process_time()
    while known < KNOWN and time.process_time() - begin < seconds:
        drawn = digit_sums.draw(N, shortest, limit, base=base, generator=source)
        digits, lengths, classes = digit_sums.collate(drawn)
        loss = F.cross_entropy(model(digits, lengths), classes)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        steps += 1
        losses.append(loss.item())
        if limit < longest and len(losses) >= 20 and statistics.fmean(losses[-20:]) < 0.2:
            limit, losses = limit + 1, []
        if steps % EVERY == 0:
            known = right(model, validation)
    used = time.process_time() - begin
    if steps % EVERY:
        known = right(model, validation)
    longer = {times: right(model, examples(times * longest, times * longest, 512)) for times in (2, 10)}
    return {
        **setting,
        "seed": seed,
        "steps": steps,
        "known": round(known, 3),
        "seconds": round(used, 1),
        "twice": round(longer[2], 3),
        "tenfold": round(longer[10], 3),
        "reached": limit,
    }


def settings(study: str) -> Iterator[dict[str, Any]]:
    axes = STUDIES[study]
    for values in itertools.product(*axes.values()):
        yield DEFAULT | dict(zip(axes, values, strict=True))


def table(report: dict[str, Any]) -> str:
    lines = [
        "# Sums of digits modulo a base, with a budget of seconds",
        "",
        f"Made by `benchmarks/sums.py` on {report['machine']}, {report['date']}, torch {report['torch']}: "
        f"{report['seconds']:g} CPU seconds at most, {report['seeds']} seeds.",
        "",
        "known: accuracy on validation sequences of the same lengths, each seed; 2x, 10x: the median accuracy at "
        "twice and ten times the longest; steps and seconds: medians.",
    ]
    for study, axes in STUDIES.items():
        names = list(axes)
        lines += ["", f"## {study}", "", f"| {' | '.join(names)} | known | 2x | 10x | steps | seconds |"]
        lines += ["|---" * (len(names) + 5) + "|"]
        for setting in settings(study):
            rows = [r for r in report["rows"] if r["study"] == study and setting.items() <= r.items()]
            if not rows:
                continue
            cells = [str(setting[name]) for name in names]
            cells += [" ".join(f"{r['known']:.2f}" for r in rows)]
            cells += [f"{statistics.median(r[what] for r in rows):.2f}" for what in ("twice", "tenfold")]
            cells += [
                f"{statistics.median(r['steps'] for r in rows):.0f}",
                f"{statistics.median(r['seconds'] for r in rows):.1f}",
            ]
            lines += [f"| {' | '.join(cells)} |"]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--only", nargs="*", choices=list(STUDIES), default=list(STUDIES))
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    target = DATA / "sums.json"
    old = json.loads(target.read_text(encoding="utf-8"))["rows"] if target.exists() else []
    rows = [row for row in old if row["study"] not in chosen.only]
    for study in chosen.only:
        for setting in settings(study):
            for seed in range(chosen.seeds):
                rows.append({"study": study, **fit(setting, seed, chosen.seconds)})
                print(rows[-1], flush=True)
        report = {
            "machine": machine("cpu")["cpu"],
            "torch": torch.__version__,
            "date": datetime.now(UTC).date().isoformat(),
            "seconds": chosen.seconds,
            "seeds": chosen.seeds,
            "rows": rows,
        }
        text = ",\n".join("  " + json.dumps(row) for row in rows)
        head = json.dumps({**report, "rows": "ROWS"}, indent=1)
        target.write_text(head.replace('"ROWS"', f"[\n{text}\n ]") + "\n", encoding="utf-8")
        (RESULTS / "sums.md").write_text(table(report), encoding="utf-8")


if __name__ == "__main__":
    main()
