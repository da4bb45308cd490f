"""Checks of arguments that cells and layers share. An error names the argument, what came, and what is wanted."""

from __future__ import annotations

from torch import Tensor

from rnnlib.autocast import casts

KINDS = ("RNN", "GRU", "LSTM")


def check_size(name: str, value: int, least: int = 1) -> int:
    """Give value back if it is an int of at least ``least``; raise an error that names it otherwise."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an int, got {value!r} ({type(value).__name__})")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, got {value}")
    return value


def check_flag(name: str, value: bool) -> bool:
    """Give value back if it is a bool; raise an error that names it otherwise."""
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {value!r} ({type(value).__name__})")
    return value


def check_kind(value: str) -> str:
    """Give value back if it is one of the three kinds of recurrent layers."""
    if value not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {value!r}")
    return value


def check_nonlinearity(value: str) -> str:
    """Give value back if it is one of the two nonlinearities of ``torch.nn.RNN``."""
    if value not in ("tanh", "relu"):
        raise ValueError(f"nonlinearity must be 'tanh' or 'relu', got {value!r}")
    return value


def check_tensor(name: str, value: object, like: Tensor) -> Tensor:
    """Give value back if it is a tensor of the dtype and on the device of ``like``, the weights.

    Under autocast any floating dtype will do but float64, as it does for the layers of ``torch.nn``.
    """
    if not isinstance(value, Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(value).__name__}")
    if value.dtype != like.dtype and not (casts(like) and casts(value)):
        raise TypeError(f"{name} must have the weights' dtype {like.dtype}, got {value.dtype}")
    if value.device != like.device:
        raise ValueError(f"{name} must be on the weights' device {like.device}, got {value.device}")
    return value


def check_state(
    hx: object, shapes: dict[str, tuple[int, ...]], x: Tensor, name: str = "hx"
) -> tuple[Tensor, ...]:
    """The initial state as a tuple of tensors of the given shapes; zeros if hx is None. ``name`` is the argument's.

    ``shapes`` has one entry, h_0, where the state is one tensor, and two, h_0 and c_0, where it is a pair.
    """
    if hx is None:
        return tuple(x.new_zeros(shape) for shape in shapes.values())
    if len(shapes) == 1:
        named = {name: hx}
    elif isinstance(hx, tuple | list) and len(hx) == len(shapes):
        named = {f"{name}[{index}]": value for index, value in enumerate(hx)}
    else:
        came = f"{type(hx).__name__} of {len(hx)}" if isinstance(hx, tuple | list) else type(hx).__name__
        raise TypeError(f"{name} must be a tuple of two tensors ({', '.join(shapes)}), got {came}")
    state = []
    for (place, value), (symbol, shape) in zip(named.items(), shapes.items(), strict=True):
        tensor = check_tensor(place, value, x)
        if tensor.shape != shape:
            raise ValueError(f"{place} ({symbol}) must have shape {shape}, got {tuple(tensor.shape)}")
        state.append(tensor)
    return tuple(state)
