"""Every exercise of every chapter: its solution, its blank and its typical mistakes."""

import importlib
import inspect
import pkgutil
import types

import numpy as np
import pytest

from companion import exercises
from companion.exercises import check, solution

CHAPTERS = [
    module.name
    for module in pkgutil.iter_modules(exercises.__path__)
    if not module.name.startswith("_")
]
BANK = [
    exercise
    for chapter in CHAPTERS
    for exercise in importlib.import_module(f"companion.exercises.{chapter}").EXERCISES
]


def by_id(exercise):
    return exercise.id


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_ids_count_from_one(chapter):
    bank = importlib.import_module(f"companion.exercises.{chapter}").EXERCISES
    prefix = chapter.replace("_", "-")

    assert [e.id for e in bank] == [f"{prefix}-{i}" for i in range(1, len(bank) + 1)]


def test_ids_are_found_again():
    assert {id(exercises._find(e.id)) for e in BANK} == {id(e) for e in BANK}


@pytest.mark.parametrize("exercise", BANK, ids=by_id)
def test_texts_are_there_and_differ(exercise):
    mistakes = [mistake.message for mistake in exercise.mistakes]

    assert all(len(text) > 20 for text in (*exercise.hints, *mistakes))
    assert len(set(exercise.hints)) == len(exercise.hints)
    assert len(set(mistakes)) == len(mistakes)
    # Maths does not render in every front end's outputs.
    assert not any("$" in text for text in (*exercise.hints, *mistakes, exercise.right))


@pytest.mark.parametrize("exercise", BANK, ids=by_id)
def test_its_own_solution_is_right(exercise):
    answer = exercise.solution if exercise.draw else exercise.solution()

    verdict = check(exercise.id, answer)

    assert verdict.correct, verdict
    assert verdict.message.startswith("**Right.**")


@pytest.mark.parametrize(
    "exercise", [e for e in BANK if e.draw is None and not e.tolerance], ids=by_id
)
def test_three_significant_digits_will_do(exercise):
    def rounded(answer):
        if isinstance(answer, tuple):
            return tuple(map(rounded, answer))
        array = np.asarray(answer)
        if array.dtype.kind != "f":
            return answer
        return np.vectorize(lambda number: float(f"{number:.3g}"))(array)

    assert check(exercise.id, rounded(exercise.solution())).correct


@pytest.mark.parametrize("exercise", BANK, ids=by_id)
def test_its_blank_is_not_answered_yet(exercise):
    blank = ... if exercise.draw is None else lambda *arguments: ...

    verdict = check(exercise.id, blank)

    assert not verdict.answered
    assert not verdict.correct


# A message reaches only the answer it was written for, so no two mistakes of an
# exercise, and no mistake and the solution, agree on the drawn input.
@pytest.mark.parametrize(
    ("exercise", "mistake"),
    [
        pytest.param(exercise, mistake, id=f"{exercise.id}-{number}")
        for exercise in BANK
        for number, mistake in enumerate(exercise.mistakes, 1)
    ],
)
def test_each_mistake_gets_its_own_message(exercise, mistake):
    answer = mistake.answer if exercise.draw else mistake.answer()

    verdict = check(exercise.id, answer)

    assert not verdict.correct
    assert verdict.answered
    assert verdict.message.startswith(f"**Not right yet.** {mistake.message}")


def is_importable(thing):
    """Whether a learner can import it: modules, and what the companion offers."""
    if isinstance(thing, types.ModuleType):
        return True
    home = getattr(thing, "__module__", None) or ""
    return home.startswith("companion.") and not home.startswith("companion.exercises")


@pytest.mark.parametrize("exercise", BANK, ids=by_id)
def test_its_solution_can_be_read_alone(exercise):
    used = inspect.getclosurevars(exercise.solution).globals
    hidden = [name for name, thing in used.items() if not is_importable(thing)]

    assert not hidden, f"the shown source leaves out {hidden}"
    assert solution(exercise.id).message.startswith("```python\ndef ")
