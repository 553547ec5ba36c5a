"""The LSTM layer against Keras's own: values, gradients, states, settings."""

import doctest

import keras
import numpy as np
import pytest

from companion import layers, models, training

pytestmark = pytest.mark.backend

BACKEND = keras.config.backend()
RNG = np.random.default_rng(0)
UNITS = 4
# Batch, time and features differ from each other and from the units.
X = RNG.normal(size=(3, 7, 5))
STATES = RNG.normal(size=(2, 3, UNITS))
# float32 sums of a few dozen numbers of size 1.
ROUNDING = {"rtol": 1e-5, "atol": 2e-6}


def pair(**options):
    """Return our layer and Keras's, with the same weights, none of them zero."""
    ours, theirs = layers.LSTM(UNITS, **options), keras.layers.LSTM(UNITS, **options)
    for layer in (ours, theirs):
        layer.build(X.shape)
    weights = [RNG.normal(size=weight.shape) for weight in theirs.trainable_weights]
    for layer in (ours, theirs):
        for variable, value in zip(layer.trainable_weights, weights, strict=True):
            variable.assign(value)
    return ours, theirs


def arrays(results):
    return [keras.ops.convert_to_numpy(one) for one in keras.tree.flatten(results)]


def assert_same(ours, theirs, **tolerance):
    for left, right in zip(arrays(ours), arrays(theirs), strict=True):
        assert left.dtype == right.dtype
        np.testing.assert_allclose(left, right, **(tolerance or ROUNDING))


def weighted_sum(results):
    """Return a sum in which every output and state has a weight of its own."""
    return sum(
        keras.ops.sum(one * keras.ops.cos(keras.ops.reshape(place, one.shape)))
        for one in keras.tree.flatten(results)
        for place in [keras.ops.arange(np.prod(one.shape), dtype=one.dtype)]
    )


def gradients(layer, x, states):
    """Return the gradients with respect to the inputs, the states and the weights."""
    given = [keras.ops.convert_to_tensor(a, layer.dtype) for a in (x, *states)]
    if BACKEND == "jax":
        return jax_gradients(layer, given)
    import tensorflow as tf

    watched = [*given, *(weight.value for weight in layer.trainable_weights)]
    with tf.GradientTape() as tape:
        tape.watch(watched)
        loss = weighted_sum(layer(given[0], initial_state=given[1:]))
    return tape.gradient(loss, watched)


def jax_gradients(layer, given):
    import jax

    def loss(given, weights):
        others = [variable.value for variable in layer.non_trainable_variables]
        results, _ = layer.stateless_call(
            weights, others, given[0], initial_state=given[1:]
        )
        return weighted_sum(results)

    weights = [weight.value for weight in layer.trainable_weights]
    return jax.grad(loss, argnums=(0, 1))(given, weights)


@pytest.fixture
def calls(monkeypatch):
    """Return a list that grows when Keras's own computation is used."""
    seen = []
    original = keras.layers.LSTM.inner_loop

    def inner_loop(self, *arguments, **options):
        seen.append(self)
        return original(self, *arguments, **options)

    monkeypatch.setattr(keras.layers.LSTM, "inner_loop", inner_loop)
    return seen


# --- The same numbers as keras.layers.LSTM ---------------------------------------


def test_every_gradient(calls):
    """Of inputs, states and weights; in the first example many gates are 0 or 1."""
    ours, theirs = pair(return_sequences=True, return_state=True)
    x = X * np.array([100, 1, 1])[:, None, None]
    first, second = (arrays(gradients(layer, x, STATES)) for layer in (ours, theirs))
    assert len(first) == 6
    assert_same(first, second, rtol=1e-5, atol=1e-5)
    assert ours not in calls
    assert theirs in calls


@pytest.mark.parametrize("sequences", [True, False])
@pytest.mark.parametrize("state", [True, False])
def test_outputs_and_states(sequences, state, calls):
    ours, theirs = pair(return_sequences=sequences, return_state=state)
    states = list(STATES.astype("float32"))
    assert_same(ours(X, initial_state=states), theirs(X, initial_state=states))
    assert_same(ours(X), theirs(X))
    assert ours not in calls


