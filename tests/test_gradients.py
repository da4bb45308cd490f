"""Gradients over time are what finite differences say, Jacobians too, and clipping is torch's."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from rnnlib import layers
from rnnlib.gradients import clip_by_norm, jacobians, memory_depth, spectrum, state_gradients

L, N, H_IN, H = 5, 2, 3, 4
KINDS = ["RNN", "GRU", "LSTM"]


def network(kind: str, library: Any = nn, **more: Any) -> Any:
    torch.manual_seed(0)
    return getattr(library, kind)(H_IN, H, dtype=torch.float64, **more)


def sequence() -> Tensor:
    return torch.randn(L, N, H_IN, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def weighted(output: Tensor) -> Tensor:
    """A loss in which every entry of every step counts differently."""
    return (torch.linspace(-1, 2, output.numel(), dtype=output.dtype).view_as(output) * output**2).sum()


def parts(state: Any) -> list[Tensor]:
    return list(state) if isinstance(state, tuple) else [state]


def loss_from(rnn: Any, x: Tensor, t: int, start: list[Tensor]) -> float:
    """The loss as a function of the state after t steps, whatever that state would have been."""
    with torch.no_grad():
        _, state = rnn(x[:t]) if t else (None, None)
        zeros = [torch.zeros(1, N, part.shape[-1], dtype=torch.float64) for part in start]
        outputs = []
        current = zeros
        for step in range(len(x)):
            if step == t:
                current = start
            given = tuple(current) if len(current) > 1 else current[0]
            _, state = rnn(x[step : step + 1], given)
            current = parts(state)
            outputs.append(start[0] if step + 1 == t else current[0])
        if t == len(x):
            outputs[-1] = start[0]
        return float(weighted(torch.cat(outputs)))


@pytest.mark.parametrize("library", [nn, layers])
@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_at_every_step_is_the_one_of_finite_differences(kind: str, library: Any) -> None:
    rnn, x, small = network(kind, library), sequence(), 1e-6
    found = state_gradients(rnn, x, weighted)
    assert found.shape == (L + 1, N, 2 * H if kind == "LSTM" else H)
    with torch.no_grad():
        for t in range(L + 1):
            zeros = [torch.zeros(1, N, H, dtype=torch.float64)] * (2 if kind == "LSTM" else 1)
            state = parts(rnn(x[:t])[1]) if t else zeros
            for index in range(found.shape[2]):
                which, column = divmod(index, H)
                for n in range(N):
                    losses = []
                    for sign in (1, -1):
                        moved = [part.clone() for part in state]
                        moved[which][0, n, column] += sign * small
                        losses.append(loss_from(rnn, x, t, moved))
                    slope = (losses[0] - losses[1]) / (2 * small)
                    assert abs(slope - float(found[t, n, index])) < 1e-7


@pytest.mark.parametrize("kind", KINDS)
def test_entry_0_is_the_gradient_of_the_initial_state_and_states_ahead_of_the_loss_get_zeros(
    kind: str,
) -> None:
    rnn, x = network(kind), sequence()
    h_0 = torch.randn(1, N, H, dtype=torch.float64).requires_grad_()
    c_0 = torch.randn(1, N, H, dtype=torch.float64).requires_grad_()
    hx = (h_0, c_0) if kind == "LSTM" else h_0
    rnn(x, hx)[0][2].sin().sum().backward()
    found = state_gradients(rnn, x, lambda output: output[2].sin().sum(), hx)
    wanted = torch.cat([h_0.grad, c_0.grad], -1) if kind == "LSTM" else h_0.grad
    assert torch.allclose(found[0], wanted[0], rtol=0, atol=1e-12)
    assert found[3].any()
    assert not found[4:].any()


def test_an_lstm_with_a_projection_has_states_of_two_widths() -> None:
    rnn = network("LSTM", layers, proj_size=2)
    assert state_gradients(rnn, sequence(), weighted).shape == (L + 1, N, 2 + H)


def test_the_weights_gradients_are_left_alone() -> None:
    rnn = network("RNN")
    state_gradients(rnn, sequence(), weighted)
    assert all(parameter.grad is None for parameter in rnn.parameters())


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_the_product_of_the_jacobians_carries_the_gradient_back(nonlinearity: str) -> None:
    rnn, x = network("RNN", nonlinearity=nonlinearity), sequence()
    states = rnn(x)[0].detach()
    matrices = jacobians(states, rnn.weight_hh_l0.detach(), nonlinearity)
    assert matrices.shape == (L, N, H, H)
    expected = state_gradients(rnn, x, lambda output: output[-1].pow(2).sum())
    gradient = 2 * states[-1]
    for t in range(L, 0, -1):
        assert torch.allclose(gradient, expected[t], rtol=0, atol=1e-12)
        gradient = torch.einsum("nij,ni->nj", matrices[t - 1], gradient)
    assert torch.allclose(gradient, expected[0], rtol=0, atol=1e-12)


def test_a_relu_lets_a_gradient_through_where_the_state_is_positive_and_nowhere_else() -> None:
    states = torch.tensor([-1.0, 0.0, 2.0])
    assert torch.equal(jacobians(states, torch.eye(3), "relu"), torch.diag(torch.tensor([0.0, 0.0, 1.0])))


@pytest.mark.parametrize("nonlinearity", ["tanh", "relu"])
def test_a_jacobian_is_the_one_of_finite_differences(nonlinearity: str) -> None:
    rnn, h, small = network("RNN", nonlinearity=nonlinearity), torch.randn(1, H, dtype=torch.float64), 1e-6
    x = sequence()[:1, 0]
    with torch.no_grad():
        matrix = jacobians(rnn(x, h)[0], rnn.weight_hh_l0, nonlinearity)[0]
        for column in range(H):
            bump = torch.zeros(1, H, dtype=torch.float64)
            bump[0, column] = small
            slope = (rnn(x, h + bump)[0] - rnn(x, h - bump)[0])[0] / (2 * small)
            assert torch.allclose(matrix[:, column], slope, rtol=0, atol=1e-8)


def test_a_spectrum_is_sorted_by_magnitude_and_solves_the_characteristic_equation() -> None:
    matrices = torch.randn(3, 5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    values = spectrum(matrices)
    assert values.shape == (3, 5)
    assert (values.abs().diff(dim=-1) <= 1e-12).all()
    for matrix, found in zip(matrices, values, strict=True):
        for value in found:
            singular = torch.linalg.det(matrix.to(value.dtype) - value * torch.eye(5, dtype=value.dtype))
            assert abs(singular) < 1e-9
    diagonal = spectrum(torch.diag(torch.tensor([0.5, -3.0, 1.0])))
    assert torch.allclose(diagonal.real, torch.tensor([-3.0, 1.0, 0.5], dtype=torch.float64))


def test_the_depth_of_memory_is_the_first_step_back_that_is_below_the_share() -> None:
    norms = torch.tensor([0.0, 0.3, 0.009, 0.02, 0.5, 1.0]) * 7
    assert memory_depth(norms) == 3
    assert memory_depth(norms, share=0.6) == 1
    assert memory_depth(torch.tensor([0.25, 0.5, 1.0]), share=0.5) == 2  # 0.5 is not below
    assert memory_depth(norms[3:]) == 3  # L = 2: the sequence is too short to tell
    assert memory_depth(torch.tensor([9.0, 3.0, 1.0])) == 3


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.5, math.inf])
@pytest.mark.parametrize("max_norm", [0.1, 1e6])
def test_clipping_by_hand_is_torchs(norm_type: float, max_norm: float) -> None:
    ours, theirs = network("LSTM"), network("LSTM")
    for module in (ours, theirs):
        weighted(module(sequence())[0]).backward()
        module.bias_hh_l0.grad = None  # a parameter that took no part
    before = {name: p.grad.clone() for name, p in ours.named_parameters() if p.grad is not None}
    returned = clip_by_norm(ours.parameters(), max_norm, norm_type)
    expected = nn.utils.clip_grad_norm_(theirs.parameters(), max_norm, norm_type)
    assert torch.allclose(returned, expected, rtol=1e-12)
    for (name, mine), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        if mine.grad is None:
            assert other.grad is None
            continue
        assert torch.allclose(mine.grad, other.grad, rtol=1e-9, atol=0)
        assert torch.equal(mine.grad, before[name]) == (max_norm == 1e6)


def test_clipping_takes_a_single_parameter_and_returns_the_norm_before() -> None:
    parameter = nn.Parameter(torch.zeros(2))
    parameter.grad = torch.tensor([3.0, 4.0])
    assert clip_by_norm(parameter, 1.0) == 5
    assert abs(parameter.grad.norm() - 1) < 1e-6


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_a_gradient_that_is_not_finite_is_refused_and_nothing_is_changed(bad: float) -> None:
    parameters = [nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(1))]
    parameters[0].grad, parameters[1].grad = torch.tensor([3.0, 4.0]), torch.tensor([bad])
    with pytest.raises(ValueError, match="parameters must have gradients with a finite norm, it is"):
        clip_by_norm(parameters, 1.0)
    assert torch.equal(parameters[0].grad, torch.tensor([3.0, 4.0]))


x64 = sequence()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: state_gradients(nn.Linear(3, 4), x64, weighted),
            TypeError,
            "rnn must be an RNN, .* got Linear",
        ),  # type: ignore[arg-type]
        (lambda: state_gradients(network("RNN", num_layers=2), x64, weighted), ValueError, "got 2 and 1"),
        (
            lambda: state_gradients(network("GRU", bidirectional=True), x64, weighted),
            ValueError,
            "got 1 and 2",
        ),
        (lambda: state_gradients(network("RNN", batch_first=True), x64, weighted), ValueError, "batch_first"),
        (
            lambda: state_gradients(network("RNN"), x64.float(), weighted),
            TypeError,
            "x must have the weights' dtype",
        ),
        (lambda: state_gradients(network("RNN"), [1], weighted), TypeError, "x must be a tensor, got list"),  # type: ignore[arg-type]
        (
            lambda: state_gradients(network("RNN"), x64[0], weighted),
            ValueError,
            r"x must have shape \(L, N, H_in\)",
        ),
        (lambda: state_gradients(network("RNN"), x64[:0], weighted), ValueError, "L and N at least 1"),
        (lambda: state_gradients(network("RNN"), x64[..., :2], weighted), ValueError, "H_in = 3, got"),
        (lambda: state_gradients(network("RNN"), x64, lambda y: y), ValueError, "loss must give one number"),
        (
            lambda: state_gradients(network("RNN"), x64, lambda y: 1.0),
            TypeError,
            "loss must give a tensor, got float",
        ),  # type: ignore[arg-type, return-value]
        (
            lambda: state_gradients(network("RNN"), x64, weighted, x64),
            ValueError,
            r"hx \(h_0\) must have shape",
        ),
        (
            lambda: state_gradients(network("LSTM"), x64, weighted, x64),
            TypeError,
            "hx must be a tuple of two",
        ),
        (lambda: memory_depth([1.0]), TypeError, "norms must be a tensor, got list"),  # type: ignore[arg-type]
        (lambda: memory_depth(torch.ones(2, 3)), ValueError, r"norms must have shape \(L \+ 1\)"),
        (lambda: memory_depth(torch.ones(1)), ValueError, "L at least 1"),
        (lambda: memory_depth(torch.tensor([1.0, math.nan])), ValueError, "norms must be finite"),
        (lambda: memory_depth(torch.tensor([1.0, 0.0])), ValueError, "the last one above 0"),
        (lambda: memory_depth(torch.tensor([-1.0, 1.0])), ValueError, "not negative"),
        (lambda: memory_depth(torch.ones(3), 1.0), ValueError, "share must be above 0 and below 1, got 1.0"),
        (
            lambda: jacobians(torch.ones(4), torch.ones(4, 3)),
            ValueError,
            r"weight_hh must be square, got \(4, 3\)",
        ),
        (lambda: jacobians(torch.ones(4), torch.ones(2, 4, 4)), ValueError, "weight_hh must have shape"),
        (lambda: jacobians(torch.ones(3), torch.ones(4, 4)), ValueError, "states must end in H_out = 4, got"),
        (lambda: jacobians(torch.ones(()), torch.ones(4, 4)), ValueError, r"H_out = 4, got \(\)"),
        (
            lambda: jacobians(torch.ones(4).double(), torch.ones(4, 4)),
            TypeError,
            "states must have the weights'",
        ),
        (lambda: jacobians(torch.ones(4), torch.ones(4, 4), "gelu"), ValueError, "nonlinearity must be"),
        (lambda: spectrum(torch.ones(3)), ValueError, r"matrices must be square, got \(3,\)"),
        (lambda: spectrum(1.0), TypeError, "matrices must be a tensor, got float"),  # type: ignore[arg-type]
        (lambda: spectrum(torch.full((2, 2), math.nan)), ValueError, "matrices must be finite"),
        (
            lambda: clip_by_norm(nn.Linear(2, 2).parameters(), 1.0),
            ValueError,
            "call backward before clipping",
        ),
        (lambda: clip_by_norm([], 1.0), ValueError, "parameters must have gradients"),
        (lambda: clip_by_norm(nn.Linear(2, 2).parameters(), 0.0), ValueError, "max_norm must be .* got 0.0"),
        (
            lambda: clip_by_norm(nn.Linear(2, 2).parameters(), math.inf),
            ValueError,
            "max_norm must be a finite",
        ),
        (
            lambda: clip_by_norm(nn.Linear(2, 2).parameters(), 1.0, 0),
            ValueError,
            "norm_type must be above 0, got 0",
        ),
    ],
)
def test_a_wrong_argument_is_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_the_spectrum_of_complex_matrices_is_complex() -> None:
    found = spectrum(torch.tensor([[2j, 0], [0, 1]]))
    assert torch.allclose(found, torch.tensor([2j, 1], dtype=torch.complex128))
    assert torch.equal(spectrum(torch.tensor([[2, 0], [0, 1]])), torch.tensor([2, 1], dtype=torch.complex128))
