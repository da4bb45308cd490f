"""Packing and the recurrent layers on the card played on the CPU, where cuDNN asks for more than the CPU does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from card_marks import is_marked, mark, tensors
from card_refusals import BATCH_SIZES, LENGTHS, NOT_CONTIGUOUS, NOT_EVAL, TWO_DEVICES
from torch import Tensor

LAYERS = ("lstm", "gru", "rnn_tanh", "rnn_relu")


class OnlyInTraining(torch.autograd.Function):
    """The identity, with cuDNN's refusal in its backward pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        raise RuntimeError(NOT_EVAL)


def _pack(func: Any, args: Any, options: dict[str, Any]) -> Any:
    data, lengths = args[:2]
    if is_marked(lengths):
        raise RuntimeError(LENGTHS.format(lengths.dim()))
    packed, batch_sizes = func(*args, **options)
    return (mark(packed) if is_marked(data) else packed), batch_sizes


def _unpack(func: Any, args: Any, options: dict[str, Any]) -> Any:
    data, batch_sizes = args[:2]
    if is_marked(batch_sizes):
        raise RuntimeError(BATCH_SIZES)
    padded, lengths = func(*args, **options)
    return (mark(padded) if is_marked(data) else padded), lengths


def _layer(func: Any, args: Any, options: dict[str, Any]) -> Any:
    """`lstm`, `gru` and `rnn`, whose batch sizes stay on the CPU, and which cuDNN computes."""
    packed = isinstance(args[1], Tensor) and args[1].dtype == torch.int64
    if packed and is_marked(args[1]):
        raise RuntimeError(BATCH_SIZES)
    held = [args[0], *args[2:]] if packed else list(args)
    inside = tensors(held)
    if not any(map(is_marked, inside)):
        return NotImplemented
    if not all(map(is_marked, inside)):
        raise RuntimeError(f"Input, state and parameter tensors are not at the same device. {TWO_DEVICES}")
    cudnn = torch.backends.cudnn.enabled
    if cudnn:
        for state, name in zip(tensors([held[1]]), ("hx", "cx"), strict=False):
            if not state.is_contiguous():
                raise RuntimeError(NOT_CONTIGUOUS.format(name))
    result = func(*args, **options)
    train = args[7 if packed else 6]
    if cudnn and not train and torch.is_grad_enabled():
        refuse: Callable[[Tensor], Tensor] = OnlyInTraining.apply
        result = tuple(refuse(part) if part.requires_grad else part for part in result)
    for part in result:
        mark(part)
    return result


CALLS: dict[str, Callable[[Any, Any, dict[str, Any]], Any]] = {
    "_pack_padded_sequence": _pack,
    "_pad_packed_sequence": _unpack,
    **dict.fromkeys(LAYERS, _layer),
}
