"""Checks of arguments that the modules of this package share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnlib.arguments import check_size


def check_values(values: object, name: str = "values", least: int = 1) -> Tensor:
    """Give values back if they are a series: (T), floating, finite, at least so many."""
    if not isinstance(values, Tensor) or not values.is_floating_point():
        came = values.dtype if isinstance(values, Tensor) else type(values).__name__
        raise TypeError(f"{name} must be a tensor of floats, got {came}")
    if values.dim() != 1 or len(values) < least:
        raise ValueError(f"{name} must have shape (T) with T at least {least}, got {tuple(values.shape)}")
    if not bool(torch.isfinite(values).all()):
        raise ValueError(f"{name} must be finite, got {int((~torch.isfinite(values)).sum())} that are not")
    return values


def check_origins(
    values: Tensor, origins: Tensor | Sequence[int] | range, horizon: int, known: int = 1
) -> Tensor:
    """The origins as a tensor, if each has ``known`` values before it and none lies beyond the first unknown value."""
    check_size("horizon", horizon)
    found = origins if isinstance(origins, Tensor) else torch.tensor(list(origins), device="cpu")
    if found.numel() == 0 or found.dim() != 1:
        raise ValueError(f"origins must have shape (N) with N at least 1, got {tuple(found.shape)}")
    if found.dtype != torch.int64:
        raise TypeError(f"origins must be integers (int64), got {found.dtype}")
    least, most = int(found.min()), int(found.max())
    if least < known or most > len(values):
        raise ValueError(f"origins must be from {known} to {len(values)}, got {least} to {most}")
    return found.to(values.device)


def check_pair(first: object, second: object, names: tuple[str, str]) -> tuple[Tensor, Tensor]:
    """Give both back if they are tensors of floats of one shape, (H, N)."""
    for name, value in zip(names, (first, second), strict=True):
        if not isinstance(value, Tensor) or not value.is_floating_point():
            came = value.dtype if isinstance(value, Tensor) else type(value).__name__
            raise TypeError(f"{name} must be a tensor of floats, got {came}")
        if value.dim() != 2 or value.numel() == 0:
            raise ValueError(f"{name} must have shape (H, N), both at least 1, got {tuple(value.shape)}")
    assert isinstance(first, Tensor)
    assert isinstance(second, Tensor)
    if first.shape != second.shape:
        raise ValueError(
            f"{names[1]} must have shape {tuple(first.shape)}, as {names[0]} has, got {tuple(second.shape)}"
        )
    return first, second
