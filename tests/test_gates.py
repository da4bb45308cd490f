"""Gates read from outside are those that the layer computes, and the forget bias cannot be added twice."""

import math

import pytest
import torch
from torch import nn

from rnnlib import cells, layers
from rnnlib.gates import read_gates, set_forget_bias

KINDS = [nn.LSTM, layers.LSTM]


def sigmoids(lstm, x, h, c):
    """One step, gate by gate, from rows cut out by their numbers."""
    H = lstm.hidden_size
    found = []
    for block, activation in enumerate((torch.sigmoid, torch.sigmoid, torch.tanh, torch.sigmoid)):
        rows = slice(block * H, (block + 1) * H)
        total = x @ lstm.weight_ih_l0[rows].T + h @ lstm.weight_hh_l0[rows].T
        if lstm.bias:
            total = total + lstm.bias_ih_l0[rows] + lstm.bias_hh_l0[rows]
        found.append(activation(total))
    i, f, g, o = found
    c = f * c + i * g
    return (i, f, g, o, c, o * torch.tanh(c))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("given", [True, False])
def test_the_gates_read_are_those_of_a_loop_over_single_steps(kind, bias, given):
    torch.manual_seed(0)
    lstm = kind(3, 5, bias=bias).double()
    x, h, c = (torch.randn(*s, dtype=torch.float64) for s in ((6, 2, 3), (1, 2, 5), (1, 2, 5)))
    if not given:
        h, c = torch.zeros_like(h), torch.zeros_like(c)
    read = read_gates(lstm, x, (h, c) if given else None)
    state_h, state_c = h[0], c[0]
    for t, x_t in enumerate(x):
        step = sigmoids(lstm, x_t, state_h, state_c)
        for mine, true in zip(read, step, strict=True):
            torch.testing.assert_close(mine[t], true)
        state_c, state_h = step[4], step[5]


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_states_are_those_that_the_layer_returns(kind):
    torch.manual_seed(0)
    lstm, x = kind(3, 5), torch.randn(7, 2, 3)
    output, (h_n, c_n) = lstm(x)
    read = read_gates(lstm, x)
    torch.testing.assert_close(read.h, output)
    torch.testing.assert_close(read.h[-1:], h_n)
    torch.testing.assert_close(read.c[-1:], c_n)


def test_gradients_flow_through_the_gates_that_were_read():
    lstm, x = nn.LSTM(3, 5), torch.randn(4, 2, 3, requires_grad=True)
    read_gates(lstm, x).f[-1].sum().backward()
    assert x.grad is not None
    assert x.grad[0].any()


@pytest.mark.parametrize(
    ("lstm", "error", "message"),
    [
        (nn.GRU(3, 5), TypeError, "lstm must be an LSTM layer, got GRU"),
        (nn.LSTMCell(3, 5), TypeError, "lstm must be an LSTM layer, got LSTMCell"),
        (nn.LSTM(3, 5, 2), ValueError, "num_layers=1, got 2"),
        (nn.LSTM(3, 5, bidirectional=True), ValueError, "bidirectional=False, got True"),
        (nn.LSTM(3, 5, proj_size=2), ValueError, "proj_size=0, got 2"),
        (nn.LSTM(3, 5, batch_first=True), ValueError, "batch_first=False, got True"),
    ],
)
def test_an_lstm_whose_gates_cannot_be_read_is_refused(lstm, error, message):
    with pytest.raises(error, match=message):
        read_gates(lstm, torch.zeros(4, 2, 3))


def test_a_sequence_without_a_batch_is_refused():
    with pytest.raises(ValueError, match=r"x must have shape \(L, N, H_in\), got \(4, 3\)"):
        read_gates(nn.LSTM(3, 5), torch.zeros(4, 3))


EVERY = [
    nn.LSTM(3, 5),
    nn.LSTM(3, 5, 2, bidirectional=True, proj_size=2),
    nn.LSTMCell(3, 5),
    layers.LSTM(3, 5, 2, bidirectional=True),
    cells.LSTMCell(3, 5),
]
names = pytest.mark.parametrize(
    "lstm", EVERY, ids=lambda lstm: type(lstm).__module__ + str(len(list(lstm.parameters())))
)


def forget_sums(lstm):
    own = dict(lstm.named_parameters())
    H = lstm.hidden_size
    return [
        own[name][H : 2 * H] + own[name.replace("_ih", "_hh")][H : 2 * H] for name in own if "bias_ih" in name
    ]


@names
@pytest.mark.parametrize("value", [1, 2.5, -3.0])
def test_the_sum_of_the_two_forget_biases_is_the_value_in_every_layer_and_direction(lstm, value):
    set_forget_bias(lstm, value)
    sums = forget_sums(lstm)
    assert len(sums) == getattr(lstm, "num_layers", 1) * (2 if getattr(lstm, "bidirectional", False) else 1)
    assert all((total == value).all() for total in sums)


@names
def test_twice_is_the_same_as_once(lstm):
    set_forget_bias(lstm)
    once = {name: value.clone() for name, value in lstm.state_dict().items()}
    set_forget_bias(lstm)
    assert all(torch.equal(value, once[name]) for name, value in lstm.state_dict().items())


@names
def test_nothing_but_the_forget_biases_changes_and_all_still_trains(lstm):
    lstm.reset_parameters()
    before = {name: value.clone() for name, value in lstm.state_dict().items()}
    set_forget_bias(lstm, 2.0)
    H = lstm.hidden_size
    for name, value in lstm.named_parameters():
        assert value.requires_grad
        kept = torch.ones(len(value), dtype=torch.bool)
        if name.startswith("bias"):
            kept[H : 2 * H] = False
        assert torch.equal(value[kept], before[name][kept])


def test_a_gate_that_reads_nothing_is_the_sigmoid_of_the_value():
    lstm = nn.LSTM(3, 5)
    set_forget_bias(lstm, 1.5)
    f = read_gates(lstm, torch.zeros(1, 2, 3)).f
    torch.testing.assert_close(f, torch.full_like(f, 1 / (1 + math.exp(-1.5))))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: set_forget_bias(nn.GRU(3, 5)), TypeError, "lstm must be an LSTM layer or cell, got GRU"),
        (lambda: set_forget_bias(nn.Sequential(nn.LSTM(3, 5))), TypeError, "got Sequential"),
        (lambda: set_forget_bias(nn.LSTM(3, 5, bias=False)), ValueError, "lstm must have biases"),
        (lambda: set_forget_bias(nn.LSTM(3, 5), "1"), TypeError, "value must be a number, got '1'"),
        (lambda: set_forget_bias(nn.LSTM(3, 5), True), TypeError, "value must be a number, got True"),
        (lambda: set_forget_bias(nn.LSTM(3, 5), math.nan), ValueError, "value must be finite, got nan"),
    ],
)
def test_a_wrong_argument_is_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
