"""Bad input is refused: what was expected, what came, how to mend it."""

from collections import deque
from decimal import Decimal
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from companion import losses
from companion.losses import (
    binary_crossentropy,
    expected_calibration_error,
    sparse_categorical_crossentropy,
)
from tests.companion.losses.inputs import (
    BINARY,
    CATEGORICAL,
    CATEGORICAL_HINGE,
    CRAMMER_SINGER,
    HINGE,
    SPARSE,
    SQUARED_HINGE,
)

# The crossentropies

half = [[0.5, 0.5]]
BAD_CROSSENTROPY = [
    # shapes
    (BINARY, [1, 0], [[0.5], [0.5]], {}, ValueError, "same shape.*y_pred\\[..., 0\\]"),
    (BINARY, [1], [0.5, 0.5], {}, ValueError, r"same shape.*\(1,\) and \(2,\)"),
    (CATEGORICAL, [1], half, {}, ValueError, "Integer labels belong to sparse"),
    (CATEGORICAL, [1, 0], half, {}, ValueError, r"\(2,\) and \(1, 2\)"),
    (CATEGORICAL, [[1]], [[1.0]], {}, ValueError, "two classes.*binary_crossentropy"),
    (CATEGORICAL, 1, 0.5, {}, ValueError, "at least two classes"),
    (SPARSE, [[1, 0]], half, {}, ValueError, "One-hot.*argmax"),
    (SPARSE, [[0.0, 1.0]], half, {}, ValueError, "One-hot.*argmax"),
    (SPARSE, [[1]], half, {}, ValueError, r"y_true\[..., 0\]"),
    (SPARSE, [1, 0], half, {}, ValueError, "one integer label for each row"),
    (SPARSE, [0], [[1.0]], {}, ValueError, "at least two classes"),
    (BINARY, [[1], [0, 1]], half, {}, ValueError, "rectangular"),
    # empty
    (BINARY, [], [], {}, ValueError, r"at least one example.*\(0,\)"),
    (CATEGORICAL, np.ones((0, 3)), np.ones((0, 3)), {}, ValueError, "at least one"),
    (SPARSE, np.ones(0, int), np.ones((0, 3)), {}, ValueError, "at least one"),
    (SPARSE, np.ones((2, 0), int), np.ones((2, 0, 3)), {}, ValueError, "at least one"),
    # labels
    (BINARY, [-1, 1], [0.5, 0.5], {}, ValueError, r"hinge.*\(y_true \+ 1\) / 2"),
    (BINARY, [-1, 0, 1], [0.5] * 3, {}, ValueError, "-1 is mixed with 0"),
    (BINARY, [2, 0], [0.5] * 2, {}, ValueError, r"Received: 2 at index \(0,\)"),
    (BINARY, [1.5], [0.5], {}, ValueError, r"y_true must lie in \[0, 1\]"),
    (CATEGORICAL, [[2, -1]], half, {}, ValueError, r"y_true must lie in \[0, 1\]"),
    (CATEGORICAL, [[1, 1]], half, {}, ValueError, "Several labels.*binary_cross"),
    (CATEGORICAL, [[0, 0]], half, {}, ValueError, "Received: 0.0 at index"),
    (SPARSE, [2], half, {}, ValueError, "classes 0 to 1.*start at 1.*ignore_class"),
    (SPARSE, [-1], half, {}, ValueError, "Received: -1"),
    (SPARSE, [-1], half, {"ignore_class": 255}, ValueError, "Received: -1"),
    (SPARSE, [1.0], half, {}, TypeError, r"integer labels.*astype\(int\)"),
    (SPARSE, [True], half, {}, TypeError, "integer labels.*bool"),
    (SPARSE, ["cat"], half, {}, TypeError, "real numbers.*class names to numbers"),
    # predictions
    (BINARY, [1, 0], [0.5, 1.2], {}, ValueError, "1.2 at index.*from_logits=True"),
    (BINARY, [1], [-1e-9], {}, ValueError, r"y_pred must lie in \[0, 1\]"),
    (BINARY, [1], [True], {}, TypeError, "real numbers.*bool"),
    (BINARY, [1], [0.5j], {}, TypeError, "real numbers.*complex"),
    (BINARY, [1], [None], {}, TypeError, "real numbers.*object"),
    (BINARY, np.ma.array([1, 0]), [0.5] * 2, {}, TypeError, "masked array"),
    (CATEGORICAL, [[1, 0]], [[1.5, -0.5]], {}, ValueError, "from_logits=True"),
    (SPARSE, [1], [[1.5, -0.5]], {}, ValueError, "from_logits=True"),
    (CATEGORICAL, [[1, 0]], [[0.9, 0.9]], {}, ValueError, "Received: 1.8 at index"),
    (SPARSE, [1], [[0.4, 0.5]], {}, ValueError, "sum of y_pred must be 1"),
    # not finite
    (BINARY, [1], [np.nan], {}, ValueError, "finite.*nan"),
    (BINARY, [np.nan], [0.5], {}, ValueError, "y_true must be finite"),
    (BINARY, [1], [np.inf], {"from_logits": True}, ValueError, "finite.*inf"),
    (CATEGORICAL, [[1, 0]], [[np.nan, 1]], {}, ValueError, r"nan at index \(0, 0\)"),
    (CATEGORICAL, [[np.inf, 0]], half, {}, ValueError, "y_true must be finite"),
    (SPARSE, [1], [[0, -np.inf]], {"from_logits": True}, ValueError, "finite.*-inf"),
]
ARGUMENTS = {BINARY: ([1], [0.5]), CATEGORICAL: ([[1, 0]], half), SPARSE: ([1], half)}
for functions, good in ARGUMENTS.items():
    BAD_CROSSENTROPY += [
        (functions, *good, {name: value}, error, f"{name} must be")
        for name, value, error in [
            ("from_logits", 1, TypeError),
            ("from_logits", None, TypeError),
            ("epsilon", -1e-9, ValueError),
            ("epsilon", 0.5, ValueError),
            ("epsilon", float("nan"), ValueError),
            ("epsilon", True, TypeError),
            ("epsilon", "1e-7", TypeError),
            ("epsilon", np.float32(0.1), TypeError),
        ]
    ]
