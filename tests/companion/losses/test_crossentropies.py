"""The crossentropies: identities, finite differences, numbers worked by hand, edges.

What other libraries say about the same numbers stands in
``test_crossentropies_oracles.py``.
"""

import tracemalloc
from decimal import Decimal, localcontext
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from companion.losses import _crossentropies as core
from companion.losses import (
    binary_crossentropy,
    binary_crossentropy_gradient,
    categorical_crossentropy,
    categorical_crossentropy_gradient,
    sparse_categorical_crossentropy,
    sparse_categorical_crossentropy_gradient,
)
from tests.companion.losses.inputs import (
    BINARY,
    CATEGORICAL,
    EPSILON,
    SPARSE,
    bounded,
    difference,
    edgy,
    entries,
    inner,
    labelled,
    logits,
    rows,
    simplex,
    smoothing,
    soft_targets,
    softmax,
    targets_for,
)

# Rounding of a few float64 operations on numbers of the size met here.
close = partial(assert_allclose, rtol=1e-9, atol=1e-9)


def one_hot(labels, classes):
    return np.eye(classes)[labels]


# Identities


@bounded
@given(labelled(simplex(zeros=True)), st.sampled_from([0.0, EPSILON, 0.01]))
def test_integer_labels_equal_one_hot_labels(example, epsilon):
    labels, p = example
    t = one_hot(labels, p.shape[-1])
    for sparse, categorical in zip(SPARSE, CATEGORICAL, strict=True):
        assert_array_equal(
            sparse(labels, p, epsilon=epsilon), categorical(t, p, epsilon=epsilon)
        )


@bounded
@given(labelled(rows(logits())))
def test_integer_labels_equal_one_hot_labels_for_logits(example):
    labels, z = example
    t = one_hot(labels, z.shape[-1])
    for sparse, categorical in zip(SPARSE, CATEGORICAL, strict=True):
        assert_array_equal(
            sparse(labels, z, from_logits=True), categorical(t, z, from_logits=True)
        )


@bounded
@given(st.data(), entries(edgy()), smoothing)
def test_two_classes_are_the_binary_loss(data, p, a):
    t = data.draw(targets_for(p))
    pair, targets = np.stack([1 - p, p], axis=-1), np.stack([1 - t, t], axis=-1)
    close(
        categorical_crossentropy(targets, pair, label_smoothing=a),
        binary_crossentropy(t, p, label_smoothing=a),
    )


@bounded
@given(soft_targets(rows(logits(), classes=[2])), smoothing)
def test_two_logits_are_the_binary_loss_of_their_difference(example, a):
    t, z = example
    options = {"from_logits": True, "label_smoothing": a}
    margin = z[..., 1] - z[..., 0]
    close(
        categorical_crossentropy(t, z, **options),
        binary_crossentropy(t[..., 1], margin, **options),
    )
    close(
        categorical_crossentropy_gradient(t, z, **options)[..., 1],
        binary_crossentropy_gradient(t[..., 1], margin, **options),
    )


@bounded
@given(entries(edgy()), st.sampled_from([0.0, EPSILON]))
def test_the_binary_loss_does_not_care_which_class_is_called_1(p, epsilon):
    # Both sides of 1 - (1 - p) must be exact: on a grid of multiples of 2^-20.
    p = np.round(p * 2**20) / 2**20
    for t in (0, 1):
        same, other = np.full(p.shape, t), np.full(p.shape, 1 - t)
        close(
            binary_crossentropy(same, p, epsilon=epsilon),
            binary_crossentropy(other, 1 - p, epsilon=epsilon),
        )
        close(
            binary_crossentropy_gradient(same, p, epsilon=epsilon),
            -binary_crossentropy_gradient(other, 1 - p, epsilon=epsilon),
        )


