"""Packing by hand: a padded batch as its columns, laid end to end, without the padding."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from rnnlib.lengths.masks import Lengths, check_lengths, check_padded, mask_from_lengths


class Packed(NamedTuple):
    """The fields of ``torch.nn.utils.rnn.PackedSequence``, under the same names.

    Attributes:
        data: (sum of lengths, ...), the valid steps: first step 0 of every sequence, longest sequence first, then
            step 1 of those that have one, and so on.
        batch_sizes: (longest length), int64, how many sequences have a step 0, a step 1, ...
        sorted_indices: (N), int64, which row of the batch comes first, second, ... when the longest comes first.
        unsorted_indices: (N), int64, the place among the sorted that each row of the batch has got.
    """

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor
    unsorted_indices: Tensor


def pack(x: Tensor, lengths: Lengths, batch_first: bool = False) -> Packed:
    """Pack a padded batch by hand, as ``torch.nn.utils.rnn.pack_padded_sequence`` with ``enforce_sorted=False``.

    With lengths [2, 4] the sequences ``a b · ·`` and ``c d e f`` become the data ``c a d b e f`` with the batch sizes
    [2, 2, 1, 1].

    Args:
        x: (L, N, ...), or (N, L, ...) with batch_first.
        lengths: (N), from 1 to L.
        batch_first: whether the batch is the first dimension of x.

    Returns:
        The four fields of a packed sequence; data and indices are on x's device, batch_sizes on the CPU.

    Raises:
        TypeError: x is no tensor, or as :func:`check_lengths`.
        ValueError: x has fewer than two dimensions or no sequence, or as :func:`check_lengths`.

    Chapter: Padding and packing.
    """
    x = check_padded(x, batch_first)  # (L, N, ...)
    if not x.shape[1]:
        raise ValueError(f"x must have at least one sequence, got shape {tuple(x.shape)} as (L, N, ...)")
    checked = check_lengths(lengths, x.shape[1], len(x))
    order = torch.sort(checked, descending=True).indices  # (N), not stable: among equals as torch packs them
    longest = int(checked.max())
    alive = mask_from_lengths(checked[order], longest)  # (L, N): True where a sorted sequence has a step
    data = x[:longest].index_select(1, order.to(x.device))[alive.to(x.device)]  # -> (sum of lengths, ...)
    return Packed(data, alive.sum(1), order.to(x.device), torch.argsort(order).to(x.device))


def unpack(
    packed: Packed | PackedSequence, batch_first: bool = False, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """The padded batch again, with zeros for padding, as ``torch.nn.utils.rnn.pad_packed_sequence``.

    Args:
        packed: the four fields; a ``PackedSequence`` will do, too. Indices that are None mean that the batch was packed
            in its own order, longest first.
        batch_first: whether the batch shall be the first dimension.
        total_length: L of the result; the longest length if left out.

    Returns:
        The padded batch, (L, N, ...), or (N, L, ...) with batch_first, and the lengths, (N), int64, on the CPU.

    Raises:
        TypeError: packed is neither of the two, or total_length is no int.
        ValueError: total_length is below the longest length.

    Chapter: Padding and packing.
    """
    if not isinstance(packed, Packed | PackedSequence):
        raise TypeError(f"packed must be what pack returns, or a PackedSequence, got {type(packed).__name__}")
    longest, batch_size = len(packed.batch_sizes), int(packed.batch_sizes[0])
    if not isinstance(total_length, int | None) or isinstance(total_length, bool):
        raise TypeError(
            f"total_length must be an int or None, got {total_length!r} ({type(total_length).__name__})"
        )
    if total_length is not None and total_length < longest:
        raise ValueError(
            f"total_length must be at least the longest length, which is {longest}, got {total_length}"
        )
    alive = torch.arange(batch_size, device="cpu") < packed.batch_sizes.unsqueeze(
        1
    )  # (N) against (longest, 1) -> (longest, N)
    padded = packed.data.new_zeros(total_length or longest, batch_size, *packed.data.shape[1:])
    padded[:longest][alive.to(padded.device)] = (
        packed.data
    )  # rows in the order of time, then of the sorted batch
    lengths = alive.sum(0)  # (N)
    if packed.unsorted_indices is not None:
        padded = padded.index_select(1, packed.unsorted_indices)  # (L, N, ...)
        lengths = lengths[packed.unsorted_indices.cpu()]
    return (padded.transpose(0, 1) if batch_first else padded), lengths
