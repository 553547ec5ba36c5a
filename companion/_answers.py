"""Comparing an answer with the right one and with typical mistakes, in one place.

`companion.exercises` shows what comes out; `companion.assignments` grades by it.
"""

import decimal
import itertools
import math
import numbers
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from companion import _keras_names

_DIGITS = 3
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
    part: int | None = None


@dataclass(frozen=True)
class Tolerance:
    """How far a real number may be from the right one.

    Parameters
    ----------
    relative : float or None
        The share of the right number; None: half a unit of its third significant
        digit, so that it may be rounded to three.
    absolute : float or tuple of float
        What is always allowed; a tuple has a number for each part of the answer.
    """

    relative: float | None
    absolute: float | tuple[float, ...]

    def of_part(self, place: int) -> "Tolerance":
        """Return the tolerance for one part of a tuple, counted from 0."""
        if not isinstance(self.absolute, tuple):
            return self
        return replace(self, absolute=self.absolute[place])

    def allows(self, received: np.ndarray, expected: np.ndarray) -> bool:
        """Tell whether numbers are right, arrays of the same shape."""
        if expected.dtype.kind in "biu":
            # Counts and classes are right or wrong, however they were computed.
            return np.allclose(received, expected, 0.0, 1e-6)
        if self.relative is not None:
            relative, absolute = self.relative, self.absolute
        else:
            # float32 may carry half a unit a little further.
            units = _units(expected)
            relative, absolute = 1e-6, np.maximum(units / 2, self.absolute)
        return np.allclose(received, expected, relative, absolute, equal_nan=True)


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
        parts = [_parts(answer, count) for answer in received]
        if all(len(part) == count for part in parts):
            return _compare_parts(parts, expected, mistakes, tolerance)
    message, misconception = _common_cause(received, expected, tolerance)
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
    while first != 1 and _is_container(answer) and len(answer) == 1:
        answer = answer[0]
    letters = several and all(isinstance(x, str) and len(x) == 1 for x in expected)
    if letters and isinstance(answer, str):
        answer = re.findall(r"\w", answer)
    if isinstance(expected, str) and _is_container(answer):
        texts = list(answer)
        return "".join(texts) if all(isinstance(x, str) for x in texts) else answer
    if several and isinstance(answer, (tuple, list)) and len(answer) == first:
        pairs = zip(answer, expected, strict=True)
        return tuple(_unpacked(part, wanted) for part, wanted in pairs)
    return answer


def _is_container(value: Any) -> bool:
    return isinstance(value, (tuple, list)) or (
        isinstance(value, np.ndarray) and value.ndim > 0
    )


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


def difference(received: Any, expected: Any, tolerance: Tolerance) -> str | None:
    """Say how an answer differs from the expected one; None if it does not."""
    if isinstance(expected, (tuple, list)):
        return _difference_of_parts(received, expected, tolerance)
    if isinstance(expected, str):
        return _difference_of_texts(received, expected)
    return _difference_of_arrays(received, np.asarray(expected), tolerance)


def _difference_of_parts(
    received: Any, expected: tuple | list, tolerance: Tolerance
) -> str | None:
    count = len(expected)
    received = _parts(received, count)
    if len(received) != count:
        example = ", ".join("abcdefgh"[:count])
        came = "a single value" if len(received) == 1 else f"{len(received)} values"
        if len(received) == 1 and isinstance(received[0], str):
            came = "a single text"
        return (
            f"Asked for are {count} values: `({example})`. Received: {came}."
            + _split_by_a_comma(received, count)
        )
    parts = [
        difference(came, wanted, tolerance.of_part(i))
        for i, (came, wanted) in enumerate(zip(received, expected, strict=True))
    ]
    wrong = [f"Part {i} of {count}: {text}" for i, text in enumerate(parts, 1) if text]
    return " ".join(wrong) or None


def _parts(received: Any, count: int) -> Sequence:
    if isinstance(received, np.ndarray) and received.ndim:
        received = list(received)
    elif not isinstance(received, (tuple, list)):
        array = as_array(received)
        received = [received] if array is None or array.ndim == 0 else list(array)
    if len(received) == 1 < count and _is_container(received[0]):
        return list(received[0])
    return received


