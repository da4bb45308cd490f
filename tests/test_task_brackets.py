"""The tags count the open brackets, nothing closes that is not open, and the same generator gives the same batch."""

import pytest
import torch
from configurations import sampled
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.tasks import brackets


@given(st.integers(0, 1000), st.integers(1, 30), st.integers(1, 4))
@sampled
def test_a_tag_is_the_number_of_brackets_opened_and_not_closed(seed, length, deepest):
    x, depths = brackets.sample(length, 5, deepest, torch.Generator().manual_seed(seed))
    for n in range(5):
        written = brackets.text(x[:, n])
        counts = [written[: t + 1].count("(") - written[: t + 1].count(")") for t in range(length)]
        assert depths[:, n].tolist() == counts


@pytest.mark.parametrize("deepest", [1, 2, 5])
def test_no_depth_is_below_zero_or_above_the_deepest_and_all_between_occur(deepest):
    _, depths = brackets.sample(60, 200, deepest, torch.Generator().manual_seed(0))
    assert set(depths.unique().tolist()) == set(range(deepest + 1))


def test_half_of_the_symbols_are_fillers():
    x, _ = brackets.sample(40, 2000, generator=torch.Generator().manual_seed(0))
    shares = x.mean(dim=(0, 1))
    assert abs(shares[0].item() - 0.5) < 0.01  # more than five standard deviations


def test_where_both_are_possible_opening_and_closing_are_equally_frequent():
    x, depths = brackets.sample(40, 2000, 3, torch.Generator().manual_seed(0))
    before, after = depths[:-1], x[1:]
    free = (before > 0) & (before < 3)
    opened, closed = after[free][:, 1].sum(), after[free][:, 2].sum()
    assert abs((opened / (opened + closed)).item() - 0.5) < 0.02


def test_inputs_are_one_hot_and_tags_are_classes():
    x, depths = brackets.sample(7, 5)
    assert x.shape == (7, 5, 3)
    assert x.dtype == torch.float32
    assert torch.equal(x.sum(dim=-1), torch.ones(7, 5))
    assert depths.shape == (7, 5)
    assert depths.dtype == torch.int64


def test_the_same_generator_gives_the_same_batch_and_leaves_torchs_own_alone():
    before = torch.get_rng_state()
    first, second = (brackets.sample(9, 4, generator=torch.Generator().manual_seed(3)) for _ in range(2))
    assert all(torch.equal(*pair) for pair in zip(first, second, strict=True))
    assert torch.equal(torch.get_rng_state(), before)
    other, _ = brackets.sample(9, 4, generator=torch.Generator().manual_seed(4))
    assert not torch.equal(first[0], other)


def test_text_writes_the_symbols():
    assert brackets.text(torch.eye(3)[[1, 0, 2]]) == "(-)"


@pytest.mark.parametrize("name", ["length", "batch_size", "deepest"])
def test_a_number_below_one_or_no_integer_is_refused_by_its_name(name):
    sizes = {"length": 5, "batch_size": 3, "deepest": 1}
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        brackets.sample(**{**sizes, name: 0})
    with pytest.raises(TypeError, match=f"{name} must be an int, got 2.0"):
        brackets.sample(**{**sizes, name: 2.0})


def test_text_refuses_what_is_no_sequence_of_symbols():
    with pytest.raises(TypeError, match="x must be a tensor, got str"):
        brackets.text("()")
    with pytest.raises(ValueError, match=r"x must have shape \(L, 3\), got \(4, 2, 3\)"):
        brackets.text(torch.zeros(4, 2, 3))
