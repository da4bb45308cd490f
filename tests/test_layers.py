"""The layers by hand against torch.nn's, packing, and themselves."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
import torch
from configurations import (
    DEVICE,
    Configuration,
    as_tuple,
    assert_same,
    configurations,
    differentiate,
    generated,
    leaf,
    random_weights,
    run,
    sampled,
)
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import rnnlib.layers
from rnnlib.cells import rnn_step
from rnnlib.layers import GRU, LSTM, RNN
from rnnlib.lengths import mask_from_lengths, reverse_within_length
from rnnlib.unrolling import unroll

# torch says so once a process; that the two agree all the same is what is tested here.
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")

KINDS = ["RNN", "GRU", "LSTM"]


def valid_steps(config: Configuration, x: Tensor) -> Tensor:
    """(L, N, 1) or (N, L, 1): True at the valid steps of x."""
    assert config.lengths is not None
    return (
        mask_from_lengths(config.lengths, x.shape[config.time], config.batch_first).unsqueeze(-1).to(x.device)
    )


# Invariant 1: by hand == torch.nn


@given(configurations(unbatched=True))
@generated
def test_by_hand_equals_torch_in_outputs_states_and_gradients(config: Configuration) -> None:
    by_hand, library = config.layers()
    x, hx = config.inputs()
    weights = random_weights(library, x, hx)
    assert_same(run(by_hand, x, hx, weights), run(library, x, hx, weights))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equality_holds_at_the_size_of_a_real_layer(kind: str, dtype: torch.dtype) -> None:
    arguments = {
        "input_size": 32,
        "hidden_size": 48,
        "num_layers": 2,
        "bidirectional": True,
        "batch_first": True,
    }
    config = Configuration(kind, arguments, dtype, 16, 60, True, None, True, seed=3)
    by_hand, library = config.layers()
    x, hx = config.inputs()
    weights = random_weights(library, x, hx)
    assert_same(run(by_hand, x, hx, weights), run(library, x, hx, weights))


@given(configurations())
@sampled
def test_the_same_seed_gives_the_weights_of_torch(config: Configuration) -> None:
    torch.manual_seed(config.seed)
    library = getattr(nn, config.kind)(**config.arguments, dtype=config.dtype)
    torch.manual_seed(config.seed)
    by_hand = getattr(rnnlib.layers, config.kind)(**config.arguments, dtype=config.dtype)
    assert [name for name, _ in by_hand.named_parameters()] == [
        name for name, _ in library.named_parameters()
    ]
    for ours, theirs in zip(by_hand.parameters(), library.parameters(), strict=True):
        assert ours.dtype == theirs.dtype
        assert torch.equal(ours, theirs)


@given(configurations())
@sampled
def test_state_dicts_load_both_ways(config: Configuration) -> None:
    by_hand, library = config.layers()
    other = getattr(nn, config.kind)(**config.arguments, dtype=config.dtype)
    other.load_state_dict(by_hand.state_dict(), strict=True)
    by_hand.load_state_dict(other.state_dict(), strict=True)
    for ours, theirs in zip(by_hand.state_dict().values(), library.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_positional_arguments_mean_what_they_mean_in_torch(kind: str) -> None:
    arguments = (
        3,
        5,
        2,
        *(["relu"] if kind == "RNN" else []),
        False,
        True,
        0.25,
        True,
        *([2] if kind == "LSTM" else []),
    )
    by_hand, library = getattr(rnnlib.layers, kind)(*arguments), getattr(nn, kind)(*arguments)
    for name in ("num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size"):
        assert getattr(by_hand, name) == getattr(library, name)
    assert [p.shape for p in by_hand.parameters()] == [p.shape for p in library.parameters()]
    if kind == "RNN":
        assert by_hand.nonlinearity == library.nonlinearity == "relu"


def test_the_published_numbers_of_a_four_word_sentence_are_reproduced() -> None:
    torch.manual_seed(42)
    x, h_0, by_hand = torch.randn(4, 6), torch.randn(1, 1, 3), RNN(6, 3)
    output, h_n = by_hand(x.unsqueeze(1), h_0)
    wanted = [
        [-0.5428, 0.9207, 0.7060],
        [-0.2245, 0.2461, -0.4578],
        [0.5950, -0.3390, -0.4598],
        [0.9281, -0.7660, 0.5954],
    ]
    torch.testing.assert_close(output.squeeze(1), torch.tensor(wanted), rtol=0, atol=5e-5)
    assert torch.equal(h_n[0], output[-1])


# Invariant 2: padded with lengths == packed == each sequence alone


@given(configurations(lengths=True))
@generated
def test_lengths_equal_packing(config: Configuration) -> None:
    by_hand, library = config.layers()
    x, hx = config.inputs()
    weights = random_weights(library, x, hx)
    actual = run(by_hand, x, hx, weights, lengths=config.lengths)

    x, hx = leaf(x), leaf(hx)
    packed = pack_padded_sequence(x, config.lengths, config.batch_first, enforce_sorted=False)
    output, state = library(packed, hx)
    padded, _ = pad_packed_sequence(output, config.batch_first, total_length=config.steps)
    assert_same(actual, differentiate(library, x, hx, padded, state, weights))


@given(configurations(lengths=True))
@generated
def test_lengths_equal_each_sequence_alone(config: Configuration) -> None:
    by_hand, library = config.layers()
    x, hx = config.inputs()
    weights = random_weights(library, x, hx)
    actual = run(by_hand, x, hx, weights, lengths=config.lengths)

    assert config.lengths is not None
    x, hx = leaf(x), leaf(hx)
    outputs, states = [], []
    for n, length in enumerate(config.lengths):
        alone = (x[n] if config.batch_first else x[:, n])[:length]  # (length, H_in)
        start = tuple(s[:, n].contiguous() for s in as_tuple(hx)) or (None,)
        output, state = library(alone, start if len(start) == 2 else start[0])
        outputs.append(nn.functional.pad(output, (0, 0, 0, config.steps - length)))
        states.append(as_tuple(state))
    output = torch.stack(outputs, dim=1 - config.time)
    state = tuple(torch.stack(s, dim=1) for s in zip(*states, strict=True))
    assert_same(actual, differentiate(library, x, hx, output, state, weights))


@given(configurations(lengths=True), st.sampled_from([float("nan"), float("inf"), -float("inf"), 1e30, 0.0]))
@generated
def test_the_content_of_padding_never_changes_an_output_a_state_or_a_gradient(
    config: Configuration, content: float
) -> None:
    by_hand, _ = config.layers()
    x, hx = config.inputs()
    spoiled = x.masked_fill(~valid_steps(config, x), content)
    weights = random_weights(by_hand, x, hx)
    actual = run(by_hand, spoiled, hx, weights, lengths=config.lengths)
    expected = run(by_hand, x, hx, weights, lengths=config.lengths)
    for name, value in expected.items():
        assert torch.equal(actual[name], value), name


@given(configurations(lengths=True), st.integers(1, 3))
@sampled
def test_more_padding_never_changes_a_valid_output_a_state_or_a_gradient(
    config: Configuration, more: int
) -> None:
    by_hand, _ = config.layers()
    x, hx = config.inputs()
    after = (0, 0, 0, more) if config.batch_first else (0, 0, 0, 0, 0, more)

    def pad(tensor: Tensor) -> Tensor:
        return nn.functional.pad(tensor, after, value=7.0)

    weights = random_weights(by_hand, x, hx)
    actual = run(by_hand, pad(x), hx, (pad(weights[0]), *weights[1:]), lengths=config.lengths)
    expected = run(by_hand, x, hx, weights, lengths=config.lengths)
    for name in ("output", "gradient of x"):
        added = actual[name].narrow(config.time, config.steps, more)
        assert torch.equal(added, torch.zeros_like(added)), name
        actual[name] = actual[name].narrow(config.time, 0, config.steps)
    assert_same(actual, expected)


@given(configurations(lengths=True), st.randoms(use_true_random=False))
@sampled
def test_the_order_of_the_batch_changes_no_result(config: Configuration, random: Any) -> None:
    by_hand, _ = config.layers()
    x, hx = config.inputs()
    assert config.lengths is not None
    order = list(range(config.batch_size))
    random.shuffle(order)
    batch = 1 - config.time

    def shuffle(tensor: Tensor, dim: int = 1) -> Tensor:
        return tensor.index_select(dim, torch.tensor(order, device=tensor.device))

    weights = random_weights(by_hand, x, hx)
    expected = run(by_hand, x, hx, weights, lengths=config.lengths)
    for name, value in expected.items():
        if name in ("output", "gradient of x"):
            expected[name] = shuffle(value, batch)
        elif name in ("h_n", "c_n") or name.startswith("gradient of hx"):
            expected[name] = shuffle(value)

    weights = (shuffle(weights[0], batch), *map(shuffle, weights[1:]))
    if hx is not None:
        hx = tuple(map(shuffle, hx)) if isinstance(hx, tuple) else shuffle(hx)
    lengths = [config.lengths[n] for n in order]
    assert_same(run(by_hand, shuffle(x, batch), hx, weights, lengths=lengths), expected)


@given(configurations(lengths=True))
@sampled
def test_outputs_and_input_gradients_are_zero_at_padding(config: Configuration) -> None:
    by_hand, _ = config.layers()
    x, hx = config.inputs()
    results = run(by_hand, x, hx, random_weights(by_hand, x, hx), lengths=config.lengths)
    for name in ("output", "gradient of x"):
        padding = results[name].masked_select(~valid_steps(config, x))
        assert torch.equal(padding, torch.zeros_like(padding)), name


@pytest.mark.parametrize("kind", KINDS)
def test_a_nan_loss_at_padding_reaches_no_gradient(kind: str) -> None:
    by_hand = getattr(rnnlib.layers, kind)(3, 4, num_layers=2, bidirectional=True)
    output, _ = by_hand(torch.randn(5, 2, 3), lengths=[5, 2])
    upstream = torch.ones_like(output)
    upstream[2:, 1] = float("nan")
    output.backward(upstream)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in by_hand.parameters())


def test_a_state_that_would_overflow_in_the_padding_spoils_no_gradient() -> None:
    by_hand = RNN(1, 1, nonlinearity="relu", bias=False)
    nn.init.constant_(by_hand.weight_ih_l0, 1.0)
    nn.init.constant_(by_hand.weight_hh_l0, 1e5)
    x = torch.ones(40, 2, 1, requires_grad=True)
    output, _ = by_hand(x, lengths=[1, 2])  # carried on, the state would pass float32's 3e38 at step 8
    output.sum().backward()
    assert by_hand.weight_hh_l0.grad.isfinite().all()
    assert x.grad is not None
    assert x.grad.isfinite().all()


@given(configurations(lengths=True))
@sampled
def test_full_lengths_are_no_lengths(config: Configuration) -> None:
    by_hand, _ = config.layers()
    x, hx = config.inputs()
    weights = random_weights(by_hand, x, hx)
    lengths = [config.steps] * config.batch_size
    assert_same(run(by_hand, x, hx, weights, lengths=lengths), run(by_hand, x, hx, weights))


@pytest.mark.parametrize("make", [list, tuple, torch.tensor, lambda v: torch.tensor(v, dtype=torch.int32)])
def test_lengths_may_be_a_list_a_tuple_or_an_integer_tensor(make: Any) -> None:
    by_hand = GRU(2, 3)
    x = torch.randn(4, 3, 2)
    assert torch.equal(by_hand(x, lengths=make([1, 4, 2]))[0], by_hand(x, lengths=[1, 4, 2])[0])


@given(configurations(lengths=True, bidirectional=True))
@sampled
def test_the_backward_direction_reads_each_sequence_reversed_within_its_length(config: Configuration) -> None:
    arguments = config.arguments | {"num_layers": 1}
    by_hand = getattr(rnnlib.layers, config.kind)(**arguments, dtype=config.dtype).to(DEVICE)
    one_way = getattr(rnnlib.layers, config.kind)(
        **arguments | {"bidirectional": False}, dtype=config.dtype
    ).to(DEVICE)
    suffix = "_reverse"
    one_way.load_state_dict(
        {name.removesuffix(suffix): v for name, v in by_hand.state_dict().items() if name.endswith(suffix)}
    )
    x, _ = config.inputs()
    assert config.lengths is not None
    both, states = by_hand(x, lengths=config.lengths)
    output, state = one_way(
        reverse_within_length(x, config.lengths, config.batch_first), lengths=config.lengths
    )
    wanted = {"output": reverse_within_length(output, config.lengths, config.batch_first)}
    actual = {"output": both[..., both.shape[-1] // 2 :]}
    for name, ours, theirs in zip(("h_n", "c_n"), as_tuple(states), as_tuple(state), strict=False):
        actual[name], wanted[name] = ours[1:], theirs
    assert_same(actual, wanted)


# Invariant 3: one long run == the same run in chunks


@given(configurations(bidirectional=False, unbatched=True), st.integers(1, 4))
@generated
def test_chunks_with_the_state_carried_equal_one_run(config: Configuration, chunk: int) -> None:
    by_hand, _ = config.layers()
    x, hx = config.inputs()
    weights = random_weights(by_hand, x, hx)
    expected = run(by_hand, x, hx, weights)
    x, hx = leaf(x), leaf(hx)
    outputs, state = [], hx
    for piece in x.split(chunk, dim=config.time):
        output, state = by_hand(piece, state)
        outputs.append(output)
    assert_same(differentiate(by_hand, x, hx, torch.cat(outputs, dim=config.time), state, weights), expected)


# Dropout


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_dropout_draws_the_random_numbers_that_torch_draws(
    kind: str, bidirectional: bool, batch_first: bool
) -> None:
    arguments = {"input_size": 4, "hidden_size": 8, "num_layers": 3, "dropout": 0.4}
    arguments |= {"bidirectional": bidirectional, "batch_first": batch_first}
    by_hand, library = Configuration(kind, arguments, torch.float32, 5, 6, False, None, True, seed=1).layers()
    by_hand, library = by_hand.cpu(), library.cpu()  # cuDNN draws its masks from a stream of its own
    x = torch.randn(6, 5, 4)
    weights = random_weights(library, x, None)
    runs = []
    for module in (by_hand, library):
        torch.manual_seed(11)
        runs.append(run(module.train(), x, None, weights))
    assert_same(*runs)


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_never_touches_the_top_layer(kind: str) -> None:
    by_hand = getattr(rnnlib.layers, kind)(3, 50, num_layers=2, dropout=0.5).train()
    output, _ = by_hand(torch.randn(4, 2, 3))
    assert (output != 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_of_one_hides_the_input_from_the_second_layer(kind: str) -> None:
    by_hand = getattr(rnnlib.layers, kind)(3, 4, num_layers=2, dropout=1.0).train()
    assert torch.equal(by_hand(torch.randn(4, 2, 3))[0], by_hand(torch.randn(4, 2, 3))[0])


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_is_off_in_eval_mode(kind: str) -> None:
    by_hand = getattr(rnnlib.layers, kind)(3, 4, num_layers=2, dropout=0.5).eval()
    x = torch.randn(4, 2, 3)
    assert torch.equal(by_hand(x)[0], by_hand(x)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_with_one_layer_warns_at_the_caller(kind: str) -> None:
    with pytest.warns(UserWarning, match=r"dropout=0.5 does nothing with num_layers=1") as record:
        getattr(rnnlib.layers, kind)(3, 4, dropout=0.5)
    assert record[0].filename == __file__


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("arguments", [{}, {"num_layers": 2}, {"num_layers": 2, "dropout": 0.5}])
@pytest.mark.filterwarnings("error")
def test_dropout_that_acts_or_is_none_does_not_warn(kind: str, arguments: dict[str, Any]) -> None:
    getattr(rnnlib.layers, kind)(3, 4, **arguments)


# The parts and the whole


def test_unroll_reads_steps_in_order_and_returns_outputs_in_order() -> None:
    def append(projected: Tensor, h: Tensor) -> tuple[Tensor]:
        return (10 * h + projected,)

    digits = torch.tensor([1.0, 2.0, 3.0]).reshape(3, 1, 1)
    start = (torch.zeros(1, 1),)
    output, (last,) = unroll(append, digits, start)
    assert output.flatten().tolist() == [1, 12, 123]
    assert last.item() == 123
    output, (last,) = unroll(append, digits, start, reverse=True)
    assert output.flatten().tolist() == [321, 32, 3]
    assert last.item() == 321


def test_unroll_passes_the_state_through_invalid_steps() -> None:
    def append(projected: Tensor, h: Tensor) -> tuple[Tensor]:
        return (10 * h + projected,)

    digits = torch.tensor([1.0, 2.0, 3.0]).reshape(3, 1, 1)
    valid = torch.tensor([True, True, False]).reshape(3, 1, 1)
    assert unroll(append, digits, (torch.zeros(1, 1),), valid)[1][0].item() == 12
    assert unroll(append, digits, (torch.zeros(1, 1),), valid, reverse=True)[1][0].item() == 21


def test_a_layer_is_its_step_in_a_loop() -> None:
    by_hand = RNN(3, 4)
    x, h = torch.randn(5, 2, 3), torch.zeros(2, 4)
    output, h_n = by_hand(x)
    for t in range(5):
        projected = x[t] @ by_hand.weight_ih_l0.T + by_hand.bias_ih_l0 + by_hand.bias_hh_l0
        h = rnn_step(projected, h, by_hand.weight_hh_l0)
        torch.testing.assert_close(output[t], h)
    torch.testing.assert_close(h_n[0], h)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_and_a_pickle_compute_the_same(kind: str) -> None:
    by_hand = getattr(rnnlib.layers, kind)(3, 4, num_layers=2, bidirectional=True, batch_first=True)
    x = torch.randn(2, 5, 3)
    for twin in (copy.deepcopy(by_hand), pickle.loads(pickle.dumps(by_hand))):
        assert repr(twin) == repr(by_hand)
        assert torch.equal(twin(x)[0], by_hand(x)[0])
        assert all(a is not b for a, b in zip(twin.parameters(), by_hand.parameters(), strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_the_weights_may_be_replaced_for_one_call(kind: str) -> None:
    by_hand, library = getattr(rnnlib.layers, kind)(3, 4), getattr(nn, kind)(3, 4)
    x = torch.randn(5, 2, 3)
    output, _ = torch.func.functional_call(by_hand, dict(library.named_parameters()), (x,))
    torch.testing.assert_close(output, library(x)[0])


@pytest.mark.parametrize(
    ("layer", "text"),
    [
        (RNN(3, 4), "RNN(3, 4)"),
        (RNN(3, 4, 2, "relu", False), "RNN(3, 4, num_layers=2, bias=False, nonlinearity=relu)"),
        (GRU(3, 4, batch_first=True), "GRU(3, 4, batch_first=True)"),
        (LSTM(3, 4, bidirectional=True, proj_size=2), "LSTM(3, 4, proj_size=2, bidirectional=True)"),
    ],
)
def test_the_text_of_a_layer_shows_what_is_not_default(layer: nn.Module, text: str) -> None:
    assert repr(layer) == text
