"""The Kalman filter against the joint Gaussian of a short series, written out in full."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from configurations import sampled
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from rnnlib.forecasting import LinearGaussian, ar_plus_noise, fit_ar, fit_ar_plus_noise
from rnnlib.forecasting.latent import _coefficients, _partial

T = 6


def draw(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def some_model(size: int, seed: int) -> LinearGaussian:
    noise, initial = draw(seed + 1, size, size), draw(seed + 2, size, size)
    return LinearGaussian(
        0.6 * draw(seed, size, size),
        noise @ noise.mT,
        draw(seed + 3, size),
        draw(seed + 4).square() + 0.1,
        draw(seed + 5),
        initial @ initial.mT,
    )


def joint(model: LinearGaussian, steps: int) -> tuple[Tensor, Tensor]:
    """Mean and covariance of x_0, …, x_{steps - 1}, from the definition: all states as sums of all shocks."""
    size = len(model.readout)
    # z_t = F^t z_0 + sum over s < t of F^(t - 1 - s) w_s
    rows = []
    for t in range(steps):
        blocks = [torch.linalg.matrix_power(model.transition, t)]
        for s in range(steps - 1):
            power = t - 1 - s
            blocks.append(
                torch.linalg.matrix_power(model.transition, power)
                if power >= 0
                else torch.zeros(size, size, dtype=torch.float64)
            )
        rows.append(model.readout @ torch.cat(blocks, dim=1))
    weights = torch.stack(rows)
    shocks = torch.block_diag(model.initial, *[model.noise] * (steps - 1))
    covariance = weights @ shocks @ weights.mT + model.variance * torch.eye(steps, dtype=torch.float64)
    return model.mean.expand(steps), covariance


def conditional(mean: Tensor, covariance: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """Means and variances of what follows, given the first values."""
    k = len(known)
    if k == 0:
        return mean, covariance.diagonal()
    weights = torch.linalg.solve(covariance[:k, :k], covariance[:k, k:]).mT
    rest = covariance[k:, k:] - weights @ covariance[:k, k:]
    return mean[k:] + weights @ (known - mean[:k]), rest.diagonal()


@st.composite
def cases(draw_: st.DrawFn) -> dict[str, Any]:
    size, seed = draw_(st.integers(1, 3)), draw_(st.integers(0, 10_000))
    return {"model": some_model(size, seed), "values": 2 * draw(seed + 6, T)}


@given(cases())
@sampled
def test_the_log_likelihood_equals_that_of_the_joint_gaussian(case: dict[str, Any]) -> None:
    model, values = case["model"], case["values"]
    mean, covariance = joint(model, T)
    error = values - mean
    expected = -0.5 * (
        T * math.log(2 * math.pi) + torch.logdet(covariance) + error @ torch.linalg.solve(covariance, error)
    )
    assert model.filter(values).log_likelihood.item() == pytest.approx(expected.item(), rel=1e-8)


@given(cases())
@sampled
def test_each_one_step_forecast_equals_the_conditional_of_the_joint_gaussian(case: dict[str, Any]) -> None:
    model, values = case["model"], case["values"]
    filtered = model.filter(values)
    assert filtered.means.shape == filtered.variances.shape == (T,)
    assert len(filtered.states) == len(filtered.covariances) == T + 1
    mean, covariance = joint(model, T)
    for t in range(T):
        expected, spread = conditional(mean, covariance, values[:t])
        assert filtered.means[t].item() == pytest.approx(expected[0].item(), rel=1e-7, abs=1e-8)
        assert filtered.variances[t].item() == pytest.approx(spread[0].item(), rel=1e-7)


@given(cases(), st.integers(1, T))
@sampled
def test_forecasts_of_several_steps_equal_the_conditional_of_the_joint_gaussian(
    case: dict[str, Any], origin: int
) -> None:
    model, values = case["model"], case["values"]
    means, variances = model.forecast(values, [origin, 1], 4)
    assert means.shape == variances.shape == (4, 2)
    for n, o in enumerate((origin, 1)):
        expected, spread = conditional(*joint(model, o + 4), values[:o])
        assert torch.allclose(means[:, n], expected, rtol=1e-7, atol=1e-8)
        assert torch.allclose(variances[:, n], spread, rtol=1e-7, atol=0)


@given(cases())
@sampled
def test_no_forecast_uses_a_value_of_the_future(case: dict[str, Any]) -> None:
    model, values = case["model"], case["values"].clone().requires_grad_()
    filtered = model.filter(values)
    for t in range(1, T):
        (gradient,) = torch.autograd.grad(filtered.means[t], values, retain_graph=True)
        assert gradient[:t].any()
        assert not gradient[t:].any()
    before, _ = model.forecast(values.detach(), [3], 3)
    changed = values.detach().clone()
    changed[3:] = 50
    assert torch.allclose(model.forecast(changed, [3], 3)[0], before, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("coefficients", [[0.6], [1.3, -0.6], [0.2, 0.1, -0.5]])
def test_without_noise_it_forecasts_as_the_autoregression_does(coefficients: list[float]) -> None:
    phi = torch.tensor(coefficients, dtype=torch.float64)
    one, none, mean = (torch.tensor(v, dtype=torch.float64) for v in (1.0, 0.0, 3.0))
    model = ar_plus_noise(phi, one, none, mean)
    values = 3 + draw(0, 20)
    means, variances = model.forecast(values, [10, 20], 3)
    ar = fit_ar(values, len(phi))
    ar = type(ar)(phi, 3 * (1 - sum(coefficients)), 1.0)
    assert torch.allclose(means, ar.forecast(values, [10, 20], 3), atol=1e-9)
    assert torch.allclose(variances[0], one, atol=1e-9)
    assert (variances.diff(dim=0) >= -1e-9).all()


def test_the_state_begins_with_the_distribution_to_which_it_settles() -> None:
    phi = torch.tensor([1.3, -0.6], dtype=torch.float64)
    model = ar_plus_noise(phi, *(torch.tensor(v, dtype=torch.float64) for v in (2.0, 0.5, 1.0)))
    P = model.initial
    assert torch.allclose(model.transition @ P @ model.transition.mT + model.noise, P, atol=1e-10)
    # An AR(2) has the variance (1 - b) s / ((1 + b) ((1 - b)^2 - a^2)) in closed form.
    a, b = 1.3, -0.6
    assert P[0, 0].item() == pytest.approx((1 - b) * 2 / ((1 + b) * ((1 - b) ** 2 - a**2)))
    assert model.readout.tolist() == [1, 0]


def simulated(steps: int, seed: int) -> Tensor:
    """An AR(2) of mean 5 with innovations of variance 1, seen through noise of variance 4."""
    shocks = draw(seed, steps + 100).tolist()
    y = [0.0, 0.0]
    for shock in shocks:
        y.append(1.6 * y[-1] - 0.8 * y[-2] + shock)
    return 5 + torch.tensor(y[-steps:], dtype=torch.float64) + 2 * draw(seed + 1, steps)


def test_maximum_likelihood_finds_an_autoregression_behind_noise_where_least_squares_does_not() -> None:
    values = simulated(500, 102)
    found = fit_ar_plus_noise(values, 2)
    truth = torch.tensor([1.6, -0.8], dtype=torch.float64)
    assert (found.transition[0] - truth).abs().max() < 0.12
    assert abs(found.variance - 4) < 1
    assert abs(found.noise[0, 0] - 1) < 0.5
    assert abs(found.mean - 5) < 0.5
    assert (fit_ar(values, 2).coefficients - truth).abs().max() > 0.4


def test_a_fit_is_not_caught_on_the_lower_peak_beside_least_squares() -> None:
    values = seen_through_noise(300, 0)
    found = fit_ar_plus_noise(values, 2)
    assert abs(found.transition[0, 0] - 1.6) < 0.2
    assert abs(found.variance - 4) < 1.2


def seen_through_noise(steps: int, seed: int) -> Tensor:
    """As :func:`simulated`, drawn in another order: one of the series on which one start is not enough."""
    generator = torch.Generator().manual_seed(seed)
    y = [0.0, 0.0]
    for shock in torch.randn(900, generator=generator, dtype=torch.float64).tolist():
        y.append(1.6 * y[-1] - 0.8 * y[-2] + shock)
    noise = 2 * torch.randn(800, generator=generator, dtype=torch.float64)
    return (torch.tensor(y[-800:], dtype=torch.float64) + noise)[:steps]


def test_the_fit_is_no_less_likely_than_the_truth_and_no_graph_hangs_on_it() -> None:
    values = simulated(300, 3)
    found = fit_ar_plus_noise(values, 2)
    truth = ar_plus_noise(
        torch.tensor([1.6, -0.8], dtype=torch.float64),
        *(torch.tensor(v, dtype=torch.float64) for v in (1.0, 4.0, 5.0)),
    )
    assert found.filter(values).log_likelihood > truth.filter(values).log_likelihood - 1e-6
    tensors = (found.transition, found.noise, found.readout, found.variance, found.mean, found.initial)
    assert not any(t.requires_grad for t in tensors)
    assert found.transition.dtype == torch.float64


def test_the_fit_does_not_depend_on_the_unit() -> None:
    values = simulated(200, 5)
    small, large = fit_ar_plus_noise(values, 2), fit_ar_plus_noise(1000 * values + 7, 2)
    assert torch.allclose(small.transition, large.transition, atol=1e-3)
    assert large.variance.item() == pytest.approx(1e6 * small.variance.item(), rel=0.02)
    assert large.mean.item() == pytest.approx(1000 * small.mean.item() + 7, rel=1e-3)


@given(st.lists(st.floats(-0.9, 0.9), min_size=1, max_size=5))
@sampled
def test_partial_autocorrelations_below_1_give_a_stationary_autoregression_and_come_back(
    partial: list[float],
) -> None:
    wanted = torch.tensor(partial, dtype=torch.float64)
    coefficients = _coefficients(wanted)
    assert torch.allclose(_partial(coefficients), wanted, atol=1e-8)
    ar_plus_noise(coefficients, *torch.ones(3, dtype=torch.float64))  # refuses what is not stationary


def test_float32_values_are_forecast_in_float32() -> None:
    means, variances = some_model(2, 0).forecast(draw(1, 5).float(), [2], 2)
    assert means.dtype == variances.dtype == torch.float32


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: m.filter([1.0]), TypeError, "values must be a tensor of floats, got list"),
        (lambda m: m.filter(torch.zeros(0)), ValueError, r"T at least 1, got \(0,\)"),
        (lambda m: m.forecast(torch.zeros(3), [0], 1), ValueError, "origins must be from 1 to 3, got 0"),
        (lambda m: m.forecast(torch.zeros(3), [2], 0), ValueError, "horizon must be at least 1, got 0"),
        (
            lambda m: ar_plus_noise(torch.tensor([1.0]), *torch.ones(3)),
            ValueError,
            "must be stationary.*1.0000",
        ),
        (lambda m: ar_plus_noise(torch.ones(1, 1), *torch.ones(3)), ValueError, r"shape \(p\).*\(1, 1\)"),
        (lambda m: ar_plus_noise(torch.ones(0), *torch.ones(3)), ValueError, r"p at least 1, got \(0,\)"),
        (
            lambda m: fit_ar_plus_noise(torch.rand(9), 2, steps=0),
            ValueError,
            "steps must be at least 1, got 0",
        ),
        (lambda m: fit_ar_plus_noise(torch.ones(9), 2), ValueError, "values must differ"),
        (lambda m: fit_ar_plus_noise(torch.rand(4), 2), ValueError, r"T at least 5, got \(4,\)"),
    ],
)
def test_a_wrong_argument_is_named(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call(some_model(2, 0))
