"""A check judges what a learner means: forms, names, precision, and what came out."""

import decimal
import fractions
import functools
import importlib
import pkgutil
import re

import numpy as np
import pytest

from companion import assignments, exercises, losses
from companion._answers import _keras_names, judge
from companion.assignments._banks import find_tasks
from companion.assignments._submissions import plain
from companion.assignments._variants import make_variant
from companion.exercises import Exercise, Mistake, check

BANK = [
    exercise
    for module in pkgutil.iter_modules(exercises.__path__)
    if not module.name.startswith("_")
    for exercise in importlib.import_module(
        f"companion.exercises.{module.name}"
    ).EXERCISES
]
VALUES = [exercise for exercise in BANK if exercise.draw is None]
FUNCTIONS = [exercise for exercise in BANK if exercise.draw is not None]
ITEMS = [
    item
    for chapter in assignments.chapters()
    for seed in range(5)
    for item in make_variant(chapter, find_tasks(chapter), seed=seed).items
    if item.task.kind != "explain"
]
UNHELPFUL = ("The number is not right.", "The numbers are not right.", "is not right.")
for_each_value = pytest.mark.parametrize("exercise", VALUES, ids=lambda e: e.id)
for_each_function = pytest.mark.parametrize("exercise", FUNCTIONS, ids=lambda e: e.id)


def changed(answer, change):
    """Apply a change to every array of real numbers in an answer."""
    if isinstance(answer, (tuple, list)):
        return type(answer)(changed(part, change) for part in answer)
    if isinstance(answer, str) or np.asarray(answer).dtype.kind != "f":
        return answer
    return change(np.asarray(answer))


def rounded(answer, digits):
    def significant(array):
        return np.vectorize(lambda x: float(f"{x:.{digits}g}"), otypes=[float])(array)

    return changed(answer, significant)


def reals(answer):
    """Return all the real numbers of an answer in one array."""
    found = []
    changed(answer, lambda array: found.append(array.ravel()) or array)
    return np.concatenate([np.empty(0), *found])


def is_told_why(message):
    """Whether a message says more than that the answer is not right."""
    text = message.split("\n\nFor\n")[0]
    return not any(text.rstrip().endswith(words) for words in UNHELPFUL)


def one_number(**fields):
    def third():
        return 1 / 3

    usual = {"id": "trial-1", "hints": ("Divide.",), "solution": third}
    wrong = (Mistake(lambda *given: 3.0, "That is its inverse."),)
    return Exercise(**usual | {"mistakes": wrong} | fields)


# Containers and types.

CONTAINERS = {
    "a list": lambda x: [x],
    "a tuple": lambda x: (x,),
    "a list in a list": lambda x: [[x]],
    "a list in a tuple": lambda x: ([x],),
}


@for_each_value
def test_a_container_of_one_is_what_it_contains(exercise):
    answer = exercise.solution()
    parts = answer if isinstance(answer, tuple) else (answer,)

    for name, contain in CONTAINERS.items():
        assert check(exercise.id, contain(answer)), name
        assert check(exercise.id, tuple(map(contain, parts))), name


@for_each_value
def test_an_array_of_one_number_is_that_number(exercise):
    def is_number(value):
        return not isinstance(value, (str, tuple)) and np.ndim(value) == 0

    answer = exercise.solution()
    for shape in ((1,), (1, 1), (1, 1, 1)):
        if is_number(answer):
            assert check(exercise.id, np.reshape(answer, shape)), shape
        elif isinstance(answer, tuple):
            parts = [np.reshape(x, shape) if is_number(x) else x for x in answer]
            assert check(exercise.id, tuple(parts)), shape


@for_each_function
def test_a_function_may_return_its_number_in_a_container_of_one(exercise):
    def wrap(contain):
        def part(value):
            # The parts of one exercise are pairs.
            return (
                contain(value)
                if not isinstance(value, tuple) and np.ndim(value) == 0
                else value
            )

        def wrapped(*arguments):
            answer = exercise.solution(*arguments)
            if isinstance(answer, tuple):
                return tuple(map(part, answer))
            return part(answer)

        return wrapped

    for contain in (
        CONTAINERS["a list"],
        CONTAINERS["a list in a tuple"],
        np.atleast_2d,
    ):
        assert check(exercise.id, wrap(contain))


