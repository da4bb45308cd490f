"""The cells by hand against torch.nn's, and their steps against finite differences."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from configurations import DEVICE, Run, as_tuple, assert_same, generated, leaf, sampled
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

import rnnlib.cells
import rnnlib.layers
from rnnlib.cells import GRUCell, LSTMCell, RNNCell, gru_step, lstm_step, project_input, rnn_step

KINDS = ["RNN", "GRU", "LSTM"]


@dataclass(frozen=True)
class CellConfiguration:
    kind: str
    arguments: dict[str, Any]
    dtype: torch.dtype
    batch_size: int | None
    with_hx: bool
    seed: int

    def cells(self) -> tuple[nn.Module, nn.Module]:
        """The cell by hand and torch.nn's, made from the same seed."""
        pair = []
        for module in (rnnlib.cells, nn):
            torch.manual_seed(self.seed)
            pair.append(getattr(module, f"{self.kind}Cell")(**self.arguments, dtype=self.dtype).to(DEVICE))
        return pair[0], pair[1]

    def inputs(self) -> tuple[Tensor, Any]:
        torch.manual_seed(self.seed + 1)
        batch = [] if self.batch_size is None else [self.batch_size]
        x, h, c = (
            torch.randn(*batch, self.arguments[size], dtype=self.dtype).to(DEVICE)
            for size in ("input_size", "hidden_size", "hidden_size")
        )
        if not self.with_hx:
            return x, None
        return x, (h, c) if self.kind == "LSTM" else h


@st.composite
def cell_configurations(draw: st.DrawFn) -> CellConfiguration:
    kind = draw(st.sampled_from(KINDS))
    arguments = {
        "input_size": draw(st.integers(1, 5)),
        "hidden_size": draw(st.integers(1, 6)),
        "bias": draw(st.booleans()),
    }
    if kind == "RNN":
        arguments["nonlinearity"] = draw(st.sampled_from(["tanh", "relu"]))
    return CellConfiguration(
        kind,
        arguments,
        dtype=draw(st.sampled_from([torch.float32, torch.float64])),
        batch_size=draw(st.sampled_from([None, 1, 2, 5])),
        with_hx=draw(st.booleans()),
        seed=draw(st.integers(0, 10_000)),
    )


def run_cell(cell: nn.Module, x: Tensor, hx: Any) -> Run:
    """The state after three steps on the same x, and the gradients of its sum by everything."""
    x, hx = leaf(x), leaf(hx)
    state = hx
    for _ in range(3):
        state = cell(x, state)
    results = dict(zip(("h", "c"), as_tuple(state), strict=False))
    leaves = {"x": x} | {f"hx[{i}]": s for i, s in enumerate(as_tuple(hx))} | dict(cell.named_parameters())
    total = torch.stack([(value * (i + 1.5)).sum() for i, value in enumerate(results.values())]).sum()
    gradients = torch.autograd.grad(total, list(leaves.values()))
    return {name: value.detach() for name, value in results.items()} | dict(
        zip(leaves, gradients, strict=True)
    )


@given(cell_configurations())
@generated
def test_cells_equal_torch_in_states_and_gradients(config: CellConfiguration) -> None:
    by_hand, library = config.cells()
    x, hx = config.inputs()
    assert_same(run_cell(by_hand, x, hx), run_cell(library, x, hx))


