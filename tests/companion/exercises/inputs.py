"""What the tests of the exercises share: one with a value, one with a function."""

import numpy as np

from companion.exercises import Exercise, Mistake


def third():
    return 1 / 3


def make(**fields):
    """Return an exercise whose answer is 1/3 unless the fields say otherwise."""
    usual = {
        "id": "trial-1",
        "solution": third,
        "hints": ("Divide.",),
        "mistakes": (Mistake(lambda: 3.0, "That is its inverse."),),
    }
    return Exercise(**usual | fields)


def value(answer, **fields):
    """Return an exercise whose answer is a given value."""

    def given():
        return answer

    return make(solution=given, **fields)


def row_means(x, scale):
    return scale * x.mean(axis=1)


def column_means(x, scale):
    return scale * x.mean(axis=0)


FUNCTION = make(
    solution=row_means,
    draw=lambda rng: (rng.normal(size=(3, 4)), 2.0),
    mistakes=(
        Mistake(column_means, "That is the mean of each column."),
        Mistake(lambda x, scale: x.mean(axis=1) + np.nan, "All are NaN."),
        Mistake(lambda x, scale: x.mean(axis=1), "The scale is missing."),
    ),
)
