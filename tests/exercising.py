"""Runs the exercises of the chapters with a reader's answers: which cells an exercise needs, and what its grader says.

An exercise's cell holds blanks, statements with a ``...`` in them, and below them its grader. An attempt is source code
that takes the blanks' place, as a reader would write it. Of the cells before it, what the exercise uses is run, and no
more: not the checks and the figures, and not the trainings that it does not use.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"
# Calls on a line of their own that change nothing which a later cell reads.
SILENT = {"check", "grade", "print", "flipbook"}
# Methods and functions that change what they are called on or given first, besides those of torch that end in "_".
CHANGING = {
    "load_state_dict",
    "append",
    "extend",
    "add",
    "update",
    "insert",
    "pop",
    "backward",
    "step",
    "eval",
    "train",
}
CHANGING |= {"to", "cpu", "set_forget_bias"}


@dataclass(frozen=True)
class Answers:
    """Answers to one exercise, by what they are: code that takes the place of its blanks."""

    right: dict[str, str]
    wrong: dict[str, str]


@dataclass(frozen=True)
class Verdict:
    """What the grader printed, a line for each call of it."""

    lines: tuple[str, ...]

    @property
    def right(self) -> bool:
        return bool(self.lines) and all(line == "✓ right" for line in self.lines)

    @property
    def refused(self) -> bool:
        return any(line.startswith("✗ not yet") for line in self.lines)


@dataclass(frozen=True)
class Part:
    """A statement of a chapter: what it defines, what it needs, and whether it makes its names anew."""

    source: str
    defines: frozenset[str]
    needs: frozenset[str]
    anew: bool


@cache
def cells(chapter: str) -> dict[str, str]:
    """The code cells of a chapter, in their order, by their ids."""
    notebook = json.loads((CHAPTERS / f"{chapter}.ipynb").read_text(encoding="utf-8"))
    return {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"}


def exercises(chapter: str) -> list[str]:
    return [name for name in cells(chapter) if name.startswith("exercise-")]


def verdict(chapter: str, exercise: str, attempt: str, instead: dict[str, str] | None = None) -> Verdict:
    """What the exercise's grader says to an attempt. What an attempt raises goes through, as it does for a reader.

    Args:
        chapter: the name of the notebook, without its ending.
        exercise: the id of the exercise's cell.
        attempt: code that defines what is blank there.
        instead: assignments that take the place of the chapter's own, by the name that they define.
    """
    cell = with_attempt(cells(chapter)[exercise], attempt)
    namespace: dict[str, Any] = {"__name__": "__main__"}
    torch.manual_seed(0)
    with contextlib.redirect_stdout(io.StringIO()):
        for source in before(chapter, exercise, cell, instead or {}):
            exec(compile(source, f"<{chapter}>", "exec"), namespace)
    printed = io.StringIO()
    torch.manual_seed(1)
    with contextlib.redirect_stdout(printed):
        exec(compile(cell, f"<{chapter}, {exercise}>", "exec"), namespace)
    lines = printed.getvalue().splitlines()
    return Verdict(tuple(line for line in lines if line.startswith(("✓ right", "✗ not yet", "○"))))


def with_attempt(cell: str, attempt: str) -> str:
    """The exercise's cell with the attempt in the place of each blank that it fills."""
    given = {name for node in ast.parse(attempt).body for name in _stored(node)}
    statements, written = [], False
    for node in ast.parse(cell).body:
        if _is_blank(node) and _stored(node) & given:
            statements += [] if written else [attempt]
            written = True
        else:
            statements.append(ast.unparse(node))
    if not written:
        raise ValueError(f"the attempt must define what is blank in the cell, it defines {sorted(given)}")
    return "\n".join(statements)


def solution(chapter: str, exercise: str) -> str:
    """The chapter's own answer: what its solution's cell says in place of the blanks."""
    blank = {
        name for node in ast.parse(cells(chapter)[exercise]).body if _is_blank(node) for name in _stored(node)
    }
    answer: list[ast.stmt] = []
    kept: list[ast.stmt] = []
    for node in ast.parse(cells(chapter)[exercise.replace("exercise", "solution")]).body:
        if _stored(node) & blank:
            answer += [*kept, node]
            kept = []
        elif isinstance(node, ast.Assign):
            kept.append(node)  # a step on the way to an answer that follows
    return "\n".join(map(ast.unparse, answer))


def _is_blank(node: ast.stmt) -> bool:
    """Whether a reader is to replace something here: all that a statement or a function gives is ``...``."""
    if isinstance(node, ast.Assign):
        return _dots(node.value)
    if isinstance(node, ast.FunctionDef):
        inner = [one for one in ast.walk(node) if isinstance(one, ast.Return)]
        return (
            bool(inner)
            and any(one.value is not None and _dots(one.value) for one in inner)
            and (len(node.body) == 1 or any(isinstance(one, ast.FunctionDef) for one in node.body))
        )
    return False