@bounded
@given(soft_targets(rows(st.floats(-8, 8))), smoothing)
def test_logits_equal_the_probabilities_of_their_softmax(example, a):
    t, z = example
    p = softmax(z)
    close(
        categorical_crossentropy(t, z, from_logits=True, label_smoothing=a),
        categorical_crossentropy(t, p, epsilon=0, label_smoothing=a),
    )
    # The chain rule through softmax: p (g - sum(g p)).
    g = categorical_crossentropy_gradient(t, p, epsilon=0, label_smoothing=a)
    chained = p * (g - (g * p).sum(axis=-1, keepdims=True))
    close(
        categorical_crossentropy_gradient(t, z, from_logits=True, label_smoothing=a),
        chained,
    )


@bounded
@given(entries(st.floats(-8, 8)), smoothing)
def test_logits_equal_the_probabilities_of_their_sigmoid(z, a):
    t, p = (z > 1).astype(float), 1 / (1 + np.exp(-z))
    close(
        binary_crossentropy(t, z, from_logits=True, label_smoothing=a),
        binary_crossentropy(t, p, epsilon=0, label_smoothing=a),
    )
    g = binary_crossentropy_gradient(t, p, epsilon=0, label_smoothing=a)
    close(
        binary_crossentropy_gradient(t, z, from_logits=True, label_smoothing=a),
        g * p * (1 - p),
    )


@bounded
@given(soft_targets(rows(st.floats(-8, 8))), st.floats(-1e4, 1e4))
def test_adding_a_constant_to_all_logits_changes_nothing(example, constant):
    t, z = example
    for function in CATEGORICAL:
        # z + 1e4 rounds z to about 1e-12.
        close(
            function(t, z + constant, from_logits=True),
            function(t, z, from_logits=True),
        )


@bounded
@given(soft_targets(rows(logits())))
def test_gradients_by_logits_sum_to_zero(example):
    t, z = example
    gradient = categorical_crossentropy_gradient(t, z, from_logits=True)
    close(gradient.sum(axis=-1), np.zeros(t.shape[:-1]))


@bounded
@given(soft_targets(simplex(zeros=True)))
def test_scaling_a_row_of_probabilities_would_change_nothing(example):
    # The division by the sum makes every ray flat, so p . gradient is 0.
    t, p = example
    gradient = categorical_crossentropy_gradient(t, p)
    close((p * gradient).sum(axis=-1), np.zeros(t.shape[:-1]))
    with np.errstate(divide="ignore"):
        scaled = core._categorical(t, 3 * p, False, EPSILON)
    close(scaled, categorical_crossentropy(t, p))


@bounded
@given(soft_targets(simplex(zeros=False)))
def test_the_best_prediction_is_the_target_itself(example):
    _, t = example
    close(categorical_crossentropy_gradient(t, t), np.zeros(t.shape))
    close(categorical_crossentropy(t, t), -(t * np.log(t)).sum(axis=-1))


@bounded
@given(soft_targets(simplex(zeros=True)), smoothing)
def test_label_smoothing_mixes_in_the_mean_over_all_classes(example, a):
    t, p = example
    classes = p.shape[-1]
    every_class = [
        categorical_crossentropy(np.broadcast_to(row, p.shape), p)
        for row in np.eye(classes)
    ]
    close(
        categorical_crossentropy(t, p, label_smoothing=a),
        (1 - a) * categorical_crossentropy(t, p) + a * np.mean(every_class, axis=0),
    )


@bounded
@given(entries(edgy()), smoothing)
def test_binary_label_smoothing_mixes_in_the_mean_of_both_labels(p, a):
    ones, zeros = np.ones(p.shape), np.zeros(p.shape)
    for function in BINARY:
        both = (function(zeros, p) + function(ones, p)) / 2
        close(
            function(ones, p, label_smoothing=a),
            (1 - a) * function(ones, p) + a * both,
        )


