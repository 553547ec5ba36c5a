"""An answer beside the right one and beside typical mistakes."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from ._differences import difference, is_container, parts_of
from ._numbers import Tolerance, as_array, common_cause

# The first sentence of a message may say what else is right: "The letter is right."
_THE_REST = re.compile(r"^[^.]*\b(?:is|are) right\. ")


@dataclass(frozen=True)
class Judgement:
    """What came of comparing an answer: whether it is right, and why not.

    The misconception is that of the typical mistake that was met, if it names one.
    """

    status: Literal["right", "wrong", "blank"]
    reason: str = ""
    misconception: str | None = None

    @property
    def correct(self) -> bool:
        """Whether the answer is right."""
        return self.status == "right"


@dataclass(frozen=True)
class Mistake:
    """A typical wrong answer and what it suggests.

    Parameters
    ----------
    answer : callable
        Computes the wrong answer: without arguments for a value, a wrong
        implementation for a function.
    message : str
        What was misunderstood, and where to look. Markdown without maths.
    misconception : str, optional
        What whoever answers so may believe, a key of `quizzes.misconceptions()`.
    part : int, optional
        If the answer is a tuple: the part, from 1, of which the message speaks. It is
        then said to that part, whatever the others are. By default the one part that
        is wrong; a first sentence such as "The letter is right." is left out where
        it does not hold.
    """

    answer: Callable[..., Any]
    message: str
    misconception: str | None = None
    part: int | None = field(default=None, kw_only=True)


def judge(
    answer: Any,
    expected: Any,
    mistakes: Iterable[Mistake] = (),
    *,
    relative: float | None,
    absolute: float | tuple[float, ...],
) -> Judgement:
    """Compare a value with the right one, and then with each typical mistake."""
    if is_blank(answer):
        return Judgement("blank")
    answer = _unpacked(answer, expected)
    if reason := _no_value(answer, expected):
        return Judgement("wrong", reason)
    wrong = ((mistake, [mistake.answer()]) for mistake in mistakes)
    return compare([answer], [expected], wrong, Tolerance(relative, absolute))


def compare(
    received: Sequence,
    expected: Sequence,
    mistakes: Iterable[tuple[Mistake, Sequence]],
    tolerance: Tolerance,
) -> Judgement:
    """Compare answers with the right ones, then with those of each typical mistake.

    A value is compared alone; a function is right if all that it returned is right,
    and makes a mistake if it makes it each time.
    """
    differences = _differences(received, expected, tolerance)
    if not any(differences):
        return Judgement("right")
    mistakes = list(mistakes)
    for mistake, outputs in mistakes:
        if not any(_differences(received, outputs, tolerance)):
            return Judgement("wrong", mistake.message, mistake.misconception)
    count = len(expected[0]) if isinstance(expected[0], tuple) else 0
    if count > 1:
        parts = [parts_of(answer, count) for answer in received]
        if all(len(part) == count for part in parts):
            return _compare_parts(parts, expected, mistakes, tolerance)
    message, misconception = common_cause(received, expected, tolerance)
    return Judgement("wrong", message or next(filter(None, differences)), misconception)


def _differences(
    received: Sequence, expected: Sequence, tolerance: Tolerance
) -> list[str | None]:
    return [
        difference(came, wanted, tolerance)
        for came, wanted in zip(received, expected, strict=True)
    ]


def _compare_parts(
    received: Sequence[Sequence],
    expected: Sequence[tuple],
    mistakes: Sequence[tuple[Mistake, Sequence]],
    tolerance: Tolerance,
) -> Judgement:
    count = len(expected[0])
    speaking = [
        (mistake, outputs, _part_of(mistake, outputs, expected, tolerance))
        for mistake, outputs in mistakes
    ]
    wrong: dict[str, list[str]] = {}
    misconception = None
    for i in range(count):
        judgement = compare(
            [parts[i] for parts in received],
            [parts[i] for parts in expected],
            [
                (replace(mistake, part=None), [parts[i] for parts in outputs])
                for mistake, outputs, part in speaking
                if part == i
            ],
            tolerance.of_part(i),
        )
        if not judgement.correct:
            reason = _THE_REST.sub("", judgement.reason)
            wrong.setdefault(reason, []).append(str(i + 1))
            misconception = misconception or judgement.misconception
    said = (f"{_listed(places)} of {count}: {text}" for text, places in wrong.items())
    return Judgement("wrong", " ".join(said), misconception)


def _listed(places: Sequence[str]) -> str:
    if len(places) == 1:
        return f"Part {places[0]}"
    return f"Parts {', '.join(places[:-1])} and {places[-1]}"


def _part_of(
    mistake: Mistake,
    outputs: Sequence,
    expected: Sequence[tuple],
    tolerance: Tolerance,
) -> int | None:
    """Return the part of which a mistake speaks, from 0; None if of several."""
    count = len(expected[0])
    if not all(isinstance(one, tuple) and len(one) == count for one in outputs):
        return None
    if mistake.part is not None:
        return mistake.part - 1
    pairs = list(zip(outputs, expected, strict=True))
    wrong = [
        i
        for i in range(count)
        if any(difference(came[i], x[i], tolerance.of_part(i)) for came, x in pairs)
    ]
    return wrong[0] if len(wrong) == 1 else None


def is_blank(answer: Any) -> bool:
    """Tell whether a blank, or a part of it, is untouched."""
    if isinstance(answer, (tuple, list)):
        return any(is_blank(part) for part in answer)
    return answer is Ellipsis


def _unpacked(answer: Any, expected: Any) -> Any:
    """Take an answer, and each of its parts, out of containers that hold nothing else.

    A result for a batch of one is such a container.
    """
    several = isinstance(expected, (tuple, list))
    if not isinstance(answer, (tuple, list, str)):
        array = as_array(answer)
        answer = array if array is not None and array.ndim else answer
    first = len(expected) if several else (*np.shape(expected), 0)[0]
    while first != 1 and is_container(answer) and len(answer) == 1:
        answer = answer[0]
    letters = several and all(isinstance(x, str) and len(x) == 1 for x in expected)
    if letters and isinstance(answer, str):
        answer = re.findall(r"\w", answer)
    if isinstance(expected, str) and is_container(answer):
        texts = list(answer)
        return "".join(texts) if all(isinstance(x, str) for x in texts) else answer
    if several and isinstance(answer, (tuple, list)) and len(answer) == first:
        pairs = zip(answer, expected, strict=True)
        return tuple(_unpacked(part, wanted) for part, wanted in pairs)
    return answer


def _no_value(answer: Any, expected: Any) -> str | None:
    """Say what is wrong with an answer that is no value at all."""
    if answer is None:
        return (
            "Your answer is `None`: the code that computes it returned nothing. "
            "Did you forget `return`, or keep the result of a `print`?"
        )
    if callable(answer) and not isinstance(expected, str):
        return (
            "Your answer is a function, and a value is asked for: call the "
            "function and give what it returns."
        )
    return None
