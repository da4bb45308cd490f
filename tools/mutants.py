"""How many small changes of rnnlib its tests notice: `make mutants` runs this, with cosmic-ray in its own environment.

    python tools/mutants.py PYTHON [rnnlib/x.py …]        SAMPLE=200 SEED=0

A sample of places in rnnlib is drawn, at each of them one of cosmic-ray's mutations, and each mutant is run against the
tests of its own module, by PYTHON, in a copy of the book. What draws figures is left out. A mutant that no test notices
is a hole in the tests, or it is equivalent: then `benchmarks/equivalent_mutants.json` says why.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from mutations import Mutant, draw

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "mutants.md"
EQUIVALENT = ROOT / "benchmarks" / "equivalent_mutants.json"
AT_ONCE = 2
LIMIT = 150  # seconds of a processor for a mutant, over twice what any module's tests take; more counts as noticed
# A counterexample need not be a small one.
CONFTEST = """
from hypothesis import Phase, settings
settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate])
settings.load_profile("mutants")
"""
# Which tests are a module's own; the longest beginning of its path counts.
TESTS = {
    "arguments": "bad_input cells layers autocast left_alone",
    "autocast": "autocast",
    "cells": "cells bad_input autocast",
    "checks": "checks",
    "device": "device",
    "flipbook": "flipbook left_alone",
    "forecaster": "forecaster",
    "forecasting/baselines": "forecasting_baselines",
    "forecasting/checking": "forecasting_baselines forecasting_errors forecasting_splits",
    "forecasting/errors": "forecasting_errors",
    "forecasting/intervals": "forecasting_errors",
    "forecasting/latent": "forecasting_latent",
    "forecasting/splits": "forecasting_splits",
    "gates": "gates bad_input left_alone",
    "gradients": "gradients bad_input left_alone",
    "layers": "layers bad_input",
    "lengths/batches": "bucket_batches bad_input left_alone",
    "lengths/masks": "lengths bad_input",
    "lengths/packing": "packing lengths bad_input left_alone",
    "lengths/rectangles": "lengths run_packed",
    "lengths/running": "run_packed bad_input left_alone",
    "losses": "losses bad_input",
    "measured": "measured",
    "models": "models bad_input",
    "operations": "operations",
    "seq2seq/attention": "attention seq2seq",
    "seq2seq/beams": "beam_search",
    "seq2seq": "seq2seq bad_input left_alone autocast",
    "tasks/adding": "task_adding",
    "tasks/brackets": "task_brackets",
    "tasks/dates": "task_dates",
    "tasks/digit_sums": "task_digit_sums",
    "tasks/future_tags": "task_future_tags",
    "tasks/nested_parity": "task_nested_parity",
    "tasks/series": "task_series",
    "tasks/spelling": "task_spelling",
    "tasks/vowels": "task_vowels",
    "training": "training left_alone",
    "unrolling": "layers bad_input autocast",
    "vocabulary": "vocabulary left_alone",
}


def modules(arguments: list[str]) -> list[Path]:
    """The modules to be mutated: those that are named, or all that have tests of their own."""
    if arguments:
        return [Path(argument).resolve() for argument in arguments]
    return [path for path in sorted((ROOT / "rnnlib").rglob("*.py")) if own_tests(path)]


def own_tests(path: Path) -> list[str]:
    name = path.relative_to(ROOT / "rnnlib").with_suffix("").as_posix()
    own = [begin for begin in TESTS if name == begin or name.startswith(begin + "/")]
    return [f"tests/test_{test}.py" for test in TESTS[max(own, key=len)].split()] if own else []


def outcome(module: str, source: str, copy: Path, python: str) -> str:
    """killed, survived or timeout: what a module's own tests say of another source, in a copy of the book."""
    path = copy / module
    original = path.read_text(encoding="utf-8")
    environment = os.environ | {
        "PYTHONPATH": str(copy),
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "RNNLIB_DEVICE": "cpu",
    }
    command = [python, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *own_tests(ROOT / module)]
    limited = ["sh", "-c", f'ulimit -t {LIMIT}; exec "$@"', "sh", *command]
    try:
        path.write_text(source, encoding="utf-8")
        # A mutant may also wait for ever without computing.
        done = subprocess.run(
            limited, cwd=copy, env=environment, capture_output=True, timeout=10 * LIMIT, check=False
        )
    except subprocess.TimeoutExpired:
        return "timeout"
    finally:
        path.write_text(original, encoding="utf-8")
    if done.returncode in (-signal.SIGKILL, -signal.SIGXCPU):
        return "timeout"
    return "survived" if done.returncode == 0 else "killed"