@bounded
@given(labelled(simplex(zeros=True) | rows(logits())), st.sampled_from([-1, 0, 1, 255]))
def test_ignored_labels_cost_nothing_and_leave_the_others_alone(example, ignored):
    labels, z = example
    marked = np.where(labels % 2 == 0, ignored, labels)
    kept = marked != ignored
    for function in SPARSE:
        mask = kept if function is sparse_categorical_crossentropy else kept[..., None]
        plain = function(labels, z, from_logits=True)
        result = function(marked, z, from_logits=True, ignore_class=ignored)
        assert_array_equal(result, np.where(mask, plain, 0))


@bounded
@given(labelled(simplex(zeros=True)))
def test_every_example_is_computed_alone(example):
    labels, p = example
    t = one_hot(labels, p.shape[-1])
    for function, targets in ((SPARSE[0], labels), (CATEGORICAL[0], t)):
        batch = function(targets, p)
        assert batch.shape == labels.shape
        for index in np.ndindex(labels.shape):
            assert function(targets[index], p[index]) == np.asarray(batch)[index]


# Finite differences of the unvalidated core


@bounded
@given(st.data(), entries(inner(0.01)), smoothing, st.sampled_from([0.0, 0.2]))
def test_binary_gradient_is_the_finite_difference(data, p, a, epsilon):
    t = data.draw(targets_for(p))
    smooth = t * (1 - a) + a / 2
    # A step of 1e-6 must not straddle the kinks of the clip.
    p = np.where(np.abs(np.abs(p - 0.5) - 0.3) < 1e-5, 0.5, p)
    expected = difference(lambda q: core._binary(smooth, q, False, epsilon), p)
    received = binary_crossentropy_gradient(t, p, label_smoothing=a, epsilon=epsilon)
    assert_allclose(received, expected, rtol=1e-6, atol=1e-6)


@bounded
@given(st.data(), entries(st.floats(-20, 20)), smoothing)
def test_binary_gradient_by_logits_is_the_finite_difference(data, z, a):
    t = data.draw(targets_for(z))
    smooth = t * (1 - a) + a / 2
    expected = difference(lambda s: core._binary(smooth, s, True, EPSILON), z)
    received = binary_crossentropy_gradient(t, z, label_smoothing=a, from_logits=True)
    assert_allclose(received, expected, rtol=1e-6, atol=1e-6)


@bounded
@given(soft_targets(simplex(zeros=False)), smoothing, st.sampled_from([0.0, 0.2]))
def test_categorical_gradient_is_the_finite_difference(example, a, epsilon):
    t, p = example
    if np.any(np.abs(np.abs(p - 0.5) - 0.3) < 1e-5):
        return  # A step of 1e-6 would straddle a kink of the clip.
    smooth = t * (1 - a) + a / t.shape[-1]
    expected = difference(lambda q: core._categorical(smooth, q, False, epsilon), p)
    received = categorical_crossentropy_gradient(
        t, p, label_smoothing=a, epsilon=epsilon
    )
    assert_allclose(received, expected, rtol=1e-6, atol=1e-6)


@bounded
@given(soft_targets(rows(st.floats(0.1, 3))), st.sampled_from([0.0, EPSILON]))
def test_categorical_gradient_goes_through_the_division_by_the_sum(example, epsilon):
    # Rows of any sum: the public function refuses them, the formula must hold there.
    t, p = example
    expected = difference(lambda q: core._categorical(t, q, False, epsilon), p)
    received = core._categorical_slope(t, p, False, epsilon)
    assert_allclose(received, expected, rtol=1e-6, atol=1e-6)


@bounded
@given(soft_targets(rows(st.floats(-20, 20))), smoothing)
def test_categorical_gradient_by_logits_is_the_finite_difference(example, a):
    t, z = example
    smooth = t * (1 - a) + a / t.shape[-1]
    expected = difference(lambda s: core._categorical(smooth, s, True, EPSILON), z)
    received = categorical_crossentropy_gradient(
        t, z, label_smoothing=a, from_logits=True
    )
    assert_allclose(received, expected, rtol=1e-6, atol=1e-6)


