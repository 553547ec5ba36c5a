"""The data sets of the chapters, drawn from a seed.

Every function returns a `Dataset`: training and test examples whose inputs are
float32 and whose labels are integer classes, counted from 0. The same seed gives the
same points on every machine.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from companion._integers import checked

POINTS = 1_000
TEST_POINTS = 250
CENTERS = ((15.0, 0.0), (15.0, 15.0), (0.0, 15.0), (30.0, 15.0))


class Dataset(NamedTuple):
    """Training and test examples.

    Attributes
    ----------
    x_train, x_test : float32 array, shape (n, 2)
        One point a row.
    y_train, y_test : int64 array, shape (n,)
        The class of each point: 0, 1, and so on.
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]


def circles(seed: int = 0) -> Dataset:
    """Draw two circles, one inside the other: 1,000 points in two classes.

    Class 0 lies on a circle of radius 1, class 1 on a circle of radius 0.1, both
    around (0, 0) and both without noise. The points are shuffled; the first 250 are
    the test set and the other 750 the training set.

    Parameters
    ----------
    seed : int
        Fixes the order of the points, and so which of them are for testing.

    Returns
    -------
    Dataset
        Inputs of shape (750, 2) and (250, 2), labels 0 and 1.

    Raises
    ------
    TypeError
        If the seed is not an integer.
    ValueError
        If the seed lies outside 0 to 2**32 - 1.

    Examples
    --------
    >>> from companion import data
    >>> x_train, y_train, x_test, y_test = data.circles(seed=0)
    >>> x_train.shape, y_train.shape, x_test.shape
    ((750, 2), (750,), (250, 2))
    """
    from sklearn.datasets import make_circles

    x, y = make_circles(
        n_samples=POINTS, factor=0.1, noise=None, random_state=_seed(seed)
    )
    return _split(x, y)


def clusters(
    seed: int = 0, *, centers: ArrayLike = CENTERS, std: float = 1.5
) -> Dataset:
    """Draw clusters of points around the given centres: 1,000 points, a class each.

    Each cluster is a round normal distribution, and its class is the position of its
    centre in ``centers``. The classes share the points equally. The points are
    shuffled; the first 250 are the test set and the other 750 the training set.

    Parameters
    ----------
    seed : int
        Fixes where the points fall and their order.
    centers : array-like, shape (classes, 2)
        The middle of each cluster: between 2 and 1,000 of them.
    std : float
        The standard deviation along each axis, in the units of the centres.

    Returns
    -------
    Dataset
        Inputs of shape (750, 2) and (250, 2), labels from 0 to classes - 1.

    Raises
    ------
    TypeError
        If the seed is not an integer.
    ValueError
        If the seed lies outside 0 to 2**32 - 1, the centres are not a finite
        two-column array with 2 to 1,000 rows, or the standard deviation is not a
        positive, finite number.

    Examples
    --------
    >>> from companion import data
    >>> points = data.clusters(seed=0, centers=[(0, 0), (5, 5)], std=1.0)
    >>> points.x_train.shape, sorted(set(points.y_train.tolist()))
    ((750, 2), [0, 1])
    """
    from sklearn.datasets import make_blobs

    x, y = make_blobs(
        n_samples=POINTS,
        centers=_centers(centers),
        cluster_std=_std(std),
        random_state=_seed(seed),
    )
    return _split(x, y)


def _split(x: NDArray, y: NDArray) -> Dataset:
    """Return the first points as the test set and the others as the training set."""
    x, y = x.astype(np.float32), y.astype(np.int64)
    return Dataset(x[TEST_POINTS:], y[TEST_POINTS:], x[:TEST_POINTS], y[:TEST_POINTS])


def _seed(seed: int) -> int:
    """Return the seed as a Python int, or say what a seed must be."""
    message = (
        "`seed` must be an integer from 0 to 2**32 - 1, for example `seed=0`. "
        f"Received: seed={seed!r}"
    )
    return checked(seed, message, least=0, below=2**32)


def _centers(centers: ArrayLike) -> NDArray[np.float64]:
    """Return the centres as an array of shape (classes, 2)."""
    expected = (
        "`centers` must be 2 to 1,000 pairs of finite numbers, one (x, y) pair for "
        "each class, for example `centers=[(0, 0), (5, 5)]`."
    )
    try:
        array = np.asarray(centers, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{expected} Received: centers={centers!r}") from None
    if array.ndim != 2 or array.shape[1] != 2 or not 2 <= len(array) <= POINTS:
        raise ValueError(f"{expected} Received: centers of shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{expected} Received: centers={centers!r}")
    return array


def _std(std: float) -> float:
    """Return the standard deviation as a float, or say what it must be."""
    expected = "`std` must be one number above 0, for example `std=1.5`."
    if not isinstance(std, int | float | np.integer | np.floating) or std is True:
        raise ValueError(f"{expected} Received: std={std!r}")
    if not 0 < std < np.inf:
        raise ValueError(f"{expected} Received: std={std!r}")
    return float(std)
