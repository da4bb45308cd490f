"""The exercises' graders: they refuse likely wrong answers and accept unusual right ones."""

from __future__ import annotations

import importlib

import exercising
import pytest
from exercising import CHAPTERS, Answers

NAMES = sorted(path.stem for path in CHAPTERS.glob("*.ipynb"))
MODULES = {name: importlib.import_module(f"attempts.{name.replace('-', '_')}") for name in NAMES}
ANSWERS: dict[tuple[str, str], Answers] = {
    (name, exercise): answers
    for name, module in MODULES.items()
    for exercise, answers in module.ATTEMPTS.items()
}
EXERCISES = [(name, exercise) for name in NAMES for exercise in exercising.exercises(name)]
RIGHT = [(*key, what) for key, answers in ANSWERS.items() for what in answers.right]
WRONG = [(*key, what) for key, answers in ANSWERS.items() for what in answers.wrong]


def verdict(name: str, exercise: str, attempt: str) -> exercising.Verdict:
    instead = getattr(MODULES[name], "STAND_INS", {}).get(exercise)
    return exercising.verdict(name, exercise, attempt, instead)


def test_every_exercise_has_answers_and_no_other_has() -> None:
    assert sorted(EXERCISES) == sorted(ANSWERS)


@pytest.mark.parametrize(("name", "exercise"), EXERCISES)
def test_each_exercise_has_two_right_answers_and_three_wrong_ones(name: str, exercise: str) -> None:
    answers = ANSWERS[name, exercise]
    assert len(answers.right) >= 2
    assert len(answers.wrong) >= 3


@pytest.mark.parametrize(("name", "exercise"), EXERCISES)
def test_the_chapters_own_solution_is_right(name: str, exercise: str) -> None:
    assert verdict(name, exercise, exercising.solution(name, exercise)).right


@pytest.mark.parametrize(("name", "exercise", "what"), RIGHT)
def test_an_unusual_right_answer_is_accepted(name: str, exercise: str, what: str) -> None:
    found = verdict(name, exercise, ANSWERS[name, exercise].right[what])
    assert found.right, found.lines


@pytest.mark.parametrize(("name", "exercise", "what"), WRONG)
def test_a_wrong_answer_is_refused(name: str, exercise: str, what: str) -> None:
    found = verdict(name, exercise, ANSWERS[name, exercise].wrong[what])
    assert found.refused, found.lines
