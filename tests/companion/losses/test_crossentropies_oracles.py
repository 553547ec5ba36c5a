"""The reference losses against Keras, PyTorch, optax and scikit-learn.

Each library is asked only where it defines the same thing, always in float64. Keras is
asked on TensorFlow and with NumPy arrays: tensors that come out of a softmax or sigmoid
carry their logits with them, and Keras would then use those.
"""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from companion.losses import _crossentropies as core
from companion.losses import (
    binary_crossentropy,
    categorical_crossentropy,
    sparse_categorical_crossentropy,
)
from tests.companion.losses.inputs import (
    BINARY,
    CATEGORICAL,
    EPSILON,
    SPARSE,
    agree,
    bounded,
    close,
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

many_classes = pytest.mark.parametrize("classes", [2, 10, 1000])
ignorable = st.sampled_from([None, 0, 1, -1, 255])


@st.composite
def binary_examples(draw, elements):
    """Return targets and predictions of the same shape."""
    predicted = draw(entries(elements))
    return draw(targets_for(predicted)), predicted


def mark(labels, ignored):
    """Return the labels with the ignored one in place of every 0."""
    return labels if ignored is None else np.where(labels == 0, ignored, labels)


def random_examples(classes, seed):
    """Return labels, one-hot labels and logits of 20 examples."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, 20)
    return labels, np.eye(classes)[labels], rng.normal(scale=3, size=(20, classes))


# Keras on TensorFlow


@bounded
@given(binary_examples(edgy()), smoothing)
def test_keras_binary(on_keras, example, a):
    on_keras.agree(BINARY, *example, label_smoothing=a)


@bounded
@given(binary_examples(logits()), smoothing)
def test_keras_binary_from_logits(on_keras, example, a):
    on_keras.agree(BINARY, *example, from_logits=True, label_smoothing=a)


@bounded
@given(soft_targets(simplex(zeros=True)), smoothing)
def test_keras_categorical(on_keras, example, a):
    on_keras.agree(CATEGORICAL, *example, label_smoothing=a)


@bounded
@given(soft_targets(rows(logits())), smoothing)
def test_keras_categorical_from_logits(on_keras, example, a):
    on_keras.agree(CATEGORICAL, *example, from_logits=True, label_smoothing=a)


@bounded
@given(labelled(simplex(zeros=False)), ignorable)
def test_keras_sparse(on_keras, example, ignored):
    # Nothing that the clip touches: see the tests of TensorFlow's order below.
    labels, p = example
    on_keras.agree(SPARSE, mark(labels, ignored), p, ignore_class=ignored)


@bounded
@given(labelled(rows(logits())), ignorable)
def test_keras_sparse_from_logits(on_keras, example, ignored):
    labels, z = example
    options = {"from_logits": True, "ignore_class": ignored}
    on_keras.agree(SPARSE, mark(labels, ignored), z, **options)


@many_classes
def test_keras_for_two_to_a_thousand_classes(on_keras, classes):
    labels, hot, z = random_examples(classes, seed=0)
    for functions, t in ((CATEGORICAL, hot), (SPARSE, labels)):
        on_keras.agree(functions, t, z, from_logits=True)
        on_keras.agree(functions, t, softmax(z / 4))


def test_keras_unsigned_labels(on_keras):
    _, _, z = random_examples(256, seed=0)
    labels = np.arange(236, 256).astype(np.uint8)
    on_keras.agree(SPARSE, labels, z, from_logits=True)


def test_keras_normalises_what_the_reference_refuses(on_keras):
    t, p = np.eye(3)[:1], np.array([[2.0, 1.0, 1.0]])
    value, gradient = on_keras(CATEGORICAL, t, p)
    close(value, np.log(2))
    close(core._categorical(t, p, False, EPSILON), value)
    close(core._categorical_slope(t, p, False, EPSILON), gradient)
    # TensorFlow's sparse form clips 2 to 1 before it divides.
    value, _ = on_keras(SPARSE, np.array([0]), p)
    close(value, np.log(3))


@many_classes
def test_tensorflow_clips_first_in_the_sparse_form(on_keras, classes):
    # A certain row (1, 0, ..., 0) becomes (1 - e, e, ..., e), with sum 1 + (C - 2) e.
    certain = np.eye(classes)[[0, 0]]
    labels = np.array([0, classes - 1])
    value, _ = on_keras(SPARSE, labels, certain)
    gap = value - sparse_categorical_crossentropy(labels, certain)
    assert_allclose(gap, np.log1p((classes - 2) * EPSILON), rtol=0, atol=1e-13)


@bounded
@given(labelled(simplex(zeros=True)))
def test_the_order_of_clip_and_division_matters_little(on_keras, example):
    labels, p = example
    value, _ = on_keras(SPARSE, labels, p)
    gap = np.abs(value - sparse_categorical_crossentropy(labels, p))
    assert np.all(gap <= np.log1p((p.shape[-1] - 1) * EPSILON) + 1e-13)


# PyTorch: its losses where it has them, its automatic differentiation everywhere


@bounded
@given(binary_examples(inner()))
def test_torch_binary(on_torch, example):
    agree(BINARY, *example, on_torch.binary_pair(on_torch.binary, *example))


@bounded
@given(binary_examples(edgy()), st.sampled_from([EPSILON, 0.1]), smoothing)
def test_torch_differentiates_the_clip_alike(on_torch, example, epsilon, a):
    def loss(p, t):
        q, soft = p.clamp(epsilon, 1 - epsilon), t * (1 - a) + a / 2
        return -(soft * q.log() + (1 - soft) * (1 - q).log())

    expected = on_torch.binary_pair(loss, *example)
    agree(BINARY, *example, expected, epsilon=epsilon, label_smoothing=a)


def test_torch_binary_without_a_clip_at_0_and_1(on_torch):
    # PyTorch holds the logarithm at -100 where this module says infinity.
    t, p = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
    expected, _ = on_torch.binary_pair(on_torch.binary, t, p)
    close(np.minimum(binary_crossentropy(t, p, epsilon=0), 100), expected)


@bounded
@given(binary_examples(logits()))
def test_torch_binary_from_logits(on_torch, example):
    expected = on_torch.binary_pair(on_torch.from_logit, *example)
    agree(BINARY, *example, expected, from_logits=True)


@bounded
@given(soft_targets(rows(logits())), smoothing)
def test_torch_categorical_from_logits(on_torch, example, a):
    loss = partial(on_torch.from_logits, label_smoothing=a)
    expected = on_torch.class_pair(loss, *example)
    agree(CATEGORICAL, *example, expected, from_logits=True, label_smoothing=a)


@bounded
@given(labelled(rows(logits())), ignorable)
def test_torch_sparse_from_logits(on_torch, example, ignored):
    labels, z = mark(example[0], ignored), example[1]
    index = -100 if ignored is None else ignored
    loss = partial(on_torch.from_logits, ignore_index=index)
    expected = on_torch.class_pair(loss, labels, z)
    agree(SPARSE, labels, z, expected, from_logits=True, ignore_class=ignored)


def clipped_log(p, epsilon):
    """Return the logarithm of what is divided by its sum and then clipped, in torch."""
    return (p / p.sum(-1, keepdim=True)).clamp(epsilon, 1 - epsilon).log()


@bounded
@given(soft_targets(simplex(zeros=True)), st.sampled_from([EPSILON, 0.1]), smoothing)
def test_torch_categorical(on_torch, example, epsilon, a):
    def loss(p, t):
        soft = t * (1 - a) + a / t.shape[-1]
        return -(soft * clipped_log(p, epsilon)).sum(-1)

    expected = on_torch.class_pair(loss, *example)
    agree(CATEGORICAL, *example, expected, epsilon=epsilon, label_smoothing=a)


@bounded
@given(labelled(simplex(zeros=True)), st.sampled_from([EPSILON, 0.1]))
def test_torch_sparse(on_torch, example, epsilon):
    def loss(p, t):
        return on_torch.nll(clipped_log(p, epsilon), t)

    agree(SPARSE, *example, on_torch.class_pair(loss, *example), epsilon=epsilon)


@many_classes
def test_torch_for_two_to_a_thousand_classes(on_torch, classes):
    labels, hot, z = random_examples(classes, seed=1)
    expected = on_torch.class_pair(on_torch.from_logits, labels, z)
    agree(SPARSE, labels, z, expected, from_logits=True)
    agree(CATEGORICAL, hot, z, expected, from_logits=True)


# optax: logits only


@bounded
@given(binary_examples(logits()))
def test_optax_binary(on_optax, example):
    agree(BINARY, *example, on_optax.binary(*example), from_logits=True)


@bounded
@given(soft_targets(rows(logits())), smoothing)
def test_optax_categorical(on_optax, example, a):
    t, z = example
    expected = on_optax.categorical(on_optax.smooth(t, a), z)
    agree(CATEGORICAL, t, z, expected, from_logits=True, label_smoothing=a)


@pytest.mark.slow
@bounded
@given(labelled(rows(logits())))
def test_optax_sparse(on_optax, example):
    agree(SPARSE, *example, on_optax.sparse(*example), from_logits=True)


@many_classes
def test_optax_for_two_to_a_thousand_classes(on_optax, classes):
    labels, hot, z = random_examples(classes, seed=2)
    agree(SPARSE, labels, z, on_optax.sparse(labels, z), from_logits=True)
    agree(CATEGORICAL, hot, z, on_optax.categorical(hot, z), from_logits=True)


# scikit-learn: probabilities only, clipped at float64's machine epsilon


def scikit_learn(labels, p):
    """Return scikit-learn's log loss for every row of p, each as a sample of one."""
    from sklearn.metrics import log_loss

    classes = p.shape[-1]
    flat = zip(np.reshape(labels, -1), p.reshape(-1, classes), strict=True)
    return [log_loss([y], [row], labels=range(classes)) for y, row in flat]


@bounded
@given(labelled(simplex(zeros=True)))
def test_scikit_learn_sparse_and_categorical(example):
    labels, p = example
    expected = np.reshape(scikit_learn(labels, p), labels.shape)
    hot = np.eye(p.shape[-1])[labels]
    machine = np.finfo(np.float64).eps
    close(sparse_categorical_crossentropy(labels, p, epsilon=machine), expected)
    close(categorical_crossentropy(hot, p, epsilon=machine), expected)


@bounded
@given(entries(edgy()), st.integers(0, 1))
def test_scikit_learn_binary(p, label):
    labels = np.full(p.shape, label)
    expected = scikit_learn(labels, np.stack([1 - p, p], axis=-1))
    close(
        binary_crossentropy(labels, p, epsilon=np.finfo(np.float64).eps),
        np.reshape(expected, p.shape),
    )


@many_classes
def test_scikit_learn_for_two_to_a_thousand_classes(classes):
    labels, _, z = random_examples(classes, seed=3)
    p = softmax(z)
    received = sparse_categorical_crossentropy(labels, p, epsilon=0)
    close(received, scikit_learn(labels, p))