def _split_by_a_comma(received: Any, count: int) -> str:
    """Explain a number that a comma has cut into two, if one seems to be."""
    if not isinstance(received, (tuple, list)) or len(received) <= count:
        return ""
    whole = [type(part) is int for part in received]
    for i, (left, right) in enumerate(itertools.pairwise(whole)):
        a, b = received[i : i + 2]
        if left and right and abs(a) < 10**6 and 0 <= b < 10**6:
            return (
                f" Python reads `{a},{b}` as two numbers: write a decimal point, "
                f"`{a}.{b}`, and a large number without a comma."
            )
    return ""


def _difference_of_texts(received: Any, expected: str) -> str | None:
    while _is_container(received) and len(received) == 1:
        received = received[0]
    if _keras_names.canonical(expected):
        return _keras_names.difference_of_names(received, expected)
    if not isinstance(received, str):
        return f"A text in quotes is asked for. Received: {_kind(received)}."
    if _plain(received) != _plain(expected):
        return f"`{textwrap.shorten(received, 60)}` is not right."
    return None


def _difference_of_arrays(
    received: Any, expected: np.ndarray, tolerance: Tolerance
) -> str | None:
    array = as_array(received)
    wanted = "True or False" if expected.dtype == bool else "a number"
    if expected.ndim:
        wanted = f"an array of shape {expected.shape}"
    if array is not None and array.size == expected.size == 1:
        array = array.reshape(expected.shape)
    if array is not None and array.dtype == bool and array.ndim:
        # A comparison of arrays yields these, and NumPy counts with them as 0 and 1.
        array = array.astype(expected.dtype)
    if array is None or (array.dtype == bool) != (expected.dtype == bool):
        return f"Asked for is {wanted}. Received: {_kind(received)}."
    if array.shape != expected.shape:
        came = f"an array of shape {array.shape}" if array.ndim else "a single number"
        return f"Asked for is {wanted}. Received: {came}." + (
            "" if expected.ndim > 1 else _split_by_a_comma(received, expected.size)
        )
    if tolerance.allows(array, expected):
        return None
    if np.isnan(array).any() and not np.isnan(expected).any():
        if expected.ndim and expected.dtype.kind in "iu":
            place = tuple(np.argwhere(np.isnan(array))[0].tolist())
            where = place[0] if len(place) == 1 else place
            return f"Whole numbers are asked for, and NaN stands at index {where}."
        return "Not a number (NaN) came out: look for log(0), 0/0 or inf - inf."
    if np.isinf(array).any() and not np.isinf(expected).any():
        return "Infinity came out: look for log(0), a division by 0 or an overflow."
    if array.ndim:
        return "The numbers are not right."
    if array.dtype == bool:
        return "It is the other way round."
    return "The number is not right."


# What leads from the right numbers to these, and what to say of it.
_CAUSES: tuple[tuple[Callable[[np.ndarray], Any], str, str | None], ...] = (
    (
        lambda right: -right,
        "The size is right, the sign is not.",
        None,
    ),
    (
        lambda right: 100 * right,
        "This is a hundred times the right number, as in per cent: give the number "
        "itself.",
        None,
    ),
    (
        lambda right: right / 100,
        "This is a hundredth of the right number: did you divide by 100 once too "
        "often?",
        None,
    ),
    (
        lambda right: right / math.log(2),
        "This is the right number divided by log 2, as in bits: use the natural "
        "logarithm, `np.log`.",
        "bits-for-nats",
    ),
    (
        lambda right: right * math.log(2),
        "This is the right number times log 2: did you turn bits into nats, or give "
        "nats for bits?",
        "bits-for-nats",
    ),
    (
        lambda right: right / math.log(10),
        "This is the right number for the logarithm with base 10: use the natural one, "
        "`np.log`.",
        "bits-for-nats",
    ),
)


