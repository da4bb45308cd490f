"""Intervals around forecasts, made of residuals, and how often they hold what comes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from rnnlib.forecasting.checking import check_pair


def gaussian_interval(forecasts: Tensor, residuals: Tensor, level: float = 0.9) -> tuple[Tensor, Tensor]:
    r"""Forecasts plus and minus what a normal distribution of the residuals' size would need, for each horizon.

    .. math:: \hat{x}_{hn} \pm q_{(1 + \text{level}) / 2}\, s_h, \qquad s_h^2 = \frac{1}{M} \sum_m r_{hm}^2

    where q is a quantile of the standard normal distribution.

    Args:
        forecasts: (H, N).
        residuals: targets minus forecasts at M other origins, those for choosing, (H, M).
        level: the share of targets that the interval shall hold.

    Returns:
        The lower and the upper bounds, (H, N) each.

    Raises:
        TypeError: no tensors of floats, or a level that is no number.
        ValueError: another shape, or a level that is not between 0 and 1.

    Chapter: Forecasting.
    """
    share = _check(forecasts, residuals, level)
    size = residuals.square().mean(dim=1, keepdim=True).sqrt()  # (H, M) -> (H, 1)
    half = size * math.sqrt(2) * float(torch.erfinv(torch.tensor(share, dtype=torch.float64, device="cpu")))
    return forecasts - half, forecasts + half


def quantile_interval(forecasts: Tensor, residuals: Tensor, level: float = 0.9) -> tuple[Tensor, Tensor]:
    """Forecasts plus the quantiles of the residuals, for each horizon.

    The lower one is the (1 - level) / 2 quantile of the residuals, the upper one the (1 + level) / 2 quantile, with
    linear interpolation between neighbours. Arguments, result and errors are those of :func:`gaussian_interval`.

    Chapter: Forecasting.
    """
    share = _check(forecasts, residuals, level)
    ends = torch.tensor([(1 - share) / 2, (1 + share) / 2], dtype=residuals.dtype, device=residuals.device)
    low, high = torch.quantile(residuals, ends, dim=1, keepdim=True)  # (H, M) -> (H, 1) each
    return forecasts + low, forecasts + high


def coverage(low: Tensor, high: Tensor, targets: Tensor) -> Tensor:
    """The share of targets within their interval, its ends included, at each horizon.

    Args:
        low: (H, N).
        high: (H, N).
        targets: (H, N).

    Returns:
        (H), from 0 to 1.

    Raises:
        TypeError: no tensors of floats.
        ValueError: another shape, or a lower bound above its upper one.

    Chapter: Forecasting.
    """
    check_pair(low, high, ("low", "high"))
    check_pair(low, targets, ("low", "targets"))
    if bool((low > high).any()):
        raise ValueError(f"low must not be above high, it is at {int((low > high).sum())} places")
    return ((low <= targets) & (targets <= high)).to(low.dtype).mean(dim=1)  # (H, N) -> (H)


def _check(forecasts: Tensor, residuals: Tensor, level: float) -> float:
    check_pair(forecasts, forecasts, ("forecasts", "forecasts"))
    check_pair(residuals, residuals, ("residuals", "residuals"))
    if len(residuals) != len(forecasts):
        raise ValueError(
            f"residuals must have {len(forecasts)} rows, as forecasts have, got {len(residuals)}"
        )
    if not isinstance(level, float):
        raise TypeError(f"level must be a float, got {level!r} ({type(level).__name__})")
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level}")
    return level
