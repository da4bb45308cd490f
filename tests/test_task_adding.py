"""The adding problem: two marks, one in each half, their sum, and an error of 1/6 for whoever guesses."""

import math

import pytest
import torch

from rnnlib.tasks.adding import ERROR_OF_GUESS, GUESS, adding


@pytest.mark.parametrize("length", [2, 3, 10, 11])
def test_each_half_has_one_mark_and_the_answer_is_the_sum_of_the_marked_numbers(length):
    x, sums = adding(length, 200)
    assert x.shape == (length, 200, 2)
    assert sums.shape == (200,)
    assert x.dtype == sums.dtype == torch.float32
    numbers, marks = x.unbind(-1)
    assert set(marks.unique().tolist()) <= {0.0, 1.0}
    half = length // 2
    assert (marks[:half].sum(0) == 1).all()
    assert (marks[half:].sum(0) == 1).all()
    for n in range(200):
        assert sums[n] == numbers[marks[:, n] == 1, n].sum()


def test_every_step_of_a_half_is_marked_equally_often():
    marks = adding(10, 50_000, torch.Generator().manual_seed(0))[0][..., 1]
    assert (marks.mean(1) - 0.2).abs().max() < 0.01  # more than five standard deviations


def test_the_best_guess_is_one_and_its_error_a_sixth():
    _, sums = adding(20, 200_000, torch.Generator().manual_seed(0))
    assert abs(sums.mean() - GUESS) < 0.005
    assert abs((sums - GUESS).square().mean() - ERROR_OF_GUESS) < 0.002
    assert math.isclose(ERROR_OF_GUESS, 2 / 12)


def test_the_same_generator_gives_the_same_batch_and_leaves_torchs_own_alone():
    before = torch.get_rng_state()
    first = adding(6, 4, torch.Generator().manual_seed(3))
    second = adding(6, 4, torch.Generator().manual_seed(3))
    assert all(torch.equal(*pair) for pair in zip(first, second, strict=True))
    assert torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(first[0], adding(6, 4, torch.Generator().manual_seed(4))[0])


def test_a_number_that_is_too_small_or_no_integer_is_refused_by_its_name():
    with pytest.raises(ValueError, match="length must be at least 2, got 1"):
        adding(1, 3)
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        adding(5, 0)
    with pytest.raises(TypeError, match=r"length must be an int, got 5\.0"):
        adding(5.0, 3)
