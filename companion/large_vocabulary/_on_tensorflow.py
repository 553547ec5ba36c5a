"""TensorFlow's lines: a `tf.while_loop` whose turns take their own gradient."""

from collections.abc import Callable

import tensorflow as tf

Number = int | tf.Tensor  # a tensor where the shape is not known


def is_traced(values: object) -> bool:
    """Tell whether the values are not known until a program runs."""
    return tf.is_symbolic_tensor(values)


def weighted_sum(
    hidden: tf.Tensor,  # (N, D)
    kernel: tf.Tensor,  # (D, C)
    bias: tf.Tensor,  # (C,)
    labels: tf.Tensor,  # (N,), all of them classes
    weights: tf.Tensor,  # (N,)
    *,
    chunk_size: int,
) -> tf.Tensor:
    """Return the weighted sum of the crossentropies, its gradient taken on the way."""
    # Tensors, since Keras hands variables on, whose gradients go another way.
    inputs = [tf.convert_to_tensor(array) for array in (hidden, kernel, bias, weights)]
    return _weighted_sum(*inputs, labels=labels, chunk_size=chunk_size)


# A function of its own, so that what nobody asks for is not computed: without a tape
# the gradients are cut out of the graph, also outside any `tf.function`.
@tf.function(autograph=False)
def _weighted_sum(*inputs: tf.Tensor, labels: tf.Tensor, chunk_size: int) -> tf.Tensor:
    @tf.custom_gradient
    def loss(
        hidden: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, weights: tf.Tensor
    ) -> tuple[tf.Tensor, Callable]:
        value, slopes = _in_chunks(hidden, kernel, bias, weights, labels, chunk_size)
        return value, lambda upstream: [_once(upstream * slope) for slope in slopes]

    return loss(*inputs)


def _in_chunks(
    hidden: tf.Tensor,
    kernel: tf.Tensor,
    bias: tf.Tensor,
    weights: tf.Tensor,
    labels: tf.Tensor,
    chunk_size: int,
) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Return the loss and its slopes by hidden, kernel, bias and weights.

    A logit's slope is its share of the softmax, less 1 for the label. The shares are
    left undivided in the chunk's buffer, and what is small is divided in their place.
    The labels' part of the kernel's slope is where the sum over the chunks begins.
    """
    tokens = hidden.shape[0] or tf.shape(hidden)[0]
    turns = -(-tokens // chunk_size)
    size = -(-tokens // turns)  # chunks of one size: at most `turns - 1` rows are added
    rest = turns * size - tokens
    by_chunk = [_split(array, turns, size, rest) for array in (hidden, labels, weights)]

    def turn(
        i: tf.Tensor,
        losses: tf.TensorArray,
        d_hidden: tf.TensorArray,
        d_kernel: tf.Tensor,
        d_bias: tf.Tensor,
    ) -> tuple[tf.Tensor | tf.TensorArray, ...]:
        h, y, w = (array[i] for array in by_chunk)
        logits = tf.nn.bias_add(tf.matmul(h, kernel), bias)
        top = tf.reduce_max(logits, axis=1, keepdims=True)
        chosen = tf.gather(logits, y, batch_dims=1)
        # Nobody needs the logits any more, so the shares take their place in memory.
        with tf.control_dependencies([chosen]):
            shares = tf.exp(logits - top)
        total = tf.reduce_sum(shares, axis=1, keepdims=True)
        w = w[:, None]
        of_labels = tf.transpose(tf.gather(kernel, y, axis=1))
        d_h = tf.matmul(shares, kernel, transpose_b=True) / total - of_labels
        return (
            i + 1,
            losses.write(i, tf.math.log(total[:, 0]) + top[:, 0] - chosen),
            d_hidden.write(i, w * d_h),
            d_kernel + tf.matmul(w / total * h, shares, transpose_a=True),
            d_bias + tf.matmul(w / total, shares, transpose_a=True)[0],
        )

    arrays = [tf.TensorArray(hidden.dtype, size=turns) for _ in range(2)]
    classes = bias.shape[0]
    of_labels = tf.math.unsorted_segment_sum(weights[:, None] * hidden, labels, classes)
    d_bias = -tf.math.unsorted_segment_sum(weights, labels, classes)
    start = (0, *arrays, -tf.transpose(of_labels), d_bias)
    # One turn at a time: several would hold several chunks of logits.
    _, losses, d_hidden, d_kernel, d_bias = tf.while_loop(
        lambda i, *_: i < turns, turn, start, parallel_iterations=1
    )
    losses = tf.reshape(losses.stack(), [-1])[:tokens]
    d_hidden = tf.reshape(d_hidden.stack(), [-1, hidden.shape[1]])[:tokens]
    return tf.reduce_sum(weights * losses), [d_hidden, d_kernel, d_bias, losses]


def _split(array: tf.Tensor, turns: Number, size: Number, rest: Number) -> tf.Tensor:
    """Return an array as (turns, size, ...), filled up with zeros: rows of weight 0."""
    filled = tf.pad(array, [[0, rest]] + [[0, 0]] * (array.shape.rank - 1))
    return tf.reshape(filled, [turns, size, *array.shape[1:]])


def _once(gradient: tf.Tensor) -> tf.Tensor:
    """Return a gradient that refuses to be differentiated again: it would be wrong."""
    message = "linear_sparse_categorical_crossentropy has first derivatives only"
    return tf.raw_ops.PreventGradient(input=gradient, message=message)
