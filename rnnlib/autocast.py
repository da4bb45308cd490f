"""Autocast around layers and cells by hand: they compute in their weights' precision, which is never the lower one.

``torch.autocast`` lets the layers of ``torch.nn`` compute in a lower precision, and what comes out has a type that
depends on the layer, on the types of x and of the state, and on the kernels that a machine has. The layers of this
package take what those take, and give results of the same types, so that one can stand in the place of the other.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn


def casts(weight: Tensor) -> bool:
    """Whether autocast is on for such a tensor: on its device, and of a type that autocast touches."""
    if weight.device.type == "meta" or not weight.is_floating_point() or weight.dtype == torch.float64:
        return False
    return torch.is_autocast_enabled(weight.device.type)


def as_torch_gives(
    module: nn.Module, weight: Tensor, x: Tensor, state: tuple[Tensor, ...], projected: bool = False
) -> tuple[torch.dtype, ...]:
    """The types of all that a layer or cell of ``torch.nn`` returns here, under autocast.

    Args:
        module: a layer or cell of this package; torch's has the same name.
        weight: one of the weights.
        x: the input.
        state: h, and for an LSTM c.
        projected: whether the layer has a ``proj_size``.

    Returns:
        The types of output, h_n and, for an LSTM, c_n; of a cell those of h and c.
    """
    own = (kind for kind in type(module).__mro__ if kind.__module__.startswith("rnnlib."))
    kind = next(kind.__name__ for kind in own if hasattr(nn, kind.__name__))
    low = torch.get_autocast_dtype(weight.device.type)
    given = tuple(part.dtype for part in state)
    return _asked(kind, weight.device, low, weight.dtype, x.dtype, given, projected)


@cache
def _asked(
    kind: str,
    device: torch.device,
    low: torch.dtype,
    weight: torch.dtype,
    x: torch.dtype,
    state: tuple[torch.dtype, ...],
    projected: bool,
) -> tuple[torch.dtype, ...]:
    """Ask torch's own, the smallest there is. It draws no weights, and so no random numbers."""
    options = {"proj_size": 1} if projected else {}
    layer = getattr(nn, kind)(1, 2, device="meta", dtype=weight, **options).to_empty(device=device)
    sizes = (1 if projected else 2, 2)  # of h and c
    axes = (1,) if kind.endswith("Cell") else (1, 1)
    parts = tuple(
        torch.zeros(*axes, size, dtype=dtype, device=device)
        for size, dtype in zip(sizes, state, strict=False)
    )
    try:
        with torch.no_grad(), torch.autocast(device.type, low):
            found = layer(
                torch.zeros(*axes, 1, dtype=x, device=device), parts if len(parts) > 1 else parts[0]
            )
    except (
        RuntimeError
    ):  # a kernel that this machine lacks; by hand it goes, in the type of the state, an LSTM's of c
        return (state[-1],) * (len(state) + (0 if kind.endswith("Cell") else 1))
    flat = found if isinstance(found, tuple) else (found,)
    return tuple(part.dtype for one in flat for part in (one if isinstance(one, tuple) else (one,)))
