"""The hinge losses: identities, other libraries, numbers by hand."""

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

from companion.losses import (
    categorical_hinge,
    categorical_hinge_gradient,
    crammer_singer_hinge,
    crammer_singer_hinge_gradient,
    hinge,
    hinge_gradient,
    squared_hinge,
    squared_hinge_gradient,
)
from tests.companion.losses.inputs import (
    CATEGORICAL_HINGE,
    CRAMMER_SINGER,
    HINGE,
    SQUARED_HINGE,
    agree,
    bounded,
    close,
    difference,
    entries,
    labelled,
    rows,
)

scores = st.floats(-4, 4)
BINARY = pytest.mark.parametrize("functions", [HINGE, SQUARED_HINGE])


@st.composite
def margins(draw, elements=scores):
    """Return labels -1 and +1, and scores that keep away from the kink."""
    s = draw(entries(elements))
    t = draw(arrays(np.float64, s.shape, elements=st.sampled_from([-1.0, 1.0])))
    return t, np.where(np.abs(t * s - 1) < 1e-3, 0.5, s)


@st.composite
def classes(draw, elements=scores):
    """Return integer labels and scores without ties, away from every kink."""
    labels, s = draw(labelled(rows(elements)))
    # Fractions of a thousandth that differ by class: no two entries, and no entry and
    # 0, lie at distance 0 or 1.
    return labels, np.round(s, 2) + 1e-3 * (1 + np.arange(s.shape[-1]))


def one_hot(labels, s):
    return np.eye(s.shape[-1])[labels]


# Identities


@bounded
@given(margins())
def test_only_the_margin_counts(example):
    t, s = example
    for functions in (HINGE, SQUARED_HINGE):
        value, gradient = (function(t, s) for function in functions)
        close(value, functions[0](np.ones_like(t), t * s))
        close(gradient, t * functions[1](np.ones_like(t), t * s))


@bounded
@given(margins())
def test_the_squared_hinge_is_the_square_and_its_slope_the_chain_rule(example):
    close(squared_hinge(*example), hinge(*example) ** 2)
    close(
        squared_hinge_gradient(*example),
        2 * hinge(*example) * hinge_gradient(*example),
    )


@bounded
@given(margins())
def test_the_hinge_is_an_upper_bound_of_the_mistakes(example):
    t, s = example
    assert np.all(hinge(t, s) >= (t * s <= 0))


@bounded
@given(classes(), st.floats(-50, 50))
def test_a_constant_on_all_scores_changes_nothing_for_crammer_and_singer(example, c):
    labels, s = example
    assert_allclose(
        crammer_singer_hinge(labels, s + c), crammer_singer_hinge(labels, s), atol=1e-12
    )


@bounded
@given(classes())
def test_keras_is_crammer_and_singer_where_a_wrong_score_is_positive(example):
    labels, s = example
    lifted = s + 10
    t = one_hot(labels, s)
    close(categorical_hinge(t, lifted), crammer_singer_hinge(labels, lifted))
    close(
        categorical_hinge_gradient(t, lifted),
        crammer_singer_hinge_gradient(labels, lifted),
    )


@bounded
@given(classes())
def test_keras_counts_a_negative_wrong_score_as_zero(example):
    labels, s = example
    lowered = s - 10
    right = np.take_along_axis(lowered, labels[..., None], axis=-1)[..., 0]
    t = one_hot(labels, s)
    close(categorical_hinge(t, lowered), 1 - right)
    close(categorical_hinge_gradient(t, lowered), -t)


@bounded
@given(margins())
def test_two_classes_are_the_binary_hinge_of_half_the_difference(example):
    # s and -s as the scores of two classes are 2 s apart.
    t, s = example
    two = np.stack([-s, s], axis=-1) / 2
    labels = (t > 0).astype(int)
    close(crammer_singer_hinge(labels, two), hinge(t, s))
    slope = crammer_singer_hinge_gradient(labels, two)
    close(slope[..., 1], hinge_gradient(t, s))
    close(slope[..., 0], -hinge_gradient(t, s))


@bounded
@given(margins(), classes())
def test_gradients_are_finite_differences(pair, multiclass):
    t, s = pair
    for function, gradient in (HINGE, SQUARED_HINGE):
        expected = difference(lambda z, f=function: f(t, z), s)
        assert_allclose(gradient(t, s), expected, atol=1e-6)
    labels, z = multiclass
    for (function, gradient), y in (
        (CRAMMER_SINGER, labels),
        (CATEGORICAL_HINGE, one_hot(labels, z)),
    ):
        expected = difference(lambda z, f=function, y=y: f(y, z), z)
        assert_allclose(gradient(y, z), expected, atol=1e-6)


