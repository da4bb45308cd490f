"""check() proves or raises; grade() answers without giving the answer away."""

import doctest
from fractions import Fraction

import numpy
import numpy as np
import pytest
import torch

import rnnlib.checks
from rnnlib.checks import agree, check, expect_error, grade


@pytest.mark.parametrize("condition", [True, torch.tensor(True), numpy.bool_(True), numpy.array(True)])
def test_a_true_claim_is_printed(condition, capsys):
    check("two and two make four", condition)
    assert capsys.readouterr().out == "✓ two and two make four\n"


@pytest.mark.parametrize("condition", [False, torch.tensor(False), numpy.bool_(False)])
def test_a_false_claim_stops_the_chapter_and_prints_nothing(condition, capsys):
    with pytest.raises(AssertionError, match="two and two make five"):
        check("two and two make five", condition)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (1, "condition must be a bool, got int"),
        (None, "condition must be a bool, got NoneType"),
        ([True], "condition must be a bool, got list"),
        ("yes", "condition must be a bool, got str"),
        (torch.tensor(1.0), "condition must be a bool, got Tensor"),
        (torch.tensor([True, True]), r"got \(2,\) of them; reduce it with .all\(\)"),
    ],
)
def test_a_condition_that_is_no_truth_value_is_refused(condition, message):
    with pytest.raises(TypeError, match=message):
        check("a claim", condition)


def test_a_statement_must_be_text():
    with pytest.raises(TypeError, match="statement must be a string, got bool"):
        check(True, "the arguments are swapped")


RIGHT = "✓ right\n"


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        (98816, 98816),
        (torch.tensor(7), 7),
        (2.0, 2),
        (0.3, 0.1 + 0.2),
        ("h_n", "h_n"),
        (True, True),
        ((1, 5, 3), torch.Size([1, 5, 3])),
        (torch.Size([1, 5, 3]), (1, 5, 3)),
        ([1, 2], (1, 2)),
        (torch.ones(2, 3), torch.ones(2, 3, dtype=torch.float64)),
        ((torch.ones(2), torch.zeros(3)), (torch.ones(2), torch.zeros(3))),
        (torch.zeros(0, 3), torch.zeros(0, 3)),
    ],
)
def test_a_right_answer_is_right(attempt, expected, capsys):
    grade(attempt, expected)
    assert capsys.readouterr().out == RIGHT


@pytest.mark.parametrize(
    ("attempt", "expected", "answer"),
    [
        (98560, 98816, "98560 is not the answer"),
        (7.4, 7, "7.4 is not the answer"),
        (None, 7, "None is not the answer"),
        (float("nan"), 0.5, "nan is not the answer"),
        (1, True, "1 is not the answer"),
        (True, 1, "True is not the answer"),
        ("output", "h_n", "'output' is not the answer"),
        ((5, 1, 3), (1, 5, 3), r"(5, 1, 3) is not the answer"),
        ((5, 3), (1, 5, 3), "3 entries are wanted, these are 2"),
        (15, (1, 5, 3), "a tuple of 3 is wanted, this is a int"),
        (torch.ones(3, 2), torch.ones(2, 3), "the shape is (3, 2), it should be (2, 3)"),
        (torch.ones(1, 3), torch.ones(2, 3), "the shape is (1, 3), it should be (2, 3)"),
        (torch.ones(2), torch.full((2,), 1.5), "the shape is right, the greatest error is 5.0e-01"),
        (torch.full((2,), float("nan")), torch.ones(2), "the shape is right, the greatest error is nan"),
        (3, torch.ones(2), "a tensor is wanted, this is a int"),
        ((torch.ones(2), torch.ones(3)), (torch.ones(2), torch.zeros(3)), "the greatest error is 1.0e+00"),
    ],
)
def test_a_wrong_answer_is_told_how_it_is_wrong(attempt, expected, answer, capsys):
    grade(attempt, expected)
    printed = capsys.readouterr().out
    assert printed.startswith("✗ not yet: ")
    assert answer in printed


@pytest.mark.parametrize("attempt", [..., (..., ...), [1, ...], (1, (2, ...))])
def test_a_blank_is_not_graded(attempt, capsys):
    grade(attempt, (1, 2))
    assert capsys.readouterr().out == "○ not answered yet\n"


def test_the_tolerance_bounds_the_greatest_error(capsys):
    grade(torch.tensor([1.0, 1.0]), torch.tensor([1.0, 1.09]), tolerance=0.1)
    grade(torch.tensor([1.0, 1.0]), torch.tensor([1.0, 1.11]), tolerance=0.1)
    right, wrong = capsys.readouterr().out.splitlines()
    assert right == "✓ right"
    assert wrong.startswith("✗ not yet")


