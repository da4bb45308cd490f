"""Cutting a series: parts never overlap, windows line up to the index, and a scale has seen one part only."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from configurations import generated
from hypothesis import given
from hypothesis import strategies as st

from rnnlib.forecasting import Scaler, Split, split_in_time, windows

INDEX = torch.arange(60, dtype=torch.float64)  # a series whose values are their indices


@st.composite
def cuts(draw: st.DrawFn) -> dict[str, Any]:
    """A part of a series of 60, and sizes of windows that find room in it."""
    inputs, horizon = draw(st.integers(1, 8)), draw(st.integers(1, 6))
    start = draw(st.integers(0, 60 - inputs - horizon))
    stop = draw(st.integers(start + inputs + horizon, 60))
    return {"part": range(start, stop), "inputs": inputs, "horizon": horizon}


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
@generated
def test_the_parts_never_overlap_and_hold_every_index_in_the_order_of_time(
    fit: int, choose: int, rest: int
) -> None:
    split = split_in_time(fit + choose + rest, fit, choose)
    assert isinstance(split, Split)
    assert [*split.fit, *split.choose, *split.test] == list(range(fit + choose + rest))
    assert (len(split.fit), len(split.choose), len(split.test)) == (fit, choose, rest)


@given(cuts(), st.integers(1, 4), st.booleans())
@generated
def test_windows_line_up_with_the_index(cut: dict[str, Any], stride: int, warm_up: bool) -> None:
    found = windows(INDEX, **cut, stride=stride, warm_up=warm_up)
    L, H = cut["inputs"], cut["horizon"]
    assert found.inputs.shape == (L, len(found))
    assert found.targets.shape == (H, len(found))
    assert found.origins.dtype == torch.int64
    for n, origin in enumerate(found.origins.tolist()):
        assert found.inputs[:, n].tolist() == list(range(origin - L, origin))
        assert found.targets[:, n].tolist() == list(range(origin, origin + H))
    assert found.origins.tolist() == list(range(int(found.origins[0]), int(found.origins[-1]) + 1, stride))


@given(cuts(), st.booleans())
@generated
def test_no_target_lies_outside_its_part_and_no_window_is_missing(cut: dict[str, Any], warm_up: bool) -> None:
    found = windows(INDEX, **cut, warm_up=warm_up)
    part, L, H = cut["part"], cut["inputs"], cut["horizon"]
    assert part.start <= found.targets.min()
    assert found.targets.max() == part.stop - 1
    if warm_up:
        first = max(part.start, L)
        assert found.inputs.min() == first - L
    else:
        first = part.start + L
        assert found.inputs.min() == part.start
    assert len(found) == part.stop - H - first + 1


@given(cuts())
@generated
def test_without_warm_up_nothing_of_another_part_is_in_a_window(cut: dict[str, Any]) -> None:
    part = cut["part"]
    values = INDEX.clone()
    values[: part.start] = -1
    values[part.stop :] = -1
    assert (windows(values, **cut).values >= 0).all()


@given(cuts(), st.booleans())
@generated
def test_no_value_of_the_future_is_in_a_feature(cut: dict[str, Any], warm_up: bool) -> None:
    values = INDEX.clone().requires_grad_()
    found = windows(values, **cut, warm_up=warm_up)
    for n, origin in enumerate(found.origins.tolist()):
        (gradient,) = torch.autograd.grad(found.inputs[:, n].sum(), values, retain_graph=True)
        assert not gradient[origin:].any()
        assert gradient[:origin].sum() == cut["inputs"]
        changed = values.detach().clone()
        changed[origin:] += 1000
        again = windows(changed, **cut, warm_up=warm_up)
        assert torch.equal(again.inputs[:, n], found.inputs[:, n])
        assert not (again.targets[:, n] == found.targets[:, n]).any()


def test_windows_are_copies_and_leave_the_series_alone() -> None:
    series = INDEX.clone()
    windows(series, range(10), 3).values.zero_()
    assert torch.equal(series, INDEX)


@given(st.lists(st.floats(-1e4, 1e4), min_size=2, max_size=30), st.floats(-1e3, 1e3))
@generated
def test_a_scale_inverts_and_gives_mean_0_and_deviation_1(values: list[float], other: float) -> None:
    series = torch.tensor(values, dtype=torch.float64)
    if series.std(correction=0) < 1e-6:
        return
    scaler = Scaler.fitted(series)
    scaled = scaler.scaled(series)
    assert abs(scaled.mean()) < 1e-6
    assert abs(scaled.std(correction=0) - 1) < 1e-9
    for x in (series, torch.tensor([[other]], dtype=torch.float64)):
        assert torch.allclose(scaler.restored(scaler.scaled(x)), x, rtol=1e-12, atol=1e-9)


def test_a_scale_never_saw_later_parts() -> None:
    split = split_in_time(60, 30, 10)
    before = Scaler.fitted(INDEX[split.fit.start : split.fit.stop])
    changed = INDEX.clone()
    changed[split.fit.stop :] = 1e6
    assert Scaler.fitted(changed[split.fit.start : split.fit.stop]) == before
    assert (before.mean, before.scale) == (14.5, pytest.approx((899 / 12) ** 0.5))


def test_windows_of_a_part_that_has_room_only_before_it_need_warm_up() -> None:
    with pytest.raises(ValueError, match="room for 5 inputs and 2 targets"):
        windows(INDEX, range(30, 36), 5, 2)
    assert windows(INDEX, range(30, 36), 5, 2, warm_up=True).origins.tolist() == [30, 31, 32, 33, 34]


SHORT = torch.zeros(5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: split_in_time(10, 5, 5), ValueError, "fit \\+ choose must be below length = 10.*got 10"),
        (lambda: split_in_time(10, 0, 5), ValueError, "fit must be at least 1, got 0"),
        (lambda: split_in_time(10, 5, 0), ValueError, "choose must be at least 1, got 0"),
        (lambda: split_in_time(0, 5, 1), ValueError, "length must be at least 1, got 0"),
        (lambda: split_in_time(10.0, 5, 2), TypeError, "length must be an int"),
        (lambda: Scaler.fitted(torch.ones(4)), ValueError, "values must differ"),
        (lambda: Scaler.fitted(torch.ones(1)), ValueError, r"T at least 2, got \(1,\)"),
        (lambda: Scaler.fitted([1.0, 2.0]), TypeError, "values must be a tensor of floats, got list"),
        (lambda: windows(SHORT.long(), range(5), 1), TypeError, "tensor of floats, got torch.int64"),
        (lambda: windows(torch.zeros(5, 1), range(5), 1), ValueError, r"shape \(T\)"),
        (lambda: windows(SHORT / 0, range(5), 1), ValueError, "values must be finite, got 5"),
        (lambda: windows(SHORT, [0, 1], 1), TypeError, "part must be a range of indices, got list"),
        (lambda: windows(SHORT, range(6), 1), ValueError, r"within 0 to 5 in steps of 1, got range\(0, 6\)"),
        (lambda: windows(SHORT, range(-1, 4), 1), ValueError, "within 0 to 5"),
        (lambda: windows(SHORT, range(0, 5, 2), 1), ValueError, "in steps of 1"),
        (lambda: windows(SHORT, range(3, 3), 1), ValueError, "within 0 to 5"),
        (lambda: windows(SHORT, range(5), 0), ValueError, "inputs must be at least 1, got 0"),
        (lambda: windows(SHORT, range(5), 1, 0), ValueError, "horizon must be at least 1, got 0"),
        (lambda: windows(SHORT, range(5), 1, stride=0), ValueError, "stride must be at least 1, got 0"),
        (lambda: windows(SHORT, range(5), 1, warm_up=1), TypeError, "warm_up must be True or False, got 1"),
        (lambda: windows(SHORT, range(5), 3, 3), ValueError, "room for 3 inputs and 3 targets"),
        (lambda: windows(SHORT, range(2), 4, warm_up=True), ValueError, "and what lies before it"),
    ],
)
def test_a_wrong_argument_is_named(call, error, message) -> None:
    with pytest.raises(error, match=message):
        call()
