"""``run_packed``: what packing gives, at the speed of dense kernels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnnlib.arguments import check_state, check_tensor
from rnnlib.lengths.masks import Lengths, check_lengths
from rnnlib.lengths.rectangles import Layout

CALL = 64  # what one more call of a kernel costs, in cells
# Without gradients, the share of valid cells below which packing is faster: without a fused dense kernel, and with one.
DENSE, FUSED_DENSE = 0.75, 0.25

# What runs in a call of a layer besides its kernel, and the hooks around it.
CALLED = (
    "__call__",
    "_call_impl",
    "forward",
    "check_forward_args",
    "check_input",
    "check_hidden_size",
    "permute_hidden",
)
HOOKS = ("forward", "forward_pre", "backward", "backward_pre")
MODULE: Any = torch.nn.modules.module
KERNELS: dict[str, Any] = {
    "RNN_TANH": torch.rnn_tanh,
    "RNN_RELU": torch.rnn_relu,
    "GRU": torch.gru,
    "LSTM": torch.lstm,
}


def run_packed(
    rnn: nn.RNN | nn.LSTM | nn.GRU,
    x: Tensor,
    lengths: Lengths,
    hx: Tensor | tuple[Tensor, Tensor] | None = None,
) -> tuple[Tensor, Any]:
    r"""Run a recurrent layer of ``torch.nn`` over a padded batch as if each sequence came alone.

    The results and the gradients are those of ``pack_padded_sequence(…, enforce_sorted=False)``, the layer, and
    ``pad_packed_sequence(…, total_length=L)``, but on a CPU it takes a fraction of their time in training. On an
    accelerator torch's packed kernel is good, and that is what runs there. It also runs where calling ``rnn`` does more
    than its weights and its class say: with hooks, a forward of its own, or a trace.

    Args:
        rnn: an ``nn.RNN``, ``nn.LSTM`` or ``nn.GRU`` with any arguments. Its weights may be parametrised, pruned, or
            tensors that are no parameters: what it would compute with counts.
        x: the padded batch, (L, N, H_in), or (N, L, H_in) with batch_first. What stands at padded steps, NaN
            included, changes nothing.
        lengths: (N), how many steps of each sequence are valid, from 1 to L, in any order.
        hx: the initial state as for ``rnn`` itself; zeros if left out.

    Returns:
        The output, (L, N, D · H_out), or (N, L, D · H_out) with batch_first, zero at padded steps; and h_n, or the
        pair (h_n, c_n), as ``rnn`` would return it, both in the order of the batch.

    Raises:
        TypeError: rnn is none of the three, or wrapped in what cannot handle a packed sequence; x is packed; or a
            tensor has another dtype than the weights. Under autocast x and hx may have any floating dtype, and the
            results have the dtype that packing gives.
        ValueError: x is not a batch of at least one sequence, or has not rnn's input size; hx has the wrong shape;
            a tensor is on another device than the weights; or lengths are wrong.

    Dropout between layers draws other numbers than packing does from the same seed, with the same distribution.
    Transforms of ``torch.func`` are not supported, and raise an error.

    Chapter: Padding and packing.
    """
    checked, state, all_weights = _check(rnn, x, lengths, hx)
    time_first = x.transpose(0, 1) if rnn.batch_first else x  # -> (L, N, H_in)
    tensors = (x, *state, *(weight for weights in all_weights for weight in weights))
    is_lstm, learns = rnn.mode == "LSTM", torch.is_grad_enabled() and any(t.requires_grad for t in tensors)
    call: float = CALL
    if rnn.mode == "RNN_RELU":
        call = 0  # a relu network could overflow while it computes padding, and spoil gradients
    elif not is_lstm and not learns:
        call = float("inf")
    share = int(checked.sum()) / (len(time_first) * len(checked))
    sparse = share < (FUSED_DENSE if is_lstm else DENSE)
    by_torch = (
        x.device.type != "cpu"
        or (sparse and not learns)
        or _does_more(rnn)
        or torch._C._get_tracing_state() is not None
    )
    if by_torch or (learns and any(t.is_inference() for t in tensors)):
        return _by_torch(rnn, x, checked, hx)

    if is_lstm and torch.is_autocast_enabled("cpu"):
        # The dense LSTM cannot compute in every lower precision that the packed one can. This is at least as precise.
        dtype = all_weights[0][0].dtype
        with torch.autocast("cpu", enabled=False):
            initial = tuple(s.to(dtype) for s in state)
            output, final = _run_layers(
                rnn, all_weights, time_first.to(dtype), checked, initial, call, learns
            )
        # Packed, everything has the dtype of the initial state, but a projection computes in the lower precision.
        cell_dtype = state[1].dtype
        hidden_dtype = torch.get_autocast_dtype("cpu") if rnn.proj_size else cell_dtype
        output, final = output.to(hidden_dtype), (final[0].to(hidden_dtype), final[1].to(cell_dtype))
    else:
        output, final = _run_layers(rnn, all_weights, time_first, checked, state, call, learns)
    output = output.transpose(0, 1) if rnn.batch_first else output  # -> (N, L, D * H_out) with batch_first
    return output, final if is_lstm else final[0]


def _by_torch(rnn: nn.RNN | nn.LSTM | nn.GRU, x: Tensor, lengths: Tensor, hx: Any) -> tuple[Tensor, Any]:
    """Pack, run, unpack."""
    packed = pack_padded_sequence(x, lengths, batch_first=rnn.batch_first, enforce_sorted=False)
    output, final = rnn(packed, hx)
    if not isinstance(output, PackedSequence):
        raise TypeError(
            "rnn must give a PackedSequence for one, as the layers of torch.nn do, got "
            f"{type(output).__name__}: what wraps it takes tensors only"
        )
    steps = x.shape[1 if rnn.batch_first else 0]
    padded, _ = pad_packed_sequence(output, batch_first=rnn.batch_first, total_length=steps)
    return padded, final


def _run_layers(
    rnn: nn.RNN | nn.LSTM | nn.GRU,
    all_weights: Sequence[Sequence[Tensor]],
    x: Tensor,
    lengths: Tensor,
    state: tuple[Tensor, ...],
    call: float,
    learns: bool,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run x (L, N, H_in) layer by layer; the states are (num_layers * D, N, H)."""
    steps, batch_size = x.shape[:2]
    layout = Layout(steps, lengths, call)
    initial = [s.index_select(1, layout.order) for s in state]
    x = x.flatten(0, 1)  # (L, N, H_in) -> (L * N, H_in)
    is_lstm = rnn.mode == "LSTM"
    keep_padding = (not learns and not is_lstm) or layout.padding_is_small(x)
    cells = layout.enter(x, keep_padding)  # (L * N, H_in) -> (cells, H_in)
    finals: list[list[Tensor]] = []
    for layer in range(rnn.num_layers):
        if layer > 0:
            cells = F.dropout(cells, rnn.dropout, rnn.training)
        outputs = []
        for direction in range(2 if rnn.bidirectional else 1):
            index = len(finals)
            read = layout.turn(cells) if direction else cells
            output, final = _run_direction(
                rnn, all_weights[index], read, [s[index : index + 1] for s in initial], layout
            )
            outputs.append(layout.turn(output) if direction else output)
            finals.append(final)
        cells = torch.cat(outputs, 1) if len(outputs) > 1 else outputs[0]  # (cells, D * H_out)
    output = layout.leave(cells, in_place=not learns)  # (cells, D * H_out) -> (L * N, D * H_out)
    # num_layers * D times (N, H) -> (num_layers * D, N, H)
    stacked = tuple(torch.stack(s) for s in zip(*finals, strict=True))
    return output.view(steps, batch_size, -1), stacked


