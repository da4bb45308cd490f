"""Batches of similar lengths: complete, reproducible, with less padding than chance and with changing company."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from configurations import sampled
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from rnnlib.lengths import BucketBatchSampler


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def padding(batches: list[list[int]], lengths: torch.Tensor) -> float:
    """The share of cells that are padding."""
    cells = sum(len(batch) * int(lengths[batch].max()) for batch in batches)
    return 1 - sum(int(lengths[batch].sum()) for batch in batches) / cells


def company(sampler: BucketBatchSampler, epochs: int) -> float:
    """How many others a sequence meets in so many epochs, on average."""
    count = len(sampler.lengths)
    met = torch.zeros(count, count, dtype=torch.bool)
    for _ in range(epochs):
        for batch in sampler:
            met[torch.tensor(batch).unsqueeze(1), batch] = True
    return float(met.sum() / count) - 1


@pytest.fixture(scope="module")
def lengths() -> torch.Tensor:
    return torch.randint(1, 101, (600,), generator=generator())


@sampled
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=40),
    st.integers(1, 12),
    st.sampled_from([0, 0.5, 4, 100]),
    st.integers(0, 1000),
)
def test_every_sequence_comes_once_an_epoch(
    lengths: list[int], batch_size: int, noise: float, seed: int
) -> None:
    sampler = BucketBatchSampler(lengths, batch_size, noise, generator=generator(seed))
    for _ in range(2):
        batches = list(sampler)
        assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
        assert len(batches) == len(sampler)
        sizes = sorted(map(len, batches), reverse=True)
        assert all(size == batch_size for size in sizes[:-1])
        assert 1 <= sizes[-1] <= batch_size


@sampled
@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(1, 12), st.integers(0, 1000))
def test_drop_last_leaves_only_whole_batches_and_loses_no_more_than_one(
    lengths: list[int], batch_size: int, seed: int
) -> None:
    sampler = BucketBatchSampler(lengths, batch_size, drop_last=True, generator=generator(seed))
    batches = list(sampler)
    assert len(batches) == len(sampler) == len(lengths) // batch_size
    assert all(len(batch) == batch_size for batch in batches)
    indices = [index for batch in batches for index in batch]
    assert len(set(indices)) == len(indices)


def test_what_drop_last_leaves_out_is_not_always_the_same() -> None:
    sampler = BucketBatchSampler(list(range(1, 12)), 5, 0, drop_last=True, generator=generator())
    left_out = {frozenset(range(11)) - {index for batch in sampler for index in batch} for _ in range(30)}
    assert left_out == {frozenset({0}), frozenset({5}), frozenset({10})}


def test_the_same_seed_gives_the_same_epochs_and_each_epoch_differs(lengths: torch.Tensor) -> None:
    first, second = (BucketBatchSampler(lengths, 16, generator=generator(3)) for _ in range(2))
    epochs = [list(first) for _ in range(3)]
    assert epochs == [list(second) for _ in range(3)]
    assert epochs[0] != epochs[1]
    other = BucketBatchSampler(lengths, 16, generator=generator(4))
    assert list(other) != epochs[0]


def test_without_a_generator_torch_manual_seed_decides_and_with_one_it_is_left_alone(
    lengths: torch.Tensor,
) -> None:
    sampler = BucketBatchSampler(lengths, 16)
    torch.manual_seed(7)
    first = list(sampler)
    torch.manual_seed(7)
    assert list(sampler) == first
    state = torch.get_rng_state()
    list(BucketBatchSampler(lengths, 16, generator=generator()))
    assert torch.equal(torch.get_rng_state(), state)


def test_without_noise_batches_are_runs_of_the_sorted_lengths() -> None:
    sampler = BucketBatchSampler([5, 1, 4, 2, 6, 3], 2, 0, generator=generator())
    assert sorted(sorted(batch) for batch in sampler) == [[0, 4], [1, 3], [2, 5]]


def test_sequences_further_apart_than_the_noise_keep_their_order() -> None:
    lengths = torch.arange(1, 101)
    for batch in BucketBatchSampler(lengths, 10, 3, generator=generator()):
        spread = int(lengths[batch].max() - lengths[batch].min())
        assert spread <= 9 + 2 * 3 * 2


@pytest.mark.parametrize(("difference", "meet"), [(5, True), (6, False)])
def test_two_lengths_meet_if_they_differ_by_less_than_twice_the_noise(difference: int, meet: bool) -> None:
    # Two short and two long ones: a short one's batch holds a long one only where their keys have changed places.
    lengths = [10, 10, 10 + difference, 10 + difference]
    sampler = BucketBatchSampler(lengths, 2, 3, generator=generator())
    batches = [sorted(batch) for _ in range(500) for batch in sampler]
    assert any(batch not in ([0, 1], [2, 3]) for batch in batches) == meet


def test_more_noise_means_more_company_and_more_padding(lengths: torch.Tensor) -> None:
    measured = []
    for noise in (0, 2, 8, 32):
        sampler = BucketBatchSampler(lengths, 16, noise, generator=generator())
        measured.append((padding(list(sampler), lengths), company(sampler, 10)))
    assert measured == sorted(measured)
    at_random = torch.randperm(600, generator=generator()).split(16)
    assert measured[0][0] < 0.1 * padding([batch.tolist() for batch in at_random], lengths)
    assert measured[-1][1] > 3 * measured[0][1]


def test_equal_lengths_meet_in_every_combination() -> None:
    sampler = BucketBatchSampler([7] * 8, 2, 0, generator=generator())
    assert company(sampler, 100) == 7


def test_the_order_of_batches_is_not_the_order_of_lengths(lengths: torch.Tensor) -> None:
    firsts = [int(lengths[batch[0]]) for batch in BucketBatchSampler(lengths, 16, 0, generator=generator())]
    assert firsts not in (sorted(firsts), sorted(firsts, reverse=True))


def test_a_data_loader_takes_it(lengths: torch.Tensor) -> None:
    sampler = BucketBatchSampler(lengths, 16, generator=generator())
    loader = DataLoader([(index, int(n)) for index, n in enumerate(lengths)], batch_sampler=sampler)
    seen = [pair for indices, found in loader for pair in zip(indices.tolist(), found.tolist(), strict=True)]
    assert sorted(seen) == list(enumerate(lengths.tolist()))
    assert len(loader) == len(sampler)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([], 4), ValueError, "lengths must have at least one entry, got none"),
        (([3, 0], 4), ValueError, "lengths must be from 1 to"),
        (([3.0], 4), TypeError, "lengths must be integers, got 3.0"),
        (([3], 0), ValueError, "batch_size must be at least 1, got 0"),
        (([3], 2.0), TypeError, "batch_size must be an int, got 2.0"),
        (([3], 2, -1), ValueError, "noise must be at least 0, got -1"),
        (([3], 2, float("nan")), ValueError, "noise must be at least 0, got nan"),
        (([3], 2, "4"), TypeError, "noise must be a number of steps, got '4'"),
        (([3], 2, 4, 1), TypeError, "drop_last must be True or False, got 1"),
        (([3], 2, 4, True, 5), TypeError, "generator must be a torch.Generator or None, got int"),
    ],
)
def test_bad_input_is_refused_by_name(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        BucketBatchSampler(*arguments)