def run(mutants: list[Mutant], python: str) -> list[str]:
    """What is found of each mutant, after the tests have passed where nothing is changed."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(AT_ONCE) as pool:
        copies: queue.Queue[Path] = queue.Queue()
        for number in range(AT_ONCE):
            copy = Path(name) / str(number)
            for part in ("rnnlib", "tests", "tools", "benchmarks"):
                shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copy(ROOT / "pyproject.toml", copy)
            with (copy / "tests" / "conftest.py").open("a", encoding="utf-8") as conftest:
                conftest.write(CONFTEST)
            copies.put(copy)

        def one(module: str, source: str, key: str) -> str:
            copy = copies.get()
            try:
                found = outcome(module, source, copy, python)
            finally:
                copies.put(copy)
            print(f"{found:9} {key}", flush=True)
            return found

        def unchanged(module: str) -> str:
            return one(module, (ROOT / module).read_text(encoding="utf-8"), f"{module}, unchanged")

        # Modules that share their tests need one such run.
        suites = {tuple(own_tests(ROOT / mutant.module)): mutant.module for mutant in mutants}
        failing = [
            module
            for module, found in zip(suites.values(), pool.map(unchanged, suites.values()), strict=True)
            if found != "survived"
        ]
        if failing:
            raise SystemExit(f"the tests fail without a mutant, too: those of {', '.join(failing)}")
        return list(pool.map(lambda mutant: one(mutant.module, mutant.source, mutant.key), mutants))


def page(mutants: list[Mutant], outcomes: list[str], reasons: dict[str, str], seed: int) -> str:
    """The results as Markdown."""
    survivors = [mutant for mutant, found in zip(mutants, outcomes, strict=True) if found == "survived"]
    equivalent = [mutant for mutant in survivors if mutant.key in reasons]
    counts, changing = Counter(outcomes), len(mutants) - len(equivalent)
    noticed = counts["killed"] + counts["timeout"]
    lines = [
        "# Mutants of rnnlib",
        "",
        f"Written by `make mutants` on {datetime.now(UTC):%Y-%m-%d}: {len(mutants)} mutants, drawn with seed {seed}, "
        "each run against its module's own tests.",
        "",
        f"Noticed of those that change behaviour: **{noticed} of {changing}, {noticed / max(changing, 1):.1%}**. "
        f"Killed by a failing test: {counts['killed']}, by the time limit: {counts['timeout']}. Survived: "
        f"{counts['survived']}, of these equivalent: {len(equivalent)}.",
        "",
        "The places are drawn evenly from all those in `rnnlib` where cosmic-ray can change something, but for "
        "annotations and docstrings, which do nothing, and `rnnlib/figures`, most of which says where on a page a line "
        "is drawn.",
        "",
        "| survivor | operator | why it is equivalent |",
        "|---|---|---|",
    ]
    for mutant in survivors:
        key = mutant.change.replace("|", "\\|")
        why = reasons.get(mutant.key, "**it is not: a test is missing**")
        operator = mutant.operator.split("/")[-1]
        lines.append(f"| {mutant.module}, `{mutant.inside}`: `{key}` | {operator} | {why} |")
    lines += ["", "| module | mutants | noticed | equivalent |", "|---|--:|--:|--:|"]
    for module in sorted({mutant.module for mutant in mutants}):
        here = [found for mutant, found in zip(mutants, outcomes, strict=True) if mutant.module == module]
        same = sum(mutant.module == module for mutant in equivalent)
        lines.append(f"| {module} | {len(here)} | {len(here) - here.count('survived')} | {same} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    python, *named = arguments
    count, seed = int(os.environ.get("SAMPLE") or 200), int(os.environ.get("SEED") or 0)
    reasons = json.loads(EQUIVALENT.read_text(encoding="utf-8")) if EQUIVALENT.exists() else {}
    mutants = draw(modules(named), count, seed)
    outcomes = run(mutants, str(Path(python).absolute()))
    text = page(mutants, outcomes, reasons, seed)
    if named:
        print(text)  # the record is of all modules
    else:
        RESULTS.write_text(text, encoding="utf-8")
    holes = [
        mutant
        for mutant, found in zip(mutants, outcomes, strict=True)
        if found == "survived" and mutant.key not in reasons
    ]
    print(f"{len(mutants) - len(holes)} passed, {len(holes)} failed")
    return 1 if holes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