def _run_direction(
    rnn: nn.RNN | nn.LSTM | nn.GRU,
    weights: Sequence[Tensor],
    cells: Tensor,
    state: list[Tensor],
    layout: Layout,
) -> tuple[Tensor, list[Tensor]]:
    """Run one layer in one direction over its cells (cells, H_in), from states (1, N, H), rectangle by rectangle."""
    kernel, is_lstm = KERNELS[rnn.mode], rnn.mode == "LSTM"
    outputs, cell_states, holding = [], [], None
    ends_in = [*(r.rows for r in layout.rectangles[1:]), 0]  # how many sequences go on after each rectangle
    parts = zip(
        layout.rectangles,
        ends_in,
        torch.split(cells, layout.sizes),
        torch.split(layout.valid, layout.sizes),
        strict=True,
    )
    for (start, end, rows), rows_after, part, valid in parts:
        part = part.view(end - start, rows, -1)  # ((end - start) * rows, H_in) -> (end - start, rows, H_in)
        used = weights
        if is_lstm and not valid.all():
            used = holding = holding or _hold_cell(weights, rnn.hidden_size)
            flag = (~valid).view(end - start, rows, 1).to(part.dtype)
            part = torch.cat([part, flag], dim=2)  # -> (end - start, rows, H_in + 1)
        state = [s[:, :rows] for s in state]
        given = tuple(state) if is_lstm else state[0]
        output, *state = kernel(part, given, used, rnn.bias, 1, 0.0, rnn.training, False, False)
        outputs.append(output.flatten(0, 1))  # ((end - start) * rows, H_out)
        if is_lstm:
            cell_states.append(state[1][0, rows_after:])  # of the sequences that end here
    joined = torch.cat(outputs) if len(outputs) > 1 else outputs[0]  # (cells, H_out)
    final = [joined.index_select(0, layout.last)]  # (N, H_out)
    if is_lstm:
        final.append(torch.cat(cell_states[::-1]).index_select(0, layout.back_in_order))  # (N, H_cell)
    return joined, final


