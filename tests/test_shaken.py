"""`make shaken` disturbs every training, sees what each check compares, and finds the claims held by luck."""

from __future__ import annotations

import ast
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from book import ROOT
from comparisons import NAME, Log, Watcher
from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook, new_output
from shaken import main as shaken_main
from shaken_table import Row, distance, rows


def watch(source: str, **names: object) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run the source with its comparisons watched; its names, and what was seen."""
    log = Log()
    names |= {NAME: log.compare, "check": lambda statement, condition: None, "torch": torch}
    tree = ast.fix_missing_locations(Watcher().visit(ast.parse(source)))
    exec(compile(tree, "cell", "exec"), names)
    return names, log.take()


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("3 < 4", True),
        ("1 < 2 < 2", False),
        ("not 3 < 4", False),
        ("1 < 0 or 2 < 3", True),
        ("bool(torch.tensor([1, 5]).gt(0).all() and 2 != 3)", True),
        ("all(n < 3 for n in range(3))", True),
        ("any(n > 3 for n in range(3))", False),
        ("'a' < 'b'", True),
        ("(1, 2) == (1, 2)", True),
        ("1 in (1, 2)", True),
        ("None is None", True),
        ("bool(((torch.arange(3) < 3) & (torch.arange(3) > 0)).any())", True),
    ],
)
def test_a_watched_comparison_has_the_value_it_has_unwatched(condition: str, value: bool) -> None:
    names, _ = watch(f"result = {condition}")
    assert names["result"] is value


def test_a_chain_evaluates_each_part_once_and_stops_where_it_fails() -> None:
    _, seen = watch("count = []\nresult = 3 < count.append(1) or 5 if False else 2 < 1 < 9")
    assert [(one["left"], one["right"]) for one in seen] == [(2, 1)]


def test_the_element_of_a_tensor_that_decides_is_noted() -> None:
    _, seen = watch("check('', (torch.tensor([1.0, 5.0, 3.0]) < 6).all())")
    assert (seen[0]["left"], seen[0]["right"]) == (5, 6)
    _, seen = watch("check('', (torch.tensor([1.0, 5.0, 3.0]) < 6).any())")
    assert (seen[0]["left"], seen[0]["some"]) == (1, True)


def test_negation_turns_a_comparison_round() -> None:
    _, seen = watch("check('', not (torch.tensor([1.0, 5.0]) > 6).any())")
    assert (seen[0]["sign"], seen[0]["left"], seen[0]["some"]) == ("<=", 5, False)


def test_masks_indices_and_tests_of_statements_are_not_noted() -> None:
    _, seen = watch(
        "x = torch.arange(5)\nmask = x > 3\ny = x[x > 2].sum()\n"
        "if 3 < 4:\n    z = (x < 2).sum()\nwhile 3 < 2:\n    pass"
    )
    assert seen == []


def test_a_comparison_inside_a_function_or_a_named_condition_is_noted() -> None:
    _, seen = watch("def small(x):\n    return x < 0.5\nsame = small(0.25)\nother = [0.1 < 1, 0.2 < 1]")
    assert [(one["left"], one["right"]) for one in seen] == [(0.25, 0.5), (0.1, 1), (0.2, 1)]


def test_a_distance_is_counted_in_spreads_and_positive_where_the_claim_holds() -> None:
    near = [(-0.1, 0.0), (-0.2, 0.0), (0.0, 0.0)]
    assert distance("<", near) == pytest.approx(1.0)
    assert distance(">", near) == pytest.approx(-1.0)
    assert distance("<", [(0.9, 1.0)] * 5) == math.inf
    # Four powers of ten apart, give or take one, though the mean is dominated by the largest.
    assert distance("<", [(1e-5, 1.0), (1e-4, 1.0), (1e-3, 1.0)]) == pytest.approx(4.0)
    assert math.isnan(distance("<", [(math.inf, 1.0), (0.5, 1.0)]))


def cell(holds: bool, left: float, printed: str | None = None) -> dict[str, Any]:
    seen = {"text": "x < 1", "sign": "<", "left": left, "right": 1.0, "some": False}
    claim = {"statement": "small", "holds": holds, "seen": [seen]}
    return {"id": "one", "checks": [claim], "printed": printed, "error": None}


def test_a_claim_that_failed_once_or_comes_near_is_not_sound() -> None:
    steady = rows([[cell(True, 0.5)] for _ in range(10)])
    assert steady == []
    (safe,) = rows([[cell(True, 0.5 + 0.01 * run)] for run in range(10)])
    assert safe.sound
    assert 10 < safe.distance < 20
    (near,) = rows([[cell(True, 0.9 + 0.01 * run)] for run in range(10)])
    assert (near.failed, near.sound) == (0, False)
    (failed,) = rows([[cell(run != 3, 0.5, None if run != 3 else "other")] for run in range(10)])
    assert (failed.failed, failed.runs, failed.sound) == (1, 10, False)


def test_of_alternatives_only_the_best_has_to_hold() -> None:
    def either(run: int) -> dict[str, Any]:
        sides = [("x < 1", 0.99 + 0.1 * (run % 2)), ("y < 1", 0.1 + 0.001 * run)]
        seen = [{"text": t, "sign": "<", "left": v, "right": 1.0, "some": True} for t, v in sides]
        return cell(True, 0) | {"checks": [{"statement": "", "holds": True, "seen": seen}]}

    (row,) = rows([[either(run)] for run in range(10)])
    assert row.compared == "y < 1"
    assert row.sound


def test_a_printed_line_that_changes_and_an_error_are_rows_of_their_own() -> None:
    plain = {"id": "one", "checks": [], "printed": None, "error": None}
    (row,) = rows([[plain], [plain | {"printed": "0.3"}]])
    assert row == Row("one", "prints what is stored", 1, 2, None)
    (row,) = rows([[plain], [plain | {"error": "ValueError: no"}]])
    assert (row.claim, row.failed) == ("raises ValueError: no", 1)


TRAINING = """\
import torch
from rnnlib.checks import check
def train():
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.ones(5))
    optimizer = torch.optim.SGD([weight], lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        (weight ** 3).sum().backward()
        optimizer.step()
    return weight.detach()
first, second = train(), train()
"""


def shaken(folder: Path, last: str, stored: str, run: int = 1) -> list[dict[str, Any]]:
    cells = [new_code_cell(source, execution_count=1) for source in (TRAINING, last)]
    cells[1]["outputs"] = [new_output("stream", name="stdout", text=stored)]
    write(new_notebook(cells=cells), folder / "x.ipynb")
    command = [sys.executable, str(ROOT / "tools" / "shaking.py"), str(folder / "x.ipynb"), str(run)]
    subprocess.run([*command, str(folder / "out.json")], check=True, capture_output=True)
    found: list[dict[str, Any]] = json.loads((folder / "out.json").read_text())
    return found


def test_each_run_disturbs_in_its_own_way_and_the_same_gradient_in_the_same_way(tmp_path: Path) -> None:
    source = "check('small', first.sum().item() < 9)\ncheck('the same run twice', torch.equal(first, second))"
    stored = "✓ small\n✓ the same run twice"
    sums = []
    for run in (0, 1, 2):
        _, last = shaken(tmp_path, source, stored, run)
        assert [claim["holds"] for claim in last["checks"]] == [True, True]
        assert last["printed"] is None
        sums.append(last["checks"][0]["seen"][0]["left"])
    assert len(set(sums)) == 3
    assert max(sums) - min(sums) < 1e-5


def test_a_false_claim_is_written_down_and_the_chapter_goes_on(tmp_path: Path) -> None:
    _, last = shaken(
        tmp_path, "check('large', first.sum() > 9)\ncheck('there', first.any())", "✓ large\n✓ there"
    )
    assert [claim["holds"] for claim in last["checks"]] == [False, True]
    assert last["printed"].splitlines() == ["✗ large", "✓ there"]


def test_a_claim_held_by_luck_makes_the_command_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Claims what only one rounding gives.
    coin = "check('a coin', float(first.double().sum()) == float(first.double().sum().float()))"
    cells = [new_code_cell(source, execution_count=1) for source in (TRAINING, coin)]
    write(new_notebook(cells=cells), tmp_path / "x.ipynb")
    monkeypatch.setenv("RUNS", "2")
    assert shaken_main([str(tmp_path / "x.ipynb")], results=tmp_path) == 1
    assert "a coin | 2 of 2" in capsys.readouterr().out
    assert "a coin | 2 of 2" in (tmp_path / "shaken.md").read_text()
    assert json.loads((tmp_path / "shaken.json").read_text())["x"]["runs"] == 2
