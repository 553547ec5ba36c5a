"""The networks: their layers, their weights and what they refuse."""

import doctest

import keras
import numpy as np
import pytest

from companion import models


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


@pytest.mark.parametrize("build", [models.circles_mlp, models.clusters_mlp])
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
    with pytest.raises(error, match=f"`widths`.*Received: {received}"):
        build(widths=widths)


@pytest.mark.parametrize(
    ("classes", "error"), [(1, ValueError), (0, ValueError), (4.0, TypeError)]
)
def test_refuses_fewer_than_two_classes(classes, error):
    with pytest.raises(error, match=f"`classes`.*at least 2.*{classes}"):
        models.clusters_mlp(classes=classes)


def test_the_examples_in_the_docstrings_run():
    failed, tried = doctest.testmod(models)
    assert tried > 0
    assert failed == 0