TYPES = {
    "float32": lambda a: a.astype(np.float32),
    "a scalar of NumPy": lambda a: a[()],
    "lists": lambda a: a.tolist(),
    "fractions": lambda a: np.vectorize(fractions.Fraction, otypes=[object])(a)[()],
    "decimals": lambda a: np.vectorize(decimal.Decimal, otypes=[object])(a).tolist(),
}


@for_each_value
def test_the_type_of_a_number_does_not_matter(exercise):
    for name, turned in TYPES.items():
        assert check(exercise.id, changed(exercise.solution(), turned)), name


@for_each_value
def test_a_whole_number_may_come_from_a_division(exercise):
    def divided(value):
        if isinstance(value, tuple):
            return tuple(map(divided, value))
        whole = not isinstance(value, (str, bool)) and np.asarray(value).dtype.kind
        return np.asarray(value, float)[()] if whole == "i" else value

    assert check(exercise.id, divided(exercise.solution()))


@pytest.mark.parametrize(
    "answer", [[1 / 3] * 3, (1 / 3, 1 / 3), np.full((1, 3), 1 / 3), [], [[]]]
)
def test_several_numbers_are_not_one(answer):
    assert not one_number().check(answer)


def test_a_number_is_an_array_of_length_one():
    def array():
        return np.array([1 / 3])

    for answer in (1 / 3, [1 / 3], [[1 / 3]], (0.333,)):
        assert one_number(solution=array).check(answer)


@pytest.mark.parametrize("answer", [[None], [["0.333"]], [True]])
def test_a_container_of_one_hides_nothing(answer):
    assert not one_number().check(answer)


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("choosing-a-loss-2", "CDAEB"),
        ("choosing-a-loss-2", "c, d, a, e, b"),
        ("choosing-a-loss-2", np.array(list("CDAEB"))),
        ("gpu-tpu-2", ("A", "D")),
        ("gpu-tpu-2", "A, D"),
        ("gpu-tpu-2", np.array(["A", "D"])),
        ("faster-training-4", ["d"]),
        ("digits-1", ((32, 32, 3), 50000)),
    ],
)
def test_letters_may_come_together_or_one_by_one(id, answer):
    assert check(id, answer)


@pytest.mark.parametrize(
    ("id", "answer"), [("choosing-a-loss-2", "CDAE"), ("gpu-tpu-2", ("A", "D", "F"))]
)
def test_letters_that_are_wrong_stay_wrong(id, answer):
    assert not check(id, answer)


def test_results_for_a_batch_of_one_are_right():
    from_scores = losses.sparse_categorical_crossentropy(
        [0], [[1000.0, 1002.0, 995.0]], from_logits=True
    )

    assert check("binary-crossentropy-1", losses.binary_crossentropy([0], [0.8]))
    assert check("from-logits-1", from_scores)
    assert check("reading-a-loss-1", [3.912])


def test_tensors_of_one_number_are_right():
    jnp = pytest.importorskip("jax.numpy")

    for shape in ((), (1,), (1, 1)):
        assert check("binary-crossentropy-1", jnp.full(shape, 1.6094))
        assert check("binary-crossentropy-2", (jnp.full(shape, 0.1), 0.325))


# Precision.


@for_each_value
def test_three_significant_digits_will_do(exercise):
    for digits in (3, 4, 5):
        assert check(exercise.id, rounded(exercise.solution(), digits))


# Where a right method may miss the third digit.
LOOSER = {"reading-a-loss-3", "reading-a-loss-5"}


@for_each_value
def test_two_significant_digits_are_told_to_be_too_few(exercise):
    right = exercise.solution()
    two, three = rounded(right, 2), rounded(right, 3)

    verdict = check(exercise.id, two)

    if np.array_equal(reals(two), reals(three)):
        assert verdict
    elif exercise.id not in LOOSER:
        assert not verdict
        assert "more digits" in verdict.message


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("reading-a-loss-1", 3.9),
        ("reading-a-loss-4", (0.33, 0.69)),
        ("reading-a-loss-4", (0.325, 0.69)),
        ("binary-crossentropy-1", 1.6),
        ("binary-crossentropy-2", (0.1, 0.33)),
        ("from-logits-1", 2.1),
        ("from-logits-2", ("C", 1.5)),
    ],
)
def test_coarse_rounding_is_told_to_be_coarse(id, answer):
    verdict = check(id, answer)

    assert not verdict
    assert "more digits" in verdict.message


