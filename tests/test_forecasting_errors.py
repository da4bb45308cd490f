"""Errors by horizon and the coverage of intervals, against counts by hand."""

from __future__ import annotations

import pytest
import torch
from configurations import generated
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.forecasting import coverage, gaussian_interval, mae, mase, quantile_interval, rmse

FORECASTS = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
TARGETS = torch.tensor([[1.0, 4.0, 2.0], [3.0, -3.0, 6.0]])


def test_each_horizon_has_its_own_error_as_counted_by_hand() -> None:
    assert rmse(FORECASTS, TARGETS).tolist() == pytest.approx([(5 / 3) ** 0.5, 18**0.5])
    assert mae(FORECASTS, TARGETS).tolist() == [1, 4]


def test_mase_is_the_error_over_that_of_the_naive_forecast_counted_by_hand() -> None:
    history = torch.tensor([1.0, 3.0, 2.0, 5.0, 4.0])
    assert mase(FORECASTS, TARGETS, history).tolist() == pytest.approx(
        [1 / 1.75, 4 / 1.75]
    )  # (2 + 1 + 3 + 1) / 4
    assert mase(FORECASTS, TARGETS, history, 2).tolist() == pytest.approx(
        [1 / (5 / 3), 4 / (5 / 3)]
    )  # 1, 2, 2


def test_the_share_within_an_interval_counts_its_ends() -> None:
    low = torch.tensor([[0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    high = torch.tensor([[1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 3.0, 4.0]])
    targets = torch.tensor([[0.0, 1.0, 1.1, -0.1], [1.0, 0.0, 3.5, 2.0]])
    assert coverage(low, high, targets).tolist() == [0.5, 0.5]


def test_a_gaussian_interval_has_the_known_half_widths() -> None:
    residuals = torch.tensor([[3.0, -3.0], [1.0, 1.0]])
    for level, half in ((0.9, 1.6449), (0.5, 0.6745), (0.95, 1.9600)):
        low, high = gaussian_interval(FORECASTS, residuals, level)
        assert ((high - FORECASTS) / half).tolist()[0] == pytest.approx([3, 3, 3], rel=1e-4)
        assert ((high - FORECASTS) / half).tolist()[1] == pytest.approx([1, 1, 1], rel=1e-4)
        assert torch.allclose(FORECASTS - low, high - FORECASTS, atol=1e-6)


def test_a_quantile_interval_is_that_of_the_residuals() -> None:
    residuals = torch.stack([torch.arange(101.0), -10 * torch.arange(101.0)])
    low, high = quantile_interval(FORECASTS, residuals, 0.9)
    assert torch.allclose(low - FORECASTS, torch.tensor([[5.0], [-950.0]]).expand(2, 3), atol=1e-3)
    assert torch.allclose(high - FORECASTS, torch.tensor([[95.0], [-50.0]]).expand(2, 3), atol=1e-3)


@given(st.integers(0, 1000), st.sampled_from([0.5, 0.8, 0.9]))
@generated
def test_an_interval_of_quantiles_holds_its_share_of_its_own_residuals(seed: int, level: float) -> None:
    residuals = torch.randn(3, 200, generator=torch.Generator().manual_seed(seed))
    forecasts = torch.zeros(3, 200)
    share = coverage(*quantile_interval(forecasts, residuals, level), residuals)
    assert ((share - level).abs() <= 0.011).all()


def test_normal_residuals_are_covered_as_promised() -> None:
    residuals, later = torch.randn(2, 1, 100_000, generator=torch.Generator().manual_seed(0))
    for interval in (gaussian_interval, quantile_interval):
        share = coverage(*interval(torch.zeros(1, 100_000), residuals), later)
        assert abs(share.item() - 0.9) < 0.005


WIDE = torch.zeros(2, 4)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: rmse(FORECASTS, TARGETS[:, :1]),
            ValueError,
            r"targets must have shape \(2, 3\).*got \(2, 1\)",
        ),
        (
            lambda: mae(FORECASTS[0], TARGETS[0]),
            ValueError,
            r"forecasts must have shape \(H, N\).*got \(3,\)",
        ),
        (lambda: rmse(FORECASTS[:, :0], TARGETS), ValueError, "forecasts must have shape"),
        (lambda: rmse(FORECASTS, [1]), TypeError, "targets must be a tensor of floats, got list"),
        (
            lambda: rmse(FORECASTS.long(), TARGETS),
            TypeError,
            "forecasts must be a tensor of floats, got torch.int64",
        ),
        (lambda: mase(FORECASTS, TARGETS, torch.ones(4)), ValueError, "history must change"),
        (
            lambda: mase(FORECASTS, TARGETS, torch.arange(3.0), 3),
            ValueError,
            r"history .* T at least 4, got \(3,\)",
        ),
        (
            lambda: mase(FORECASTS, TARGETS, torch.arange(3.0), 0),
            ValueError,
            "season must be at least 1, got 0",
        ),
        (lambda: coverage(WIDE + 1, WIDE, WIDE), ValueError, "low must not be above high, it is at 8 places"),
        (lambda: coverage(WIDE, WIDE[:1], WIDE), ValueError, r"high must have shape \(2, 4\)"),
        (lambda: coverage(WIDE, WIDE, WIDE[:1]), ValueError, r"targets must have shape \(2, 4\)"),
        (lambda: gaussian_interval(FORECASTS, WIDE[:1]), ValueError, "residuals must have 2 rows.*got 1"),
        (
            lambda: gaussian_interval(FORECASTS, WIDE, 1.0),
            ValueError,
            "level must be between 0 and 1, got 1.0",
        ),
        (
            lambda: quantile_interval(FORECASTS, WIDE, 0.0),
            ValueError,
            "level must be between 0 and 1, got 0.0",
        ),
        (lambda: quantile_interval(FORECASTS, WIDE, 90), TypeError, "level must be a float, got 90"),
        (lambda: quantile_interval([1], WIDE), TypeError, "forecasts must be a tensor of floats, got list"),
        (
            lambda: quantile_interval(FORECASTS, None),
            TypeError,
            "residuals must be a tensor of floats, got None",
        ),
    ],
)
def test_a_wrong_argument_is_named(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
