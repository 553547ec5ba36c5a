"""An exercise: what it says to each kind of answer, and to its author."""

import itertools

import numpy as np
import pytest

from companion.exercises import Mistake, _core
from tests.companion.exercises.inputs import FUNCTION, make, row_means, third, value


def square(x):
    return x**2


def test_tolerances_belong_to_the_exercise():
    exact = make(tolerance=1e-9)

    assert not exact.check(0.333)
    assert exact.check(1 / 3)
    assert make(tolerance=0.5).check(0.2)
    assert not make(tolerance=0.0).check(0.3333333)
    assert value(0.0, absolute=0.1).check(0.05)
    assert not value(0.0).check(0.05)


@pytest.mark.parametrize("blank", [..., (..., ...), (1, ...), [0.5, [...]]])
@pytest.mark.parametrize("exercise", [make(), FUNCTION], ids=["value", "function"])
def test_an_untouched_blank_is_not_answered_yet(exercise, blank):
    verdict = exercise.check(blank)

    assert not verdict.correct
    assert not verdict.answered
    assert "Not answered yet" in verdict.message


# Functions.


def test_a_right_function_is_right_however_it_is_written():
    def with_a_loop(x, scale):
        return [scale * sum(row) / len(row) for row in x]

    assert FUNCTION.check(row_means).correct
    assert FUNCTION.check(with_a_loop).correct
    assert FUNCTION.check(lambda *given: row_means(*given)).correct


def test_a_function_may_change_its_input():
    def in_place(x, scale):
        x *= scale
        return x.mean(axis=1)

    def in_place_and_wrong(x, scale):
        x *= 0
        return x.mean(axis=1) + 1

    assert FUNCTION.check(in_place)
    message = FUNCTION.check(in_place_and_wrong).message
    first = _core.show(FUNCTION.inputs()[0][0][0])
    assert first[:-1] in message


def test_a_function_that_is_right_on_some_inputs_is_wrong():
    seen = [x for x, _ in FUNCTION.inputs()]

    def right_at_first(x, scale):
        last = any(np.array_equal(x, other) for other in seen[-1:])
        return row_means(x, scale) + last

    verdict = FUNCTION.check(right_at_first)

    assert not verdict
    assert _core.show(seen[-1][0])[:-1] in verdict.message


def test_inputs_differ_from_each_other_and_stay_the_same():
    first, again = FUNCTION.inputs(), FUNCTION.inputs()

    assert len(first) == 5
    for one, other in itertools.combinations(first, 2):
        assert not np.array_equal(one[0], other[0])
    np.testing.assert_array_equal([x for x, _ in first], [x for x, _ in again])


def test_a_wrong_function_sees_what_came_and_what_was_expected():
    exercise = make(solution=square, draw=lambda rng: (np.array([1.5]),))

    assert exercise.check(lambda x: x + 1).message == (
        "**Not right yet.** The numbers are not right.\n\n"
        "For\n\n    x = [1.5]\n\n"
        "your function returned\n\n    [2.5]\n\n"
        "and expected was\n\n    [2.25]"
    )


def test_digits_are_added_until_the_difference_shows():
    exercise = make(solution=square, draw=lambda rng: (np.array([1.5]),))

    message = exercise.check(lambda x: x**2 + 4e-4).message

    assert "[2.2504]" in message
    assert "[2.25]" in message


@pytest.mark.parametrize("mistake", FUNCTION.mistakes, ids=lambda m: m.message)
def test_a_typical_wrong_function_gets_its_own_message_and_an_example(mistake):
    verdict = FUNCTION.check(mistake.answer)

    assert not verdict.correct
    assert verdict.message.startswith(f"**Not right yet.** {mistake.message}\n\nFor\n")
    assert "    scale = 2" in verdict.message


def test_a_mistake_made_on_some_inputs_only_is_not_that_mistake():
    first = FUNCTION.inputs()[0][0]

    def mixed(x, scale):
        return x.mean(axis=0 if np.array_equal(x, first) else 1) * scale

    message = FUNCTION.check(mixed).message

    assert "mean of each column" not in message
    assert "Received: an array of shape (4,)" in message