# Right methods that lose digits on the way.
@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("reading-a-loss-3", (0.134, 0.349, 1 - 0.19 / 0.199)),
        ("reading-a-loss-3", (1 - 0.6 / 0.693, 1 - 1.5 / 2.30, 1 - 0.19 / 0.199)),
        ("reading-a-loss-3", (1 - 0.6 / 0.693, 1 - 1.5 / 2.303, 1 - 0.19 / 0.1985)),
        ("reading-a-loss-4", (0.9 * 0.105 + 0.1 * 2.30, 0.9 * 0.001 + 0.1 * 6.91)),
        ("reading-a-loss-5", (0.33, 0.296)),
        ("binary-crossentropy-2", (0.1, 0.1 * 2.30 + 0.9 * 0.105)),
        ("blobs-1", (1.10 - 0.42, 0.657)),
        ("sparse-categorical-crossentropy-3", 1 - 2.072 / 2.30),
        ("from-logits-1", 0.128 + 1002 - 1000),
        ("from-logits-2", ("C", np.log(1 + 9 / 2.72))),
        ("choosing-a-loss-1", 0.802 * 0.221 + 0.198 * 6.21),
        ("categorical-crossentropy-5", ([0.6, 0.3, 0.1], 0.307 + 0.361 + 0.230)),
        ("clusters-1", (1, 54.6 / (3.32 + 54.6 + 0.0498 + 20.1))),
        ("shakespeare-1", (1.5 / 0.693, 4.48)),
    ],
)
def test_rounding_on_the_way_is_no_mistake(id, answer):
    assert check(id, answer)


@pytest.mark.parametrize("points", [100, 101, 200, 301, 1001])
def test_a_fine_grid_will_do(points):
    p = np.linspace(0, 1, points)
    pull = 2 * p * (1 - p) ** 2

    assert check("reading-a-loss-5", (p[pull.argmax()], pull.max()))


def test_a_coarse_grid_will_not_do():
    for p in (0.3, 0.34, 0.35, 0.4):
        assert not check("reading-a-loss-5", (p, 2 * p * (1 - p) ** 2))


def in_float32(value):
    if isinstance(value, float):
        return np.float32(value)
    is_real = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.astype(np.float32) if is_real else value


@for_each_function
def test_a_function_may_compute_in_float32(exercise):
    def single(*arguments):
        answer = exercise.solution(*map(in_float32, arguments))
        return changed(answer, lambda array: array.astype(np.float32))

    verdict = check(exercise.id, single)

    assert verdict, verdict


@pytest.mark.backend
def test_keras_itself_is_right():
    keras = pytest.importorskip("keras")
    categorical = keras.losses.CategoricalCrossentropy(
        from_logits=True, reduction="none"
    )
    binary = keras.losses.BinaryCrossentropy(from_logits=True)

    def best_factor(t, z, factors):
        columns = t[:, None], z[:, None]
        mean_losses = [float(binary(columns[0], k * columns[1])) for k in factors]
        return factors[np.argmin(mean_losses)]

    def to_class(scores):
        p = keras.ops.softmax(scores)
        return keras.ops.argmax(p, axis=1), keras.ops.max(p, axis=1)

    assert check("from-logits-3", lambda t, z: categorical(t, z))
    assert check("binary-crossentropy-4", best_factor)
    assert check("quickstart-2", to_class)
    assert check(
        "binary-crossentropy-1", keras.losses.binary_crossentropy([[0.0]], [[0.8]])
    )


@for_each_value
def test_a_mistake_stays_one_when_it_is_rounded(exercise):
    if not reals(exercise.solution()).size:
        return  # A count that is rounded may be the right one.
    for mistake in exercise.mistakes:
        for digits in (2, 3, 4):
            assert not check(exercise.id, rounded(mistake.answer(), digits))