@bounded
@given(rows(st.floats(-5, 5)), st.floats(0, 3))
def test_gradient_by_logits_holds_for_targets_of_any_sum(z, scale):
    # The public function refuses such targets; the formula sum(t) softmax - t must not.
    t = scale * softmax(z[..., ::-1])
    expected = difference(lambda s: core._categorical(t, s, True, EPSILON), z)
    received = core._categorical_slope(t, z, True, EPSILON)
    assert_allclose(received, expected, rtol=1e-6, atol=1e-6)


@bounded
@given(labelled(simplex(zeros=False)), st.sampled_from([False, True]))
def test_sparse_gradient_is_the_finite_difference(example, from_logits):
    labels, p = example
    expected = difference(lambda q: core._sparse(labels, q, from_logits, EPSILON), p)
    received = sparse_categorical_crossentropy_gradient(
        labels, p, from_logits=from_logits
    )
    assert_allclose(received, expected, rtol=1e-6, atol=1e-6)


# Numbers worked by hand


def test_one_half_costs_log_2_and_uniform_costs_log_c():
    close(binary_crossentropy([0, 1], [0.5, 0.5]), np.log([2, 2]))
    for classes in (2, 4, 10, 1000):
        p = np.full(classes, 1 / classes)
        close(sparse_categorical_crossentropy(classes - 1, p), np.log(classes))
        z = np.full(classes, 7.0)
        close(sparse_categorical_crossentropy(0, z, from_logits=True), np.log(classes))


def test_the_worked_example_of_the_course():
    p = [0, 0.05, 0.95]
    close(categorical_crossentropy([0, 0, 1], p), -np.log(0.95))
    assert round(float(categorical_crossentropy([0, 0, 1], p)), 4) == 0.0513


def test_binary_values_and_slopes_by_hand():
    t, p = [1, 0, 0.25], [0.8, 0.8, 0.5]
    close(binary_crossentropy(t, p), [np.log(5 / 4), np.log(5), np.log(2)])
    close(binary_crossentropy_gradient(t, p), [-1.25, 5, 1])
    z = [np.log(3), np.log(3)]
    close(binary_crossentropy([1, 0], z, from_logits=True), np.log([4 / 3, 4]))
    close(binary_crossentropy_gradient([1, 0], z, from_logits=True), [-0.25, 0.75])


def test_label_smoothing_by_hand():
    close(
        binary_crossentropy(1, 0.8, label_smoothing=0.2),
        0.9 * np.log(5 / 4) + 0.1 * np.log(5),
    )
    close(
        categorical_crossentropy([1, 0, 0], [0.8, 0.1, 0.1], label_smoothing=0.3),
        -0.8 * np.log(0.8) - 0.2 * np.log(0.1),
    )


def test_categorical_gradients_by_hand():
    p = [0.5, 0.25, 0.25]
    close(categorical_crossentropy_gradient([1, 0, 0], p), [-1, 1, 1])
    close(sparse_categorical_crossentropy_gradient(1, p), [1, -3, 1])
    close(categorical_crossentropy_gradient([0.5, 0.5, 0], p), [0, -1, 1])
    z = np.log([2, 1, 1])
    close(
        sparse_categorical_crossentropy_gradient(1, z, from_logits=True),
        [0.5, -0.75, 0.25],
    )


def test_keras_documented_numbers():
    logit_rows = [[-18.6, 0.51], [2.94, -12.8]]
    result = binary_crossentropy([[0, 1], [0, 0]], logit_rows, from_logits=True)
    assert_allclose(result.mean(axis=-1), [0.23516, 1.49576], atol=1e-5)
    p = [[0.05, 0.95, 0], [0.1, 0.8, 0.1]]
    assert_allclose(
        sparse_categorical_crossentropy([1, 2], p), [0.05129, 2.30259], atol=1e-5
    )


# The edges: exact 0 and 1, the clip, huge logits


def test_the_clip_bounds_the_loss_on_both_sides_alike():
    limit = -np.log(EPSILON)
    close(binary_crossentropy([1, 0, 1, 0], [0, 1, 1, 0]), [limit, limit, 1e-7, 1e-7])
    close(sparse_categorical_crossentropy([0, 1], [[1, 0]] * 2), [1e-7, limit])
    close(binary_crossentropy(1, 0, epsilon=0.1), np.log(10))


