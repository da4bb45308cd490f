"""A forecaster sees no future, rolls out as a loop would, and carries its state through a run in chunks."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from configurations import DEVICE, generated
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from rnnlib.forecaster import Forecaster

KINDS = ["RNN", "GRU", "LSTM"]


@st.composite
def cases(draw: st.DrawFn, horizons: int | None = None) -> dict[str, Any]:
    torch.manual_seed(draw(st.integers(0, 1000)))
    model = Forecaster(
        draw(st.sampled_from(KINDS)),
        draw(st.integers(1, 5)),
        horizons=draw(st.integers(1, 4)) if horizons is None else horizons,
        residual=draw(st.booleans()),
    )
    x = torch.randn(draw(st.integers(2, 9)), draw(st.integers(1, 3)), dtype=torch.float64)
    return {"model": model.double().to(DEVICE), "x": x.to(DEVICE)}


def same(first: Tensor, second: Tensor) -> bool:
    return first.shape == second.shape and torch.allclose(first, second, rtol=0, atol=1e-12)


@given(cases())
@generated
def test_the_shapes_are_those_of_the_docstring(case: dict[str, Any]) -> None:
    model, x = case["model"], case["x"]
    forecasts, state = model(x)
    assert forecasts.shape == (x.shape if model.horizons == 1 else (*x.shape, model.horizons))
    h_n = state[0] if isinstance(state, tuple) else state
    assert h_n.shape == (1, x.shape[1], model.rnn.hidden_size)
    assert isinstance(state, tuple) == isinstance(model.rnn, nn.LSTM)
    assert model.direct(x).shape == (model.horizons, x.shape[1])


@given(cases(), st.data())
@generated
def test_no_value_of_the_future_is_in_a_forecast(case: dict[str, Any], data: st.DataObject) -> None:
    model, x = case["model"], case["x"].requires_grad_()
    t = data.draw(st.integers(0, len(x) - 2))
    forecasts, _ = model(x)
    (gradient,) = torch.autograd.grad(forecasts[t].sum(), x)
    assert gradient[: t + 1].any()
    assert not gradient[t + 1 :].any()
    changed = x.detach().clone()
    changed[t + 1 :] += 100
    again, _ = model(changed)
    assert same(again[: t + 1], forecasts[: t + 1].detach())
    assert not same(again, forecasts.detach())


@given(cases(), st.data())
@generated
def test_a_run_in_chunks_with_the_state_carried_equals_the_whole(
    case: dict[str, Any], data: st.DataObject
) -> None:
    model, x = case["model"], case["x"]
    whole, last = model(x)
    chunks, state, start = [], None, 0
    while start < len(x):
        size = data.draw(st.integers(1, len(x) - start))
        forecasts, state = model(x[start : start + size], state)
        chunks.append(forecasts)
        start += size
    assert same(torch.cat(chunks), whole)
    for a, b in zip(*((s if isinstance(s, tuple) else (s,)) for s in (state, last)), strict=True):
        assert same(a, b)


@given(cases(horizons=1), st.integers(1, 5))
@generated
def test_a_rolled_out_forecast_equals_reading_its_own_forecasts_as_if_they_were_known(
    case: dict[str, Any], steps: int
) -> None:
    model, x = case["model"], case["x"]
    found = model.roll_out(x, steps)
    assert found.shape == (steps, x.shape[1])
    known = x
    for h in range(steps):
        following = model(known)[0][-1:]
        assert same(found[h : h + 1], following)
        known = torch.cat([known, following])


@given(cases(horizons=1))
@generated
def test_the_first_step_of_all_ways_to_forecast_is_the_same(case: dict[str, Any]) -> None:
    model, x = case["model"], case["x"]
    last = model(x)[0][-1:]
    assert same(model.roll_out(x, 3)[:1], last)
    assert same(model.direct(x), last)


@given(cases(horizons=3))
@generated
def test_direct_forecasts_are_what_the_last_step_says(case: dict[str, Any]) -> None:
    model, x = case["model"], case["x"]
    forecasts, _ = model(x)
    for h in range(3):
        assert same(model.direct(x)[h], forecasts[-1, :, h])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("horizons", [1, 3])
def test_it_computes_what_torchs_layers_compute_and_adds_the_last_value_if_told_to(
    kind: str, horizons: int
) -> None:
    torch.manual_seed(0)
    plain = Forecaster(kind, 4, horizons=horizons, residual=False).to(DEVICE)
    residual = Forecaster(kind, 4, horizons=horizons).to(DEVICE)
    residual.load_state_dict(plain.state_dict())
    rnn, readout = getattr(nn, kind)(1, 4).to(DEVICE), nn.Linear(4, horizons).to(DEVICE)
    rnn.load_state_dict(plain.rnn.state_dict())
    readout.load_state_dict(plain.readout.state_dict())
    x = torch.randn(5, 2).to(DEVICE)
    expected = readout(rnn(x.unsqueeze(-1))[0])
    last = x.unsqueeze(-1)
    if horizons == 1:
        expected, last = expected.squeeze(-1), x
    assert torch.allclose(plain(x)[0], expected, atol=1e-6)
    assert torch.allclose(residual(x)[0], expected + last, atol=1e-6)


@pytest.mark.parametrize("horizons", [1, 4])
def test_a_residual_forecaster_that_says_nothing_is_persistence(horizons: int) -> None:
    model = Forecaster("GRU", 3, horizons=horizons)
    nn.init.zeros_(model.readout.weight)
    nn.init.zeros_(model.readout.bias)
    x = torch.randn(5, 2)
    assert torch.equal(model.direct(x), x[-1].expand(horizons, 2))
    if horizons == 1:
        assert torch.equal(model.roll_out(x, 6), x[-1].expand(6, 2))


def test_gradients_flow_through_the_rolled_out_forecasts() -> None:
    torch.manual_seed(0)
    model, x = Forecaster("LSTM", 3), torch.randn(4, 1, requires_grad=True)
    model.roll_out(x, 5)[-1].sum().backward()
    assert x.grad is not None
    assert (x.grad != 0).all()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())


def test_the_default_is_a_gru_of_32_units_that_adds_the_last_value() -> None:
    model = Forecaster()
    assert isinstance(model.rnn, nn.GRU)
    assert (model.rnn.hidden_size, model.horizons, model.residual) == (32, 1, True)


X = torch.zeros(5, 2)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Forecaster("CNN"), ValueError, "kind must be one of RNN, GRU, LSTM, got 'CNN'"),
        (lambda: Forecaster("RNN", 0), ValueError, "hidden_size must be at least 1, got 0"),
        (lambda: Forecaster(horizons=0), ValueError, "horizons must be at least 1, got 0"),
        (lambda: Forecaster(horizons=2.0), TypeError, "horizons must be an int, got 2.0"),
        (lambda: Forecaster(residual=1), TypeError, "residual must be True or False, got 1"),
        (lambda: Forecaster()([1.0]), TypeError, "x must be a tensor, got list"),
        (lambda: Forecaster()(X.double()), TypeError, "x must have the weights' dtype"),
        (lambda: Forecaster()(X.to("meta")), ValueError, "x must be on the weights' device cpu, got meta"),
        (lambda: Forecaster()(X.unsqueeze(-1)), ValueError, r"x must have shape \(L, N\).*got \(5, 2, 1\)"),
        (lambda: Forecaster()(X[:0]), ValueError, r"both at least 1, got \(0, 2\)"),
        (lambda: Forecaster().roll_out(X, 0), ValueError, "steps must be at least 1, got 0"),
        (lambda: Forecaster().roll_out(X, 1.0), TypeError, "steps must be an int, got 1.0"),
        (
            lambda: Forecaster(horizons=3).roll_out(X, 2),
            ValueError,
            "horizons must be 1 to roll out, got 3: call direct instead",
        ),
    ],
)
def test_a_wrong_argument_is_named(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
