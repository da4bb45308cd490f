"""Masks, reversal and staircases small enough to write down, and their properties on any lengths."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
import torch
from configurations import generated, sampled
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from rnnlib import layers
from rnnlib.figures.packing import packing, packing_step
from rnnlib.figures.staircase import rectangles
from rnnlib.lengths import (
    BucketBatchSampler,
    check_lengths,
    last_valid_step,
    mask_from_lengths,
    pack,
    reverse_within_length,
    run_packed,
)
from rnnlib.lengths.rectangles import Rectangle, staircase
from rnnlib.losses import sequence_loss
from rnnlib.models import Classifier, Tagger
from rnnlib.seq2seq import Bridge, Decoder, Encoder, Seq2Seq, greedy


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[int], int]:
    """Lengths of a batch and its L."""
    steps = draw(st.integers(1, 8))
    return draw(st.lists(st.integers(1, steps), min_size=1, max_size=5)), steps


# Whatever pack_padded_sequence takes that holds integers.
FORMS: dict[str, Any] = {
    "list": [2, 5, 1],
    "tuple": (2, 5, 1),
    "tensor": torch.tensor([2, 5, 1]),
    "tensor of int16": torch.tensor([2, 5, 1]).to(torch.int16),
    "tensor of uint8": torch.tensor([2, 5, 1]).to(torch.uint8),
    "array": np.array([2, 5, 1]),
    "array of uint8": np.array([2, 5, 1], dtype=np.uint8),
    "array of int32": np.array([2, 5, 1], dtype=np.int32),
    "list of NumPy integers": list(np.array([2, 5, 1])),
    "list of tensors": list(torch.tensor([2, 5, 1])),
    "mixture": [2, np.int16(5), torch.tensor(1)],
}


def takers() -> dict[str, Any]:
    """Every function of rnnlib that takes lengths, with all else that it takes fixed, and torch's packing."""
    torch.manual_seed(0)
    x, source, target = torch.randn(5, 3, 4), torch.randint(4, 9, (5, 3)), torch.randint(4, 9, (2, 3))
    rnn, gru, lstm, by_torch = layers.RNN(4, 2), layers.GRU(4, 2), layers.LSTM(4, 2), nn.LSTM(4, 2)
    tagger, classifier = Tagger(4, 2, 3), Classifier(4, 2, 3)
    model = Seq2Seq(Encoder(9, 4, 5), Bridge(5, 6), Decoder(12, 4, 6))

    def size(figure: Figure) -> torch.Tensor:
        return torch.tensor(figure.get_size_inches())

    return {
        "packing": lambda n: pack_padded_sequence(x, n, enforce_sorted=False).data,
        "mask_from_lengths": lambda n: mask_from_lengths(n, 5),
        "reverse_within_length": lambda n: reverse_within_length(x, n),
        "last_valid_step": lambda n: last_valid_step(x, n),
        "pack": lambda n: pack(x, n).data,
        "RNN": lambda n: rnn(x, lengths=n)[0],
        "GRU": lambda n: gru(x, lengths=n)[0],
        "LSTM": lambda n: lstm(x, lengths=n)[0],
        "run_packed": lambda n: run_packed(by_torch, x, n)[0],
        "Tagger": lambda n: tagger(x, n),
        "Classifier": lambda n: classifier(x, n),
        "sequence_loss": lambda n: sequence_loss(x, source % 4, n),
        "Encoder": lambda n: model.encoder(source, n)[0],
        "Seq2Seq.encode": lambda n: model.encode(source, n)[0],
        "Seq2Seq": lambda n: model(source, n, target),
        "greedy": lambda n: greedy(model, source, n, 4).tokens,
        "BucketBatchSampler": lambda n: BucketBatchSampler(n, 2).lengths,
        "figures.packing": lambda n: size(packing(n)),
        "figures.packing, valid": lambda n: size(packing([5, 5, 5], n)),
        "figures.packing_step": lambda n: size(packing_step(n, 2)),
        "figures.rectangles": lambda n: size(rectangles(n, 1)),
    }


