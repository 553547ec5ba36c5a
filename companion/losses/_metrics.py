"""What is reported beside a loss: hits, and whether probabilities can be trusted."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from companion._arguments import check_count
from companion.losses._arrays import Floats
from companion.losses._checks import class_probabilities, class_scores


def sparse_categorical_accuracy(y_true: ArrayLike, y_pred: ArrayLike) -> Floats:
    """Return 1 for every example whose largest entry is the label's, else 0.

    Entries are compared in their own dtype; of equal ones the first counts. Keras:
    ``keras.metrics.sparse_categorical_accuracy``, one value per example.

    Parameters
    ----------
    y_true : array_like of int, shape (...)
        Classes 0 to C - 1, of any integer dtype. Booleans and floats are refused.
    y_pred : array_like, shape (..., C)
        Probabilities or raw scores, the larger the likelier; C >= 2.

    Returns
    -------
    ndarray of float64, shape (...)
        The shape of ``y_true``; its mean is the accuracy, without a unit.

    Raises
    ------
    TypeError, ValueError
        If labels are one-hot, not integers or outside the classes, shapes do not fit,
        an array is empty or not finite, or there is one class only.

    Examples
    --------
    >>> sparse_categorical_accuracy([2, 0], [[0.1, 0.2, 0.7], [0.3, 0.4, 0.3]])
    array([1., 0.])
    """
    labels, scores = class_scores(y_true, y_pred)
    return (scores.argmax(axis=-1) == labels).astype(float)[()]


def expected_calibration_error(
    probabilities: ArrayLike, labels: ArrayLike, *, bins: int = 15
) -> float:
    """Return how far confidence and accuracy lie apart, on average over the examples.

    The confidence of an example is its largest probability. Examples are sorted by it
    into bins of equal width, and the error is the sum over bins of ``n_b / n`` times
    ``|accuracy_b - confidence_b|``. It depends on the bins, and with few examples in a
    bin chance alone makes it larger than 0. Keras has no such metric. Source: Guo et
    al. (2017), arXiv 1706.04599, eq. 3.

    Parameters
    ----------
    probabilities : array_like, shape (n, C) or (n,)
        Probabilities of the C >= 2 classes, or of class 1 alone.
    labels : array_like of int, shape (n,)
        Classes 0 to C - 1.
    bins : int, default=15
        How many bins divide the confidences from 0 to 1. A confidence on a border
        belongs to the bin below.

    Returns
    -------
    float
        Between 0 and 1, without a unit.

    Raises
    ------
    TypeError, ValueError
        If probabilities lie outside [0, 1] or do not sum to 1, labels are not integers
        or outside the classes, shapes do not fit, an array is empty or not finite, or
        ``bins`` is not an integer above 0.

    Examples
    --------
    >>> expected_calibration_error([[0.25, 0.75]] * 4, [1, 1, 1, 0])
    0.0
    >>> expected_calibration_error([0.75, 0.75], [1, 0])
    0.25
    """
    count, hits, confidence = calibration_bins(probabilities, labels, bins)
    return float(np.abs(hits - confidence).sum() / count.sum())


def calibration_bins(
    probabilities: ArrayLike, labels: ArrayLike, bins: int
) -> tuple[NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Return the examples, the hits and the summed confidence of every bin.

    Arguments and errors are those of `expected_calibration_error`; each array has the
    shape (bins,), and a bin without examples holds zeros.
    """
    bins = check_count("bins", bins)
    classes, p = class_probabilities(labels, probabilities)
    confidence, hits = p.max(axis=-1).astype(float), p.argmax(axis=-1) == classes
    bin_of = np.searchsorted(np.arange(1, bins + 1) / bins, confidence)
    count = np.bincount(bin_of, minlength=bins)
    correct, total = (
        np.asarray(np.bincount(bin_of, each, minlength=bins), dtype=np.float64)
        for each in (hits, confidence)
    )
    return count, correct, total
