"""Forecasts that cost nothing, and the linear one that a network must beat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from rnnlib.arguments import check_size
from rnnlib.forecasting.checking import check_origins, check_values
from rnnlib.forecasting.splits import Split

Origins: TypeAlias = "Tensor | Sequence[int] | range"


def persistence(values: Tensor, origins: Origins, horizon: int) -> Tensor:
    r"""The last known value, for every horizon.

    .. math:: \hat{x}_{o+h-1} = x_{o-1}

    Args:
        values: (T), the series, of which a forecast uses what lies before its origin.
        origins: (N), the index of each first unknown value, from 1 to T.
        horizon: H.

    Returns:
        The forecasts, (H, N), in the unit of the values.

    Raises:
        TypeError: values that are no floats, or origins that are no integers.
        ValueError: another shape, or an origin with nothing known before it.

    Chapter: Forecasting.
    """
    return seasonal_naive(values, origins, horizon, 1)


def seasonal_naive(values: Tensor, origins: Origins, horizon: int, season: int) -> Tensor:
    r"""What was there one season before, the last known season over and over.

    .. math:: \hat{x}_{o+h-1} = x_{o-m+((h-1) \bmod m)}

    Args:
        values: (T), as for :func:`persistence`.
        origins: (N), from m to T.
        horizon: H.
        season: m, the number of steps in a season.

    Returns:
        The forecasts, (H, N), in the unit of the values.

    Raises:
        TypeError: as :func:`persistence`.
        ValueError: as :func:`persistence`, or an origin with less than a season before it.

    Chapter: Forecasting.
    """
    check_size("season", season)
    places = check_origins(check_values(values), origins, horizon, known=season)
    back = torch.arange(horizon, device=values.device) % season - season  # (H)
    return values[back.unsqueeze(1) + places]  # (H, 1) + (N) -> (H, N)


def mean(values: Tensor, origins: Origins, horizon: int, part: range) -> Tensor:
    """The mean of one part of the series, for every origin and horizon.

    Args:
        values: (T), as for :func:`persistence`.
        origins: (N), from 1 to T.
        horizon: H.
        part: the indices whose values are averaged: those for fitting.

    Returns:
        The forecasts, (H, N), in the unit of the values.

    Raises:
        TypeError: as :func:`persistence`.
        ValueError: as :func:`persistence`, or an empty part.

    Chapter: Forecasting.
    """
    places = check_origins(check_values(values), origins, horizon)
    known = values[part.start : part.stop]
    if len(known) == 0:
        raise ValueError(f"part must hold at least one value, got {part}")
    return known.mean().expand(horizon, len(places))


@dataclass(frozen=True, eq=False)
class AR:
    r"""A linear autoregression of order p.

    .. math:: x_t = c + \sum_{k=1}^{p} \phi_k x_{t-k} + \varepsilon_t

    Attributes:
        coefficients: :math:`\phi_1, \dots, \phi_p`, (p), float64.
        intercept: c, in the unit of the values.
        variance: of :math:`\varepsilon`, the mean square of the residuals, in the square of that unit.

    Chapter: Forecasting.
    """

    coefficients: Tensor
    intercept: float
    variance: float

    @property
    def order(self) -> int:
        """p."""
        return len(self.coefficients)

    def forecast(self, values: Tensor, origins: Origins, horizon: int) -> Tensor:
        """Iterated forecasts: each takes the place of the value that the next one would need.

        Args:
            values: (T), as for :func:`persistence`.
            origins: (N), from p to T.
            horizon: H.

        Returns:
            The forecasts, (H, N), in the unit and dtype of the values.

        Raises:
            TypeError: as :func:`persistence`.
            ValueError: as :func:`persistence`, or an origin with less than p values before it.
        """
        places = check_origins(check_values(values), origins, horizon, known=self.order)
        back = torch.arange(1, self.order + 1, device=values.device)
        latest = values[places - back.unsqueeze(1)].double()  # (p, N), the newest first
        weights = self.coefficients.to(values.device)
        found = []
        for _ in range(horizon):
            following = weights @ latest + self.intercept  # (N)
            found.append(following)
            latest = torch.cat([following.unsqueeze(0), latest[:-1]])
        return torch.stack(found).to(values.dtype)  # H times (N) -> (H, N)


def fit_ar(values: Tensor, order: int) -> AR:
    r"""An autoregression by least squares.

    .. math:: \min_{c, \phi} \sum_{t=p}^{T-1} \Big(x_t - c - \sum_{k=1}^{p} \phi_k x_{t-k}\Big)^2

    Args:
        values: (T), those for fitting, more than 2 p of them.
        order: p.

    Raises:
        TypeError: values that are no floats, or an order that is no int.
        ValueError: another shape, or fewer equations than unknowns.

    Chapter: Forecasting.
    """
    known = check_values(values, least=2 * check_size("order", order) + 1).detach().double().cpu()
    rows = known.unfold(0, order + 1, 1)  # (T - p, p + 1), the oldest first
    past = torch.cat([rows[:, :-1].flip(1), torch.ones(len(rows), 1, dtype=known.dtype, device="cpu")], dim=1)
    solution = torch.linalg.lstsq(past, rows[:, -1:]).solution.squeeze(1)  # (p + 1)
    residuals = rows[:, -1] - past @ solution
    return AR(solution[:-1], float(solution[-1]), float(residuals.square().mean()))


def choose_order(values: Tensor, split: Split, orders: Iterable[int]) -> AR:
    """Of autoregressions of several orders, the one that is best by one step where one is chosen.

    Each is fitted on the part for fitting alone, and judged by its squared one-step error on the part for choosing,
    where it knows all that lies before.

    Args:
        values: (T), the whole series.
        split: its parts.
        orders: those to try.

    Raises:
        TypeError: as :func:`fit_ar`.
        ValueError: as :func:`fit_ar`, or no order.

    Chapter: Forecasting.
    """
    origins = split.choose
    tried = [fit_ar(values[split.fit.start : split.fit.stop], order) for order in orders]
    if not tried:
        raise ValueError("orders must hold at least one order, got none")
    wanted = values[origins.start : origins.stop]
    return min(tried, key=lambda ar: float((ar.forecast(values, origins, 1)[0] - wanted).square().mean()))


@dataclass(frozen=True, eq=False)
class DirectAR:
    r"""A linear forecast for each horizon, none of which needs another.

    .. math:: \hat{x}_{o+h-1} = c_h + \sum_{k=1}^{p} \phi_{hk} x_{o-k}

    Attributes:
        coefficients: :math:`\phi_{hk}`, (H, p), float64.
        intercepts: :math:`c_h`, (H), float64, in the unit of the values.

    Chapter: Forecasting.
    """

    coefficients: Tensor
    intercepts: Tensor

    @property
    def order(self) -> int:
        """p."""
        return self.coefficients.shape[1]

    def forecast(self, values: Tensor, origins: Origins) -> Tensor:
        """The forecasts of all H horizons.

        Args:
            values: (T), as for :func:`persistence`.
            origins: (N), from p to T.

        Returns:
            The forecasts, (H, N), in the unit and dtype of the values.

        Raises:
            TypeError: as :func:`persistence`.
            ValueError: as :func:`persistence`, or an origin with less than p values before it.
        """
        places = check_origins(check_values(values), origins, len(self.intercepts), known=self.order)
        back = torch.arange(1, self.order + 1, device=values.device)
        latest = values[places - back.unsqueeze(1)].double()  # (p, N), the newest first
        found = self.coefficients.to(values.device) @ latest + self.intercepts.to(values.device).unsqueeze(1)
        return found.to(values.dtype)  # (H, N)


def fit_direct_ar(values: Tensor, order: int, horizon: int) -> DirectAR:
    r"""A linear forecast for each horizon by least squares: H regressions on the same p values.

    .. math:: \min_{c_h, \phi_h} \sum_o \Big(x_{o+h-1} - c_h - \sum_{k=1}^{p} \phi_{hk} x_{o-k}\Big)^2

    At H = 1 this is :func:`fit_ar`.

    Args:
        values: (T), those for fitting, at least 2 p + H of them.
        order: p.
        horizon: H.

    Raises:
        TypeError: values that are no floats, or a number that is no int.
        ValueError: another shape, or fewer equations than unknowns.

    Chapter: Forecasting.
    """
    least = 2 * check_size("order", order) + check_size("horizon", horizon)
    known = check_values(values, least=least).detach().double().cpu()
    rows = known.unfold(0, order + horizon, 1)  # (T - p - H + 1, p + H), the oldest first
    ones = torch.ones(len(rows), 1, dtype=known.dtype, device="cpu")
    past = torch.cat([rows[:, :order].flip(1), ones], dim=1)
    solution = torch.linalg.lstsq(past, rows[:, order:]).solution.mT  # -> (H, p + 1)
    return DirectAR(solution[:, :-1], solution[:, -1])
