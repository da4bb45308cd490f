r"""A padded batch as a staircase of dense rectangles.

Sorted by length, longest first, the valid steps of a batch are a staircase, and a staircase is a row of rectangles: the
steps between two ends, times the sequences that are still alive. ::

    lengths 6, 4, 3        rectangles
    a a a a a a            a a a | a | a a
    b b b b · ·            b b b | b |
    c c c · · ·            c c c |   |

A call of a dense kernel costs about as much as a few dozen cells (a cell is one step of one sequence). So rectangles
that differ by little are joined, and the padding that comes in with it is computed and thrown away.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Rectangle(NamedTuple):
    """A dense part of a batch: the steps from ``start`` to before ``end`` of the first ``rows`` sequences."""

    start: int
    end: int
    rows: int


def staircase(lengths: Sequence[int], call: float) -> list[Rectangle]:
    """Cover the valid steps by rectangles so that calls and cells together cost the least.

    A rectangle of T steps and n sequences costs ``call + T · n``. Which ends to cut at is found from the left to the
    right: the cheapest cover up to an end is the cheapest up to an earlier one, plus one rectangle.

    Args:
        lengths: longest first.
        call: what a call costs, in cells; 0 cuts at every end.

    Returns:
        The rectangles from the first step to the last.
    """
    ends, rows = [0], []  # the distinct lengths, shortest first, and how many sequences go on after each
    for place, length in enumerate(reversed(lengths)):
        if length > ends[-1]:
            ends.append(length)
            rows.append(len(lengths) - place)
    needed = [0]  # how many cells are valid before each end
    for k, alive in enumerate(rows):
        needed.append(needed[k] + alive * (ends[k + 1] - ends[k]))
    costs, cut_before = [0.0], [0]
    for j in range(1, len(ends)):
        cheapest, cut = float("inf"), 0
        for i in range(j - 1, -1, -1):
            cells = rows[i] * (ends[j] - ends[i])
            if cells - (needed[j] - needed[i]) > call * (j - i):
                break  # exact rectangles from i to j would cost less, and so they would in any longer stretch
            if costs[i] + call + cells < cheapest:
                cheapest, cut = costs[i] + call + cells, i
        costs.append(cheapest)
        cut_before.append(cut)
    cover, j = [], len(ends) - 1
    while j:
        i = cut_before[j]
        cover.append(Rectangle(ends[i], ends[j], rows[i]))
        j = i
    return cover[::-1]


class Move(NamedTuple):
    """Where each row of the result comes from, and which rows shall be zero instead."""

    source: Tensor
    empty: Tensor


class _Rearrange(torch.autograd.Function):
    """Rows to other places. The gradient takes the way back: a copy, where indexing would add up row by row."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, there: Move, back: Move) -> Tensor:
        ctx.there, ctx.back = there, back
        return rows.index_select(0, there.source).index_fill_(0, there.empty, 0)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return _rearrange(gradient, ctx.back, ctx.there), None, None


def _rearrange(rows: Tensor, there: Move, back: Move) -> Tensor:
    """Move the rows of a tensor; ``back`` is the way of the gradient."""
    moved: Tensor = _Rearrange.apply(rows, there, back)  # type: ignore[no-untyped-call]
    return moved


class Layout:
    """A batch as its rectangles, laid end to end: (cells, features) instead of (L, N, features).

    Each direction has such a layout of its own. A sequence has the same places in both, in reverse order. Where one
    rectangle is the whole batch, its cells stay where they are, and the batch in its own order.

    Attributes:
        rectangles: from the first step to the last.
        sizes: how many cells each of them has.
        order: which sequence of the batch comes first, second, ...
        back_in_order: the place among them that each sequence of the batch has got.
        valid: (cells), False where a cell is padding.
        last: (N), of each sequence of the batch, the cell of its last valid step.
    """

    def __init__(self, steps: int, lengths: Tensor, call: float) -> None:
        batch_size = len(lengths)
        order = torch.argsort(lengths, descending=True, stable=True)
        self.rectangles = staircase(lengths[order].tolist(), call)
        self.sizes = [(end - start) * rows for start, end, rows in self.rectangles]
        self.whole = self.rectangles == [(0, steps, batch_size)]
        if self.whole:
            order = torch.arange(batch_size, device="cpu")
        self.order, self.back_in_order = order, torch.argsort(order)
        self._lengths = lengths[order]
        padding = torch.arange(steps, device="cpu").unsqueeze(1) >= lengths  # (L, N)
        self._padding = padding.flatten().nonzero().squeeze(1)  # which rows of the padded batch are padding
        # Of every cell: its step, and its sequence (in order). And the cell of every step and sequence.
        parts = self.rectangles
        self._step = torch.cat(
            [torch.arange(r.start, r.end, device="cpu").repeat_interleave(r.rows) for r in parts]
        )
        self._row = torch.cat([torch.arange(r.rows, device="cpu").repeat(r.end - r.start) for r in parts])
        if self.whole:
            self._cell = torch.arange(steps * batch_size, device="cpu").view(steps, batch_size)
            self.valid = ~padding.flatten()
        else:
            self._cell = torch.zeros(steps, batch_size, dtype=torch.int64, device="cpu")
            self._cell[self._step, self._row] = torch.arange(len(self._step), device="cpu")
            self.valid = self._step < self._lengths[self._row]
            # From the padded batch, its rows counted over steps and sequences, to the cells and back.
            wasted = (~self.valid).nonzero().squeeze(1)
            self._there = Move(self._step * batch_size + order[self._row], wasted)
            self._back = Move(self._cell[:, self.back_in_order].flatten(), self._padding)
        self.last = self._cell[self._lengths - 1, torch.arange(batch_size, device="cpu")][self.back_in_order]

    @cached_property
    def _mirror(self) -> Move:
        """From one direction to the other: each valid cell and its mirror image. A wasted cell stays where it is."""
        step = (self._lengths[self._row] - 1 - self._step).clamp(min=0)
        source = torch.where(self.valid, self._cell[step, self._row], torch.arange(len(step), device="cpu"))
        return Move(source, source[:0])

    def enter(self, x: Tensor, keep_padding: bool) -> Tensor:
        """The cells of a padded batch x, (L * N, H_in) -> (cells, H_in), with zeros for padding if it is not kept."""
        if not self.whole:
            return _rearrange(x, self._there, self._back)
        return x if keep_padding else x.index_fill(0, self._padding, 0)

    def leave(self, cells: Tensor, in_place: bool) -> Tensor:
        """The padded batch again, zero at padding, (cells, H_out) -> (L * N, H_out)."""
        if not self.whole:
            return _rearrange(cells, self._back, self._there)
        return (cells.index_fill_ if in_place else cells.index_fill)(0, self._padding, 0)

    def turn(self, cells: Tensor) -> Tensor:
        """From the cells of one direction to those of the other."""
        return _rearrange(cells, self._mirror, self._mirror)

    def padding_is_small(self, x: Tensor) -> bool:
        """Whether no padding of x (L * N, H_in) could overflow in a layer: there its gradient of zero stays zero."""
        padding = x.detach().index_select(0, self._padding)
        return not padding.numel() or bool(padding.abs().max() < torch.finfo(x.dtype).max ** 0.25)
