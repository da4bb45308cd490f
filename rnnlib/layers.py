r"""Recurrent layers by hand: a cell's step unrolled over time, over layers and over directions.

:class:`RNN`, :class:`GRU` and :class:`LSTM` take the arguments of ``torch.nn.RNN``, ``torch.nn.GRU`` and
``torch.nn.LSTM``, have the same parameters under the same names, in the same shapes and order, draw the same initial
weights from the same seed, and compute the same outputs, states and gradients. They take one argument more,
``lengths``, in place of a packed sequence.

Shapes are written as in the text: N sequences in a batch, L steps, D directions (1 or 2), H_in input features, H_out
features of the hidden state, H_cell features of an LSTM's cell state.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnlib import cells
from rnnlib.lengths import check_lengths, mask_from_lengths


def unroll(
    step: Callable[..., tuple[Tensor, ...]],
    projected: Tensor,
    state: tuple[Tensor, ...],
    valid: Tensor | None = None,
    reverse: bool = False,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    r"""Apply one step after another over time: this loop is all that makes a network recurrent.

    .. math:: s_t = \mathrm{step}(p_t, s_{t-1})

    Where ``valid`` is False the state passes unchanged. So a sequence that has ended keeps the state of its last
    valid step, and in reverse a sequence keeps its initial state until its last valid step comes by.

    Args:
        step: takes :math:`p_t` and the tensors of the state, gives the tensors of the next state.
        projected: the input projections :math:`p_t`, (L, N, G · H).
        state: the tensors of the initial state :math:`s_0`, each (N, H), the hidden state first.
        valid: (L, N, 1), bool; None if every step is valid.
        reverse: whether to go from the last step to the first.

    Returns:
        The hidden state at every step, (L, N, H_out), and the state after the loop.

    Chapter: The recurrent cell.
    """
    # unbind, not projected[t]: the backward pass of an index fills a tensor as large as the whole sequence each step.
    steps = projected.unbind(0)  # (L, N, G * H) -> L times (N, G * H)
    order = range(len(steps))
    hidden = []
    for t in reversed(order) if reverse else order:
        after = step(steps[t], *state)
        if valid is not None:
            after = tuple(torch.where(valid[t], new, old) for new, old in zip(after, state, strict=True))
        state = after
        hidden.append(state[0])
    if reverse:
        hidden.reverse()
    return torch.stack(hidden), state  # L times (N, H_out) -> (L, N, H_out)


class _Weights(NamedTuple):
    """The parameters of one layer in one direction."""

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor | None = None
    bias_hh: Tensor | None = None
    weight_hr: Tensor | None = None


class _Recurrent(nn.Module):
    """Parameters, layers and directions; a subclass adds the step."""

    blocks: int  # G, the number of blocks of H rows in each weight matrix
    state_names: tuple[str, ...] = ("h_0",)
    folds_bias_hh = True  # whether b_hh can be added to the input projection, once for all steps
    _step: Callable[..., tuple[Tensor, ...]]  # takes weights, p_t and the tensors of the state

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        bias: bool,
        batch_first: bool,
        dropout: float,
        bidirectional: bool,
        proj_size: int,
        device: torch.device | str | None,
        dtype: torch.dtype | None,
    ) -> None:
        super().__init__()
        self.input_size = cells.check_size("input_size", input_size)
        self.hidden_size = cells.check_size("hidden_size", hidden_size)
        self.num_layers = cells.check_size("num_layers", num_layers)
        self.bias = cells.check_flag("bias", bias)
        self.batch_first = cells.check_flag("batch_first", batch_first)
        self.dropout = _check_dropout(dropout, num_layers)
        self.bidirectional = cells.check_flag("bidirectional", bidirectional)
        self.proj_size = cells.check_size("proj_size", proj_size, least=0)
        if proj_size >= hidden_size:
            raise ValueError(f"proj_size must be below hidden_size = {hidden_size}, got {proj_size}")
        self.output_size = proj_size or hidden_size  # H_out
        self.directions = ("", "_reverse") if bidirectional else ("",)  # the endings of the parameters' names
        for layer in range(num_layers):
            for direction in self.directions:
                for name, shape in self._parameter_shapes(layer).items():
                    parameter = nn.Parameter(torch.empty(shape, device=device, dtype=dtype))
                    self.register_parameter(f"{name}_l{layer}{direction}", parameter)
        self.reset_parameters()

    def _parameter_shapes(self, layer: int) -> dict[str, tuple[int, ...]]:
        """The parameters of one layer and direction. Layer 0 reads x, the others all directions of the layer below."""
        rows = self.blocks * self.hidden_size
        width = self.input_size if layer == 0 else self.output_size * len(self.directions)
        shapes: dict[str, tuple[int, ...]] = {}
        shapes["weight_ih"] = (rows, width)
        shapes["weight_hh"] = (rows, self.output_size)
        if self.bias:
            shapes["bias_ih"] = shapes["bias_hh"] = (rows,)
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        return shapes

    def reset_parameters(self) -> None:
        r"""Draw every parameter from :math:`U(-1/\sqrt{H}, 1/\sqrt{H})`, H = hidden_size, in ``torch.nn``'s order."""
        cells.initialize(self, self.hidden_size)

    def _weights(self, layer: int, direction: str) -> _Weights:
        names = self._parameter_shapes(layer)
        return _Weights(**{name: getattr(self, f"{name}_l{layer}{direction}") for name in names})

    def _run_direction(
        self, x: Tensor, state: tuple[Tensor, ...], valid: Tensor | None, layer: int, direction: str
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Run one layer in one direction over x (L, N, H_in), from a state of tensors (N, H)."""
        weights = self._weights(layer, direction)
        bias_hh = weights.bias_hh if self.folds_bias_hh else None
        projected = cells.project_input(x, weights.weight_ih, weights.bias_ih, bias_hh)  # -> (L, N, G * H)
        return unroll(partial(self._step, weights), projected, state, valid, reverse=direction == "_reverse")

    def _run(
        self, x: Tensor, hx: object, lengths: Sequence[int] | Tensor | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The output and the final states, in the layout in which x came."""
        self._check_input(x, lengths)
        batched = x.dim() == 3
        if not batched:
            x = x.unsqueeze(1)  # (L, H_in) -> (L, 1, H_in)
        elif self.batch_first:
            x = x.transpose(0, 1)  # (N, L, H_in) -> (L, N, H_in)
        state = self._initial_state(hx, x, batched)
        valid = None
        if lengths is not None:
            steps, batch_size = x.shape[:2]
            mask = mask_from_lengths(check_lengths(lengths, batch_size, steps), steps)
            valid = mask.unsqueeze(-1).to(x.device)  # (L, N) -> (L, N, 1)
        output, final = self._run_layers(x, state, valid)
        if not batched:
            output = output.squeeze(1)  # (L, 1, D * H_out) -> (L, D * H_out)
            final = tuple(s.squeeze(1) for s in final)  # (num_layers * D, 1, H) -> (num_layers * D, H)
        elif self.batch_first:
            output = output.transpose(0, 1)  # (L, N, D * H_out) -> (N, L, D * H_out)
        return output, final

    def _run_layers(
        self, x: Tensor, state: tuple[Tensor, ...], valid: Tensor | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Run x (L, N, H_in) through every layer; the states are (num_layers * D, N, H)."""
        # One initial state for each layer and direction, in the order layer 0, layer 0 reverse, layer 1, ...
        initial = zip(*(s.unbind(0) for s in state), strict=True)  # (num_layers * D, N, H) -> (N, H) each
        final: list[tuple[Tensor, ...]] = []
        if valid is not None:
            # Zeros in place of the padding. Leaving it to the masks of unroll would do for outputs, but not for
            # gradients: a NaN times a gradient of zero is a NaN.
            x = x.masked_fill(~valid, 0)
        for layer in range(self.num_layers):
            if layer > 0:
                x = F.dropout(x, self.dropout, self.training)
            outputs = []
            for direction in self.directions:
                output, last = self._run_direction(x, next(initial), valid, layer, direction)
                outputs.append(output)
                final.append(last)
            x = torch.cat(outputs, dim=-1)  # D times (L, N, H_out) -> (L, N, D * H_out)
            if valid is not None:
                x = x.masked_fill(~valid, 0)
        # num_layers * D times (N, H) -> (num_layers * D, N, H)
        return x, tuple(torch.stack(s) for s in zip(*final, strict=True))

    def _check_input(self, x: object, lengths: object) -> None:
        if isinstance(x, PackedSequence):
            raise TypeError(
                "x must be a padded tensor, got PackedSequence: pass the padded batch and lengths=..."
            )
        x = cells.check_tensor("x", x, next(self.parameters()))
        layout = "(N, L, H_in)" if self.batch_first else "(L, N, H_in)"
        if x.dim() not in (2, 3):
            raise ValueError(f"x must have shape {layout} or, unbatched, (L, H_in), got {tuple(x.shape)}")
        if x.shape[-1] != self.input_size:
            raise ValueError(f"x must end in H_in = input_size = {self.input_size}, got {tuple(x.shape)}")
        if x.numel() == 0:
            raise ValueError(f"x must hold at least one sequence and one step, got {tuple(x.shape)}")
        if lengths is not None and x.dim() == 2:
            raise ValueError(f"lengths need a batch: x must have shape {layout}, got {tuple(x.shape)}")

    def _initial_state(self, hx: object, x: Tensor, batched: bool) -> tuple[Tensor, ...]:
        """The initial states as (num_layers * D, N, H), from hx in the layout of x; zeros if hx is None."""
        rows = self.num_layers * len(self.directions)
        sizes = {"h_0": self.output_size, "c_0": self.hidden_size}
        batch = (x.shape[1],) if batched else ()
        state = cells.check_state(hx, {name: (rows, *batch, sizes[name]) for name in self.state_names}, x)
        return state if batched else tuple(s.unsqueeze(1) for s in state)  # (rows, H) -> (rows, 1, H)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        defaults = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0}
        defaults["bidirectional"] = False
        for name, default in defaults.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        return text


class RNN(_Recurrent):
    r"""A simple recurrent network by hand, as ``torch.nn.RNN``.

    .. math:: h_t = \tanh(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})

    Layer k reads the output of layer k - 1 as its :math:`x_t`. With two directions each layer runs a second set of
    weights from the last step to the first, and the two outputs are concatenated, forward first.

    Args:
        input_size: H_in, the number of features of x.
        hidden_size: H_out, the number of features of the hidden state.
        num_layers: how many layers are stacked.
        nonlinearity: ``"tanh"`` or ``"relu"``.
        bias: whether to add :math:`b_{ih}` and :math:`b_{hh}`.
        batch_first: whether x and the output are (N, L, ...) rather than (L, N, ...); the states never are.
        dropout: the probability with which an entry of a layer's output is zeroed on its way to the next layer, in
            training mode. The top layer's output is never touched.
        bidirectional: whether D is 2.
        device: where the parameters are made.
        dtype: the parameters' type.

    Raises:
        ValueError: a size below 1, a dropout outside 0 to 1, or an unknown nonlinearity.
        TypeError: an argument of the wrong type.

    Chapter: The recurrent cell. Sources: J. L. Elman, `Finding structure in time
    <https://doi.org/10.1207/s15516709cog1402_1>`_, 1990; M. Schuster and K. K. Paliwal, `Bidirectional recurrent
    neural networks <https://doi.org/10.1109/78.650093>`_, 1997.
    """

    blocks = 1

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )
        self.nonlinearity = cells.check_nonlinearity(nonlinearity)

    def forward(
        self, x: Tensor, hx: Tensor | None = None, lengths: Sequence[int] | Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read a batch of sequences.

        With ``lengths`` each sequence is treated as if it came alone: the padding after it, whatever it holds,
        changes no output, no state and no gradient.

        Args:
            x: (L, N, H_in), or (N, L, H_in) with batch_first, or (L, H_in) for one sequence.
            hx: the initial state h_0, (num_layers · D, N, H_out), or (num_layers · D, H_out) for one sequence; zeros
                if left out.
            lengths: how many steps of each sequence are valid, from 1 to L; all if left out.

        Returns:
            The output, which is the top layer's hidden state at every step and zero at padded steps, (L, N, D · H_out)
            or (N, L, D · H_out) with batch_first or (L, D · H_out) for one sequence. And h_n, shaped like h_0, which is
            the state of each layer and direction after the last step that it reads. Going forward that is a sequence's
            last valid step, in reverse its first.

        Raises:
            ValueError: a wrong shape, length or device, an empty batch or no step.
            TypeError: a packed sequence, no tensor, or a dtype that is not the weights'.
        """
        output, (h_n,) = self._run(x, hx, lengths)
        return output, h_n

    def _step(self, weights: _Weights, projected: Tensor, h: Tensor) -> tuple[Tensor]:
        return (cells.rnn_step(projected, h, weights.weight_hh, self.nonlinearity),)

    def extra_repr(self) -> str:
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else ", nonlinearity=relu")