def _common_cause(
    received: Sequence, expected: Sequence, tolerance: Tolerance
) -> tuple[str | None, str | None]:
    """Say what all the numbers have in common that makes them wrong, if anything."""
    pairs = [
        (as_array(came), np.asarray(x))
        for came, x in zip(received, expected, strict=True)
    ]
    if any(
        came is None or came.size != x.size or x.dtype.kind != "f" for came, x in pairs
    ):
        return None, None
    came = np.concatenate([one.ravel() for one, _ in pairs]).astype(float)
    right = np.concatenate([x.ravel() for _, x in pairs])
    with np.errstate(all="ignore"):
        if not (np.isfinite(came).all() and came.any()):
            return None, None
        for lead, message, misconception in _CAUSES:
            wrong = lead(right)
            # Who gives per cent often gives whole ones.
            within = 0.1 if "per cent" in message else 0.01
            if tolerance.allows(came, wrong) or _is_rounded(came, wrong, within):
                return message, misconception
        if _is_rounded(came, right, 0.1 if came.size == 1 else 0.25):
            return _ROUNDED, None
        if np.allclose(came, right, 10 * (tolerance.relative or 5e-3)):
            return _CLOSE, None
    return None, None


_ROUNDED = "You rounded too far: give more digits."
_CLOSE = "Close, but not close enough: give more digits, and round at the end."


def _is_rounded(came: np.ndarray, exact: np.ndarray, within: float) -> bool:
    """Tell whether numbers are exact ones that were rounded, all at the same place.

    A single number, or one for all, that is further off than `within` may be anything.
    """
    if np.ptp(came) == 0 and not np.allclose(came, exact, within, 0.0):
        return False
    ways = [np.round(exact, places) for places in range(-6, 10)]
    return any(
        np.allclose(came, way, 1e-6, 0.0)
        for way in (*ways, np.floor(exact), np.ceil(exact))
    )


def as_array(value: Any) -> np.ndarray | None:
    """Return the numbers in a value; None if there are none to compare."""
    try:
        array = np.asarray(value)
        if array.dtype == object and all(map(_is_number, array.flat)):
            array = array.astype(float)
    # Each framework refuses symbolic or unreadable tensors with its own error.
    except Exception:
        return None
    return array if array.dtype.kind in "biuf" else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (numbers.Real, decimal.Decimal))


def _units(array: np.ndarray) -> np.ndarray:
    """Return what one unit of the last digit is that counts."""
    sizes = np.abs(array, dtype=float)
    with np.errstate(all="ignore"):
        places = np.floor(np.log10(sizes)) - _DIGITS + 1
    return np.where(np.isfinite(places), 10.0**places, 0.0)


def _kind(value: Any) -> str:
    while _is_container(value) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        hint = ", and write a decimal point" if re.search(r"\d,\d", value) else ""
        return f"a text (leave the quotes out if you mean a number{hint})"
    if value is None:
        return "`None` (did you forget `return`?)"
    return f"`{type(value).__name__}`{_entries_that_are_no_numbers(value)}"


def _entries_that_are_no_numbers(value: Any) -> str:
    wrong = (
        list(itertools.islice(_no_numbers(value), 4)) if _is_container(value) else []
    )
    if wrong:
        named = [
            f"`{textwrap.shorten(repr(entry), 30)}` at index {place}"
            for place, entry in wrong[:3]
        ]
        more = ", and others" if len(wrong) > 3 else ""
        return f" with entries that are no numbers: {', '.join(named)}{more}"
    lengths = set(map(np.size, value)) if _is_container(value) else set()
    return " whose rows differ in length" if len(lengths) > 1 else ""


def _no_numbers(value: Any, place: tuple[int, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Yield what is no number in a list of lists, and its index."""
    if _is_container(value):
        # An array of texts is what NumPy makes of a list with a single one.
        entries = value.tolist() if isinstance(value, np.ndarray) else value
        for i, entry in enumerate(entries):
            yield from _no_numbers(entry, (*place, i))
    elif as_array(value) is None and not _is_written_number(value):
        yield place[0] if len(place) == 1 else place, value


def _is_written_number(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d*)?", value) is not None


def _plain(text: str) -> str:
    text = text.casefold().strip(" \t\n.'\"")
    return re.sub(r"[\s,;_-]+", "", text) if any(map(str.isalpha, text)) else text


def show(value: Any, digits: int = 4, prefix: str = "") -> str:
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
