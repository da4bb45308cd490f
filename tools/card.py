"""A graphics card played on the CPU: tensors that were sent to it are marked, and what a card refuses is refused.

`rehearse()` makes torch say that there is a card. From then on a tensor that is moved to ``cuda`` stays where it is and
is marked; its ``device`` is then ``cuda:0``, and what is computed from it is marked as well. Numbers are the CPU's.
Refused, in torch's words, is what fails on a card: tensors of both kinds in one operation, NumPy, lengths on the card,
a tensor on the CPU indexed by one on the card, a generator of the other kind, a gradient that lies elsewhere than its
tensor, and a gradient through cuDNN's layers in evaluation mode.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, resolve_name

MARK = "_on_the_card"
CARD = torch.device("cuda", 0)
TWO_DEVICES = "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!"
NO_NUMPY = "can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first."
LENGTHS = "'lengths' argument should be a 1D CPU int64 tensor, but got {}D cuda:0 Long tensor"
BATCH_SIZES = "batch_sizes should always be on CPU. Instead got device cuda:0"
INDICES = "indices should be either on cpu or on the same device as the indexed tensor (cpu)"
GENERATOR = "Expected a '{}' device type for generator but found '{}'"
NOT_EVAL = "cudnn RNN backward can only be called in training mode"

# These take tensors of both kinds, or say nothing about the devices of what they take.
CROSSING = {"__get__", "__set__", "__delete__", "_has_compatible_shallow_copy_type"}
LAYERS = ("lstm", "gru", "rnn_tanh", "rnn_relu")  # which cuDNN computes
bytes_marked = 0


def is_marked(tensor: object) -> bool:
    return isinstance(tensor, Tensor) and getattr(tensor, MARK, False)


def mark(tensor: Tensor) -> Tensor:
    global bytes_marked
    if not is_marked(tensor):
        setattr(tensor, MARK, True)
        bytes_marked += tensor.numel() * tensor.element_size()
    return tensor


def tensors(value: object) -> Iterator[Tensor]:
    """All tensors among the arguments or results of a call."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, list | tuple | set):
        for part in value:
            yield from tensors(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from tensors(part)


class OnlyInTraining(torch.autograd.Function):
    """The identity, with cuDNN's refusal in its backward pass."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        raise RuntimeError(NOT_EVAL)


class Card(TorchFunctionMode):
    """Sees every call of torch on its thread."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        options = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        special = HANDLERS.get(name)
        if special is not None:
            handled = special(func, args, options)
            if handled is not NotImplemented:
                return handled
        wanted = _device_option(options)
        inside = list(tensors((args, options)))
        marked = [tensor for tensor in inside if is_marked(tensor)]
        if marked and name not in CROSSING:
            _refuse_mixture(name, args, inside)
        generator = options.get("generator")
        if isinstance(generator, torch.Generator):
            there = wanted.type if wanted is not None else "cuda" if marked else "cpu"
            if generator.device.type != there:
                raise RuntimeError(GENERATOR.format(there, generator.device.type))
        result = func(*args, **options)
        if wanted.type == "cuda" if wanted is not None else bool(marked):
            for tensor in tensors(result):
                if tensor.device.type == "cpu":
                    mark(tensor)
        return result


def _device_option(options: dict[str, Any]) -> torch.device | None:
    """The device that a call asks for; `cuda` is taken out of the call, whose numbers are the CPU's."""
    if options.get("device") is None:
        return None
    wanted = torch.device(options["device"])
    if wanted.type == "cuda":
        options["device"] = torch.device("cpu")
    return wanted


def _refuse_mixture(name: str, args: Any, inside: list[Tensor]) -> None:
    """Raise what torch raises where tensors on the CPU meet tensors on the card."""
    elsewhere = [tensor for tensor in inside if not is_marked(tensor) and tensor.device.type == "cpu"]
    if not elsewhere:
        return
    if name in ("__getitem__", "index"):
        if not is_marked(args[0]):
            raise RuntimeError(INDICES)
        return
    # A tensor without dimensions is taken as a number, except where tensors are put side by side.
    if all(tensor.dim() == 0 for tensor in elsewhere) and name not in ("cat", "stack", "concat"):
        return
    raise RuntimeError(TWO_DEVICES)


def _send(
    tensor: Tensor, device: torch.device | None, dtype: torch.dtype | None, copy: bool, **how: Any
) -> Tensor:
    """What ``tensor.to`` gives: the tensor itself where nothing changes, as on a card."""
    there = is_marked(tensor) if device is None else device.type == "cuda"
    moves = tensor.device.type == "cpu" and there != is_marked(tensor)
    if device is not None and device.type not in ("cuda", "cpu"):
        return tensor.to(device=device, dtype=dtype, copy=copy, **how)
    sent = tensor.to(dtype=dtype or tensor.dtype, copy=copy or moves, **how)
    return mark(sent) if there else sent


def _to(func: Any, args: Any, options: dict[str, Any]) -> Any:
    tensor, rest = args[0], args[1:]
    if not isinstance(tensor, Tensor):
        return NotImplemented
    copy = bool(options.pop("copy", False))
    other = rest[0] if rest and isinstance(rest[0], Tensor) else options.pop("other", None)
    if other is not None:
        return _send(tensor, CARD if is_marked(other) else other.device, other.dtype, copy)
    if len(rest) > 3 or (len(rest) == 3 and isinstance(rest[0], torch.dtype)):
        copy, rest = bool(rest[-1]), rest[:-1]
    device, dtype, _, memory_format = torch._C._nn._parse_to(*rest, **options)
    how = {} if memory_format is None else {"memory_format": memory_format}
    return _send(tensor, device, dtype, copy, **how)


def _cuda(func: Any, args: Any, options: dict[str, Any]) -> Any:
    return _send(args[0], CARD, None, False)


def _cpu(func: Any, args: Any, options: dict[str, Any]) -> Any:
    return _send(args[0], torch.device("cpu"), None, False)


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


def _new_tensor(func: Any, args: Any, options: dict[str, Any]) -> Any:
    """`torch.tensor` and its like: a list's numbers are read off the card, a tensor stays where it is."""
    wanted = _device_option(options)
    result = func(*args, **options)
    there = is_marked(args[0]) if wanted is None else wanted.type == "cuda"
    if there and result is args[0] and not is_marked(result):
        result = result.clone()
    if not there and is_marked(result):
        result = result.clone()
    return mark(result) if there else result


def _get(func: Any, args: Any, options: dict[str, Any]) -> Any:
    """Reading an attribute."""
    tensor = args[0]
    if not is_marked(tensor):
        return NotImplemented
    attribute = (resolve_name(func) or "").rsplit(".", 2)[-2:]
    if attribute == ["device", "__get__"]:
        return CARD
    if attribute == ["is_cuda", "__get__"]:
        return True
    if attribute == ["is_cpu", "__get__"]:
        return False
    return NotImplemented


def _set(func: Any, args: Any, options: dict[str, Any]) -> Any:
    """Setting ``.data`` moves a tensor, as ``module.to`` does; ``.grad`` must lie where its tensor lies."""
    tensor, value = args[0], args[1]
    attribute = (resolve_name(func) or "").rsplit(".", 2)[-2:]
    if (
        attribute == ["grad", "__set__"]
        and isinstance(value, Tensor)
        and is_marked(value) != is_marked(tensor)
    ):
        raise RuntimeError("assigned grad has data located on a different device")
    result = func(*args, **options)
    if attribute == ["data", "__set__"]:
        setattr(tensor, MARK, False)
        if is_marked(value):
            mark(tensor)
    return result


def _pack(func: Any, args: Any, options: dict[str, Any]) -> Any:
    data, lengths = args[:2]
    if is_marked(lengths):
        raise RuntimeError(LENGTHS.format(lengths.dim()))
    packed, batch_sizes = func(*args, **options)
    return (mark(packed) if is_marked(data) else packed), batch_sizes


def _unpack(func: Any, args: Any, options: dict[str, Any]) -> Any:
    data, batch_sizes = args[:2]
    if is_marked(batch_sizes):
        raise RuntimeError(BATCH_SIZES)
    padded, lengths = func(*args, **options)
    return (mark(padded) if is_marked(data) else padded), lengths


def _layer(func: Any, args: Any, options: dict[str, Any]) -> Any:
    """`lstm`, `gru` and `rnn`, whose batch sizes stay on the CPU, and which cuDNN computes."""
    packed = isinstance(args[1], Tensor) and args[1].dtype == torch.int64
    if packed and is_marked(args[1]):
        raise RuntimeError(BATCH_SIZES)
    held = [args[0], *args[2:]] if packed else list(args)
    inside = list(tensors(held))
    if not any(map(is_marked, inside)):
        return NotImplemented
    if not all(map(is_marked, inside)):
        raise RuntimeError(f"Input, state and parameter tensors are not at the same device. {TWO_DEVICES}")
    result = func(*args, **options)
    train = args[7 if packed else 6]
    if not train and torch.backends.cudnn.enabled and torch.is_grad_enabled():
        refuse: Callable[[Tensor], Tensor] = OnlyInTraining.apply
        result = tuple(refuse(part) if part.requires_grad else part for part in result)
    for part in result:
        mark(part)
    return result


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


HANDLERS: dict[str, Callable[[Any, Any, dict[str, Any]], Any]] = {
    "to": _to,
    "cuda": _cuda,
    "cpu": _cpu,
    "copy_": _copy,
    "__repr__": _repr,
    "numpy": _numpy,
    "__array__": _numpy,
    "tensor": _new_tensor,
    "as_tensor": _new_tensor,
    "asarray": _new_tensor,
    "__get__": _get,
    "__set__": _set,
    "_pack_padded_sequence": _pack,
    "_pad_packed_sequence": _unpack,
    "__reduce_ex__": _without_mark,
    **dict.fromkeys(LAYERS, _layer),
}


def _parameter_keeps_mark() -> None:
    """`nn.Parameter(x)` lies where x lies; torch makes it without a call that a mode sees."""
    original = nn.Parameter.__new__

    def new(cls: Any, data: Any = None, requires_grad: bool = True) -> Any:
        parameter = original(cls, data, requires_grad)
        return mark(parameter) if is_marked(data) else parameter

    nn.Parameter.__new__ = new  # type: ignore[method-assign]


def rehearse() -> None:
    """Play a card in this process, on this thread and on all that begin later."""
    _parameter_keeps_mark()
    answers: dict[str, Callable[..., Any]] = {
        "is_available": lambda: True,
        "is_initialized": lambda: bytes_marked > 0,
        "device_count": lambda: 1,
        "current_device": lambda: 0,
        "get_device_name": lambda *_: "a rehearsed card",
        "synchronize": lambda *_: None,
        "empty_cache": lambda: None,
        "max_memory_allocated": lambda *_: bytes_marked,
        "memory_allocated": lambda *_: bytes_marked,
        "manual_seed": lambda _: None,
        "manual_seed_all": lambda _: None,
    }
    for name, answer in answers.items():
        setattr(torch.cuda, name, answer)
    torch.backends.cudnn.is_acceptable = lambda _: False  # it would ask the processor's build for cuDNN
    run = threading.Thread.run

    def run_with_card(self: threading.Thread) -> None:
        with Card():
            run(self)

    threading.Thread.run = run_with_card  # type: ignore[method-assign]
    Card().__enter__()  # type: ignore[no-untyped-call]
