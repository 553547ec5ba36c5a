"""Accuracy and calibration error against Keras, and against numbers by hand."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given

from companion.losses import expected_calibration_error, sparse_categorical_accuracy
from tests.companion.losses.inputs import (
    bounded,
    close,
    labelled,
    logits,
    rows,
    simplex,
)


@bounded
@given(labelled(rows(logits())))
def test_accuracy_is_that_of_keras(on_keras, example):
    labels, s = example
    expected = on_keras.keras.metrics.sparse_categorical_accuracy(labels, s)
    close(sparse_categorical_accuracy(labels, s), np.asarray(expected))


def test_accuracy_by_hand():
    s = [[0.2, 0.5, 0.3], [0.4, 0.4, 0.2]]
    np.testing.assert_array_equal(sparse_categorical_accuracy([1, 1], s), [1, 0])
    assert sparse_categorical_accuracy(0, [3.0, -1.0]) == 1
    with pytest.raises(ValueError, match="classes 0 to 2"):
        sparse_categorical_accuracy([3, 0], s)


def test_accuracy_sees_differences_that_float64_would_not():
    near = np.array([[2**53, 2**53 + 1], [2**53 + 1, 2**53]])
    np.testing.assert_array_equal(sparse_categorical_accuracy([1, 1], near), [1, 0])
    unsigned = near.astype(np.uint64) + np.uint64(2**63)
    np.testing.assert_array_equal(sparse_categorical_accuracy([1, 1], unsigned), [1, 0])


def test_neither_accuracy_nor_calibration_copies_its_input():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(50), size=100_000).astype("float32")
    labels = rng.integers(50, size=len(p))
    for function, arguments in (
        (sparse_categorical_accuracy, (labels, p)),
        (expected_calibration_error, (p, labels)),
    ):
        tracemalloc.start()
        try:
            function(*arguments)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 1.5 * p.nbytes


def brute_force(p, labels, bins):
    """Sum over the bins as the definition says, one example after another."""
    total = 0.0
    for b in range(bins):
        inside = [i for i in range(len(p)) if b / bins < max(p[i]) <= (b + 1) / bins]
        if inside:
            hits = np.mean([np.argmax(p[i]) == labels[i] for i in inside])
            sure = np.mean([max(p[i]) for i in inside])
            total += len(inside) / len(p) * abs(hits - sure)
    return total


@pytest.mark.parametrize("bins", [1, 7, 15])
@pytest.mark.parametrize("count", [2, 5])
def test_calibration_error_is_its_definition(bins, count):
    rng = np.random.default_rng(bins + count)
    p = rng.dirichlet(np.ones(count), size=200)
    labels = rng.integers(count, size=200)
    received = expected_calibration_error(p, labels, bins=bins)
    close(received, brute_force(p, labels, bins))


@bounded
@given(labelled(simplex(zeros=True)))
def test_with_one_bin_it_is_mean_accuracy_against_mean_confidence(example):
    labels, p = np.ravel(example[0]), example[1].reshape(-1, example[1].shape[-1])
    expected = abs(sparse_categorical_accuracy(labels, p).mean() - p.max(-1).mean())
    close(expected_calibration_error(p, labels, bins=1), expected)


def test_probabilities_that_mean_what_they_say_have_almost_no_error():
    rng = np.random.default_rng(0)
    p = rng.uniform(size=200_000)
    labels = (rng.uniform(size=p.size) < p).astype(int)
    # Each bin holds about 26,000 examples: chance leaves 0.3 % in each.
    assert expected_calibration_error(p, labels) < 0.004
    assert expected_calibration_error(p**3, labels) > 0.05


def test_one_column_means_class_1():
    p = np.array([0.1, 0.8, 0.7])
    two = np.stack([1 - p, p], axis=-1)
    for labels in ([0, 1, 0], [1, 1, 1]):
        assert expected_calibration_error(p, labels) == expected_calibration_error(
            two, labels
        )


def test_one_narrow_column_is_completed_in_float64():
    p = np.float16([0.1, 0.3, 0.9])
    two = np.stack([1 - p.astype(float), p.astype(float)], axis=-1)
    received = expected_calibration_error(p, [0, 1, 1])
    assert received == expected_calibration_error(two, [0, 1, 1])


def test_a_confidence_on_a_border_belongs_to_the_bin_below():
    p, labels = [[0.5, 0.5], [0.75, 0.25]], [1, 0]
    assert expected_calibration_error(p, labels, bins=2) == (0.5 + 0.25) / 2
    # In float64, 25 * 0.28 is above 7.
    p, labels = [[0.28, 0.24, 0.24, 0.24], [0.26, 0.25, 0.25, 0.24]], [0, 1]
    close(expected_calibration_error(p, labels, bins=25), abs(1 - 0.28 - 0.26) / 2)


def test_certain_and_wrong_is_1_and_certain_and_right_is_0():
    certain = np.eye(3)
    assert expected_calibration_error(certain, [0, 1, 2]) == 0
    assert expected_calibration_error(certain, [1, 2, 0]) == 1
