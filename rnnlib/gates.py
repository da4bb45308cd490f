"""An LSTM's gates: what they say at every step, and the bias that decides how long a fresh network remembers."""

from __future__ import annotations

import math
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from rnnlib import cells, layers

LSTMS = (nn.LSTM, nn.LSTMCell, layers.LSTM, cells.LSTMCell)


class Gates(NamedTuple):
    """What goes on inside an LSTM layer, each (L, N, H): the gates i, f and o, the candidate g, the states c and h."""

    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    h: Tensor


def read_gates(lstm: nn.Module, x: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> Gates:
    r"""Run an LSTM over a batch, and return its gates at every step.

    The layer itself returns no gates. But its output holds :math:`h_t` at every step, and from :math:`x_t` and
    :math:`h_{t-1}` the gates follow,

    .. math:: \begin{pmatrix} i_t \\ f_t \\ g_t \\ o_t \end{pmatrix} =
        \begin{pmatrix} \sigma \\ \sigma \\ \tanh \\ \sigma \end{pmatrix}
        (W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})

    for all steps in one product. Then :math:`c_t = f_t \odot c_{t-1} + i_t \odot g_t`.

    Args:
        lstm: a ``torch.nn.LSTM`` or a :class:`rnnlib.layers.LSTM` with one layer, one direction, no projection, and
            the batch in the middle.
        x: (L, N, H_in).
        hx: the pair of h_0 and c_0, each (1, N, H); zeros if left out.

    Returns:
        i, f, g, o, c and h, each (L, N, H).

    Raises:
        TypeError: ``lstm`` is no LSTM layer.
        ValueError: it has several layers or directions, a projection, or the batch in front, or x has another rank.

    Chapter: Gates.
    """
    if not isinstance(lstm, (nn.LSTM, layers.LSTM)):
        raise TypeError(f"lstm must be an LSTM layer, got {type(lstm).__name__}")
    for name, wanted in (
        ("num_layers", 1),
        ("bidirectional", False),
        ("proj_size", 0),
        ("batch_first", False),
    ):
        if getattr(lstm, name) != wanted:
            raise ValueError(f"lstm must have {name}={wanted}, got {getattr(lstm, name)}")
    if x.dim() != 3:
        raise ValueError(f"x must have shape (L, N, H_in), got {tuple(x.shape)}")
    h, _ = lstm(x, hx)  # (L, N, H)
    zeros = torch.zeros_like(h[:1])
    h_0, c_0 = (zeros, zeros) if hx is None else hx
    before = torch.cat([h_0, h[:-1]])  # h_{t-1} beside x_t
    weight_ih, weight_hh = cast(Tensor, lstm.weight_ih_l0), cast(Tensor, lstm.weight_hh_l0)
    rows = x @ weight_ih.T + before @ weight_hh.T  # (L, N, 4 * H)
    if lstm.bias:
        rows = rows + cast(Tensor, lstm.bias_ih_l0) + cast(Tensor, lstm.bias_hh_l0)
    i, f, g, o = rows.chunk(4, dim=-1)  # four times (L, N, H)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    states, c = [], c_0[0]  # (N, H)
    for keep, write in zip(f, i * g, strict=True):
        c = keep * c + write
        states.append(c)
    return Gates(i, f, g, o, torch.stack(states), h)


def set_forget_bias(lstm: nn.Module, value: float = 1.0) -> None:
    r"""Set the bias of the forget gates, in every layer and direction.

    The forget gate has two biases, and only their sum matters,

    .. math:: f_t = \sigma(W_{if} x_t + W_{hf} h_{t-1} + (b_{if} + b_{hf})), \qquad b_{if} + b_{hf} = value

    :math:`b_{if}` becomes ``value`` and :math:`b_{hf}` zero. So the result is the same whatever they were before, and
    calling it twice is the same as calling it once. Nothing else changes.

    Args:
        lstm: an LSTM layer or cell of ``torch.nn`` or of this package.
        value: the sum of the two biases. A forget gate that reads nothing else is :math:`\sigma(value)`.

    Raises:
        TypeError: ``lstm`` is no LSTM, or the value is no number. A model that contains an LSTM is none.
        ValueError: the LSTM has no biases, the value is not finite, or a bias is computed from other parameters, as in
            a parametrised or pruned layer; then none has been changed.

    Chapter: Gates. Sources: F. A. Gers, J. Schmidhuber and F. Cummins, `Learning to forget
    <https://doi.org/10.1162/089976600300015015>`_, 2000; R. Jozefowicz, W. Zaremba and I. Sutskever, `An empirical
    exploration of recurrent network architectures <https://proceedings.mlr.press/v37/jozefowicz15.html>`_, 2015.
    """
    if not isinstance(lstm, LSTMS):
        raise TypeError(f"lstm must be an LSTM layer or cell, got {type(lstm).__name__}")
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"value must be a number, got {value!r} ({type(value).__name__})")
    if not math.isfinite(value):
        raise ValueError(f"value must be finite, got {value}")
    if not lstm.bias:
        raise ValueError("lstm must have biases, got one with bias=False")
    endings = [""]
    if not isinstance(lstm, nn.LSTMCell | cells.LSTMCell):
        ways = ("", "_reverse") if lstm.bidirectional else ("",)
        endings = [f"_l{layer}{way}" for layer in range(lstm.num_layers) for way in ways]
    for name in (f"{kind}{ending}" for ending in endings for kind in ("bias_ih", "bias_hh")):
        if lstm._parameters.get(name) is None:
            raise ValueError(
                f"lstm must hold its biases as parameters, got {name} that is none: set it beforehand"
            )
    rows = slice(lstm.hidden_size, 2 * lstm.hidden_size)  # the order of the rows is i, f, g, o
    with torch.no_grad():
        for ending in endings:
            getattr(lstm, f"bias_ih{ending}")[rows] = value
            getattr(lstm, f"bias_hh{ending}")[rows] = 0
