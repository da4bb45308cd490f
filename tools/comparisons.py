"""Watches the comparisons that decide a notebook's checks, without a change to its cells.

IPython lets one rewrite a cell's syntax tree before it runs. Each comparison that can decide a check is replaced by a
call that compares in the same way and writes down both sides. A comparison decides where its truth is the condition of
``check``, is returned or is given a name: by itself, under ``and``, ``or``, ``not``, ``&``, ``|``, ``all``, ``any``. A
mask, an index or the test of an ``if`` does not.
"""

from __future__ import annotations

import ast
import numbers
import operator
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch

NAME = "__watched_comparison__"
OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


@dataclass
class Comparison:
    """Two sides as numbers, and how they were compared; of a tensor, the element that decides."""

    text: str
    sign: str
    left: float
    right: float
    some: bool  # one that holds is enough, as under `or` and `any`

    @property
    def margin(self) -> float:
        """How far the comparison is from being false; negative where it is false."""
        return float(margin(self.sign, self.left, self.right))


def margin(sign: str, left: Any, right: Any) -> Any:
    if sign in ("<", "<="):
        return right - left
    if sign in (">", ">="):
        return left - right
    distance = abs(left - right)
    return -distance if sign == "==" else distance


class Watcher(ast.NodeTransformer):
    """Rewrites the comparisons that can decide a check; each keeps its source text as a name."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "check" and len(node.args) == 2:
            node.args[1] = self.decisive(node.args[1])
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        self.generic_visit(node)
        node.value = self.decisive(node.value)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        self.generic_visit(node)
        node.value = self.decisive(node.value)
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        if node.value is not None:
            node.value = self.decisive(node.value)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.generic_visit(node)
        node.body = self.decisive(node.body)
        return node

    def decisive(
        self, node: ast.expr, opposite: bool = False, some: bool = False, reduced: bool = False
    ) -> ast.expr:
        """The expression with its comparisons watched, wherever its truth hangs on them.

        Args:
            node: the expression.
            opposite: whether it stands under an odd number of negations.
            some: whether it is one of several of which one is enough.
            reduced: whether ``all`` or ``any`` makes one truth of its elements.
        """

        def within(part: ast.expr, one: bool = some, whole: bool = reduced) -> ast.expr:
            return self.decisive(part, opposite, one, whole)

        match node:
            case ast.Compare():
                return self._watched(node, opposite, some, reduced)
            case ast.BoolOp():
                # Not (a and b) is (not a or not b).
                one = some or isinstance(node.op, ast.Or) != opposite
                node.values = [within(value, one) for value in node.values]
            case ast.UnaryOp(op=ast.Not() | ast.Invert()):
                node.operand = self.decisive(node.operand, not opposite, some, reduced)
            case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
                one = some or isinstance(node.op, ast.BitOr) != opposite
                node.left, node.right = within(node.left, one), within(node.right, one)
            case ast.Call(func=ast.Attribute(attr="all" | "any") as method):
                one = some or (method.attr == "any") != opposite
                method.value = within(method.value, one, True)
            case ast.Call(func=ast.Name(id="all" | "any") as function, args=[_]):
                one = some or (function.id == "any") != opposite
                node.args = [within(node.args[0], one)]
            case ast.Call(func=ast.Name(id="bool"), args=[_]):
                node.args = [within(node.args[0])]
            case ast.GeneratorExp() | ast.ListComp():
                node.elt = within(node.elt)
            case ast.List() | ast.Tuple():
                node.elts = [within(part) for part in node.elts]
            case ast.IfExp():
                node.body, node.orelse = within(node.body), within(node.orelse)
        return node

    def _watched(self, node: ast.Compare, opposite: bool, some: bool, reduced: bool) -> ast.expr:
        if not all(type(op) in OPERATORS for op in node.ops):
            return node
        signs = [OPERATORS[type(op)] for op in node.ops]
        operands = ast.Tuple([node.left, *node.comparators], ast.Load())
        said = (ast.unparse(node), " ".join(signs), opposite, some, reduced)
        arguments = [ast.Constant(value) for value in said]
        call = ast.Call(ast.Name(NAME, ast.Load()), [*arguments, operands], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))


class Log:
    """What the watched comparisons saw since it was emptied last."""

    def __init__(self) -> None:
        self.seen: list[Comparison] = []

    def compare(
        self, text: str, signs: str, opposite: bool, some: bool, reduced: bool, operands: Sequence[Any]
    ) -> Any:
        """Compare as the expression did, chains included, and write down what can be written down.

        Of several elements that nothing reduces to one truth there is nothing to write: they are a mask.
        """
        result: Any = True
        for position, sign in enumerate(signs.split(" ")):
            left, right = operands[position : position + 2]
            result = COMPARE[sign](left, right)
            if reduced or getattr(result, "ndim", 0) == 0:
                self.note(text, OPPOSITE[sign] if opposite else sign, left, right, some)
            if position + 2 < len(operands) and not result:
                return result
        return result

    def note(self, text: str, sign: str, left: Any, right: Any, some: bool = False) -> None:
        sides = _as_numbers(left), _as_numbers(right)
        if sides[0] is None or sides[1] is None:
            return
        try:
            first, second = torch.broadcast_tensors(*sides)  # type: ignore[no-untyped-call]
        except RuntimeError:
            return
        if first.numel() == 0:
            return
        margins = margin(sign, first, second).flatten().nan_to_num(nan=-torch.inf)
        where = int(margins.argmax() if some else margins.argmin())
        found = Comparison(text, sign, first.flatten()[where].item(), second.flatten()[where].item(), some)
        self.seen.append(found)

    def take(self) -> list[dict[str, Any]]:
        """For each text the comparison nearest to deciding otherwise; the log is then empty."""
        nearest: dict[tuple[str, str], Comparison] = {}
        for found in self.seen:
            key = (found.text, found.sign)
            other = nearest.get(key)
            if other is None or (found.margin > other.margin) == found.some:
                nearest[key] = found
        self.seen = []
        return [asdict(found) for found in nearest.values()]


def _as_numbers(side: Any) -> torch.Tensor | None:
    if isinstance(side, numbers.Real):
        return torch.tensor(float(side), dtype=torch.float64)
    if hasattr(side, "dtype") and not isinstance(side, torch.Tensor):
        side = torch.as_tensor(side)
    if isinstance(side, torch.Tensor) and not side.is_complex():
        return side.detach().cpu().double()
    return None