class GRU(_Recurrent):
    """Gated recurrent units by hand, as ``torch.nn.GRU``.

    The equation of a step is that of :func:`rnnlib.cells.gru_step`; layers, directions and all arguments are as in
    :class:`RNN`, without the nonlinearity.

    Args:
        input_size: H_in, the number of features of x.
        hidden_size: H_out, the number of features of the hidden state.
        num_layers: how many layers are stacked.
        bias: whether to add the biases.
        batch_first: whether x and the output are (N, L, ...) rather than (L, N, ...); the states never are.
        dropout: the probability of zeroing an entry between two layers, in training mode.
        bidirectional: whether D is 2.
        device: where the parameters are made.
        dtype: the parameters' type.

    Raises:
        ValueError: a size below 1, or a dropout outside 0 to 1.
        TypeError: an argument of the wrong type.

    Chapter: Gates. Source: K. Cho et al., `Learning phrase representations using RNN encoder-decoder for statistical
    machine translation <https://arxiv.org/abs/1406.1078>`_, 2014.
    """

    blocks = 3
    folds_bias_hh = False

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )

    def forward(
        self, x: Tensor, hx: Tensor | None = None, lengths: Sequence[int] | Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Read a batch of sequences: arguments, results and errors are those of :meth:`RNN.forward`."""
        output, (h_n,) = self._run(x, hx, lengths)
        return output, h_n

    def _step(self, weights: _Weights, projected: Tensor, h: Tensor) -> tuple[Tensor]:
        return (cells.gru_step(projected, h, weights.weight_hh, weights.bias_hh),)


class LSTM(_Recurrent):
    """Long short-term memory by hand, as ``torch.nn.LSTM``.

    The equation of a step is that of :func:`rnnlib.cells.lstm_step`; layers and directions are as in :class:`RNN`.
    The state is a pair: h, which is also the output, and c, which only the layer itself reads.

    Args:
        input_size: H_in, the number of features of x.
        hidden_size: H_cell, the number of features of the cell state, and H_out unless there is a projection.
        num_layers: how many layers are stacked.
        bias: whether to add the biases.
        batch_first: whether x and the output are (N, L, ...) rather than (L, N, ...); the states never are.
        dropout: the probability of zeroing an entry between two layers, in training mode.
        bidirectional: whether D is 2.
        proj_size: H_out, if the hidden state is projected to fewer features than H_cell; 0 for no projection.
        device: where the parameters are made.
        dtype: the parameters' type.

    Raises:
        ValueError: a size below 1, a dropout outside 0 to 1, or a proj_size that is not below hidden_size.
        TypeError: an argument of the wrong type.

    Chapter: Gates. Sources: S. Hochreiter and J. Schmidhuber, `Long short-term memory
    <https://doi.org/10.1162/neco.1997.9.8.1735>`_, 1997; the projection is from H. Sak, A. Senior and F. Beaufays,
    `Long short-term memory based recurrent neural network architectures <https://arxiv.org/abs/1402.1128>`_, 2014.
    """

    blocks = 4
    state_names = ("h_0", "c_0")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )

    def forward(
        self,
        x: Tensor,
        hx: tuple[Tensor, Tensor] | None = None,
        lengths: Sequence[int] | Tensor | None = None,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Read a batch of sequences; x, lengths, output and errors are those of :meth:`RNN.forward`.

        Args:
            x: (L, N, H_in), or (N, L, H_in) with batch_first, or (L, H_in) for one sequence.
            hx: the pair of h_0, (num_layers · D, N, H_out), and c_0, (num_layers · D, N, H_cell), both without N for
                one sequence; zeros if left out.
            lengths: how many steps of each sequence are valid, from 1 to L; all if left out.

        Returns:
            The output, and the pair (h_n, c_n), shaped like h_0 and c_0.
        """
        output, (h_n, c_n) = self._run(x, hx, lengths)
        return output, (h_n, c_n)

    def _step(self, weights: _Weights, projected: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        return cells.lstm_step(projected, h, c, weights.weight_hh, weights.weight_hr)


def _check_dropout(dropout: float, num_layers: int) -> float:
    if not isinstance(dropout, (int, float)) or isinstance(dropout, bool):
        raise TypeError(f"dropout must be a number, got {dropout!r} ({type(dropout).__name__})")
    if not 0 <= dropout <= 1:
        raise ValueError(f"dropout must be a probability from 0 to 1, got {dropout}")
    if dropout > 0 and num_layers == 1:
        warnings.warn(
            f"dropout acts between layers, so dropout={dropout} does nothing with num_layers=1", stacklevel=4
        )
    return float(dropout)
