"""Comparing an answer: what is right, what is wrong, and what is said of it.

It is tried through an exercise, which shows what comes out.
"""

import numpy as np
import pytest

from companion._answers import Mistake, show
from tests.companion.exercises.inputs import make, third, value


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        (1 / 3, 0.333),
        (1 / 3, np.float32(1 / 3)),
        (1 / 3, np.array(1 / 3)),
        (1005.0, 1e3 + 0.1),
        (0.0, 0),
        (0.0, 1e-10),
        (np.inf, float("inf")),
        (7, 7.0),
        (7, np.int8(7)),
        (10**9, 10**9),
        (True, np.bool_(True)),
        ((7, 0.78), [7, 0.78]),
        ((7, 0.78), np.array([7, 0.78])),
        ((7, "a"), (7, " A.")),
        (("a", "b"), np.array(["a", "b"])),
        (np.array([0, 0.05, -0.05]), (0, 0.05, -0.05)),
        (np.zeros((2, 3)), [[0, 0, 0], [0, 0, 0]]),
        ("binary_crossentropy", "BinaryCrossentropy"),
        ("binary_crossentropy", "'binary crossentropy'"),
        ("<=", "<="),
    ],
)
def test_equal_values_are_right(expected, answer):
    verdict = value(expected, right="Because.").check(answer)

    assert verdict.correct
    assert verdict
    assert verdict.message == "**Right.** Because."


@pytest.mark.parametrize(
    ("expected", "answer", "says"),
    [
        (1 / 3, 0.34, "Close, but not close enough"),
        (1 / 3, -1 / 3, "The size is right, the sign is not."),
        (1 / 3, 0.7, "The number is not right."),
        (1 / 3, float("nan"), "NaN"),
        (1 / 3, float("inf"), "Infinity"),
        (1 / 3, "0.333", "leave the quotes out"),
        (1 / 3, True, "Asked for is a number. Received: `bool`."),
        (1 / 3, [1 / 3, 1], "Asked for is a number. Received: an array of shape (2,)."),
        (1 / 3, {"x": 1}, "`dict`"),
        (1 / 3, 1j, "`complex`"),
        (1 / 3, third, "call the function"),
        (1 / 3, None, "Did you forget `return`"),
        (7, 7.01, "The number is not right."),
        (1_000_000, 1_000_001, "The number is not right."),
        (True, False, "It is the other way round."),
        (True, 1, "Asked for is True or False. Received: `int`."),
        (np.zeros(3), np.zeros((3, 1)), "shape (3,). Received: an array of shape (3,"),
        (np.zeros(3), 0.0, "Received: a single number."),
        (np.zeros(2), [0.0, 1.0], "The numbers are not right."),
        (np.zeros(2), [[0.0], [0.0, 1.0]], "whose rows differ in length"),
        ((1, 2.0), (1, 2.5), "**Not right yet.** Part 2 of 2: The number is not right"),
        ((1, 2.0), (0, None), "Part 1 of 2: The number is not right. Part 2 of 2: Ask"),
        (
            (1, 2.0),
            (1, 2.0, 3),
            "Asked for are 2 values: `(a, b)`. Received: 3 values.",
        ),
        ((1, 2.0), 1, "Asked for are 2 values: `(a, b)`. Received: a single value."),
        ("a", "b", "`b` is not right."),
        ("<=", "<", "`<` is not right."),
        ("-1", "1", "`1` is not right."),
        ("a", 4, "A text in quotes is asked for. Received: `int`."),
    ],
)
def test_other_values_are_wrong_and_told_how(expected, answer, says):
    verdict = value(expected).check(answer)

    assert not verdict.correct
    assert not verdict
    assert verdict.answered
    assert says in verdict.message


def test_a_wrong_value_is_not_told_the_answer():
    messages = [make().check(wrong).message for wrong in (0.34, 3.0, [1.0], "x")]

    assert not any("0.33" in message or "1/3" in message for message in messages)


def test_a_typical_wrong_value_gets_its_own_message():
    verdict = make().check(3.005)

    assert not verdict.correct
    assert verdict.message == "**Not right yet.** That is its inverse."


def test_tensors_count_as_their_values():
    jnp = pytest.importorskip("jax.numpy")
    keras = pytest.importorskip("keras")
    exercise = value((1 / 3, np.array([1, 2])))

    assert exercise.check((jnp.float32(1 / 3), jnp.arange(1, 3)))
    assert exercise.check(
        (keras.ops.ones(()) / 3, keras.ops.convert_to_tensor([1.0, 2.0]))
    )
    assert exercise.check((keras.Variable(1 / 3), [1, 2]))
    assert not exercise.check((keras.KerasTensor(()), [1, 2]))


def test_an_array_of_true_and_false_counts_as_ones_and_zeros():
    def positive(x):
        return (x > 0).astype(int)

    mistake = Mistake(lambda x: np.ones(len(x)), "Not all of them.")
    exercise = make(
        solution=positive, draw=lambda rng: (rng.normal(size=60),), mistakes=(mistake,)
    )

    assert exercise.check(lambda x: x > 0).correct
    assert not exercise.check(lambda x: x < 0).correct


def test_a_shape_of_one_axis_is_shown_with_its_comma():
    assert show(((32, 3), (50_000,), ())) == "((32, 3), (50000,), ())"