def _hold_cell(weights: Sequence[Tensor], hidden_size: int) -> list[Tensor]:
    """Weights for one more input. Where it is 1, the input gate is 0 and the forget gate 1: the cell state stays.

    A sigmoid of so large a number is exactly 1 (of its negative, exactly 0) and has a derivative of exactly 0.
    """
    large = torch.finfo(weights[0].dtype).max / 8
    column = weights[0].new_zeros(4 * hidden_size, 1)
    column[:hidden_size], column[hidden_size : 2 * hidden_size] = -large, large
    return [torch.cat([weights[0], column], dim=1), *weights[1:]]  # weight_ih: (4 * H, H_in + 1)


def _does_more(rnn: nn.RNNBase) -> bool:
    """Whether a call of the layer runs something besides torch's own forward of such a layer."""
    own = next(kind for kind in (nn.RNN, nn.LSTM, nn.GRU) if isinstance(rnn, kind))
    replaced = any(
        name in rnn.__dict__ or getattr(type(rnn), name) is not getattr(own, name) for name in CALLED
    )
    hooks = any(getattr(rnn, f"_{name}_hooks") or getattr(MODULE, f"_global_{name}_hooks") for name in HOOKS)
    return replaced or hooks


def _check(
    rnn: object, x: object, lengths: Lengths, hx: object
) -> tuple[Tensor, tuple[Tensor, ...], Sequence[Sequence[Tensor]]]:
    """The lengths, the initial states and the weights, after checking that all fits together."""
    if not isinstance(rnn, (nn.RNN, nn.LSTM, nn.GRU)):
        raise TypeError(
            f"rnn must be an nn.RNN, nn.LSTM or nn.GRU, got {type(rnn).__module__}.{type(rnn).__qualname__} "
            "(the layers of rnnlib take lengths=... themselves)"
        )
    if isinstance(x, PackedSequence):
        raise TypeError("x must be a padded tensor, got PackedSequence: pass the padded batch and lengths")
    # What the layer computes with, whether or not these are parameters; asked for once, since it may be computed anew.
    all_weights = rnn.all_weights
    weight = all_weights[0][0]
    casts = weight.device.type != "meta" and torch.is_autocast_enabled(weight.device.type)
    x = check_tensor("x", x, x if casts and isinstance(x, Tensor) and x.is_floating_point() else weight)
    if x.device != weight.device:
        raise ValueError(f"x must be on the weights' device {weight.device}, got {x.device}")
    layout = "(N, L, H_in)" if rnn.batch_first else "(L, N, H_in)"
    if x.dim() != 3 or x.numel() == 0:
        raise ValueError(
            f"x must have shape {layout}, with at least one sequence and one step, got {tuple(x.shape)}"
        )
    if x.shape[2] != rnn.input_size:
        raise ValueError(f"x must end in H_in = input_size = {rnn.input_size}, got {tuple(x.shape)}")
    steps, batch_size = (x.shape[1], x.shape[0]) if rnn.batch_first else x.shape[:2]
    rows = rnn.num_layers * (2 if rnn.bidirectional else 1)
    shapes: dict[str, tuple[int, ...]] = {"h_0": (rows, batch_size, rnn.proj_size or rnn.hidden_size)}
    if rnn.mode == "LSTM":
        shapes["c_0"] = (rows, batch_size, rnn.hidden_size)
    like, first = x, hx[0] if isinstance(hx, tuple | list) and hx else hx
    if casts and isinstance(first, Tensor) and first.is_floating_point():
        like = x.new_empty(0, dtype=first.dtype)  # hx need not have x's dtype
    return check_lengths(lengths, batch_size, steps), check_state(hx, shapes, like), all_weights
