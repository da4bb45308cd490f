"""What runs during a backward pass on the card played on the CPU: hooks, and functions with a backward of their own.

torch's engine makes gradients in C++, where no mode sees them, and hands them to Python code. They lie where the
tensors lie whose gradients they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from card_marks import is_marked, mark, mark_all
from torch import Tensor
from torch.autograd.function import BackwardCFunction

OUTPUTS = "_outputs_on_the_card"
SAVED = "_saved_on_the_card"


def register_hook(func: Any, args: Any, options: dict[str, Any]) -> Any:
    """`tensor.register_hook(f)`: f is given a gradient that lies where the tensor lies."""
    tensor, hook = args
    if not is_marked(tensor):
        return NotImplemented
    return func(tensor, lambda gradient: hook(mark(gradient)), **options)


CALLS: dict[str, Callable[[Any, Any, dict[str, Any]], Any]] = {"register_hook": register_hook}


def apply_with_marks(original: Callable[..., Any]) -> Callable[..., Any]:
    """`Function.apply`, whose node remembers which of its outputs lie on the card."""

    def apply(cls: Any, *args: Any, **options: Any) -> Any:
        result = original(cls, *args, **options)
        outputs = result if isinstance(result, tuple) else (result,)
        nodes = [output.grad_fn for output in outputs if isinstance(output, Tensor)]
        for node in nodes:
            if isinstance(node, BackwardCFunction):
                setattr(node, OUTPUTS, [is_marked(output) for output in outputs])
        return result

    return apply


def backward_with_marks(original: Callable[..., Any]) -> Callable[..., Any]:
    """The call of a function's own backward pass."""

    def apply(self: Any, *gradients: Any) -> Any:
        for gradient, there in zip(gradients, getattr(self, OUTPUTS, ()), strict=False):
            if there:
                mark_all([gradient])
        return original(self, *gradients)

    return apply


def save_with_marks(self: Any, *tensors: Any) -> None:
    """`ctx.save_for_backward`: torch makes new objects of what it saves."""
    setattr(self, SAVED, [is_marked(tensor) for tensor in tensors])
    self.to_save = tensors


def saved_with_marks(original: Any) -> property:
    def saved_tensors(self: Any) -> tuple[Any, ...]:
        saved: tuple[Any, ...] = original.__get__(self)
        for tensor, there in zip(saved, getattr(self, SAVED, ()), strict=False):
            if there:
                mark_all([tensor])
        return saved

    return property(saved_tensors)
