"""How many small changes of rnnlib its tests notice: `make mutants` runs this, with cosmic-ray in its own environment.

    python tools/mutants.py PYTHON [rnnlib/x.py …]        SAMPLE=200 SEED=0

A sample of places in rnnlib is drawn, at each of them one of cosmic-ray's mutations, and each mutant is run against the
tests of its own module, by PYTHON, in a copy of the book. Changes of annotations and docstrings are not drawn, since no
test can see them, nor is what draws figures. A mutant that no test notices is a hole in the tests, or it is equivalent:
then `benchmarks/equivalent_mutants.json` says why.
"""

from __future__ import annotations

import ast
import json
import os
import queue
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import unified_diff
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "mutants.md"
EQUIVALENT = ROOT / "benchmarks" / "equivalent_mutants.json"
AT_ONCE = 2
LIMIT = 240  # seconds for a mutant; one that takes longer counts as noticed
# Which tests are a module's own; the longest beginning of its path counts.
TESTS = {
    "arguments": "bad_input cells layers",
    "cells": "cells bad_input",
    "checks": "checks",
    "device": "device",
    "flipbook": "flipbook",
    "gates": "gates bad_input",
    "gradients": "gradients bad_input",
    "layers": "layers bad_input",
    "lengths/batches": "bucket_batches bad_input",
    "lengths/masks": "lengths bad_input",
    "lengths/packing": "packing lengths bad_input",
    "lengths/rectangles": "lengths run_packed",
    "lengths/running": "run_packed bad_input",
    "losses": "losses bad_input",
    "measured": "measured",
    "models": "models bad_input",
    "operations": "operations",
    "seq2seq": "seq2seq bad_input",
    "tasks/adding": "task_adding",
    "tasks/brackets": "task_brackets",
    "tasks/dates": "task_dates",
    "tasks/future_tags": "task_future_tags",
    "tasks/nested_parity": "task_nested_parity",
    "training": "training",
    "unrolling": "layers bad_input",
    "vocabulary": "vocabulary",
}


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    module: str
    place: tuple[int, int]
    operator: str
    source: str
    change: str  # the lines before and after

    @property
    def key(self) -> str:
        return f"{self.module}: {self.change}"


def modules(arguments: list[str]) -> list[Path]:
    """The modules to be mutated: those that are named, or all that have tests of their own."""
    if arguments:
        return [Path(argument).resolve() for argument in arguments]
    return [path for path in sorted((ROOT / "rnnlib").rglob("*.py")) if own_tests(path)]


def own_tests(path: Path) -> list[str]:
    name = path.relative_to(ROOT / "rnnlib").with_suffix("").as_posix()
    own = [begin for begin in TESTS if name == begin or name.startswith(begin + "/")]
    return [f"tests/test_{test}.py" for test in TESTS[max(own, key=len)].split()] if own else []