def test_a_clipped_prediction_has_no_gradient():
    p = [0.0, 1e-8, 1 - 1e-8, 1.0]
    for t in (0, 0.5, 1):
        assert_array_equal(binary_crossentropy_gradient([t] * 4, p), np.zeros(4))
    for labels in ([0, 1], [1, 0]):
        gradient = sparse_categorical_crossentropy_gradient(labels, [[1.0, 0.0]] * 2)
        assert_array_equal(gradient, np.zeros((2, 2)))
    # Only what lies beyond the clip is flat: its boundary is not.
    close(binary_crossentropy_gradient(1, 0.125, epsilon=0.125), -8)


def test_without_a_clip_the_impossible_costs_infinity_and_0_log_0_is_0():
    inf = np.inf
    p = [0, 1, 1, 0]
    assert_array_equal(
        binary_crossentropy([1, 0, 1, 0], p, epsilon=0), [inf, inf, 0, 0]
    )
    assert_array_equal(
        binary_crossentropy_gradient([1, 0, 1, 0], p, epsilon=0), [-inf, inf, -1, 1]
    )
    assert_array_equal(
        categorical_crossentropy([[1, 0], [0, 1], [0.5, 0.5]], [[1, 0]] * 3, epsilon=0),
        [0, inf, inf],
    )
    assert_array_equal(
        sparse_categorical_crossentropy_gradient([0, 1], [[1, 0]] * 2, epsilon=0),
        [[0, 1], [1, -inf]],
    )


def test_a_loss_of_nothing_prints_as_0():
    nothing = [
        binary_crossentropy([0, 1], [0, 1], epsilon=0),
        categorical_crossentropy([[1, 0]], [[1, 0]], epsilon=0),
        sparse_categorical_crossentropy([0], [[1, 0]], epsilon=0),
        sparse_categorical_crossentropy([0], [[1e4, -1e4]], from_logits=True),
        sparse_categorical_crossentropy([0], [[0.5, 0.5]], ignore_class=0),
    ]
    assert not np.signbit(np.concatenate(nothing)).any()


def exact(row, label, from_logits=False):
    """Return the loss and its gradient by a row, both worked out to 700 digits."""
    with localcontext(prec=700):
        given = [Decimal(float(entry)) for entry in row]
        weights = [(z - max(given)).exp() for z in given] if from_logits else given
        right, total = weights[label], sum(weights)
        rest = sum(w for c, w in enumerate(weights) if c != label)
        loss = (1 + rest / right).ln()
        if from_logits:
            slope = [w / total for w in weights]
            slope[label] = -rest / total
        else:
            slope = [1 / total] * len(row)
            slope[label] = -rest / right / total
        return float(loss), [float(entry) for entry in slope]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize(
    "z", [(50, 0), (0, 700), (-700, 0), (0, 0), (3, 3, 3), (0, 40, 0), (37.25, 0, 1)]
)
def test_a_loss_by_logits_is_exact_however_near_0(z, dtype):
    for label in range(len(z)):
        row = np.array(z, dtype=dtype)
        loss, slope = exact(row, label, from_logits=True)
        for functions, target in (
            (SPARSE, label),
            (CATEGORICAL, np.eye(len(z))[label]),
        ):
            received = [f(target, row, from_logits=True) for f in functions]
            assert_allclose(received[0], loss, rtol=1e-14)
            assert_allclose(received[1], slope, rtol=1e-14)
        if len(z) == 2:
            margin = float(row[1]) - float(row[0])
            received = [f(label, margin, from_logits=True) for f in BINARY]
            assert_allclose(received, [loss, slope[1]], rtol=1e-14)