def test_a_function_without_return_is_told_so():
    def forgets(x, scale):
        x.mean(axis=1)

    assert FUNCTION.check(forgets).message == (
        "**Not right yet.** Your function returned nothing: did you forget `return`?"
    )


def test_a_blank_function_is_not_answered_yet():
    def blank(x, scale):
        return ...

    def half_blank(x, scale):
        mean = ...
        return scale * mean

    def blank_part(x, scale):
        return x, ...

    for function in (blank, half_blank, blank_part):
        assert not FUNCTION.check(function).answered


def test_an_error_is_reported_with_its_line_and_the_input():
    def fails(x, scale):
        total = x.sum()
        return total / undefined  # noqa: F821

    message = FUNCTION.check(fails).message

    assert "stopped with an error at `return total / undefined" in message
    assert "    x = [[" in message
    assert "    scale = 2" in message
    assert "NameError: name 'undefined' is not defined" in message
    assert "Traceback" not in message


def test_a_wrong_signature_is_reported_as_an_error():
    message = FUNCTION.check(lambda x: x).message

    assert "TypeError" in message
    assert "takes 1 positional argument but 2 were given" in message


def test_a_mistake_that_fails_on_some_input_is_no_match():
    broken = Mistake(lambda x: 1 / 0, "It fails.")
    exercise = make(
        solution=square,
        draw=lambda rng: (rng.random(2),),
        mistakes=(broken,),
    )

    assert "It fails." not in exercise.check(lambda x: x).message


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (0.5, "shape (3,). Received: a single number."),
        (np.zeros((3, 1)), "shape (3,). Received: an array of shape (3, 1)."),
        ("text", "leave the quotes out"),
    ],
)
def test_a_function_with_another_kind_of_result_is_told_so(returned, says):
    assert says in FUNCTION.check(lambda x, scale: returned).message


def test_a_value_is_no_function():
    message = FUNCTION.check(np.zeros(3)).message

    assert "pass the function's name without parentheses" in message
    assert "`ndarray`" in message


def test_a_warning_of_numpy_stays_quiet(recwarn):
    exercise = make(solution=square, draw=lambda rng: (np.zeros(2),))

    exercise.check(lambda x: np.log(x) / x)

    assert not recwarn.list


def test_long_arrays_that_look_alike_are_told_apart_by_place():
    def same(x):
        return x

    mistake = Mistake(lambda x: 0 * x, "Not zero.")
    exercise = make(
        solution=same, draw=lambda rng: (np.arange(200) % 2,), mistakes=(mistake,)
    )

    def wrong_in_the_middle(x):
        x[100] = 1
        return x

    message = exercise.check(wrong_in_the_middle).message
    assert "The first difference is at index 100: 1, expected 0." in message


# Authors.


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"id": "trial"}, "id, as in 'binary-crossentropy-2'"),
        ({"id": "trial-0"}, "id, as in 'binary-crossentropy-2'"),
        ({"solution": lambda: 1}, "solution made with def"),
        ({"hints": "Divide."}, "hints as a tuple"),
        ({"hints": ()}, "hints as a tuple"),
        ({"mistakes": (third,)}, "mistakes as a tuple"),
    ],
)
def test_a_slip_of_the_author_shows_at_once(fields, says):
    with pytest.raises(ValueError, match=says):
        make(**fields)


def test_draw_must_return_a_tuple():
    with pytest.raises(TypeError, match="draw must return a tuple"):
        make(solution=square, draw=lambda rng: rng.random(2)).check(third)


# Notes.


def test_the_plain_text_keeps_the_power_operator():
    note = _core.Note("```python\ndef f(x):\n    return x**2 + 2**x\n```")

    assert "return x**2 + 2**x" in repr(note)


def test_the_plain_text_keeps_arrays_and_wraps_prose():
    note = _core.Note("**Bold** and " + "long " * 40 + "\n\n    [1,   2]" + "x " * 90)

    lines = repr(note).splitlines()

    assert lines[0].startswith("Bold and long")
    assert all(len(line) <= 88 for line in lines[:-1])
    assert lines[-1].startswith("    [1,   2]x x")
    assert lines[-1].endswith("x x ")
