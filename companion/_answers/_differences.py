"""How an answer differs from the expected one, in words."""

import itertools
import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ._keras_names import canonical, difference_of_names
from ._numbers import Tolerance, as_array


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
    received = parts_of(received, count)
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


def parts_of(received: Any, count: int) -> Sequence:
    """Return the parts of an answer that should have so many, however they came."""
    if isinstance(received, np.ndarray) and received.ndim:
        received = list(received)
    elif not isinstance(received, (tuple, list)):
        array = as_array(received)
        received = [received] if array is None or array.ndim == 0 else list(array)
    if len(received) == 1 < count and is_container(received[0]):
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
    while is_container(received) and len(received) == 1:
        received = received[0]
    if canonical(expected):
        return difference_of_names(received, expected)
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


def is_container(value: Any) -> bool:
    """Tell whether a value is a tuple, a list or an array with an axis."""
    return isinstance(value, (tuple, list)) or (
        isinstance(value, np.ndarray) and value.ndim > 0
    )


def _kind(value: Any) -> str:
    while is_container(value) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        hint = ", and write a decimal point" if re.search(r"\d,\d", value) else ""
        return f"a text (leave the quotes out if you mean a number{hint})"
    if value is None:
        return "`None` (did you forget `return`?)"
    return f"`{type(value).__name__}`{_entries_that_are_no_numbers(value)}"


def _entries_that_are_no_numbers(value: Any) -> str:
    wrong = list(itertools.islice(_no_numbers(value), 4)) if is_container(value) else []
    if wrong:
        named = [
            f"`{textwrap.shorten(repr(entry), 30)}` at index {place}"
            for place, entry in wrong[:3]
        ]
        more = ", and others" if len(wrong) > 3 else ""
        return f" with entries that are no numbers: {', '.join(named)}{more}"
    lengths = set(map(np.size, value)) if is_container(value) else set()
    return " whose rows differ in length" if len(lengths) > 1 else ""


def _no_numbers(value: Any, place: tuple[int, ...] = ()) -> Iterator[tuple[Any, Any]]:
    """Yield what is no number in a list of lists, and its index."""
    if is_container(value):
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
