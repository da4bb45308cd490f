"""Batches of similar length: how much padding is left, and how many others a sequence still meets.

    python benchmarks/buckets.py

Two ways are compared. With *noise* (``rnnlib.lengths.BucketBatchSampler``) all lengths are sorted with noise added,
then cut into batches. With *pools*, the usual way, the sequences are shuffled, cut into pools of a number of batches,
and each pool is sorted and cut. The share of padding is over all cells; company is the number of other sequences that
one has been in a batch with after so many epochs, on average. Results go to ``buckets.md`` in the folder ``--out``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from rnnlib.lengths import BucketBatchSampler

SEQUENCES, BATCH_SIZE, EPOCHS = 2000, 32, 20
NOISES = (0, 1, 2, 4, 8, 16, 32, 64, 1000)
POOLS = (63, 32, 16, 8, 4, 2, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    uniform = torch.randint(5, 101, (SEQUENCES,), generator=generator)
    skewed = (3 + 0.6 * torch.randn(SEQUENCES, generator=generator)).exp().round().long().clamp(1, 400)
    paragraphs = [
        "# Padding saved against randomness lost",
        f"Written by `benchmarks/buckets.py`: {SEQUENCES} sequences in batches of {BATCH_SIZE}, {EPOCHS} epochs. "
        "Padding is the share of all cells, company the mean number of others that a sequence has met.",
    ]
    for title, lengths in (("Uniform, 5 to 100 steps", uniform), ("Skewed: log-normal, median 20", skewed)):
        rows = [f"## {title}", "| way | padding, % | company |\n|---|--:|--:|"]
        for noise in NOISES:
            sampler = BucketBatchSampler(lengths, BATCH_SIZE, noise, generator=generator)
            rows[-1] += "\n" + row(f"noise {noise}", lengths, [list(sampler) for _ in range(EPOCHS)])
        for size in POOLS:
            epochs = [pooled(lengths, size, generator) for _ in range(EPOCHS)]
            rows[-1] += "\n" + row(f"pools of {size} batches", lengths, epochs)
        paragraphs += rows
    text = "\n\n".join(paragraphs) + "\n"
    print(text)
    (options.out / "buckets.md").write_text(text)


def pooled(lengths: Tensor, size: int, generator: torch.Generator) -> list[list[int]]:
    """One epoch's batches from sorted pools of ``size`` batches."""
    shuffled = torch.randperm(len(lengths), generator=generator)
    batches: list[list[int]] = []
    for pool in torch.split(shuffled, size * BATCH_SIZE):
        in_order = pool[torch.argsort(lengths[pool], stable=True)]
        batches += [batch.tolist() for batch in torch.split(in_order, BATCH_SIZE)]
    return batches


def row(name: str, lengths: Tensor, epochs: list[list[list[int]]]) -> str:
    cells = 0
    met = torch.zeros(len(lengths), len(lengths), dtype=torch.bool)
    for batch in (torch.tensor(batch) for batches in epochs for batch in batches):
        cells += len(batch) * int(lengths[batch].max())
        met[batch.unsqueeze(1), batch] = True
    padding = 1 - len(epochs) * int(lengths.sum()) / cells
    return f"| {name} | {100 * padding:.1f} | {met.sum() / len(lengths) - 1:.0f} |"


if __name__ == "__main__":
    main()
