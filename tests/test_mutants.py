"""`make mutants` draws changes that behave otherwise, and counts as noticed what a test of the module notices."""

from __future__ import annotations

import sys
from pathlib import Path

import mutants as tool
import mutations
import pytest
from book import ROOT
from mutants import TESTS, outcome, own_tests, page, run
from mutations import Mutant, around, behaviour, draw

SUM = 'def add(a: int, b: int) -> int:\n    """The sum."""\n    return a + b\n'


def mutant(source: str = SUM, change: str = "return a + b -> return a - b", line: int = 3) -> Mutant:
    return Mutant("rnnlib/losses.py", (line, 11), "core/ReplaceBinaryOperator_Add_Sub", source, "add", change)


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


def test_a_line_belongs_to_the_function_around_it_and_a_decorator_to_what_it_decorates() -> None:
    source = "x = 1\nclass A:\n    @cache\n    def f(self):\n        return 1\n"
    assert [around(source, line) for line in range(1, 6)] == ["module", "A", "A.f", "A.f", "A.f"]


def test_each_place_is_drawn_at_most_once_and_one_without_a_mutant_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def mutant_of(path: Path, place: tuple[int, int], name: str, occurrence: int) -> Mutant | None:
        return None if place[0] % 3 == 0 or name == "same" else mutant(line=place[0])

    places = {(line, 11): [("same", line), ("other", line)] for line in range(12)}
    monkeypatch.setattr(mutations, "changes_of", lambda path: places)
    monkeypatch.setattr(mutations, "mutant_of", mutant_of)
    drawn = [
        [m.place[0] for m in draw([ROOT], count, seed)] for count, seed in [(5, 0), (5, 0), (5, 1), (20, 0)]
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    assert [len(set(lines)) for lines in drawn] == [5, 5, 5, 8]
    assert all(line % 3 for line in drawn[3])


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book of one module, whose tests notice a wrong sum."""
    for name in ("rnnlib", "tests", "tools", "benchmarks"):
        (tmp_path / name).mkdir()
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "rnnlib" / "__init__.py").touch()
    (tmp_path / "rnnlib" / "losses.py").write_text(SUM)
    test = "from rnnlib.losses import add\ndef test_add() -> None:\n    assert add(2, 2) == 4\n"
    (tmp_path / "tests" / "test_losses.py").write_text(test)
    (tmp_path / "tests" / "test_bad_input.py").write_text("def test_nothing() -> None:\n    pass\n")
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("expression", "found"), [("a - b", "killed"), ("a * b", "survived"), ("(", "killed")]
)
def test_a_mutant_is_noticed_if_a_test_fails_and_the_module_is_restored(
    expression: str, found: str, book: Path
) -> None:
    source = SUM.replace("a + b", expression)
    assert outcome("rnnlib/losses.py", source, book, sys.executable) == found
    assert (book / "rnnlib" / "losses.py").read_text() == SUM


def test_a_mutant_that_computes_for_ever_is_stopped(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "LIMIT", 2)
    endless = SUM.replace("return a + b", "while True: pass")
    assert outcome("rnnlib/losses.py", endless, book, sys.executable) == "timeout"


def test_mutants_run_in_copies_and_not_where_the_tests_fail_without_one(book: Path) -> None:
    changed = mutant(SUM.replace("a + b", "a - b"))
    assert run([changed, mutant(SUM.replace("a + b", "a * b"))], sys.executable) == ["killed", "survived"]
    assert (book / "rnnlib" / "losses.py").read_text() == SUM
    (book / "rnnlib" / "losses.py").write_text(changed.source)
    with pytest.raises(SystemExit, match=r"fail without a mutant, too: those of rnnlib/losses\.py"):
        run([changed], sys.executable)


def test_a_survivor_counts_against_the_tests_unless_a_reason_is_given() -> None:
    mutants = [mutant(), mutant(change="x < 0 -> x <= 0"), mutant(change="1 -> 2"), mutant(change="3 -> 4")]
    outcomes = ["killed", "survived", "survived", "timeout"]
    text = page(mutants, outcomes, {"rnnlib/losses.py, add: 1 -> 2": "both are positive"}, seed=0)
    assert "**2 of 3, 66.7%**" in text
    assert "`x < 0 -> x <= 0` | ReplaceBinaryOperator_Add_Sub | **it is not: a test is missing**" in text
    assert "`1 -> 2` | ReplaceBinaryOperator_Add_Sub | both are positive |" in text
    assert "| rnnlib/losses.py | 4 | 2 | 1 |" in text
