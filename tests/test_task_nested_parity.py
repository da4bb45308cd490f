"""Nested parities are what their formula says, and come from the generator that they are given."""

import pytest
import torch

from rnnlib.tasks.nested_parity import nested_parity


def by_hand(bits, order):
    for _ in range(order):
        parities, parity = [], 0
        for bit in bits:
            parity = (parity + bit) % 2
            parities.append(parity)
        bits = parities
    return bits


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_a_tag_is_the_parity_of_the_parities_of_the_bits_so_far(order):
    x, tags = nested_parity(9, 20, order)
    for sample in range(20):
        bits = [int(value > 0) for value in x[:, sample, 0]]
        assert tags[:, sample].tolist() == by_hand(bits, order)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_last_tags_of_the_order_and_the_bit_are_enough(order):
    x, tags = nested_parity(12, 20, order)
    bits = (x.squeeze(-1) > 0).long()
    binomials = {1: [1], 2: [2, 1], 3: [3, 3, 1]}[order]
    for t in range(order, 12):
        expected = bits[t] + sum(b * tags[t - j] for j, b in enumerate(binomials, start=1))
        assert torch.equal(tags[t], expected % 2)


def test_inputs_are_one_number_of_either_sign_and_tags_are_classes():
    x, tags = nested_parity(7, 5, 2)
    assert x.shape == (7, 5, 1)
    assert x.dtype == torch.float32
    assert set(x.unique().tolist()) == {-1.0, 1.0}
    assert tags.shape == (7, 5)
    assert tags.dtype == torch.int64
    assert set(tags.unique().tolist()) == {0, 1}


@pytest.mark.parametrize("order", [1, 2, 3])
def test_every_step_has_a_fair_tag(order):
    _, tags = nested_parity(12, 20_000, order, torch.Generator().manual_seed(0))
    assert (tags.float().mean(dim=1) - 0.5).abs().max() < 0.02  # more than five standard deviations


def test_the_same_generator_gives_the_same_batch_and_leaves_torchs_own_alone():
    before = torch.get_rng_state()
    first = nested_parity(6, 4, 2, torch.Generator().manual_seed(3))
    second = nested_parity(6, 4, 2, torch.Generator().manual_seed(3))
    assert all(torch.equal(*pair) for pair in zip(first, second, strict=True))
    assert torch.equal(torch.get_rng_state(), before)
    other, _ = nested_parity(6, 4, 2, torch.Generator().manual_seed(4))
    assert not torch.equal(first[0], other)


@pytest.mark.parametrize("name", ["length", "batch_size", "order"])
def test_a_number_below_one_or_no_integer_is_refused_by_its_name(name):
    sizes = {"length": 5, "batch_size": 3, "order": 1}
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        nested_parity(**{**sizes, name: 0})
    with pytest.raises(TypeError, match=f"{name} must be an int, got 2.0"):
        nested_parity(**{**sizes, name: 2.0})
