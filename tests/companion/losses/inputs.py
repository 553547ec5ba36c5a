"""What the tests of the losses share: the losses in pairs, and random input."""

from functools import partial

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

from companion.losses import (
    binary_crossentropy,
    binary_crossentropy_gradient,
    categorical_crossentropy,
    categorical_crossentropy_gradient,
    categorical_hinge,
    categorical_hinge_gradient,
    crammer_singer_hinge,
    crammer_singer_hinge_gradient,
    hinge,
    hinge_gradient,
    sparse_categorical_crossentropy,
    sparse_categorical_crossentropy_gradient,
    squared_hinge,
    squared_hinge_gradient,
)

BINARY = (binary_crossentropy, binary_crossentropy_gradient)
CATEGORICAL = (categorical_crossentropy, categorical_crossentropy_gradient)
SPARSE = (sparse_categorical_crossentropy, sparse_categorical_crossentropy_gradient)
HINGE = (hinge, hinge_gradient)
SQUARED_HINGE = (squared_hinge, squared_hinge_gradient)
CATEGORICAL_HINGE = (categorical_hinge, categorical_hinge_gradient)
CRAMMER_SINGER = (crammer_singer_hinge, crammer_singer_hinge_gradient)

EPSILON = 1e-7  # the default of the losses, and of Keras

# The bar is 1e-6. Rounding alone parts the libraries here, so ask for more.
close = partial(assert_allclose, rtol=1e-8, atol=1e-8)

# The same examples on every run and every machine, and few enough to stay quick.
bounded = settings(derandomize=True, max_examples=30, deadline=None)

# Few shapes, because optax compiles for each: one example without a batch axis, and a
# batch of sequences. Plain batches are in the tests with numbers worked by hand.
LEADING = [(), (2, 3)]
CLASSES = [2, 5]

smoothing = st.sampled_from([0.0, 0.1, 0.5, 1.0])


def entries(elements: st.SearchStrategy[float]) -> st.SearchStrategy[np.ndarray]:
    """Return arrays of such elements, in each of the leading shapes."""
    return st.sampled_from(LEADING).flatmap(
        lambda shape: arrays(np.float64, shape, elements=elements)
    )


def targets_for(predictions: np.ndarray) -> st.SearchStrategy[np.ndarray]:
    """Return binary targets, hard or soft, one for every prediction."""
    target = st.sampled_from([0.0, 1.0]) | st.floats(0, 1)
    return arrays(np.float64, predictions.shape, elements=target)


def inner(margin: float = 1e-3) -> st.SearchStrategy[float]:
    """Return probabilities that keep away from 0 and 1."""
    return st.floats(margin, 1 - margin)


def edgy() -> st.SearchStrategy[float]:
    """Return probabilities with 0, 1 and both sides of the clip among them."""
    return st.sampled_from([0.0, 1.0, 1e-9, 1 - 1e-9, 1e-6, 1 - 1e-6, 0.5]) | inner()


def logits() -> st.SearchStrategy[float]:
    """Return raw scores, some of them as large as 1e4."""
    return st.floats(-8, 8) | st.sampled_from([-1e4, -30.0, 0.0, 30.0, 1e4])


def softmax(z: np.ndarray) -> np.ndarray:
    """Return the probabilities that belong to moderate logits (..., C)."""
    powers = np.exp(z)
    return powers / powers.sum(axis=-1, keepdims=True)


@st.composite
def rows(draw, elements, classes=CLASSES):
    """Return an array (..., C) of such elements."""
    shape = (*draw(st.sampled_from(LEADING)), draw(st.sampled_from(classes)))
    return draw(arrays(np.float64, shape, elements=elements))


@st.composite
def simplex(draw, *, zeros: bool):
    """Return rows (..., C) that sum to 1, with exact zeros among them or none."""
    weight = st.floats(0.05, 1)
    weights = draw(rows(st.sampled_from([0.0, 1e-8]) | weight if zeros else weight))
    weights[..., 0] += weights.sum(axis=-1) == 0
    return weights / weights.sum(axis=-1, keepdims=True)


def labels_for(predictions: np.ndarray) -> st.SearchStrategy[np.ndarray]:
    """Return integer labels, one for every row of the predictions."""
    labels = st.integers(0, predictions.shape[-1] - 1)
    return arrays(np.int64, predictions.shape[:-1], elements=labels)


@st.composite
def labelled(draw, predictions):
    """Return integer labels with the predictions they belong to."""
    predicted = draw(predictions)
    return draw(labels_for(predicted)), predicted


@st.composite
def soft_targets(draw, predictions):
    """Return target distributions, one-hot or soft, with their predictions."""
    labels, predicted = draw(labelled(predictions))
    one_hot = np.eye(predicted.shape[-1])[labels]
    weights = draw(arrays(np.float64, predicted.shape, elements=st.floats(0.05, 1)))
    soft = weights / weights.sum(axis=-1, keepdims=True)
    return draw(st.sampled_from([one_hot, soft, (one_hot + soft) / 2])), predicted


def agree(functions, y_true, y_pred, oracle, **options):
    """Compare a loss and its gradient with an oracle's value and gradient."""
    for function, expected in zip(functions, oracle, strict=True):
        received = function(y_true, y_pred, **options)
        close(received, np.reshape(expected, np.shape(received)))


def difference(core, x, step=1e-6):
    """Return the central differences of ``core(x).sum()`` by every entry of x."""
    slope = np.empty_like(x)
    for index in np.ndindex(x.shape):
        shift = np.zeros_like(x)
        shift[index] = step
        slope[index] = np.sum(core(x + shift) - core(x - shift)) / (2 * step)
    return slope
