"""The networks: their layers, their weights and what they refuse."""

import doctest

import keras
import numpy as np
import pytest

from companion import models

pytestmark = pytest.mark.backend


def layers_of(model):
    return [(layer.units, layer.activation.__name__) for layer in model.layers]


def test_the_circles_network_is_the_one_of_the_text():
    model = models.circles_mlp()
    assert layers_of(model) == [(12, "relu"), (8, "relu"), (1, "sigmoid")]
    assert model.input_shape == (None, 2)
    assert model.output_shape == (None, 1)
    # Two inputs and a bias for 12 units, 13 for 8, 9 for 1.
    assert model.count_params() == 3 * 12 + 13 * 8 + 9 * 1 == 149


def test_the_clusters_network_is_the_one_of_the_text():
    model = models.clusters_mlp()
    assert layers_of(model) == [(12, "relu"), (8, "relu"), (4, "linear")]
    assert model.output_shape == (None, 4)
    assert model.count_params() == 3 * 12 + 13 * 8 + 9 * 4 == 176


def test_the_blobs_network_is_the_one_of_the_text():
    model = models.blobs_mlp()
    assert layers_of(model) == [(50, "relu"), (3, "softmax")]
    assert model.input_shape == (None, 2)
    assert model.count_params() == 3 * 50 + 51 * 3 == 303
    assert type(model.layers[0].kernel_initializer).__name__ == "HeUniform"


@pytest.mark.parametrize("build", [models.circles_mlp, models.blobs_mlp])
def test_a_linear_output_is_a_choice_that_changes_no_weight(build):
    networks = []
    for choice in ({}, {"output": "linear"}):
        keras.utils.set_random_seed(0)
        networks.append(build(**choice))
    usual, linear = networks
    assert layers_of(usual)[:-1] == layers_of(linear)[:-1]
    assert layers_of(linear)[-1] == (layers_of(usual)[-1][0], "linear")
    for left, right in zip(usual.get_weights(), linear.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize(
    ("build", "output", "known"),
    [
        (models.circles_mlp, "softmax", '"sigmoid" or "linear"'),
        (models.blobs_mlp, "sigmoid", '"softmax" or "linear"'),
        (models.blobs_mlp, None, '"softmax" or "linear"'),
    ],
)
def test_refuses_other_outputs(build, output, known):
    with pytest.raises(ValueError, match=f"`output`.*{known}.*output={output!r}"):
        build(output=output)


def test_the_animals_network_is_the_one_of_the_text():
    model = models.animals_mlp()
    assert layers_of(model) == [(10, "relu"), (4, "softmax")]
    assert model.input_shape == (None, 32)
    assert model.count_params() == 33 * 10 + 11 * 4 == 374
    # Keras's default, as in the tutorial.
    kinds = {type(layer.kernel_initializer).__name__ for layer in model.layers}
    assert kinds == {"GlorotUniform"}


def test_the_digits_network_is_the_one_of_the_text():
    model = models.digits_cnn()
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == [
        *("Conv2D", "Conv2D", "MaxPooling2D", "Dropout"),
        *("Flatten", "Dense", "Dropout", "Dense"),
    ]
    assert [layer.rate for layer in model.layers if hasattr(layer, "rate")] == [
        0.25,
        0.5,
    ]
    active = [layer for layer in model.layers if hasattr(layer, "activation")]
    names = [layer.activation.__name__ for layer in active]
    assert names == ["relu", "relu", "relu", "softmax"]
    assert model.input_shape == (None, 28, 28, 1)
    assert model.output_shape == (None, 10)
    # 3 x 3 filters without a border leave 24 x 24 places, of which pooling keeps 12.
    filters = (9 * 1 + 1) * 32 + (9 * 32 + 1) * 64
    dense = (12 * 12 * 64 + 1) * 128 + (128 + 1) * 10
    assert model.count_params() == filters + dense == 1_199_882


def test_the_widths_and_the_classes_are_a_choice():
    assert layers_of(models.circles_mlp(widths=[3])) == [(3, "relu"), (1, "sigmoid")]
    assert layers_of(models.circles_mlp(widths=())) == [(1, "sigmoid")]
    assert layers_of(models.clusters_mlp(widths=(5, 6, 7), classes=2)) == [
        (5, "relu"),
        (6, "relu"),
        (7, "relu"),
        (2, "linear"),
    ]


@pytest.mark.parametrize("build", [models.circles_mlp, models.clusters_mlp])
def test_hidden_layers_start_he_uniform(build):
    keras.utils.set_random_seed(0)
    kernel = build(widths=(4000,)).get_weights()[0]
    # Uniform between -sqrt(6 / 2) and sqrt(6 / 2) for two inputs: variance 1.
    assert np.abs(kernel).max() <= np.sqrt(3)
    assert np.abs(kernel).max() > 1.72
    np.testing.assert_allclose(kernel.var(), 1.0, rtol=0.05)


@pytest.mark.parametrize("build", [models.circles_mlp, models.clusters_mlp])
def test_the_seed_fixes_the_weights(build):
    weights = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        weights.append(np.concatenate([w.ravel() for w in build().get_weights()]))
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


@pytest.mark.parametrize(
    "build",
    [
        *(models.circles_mlp, models.clusters_mlp, models.blobs_mlp),
        *(models.animals_mlp, models.digits_cnn),
    ],
)
def test_models_come_uncompiled_and_new(build):
    assert not build().compiled
    assert build() is not build()


def test_outputs_are_a_probability_and_scores():
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(50, 2)).astype("float32") * 10
    probabilities = keras.ops.convert_to_numpy(models.circles_mlp()(x))
    scores = keras.ops.convert_to_numpy(models.clusters_mlp()(x))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    assert scores.min() < 0
    assert scores.max() > 1


