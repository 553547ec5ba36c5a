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


def sign_pair(count=5):
    """Return labels of which two in `count` have the other sign than their scores."""
    y_true = np.where(np.arange(count) % 2 == 0, 1.0, -1.0).astype("float32")
    y_pred = 2 * y_true
    y_pred[[0, 3]] *= -1
    return y_true, y_pred, (y_true * y_pred > 0).astype("float32")


@pytest.mark.parametrize(
    ("labels", "scores"),
    [((5,), (5, 1)), ((5, 1), (5,)), ((5,), (5,)), ((5, 1), (5, 1))],
)
def test_every_score_meets_its_own_label(labels, scores):
    y_true, y_pred, expected = sign_pair()
    for metric in (margins.sign_accuracy, margins.silent(keras.losses.hinge)):
        received = array(metric(y_true.reshape(labels), y_pred.reshape(scores)))
        np.testing.assert_array_equal(received, expected)


def test_one_example_meets_its_own_label():
    for metric in (margins.sign_accuracy, margins.silent(keras.losses.hinge)):
        np.testing.assert_array_equal(array(metric([1.0], [[2.0]])), [1])
        np.testing.assert_array_equal(array(metric([1], [[-2.0]])), [0])


@pytest.mark.parametrize(
    ("labels", "scores"),
    [
        ((1, 5), (5, 1)),
        ((5,), (1, 5)),
        ((1, 5), (5,)),
        ((5, 1), (1, 5)),
        ((1,), (5, 1)),
    ],
)
def test_labels_of_another_shape_are_refused(labels, scores):
    y_true, y_pred = np.ones(labels, "float32"), np.ones(scores, "float32")
    for metric in (margins.sign_accuracy, margins.silent(keras.losses.hinge)):
        with pytest.raises(ValueError, match=r"must have the shape.*Received: \("):
            metric(y_true, y_pred)


def test_integer_labels_are_refused_where_one_hot_ones_belong():
    scores = 3 * np.eye(3, dtype="float32")
    silent = margins.silent(keras.losses.categorical_hinge)
    for labels in (np.arange(3), np.arange(3)[:, None], np.arange(3)[None]):
        with pytest.raises(ValueError, match=r"\(3, 3\).*to_categorical"):
            margins.crammer_singer_hinge(labels, scores)
        for metric in (margins.sign_accuracy, silent):
            with pytest.raises(ValueError, match=r"Received: .*\(3, 3\)"):
                metric(labels, scores)
    with pytest.raises(ValueError, match=r"two classes.*keras\.losses\.hinge"):
        margins.crammer_singer_hinge([[1.0], [0.0]], [[2.0], [3.0]])


def test_a_loss_of_the_whole_batch_counts_no_examples():
    y_true, y_pred, expected = sign_pair()
    with pytest.raises(ValueError, match=r"each example.*not keras.losses.Hinge\(\)"):
        margins.silent(keras.losses.Hinge())(y_true, y_pred)
    single = margins.silent(keras.losses.Hinge(reduction=None))
    np.testing.assert_array_equal(array(single(y_true, y_pred)), expected)


@pytest.mark.parametrize("lowest", [-1e9, -np.inf])
def test_crammer_singer_keeps_small_differences_beside_a_very_low_score(lowest):
    # So low a score is how a class is ruled out.
    scores = np.array([[lowest, 0.5, 0.0]], "float32")
    value = array(margins.crammer_singer_hinge([[0.0, 1.0, 0.0]], scores))
    np.testing.assert_array_equal(value, [0.5])


def test_crammer_singer_does_not_lose_the_1_between_huge_scores():
    scores = np.array([[1e8, 1e8]], "float32")
    np.testing.assert_array_equal(
        array(margins.crammer_singer_hinge([[1, 0]], scores)), [1]
    )


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(9,), (9, 1)])
def test_metrics_pair_labels_and_scores_while_keras_trains(shape):
    """Batches of 8 leave a last one of a single example."""
    y_true, y_pred, expected = sign_pair(9)
    metrics = [margins.sign_accuracy, margins.silent(keras.losses.hinge)]
    weight = np.arange(9, dtype="float32")
    x, t = y_pred[:, None], y_true.reshape(shape)
    logs = []
    for fit in (keras.Model.fit, training.fit):
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.set_weights([np.ones((1, 1)), np.zeros(1)])
        model.compile(
            optimizer=keras.optimizers.SGD(0.0),
            loss="hinge",
            metrics=metrics,
            weighted_metrics=metrics[:1],
        )
        kept = {"batch_size": 8, "verbose": 0, "sample_weight": weight}
        logs.append({k: v[0] for k, v in fit(model, x, t, **kept).history.items()})
        logs.append(model.evaluate(x, t, return_dict=True, **kept))
    for log in logs:
        np.testing.assert_allclose(log["sign_accuracy"], expected.mean(), atol=1e-6)
        np.testing.assert_allclose(log["silent"], expected.mean(), atol=1e-6)
        np.testing.assert_allclose(
            log["weighted_sign_accuracy"],
            np.average(expected, weights=weight),
            atol=1e-6,
        )


def test_integer_labels_are_refused_while_keras_trains():
    x, labels = np.zeros((3, 2), "float32"), np.arange(3)
    loss = keras.losses.categorical_hinge
    for fit in (keras.Model.fit, training.fit):
        for options in (
            {"loss": margins.crammer_singer_hinge},
            {"loss": loss, "metrics": [margins.silent(loss)]},
        ):
            for y in (labels, labels[:, None]):
                model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
                model.compile("sgd", **options)
                with pytest.raises(ValueError, match="must have the shape of y_pred"):
                    fit(model, x, y, verbose=0)


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
