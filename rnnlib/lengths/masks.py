"""Sequences of unequal length in one padded batch: checking lengths, masking padding, reversing what is valid."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

Lengths: TypeAlias = "Sequence[int] | Sequence[Tensor] | np.ndarray[Any, Any] | Tensor"


def check_lengths(lengths: Lengths, batch_size: int | None, max_length: int | None) -> Tensor:
    """Lengths as an int64 tensor on the CPU, after checking that they can be meant.

    What ``pack_padded_sequence`` takes is taken, but for floats and bools, which it rounds and counts in silence.

    Args:
        lengths: one length a sequence: a 1-D integer tensor on the CPU, a 1-D NumPy array of integers, or a list, tuple
            or range of integers, NumPy's and tensors without dimensions included.
        batch_size: N, how many there must be; None leaves the number open.
        max_length: L, the number of steps in the padded batch; None if there is no batch yet.

    Returns:
        The lengths, (N), int64, a new tensor.

    Raises:
        TypeError: lengths are of another type, or not integers (bools are not).
        ValueError: lengths are not on the CPU, not 1-D, not N in number, or one is outside 1 to L.

    Chapter: Padding and packing.
    """
    if isinstance(lengths, Tensor):
        if lengths.device.type != "cpu":
            raise ValueError(
                f"lengths must be on the CPU, got a tensor on {lengths.device}: pass lengths.cpu()"
            )
        if lengths.dtype == torch.bool or lengths.is_floating_point() or lengths.is_complex():
            raise TypeError(f"lengths must be integers, got a tensor of {lengths.dtype}")
    elif isinstance(lengths, np.ndarray):
        if not np.issubdtype(lengths.dtype, np.integer):
            raise TypeError(f"lengths must be integers, got an array of {lengths.dtype}")
    elif not isinstance(lengths, list | tuple | range):
        raise TypeError(
            "lengths must be a list, a tuple, a range, a NumPy array or a 1-D integer tensor on the CPU, got "
            f"{type(lengths).__name__}"
        )
    if isinstance(lengths, Tensor | np.ndarray):
        if lengths.ndim != 1:
            raise ValueError(f"lengths must be 1-D, one length a sequence, got shape {tuple(lengths.shape)}")
        checked = lengths.tolist()
    else:
        checked = [_integer(length, index) for index, length in enumerate(lengths)]
    if batch_size is not None and len(checked) != batch_size:
        raise ValueError(
            f"lengths must have one entry for each of the {batch_size} sequences, got {len(checked)}"
        )
    most, bound = (2**63 - 1, "2 ** 63 - 1") if max_length is None else (max_length, f"L = {max_length}")
    for index, length in enumerate(checked):
        if not 1 <= length <= most:
            raise ValueError(f"lengths must be from 1 to {bound}, got {length} at index {index}")
    return torch.tensor(checked, dtype=torch.int64, device="cpu")


def _integer(length: object, index: int) -> int:
    """One entry of a list of lengths as an int."""
    kind = type(length).__name__
    if isinstance(length, Tensor) and length.dim() == 0 and length.device.type != "meta":
        length = length.item()
    if not isinstance(length, numbers.Integral) or isinstance(length, bool):
        raise TypeError(f"lengths must be integers, got {length!r} ({kind}) at index {index}")
    return int(length)


def check_padded(x: object, batch_first: bool) -> Tensor:
    """A padded batch as (L, N, ...), after checking that it is one."""
    if not isinstance(x, Tensor):
        raise TypeError(f"x must be a tensor, got {type(x).__name__}")
    if x.dim() < 2:
        layout = "(N, L, ...)" if batch_first else "(L, N, ...)"
        raise ValueError(f"x must have shape {layout}, got {tuple(x.shape)}")
    return x.transpose(0, 1) if batch_first else x  # (N, L, ...) -> (L, N, ...)


def mask_from_lengths(lengths: Lengths, max_length: int, batch_first: bool = False) -> Tensor:
    """True at every valid step of a padded batch, False at its padding.

    Args:
        lengths: (N), from 1 to max_length.
        max_length: L, the number of steps in the padded batch.
        batch_first: whether the mask is (N, L) rather than (L, N).

    Returns:
        A bool tensor on the CPU, (L, N), or (N, L) with batch_first.

    Raises:
        TypeError: as :func:`check_lengths`.
        ValueError: as :func:`check_lengths`.

    Chapter: Padding and packing.
    """
    checked = check_lengths(lengths, None, max_length)
    steps = torch.arange(max_length, device="cpu")
    if batch_first:
        return steps < checked.unsqueeze(1)  # (L) against (N, 1) -> (N, L)
    return steps.unsqueeze(1) < checked  # (L, 1) against (N) -> (L, N)


def reverse_within_length(x: Tensor, lengths: Lengths, batch_first: bool = False) -> Tensor:
    """Each sequence with its valid steps in reverse order; padding stays where it is.

    A plain ``x.flip(0)`` moves the padding to the front, where a recurrent network would read it first. With
    lengths [4, 2] the sequences ``a b c d`` and ``e f · ·`` become ``d c b a`` and ``f e · ·``.

    Args:
        x: (L, N, ...), or (N, L, ...) with batch_first.
        lengths: (N), from 1 to L.
        batch_first: whether the batch is the first dimension of x.

    Returns:
        A tensor of x's shape. Doing it twice gives x again.

    Raises:
        TypeError: x is no tensor, or as :func:`check_lengths`.
        ValueError: x has fewer than two dimensions, or as :func:`check_lengths`.

    Chapter: Bidirectionality.
    """
    x = check_padded(x, batch_first)  # (L, N, ...)
    length, batch_size = x.shape[:2]
    checked = check_lengths(lengths, batch_size, length)
    step = torch.arange(length, device="cpu").unsqueeze(1)  # (L, 1)
    # Which step each step takes over, (L, N): the mirrored one, and at padding itself.
    source = torch.where(step < checked, checked - 1 - step, step)
    # The same as rows of the batch laid flat: (L, N) -> (L * N)
    rows = (source * batch_size + torch.arange(batch_size, device="cpu")).flatten()
    x = x.flatten(0, 1).index_select(0, rows.to(x.device)).reshape(x.shape)  # (L * N, ...) -> (L, N, ...)
    return x.transpose(0, 1) if batch_first else x  # (N, L, ...) with batch_first


def last_valid_step(x: Tensor, lengths: Lengths, batch_first: bool = False) -> Tensor:
    r"""Each sequence's entry at its last valid step, :math:`x_{\mathrm{lengths}[n] - 1, n}`.

    Of the output of a network with one direction, this is the top layer's final state, whether or not the network knew
    the lengths. Of the output of a network with two directions, only the forward half is: the backward direction's
    final state stands at step 0.

    Args:
        x: (L, N, ...), or (N, L, ...) with batch_first.
        lengths: (N), from 1 to L.
        batch_first: whether the batch is the first dimension of x.

    Returns:
        (N, ...).

    Raises:
        TypeError: x is no tensor, or as :func:`check_lengths`.
        ValueError: x has fewer than two dimensions, or as :func:`check_lengths`.

    Chapter: Padding and packing.
    """
    x = check_padded(x, batch_first)  # (L, N, ...)
    checked = check_lengths(lengths, x.shape[1], len(x))
    row = torch.arange(x.shape[1], device=x.device)  # (N)
    return x[(checked - 1).to(x.device), row]  # (L, N, ...) -> (N, ...)
