"""TensorFlow's lines: a `tf.while_loop` whose turns take their own gradient."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

Number = int | tf.Tensor  # a tensor where the shape is not known


def is_traced(values: object) -> bool:
    """Tell whether the values are not known until a program runs."""
    return tf.is_symbolic_tensor(values)


def bits(values: tf.Tensor) -> tf.Tensor:
    """Return the bits of floats, read as integers of the same size."""
    return tf.bitcast(values, {4: tf.int32, 8: tf.int64}[values.dtype.size])


def weighted_sum(
    hidden: tf.Tensor,  # (N, D)
    kernel: tf.Tensor,  # (D, C)
    bias: tf.Tensor,  # (C,)
    weights: tf.Tensor,  # (N,)
    **others: Any,
) -> tf.Tensor:
    """Return the weighted sum of the crossentropies, its gradient taken on the way.

    The others are `labels` (N,), all of them classes; `usable` (N,), false where a row
    of hidden is to be 0; `chunk_size` and `label_smoothing`.
    """
    return _weighted_sum(*_tensors(hidden, kernel, bias, weights), **others)


def per_token(
    hidden: tf.Tensor,  # (N, D)
    kernel: tf.Tensor,  # (D, C)
    bias: tf.Tensor,  # (C,)
    **others: Any,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the crossentropies and log-sum-exps, computed again for a gradient."""
    return _per_token(*_tensors(hidden, kernel, bias), **others)


def _tensors(*arrays: Any) -> list[tf.Tensor]:
    """Return tensors: Keras hands variables on, whose gradients go another way."""
    return [tf.convert_to_tensor(array) for array in arrays]


# Functions of their own, so that what nobody asks for is not computed: without a tape
# the gradients are cut out of the graph, also outside any `tf.function`.
@tf.function(autograph=False)
def _weighted_sum(*inputs: tf.Tensor, **others: Any) -> tf.Tensor:
    @tf.custom_gradient
    def loss(*inputs: tf.Tensor) -> tuple[tf.Tensor, Callable]:
        hidden, kernel, bias, weights = inputs
        losses, _, slopes = _in_chunks(hidden, kernel, bias, weights, weights, **others)
        value = tf.reduce_sum(weights * losses)
        slopes = [*slopes, losses]
        return value, lambda upstream: [_once(upstream * slope) for slope in slopes]

    return loss(*inputs)


@tf.function(autograph=False)
def _per_token(*inputs: tf.Tensor, **others: Any) -> tuple[tf.Tensor, tf.Tensor]:
    @tf.custom_gradient
    def terms(*inputs: tf.Tensor) -> tuple[tuple[tf.Tensor, tf.Tensor], Callable]:
        hidden, kernel, bias = inputs
        unused = tf.zeros_like(hidden[:, 0])
        losses, log_sum_exps, _ = _in_chunks(
            hidden, kernel, bias, unused, unused, **others
        )

        def backward(of_losses: tf.Tensor, of_log_sum_exps: tf.Tensor) -> list:
            of_softmax = of_losses + of_log_sum_exps
            *_, slopes = _in_chunks(
                hidden, kernel, bias, of_softmax, of_losses, **others
            )
            return [_once(slope) for slope in slopes]

        return (losses, log_sum_exps), backward

    return terms(*inputs)


