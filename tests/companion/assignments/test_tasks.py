"""A task says at once what its author forgot."""

import pytest

from tests.companion.assignments.inputs import PREDICTED, make


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "quiz"},
        {"points": 0},
        {"points": 1.5},
        {"points": True},
        {"solution": None},
        {"mistakes": ()},
        {"kind": "explain"},
        {"kind": "explain", "solution": None},
        {"choices": ("up", "down")},
        {"rubric": "what nobody reads"},
        PREDICTED | {"choices": ("up",)},
        PREDICTED | {"outcome": None},
        PREDICTED | {"code": None},
    ],
)
def test_a_task_that_cannot_be_meant_is_refused(fields):
    with pytest.raises(ValueError, match="Task 'trial' needs"):
        make(**fields)
