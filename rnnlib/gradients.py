r"""Gradients over time: how large they are at each step, which matrices make them so, and how to clip them.

The gradient of a loss with respect to the state, :math:`\partial L / \partial h_t`, goes back in time by a product of
Jacobians, :math:`\partial h_t / \partial h_{t-1} = \mathrm{diag}(f'(a_t))\, W_{hh}`. :func:`state_gradients` measures
the gradient at every step, :func:`jacobians` gives the matrices, :func:`spectrum` their eigenvalues,
:func:`memory_depth` how far back the gradient reaches, and :func:`clip_by_norm` bounds it before a training step.

Shapes are written as in the text: N sequences in a batch, L steps, H_in input features, H_out features of the hidden
state, H_cell features of an LSTM's cell state.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import cast

import torch
from torch import Tensor, nn

from rnnlib.arguments import check_nonlinearity, check_state, check_tensor
from rnnlib.unrolling import Recurrent


def state_gradients(
    rnn: nn.RNNBase | Recurrent,
    x: Tensor,
    loss: Callable[[Tensor], Tensor],
    hx: Tensor | tuple[Tensor, Tensor] | None = None,
) -> Tensor:
    r"""The gradient of a loss with respect to the state after every step.

    .. math:: \frac{\partial L}{\partial h_t}, \qquad t = 0, \dots, L

    It is the total derivative: :math:`h_t` may enter the loss itself, and it does so through all later states. A layer
    of ``torch.nn`` does not show the states between which it moves, so the layer is run one step a call, which
    computes the same numbers. An LSTM's state is the pair of h and c, and the two gradients stand end to end.

    Args:
        rnn: an RNN, GRU or LSTM of ``torch.nn`` or of :mod:`rnnlib.layers`, with one layer, one direction and the batch
            in the middle.
        x: (L, N, H_in).
        loss: takes the output, (L, N, H_out), and gives one number.
        hx: the initial state, as ``rnn`` takes it; zeros if left out.

    Returns:
        The gradients, (L + 1, N, H_out), or (L + 1, N, H_out + H_cell) for an LSTM; entry t is that of the state after
        t steps, so entry 0 is the initial state's. A state that the loss does not depend on has a gradient of zeros.

    Raises:
        TypeError: another module, an x that is no tensor or has another dtype than the weights, or a loss that is no
            tensor.
        ValueError: several layers or directions, batch_first, a wrong shape or device, or a loss of several elements.

    Chapter: Exploding and vanishing gradients.
    """
    shapes = _check_layer(rnn, x)
    initial = check_state(hx, shapes, x)
    state = tuple(part.detach().requires_grad_() for part in initial)  # each (1, N, H)
    states = [state]
    for x_t in x.unbind(0):  # (N, H_in)
        given = state if len(state) > 1 else state[0]
        _, after = rnn(x_t.unsqueeze(0), given)  # x_t -> (1, N, H_in)
        state = after if isinstance(after, tuple) else (after,)
        states.append(state)
    # The states, and not what the layer returns as its output: only then does the loss depend on them.
    total = loss(torch.cat([state[0] for state in states[1:]]))  # L times (1, N, H_out) -> (L, N, H_out)
    if not isinstance(total, Tensor):
        raise TypeError(f"loss must give a tensor, got {type(total).__name__}")
    if total.numel() != 1:
        raise ValueError(f"loss must give one number, got shape {tuple(total.shape)}")
    parts = [part for state in states for part in state]
    found = torch.autograd.grad(total, parts, allow_unused=True, materialize_grads=True)
    width = len(shapes)
    rows = [torch.cat(found[start : start + width], dim=-1) for start in range(0, len(found), width)]
    return torch.cat(rows)  # L + 1 times (1, N, S) -> (L + 1, N, S)


def memory_depth(norms: Tensor, share: float = 0.01) -> int:
    r"""How many steps a gradient goes back before little is left of it.

    .. math:: \min \{ k : n_{L-k} < \mathrm{share} \cdot n_L \}

    Args:
        norms: :math:`n_0, \dots, n_L`, the norms of the gradient at every step, (L + 1).
        share: what counts as little, compared with the last step's norm, above 0 and below 1.

    Returns:
        The number of steps, from 1 to L; L + 1 if the gradient never falls so low, and the sequence is too short to
        tell.

    Raises:
        TypeError: norms that are no tensor.
        ValueError: another rank, less than two norms, one that is negative or not finite, a last one of zero, or a
            share outside 0 to 1.

    Chapter: Exploding and vanishing gradients.
    """
    if not isinstance(norms, Tensor):
        raise TypeError(f"norms must be a tensor, got {type(norms).__name__}")
    if norms.dim() != 1 or len(norms) < 2:
        raise ValueError(f"norms must have shape (L + 1) with L at least 1, got {tuple(norms.shape)}")
    if not (torch.isfinite(norms).all() and (norms >= 0).all() and norms[-1] > 0):
        raise ValueError("norms must be finite, not negative, and the last one above 0")
    if not 0 < share < 1:
        raise ValueError(f"share must be above 0 and below 1, got {share}")
    below = (norms.flip(0) < share * norms[-1]).nonzero()  # steps back, of which the first counts
    return int(below[0]) if len(below) else len(norms)


def jacobians(states: Tensor, weight_hh: Tensor, nonlinearity: str = "tanh") -> Tensor:
    r"""The Jacobians of one step of the simple recurrent network, from the states that the steps have made.

    .. math:: \frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(f'(a_t))\, W_{hh}, \qquad
        f' = 1 - h_t^2 \text{ for tanh}, \quad f' = [h_t > 0] \text{ for relu}

    Args:
        states: :math:`h_t`, the states after the steps, (..., H_out).
        weight_hh: (H_out, H_out).
        nonlinearity: ``"tanh"`` or ``"relu"``.

    Returns:
        The Jacobians, (..., H_out, H_out): row i, column j is the derivative of entry i of the new state by entry j of
        the old.

    Raises:
        TypeError: an argument that is no tensor, or states of another dtype than the weight.
        ValueError: a shape that does not fit, another device, or an unknown nonlinearity.

    Chapter: Exploding and vanishing gradients.
    """
    _check_square("weight_hh", weight_hh)
    check_tensor("states", states, weight_hh)
    if weight_hh.dim() != 2:
        raise ValueError(f"weight_hh must have shape (H_out, H_out), got {tuple(weight_hh.shape)}")
    if states.dim() < 1 or states.shape[-1] != len(weight_hh):
        raise ValueError(f"states must end in H_out = {len(weight_hh)}, got {tuple(states.shape)}")
    tanh = check_nonlinearity(nonlinearity) == "tanh"
    slopes = 1 - states**2 if tanh else (states > 0).to(states.dtype)
    return slopes.unsqueeze(-1) * weight_hh  # (..., H, 1) * (H, H) -> (..., H, H)


def spectrum(matrices: Tensor) -> Tensor:
    r"""The eigenvalues of square matrices, the largest first.

    The magnitude of the first is the *spectral radius*. It is computed in float64 on the CPU, wherever the matrices
    are.

    Args:
        matrices: (..., H, H), real or complex.

    Returns:
        The eigenvalues, (..., H), complex128, sorted by magnitude.

    Raises:
        TypeError: no tensor.
        ValueError: matrices that are not square, or an entry that is not finite.

    Chapter: Exploding and vanishing gradients.
    """
    _check_square("matrices", matrices)
    if not torch.isfinite(matrices).all():
        raise ValueError("matrices must be finite, got an infinity or a NaN")
    wide = torch.complex128 if matrices.is_complex() else torch.float64
    values = torch.linalg.eigvals(matrices.detach().cpu().to(wide))  # (..., H, H) -> (..., H)
    order = values.abs().argsort(dim=-1, descending=True)
    largest_first: Tensor = values.gather(-1, order)
    return largest_first


@torch.no_grad()
def clip_by_norm(parameters: Iterable[Tensor] | Tensor, max_norm: float, norm_type: float = 2.0) -> Tensor:
    r"""Scale all gradients together, in place, so that their norm is at most ``max_norm``.

    .. math:: g \leftarrow g \cdot \min\Bigl(1, \frac{\mathrm{max\_norm}}{\lVert g \rVert + 10^{-6}}\Bigr)

    where g is all the gradients laid end to end: one factor for all, so that the direction of g stays. It does what
    ``torch.nn.utils.clip_grad_norm_`` does, and refuses what that lets pass: a gradient that is not finite, and
    parameters of which none has a gradient.

    Args:
        parameters: the parameters, or one; those without a gradient are left out.
        max_norm: the greatest norm allowed, above 0.
        norm_type: p of the p-norm, above 0; ``math.inf`` for the greatest absolute value.

    Returns:
        The norm before clipping, a tensor without dimensions.

    Raises:
        ValueError: a max_norm or norm_type that is not above 0, no gradient at all, or a norm that is not finite; in
            that case no gradient has been changed.

    Chapter: Exploding and vanishing gradients. Source: R. Pascanu, T. Mikolov and Y. Bengio, `On the difficulty of
    training recurrent neural networks <https://arxiv.org/abs/1211.5063>`_, 2013.
    """
    if not (max_norm > 0 and math.isfinite(max_norm)):
        raise ValueError(f"max_norm must be a finite number above 0, got {max_norm}")
    if not norm_type > 0:
        raise ValueError(f"norm_type must be above 0, got {norm_type}")
    given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    gradients = [parameter.grad for parameter in given if parameter.grad is not None]
    if not gradients:
        raise ValueError("parameters must have gradients: call backward before clipping")
    half = (torch.float16, torch.bfloat16)  # their norm may be beyond their range, or lose all digits
    norms = torch.stack(
        [
            torch.linalg.vector_norm(g, norm_type, dtype=torch.float32 if g.dtype in half else None).to(
                gradients[0].device
            )
            for g in gradients
        ]
    )
    total: Tensor = torch.linalg.vector_norm(norms, norm_type)  # the norm of the norms is the norm of all
    if not torch.isfinite(total):
        raise ValueError(f"parameters must have gradients with a finite norm, it is {total.item()}")
    factor = (max_norm / (total + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factor.to(gradient.device))
    return total


def _check_layer(rnn: object, x: object) -> dict[str, tuple[int, ...]]:
    """Refuse a layer or an input that :func:`state_gradients` cannot take; give the shapes of the states."""
    if not isinstance(rnn, nn.RNNBase | Recurrent):
        raise TypeError(
            f"rnn must be an RNN, GRU or LSTM of torch.nn or rnnlib.layers, got {type(rnn).__name__}"
        )
    if rnn.num_layers != 1 or rnn.bidirectional:
        directions = 2 if rnn.bidirectional else 1
        raise ValueError(f"rnn must have one layer and one direction, got {rnn.num_layers} and {directions}")
    if rnn.batch_first:
        raise ValueError("rnn must have the batch in the middle, got batch_first=True")
    x = check_tensor("x", x, cast(Tensor, rnn.weight_ih_l0))
    if x.dim() != 3 or x.shape[2] != rnn.input_size or x.numel() == 0:
        raise ValueError(
            f"x must have shape (L, N, H_in) with L and N at least 1 and H_in = {rnn.input_size}, got {tuple(x.shape)}"
        )
    shapes: dict[str, tuple[int, ...]] = {"h_0": (1, x.shape[1], rnn.proj_size or rnn.hidden_size)}
    if isinstance(rnn, nn.LSTM) or getattr(rnn, "state_names", ()) == ("h_0", "c_0"):
        shapes["c_0"] = (1, x.shape[1], rnn.hidden_size)
    return shapes


def _check_square(name: str, matrices: object) -> None:
    if not isinstance(matrices, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(matrices).__name__}")
    if matrices.dim() < 2 or matrices.shape[-1] != matrices.shape[-2]:
        raise ValueError(f"{name} must be square, got {tuple(matrices.shape)}")