@pytest.mark.parametrize(
    "p",
    [(1, 1e-300), (1, 1e-20), (1 - 1e-15, 1e-15), (0.5, 0.5), (0.2, 0.8, 1e-30)],
)
def test_a_loss_by_probabilities_is_exact_however_near_0(p):
    for label in range(len(p)):
        loss, slope = exact(p, label)
        for functions, target in (
            (SPARSE, label),
            (CATEGORICAL, np.eye(len(p))[label]),
        ):
            received = [f(target, p, epsilon=0) for f in functions]
            assert_allclose(received[0], loss, rtol=1e-14)
            assert_allclose(received[1], slope, rtol=1e-14)


def test_a_tiny_probability_costs_what_it_is():
    close(binary_crossentropy([0, 0], [1e-20, 1e-300], epsilon=0) * [1e20, 1e300], 1)
    # (p - t) / (p (1 - p)), of which the quotients would keep 8 digits.
    gap = binary_crossentropy_gradient(0.3, 0.3 + 2**-30)
    assert_allclose(gap, 2**-30 / 0.21, rtol=1e-8)
    p = 0.3 + 2**-30
    assert_allclose(gap, (p - 0.3) / (p * (1 - p)), rtol=1e-15)


def test_a_row_of_slopes_by_logits_sums_to_0_beside_its_own_size():
    z = [[50, 0], [40, 0, 0], [-700, 0], [300, 299, -300]]
    for row in z:
        for label in range(len(row)):
            slope = sparse_categorical_crossentropy_gradient(
                label, row, from_logits=True
            )
            assert abs(slope.sum()) <= 4e-16 * np.abs(slope).max()
            assert np.abs(slope).max() > 0
    soft = [[1 - 1e-10, 1e-10]]
    slope = categorical_crossentropy_gradient(soft, [[50, 0]], from_logits=True)
    lead = 1e-10 - np.exp(-50)
    assert_allclose(slope, [[lead, -lead]], rtol=1e-14)


@pytest.mark.parametrize("epsilon", [1e-7, 1.2e-16, 1e-16, 1e-17, 1e-300, 5e-324])
def test_any_clip_bounds_the_loss_on_both_sides_alike(epsilon):
    limit, certain = -np.log(epsilon), -np.log1p(-epsilon)
    expected = [limit, limit, certain, certain]
    options = {"epsilon": epsilon}
    value, slope = (f([1, 0, 1, 0], [0, 1, 1, 0], **options) for f in BINARY)
    assert_allclose(value, expected, rtol=1e-15)
    assert_array_equal(slope, np.zeros(4))
    rows = [[0, 1], [1, 0], [0, 1], [1, 0]]
    value, slope = (f([0, 1, 1, 0], rows, **options) for f in SPARSE)
    assert_allclose(value, expected, rtol=1e-15)
    assert_array_equal(slope, np.zeros((4, 2)))


def test_what_the_clip_leaves_is_not_flat():
    # 1 - 1e-16 rounds to 1, and is still farther from it than 1e-17.
    value, slope = (f([0], [[1, 1e-16]], epsilon=1e-17) for f in SPARSE)
    assert_allclose(value, 1e-16, rtol=1e-15)
    assert_allclose(slope, [[-1e-16, 1]], rtol=1e-15)
    # On the border, as Keras rounds it.
    assert_allclose(binary_crossentropy_gradient(1, 0.9, epsilon=0.1), -1 / 0.9)


def test_the_float32_of_keras_gives_the_other_number_of_the_docstring(on_keras):
    t, p = np.float32([[0]]), np.float32([[1]])
    value = on_keras.keras.losses.binary_crossentropy(t, p)
    assert f"{float(value[0]):.3f}" in binary_crossentropy.__doc__
    assert f"{binary_crossentropy(0, 1):.3f}" in binary_crossentropy.__doc__


