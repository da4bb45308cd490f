"""Remedies that are recommended against unstable, slow and overfitting trainings, each tried alone, ten seeds.

    python benchmarks/remedies.py --seeds 10        --only NAME: these studies alone, the others kept

The task of the chapter on training: up to ten digits, and the class is their sum modulo 10. An embedding of 16, one
layer of 64 units. Each study has a training that ails and changes one thing at a time. It is asked 2,000 validation
sequences after each 50 batches' worth of 64 sequences. Results go to ``rnnlib/data/remedies.json``, which the chapter
reads, and ``remedies.md``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from timing import machine
from torch import Tensor, nn
from torch.nn import functional as F

from rnnlib.lengths import BucketBatchSampler
from rnnlib.tasks import digit_sums

RESULTS = Path(__file__).parent / "results"
DATA = Path(__file__).parent.parent / "rnnlib" / "data"
KNOWN, CHECK_EVERY = 0.95, 50 * 64  # sequences
DEFAULT: dict[str, Any] = {
    "kind": "GRU",
    "units": 64,
    "examples": 10_000,
    "batch": 64,
    "sequences": 600 * 64,
    "rate": 0.01,
    "schedule": "constant",
    "optimizer": "Adam",
    "decay": 0.0,
    "clip": 1.0,
    "dropout": 0.0,
    "smoothing": 0.0,
    "curriculum": False,
    "buckets": False,
    "orthogonal": False,
    "norm": False,
    "early": False,
}
STUDIES: dict[str, tuple[dict[str, Any], dict[str, dict[str, Any]]]] = {
    "unstable": (
        {"rate": 0.03, "clip": None},
        {
            "clip the gradient to norm 1": {"clip": 1.0},
            "clip the gradient to norm 0.1": {"clip": 0.1},
            "a third of the rate": {"rate": 0.01},
            "a tenth of the rate": {"rate": 0.003},
            "warm-up over 100 steps": {"schedule": "warm-up"},
            "one cycle up to the same rate": {"schedule": "one cycle"},
            "cosine down from the same rate": {"schedule": "cosine"},
            "batches of 256": {"batch": 256},
            "LSTM instead of GRU": {"kind": "LSTM"},
            "orthogonal recurrent matrices": {"orthogonal": True},
            "LayerNorm on the embedding": {"norm": True},
        },
    ),
    "slow": (
        {"rate": 0.001},
        {
            "three times the rate": {"rate": 0.003},
            "ten times the rate": {"rate": 0.01},
            "one cycle up to ten times the rate": {"rate": 0.01, "schedule": "one cycle"},
            "SGD with momentum, rate 0.1": {"optimizer": "SGD", "rate": 0.1},
            "batches of 16": {"batch": 16},
            "batches of 256": {"batch": 256},
            "LSTM instead of GRU": {"kind": "LSTM"},
            "nn.RNN instead of GRU": {"kind": "RNN"},
            "nn.RNN with relu instead of GRU": {"kind": "RNN, relu"},
            "32 units": {"units": 32},
            "128 units": {"units": 128},
            "a curriculum over lengths": {"curriculum": True},
            "batches of similar length": {"buckets": True},
        },
    ),
    "overfitting": (
        {"examples": 2000, "sequences": 1000 * 64, "schedule": "one cycle"},
        {
            "dropout 0.2": {"dropout": 0.2},
            "dropout 0.5": {"dropout": 0.5},
            "weight decay 0.1 (AdamW)": {"optimizer": "AdamW", "decay": 0.1},
            "weight decay 1 (AdamW)": {"optimizer": "AdamW", "decay": 1.0},
            "early stopping": {"early": True},
            "label smoothing 0.1": {"smoothing": 0.1},
            "16 units": {"units": 16},
            "32 units": {"units": 32},
            "LSTM instead of GRU": {"kind": "LSTM"},
            "a curriculum over lengths": {"curriculum": True},
            "twice the data": {"examples": 4000},
            "four times the data": {"examples": 8000},
        },
    ),
}


class Reader(nn.Module):
    """Digits, read by one layer; the class from the state after the last valid one."""

    def __init__(self, setting: dict[str, Any]) -> None:
        super().__init__()
        kind, units = setting["kind"], setting["units"]
        self.embedding = nn.Embedding(10, 16)
        self.norm = nn.LayerNorm(16) if setting["norm"] else nn.Identity()
        options = {"nonlinearity": "relu"} if kind == "RNN, relu" else {}
        self.rnn = getattr(nn, kind.split(",")[0])(16, units, **options)
        if setting["orthogonal"]:
            for block in self.rnn.weight_hh_l0.data.split(units):
                nn.init.orthogonal_(block)
        self.dropout = nn.Dropout(setting["dropout"])
        self.readout = nn.Linear(units, 10)

    def forward(self, digits: Tensor, lengths: Tensor) -> Tensor:
        output, _ = self.rnn(self.dropout(self.norm(self.embedding(digits))))  # (L, N, units)
        last = output[lengths - 1, torch.arange(len(lengths))]  # (N, units)
        scores: Tensor = self.readout(self.dropout(last))  # (N, 10)
        return scores


def scheduler(
    name: str, optimizer: torch.optim.Optimizer, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    from torch.optim import lr_scheduler

    rate = optimizer.param_groups[0]["lr"]
    if name == "one cycle":
        return lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps)
    if name == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimizer, steps)
    if name == "warm-up":
        return lr_scheduler.LinearLR(optimizer, 0.01, total_iters=100)
    return lr_scheduler.ConstantLR(optimizer, 1.0)


def fit(change: dict[str, Any], seed: int) -> dict[str, Any]:
    """Train one network from one seed with one thing changed."""
    setting = DEFAULT | change
    torch.manual_seed(seed)
    source = torch.Generator().manual_seed(seed)
    examples = digit_sums.draw(setting["examples"], generator=source)
    held_out = torch.Generator().manual_seed(1000 + seed)
    digits, lengths, classes = digit_sums.collate(
        digit_sums.draw(2000, part="validation", generator=held_out)
    )
    model = Reader(setting)
    steps = setting["sequences"] // setting["batch"]
    make = getattr(torch.optim, setting["optimizer"])
    options = {"momentum": 0.9} if setting["optimizer"] == "SGD" else {}
    optimizer = make(model.parameters(), lr=setting["rate"], weight_decay=setting["decay"], **options)
    schedule = scheduler(setting["schedule"], optimizer, steps)
    limit, losses, norms = (2 if setting["curriculum"] else 10), list[float](), list[float]()
    waiting: list[int] = []
    known: list[float] = []
    judged: list[float] = []
    seconds = 0.0
    for step in range(1, steps + 1):
        begin = time.process_time()
        if len(waiting) < setting["batch"]:
            allowed = [n for n, (d, _) in enumerate(examples) if len(d) <= limit]
            if setting["buckets"]:
                sampler = BucketBatchSampler(
                    [len(examples[n][0]) for n in allowed],
                    setting["batch"],
                    1.0,
                    drop_last=True,
                    generator=source,
                )
                waiting = [allowed[n] for batch in sampler for n in batch]
            else:
                waiting = [allowed[n] for n in torch.randperm(len(allowed), generator=source).tolist()]
        chosen, waiting = waiting[: setting["batch"]], waiting[setting["batch"] :]
        x, n, y = digit_sums.collate([examples[k] for k in chosen])
        model.train()
        loss = F.cross_entropy(model(x, n), y, label_smoothing=setting["smoothing"])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        largest = float("inf") if setting["clip"] is None else setting["clip"]
        norms.append(nn.utils.clip_grad_norm_(model.parameters(), largest).item())
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if limit < 10 and len(losses) >= 20 and statistics.fmean(losses[-20:]) < 0.2:
            limit, losses, waiting = limit + 1, [], []
        seconds += time.process_time() - begin
        if step * setting["batch"] % CHECK_EVERY == 0 or step == steps:
            model.eval()
            with torch.no_grad():
                scores = model(digits, lengths)
            known.append((scores.argmax(dim=1) == classes).float().mean().item())
            judged.append(F.cross_entropy(scores, classes).item())
    there = next((k for k, share in enumerate(known) if share >= KNOWN), None)
    best = min(range(len(judged)), key=judged.__getitem__)
    return {
        "seed": seed,
        "known": round(known[best if setting["early"] else -1], 3),
        "reached": None if there is None else (there + 1) * CHECK_EVERY,
        "seconds": round(seconds, 2),
        "largest_norm": round(max(norms), 1),
    }


def page(report: dict[str, Any]) -> str:
    lines = [
        "# Remedies for unstable, slow and overfitting trainings",
        "",
        f"Made by `benchmarks/remedies.py` on {report['machine']}, {report['date']}, torch {report['torch']}, "
        f"{report['seeds']} seeds. known: validation accuracy at the end, least, median, greatest; reached: seeds that "
        f"ever had {KNOWN:.0%}, and after how many sequences (median of those); seconds: median CPU time of the "
        "whole training, as a multiple of the first row's; norm: the median of the largest gradient norms.",
    ]
    for study in STUDIES:
        lines += ["", f"## {study}", "", "| changed | known | reached | sequences | time | norm |"]
        lines += ["|---|---|---|--:|--:|--:|"]
        first = 0.0
        for name in ("nothing", *STUDIES[study][1]):
            rows = [r for r in report["rows"] if (r["study"], r["changed"]) == (study, name)]
            if not rows:
                continue
            known = sorted(r["known"] for r in rows)
            there = [r["reached"] for r in rows if r["reached"] is not None]
            seconds = statistics.median(r["seconds"] for r in rows)
            first = first or seconds
            lines += [
                f"| {name} | {known[0]:.2f} {statistics.median(known):.2f} {known[-1]:.2f} "
                f"| {len(there)} of {len(rows)} "
                f"| {statistics.median(there) if there else '':} | {seconds / first:.2f} "
                f"| {statistics.median(r['largest_norm'] for r in rows):.1f} |"
            ]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--only", nargs="+", choices=list(STUDIES), default=list(STUDIES))
    chosen = parser.parse_args()
    torch.set_num_threads(1)  # the networks are so small that a second thread only costs
    target = DATA / "remedies.json"
    old = json.loads(target.read_text(encoding="utf-8"))["rows"] if target.exists() else []
    rows = [row for row in old if row["study"] not in chosen.only]
    for study in chosen.only:
        ailing, remedies = STUDIES[study]
        for name, change in {"nothing": {}, **remedies}.items():
            here = [fit(ailing | change, seed) for seed in range(chosen.seeds)]
            rows += [{"study": study, "changed": name, **row} for row in here]
            print(study, name, [row["known"] for row in here], flush=True)
        report = {
            "machine": machine("cpu")["cpu"],
            "torch": torch.__version__,
            "date": datetime.now(UTC).date().isoformat(),
            "seeds": chosen.seeds,
        }
        text = ",\n".join("  " + json.dumps(row) for row in rows)
        head = json.dumps({**report, "rows": "ROWS"}, indent=1)
        target.write_text(head.replace('"ROWS"', f"[\n{text}\n ]") + "\n", encoding="utf-8")
        (RESULTS / "remedies.md").write_text(page({**report, "rows": rows}), encoding="utf-8")


if __name__ == "__main__":
    main()
