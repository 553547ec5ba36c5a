"""Exercises: what a check says to each kind of answer, and every exercise there is."""

import doctest
import importlib
import inspect
import itertools
import pkgutil
import types

import numpy as np
import pytest

from companion import exercises
from companion.exercises import Exercise, Mistake, _core, check, hint, solution

CHAPTERS = [
    module.name
    for module in pkgutil.iter_modules(exercises.__path__)
    if not module.name.startswith("_")
]
BANK = [
    exercise
    for chapter in CHAPTERS
    for exercise in importlib.import_module(f"companion.exercises.{chapter}").EXERCISES
]


def by_id(exercise):
    return exercise.id


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


# Values.


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
    exercise = make(solution=lambda_free_square, draw=lambda rng: (np.array([1.5]),))

    assert exercise.check(lambda x: x + 1).message == (
        "**Not right yet.** The numbers are not right.\n\n"
        "For\n\n    x = [1.5]\n\n"
        "your function returned\n\n    [2.5]\n\n"
        "and expected was\n\n    [2.25]"
    )


def lambda_free_square(x):
    return x**2


def test_digits_are_added_until_the_difference_shows():
    exercise = make(solution=lambda_free_square, draw=lambda rng: (np.array([1.5]),))

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
        solution=lambda_free_square,
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
    exercise = make(solution=lambda_free_square, draw=lambda rng: (np.zeros(2),))

    exercise.check(lambda x: np.log(x) / x)

    assert not recwarn.list


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
        make(solution=lambda_free_square, draw=lambda rng: rng.random(2)).check(third)


# The public functions.


def test_hints_come_one_by_one():
    count = len(exercises.quickstart.EXERCISES[1].hints)

    assert str(hint("quickstart-2")).startswith(f"Hint 1 of {count}. Each row")
    assert '`exercises.hint("quickstart-2", 2)`' in hint("quickstart-2").message
    last = hint("quickstart-2", step=count).message
    assert last.startswith(f"**Hint {count} of {count}.**")
    assert '`exercises.solution("quickstart-2")` shows a solution' in last


@pytest.mark.parametrize("step", [0, 4, -1, "2", None, 1.5])
def test_a_step_that_is_not_there_is_explained(step):
    message = hint("quickstart-2", step).message

    assert message == f"There are hints 1 to 3. Received: step {step!r}."


def test_a_solution_shows_its_source_and_its_value():
    shown = solution("quickstart-1")

    assert shown._repr_markdown_().startswith("```python\ndef digit_and_probability():")
    assert shown.message.endswith("```\n\nIt returns `(7, 0.78)`.")
    assert repr(shown).startswith("def digit_and_probability():")
    assert "```" not in repr(shown)
    assert solution("quickstart-2").message.endswith("max(axis=1)\n```")


def test_a_shape_of_one_axis_is_shown_with_its_comma():
    assert _core.show(((32, 3), (50_000,), ())) == "((32, 3), (50000,), ())"


def test_an_array_of_true_and_false_counts_as_ones_and_zeros():
    def positive(x):
        return (x > 0).astype(int)

    mistake = Mistake(lambda x: np.ones(len(x)), "Not all of them.")
    exercise = make(
        solution=positive, draw=lambda rng: (rng.normal(size=60),), mistakes=(mistake,)
    )

    assert exercise.check(lambda x: x > 0).correct
    assert not exercise.check(lambda x: x < 0).correct


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


@pytest.mark.parametrize("function", [lambda id: check(id, 1), hint, solution])
def test_an_unknown_id_names_its_neighbours(function):
    with pytest.raises(ValueError, match=r"no exercise 'quikstart-1'.*quickstart-1"):
        function("quikstart-1")
    with pytest.raises(ValueError, match=r"no exercise 'quickstart-99'.*quickstart-3"):
        function("quickstart-99")
    with pytest.raises(
        ValueError, match=r"no exercise 'ω'.*quickstart-1, quickstart-2"
    ):
        function("ω")
    with pytest.raises(ValueError, match=r"no exercise '_core-1'"):
        function("_core-1")
    with pytest.raises(TypeError, match="Received: int"):
        function(1)


