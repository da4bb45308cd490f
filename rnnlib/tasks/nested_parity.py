"""Parities of parities: a tag at every step, described layer upon layer."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlib.arguments import check_size


def nested_parity(
    length: int, batch_size: int, order: int = 1, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    r"""Random bits, and at every step the parity of the parities … of the bits read so far.

    .. math:: u^{(0)}_t = x_t, \qquad u^{(k)}_t = u^{(k-1)}_1 + \dots + u^{(k-1)}_t \bmod 2, \qquad y_t = u^{(order)}_t

    Every tag is a fair coin, so whoever guesses is right half the time, at a cross-entropy of :math:`\ln 2`. A tag
    needs only the last ``order`` tags and the present bit: modulo 2, with :math:`\binom{order}{j}` for the binomial
    coefficient,

    .. math:: y_t = x_t + \sum_{j=1}^{order} \binom{order}{j} y_{t-j} \bmod 2

    Args:
        length: L, the number of steps.
        batch_size: N, the number of sequences.
        order: how many parities are nested, at least 1: 1 for the parity of the bits read so far, 2 for the parity of
            those parities.
        generator: a CPU generator that the bits are drawn from; torch's own if left out.

    Returns:
        The inputs, (L, N, 1), float32, -1 for the bit 0 and 1 for the bit 1, and the tags y, (L, N), int64, 0 or 1.

    Raises:
        ValueError: a number below 1.
        TypeError: a number that is no integer.

    Chapter: Stacking.
    """
    length = check_size("length", length)
    batch_size = check_size("batch_size", batch_size)
    order = check_size("order", order)
    bits = torch.randint(0, 2, (length, batch_size), generator=generator, device="cpu")
    tags = bits
    for _ in range(order):
        tags = tags.cumsum(dim=0) % 2
    return (2.0 * bits - 1).unsqueeze(-1), tags  # (L, N) -> (L, N, 1)