@pytest.mark.parametrize("form", FORMS)
def test_every_function_takes_lengths_in_every_form_that_packing_takes(form: str) -> None:
    for name, function in takers().items():
        assert torch.equal(function(FORMS[form]), function([2, 5, 1])), name


@pytest.mark.parametrize("refused", [np.array([2.0, 5.0, 1.0]), [2, True, 1], [2, 5, torch.tensor(1.0)]])
def test_every_function_but_packing_refuses_floats_and_bools_as_lengths(refused: Any) -> None:
    for name, function in takers().items():
        if name != "packing":
            with pytest.raises(TypeError, match="lengths must be integers, got"):
                function(refused)


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        (np.array([2.0, 5.0, 1.0]), "got an array of float64"),
        (np.array([True, True, True]), "got an array of bool"),
        (
            [2, np.float32(5), 1],
            r"got np.float32\(5.0\) \(float32\) at index 1|got 5.0 \(float32\) at index 1",
        ),
        ([2, np.bool_(True), 1], "at index 1"),
        ([2, 5, torch.tensor(1.0)], r"got 1.0 \(Tensor\) at index 2"),
        ([torch.tensor(True), 5, 1], r"got True \(Tensor\) at index 0"),
        ([2, 5, torch.tensor([1])], r"got tensor\(\[1\]\) \(Tensor\) at index 2"),
        ([2, 5, None], r"got None \(NoneType\) at index 2"),
    ],
)
def test_floats_bools_and_other_things_are_refused_wherever_they_stand(lengths: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        check_lengths(lengths, 3, 5)


def test_arrays_of_another_rank_and_lengths_beyond_int64_are_refused() -> None:
    with pytest.raises(ValueError, match=r"lengths must be 1-D, one length a sequence, got shape \(3, 1\)"):
        check_lengths(np.array([[2], [5], [1]]), 3, 5)
    with pytest.raises(ValueError, match=f"lengths must be from 1 to L = 5, got {10**30} at index 1"):
        check_lengths([2, 10**30, 1], 3, 5)


@pytest.mark.parametrize("lengths", [*FORMS.values(), range(2, 5)])
def test_checked_lengths_are_the_lengths_as_int64(lengths: Any) -> None:
    checked = check_lengths(lengths, 3, 5)
    assert checked.dtype == torch.int64
    assert checked.tolist() == [int(length) for length in lengths]


def test_the_mask_of_three_sequences() -> None:
    mask = mask_from_lengths([2, 4, 1], 4)
    assert mask.dtype == torch.bool
    assert mask.int().tolist() == [
        [1, 1, 1],
        [1, 1, 0],
        [0, 1, 0],
        [0, 1, 0],
    ]


@given(batches())
@sampled
def test_the_mask_counts_each_length_from_the_front(batch: tuple[list[int], int]) -> None:
    lengths, steps = batch
    mask = mask_from_lengths(lengths, steps)
    assert mask.shape == (steps, len(lengths))
    assert mask.sum(dim=0).tolist() == lengths
    assert all(mask[:length, n].all() for n, length in enumerate(lengths))
    assert torch.equal(mask_from_lengths(lengths, steps, batch_first=True), mask.T)


def test_reversal_of_two_sequences_leaves_the_padding_in_place() -> None:
    x = torch.tensor([[1, 5], [2, 6], [3, 0], [4, 0]])
    assert reverse_within_length(x, [4, 2]).tolist() == [[4, 6], [3, 5], [2, 0], [1, 0]]


def test_a_plain_flip_would_move_the_padding_to_the_front() -> None:
    x = torch.tensor([[1, 5], [2, 6], [3, 0], [4, 0]])
    assert x.flip(0)[:, 1].tolist() == [0, 0, 6, 5]
    assert reverse_within_length(x, [4, 2])[:, 1].tolist() == [6, 5, 0, 0]


@given(batches(), st.booleans(), st.lists(st.integers(1, 3), max_size=2))
@sampled
def test_reversal_twice_changes_nothing_and_once_reverses_each_sequence(
    batch: tuple[list[int], int], batch_first: bool, features: list[int]
) -> None:
    lengths, steps = batch
    x = torch.randn(len(lengths), steps, *features)
    once = reverse_within_length(x if batch_first else x.transpose(0, 1), lengths, batch_first)
    assert torch.equal(
        reverse_within_length(once, lengths, batch_first), x if batch_first else x.transpose(0, 1)
    )
    for n, length in enumerate(lengths):
        sequence = once[n] if batch_first else once[:, n]
        assert torch.equal(sequence[:length], x[n, :length].flip(0))
        assert torch.equal(sequence[length:], x[n, length:])


def test_reversal_passes_gradients_to_the_steps_they_came_from() -> None:
    x = torch.zeros(3, 2, requires_grad=True)
    reverse_within_length(x, [3, 2]).backward(torch.tensor([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]))
    assert x.grad is not None
    assert x.grad.tolist() == [[3, 5], [2, 4], [1, 6]]


def longest_first(most_steps: int, most_sequences: int) -> st.SearchStrategy[list[int]]:
    lengths = st.lists(st.integers(1, most_steps), min_size=1, max_size=most_sequences)
    return lengths.map(lambda some: sorted(some, reverse=True))


def cost(cover: list[Rectangle], call: float) -> float:
    return sum(call + (end - start) * rows for start, end, rows in cover)


CALLS = st.sampled_from([0, 0.5, 1, 2, 3, 5, 8, 13, 64, float("inf")])


def test_the_staircase_of_three_sequences_is_cut_where_cutting_pays() -> None:
    assert staircase([6, 4, 3], 0) == [(0, 3, 3), (3, 4, 2), (4, 6, 1)]
    # 1 cell is wasted to save a call, not 5; and 6 cells to save two.
    assert staircase([6, 4, 3], 1.5) == [(0, 4, 3), (4, 6, 1)]
    assert staircase([6, 4, 3], 100) == [(0, 6, 3)]


@given(longest_first(40, 12), CALLS)
@generated
def test_a_staircase_covers_every_valid_cell_once_and_starts_no_sequence_that_has_ended(
    lengths: list[int], call: float
) -> None:
    cover = staircase(lengths, call)
    assert cover[0].start == 0
    assert cover[-1].end == lengths[0]
    assert all(before.end == after.start for before, after in pairwise(cover))
    for start, end, rows in cover:
        assert start < end
        assert rows == sum(length > start for length in lengths)  # those alive at its start, and no other
    covered = [(t, n) for start, end, rows in cover for t in range(start, end) for n in range(rows)]
    assert len(covered) == len(set(covered))
    assert {(t, n) for n, length in enumerate(lengths) for t in range(length)} <= set(covered)


@given(longest_first(8, 6), CALLS.filter(lambda call: call < float("inf")))
@generated
def test_no_other_cover_costs_less(lengths: list[int], call: float) -> None:
    steps = range(1, lengths[0])
    covers = [
        [
            Rectangle(start, end, sum(length > start for length in lengths))
            for start, end in pairwise([0, *cuts, lengths[0]])
        ]
        for count in range(len(steps) + 1)
        for cuts in combinations(steps, count)
    ]
    assert cost(staircase(lengths, call), call) == min(cost(cover, call) for cover in covers)


@given(longest_first(40, 12))
@sampled
def test_calls_that_cost_nothing_waste_no_cell_and_calls_without_price_make_one(lengths: list[int]) -> None:
    exact = staircase(lengths, 0)
    assert cost(exact, 0) == sum(lengths)
    assert [end for _, end, _ in exact] == sorted(set(lengths))
    assert staircase(lengths, float("inf")) == [(0, lengths[0], len(lengths))]
