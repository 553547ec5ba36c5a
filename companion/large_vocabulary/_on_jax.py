"""JAX's lines: a `lax.scan` whose turns take their own gradient."""

import functools

import jax
import jax.numpy as jnp

Arrays = tuple[jax.Array, ...]
Options = tuple[int, float]
# Of the tokens, then hidden, kernel and bias.
Saved = tuple[Arrays, jax.Array, jax.Array, jax.Array]


def is_traced(values: object) -> bool:
    """Tell whether the values are not known until a program runs."""
    return isinstance(values, jax.core.Tracer)


def bits(values: jax.Array) -> jax.Array:
    """Return the bits of floats, read as integers of the same size."""
    return values.view({4: jnp.int32, 8: jnp.int64}[values.dtype.itemsize])


@functools.partial(jax.jit, static_argnames=("chunk_size", "label_smoothing"))
def weighted_sum(
    hidden: jax.Array,  # (N, D)
    kernel: jax.Array,  # (D, C)
    bias: jax.Array,  # (C,)
    weights: jax.Array,  # (N,)
    *,
    labels: jax.Array,  # (N,), all of them classes
    usable: jax.Array,  # (N,), false where a row of hidden is to be 0
    chunk_size: int,
    label_smoothing: float,
) -> jax.Array:
    """Return the weighted sum of the crossentropies, its gradient taken on the way."""
    options = chunk_size, label_smoothing
    return _weighted_sum(options, (labels, usable), hidden, kernel, bias, weights)


@functools.partial(jax.jit, static_argnames=("chunk_size", "label_smoothing"))
def per_token(
    hidden: jax.Array,  # (N, D)
    kernel: jax.Array,  # (D, C)
    bias: jax.Array,  # (C,)
    *,
    labels: jax.Array,  # (N,), all of them classes
    usable: jax.Array,  # (N,), false where a row of hidden is to be 0
    chunk_size: int,
    label_smoothing: float,
) -> Arrays:
    """Return the crossentropies and log-sum-exps, computed again for a gradient."""
    options = chunk_size, label_smoothing
    return _per_token(options, (labels, usable), hidden, kernel, bias)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _weighted_sum(options: Options, tokens: Arrays, *inputs: jax.Array) -> jax.Array:
    """Return the loss alone, for who asks for no gradient."""
    return _forward(options, tokens, *inputs)[0]


def _forward(
    options: Options, tokens: Arrays, *inputs: jax.Array
) -> tuple[jax.Array, Arrays]:
    """Return the loss and its slopes by hidden, kernel, bias and weights."""
    hidden, kernel, bias, weights = inputs
    losses, _, slopes = _in_chunks(
        options, tokens, hidden, kernel, bias, weights, weights
    )
    return weights @ losses, (*slopes, losses)


def _backward(
    options: Options, slopes: Arrays, upstream: jax.Array
) -> tuple[jax.Array | None, ...]:
    """Return the gradients; labels and what is usable have none."""
    return (None, *(upstream * slope for slope in slopes))


_weighted_sum.defvjp(_forward, _backward)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _per_token(options: Options, tokens: Arrays, *inputs: jax.Array) -> Arrays:
    """Return the loss and the log-sum-exp of each token."""
    hidden, kernel, bias = inputs
    unused = jnp.zeros_like(hidden[:, 0])
    losses, log_sum_exps, _ = _in_chunks(
        options, tokens, hidden, kernel, bias, unused, unused
    )
    return losses, log_sum_exps


def _per_token_forward(
    options: Options, tokens: Arrays, *inputs: jax.Array
) -> tuple[Arrays, Saved]:
    """Return the same, and what the way back needs: none of the logits."""
    hidden, kernel, bias = inputs
    return _per_token(options, tokens, *inputs), (tokens, hidden, kernel, bias)


def _per_token_backward(
    options: Options, saved: Saved, upstream: Arrays
) -> tuple[jax.Array | None, ...]:
    """Return the gradients by hidden, kernel and bias."""
    of_losses, of_log_sum_exps = upstream
    of_softmax = of_losses + of_log_sum_exps
    tokens, hidden, kernel, bias = saved
    *_, slopes = _in_chunks(
        options, tokens, hidden, kernel, bias, of_softmax, of_losses
    )
    return (None, *slopes)


_per_token.defvjp(_per_token_forward, _per_token_backward)


def _in_chunks(
    options: Options,
    tokens: Arrays,  # the labels, and which rows of hidden are usable
    hidden: jax.Array,
    kernel: jax.Array,
    bias: jax.Array,
    of_softmax: jax.Array,  # (N,), what a token's softmax counts in the slopes
    of_target: jax.Array,  # (N,), and what is subtracted of its smoothed one-hot label
) -> tuple[jax.Array, jax.Array, Arrays]:
    """Return losses, log-sum-exps, and the slopes by hidden, kernel and bias.

    What the caller does not use is cut out of the program.
    """
    chunk_size, smoothing = options
    labels, usable = tokens
    share = smoothing / bias.size

    def turn(sums: Arrays, chunk: Arrays) -> tuple[Arrays, Arrays]:
        d_kernel, d_bias = sums
        h, u, y, a, b = chunk
        h = jnp.where(u[:, None], h, 0)
        logits = h @ kernel + bias
        top = logits.max(axis=1)
        exp = jnp.exp(logits - top[:, None])
        total = exp.sum(axis=1)
        below_top = top - jnp.take_along_axis(logits, y[:, None], axis=1)[:, 0]
        if smoothing:
            mean = top - logits.mean(axis=1)
            below_top = (1 - smoothing) * below_top + smoothing * mean
        one_hot = y[:, None] == jnp.arange(bias.size)
        target = jnp.where(one_hot, 1 - smoothing + share, share)
        d_logits = exp * (a / total)[:, None] - target * b[:, None]
        sums = (d_kernel + h.T @ d_logits, d_bias + d_logits.sum(axis=0))
        log_total = jnp.log(total)
        return sums, (log_total + below_top, log_total + top, d_logits @ kernel.T)

    start = (jnp.zeros_like(kernel), jnp.zeros_like(bias))
    chunks = _split(chunk_size, hidden, usable, labels, of_softmax, of_target)
    (d_kernel, d_bias), by_token = jax.lax.scan(turn, start, chunks)
    losses, log_sum_exps, d_hidden = (
        array.reshape(-1, *array.shape[2:])[: labels.size] for array in by_token
    )
    return losses, log_sum_exps, (d_hidden, d_kernel, d_bias)


def _split(chunk_size: int, *arrays: jax.Array) -> Arrays:
    """Return arrays as (turns, size, ...), filled up with zeros: rows of weight 0."""
    tokens = len(arrays[0])
    turns = -(-tokens // chunk_size)
    size = -(-tokens // turns)  # chunks of one size: at most `turns - 1` rows are added
    rest = turns * size - tokens
    return tuple(
        jnp.pad(array, [(0, rest)] + [(0, 0)] * (array.ndim - 1)).reshape(
            turns, size, *array.shape[1:]
        )
        for array in arrays
    )
