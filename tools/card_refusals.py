"""What a card refuses, in torch's words: tensors of both devices in one operation, and indices."""

from __future__ import annotations

from typing import Any

import torch
from card_marks import is_marked
from torch import Tensor

TWO_DEVICES = "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
NO_NUMPY = "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
NO_DLPACK = "Unsupported device in DLTensor."
LENGTHS = "'lengths' argument should be a 1D CPU int64 tensor, but got {}D cuda:0 Long tensor"
BATCH_SIZES = "batch_sizes should always be on CPU. Instead got device cuda:0"
INDICES = "indices should be either on cpu or on the same device as the indexed tensor (cpu)"
GENERATOR = "Expected a '{}' device type for generator but found '{}'"
GRADIENT = "assigned grad has data located on a different device"
NOT_CONTIGUOUS = "rnn: {} is not contiguous"
NOT_EVAL = "cudnn RNN backward can only be called in training mode"

# These take tensors of both kinds, or say nothing about the devices of what they take.
CROSSING = {"__delete__", "_has_compatible_shallow_copy_type"}
# Elsewhere a tensor without dimensions on the CPU is taken as a number. Here it is an index, a target, or a part.
NO_NUMBERS = {"cat", "concat", "concatenate", "stack", "hstack", "vstack", "dstack", "equal", "linear"}
NO_NUMBERS |= {
    "embedding",
    "index_select",
    "gather",
    "take",
    "nll_loss",
    "cross_entropy",
    "one_hot",
    "bincount",
}
NO_NUMBERS |= {"scatter", "scatter_", "scatter_add", "scatter_add_", "index_add", "index_add_", "index_copy_"}


def refuse_mixture(name: str, args: Any, inside: list[Tensor]) -> None:
    """Raise what torch raises where tensors on the CPU meet tensors on the card."""
    elsewhere = [tensor for tensor in inside if not is_marked(tensor) and tensor.device.type == "cpu"]
    if not elsewhere:
        return
    numbers = name not in NO_NUMBERS and all(tensor.dim() == 0 for tensor in elsewhere)
    if not numbers or (_in_place(name) and args[0] is elsewhere[0]):
        raise RuntimeError(TWO_DEVICES)


def _in_place(name: str) -> bool:
    """A number on the CPU takes part in an operation on the card, but the operation's result cannot be put there."""
    if name.startswith("__"):
        return name in ("__iand__", "__ior__", "__ixor__", "__ilshift__", "__irshift__")
    return name.endswith("_")


def refuse_generator(generator: torch.Generator | None, there: str) -> None:
    """A generator draws for its own device only."""
    if generator is not None and generator.device.type != there:
        raise RuntimeError(GENERATOR.format(there, generator.device.type))


def refuse_indices(indexed: Tensor, index: Any) -> list[Tensor]:
    """Refuse indices on the card for a tensor on the CPU, and give back the indices that are tensors.

    An integer without dimensions is no such index: it is read, and the CPU counts with it.
    """
    parts = index if isinstance(index, tuple) else (index,)
    found = [
        part
        for part in parts
        if isinstance(part, Tensor) and (part.dim() or part.dtype in (torch.bool, torch.uint8))
    ]
    if not is_marked(indexed) and any(map(is_marked, found)):
        raise RuntimeError(INDICES)
    return found


def refuse_assignment(indexed: Tensor, index: Any, value: Any) -> None:
    """What is assigned to a slice is copied from either side; what is assigned to indices lies where they point."""
    advanced = refuse_indices(indexed, index)
    if advanced and isinstance(value, Tensor) and value.dim() and is_marked(value) != is_marked(indexed):
        raise RuntimeError(TWO_DEVICES)
