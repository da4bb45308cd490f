"""Packing by hand against torch's, field for field, and what stands at the last valid step."""

from __future__ import annotations

import pytest
import torch
from configurations import DEVICE, Configuration, configurations, generated, sampled
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnnlib.lengths import Packed, last_valid_step, mask_from_lengths, pack, unpack

# torch says so once a process, of layers that only make states here.
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")

FIELDS = ("data", "batch_sizes", "sorted_indices", "unsorted_indices")


@st.composite
def padded_batches(draw: st.DrawFn) -> tuple[Tensor, list[int], bool]:
    """A batch with any number of dimensions and any dtype, its lengths, and whether the batch comes first."""
    steps, batch_first = draw(st.integers(1, 9)), draw(st.booleans())
    lengths = draw(st.lists(st.integers(1, steps), min_size=1, max_size=24))
    features = draw(st.lists(st.integers(1, 3), max_size=2))
    dtype = draw(st.sampled_from([torch.float32, torch.float64, torch.int64, torch.bool]))
    front = (len(lengths), steps) if batch_first else (steps, len(lengths))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10_000)))
    x = torch.randint(-99, 99, (*front, *features), generator=generator)
    return (x > 0 if dtype == torch.bool else x.to(dtype)).to(DEVICE), lengths, batch_first


def assert_fields_equal(actual: Packed, expected: object) -> None:
    for name in FIELDS:
        ours, theirs = getattr(actual, name), getattr(expected, name)
        assert ours.dtype == theirs.dtype, name
        assert ours.device == theirs.device, name
        assert torch.equal(ours, theirs), name


def test_packing_of_two_sequences() -> None:
    x = torch.tensor([[1, 3], [2, 4], [0, 5], [0, 6]])
    packed = pack(x, [2, 4])
    assert packed.data.tolist() == [3, 1, 4, 2, 5, 6]
    assert packed.batch_sizes.tolist() == [2, 2, 1, 1]
    assert packed.sorted_indices.tolist() == [1, 0]
    assert packed.unsorted_indices.tolist() == [1, 0]


def test_indices_of_a_batch_whose_order_is_not_its_own_inverse() -> None:
    packed = pack(torch.zeros(3, 3), [1, 3, 2])
    assert packed.sorted_indices.tolist() == [1, 2, 0]
    assert packed.unsorted_indices.tolist() == [2, 0, 1]


@given(padded_batches())
@generated
def test_packing_equals_torchs_field_for_field(batch: tuple[Tensor, list[int], bool]) -> None:
    x, lengths, batch_first = batch
    expected = pack_padded_sequence(x, torch.tensor(lengths), batch_first, enforce_sorted=False)
    assert_fields_equal(pack(x, lengths, batch_first), expected)


@given(padded_batches(), st.integers(0, 3), st.booleans())
@generated
def test_unpacking_equals_torchs_whoever_packed(
    batch: tuple[Tensor, list[int], bool], more: int, batch_first: bool
) -> None:
    x, lengths, packed_first = batch
    theirs = pack_padded_sequence(x, torch.tensor(lengths), packed_first, enforce_sorted=False)
    for total_length in (None, max(lengths) + more):
        expected, wanted = pad_packed_sequence(theirs, batch_first, total_length=total_length)
        for packed in (pack(x, lengths, packed_first), theirs):
            padded, found = unpack(packed, batch_first, total_length)
            assert torch.equal(padded, expected)
            assert padded.dtype == expected.dtype
            assert padded.device == expected.device
            assert torch.equal(found, wanted)
            assert found.dtype == wanted.dtype == torch.int64
            assert found.device.type == "cpu"


@given(padded_batches())
@sampled
def test_unpacking_gives_back_the_batch_with_zeros_for_padding(batch: tuple[Tensor, list[int], bool]) -> None:
    x, lengths, batch_first = batch
    before = x.clone()
    steps = x.shape[1 if batch_first else 0]
    padded, found = unpack(pack(x, lengths, batch_first), batch_first, steps)
    assert torch.equal(x, before)
    assert found.tolist() == lengths
    valid = mask_from_lengths(lengths, steps, batch_first)
    assert torch.equal(padded[valid], x[valid])
    assert not padded[~valid].any()


@given(padded_batches())
@sampled
def test_gradients_go_through_packing_and_unpacking_to_the_valid_steps_alone(
    batch: tuple[Tensor, list[int], bool],
) -> None:
    x, lengths, batch_first = batch
    x = x.double().requires_grad_()
    steps = x.shape[1 if batch_first else 0]
    weights = torch.randn(x.shape, generator=torch.Generator().manual_seed(0), dtype=x.dtype).to(x.device)
    padded, _ = unpack(pack(x, lengths, batch_first), batch_first, steps)
    (gradient,) = torch.autograd.grad((padded * weights).sum(), x)
    valid = mask_from_lengths(lengths, steps, batch_first)
    assert torch.equal(gradient[valid], weights[valid])
    assert not gradient[~valid].any()


def test_the_last_valid_step_of_three_sequences() -> None:
    x = torch.tensor([[1, 4, 7], [2, 5, 8], [3, 6, 9]])
    assert last_valid_step(x, [2, 3, 1]).tolist() == [2, 6, 7]
    assert last_valid_step(x, [2, 3, 1], batch_first=True).tolist() == [4, 8, 3]


@given(padded_batches())
@sampled
def test_the_last_valid_step_is_that_of_each_sequence(batch: tuple[Tensor, list[int], bool]) -> None:
    x, lengths, batch_first = batch
    expected = [(x[n] if batch_first else x[:, n])[length - 1] for n, length in enumerate(lengths)]
    assert torch.equal(last_valid_step(x, lengths, batch_first), torch.stack(expected))


@given(configurations(lengths=True, bidirectional=False))
@generated
def test_the_last_valid_step_of_one_direction_is_the_top_layers_final_state(config: Configuration) -> None:
    by_hand, _ = config.layers()
    x, hx = config.inputs()
    output, state = by_hand(x, hx, lengths=config.lengths)
    h_n = state[0] if isinstance(state, tuple) else state
    assert config.lengths is not None
    assert torch.equal(last_valid_step(output, config.lengths, config.batch_first), h_n[-1])


@given(configurations(lengths=True, bidirectional=True))
@sampled
def test_of_two_directions_only_the_forward_half_is_final_at_the_last_valid_step(
    config: Configuration,
) -> None:
    by_hand, _ = config.layers()
    x, hx = config.inputs()
    assert config.lengths is not None
    output, state = by_hand(x, hx, lengths=config.lengths)
    h_n = state[0] if isinstance(state, tuple) else state
    forward, _ = last_valid_step(output, config.lengths, config.batch_first).chunk(2, dim=1)
    assert torch.equal(forward, h_n[-2])
    assert torch.equal(output.select(config.time, 0).chunk(2, dim=1)[1], h_n[-1])
