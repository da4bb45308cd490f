"""Measured times: complete, positive, and refused by name where nothing was measured."""

from __future__ import annotations

import math
from typing import Any

import pytest

from rnnlib import measured


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("done", ["forward", "forward+backward"])
def test_every_length_has_a_positive_time(kind: str, done: str) -> None:
    times = measured.packing(kind=kind, done=done)
    assert times["L"] == [50, 100, 200, 400, 800]
    for way in measured.WAYS:
        assert len(times[way]) == 5
        assert all(time > 0 or math.isnan(time) for time in times[way])
    for way in ("padded", "run_packed"):
        assert not any(map(math.isnan, times[way]))


def test_the_setting_chooses_the_times() -> None:
    default = measured.packing(kind="LSTM")
    assert default == measured.packing(kind="LSTM", N=64, valid=0.5, threads=1, layers=1, D=1, device="cpu")
    for other in ({"N": 16}, {"valid": 0.1}, {"done": "forward"}, {"layers": 2}):
        assert measured.packing(**({"kind": "LSTM"} | other)) != default


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"kind": "Transformer"}, "kind must be one of .*'GRU'.*, got 'Transformer'"),
        ({"kind": "LSTM", "N": 17}, r"N must be one of \[16, 64\], got 17"),
        ({"kind": "LSTM", "valid": 0.3}, "valid must be one of .*, got 0.3"),
        ({"kind": "LSTM", "colour": "red"}, "unknown: 'colour'"),
    ],
)
def test_what_was_not_measured_is_refused_by_name(setting: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        measured.packing(**setting)


def test_the_machine_is_named_with_its_torch_and_the_day() -> None:
    assert "torch" in measured.packing_machine()
    assert "cores" in measured.packing_machine()
    with pytest.raises(ValueError, match="device must be one of"):
        measured.packing_machine("abacus")


def test_the_recipe_for_the_dates_comes_first_with_a_score_for_each_seed() -> None:
    exact, held_out = measured.recipes(), measured.recipes("held_out")
    assert next(iter(exact)) == "the recipe"
    assert {name: len(scores) for name, scores in exact.items()} == {
        name: len(scores) for name, scores in held_out.items()
    }
    assert all(0 <= score <= 1 for scores in exact.values() for score in scores)


def test_a_score_that_was_not_measured_is_refused() -> None:
    with pytest.raises(ValueError, match="score must be"):
        measured.recipes("loss")


@pytest.mark.parametrize("L", [20, 50, 100])
def test_the_steps_until_solved_are_within_the_budget_or_infinite(L: int) -> None:
    for network in ("GRU", "LSTM", "RNN", "RNN, identity"):
        steps = measured.adding_steps(network, L)
        assert len(steps) == 10
        assert all(30 <= count <= 1500 or math.isinf(count) for count in steps)


@pytest.mark.parametrize(("network", "L", "name"), [("LST", 20, "network"), ("LSTM", 30, "L")])
def test_a_network_or_a_length_that_was_not_measured_is_refused(network: str, L: int, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be one of"):
        measured.adding_steps(network, L)


NETWORKS = ["RNN", "GRU", "GRU, bias 4", "LSTM", *(f"LSTM, bias {bias}" for bias in range(1, 7))]
NETWORKS += ["LSTM, input bias -3", "LSTM, bias 5, input bias -3"]


@pytest.mark.parametrize("network", NETWORKS)
def test_the_steps_until_the_first_symbol_is_recalled_are_within_the_budget_or_infinite(network: str) -> None:
    solved = []
    for L in (10, 20, 40, 80):
        steps = measured.recall_steps(network, L)
        assert len(steps) == 10
        assert all(30 <= count <= 1000 or math.isinf(count) for count in steps)
        solved.append(sum(map(math.isfinite, steps)))
    assert solved == sorted(solved, reverse=True)  # longer is never easier


def test_the_rate_with_which_most_seeds_succeed_counts_and_then_the_fastest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {0.003: [90, None], 0.01: [200, 300], 0.03: [100, 350], 0.1: [None, 30]}
    rows = [
        {"network": "RNN", "L": 10, "rate": rate, "seed": seed, "solved_after": steps}
        for rate, both in found.items()
        for seed, steps in enumerate(both)
    ]
    rows.append({"network": "GRU", "L": 20, "rate": 0.1, "seed": 0, "solved_after": 7})
    monkeypatch.setattr(measured, "_report", lambda name: {"rows": rows, "seeds": 2})
    assert measured.recall_steps("RNN", 10) == [100, 350]
    assert measured.recall_steps("RNN", 20) == [math.inf, math.inf]  # not tried


@pytest.mark.parametrize(("network", "L", "name"), [("LSTM, bias 9", 20, "network"), ("LSTM", 30, "L")])
def test_a_recall_that_was_not_measured_is_refused(network: str, L: int, name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be one of"):
        measured.recall_steps(network, L)


def test_the_sums_have_three_seeds_a_setting_and_the_setting_chooses_the_rows() -> None:
    for base in (2, 3, 5, 7, 10):
        for longest in (3, 5, 10, 20):
            for kind in ("RNN", "GRU", "LSTM"):
                rows = measured.sums("grid", kind=kind, base=base, longest=longest)
                assert [row["seed"] for row in rows] == [0, 1, 2]
                assert all(0 <= row[name] <= 1 for row in rows for name in ("known", "twice", "tenfold"))
    with pytest.raises(ValueError, match="study must be one of"):
        measured.sums("nothing")
    with pytest.raises(ValueError, match=r"base must be one of \[2, 3, 5, 7, 10\], got 4"):
        measured.sums("grid", base=4)
    with pytest.raises(ValueError, match="unknown: 'colour'"):
        measured.sums("grid", colour="red")


@pytest.mark.parametrize("study", ["unstable", "slow", "overfitting"])
def test_each_remedy_was_tried_from_ten_seeds_and_nothing_comes_first(study: str) -> None:
    found = measured.remedies(study)
    assert next(iter(found)) == "nothing"
    for rows in found.values():
        assert [row["seed"] for row in rows] == list(range(10))
        assert all(0 <= row["known"] <= 1 and row["seconds"] > 0 for row in rows)


def test_a_remedy_against_what_was_not_studied_is_refused() -> None:
    with pytest.raises(ValueError, match=r"study must be one of \[.*\], got 'hiccups'"):
        measured.remedies("hiccups")


WAYS = ("one step", "noise", "rolled out", "direct")


@pytest.mark.parametrize("series", ["sunspots", "sunspots, square root", "heartbeat"])
def test_each_network_forecast_from_ten_seeds_and_each_baseline_once(series: str) -> None:
    horizons = measured.forecasting_horizons(series)
    assert horizons[:3] == [1, 2, 3]
    for method in ("persistence", "seasonal naive", "mean", "AR(2)", "AR(2) + noise"):
        (row,) = measured.forecasting(series, method)
        assert len(row["rmse"]) == len(row["mase"]) == len(horizons)
    for method in WAYS:
        for kind in ("RNN", "GRU", "LSTM"):
            rows = measured.forecasting(series, method, kind)
            assert [row["seed"] for row in rows] == list(range(10))
            for row in rows:
                assert len(row["rmse"]) == len(row["covered, gaussian"]) == len(horizons)
                assert all(error > 0 for error in row["rmse"] + row["mase"] + row["width, quantile"])
                assert all(0 <= share <= 1 for share in row["covered, gaussian"] + row["covered, quantile"])
                assert ("warm up" in row) == (method in ("one step", "direct"))


def test_a_forecast_that_was_not_measured_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"series must be one of .*, got 'tides'"):
        measured.forecasting("tides", "mean")
    with pytest.raises(ValueError, match=r"method must be one of .*, got 'oracle'"):
        measured.forecasting("heartbeat", "oracle")
    with pytest.raises(ValueError, match=r"kind must be one of \[None\], got 'GRU'"):
        measured.forecasting("heartbeat", "mean", "GRU")
    with pytest.raises(ValueError, match=r"kind must be one of .*'LSTM'.*, got None"):
        measured.forecasting("heartbeat", "direct")
    with pytest.raises(ValueError, match=r"series must be one of .*, got 'tides'"):
        measured.forecasting_horizons("tides")


def test_what_was_measured_of_forecasts_is_a_copy() -> None:
    measured.forecasting("heartbeat", "mean")[0]["seed"] = 7
    assert measured.forecasting("heartbeat", "mean")[0]["seed"] is None


def test_spelling_was_learned_from_three_seeds_and_decoded_in_several_ways() -> None:
    for kind in ("GRU", "LSTM"):
        for score in ("none", "dot", "scaled dot", "additive"):
            rows = measured.spelling("scores", kind=kind, score=score)
            assert [row["seed"] for row in rows] == [0, 1, 2]
            assert all(0 <= row["exact"] <= 1 and len(row["by length"]) == 5 for row in rows)
    for score in ("none", "scaled dot"):
        assert len(measured.spelling("steps", score=score)) == 3
        assert len(measured.spelling("RNN", score=score)) == 3
        assert len(measured.spelling("beams", score=score, width=5, alpha=1.0)) == 3
    with pytest.raises(ValueError, match=r"score must be one of \[.*\], got 'cosine'"):
        measured.spelling("scores", score="cosine")
    with pytest.raises(ValueError, match=r"study must be one of \[.*\], got 'dictation'"):
        measured.spelling("dictation")
