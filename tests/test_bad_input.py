"""Wrong calls, and the message each must give: the argument, what came, what is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from rnnlib.cells import GRUCell, LSTMCell, RNNCell
from rnnlib.layers import GRU, LSTM, RNN
from rnnlib.lengths import (
    check_lengths,
    last_valid_step,
    mask_from_lengths,
    pack,
    reverse_within_length,
    run_packed,
    unpack,
)

X = torch.zeros(5, 3, 4)  # L = 5, N = 3, H_in = 4
H = torch.zeros(1, 3, 6)  # H_out = 6


def rnn(x: object = X, hx: object = None, lengths: object = None) -> object:
    return RNN(4, 6)(x, hx, lengths)


def gru(x: object = X, hx: object = None, lengths: object = None) -> object:
    return GRU(4, 6)(x, hx, lengths)


def lstm(x: object = X, hx: object = None, lengths: object = None) -> object:
    return LSTM(4, 6)(x, hx, lengths)


LENGTHS = [
    (lambda: rnn(lengths=[0, 5, 2]), ValueError, "lengths must be from 1 to L = 5, got 0 at index 0"),
    (lambda: gru(lengths=[1, -2, 2]), ValueError, "lengths must be from 1 to L = 5, got -2 at index 1"),
    (lambda: lstm(lengths=[1, 5, 6]), ValueError, "lengths must be from 1 to L = 5, got 6 at index 2"),
    (
        lambda: GRU(4, 6, batch_first=True)(X, lengths=[4, 1, 1, 1, 1]),
        ValueError,
        "lengths must be from 1 to L = 3, got 4 at index 0",
    ),
    (
        lambda: rnn(lengths=[5, 2]),
        ValueError,
        "lengths must have one entry for each of the 3 sequences, got 2",
    ),
    (lambda: rnn(lengths=[]), ValueError, "lengths must have one entry for each of the 3 sequences, got 0"),
    (lambda: rnn(lengths=[5.0, 2, 1]), TypeError, "lengths must be integers, got 5.0 (float) at index 0"),
    (lambda: rnn(lengths=[5, True, 1]), TypeError, "lengths must be integers, got True (bool) at index 1"),
    (
        lambda: rnn(lengths=torch.tensor([5.0, 2.0, 1.0])),
        TypeError,
        "lengths must be integers, got a tensor of torch.float32",
    ),
    (
        lambda: rnn(lengths=torch.ones(3, dtype=torch.bool)),
        TypeError,
        "lengths must be integers, got a tensor of torch.bool",
    ),
    (
        lambda: rnn(lengths=torch.ones(3, dtype=torch.int64, device="meta")),
        ValueError,
        "lengths must be on the CPU, got a tensor on meta: pass lengths.cpu()",
    ),
    (
        lambda: rnn(lengths=torch.ones(3, 1, dtype=torch.int64)),
        ValueError,
        "lengths must be 1-D, one length a sequence, got shape (3, 1)",
    ),
    (
        lambda: rnn(lengths=torch.tensor(5)),
        ValueError,
        "lengths must be 1-D, one length a sequence, got shape ()",
    ),
    (
        lambda: rnn(lengths=5),
        TypeError,
        "lengths must be a list, a tuple, a range, a NumPy array or a 1-D integer tensor on the CPU, got int",
    ),
    (
        lambda: rnn(lengths=torch.ones(3).numpy()),
        TypeError,
        "lengths must be integers, got an array of float32",
    ),
    (
        lambda: rnn(torch.zeros(5, 4), lengths=[5]),
        ValueError,
        "lengths need a batch: x must have shape (L, N, H_in), got (5, 4)",
    ),
    (lambda: mask_from_lengths([3, 9], 5), ValueError, "lengths must be from 1 to L = 5, got 9 at index 1"),
    (
        lambda: reverse_within_length(X, [5, 2]),
        ValueError,
        "lengths must have one entry for each of the 3 sequences, got 2",
    ),
    (
        lambda: reverse_within_length(torch.zeros(5), [5]),
        ValueError,
        "x must have shape (L, N, ...), got (5,)",
    ),
    (
        lambda: reverse_within_length(torch.zeros(5), [5], batch_first=True),
        ValueError,
        "x must have shape (N, L, ...), got (5,)",
    ),
    (lambda: reverse_within_length([[1, 2]], [1, 1]), TypeError, "x must be a tensor, got list"),
    (
        lambda: check_lengths("521", 3, 5),
        TypeError,
        "lengths must be a list, a tuple, a range, a NumPy array or a 1-D integer tensor on the CPU, got str",
    ),
]

INPUTS = [
    (
        lambda: rnn(torch.zeros(4)),
        ValueError,
        "x must have shape (L, N, H_in) or, unbatched, (L, H_in), got (4,)",
    ),
    (
        lambda: GRU(4, 6, batch_first=True)(torch.zeros(1, 5, 3, 4)),
        ValueError,
        "x must have shape (N, L, H_in) or, unbatched, (L, H_in), got (1, 5, 3, 4)",
    ),
    (
        lambda: lstm(torch.zeros(5, 3, 7)),
        ValueError,
        "x must end in H_in = input_size = 4, got (5, 3, 7)",
    ),
    (lambda: rnn([[1.0] * 4]), TypeError, "x must be a tensor, got list"),
    (lambda: rnn(None), TypeError, "x must be a tensor, got NoneType"),
    (
        lambda: rnn(X.long()),
        TypeError,
        "x must have the weights' dtype torch.float32, got torch.int64",
    ),
    (
        lambda: rnn(X.double()),
        TypeError,
        "x must have the weights' dtype torch.float32, got torch.float64",
    ),
    (lambda: rnn(X.to("meta")), ValueError, "x must be on the weights' device cpu, got meta"),
    (lambda: rnn(X[:, :0]), ValueError, "x must hold at least one sequence and one step, got (5, 0, 4)"),
    (lambda: rnn(X[:0]), ValueError, "x must hold at least one sequence and one step, got (0, 3, 4)"),
    (
        lambda: lstm(pack_padded_sequence(X, [5, 2, 1])),
        TypeError,
        "x must be a padded tensor, got PackedSequence: pass the padded batch and lengths=...",
    ),
    (
        lambda: RNNCell(4, 6)(X),
        ValueError,
        "x must have shape (N, H_in) or (H_in) with N at least 1 and H_in = input_size = 4, got (5, 3, 4)",
    ),
    (
        lambda: GRUCell(4, 6)(torch.zeros(3, 5)),
        ValueError,
        "x must have shape (N, H_in) or (H_in) with N at least 1 and H_in = input_size = 4, got (3, 5)",
    ),
    (
        lambda: LSTMCell(4, 6)(torch.zeros(0, 4)),
        ValueError,
        "x must have shape (N, H_in) or (H_in) with N at least 1 and H_in = input_size = 4, got (0, 4)",
    ),
    (lambda: RNNCell(4, 6)(3.0), TypeError, "x must be a tensor, got float"),
]

STATES = [
    (
        lambda: RNN(4, 6, num_layers=2)(X, H),
        ValueError,
        "hx (h_0) must have shape (2, 3, 6), got (1, 3, 6)",
    ),
    (
        lambda: GRU(4, 6, bidirectional=True)(X, H),
        ValueError,
        "hx (h_0) must have shape (2, 3, 6), got (1, 3, 6)",
    ),
    (
        lambda: GRU(4, 6, batch_first=True)(torch.zeros(3, 5, 4), H.transpose(0, 1)),
        ValueError,
        "hx (h_0) must have shape (1, 3, 6), got (3, 1, 6)",
    ),
    (lambda: rnn(hx=torch.zeros(1, 1, 6)), ValueError, "hx (h_0) must have shape (1, 3, 6), got (1, 1, 6)"),
    (lambda: rnn(hx=H[0]), ValueError, "hx (h_0) must have shape (1, 3, 6), got (3, 6)"),
    (lambda: rnn(torch.zeros(5, 4), H), ValueError, "hx (h_0) must have shape (1, 6), got (1, 3, 6)"),
    (lambda: rnn(hx=(H, H)), TypeError, "hx must be a tensor, got tuple"),
    (lambda: gru(hx=0), TypeError, "hx must be a tensor, got int"),
    (
        lambda: gru(hx=H.double()),
        TypeError,
        "hx must have the weights' dtype torch.float32, got torch.float64",
    ),
    (lambda: gru(hx=H.to("meta")), ValueError, "hx must be on the weights' device cpu, got meta"),
    (lambda: lstm(hx=H), TypeError, "hx must be a tuple of two tensors (h_0, c_0), got Tensor"),
    (lambda: lstm(hx=(H,)), TypeError, "hx must be a tuple of two tensors (h_0, c_0), got tuple of 1"),
    (lambda: lstm(hx=(H, None)), TypeError, "hx[1] must be a tensor, got NoneType"),
    (
        lambda: lstm(hx=(H, H.double())),
        TypeError,
        "hx[1] must have the weights' dtype torch.float32, got torch.float64",
    ),
    (
        lambda: LSTM(4, 6, proj_size=2)(X, (H, H)),
        ValueError,
        "hx[0] (h_0) must have shape (1, 3, 2), got (1, 3, 6)",
    ),
    (
        lambda: LSTM(4, 6, proj_size=2)(X, (H[..., :2], H[..., :2])),
        ValueError,
        "hx[1] (c_0) must have shape (1, 3, 6), got (1, 3, 2)",
    ),
    (
        lambda: RNNCell(4, 6)(X[0], torch.zeros(2, 6)),
        ValueError,
        "hx (h_0) must have shape (3, 6), got (2, 6)",
    ),
    (lambda: GRUCell(4, 6)(X[0], (H[0], H[0])), TypeError, "hx must be a tensor, got tuple"),
    (
        lambda: LSTMCell(4, 6)(X[0], H[0]),
        TypeError,
        "hx must be a tuple of two tensors (h_0, c_0), got Tensor",
    ),
]

ARGUMENTS = [
    (lambda: RNN(4, 0), ValueError, "hidden_size must be at least 1, got 0"),
    (lambda: RNN(0, 6), ValueError, "input_size must be at least 1, got 0"),
    (lambda: GRU(4, 6.0), TypeError, "hidden_size must be an int, got 6.0 (float)"),
    (lambda: GRU(True, 6), TypeError, "input_size must be an int, got True (bool)"),
    (lambda: LSTM(4, 6, num_layers=0), ValueError, "num_layers must be at least 1, got 0"),
    (lambda: LSTM(4, 6, num_layers=1.5), TypeError, "num_layers must be an int, got 1.5 (float)"),
    (lambda: RNN(4, 6, 2, dropout=1.5), ValueError, "dropout must be a probability from 0 to 1, got 1.5"),
    (lambda: RNN(4, 6, 2, dropout=-0.1), ValueError, "dropout must be a probability from 0 to 1, got -0.1"),
    (
        lambda: RNN(4, 6, 2, dropout=float("nan")),
        ValueError,
        "dropout must be a probability from 0 to 1, got nan",
    ),
    (lambda: GRU(4, 6, 2, dropout=True), TypeError, "dropout must be a number, got True (bool)"),
    (lambda: GRU(4, 6, 2, dropout="0.5"), TypeError, "dropout must be a number, got '0.5' (str)"),
    (lambda: RNN(4, 6, nonlinearity="gelu"), ValueError, "nonlinearity must be 'tanh' or 'relu', got 'gelu'"),
    (lambda: RNN(4, 6, bias=1), TypeError, "bias must be True or False, got 1 (int)"),
    (lambda: RNN(4, 6, batch_first="yes"), TypeError, "batch_first must be True or False, got 'yes' (str)"),
    (lambda: LSTM(4, 6, bidirectional=2), TypeError, "bidirectional must be True or False, got 2 (int)"),
    (lambda: LSTM(4, 6, proj_size=6), ValueError, "proj_size must be below hidden_size = 6, got 6"),
    (lambda: LSTM(4, 6, proj_size=-1), ValueError, "proj_size must be at least 0, got -1"),
    (lambda: RNN(4, 6, proj_size=2), TypeError, "unexpected keyword argument 'proj_size'"),
    (lambda: GRU(4, 6, proj_size=2), TypeError, "unexpected keyword argument 'proj_size'"),
    (
        lambda: RNNCell(4, 6, nonlinearity="sigmoid"),
        ValueError,
        "nonlinearity must be 'tanh' or 'relu', got 'sigmoid'",
    ),
    (lambda: GRUCell(4, -6), ValueError, "hidden_size must be at least 1, got -6"),
    (lambda: LSTMCell(4, 6, bias=None), TypeError, "bias must be True or False, got None (NoneType)"),
]


PACKED = [
    (lambda: pack(X, [5, 2]), ValueError, "lengths must have one entry for each of the 3 sequences, got 2"),
    (lambda: pack(X, [5, 0, 2]), ValueError, "lengths must be from 1 to L = 5, got 0 at index 1"),
    (lambda: pack(X, [6, 1, 2]), ValueError, "lengths must be from 1 to L = 5, got 6 at index 0"),
    (
        lambda: pack(X, [5, 2, 1], batch_first=True),
        ValueError,
        "lengths must have one entry for each of the 5 sequences, got 3",
    ),
    (lambda: pack(torch.zeros(5), [5]), ValueError, "x must have shape (L, N, ...), got (5,)"),
    (lambda: pack([[1, 2]], [1, 1]), TypeError, "x must be a tensor, got list"),
    (
        lambda: unpack(pack(X, [4, 2, 1]), total_length=3),
        ValueError,
        "total_length must be at least the longest length, which is 4, got 3",
    ),
    (
        lambda: unpack(pack(X, [4, 2, 1]), total_length=0),
        ValueError,
        "total_length must be at least the longest length, which is 4, got 0",
    ),
    (lambda: last_valid_step(X, [5, 2, 6]), ValueError, "lengths must be from 1 to L = 5, got 6 at index 2"),
    (
        lambda: last_valid_step(X, [5, 2, 1], batch_first=True),
        ValueError,
        "lengths must have one entry for each of the 5 sequences, got 3",
    ),
    (lambda: last_valid_step(torch.zeros(5), [5]), ValueError, "x must have shape (L, N, ...), got (5,)"),
]


def packed(rnn: Any = None, x: object = X, lengths: object = (5, 2, 1), hx: object = None) -> object:
    return run_packed(rnn or nn.LSTM(4, 6), x, lengths, hx)


RUN_PACKED = [
    (
        lambda: packed(LSTM(4, 6)),
        TypeError,
        "rnn must be an nn.RNN, nn.LSTM or nn.GRU, got rnnlib.layers.LSTM "
        "(the layers of rnnlib take lengths=... themselves)",
    ),
    (lambda: packed(nn.LSTMCell(4, 6)), TypeError, "rnn must be an nn.RNN, nn.LSTM or nn.GRU, got torch.nn."),
    (lambda: packed(nn.Linear(4, 6)), TypeError, "rnn must be an nn.RNN, nn.LSTM or nn.GRU, got torch.nn."),
    (
        lambda: packed(x=pack_padded_sequence(X, [5, 2, 1])),
        TypeError,
        "x must be a padded tensor, got PackedSequence: pass the padded batch and lengths",
    ),
    (lambda: packed(x=[[1.0] * 4]), TypeError, "x must be a tensor, got list"),
    (
        lambda: packed(x=torch.zeros(5, 4), lengths=[5]),
        ValueError,
        "x must have shape (L, N, H_in), with at least one sequence and one step, got (5, 4)",
    ),
    (
        lambda: packed(nn.GRU(4, 6, batch_first=True), torch.zeros(5, 4), [5]),
        ValueError,
        "x must have shape (N, L, H_in), with at least one sequence and one step, got (5, 4)",
    ),
    (
        lambda: packed(x=X[:, :0], lengths=[]),
        ValueError,
        "x must have shape (L, N, H_in), with at least one sequence and one step, got (5, 0, 4)",
    ),
    (
        lambda: packed(x=X[:0]),
        ValueError,
        "x must have shape (L, N, H_in), with at least one sequence and one step, got (0, 3, 4)",
    ),
    (
        lambda: packed(x=torch.zeros(5, 3, 7)),
        ValueError,
        "x must end in H_in = input_size = 4, got (5, 3, 7)",
    ),
    (
        lambda: packed(x=X.double()),
        TypeError,
        "x must have the weights' dtype torch.float32, got torch.float64",
    ),
    (lambda: packed(x=X.long()), TypeError, "x must have the weights' dtype torch.float32, got torch.int64"),
    (lambda: packed(x=X.to("meta")), ValueError, "x must be on the weights' device cpu, got meta"),
    (
        lambda: packed(lengths=torch.ones(3, dtype=torch.int64, device="meta")),
        ValueError,
        "lengths must be on the CPU, got a tensor on meta: pass lengths.cpu()",
    ),
    (lambda: packed(lengths=[5, 0, 1]), ValueError, "lengths must be from 1 to L = 5, got 0 at index 1"),
    (lambda: packed(lengths=[5, 2, 6]), ValueError, "lengths must be from 1 to L = 5, got 6 at index 2"),
    (
        lambda: packed(nn.GRU(4, 6, batch_first=True), lengths=[4, 1, 1, 1, 1]),
        ValueError,
        "lengths must be from 1 to L = 3, got 4 at index 0",
    ),
    (
        lambda: packed(lengths=[5, 2]),
        ValueError,
        "lengths must have one entry for each of the 3 sequences, got 2",
    ),
    (
        lambda: packed(lengths=torch.tensor([5.0, 2.0, 1.0])),
        TypeError,
        "lengths must be integers, got a tensor of torch.float32",
    ),
    (
        lambda: packed(lengths=None),
        TypeError,
        "lengths must be a list, a tuple, a range, a NumPy array or a 1-D integer tensor",
    ),
    (lambda: packed(hx=H), TypeError, "hx must be a tuple of two tensors (h_0, c_0), got Tensor"),
    (lambda: packed(hx=(H,)), TypeError, "hx must be a tuple of two tensors (h_0, c_0), got tuple of 1"),
    (lambda: packed(hx=()), TypeError, "hx must be a tuple of two tensors (h_0, c_0), got tuple of 0"),
    (lambda: packed(nn.GRU(4, 6), hx=(H, H)), TypeError, "hx must be a tensor, got tuple"),
    (
        lambda: packed(nn.RNN(4, 6, 2), hx=H),
        ValueError,
        "hx (h_0) must have shape (2, 3, 6), got (1, 3, 6)",
    ),
    (
        lambda: packed(nn.LSTM(4, 6, proj_size=2), hx=(H, H)),
        ValueError,
        "hx[0] (h_0) must have shape (1, 3, 2), got (1, 3, 6)",
    ),
    (
        lambda: packed(nn.LSTM(4, 6, proj_size=2), hx=(H[..., :2], H[..., :2])),
        ValueError,
        "hx[1] (c_0) must have shape (1, 3, 6), got (1, 3, 2)",
    ),
    (
        lambda: packed(hx=(H, H.double())),
        TypeError,
        "hx[1] must have the weights' dtype torch.float32, got torch.float64",
    ),
    (
        lambda: packed(nn.GRU(4, 6), hx=H.to("meta")),
        ValueError,
        "hx must be on the weights' device cpu, got meta",
    ),
]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        pytest.param(*case, id=f"{group}: {case[2]}")
        for group, cases in (
            ("lengths", LENGTHS),
            ("x", INPUTS),
            ("hx", STATES),
            ("argument", ARGUMENTS),
            ("packing", PACKED),
            ("run_packed", RUN_PACKED),
        )
        for case in cases
    ],
)
def test_a_wrong_call_says_what_came_and_what_is_wanted(
    call: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        call()
