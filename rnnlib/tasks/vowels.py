"""Japanese vowels: nine men say /ae/, and the question is who speaks. Real sequences of unequal length."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

import numpy as np
import torch
from torch import Tensor

SPEAKERS = 9
COEFFICIENTS = 12


def training() -> list[tuple[Tensor, int]]:
    """The 270 utterances for training, 30 of each speaker, those of speaker 0 first.

    Each is a sequence of 7 to 26 frames. A frame covers 25.6 ms of speech, the next one begins 6.4 ms later, and it
    consists of 12 cepstral coefficients, pure numbers that describe the sound's spectrum.

    Returns:
        A list of pairs, fresh tensors at each call: frames (L, 12), float32, on the CPU, and the speaker, 0 to 8.

    Chapter: Training a sequence classifier. Source: M. Kudo, J. Toyama and M. Shimbo, `Japanese Vowels
    <https://doi.org/10.24432/C5NS47>`_, UCI Machine Learning Repository, CC BY 4.0; here rounded to 255 levels for
    each coefficient.
    """
    everything, count = _stored()
    return [(frames.clone(), speaker) for frames, speaker in everything[:count]]


def test() -> list[tuple[Tensor, int]]:
    """The 370 utterances for testing: the same speakers, recorded at other times, 24 to 88 of each.

    Returns:
        As :func:`training`, of 7 to 29 frames.

    Chapter: Training a sequence classifier.
    """
    everything, count = _stored()
    return [(frames.clone(), speaker) for frames, speaker in everything[count:]]


@cache
def _stored() -> tuple[list[tuple[Tensor, int]], int]:
    """All utterances, and how many of them are for training."""
    with (
        as_file(files("rnnlib").joinpath("data", "vowels.npz")) as path,
        np.load(path, allow_pickle=False) as held,
    ):
        values = held["levels"] * held["step"] + held["low"]  # (steps of all, 12)
        lengths, speakers, count = held["lengths"].tolist(), held["speakers"].tolist(), int(held["training"])
    frames = torch.split(torch.tensor(values, dtype=torch.float32, device="cpu"), lengths)
    return list(zip(frames, speakers, strict=True)), count
