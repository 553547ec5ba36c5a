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
HALF = ("bfloat16", "float16")
REDUCTIONS = ("mean_with_sample_weight", "none")


def backend_lines() -> ModuleType:
    """Return the module that holds the lines of Keras's backend."""
    return backend_module("companion.large_vocabulary")


def to_tensor(name: str, values: object) -> Tensor:
    """Return values as a tensor, or say what they should have been."""
    if keras.backend.is_keras_tensor(values):
        raise TypeError(
            f"{name} must hold numbers. Received: a symbolic Keras tensor. In a "
            "functional model, use large_vocabulary.LinearCrossentropyModel."
        )
    if _is_masked(values):
        raise TypeError(
            f"{name} must be a plain array. Received: a masked array, whose mask "
            "would be lost. Give what is not to count the sample_weight 0."
        )
    try:
        return ops.convert_to_tensor(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(
            f"{name} must be a tensor, an array, or lists of numbers of one length. "
            f"Received: {type(values).__name__}, which {keras.config.backend()} cannot "
            "convert. A PyTorch tensor that requires a gradient must be detached: "
            f"{name}.detach().numpy()."
        ) from error


def _is_masked(values: object) -> bool:
    """Tell whether values are a masked array of NumPy, or lists that hold one."""
    if isinstance(values, list | tuple):
        return any(map(_is_masked, values))
    return isinstance(values, np.ma.MaskedArray)


def floats(name: str, values: object, *, beside: str | None = None) -> Tensor:
    """Return values as a tensor of floats that can be computed with beside hidden's.

    float64 goes with float64 alone. The others go together.
    """
    tensor = to_tensor(name, values)
    received = keras.backend.standardize_dtype(getattr(values, "dtype", tensor.dtype))
    if beside == "float64":
        allowed, said = ("float64",), "float64, as hidden is"
    elif beside:
        allowed = ("float32", *HALF)
        said = f"float32, bfloat16 or float16, as hidden is of {beside}"
    else:
        allowed = ("float32", "float64", *HALF)
        said = "float32 or float64, or of bfloat16 or float16"
    if received not in allowed:
        raise TypeError(
            f"{name} must be of {said}. Received: dtype {received}. "
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


def is_mean(reduction: object) -> bool:
    """Tell whether the reduction is the mean, or else none."""
    if reduction is not None and reduction not in REDUCTIONS:
        raise ValueError(
            'reduction must be "mean_with_sample_weight", or None for one loss a '
            f"token. Received: {reduction!r}. For another one pass None, and reduce "
            "what comes out, for example with keras.ops.sum."
        )
    return reduction == REDUCTIONS[0]


def check_flag(name: str, value: object) -> None:
    """Refuse what is neither True nor False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False. Received: {value!r}.")


def to_weights(
    labels: Tensor, sample_weight: Tensor, *, classes: int, ignore_class: int | None
) -> tuple[Tensor, Tensor]:
    """Return int32 labels, all of them classes, and weights.

    Ignored labels get the weight 0. Labels that are no classes, which a traced program
    cannot refuse, get NaN: the loss and the gradients then show it.
    """
    dtype = keras.backend.standardize_dtype(labels.dtype)
    if dtype.endswith(("int8", "int16")):
        labels, dtype = ops.cast(labels, "int32"), "int32"
    valid = ops.logical_and(labels >= 0, labels < classes)
    ignored = ops.zeros_like(valid)
    if ignore_class is not None and (ignore_class >= 0 or dtype.startswith("int")):
        ignored = labels == ignore_class
    weights = ops.where(ignored, 0.0, sample_weight)
    weights = ops.where(ops.logical_or(valid, ignored), weights, float("nan"))
    kept = ops.logical_and(valid, ops.logical_not(ignored))
    return ops.cast(ops.where(kept, labels, 0), "int32"), weights


def usable_rows(hidden: Tensor, kernel: Tensor, weights: Tensor) -> Tensor:
    """Tell which rows may be computed with: all but those that would spread NaN.

    A row of weight 0 that holds NaN, or from which a logit may be infinite, is not to
    count, and 0 times NaN is NaN. Other rows of weight 0 have a loss, which the
    gradient for their weight needs.
    """
    largest = ops.maximum(ops.max(kernel), -ops.min(kernel))
    reach = ops.sum(ops.abs(hidden), axis=-1) * largest
    return ops.logical_or(weights != 0, ops.isfinite(reach))


def shares(weights: Tensor) -> Tensor:
    """Return weights that sum to 1, or 0 if all are 0.

    By way of numbers near 1: the sum of huge weights is infinite, the inverse of a
    huge number is 0, and processors take a subnormal number for 0. Its bits, read as
    an integer, count how many times it holds the smallest one.
    """
    bits = backend_lines().bits(weights)
    single = keras.backend.standardize_dtype(weights.dtype) == "float32"
    smallest, normal = (-149, 2**23) if single else (-1074, 2**52)
    counted = ops.cast(bits, weights.dtype) * 2.0 ** (smallest + 64)
    subnormal = ops.logical_and(bits > 0, bits < normal)
    raised = ops.where(subnormal, counted, weights * 2.0**64)
    largest = ops.max(weights)
    lowered = ops.where(largest > 2.0**64, weights * 2.0**-64, weights)
    weights = ops.where(largest < 2.0**-64, raised, lowered)
    total = ops.sum(weights)
    return weights / ops.where(total == 0, 1.0, total)
