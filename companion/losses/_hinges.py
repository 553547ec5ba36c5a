"""Hinge losses and their gradients: maximum margin instead of likelihood."""

import numpy as np
from numpy.typing import ArrayLike

from companion.losses._arrays import Array, Floats, Labels, at, in_blocks, put
from companion.losses._checks import (
    categorical_hinge_inputs,
    class_scores,
    hinge_inputs,
)


def hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Floats:
    """Return ``max(0, 1 - t s)`` for every entry.

    A hinge loss counts in units of the score and is no likelihood, so not in nats.
    Keras: ``keras.losses.hinge`` before its mean over the last axis, for labels -1 and
    +1 (Keras turns labels into these silently, and only where all of them are 0 or 1).
    Source: Cortes and Vapnik (1995), Support-Vector Networks.

    Parameters
    ----------
    y_true : array_like, shape (...)
        Labels -1 and +1.
    y_pred : array_like, shape (...)
        Raw scores ``s``, positive for label +1, in the shape of ``y_true``.

    Returns
    -------
    ndarray of float64, shape (...)
        The shape of ``y_pred``.

    Raises
    ------
    TypeError, ValueError
        If the shapes differ, an array is empty or not finite, or a label is neither
        -1 nor +1.

    Examples
    --------
    >>> hinge([1, 1, -1], [2.0, 0.25, 0.25])
    array([0.  , 0.75, 1.25])
    """
    return in_blocks(_hinge, *hinge_inputs(y_true, y_pred), classes=False)


def hinge_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Floats:
    """Return the derivative of each entry's hinge loss by its score.

    It is ``-t`` where ``t s < 1``, else 0; 0 at the kink ``t s = 1`` too. Arguments,
    errors and the mirrored Keras setting are those of `hinge`; the result has the
    shape of ``y_pred``.

    Examples
    --------
    >>> hinge_gradient([1, 1, -1], [2.0, 0.25, 0.25])
    array([ 0., -1.,  1.])
    """
    return in_blocks(_hinge_slope, *hinge_inputs(y_true, y_pred), classes=False)


def squared_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Floats:
    """Return ``max(0, 1 - t s) ** 2`` for every entry.

    Keras: ``keras.losses.squared_hinge`` before its mean over the last axis. Arguments
    and errors are those of `hinge`; the result has the shape of ``y_pred``, in squared
    units of the score. Source: Tang (2013), arXiv 1306.0239, eq. 6.

    Examples
    --------
    >>> squared_hinge([1, 1, -1], [2.0, 0.5, 1.0])
    array([0.  , 0.25, 4.  ])
    """
    return in_blocks(_squared_hinge, *hinge_inputs(y_true, y_pred), classes=False)


def squared_hinge_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Floats:
    """Return the derivative of each entry's squared hinge loss by its score.

    It is ``-2 t max(0, 1 - t s)``, which has no kink. Arguments, errors and the
    mirrored Keras setting are those of `squared_hinge`; the result has the shape of
    ``y_pred``.

    Examples
    --------
    >>> squared_hinge_gradient([1, -1], [0.5, 1.0])
    array([-1.,  4.])
    """
    inputs = hinge_inputs(y_true, y_pred)
    return in_blocks(_squared_hinge_slope, *inputs, classes=False)


def categorical_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Floats:
    """Return ``max(0, 1 + max over classes of (1 - t) s - sum of t s)`` per example.

    This is Keras's definition, ``keras.losses.categorical_hinge``. Its inner maximum
    runs over **all** classes, and the right one counts there as 0. So a wrong score
    below 0 is treated as if it were 0, adding a constant to all scores changes the
    loss, and a right answer with negative scores can cost much. Where a wrong score is
    at least 0 it equals `crammer_singer_hinge`.

    Parameters
    ----------
    y_true : array_like, shape (..., C)
        One-hot labels, booleans too; C >= 2.
    y_pred : array_like, shape (..., C)
        Raw scores.

    Returns
    -------
    ndarray of float64, shape (...)
        The last axis is gone; in units of the score.

    Raises
    ------
    TypeError, ValueError
        If the shapes differ, an array is empty or not finite, there is one class
        only, or a row of labels is not one-hot.

    Examples
    --------
    >>> categorical_hinge([[1, 0], [1, 0]], [[-3.0, -5.0], [7.0, 5.0]])
    array([4., 0.])
    """
    return in_blocks(_categorical_hinge, *categorical_hinge_inputs(y_true, y_pred))


