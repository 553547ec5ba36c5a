"""What the losses share."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.intp]
# Of one example, one number.
Floats = Array | np.float64

# In float64, a block of so many entries and what is computed from it stay in a cache.
_BLOCK = 2**16


def in_blocks(
    core: Callable[..., Floats],
    y_true: NDArray[Any],
    y_pred: NDArray[Any],
    *options: Any,
    classes: bool = True,
) -> Floats:
    """Return ``core(y_true, y_pred, *options)``, a block of examples at a time.

    An example is a row of ``y_pred``, or an entry where its last axis holds no classes.
    The core gets float64, but for labels, which have one axis less than ``y_pred``.
    Beside the input only the result and one block are in memory.
    """
    leading = y_pred.shape[:-1] if classes else y_pred.shape
    targets = y_true.reshape(-1, *y_true.shape[len(leading) :])
    predictions = y_pred.reshape(-1, *y_pred.shape[len(leading) :])
    labels = y_true.ndim < y_pred.ndim
    step = max(1, _BLOCK // predictions[0].size)
    result = None
    # What float64 cannot hold is 0 or infinite, without a warning.
    with np.errstate(divide="ignore", over="ignore", under="ignore"):
        for start in range(0, len(predictions), step):
            block = slice(start, start + step)
            t, p = targets[block], predictions[block].astype(float)
            part = core(t if labels else t.astype(float), p, *options)
            if result is None:
                result = np.empty((len(predictions), *part.shape[1:]))
            result[block] = part
    assert result is not None  # there is at least one example
    return result.reshape((*leading, *result.shape[1:]))[()]


def at(values: NDArray[Any], places: NDArray[np.intp]) -> NDArray[Any]:
    """Return the entry of every row at its place (..., 1), as (..., 1)."""
    return np.take_along_axis(values, places, axis=-1)


def put(values: NDArray[Any], places: NDArray[np.intp], entries: Any) -> None:
    """Write an entry into every row, at its place (..., 1)."""
    np.put_along_axis(values, places, entries, axis=-1)