@pytest.mark.parametrize("build", [models.circles_mlp, models.clusters_mlp])
@pytest.mark.parametrize(
    ("widths", "error", "received"),
    [
        (12, TypeError, "widths=12"),
        ((12, 8.0), TypeError, "8.0"),
        ((True,), TypeError, "True"),
        ((12, 0), ValueError, "0"),
        ((-1,), ValueError, "-1"),
    ],
)
def test_refuses_widths_that_are_no_counts(build, widths, error, received):
    with pytest.raises(error, match=rf"`widths.*Received: .*{received}"):
        build(widths=widths)


@pytest.mark.parametrize(
    ("classes", "error"), [(1, ValueError), (0, ValueError), (4.0, TypeError)]
)
def test_refuses_fewer_than_two_classes(classes, error):
    with pytest.raises(error, match=f"`classes`.*at least 2.*{classes}"):
        models.clusters_mlp(classes=classes)


def test_the_character_network_is_the_one_of_the_text():
    model = models.char_lstm()
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == ["Embedding", "LSTM", "LSTM", "Dense"]
    assert model.input_shape == (None, None)
    assert model.output_shape == (None, None, 256)
    # An LSTM layer has four gates, each with a matrix for its input and for its output.
    lstm = 4 * (512 * 512 + 512 * 512 + 512)
    assert model.count_params() == 256 * 512 + 2 * lstm + 513 * 256 == 4_460_800


def test_the_embedding_of_the_character_network_is_as_wide_as_its_layers():
    assert models.char_lstm(units=8).layers[0].output_dim == 8
    assert models.char_lstm(units=8, embedding=3).layers[0].output_dim == 3


def test_a_stateful_character_network_goes_on_until_it_is_reset():
    model = models.char_lstm(units=4, batch_size=2, stateful=True)
    codes = np.array([[72], [105]])
    first, second = (keras.ops.convert_to_numpy(model(codes)) for _ in range(2))
    assert not np.allclose(first, second, rtol=0, atol=1e-7)
    for layer in model.layers:
        if hasattr(layer, "reset_state"):
            layer.reset_state()
    again = keras.ops.convert_to_numpy(model(codes))
    np.testing.assert_allclose(again, first, rtol=1e-6)


def test_a_stateful_character_network_gives_what_the_stateless_one_gives():
    stateless = models.char_lstm(units=4)
    stateful = models.char_lstm(units=4, batch_size=2, stateful=True)
    stateful.set_weights(stateless.get_weights())
    codes = np.random.default_rng(0).integers(256, size=(2, 6))
    whole = keras.ops.convert_to_numpy(stateless(codes))
    steps = [stateful(codes[:, i : i + 1]) for i in range(6)]
    joined = np.concatenate([keras.ops.convert_to_numpy(s) for s in steps], axis=1)
    np.testing.assert_allclose(joined, whole, rtol=1e-5)


def test_a_stateful_character_network_needs_a_batch_size():
    with pytest.raises(ValueError, match="needs `batch_size`"):
        models.char_lstm(stateful=True)


@pytest.mark.parametrize("name", ["units", "embedding", "batch_size"])
@pytest.mark.parametrize(("size", "error"), [(0, ValueError), (2.0, TypeError)])
def test_refuses_sizes_of_the_character_network_that_are_no_counts(name, size, error):
    with pytest.raises(error, match=f"`{name}` must be an integer of.*={size}"):
        models.char_lstm(**{name: size})


@pytest.mark.slow
def test_the_examples_in_the_docstrings_run():
    failed, tried = doctest.testmod(models)
    assert tried > 0
    assert failed == 0
