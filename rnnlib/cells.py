r"""One step of a recurrent network: the equations of the RNN, the GRU and the LSTM, written by hand.

A step reads the state of step :math:`t-1` and gives the state of step :math:`t`. Nothing here knows about time,
layers or directions; :mod:`rnnlib.layers` adds those by calling the same step functions in a loop.

The step functions take the *input projection* :math:`W_{ih} x_t + b_{ih}` instead of :math:`x_t`. It does not depend
on the state, so :func:`project_input` can compute it for all steps of a sequence in one large matrix product before
the loop starts.

Shapes are written as in the text: N sequences in a batch, L steps, H_in input features, H_out hidden units. A gated
cell stores its G blocks of H_out rows in one matrix of G · H_out rows.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rnnlib.arguments import check_flag, check_nonlinearity, check_size, check_state, check_tensor
from rnnlib.autocast import as_torch_gives, casts


def project_input(
    x: Tensor, weight_ih: Tensor, bias_ih: Tensor | None, bias_hh: Tensor | None = None
) -> Tensor:
    r"""The part of a step that does not depend on the state.

    .. math:: W_{ih} x + b_{ih} \; (+ \, b_{hh})

    Adding :math:`b_{hh}` here saves an addition at every step. The equations of the RNN and the LSTM permit it; the
    GRU multiplies a part of :math:`b_{hh}` by its reset gate, so there the step has to add it.

    Args:
        x: one step (N, H_in) or all steps (L, N, H_in).
        weight_ih: (G · H_out, H_in).
        bias_ih: (G · H_out), or None.
        bias_hh: (G · H_out), or None.

    Returns:
        (N, G · H_out) or (L, N, G · H_out).
    """
    bias = bias_ih
    if bias_hh is not None:
        bias = bias_hh if bias_ih is None else bias_ih + bias_hh
    return F.linear(x, weight_ih, bias)  # (..., H_in) -> (..., G * H_out)


def rnn_step(projected: Tensor, h: Tensor, weight_hh: Tensor, nonlinearity: str = "tanh") -> Tensor:
    r"""One step of the simple (Elman) recurrent network.

    .. math:: h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})

    Args:
        projected: :math:`W_{ih} x_t + b_{ih} + b_{hh}`, (N, H_out).
        h: :math:`h_{t-1}`, (N, H_out).
        weight_hh: (H_out, H_out).
        nonlinearity: ``"tanh"``, or ``"relu"`` to replace tanh by :math:`\max(0, \cdot)`.

    Returns:
        :math:`h_t`, (N, H_out).

    Raises:
        ValueError: an unknown nonlinearity.
    """
    activation = torch.tanh if check_nonlinearity(nonlinearity) == "tanh" else torch.relu
    return activation(torch.addmm(projected, h, weight_hh.T))


def gru_step(projected: Tensor, h: Tensor, weight_hh: Tensor, bias_hh: Tensor | None = None) -> Tensor:
    r"""One step of the gated recurrent unit, as PyTorch defines it.

    .. math::

        r_t &= \sigma(W_{ir} x_t + b_{ir} + W_{hr} h_{t-1} + b_{hr}) \\
        z_t &= \sigma(W_{iz} x_t + b_{iz} + W_{hz} h_{t-1} + b_{hz}) \\
        n_t &= \tanh(W_{in} x_t + b_{in} + r_t \odot (W_{hn} h_{t-1} + b_{hn})) \\
        h_t &= (1 - z_t) \odot n_t + z_t \odot h_{t-1}

    The reset gate :math:`r_t` acts after the matrix product, :math:`b_{hn}` included. The published form of Cho et
    al. (version 3) applies it to :math:`h_{t-1}`, before the product, which is another function.

    Args:
        projected: :math:`W_{ih} x_t + b_{ih}`, (N, 3 · H_out), in the order r, z, n.
        h: :math:`h_{t-1}`, (N, H_out).
        weight_hh: (3 · H_out, H_out), in the order r, z, n.
        bias_hh: (3 · H_out), or None.

    Returns:
        :math:`h_t`, (N, H_out).
    """
    recurrent = F.linear(h, weight_hh, bias_hh)  # (N, H_out) -> (N, 3 * H_out)
    input_r, input_z, input_n = projected.chunk(3, dim=1)  # three times (N, H_out)
    hidden_r, hidden_z, hidden_n = recurrent.chunk(3, dim=1)  # three times (N, H_out)
    r = torch.sigmoid(input_r + hidden_r)
    z = torch.sigmoid(input_z + hidden_z)
    n = torch.tanh(input_n + r * hidden_n)
    if n.dtype != h.dtype:  # under autocast
        n, z = n.to(h.dtype), z.to(h.dtype)
    return torch.lerp(n, h, z)  # (1 - z) n + z h, in one pass over memory


def lstm_step(
    projected: Tensor, h: Tensor, c: Tensor, weight_hh: Tensor, weight_hr: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    r"""One step of the long short-term memory.

    .. math::

        i_t &= \sigma(W_{ii} x_t + b_{ii} + W_{hi} h_{t-1} + b_{hi}) \\
        f_t &= \sigma(W_{if} x_t + b_{if} + W_{hf} h_{t-1} + b_{hf}) \\
        g_t &= \tanh(W_{ig} x_t + b_{ig} + W_{hg} h_{t-1} + b_{hg}) \\
        o_t &= \sigma(W_{io} x_t + b_{io} + W_{ho} h_{t-1} + b_{ho}) \\
        c_t &= f_t \odot c_{t-1} + i_t \odot g_t \\
        h_t &= o_t \odot \tanh(c_t)

    With a projection the hidden state is :math:`W_{hr} (o_t \odot \tanh(c_t))`: h has H_out = proj_size entries
    while c keeps H_cell = hidden_size. Without one, H_out = H_cell.

    Args:
        projected: :math:`W_{ih} x_t + b_{ih} + b_{hh}`, (N, 4 · H_cell), in the order i, f, g, o.
        h: :math:`h_{t-1}`, (N, H_out).
        c: :math:`c_{t-1}`, (N, H_cell).
        weight_hh: (4 · H_cell, H_out), in the order i, f, g, o.
        weight_hr: (H_out, H_cell), or None for no projection.

    Returns:
        :math:`h_t`, (N, H_out), and :math:`c_t`, (N, H_cell).
    """
    gates = torch.addmm(projected, h, weight_hh.T)  # (N, H_out) -> (N, 4 * H_cell)
    i, f, g, o = gates.chunk(4, dim=1)  # four times (N, H_cell)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    h = torch.sigmoid(o) * torch.tanh(c)
    if weight_hr is not None:
        h = F.linear(h, weight_hr)  # (N, H_cell) -> (N, H_out)
    return h, c


class _Cell(nn.Module):
    """The parameters that the three cells share, under the names and in the order of ``torch.nn``."""

    weight_ih: nn.Parameter
    weight_hh: nn.Parameter
    bias_ih: nn.Parameter | None
    bias_hh: nn.Parameter | None

    def __init__(
        self,
        blocks: int,
        input_size: int,
        hidden_size: int,
        bias: bool,
        device: torch.device | str | None,
        dtype: torch.dtype | None,
    ) -> None:
        super().__init__()
        self.input_size = check_size("input_size", input_size)
        self.hidden_size = check_size("hidden_size", hidden_size)
        self.bias = check_flag("bias", bias)
        rows = blocks * hidden_size
        shapes = {"weight_ih": (rows, input_size), "weight_hh": (rows, hidden_size)}
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape, device=device, dtype=dtype)))
        for name in ("bias_ih", "bias_hh"):
            value = nn.Parameter(torch.empty(rows, device=device, dtype=dtype)) if bias else None
            self.register_parameter(name, value)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        r"""Draw every parameter from :math:`U(-1/\sqrt{H_{out}}, 1/\sqrt{H_{out}})`, in ``torch.nn``'s order."""
        initialize(self, self.hidden_size)

    def _as_batch(self, x: Tensor, hx: object, names: tuple[str, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Check x and hx; give x as (N, H_in) and the state as tensors (N, H_out), zeros where hx is None."""
        check_tensor("x", x, self.weight_ih)
        if x.dim() not in (1, 2) or x.shape[-1] != self.input_size or x.numel() == 0:
            raise ValueError(
                f"x must have shape (N, H_in) or (H_in) with N at least 1 and H_in = input_size = {self.input_size}, "
                f"got {tuple(x.shape)}"
            )
        state = check_state(hx, dict.fromkeys(names, (*x.shape[:-1], self.hidden_size)), x)
        if x.dim() == 2:
            return x, state
        return x.unsqueeze(0), tuple(s.unsqueeze(0) for s in state)  # (H) -> (1, H), for x and the states

    def _take_step(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """One step from x (N, H_in) and states (N, H_out), all in the weights' dtype."""
        raise NotImplementedError

    def _step(self, x: Tensor, hx: object, names: tuple[str, ...]) -> tuple[Tensor, ...]:
        """The states after a step, shaped as x is; under autocast of the dtypes that ``torch.nn`` gives."""
        batch, state = self._as_batch(x, hx, names)
        if casts(self.weight_ih):
            dtypes = as_torch_gives(self, self.weight_ih, batch, state)
            dtype = self.weight_ih.dtype
            with torch.autocast(self.weight_ih.device.type, enabled=False):
                after = self._take_step(batch.to(dtype), tuple(part.to(dtype) for part in state))
            after = tuple(part.to(wanted) for part, wanted in zip(after, dtypes, strict=True))
        else:
            after = self._take_step(batch, state)
        # (N, H_out), or (1, H_out) -> (H_out)
        return tuple(part.reshape(*x.shape[:-1], self.hidden_size) for part in after)

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(_Cell):
    r"""One step of a simple recurrent network with its parameters, as ``torch.nn.RNNCell``.

    .. math:: h' = \tanh(W_{ih} x + b_{ih} + W_{hh} h + b_{hh})

    The parameters are weight_ih (H_out, H_in), weight_hh (H_out, H_out), bias_ih and bias_hh (H_out): names, shapes,
    order and initialisation are ``torch.nn.RNNCell``'s, so state dicts load both ways and the same seed gives the
    same weights.

    Args:
        input_size: H_in, the number of features of x.
        hidden_size: H_out, the number of features of the state.
        bias: whether to add :math:`b_{ih}` and :math:`b_{hh}`.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        device: where the parameters are made.
        dtype: the parameters' type.

    Raises:
        ValueError: a size below 1, or an unknown nonlinearity.
        TypeError: a size that is no int, or a bias that is no bool.

    Chapter: The recurrent cell. Source: J. L. Elman, `Finding structure in time
    <https://doi.org/10.1207/s15516709cog1402_1>`_, Cognitive Science 14, 1990.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(1, input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = check_nonlinearity(nonlinearity)

    def forward(self, x: Tensor, hx: Tensor | None = None) -> Tensor:
        """Take one step.

        Args:
            x: (N, H_in), or (H_in) for one sequence.
            hx: the state before the step, (N, H_out) or (H_out); zeros if left out.

        Returns:
            The state after the step, (N, H_out) or (H_out).

        Raises:
            ValueError: a wrong shape or device, or an empty batch.
            TypeError: no tensor, or a dtype that is not the weights'.
        """
        return self._step(x, hx, ("h_0",))[0]

    def _take_step(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        # (N, H_in) -> (N, H_out)
        projected = project_input(x, self.weight_ih, self.bias_ih, self.bias_hh)
        return (rnn_step(projected, state[0], self.weight_hh, self.nonlinearity),)

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else ", nonlinearity=relu")


class GRUCell(_Cell):
    """One step of a gated recurrent unit with its parameters, as ``torch.nn.GRUCell``.

    The equation is that of :func:`gru_step`. The parameters are weight_ih (3 · H_out, H_in), weight_hh (3 · H_out,
    H_out), bias_ih and bias_hh (3 · H_out), their rows in the order r, z, n; names, order and initialisation are
    ``torch.nn.GRUCell``'s.

    Args:
        input_size: H_in, the number of features of x.
        hidden_size: H_out, the number of features of the state.
        bias: whether to add the biases.
        device: where the parameters are made.
        dtype: the parameters' type.

    Raises:
        ValueError: a size below 1.
        TypeError: a size that is no int, or a bias that is no bool.

    Chapter: Gates. Source: K. Cho et al., `Learning phrase representations using RNN encoder-decoder for statistical
    machine translation <https://arxiv.org/abs/1406.1078v3>`_, 2014 (there with the reset gate before the product).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(3, input_size, hidden_size, bias, device, dtype)

    def forward(self, x: Tensor, hx: Tensor | None = None) -> Tensor:
        """Take one step.

        Args:
            x: (N, H_in), or (H_in) for one sequence.
            hx: the state before the step, (N, H_out) or (H_out); zeros if left out.

        Returns:
            The state after the step, (N, H_out) or (H_out).

        Raises:
            ValueError: a wrong shape or device, or an empty batch.
            TypeError: no tensor, or a dtype that is not the weights'.
        """
        return self._step(x, hx, ("h_0",))[0]

    def _take_step(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        projected = project_input(x, self.weight_ih, self.bias_ih)  # (N, H_in) -> (N, 3 * H_out)
        return (gru_step(projected, state[0], self.weight_hh, self.bias_hh),)


class LSTMCell(_Cell):
    """One step of a long short-term memory with its parameters, as ``torch.nn.LSTMCell``.

    The equation is that of :func:`lstm_step`. The parameters are weight_ih (4 · H_out, H_in), weight_hh (4 · H_out,
    H_out), bias_ih and bias_hh (4 · H_out), their rows in the order i, f, g, o; names, order and initialisation are
    ``torch.nn.LSTMCell``'s.

    Args:
        input_size: H_in, the number of features of x.
        hidden_size: H_out, the number of features of h and of c.
        bias: whether to add the biases.
        device: where the parameters are made.
        dtype: the parameters' type.

    Raises:
        ValueError: a size below 1.
        TypeError: a size that is no int, or a bias that is no bool.

    Chapter: Gates. Sources: S. Hochreiter and J. Schmidhuber, `Long short-term memory
    <https://doi.org/10.1162/neco.1997.9.8.1735>`_, Neural Computation 9, 1997; the forget gate is from F. A. Gers,
    J. Schmidhuber and F. Cummins, `Learning to forget <https://doi.org/10.1162/089976600300015015>`_, 2000.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(4, input_size, hidden_size, bias, device, dtype)

    def forward(self, x: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """Take one step.

        Args:
            x: (N, H_in), or (H_in) for one sequence.
            hx: the pair (h, c) before the step, each (N, H_out) or (H_out); zeros if left out.

        Returns:
            The pair (h, c) after the step, each (N, H_out) or (H_out).

        Raises:
            ValueError: a wrong shape or device, or an empty batch.
            TypeError: no tensor or no pair, or a dtype that is not the weights'.
        """
        h, c = self._step(x, hx, ("h_0", "c_0"))
        return h, c

    def _take_step(self, x: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        # (N, H_in) -> (N, 4 * H_out)
        projected = project_input(x, self.weight_ih, self.bias_ih, self.bias_hh)
        h, c = state
        return lstm_step(projected, h, c, self.weight_hh)


def initialize(module: nn.Module, hidden_size: int) -> None:
    r"""Draw every parameter from :math:`U(-1/\sqrt{H}, 1/\sqrt{H})` with H = hidden_size, in the order it was made."""
    bound = 1.0 / math.sqrt(hidden_size)
    for parameter in module.parameters():
        nn.init.uniform_(parameter, -bound, bound)
