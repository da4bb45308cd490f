"""The class is what the sum leaves, a sequence belongs to one part, and a batch holds what it was made of."""

from __future__ import annotations

import pytest
import torch
from configurations import sampled
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.tasks import digit_sums


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(st.integers(0, 1000), st.integers(1, 6), st.integers(0, 5), st.integers(2, 12))
@sampled
def test_the_class_is_what_the_sum_leaves_and_lengths_are_within_bounds(seed, shortest, more, base):
    for digits, remainder in digit_sums.draw(
        20, shortest, shortest + more, base=base, generator=generator(seed)
    ):
        assert sum(digits.tolist()) % base == remainder
        assert shortest <= len(digits) <= shortest + more
        assert digits.dtype == torch.int64
        assert all(0 <= digit <= 9 for digit in digits.tolist())


@pytest.mark.parametrize("part", digit_sums.PARTS)
def test_every_sequence_of_a_part_belongs_to_it(part):
    for digits, _ in digit_sums.draw(200, part=part, generator=generator()):
        assert digit_sums.part_of(digits) == part


def test_the_parts_never_overlap():
    parts = [
        {tuple(x.tolist()) for x, _ in digit_sums.draw(2000, 1, 4, part=part, generator=generator())}
        for part in digit_sums.PARTS
    ]
    assert all(parts)
    for index, one in enumerate(parts):
        for other in parts[index + 1 :]:
            assert one.isdisjoint(other)


def test_a_tenth_of_the_longer_sequences_is_for_validation_and_a_tenth_for_the_test():
    triples = torch.cartesian_prod(*[torch.arange(10)] * 3)
    counts = dict.fromkeys(digit_sums.PARTS, 0)
    for digits in triples:
        counts[digit_sums.part_of(digits)] += 1
    assert abs(counts["validation"] - 100) <= 30
    assert abs(counts["test"] - 100) <= 30


def test_one_and_two_digits_are_all_for_training():
    for digits in [*torch.arange(10).unsqueeze(1), *torch.cartesian_prod(torch.arange(10), torch.arange(10))]:
        assert digit_sums.part_of(digits) == "training"
    assert min(len(x) for x, _ in digit_sums.draw(300, part="test", generator=generator())) == 3


def test_in_each_part_the_classes_are_about_equally_frequent():
    for part in digit_sums.PARTS:
        classes = torch.tensor([y for _, y in digit_sums.draw(5000, 3, 10, part=part, generator=generator())])
        shares = torch.bincount(classes, minlength=10) / 5000
        assert (shares - 0.1).abs().max() < 0.03


def test_lengths_are_uniform_in_training_but_for_what_the_other_parts_take():
    lengths = torch.tensor([len(x) for x, _ in digit_sums.draw(20_000, generator=generator())])
    shares = torch.bincount(lengths, minlength=11)[1:] / 20_000
    expected = torch.tensor([1.0, 1.0, *[0.8] * 8]) / (2 + 8 * 0.8)
    assert (shares - expected).abs().max() < 0.012


def test_the_same_generator_draws_the_same_and_leaves_torchs_own_alone():
    before = torch.get_rng_state()
    first, second = (digit_sums.draw(30, generator=generator(3)) for _ in range(2))
    assert all(torch.equal(a, b) and c == d for (a, c), (b, d) in zip(first, second, strict=True))
    assert torch.equal(torch.get_rng_state(), before)
    other = digit_sums.draw(30, generator=generator(4))
    assert any(not torch.equal(a, b) for (a, _), (b, _) in zip(first, other, strict=True))


def test_a_batch_holds_each_sequence_its_length_and_its_class():
    examples = digit_sums.draw(9, generator=generator())
    digits, lengths, classes = digit_sums.collate(examples)
    assert digits.shape == (max(len(x) for x, _ in examples), 9)
    for n, (x, y) in enumerate(examples):
        assert lengths[n] == len(x)
        assert torch.equal(digits[: len(x), n], x)
        assert (digits[len(x) :, n] == 0).all()
        assert classes[n] == y
    assert digits.dtype == lengths.dtype == classes.dtype == torch.int64


@pytest.mark.parametrize("name", ["count", "shortest"])
def test_a_number_below_one_or_no_integer_is_refused_by_its_name(name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        digit_sums.draw(**{"count": 3, name: 0})
    with pytest.raises(TypeError, match=f"{name} must be an int, got 2.0"):
        digit_sums.draw(**{"count": 3, name: 2.0})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shortest": 5, "longest": 4}, "longest must be at least 5, got 4"),
        ({"base": 1}, "base must be at least 2, got 1"),
        ({"part": "exam"}, "part must be one of training, validation, test, got 'exam'"),
        ({"part": "test", "longest": 2}, "longest must be at least 3, got 2"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        digit_sums.draw(3, **arguments)


def test_part_of_refuses_what_is_no_sequence_of_digits():
    with pytest.raises(TypeError, match=r"digits must be a tensor of integers, got list"):
        digit_sums.part_of([1, 2])
    with pytest.raises(TypeError, match=r"digits must be a tensor of integers, got torch.float32"):
        digit_sums.part_of(torch.ones(3))
    with pytest.raises(ValueError, match=r"digits must have shape \(L\) with L at least 1, got \(2, 2\)"):
        digit_sums.part_of(torch.zeros(2, 2, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"digits must be from 0 to 255, got -1 to 3"):
        digit_sums.part_of(torch.tensor([3, -1]))


def test_part_of_takes_every_byte_and_no_more():
    assert digit_sums.part_of(torch.tensor([0, 255, 3])) in ("training", "validation", "test")
    with pytest.raises(ValueError, match=r"digits must be from 0 to 255, got 0 to 256"):
        digit_sums.part_of(torch.tensor([0, 256, 3]))


def test_an_empty_batch_is_refused():
    with pytest.raises(ValueError, match="examples must have at least one entry, got none"):
        digit_sums.collate([])
