"""What a task is: a question whose numbers come from a seed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from companion._answers import Mistake

Kind = Literal["value", "predict", "bug", "explain"]
KINDS = get_args(Kind)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A question with numbers drawn from a seed, and the answer computed from them.

    Parameters
    ----------
    title : str
        A few words for the heading.
    kind : {'value', 'predict', 'bug', 'explain'}
        A number, a text or an array; a prediction and then the result of a run; a
        fault to find in a model; a text that the instructor reads.
    points : int
        At least 1.
    draw : callable
        Maps a ``numpy.random.Generator`` to a tuple of numbers, texts and arrays.
        Every function below gets these as its arguments, arrays as lists.
    text : callable
        Returns the question as Markdown, numbers included.
    code : callable, optional
        Returns the source of a cell before the answer. A prediction needs one that
        defines ``run()``, which returns the result.
    solution : callable, optional
        Computes the right answer; a text that is read has none.
    mistakes : tuple of Mistake
        Typical wrong answers, computed from the numbers. Their messages are the
        reasons that the table of points gives.
    choices : tuple of str
        What can be predicted.
    outcome : callable, optional
        Returns the choice that comes true.
    rubric : str
        What a text that is read should say, as Markdown. Only the instructor sees it,
        above the texts.
    tolerance, absolute : float
        Relative and absolute tolerance, as in `companion.exercises.Exercise`. By
        default three significant digits will do.

    Raises
    ------
    ValueError
        If a field cannot be what its author meant.
    """

    title: str
    kind: Kind
    points: int
    draw: Callable[[np.random.Generator], tuple]
    text: Callable[..., str]
    code: Callable[..., str] | None = None
    solution: Callable[..., object] | None = None
    mistakes: tuple[Mistake, ...] = ()
    choices: tuple[str, ...] = ()
    outcome: Callable[..., str] | None = None
    rubric: str = ""
    tolerance: float | None = None
    absolute: float = 1e-9

    def __post_init__(self) -> None:
        """Refuse what would only show when a class meets it."""
        is_predicted, is_read = self.kind == "predict", self.kind == "explain"
        fields = {
            f"a kind of {', '.join(KINDS)}": self.kind in KINDS,
            "whole points, at least 1": type(self.points) is int and self.points > 0,
            "a solution and typical mistakes, unless it is read": (
                (self.solution is None) == is_read and bool(self.mistakes) != is_read
            ),
            "no rubric, unless it is read": is_read or not self.rubric,
            "choices, an outcome and code, if it is predicted": (
                (len(self.choices) > 1) == is_predicted == (self.outcome is not None)
                and (not is_predicted or self.code is not None)
            ),
        }
        for requirement, holds in fields.items():
            if not holds:
                raise ValueError(f"Task {self.title!r} needs {requirement}.")
