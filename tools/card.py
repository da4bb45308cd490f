"""A graphics card played on the CPU: tensors that were sent to it are marked, and what a card refuses is refused.

`rehearse()` makes torch say that there is a card. From then on a tensor that is moved to ``cuda`` stays where it is and
is marked; its ``device`` is then ``cuda:0``, and what is computed from it is marked as well. Numbers are the CPU's.
Refused, in torch's words, is what fails on a card: tensors of both kinds in one operation, NumPy, lengths on the card,
a tensor on the CPU indexed by one on the card, a generator of the other kind, a gradient that lies elsewhere than its
tensor, a state for cuDNN's layers that is not contiguous, and a gradient through them in evaluation mode.

Not seen are the transforms of `torch.func`, whose tensors are objects of their own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

import card_backward
import card_calls
import card_layers
import card_marks
import torch
from card_calls import device_option
from card_marks import MARK, mark_all, tensors
from card_refusals import CROSSING, refuse_generator, refuse_mixture
from torch.autograd import graph
from torch.autograd.function import BackwardCFunction, FunctionCtx
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack

CALLS = card_calls.CALLS | card_layers.CALLS | card_backward.CALLS
QUERIES: dict[str, Callable[..., Any]] = {
    "is_available": lambda: True,
    "is_initialized": lambda: card_marks.bytes_marked > 0,
    "device_count": lambda: 1,
    "current_device": lambda: 0,
    "get_device_name": lambda *_: "a rehearsed card",
    "synchronize": lambda *_: None,
    "empty_cache": lambda: None,
    "reset_peak_memory_stats": lambda *_: None,
    "max_memory_allocated": lambda *_: card_marks.bytes_marked,
    "memory_allocated": lambda *_: card_marks.bytes_marked,
    "manual_seed": lambda _: None,
    "manual_seed_all": lambda _: None,
}


class Card(TorchFunctionMode):
    """Sees every call of torch on its thread."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        options = dict(kwargs) if kwargs else {}
        name = getattr(func, "__name__", "")
        special = CALLS.get(name)
        if special is not None:
            handled = special(func, args, options)
            if handled is not NotImplemented:
                return handled
        wanted = device_option(options) if "device" in options else None
        inside = tensors(args) + tensors(options.values()) if options else tensors(args)
        marked = [tensor for tensor in inside if getattr(tensor, MARK, False)]
        if marked and len(marked) < len(inside) and name not in CROSSING:
            refuse_mixture(name, args, inside)
        there = bool(marked) if wanted is None else wanted.type == "cuda"
        if "generator" in options:
            refuse_generator(options["generator"], "cuda" if there else "cpu")
        result = func(*args, **options)
        if there:
            mark_all((result,))
        return result


def _within_card(original: Callable[..., Any]) -> Callable[..., Any]:
    """The function with a card at work in it: torch puts a mode aside while the mode handles a call."""

    def within(*args: Any, **options: Any) -> Any:
        at_work = _get_current_function_mode_stack()  # type: ignore[no-untyped-call]
        if any(isinstance(mode, Card) for mode in at_work):
            return original(*args, **options)
        with Card():
            return original(*args, **options)

    return within


def _patches() -> Iterator[tuple[object, str, Any]]:
    """What torch does where no mode sees it: whose attribute, which, and what takes its place."""
    yield card_marks.PARAMETER
    yield torch, "load", card_marks.load_with_mark(torch.load)
    yield torch, "Generator", card_marks.Generator
    function = torch.autograd.Function
    apply = function.__dict__["apply"].__func__
    yield function, "apply", classmethod(card_backward.apply_with_marks(apply))
    yield FunctionCtx, "save_for_backward", card_backward.save_with_marks
    node = BackwardCFunction
    yield node, "apply", card_backward.backward_with_marks(node.apply)
    yield node, "saved_tensors", card_backward.saved_with_marks(torch._C._FunctionBase.saved_tensors)
    yield torch.autograd, "_engine_run_backward", _within_card(graph._engine_run_backward)
    yield (
        torch.backends.cudnn,
        "is_acceptable",
        lambda _: False,
    )  # it would ask the processor's build for cuDNN
    yield threading.Thread, "run", _within_card(threading.Thread.run)
    for name, answer in QUERIES.items():
        yield torch.cuda, name, answer


@contextmanager
def played() -> Iterator[None]:
    """Play a card on this thread and on all that begin meanwhile."""
    with ExitStack() as stack:
        for owner, name, value in list(_patches()):
            stack.enter_context(mock.patch.object(owner, name, value))
        stack.enter_context(Card())
        yield


_forever = played()


def rehearse() -> None:
    """Play a card from now on, until the process ends."""
    _forever.__enter__()