@pytest.mark.parametrize("epsilon", [1e-7, 1e-10, 1e-12, 1e-15, 1e-16])
def test_clipped_probabilities_are_not_the_scores(epsilon):
    def clipped(t, z, factors):
        mean_losses = []
        for k in factors:
            p = np.clip(1 / (1 + np.exp(-k * z)), epsilon, 1 - epsilon)
            each = t * np.log(p) + (1 - t) * np.log(1 - p)
            mean_losses.append(-each.mean())
        return factors[np.argmin(mean_losses)]

    verdict = check("binary-crossentropy-4", clipped)

    assert not verdict
    assert epsilon < 1e-12 or "You clip the probabilities" in verdict.message


# Part by part.


@pytest.mark.parametrize(
    ("id", "answer", "says"),
    [
        ("from-logits-2", ("A", 0.5), ["network that underfits", "Part 2 of 2"]),
        ("from-logits-2", ("B", 1.47), ["The accuracy says", "1.47 is where the loss"]),
        ("from-logits-2", ("D", 1.46), ["Part 1 of 2: Scores that are read"]),
        (
            "binary-crossentropy-2",
            (10, 0.105),
            ["as in per cent", "2: 0.105 is"],
        ),
        ("binary-crossentropy-2", (0.5, 0.4), ["price of knowing nothing", "2 of 2"]),
        ("clusters-1", (2, 4.0), ["Classes are counted from 0", "the logit itself"]),
        ("clusters-2", (2, 0.25), ["two clusters alike", "one of the three clusters"]),
        ("quickstart-1", (8, 78), ["digit is one too high", "in per cent"]),
        ("reading-a-loss-4", (0.0, 6.908), ["The first is not 0", "a wrong label"]),
        ("digits-1", ((3, 32, 32), (50000, 100)), ["channels", "one-hot labels"]),
    ],
)
def test_each_wrong_part_gets_its_own_message(id, answer, says):
    message = check(id, answer).message

    assert all(text in message for text in says), message


def pairs_of_mistakes():
    for exercise in VALUES:
        right = exercise.solution()
        if not isinstance(right, tuple):
            continue
        single: dict[int, Mistake] = {}
        for mistake in exercise.mistakes:
            answer = mistake.answer()
            if isinstance(answer, tuple) and len(answer) == len(right):
                wrong = [
                    i
                    for i, (came, wanted) in enumerate(zip(answer, right, strict=True))
                    if not _same(came, wanted)
                ]
                if len(wrong) == 1 and wrong[0] not in single:
                    single[wrong[0]] = mistake
        if len(single) > 1:
            yield pytest.param(exercise, single, id=exercise.id)


def _same(came, wanted):
    return judge(came, wanted, relative=None, absolute=1e-9).correct


@pytest.mark.parametrize(("exercise", "single"), list(pairs_of_mistakes()))
def test_two_mistakes_in_two_parts_get_both_messages(exercise, single):
    answer = list(exercise.solution())
    for place, mistake in single.items():
        answer[place] = mistake.answer()[place]

    verdict = check(exercise.id, tuple(answer))

    assert not verdict
    assert not any(words in verdict.message for words in UNHELPFUL[:2]), verdict


def test_a_part_that_is_wrong_is_not_called_right():
    mistakes = (
        Mistake(lambda: (1.0, 5.0), "The first is right. Five is too much."),
        Mistake(lambda: (9.0, 9.0), "Nines.", part=1, misconception="bits-for-nats"),
    )
    answers = {"relative": None, "absolute": 0.0}

    both = judge((7.0, 5.0), (1.0, 2.0), mistakes, **answers)
    assert both.reason == (
        "Part 1 of 2: The number is not right. Part 2 of 2: Five is too much."
    )
    assert judge((1.0, 5.0), (1.0, 2.0), mistakes, **answers).reason == (
        "The first is right. Five is too much."
    )
    nine = judge((9.0, 2.0), (1.0, 2.0), mistakes, **answers)
    assert (nine.reason, nine.misconception) == ("Part 1 of 2: Nines.", "bits-for-nats")


def test_functions_are_compared_part_by_part():
    def no_slope_and_no_rate(w, b, x, t, rate):
        each = 1 / (1 + np.exp(-(w * x + b))) - t
        return w - rate * np.mean(each), b - np.mean(each)

    message = check("binary-crossentropy-3", no_slope_and_no_rate).message

    assert "Part 1 of 2: For the weight the chain rule" in message
    assert "Part 2 of 2" in message
    assert "The bias is right" not in message


