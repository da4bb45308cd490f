"""`make mutants` draws changes that behave otherwise, and counts as noticed what a test of the module notices."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from book import ROOT
from mutants import TESTS, Mutant, behaviour, outcome, own_tests, page

SUM = 'def add(a: int, b: int) -> int:\n    """The sum."""\n    return a + b\n'


def mutant(source: str = SUM, change: str = "return a + b -> return a - b") -> Mutant:
    return Mutant("rnnlib/losses.py", (3, 11), "core/ReplaceBinaryOperator_Add_Sub", source, change)


def test_every_module_that_computes_has_own_tests_its_own() -> None:
    for path in (ROOT / "rnnlib").rglob("*.py"):
        name = path.relative_to(ROOT / "rnnlib").as_posix()
        if not name.startswith("figures/") and not name.endswith(
            "__init__.py"
        ):  # pictures, and lists of names
            assert own_tests(path), name
    for names in TESTS.values():
        assert all((ROOT / "tests" / f"test_{name}.py").is_file() for name in names.split())


@pytest.mark.parametrize(
    ("source", "same"),
    [
        (SUM.replace("a: int", "a: str"), True),
        (SUM.replace("-> int", "-> str"), True),
        (SUM.replace("The sum", "Another"), True),
        (SUM.replace("a + b", "a - b"), False),
        (SUM.replace("b: int", "b: int = 1"), False),
    ],
)
def test_annotations_and_docstrings_are_no_behaviour(source: str, same: bool) -> None:
    assert (behaviour(source) == behaviour(SUM)) is same


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A book of one module, whose tests notice a wrong sum and wait for ever for a wrong sign."""
    (tmp_path / "rnnlib").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "rnnlib" / "__init__.py").write_text("")
    (tmp_path / "rnnlib" / "losses.py").write_text(SUM)
    test = "from rnnlib.losses import add\ndef test_add() -> None:\n    assert add(2, 2) == 4\n"
    (tmp_path / "tests" / "test_losses.py").write_text(test)
    (tmp_path / "tests" / "test_bad_input.py").write_text("def test_nothing() -> None:\n    pass\n")
    return tmp_path


@pytest.mark.parametrize(
    ("expression", "found"), [("a - b", "killed"), ("a * b", "survived"), ("(", "killed")]
)
def test_a_mutant_is_noticed_if_a_test_fails_and_the_module_is_restored(
    expression: str, found: str, copy: Path
) -> None:
    assert outcome(mutant(SUM.replace("a + b", expression)), copy, sys.executable) == found
    assert (copy / "rnnlib" / "losses.py").read_text() == SUM


def test_a_survivor_counts_against_the_tests_unless_a_reason_is_given() -> None:
    mutants = [mutant(), mutant(change="x < 0 -> x <= 0"), mutant(change="1 -> 2"), mutant(change="3 -> 4")]
    outcomes = ["killed", "survived", "survived", "timeout"]
    text = page(mutants, outcomes, {"rnnlib/losses.py: 1 -> 2": "both are positive"}, seed=0)
    assert "**2 of 3, 66.7%**" in text
    assert "`x < 0 -> x <= 0` | 3 | ReplaceBinaryOperator_Add_Sub | **it is not: a test is missing**" in text
    assert "`1 -> 2` | 3 | ReplaceBinaryOperator_Add_Sub | both are positive |" in text
