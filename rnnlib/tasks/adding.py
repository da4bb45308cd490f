"""The adding problem: two numbers of a long sequence are marked, and their sum is asked for at the end.

Whoever has forgotten the first number can only guess. The best guess is 1, and its mean squared error is 1/6.
"""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlib.arguments import check_size

GUESS = 1.0  # the mean of the sum of two numbers from U(0, 1)
ERROR_OF_GUESS = 1 / 6  # its variance, twice 1/12


def adding(length: int, batch_size: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    r"""Random numbers, two marks in each sequence, and the sum of the two marked numbers.

    .. math:: y = v_i + v_j, \qquad v_t \sim U(0, 1), \quad i < \lfloor L / 2 \rfloor \le j < L

    The first mark lies in the first half, the second in the second, each uniformly.

    Args:
        length: L, the number of steps, at least 2.
        batch_size: N, the number of sequences.
        generator: a CPU generator to draw from; torch's own if left out.

    Returns:
        The inputs, (L, N, 2), float32: the number :math:`v_t`, and 1 where it is marked, else 0. And the sums y, (N).

    Raises:
        ValueError: a number that is too small.
        TypeError: a number that is no integer.

    Chapter: Exploding and vanishing gradients. Source: S. Hochreiter and J. Schmidhuber, `Long short-term memory
    <https://doi.org/10.1162/neco.1997.9.8.1735>`_, 1997; here with numbers from 0 to 1 and one length a batch.
    """
    length = check_size("length", length, least=2)
    batch_size = check_size("batch_size", batch_size)
    half = length // 2
    numbers = torch.rand(length, batch_size, generator=generator, device="cpu")
    first = torch.randint(0, half, (batch_size,), generator=generator, device="cpu")
    second = torch.randint(half, length, (batch_size,), generator=generator, device="cpu")
    marks = torch.zeros(length, batch_size, device="cpu")
    marks[first, torch.arange(batch_size, device="cpu")] = 1.0
    marks[second, torch.arange(batch_size, device="cpu")] = 1.0
    return torch.stack([numbers, marks], dim=-1), (numbers * marks).sum(dim=0)  # (L, N, 2), (N)
