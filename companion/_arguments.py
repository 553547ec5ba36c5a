"""One check for every seed and count that a caller passes."""

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
