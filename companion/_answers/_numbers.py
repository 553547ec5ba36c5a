"""The numbers in an answer: how near they are, and what made them wrong."""

import decimal
import math
import numbers
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

_DIGITS = 3  # significant ones, of a value without a tolerance of its own
_ROUNDED = "You rounded too far: give more digits."
_CLOSE = "Close, but not close enough: give more digits, and round at the end."
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


def common_cause(
    received: Sequence, expected: Sequence, tolerance: Tolerance
) -> tuple[str | None, str | None]:
    """Say what all the numbers have in common that makes them wrong, if anything."""
    pairs = [
        (as_array(came), np.asarray(x))
        for came, x in zip(received, expected, strict=True)
    ]
    if not all(_are_comparable(came, x) for came, x in pairs):
        return None, None
    came = np.concatenate([one.ravel() for one, _ in pairs if one is not None])
    came = came.astype(float)
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


def _are_comparable(came: np.ndarray | None, right: np.ndarray) -> bool:
    if came is None or came.dtype == bool or right.dtype.kind != "f":
        return False
    return came.shape == right.shape or came.size == right.size == 1


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
