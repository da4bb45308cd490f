"""How many brackets are open: a task of counting, in which one can say what every gate should do."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from rnnlib.arguments import check_size

SYMBOLS = "-()"  # the classes 0, 1 and 2: a filler, an opening and a closing bracket


def sample(
    length: int, batch_size: int, deepest: int = 3, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    r"""Random brackets with fillers between them, and at every step how many brackets are open.

    .. math:: y_t = y_{t-1} + [x_t = \text{(}] - [x_t = \text{)}], \qquad y_0 = 0, \qquad 0 \le y_t \le deepest

    Half of the symbols are fillers. A bracket opens or closes with equal chances, except where only one of the two is
    possible: nothing closes that is not open, and no more than ``deepest`` are open at once. Brackets may be left open
    at the end.

    Args:
        length: L, the number of steps.
        batch_size: N, the number of sequences.
        deepest: how many brackets may be open at once, at least 1.
        generator: a CPU generator that the symbols are drawn from; torch's own if left out.

    Returns:
        The symbols of ``SYMBOLS`` as one-hot vectors, (L, N, 3), float32, and the numbers y of open brackets after
        each step, (L, N), int64, from 0 to deepest.

    Raises:
        ValueError: a number below 1.
        TypeError: a number that is no int.

    Chapter: Gates.
    """
    check_size("length", length)
    check_size("batch_size", batch_size)
    check_size("deepest", deepest)
    chances = torch.rand(length, batch_size, generator=generator, device="cpu")
    open_now = torch.zeros(batch_size, dtype=torch.int64, device="cpu")
    symbols, depths = [], []
    for chance in chances:  # (N)
        opens = (open_now == 0) | ((chance >= 0.75) & (open_now < deepest))
        symbol = torch.where(chance < 0.5, 0, torch.where(opens, 1, 2))
        open_now = open_now + (symbol == 1).long() - (symbol == 2).long()
        symbols.append(symbol)
        depths.append(open_now)
    one_hot = F.one_hot(torch.stack(symbols), len(SYMBOLS)).float()  # (L, N) -> (L, N, 3)
    return one_hot, torch.stack(depths)


def text(x: Tensor) -> str:
    """The symbols of one sequence as they are written.

    Args:
        x: one-hot vectors, (L, 3).

    Returns:
        A string of L characters.

    Raises:
        TypeError: x is no tensor.
        ValueError: x has another shape.

    Chapter: Gates.
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"x must be a tensor, got {type(x).__name__}")
    if x.dim() != 2 or x.shape[1] != len(SYMBOLS):
        raise ValueError(f"x must have shape (L, {len(SYMBOLS)}), got {tuple(x.shape)}")
    return "".join(SYMBOLS[index] for index in x.argmax(dim=1).tolist())
