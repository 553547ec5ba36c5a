"""Hinge losses and metrics for training that Keras does not have.

Each is a function of Keras tensors, for the `loss` or the `metrics` of `model.compile`.
It returns one value per example, of which Keras takes the mean. The references in NumPy
are those of `companion.losses`.

Labels and scores have one shape. As in Keras's own losses, labels (n,) belong to the
scores (n, 1) of one output unit, and the other way round. No other shapes are
broadcast. Scores (n,) are those of n examples.
"""

import math
from collections.abc import Callable

from keras import ops

from companion._keras import Tensor

__all__ = ["crammer_singer_hinge", "sign_accuracy", "silent"]

Function = Callable[[Tensor, Tensor], Tensor]


def crammer_singer_hinge(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Return the hinge of the right score's lead over the best wrong one.

    ``max(0, 1 + max(s_c for c != y) - s_y)``, in units of the score. It is Keras's
    `categorical_hinge` of scores that are shifted until the lowest is 0: the shift
    changes no difference, and without negative scores the two losses agree. (Nothing is
    shifted here, since beside a very low score small differences would be lost.)

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

    Raises
    ------
    ValueError
        If the shapes differ, as those of integer labels do, or there is one class only.

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
    labels, scores = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    mend = "Make integer labels one-hot: keras.utils.to_categorical(y_true)."
    _check_same_shape(labels, scores, mend)
    if len(scores.shape) == 0 or scores.shape[-1] == 1:
        raise ValueError(
            "y_pred must have at least two classes on its last axis. "
            f"Received: shape {tuple(scores.shape)}. One output unit belongs to "
            "keras.losses.hinge."
        )
    right = ops.equal(labels, 1)
    right_score = ops.sum(ops.where(right, scores, 0.0), axis=-1)
    rival_score = ops.max(ops.where(right, -math.inf, scores), axis=-1)
    return ops.relu(1 + (rival_score - right_score))


def sign_accuracy(y_true: Tensor, y_pred: Tensor) -> Tensor:
    """Return 1 for every score that has its label's sign, else 0.

    Keras's `binary_accuracy` compares with 0 and 1 and counts every label -1 as wrong.
    A score of 0 counts as negative.

    Parameters
    ----------
    y_true : tensor, shape (..., 1) or (...)
        Labels -1 and +1, or 0 and 1.
    y_pred : tensor, shape (..., 1) or (...)
        Raw scores, positive for label +1.

    Returns
    -------
    tensor, shape (...)
        The mean over the last axis, between 0 and 1; one value for each example.

    Raises
    ------
    ValueError
        If there is not one label for each score.

    Examples
    --------
    >>> from companion import margins
    >>> hits = margins.sign_accuracy([[-1.0], [1.0]], [[-0.5], [-2.0]])
    >>> [float(hit) for hit in hits]
    [1.0, 0.0]
    """
    labels, scores = _aligned(y_true, y_pred)
    hits = ops.equal(ops.greater(labels, 0), ops.greater(scores, 0))
    return ops.mean(ops.cast(hits, "float32"), axis=-1)


def silent(loss: Function) -> Function:
    """Make a metric of a hinge loss: 1 for every example on which it is 0.

    Where a hinge loss is 0 so is its slope: the example has no say in the next step.
    (At the corner, a margin of exactly 1, the loss is 0 too.)

    Parameters
    ----------
    loss : function of (y_true, y_pred)
        Returns one loss per example, such as `keras.losses.hinge`; it gets labels and
        scores of one shape.

    Returns
    -------
    function of (y_true, y_pred)
        A metric named "silent"; its mean is the share of silent examples. It raises
        ValueError if there is not one label for each score, or if the loss returns
        one value for them all, as `keras.losses.Hinge()` does.

    Examples
    --------
    >>> import keras
    >>> from companion import margins
    >>> metric = margins.silent(keras.losses.hinge)
    >>> [float(share) for share in metric([[-1.0], [1.0]], [[-1.5], [0.5]])]
    [1.0, 0.0]
    """

    def silent(y_true: Tensor, y_pred: Tensor) -> Tensor:
        labels, scores = _aligned(y_true, y_pred)
        values = ops.convert_to_tensor(loss(labels, scores))
        if len(values.shape) < len(scores.shape) - 1:
            raise ValueError(
                "The loss must return one value for each example. Received: shape "
                f"{tuple(values.shape)} for scores of shape {tuple(scores.shape)}. "
                "Pass a function such as keras.losses.hinge, not keras.losses.Hinge()."
            )
        return ops.cast(ops.equal(values, 0), "float32")

    return silent


def _aligned(y_true: Tensor, y_pred: Tensor) -> tuple[Tensor, Tensor]:
    """Return labels and scores as tensors of one shape, with an axis of outputs.

    Keras aligns (n,) and (n, 1) for a loss, but not for a metric, where every label
    would be paired with every score.
    """
    labels, scores = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if len(labels.shape) < 2 and len(scores.shape) < 2:
        labels, scores = labels[..., None], scores[..., None]
    elif len(labels.shape) + 1 == len(scores.shape) and scores.shape[-1] == 1:
        labels = labels[..., None]
    elif len(scores.shape) + 1 == len(labels.shape) and labels.shape[-1] == 1:
        scores = scores[..., None]
    _check_same_shape(labels, scores, "Give every score its label, in the same place.")
    return labels, scores


def _check_same_shape(labels: Tensor, scores: Tensor, mend: str) -> None:
    """Refuse shapes that differ; in a compiled function an axis may be unknown."""
    shapes = tuple(labels.shape), tuple(scores.shape)
    same = len(shapes[0]) == len(shapes[1]) and all(
        label == score or label is None or score is None
        for label, score in zip(*shapes, strict=True)
    )
    if not same:
        raise ValueError(
            "y_true must have the shape of y_pred. "
            f"Received: {shapes[0]} and {shapes[1]}. {mend}"
        )