def _dots(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return all(map(_dots, node.elts))
    return isinstance(node, ast.Constant) and node.value is ...


def before(chapter: str, exercise: str, cell: str, instead: dict[str, str]) -> list[str]:
    """The statements of earlier cells that a cell needs, in their order."""
    substitutes = {name: next(_parts(ast.parse(source))) for name, source in instead.items()}
    names = list(cells(chapter))
    earlier = [
        part
        for name in names[: names.index(exercise)]
        if not name.startswith("solution-")
        for part in parts(chapter, name)
    ]
    needed, chosen = _needs_of_cell(ast.parse(cell)), []
    for index in reversed(range(len(earlier))):
        part = earlier[index]
        for name, substitute in substitutes.items():
            if name in part.defines and part.anew:
                part = substitute
        if part.defines & needed:
            chosen.append(part.source)
            if part.anew:
                needed -= part.defines
            needed |= _closure(part.needs, earlier[:index])
    return chosen[::-1]


def _closure(needs: frozenset[str], earlier: list[Part]) -> set[str]:
    """What is needed, and what the functions among it need when they are called."""
    found, waiting = set(), set(needs)
    latest = {name: part for part in earlier for name in part.defines}
    while waiting:
        name = waiting.pop()
        found.add(name)
        part = latest.get(name)
        if part is not None and part.source.lstrip("@").startswith(("def ", "class ", "torch.no_grad")):
            waiting |= part.needs - found
    return found


@cache
def parts(chapter: str, cell: str) -> tuple[Part, ...]:
    return tuple(_parts(ast.parse(cells(chapter)[cell])))


def _parts(tree: ast.Module) -> Iterator[Part]:
    for node in tree.body:
        if isinstance(node, ast.Expr) and _is_silent(node.value):
            continue
        source, defines, needs = ast.unparse(node), _stored(node), _needs(node)
        if isinstance(node, ast.For):
            defines -= _stored(node.target)  # a loop's own
        anew = isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom) or (
            isinstance(node, ast.Assign)
            and all(isinstance(target, ast.Name | ast.Tuple) for target in node.targets)
        )
        if isinstance(node, ast.Expr | ast.With | ast.For | ast.If | ast.AugAssign) or (
            isinstance(node, ast.Assign) and not anew
        ):
            defines |= _changed(node)
        if defines:
            yield Part(source, frozenset(defines), frozenset(needs), anew)


def _is_silent(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call):
        return True
    root = _root(node.func)
    return root in SILENT or root == "figures"


def _root(node: ast.AST) -> str | None:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def _changed(node: ast.AST) -> set[str]:
    """The objects that a statement may change in place: those whose methods it calls, or whose parts it sets."""
    found: set[str | None] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute):
            if one.func.attr in CHANGING or one.func.attr.endswith("_"):
                found |= {_root(one.func), *map(_root, one.args[:1])}
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Name) and one.func.id in CHANGING:
            found |= set(map(_root, one.args[:1]))
        elif isinstance(one, ast.Attribute | ast.Subscript) and isinstance(one.ctx, ast.Store):
            found.add(_root(one))
    return {name for name in found if name not in {None, "torch", "nn", "F"}}  # type: ignore[misc]


def _stored(node: ast.AST) -> set[str]:
    """The names that a statement gives a value to, outside of the functions in it."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    found = {node.id} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else set()
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Lambda):
        return found
    for child in ast.iter_child_nodes(node):
        found |= _stored(child)
    return found


def _needs(node: ast.AST) -> set[str]:
    """All names that are read, also those of a function's own: too many do no harm but cost."""
    own: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.FunctionDef):
            arguments = [*one.args.args, *one.args.kwonlyargs, one.args.vararg, one.args.kwarg]
            own |= {argument.arg for argument in arguments if argument is not None}
            own |= _locals(one)
        elif isinstance(one, ast.comprehension):
            own |= _stored(one.target)
        elif isinstance(one, ast.Lambda):
            own |= {argument.arg for argument in one.args.args}
    read = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
    read |= {root for one in ast.walk(node) if isinstance(one, ast.AugAssign) and (root := _root(one.target))}
    if not isinstance(node, ast.FunctionDef | ast.ClassDef):
        own -= _outside(node)
    loops = {name for one in ast.walk(node) if isinstance(one, ast.For) for name in _stored(one.target)}
    return {name for name in read - own - loops if not hasattr(builtins, name)}


def _needs_of_cell(tree: ast.Module) -> set[str]:
    """What a cell reads before it has defined it itself; its functions are called at its end."""
    found: set[str] = set()
    own: set[str] = set()
    everything = set().union(*map(_stored, tree.body))
    for node in tree.body:
        found |= _needs(node) - (everything if isinstance(node, ast.FunctionDef | ast.ClassDef) else own)
        own |= _stored(node)
    return found


def _outside(node: ast.AST) -> set[str]:
    """The names that are read outside of comprehensions and lambdas, where they are nobody's own."""
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.Lambda):
        return set()
    found = {node.id} if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) else set()
    for child in ast.iter_child_nodes(node):
        found |= _outside(child)
    return found


def _locals(function: ast.FunctionDef) -> set[str]:
    found: set[str] = set()
    for statement in function.body:
        found |= _stored(statement)
    return found
