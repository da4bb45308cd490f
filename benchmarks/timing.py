"""What the benchmarks share: timing calls in turn, and saying what machine they ran on."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

WARM_UP = 3


def medians(
    calls: dict[str, Callable[[], None]], device: torch.device, repeats: int, seconds: float = float("inf")
) -> dict[str, float]:
    """The median time of each call in milliseconds.

    The calls are timed in turn, so that a change of the machine's speed meets all of them, in ``repeats`` rounds after
    the warm-up. A call that has used up its time is left out of later rounds, but has been timed at least once.

    Args:
        calls: what to time, by name.
        device: whose queue is emptied before and after each call.
        repeats: how many rounds are counted.
        seconds: how long each of the calls may take in all rounds together.
    """
    spent = dict.fromkeys(calls, 0.0)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for repeat in range(-WARM_UP, repeats):
        for name, run in calls.items():
            if times[name] and spent[name] > seconds:
                continue
            elapsed = milliseconds(run, device)
            spent[name] += elapsed / 1000
            if repeat >= 0 or spent[name] > seconds:
                times[name].append(elapsed)
    return {name: statistics.median(values) for name, values in times.items()}


def milliseconds(run: Callable[[], None], device: torch.device) -> float:
    """The time of one run, the device's queue emptied before and after."""
    synchronize(device)
    start = time.perf_counter()
    run()
    synchronize(device)
    return 1000 * (time.perf_counter() - start)


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()


def machine(device: str) -> dict[str, Any]:
    """What the times depend on."""
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if device.startswith("cuda") else device,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def cpu_model() -> str:
    """The processor's name where Linux tells it, else the platform's word."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
