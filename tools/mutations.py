"""Small changes of a program, made by cosmic-ray: where they can be made, and a draw of them.

Changes of annotations and docstrings are left out, since no test can see them.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    module: str
    place: tuple[int, int]
    operator: str
    source: str
    inside: str  # the class and the function around it
    change: str  # the lines before and after

    @property
    def key(self) -> str:
        return f"{self.module}, {self.inside}: {self.change}"


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


def changes_of(path: Path) -> dict[tuple[int, int], list[tuple[str, int]]]:
    """What cosmic-ray can change in a module: by place, the operators, and which of each one's occurrences it is."""
    # Not in the environment in which the tests run.
    import cosmic_ray.plugins
    from cosmic_ray.ast import get_ast

    tree = get_ast(path.read_text(encoding="utf-8"))
    found: dict[tuple[int, int], list[tuple[str, int]]] = {}
    for name in sorted(cosmic_ray.plugins.operator_names()):
        if "Variable" not in name:  # those want to be told a variable's name
            operator = cosmic_ray.plugins.get_operator(name)()
            for occurrence, place in enumerate(_places(operator, tree)):
                found.setdefault(place, []).append((name, occurrence))
    return found


def mutant_of(path: Path, place: tuple[int, int], name: str, occurrence: int) -> Mutant | None:
    """The module with one change, or None if that is no program or does the same on paper."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    source = path.read_text(encoding="utf-8")
    mutated = mutate_code(source, get_operator(name)(), occurrence)
    if mutated is None or _broken(mutated) or behaviour(mutated) == behaviour(source):
        return None
    lines = list(unified_diff(source.splitlines(), mutated.splitlines(), n=0, lineterm=""))[3:]
    before, after = (" ".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")
    module = path.relative_to(ROOT).as_posix()
    return Mutant(module, place, name, mutated, around(source, place[0]), f"{before} -> {after.strip()}")


def around(source: str, line: int) -> str:
    """The classes and functions around a line, the outermost first. A decorator belongs to what it decorates."""
    names, tree = [], ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            if first <= line <= (node.end_lineno or first):
                names.append(node.name)
    return ".".join(names) or "module"


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
    places = [(path, *found) for path in paths for found in sorted(changes_of(path).items())]
    source.shuffle(places)
    mutants: list[Mutant] = []
    for path, place, changes in places:
        source.shuffle(changes)
        tried = (mutant_of(path, place, name, occurrence) for name, occurrence in changes)
        mutants += [mutant for mutant in [next(filter(None, tried), None)] if mutant]
        if len(mutants) == count:
            break
    return mutants
