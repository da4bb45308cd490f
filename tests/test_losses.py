"""A loss over sequences counts every valid step once, and nothing else."""

import pytest
import torch
from torch.nn import functional as F

from rnnlib.lengths import mask_from_lengths
from rnnlib.losses import sequence_loss, squared_error, tag_loss

LENGTHS = [4, 1, 3]


def example(seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(4, 3, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    targets = torch.randint(0, 5, (4, 3), generator=generator)
    return logits, targets, mask_from_lengths(LENGTHS, 4)


def test_the_loss_is_the_mean_over_valid_steps_and_not_over_sequences():
    logits, targets, mask = example()
    steps = [
        F.cross_entropy(logits[t, n], targets[t, n])
        for n, length in enumerate(LENGTHS)
        for t in range(length)
    ]
    torch.testing.assert_close(tag_loss(logits, targets, mask), torch.stack(steps).mean())


def test_without_a_mask_every_step_counts():
    logits, targets, _ = example()
    torch.testing.assert_close(
        tag_loss(logits, targets), F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    )


@pytest.mark.parametrize("pad", [float("nan"), float("inf"), 1e30, 0.0])
@pytest.mark.parametrize("pad_class", [-100, 99, 0])
def test_what_padding_holds_changes_neither_loss_nor_gradient(pad, pad_class):
    logits, targets, mask = example()
    expected = tag_loss(logits, targets, mask)
    (gradient,) = torch.autograd.grad(expected, logits)
    spoilt = logits.detach().masked_fill(~mask.unsqueeze(-1), pad).requires_grad_()
    loss = tag_loss(spoilt, targets.masked_fill(~mask, pad_class), mask)
    loss.backward()
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(spoilt.grad, gradient)


def test_the_batch_may_come_first_in_all_three():
    logits, targets, mask = example()
    swapped = tag_loss(logits.transpose(0, 1), targets.T, mask.T)
    torch.testing.assert_close(swapped, tag_loss(logits, targets, mask))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"logits": torch.randn(4, 5)}, ValueError, r"logits must have shape \(L, N, C\), got \(4, 5\)"),
        ({"targets": torch.zeros(4, 3)}, TypeError, "targets must be int64, got torch.float32"),
        (
            {"targets": torch.zeros(3, 4).long()},
            ValueError,
            r"targets must have shape \(4, 3\), got \(3, 4\)",
        ),
        (
            {"targets": torch.zeros(4, 1).long()},
            ValueError,
            r"targets must have shape \(4, 3\), got \(4, 1\)",
        ),
        ({"mask": torch.ones(4, 3)}, TypeError, "mask must be bool, got torch.float32"),
        ({"mask": torch.ones(4).bool()}, ValueError, r"mask must have shape \(4, 3\), got \(4,\)"),
        ({"mask": torch.zeros(4, 3).bool()}, ValueError, "mask must leave at least one valid step"),
        ({"targets": torch.full((4, 3), 5)}, ValueError, "targets must be classes from 0 to 4, got 5 to 5"),
        (
            {"targets": torch.full((4, 3), -1)},
            ValueError,
            "targets must be classes from 0 to 4, got -1 to -1",
        ),
    ],
)
def test_a_wrong_call_is_refused(change, error, message):
    logits, targets, mask = example()
    arguments = {"logits": logits, "targets": targets, "mask": mask} | change
    with pytest.raises(error, match=message):
        tag_loss(**arguments)


def test_the_sequence_loss_is_the_mean_over_the_tokens_within_the_lengths():
    logits, targets, mask = example()
    torch.testing.assert_close(sequence_loss(logits, targets, LENGTHS), tag_loss(logits, targets, mask))


@pytest.mark.parametrize("shape", [(4, 3), (4, 3, 5, 1)])
def test_a_sequence_loss_of_logits_of_another_rank_is_refused(shape):
    with pytest.raises(ValueError, match=r"logits must have shape \(T, N, V\), got"):
        sequence_loss(torch.zeros(shape), torch.zeros(4, 3).long(), LENGTHS)


def numbers(seed=0):
    generator = torch.Generator().manual_seed(seed)
    predictions, targets = torch.randn(2, 4, 3, generator=generator, dtype=torch.float64)
    return predictions.requires_grad_(), targets, mask_from_lengths(LENGTHS, 4)


def test_the_squared_error_is_the_mean_over_valid_entries():
    predictions, targets, mask = numbers()
    terms = [
        (predictions[t, n] - targets[t, n]) ** 2 for n, length in enumerate(LENGTHS) for t in range(length)
    ]
    torch.testing.assert_close(squared_error(predictions, targets, mask), torch.stack(terms).mean())
    torch.testing.assert_close(squared_error(predictions, targets), F.mse_loss(predictions, targets))


@pytest.mark.parametrize("pad", [float("nan"), float("inf"), 1e30])
def test_padding_changes_neither_the_squared_error_nor_its_gradient(pad):
    predictions, targets, mask = numbers()
    (gradient,) = torch.autograd.grad(squared_error(predictions, targets, mask), predictions)
    spoilt = predictions.detach().masked_fill(~mask, pad).requires_grad_()
    loss = squared_error(spoilt, targets.masked_fill(~mask, pad), mask)
    loss.backward()
    torch.testing.assert_close(loss, squared_error(predictions, targets, mask))
    torch.testing.assert_close(spoilt.grad, gradient)


def test_the_squared_error_has_the_gradient_of_finite_differences():
    predictions, targets, mask = numbers()
    assert torch.autograd.gradcheck(lambda z: squared_error(z, targets, mask), predictions)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"predictions": torch.zeros(3, 1)}, ValueError, r"targets must have shape \(3, 1\), got \(3,\)"),
        ({"predictions": torch.zeros(1, 3)}, ValueError, r"targets must have shape \(1, 3\), got \(3,\)"),
        ({"mask": torch.ones(1, dtype=torch.bool)}, ValueError, r"mask must have shape \(3,\), got \(1,\)"),
        ({"mask": torch.zeros(3, dtype=torch.bool)}, ValueError, "at least one valid step"),
        ({"mask": torch.ones(3)}, TypeError, "mask must be bool, got torch.float32"),
        ({"targets": torch.zeros(3).long()}, TypeError, "targets must be torch.float32 as predictions are"),
    ],
)
def test_a_squared_error_that_would_broadcast_is_refused(change, error, message):
    arguments = {"predictions": torch.zeros(3), "targets": torch.zeros(3), "mask": None} | change
    with pytest.raises(error, match=message):
        squared_error(**arguments)