for functions in (BINARY, CATEGORICAL):
    BAD_CROSSENTROPY += [
        (
            functions,
            *ARGUMENTS[functions],
            {"label_smoothing": value},
            error,
            "\\[0, 1\\]",
        )
        for value, error in [
            (-0.1, ValueError),
            (1.1, ValueError),
            (True, TypeError),
            (None, TypeError),
        ]
    ]
BAD_CROSSENTROPY += [
    (SPARSE, [1], half, {"ignore_class": value}, TypeError, "ignore_class must be")
    for value in (True, 1.0, "pad")
]


@pytest.mark.parametrize(
    ("functions", "y_true", "y_pred", "options", "error", "says"),
    BAD_CROSSENTROPY,
    ids=[
        f"{functions[0].__name__}: {says}" for functions, *_, says in BAD_CROSSENTROPY
    ],
)
def test_bad_input_to_a_crossentropy_is_refused_in_words(
    functions, y_true, y_pred, options, error, says
):
    for function in functions:
        with pytest.raises(error, match=says) as caught:
            function(y_true, y_pred, **options)
        message = str(caught.value)
        assert " must " in message
        assert "Received: " in message
        # The mending comes last, after what was received.
        assert message.split("Received: ")[1].rstrip(".").count(". ") >= 1, message


def test_options_are_keyword_only():
    for function, (y_true, y_pred) in zip(
        (BINARY[0], CATEGORICAL[0], SPARSE[0]), ARGUMENTS.values(), strict=True
    ):
        with pytest.raises(TypeError, match="positional"):
            function(y_true, y_pred, True)


def test_an_ignored_label_is_exempt_from_the_range_check_and_no_other_is():
    p = [[0.5, 0.5]] * 2
    for function in SPARSE:
        function([-1, 1], p, ignore_class=-1)
        function(np.array([-1, 1]), p, ignore_class=np.int64(-1))
        with pytest.raises(ValueError, match="Received: -2"):
            function([-1, -2], p, ignore_class=-1)