@pytest.mark.parametrize(
    ("attempt", "expected", "right"),
    [
        (3, 3, True),
        (3, 4, False),
        (0.5 + 1e-6, 0.5, True),
        (0.6, 0.5, False),
        (True, True, True),
        (1, True, False),
    ],
)
def test_a_tensor_without_dimensions_is_graded_as_the_number_that_it_holds(attempt, expected, right, capsys):
    grade(attempt, expected)
    grade(torch.tensor(attempt, dtype=torch.float64 if isinstance(attempt, float) else None), expected)
    of_number, of_tensor = capsys.readouterr().out.splitlines()
    assert of_number == of_tensor
    assert (of_tensor == "✓ right") is right


@pytest.mark.parametrize("tolerance", [-1.0, float("nan")])
def test_a_senseless_tolerance_is_refused(tolerance):
    with pytest.raises(ValueError, match="tolerance must be a number of at least 0"):
        grade(1, 1, tolerance=tolerance)


@pytest.mark.parametrize("value", [0.0, 1e-6, -1e-6])
def test_tensors_agree_within_the_tolerance(value):
    assert agree(torch.ones(2, 3), torch.ones(2, 3, dtype=torch.float64) + value)


@pytest.mark.parametrize("value", [2e-5, -2e-5, float("nan"), float("inf")])
def test_one_element_out_of_tolerance_is_disagreement(value):
    other = torch.ones(2, 3)
    other[1, 2] += value
    assert not agree(torch.ones(2, 3), other)


def test_agreement_is_never_found_by_broadcasting():
    with pytest.raises(ValueError, match=r"must have one shape, got \(5, 3\) and \(3,\)"):
        agree(torch.ones(5, 3), torch.ones(3))


def test_only_tensors_can_agree():
    with pytest.raises(TypeError, match="second must be a tensor, got float"):
        agree(torch.tensor(1.0), 1.0)


def test_an_expected_error_is_printed_and_the_chapter_goes_on(capsys):
    with expect_error(ValueError):
        raise ValueError("lengths must be at least 1")
    assert capsys.readouterr().out == "ValueError: lengths must be at least 1\n"


def test_an_expected_error_that_does_not_come_stops_the_chapter():
    with (
        pytest.raises(AssertionError, match="a ValueError was expected, and nothing was raised"),
        expect_error(ValueError),
    ):
        pass


def test_an_error_of_another_kind_passes_through():
    with pytest.raises(KeyError), expect_error(ValueError):
        raise KeyError("other")


def test_the_examples_in_the_docstrings_are_true():
    results = doctest.testmod(rnnlib.checks, extraglobs={"torch": torch})
    assert results.attempted >= 5
    assert results.failed == 0


def test_only_the_expected_part_of_a_message_is_printed(capsys):
    with expect_error(ValueError, "no good"):
        raise ValueError("addmm: no good at all")
    assert capsys.readouterr().out == "ValueError: no good\n"


def test_a_message_without_the_expected_part_is_an_error():
    with (
        pytest.raises(AssertionError, match="a message with 'no good' was expected"),
        expect_error(ValueError, "no good"),
    ):
        raise ValueError("something else")


@pytest.mark.parametrize(
    ("attempt", "expected", "right"),
    [
        ([True, False], torch.tensor([True, False]), True),
        ((1, 2.5), torch.tensor([1.0, 2.5]), True),
        ([torch.ones(3), torch.zeros(3)], torch.tensor([[1.0, 1, 1], [0, 0, 0]]), True),
        ([[1, 2], [3, 4]], torch.tensor([[1, 2], [3, 4]]), True),
        ([1, 3], torch.tensor([1, 2]), False),
        ([[1, 2], [3]], torch.tensor([[1, 2], [3, 4]]), False),
        (["1", 2], torch.tensor([1, 2]), False),
        (torch.tensor([4, 3, 1]), [4, 3, 1], True),
        (torch.tensor([4, 3, 2]), [4, 3, 1], False),
        (torch.tensor([4, 3]), [4, 3, 1], False),
        (torch.ones(2, 3), [torch.ones(3), torch.ones(3)], True),
        (torch.ones(()), [1.0], False),
        (np.bool_(True), True, True),
        (np.bool_(False), True, False),
        (np.int64(3), 3, True),
    ],
)
def test_a_list_of_rows_is_as_good_as_a_tensor_and_the_reverse(attempt, expected, right, capsys):
    grade(attempt, expected)
    assert (capsys.readouterr().out == "✓ right\n") is right


def test_a_tensor_in_place_of_a_list_is_shown_without_its_name(capsys):
    grade(torch.tensor([4, 3]), [4, 1])
    assert capsys.readouterr().out == "✗ not yet: [4, 3] is not the answer\n"


def test_beside_a_tensor_only_the_part_that_is_wrong_is_shown(capsys):
    grade((torch.ones(2), "float"), (torch.ones(2), "int"))
    assert capsys.readouterr().out == "✗ not yet: 'float' is not the answer\n"