def _in_chunks(
    hidden: tf.Tensor,
    kernel: tf.Tensor,
    bias: tf.Tensor,
    of_softmax: tf.Tensor,  # (N,), what a token's softmax counts in the slopes
    of_target: tf.Tensor,  # (N,), and what is subtracted of its smoothed one-hot label
    *,
    labels: tf.Tensor,
    usable: tf.Tensor,
    chunk_size: int,
    label_smoothing: float,
) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
    """Return losses, log-sum-exps, and the slopes by hidden, kernel and bias.

    The softmax is left undivided in the chunk's buffer, and what is small is divided
    in its place. The targets' part of the kernel's slope is where the sum over the
    chunks begins. What the caller does not use is cut out of the graph.
    """
    tokens = hidden.shape[0] or tf.shape(hidden)[0]
    turns = -(-tokens // chunk_size)
    size = -(-tokens // turns)  # chunks of one size: at most `turns - 1` rows are added
    rest = turns * size - tokens
    by_token = (hidden, usable, labels, of_softmax, of_target)
    by_chunk = [_split(array, turns, size, rest) for array in by_token]
    classes = bias.shape[0]
    mean_kernel = tf.reduce_mean(kernel, axis=1)

    def smoothed(of_label: tf.Tensor, mean: tf.Tensor) -> tf.Tensor:
        if not label_smoothing:
            return of_label
        return (1 - label_smoothing) * of_label + label_smoothing * mean

    def by_class(values: tf.Tensor) -> tf.Tensor:  # (N, ...) to (C, ...)
        sums = tf.math.unsorted_segment_sum(values, labels, classes)
        return smoothed(sums, tf.reduce_sum(values, axis=0) / classes)

    def turn(
        i: tf.Tensor,
        losses: tf.TensorArray,
        log_sum_exps: tf.TensorArray,
        d_hidden: tf.TensorArray,
        d_kernel: tf.Tensor,
        d_bias: tf.Tensor,
    ) -> tuple[tf.Tensor | tf.TensorArray, ...]:
        h, u, y, a, b = (array[i] for array in by_chunk)
        h = tf.where(u[:, None], h, 0)
        logits = tf.nn.bias_add(tf.matmul(h, kernel), bias)
        top = tf.reduce_max(logits, axis=1)
        chosen = tf.gather(logits, y, batch_dims=1)
        target = smoothed(chosen, tf.reduce_mean(logits, axis=1))
        # Nobody needs the logits any more, so the shares take their place in memory.
        with tf.control_dependencies([target]):
            shares = tf.exp(logits - top[:, None])
        total = tf.reduce_sum(shares, axis=1)
        log_total = tf.math.log(total)
        a, b = (a / total)[:, None], b[:, None]
        of_targets = smoothed(tf.transpose(tf.gather(kernel, y, axis=1)), mean_kernel)
        d_h = a * tf.matmul(shares, kernel, transpose_b=True) - b * of_targets
        return (
            i + 1,
            losses.write(i, log_total + (top - target)),
            log_sum_exps.write(i, log_total + top),
            d_hidden.write(i, d_h),
            d_kernel + tf.matmul(shares, a * h, transpose_a=True),
            d_bias + tf.matmul(a, shares, transpose_a=True)[0],
        )

    arrays = [tf.TensorArray(hidden.dtype, size=turns) for _ in range(3)]
    # The kernel's slope is (C, D) as long as there are chunks, since so it begins:
    # turning it first would hold a copy of it beside the first chunk.
    weighted = of_target[:, None] * tf.where(usable[:, None], hidden, 0)
    # One turn at a time: several would hold several chunks of logits.
    _, *arrays, d_kernel, d_bias = tf.while_loop(
        lambda i, *_: i < turns,
        turn,
        (0, *arrays, -by_class(weighted), -by_class(of_target)),
        parallel_iterations=1,
    )
    losses, log_sum_exps, d_hidden = (
        tf.reshape(array.stack(), [turns * size, *shape])[:tokens]
        for array, shape in zip(arrays, ([], [], hidden.shape[1:]), strict=True)
    )
    return losses, log_sum_exps, [d_hidden, tf.transpose(d_kernel), d_bias]


def _split(array: tf.Tensor, turns: Number, size: Number, rest: Number) -> tf.Tensor:
    """Return an array as (turns, size, ...), filled up with zeros: rows of weight 0."""
    filled = tf.pad(array, [[0, rest]] + [[0, 0]] * (array.shape.rank - 1))
    return tf.reshape(filled, [turns, size, *array.shape[1:]])


def _once(gradient: tf.Tensor) -> tf.Tensor:
    """Return a gradient that refuses to be differentiated again: it would be wrong."""
    message = "linear_sparse_categorical_crossentropy has first derivatives only"
    return tf.raw_ops.PreventGradient(input=gradient, message=message)
