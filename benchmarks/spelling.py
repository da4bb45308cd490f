"""Spelling to sound with and without attention: layers, scores, sizes, budgets, and beams.

    python benchmarks/spelling.py --seeds 3        --only NAME: these studies alone, the others kept

The task of the chapter on attention: 16,155 English words for training, and 1,809 for the test, none of which begins
with the same five letters as one for training. An embedding of 48, an encoder of two directions and a decoder of one
layer each, H units, dropout 0.1, Adam with one cycle up to 0.004 on batches of 64, the gradient clipped to norm 1, and
600 steps if nothing else is said. ``exact`` is the share of words of which each sound is right, ``sounds`` the edit
distance divided by the number of sounds. The study "beams" decodes the same models with several widths and powers of
the length. Results go to ``rnnlib/data/spelling_results.json``, which the chapter reads, and ``spelling.md``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import torch
from timing import machine
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from rnnlib.losses import sequence_loss
from rnnlib.seq2seq import AttentionDecoder, Bridge, Decoder, Encoder, Seq2Seq, beam_search
from rnnlib.tasks import spelling
from rnnlib.training import train
from rnnlib.vocabulary import EOS, PAD, Vocabulary

RESULTS = Path(__file__).parent / "results"
DATA = Path(__file__).parent.parent / "rnnlib" / "data"
EMBEDDING, N, RATE, DROPOUT, LONGEST = 48, 64, 0.004, 0.1, 24
BINS = ((3, 5), (6, 7), (8, 9), (10, 12), (13, 16))  # letters
LETTERS, SOUNDS = Vocabulary(spelling.LETTERS), Vocabulary(spelling.PHONEMES.values())
DEFAULT: dict[str, Any] = {"kind": "GRU", "score": "scaled dot", "hidden": 96, "steps": 600}
STUDIES: dict[str, dict[str, list[Any]]] = {
    "scores": {"kind": ["GRU", "LSTM"], "score": ["none", "dot", "scaled dot", "additive"]},
    "steps": {"steps": [1800], "score": ["none", "scaled dot"]},
    "sizes": {"hidden": [48, 192], "score": ["none", "scaled dot"]},
    "RNN": {"kind": ["RNN"], "score": ["none", "scaled dot"]},
}
DECODINGS = [(1, 0.0), (2, 0.0), (5, 0.0), (20, 0.0), (5, 0.5), (5, 1.0), (20, 1.0), (20, 2.0)]

Batch = tuple[Tensor, list[int], Tensor, list[int]]


def collate(words: list[spelling.Word]) -> Batch:
    spelled = [torch.tensor(LETTERS.encode(word.spelled)) for word in words]
    said = [torch.tensor([*SOUNDS.encode(word.said), EOS]) for word in words]
    return (
        pad_sequence(spelled, padding_value=PAD),
        [len(row) for row in spelled],
        pad_sequence(said, padding_value=PAD),
        [len(row) for row in said],
    )


def build(setting: dict[str, Any]) -> Seq2Seq:
    H, options = setting["hidden"], {"kind": setting["kind"], "dropout": DROPOUT}
    decoder = (
        Decoder(len(SOUNDS), EMBEDDING, H, **options)
        if setting["score"] == "none"
        else AttentionDecoder(len(SOUNDS), EMBEDDING, H, 2 * H, score=setting["score"], **options)
    )
    encoder = Encoder(len(LETTERS), EMBEDDING, H, **options)
    return Seq2Seq(encoder, Bridge(H, H, kind=setting["kind"]), decoder, max_length=20)


def fit(setting: dict[str, Any], seed: int) -> tuple[Seq2Seq, float]:
    """A trained model, and the CPU seconds that it took."""
    torch.manual_seed(seed)
    model, words, draw = build(setting), spelling.words("training"), random.Random(seed)
    batches = (collate(draw.sample(words, N)) for _ in range(setting["steps"]))

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        source, lengths, target, target_lengths = batch
        return sequence_loss(model(source, lengths, target), target, target_lengths)

    begin = time.process_time()
    cycle = partial(torch.optim.lr_scheduler.OneCycleLR, max_lr=RATE, total_steps=setting["steps"])
    train(model, batches, loss, learning_rate=RATE, max_norm=1.0, schedule=cycle)
    return model.eval(), time.process_time() - begin


def decode(
    model: Seq2Seq, words: list[spelling.Word], width: int, alpha: float
) -> tuple[list[str], list[float]]:
    """What the model says of each word, and the log-probability that it gives that."""
    said, scores = [], []
    for first in range(0, len(words), 256):
        source, lengths, _, _ = collate(words[first : first + 256])
        beams = beam_search(model, source, lengths, width, LONGEST, alpha=alpha)
        said += [SOUNDS.decode(tokens) for tokens in beams.tokens[:, 0].T]
        scores += beams.scores[0].tolist()
    return said, scores


def judged(model: Seq2Seq, words: list[spelling.Word]) -> dict[str, Any]:
    said, _ = decode(model, words, 1, 0.0)
    right = [found == word.said for found, word in zip(said, words, strict=True)]
    by_length = [
        statistics.fmean(r for r, word in zip(right, words, strict=True) if low <= len(word.spelled) <= high)
        for low, high in BINS
    ]
    return {
        "exact": round(statistics.fmean(right), 4),
        "sounds": round(spelling.sound_error(said, [word.said for word in words]), 4),
        "by length": [round(share, 4) for share in by_length],
    }


def beams(seeds: int) -> Iterator[dict[str, Any]]:
    words = spelling.words("test")
    for score, seed in itertools.product(("none", "scaled dot"), range(seeds)):
        setting = DEFAULT | {"score": score}
        model, _ = fit(setting, seed)
        for width, alpha in DECODINGS:
            said, scores = decode(model, words, width, alpha)
            yield {
                **setting,
                "seed": seed,
                "width": width,
                "alpha": alpha,
                "exact": round(statistics.fmean(s == w.said for s, w in zip(said, words, strict=True)), 4),
                "sounds": round(spelling.sound_error(said, [word.said for word in words]), 4),
                "log probability": round(statistics.fmean(scores), 4),
                "length": round(statistics.fmean(map(len, said)), 4),
            }


def settings(study: str) -> Iterator[dict[str, Any]]:
    axes = STUDIES[study]
    for values in itertools.product(*axes.values()):
        yield DEFAULT | dict(zip(axes, values, strict=True))


def measured(study: str, seeds: int) -> Iterator[dict[str, Any]]:
    if study == "beams":
        yield from beams(seeds)
        return
    for setting in settings(study):
        for seed in range(seeds):
            model, seconds = fit(setting, seed)
            weights = sum(parameter.numel() for parameter in model.parameters())
            yield {
                **setting,
                "seed": seed,
                "weights": weights,
                "seconds": round(seconds, 1),
                **judged(model, spelling.words("test")),
            }


def page(report: dict[str, Any]) -> str:
    lines = [
        "# Spelling to sound",
        "",
        f"Made by `benchmarks/spelling.py` on {report['machine']}, {report['date']}, torch {report['torch']}. Whole "
        "words right: each seed; the rest: medians over the seeds.",
    ]
    lengths = " | ".join(f"{low}-{high}" for low, high in report["bins"])
    for study in STUDIES:
        lines += [
            "",
            f"## {study}",
            "",
            f"| kind | score | H | steps | right | wrong sounds | {lengths} | weights | s |",
        ]
        lines += ["|---|---|--:|--:|---|" + "--:|" * (len(report["bins"]) + 3)]
        rows = [row for row in report["rows"] if row["study"] == study]
        for key, group in itertools.groupby(rows, lambda r: (r["kind"], r["score"], r["hidden"], r["steps"])):
            held = list(group)
            cells = [*map(str, key), " ".join(f"{row['exact']:.3f}" for row in held)]
            cells += [f"{statistics.median(row['sounds'] for row in held):.3f}"]
            cells += [
                f"{statistics.median(c):.2f}" for c in zip(*(r["by length"] for r in held), strict=True)
            ]
            cells += [f"{held[0]['weights']:,}", f"{statistics.median(row['seconds'] for row in held):.0f}"]
            lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "## beams",
        "",
        "| score | width | alpha | right | wrong sounds | log-probability | length |",
    ]
    lines += ["|---|--:|--:|---|--:|--:|--:|"]
    rows = [row for row in report["rows"] if row["study"] == "beams"]
    for score, (width, alpha) in itertools.product(("none", "scaled dot"), DECODINGS):
        held = [r for r in rows if (r["score"], r["width"], r["alpha"]) == (score, width, alpha)]
        if held:
            cells = [score, str(width), f"{alpha:g}", " ".join(f"{row['exact']:.3f}" for row in held)]
            cells += [
                f"{statistics.median(r[k] for r in held):.3f}"
                for k in ("sounds", "log probability", "length")
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    names = [*STUDIES, "beams"]
    parser.add_argument("--only", nargs="*", choices=names, default=names)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    target = DATA / "spelling_results.json"
    old = json.loads(target.read_text(encoding="utf-8"))["rows"] if target.exists() else []
    rows = [row for row in old if row["study"] not in chosen.only]
    for study in chosen.only:
        for row in measured(study, chosen.seeds):
            rows.append({"study": study, **row})
            print(rows[-1], flush=True)
        rows.sort(key=lambda row: names.index(row["study"]))
        report = {
            "machine": machine("cpu")["cpu"],
            "torch": torch.__version__,
            "date": datetime.now(UTC).date().isoformat(),
            "seeds": chosen.seeds,
            "bins": BINS,
            "rows": rows,
        }
        target.write_text(json.dumps(report, separators=(",", ":")) + "\n", encoding="utf-8")
        (RESULTS / "spelling.md").write_text(page(report), encoding="utf-8")


if __name__ == "__main__":
    main()
