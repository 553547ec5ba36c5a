"""The data sets: what the text says of them, and what they refuse."""

import doctest

import numpy as np
import pytest

from companion import data

SETS = [data.circles, data.clusters]
CENTERS = np.array([(15, 0), (15, 15), (0, 15), (30, 15)])


@pytest.mark.parametrize("draw", SETS)
def test_shapes_and_dtypes(draw):
    drawn = draw(seed=3)
    assert drawn.x_train.shape == (750, 2)
    assert drawn.x_test.shape == (250, 2)
    assert drawn.y_train.shape == (750,)
    assert drawn.y_test.shape == (250,)
    assert [part.dtype for part in drawn] == [np.float32, np.int64] * 2


@pytest.mark.parametrize("draw", SETS)
def test_the_seed_fixes_the_points(draw):
    first, again, other = draw(seed=5), draw(5), draw(6)
    for left, right in zip(first, again, strict=True):
        np.testing.assert_array_equal(left, right)
    assert not np.array_equal(first.x_train, other.x_train)


@pytest.mark.parametrize("draw", SETS)
def test_the_default_seed_is_zero(draw):
    np.testing.assert_array_equal(draw().x_train, draw(0).x_train)


@pytest.mark.parametrize("draw", SETS)
def test_the_classes_are_equal_in_number_and_mixed(draw):
    drawn = draw(seed=1)
    labels = np.concatenate([drawn.y_train, drawn.y_test])
    counts = np.bincount(labels)
    assert set(counts) == {1000 // len(counts)}
    # Were the points not shuffled, one class would fill the test set.
    assert np.bincount(drawn.y_test).min() > 250 / len(counts) / 2


def test_the_test_set_is_the_first_of_the_shuffled_points():
    from sklearn.datasets import make_circles

    x, y = make_circles(n_samples=1000, factor=0.1, random_state=4)
    drawn = data.circles(seed=4)
    np.testing.assert_array_equal(drawn.x_test, x[:250].astype(np.float32))
    np.testing.assert_array_equal(drawn.y_test, y[:250])
    np.testing.assert_array_equal(drawn.x_train, x[250:].astype(np.float32))
    np.testing.assert_array_equal(drawn.y_train, y[250:])


def test_the_radius_of_a_circle_tells_its_class():
    x_train, y_train, *_ = data.circles(seed=2)
    radii = np.linalg.norm(x_train, axis=1)
    np.testing.assert_allclose(radii, np.where(y_train == 0, 1.0, 0.1), rtol=1e-6)


def test_clusters_lie_around_their_centres():
    x_train, y_train, *_ = data.clusters(seed=2)
    for label, center in enumerate(CENTERS):
        points = x_train[y_train == label]
        # The mean of n points is std / sqrt(n) = 0.11 off: four times that is ample.
        np.testing.assert_allclose(points.mean(axis=0), center, atol=0.45)
        # The relative error of a standard deviation is 1 / sqrt(2n) = 5 %.
        np.testing.assert_allclose(points.std(axis=0), 1.5, rtol=0.2)


def test_clusters_move_with_their_centres_and_their_spread():
    centers = [(0, 0), (-40, 7), (3.5, 90)]
    drawn = data.clusters(seed=0, centers=centers, std=0.01)
    assert sorted(set(drawn.y_train.tolist())) == [0, 1, 2]
    np.testing.assert_allclose(drawn.x_test, np.array(centers)[drawn.y_test], atol=0.06)


@pytest.mark.parametrize("draw", SETS)
@pytest.mark.parametrize("seed", [-1, 2**32])
def test_refuses_seeds_out_of_range(draw, seed):
    with pytest.raises(ValueError, match=rf"0 to 2\*\*32 - 1.*{seed}"):
        draw(seed)


@pytest.mark.parametrize("draw", SETS)
@pytest.mark.parametrize("seed", [1.0, "1", None, True, [1]])
def test_refuses_seeds_that_are_no_integers(draw, seed):
    with pytest.raises(TypeError, match="must be an integer"):
        draw(seed)


@pytest.mark.parametrize(
    ("centers", "received"),
    [
        ([(0, 0, 0), (1, 1, 1)], r"shape \(2, 3\)"),
        ([0, 1], r"shape \(2,\)"),
        ([(0, 0)], r"shape \(1, 2\)"),
        ([], r"shape \(0,\)"),
        (np.zeros((1001, 2)), r"shape \(1001, 2\)"),
        ([(0, 0), (1,)], r"\(1,\)"),
        ([(0, 0), (np.nan, 1)], "nan"),
        ("here", "here"),
    ],
)
def test_refuses_centres_that_are_no_pairs(centers, received):
    with pytest.raises(ValueError, match=f"pairs of finite numbers.*{received}"):
        data.clusters(centers=centers)


@pytest.mark.parametrize("std", [0, -1.5, np.nan, np.inf, "1", [1.5, 2.0], None, True])
def test_refuses_a_spread_that_is_not_positive(std):
    with pytest.raises(ValueError, match="one number above 0"):
        data.clusters(std=std)


def test_the_examples_in_the_docstrings_run():
    failed, tried = doctest.testmod(data)
    assert tried > 0
    assert failed == 0