# Names that Keras's compile takes.

ONE_HOT, SPARSE, BINARY = (
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "binary_crossentropy",
)


def a_keras(name, kind=type, **options):
    """Return something that stands where Keras's own class or function stands."""
    if kind is type:
        return type(name, (), {"__module__": "keras.src.losses.losses", **options})

    def loss(y_true, y_pred, from_logits=False):
        return y_pred

    loss.__name__, loss.__module__ = name, "keras.src.losses.losses"
    return loss


@pytest.mark.parametrize(
    "name",
    [
        *("bce", "BCE", "BinaryCrossentropy", "binary_crossentropy", " bce "),
        np.array(["bce"]),
        ["bce"],
        a_keras("BinaryCrossentropy"),
        a_keras("BinaryCrossentropy")(),
        a_keras("BinaryCrossentropy", from_logits=False, label_smoothing=0)(),
        a_keras("binary_crossentropy", "function"),
        functools.partial(a_keras("binary_crossentropy", "function"), axis=-1),
    ],
    # Without addresses, which differ from one process to the next.
    ids=lambda name: re.sub(" at 0x[0-9a-f]+", "", repr(name)),
)
def test_what_compile_takes_for_a_loss_is_its_name(name):
    assert check("quickstart-3", (ONE_HOT, SPARSE, name))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("binary_crosentropy", "Did you mean `binary_crossentropy`"),
        ("binary_crossentropie", "Did you mean `binary_crossentropy`"),
        ("sparse_categorial_crossentropy", "mean `sparse_categorical_crossentropy`"),
        ("keras.losses.BinaryCrossentropy()", "Did you mean `binary_crossentropy`"),
        ("scce", "Did you mean `sparse_categorical_crossentropy`?"),
        ("keras.losses.hinge", "Did you mean `hinge`?"),
        ("zzz", "Keras has no loss, metric or activation of that name."),
        ("z" * 10_000, "Keras has no loss"),
        ("crossentropy", "leaves the choice to Keras"),
        ("ce", "leaves the choice to Keras"),
        ("mse", "`mse` is not right"),
        (4, "Received: `int`"),
        (None, "Received: `NoneType`"),
        (len, "a name that `compile` takes"),
        (a_keras("Hinge"), "`Hinge` is not right"),
        (losses.binary_crossentropy, "Received: `function`"),
        (a_keras("BinaryCrossentropy", from_logits=True)(), "with `from_logits=True`"),
        (
            functools.partial(
                a_keras("binary_crossentropy", "function"), from_logits=True
            ),
            "with `from_logits=True` it is another loss",
        ),
        (a_keras("BinaryCrossentropy", label_smoothing=0.1)(), "`label_smoothing=0.1`"),
    ],
)
def test_what_it_does_not_take_is_told(name, says):
    verdict = check("quickstart-3", (ONE_HOT, SPARSE, name))

    assert not verdict
    assert says in verdict.message


def test_a_spelling_makes_no_other_mistake_right():
    spelt = ("CategoricalCrossentropy", "CategoricalCrossentropy", "bce")

    assert "In B a label is a single integer" in check("quickstart-3", spelt).message


@pytest.mark.parametrize(
    ("expected", "name"),
    [
        ("accuracy", "acc"),
        ("mean_squared_error", "MSE"),
        ("silu", "swish"),
        ("sigmoid", a_keras("sigmoid", "function")),
        ("relu", a_keras("ReLU")()),
        ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"),
        ("kl_divergence", "KLDivergence"),
    ],
)
def test_names_of_metrics_and_activations_count_too(expected, name):
    assert judge(name, expected, relative=None, absolute=0.0).correct