# Pairs that a cast to real or to float64 would make equal.
APART = {
    "imaginary parts": (torch.tensor([1 + 1j]), torch.tensor([1 + 5j])),
    "a complex and a real number": (torch.tensor([1 + 1j]), torch.tensor([1.0])),
    "large integers": (torch.tensor([2**53 + 1]), torch.tensor([2**53])),
    "a large integer and a float": (torch.tensor([2**53 + 1]), torch.tensor([2.0**53], dtype=torch.float64)),
    "a float and a large integer": (torch.tensor([2.0**53], dtype=torch.float64), torch.tensor([2**53 + 1])),
    "a large integer and a complex number": (
        torch.tensor([2**53 + 1]),
        torch.tensor([2.0**53], dtype=torch.complex128),
    ),
    "the ends of int64": (torch.tensor([-(2**63)]), torch.tensor([2**63 - 1])),
}


@pytest.mark.parametrize("name", APART)
def test_no_difference_is_lost_in_a_cast(name, capsys):
    first, second = APART[name]
    for one, other in ((first, second), (second, first)):
        assert agree(one, one)
        assert not agree(one, other)
        grade(one, other)
        grade(one.tolist(), other.tolist())
    assert capsys.readouterr().out.count("✗ not yet") == 4


def test_integers_are_compared_exactly_at_any_tolerance():
    assert agree(torch.tensor([2**53 + 3]), torch.tensor([2**53]), tolerance=3)
    assert not agree(torch.tensor([2**53 + 4]), torch.tensor([2**53]), tolerance=3)
    assert agree(torch.tensor([True, False]), torch.tensor([1, 0]))
    assert not agree(torch.tensor([200], dtype=torch.uint8), torch.tensor([-56], dtype=torch.int8))


def test_complex_numbers_are_compared_by_their_distance():
    assert agree(torch.tensor([3 + 4j]), torch.tensor([0j]), tolerance=5.000001)
    assert not agree(torch.tensor([3 + 4j]), torch.tensor([0j]), tolerance=4.999999)
    nan = complex(0, float("nan"))
    assert not agree(torch.tensor([nan]), torch.tensor([nan]))


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no words")

    __eq__ = __hash__ = None


WRONG_KINDS = {
    "a tensor": torch.tensor([1.0, 2.0]),
    "an empty tensor": torch.tensor([]),
    "a tensor without numbers": torch.zeros(2, device="meta"),
    "a sparse tensor": torch.zeros(2).to_sparse(),
    "an array": np.array([1, 2]),
    "an array of text": np.array(["a", "b"]),
    "a number beyond all floats": 10**400,
    "a number too long to print": 10**5000,
    "such numbers in a list": [10**400, 1],
    "a complex number": 1j,
    "a list of lists of unequal length": [1, [2, 3]],
    "a list of dicts": [{}, {}],
    "a list with a tensor": [torch.tensor([1, 2]), 3],
    "None": None,
    "a dict": {},
    "a text": "seven",
    "a function": len,
    "a type": int,
    "what cannot be printed nor compared": Unprintable(),
}
WANTED = {
    "an integer": 7,
    "a number": 0.5,
    "a complex number": 2j,
    "a bool": True,
    "a text": "eight",
    "None": "none of them",
    "a tuple": (1, 3),
    "a tuple with a tensor": (torch.zeros(2), 3),
    "a tensor": torch.tensor([5.0, 6.0]),
    "a tensor of integers": torch.tensor([5, 6]),
}


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("kind", WRONG_KINDS)
def test_a_wrong_answer_of_any_kind_is_refused_and_raises_nothing(kind, wanted, capsys):
    grade(WRONG_KINDS[kind], WANTED[wanted])
    printed = capsys.readouterr().out
    assert printed.startswith("✗ not yet: ")
    assert len(printed) < 400


def test_a_grader_that_asks_for_what_cannot_be_compared_says_so():
    with pytest.raises(NotImplementedError):
        grade(torch.zeros(2), torch.zeros(2, device="meta"))


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        (2.0**53, 2**53 + 1),
        (2**53 + 1, 2**53),
        (1 + 1j, 1 + 2j),
        (1 + 1j, 1.0),
        (10**400 + 1, 10**400),
    ],
)
def test_numbers_that_a_float_cannot_tell_apart_are_told_apart(attempt, expected, capsys):
    grade(attempt, expected)
    assert "✗ not yet" in capsys.readouterr().out
    grade(expected, expected)
    assert capsys.readouterr().out == "✓ right\n"


def test_fractions_are_numbers(capsys):
    grade(Fraction(1, 4), 0.25)
    grade([Fraction(1, 4), 1], torch.tensor([0.25, 1]))
    assert capsys.readouterr().out == "✓ right\n" * 2


def test_a_single_number_is_no_list(capsys):
    grade(torch.tensor(3), [3])
    assert capsys.readouterr().out == "✗ not yet: a tuple of 1 is wanted, this is a Tensor\n"


@pytest.mark.parametrize(("letters", "shown"), [(198, True), (199, False)])
def test_an_answer_of_more_than_200_characters_is_not_repeated(letters, shown, capsys):
    grade("x" * letters, "y")  # its repr has two quotation marks more
    assert ("xxx" in capsys.readouterr().out) == shown
