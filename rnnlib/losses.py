"""Losses over sequences. A shape that would broadcast is refused, and padding does not count."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


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
    if mask is not None and mask.dtype != torch.bool:
        raise TypeError(f"mask must be bool, got {mask.dtype}")
    for name, tensor in (("targets", targets), ("mask", mask)):
        if tensor is not None and tensor.shape != logits.shape[:2]:
            raise ValueError(f"{name} must have shape {tuple(logits.shape[:2])}, got {tuple(tensor.shape)}")
    if mask is None:
        mask = torch.ones_like(targets, dtype=torch.bool)
    mask = mask.to(logits.device)
    chosen, classes = logits[mask], targets.to(logits.device)[mask]  # (valid steps, C), (valid steps)
    if len(classes) == 0:
        raise ValueError("mask must leave at least one valid step, it leaves none")
    if classes.min() < 0 or classes.max() >= logits.shape[2]:
        raise ValueError(
            f"targets must be classes from 0 to {logits.shape[2] - 1}, got {classes.min()} to {classes.max()}"
        )
    return F.cross_entropy(chosen, classes)
