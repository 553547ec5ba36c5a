"""JAX's lines: a `lax.scan` whose turns take their own gradient."""

import functools

import jax
import jax.numpy as jnp

Arrays = tuple[jax.Array, ...]


def is_traced(values: object) -> bool:
    """Tell whether the values are not known until a program runs."""
    return isinstance(values, jax.core.Tracer)


@functools.partial(jax.jit, static_argnames="chunk_size")
def weighted_sum(
    hidden: jax.Array,  # (N, D)
    kernel: jax.Array,  # (D, C)
    bias: jax.Array,  # (C,)
    labels: jax.Array,  # (N,), all of them classes
    weights: jax.Array,  # (N,)
    *,
    chunk_size: int,
) -> jax.Array:
    """Return the weighted sum of the crossentropies, its gradient taken on the way."""
    return _weighted_sum(chunk_size, labels, hidden, kernel, bias, weights)


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _weighted_sum(chunk_size: int, labels: jax.Array, *inputs: jax.Array) -> jax.Array:
    """Return the loss alone, for who asks for no gradient."""
    hidden, kernel, bias, weights = inputs

    def turn(total: jax.Array, chunk: Arrays) -> tuple[jax.Array, None]:
        h, y, w = chunk
        loss, *_ = _chunk(h, kernel, bias, y)
        return total + w @ loss, None

    chunks = _split(chunk_size, hidden, labels, weights)
    return jax.lax.scan(turn, jnp.zeros((), hidden.dtype), chunks)[0]


def _forward(
    chunk_size: int, labels: jax.Array, *inputs: jax.Array
) -> tuple[jax.Array, Arrays]:
    """Return the loss and its slopes by hidden, kernel, bias and weights."""
    hidden, kernel, bias, weights = inputs

    def turn(sums: Arrays, chunk: Arrays) -> tuple[Arrays, Arrays]:
        d_kernel, d_bias = sums
        h, y, w = chunk
        loss, exp, total = _chunk(h, kernel, bias, y)
        one_hot = y[:, None] == jnp.arange(bias.size)
        d_logits = exp * (w / total)[:, None] - jnp.where(one_hot, w[:, None], 0)
        sums = (d_kernel + h.T @ d_logits, d_bias + d_logits.sum(axis=0))
        return sums, (loss, d_logits @ kernel.T)

    start = (jnp.zeros_like(kernel), jnp.zeros_like(bias))
    chunks = _split(chunk_size, hidden, labels, weights)
    (d_kernel, d_bias), (losses, d_hidden) = jax.lax.scan(turn, start, chunks)
    losses = losses.reshape(-1)[: labels.size]
    d_hidden = d_hidden.reshape(-1, hidden.shape[1])[: labels.size]
    return weights @ losses, (d_hidden, d_kernel, d_bias, losses)


def _backward(
    chunk_size: int, slopes: Arrays, upstream: jax.Array
) -> tuple[jax.Array | None, ...]:
    """Return the gradients; labels have none."""
    return (None, *(upstream * slope for slope in slopes))


_weighted_sum.defvjp(_forward, _backward)


def _chunk(h: jax.Array, kernel: jax.Array, bias: jax.Array, y: jax.Array) -> Arrays:
    """Return the losses of a chunk, and what its softmax is made of."""
    logits = h @ kernel + bias
    top = logits.max(axis=1, keepdims=True)
    exp = jnp.exp(logits - top)
    total = exp.sum(axis=1)
    chosen = jnp.take_along_axis(logits, y[:, None], axis=1)
    return jnp.log(total) + (top - chosen)[:, 0], exp, total


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