@bounded
@given(classes())
def test_the_gradient_of_crammer_and_singer_sums_to_zero(example):
    assert np.all(crammer_singer_hinge_gradient(*example).sum(axis=-1) == 0)


# Other libraries


@bounded
@given(margins())
def test_keras_binary(on_keras, example):
    on_keras.agree(HINGE, *example)
    on_keras.agree(SQUARED_HINGE, *example)


@bounded
@given(classes())
def test_keras_categorical(on_keras, example):
    labels, s = example
    on_keras.agree(CATEGORICAL_HINGE, one_hot(labels, s), s)


def test_keras_turns_0_and_1_into_hinge_labels_and_the_reference_refuses(on_keras):
    t, s = np.array([0.0, 1.0]), np.array([0.3, 0.6])
    value, _ = on_keras(HINGE, t, s)
    close(value, hinge(2 * t - 1, s))
    with pytest.raises(ValueError, match=r"2 \* y_true - 1"):
        hinge(t, s)


@pytest.mark.slow
@bounded
@given(margins(), classes())
def test_optax(on_optax, pair, multiclass):
    agree(HINGE, *pair, on_optax.hinge(*pair))
    agree(CRAMMER_SINGER, *multiclass, on_optax.multiclass_hinge(*multiclass))


@pytest.mark.slow
@bounded
@given(margins())
def test_torch_differentiates_alike(on_torch, example):
    def loss(s, t):
        return (1 - t * s).clamp(min=0)

    agree(HINGE, *example, on_torch.binary_pair(loss, *example))
    squared = on_torch.binary_pair(lambda s, t: loss(s, t) ** 2, *example)
    agree(SQUARED_HINGE, *example, squared)


@pytest.mark.parametrize("count", [3, 10])
def test_scikit_learn(count):
    from sklearn.metrics import hinge_loss

    rng = np.random.default_rng(count)
    labels, s = rng.integers(count, size=40), rng.normal(scale=2, size=(40, count))
    expected = hinge_loss(labels, s, labels=range(count))
    close(crammer_singer_hinge(labels, s).mean(), expected)
    t = np.where(labels > 0, 1, -1)
    close(hinge(t, s[:, 0]).mean(), hinge_loss(t, s[:, 0]))


# Numbers by hand


def test_the_worked_example_of_the_course():
    # Class 0 has the larger score and Keras's loss is 4; with ten more on both it is 0.
    assert categorical_hinge([1, 0], [-3.0, -5.0]) == 4
    assert categorical_hinge([1, 0], [7.0, 5.0]) == 0
    assert crammer_singer_hinge(0, [-3.0, -5.0]) == 0
    assert crammer_singer_hinge(0, [7.0, 5.0]) == 0


def test_values_and_slopes_by_hand():
    t, s = [1, 1, 1, -1], [-1.0, 0.5, 2.0, 0.0]
    close(hinge(t, s), [2, 0.5, 0, 1])
    close(hinge_gradient(t, s), [-1, -1, 0, 1])
    close(squared_hinge(t, s), [4, 0.25, 0, 1])
    close(squared_hinge_gradient(t, s), [-4, -1, 0, 2])
    labels, z = [1, 0], [[0.2, 0.7, 0.1], [0.2, 0.7, 0.1]]
    close(crammer_singer_hinge(labels, z), [0.5, 1.5])
    close(crammer_singer_hinge_gradient(labels, z), [[1, -1, 0], [-1, 1, 0]])
    close(categorical_hinge(np.eye(3)[labels], z), [0.5, 1.5])


def test_keras_documented_numbers():
    t, s = 2 * np.array([[0, 1], [0, 0]]) - 1, [[0.6, 0.4], [0.4, 0.6]]
    close(hinge(t, s).mean(axis=-1), [1.1, 1.5])
    close(squared_hinge(t, s).mean(axis=-1), [1.46, 2.26])


def test_at_the_kink_the_gradient_is_zero():
    assert_array_equal(hinge_gradient([1, -1], [1.0, -1.0]), [0, 0])
    assert_array_equal(crammer_singer_hinge_gradient(0, [1.0, 0.0]), [0, 0])
    assert_array_equal(categorical_hinge_gradient([1, 0], [1.0, 0.0]), [0, 0])


