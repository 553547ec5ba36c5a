"""A large vocabulary: loss and gradients of a linear layer with 50,000 classes."""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import MEGABYTE, Contestant, Row, Settings, Target, Values, Work

if TYPE_CHECKING:
    from companion._keras import Tensor

Shape = tuple[int, int, int]
# Of these sizes everyone's first run is, which loads the libraries.
TINY = (8, 4, 16)
# A small part of each gradient, to compare who computed the same.
PART = 4


def ours(settings: Settings) -> Work:
    """Take the loss that never holds all the scores, with its own chunk size."""
    from companion import large_vocabulary

    return _in_keras(large_vocabulary.linear_sparse_categorical_crossentropy, settings)


def dense(settings: Settings) -> Work:
    """Compute all the scores, then Keras's sparse crossentropy."""
    import keras

    def loss(
        hidden: "Tensor", kernel: "Tensor", bias: "Tensor", labels: "Tensor"
    ) -> "Tensor":
        scores = keras.ops.matmul(hidden, kernel) + bias
        losses = keras.losses.sparse_categorical_crossentropy(
            labels, scores, from_logits=True
        )
        return keras.ops.mean(losses)

    return _in_keras(loss, settings)


def pytorch(settings: Settings, *, chunked: bool) -> Work:
    """Take PyTorch's `linear_cross_entropy`: in chunks, or with all the scores."""
    import torch
    from torch.nn import LinearCrossEntropyOptions
    from torch.nn.functional import linear_cross_entropy

    options = LinearCrossEntropyOptions() if chunked else None

    def tensors(shape: Shape) -> list[torch.Tensor]:
        hidden, kernel, bias, labels = _arrays(shape)
        # PyTorch holds the kernel transposed.
        floats = [hidden, np.ascontiguousarray(kernel.T), bias]
        return [
            *(torch.from_numpy(array).requires_grad_() for array in floats),
            torch.from_numpy(labels),
        ]

    def compute(
        hidden: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor,
        labels: torch.Tensor,
    ) -> Values:
        loss = linear_cross_entropy(
            hidden, weight, labels, linear_bias=bias, options=options
        )
        gradients = torch.autograd.grad(loss, [hidden, weight, bias])
        return _values(loss.item(), gradients[0], gradients[1].T, gradients[2])

    compute(*tensors(TINY))
    arrays = tensors(_shape(settings))
    return lambda: compute(*arrays)


def gradients(settings: Settings) -> float:
    """Return the size of the gradients, in MB."""
    tokens, inputs, classes = _shape(settings)
    return 4 * (tokens * inputs + inputs * classes + classes) / MEGABYTE


def operations(settings: Settings) -> float:
    """Return the multiplications and additions of the three products.

    One for the scores and one for the gradient of each factor.
    """
    tokens, inputs, classes = _shape(settings)
    return 3 * 2 * tokens * inputs * classes


def _in_keras(loss: Callable, settings: Settings) -> Work:
    """Return the work of computing a loss and its gradients, compiled."""
    import keras

    compiled = _compiled(loss, keras.config.backend())

    def tensors(shape: Shape) -> "list[Tensor]":
        return [keras.ops.convert_to_tensor(array) for array in _arrays(shape)]

    def compute(*arrays: "Tensor") -> Values:
        value, gradients = compiled(*arrays)
        parts = map(keras.ops.convert_to_numpy, map(_part, gradients))
        return _values(float(value), *parts)

    compute(*tensors(TINY))
    arrays = tensors(_shape(settings))
    return lambda: compute(*arrays)


def _compiled(loss: Callable, backend: str) -> Callable:
    """Return a compiled function of the value and the gradients of a loss."""
    if backend == "jax":
        import jax

        return jax.jit(jax.value_and_grad(loss, argnums=(0, 1, 2)))
    import tensorflow as tf

    @tf.function(autograph=False)
    def compute(*arrays: tf.Tensor) -> tuple[tf.Tensor, list[tf.Tensor]]:
        parameters = arrays[:3]
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            value = loss(*arrays)
        return value, tape.gradient(value, parameters)

    return compute


def _shape(settings: Settings) -> Shape:
    """Return the numbers of tokens, of inputs and of classes."""
    return (64, 16, 1_000) if settings.quick else (8_192, 256, 50_000)


def _arrays(shape: Shape) -> tuple[NDArray, ...]:
    """Return hidden, kernel, bias and labels, the same for everyone."""
    tokens, inputs, classes = shape
    rng = np.random.default_rng(0)

    def normal(*size: int) -> NDArray[np.float32]:
        return rng.standard_normal(size, dtype=np.float32)

    kernel = normal(inputs, classes)
    kernel /= np.float32(inputs**0.5)
    labels = rng.integers(classes, size=tokens)
    return normal(tokens, inputs), kernel, normal(classes), labels


def _part(array: "Tensor") -> "Tensor":
    """Return the first entries along every axis."""
    return array[(slice(PART),) * len(array.shape)]


def _values(loss: float, *gradients: "Tensor") -> Values:
    names = ("hidden", "kernel", "bias")
    parts = [np.asarray(_part(each)).tolist() for each in gradients]
    return {"loss": loss, **dict(zip(names, parts, strict=True))}


OURS = "linear_sparse..., TensorFlow"
DENSE = "all the scores, TensorFlow"
WORK = "loss and gradients of 8,192 tokens x 256 inputs x 50,000 classes"
CONTESTANTS = (
    Contestant(OURS, ours, needs=("tensorflow",)),
    Contestant("linear_sparse..., JAX", ours, backend="jax", needs=("jax",)),
)
PEERS = (
    Contestant(DENSE, dense, needs=("tensorflow",)),
    Contestant("all the scores, JAX", dense, backend="jax", needs=("jax",)),
    Contestant(
        "linear_cross_entropy, PyTorch",
        functools.partial(pytorch, chunked=True),
        needs=("torch",),
    ),
    Contestant(
        "all the scores, PyTorch",
        functools.partial(pytorch, chunked=False),
        needs=("torch",),
    ),
)
ROWS = (
    Row(
        "vocabulary-time",
        WORK,
        CONTESTANTS,
        PEERS,
        # At most 1.05 times the time.
        targets=(Target(OURS, DENSE, 1 / 1.05),),
        operations=operations,
    ),
    Row(
        "vocabulary-memory",
        f"the peak beyond inputs and gradients, compiling included: {WORK}",
        CONTESTANTS,
        PEERS,
        targets=(Target(OURS, DENSE, 8.0),),
        fresh=True,
        unit="MB",
        returned=gradients,
    ),
)