def categorical_hinge_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Floats:
    """Return the gradient of every example's loss by its row of scores.

    Where the loss is above 0, it is -1 for the right class and +1 for the largest
    wrong score, if that is above 0; of equal ones the first counts. Elsewhere it is 0,
    at the kink too. Arguments, errors and the mirrored Keras setting are those of
    `categorical_hinge`; the result has the shape (..., C) of ``y_pred``.

    Examples
    --------
    >>> categorical_hinge_gradient([[1, 0], [1, 0]], [[-3.0, -5.0], [0.5, 1.0]])
    array([[-1.,  0.],
           [-1.,  1.]])
    """
    inputs = categorical_hinge_inputs(y_true, y_pred)
    return in_blocks(_categorical_hinge_slope, *inputs)


def crammer_singer_hinge(y_true: ArrayLike, y_pred: ArrayLike) -> Floats:
    """Return ``max(0, 1 + max over wrong classes of s - s[y])`` per example.

    Keras has no such loss; `categorical_hinge` is not it. Only differences of scores
    count. Source: Crammer and Singer (2001), On the Algorithmic Implementation of
    Multiclass Kernel-based Vector Machines.

    Parameters
    ----------
    y_true : array_like of int, shape (...)
        Classes 0 to C - 1, of any integer dtype. Booleans and floats are refused.
    y_pred : array_like, shape (..., C)
        Raw scores; C >= 2.

    Returns
    -------
    ndarray of float64, shape (...)
        The shape of ``y_true``; in units of the score.

    Raises
    ------
    TypeError, ValueError
        If labels are one-hot, not integers or outside the classes, shapes do not fit,
        an array is empty or not finite, or there is one class only.

    Examples
    --------
    >>> crammer_singer_hinge([0, 0], [[-3.0, -5.0], [-3.0, -3.5]])
    array([0. , 0.5])
    """
    return in_blocks(_crammer_singer, *class_scores(y_true, y_pred))


def crammer_singer_hinge_gradient(y_true: ArrayLike, y_pred: ArrayLike) -> Floats:
    """Return the gradient of every example's loss by its row of scores.

    Where the loss is above 0, it is -1 for the right class and +1 for the largest
    wrong score; of equal ones the first counts. Elsewhere it is 0, at the kink too.
    Arguments, errors and the source are those of `crammer_singer_hinge`; the result
    has the shape (..., C) of ``y_pred``.

    Examples
    --------
    >>> crammer_singer_hinge_gradient([0, 0], [[-3.0, -5.0], [-3.0, -3.5]])
    array([[ 0.,  0.],
           [-1.,  1.]])
    """
    return in_blocks(_crammer_singer_slope, *class_scores(y_true, y_pred))


# The arithmetic, unvalidated.


def _hinge(t: Array, s: Array) -> Array:
    return np.maximum(1 - t * s, 0.0)


def _hinge_slope(t: Array, s: Array) -> Array:
    return np.where(t * s < 1, -t, 0.0)


def _squared_hinge(t: Array, s: Array) -> Array:
    return _hinge(t, s) ** 2


def _squared_hinge_slope(t: Array, s: Array) -> Array:
    # 0 - x rather than -x: no slope is 0, not -0.
    return 0.0 - 2 * t * _hinge(t, s)


def _categorical_hinge(t: Array, s: Array) -> Array:
    lead = ((1 - t) * s).max(axis=-1) - (t * s).sum(axis=-1)
    return _from_lead(lead)


def _categorical_hinge_slope(t: Array, s: Array) -> Array:
    rival = np.zeros_like(s)
    put(rival, np.argmax((1 - t) * s, axis=-1, keepdims=True), 1.0)
    costs = _categorical_hinge(t, s)[..., None] > 0
    return np.where(costs, (1 - t) * rival - t, 0.0)


def _crammer_singer(labels: Labels, s: Array) -> Array:
    return _from_lead(_lead(labels, s)[0])


def _crammer_singer_slope(labels: Labels, s: Array) -> Array:
    lead, rival = _lead(labels, s)
    costs = (_from_lead(lead) > 0)[..., None]
    slope = np.zeros_like(s)
    put(slope, rival, 1.0 * costs)
    put(slope, labels[..., None], 0.0 - costs)
    return slope


def _lead(labels: Labels, s: Array) -> tuple[Array, Labels]:
    """Return how far the best wrong score is ahead of the right one, and its place."""
    right, wrong = labels[..., None], s.copy()
    put(wrong, right, -np.inf)
    rival = np.argmax(wrong, axis=-1, keepdims=True)
    return (at(s, rival) - at(s, right))[..., 0], rival


def _from_lead(lead: Array) -> Array:
    # Between huge scores 1 is lost, so it comes after their difference.
    return np.maximum(1 + lead, 0.0)