def behaviour(source: str) -> str:
    """The program without what does nothing when it runs: annotations and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = None
    return ast.dump(tree)


def mutants_of(path: Path) -> dict[tuple[int, int], list[Mutant]]:
    """All mutants of a module that behave otherwise on paper, by their place."""
    # Not in the environment in which the rest of this file is tested.
    import cosmic_ray.plugins
    from cosmic_ray.ast import get_ast
    from cosmic_ray.mutating import mutate_code

    source = path.read_text(encoding="utf-8")
    module, tree = path.relative_to(ROOT).as_posix(), get_ast(source)
    unchanged = behaviour(source)
    found: dict[tuple[int, int], list[Mutant]] = {}
    for name in cosmic_ray.plugins.operator_names():
        if "Variable" in name:  # those want to be told a variable's name
            continue
        operator = cosmic_ray.plugins.get_operator(name)()
        for occurrence, place in enumerate(_places(operator, tree)):
            mutated = mutate_code(source, operator, occurrence)
            if mutated is None or _broken(mutated) or behaviour(mutated) == unchanged:
                continue
            lines = list(unified_diff(source.splitlines(), mutated.splitlines(), n=0, lineterm=""))[3:]
            change = " -> ".join(line[1:].strip() for line in lines)
            found.setdefault(place, []).append(Mutant(module, place, name, mutated, change))
    return found


def _places(operator: Any, node: Any) -> Iterator[tuple[int, int]]:
    """Where an operator can change something, in the order in which cosmic-ray counts its occurrences."""
    for start, _ in operator.mutation_positions(node):
        yield tuple(start)
    for child in getattr(node, "children", ()):
        yield from _places(operator, child)


def _broken(source: str) -> bool:
    try:
        ast.parse(source)
    except SyntaxError:
        return True
    return False


def draw(paths: list[Path], count: int, seed: int) -> list[Mutant]:
    """At most so many mutants, at different places, each place as likely as any other."""
    source = random.Random(seed)
    places = [mutants for path in paths for _, mutants in sorted(mutants_of(path).items())]
    return [source.choice(mutants) for mutants in source.sample(places, min(count, len(places)))]


def outcome(mutant: Mutant, copy: Path, python: str) -> str:
    """killed, survived or timeout: what the module's own tests say of the mutant, in a copy of the book."""
    path = copy / mutant.module
    original = path.read_text(encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "RNNLIB_DEVICE": "cpu",
    }
    command = [python, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *own_tests(ROOT / mutant.module)]
    try:
        path.write_text(mutant.source, encoding="utf-8")
        done = subprocess.run(
            command, cwd=copy, env=environment, capture_output=True, timeout=LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    finally:
        path.write_text(original, encoding="utf-8")
    return "survived" if done.returncode == 0 else "killed"


def run(mutants: list[Mutant], python: str) -> list[str]:
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(AT_ONCE) as pool:
        copies: queue.Queue[Path] = queue.Queue()
        for number in range(AT_ONCE):
            copy = Path(name) / str(number)
            for part in ("rnnlib", "tests", "tools", "benchmarks"):
                shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copy(ROOT / "pyproject.toml", copy)
            copies.put(copy)

        def one(mutant: Mutant) -> str:
            copy = copies.get()
            try:
                found = outcome(mutant, copy, python)
            finally:
                copies.put(copy)
            print(f"{found:9} {mutant.key}", flush=True)
            return found

        return list(pool.map(one, mutants))


def page(mutants: list[Mutant], outcomes: list[str], reasons: dict[str, str], seed: int) -> str:
    """The results as Markdown."""
    survivors = [mutant for mutant, found in zip(mutants, outcomes, strict=True) if found == "survived"]
    equivalent = [mutant for mutant in survivors if mutant.key in reasons]
    counts, changing = Counter(outcomes), len(mutants) - len(equivalent)
    noticed = counts["killed"] + counts["timeout"]
    lines = [
        "# Mutants of rnnlib",
        "",
        f"Written by `make mutants` on {datetime.now(UTC):%Y-%m-%d}. {len(mutants)} mutants, drawn with seed {seed} "
        f"from {len({mutant.module for mutant in mutants})} modules, each run against its module's own tests. Killed: "
        f"{counts['killed']}, and by the time limit {counts['timeout']}. Survived: {counts['survived']}, of these "
        f"equivalent: {len(equivalent)}.",
        "",
        f"Noticed of those that change behaviour: **{noticed} of {changing}, {noticed / max(changing, 1):.1%}**.",
        "",
        "| survivor | line | operator | why it is equivalent |",
        "|---|--:|---|---|",
    ]
    for mutant in survivors:
        change = mutant.change.replace("|", "\\|")
        why = reasons.get(mutant.key, "**it is not: a test is missing**")
        lines.append(
            f"| {mutant.module}: `{change}` | {mutant.place[0]} | {mutant.operator.split('/')[-1]} | {why} |"
        )
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    python, *named = arguments
    count, seed = int(os.environ.get("SAMPLE") or 200), int(os.environ.get("SEED") or 0)
    reasons = json.loads(EQUIVALENT.read_text(encoding="utf-8")) if EQUIVALENT.exists() else {}
    mutants = draw(modules(named), count, seed)
    outcomes = run(mutants, str(Path(python).absolute()))
    RESULTS.write_text(page(mutants, outcomes, reasons, seed), encoding="utf-8")
    holes = [
        mutant
        for mutant, found in zip(mutants, outcomes, strict=True)
        if found == "survived" and mutant.key not in reasons
    ]
    print(f"{len(mutants) - len(holes)} passed, {len(holes)} failed")
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
