"""Hints step by step, solutions as their source, and ids that lead somewhere."""

import doctest

import pytest

from companion import exercises
from companion.exercises import check, hint, solution


def test_hints_come_one_by_one():
    count = len(exercises.quickstart.EXERCISES[1].hints)

    assert str(hint("quickstart-2")).startswith(f"Hint 1 of {count}. Each row")
    assert '`exercises.hint("quickstart-2", 2)`' in hint("quickstart-2").message
    last = hint("quickstart-2", step=count).message
    assert last.startswith(f"**Hint {count} of {count}.**")
    assert '`exercises.solution("quickstart-2")` shows a solution' in last


@pytest.mark.parametrize("step", [0, 4, -1, "2", None, 1.5])
def test_a_step_that_is_not_there_is_explained(step):
    message = hint("quickstart-2", step).message

    assert message == f"There are hints 1 to 3. Received: step {step!r}."


def test_a_solution_shows_its_source_and_its_value():
    shown = solution("quickstart-1")

    assert shown._repr_markdown_().startswith("```python\ndef digit_and_probability():")
    assert shown.message.endswith("```\n\nIt returns `(7, 0.78)`.")
    assert repr(shown).startswith("def digit_and_probability():")
    assert "```" not in repr(shown)
    assert solution("quickstart-2").message.endswith("max(axis=1)\n```")


@pytest.mark.parametrize("function", [lambda id: check(id, 1), hint, solution])
def test_an_unknown_id_names_its_neighbours(function):
    with pytest.raises(ValueError, match=r"no exercise 'quikstart-1'.*quickstart-1"):
        function("quikstart-1")
    with pytest.raises(ValueError, match=r"no exercise 'quickstart-99'.*quickstart-3"):
        function("quickstart-99")
    with pytest.raises(
        ValueError, match=r"no exercise 'ω'.*quickstart-1, quickstart-2"
    ):
        function("ω")
    with pytest.raises(ValueError, match=r"no exercise '_core-1'"):
        function("_core-1")
    with pytest.raises(TypeError, match="Received: int"):
        function(1)


def test_the_examples_in_the_docstrings_hold():
    failed, tried = doctest.testmod(exercises)

    assert failed == 0
    assert tried > 0
