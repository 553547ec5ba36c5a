"""A paper: numbers from a seed, an id of its own, and answers judged."""

import numpy as np
import pytest

from companion.assignments import Mistake, _variants
from tests.companion.assignments.inputs import PREDICTED, make, right


@pytest.mark.parametrize(
    ("fields", "error", "says"),
    [
        ({"draw": lambda rng: 3.0}, TypeError, "draw must return a tuple"),
        ({"draw": lambda rng: (object(),)}, TypeError, "Received: object"),
        ({"solution": lambda number: np.inf}, ValueError, "finite"),
        ({"solution": lambda number: ...}, TypeError, "ellipsis"),
        ({"mistakes": (Mistake(lambda number: 1 / 0, ""),)}, ZeroDivisionError, "by"),
        (PREDICTED | {"outcome": lambda number: "off"}, ValueError, "none of its cho"),
    ],
)
def test_a_slip_in_a_bank_shows_before_a_class_meets_it(fields, error, says):
    with pytest.raises(error, match=says):
        _variants.make_variant("trial", [make(**fields)], seed=0)


def test_a_paper_is_its_students_even_if_another_has_the_same_numbers():
    same = [make(draw=lambda rng: (3.0,))]
    papers = [
        _variants.make_variant(chapter, same, seed=seed, student=student)
        for chapter in ("trial", "other")
        for seed in (0, 1)
        for student in (None, "ada", "bob")
    ]
    assert len({paper.id for paper in papers}) == len(papers)


def test_tolerances_belong_to_the_task():
    (item,) = _variants.make_variant("trial", [make(tolerance=1e-9)], seed=0).items
    assert item.judge(right(item)).correct
    assert not item.judge(right(item) * 1.001).correct
    (item,) = _variants.make_variant("trial", [make()], seed=0).items
    assert item.judge(right(item) * 1.001).correct
