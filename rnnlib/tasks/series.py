"""Two real series: sunspots by the year, and the voltage of a heart by the 120th of a second."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Series:
    """Numbers that were measured one after another, at equal distances in time.

    Attributes:
        name: what was measured.
        unit: the unit of the values.
        time_unit: the unit of the times.
        values: (T), float32, on the CPU, the oldest first.
        times: (T), float32, on the CPU: when each was measured.
        season: after how many steps the series nearly repeats itself; None where it keeps no fixed period.

    Chapter: Forecasting.
    """

    name: str
    unit: str
    time_unit: str
    values: Tensor
    times: Tensor
    season: int | None

    def __len__(self) -> int:
        """T, the number of values."""
        return len(self.values)


def sunspots() -> Series:
    """How many sunspots were counted in each of the 309 years from 1700 to 2008, a relative number from 0 to 190.2.

    They come and go in cycles of 9 to 14 years, of 11 on average, and of unequal height.

    Returns:
        The series, with tensors of its own at each call.

    Chapter: Forecasting. Source: National Geophysical Data Center, by way of statsmodels; public domain.
    """
    held = _stored("sunspots")
    values = torch.tensor(held["values"], dtype=torch.float32, device="cpu")
    times = held["first"] + torch.arange(len(values), dtype=torch.float32, device="cpu")
    return Series("yearly sunspots", "sunspot number", "year", values, times, season=11)


def heartbeat() -> Series:
    """The electrocardiogram of a patient, 4,000 values in 33 seconds, from -1.34 to 2.53 mV.

    For the first 16 seconds or so it shows ordinary beats, then premature ones come among them.

    Returns:
        The series, with tensors of its own at each call. The times count from the beginning of the excerpt.

    Chapter: Forecasting. Source: record 208, lead MLII, of the `MIT-BIH Arrhythmia Database
    <https://physionet.org/content/mitdb/1.0.0/>`_, by G. B. Moody and R. G. Mark, `The impact of the MIT-BIH
    Arrhythmia Database <https://doi.org/10.1109/51.932724>`_, 2001, on PhysioNet, by A. L. Goldberger and others,
    `PhysioBank, PhysioToolkit, and PhysioNet <https://doi.org/10.1161/01.CIR.101.23.e215>`_, 2000; Open Data Commons
    Attribution License v1.0; here the means of three successive samples.
    """
    held = _stored("heartbeat")
    values = torch.tensor(held["values"], dtype=torch.float32, device="cpu") / 1000  # from µV
    times = torch.arange(len(values), dtype=torch.float32, device="cpu") / held["rate"]
    return Series("heartbeat", "mV", "s", values, times, season=None)


@cache
def _stored(name: str) -> dict[str, Any]:
    text = files("rnnlib").joinpath("data", f"{name}.json").read_text(encoding="utf-8")
    held: dict[str, Any] = json.loads(text)
    return held