@pytest.mark.parametrize("module", [exercises, _core])
def test_the_examples_in_the_docstrings_hold(module):
    failed, tried = doctest.testmod(module)

    assert failed == 0
    assert tried > 0 or module is _core


# Every exercise of every chapter.


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_ids_count_from_one(chapter):
    bank = importlib.import_module(f"companion.exercises.{chapter}").EXERCISES
    prefix = chapter.replace("_", "-")

    assert [e.id for e in bank] == [f"{prefix}-{i}" for i in range(1, len(bank) + 1)]


def test_ids_are_found_again():
    assert {id(exercises._find(e.id)) for e in BANK} == {id(e) for e in BANK}


@pytest.mark.parametrize("exercise", BANK, ids=by_id)
def test_texts_are_there_and_differ(exercise):
    mistakes = [mistake.message for mistake in exercise.mistakes]

    assert all(len(text) > 20 for text in (*exercise.hints, *mistakes))
    assert len(set(exercise.hints)) == len(exercise.hints)
    assert len(set(mistakes)) == len(mistakes)
    # Maths does not render in every front end's outputs.
    assert not any("$" in text for text in (*exercise.hints, *mistakes, exercise.right))


@pytest.mark.parametrize("exercise", BANK, ids=by_id)
def test_its_own_solution_is_right(exercise):
    answer = exercise.solution if exercise.draw else exercise.solution()

    verdict = check(exercise.id, answer)

    assert verdict.correct, verdict
    assert verdict.message.startswith("**Right.**")


@pytest.mark.parametrize(
    "exercise", [e for e in BANK if e.draw is None and not e.tolerance], ids=by_id
)
def test_three_significant_digits_will_do(exercise):
    def rounded(answer):
        if isinstance(answer, tuple):
            return tuple(map(rounded, answer))
        array = np.asarray(answer)
        if array.dtype.kind != "f":
            return answer
        return np.vectorize(lambda number: float(f"{number:.3g}"))(array)

    assert check(exercise.id, rounded(exercise.solution())).correct


@pytest.mark.parametrize("exercise", BANK, ids=by_id)
def test_its_blank_is_not_answered_yet(exercise):
    blank = ... if exercise.draw is None else lambda *arguments: ...

    verdict = check(exercise.id, blank)

    assert not verdict.answered
    assert not verdict.correct


# A message reaches only the answer it was written for, so no two mistakes of an
# exercise, and no mistake and the solution, agree on the drawn input.
@pytest.mark.parametrize(
    ("exercise", "mistake"),
    [
        pytest.param(exercise, mistake, id=f"{exercise.id}-{number}")
        for exercise in BANK
        for number, mistake in enumerate(exercise.mistakes, 1)
    ],
)
def test_each_mistake_gets_its_own_message(exercise, mistake):
    answer = mistake.answer if exercise.draw else mistake.answer()

    verdict = check(exercise.id, answer)

    assert not verdict.correct
    assert verdict.answered
    assert verdict.message.startswith(f"**Not right yet.** {mistake.message}")


def is_importable(thing):
    """Whether a learner can import it: modules, and what the companion offers."""
    if isinstance(thing, types.ModuleType):
        return True
    home = getattr(thing, "__module__", None) or ""
    return home.startswith("companion.") and not home.startswith("companion.exercises")


@pytest.mark.parametrize("exercise", BANK, ids=by_id)
def test_its_solution_can_be_read_alone(exercise):
    used = inspect.getclosurevars(exercise.solution).globals
    hidden = [name for name, thing in used.items() if not is_importable(thing)]

    assert not hidden, f"the shown source leaves out {hidden}"
    assert solution(exercise.id).message.startswith("```python\ndef ")
