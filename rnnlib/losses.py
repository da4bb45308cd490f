"""Losses over sequences. A shape that would broadcast is refused, and padding does not count."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from rnnlib.lengths import Lengths, check_lengths, mask_from_lengths


def tag_loss(logits: Tensor, targets: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""The mean cross-entropy over the valid steps of a batch of tagged sequences.

    .. math:: -\frac{1}{\sum_{t,n} m_{tn}} \sum_{t,n} m_{tn} \log \mathrm{softmax}(z_{tn})_{y_{tn}}

    Every valid step weighs the same, in a long sequence as in a short one. What the logits and the targets hold at
    padded steps, a NaN or an impossible class included, changes neither the loss nor a gradient.

    Args:
        logits: :math:`z`, (L, N, C), or (N, L, C) if the other two come in that order, too.
        targets: :math:`y`, the classes 0 to C - 1, (L, N), int64.
        mask: :math:`m`, True at valid steps, (L, N), bool; None if every step is valid.

    Returns:
        The loss in nats, a tensor without dimensions.

    Raises:
        TypeError: targets that are not int64, or a mask that is not bool.
        ValueError: a wrong shape, a class outside 0 to C - 1 at a valid step, or no valid step.
    """
    if logits.dim() != 3:
        raise ValueError(f"logits must have shape (L, N, C), got {tuple(logits.shape)}")
    if targets.dtype != torch.int64:
        raise TypeError(f"targets must be int64, got {targets.dtype}")
    chosen, classes = _valid(logits, targets, mask, logits.shape[:2])  # (valid steps, C), (valid steps)
    if classes.min() < 0 or classes.max() >= logits.shape[2]:
        raise ValueError(
            f"targets must be classes from 0 to {logits.shape[2] - 1}, got {classes.min()} to {classes.max()}"
        )
    return F.cross_entropy(chosen, classes)


def sequence_loss(logits: Tensor, targets: Tensor, lengths: Lengths) -> Tensor:
    r"""The mean cross-entropy over the tokens of a batch of target sequences, padding left out.

    .. math:: -\frac{1}{\sum_n T_n} \sum_n \sum_{t=1}^{T_n} \log \mathrm{softmax}(z_{tn})_{y_{tn}}

    with :math:`T_n` = lengths[n]. This is :func:`tag_loss` with the mask that the lengths give: a decoder tags every
    step with the token that comes next.

    Args:
        logits: :math:`z`, (T, N, V).
        targets: :math:`y`, token ids from 0 to V - 1, (T, N), int64.
        lengths: (N), how many tokens of each target are valid, ``<eos>`` included, from 1 to T, on the CPU.

    Returns:
        The loss in nats for each token, a tensor without dimensions.

    Raises:
        TypeError: as :func:`tag_loss`, or lengths that are no integers.
        ValueError: as :func:`tag_loss`, or wrong lengths.

    Chapter: Sequence to sequence.
    """
    if logits.dim() != 3:
        raise ValueError(f"logits must have shape (T, N, V), got {tuple(logits.shape)}")
    checked = check_lengths(lengths, logits.shape[1], len(logits))
    return tag_loss(logits, targets, mask_from_lengths(checked, len(logits)))


def squared_error(predictions: Tensor, targets: Tensor, mask: Tensor | None = None) -> Tensor:
    r"""The mean squared error over the valid entries, between tensors of the very same shape.

    .. math:: \frac{1}{\sum_k m_k} \sum_k m_k\, (z_k - y_k)^2

    Predictions (N, 1) against targets (N) would broadcast to (N, N) and teach the network the mean; here they are
    refused. What both hold where the mask is False, a NaN included, changes neither the loss nor a gradient.

    Args:
        predictions: :math:`z`, of any shape, such as (L, N) or (N).
        targets: :math:`y`, of the same shape and dtype.
        mask: :math:`m`, True at valid entries, of the same shape, bool; None if every entry is valid.

    Returns:
        The loss, in the square of the targets' unit, a tensor without dimensions.

    Raises:
        TypeError: targets of another dtype than the predictions, or a mask that is not bool.
        ValueError: another shape, or no valid entry.

    Chapter: Exploding and vanishing gradients.
    """
    if targets.dtype != predictions.dtype:
        raise TypeError(f"targets must be {predictions.dtype} as predictions are, got {targets.dtype}")
    chosen, wanted = _valid(predictions, targets, mask, predictions.shape)  # (valid entries) each
    return F.mse_loss(chosen, wanted)


def _valid(values: Tensor, targets: Tensor, mask: Tensor | None, shape: torch.Size) -> tuple[Tensor, Tensor]:
    """The valid ones among values and targets; targets and mask must have the shape."""
    if mask is not None and mask.dtype != torch.bool:
        raise TypeError(f"mask must be bool, got {mask.dtype}")
    for name, tensor in (("targets", targets), ("mask", mask)):
        if tensor is not None and tensor.shape != shape:
            raise ValueError(f"{name} must have shape {tuple(shape)}, got {tuple(tensor.shape)}")
    if mask is None:
        mask = torch.ones_like(targets, dtype=torch.bool)
    mask = mask.to(values.device)
    wanted = targets.to(values.device)[mask]
    if len(wanted) == 0:
        raise ValueError("mask must leave at least one valid step, it leaves none")
    return values[mask], wanted