@pytest.mark.filterwarnings("error")
def test_huge_logits_are_exact():
    z = [1e4, -1e4]
    assert_array_equal(binary_crossentropy([1, 1], z, from_logits=True), [0, 1e4])
    assert_array_equal(binary_crossentropy([0, 0], z, from_logits=True), [1e4, 0])
    assert_array_equal(
        binary_crossentropy_gradient([0, 1], z, from_logits=True), [1, -1]
    )
    assert_array_equal(
        sparse_categorical_crossentropy([0, 1], [z, z], from_logits=True), [0, 2e4]
    )
    assert_array_equal(
        sparse_categorical_crossentropy_gradient([0, 1], [z, z], from_logits=True),
        [[0, 0], [1, -1]],
    )
    # Beyond what float64 can hold, but still no NaN and no warning.
    widest = [1.7e308, -1.7e308]
    assert categorical_crossentropy([1, 0], widest, from_logits=True) == 0
    assert binary_crossentropy(1, -1.7e308, from_logits=True) == 1.7e308


@pytest.mark.filterwarnings("error")
def test_no_setting_of_numpy_makes_a_loss_raise():
    with np.errstate(all="raise"):
        for function in SPARSE:
            function([0, 1], [[1e300, -1e300]] * 2, from_logits=True)
            function([0, 1], [[1, 1e-300], [1, 0]], epsilon=0)
        for function in CATEGORICAL:
            function([[0.5, 0.5]], [[1.7e308, -1.7e308]], from_logits=True)
            function([[0.5, 0.5]], [[1, 0]], epsilon=0)
        for function in BINARY:
            function([0, 1], [745, 745], from_logits=True)
            function([0, 1, 0], [0, 0, 5e-324], epsilon=0)


wider = pytest.mark.skipif(
    np.finfo(np.longdouble).max == np.finfo(float).max, reason="longdouble is float64"
)


@wider
def test_a_number_beyond_float64_is_refused():
    huge = np.array([["1e4000", "0"]], dtype=np.longdouble)
    for function in SPARSE:
        with pytest.raises(ValueError, match=r"finite in float64.*Received: 1e\+4000"):
            function([1], huge, from_logits=True)
    for function in BINARY:
        with pytest.raises(ValueError, match="y_pred must be finite in float64"):
            function([1, 1], -huge[0], from_logits=True)
        function([1, 1], huge[0] / huge[0, 0], from_logits=True)


def test_the_gradient_of_a_large_margin_is_tiny_but_not_zero():
    close(binary_crossentropy_gradient(1, 40.0, from_logits=True) / -np.exp(-40), 1.0)


# Kinds of arrays


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "uint64", "bool"])
def test_labels_of_any_integer_dtype_or_booleans(dtype):
    t = np.array([1, 0, 1], dtype=dtype)
    p = np.array([0.25, 0.5, 0.75])
    pair = np.stack([1 - p, p], axis=-1)
    hot = np.stack([1 - t.astype(int), t], axis=-1).astype(dtype)
    cases = [(BINARY, t, p), (CATEGORICAL, hot, pair)]
    cases += [(SPARSE, t, pair)] if dtype != "bool" else []
    for functions, targets, predicted in cases:
        for function in functions:
            wide = targets.astype(np.int64)
            assert_array_equal(function(targets, predicted), function(wide, predicted))


def test_unsigned_labels_do_not_wrap_around():
    classes = 256
    z = np.linspace(-3, 3, classes)
    labels = np.array([0, 200, 255], dtype=np.uint8)
    result = sparse_categorical_crossentropy(labels, [z] * 3, from_logits=True)
    close(result, np.log(np.exp(z).sum()) - z[[0, 200, 255]])
    # -1 as a uint8 is 255, which is not the ignored -1.
    wrapped = np.array([0, 255], dtype=np.uint8)
    with pytest.raises(ValueError, match="Received: 255 at index"):
        sparse_categorical_crossentropy(wrapped, [[0.5, 0.5]] * 2, ignore_class=-1)
    largest = np.array([2**64 - 1], dtype=np.uint64)
    with pytest.raises(ValueError, match=str(2**64 - 1)):
        sparse_categorical_crossentropy(largest, [[0.5, 0.5]])


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_narrow_floats_are_computed_in_float64(dtype):
    # Numbers that every float holds exactly, so that only the arithmetic can differ.
    t, p = np.array([[0.25, 0.75]]), np.array([[0.125, 0.875]])
    for function in (*BINARY, *CATEGORICAL):
        narrow = function(t.astype(dtype), p.astype(dtype), label_smoothing=0.1)
        assert narrow.dtype == np.float64
        assert_array_equal(narrow, function(t, p, label_smoothing=0.1))
    for function in SPARSE:
        assert_array_equal(function([1], p.astype(dtype)), function([1], p))


