"""Comparing an answer with the right one and with typical mistakes, in one place.

`companion.exercises` shows what comes out; `companion.assignments` grades by it.
"""

import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

_WRONG_NUMBER = "The number is not right."


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
    """

    answer: Callable[..., Any]
    message: str
    misconception: str | None = None


def judge(
    answer: object,
    expected: object,
    mistakes: Iterable[Mistake] = (),
    *,
    relative: float,
    absolute: float,
) -> Judgement:
    """Compare a value with the right one, and then with each typical mistake."""
    if is_blank(answer):
        return Judgement("blank")
    reason = _no_value(answer) or difference(answer, expected, relative, absolute)
    if reason is None:
        return Judgement("right")
    for mistake in mistakes:
        if difference(answer, mistake.answer(), relative, absolute) is None:
            return Judgement("wrong", mistake.message, mistake.misconception)
    return Judgement("wrong", reason)


def is_blank(answer: object) -> bool:
    """Tell whether a blank, or a part of it, is untouched."""
    if isinstance(answer, (tuple, list)):
        return any(is_blank(part) for part in answer)
    return answer is Ellipsis


def _no_value(answer: object) -> str | None:
    """Say what is wrong with an answer that is no value at all."""
    if answer is None:
        return (
            "Your answer is `None`: the code that computes it returned nothing. "
            "Did you forget `return`, or keep the result of a `print`?"
        )
    if callable(answer):
        return (
            "Your answer is a function, and a value is asked for: call the "
            "function and give what it returns."
        )
    return None


def difference(
    received: object, expected: object, relative: float, absolute: float
) -> str | None:
    """Say how an answer differs from the expected one; None if it does not."""
    if isinstance(expected, (tuple, list)):
        return _difference_of_parts(received, expected, relative, absolute)
    if isinstance(expected, str):
        return _difference_of_texts(received, expected)
    return _difference_of_arrays(received, np.asarray(expected), relative, absolute)


def _difference_of_parts(
    received: object, expected: tuple | list, relative: float, absolute: float
) -> str | None:
    count = len(expected)
    if isinstance(received, np.ndarray) and received.ndim:
        received = list(received)
    elif not isinstance(received, (tuple, list)):
        array = as_array(received)
        received = [received] if array is None or array.ndim == 0 else list(array)
    if len(received) != count:
        example = ", ".join("abcdefgh"[:count])
        came = "a single value" if len(received) == 1 else f"{len(received)} values"
        return f"Asked for are {count} values: `({example})`. Received: {came}."
    parts = [
        difference(came, wanted, relative, absolute)
        for came, wanted in zip(received, expected, strict=True)
    ]
    wrong = [f"Part {i} of {count}: {text}" for i, text in enumerate(parts, 1) if text]
    return " ".join(wrong) or None


def _difference_of_texts(received: object, expected: str) -> str | None:
    if not isinstance(received, str):
        return f"A text in quotes is asked for. Received: {_kind(received)}."
    if _plain(received) != _plain(expected):
        return f"`{textwrap.shorten(received, 60)}` is not right."
    return None


def _difference_of_arrays(
    received: object, expected: np.ndarray, relative: float, absolute: float
) -> str | None:
    array = as_array(received)
    wanted = "True or False" if expected.dtype == bool else "a number"
    if expected.ndim:
        wanted = f"an array of shape {expected.shape}"
    if array is not None and array.dtype == bool and array.ndim:
        # A comparison of arrays yields these, and NumPy counts with them as 0 and 1.
        array = array.astype(expected.dtype)
    if array is None or (array.dtype == bool) != (expected.dtype == bool):
        return f"Asked for is {wanted}. Received: {_kind(received)}."
    if array.shape != expected.shape:
        came = f"an array of shape {array.shape}" if array.ndim else "a single number"
        return f"Asked for is {wanted}. Received: {came}."
    if expected.dtype.kind in "biu":
        # Counts and classes are right or wrong, however they were computed.
        relative, absolute = 0.0, 1e-6
    if np.allclose(array, expected, relative, absolute, equal_nan=True):
        return None
    if np.isnan(array).any() and not np.isnan(expected).any():
        return "Not a number (NaN) came out: look for log(0), 0/0 or inf - inf."
    if np.isinf(array).any() and not np.isinf(expected).any():
        return "Infinity came out: look for log(0), a division by 0 or an overflow."
    if np.allclose(array, expected, 10 * relative, absolute):
        return "Close, but not close enough: give more digits, and round at the end."
    return _not_equal(array)


def _not_equal(array: np.ndarray) -> str:
    if array.ndim:
        return "The numbers are not right."
    return "It is the other way round." if array.dtype == bool else _WRONG_NUMBER


def as_array(value: object) -> np.ndarray | None:
    """Return the numbers in a value; None if there are none to compare."""
    try:
        array = np.asarray(value)
    # Each framework refuses symbolic or unreadable tensors with its own error.
    except Exception:
        return None
    return array if array.dtype.kind in "biuf" else None


def _kind(value: object) -> str:
    if isinstance(value, str):
        return "a text (leave the quotes out if you mean a number)"
    if value is None:
        return "`None` (did you forget `return`?)"
    return f"`{type(value).__name__}`"


def _plain(text: str) -> str:
    text = text.casefold().strip(" \t\n.'\"")
    return re.sub(r"[\s_-]+", "", text) if any(map(str.isalpha, text)) else text


def show(value: object, digits: int = 4, prefix: str = "") -> str:
    """Write a value with so many significant digits, arrays as NumPy writes them."""
    if isinstance(value, (tuple, list)):
        parts = ", ".join(show(part, digits, prefix) for part in value)
        return f"({parts},)" if len(value) == 1 else f"({parts})"
    array = as_array(value)
    if array is None:
        return textwrap.shorten(repr(value), 200)
    return np.array2string(
        array,
        separator=", ",
        threshold=50,
        prefix=prefix,
        formatter={"float_kind": lambda number: f"{number:.{digits}g}"},
    )
