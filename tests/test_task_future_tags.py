"""The tags say what the next bits are, and one who cannot look ahead can only guess them."""

from __future__ import annotations

import pytest
import torch
from configurations import sampled
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.tasks import future_tags


def test_the_tags_of_eight_bits_by_hand() -> None:
    bits = torch.tensor([[1], [0], [1], [1], [0], [0], [1], [0]])
    tags = future_tags.majority_ahead(bits, (1, 3))
    assert tags[:, 0, 0].tolist() == [0, 1, 1, 0, 0]  # the next bit itself
    assert tags[:, 0, 1].tolist() == [1, 1, 0, 0, 0]  # most of the next three


@given(st.integers(0, 1000), st.integers(1, 4), st.sampled_from([(1,), (3, 1), (1, 3, 5), (7,)]))
@sampled
def test_a_tag_is_the_majority_of_its_window(seed: int, batch_size: int, windows: tuple[int, ...]) -> None:
    torch.manual_seed(seed)
    x, tags = future_tags.sample(batch_size, 10, windows)
    assert x.shape == (10, batch_size, 1)
    assert x.dtype == torch.float32
    assert tags.shape == (10 - max(windows), batch_size, len(windows))
    assert tags.dtype == torch.int64
    for t in range(len(tags)):
        for place, window in enumerate(windows):
            ones = x[t + 1 : t + 1 + window, :, 0].sum(dim=0)
            assert torch.equal(tags[t, :, place], (ones > window / 2).long())


@given(st.integers(0, 1000))
@sampled
def test_the_bits_read_so_far_change_no_tag(seed: int) -> None:
    torch.manual_seed(seed)
    bits = torch.randint(0, 2, (9, 5))
    other = torch.cat([1 - bits[:3], bits[3:]])  # steps 0 to 2 are other ones
    tags, others = (future_tags.majority_ahead(b, (1, 5)) for b in (bits, other))
    assert torch.equal(tags[2:], others[2:])


def test_both_tags_are_equally_frequent() -> None:
    bits = torch.cartesian_prod(*[torch.arange(2)] * 8).T  # every sequence of 8 bits, (8, 256)
    tags = future_tags.majority_ahead(bits, (1, 3, 5, 7)).double()
    assert (tags.mean(dim=(0, 1)) == 0.5).all()


def test_zeros_and_ones_are_drawn_alike() -> None:
    torch.manual_seed(0)
    x, _ = future_tags.sample(100, 100, (1,))
    assert x.unique().tolist() == [0, 1]
    assert abs(x.sum() - 5000) < 6 * 50  # six standard deviations


def test_the_same_seed_gives_the_same_sample() -> None:
    samples = []
    for _ in range(2):
        torch.manual_seed(3)
        samples.append(future_tags.sample(4, 9, (3,)))
    assert all(torch.equal(*pair) for pair in zip(*samples, strict=True))


BITS = torch.zeros(8, 2, dtype=torch.int64)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: future_tags.majority_ahead([0, 1], (1,)), TypeError, "bits must be a tensor, got list"),
        (lambda: future_tags.majority_ahead(BITS[0], (1,)), ValueError, r"bits must have shape \(L, N\)"),
        (lambda: future_tags.majority_ahead(BITS + 2, (1,)), ValueError, "bits must be zeros and ones"),
        (lambda: future_tags.majority_ahead(BITS * float("nan"), (1,)), ValueError, "bits must be zeros"),
        (lambda: future_tags.majority_ahead(BITS, ()), ValueError, "windows must hold at least one"),
        (lambda: future_tags.majority_ahead(BITS, (1, 2)), ValueError, "windows must be odd.*got 2"),
        (lambda: future_tags.majority_ahead(BITS, (-1,)), ValueError, "windows must be at least 1, got -1"),
        (lambda: future_tags.majority_ahead(BITS, (1.0,)), TypeError, "windows must be an int, got 1.0"),
        (lambda: future_tags.majority_ahead(BITS, (9,)), ValueError, "below the length, 8, got 9"),
        (lambda: future_tags.sample(0, 8, (1,)), ValueError, "batch_size must be at least 1, got 0"),
        (lambda: future_tags.sample(2, 3, (3,)), ValueError, "below the length, 3, got 3"),
    ],
)
def test_a_wrong_argument_is_named(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
