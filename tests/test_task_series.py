"""The two series are those that their sources hold, and nobody can spoil them for the next reader."""

from __future__ import annotations

import dataclasses
import json

import extract_heartbeat
import extract_sunspots
import numpy as np
import pytest
import torch

from rnnlib.tasks.series import Series, heartbeat, sunspots


def test_the_sunspots_are_those_of_309_years_as_the_source_says() -> None:
    series = sunspots()
    assert (len(series), series.unit, series.season) == (309, "sunspot number", 11)
    assert torch.equal(series.times, torch.arange(1700.0, 2009.0))
    assert series.values[:3].tolist() == [5, 11, 16]
    assert series.values[-2:].tolist() == pytest.approx([7.5, 2.9])
    assert (series.values.min(), series.times[series.values.argmax()]) == (0, 1957)
    assert series.values.max().item() == pytest.approx(190.2)
    assert series.values.double().sum().item() == pytest.approx(15373.4, abs=0.01)


def test_the_heartbeat_is_the_means_of_three_samples_in_millivolts() -> None:
    series = heartbeat()
    assert (len(series), series.unit, series.season) == (4000, "mV", None)
    source = [-0.245, -0.215, -0.185, -0.175, -0.170, -0.170]  # the first six of the source, in mV
    assert series.values[0].item() == pytest.approx(sum(source[:3]) / 3, abs=1e-3)
    assert series.values.min().item() == pytest.approx(-1.342)
    assert series.values.max().item() == pytest.approx(2.528)
    assert series.values.double().sum().item() == pytest.approx(-628.411, abs=0.01)


def test_120_values_of_the_heartbeat_are_a_second() -> None:
    times = heartbeat().times
    assert (times[0], times[120], times[-1]) == (0, 1, 3999 / 120)
    assert (times.diff() - 1 / 120).abs().max() < 1e-5


@pytest.mark.parametrize("make", [sunspots, heartbeat])
def test_a_series_is_float32_finite_and_in_the_order_of_time(make) -> None:
    series = make()
    assert isinstance(series, Series)
    assert series.values.dtype == series.times.dtype == torch.float32
    assert series.values.shape == series.times.shape
    assert series.values.isfinite().all()
    assert (series.times.diff() > 0).all()


@pytest.mark.parametrize("make", [sunspots, heartbeat])
def test_changing_what_was_given_changes_nothing_for_the_next_call(make) -> None:
    make().values.zero_()
    assert make().values.abs().max() > 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        make().season = 3


def test_the_stored_files_say_where_they_come_from_and_under_which_licence() -> None:
    for tool, words in (
        (extract_sunspots, ("National Geophysical Data Center", "statsmodels", "Public domain")),
        (
            extract_heartbeat,
            ("MIT-BIH", "Moody", "Goldberger", "record 208", "Open Data Commons Attribution"),
        ),
    ):
        held = json.loads(tool.TARGET.read_text(encoding="utf-8"))
        text = held["source"] + held["licence"]
        assert (held["source"], held["licence"]) == (tool.SOURCE, tool.LICENCE)
        assert all(word in text for word in words)
        assert tool.TARGET.stat().st_size < 20_000


def test_the_tool_takes_every_year_and_refuses_a_gap(tmp_path) -> None:
    path = tmp_path / "sunspots.csv"
    path.write_text('"YEAR","SUNACTIVITY"\n1700,5\n1701,11.5\n', encoding="utf-8")
    found = extract_sunspots.extract(path)
    assert (found["first"], found["values"]) == (1700, [5.0, 11.5])
    path.write_text('"YEAR","SUNACTIVITY"\n1700,5\n1702,11\n', encoding="utf-8")
    with pytest.raises(ValueError, match="years must follow"):
        extract_sunspots.extract(path)


def test_the_tool_averages_three_samples_in_microvolts_and_refuses_a_short_file(tmp_path) -> None:
    path = tmp_path / "ecg.npz"
    samples = np.full(12_000, 1024, dtype=np.uint16)
    samples[:4] = 1224, 1225, 1223, 824
    np.savez(path, ecg=samples)
    found = extract_heartbeat.extract(path)
    assert (found["rate"], len(found["values"])) == (120, 4000)
    assert found["values"][:3] == [1000, -333, 0]
    np.savez(path, ecg=samples[:-1])
    with pytest.raises(ValueError, match="must hold 12000 samples, got 11999"):
        extract_heartbeat.extract(path)