@pytest.mark.backend
def test_the_names_are_those_of_keras():
    keras = pytest.importorskip("keras")

    def is_taken(get, name):
        try:
            return get(name) is not None
        except ValueError:
            return False

    for name in _keras_names._NAMES["loss"]:
        assert is_taken(keras.losses.get, name)
        assert _keras_names.canonical(keras.losses.get(name).__name__) == name
    for name in _keras_names._NAMES["activation"]:
        assert _keras_names.canonical(keras.activations.get(name).__name__) == name
    for name in set(_keras_names._NAMES["metric"]) - {"accuracy"}:
        assert _keras_names.canonical(type(keras.metrics.get(name)).__name__) == name
    for alias, name in _keras_names._ALIASES.items():
        if name in _keras_names._NAMES["loss"]:
            assert keras.losses.get(alias) is keras.losses.get(name)
        if name in _keras_names._NAMES["activation"]:
            assert keras.activations.get(alias) is keras.activations.get(name)


@pytest.mark.backend
def test_losses_of_keras_are_right_and_their_options_count():
    keras = pytest.importorskip("keras")
    lib = keras.losses

    for loss in (
        lib.BinaryCrossentropy,
        lib.BinaryCrossentropy(),
        lib.binary_crossentropy,
        lib.get("bce"),
    ):
        assert check("quickstart-3", (ONE_HOT, lib.get(SPARSE), loss))
    for loss in (
        lib.BinaryCrossentropy(from_logits=True),
        lib.BinaryCrossentropy(label_smoothing=0.1),
        lib.BinaryFocalCrossentropy(),
        keras.metrics.binary_accuracy,
    ):
        assert not check("quickstart-3", (ONE_HOT, SPARSE, loss))
    assert not check(
        "quickstart-3",
        (ONE_HOT, lib.SparseCategoricalCrossentropy(ignore_class=0), BINARY),
    )


# What came out, and what it suggests.


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([1, None, 3], "`None` at index 1"),
        ([1, "none", 3], "`'none'` at index 1"),
        ([None, "x", {}, ()], "`None` at index 0, `'x'` at index 1, `{}` at index 2"),
        ([[1, 2], [3]], "rows differ in length"),
        ([1, [2, 3]], "rows differ in length"),
        ([[1, 2], [3, None]], "`None` at index (1, 1)"),
        (np.array([1, "none", -1]), "numbers: `'none'` at index 1."),
        (np.array([1, None, -1]), "numbers: `None` at index 1."),
    ],
)
def test_entries_that_are_no_numbers_are_named(entries, says):
    def array():
        return np.zeros(3)

    verdict = one_number(solution=array).check(entries)

    assert not verdict
    assert says in verdict.message


def test_a_list_with_none_in_it_is_told_where():
    def none_below(probabilities, threshold):
        rows = zip(probabilities.argmax(axis=1), probabilities.max(axis=1), strict=True)
        return [int(c) if p >= threshold else None for c, p in rows]

    def numbers(probabilities, threshold):
        return [-1 if c is None else c for c in none_below(probabilities, threshold)]

    def not_a_number(probabilities, threshold):
        return [
            np.nan if c is None else c for c in none_below(probabilities, threshold)
        ]

    assert "NaN stands at index" in check("quickstart-4", not_a_number).message
    message = check("quickstart-4", none_below).message

    assert "entries that are no numbers: `None` at index" in message
    assert check("quickstart-4", numbers)


@pytest.mark.parametrize(
    ("id", "answer"),
    [
        ("binary-crossentropy-1", (1, 609)),
        ("binary-crossentropy-1", [1, 609]),
        ("binary-crossentropy-2", (0, 1, 0, 325)),
        ("binary-crossentropy-2", (0.1, 0, 325)),
        ("hinge-losses-1", [0, 6, 0, 1, 2]),
        ("circles-2", (1, 500, 500, 470)),
        ("faster-training-2", (1, 53)),
    ],
)
def test_a_decimal_comma_is_explained(id, answer):
    verdict = check(id, answer)

    assert not verdict
    assert "as two numbers" in verdict.message


def test_a_decimal_comma_in_quotes_is_explained():
    message = check("binary-crossentropy-1", "1,609").message

    assert "leave the quotes out" in message
    assert "decimal point" in message


KINDS = {
    "another sign": lambda x: -x,
    "per cent": lambda x: 100 * x,
    "bits": lambda x: x / np.log(2),
    "divided by 100": lambda x: x / 100,
}


@for_each_value
def test_a_typical_change_of_a_value_is_told(exercise):
    right = exercise.solution()
    for name, change in KINDS.items():
        if reals(right).any():
            verdict = check(exercise.id, changed(right, change))
            assert not verdict, name
            assert is_told_why(verdict.message), verdict


