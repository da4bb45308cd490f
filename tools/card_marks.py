"""The mark of a tensor that was sent to the card played on the CPU: an attribute, and a count of the bytes marked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

MARK = "_on_the_card"
CARD = torch.device("cuda", 0)
bytes_marked = 0


def is_marked(tensor: object) -> bool:
    return getattr(tensor, MARK, False)


def mark(tensor: Tensor) -> Tensor:
    global bytes_marked
    if not getattr(tensor, MARK, False):
        setattr(tensor, MARK, True)
        bytes_marked += tensor.numel() * tensor.element_size()
    return tensor


def mark_all(values: Iterable[Any]) -> None:
    """Mark all tensors among results; those without numbers, on torch's own device for that, stay what they are."""
    for tensor in tensors(values):
        if not getattr(tensor, MARK, False) and tensor.is_cpu:
            mark(tensor)


def tensors(values: Iterable[Any]) -> list[Tensor]:
    """All tensors among the arguments or results of a call. This runs at each call, so it makes no generators."""
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, list | tuple | set):
            found += tensors(value)
        elif isinstance(value, dict):
            found += tensors(value.values())
    return found


def send(
    tensor: Tensor, device: torch.device | None, dtype: torch.dtype | None, copy: bool, **how: Any
) -> Tensor:
    """What ``tensor.to`` gives: the tensor itself where nothing changes, as on a card."""
    there = is_marked(tensor) if device is None else device.type == "cuda"
    moves = tensor.device.type == "cpu" and there != is_marked(tensor)
    if device is not None and device.type not in ("cuda", "cpu"):
        return tensor.to(device=device, dtype=dtype, copy=copy, **how)
    sent = tensor.to(dtype=dtype or tensor.dtype, copy=copy or moves, **how)
    return mark(sent) if there else sent


def parameter_with_mark(original: Callable[..., Any]) -> Callable[..., Any]:
    """`nn.Parameter(x)` lies where x lies; torch makes it without a call that a mode sees."""

    def new(cls: Any, data: Any = None, requires_grad: bool = True) -> Any:
        parameter = original(cls, data, requires_grad)
        return mark(parameter) if is_marked(data) else parameter

    return new


def load_with_mark(original: Callable[..., Any]) -> Callable[..., Any]:
    """`torch.load(…, map_location="cuda")` marks what it reads; torch itself would look for a real card."""

    def load(file: Any, map_location: Any = None, *args: Any, **options: Any) -> Any:
        there = isinstance(map_location, str | torch.device) and torch.device(map_location).type == "cuda"
        loaded = original(file, "cpu" if there else map_location, *args, **options)
        if there:
            mark_all([loaded])
        return loaded

    return load


class CardGenerator(torch.Generator):
    """A source of random numbers that says it lies on the card."""

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return CARD


class Generators(type):
    """Makes ``torch.Generator(device)`` give a generator for the card, and every generator an instance of it."""

    def __call__(cls, device: torch.device | str = "cpu") -> torch.Generator:
        return CardGenerator() if torch.device(device).type == "cuda" else torch._C.Generator(device)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, torch._C.Generator)


class Generator(metaclass=Generators):
    """What ``torch.Generator`` is while a card is played."""


PARAMETER = (nn.Parameter, "__new__", parameter_with_mark(nn.Parameter.__new__))
