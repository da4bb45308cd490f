"""Times and scores that were measured once, by the scripts in ``benchmarks/``, on a machine that is named with them."""

from __future__ import annotations

import json
import math
from functools import cache
from importlib.resources import files
from typing import Any

WAYS = ("padded", "packed", "bucketed", "run_packed")


@cache
def _report(name: str) -> dict[str, Any]:
    text = files("rnnlib").joinpath("data", f"{name}.json").read_text(encoding="utf-8")
    report: dict[str, Any] = json.loads(text)
    return report


def packing(**setting: object) -> dict[str, list[float]]:
    """The times of ``benchmarks/packing.py`` over L, in milliseconds.

    Args:
        setting: what to choose, by the names in ``rnnlib/data/packing.json``: ``kind`` ("RNN", "GRU" or "LSTM"), ``N``,
            ``valid`` (the share of valid cells: 0.1, 0.5 or 0.9), ``done`` ("forward" or "forward+backward"),
            ``threads``, ``device``, ``layers`` and ``D``. All but ``kind`` have a default: N = 64, half the cells
            valid, forward and backward, one thread of a CPU, one layer, one direction.

    Returns:
        The lengths under "L", and the times under "padded", "packed", "bucketed" and "run_packed"; NaN where a way was
        not timed.

    Raises:
        ValueError: a name or a value that was not measured.

    Chapter: Padding and packing.
    """
    defaults = {"N": 64, "valid": 0.5, "done": "forward+backward", "threads": 1, "device": "cpu"}
    wanted: dict[str, object] = defaults | {"layers": 1, "D": 1} | setting
    rows = _report("packing")["rows"]
    for name, value in wanted.items():
        known = sorted({row[name] for row in rows if name in row})
        if value not in known:
            raise ValueError(
                f"{name} must be one of {known}, got {value!r}" if known else f"unknown: {name!r}"
            )
    rows = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    rows.sort(key=lambda row: int(row["L"]))
    times = {way: [math.nan if row[way] is None else float(row[way]) for row in rows] for way in WAYS}
    return {"L": [row["L"] for row in rows]} | times


def packing_machine(device: str = "cpu") -> str:
    """The machine on which :func:`packing`'s times were measured.

    Args:
        device: "cpu", or another that was measured.

    Raises:
        ValueError: another device.

    Chapter: Padding and packing.
    """
    machines = _report("packing")["machines"]
    if device not in machines:
        raise ValueError(f"device must be one of {sorted(machines)}, got {device!r}")
    host = machines[device]
    name = host["cpu"] if device == "cpu" else host["device"]
    return f"{name}, {host['cores']} cores, torch {host['torch']}, {host['date']}"


def recipes(score: str = "exact") -> dict[str, list[float]]:
    """What ``benchmarks/dates.py`` scored: a recipe for the dates, and the same with one thing changed.

    Args:
        score: "exact", the share of unambiguous texts of unseen dates that are right to the last character, or
            "held_out", that of a language never trained on.

    Returns:
        By the name of what was changed, the recipe itself first, one score from 0 to 1 for each seed.

    Raises:
        ValueError: another score.

    Chapter: Sequence to sequence.
    """
    if score not in ("exact", "held_out"):
        raise ValueError(f"score must be 'exact' or 'held_out', got {score!r}")
    return {row["name"]: list(row[score]) for row in _report("dates_recipes")["rows"]}


def adding_steps(network: str, L: int) -> list[float]:
    """After how many steps of training ``benchmarks/adding.py`` found the adding problem solved.

    Args:
        network: "GRU", "LSTM", "RNN" or "RNN, identity", each with 32 hidden units.
        L: the length of the sequences: 20, 50 or 100.

    Returns:
        The number of steps for each seed, infinite where the problem was not solved within 1500.

    Raises:
        ValueError: a network or a length that was not measured.

    Chapter: Exploding and vanishing gradients.
    """
    rows = _report("adding")["rows"]
    for name, value in (("network", network), ("L", L)):
        known = sorted({row[name] for row in rows})
        if value not in known:
            raise ValueError(f"{name} must be one of {known}, got {value!r}")
    chosen = [row for row in rows if row["network"] == network and row["L"] == L]
    return [math.inf if row["solved_after"] is None else float(row["solved_after"]) for row in chosen]


