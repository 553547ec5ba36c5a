"""The losses and metrics of the margin that Keras does not have, against `losses`."""

import doctest

import keras
import numpy as np
import pytest

from companion import losses, margins, training

pytestmark = pytest.mark.backend

RNG = np.random.default_rng(0)
# Scores on every side of 0, and rows that lie wholly below it.
SCORES = RNG.normal(-1.0, 2.0, size=(200, 4)).astype("float32")
CLASSES = RNG.integers(4, size=200)
ONE_HOT = np.eye(4, dtype="float32")[CLASSES]


def array(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_crammer_singer_is_the_reference():
    expected = losses.crammer_singer_hinge(CLASSES, SCORES)
    ours = array(margins.crammer_singer_hinge(ONE_HOT, SCORES))
    # float32, from scores below 10.
    np.testing.assert_allclose(ours, expected, atol=1e-5)
    # The data reach the region in which Keras's own differs.
    keras_own = array(keras.losses.categorical_hinge(ONE_HOT, SCORES))
    assert np.abs(keras_own - expected).max() > 1


@pytest.mark.parametrize("shift", [-7.0, 5.0])
def test_crammer_singer_does_not_notice_a_shift(shift):
    moved = array(margins.crammer_singer_hinge(ONE_HOT, SCORES + shift))
    unmoved = array(margins.crammer_singer_hinge(ONE_HOT, SCORES))
    np.testing.assert_allclose(moved, unmoved, atol=1e-5)


def test_crammer_singer_trains_along_the_reference_gradient():
    """With inputs of one-hot rows the kernel's gradient is the scores' gradient."""
    x, rows = np.eye(4, dtype="float32"), slice(4)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, use_bias=False)])
    model.set_weights([SCORES[rows]])
    model.compile(
        optimizer=keras.optimizers.SGD(1.0), loss=margins.crammer_singer_hinge
    )
    training.fit(model, x, ONE_HOT[rows], batch_size=4, verbose=0)
    moved = SCORES[rows] - model.get_weights()[0]
    expected = losses.crammer_singer_hinge_gradient(CLASSES[rows], SCORES[rows])
    assert np.abs(expected).sum() > 0
    np.testing.assert_allclose(4 * moved, expected, atol=1e-5)


@pytest.mark.parametrize("labels", [(-1.0, 1.0), (0.0, 1.0)])
def test_sign_accuracy_compares_signs(labels):
    low, high = labels
    y_true = np.array([[low], [low], [high], [high], [low]], dtype="float32")
    y_pred = np.array([[-0.1], [0.1], [0.1], [-0.1], [0.0]], dtype="float32")
    hits = array(margins.sign_accuracy(y_true, y_pred))
    np.testing.assert_array_equal(hits, [1, 0, 1, 0, 1])


def test_silent_counts_where_the_slope_is_zero():
    t = np.where(CLASSES[:, None] > 1, 1.0, -1.0).astype("float32")
    s = SCORES[:, :1]
    for loss, gradient in [
        (keras.losses.hinge, losses.hinge_gradient),
        (keras.losses.squared_hinge, losses.squared_hinge_gradient),
    ]:
        share = array(margins.silent(loss)(t, s))
        np.testing.assert_array_equal(share, (gradient(t, s) == 0)[:, 0])
        assert 0 < share.mean() < 1
    share = array(margins.silent(margins.crammer_singer_hinge)(ONE_HOT, SCORES))
    slope = losses.crammer_singer_hinge_gradient(CLASSES, SCORES)
    np.testing.assert_array_equal(share, np.all(slope == 0, axis=1))
    assert 0 < share.mean() < 1


def test_they_stand_in_a_training_log_under_their_names():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(
        loss="hinge",
        optimizer=keras.optimizers.SGD(0.0),
        metrics=[margins.sign_accuracy, margins.silent(keras.losses.hinge)],
    )
    t = np.where(CLASSES[:, None] > 1, 1.0, -1.0).astype("float32")
    log = training.fit(model, SCORES, t, batch_size=200, verbose=0).history
    s = array(model(SCORES))
    assert list(log) == ["loss", "sign_accuracy", "silent"]
    np.testing.assert_allclose(log["sign_accuracy"], np.mean(t * s > 0), atol=1e-6)
    np.testing.assert_allclose(log["silent"], np.mean(t * s >= 1), atol=1e-6)


def test_the_examples_in_the_docstrings_run():
    failed, tried = doctest.testmod(margins)
    assert tried > 0
    assert failed == 0
