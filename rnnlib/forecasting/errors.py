"""How far forecasts are off, by horizon."""

from __future__ import annotations

from torch import Tensor

from rnnlib.arguments import check_size
from rnnlib.forecasting.checking import check_pair, check_values

NAMES = ("forecasts", "targets")


def rmse(forecasts: Tensor, targets: Tensor) -> Tensor:
    r"""The root of the mean squared error at each horizon.

    .. math:: \mathrm{RMSE}_h = \sqrt{\frac{1}{N} \sum_{n=1}^{N} (\hat{x}_{hn} - x_{hn})^2}

    Args:
        forecasts: (H, N).
        targets: (H, N).

    Returns:
        (H), in the unit of the values.

    Raises:
        TypeError: no tensors of floats.
        ValueError: another shape: nothing is broadcast.

    Chapter: Forecasting.
    """
    found, wanted = check_pair(forecasts, targets, NAMES)
    return (found - wanted).square().mean(dim=1).sqrt()  # (H, N) -> (H)


def mae(forecasts: Tensor, targets: Tensor) -> Tensor:
    r"""The mean absolute error at each horizon.

    .. math:: \mathrm{MAE}_h = \frac{1}{N} \sum_{n=1}^{N} |\hat{x}_{hn} - x_{hn}|

    Arguments, result and errors are those of :func:`rmse`.

    Chapter: Forecasting.
    """
    found, wanted = check_pair(forecasts, targets, NAMES)
    return (found - wanted).abs().mean(dim=1)  # (H, N) -> (H)


def mase(forecasts: Tensor, targets: Tensor, history: Tensor, season: int = 1) -> Tensor:
    r"""The mean absolute scaled error at each horizon: 1 is as good as the naive forecast was where one fitted.

    .. math:: \mathrm{MASE}_h = \mathrm{MAE}_h \Big/ \frac{1}{T - m} \sum_{t=m}^{T-1} |x_t - x_{t-m}|

    Args:
        forecasts: (H, N).
        targets: (H, N).
        history: (T), the values for fitting, in the unit of the forecasts.
        season: m, 1 for persistence.

    Returns:
        (H), a pure number.

    Raises:
        TypeError: no tensors of floats.
        ValueError: another shape, no more than a season of history, or a history that the naive forecast meets without
            error.

    Chapter: Forecasting. Source: R. J. Hyndman and A. B. Koehler, `Another look at measures of forecast accuracy
    <https://doi.org/10.1016/j.ijforecast.2006.03.001>`_, 2006.
    """
    check_values(history, "history", least=check_size("season", season) + 1)
    naive = (history[season:] - history[:-season]).abs().mean()
    if not bool(naive > 0):
        raise ValueError("history must change from season to season, its naive error is 0")
    return mae(forecasts, targets) / naive