def test_rows_may_miss_1_by_what_their_own_dtype_rounds():
    exact = np.array([[0.1, 0.2, 0.7]])
    for dtype, slack in (("float16", 0.03), ("float32", 3e-4), ("float64", 1e-8)):
        near = (exact * (1 + 0.9 * slack)).astype(dtype)
        far = (exact * (1 + 3 * slack)).astype(dtype)
        for function in CATEGORICAL:
            function(np.eye(3)[:1], near)
            function(near, exact)
            with pytest.raises(ValueError, match="the sum of y_pred must be 1"):
                function(np.eye(3)[:1], far)
            with pytest.raises(ValueError, match="the sum of y_true must be 1"):
                function(far, exact)


# The hinge losses

ONE_HOT, SCORES = [[1, 0]], [[0.5, -0.5]]
BAD_HINGE = [
    (
        HINGE,
        [0, 1],
        [0.5, 0.5],
        ValueError,
        r"\+1.*Received: 0.*2 \* y_true - 1",
    ),
    (HINGE, [True, True], [0.5] * 2, ValueError, r"Received: True.*2 \* y_true - 1"),
    (HINGE, np.uint8([0, 1]), [0.5] * 2, ValueError, r"2 \* y_true.astype\(int\) - 1"),
    (HINGE, [-1, 0, 1], [0.5] * 3, ValueError, "0 is mixed with -1"),
    (HINGE, [0, 2], [0.5] * 2, ValueError, "crammer_singer_hinge"),
    (HINGE, [0.9, 1], [0.5] * 2, ValueError, r"Received: 0.9 at index \(0,\)"),
    (HINGE, [1, -1], [[0.5], [0.5]], ValueError, r"same shape.*y_pred\[..., 0\]"),
    (HINGE, [], [], ValueError, "at least one example"),
    (HINGE, [1], [np.nan], ValueError, "finite.*nan"),
    (HINGE, ["a"], [0.5], TypeError, "real numbers"),
    (CATEGORICAL_HINGE, [1], SCORES, ValueError, "belong to crammer_singer_hinge"),
    (CATEGORICAL_HINGE, [[1, 1]], SCORES, ValueError, r"Received: \[1 1\] at"),
    (CATEGORICAL_HINGE, [[0, 0]], SCORES, ValueError, "one 1 among zeros"),
    (CATEGORICAL_HINGE, [[1, -1]], SCORES, ValueError, "one 1 among zeros"),
    (CATEGORICAL_HINGE, [[0.5, 0.5]], SCORES, ValueError, r"Received: \[0.5 0.5\]"),
    (CATEGORICAL_HINGE, [[1]], [[0.5]], ValueError, "two classes"),
    (CATEGORICAL_HINGE, ONE_HOT, [[np.inf, 0]], ValueError, "finite.*inf"),
    (CRAMMER_SINGER, ONE_HOT, SCORES, ValueError, "Make integers.*argmax"),
    (CRAMMER_SINGER, [2], SCORES, ValueError, "classes 0 to 1.*Received: 2"),
    (CRAMMER_SINGER, [-1], SCORES, ValueError, "classes 0 to 1.*Received: -1"),
    (CRAMMER_SINGER, [1.0], SCORES, TypeError, "integer labels"),
    (CRAMMER_SINGER, [0], [[0.5]], ValueError, "two classes"),
]
BAD_HINGE += [
    (SQUARED_HINGE, *rest) for functions, *rest in BAD_HINGE if functions is HINGE
]


@pytest.mark.parametrize(
    ("functions", "y_true", "y_pred", "error", "says"),
    BAD_HINGE,
    ids=[f"{functions[0].__name__}: {says}" for functions, *_, says in BAD_HINGE],
)
def test_bad_input_to_a_hinge_loss_is_refused_in_words(
    functions, y_true, y_pred, error, says
):
    for function in functions:
        with pytest.raises(error, match=says) as caught:
            function(y_true, y_pred)
        assert "Received: " in str(caught.value)


