"""How near a chapter's checks come to failing when its trainings are disturbed: from many runs to rows of a table."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from comparisons import margin

ENOUGH = 4.0  # spreads that a trained quantity must keep from its threshold
FEW = 10  # with fewer runs than this a spread is too uncertain to judge by
# A quantity whose spread is below this share of it hangs on no training, or on nothing but rounding.
UNMOVED = 1e-6


@dataclass
class Row:
    """One claim of one cell over all runs."""

    cell: str
    claim: str
    failed: int
    runs: int
    distance: float | None  # in spreads; None where nothing could be measured
    compared: str = ""
    value: float | None = None
    threshold: float | None = None

    @property
    def sound(self) -> bool:
        near = self.distance is not None and self.distance < ENOUGH and self.runs >= FEW
        return not self.failed and not near


def distance(sign: str, pairs: list[tuple[float, float]]) -> float:
    """The mean distance from the threshold over the runs, in units of its standard deviation.

    Infinite where nothing moved. Of positive numbers the logarithms are taken: losses, norms, counts and shares vary by
    factors, and a small one cannot vary by more than itself.
    """
    sides = list(zip(*pairs, strict=True))
    positive = all(0 < value < math.inf for side in sides for value in side)
    if positive and sign not in ("==", "!="):
        pairs = [(math.log(left), math.log(right)) for left, right in pairs]
    scale = max(abs(value) for pair in pairs for value in pair)
    margins = [margin(sign, left, right) for left, right in pairs]
    if len(set(pairs)) == 1:
        return math.inf
    if not all(map(math.isfinite, margins)):
        return math.nan
    spread = statistics.stdev(margins)
    return math.inf if spread <= UNMOVED * scale else statistics.fmean(margins) / spread


def rows(runs: list[list[dict[str, Any]]]) -> list[Row]:
    """The claims that hang on a training: those that moved from run to run, or failed in one of them.

    Args:
        runs: for each run the cells that `shaking.run_chapter` returned.
    """
    found = []
    for cells in zip(*runs, strict=True):
        errors = [cell["error"] for cell in cells if cell["error"]]
        others = [cell["printed"] for cell in cells if cell["printed"] is not None]
        identity = cells[0]["id"]
        if errors:
            found.append(Row(identity, f"raises {errors[0]}", len(errors), len(cells), None))
        counts = {len(cell["checks"]) for cell in cells}
        if len(counts) > 1:
            claim = f"makes {min(counts)} to {max(counts)} checks"
            found.append(Row(identity, claim, len(cells), len(cells), None))
        claims = [
            _row(identity, list(checks)) for checks in zip(*(cell["checks"] for cell in cells), strict=False)
        ]
        found += [row for row in claims if row.failed or row.distance is not None]
        if others and not any(row.failed for row in claims):
            found.append(Row(identity, "prints what is stored", len(others), len(cells), None))
    return found


def _row(cell: str, checks: list[dict[str, Any]]) -> Row:
    row = Row(cell, checks[0]["statement"], sum(not check["holds"] for check in checks), len(checks), None)
    pairs: dict[tuple[str, str, bool], list[tuple[float, float]]] = defaultdict(list)
    for check in checks:
        for seen in check["seen"]:
            pairs[seen["text"], seen["sign"], seen["some"]].append((seen["left"], seen["right"]))
    # All of these must hold, and of those that are alternatives the one that holds best.
    needed: list[tuple[float, str, list[tuple[float, float]]]] = []
    alternatives: list[tuple[float, str, list[tuple[float, float]]]] = []
    for (text, sign, some), sides in pairs.items():
        if len(sides) == 1 and len(checks) > 1:
            continue
        (alternatives if some else needed).append((distance(sign, sides), text, sides))
    if alternatives:
        needed.append(max(alternatives, key=lambda one: -math.inf if math.isnan(one[0]) else one[0]))
    moved = [one for one in needed if one[0] != math.inf]
    if moved:
        row.distance, row.compared, sides = min(
            moved, key=lambda one: -math.inf if math.isnan(one[0]) else one[0]
        )
        row.value = statistics.fmean(left for left, _ in sides)
        row.threshold = statistics.fmean(right for _, right in sides)
    return row