def recall_steps(network: str, L: int) -> list[float]:
    """After how many steps of training ``benchmarks/recall.py`` found a network recall the first of L symbols.

    Args:
        network: "RNN", "GRU", "GRU, bias 4" (of its update gate), "LSTM", "LSTM, bias 1" to "LSTM, bias 6" (the sum of
            the biases of its forget gate), "LSTM, input bias -3" (of its input gate) or "LSTM, bias 5, input bias -3",
            each with 32 hidden units.
        L: the length of the sequences: 10, 20, 40 or 80.

    Returns:
        The number of steps for each of ten seeds, at the learning rate (of three) with which most seeds solved it;
        infinite where it was not solved within 1000 steps. A network that solved a shorter length from no seed at no
        rate was not tried, and counts as one that does not solve it.

    Raises:
        ValueError: a network or a length that was not measured.

    Chapter: Gates.
    """
    report = _report("recall")
    rows = report["rows"]
    for name, value in (("network", network), ("L", L)):
        known = sorted({row[name] for row in rows})
        if value not in known:
            raise ValueError(f"{name} must be one of {known}, got {value!r}")
    by_rate: dict[float, list[float]] = {}
    for row in rows:
        if row["network"] == network and row["L"] == L:
            steps = math.inf if row["solved_after"] is None else float(row["solved_after"])
            by_rate.setdefault(row["rate"], []).append(steps)
    untried = [math.inf] * int(report["seeds"])
    return max(by_rate.values(), key=_success, default=untried)


def _success(steps: list[float]) -> tuple[int, float]:
    """How many seeds solved it, and then how fast."""
    solved = [count for count in steps if math.isfinite(count)]
    return len(solved), -sum(solved)


def sums(study: str, **setting: object) -> list[dict[str, Any]]:
    """What ``benchmarks/sums.py`` taught small networks of sums of digits in 20 CPU seconds.

    Args:
        study: "grid" (bases, lengths and layers), "encoding" (how a digit enters), "long only" (no short sequences) or
            "curriculum" (short ones first).
        setting: which rows, by the names that they have: ``kind`` ("RNN", "GRU" or "LSTM"), ``base``, ``shortest`` and
            ``longest`` (lengths), ``encoding`` ("number", "one-hot" or "embedding"), ``curriculum``, ``rate``.

    Returns:
        One row for each seed: the setting, and ``known``, ``twice`` and ``tenfold``, the accuracies from 0 to 1 on
        sequences as long as those trained on, and on those two and ten times as long as the longest; ``steps`` and
        ``seconds`` of training.

    Raises:
        ValueError: a study, a name or a value that was not measured.

    Chapter: Training a sequence classifier.
    """
    return _with(_of_study("sums", study), setting)


def spelling(study: str, **setting: object) -> list[dict[str, Any]]:
    """What ``benchmarks/spelling.py`` taught networks with and without attention of how words are said.

    Args:
        study: "scores" (of attention, for GRU and LSTM), "steps" (three times as many), "sizes", "RNN", or "beams" (the
            networks of 96 units and 600 steps, decoded in several ways).
        setting: which rows, by the names that they have: ``kind`` ("RNN", "GRU" or "LSTM"), ``score`` ("none", "dot",
            "scaled dot" or "additive"), ``hidden``, ``steps``; of "beams" also ``width`` and ``alpha``.

    Returns:
        One row for each seed: the setting; of the words of the test ``exact``, the share that is right, and ``sounds``,
        the edit distance divided by the number of sounds. ``by length`` is the share that is right of words of 3 to 5,
        6 and 7, 8 and 9, 10 to 12 and 13 to 16 letters; ``weights`` the number of parameters, ``seconds`` the CPU time
        of the training. Rows of "beams" have ``log probability`` and ``length`` instead, the means over the words.

    Raises:
        ValueError: a study, a name or a value that was not measured.

    Chapter: Attention and beam search.
    """
    return _with(_of_study("spelling_results", study), setting)


