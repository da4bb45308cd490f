"""``run_packed`` against packing, against each sequence alone, and under whatever else may surround a call.

On an accelerator ``run_packed`` is packing, so what matters here runs on the CPU, except for one test.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
import torch
from configurations import (
    DEVICE,
    TOLERANCE,
    Configuration,
    Run,
    as_tuple,
    assert_same,
    configurations,
    differentiate,
    generated,
    sampled,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize, prune
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnlib.lengths import mask_from_lengths, run_packed, running
from rnnlib.lengths.rectangles import staircase

# torch says so once a process; that the two agree all the same is what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")

KINDS = ["RNN", "GRU", "LSTM"]
LENGTHS = [3, 7, 7, 1, 5]

# A gradient of a parameter is a sum over all cells. Its terms cancel, their roundings do not: in float32 packing itself
# is up to 3e-6 away from running each sequence alone. Everything else agrees to 1e-6.
TIGHT = {torch.float32: 1e-6, torch.float64: 1e-10}

Way = Callable[[Any, Tensor, Any, Any], tuple[Tensor, Any]]


def by_packing(rnn: Any, x: Tensor, lengths: Any, hx: Any = None) -> tuple[Tensor, Any]:
    """Pack, run, unpack."""
    packed = pack_padded_sequence(x, lengths, rnn.batch_first, enforce_sorted=False)
    output, state = rnn(packed, hx)
    return pad_packed_sequence(output, rnn.batch_first, total_length=x.shape[rnn.batch_first])[0], state


def one_by_one(rnn: Any, x: Tensor, lengths: Any, hx: Any = None) -> tuple[Tensor, Any]:
    """Each sequence alone, without padding."""
    outputs, states = [], []
    for n, length in enumerate(lengths):
        alone = (x[n] if rnn.batch_first else x[:, n])[:length]  # (length, H_in)
        start = tuple(s[:, n].contiguous() for s in as_tuple(hx)) or (None,)
        output, state = rnn(alone, start if len(start) == 2 else start[0])
        outputs.append(nn.functional.pad(output, (0, 0, 0, x.shape[rnn.batch_first] - length)))
        states.append(as_tuple(state))
    state = tuple(torch.stack(s, dim=1) for s in zip(*states, strict=True))
    return torch.stack(outputs, dim=1 - rnn.batch_first), state if len(state) == 2 else state[0]


def results(
    way: Way, rnn: Any, x: Tensor, lengths: Any, hx: Any = None, order: list[int] | None = None
) -> Run:
    """What a way gives, and the gradients of everything that requires one."""
    output, state = way(rnn, x, lengths, hx)
    generator = torch.Generator().manual_seed(0)
    # Drawn for each valid step of each sequence; the padding gets weights, too, and they must not matter.
    steps, batch_size = (x.shape[1], x.shape[0]) if rnn.batch_first else x.shape[:2]
    by_sequence = torch.randn(batch_size, 64, output.shape[2], generator=generator, dtype=torch.float64)
    weights = [by_sequence[:, :steps] if rnn.batch_first else by_sequence[:, :steps].transpose(0, 1)]
    for value in as_tuple(state):
        weights.append(torch.randn(value.shape, generator=generator, dtype=torch.float64))
    if order is not None:
        weights = [
            w.index_select(1 - rnn.batch_first if k == 0 else 1, torch.tensor(order))
            for k, w in enumerate(weights)
        ]
    return differentiate(rnn, x, hx, output, state, tuple(w.to(output) for w in weights))


def assert_close(actual: Run, expected: Run) -> None:
    """Equal to 1e-6 in float32, gradients of parameters to 1e-5; in float64 to 1e-10."""
    assert actual.keys() == expected.keys()
    for name in expected:
        summed = name.startswith(("gradient of weight", "gradient of bias", "gradient of parametrizations"))
        assert_same({name: actual[name]}, {name: expected[name]}, TOLERANCE if summed else TIGHT)


def assert_equal(actual: Run, expected: Run) -> None:
    """Equal in every bit."""
    assert actual.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.equal(actual[name], value), name


@dataclass(frozen=True)
class Case:
    """A configuration, and how it is run: what a call costs, which mode, what learns."""

    config: Configuration
    call: float
    training: bool
    x_learns: bool
    hx_learns: bool
    parameters_learn: str

    @property
    def lengths(self) -> list[int]:
        assert self.config.lengths is not None
        return self.config.lengths

    def layer(self) -> Any:
        torch.manual_seed(self.config.seed)
        rnn = getattr(nn, self.config.kind)(**self.config.arguments, dtype=self.config.dtype)
        for index, parameter in enumerate(rnn.parameters()):
            share = {"all": True, "none": False, "every other": index % 2 == 0}
            parameter.requires_grad_(share[self.parameters_learn])
        return rnn.train(self.training)

    def inputs(self) -> tuple[Tensor, Any]:
        x, hx = self.config.inputs()
        states = tuple(s.cpu().requires_grad_(self.hx_learns) for s in as_tuple(hx))
        return x.cpu().requires_grad_(self.x_learns), (states if len(states) == 2 else (*states, None)[0])

    def run(self, way: Way) -> Run:
        """What a way gives, with what a call costs put into the module."""
        with mock.patch.object(running, "CALL", self.call):
            return results(way, self.layer(), *self.inputs_and_lengths())

    def inputs_and_lengths(self) -> tuple[Tensor, list[int], Any]:
        x, hx = self.inputs()
        return x, self.lengths, hx

    def cover(self) -> str:
        """Which rectangles this case is cut into."""
        relu = self.config.arguments.get("nonlinearity") == "relu"
        cover = staircase(sorted(self.lengths, reverse=True), 0 if relu else self.call)
        wasted = sum((end - start) * rows for start, end, rows in cover) - sum(self.lengths)
        return f"{'one' if len(cover) == 1 else 'several'}, {'padding within' if wasted else 'exact'}"


@st.composite
def cases(draw: st.DrawFn, learning: bool = False) -> Case:
    """Any layer on short sequences or long, cut in any way; with all gradients or only some."""
    most_steps, most_sequences = draw(st.sampled_from([(7, 4), (7, 4), (40, 12)]))
    config = draw(configurations(lengths=True, most_steps=most_steps, most_sequences=most_sequences))
    return Case(
        config,
        call=draw(st.sampled_from([running.CALL, 0, 3, 10, 1e9])),
        training=draw(st.booleans()),
        x_learns=learning or draw(st.booleans()),
        hx_learns=learning or draw(st.booleans()),
        parameters_learn="all" if learning else draw(st.sampled_from(["all", "all", "every other", "none"])),
    )


def small(kind: str, **arguments: Any) -> Any:
    torch.manual_seed(5)
    return getattr(nn, kind)(3, 4, **arguments)


def batch(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def start(rnn: Any, batch_size: int, seed: int = 2) -> Any:
    rows = rnn.num_layers * (1 + rnn.bidirectional)
    h_0 = batch(rows, batch_size, rnn.proj_size or rnn.hidden_size, seed=seed)
    return (h_0, batch(rows, batch_size, rnn.hidden_size, seed=seed + 1)) if rnn.mode == "LSTM" else h_0


# Invariant 2: run_packed == packed == each sequence alone


def test_it_equals_packing_in_outputs_states_and_gradients_however_it_cuts() -> None:
    seen: Counter[str] = Counter()

    @given(cases())
    @settings(generated, max_examples=800)
    def holds(case: Case) -> None:
        seen[case.cover()] += 1
        seen["L longer than every sequence"] += max(case.lengths) < case.config.steps
        seen["no gradient"] += not (case.x_learns or case.hx_learns or case.parameters_learn != "none")
        assert_close(case.run(run_packed), case.run(by_packing))

    holds()
    for what, least in {
        "one, exact": 50,
        "one, padding within": 50,
        "several, exact": 50,
        "several, padding within": 50,
        "L longer than every sequence": 50,
        "no gradient": 5,
    }.items():
        assert seen[what] >= least, f"only {seen[what]} configurations: {what}"


@given(cases())
@settings(generated, max_examples=300)
def test_it_equals_each_sequence_alone_in_outputs_states_and_gradients(case: Case) -> None:
    assert_close(case.run(run_packed), case.run(one_by_one))


@given(cases(), st.sampled_from([0.0, 1.0]))
@generated
def test_without_gradients_it_equals_packing_whether_it_packs_or_not(case: Case, dense: float) -> None:
    x, lengths, hx = case.inputs_and_lengths()
    rnn = case.layer()
    names = ("output", "h_n", "c_n")
    with torch.no_grad(), mock.patch.multiple(running, CALL=case.call, DENSE=dense, FUSED_DENSE=dense):
        output, state = run_packed(rnn, x, lengths, hx)
        expected, wanted = by_packing(rnn, x, lengths, hx)
    actual = dict(zip(names, (output, *as_tuple(state)), strict=False))
    assert_close(actual, dict(zip(names, (expected, *as_tuple(wanted)), strict=False)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_equality_holds_at_the_size_of_a_real_layer(kind: str, bidirectional: bool) -> None:
    torch.manual_seed(0)
    rnn = getattr(nn, kind)(32, 48, 2, bidirectional=bidirectional, batch_first=True)
    x, hx = batch(16, 60, 32).requires_grad_(), start(rnn, 16)
    lengths = torch.randint(5, 61, (16,), generator=torch.Generator().manual_seed(2))
    assert len(staircase(sorted(lengths.tolist(), reverse=True), running.CALL)) > 1
    assert_close(results(run_packed, rnn, x, lengths, hx), results(by_packing, rnn, x, lengths, hx))


@pytest.mark.parametrize("kind", KINDS)
def test_it_equals_packing_on_the_device_at_hand(kind: str) -> None:
    rnn, x = small(kind, num_layers=2, bidirectional=True).to(DEVICE), batch(9, 5, 3).to(DEVICE)
    output, state = run_packed(rnn, x, LENGTHS)
    expected, wanted = by_packing(rnn, x, LENGTHS)
    for actual, value in zip((output, *as_tuple(state)), (expected, *as_tuple(wanted)), strict=True):
        torch.testing.assert_close(actual, value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "lengths", [[6], [1], [6] * 4, [1] * 4, [4] * 4, [6, 1, 6, 1]], ids=lambda lengths: str(lengths)
)
def test_a_batch_of_one_and_equal_lengths_are_no_exceptions(kind: str, lengths: list[int]) -> None:
    rnn = small(kind, num_layers=2, bidirectional=True)
    x, hx = batch(6, len(lengths), 3).requires_grad_(), start(rnn, len(lengths))
    assert_close(results(run_packed, rnn, x, lengths, hx), results(one_by_one, rnn, x, lengths, hx))


# Invariant 4: more padding, another pad value, another batch order


@given(cases(learning=True), st.sampled_from([float("nan"), float("inf"), -float("inf"), 1e30, 1e3, 0.0]))
@generated
def test_the_content_of_padding_never_changes_an_output_a_state_or_a_gradient(
    case: Case, content: float
) -> None:
    x, lengths, hx = case.inputs_and_lengths()
    padding = ~mask_from_lengths(lengths, case.config.steps, case.config.batch_first)
    spoiled = x.detach().masked_fill(padding.unsqueeze(-1), content).requires_grad_()
    with mock.patch.object(running, "CALL", case.call):
        actual = results(run_packed, case.layer(), spoiled, lengths, hx)
    assert_close(actual, case.run(run_packed))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("dense", [0.0, 1.0])
@pytest.mark.parametrize("lengths", [LENGTHS, [6, 7, 7, 7, 7]], ids=["sparse", "dense"])
def test_the_content_of_padding_changes_nothing_without_gradients(
    kind: str, bidirectional: bool, dense: float, lengths: list[int]
) -> None:
    rnn = small(kind, num_layers=3, bidirectional=bidirectional)
    x = batch(7, 5, 3)
    padding = ~mask_from_lengths(lengths, 7).unsqueeze(-1)
    with torch.no_grad(), mock.patch.multiple(running, DENSE=dense, FUSED_DENSE=dense):
        expected, wanted = run_packed(rnn, x, lengths)
        for content in (float("nan"), float("inf"), -float("inf"), 1e30):
            output, state = run_packed(rnn, x.masked_fill(padding, content), lengths)
            for actual, value in zip((output, *as_tuple(state)), (expected, *as_tuple(wanted)), strict=True):
                torch.testing.assert_close(actual, value)


@given(cases(learning=True), st.integers(1, 20))
@generated
def test_more_padding_never_changes_a_valid_output_a_state_or_a_gradient(case: Case, more: int) -> None:
    x, lengths, hx = case.inputs_and_lengths()
    after = (0, 0, 0, more) if case.config.batch_first else (0, 0, 0, 0, 0, more)
    longer = nn.functional.pad(x.detach(), after, value=7.0).requires_grad_()
    with mock.patch.object(running, "CALL", case.call):
        actual = results(run_packed, case.layer(), longer, lengths, hx)
    for name in ("output", "gradient of x"):
        added = actual[name].narrow(case.config.time, case.config.steps, more)
        assert torch.equal(added, torch.zeros_like(added)), name
        actual[name] = actual[name].narrow(case.config.time, 0, case.config.steps)
    assert_close(actual, case.run(run_packed))


@given(cases(learning=True), st.randoms(use_true_random=False))
@generated
def test_the_order_of_the_batch_changes_no_result(case: Case, random: Any) -> None:
    x, lengths, hx = case.inputs_and_lengths()
    order = list(range(len(lengths)))
    random.shuffle(order)

    def shuffle(tensor: Tensor, dim: int = 1) -> Tensor:
        return tensor.detach().index_select(dim, torch.tensor(order)).requires_grad_()

    expected = case.run(run_packed)
    for name, value in expected.items():
        if name in ("output", "gradient of x"):
            expected[name] = shuffle(value, 1 - case.config.time)
        elif name in ("h_n", "c_n") or name.startswith("gradient of hx"):
            expected[name] = shuffle(value)
    states = tuple(map(shuffle, as_tuple(hx)))
    with mock.patch.object(running, "CALL", case.call):
        actual = results(
            run_packed,
            case.layer(),
            shuffle(x, 1 - case.config.time),
            [lengths[n] for n in order],
            states if len(states) == 2 else (*states, None)[0],
            order,
        )
    assert_close(actual, expected)


@given(cases(learning=True))
@sampled
def test_outputs_and_input_gradients_are_zero_at_padding_and_nowhere_else(case: Case) -> None:
    found = case.run(run_packed)
    valid = mask_from_lengths(case.lengths, case.config.steps, case.config.batch_first)
    for name in ("output", "gradient of x"):
        assert torch.equal(found[name][~valid], torch.zeros_like(found[name][~valid])), name
    if case.config.arguments.get("nonlinearity") != "relu":
        assert (found["output"][valid] != 0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", [0, 3, 1e9])
def test_a_nan_loss_at_padding_reaches_no_gradient(
    kind: str, call: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CALL", call)
    rnn, x = small(kind, num_layers=2, bidirectional=True), batch(8, 5, 3).requires_grad_()
    output, _ = run_packed(rnn, x, LENGTHS)
    upstream = torch.ones_like(output).masked_fill(~mask_from_lengths(LENGTHS, 8).unsqueeze(-1), float("nan"))
    output.backward(upstream)
    for gradient in (x.grad, *(p.grad for p in rnn.parameters())):
        assert gradient is not None
        assert gradient.isfinite().all()


@pytest.mark.parametrize("call", [64, 1e9])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_state_that_would_overflow_in_the_padding_spoils_no_gradient(
    call: float, bidirectional: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CALL", call)
    rnn = nn.RNN(1, 1, nonlinearity="relu", bias=False, bidirectional=bidirectional)
    for name, parameter in rnn.named_parameters():
        nn.init.constant_(parameter, 1e5 if "hh" in name else 1.0)
    x = torch.ones(40, 2, 1)
    x[:, 1] = -1.0  # the state of the long sequence stays 0
    x.requires_grad_()
    output, _ = run_packed(rnn, x, [2, 30])  # carried on, the other state would pass float32's 3e38 at step 8
    output.sum().backward()
    for gradient in (x.grad, *(p.grad for p in rnn.parameters())):
        assert gradient is not None
        assert gradient.isfinite().all()
    assert x.grad is not None
    assert torch.equal(x.grad[2:, 0], torch.zeros(38, 1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("scale", [1.0, 1e3, 1e6])
def test_the_cell_state_is_held_through_padding_whatever_the_weights(
    dtype: torch.dtype, scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rnn = small("LSTM").to(dtype)
    with torch.no_grad():
        for parameter in rnn.parameters():
            parameter.mul_(scale)
    x = batch(30, 5, 3).to(dtype)
    monkeypatch.setattr(running, "CALL", 1e9)
    _, (_, joined) = run_packed(rnn, x, LENGTHS)
    monkeypatch.setattr(running, "CALL", 0)
    _, (_, exact) = run_packed(rnn, x, LENGTHS)
    torch.testing.assert_close(joined, exact)


# Modes, frozen parameters, other memory


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("lengths", [LENGTHS, [7, 6, 7, 7, 7]], ids=["sparse", "dense"])
def test_without_recording_the_results_are_the_same_and_know_no_gradient(
    kind: str, context: Callable[[], Any], lengths: list[int]
) -> None:
    rnn, x = small(kind, num_layers=2, bidirectional=True), batch(7, 5, 3)
    hx = start(rnn, 5)
    expected, wanted = run_packed(rnn, x, lengths, hx)
    with context():
        output, state = run_packed(rnn, x, lengths, hx)
    for actual, value in zip((output, *as_tuple(state)), (expected, *as_tuple(wanted)), strict=True):
        assert not actual.requires_grad
        assert actual.is_inference() == (context is torch.inference_mode)
        torch.testing.assert_close(actual, value.detach())


# What it costs


def cells_of_calls(rnn: Any, lengths: list[int]) -> list[int]:
    """How many cells each call of a dense kernel computes; none if the batch is packed instead."""
    calls: list[int] = []

    def counted(kernel: Any) -> Any:
        def call(part: Tensor, *rest: Any) -> Any:
            calls.append(part.shape[0] * part.shape[1])
            return kernel(part, *rest)

        return call

    kernels = {mode: counted(kernel) for mode, kernel in running.KERNELS.items()}
    with mock.patch.object(running, "KERNELS", kernels):
        run_packed(rnn, batch(max(lengths), len(lengths), 3), lengths)
    return calls


@pytest.mark.parametrize("kind", KINDS)
@given(lengths=st.lists(st.integers(1, 200), min_size=1, max_size=20))
@sampled
def test_training_costs_no_more_than_cutting_at_every_end_nor_than_not_cutting(
    kind: str, lengths: list[int]
) -> None:
    calls = cells_of_calls(small(kind), lengths)
    cost = sum(calls) + running.CALL * len(calls)
    assert cost <= sum(lengths) + running.CALL * len(set(lengths))
    assert cost <= max(lengths) * len(lengths) + running.CALL


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("frozen", [False, True])
def test_without_gradients_a_batch_is_packed_where_few_cells_are_valid_and_only_there(
    kind: str, frozen: bool
) -> None:
    sparse, half, dense = ([40] * full + [1] * (10 - full) for full in (1, 5, 9))
    rnn = small(kind).requires_grad_(not frozen)
    with nullcontext() if frozen else torch.no_grad():
        assert not cells_of_calls(rnn, sparse)
        assert bool(cells_of_calls(rnn, half)) == (kind == "LSTM")
        assert cells_of_calls(rnn, dense)
    learning = small(kind)
    assert all(cells_of_calls(learning, lengths) for lengths in (sparse, half, dense))


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_in_eval_mode_gives_the_gradients_of_training(kind: str) -> None:
    rnn, x = small(kind, num_layers=2, dropout=0.0), batch(7, 5, 3).requires_grad_()
    expected = results(run_packed, rnn.train(), x, LENGTHS)
    assert_equal(results(run_packed, rnn.eval(), x, LENGTHS), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_frozen_parameters_collect_nothing_and_let_gradients_through(kind: str) -> None:
    rnn, x = small(kind, num_layers=2), batch(7, 5, 3).requires_grad_()
    expected = results(run_packed, rnn, x, LENGTHS)
    rnn.requires_grad_(False)
    output, _ = run_packed(rnn, x, LENGTHS)
    assert output.requires_grad
    assert not run_packed(rnn, x.detach(), LENGTHS)[0].requires_grad
    actual = results(run_packed, rnn, x, LENGTHS)
    assert actual.keys() == {
        name for name in expected if not name.startswith(("gradient of w", "gradient of b"))
    }
    assert_close(actual, {name: expected[name] for name in actual})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("parametrize", [parametrizations.weight_norm, parametrizations.orthogonal])
def test_parametrized_weights_are_the_weights_that_run_and_learn(kind: str, parametrize: Any) -> None:
    rnn, x = small(kind, num_layers=2, bidirectional=True), batch(7, 5, 3)
    plain = run_packed(rnn, x, LENGTHS)[0]
    for name in ("weight_hh_l0", "weight_ih_l1_reverse"):
        parametrize(rnn, name)
        next(getattr(rnn.parametrizations, name).parameters()).data.mul_(1.5)
    hx = start(rnn, 5)
    assert_close(
        results(run_packed, rnn, x, LENGTHS, hx), results(by_packing, copy.deepcopy(rnn), x, LENGTHS, hx)
    )
    assert not torch.allclose(plain, run_packed(rnn, x, LENGTHS)[0], atol=1e-3)


VIEWS = {
    "every other step and feature": lambda: batch(14, 5, 6)[::2, :, ::2],
    "batch first": lambda: batch(5, 7, 3).transpose(0, 1),
    "one step expanded": lambda: batch(1, 5, 3).expand(7, 5, 3),
    "one sequence expanded": lambda: batch(7, 1, 3).expand(7, 5, 3),
    "one feature expanded": lambda: batch(7, 5, 1).expand(7, 5, 3),
    "one cell expanded": lambda: batch(1, 1, 3).expand(7, 5, 3),
    "one number expanded": lambda: batch(1, 1, 1).expand(7, 5, 3),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("lengths", [LENGTHS, [7] * 5, [7, 7, 7, 7, 6]], ids=["sparse", "full", "dense"])
@pytest.mark.parametrize("learns", [False, True])
def test_how_x_and_hx_lie_in_memory_is_of_no_matter(
    kind: str, view: Callable[[], Tensor], lengths: list[int], learns: bool
) -> None:
    rnn, x = small(kind, num_layers=2).requires_grad_(learns), view()
    hx = start(rnn, 10)
    hx = tuple(s[:, ::2] for s in hx) if isinstance(hx, tuple) else hx[:, ::2]
    dense = tuple(s.contiguous() for s in hx) if isinstance(hx, tuple) else hx.contiguous()
    before = x.clone()
    actual = results(run_packed, rnn, x, lengths, hx)
    assert torch.equal(x, before)
    assert_close(actual, results(by_packing, rnn, x.contiguous(), lengths, dense))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("lengths", [LENGTHS, [7] * 5, [7, 7, 6, 7, 7]], ids=["sparse", "full", "dense"])
@pytest.mark.parametrize("learns", [False, True])
def test_no_argument_is_changed(kind: str, batch_first: bool, lengths: list[int], learns: bool) -> None:
    rnn = small(kind, num_layers=2, bidirectional=True, batch_first=batch_first).requires_grad_(learns)
    x = batch(5, 7, 3) if batch_first else batch(7, 5, 3)
    x[~mask_from_lengths(lengths, 7, batch_first)] = 1e30  # what is zeroed for the run is a copy
    tensors = {"x": x, "lengths": torch.tensor(lengths)}
    tensors |= {f"hx[{k}]": s for k, s in enumerate(as_tuple(start(rnn, 5)))} | dict(rnn.named_parameters())
    before = {name: (value.detach().clone(), value._version) for name, value in tensors.items()}
    hx = (tensors["hx[0]"], tensors["hx[1]"]) if kind == "LSTM" else tensors["hx[0]"]
    output, state = run_packed(rnn, x, tensors["lengths"], hx)
    if learns:
        output.sum().backward()
    for value in (output, *as_tuple(state)):
        value.detach().fill_(0)  # the results are no views of the arguments
    for name, (value, version) in before.items():
        assert torch.equal(tensors[name], value), name
        assert tensors[name]._version == version, name


@pytest.mark.parametrize("make", [list, tuple, torch.tensor, lambda v: torch.tensor(v, dtype=torch.int32)])
def test_lengths_may_be_a_list_a_tuple_or_an_integer_tensor(make: Any) -> None:
    rnn, x = small("GRU"), batch(8, 5, 3)
    assert torch.equal(run_packed(rnn, x, make(LENGTHS))[0], run_packed(rnn, x, LENGTHS)[0])


# Autocast


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM", "projected LSTM"])
@pytest.mark.parametrize("x_dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("hx_dtype", [None, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("learns", [False, True])
def test_under_autocast_dtypes_are_those_of_packing_and_numbers_within_its_rounding(
    kind: str, x_dtype: torch.dtype, hx_dtype: torch.dtype | None, learns: bool
) -> None:
    rnn = small(kind.split()[-1], num_layers=2, **({"proj_size": 2} if "projected" in kind else {}))
    x = batch(9, 5, 3).to(x_dtype).requires_grad_(learns)
    hx: Any = None
    if hx_dtype is not None:
        states = tuple(s.to(hx_dtype) for s in as_tuple(start(rnn, 5)))
        hx = states if len(states) == 2 else states[0]
    found = []
    for way in (run_packed, by_packing):
        with torch.autocast("cpu", torch.bfloat16), nullcontext() if learns else torch.no_grad():
            output, state = way(rnn, x, LENGTHS, hx)
        values = [output, *as_tuple(state)]
        if learns:
            total = sum(value.float().square().sum() for value in values)
            values += torch.autograd.grad(total, [x, *rnn.parameters()])
        found.append(values)
    for actual, expected in zip(*found, strict=True):
        assert actual.dtype == expected.dtype
        scale = max(1.0, expected.abs().max().item())
        # bfloat16 has 8 bits: 0.004 a rounding, and there are as many of them as steps and layers.
        torch.testing.assert_close(actual, expected, rtol=0, atol=0.04 * scale)


# Dropout


def passes_on(kind: str, bidirectional: bool = False, dropout: float = 0.4) -> Any:
    """A layer on top of another that gives on what it reads of the forward direction, zeros as zeros."""
    torch.manual_seed(3)
    rnn = getattr(nn, kind)(3, 20, num_layers=2, dropout=dropout, bidirectional=bidirectional)
    # Gates that stand open or shut: the GRU's candidate replaces its state, the LSTM's cell forgets.
    gates = {"RNN": [0.0], "GRU": [0.0, -1e3, 0.0], "LSTM": [1e3, -1e3, 0.0, 1e3]}[kind]
    reads = {"RNN": 0, "GRU": 2, "LSTM": 2}[kind]
    with torch.no_grad():
        for suffix in ("", "_reverse") if bidirectional else ("",):
            for name in ("weight_ih_l1", "weight_hh_l1", "bias_ih_l1", "bias_hh_l1"):
                getattr(rnn, name + suffix).zero_()
            getattr(rnn, f"weight_ih_l1{suffix}")[20 * reads : 20 * (reads + 1), :20] = torch.eye(20)
            for block, value in enumerate(gates):
                getattr(rnn, f"bias_ih_l1{suffix}")[20 * block : 20 * (block + 1)] = value
    return rnn


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_zeroes_its_share_of_what_is_passed_up_and_scales_the_rest(kind: str) -> None:
    rnn, x = passes_on(kind), batch(30, 20, 3)
    lengths = [30, 10] * 10
    valid = mask_from_lengths(lengths, 30)
    torch.manual_seed(1)
    dropped, state = run_packed(rnn.train(), x, lengths)
    kept, expected = run_packed(rnn.eval(), x, lengths)
    assert (kept[valid] != 0).all()
    zeros = dropped[valid] == 0
    # 8,000 entries: the share has a standard deviation of 0.0055.
    assert abs(zeros.float().mean().item() - 0.4) < 0.025
    assert (zeros.float().mean(0) < 0.7).all()  # no feature is always dropped
    assert (zeros.float().mean(0) > 0.1).all()  # nor never

    def read(value: Tensor) -> Tensor:
        """What the upper layer has read, from what it gives."""
        value = value.double().atanh()
        return value.atanh() if kind == "LSTM" else value

    torch.testing.assert_close(
        read(dropped[valid])[~zeros], read(kept[valid])[~zeros] / 0.6, rtol=1e-3, atol=1e-3
    )
    # The lower layer's own state is not dropped.
    torch.testing.assert_close(as_tuple(state)[0][0], as_tuple(expected)[0][0])


@pytest.mark.parametrize("kind", KINDS)
def test_both_directions_read_the_same_dropped_entries(kind: str) -> None:
    output, _ = run_packed(passes_on(kind, bidirectional=True), batch(30, 5, 3), [30, 3, 17, 8, 30])
    assert 0 < (output == 0).float().mean() < 1
    torch.testing.assert_close(output[..., :20], output[..., 20:])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
def test_dropout_never_touches_the_top_layer(kind: str, bidirectional: bool) -> None:
    torch.manual_seed(0)
    rnn = getattr(nn, kind)(3, 50, num_layers=2, dropout=0.5, bidirectional=bidirectional)
    output, _ = run_packed(rnn, batch(7, 5, 3), LENGTHS)
    assert (output[mask_from_lengths(LENGTHS, 7)] != 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_of_one_hides_the_input_from_the_second_layer(kind: str) -> None:
    rnn = small(kind, num_layers=2, dropout=1.0)
    assert torch.equal(
        run_packed(rnn, batch(7, 5, 3), LENGTHS)[0], run_packed(rnn, batch(7, 5, 3, seed=9), LENGTHS)[0]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_is_off_in_eval_mode_and_seeded_in_training(kind: str) -> None:
    rnn, x = small(kind, num_layers=3, dropout=0.5, bidirectional=True), batch(7, 5, 3)
    plain = small(kind, num_layers=3, bidirectional=True)
    assert torch.equal(run_packed(rnn.eval(), x, LENGTHS)[0], run_packed(plain, x, LENGTHS)[0])
    runs = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        runs.append(run_packed(rnn.train(), x, LENGTHS)[0])
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


# Beyond a first gradient


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_of_gradients_are_those_of_packing_or_refused(
    kind: str, bidirectional: bool, dtype: torch.dtype
) -> None:
    rnn = small(kind, num_layers=2, bidirectional=bidirectional).to(dtype)
    x = batch(9, 5, 3).to(dtype).requires_grad_()

    def twice(way: Way) -> Run:
        output, _ = way(rnn, x, LENGTHS, None)
        (gradient,) = torch.autograd.grad(output.square().sum(), x, create_graph=True)
        leaves = {"x": x} | dict(rnn.named_parameters())
        second = torch.autograd.grad(gradient.square().sum(), list(leaves.values()))
        return {f"gradient of {name}": value for name, value in zip(leaves, second, strict=True)}

    expected = twice(by_packing)
    try:
        actual = twice(run_packed)
    except RuntimeError:  # torch's dense LSTM may have no second gradient, and then says so
        if kind != "LSTM":
            raise
        return
    assert_same(actual, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_two_uses_of_one_layer_add_their_gradients(kind: str) -> None:
    rnn, first, second = small(kind), batch(7, 5, 3), batch(7, 5, 3, seed=8)
    gradients = []
    for way in (run_packed, by_packing):
        output, state = way(rnn, first, LENGTHS, None)
        more, _ = way(rnn, second, LENGTHS[::-1], state)
        gradients.append(torch.autograd.grad((output.square().sum() + more.sum()), list(rnn.parameters())))
    for actual, expected in zip(*gradients, strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-5)


class Named(nn.GRU):
    pass


class Doubled(nn.GRU):
    def forward(self, *arguments: Any) -> Any:
        output, state = super().forward(*arguments)
        return output._replace(data=2 * output.data), state


class Called(nn.GRU):
    def __call__(self, *arguments: Any) -> Any:
        output, state = super().__call__(*arguments)
        return output._replace(data=3 * output.data), state


class Checked(nn.GRU):
    def check_forward_args(self, input: Tensor, *others: Any) -> None:
        super().check_forward_args(input, *others)
        self.seen = input.shape[0]


def wrapped(rnn: Any) -> Any:
    forward = rnn.forward
    rnn.forward = lambda *arguments: (lambda o, s: (o._replace(data=4 * o.data), s))(*forward(*arguments))
    return rnn


def with_hook(register: str) -> Any:
    rnn = nn.GRU(3, 5)
    rnn.calls = []  # type: ignore[assignment]
    getattr(rnn, register)(lambda *_: rnn.calls.append(register) or None)
    return rnn


def test_what_wraps_a_layer_and_takes_tensors_only_is_named() -> None:
    rnn = nn.GRU(3, 5)
    forward = rnn.forward
    rnn.forward = lambda *arguments: tuple(2 * part for part in forward(*arguments))  # type: ignore[method-assign]
    with pytest.raises(TypeError, match=r"^rnn must give a PackedSequence for one.*got tuple"):
        run_packed(rnn, batch(7, 5, 3), LENGTHS)


HOOKS = [
    "register_forward_hook",
    "register_forward_pre_hook",
    "register_full_backward_hook",
    "register_full_backward_pre_hook",
]
DO_MORE: dict[str, Callable[[], Any]] = {
    "a forward of its class": lambda: Doubled(3, 5),
    "a call of its class": lambda: Called(3, 5),
    "a forward of its own": lambda: wrapped(nn.GRU(3, 5)),
    "a pruned weight": lambda: prune.l1_unstructured(nn.GRU(3, 5), "weight_hh_l0", 0.5),
    "an old weight norm": lambda: torch.nn.utils.weight_norm(nn.GRU(3, 5), "weight_hh_l0"),
}


@pytest.mark.parametrize("name", DO_MORE)
def test_a_layer_that_does_more_than_torchs_own_is_packed(name: str) -> None:
    torch.manual_seed(3)
    rnn, x, lengths = DO_MORE[name](), batch(7, 5, 3), LENGTHS
    for actual, expected in zip(run_packed(rnn, x, lengths), by_packing(rnn, x, lengths), strict=True):
        assert torch.equal(actual, expected)


@pytest.mark.parametrize("register", HOOKS)
def test_the_hooks_of_a_layer_run_as_they_do_when_it_is_packed(register: str) -> None:
    calls = []
    for way in (run_packed, by_packing):
        rnn = with_hook(register)
        output, _ = way(rnn, batch(7, 5, 3).requires_grad_(), LENGTHS, None)
        output.sum().backward()
        calls.append(rnn.calls)
    assert calls[0] == calls[1]
    assert calls[0] or "backward" in register  # torch finds no tensor in a packed sequence to hang a hook on


@pytest.mark.parametrize("where", ["forward_pre", "forward"])
def test_the_hooks_of_all_modules_run(where: str) -> None:
    calls = []
    register = getattr(torch.nn.modules.module, f"register_module_{where}_hook")
    handle = register(lambda module, *_: calls.append(type(module)))
    try:
        run_packed(nn.GRU(3, 5), batch(7, 5, 3), LENGTHS)
    finally:
        handle.remove()
    assert calls == [nn.GRU]


def test_the_checks_of_a_subclass_run() -> None:
    rnn = Checked(3, 5)
    run_packed(rnn, batch(7, 5, 3), LENGTHS)
    assert rnn.seen == sum(LENGTHS)  # of the packed data


@pytest.mark.parametrize("kind", KINDS)
def test_a_subclass_that_changes_nothing_is_not_packed(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_by_torch", None)
    named = type("Named", (getattr(nn, kind),), {})(3, 5)
    run_packed(named, batch(7, 5, 3), LENGTHS)


def low_rank(kind: str) -> tuple[Any, Tensor]:
    """A frozen layer whose recurrent weight is a tensor, computed by hand from one that learns."""
    torch.manual_seed(5)
    rnn = getattr(nn, kind)(3, 5).requires_grad_(False)
    base = rnn.weight_hh_l0.detach()
    factor = torch.randn(len(base), 1, requires_grad=True)
    del rnn.weight_hh_l0
    rnn.weight_hh_l0 = base + factor @ torch.ones(1, 5)
    return rnn, factor


@pytest.mark.parametrize("kind", KINDS)
def test_a_weight_that_is_no_parameter_gets_its_gradient(kind: str) -> None:
    x, gradients = batch(7, 5, 3), []
    for n, length in enumerate(LENGTHS):
        x[length:, n] = float("nan")
    for way in (run_packed, by_packing):
        rnn, factor = low_rank(kind)
        output, _ = way(rnn, x, LENGTHS, None)
        output.square().sum().backward()
        gradients.append(factor.grad)
    torch.testing.assert_close(*gradients, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_without_any_parameter(kind: str) -> None:
    rnn = getattr(nn, kind)(3, 5)
    for name, weight in list(rnn.named_parameters()):
        delattr(rnn, name)
        setattr(rnn, name, weight.detach())
    assert not list(rnn.parameters())
    x = batch(7, 5, 3)
    torch.testing.assert_close(
        run_packed(rnn, x, LENGTHS)[0], by_packing(rnn, x, LENGTHS)[0], rtol=0, atol=1e-6
    )


class Runs(nn.Module):
    def __init__(self, rnn: Any) -> None:
        super().__init__()
        self.rnn = rnn

    def forward(self, x: Tensor) -> Tensor:
        return run_packed(self.rnn, x, LENGTHS)[0]


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_a_trace_is_that_of_packing(kind: str) -> None:
    rnn, x = small(kind), batch(7, 5, 3)
    traced = torch.jit.trace(Runs(rnn), x, check_trace=False)
    torch.testing.assert_close(traced(2 * x), by_packing(rnn, 2 * x, LENGTHS)[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_an_input_of_inference_mode_outside_of_it(kind: str) -> None:
    with torch.inference_mode():
        x = batch(7, 5, 3)
    rnn, answers = small(kind), []
    for way in (run_packed, by_packing):
        try:
            answers.append(way(rnn, x, [7] * 5, None)[0].detach())
        except RuntimeError as error:
            answers.append(str(error))
    if isinstance(answers[1], str):
        assert answers[0] == answers[1]
    else:
        torch.testing.assert_close(*answers, rtol=0, atol=1e-6)


class Counted(nn.Module):
    """A parametrization that counts how often it is computed."""

    calls = 0

    def forward(self, weight: Tensor) -> Tensor:
        self.calls += 1
        return 2 * weight


@pytest.mark.parametrize("kind", KINDS)
def test_a_computed_weight_is_computed_once_and_counts(kind: str) -> None:
    rnn, x = small(kind), batch(7, 5, 3)
    counted = Counted()
    parametrize.register_parametrization(rnn, "weight_hh_l0", counted)
    counted.calls = 0
    output, _ = run_packed(rnn, x, LENGTHS)
    assert counted.calls == 1
    torch.testing.assert_close(output, by_packing(rnn, x, LENGTHS)[0], rtol=0, atol=1e-6)
    before = output.detach()
    with torch.no_grad():
        rnn.parametrizations.weight_hh_l0.original.mul_(3)
    assert (run_packed(rnn, x, LENGTHS)[0] - before).abs().max() > 1e-3
