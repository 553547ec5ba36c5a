"""Comparing an answer with the right one and with typical mistakes, in one place.

`companion.exercises` shows what comes out; `companion.assignments` grades by it.
"""

from ._differences import difference
from ._judging import Judgement, Mistake, compare, is_blank, judge
from ._numbers import Tolerance, as_array, show

__all__ = [
    "Judgement",
    "Mistake",
    "Tolerance",
    "as_array",
    "compare",
    "difference",
    "is_blank",
    "judge",
    "show",
]