def remedies(study: str) -> dict[str, list[dict[str, Any]]]:
    """What ``benchmarks/remedies.py`` found: an ailing training, and the same with one thing changed.

    Args:
        study: "unstable", "slow" or "overfitting".

    Returns:
        By what was changed, "nothing" first, one row for each seed: ``known``, the validation accuracy at the end;
        ``reached``, the number of training sequences after which it was first 95 %, or None; ``seconds``, the CPU time
        of the training; ``largest_norm``, of all gradients before clipping.

    Raises:
        ValueError: another study.

    Chapter: Training a sequence classifier.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for row in _of_study("remedies", study):
        found.setdefault(row["changed"], []).append(dict(row))
    return found


def forecasting(series: str, method: str, kind: str | None = None) -> list[dict[str, Any]]:
    """What ``benchmarks/forecasting.py`` found of one way to forecast one series, on its test.

    Args:
        series: "sunspots", "sunspots, square root" (of which models see the root) or "heartbeat".
        method: "persistence", "seasonal naive", "mean", "AR(p)" with the order that was chosen or that of the latent
            model, "direct AR(p)", "AR(2) + noise"; or how a network was trained: "one step", "noise" (on its inputs),
            "rolled out" or "direct".
        kind: "RNN", "GRU" or "LSTM" for a network, else None.

    Returns:
        One row, or for networks one for each of ten seeds: ``seed``, and by horizon, at those of
        :func:`forecasting_horizons`, ``rmse`` in the series' unit, ``mase``, and for intervals of 90 %, made of the
        residuals where one chooses, ``covered`` and ``width`` ("covered, gaussian", "covered, quantile", "width,
        gaussian", "width, quantile"). Networks trained on one step or directly have ``warm up`` too: the RMSE one step
        ahead after contexts of 1, 2, 4, …, 128 values.

    Raises:
        ValueError: what was not measured.

    Chapter: Forecasting.
    """
    rows = [row for row in _report("forecasting")["rows"] if row["seed"] != "mean"]
    for name, value in (("series", series), ("method", method), ("kind", kind)):
        known = list(dict.fromkeys(row[name] for row in rows))
        if value not in known:
            raise ValueError(f"{name} must be one of {known}, got {value!r}")
        rows = [row for row in rows if row[name] == value]
    return [dict(row) for row in rows]


def forecasting_horizons(series: str) -> list[int]:
    """At how many steps ahead :func:`forecasting` has errors of a series.

    Args:
        series: as for :func:`forecasting`.

    Raises:
        ValueError: another series.

    Chapter: Forecasting.
    """
    horizons = _report("forecasting")["horizons"]
    if series not in horizons:
        raise ValueError(f"series must be one of {list(horizons)}, got {series!r}")
    return list(horizons[series])


def _with(rows: list[dict[str, Any]], setting: dict[str, object]) -> list[dict[str, Any]]:
    """Copies of the rows that have this setting."""
    for name, value in setting.items():
        known = sorted({row[name] for row in rows if name in row})
        if not known:
            raise ValueError(f"unknown: {name!r}")
        if value not in known:
            raise ValueError(f"{name} must be one of {known}, got {value!r}")
    return [dict(row) for row in rows if all(row[name] == value for name, value in setting.items())]


def _of_study(name: str, study: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = _report(name)["rows"]
    known = sorted({row["study"] for row in rows})
    if study not in known:
        raise ValueError(f"study must be one of {known}, got {study!r}")
    return [row for row in rows if row["study"] == study]