def test_what_is_said_of_classes_fits_the_loss():
    for wrong in ([5], [[1, 0]]):
        with pytest.raises(ValueError, match="y_true must") as caught:
            losses.crammer_singer_hinge(wrong, SCORES)
        assert "ignore_class" not in str(caught.value)
        assert "crossentropy" not in str(caught.value)


# The calibration error


@pytest.mark.parametrize(
    ("p", "labels", "bins", "error", "says"),
    [
        ([[0.5, 0.6]], [0], 15, ValueError, "sum of probabilities must be 1"),
        ([1.2], [0], 15, ValueError, "sigmoid"),
        ([[2.0, -1.0]], [0], 15, ValueError, r"lie in \[0, 1\]"),
        ([[[0.5, 0.5]]], [[0]], 15, ValueError, "reshape"),
        ([[0.7], [0.2]], [1, 0], 15, ValueError, r"two classes.*\[:, 0\]"),
        ([0.5, 0.5], [[1], [0]], 15, ValueError, r"labels\[..., 0\]"),
        ([np.ma.array([0.5, 0.5])], [0], 15, TypeError, "masked array"),
        (
            [[0.5, 0.5]],
            [[1, 0]],
            15,
            ValueError,
            "labels must have the shape of probabilities.*argmax",
        ),
        ([[0.5, 0.5]], [2], 15, ValueError, "labels must hold classes 0 to 1"),
        ([[0.5, 0.5]], [1.0], 15, TypeError, "labels must hold integer"),
        ([[0.5, 0.5]], [1], 0, ValueError, "`bins`"),
        ([[0.5, 0.5]], [1], 2.5, TypeError, "`bins`"),
        ([], [], 15, ValueError, "at least one example"),
    ],
)
def test_bad_input_to_the_calibration_error_is_refused_in_words(
    p, labels, bins, error, says
):
    with pytest.raises(error, match=says):
        expected_calibration_error(p, labels, bins=bins)


# Masks, missing values, and what NumPy cannot read

MASKED = np.ma.array([1, 0], mask=[True, False])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("y_true", "shape"),
    [
        (MASKED, (2,)),
        (np.ma.masked, ()),
        ([MASKED], (1, 2)),
        ((MASKED, MASKED), (2, 2)),
        ([[1, 0], MASKED], (2, 2)),
        ([[[1, 0]], (MASKED,)], (2, 1, 2)),
        (deque([MASKED]), (1, 2)),
        ([np.ma.masked, 1], (2,)),
        ([[0, 1], [1, np.ma.masked]], (2, 2)),
        ([np.ma.array([1, 0])], (1, 2)),
    ],
)
def test_a_mask_is_refused_wherever_it_is(y_true, shape):
    half, pair = np.full(shape, 0.5), np.full((*shape, 2), 0.5)
    calls = [(BINARY, y_true, half), (BINARY, half, y_true), (SPARSE, y_true, pair)]
    for functions, t, p in calls:
        for function in functions:
            with pytest.raises(TypeError, match=r"masked array, whose mask.*Select"):
                function(t, p)


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        ([None, 1], TypeError, "holding NoneType, int"),
        ([np.nan, 1], ValueError, "missing value"),
        (np.array([0.5, "a"], dtype=object), TypeError, "holding float, str"),
        ([10**400, 1], TypeError, "holding int.*floats"),
        ([Decimal("0.5"), 1], TypeError, "holding decimal.Decimal, int.*floats"),
    ],
)
def test_what_is_no_plain_number_is_named(values, error, says):
    for function in BINARY:
        with pytest.raises(error, match=says):
            function([1, 1], values)


def test_missing_values_of_pandas_are_refused():
    pandas = pytest.importorskip("pandas")
    missing = [
        (pandas.Series([1, None], dtype="Int64"), ValueError, "missing value"),
        (pandas.Series([1, None], dtype="Float64"), ValueError, "missing value"),
        (pandas.Series([1, None]), ValueError, "missing value"),
        (pandas.Series([True, None], dtype="boolean"), TypeError, "NAType.*missing"),
        ([1, pandas.NA], TypeError, "NAType.*missing values"),
        ([pandas.NaT, 1], TypeError, "NaTType.*missing values"),
    ]
    for labels, error, says in missing:
        for function in (*BINARY, *SPARSE):
            p = [0.5, 0.5] if function in BINARY else half * 2
            with pytest.raises(error, match=says):
                function(labels, p)
    present = pandas.Series([1, 0], dtype="Int64")
    assert_array_equal(
        sparse_categorical_crossentropy(present, half * 2), [np.log(2)] * 2
    )


