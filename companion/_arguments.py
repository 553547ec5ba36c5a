"""One check for every seed, count and share that a caller passes."""

import math
import operator
from typing import SupportsIndex

import numpy as np


def checked(
    value: SupportsIndex, message: str, *, least: int, below: float = math.inf
) -> int:
    """Return a value as a Python int, or raise with the message.

    TypeError if it is no integer (a boolean is none), ValueError if it lies outside
    ``least`` to ``below - 1``.
    """
    if isinstance(value, bool | np.bool_):
        raise TypeError(message)
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(message) from None
    if not least <= number < below:
        raise ValueError(message)
    return number


def check_count(name: str, value: SupportsIndex, *, least: int = 1) -> int:
    """Return a count as a Python int, or say what integer it must be."""
    message = (
        f"`{name}` must be an integer of at least {least}. Received: {name}={value!r}"
    )
    return checked(value, message, least=least)


def check_seed(value: SupportsIndex, *, bits: int = 32) -> int:
    """Return a seed as a Python int, or say what a seed must be."""
    message = (
        f"A seed must be an integer from 0 to 2**{bits} - 1, for example seed=0. "
        f"Received: {value!r}"
    )
    return checked(value, message, least=0, below=2**bits)


def check_number(name: str, value: float, high: float, *, closed: bool) -> None:
    """Refuse what is no number from 0 to `high`, or below it where it is not closed."""
    expected = f"{name} must be a number in [0, {high}{']' if closed else ')'}."
    # Not any Real: a float32 or a Fraction would decide the dtype of the result.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{expected} Received: {value!r}. Pass a Python float.")
    if not (0 <= value < high or (closed and value == high)):
        raise ValueError(f"{expected} Received: {value!r}. Pass 0 to turn it off.")