@pytest.mark.skipif(BACKEND != "tensorflow", reason="JAX computes in float32 here")
def test_in_float64_to_ten_places():
    options = {"return_sequences": True, "return_state": True, "dtype": "float64"}
    ours, theirs = pair(**options)
    exact = {"rtol": 1e-10, "atol": 1e-12}
    assert_same(ours(X), theirs(X), **exact)
    assert_same(
        *(gradients(layer, X, STATES) for layer in (ours, theirs)),
        **exact,
    )


def test_a_single_step():
    ours, theirs = pair(return_state=True)
    assert_same(ours(X[:, :1]), theirs(X[:, :1]))


def test_a_stateful_layer_goes_on_and_starts_again(calls):
    ours, theirs = pair(stateful=True)
    runs = [[arrays(layer(X))[0] for _ in range(2)] for layer in (ours, theirs)]
    assert_same(*runs)
    assert not np.allclose(runs[0][0], runs[0][1], atol=1e-3)
    ours.reset_state()
    assert_same(ours(X), runs[0][0])
    assert ours not in calls


@pytest.mark.parametrize(
    "options",
    [
        {"go_backwards": True},
        {"unroll": True},
        {"use_bias": False},
        {"activation": "relu"},
        {"recurrent_activation": "hard_sigmoid"},
        {"dropout": 0.5},
        {"recurrent_dropout": 0.5},
        {"dtype": "mixed_bfloat16"},
    ],
    ids=str,
)
def test_other_settings_are_computed_by_keras(options, calls):
    ours, theirs = pair(return_sequences=True, **options)
    assert_same(ours(X), theirs(X), rtol=1e-6)
    assert ours in calls


def test_a_mask_is_followed_by_keras(calls):
    ours, theirs = pair(return_sequences=True)
    mask = np.arange(7) < np.array([[7], [3], [5]])
    assert_same(ours(X, mask=mask), theirs(X, mask=mask))
    assert ours in calls


def test_an_accelerator_is_left_to_keras(calls, monkeypatch):
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0"])
    ours, theirs = pair()
    assert_same(ours(X), theirs(X))
    assert ours in calls


# --- In models -------------------------------------------------------------------


def character_network(layer):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(9, 5),
            layer(UNITS, return_sequences=True, kernel_regularizer="l2"),
            keras.layers.Dense(9, activation="softmax"),
        ]
    )
    optimizer = keras.optimizers.RMSprop(0.01)
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy")
    return model


def both_networks():
    return character_network(layers.LSTM), character_network(keras.layers.LSTM)


@pytest.mark.slow
def test_training_gives_the_same_weights():
    codes = RNG.integers(9, size=(24, 6))
    ours, theirs = both_networks()
    assert_same(ours.get_weights(), theirs.get_weights())
    options = {"batch_size": 8, "shuffle": False, "verbose": 0}
    training.fit(ours, codes, codes, **options)
    training.fit(theirs, codes, codes, jit_compile=False, **options)
    # RMSprop divides small gradients by their own size, and so enlarges rounding.
    assert_same(ours.get_weights(), theirs.get_weights(), rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")
def test_saving_cloning_and_keras_own_layer(tmp_path):
    ours, theirs = both_networks()
    codes = RNG.integers(9, size=(2, 6))
    expected = arrays(ours(codes))
    ours.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    cloned = keras.models.clone_model(ours)
    for other in (loaded, cloned):
        assert isinstance(other.layers[1], layers.LSTM)
    assert not np.allclose(arrays(cloned(codes)), expected, rtol=0, atol=1e-4)
    ours.save_weights(tmp_path / "ours.weights.h5")
    theirs.load_weights(tmp_path / "ours.weights.h5")
    theirs.save_weights(tmp_path / "theirs.weights.h5")
    cloned.load_weights(tmp_path / "theirs.weights.h5")
    for other in (loaded, theirs, cloned):
        assert_same(other(codes), expected)


def test_the_configuration_is_that_of_keras():
    ours, theirs = pair(return_state=True, kernel_regularizer="l2", name="lstm")
    assert ours.get_config() == theirs.get_config()
    assert layers.LSTM.from_config(ours.get_config()).get_config() == ours.get_config()


def test_the_character_network_has_this_layer():
    kinds = [type(layer) for layer in models.char_lstm(units=4).layers]
    assert kinds[1:3] == [layers.LSTM, layers.LSTM]


def test_the_examples_in_the_docstrings_run():
    failed, tried = doctest.testmod(layers)
    assert tried > 0
    assert failed == 0
