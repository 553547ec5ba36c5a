"""Hinge losses and metrics for training that Keras does not have.

Each is a function of Keras tensors, for the `loss` or the `metrics` of `model.compile`.
It returns one value per example, of which Keras takes the mean. The references in NumPy
are those of `companion.losses`.
"""

from collections.abc import Callable

import keras
from keras import ops

from companion._keras import Tensor

__all__ = ["crammer_singer_hinge", "sign_accuracy", "silent"]

Function = Callable[[Tensor, Tensor], Tensor]


def crammer_singer_hinge(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Return the hinge of the right score's lead over the best wrong one.

    ``max(0, 1 + max(s_c for c != y) - s_y)``, in units of the score. It is Keras's
    `categorical_hinge` of scores that are shifted until the lowest is 0: the shift
    changes no difference, and without negative scores the two losses agree.

    Parameters
    ----------
    y_true : tensor, shape (..., C)
        One-hot labels.
    y_pred : tensor, shape (..., C)
        Raw scores; C >= 2.

    Returns
    -------
    tensor, shape (...)
        One loss for each example. Mirrors `companion.losses.crammer_singer_hinge`,
        which takes integer labels.

    References
    ----------
    Crammer and Singer, *On the Algorithmic Implementation of Multiclass Kernel-based
    Vector Machines*, JMLR 2001.

    Examples
    --------
    >>> from companion import margins
    >>> float(margins.crammer_singer_hinge([[1.0, 0.0]], [[-3.0, -3.25]])[0])
    0.75
    """
    scores = ops.convert_to_tensor(y_pred)
    lowest = ops.min(scores, axis=-1, keepdims=True)
    return keras.losses.categorical_hinge(y_true, scores - lowest)


def sign_accuracy(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Return 1 for every score that has its label's sign, else 0.

    Keras's `binary_accuracy` compares with 0 and 1 and counts every label -1 as wrong.
    A score of 0 counts as negative.

    Parameters
    ----------
    y_true : tensor, shape (..., 1)
        Labels -1 and +1, or 0 and 1.
    y_pred : tensor, shape (..., 1)
        Raw scores, positive for label +1.

    Returns
    -------
    tensor, shape (...)
        The mean over the last axis, between 0 and 1.

    Examples
    --------
    >>> from companion import margins
    >>> hits = margins.sign_accuracy([[-1.0], [1.0]], [[-0.5], [-2.0]])
    >>> [float(hit) for hit in hits]
    [1.0, 0.0]
    """
    hits = ops.equal(ops.greater(y_true, 0), ops.greater(y_pred, 0))
    return ops.mean(ops.cast(hits, "float32"), axis=-1)


def silent(loss: Function) -> Function:
    """Make a metric of a hinge loss: 1 for every example on which it is 0.

    Where a hinge loss is 0 so is its slope: the example has no say in the next step.
    (At the corner, a margin of exactly 1, the loss is 0 too.)

    Parameters
    ----------
    loss : function of (y_true, y_pred)
        Returns one loss per example, such as `keras.losses.hinge`.

    Returns
    -------
    function of (y_true, y_pred)
        A metric named "silent"; its mean is the share of silent examples.

    Examples
    --------
    >>> import keras
    >>> from companion import margins
    >>> metric = margins.silent(keras.losses.hinge)
    >>> [float(share) for share in metric([[-1.0], [1.0]], [[-1.5], [0.5]])]
    [1.0, 0.0]
    """

    def silent(y_true: Tensor, y_pred: Tensor) -> Tensor:
        return ops.cast(ops.equal(loss(y_true, y_pred), 0), "float32")

    return silent
