"""What the linear crossentropy refuses, and what it makes of labels and weights."""

from types import ModuleType

import keras
import numpy as np
from keras import ops

from companion._arguments import checked
from companion._keras import Tensor, backend_module

# What the default chunk holds at least: below it, turns cost more than they save.
TOKENS = 256
LOGITS = 2**21


def backend_lines() -> ModuleType:
    """Return the module that holds the lines of Keras's backend."""
    return backend_module("companion.large_vocabulary")


def floats(name: str, values: Tensor, dtype: str | None = None) -> Tensor:
    """Return values as a tensor of float32 or float64, or of the given one of them."""
    if keras.backend.is_keras_tensor(values):
        raise TypeError(
            f"{name} must hold numbers. Received: a symbolic Keras tensor. In a "
            "functional model, use large_vocabulary.LinearCrossentropyModel."
        )
    tensor = ops.convert_to_tensor(values)
    received = keras.backend.standardize_dtype(getattr(values, "dtype", tensor.dtype))
    if received not in ((dtype,) if dtype else ("float32", "float64")):
        raise TypeError(
            f"{name} must be of {dtype or 'float32 or float64'}"
            f"{', as hidden is' if dtype else ''}. Received: dtype {received}. "
            "Convert it with keras.ops.cast."
        )
    if keras.backend.standardize_dtype(tensor.dtype) != received:
        raise TypeError(
            f"{name} holds {received}, which JAX would cut to float32. Convert it to "
            'float32, or call jax.config.update("jax_enable_x64", True) first.'
        )
    return tensor


def check_shapes(hidden: Tensor, kernel: Tensor, bias: Tensor | None) -> None:
    """Refuse shapes that are not (..., D), (D, C) and (C,)."""
    if len(kernel.shape) != 2 or kernel.shape[1] < 2:
        raise ValueError(
            "kernel must have shape (D, C): D inputs, C classes, at least 2. "
            f"Received: {tuple(kernel.shape)}. For one sigmoid unit use a binary "
            "crossentropy."
        )
    if len(hidden.shape) == 0 or hidden.shape[-1] != kernel.shape[0]:
        raise ValueError(
            "hidden must have the shape (..., D) that fits a kernel of (D, C). "
            f"Received: {tuple(hidden.shape)} and {tuple(kernel.shape)}. A kernel of "
            "shape (C, D) must be transposed."
        )
    if 0 in hidden.shape:
        raise ValueError(
            "hidden must hold at least one token. "
            f"Received: shape {tuple(hidden.shape)}. Check what selected the tokens."
        )
    if bias is not None and tuple(bias.shape) != (kernel.shape[1],):
        raise ValueError(
            f"bias must have shape ({kernel.shape[1]},), one number a class, or be "
            f"None. Received: {tuple(bias.shape)}"
        )


def check_one_a_token(name: str, array: Tensor, hidden: Tensor) -> None:
    """Refuse an array that does not hold one entry for each token."""
    expected, received = tuple(hidden.shape[:-1]), tuple(array.shape)
    if len(expected) == len(received) and all(
        None in pair or pair[0] == pair[1]
        for pair in zip(expected, received, strict=True)
    ):
        return
    mend = f"Give one entry of {name} for each token."
    if received == (*expected, 1):
        mend = f"Drop the last axis: {name}[..., 0]."
    raise ValueError(
        f"{name} must have the shape of hidden without its last axis, {expected}. "
        f"Received: {received}. {mend}"
    )


def check_labels(labels: Tensor, classes: int, ignore_class: int | None) -> None:
    """Refuse labels that are no integers or, where they are known, no classes."""
    dtype = keras.backend.standardize_dtype(labels.dtype)
    if not dtype.startswith(("int", "uint")):
        raise TypeError(
            f"labels must be integers, one class a token. Received: dtype {dtype}. If "
            "they are whole class numbers, convert them; if they are one-hot, use "
            "their argmax."
        )
    if backend_lines().is_traced(labels):
        return
    known = np.asarray(labels)
    wrong = known[((known < 0) | (known >= classes)) & (known != ignore_class)]
    if wrong.size:
        raise ValueError(
            f"labels must be integers from 0 to {classes - 1}, as the kernel has "
            f"{classes} classes. Received: {np.unique(wrong)[:5].tolist()} among them. "
            "Do your classes start at 1? Subtract 1. Is it padding? Pass ignore_class."
        )


def check_weights(weights: Tensor) -> None:
    """Refuse weights below 0, NaN or infinite, where they are known."""
    if backend_lines().is_traced(weights):
        return
    known = np.asarray(weights)
    if not (np.isfinite(known) & (known >= 0)).all():
        raise ValueError(
            "sample_weight must hold finite numbers of at least 0. Received: "
            f"{known[~(np.isfinite(known) & (known >= 0))][:5].tolist()} among them. "
            "Give a token that is not to count the weight 0."
        )


def checked_ignore_class(ignore_class: int | None) -> int | None:
    """Return a label to ignore as a Python int, or None."""
    if ignore_class is None:
        return None
    message = (
        "ignore_class must be an integer from -2**31 to 2**31 - 1, or None. "
        f"Received: {ignore_class!r}. Pass the label that marks what to leave out, "
        "for example -1."
    )
    return checked(ignore_class, message, least=-(2**31), below=2**31)


def checked_chunk_size(chunk_size: int | None, inputs: int, classes: int) -> int:
    """Return the most tokens of a chunk, by default one that the shapes call for.

    A chunk of logits as large as the kernel's gradient: that gradient is held anyhow,
    and a turn reads and writes it once, which is little beside three products.
    """
    if chunk_size is None:
        return max(TOKENS, min(inputs, 4 * TOKENS), LOGITS // classes)
    message = (
        "chunk_size must be a number of tokens of at least 1, or None. "
        f"Received: {chunk_size!r}"
    )
    return checked(chunk_size, message, least=1)


def to_weights(
    labels: Tensor, sample_weight: Tensor, *, classes: int, ignore_class: int | None
) -> tuple[Tensor, Tensor]:
    """Return int32 labels, all of them classes, and weights that sum to 1.

    Ignored labels get the weight 0. Labels that are no classes, which a traced program
    cannot refuse, get NaN: the loss and every gradient then show it.
    """
    dtype = keras.backend.standardize_dtype(labels.dtype)
    if dtype.endswith(("int8", "int16")):
        labels, dtype = ops.cast(labels, "int32"), "int32"
    valid = ops.logical_and(labels >= 0, labels < classes)
    ignored = ops.zeros_like(valid)
    if ignore_class is not None and (ignore_class >= 0 or dtype.startswith("int")):
        ignored = labels == ignore_class
    weights = ops.where(ignored, 0.0, sample_weight)
    total = ops.sum(weights)
    weights = weights / ops.where(total == 0, 1.0, total)
    weights = ops.where(ops.logical_or(valid, ignored), weights, float("nan"))
    kept = ops.logical_and(valid, ops.logical_not(ignored))
    return ops.cast(ops.where(kept, labels, 0), "int32"), weights