@given(cell_configurations())
@sampled
def test_the_same_seed_gives_the_weights_of_torch_and_state_dicts_load_both_ways(
    config: CellConfiguration,
) -> None:
    by_hand, library = config.cells()
    assert list(by_hand.state_dict()) == list(library.state_dict())
    assert [name for name, _ in by_hand.named_parameters()] == [
        name for name, _ in library.named_parameters()
    ]
    for ours, theirs in zip(by_hand.parameters(), library.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    library.load_state_dict(by_hand.state_dict(), strict=True)
    by_hand.load_state_dict(library.state_dict(), strict=True)


@pytest.mark.parametrize("kind", KINDS)
def test_positional_arguments_mean_what_they_mean_in_torch(kind: str) -> None:
    arguments = (3, 5, False, "relu") if kind == "RNN" else (3, 5, False)
    by_hand, library = (getattr(module, f"{kind}Cell")(*arguments) for module in (rnnlib.cells, nn))
    assert [p.shape for p in by_hand.parameters()] == [p.shape for p in library.parameters()]
    assert by_hand.bias_ih is None
    assert library.bias_ih is None
    if kind == "RNN":
        assert by_hand.nonlinearity == library.nonlinearity == "relu"


def random(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize(
    ("step", "shapes"),
    [
        (rnn_step, [(2, 3), (2, 3), (3, 3)]),
        (gru_step, [(2, 9), (2, 3), (9, 3)]),
        (gru_step, [(2, 9), (2, 3), (9, 3), (9,)]),
        (lstm_step, [(2, 12), (2, 3), (2, 3), (12, 3)]),
        (lstm_step, [(2, 12), (2, 2), (2, 3), (12, 2), (2, 3)]),
        (project_input, [(2, 3), (4, 3), (4,), (4,)]),
        (project_input, [(5, 2, 3), (4, 3), (4,)]),
    ],
)
def test_steps_have_the_derivatives_of_finite_differences(
    step: Callable[..., Any], shapes: list[tuple[int, ...]]
) -> None:
    torch.manual_seed(0)
    assert torch.autograd.gradcheck(step, [random(*shape) for shape in shapes])


def test_one_rnn_step_on_numbers_written_down() -> None:
    projected, h = torch.tensor([[0.5, -1.0]]), torch.tensor([[1.0, 2.0]])
    weight_hh = torch.tensor([[0.1, 0.2], [0.3, 0.4]])  # W h = (0.5, 1.1)
    torch.testing.assert_close(rnn_step(projected, h, weight_hh), torch.tensor([[1.0, 0.1]]).tanh())
    torch.testing.assert_close(rnn_step(-projected, h, weight_hh, "relu"), torch.tensor([[0.0, 2.1]]))


def test_an_update_gate_of_one_keeps_the_state_of_a_gru() -> None:
    h = torch.tensor([[0.3, -0.7]])
    projected = torch.tensor([[0.0, 0.0, 100.0, 100.0, 5.0, 5.0]])  # r, z, n
    torch.testing.assert_close(gru_step(projected, h, torch.zeros(6, 2)), h)


def test_the_reset_gate_of_a_gru_acts_on_the_recurrent_bias() -> None:
    projected = torch.tensor([[-100.0, -100.0, 0.5]])  # r = 0 and z = 0, so h' = n = tanh(0.5)
    bias_hh = torch.tensor([0.0, 0.0, 9.0])
    torch.testing.assert_close(
        gru_step(projected, torch.ones(1, 1), torch.ones(3, 1), bias_hh), torch.tensor([[0.5]]).tanh()
    )


def test_an_open_forget_gate_and_a_closed_input_gate_keep_the_cell_state_of_an_lstm() -> None:
    h, c = torch.tensor([[0.2]]), torch.tensor([[1.7]])
    projected = torch.tensor([[-100.0, 100.0, 3.0, 0.0]])  # i, f, g, o
    new_h, new_c = lstm_step(projected, h, c, torch.zeros(4, 1))
    torch.testing.assert_close(new_c, c)
    torch.testing.assert_close(new_h, 0.5 * c.tanh())


@pytest.mark.parametrize("kind", KINDS)
def test_a_projection_of_all_steps_at_once_is_the_projection_of_each(kind: str) -> None:
    cell = getattr(rnnlib.cells, f"{kind}Cell")(3, 4)
    x = torch.randn(6, 2, 3)
    at_once = project_input(x, cell.weight_ih, cell.bias_ih, cell.bias_hh)
    each = [project_input(step, cell.weight_ih, cell.bias_ih, cell.bias_hh) for step in x]
    torch.testing.assert_close(at_once, torch.stack(each))


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_is_its_cell_in_a_loop(kind: str) -> None:
    torch.manual_seed(0)
    layer = getattr(rnnlib.layers, kind)(3, 4)
    cell = getattr(rnnlib.cells, f"{kind}Cell")(3, 4)
    cell.load_state_dict({name.removesuffix("_l0"): value for name, value in layer.state_dict().items()})
    x = torch.randn(6, 2, 3)
    output, _ = layer(x)
    state = None
    for t in range(6):
        state = cell(x[t], state)
        torch.testing.assert_close(output[t], as_tuple(state)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_and_a_pickle_compute_the_same(kind: str) -> None:
    cell = getattr(rnnlib.cells, f"{kind}Cell")(3, 4)
    x = torch.randn(2, 3)
    for twin in (copy.deepcopy(cell), pickle.loads(pickle.dumps(cell))):
        for ours, theirs in zip(as_tuple(twin(x)), as_tuple(cell(x)), strict=True):
            assert torch.equal(ours, theirs)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (RNNCell(3, 4), "RNNCell(3, 4)"),
        (RNNCell(3, 4, False, "relu"), "RNNCell(3, 4, bias=False, nonlinearity=relu)"),
        (GRUCell(3, 4, bias=False), "GRUCell(3, 4, bias=False)"),
        (LSTMCell(3, 4), "LSTMCell(3, 4)"),
    ],
)
def test_the_text_of_a_cell_shows_what_is_not_default(cell: nn.Module, text: str) -> None:
    assert repr(cell) == text


@pytest.mark.parametrize("with_ih", [False, True])
@pytest.mark.parametrize("with_hh", [False, True])
def test_the_projection_adds_every_bias_that_it_is_given(with_ih: bool, with_hh: bool) -> None:
    x, weight = torch.randn(4, 5, 6), torch.randn(3, 6)
    bias_ih, bias_hh = torch.randn(3), torch.randn(3)
    projected = project_input(x, weight, bias_ih if with_ih else None, bias_hh if with_hh else None)
    expected = x @ weight.T + with_ih * bias_ih + with_hh * bias_hh
    torch.testing.assert_close(projected, expected)


def test_a_step_knows_only_two_nonlinearities() -> None:
    with pytest.raises(ValueError, match="nonlinearity must be 'tanh' or 'relu', got 'sigmoid'"):
        rnn_step(torch.randn(2, 3), torch.randn(2, 3), torch.randn(3, 3), "sigmoid")
