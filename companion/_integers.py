"""One check for every seed and count that a caller passes."""

import math
import operator
from typing import Any

import numpy as np


def checked(value: Any, message: str, *, least: int, below: float = math.inf) -> int:
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
