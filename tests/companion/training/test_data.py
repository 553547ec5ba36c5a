"""What `training.fit` takes as data, beside what `model.fit` does with it."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers, losses, optimizers

from companion import training
from companion.training import _data
from tests.companion.training.comparing import assert_same_run

pytestmark = pytest.mark.backend

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 3)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("int64")
CLASSES = Y + 2 * (X[:, 0] > 0.5)
WEIGHTS = np.abs(X[:, 1])
QUIET = {"batch_size": 8, "verbose": 0, "shuffle": False}


def network(loss="mse", **compiled):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    model.compile(optimizers.SGD(0.1), loss=loss, **compiled)
    return model


def two_outputs():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((3,))
    outputs = [
        layers.Dense(units, name=name)(inputs) for name, units in (("a", 1), ("b", 4))
    ]
    model = keras.Model(inputs, outputs)
    sparse = losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizers.SGD(0.1), loss=["mse", sparse])
    return model


def assert_as_keras(build, x, y, **options):
    """Train twice from the same start, on batches of equal size."""
    assert_same_run(build, x, y, **QUIET | {"batch_size": 5, "epochs": 2} | options)


def absolute(y_true, y_pred):
    """A metric that would broadcast (n,) against (n, 1)."""
    y_true = keras.ops.cast(y_true, "float32")
    return keras.ops.mean(keras.ops.abs(y_true - y_pred), -1)


def test_columns_of_pandas_are_widened_as_keras_does():
    table = pd.DataFrame(X, index=range(100, 120))
    target = pd.Series(Y.astype("float64"), index=range(20))
    assert_as_keras(lambda: network(metrics=[absolute]), table, target)


@pytest.mark.slow
@pytest.mark.parametrize(
    "weights",
    [[None, WEIGHTS], [WEIGHTS, None], (WEIGHTS, 2 * WEIGHTS), WEIGHTS],
    ids=["second", "first", "both", "one for all"],
)
def test_weights_of_several_outputs(weights):
    y = [X[:, :1], CLASSES]
    if isinstance(weights, tuple):
        y = tuple(y)
    assert_as_keras(two_outputs, X, y, sample_weight=weights)


@pytest.mark.parametrize(
    "weights", [{"b": WEIGHTS}, [WEIGHTS], {"a": WEIGHTS, "b": WEIGHTS}]
)
def test_refuses_weights_of_another_structure(weights):
    with pytest.raises(
        ValueError, match=r"structure of y.*Received: .*\*.* for y = \["
    ):
        training.fit(
            two_outputs(), X, [X[:, :1], CLASSES], sample_weight=weights, **QUIET
        )


def test_shuffle_in_batches():
    assert_as_keras(network, X, Y, shuffle="batch")
    given = training._arguments({"batch_size": 8, "shuffle": "batch"}, x=X, y=Y)
    plan = training.make_plan(given)
    full, tail = plan.batches(seed=0, epoch=0)
    assert [sorted(row) for row in full] == [[*range(8)], [*range(8, 16)]]
    assert full[0].tolist() != sorted(full[0])
    assert sorted(tail) == [16, 17, 18, 19]
    with pytest.raises(ValueError, match=r'"batch". Received: shuffle='):
        training.fit(network(), X, Y, **{**QUIET, "shuffle": "batches"})


def test_keras_limits_the_epochs():
    keras.config.set_max_epochs(1)
    try:
        with pytest.warns(UserWarning, match="Limiting epochs to 1"):
            history = training.fit(network(), X, Y, epochs=3, **QUIET)
    finally:
        keras.config.set_max_epochs(None)
    assert len(history.history["loss"]) == 1


def test_keras_limits_the_steps():
    keras.config.set_max_steps_per_epoch(2)
    try:
        with pytest.raises(ValueError, match=r"3 batches.*max_steps.*model\.fit"):
            training.fit(network(), X, Y, **QUIET)
    finally:
        keras.config.set_max_steps_per_epoch(None)


# --- What is no array of numbers -------------------------------------------------


@pytest.mark.parametrize(
    ("value", "way_out"),
    [
        (np.ma.masked_array(Y, Y > 0), "Drop the masked"),
        ([np.ma.masked_array(Y, Y > 0)], "Drop the masked"),
        (Y.tolist(), r"np\.asarray"),
        (list("ab" * 10), r"return_inverse=True"),
        (np.array(["a", "b"] * 10), "dtype <U1.*return_inverse=True"),
        (np.array(["a", None] * 10, dtype=object), "return_inverse=True"),
        (
            pd.Series(["a", "b"] * 10, dtype="category"),
            "Series of dtype category.*return",
        ),
        (pd.Series([1, None] * 10, dtype="Int64"), r"\.to_numpy"),
        (pd.DataFrame({"y": pd.array([1, 2] * 10, dtype="Int64")}), r"\.to_numpy"),
        ((label for label in Y), r"generator.*use model\.fit"),
    ],
)
def test_refuses_what_is_no_array_of_numbers(value, way_out):
    with pytest.raises(TypeError, match=f"y must be made of numeric arrays.*{way_out}"):
        training.fit(network(), X, value, **QUIET)


def test_refuses_tensors_of_other_libraries_that_are_no_plain_array():
    torch = pytest.importorskip("torch", reason="comes with the `peers` extra")
    sparse = pytest.importorskip("scipy.sparse")
    for value, way_out in (
        (torch.ones(20, requires_grad=True), "detach"),
        (sparse.csr_array(np.ones((20, 1))), "Make it dense"),
    ):
        with pytest.raises(TypeError, match=way_out):
            training.fit(network(), X, value, **QUIET)


# --- Weights of classes ----------------------------------------------------------


@pytest.mark.parametrize(
    ("weights", "error", "match"),
    [
        ([1, 9], TypeError, r"dict\(enumerate\(weights\)\).*Received: \[1, 9\]"),
        (np.ones(2), TypeError, "dict from class to weight"),
        ("balanced", TypeError, "Received: 'balanced'"),
        ({"1": 9}, TypeError, "as integers. Received: '1' of type str"),
        ({0.5: 9}, TypeError, "as integers. Received: 0.5"),
        ({True: 9}, TypeError, "Received: True of type bool"),
        ({1: "9"}, TypeError, r"must be numbers. Received: \{1: '9'\}"),
        ({1: None}, TypeError, "must be numbers"),
        ({1: np.nan}, ValueError, "finite and not negative"),
        ({1: np.inf}, ValueError, "finite and not negative"),
        ({0: 1.0, 1: -2.0}, ValueError, r"not negative. Received: \{1: -2.0\}"),
    ],
)
def test_refuses_weights_that_weigh_no_class(weights, error, match):
    with pytest.raises(error, match=match):
        training.fit(network(), X, Y, class_weight=weights, **QUIET)


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (np.eye(4)[np.stack([Y, Y], 1)], r"shape \(20, 2, 4\)"),
        (np.stack([Y, Y], 1)[..., None], r"shape \(20, 2, 1\)"),
        (np.stack([CLASSES, CLASSES], 1), r"shape \(20, 2\)"),
        (np.where(X[:, 0] > 0, np.nan, 1.0), "NaN or infinity"),
    ],
)
def test_refuses_labels_that_name_no_single_class(y, match):
    with pytest.raises(ValueError, match=match):
        training.fit(network(), X, y, class_weight={1: 2.0}, **QUIET)


def test_refuses_to_weigh_a_class_for_each_step_of_a_sequence():
    # Every row of these labels could be a one-hot one, and Keras would multiply the
    # weights of the two examples of a batch with the losses of their two steps.
    sparse = losses.SparseCategoricalCrossentropy(from_logits=True)
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((3,)), layers.Dense(6), layers.Reshape((2, 3))]
    )
    model.compile("sgd", sparse)
    y = np.eye(2, dtype=int)[Y]
    with pytest.raises(ValueError, match=r"one class for each example.*sample_weight"):
        training.fit(model, X, y, **{**QUIET, "batch_size": 2}, class_weight={1: 2.0})


@pytest.mark.parametrize("key", [1, 1.0, np.int64(1), np.float32(1)])
def test_a_class_may_be_any_whole_number(key):
    _data.check_class_weight({key: 9}, Y)


def test_weights_of_classes_are_keras_s():
    sparse = losses.SparseCategoricalCrossentropy(from_logits=True)

    def build():
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((3,)), layers.Dense(4)])
        model.compile(optimizers.SGD(0.1), loss=sparse)
        return model

    assert_as_keras(build, X, CLASSES, class_weight={1: 9, 2: 0.5})
