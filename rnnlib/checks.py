"""Claims that a cell proves, and answers that a cell grades."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import torch


def check(statement: str, condition: object) -> None:
    """Print ``✓ statement`` if the condition is true; raise otherwise.

    The book's sentences that a machine can decide are written as checks, so that running a chapter proves them.

    Args:
        statement: the claim, in the words in which the reader should remember it.
        condition: a bool, or a tensor or array with a single boolean element.

    Raises:
        AssertionError: the condition is false; the message is the statement.
        TypeError: the statement is not a string, or the condition is not a truth value. A number, a list or a tensor
            of several elements is refused, because its truth would be an accident of its length or its rounding.

    Examples:
        >>> check("two and two make four", 2 + 2 == 4)
        ✓ two and two make four
    """
    if not isinstance(statement, str):
        raise TypeError(f"statement must be a string, got {type(statement).__name__}")
    if not _truth(condition):
        raise AssertionError(f"✗ {statement}")
    print(f"✓ {statement}")


def agree(first: torch.Tensor, second: torch.Tensor, tolerance: float = 1e-5) -> bool:
    """Whether two tensors of one shape differ by no more than the tolerance in every element.

    ``torch.allclose`` would broadcast: it finds (3,) close to (5, 3) if all the rows match. In a book on shapes that
    is no agreement. The difference is taken on the CPU, whatever the tensors' devices: of integers exactly, of complex
    numbers as their distance in the plane, of all others in float64.

    Args:
        first: a tensor of any shape.
        second: a tensor of the same shape.
        tolerance: the greatest absolute difference allowed.

    Returns:
        True if they agree. A NaN or an infinity agrees with nothing, not even with itself.

    Raises:
        TypeError: an argument is not a tensor.
        ValueError: the shapes differ, or the tolerance is negative or not a number.

    Examples:
        >>> agree(torch.ones(3), torch.ones(3) + 1e-7)
        True
    """
    _check_tolerance(tolerance)
    for name, tensor in (("first", first), ("second", second)):
        if not isinstance(tensor, torch.Tensor):
            raise TypeError(f"{name} must be a tensor, got {type(tensor).__name__}")
    if first.shape != second.shape:
        raise ValueError(
            f"first and second must have one shape, got {tuple(first.shape)} and {tuple(second.shape)}"
        )
    return first.numel() == 0 or _gap(first, second) <= tolerance


@contextmanager
def expect_error(kind: type[Exception], part: str | None = None) -> Iterator[None]:
    """Run what must fail, and print the error as a reader would meet it.

    Args:
        kind: the exception that must be raised.
        part: what the message must contain; then only that part is printed. For messages of which the rest differs
            from one version of a library to the next.

    Raises:
        AssertionError: nothing was raised, or a message without the part. An exception of another kind passes through.

    Examples:
        >>> with expect_error(ZeroDivisionError):
        ...     1 / 0
        ZeroDivisionError: division by zero
    """
    try:
        yield
    except kind as error:
        if part is not None and part not in str(error):
            raise AssertionError(
                f"✗ a message with {part!r} was expected, and it was {str(error)!r}"
            ) from error
        print(f"{type(error).__name__}: {error if part is None else part}")
    else:
        raise AssertionError(f"✗ a {kind.__name__} was expected, and nothing was raised")


def grade(attempt: object, expected: object, tolerance: float = 1e-5) -> None:
    """Say whether an exercise's answer is right, and if it is not, how it differs. Never raises for a wrong answer.

    An attempt that is still ``...`` is not wrong but not there yet, so a chapter runs from top to bottom before any
    exercise has been tried.

    Args:
        attempt: the reader's answer: a number, string, bool, shape, list or tuple of those, or a tensor. A tensor will
            do for a list of its rows, and a list of rows, numbers or bools for a tensor.
        expected: the right answer, usually computed by PyTorch in the same cell.
        tolerance: the greatest difference allowed in any element of a tensor or in a number that is not an integer.

    Raises:
        ValueError: the tolerance is negative or not a number.

    Examples:
        >>> grade(..., 7)
        ○ not answered yet
        >>> grade(7, 7)
        ✓ right
        >>> grade((3, 5), (5, 3))
        ✗ not yet: (3, 5) is not the answer
    """
    _check_tolerance(tolerance)
    if _is_blank(attempt):
        print("○ not answered yet")
        return
    try:
        fault = _difference(attempt, expected, tolerance)
    except Exception as error:
        _difference(expected, expected, tolerance)  # if this fails, too, it is not the attempt's fault
        fault = f"it cannot be compared with the answer ({type(error).__name__})"
    print("✓ right" if fault is None else f"✗ not yet: {fault}")


def _check_tolerance(tolerance: float) -> None:
    if not tolerance >= 0:
        raise ValueError(f"tolerance must be a number of at least 0, got {tolerance}")


def _gap(first: torch.Tensor, second: torch.Tensor) -> float:
    """The greatest difference of any two elements; NaN if there is a NaN. Never less than the true one."""
    # To the CPU first: an Apple GPU has no float64.
    first, second = first.detach().cpu().flatten(), second.detach().cpu().flatten()
    if not any(one.is_floating_point() or one.is_complex() for one in (first, second)):
        return float(max(abs(a - b) for a, b in zip(first.tolist(), second.tolist(), strict=True)))
    wide = torch.complex128 if first.is_complex() or second.is_complex() else torch.float64
    gaps = (first.to(wide) - second.to(wide)).abs()
    return (gaps + _lost(first) + _lost(second)).max().item()


def _lost(whole: torch.Tensor) -> torch.Tensor:
    """What each integer lost when it became a float64; zeros for other numbers."""
    if whole.is_floating_point() or whole.is_complex():
        return torch.zeros(len(whole), dtype=torch.float64, device="cpu")
    return torch.tensor(
        [abs(int(float(one)) - one) for one in whole.tolist()], dtype=torch.float64, device="cpu"
    )


def _truth(condition: object) -> bool:
    if isinstance(condition, bool):
        return condition
    dtype = getattr(condition, "dtype", None)
    if dtype is not None and str(dtype) in ("bool", "torch.bool"):
        array: Any = condition
        if array.ndim == 0:
            return bool(array)
        raise TypeError(
            f"condition must be one truth value, got {tuple(array.shape)} of them; reduce it with .all()"
        )
    raise TypeError(f"condition must be a bool, got {type(condition).__name__}: {condition!r}")


def _is_blank(attempt: object) -> bool:
    if attempt is ...:
        return True
    return isinstance(attempt, list | tuple) and any(_is_blank(part) for part in attempt)


def _difference(attempt: object, expected: object, tolerance: float) -> str | None:
    """What is wrong with the attempt, without giving the answer away; None if nothing is."""
    if isinstance(expected, torch.Tensor):
        return _tensor_difference(attempt, expected, tolerance)
    if isinstance(expected, list | tuple):
        if isinstance(attempt, torch.Tensor) and attempt.ndim > 0:
            attempt = list(attempt.unbind())
        if not isinstance(attempt, list | tuple):
            return f"a tuple of {len(expected)} is wanted, this is a {type(attempt).__name__}"
        if len(attempt) != len(expected):
            return f"{len(expected)} entries are wanted, these are {len(attempt)}"
        for part, wanted in zip(attempt, expected, strict=True):
            fault = _difference(part, wanted, tolerance)
            if fault is not None:
                mixed = any(isinstance(one, torch.Tensor) for one in expected)
                return fault if mixed else f"{_shown(attempt)} is not the answer"
        return None
    attempt = _number(attempt)
    if isinstance(expected, bool) or isinstance(attempt, bool):
        return None if attempt is expected else f"{_in_words(attempt)} is not the answer"
    if isinstance(expected, numbers.Complex):
        near = isinstance(attempt, numbers.Complex) and _near(attempt, expected, tolerance)
        return None if near else f"{_in_words(attempt)} is not the answer"
    same = attempt == expected
    return None if isinstance(same, bool) and same else f"{_in_words(attempt)} is not the answer"


def _near(attempt: numbers.Complex, expected: numbers.Complex, tolerance: float) -> bool:
    """Whether two numbers are equal, or, if an answer that is not an integer is wanted, nearly so."""
    if isinstance(expected, numbers.Integral):
        return bool(attempt == expected)
    try:
        gap = math.hypot(*(_exact(attempt, part) - _exact(expected, part) for part in ("real", "imag")))
    except (ValueError, OverflowError):  # a NaN, an infinity, or a number beyond all floats
        return False
    return gap <= tolerance


def _exact(number: numbers.Complex, part: str) -> Fraction:
    value = getattr(number, part)
    return Fraction(value if isinstance(value, numbers.Rational) else float(value))


def _in_words(answer: object) -> str:
    """The answer as the reader may have written it, or only its type, if it is long or cannot be shown."""
    try:
        words = repr(answer)
    except Exception:
        words = ""
    return words if 0 < len(words) <= 200 else f"this {type(answer).__name__}"


def _tensor_difference(attempt: object, expected: torch.Tensor, tolerance: float) -> str | None:
    attempt = _stacked(attempt)
    if not isinstance(attempt, torch.Tensor):
        return f"a tensor is wanted, this is a {type(attempt).__name__}"
    if attempt.shape != expected.shape:
        return f"the shape is {tuple(attempt.shape)}, it should be {tuple(expected.shape)}"
    if attempt.numel() == 0:
        return None
    gap = _gap(attempt, expected)
    # A gap that is not a number is not small: `not <=` is true of it, `>` would not be.
    return f"the shape is right, the greatest error is {gap:.1e}" if not gap <= tolerance else None


def _number(attempt: object) -> object:
    """What a tensor without axes holds, or a number or bool of numpy's; anything else as it is."""
    one: Any = attempt
    return one.item() if getattr(one, "ndim", None) == 0 else attempt


def _stacked(attempt: object) -> object:
    """A tensor of the rows, where the attempt is a list or tuple of numbers, of bools or of tensors of one shape."""
    if not isinstance(attempt, list | tuple):
        return attempt
    rows: list[torch.Tensor] = []
    for row in map(_stacked, attempt):
        if not isinstance(row, torch.Tensor | numbers.Complex):
            return attempt
        if isinstance(row, numbers.Rational) and not isinstance(row, numbers.Integral):
            row = float(row)
        rows.append(row if isinstance(row, torch.Tensor) else torch.tensor(row, device="cpu"))
    return torch.stack(rows) if len({row.shape for row in rows}) == 1 else attempt


def _shown(answer: list[Any] | tuple[Any, ...]) -> str:
    plain = [_number(part) for part in answer]
    return _in_words(plain if isinstance(answer, list) else tuple(plain))