@for_each_function
def test_a_typical_change_of_a_function_is_told(exercise):
    given = exercise.inputs()
    # Fitting is slow, and each answer is computed once.
    answers = {repr(one): exercise.solution(*one) for one in given}
    rounding = {
        f"{n} places": functools.partial(np.round, decimals=n) for n in (1, 2, 3)
    }

    for name, change in (KINDS | rounding).items():
        wrong = {key: changed(answer, change) for key, answer in answers.items()}
        came = np.concatenate([reals(answer) for answer in wrong.values()])
        right = np.concatenate([reals(answer) for answer in answers.values()])
        if came.any():
            verdict = check(exercise.id, lambda *one, wrong=wrong: wrong[repr(one)])
            assert not verdict or np.allclose(came, right, 1e-2, 1e-3), name
            assert verdict or is_told_why(verdict.message), verdict


@pytest.mark.parametrize(
    ("id", "wrong", "says"),
    [
        ("from-logits-4", lambda s: lambda *a: np.ceil(s(*a)), "rounded too far"),
        ("from-logits-4", lambda s: lambda *a: int(np.ceil(s(*a))), "rounded too far"),
        ("from-logits-3", lambda s: _gap, "gap between the largest score"),
        ("binary-crossentropy-3", lambda s: _squared, "squared error"),
    ],
)
def test_plausible_functions_are_told_what_they_do(id, wrong, says):
    assert says in check(id, wrong(exercises._find(id).solution)).message


def _gap(t, z):
    return z.max(axis=1) - z[t == 1]


def _squared(w, b, x, t, rate):
    p = 1 / (1 + np.exp(-(w * x + b)))
    slope = 2 * (p - t) * p * (1 - p)
    return w - rate * np.mean(slope * x), b - rate * np.mean(slope)


@pytest.mark.parametrize(
    ("id", "answer", "says"),
    [
        ("reading-a-loss-3", (13.4, 34.9, 4.29), "per cent"),
        ("reading-a-loss-3", (13, 35, 4), "per cent"),
        ("reading-a-loss-4", (0.325, 0.691), "left out the right labels"),
        ("reading-a-loss-4", (0.23, 0.691), "parts of the examples with wrong labels"),
        ("imbalance-and-many-labels-1", (33.3, 66.7, 95), "per cent"),
        ("sparse-categorical-crossentropy-3", 10.0, "per cent"),
    ],
)
def test_plausible_values_are_told_what_they_are(id, answer, says):
    verdict = check(id, answer)

    assert not verdict
    assert says in verdict.message


@for_each_function
def test_right_numbers_in_another_shape_are_told_the_shape(exercise):
    def columns(*arguments):
        answer = exercise.solution(*arguments)
        return changed(
            answer, lambda a: a[:, None] if a.ndim == 1 and len(a) > 1 else a
        )

    verdict = check(exercise.id, columns)

    assert verdict or "shape" in verdict.message


def test_no_cause_is_named_without_reason():
    exercise = one_number(mistakes=(Mistake(lambda: 3.0, "That is its inverse."),))

    for answer in (0.0, 0.5, 0.25, 17.0, -2.0, 1.0, 0.6):
        assert exercise.check(answer).message.endswith("The number is not right.")


# Grading follows the same rules.


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.task.title)
def test_grading_takes_the_same_forms(item):
    right = plain(item.task.solution(*item.numbers))

    for contain in CONTAINERS.values():
        assert item.judge(contain(right)).correct
    assert item.judge(plain(rounded(right, 3))).correct
    for mistake in item.task.mistakes:
        answer = plain(mistake.answer(*item.numbers))
        assert not item.judge(plain(rounded(answer, 4))).correct


def test_grading_takes_the_names_that_compile_takes():
    for item in ITEMS:
        right = item.task.solution(*item.numbers)
        if isinstance(right, tuple) and "binary_crossentropy" in right:
            assert item.judge([right[0], "bce"]).correct
            assert "Did you mean" in item.judge([right[0], "binary_crosentropy"]).reason
            break
    else:
        raise AssertionError("No task asks for this name.")
