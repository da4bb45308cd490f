"""Moving, reading and indexing on the card played on the CPU: calls that do more than compute on one device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from card_marks import CARD, MARK, is_marked, mark, send
from card_refusals import GRADIENT, NO_DLPACK, NO_NUMPY, refuse_assignment, refuse_indices
from torch import Tensor

# What a tensor on the card says of itself; torch calls an attribute by its descriptor's method.
ANSWERS: dict[Any, object] = {
    Tensor.device.__get__: CARD,
    Tensor.is_cuda.__get__: True,  # type: ignore[attr-defined]
    Tensor.is_cpu.__get__: False,  # type: ignore[attr-defined]
}
GRAD, DATA = Tensor.grad.__set__, Tensor.data.__set__  # type: ignore[attr-defined, union-attr]


def device_option(options: dict[str, Any]) -> torch.device | None:
    """The device that a call asks for; `cuda` is taken out of the call, whose numbers are the CPU's."""
    if options.get("device") is None:
        return None
    wanted = torch.device(options["device"])
    if wanted.type == "cuda":
        options["device"] = torch.device("cpu")
    return wanted


def _to(func: Any, args: Any, options: dict[str, Any]) -> Any:
    tensor, rest = args[0], args[1:]
    if not isinstance(tensor, Tensor):
        return NotImplemented
    copy = bool(options.pop("copy", False))
    other = rest[0] if rest and isinstance(rest[0], Tensor) else options.pop("other", None)
    if other is not None:
        return send(tensor, CARD if is_marked(other) else other.device, other.dtype, copy)
    if len(rest) > 3 or (len(rest) == 3 and isinstance(rest[0], torch.dtype)):
        copy, rest = bool(rest[-1]), rest[:-1]
    device, dtype, _, memory_format = torch._C._nn._parse_to(*rest, **options)
    how = {} if memory_format is None else {"memory_format": memory_format}
    return send(tensor, device, dtype, copy, **how)


def _cuda(func: Any, args: Any, options: dict[str, Any]) -> Any:
    return send(args[0], CARD, None, False)


def _cpu(func: Any, args: Any, options: dict[str, Any]) -> Any:
    return send(args[0], torch.device("cpu"), None, False)


def _copy(func: Any, args: Any, options: dict[str, Any]) -> Any:
    return func(*args, **options)  # from either side to either side; the target stays where it is


def _repr(func: Any, args: Any, options: dict[str, Any]) -> Any:
    text = func(*args, **options)
    if not is_marked(args[0]):
        return text
    end = min(at for at in (text.find(", grad_fn"), text.find(", requires_grad"), len(text) - 1) if at >= 0)
    return f"{text[:end]}, device='cuda:0'{text[end:]}"


def _numpy(func: Any, args: Any, options: dict[str, Any]) -> Any:
    if is_marked(args[0]):
        raise TypeError(NO_NUMPY)
    return NotImplemented


def _dlpack(func: Any, args: Any, options: dict[str, Any]) -> Any:
    if is_marked(args[0]):
        raise RuntimeError(NO_DLPACK)
    return NotImplemented


def _new_tensor(func: Any, args: Any, options: dict[str, Any]) -> Any:
    """`torch.tensor` and its like: a list's numbers are read off the card, a tensor stays where it is."""
    wanted = device_option(options)
    result = func(*args, **options)
    there = is_marked(args[0]) if wanted is None else wanted.type == "cuda"
    if result is args[0] and is_marked(result) != there:
        result = result.clone()
    return mark(result) if there else result


def _get(func: Any, args: Any, options: dict[str, Any]) -> Any:
    """Reading an attribute."""
    tensor = args[0]
    if not is_marked(tensor):
        return func(*args)
    if func in ANSWERS:
        return ANSWERS[func]
    value = func(*args)
    return mark(value) if isinstance(value, Tensor) else value


def _set(func: Any, args: Any, options: dict[str, Any]) -> Any:
    """Setting ``.data`` moves a tensor, as ``module.to`` does; ``.grad`` must lie where its tensor lies."""
    tensor, value = args[0], args[1]
    if func == GRAD and isinstance(value, Tensor) and is_marked(value) != is_marked(tensor):
        raise RuntimeError(GRADIENT)
    result = func(*args, **options)
    if func == DATA:
        setattr(tensor, MARK, False)
        if is_marked(value):
            mark(tensor)
    return result


def _get_item(func: Any, args: Any, options: dict[str, Any]) -> Any:
    refuse_indices(args[0], args[1])
    result = func(*args, **options)
    return mark(result) if is_marked(args[0]) else result


def _set_item(func: Any, args: Any, options: dict[str, Any]) -> Any:
    refuse_assignment(*args)
    return func(*args, **options)


def _index_put(func: Any, args: Any, options: dict[str, Any]) -> Any:
    refuse_assignment(args[0], tuple(args[1]), args[2])
    return func(*args, **options)  # in place, it gives back its first argument


def _get_device(func: Any, args: Any, options: dict[str, Any]) -> Any:
    return 0 if is_marked(args[0]) else NotImplemented


def _without_mark(func: Any, args: Any, options: dict[str, Any]) -> Any:
    """Saving: the mark is this rehearsal's and no part of the tensor."""
    tensor = args[0]
    if not is_marked(tensor):
        return NotImplemented
    delattr(tensor, MARK)
    try:
        return func(*args, **options)
    finally:
        setattr(tensor, MARK, True)


CALLS: dict[str, Callable[[Any, Any, dict[str, Any]], Any]] = {
    "to": _to,
    "cuda": _cuda,
    "cpu": _cpu,
    "copy_": _copy,
    "fill_": _copy,
    "__repr__": _repr,
    "numpy": _numpy,
    "__array__": _numpy,
    "__dlpack__": _dlpack,
    "tensor": _new_tensor,
    "as_tensor": _new_tensor,
    "asarray": _new_tensor,
    "__get__": _get,
    "__set__": _set,
    "__getitem__": _get_item,
    "__setitem__": _set_item,
    "index_put_": _index_put,
    "get_device": _get_device,
    "__reduce_ex__": _without_mark,
}
