"""What training takes as data: dense arrays of numbers, and one class an example."""

import math
import numbers
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

# What to do with data that are no dense array of numbers.
MASKED = (
    "Drop the masked examples, or fill them and give them a sample_weight of 0: "
    "training would read what lies below the mask"
)
DENSE = "Make it dense, or use model.fit"
LISTED = "Convert lists of numbers: np.asarray(...)"
CODED = (
    "Turn classes into numbers from 0: np.unique(labels, return_inverse=True)[1], or "
    "keras.layers.StringLookup"
)
NULLABLE = 'Fill or drop what is missing, then convert it: .to_numpy(dtype="float32")'
DETACH = "Detach it first: .detach().numpy()"
BATCHED = "For data that arrive in batches, such as tf.data, use model.fit"


def check_array(name: str, value: Any) -> None:
    """Refuse what is no dense array of numbers with one entry for each example."""
    if value is None and name != "x":
        return
    way_out = _way_out(value)
    if way_out:
        raise TypeError(
            f"{name} must be made of numeric arrays with one entry for each example: "
            f"NumPy arrays, tensors or pandas columns. Received: {_describe(value)}. "
            f"{way_out}."
        )


def check_lengths(arrays: Mapping[str, Any]) -> int:
    """Return the number of examples, which all arrays must have."""
    lengths = {
        name: [len(leaf) for leaf in keras.tree.flatten(value) if leaf is not None]
        for name, value in arrays.items()
    }
    counts = {length for sizes in lengths.values() for length in sizes}
    if len(counts) != 1 or counts == {0} or not lengths["x"]:
        names = [name for name, sizes in lengths.items() if sizes]
        received = [length for sizes in lengths.values() for length in sizes]
        raise ValueError(
            f"{', '.join(names)} must hold the same number of examples, at least one. "
            f"Received: lengths {received}."
        )
    return counts.pop()


def check_sample_weight(sample_weight: Any, y: Any) -> None:
    """Refuse weights that are neither one array nor one for each array of targets."""
    if not keras.tree.is_nested(sample_weight):
        return
    try:
        keras.tree.assert_same_structure(y, sample_weight)
    except ValueError:
        received = keras.tree.map_structure(lambda _: "*", sample_weight)
        expected = keras.tree.map_structure(lambda _: "*", y)
        raise ValueError(
            "sample_weight must be one array, or have the structure of y, with None "
            f"for an output without weights. Received: {received} for y = {expected}"
        ) from None


def check_class_weight(class_weight: Any, y: Any) -> None:
    """Refuse weights that are no number for each class, or labels that name no class.

    Keras's own utility takes what it does not find in the dictionary to have weight 1,
    and the argmax of whatever has more than one column.
    """
    if not isinstance(class_weight, Mapping):
        raise TypeError(
            "class_weight must be a dict from class to weight, for example "
            "{0: 1.0, 1: 9.0}; dict(enumerate(weights)) makes it of an array. "
            f"Received: {class_weight!r}"
        )
    for label, weight in class_weight.items():
        if not _is_number(label) or label != math.floor(label):
            raise TypeError(
                "The keys of class_weight must be classes, as integers. Received: "
                f"{label!r} of type {type(label).__name__}"
            )
        if not _is_number(weight):
            raise TypeError(
                "The weights of class_weight must be numbers. Received: "
                f"{{{label!r}: {weight!r}}}"
            )
        if not 0 <= weight < math.inf:
            raise ValueError(
                "The weights of class_weight must be finite and not negative. "
                f"Received: {{{label!r}: {weight!r}}}"
            )
    if keras.tree.is_nested(y) or y is None:
        raise ValueError(
            "class_weight needs one array of labels. For several outputs, pass "
            f"sample_weight. Received: y of type {type(y).__name__}"
        )
    if not np.isfinite(y).all():
        raise ValueError(
            "class_weight needs a class for each example. Received: y with NaN or "
            "infinity"
        )
    if y.ndim > 2 or (y.ndim == 2 and y.shape[1] > 1 and not _is_distribution(y)):
        raise ValueError(
            "class_weight needs one class for each example: integers of shape (n,) or "
            "(n, 1), or one-hot rows of shape (n, C). Received: y of shape "
            f"{y.shape}. Pass sample_weight, which has a weight for each label."
        )


def _is_number(value: Any) -> bool:
    """Tell whether a value is a real number, of Python or of NumPy."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool | np.bool_)


def _is_distribution(rows: np.ndarray) -> bool:
    """Tell whether each row says how probable each class is."""
    return bool((rows >= 0).all() and np.allclose(rows.sum(axis=1), 1, atol=1e-3))


def _way_out(value: Any) -> str:
    """Return what to do with data that training does not take; "" if it does."""
    # Before the rest: NumPy takes it for an ordinary array and forgets the mask.
    if isinstance(value, np.ma.MaskedArray):
        return MASKED
    if _is_sparse(value):
        return DENSE
    if isinstance(value, str):
        return CODED
    if isinstance(value, numbers.Number):
        return LISTED
    if not hasattr(value, "__array__"):
        return BATCHED
    if getattr(value, "requires_grad", False):
        return DETACH
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        return CODED
    if hasattr(value, "isna") and not _has_numpy_columns(value):
        return NULLABLE
    return LISTED if array.ndim == 0 else ""


def _has_numpy_columns(table: Any) -> bool:
    """Tell whether a column or table of pandas has no nullable types of its own."""
    dtypes = np.atleast_1d(np.asarray(table.dtypes, dtype=object))
    return all(isinstance(dtype, np.dtype) for dtype in dtypes)


def _is_sparse(value: Any) -> bool:
    """Tell whether a value is a sparse or ragged matrix of SciPy, TensorFlow or JAX."""
    # By name, as a test of the type would import libraries that may not be installed.
    kind = type(value)
    name = f"{kind.__module__}.{kind.__name__}".lower()
    return "sparse" in name or "ragged" in name or "bcoo" in name


def _describe(value: Any) -> str:
    parts = [type(value).__name__]
    if hasattr(value, "dtype"):
        parts.append(f"of dtype {value.dtype}")
    if hasattr(value, "shape"):
        parts.append(f"and shape {tuple(value.shape)}")
    return " ".join(parts)
