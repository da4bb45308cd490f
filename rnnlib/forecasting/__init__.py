"""Forecasting: cutting a series in time, forecasts that a network must beat, a latent model, errors, intervals.

A series is a tensor of values, (T), the oldest first. An origin o is the index of the first value that a forecast does
not know: it may use values[:o], and its target at horizon h = 1, ..., H is values[o + h - 1]. Forecasts, targets and
residuals are (H, N): a row for each horizon, a column for each origin.
"""

from rnnlib.forecasting.baselines import (
    AR,
    DirectAR,
    choose_order,
    fit_ar,
    fit_direct_ar,
    mean,
    persistence,
    seasonal_naive,
)
from rnnlib.forecasting.errors import mae, mase, rmse
from rnnlib.forecasting.intervals import coverage, gaussian_interval, quantile_interval
from rnnlib.forecasting.latent import Filtered, LinearGaussian, ar_plus_noise, fit_ar_plus_noise
from rnnlib.forecasting.splits import Scaler, Split, Windows, split_in_time, windows

__all__ = [
    "AR",
    "DirectAR",
    "Filtered",
    "LinearGaussian",
    "Scaler",
    "Split",
    "Windows",
    "ar_plus_noise",
    "choose_order",
    "coverage",
    "fit_ar",
    "fit_ar_plus_noise",
    "fit_direct_ar",
    "gaussian_interval",
    "mae",
    "mase",
    "mean",
    "persistence",
    "quantile_interval",
    "rmse",
    "seasonal_naive",
    "split_in_time",
    "windows",
]