def in_lists(tensor):
    """Return what a caller may have made of a tensor of two entries."""
    return [tensor, [tensor], (tensor, [0.5, 0.5]), [[tensor]], [[0.5, 0.5], tensor]]


def refuse_unreadable(values, kind):
    """Expect that as labels and as predictions such values are refused in words."""
    for function in (*BINARY, *CATEGORICAL, *SPARSE, losses.hinge):
        for arguments in ((values, [0.5, 0.5]), ([1, 0], values)):
            with pytest.raises(TypeError) as caught:
                function(*arguments)
            message = str(caught.value)
            assert f"Received: {kind}" in message
            assert "keras.losses or companion.margins" in message


@pytest.mark.backend
def test_symbolic_tensors_of_keras_are_refused():
    import keras

    for values in in_lists(keras.Input((2,))):
        refuse_unreadable(values, "keras.KerasTensor")


@pytest.mark.slow
def test_tensors_of_torch_that_numpy_cannot_read_are_refused():
    torch = pytest.importorskip("torch")
    tensor = torch.tensor([0.5, 0.5])
    leaf = tensor.clone().requires_grad_()
    for values in [*in_lists(leaf), [leaf[0], 0.5], [0.5, leaf[1]]]:
        refuse_unreadable(values, "torch.Tensor")
    for values in (tensor.bfloat16(), tensor.to_sparse(), tensor.to("meta")):
        refuse_unreadable(values, "torch.Tensor")
    assert_array_equal(binary_crossentropy([1, 0], tensor), [np.log(2)] * 2)


def test_tracers_of_jax_are_refused():
    jax = pytest.importorskip("jax")

    def traced(values):
        for entry in [*in_lists(values), [values[0], 0.5]]:
            refuse_unreadable(entry, "jax.")
        return values.sum()

    half = jax.numpy.array([0.5, 0.5])
    for transformed in (jax.jit(traced), jax.grad(traced)):
        transformed(half)
    jax.vmap(traced)(half[None])
    assert_allclose(binary_crossentropy([1, 0], half), np.log(2), rtol=1e-14)


def test_symbolic_tensors_of_tensorflow_are_refused():
    tensorflow = pytest.importorskip("tensorflow")

    @tensorflow.function(autograph=False)
    def traced(values):
        for entry in [*in_lists(values), [values[0], 0.5]]:
            refuse_unreadable(entry, "tensorflow.SymbolicTensor")
        return values

    half = tensorflow.constant([0.5, 0.5])
    traced(half)
    with pytest.raises(TypeError, match=r"or companion\.margins"):
        tensorflow.function(binary_crossentropy)([1, 0], half)
    for values, kind in [
        (tensorflow.sparse.from_dense(half), "tensorflow.SparseTensor"),
        (tensorflow.ragged.constant([[0.5], [0.5, 0.5]]), "tensorflow.RaggedTensor"),
    ]:
        for wrapped in (values, [values]):
            with pytest.raises(TypeError, match=f"holding {kind}.*dense"):
                binary_crossentropy([1, 0], wrapped)


@pytest.mark.backend
@pytest.mark.parametrize("trainer", ["model.fit", "training.fit"])
def test_a_reference_given_to_compile_is_refused_in_words(trainer):
    import keras

    from companion import training

    x, t = np.zeros((4, 1), "float32"), np.ones((4, 1), "float32")
    asked = [
        {"loss": losses.hinge},
        {"loss": losses.binary_crossentropy},
        {"loss": "hinge", "metrics": [losses.squared_hinge]},
    ]
    for options in asked:
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.compile("sgd", **options)
        fit = model.fit if trainer == "model.fit" else partial(training.fit, model)
        with pytest.raises(TypeError, match=r"for model\.compile take keras"):
            fit(x, t, verbose=0)
