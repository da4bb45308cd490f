"""Counting operations: what is counted, and that views and changes in place write nothing new."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from rnnlib.operations import Operations


def test_each_call_is_counted_by_name() -> None:
    x = torch.ones(3, 4)
    with Operations() as operations:
        for _ in range(5):
            torch.tanh(x)
        x.sum()
    assert operations.calls["tanh"] == 5
    assert operations.calls["sum"] == 1
    assert operations.calls.total() == 6


def test_written_are_the_bytes_of_new_tensors() -> None:
    x = torch.ones(3, 4, dtype=torch.float64)
    with Operations() as operations:
        torch.tanh(x)
        torch.cat([x, x])
    assert operations.written == {"tanh": 3 * 4 * 8, "cat": 6 * 4 * 8}


def test_views_and_changes_in_place_write_nothing_new() -> None:
    x = torch.ones(3, 4)
    with Operations() as operations:
        x.t()
        x[1:]
        x.add_(1)
        x.unbind(0)
    assert operations.written.total() == 0
    assert operations.calls.total() == 4


def test_a_backward_pass_is_counted() -> None:
    x = torch.ones(7, 4, requires_grad=True)
    first = x[:2].sum()
    with Operations() as operations:
        first.backward()
    assert operations.calls["slice_backward"] == 1
    assert operations.written["slice_backward"] == 7 * 4 * 4  # as large as x, not as what was cut out of it


def test_results_are_unchanged() -> None:
    torch.manual_seed(0)
    layer, x = nn.LSTM(3, 4), torch.randn(5, 2, 3)
    expected, _ = layer(x)
    with Operations():
        actual, _ = layer(x)
    assert torch.equal(actual, expected)


def test_nothing_is_counted_outside_the_block() -> None:
    with Operations() as operations:
        pass
    torch.ones(3).tanh()
    assert operations.calls.total() == 0


def test_an_error_inside_is_not_swallowed() -> None:
    with pytest.raises(RuntimeError), Operations():
        torch.ones(3) @ torch.ones(4)
