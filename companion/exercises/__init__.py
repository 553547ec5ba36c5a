"""Exercises that check themselves.

``check("binary-crossentropy-1", answer)`` says what is right, or what the answer
suggests was misunderstood; ``hint`` helps in steps; ``solution`` shows the reference.
There is one module a chapter, named as its notebook and imported when an id names it.

The bank is for practice: everyone can read the solutions in the package's source.
"""

import difflib
import importlib
import inspect
import pkgutil
import textwrap
from typing import Any

from companion._answers import Mistake, show

from ._core import Exercise, Note, Verdict

__all__ = ["Exercise", "Mistake", "Note", "Verdict", "check", "hint", "solution"]


def check(id: str, answer: Any) -> Verdict:
    """Compare an answer with the solution of an exercise.

    A function is tried on random input, a value is compared within the exercise's
    tolerance (rounded to three significant digits it will do, unless the task says
    otherwise). Tensors of any framework, arrays, lists and plain numbers are taken
    alike, and so is a container that holds nothing else, as a result for a batch of
    one. A name is right in each form that Keras's ``compile`` takes.

    Parameters
    ----------
    id : str
        The exercise, for example ``"quickstart-1"``.
    answer : object
        The value or function that the task asks for, or ``...`` as long as the
        blank is untouched.

    Returns
    -------
    Verdict
        With ``correct`` and ``message``; a notebook shows the message.

    Raises
    ------
    ValueError
        If there is no such exercise.

    Examples
    --------
    >>> from companion import exercises
    >>> exercises.check("quickstart-1", ...)
    Not answered yet. Put your answer in place of `...` and run the cell.
    >>> exercises.check("quickstart-1", (7, 0.78)).correct
    True
    """
    return _find(id).check(answer)


def hint(id: str, step: int = 1) -> Note:
    """Show one hint; the steps lead from a nudge to nearly the answer.

    Parameters
    ----------
    id : str
        The exercise.
    step : int
        Which hint, from 1.

    Returns
    -------
    Note
        The hint, and how to get the next one.

    Raises
    ------
    ValueError
        If there is no such exercise.
    """
    hints = _find(id).hints
    count = len(hints)
    if step not in range(1, count + 1):
        steps = "is one hint, step 1" if count == 1 else f"are hints 1 to {count}"
        return Note(f"There {steps}. Received: step {step!r}.")
    following = (
        f'The next one: `exercises.hint("{id}", {step + 1})`.'
        if step < count
        else f'This was the last one; `exercises.solution("{id}")` shows a solution.'
    )
    return Note(f"**Hint {step} of {count}.** {hints[step - 1]}\n\n{following}")


def solution(id: str) -> Note:
    """Show the source of an exercise's solution, and the value it computes.

    Parameters
    ----------
    id : str
        The exercise.

    Returns
    -------
    Note
        The source as highlighted Python.

    Raises
    ------
    ValueError
        If there is no such exercise.
    """
    exercise = _find(id)
    source = textwrap.dedent(inspect.getsource(exercise.solution)).strip()
    text = f"```python\n{source}\n```"
    if exercise.draw is None:
        text += f"\n\nIt returns `{show(exercise.solution())}`."
    return Note(text)


def _find(id: str) -> Exercise:
    if not isinstance(id, str):
        raise TypeError(
            'An exercise\'s id expected, as in "quickstart-1". '
            f"Received: {type(id).__name__}."
        )
    module = id.rpartition("-")[0].replace("-", "_")
    for exercise in _bank(module) if module in _chapters() else ():
        if exercise.id == id:
            return exercise
    known = [exercise.id for name in _chapters() for exercise in _bank(name)]
    near = difflib.get_close_matches(id, known, n=5, cutoff=0.5) or known
    raise ValueError(f"There is no exercise {id!r}. Near it: {', '.join(near)}.")


def _chapters() -> list[str]:
    names = (module.name for module in pkgutil.iter_modules(__path__))
    return [name for name in names if not name.startswith("_")]


def _bank(chapter: str) -> tuple[Exercise, ...]:
    return importlib.import_module(f"{__name__}.{chapter}").EXERCISES