def test_one_example_needs_no_batch_axis():
    for function in (binary_crossentropy, binary_crossentropy_gradient):
        assert np.shape(function(1, 0.3)) == ()
    for functions, label in ((CATEGORICAL, [0, 1, 0]), (SPARSE, 1)):
        value, gradient = (f(label, [0.2, 0.5, 0.3]) for f in functions)
        assert isinstance(value, np.float64)
        assert gradient.shape == (3,)


def test_the_input_is_left_as_it_was():
    t, p, labels = np.eye(3), np.eye(3), np.array([0, 1, -1])
    for array in (t, p, labels):
        array.flags.writeable = False
    for function in (*BINARY, *CATEGORICAL):
        function(t, p, label_smoothing=0.1)
    for function in SPARSE:
        function(labels, p, ignore_class=-1)


# Blocks of examples: in memory there is one, and the result does not show it


CASES = [
    (BINARY, "entries", {}),
    (BINARY, "entries", {"from_logits": True}),
    (BINARY, "entries", {"label_smoothing": 0.1}),
    (CATEGORICAL, "rows", {}),
    (CATEGORICAL, "rows", {"from_logits": True}),
    (CATEGORICAL, "rows", {"label_smoothing": 0.1}),
    (SPARSE, "labels", {}),
    (SPARSE, "labels", {"from_logits": True}),
    (SPARSE, "labels", {"ignore_class": 0}),
]
every_case = pytest.mark.parametrize(
    ("functions", "form", "options"),
    CASES,
    ids=[f"{functions[0].__name__} {options}" for functions, _, options in CASES],
)


def targets_of(form, labels, p):
    hot = np.zeros_like(p)
    np.put_along_axis(hot, labels[..., None], 1, axis=-1)
    return labels if form == "labels" else hot


@every_case
@pytest.mark.parametrize("shape", [(3, 50_000, 2), (150_000, 3), (2, 2, 70_000)])
def test_examples_are_computed_alike_in_every_block(functions, form, options, shape):
    rng = np.random.default_rng(0)
    p = softmax(rng.normal(size=shape))
    labels = rng.integers(shape[-1], size=shape[:-1])
    t = targets_of(form, labels, p)
    chosen = tuple(np.array([0, shape[axis] // 2, -1]) % shape[axis] for axis in (0, 1))
    for function in functions:
        whole = function(t, p, **options)
        assert_array_equal(
            whole[chosen[:-1]], function(t[chosen[:-1]], p[chosen[:-1]], **options)
        )
        # Other strides, same numbers.
        backwards = function(t[::-1], np.asfortranarray(p[::-1]), **options)
        assert_array_equal(backwards[::-1], whole)


@every_case
def test_a_call_holds_little_beside_its_result(functions, form, options):
    rng = np.random.default_rng(0)
    p = softmax(rng.normal(size=(100_000, 50))).astype("float32")
    p /= p.sum(axis=-1, keepdims=True)
    t = targets_of(form, rng.integers(50, size=100_000), p)
    for function in functions:
        tracemalloc.start()
        try:
            result = function(t, p, **options)
            peak = tracemalloc.get_traced_memory()[1] / p.nbytes
        finally:
            tracemalloc.stop()
        # Smoothed targets are float64, twice as large. A second float64 copy of y_pred
        # or of the result would be 2 more.
        smoothed = 2 * ("label_smoothing" in options)
        assert peak < result.nbytes / p.nbytes + smoothed + 1.5
