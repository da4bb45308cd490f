"""Forecasts by rule and by least squares: against loops by hand, a simulated truth, and a future that is changed."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from configurations import generated
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from rnnlib.forecasting import (
    AR,
    DirectAR,
    choose_order,
    fit_ar,
    fit_direct_ar,
    mean,
    persistence,
    seasonal_naive,
    split_in_time,
)

SERIES = torch.tensor([3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0], dtype=torch.float64)


def simulated(coefficients: list[float], intercept: float, steps: int, seed: int) -> Tensor:
    """An autoregression with noise of variance 1, after it has settled."""
    noise = torch.randn(
        steps + 200, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    ).tolist()
    past = [0.0] * len(coefficients)
    for shock in noise:
        past.append(intercept + sum(c * past[-k] for k, c in enumerate(coefficients, 1)) + shock)
    return torch.tensor(past[-steps:], dtype=torch.float64)


WAYS: dict[str, Any] = {
    "persistence": lambda values, origins, H: persistence(values, origins, H),
    "seasonal naive": lambda values, origins, H: seasonal_naive(values, origins, H, 3),
    "mean": lambda values, origins, H: mean(values, origins, H, range(4)),
    "direct AR": lambda values, origins, H: DirectAR(
        torch.arange(1.0, 3 * H + 1).view(H, 3).double(), torch.arange(H).double()
    ).forecast(values, origins),
    "AR": lambda values, origins, H: AR(torch.tensor([0.5, -0.25, 2.0]).double(), 0.1, 1.0).forecast(
        values, origins, H
    ),
}


def test_the_baselines_of_a_small_series_by_hand() -> None:
    assert persistence(SERIES, [1, 8], 3).tolist() == [[3, 6], [3, 6], [3, 6]]
    assert seasonal_naive(SERIES, [3, 8], 4, 3).tolist() == [[3, 9], [1, 2], [4, 6], [3, 9]]
    assert mean(SERIES, [5, 6, 7], 2, range(1, 4)).tolist() == [[2, 2, 2]] * 2


@pytest.mark.parametrize("way", WAYS)
def test_no_forecast_uses_a_value_of_the_future(way: str) -> None:
    values = SERIES.clone().requires_grad_()
    origins = [4, 5, 8]
    found = WAYS[way](values, origins, 3)
    assert found.shape == (3, 3)
    for n, origin in enumerate(origins):
        (gradient,) = torch.autograd.grad(found[:, n].sum(), values, retain_graph=True)
        assert gradient[:origin].any()
        assert not gradient[origin:].any()
        changed = SERIES.clone()
        changed[origin:] = 100
        again = WAYS[way](changed, [origin], 3)[:, 0]
        torch.testing.assert_close(again, found[:, n].detach(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_forecast_has_the_dtype_of_the_values_and_takes_any_kind_of_origins(
    way: str, dtype: torch.dtype
) -> None:
    values = SERIES.to(dtype)
    found = WAYS[way](values, range(4, 8), 2)
    assert found.dtype == dtype
    assert torch.equal(found, WAYS[way](values, torch.arange(4, 8), 2))
    assert torch.equal(found, WAYS[way](values, [4, 5, 6, 7], 2))


@given(
    st.lists(st.floats(-0.9, 0.9), min_size=1, max_size=4),
    st.floats(-2, 2),
    st.integers(1, 6),
    st.integers(0, 1000),
)
@generated
def test_iterated_forecasts_equal_a_loop_by_hand(
    coefficients: list[float], intercept: float, horizon: int, seed: int
) -> None:
    values = torch.randn(12, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    ar = AR(torch.tensor(coefficients, dtype=torch.float64), intercept, 1.0)
    assert ar.order == len(coefficients)
    origins = [len(coefficients), 7, 12]
    found = ar.forecast(values, origins, horizon)
    for n, origin in enumerate(origins):
        known = values[:origin].tolist()
        for h in range(horizon):
            known.append(intercept + sum(c * known[-k] for k, c in enumerate(coefficients, 1)))
            assert found[h, n].item() == pytest.approx(known[-1], abs=1e-9)


@pytest.mark.parametrize("coefficients", [[0.7], [1.2, -0.6], [0.4, 0.0, -0.5]])
def test_least_squares_recovers_the_coefficients_of_a_simulated_autoregression(
    coefficients: list[float],
) -> None:
    for seed in range(3):
        found = fit_ar(simulated(coefficients, 2.0, 20_000, seed), len(coefficients))
        assert (found.coefficients - torch.tensor(coefficients).double()).abs().max() < 0.04
        assert abs(found.intercept - 2) < 0.25
        assert abs(found.variance - 1) < 0.05


def test_a_series_without_noise_is_fitted_exactly() -> None:
    values = [1.0, 2.0]
    for _ in range(20):
        values.append(0.5 + 1.1 * values[-1] - 0.9 * values[-2])
    found = fit_ar(torch.tensor(values, dtype=torch.float64), 2)
    assert found.coefficients.tolist() == pytest.approx([1.1, -0.9], abs=1e-9)
    assert (found.intercept, found.variance) == (pytest.approx(0.5), pytest.approx(0, abs=1e-15))


@given(st.integers(1, 4), st.integers(0, 100))
@generated
def test_the_residuals_are_orthogonal_to_the_past_and_their_mean_square_is_the_variance(
    order: int, seed: int
) -> None:
    values = torch.randn(30, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    ar = fit_ar(values, order)
    residuals = values[order:] - ar.forecast(values, range(order, 30), 1)[0]
    assert abs(residuals.sum()) < 1e-9
    for k in range(1, order + 1):
        assert abs(residuals @ values[order - k : 30 - k]) < 1e-9
    assert residuals.square().mean().item() == pytest.approx(ar.variance)


def test_the_order_is_chosen_on_the_part_for_choosing_and_fitted_on_the_part_for_fitting() -> None:
    values = simulated([1.2, -0.6, 0.0, 0.0, 0.3], 0.0, 900, 0)
    split = split_in_time(900, 500, 200)
    chosen = choose_order(values, split, range(1, 9))
    by_hand = {}
    for order in range(1, 9):
        ar = fit_ar(values[:500], order)
        by_hand[order] = (ar.forecast(values, range(500, 700), 1)[0] - values[500:700]).square().mean().item()
    assert chosen.order == min(by_hand, key=by_hand.__getitem__) >= 5
    expected = fit_ar(values[:500], chosen.order).coefficients
    torch.testing.assert_close(chosen.coefficients, expected, rtol=0, atol=1e-9)


def test_what_lies_in_the_test_moves_neither_the_order_nor_the_coefficients() -> None:
    values = simulated([1.2, -0.6], 0.0, 300, 1)
    split = split_in_time(300, 200, 50)
    before = choose_order(values, split, [1, 2, 3])
    changed = values.clone()
    changed[250:] = 77
    after = choose_order(changed, split, [1, 2, 3])
    assert before.order == after.order
    torch.testing.assert_close(before.coefficients, after.coefficients, rtol=0, atol=1e-9)
    assert before.intercept == pytest.approx(after.intercept, abs=1e-9)
    assert before.variance == pytest.approx(after.variance, abs=1e-9)


@given(st.integers(1, 4), st.integers(0, 100))
@generated
def test_the_first_horizon_of_direct_forecasts_is_the_autoregressions(order: int, seed: int) -> None:
    values = torch.randn(40, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    direct, ar = fit_direct_ar(values, order, 1), fit_ar(values, order)
    assert direct.order == order
    assert torch.allclose(
        direct.forecast(values, [7, 40]), ar.forecast(values, [7, 40], 1), rtol=0, atol=1e-9
    )


def test_each_horizon_has_a_regression_of_its_own() -> None:
    values = torch.randn(60, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    direct = fit_direct_ar(values, 2, 3)
    origins = torch.arange(2, 58)
    found = direct.forecast(values, origins)
    assert found.shape == (3, 56)
    for h in range(3):
        residuals = values[origins + h] - found[h]
        assert abs(residuals.sum()) < 1e-9
        for k in (1, 2):
            assert abs(residuals @ values[origins - k]) < 1e-9


def test_direct_and_iterated_forecasts_agree_where_the_series_is_an_autoregression_without_noise() -> None:
    values = [1.0, 2.0]
    for _ in range(30):
        values.append(0.5 + 1.1 * values[-1] - 0.9 * values[-2])
    series = torch.tensor(values, dtype=torch.float64)
    direct = fit_direct_ar(series, 2, 4).forecast(series, [10, 20])
    assert torch.allclose(direct, fit_ar(series, 2).forecast(series, [10, 20], 4), rtol=0, atol=1e-8)


def test_orders_may_come_one_by_one() -> None:
    assert choose_order(simulated([1.2, -0.6], 0.0, 60, 2), split_in_time(60, 40, 10), iter([2])).order == 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: persistence(SERIES, [0], 1), ValueError, "origins must be from 1 to 8, got 0 to 0"),
        (lambda: persistence(SERIES, [1, 9], 1), ValueError, "origins must be from 1 to 8, got 1 to 9"),
        (lambda: persistence(SERIES, [], 1), ValueError, r"origins must have shape \(N\)"),
        (lambda: persistence(SERIES, torch.tensor(3), 1), ValueError, r"origins must have shape \(N\)"),
        (lambda: persistence(SERIES, [1.0], 1), TypeError, "origins must be integers"),
        (lambda: persistence(SERIES, [1], 0), ValueError, "horizon must be at least 1, got 0"),
        (lambda: persistence([1.0], [1], 1), TypeError, "values must be a tensor of floats, got list"),
        (lambda: persistence(SERIES / 0, [1], 1), ValueError, "values must be finite, got 8"),
        (lambda: seasonal_naive(SERIES, [2], 1, 3), ValueError, "origins must be from 3 to 8, got 2"),
        (lambda: seasonal_naive(SERIES, [2], 1, 0), ValueError, "season must be at least 1, got 0"),
        (lambda: mean(SERIES, [2], 1, range(3, 3)), ValueError, "part must hold at least one value"),
        (lambda: fit_ar(SERIES, 0), ValueError, "order must be at least 1, got 0"),
        (
            lambda: fit_ar(SERIES, 4),
            ValueError,
            r"values must have shape \(T\) with T at least 9, got \(8,\)",
        ),
        (
            lambda: fit_ar(SERIES, 3).forecast(SERIES, [2], 1),
            ValueError,
            "origins must be from 3 to 8, got 2",
        ),
        (lambda: choose_order(SERIES, split_in_time(8, 5, 2), []), ValueError, "orders must hold at least"),
    ],
)
def test_a_wrong_argument_is_named(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