@pytest.mark.parametrize(
    ("z", "expected"),
    [
        ([1e16, 1e16], 1),
        ([-1e16, -1e16], 1),
        ([1e300, 1e300], 1),
        ([1e15, 1e15 + 0.5], 1.5),
        ([1e16, 1e16 + 2], 3),
        ([1e16 + 2, 1e16], 0),
        ([1e17, 1e17, 0], 1),
        ([1e16, 0, 1e16], 1),
    ],
)
def test_the_1_is_not_lost_between_huge_scores(z, expected):
    slope = np.zeros(len(z))
    if expected:
        slope[np.argmax([-np.inf, *z[1:]])] = 1
        slope[0] = -1
    hot = np.eye(len(z))[0]
    for functions, label in ((CRAMMER_SINGER, 0), (CATEGORICAL_HINGE, hot)):
        if functions is CATEGORICAL_HINGE and min(z) < 0:
            continue  # There a wrong score below 0 counts as 0.
        assert functions[0](label, z) == expected
        assert_array_equal(functions[1](label, z), slope)


@bounded
@given(labelled(rows(st.floats(-1e17, 1e17) | st.floats(-4, 4))))
def test_values_are_those_of_exact_arithmetic(example):
    labels, z = example
    for row, label in zip(z.reshape(-1, z.shape[-1]), np.ravel(labels), strict=True):
        right, *wrong = map(Fraction, [row[label], *np.delete(row, label)])
        for received, rival in (
            (crammer_singer_hinge(label, row), max(wrong)),
            (categorical_hinge(np.eye(len(row))[label], row), max(0, *wrong)),
        ):
            expected = float(max(0, 1 + rival - right))
            # Where a lead is near -1, its own rounding is what remains.
            assert_allclose(received, expected, rtol=1e-15, atol=3e-16)


@pytest.mark.filterwarnings("error")
def test_beyond_float64_a_hinge_is_infinite_without_a_warning():
    with np.errstate(all="raise"):
        t, s = [1, -1, 1], [1e200, 1e200, -1e308]
        assert_array_equal(hinge(t, s), [0, 1e200, 1e308])
        assert_array_equal(hinge_gradient(t, s), [0, 1, -1])
        assert_array_equal(squared_hinge(t, s), [0, np.inf, np.inf])
        assert_array_equal(squared_hinge_gradient(t, s), [0, 2e200, -np.inf])
        far = [1e308, -1e308]
        for functions, labels in (
            (CRAMMER_SINGER, [0, 1]),
            (CATEGORICAL_HINGE, np.eye(2)),
        ):
            value, slope = (function(labels, [far, far]) for function in functions)
            assert_array_equal(value, [0, np.inf])
            assert_array_equal(slope, [[0, 0], [1, -1]])


@pytest.mark.parametrize("functions", [HINGE, SQUARED_HINGE])
def test_a_call_of_scores_holds_little_beside_its_result(functions):
    check_peak(functions, np.ones((100_000, 50), "float32"))


@pytest.mark.parametrize("functions", [CRAMMER_SINGER, CATEGORICAL_HINGE])
def test_a_call_of_classes_holds_little_beside_its_result(functions):
    labels = np.arange(100_000) % 50
    hot = np.eye(50, dtype="float32")[labels]
    check_peak(functions, labels if functions is CRAMMER_SINGER else hot)


def check_peak(functions, y_true):
    s = np.random.default_rng(0).normal(size=(100_000, 50)).astype("float32")
    for function in functions:
        tracemalloc.start()
        try:
            result = function(y_true, s)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        # A float64 copy of the scores or of the result would be 2 more.
        assert peak / s.nbytes < result.nbytes / s.nbytes + 1.5


def test_of_equal_scores_the_first_counts():
    slope = crammer_singer_hinge_gradient(0, [0.0, 0.5, 0.5])
    assert_array_equal(slope, [-1, 1, 0])
    slope = categorical_hinge_gradient([1, 0, 0], [0.0, 0.5, 0.5])
    assert_array_equal(slope, [-1, 1, 0])


@pytest.mark.parametrize("dtype", ["int8", "int64", "float32"])
def test_labels_of_any_signed_dtype(dtype):
    t = np.array([1, -1], dtype)
    assert_array_equal(hinge(t, [0.0, 2.0]), [1, 3])
    assert hinge(t, [0.0, 2.0]).dtype == np.float64


@BINARY
def test_no_slope_prints_as_0(functions):
    assert repr(functions[1]([1.0], [3.0])) == "array([0.])"


def test_one_example_needs_no_batch_axis():
    for value in (
        hinge(1, 0.5),
        squared_hinge(1, 0.5),
        categorical_hinge([1, 0], [0.5, 0.25]),
        crammer_singer_hinge(0, [0.5, 0.25]),
    ):
        assert isinstance(value, np.float64)
    assert hinge_gradient(1, 0.5) == -1
    assert crammer_singer_hinge_gradient(0, [0.5, 0.25]).shape == (2,)
