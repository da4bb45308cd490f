"""Generated configurations of recurrent layers, and what a run of one of them gives, gradients included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from hypothesis import settings
from hypothesis import strategies as st
from torch import Tensor, nn

import rnnlib.layers
from rnnlib.device import get_device

# The tensors are tiny: with two workers on two cores, more threads only wait for each other.
torch.set_num_threads(1)

# MPS has no float64, in which half of these tests compare.
DEVICE = torch.device("cpu") if get_device().type == "mps" else get_device()

# The same examples in every run; a slow machine is no failure. The invariants of the package get more of them.
generated = settings(derandomize=True, deadline=None, database=None, max_examples=100)
sampled = settings(generated, max_examples=30)

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-10}

Run = dict[str, Tensor]


@dataclass(frozen=True)
class Configuration:
    """The arguments of a layer and the sizes of a batch; every random number comes from the seed."""

    kind: str
    arguments: dict[str, Any]
    dtype: torch.dtype
    batch_size: int
    steps: int
    with_hx: bool
    lengths: list[int] | None
    batched: bool
    seed: int

    @property
    def batch_first(self) -> bool:
        return bool(self.arguments["batch_first"])

    @property
    def time(self) -> int:
        """The dimension of x that is time."""
        return 1 if self.batched and self.batch_first else 0

    def layers(self) -> tuple[nn.Module, nn.Module]:
        """The layer by hand and torch.nn's, with the same weights."""
        torch.manual_seed(self.seed)
        library = getattr(nn, self.kind)(**self.arguments, dtype=self.dtype)
        by_hand = getattr(rnnlib.layers, self.kind)(**self.arguments, dtype=self.dtype)
        by_hand.load_state_dict(library.state_dict())
        return by_hand.to(DEVICE), library.to(DEVICE)

    def inputs(self) -> tuple[Tensor, Tensor | tuple[Tensor, ...] | None]:
        """x and hx, made on the CPU and moved."""
        generator = torch.Generator().manual_seed(self.seed + 1)

        def draw(*shape: int) -> Tensor:
            return torch.randn(shape, generator=generator, dtype=self.dtype).to(DEVICE)

        time_and_batch = [self.steps, self.batch_size] if self.batched else [self.steps]
        if self.time == 1:
            time_and_batch.reverse()
        x = draw(*time_and_batch, self.arguments["input_size"])
        if not self.with_hx:
            return x, None
        rows = self.arguments["num_layers"] * (2 if self.arguments["bidirectional"] else 1)
        batch = [self.batch_size] if self.batched else []
        hidden_size = self.arguments["hidden_size"]
        h_0 = draw(rows, *batch, self.arguments.get("proj_size") or hidden_size)
        return x, (h_0, draw(rows, *batch, hidden_size)) if self.kind == "LSTM" else h_0


@st.composite
def configurations(
    draw: st.DrawFn,
    lengths: bool = False,
    bidirectional: bool | None = None,
    unbatched: bool = False,
    most_steps: int = 7,
    most_sequences: int = 4,
) -> Configuration:
    """Any layer: with lengths or without, of one direction, two or either, batched or either."""
    kind = draw(st.sampled_from(["RNN", "GRU", "LSTM"]))
    arguments: dict[str, Any] = {
        "input_size": draw(st.integers(1, 5)),
        "hidden_size": draw(st.integers(1, 6)),
        "num_layers": draw(st.integers(1, 3)),
        "bias": draw(st.booleans()),
        "batch_first": draw(st.booleans()),
        "bidirectional": draw(st.booleans()) if bidirectional is None else bidirectional,
    }
    if kind == "RNN":
        arguments["nonlinearity"] = draw(st.sampled_from(["tanh", "relu"]))
    if kind == "LSTM":
        arguments["proj_size"] = draw(st.integers(0, arguments["hidden_size"] - 1))
    batched = draw(st.booleans()) if unbatched else True
    batch_size = draw(st.integers(1, most_sequences)) if batched else 1
    steps = draw(st.integers(1, most_steps))
    return Configuration(
        kind=kind,
        arguments=arguments,
        dtype=draw(st.sampled_from([torch.float32, torch.float64])),
        batch_size=batch_size,
        steps=steps,
        with_hx=draw(st.booleans()),
        lengths=draw(st.lists(st.integers(1, steps), min_size=batch_size, max_size=batch_size))
        if lengths
        else None,
        batched=batched,
        seed=draw(st.integers(0, 10_000)),
    )


def as_tuple(state: Tensor | tuple[Tensor, ...] | None) -> tuple[Tensor, ...]:
    if state is None:
        return ()
    return state if isinstance(state, tuple) else (state,)


def leaf(state: Any) -> Any:
    """A copy of a tensor, or of each in a tuple, that collects its own gradient."""
    if isinstance(state, tuple):
        return tuple(leaf(s) for s in state)
    return None if state is None else state.detach().clone().requires_grad_()


def random_weights(module: nn.Module, x: Tensor, hx: Any, **more: Any) -> tuple[Tensor, ...]:
    """A random weight for each entry of what the module returns, to make one number of it."""
    generator = torch.Generator().manual_seed(0)
    output, state = module(x, hx, **more)
    return tuple(
        torch.randn(value.shape, generator=generator, dtype=value.dtype).to(value.device)
        for value in (output, *as_tuple(state))
    )


def differentiate(
    module: nn.Module, x: Tensor, hx: Any, output: Tensor, state: Any, weights: tuple[Tensor, ...]
) -> Run:
    """Outputs and states, and the gradients of their weighted sum by x, hx and every parameter, if not frozen."""
    results = dict(zip(("output", "h_n", "c_n"), (output, *as_tuple(state)), strict=False))
    total = torch.stack([(w * value).sum() for w, value in zip(weights, results.values(), strict=True)]).sum()
    leaves = {"x": x} | {f"hx[{i}]": s for i, s in enumerate(as_tuple(hx))} | dict(module.named_parameters())
    leaves = {name: value for name, value in leaves.items() if value.requires_grad}
    gradients = torch.autograd.grad(total, list(leaves.values())) if leaves else ()
    return {name: value.detach() for name, value in results.items()} | {
        f"gradient of {name}": gradient for name, gradient in zip(leaves, gradients, strict=True)
    }


def run(module: nn.Module, x: Tensor, hx: Any, weights: tuple[Tensor, ...], **more: Any) -> Run:
    """Call the module and differentiate."""
    x, hx = leaf(x), leaf(hx)
    output, state = module(x, hx, **more)
    return differentiate(module, x, hx, output, state, weights)


def assert_same(
    actual: Run, expected: Run, tolerance: Mapping[torch.dtype, float] = MappingProxyType(TOLERANCE)
) -> None:
    """Equal to 1e-5 in float32 and 1e-10 in float64, relative to the largest entry where that exceeds 1."""
    assert actual.keys() == expected.keys()
    for name, wanted in expected.items():
        scale = max(1.0, wanted.abs().max().item()) if wanted.numel() else 1.0
        torch.testing.assert_close(
            actual[name],
            wanted,
            rtol=0,
            atol=tolerance[wanted.dtype] * scale,
            msg=lambda text, name=name: f"{name}: {text}",
        )
