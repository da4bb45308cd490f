"""Which of torch's operations run, how often, and how many bytes they write: counts, where times would vary."""

from __future__ import annotations

from collections import Counter
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the operations that torch runs in a ``with`` block, those of a backward pass included. ::

        with Operations() as operations:
            output, _ = nn.LSTM(3, 4)(x)
        operations.calls["addmm"]

    Attributes:
        calls: how often each operation ran, by its name without ``aten::``.
        written: how many bytes the new tensors of each operation have, those that it returned as views of its
            arguments, or changed in place, left out.

    Chapter: Padding and packing.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: Counter[str] = Counter()
        self.written: Counter[str] = Counter()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        self.calls[name] += 1
        given = {_memory(value) for value in tree_leaves((args, kwargs)) if isinstance(value, Tensor)}
        fresh = {
            _memory(value): value.numel() * value.element_size()
            for value in tree_leaves(result)
            if isinstance(value, Tensor) and _memory(value) not in given
        }
        self.written[name] += sum(fresh.values())
        return result


def _memory(tensor: Tensor) -> int:
    """Where a tensor's numbers begin, the same for all views of one piece of memory."""
    return int(tensor.untyped_storage().data_ptr())
