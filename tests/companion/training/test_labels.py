"""Labels outside the classes are refused, whatever names the loss."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import layers, losses, optimizers

from companion import training

pytestmark = pytest.mark.backend

RNG = np.random.default_rng(0)
X = RNG.normal(size=(16, 3)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("int64")
QUIET = {"batch_size": 8, "verbose": 0}
SPARSE = losses.sparse_categorical_crossentropy
OBJECT = losses.SparseCategoricalCrossentropy(from_logits=True)
OF_INTEGERS = {
    "name": "sparse_categorical_crossentropy",
    "short name": "crossentropy",
    "object": OBJECT,
    "object of probabilities": losses.SparseCategoricalCrossentropy(),
    "function": SPARSE,
    "partial": partial(SPARSE, from_logits=True),
    "partial of a partial": partial(partial(SPARSE, axis=-1), from_logits=True),
    "object in a list": [OBJECT],
    "name in a list": ["sparse_categorical_crossentropy"],
}


def network(loss, *, units=3):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(units)])
    model.compile(optimizers.SGD(0.1), loss=loss)
    return model


def two_outputs(loss):
    """Return a model with three classes at its output "a" and four at "b"."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((3,))
    outputs = [
        layers.Dense(units, name=name)(inputs) for name, units in (("a", 3), ("b", 4))
    ]
    model = keras.Model(inputs, outputs)
    model.compile(optimizers.SGD(0.1), loss=loss)
    return model


def with_label(label):
    """Return labels of two classes, and one other."""
    return np.where(np.arange(len(Y)) == 5, label, Y)


@pytest.mark.parametrize("loss", OF_INTEGERS.values(), ids=OF_INTEGERS)
@pytest.mark.parametrize("label", [3, -1, 0.5])
def test_every_name_of_a_loss_of_integers(loss, label):
    with pytest.raises(ValueError, match=rf"0 to 2.*Received: \[{label}\.?0?\]"):
        training.fit(network(loss), X, with_label(label), **QUIET)


@pytest.mark.parametrize(
    ("loss", "y"),
    [
        ([OBJECT, OBJECT], [Y, with_label(4)]),
        ([OBJECT, OBJECT], (with_label(3), Y)),
        (OBJECT, [with_label(3), Y]),
        ({"a": OBJECT, "b": OBJECT}, {"b": with_label(4), "a": Y}),
        ({"a": OBJECT, "b": SPARSE}, {"b": Y, "a": with_label(3)}),
        ({"a": OBJECT, "b": "mse"}, [with_label(-1), np.eye(4)[Y]]),
    ],
)
def test_every_output(loss, y):
    with pytest.raises(ValueError, match=r"Labels must be integers from 0 to [23]"):
        training.fit(two_outputs(loss), X, y, **QUIET)


def test_the_label_of_one_output_is_no_label_of_the_other():
    model = two_outputs({"a": OBJECT, "b": OBJECT})
    training.fit(model, X, {"b": with_label(3), "a": Y}, **QUIET)
    with pytest.raises(ValueError, match="0 to 2"):
        training.fit(model, X, {"b": Y, "a": with_label(3)}, **QUIET)


def test_labels_in_a_list_and_in_the_validation():
    with pytest.raises(ValueError, match="0 to 2"):
        training.fit(network(OBJECT), X, [with_label(3)], **QUIET)
    model = network([OBJECT])
    with pytest.raises(ValueError, match="0 to 2"):
        training.fit(model, X, Y, validation_data=(X, with_label(3)), **QUIET)


@pytest.mark.parametrize(
    "loss",
    [
        losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=7),
        partial(SPARSE, from_logits=True, ignore_class=7),
    ],
)
def test_the_class_to_ignore_is_no_label_outside(loss):
    history = training.fit(network(loss), X, with_label(7), **QUIET).history
    assert np.isfinite(history["loss"]).all()


class Shifted(losses.SparseCategoricalCrossentropy):
    """A loss of labels that count from 1."""

    def call(self, y_true, y_pred):
        return super().call(y_true - 1, y_pred)


@pytest.mark.parametrize(
    "loss",
    [lambda y_true, y_pred: SPARSE(y_true - 1, y_pred, from_logits=True), Shifted()],
    ids=["function", "subclass"],
)
def test_a_loss_that_changes_the_labels_is_left_alone(loss):
    training.fit(network(loss, units=2), X, Y + 1, **QUIET)


def test_many_seeds_are_guarded_too():
    with pytest.raises(ValueError, match="0 to 2"):
        training.repeat(lambda: network([OBJECT]), X, with_label(3), seeds=[0], **QUIET)


def test_targets_are_missing():
    with pytest.raises(TypeError, match=r"y must hold the targets.*NoneType"):
        training.fit(network("mse"), X, None, **QUIET)
