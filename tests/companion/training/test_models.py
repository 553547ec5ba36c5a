"""Models of every form that `model.fit` trains: trained alike, or refused by name."""

import keras
import numpy as np
import pytest
from keras import callbacks, layers, losses, optimizers

from companion import training
from tests.companion.training.comparing import (
    ROUNDING,
    assert_same_run,
    assert_same_weights,
)

pytestmark = pytest.mark.backend

RNG = np.random.default_rng(0)
X = RNG.normal(size=(16, 3)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("float32")[:, None]
QUIET = {"batch_size": 8, "verbose": 0, "shuffle": False}


def compiled(model, **options):
    model.compile(options.pop("optimizer", None) or optimizers.SGD(0.1), **options)
    return model


def network(loss="mse", **options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2), layers.Dense(1)])
    return compiled(model, loss=loss, **options)


def assert_as_keras(build, y=Y):
    assert_same_run(build, X, y, epochs=2, **QUIET)


class Plain(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def call(self, inputs):
        return self.dense(inputs)


class NeedsTraining(Plain):
    def call(self, inputs, training):
        return self.dense(inputs) + (1.0 if training else 0.0)


class OwnLoss(Plain):
    def compute_loss(self, x, y, y_pred, sample_weight, training):
        return keras.ops.mean(keras.ops.square(y - y_pred)) + self.dense.bias[0]


class OwnLossOfOtherNames(Plain):
    def compute_loss(self, inputs, labels, outputs, weights=None):
        return keras.ops.mean(keras.ops.abs(labels - outputs))


class AddsLoss(Plain):
    def call(self, inputs):
        outputs = self.dense(inputs)
        self.add_loss(keras.ops.mean(keras.ops.square(outputs)))
        return outputs


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "loss"),
    [
        (Plain, "mse"),
        (NeedsTraining, "mse"),
        (OwnLoss, None),
        (OwnLossOfOtherNames, None),
        (AddsLoss, "mse"),
        (AddsLoss, None),
    ],
)
def test_subclasses_with_signatures_and_losses_of_their_own(kind, loss):
    def build():
        keras.utils.set_random_seed(0)
        return compiled(kind(), loss=loss)

    assert_as_keras(build)


def penalised():
    keras.utils.set_random_seed(0)
    head = layers.Dense(2, activity_regularizer="l2")
    return compiled(keras.Sequential([keras.Input((3,)), head]))


def test_a_model_with_no_other_loss_needs_no_targets():
    assert_as_keras(penalised, y=None)
    runs = training.repeat(penalised, X, None, seeds=(0, 1), **QUIET)
    assert np.isfinite([run.history["loss"] for run in runs]).all()


# --- Compiled again, frozen, thawed ----------------------------------------------


class OwnMetrics(keras.Sequential):
    """A model that does not list Keras's tracker of the loss among its metrics."""

    own = ()

    @property
    def metrics(self):
        return list(self.own)


@pytest.mark.slow
@pytest.mark.parametrize("own", [(), ("mean",)])
def test_compiling_again_with_the_same_optimizer_and_metrics_of_its_own(own):
    """Without them, Keras on TensorFlow has no result to return: the weights count."""

    def trained(how):
        keras.utils.set_random_seed(0)
        model = OwnMetrics([keras.Input((3,)), layers.Dense(1, "sigmoid")])
        model.own = [keras.metrics.Mean(name=name) for name in own]
        optimizer = optimizers.SGD(1.0)
        for loss in ("mse", "binary_crossentropy"):
            model.compile(optimizer, loss)
            how(model)
        return model.get_weights()

    def by_batch(model):
        for rows in (slice(8), slice(8, None)):
            model.train_on_batch(X[rows], Y[rows])

    plain, fast = trained(by_batch), trained(lambda m: training.fit(m, X, Y, **QUIET))
    assert_same_weights(fast, plain)


@pytest.mark.parametrize("first", [training.fit, keras.Model.fit])
def test_refuses_what_was_frozen_or_thawed_without_compiling(first):
    model = network()
    first(model, X, Y, **QUIET)
    model.layers[0].trainable = False
    with pytest.raises(ValueError, match=r"kernel no longer.*model\.compile again"):
        training.fit(model, X, Y, **QUIET)
    compiled(model, loss="mse")
    frozen = model.get_weights()[0]
    training.fit(model, X, Y, **QUIET)
    np.testing.assert_array_equal(model.get_weights()[0], frozen)
    model.layers[0].trainable = True
    with pytest.raises(ValueError, match=r"kernel now.*model\.compile again"):
        training.fit(model, X, Y, **QUIET)


