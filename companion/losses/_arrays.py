"""What the losses share."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
# Of one example, one number.
Floats = Array | np.float64


def one_hot(labels: ArrayLike, like: Array) -> Array:
    """Return rows of zeros with a 1 at each label, in the shape of ``like``."""
    rows = np.zeros_like(like)
    np.put_along_axis(rows, np.asarray(labels)[..., None], 1.0, axis=-1)
    return rows
