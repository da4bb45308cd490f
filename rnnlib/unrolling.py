"""What makes a network recurrent: a step applied over time, over layers and over directions.

:func:`unroll` is the loop over time. The class ``Recurrent`` holds the parameters and runs the loop for every layer and
direction; :mod:`rnnlib.layers` gives it the steps of the RNN, the GRU and the LSTM.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from rnnlib.arguments import check_flag, check_size, check_state, check_tensor
from rnnlib.autocast import as_torch_gives, casts
from rnnlib.cells import initialize, project_input
from rnnlib.lengths import Lengths, check_lengths, mask_from_lengths


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


class Weights(NamedTuple):
    """The parameters of one layer in one direction."""

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor | None = None
    bias_hh: Tensor | None = None
    weight_hr: Tensor | None = None


class Recurrent(nn.Module):
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
        self.input_size = check_size("input_size", input_size)
        self.hidden_size = check_size("hidden_size", hidden_size)
        self.num_layers = check_size("num_layers", num_layers)
        self.bias = check_flag("bias", bias)
        self.batch_first = check_flag("batch_first", batch_first)
        self.dropout = _check_dropout(dropout, num_layers)
        self.bidirectional = check_flag("bidirectional", bidirectional)
        self.proj_size = check_size("proj_size", proj_size, least=0)
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
        initialize(self, self.hidden_size)

    def _weights(self, layer: int, direction: str) -> Weights:
        names = self._parameter_shapes(layer)
        return Weights(**{name: getattr(self, f"{name}_l{layer}{direction}") for name in names})

    def _run_direction(
        self, x: Tensor, state: tuple[Tensor, ...], valid: Tensor | None, layer: int, direction: str
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Run one layer in one direction over x (L, N, H_in), from a state of tensors (N, H)."""
        weights = self._weights(layer, direction)
        bias_hh = weights.bias_hh if self.folds_bias_hh else None
        projected = project_input(x, weights.weight_ih, weights.bias_ih, bias_hh)  # -> (L, N, G * H)
        return unroll(partial(self._step, weights), projected, state, valid, reverse=direction == "_reverse")

    def _run(self, x: Tensor, hx: object, lengths: Lengths | None) -> tuple[Tensor, tuple[Tensor, ...]]:
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
        output, final = self._in_full_precision(x, state, valid)
        if not batched:
            output = output.squeeze(1)  # (L, 1, D * H_out) -> (L, D * H_out)
            final = tuple(s.squeeze(1) for s in final)  # (num_layers * D, 1, H) -> (num_layers * D, H)
        elif self.batch_first:
            output = output.transpose(0, 1)  # (L, N, D * H_out) -> (N, L, D * H_out)
        return output, final

    def _in_full_precision(
        self, x: Tensor, state: tuple[Tensor, ...], valid: Tensor | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Run x (L, N, H_in) in the weights' dtype, under autocast too, and give what ``torch.nn`` gives there."""
        weight = self._weights(0, "").weight_ih
        if not casts(weight):
            return self._run_layers(x, state, valid)
        dtypes = as_torch_gives(self, weight, x, state, bool(self.proj_size))
        with torch.autocast(weight.device.type, enabled=False):
            given = tuple(part.to(weight.dtype) for part in state)
            output, final = self._run_layers(x.to(weight.dtype), given, valid)
        return output.to(dtypes[0]), tuple(p.to(d) for p, d in zip(final, dtypes[1:], strict=True))

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
        x = check_tensor("x", x, self._weights(0, "").weight_ih)
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
        state = check_state(hx, {name: (rows, *batch, sizes[name]) for name in self.state_names}, x)
        return state if batched else tuple(s.unsqueeze(1) for s in state)  # (rows, H) -> (rows, 1, H)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        defaults = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0}
        defaults["bidirectional"] = False
        for name, default in defaults.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        return text


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