# --- Many seeds ------------------------------------------------------------------


def stateful():
    keras.utils.set_random_seed(0)
    recurrent = layers.GRU(2, stateful=True, kernel_initializer="ones")
    inputs = keras.Input((3, 1), batch_size=8)
    wrapped = keras.Sequential([recurrent])  # a layer within a layer
    model = keras.Sequential([inputs, wrapped, layers.Dense(1)])
    return compiled(model, optimizer=optimizers.SGD(0.0), loss="mse")


@pytest.mark.slow
def test_each_run_begins_with_fresh_states():
    runs = training.repeat(stateful, X[..., None], Y, seeds=(0, 0), epochs=2, **QUIET)
    assert runs[0].history == runs[1].history
    single = training.fit(stateful(), X[..., None], Y, epochs=2, seed=0, **QUIET)
    np.testing.assert_allclose(runs[1].history["loss"], single.history["loss"])


@pytest.mark.slow
def test_metrics_of_several_numbers():
    def build():
        keras.utils.set_random_seed(0)
        outputs = layers.Dense(3, activation="softmax")
        model = keras.Sequential([keras.Input((3,)), outputs])
        score = keras.metrics.F1Score(average=None)
        return compiled(model, loss="categorical_crossentropy", metrics=[score])

    y = np.eye(3, dtype="float32")[Y[:, 0].astype(int)]
    options = {**QUIET, "epochs": 2}
    single = training.fit(build(), X, y, seed=1, **options).history
    for run in training.repeat(build, X, y, seeds=(1, 1), **options):
        assert list(run.history) == list(single)
        np.testing.assert_allclose(run.history["f1_score"], single["f1_score"])
        assert run.history["f1_score"][1].shape == (3,)


@pytest.mark.parametrize(
    ("build", "match"),
    [
        (network, None),
        (network(), "build must be a function without arguments.*Received: Sequential"),
        (Plain(), "build must be a function.*Received: Plain"),
        (lambda units: network(), "a function, and missing a required argument"),
        (lambda: None, r"build must return a compiled keras\.Model.*NoneType"),
        (3, "build must be a function.*Received: int"),
    ],
)
def test_build_must_make_models(build, match):
    options = {"seeds": (0,), "jit_compile": False, **QUIET}
    if match is None:
        training.repeat(build, X, Y, **options)
        return
    with pytest.raises(TypeError, match=match):
        training.repeat(build, X, Y, **options)


# --- NaN ends a run when its epoch is done ---------------------------------------


@pytest.mark.parametrize("raise_error", [False, True])
def test_terminate_on_nan(raise_error):
    x = X.copy()
    x[3] = np.nan
    try:
        stop = callbacks.TerminateOnNaN(raise_error=raise_error)
    except TypeError:
        pytest.skip("this Keras has no raise_error")
    options = {"epochs": 5, "callbacks": [stop], **QUIET}
    if raise_error:
        with pytest.raises(RuntimeError, match="NaN or Inf loss"):
            training.fit(network(), x, Y, **options)
        return
    history = training.fit(network(), x, Y, **options).history
    assert np.isnan(history["loss"]).all()
    assert len(history["loss"]) == 1
    assert len(training.fit(network(), X, Y, **options).history["loss"]) == 5


def test_terminate_on_nan_with_a_hook_of_its_own_is_refused():
    class Own(callbacks.TerminateOnNaN):
        def on_batch_end(self, batch, logs=None):
            raise NotImplementedError

    with pytest.raises(ValueError, match="Own overrides on_batch_end"):
        training.fit(network(), X, Y, callbacks=[Own()], **QUIET)


def test_the_mean_of_each_output_counts_each_example_alike():
    """Keras on TensorFlow counts a smaller last batch like a whole one there."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((3,))
    model = keras.Model(inputs, [layers.Dense(1, name=n)(inputs) for n in "ab"])
    compiled(model, optimizer=optimizers.SGD(0.0), loss="mse")
    options = {**QUIET, "batch_size": 12}
    history = training.fit(model, X, [Y, Y], **options).history
    for name, outputs in zip("ab", model.predict(X, verbose=0), strict=True):
        expected = losses.mean_squared_error(Y, outputs)
        expected = np.mean(keras.ops.convert_to_numpy(expected))
        np.testing.assert_allclose(history[f"{name}_loss"], [expected], **ROUNDING)
