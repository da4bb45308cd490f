"""Take the Japanese vowels out of the two .ts files of the UEA archive, as rnnlib/data/vowels.npz.

    .venv/bin/python tools/extract_vowels.py JapaneseVowels_TRAIN.ts JapaneseVowels_TEST.ts

The files come with the Python package aeon (1.6.0), in aeon/datasets/data/JapaneseVowels. The book ships an extract:
each coefficient in one byte, 255 steps from its least to its greatest value in the data, so that no value is off by
more than a 500th of that range.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from book import ROOT

TARGET = ROOT / "rnnlib" / "data" / "vowels.npz"
SOURCE = (
    "M. Kudo, J. Toyama and M. Shimbo, Japanese Vowels, UCI Machine Learning Repository, 1999, "
    "https://doi.org/10.24432/C5NS47, licensed under CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/). "
    "Changed: rounded to 255 levels for each coefficient, by tools/extract_vowels.py of the book RNNs, Unrolled."
)


def read(path: Path) -> list[tuple[np.ndarray, int]]:
    """The utterances of one file, each (L, 12), and their speakers, 0 to 8.

    Raises:
        ValueError: a line that does not hold 12 coefficients.
    """
    _, _, body = path.read_text(encoding="utf-8").partition("@data\n")
    utterances = []
    for line in body.splitlines():
        *coefficients, speaker = line.split(":")
        if len(coefficients) != 12:
            raise ValueError(f"{path.name}: a line must hold 12 coefficients, got {len(coefficients)}")
        frames = np.array([[float(value) for value in row.split(",")] for row in coefficients]).T
        utterances.append((frames, int(speaker) - 1))
    return utterances


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    training, test = (read(Path(name)) for name in sys.argv[1:])
    utterances = training + test
    frames = np.concatenate([x for x, _ in utterances])  # (steps of all, 12)
    low = frames.min(axis=0)
    step = (frames.max(axis=0) - low) / 255
    np.savez_compressed(
        TARGET,
        source=np.array(SOURCE),
        levels=np.round((frames - low) / step).astype(np.uint8),
        low=low,
        step=step,
        lengths=np.array([len(x) for x, _ in utterances], dtype=np.uint8),
        speakers=np.array([speaker for _, speaker in utterances], dtype=np.uint8),
        training=np.array(len(training)),
    )
    print(f"{TARGET.name}: {len(utterances)} utterances, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
