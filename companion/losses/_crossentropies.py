"""Crossentropies and their gradients: the negative log-likelihood of the labels."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from companion.losses._arrays import Array, Floats, Labels, at, in_blocks, put
from companion.losses._checks import binary_inputs, categorical_inputs, sparse_inputs


def binary_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    from_logits: bool = False,
    epsilon: float = 1e-7,
    label_smoothing: float = 0.0,
) -> Floats:
    """Return ``-t log p - (1 - t) log(1 - p)`` for every entry, in nats.

    Keras: ``keras.losses.binary_crossentropy`` before its mean over the last axis. (In
    float32, ``1 - 1e-7`` is rounded: for ``t = 0`` and ``p = 1`` Keras then returns
    15.942 and not 16.118. With float64 arrays it returns 16.118 on TensorFlow.)
    Source: Bishop (2006), Pattern Recognition and Machine Learning, eq. 4.90.

    Parameters
    ----------
    y_true : array_like, shape (...)
        Targets in [0, 1]: labels 0 and 1, booleans, or probabilities in between.
    y_pred : array_like, shape (...)
        Probabilities of label 1, or logits. The shape must equal that of ``y_true``.
    from_logits : bool, default=False
        Whether ``y_pred`` holds logits, so that ``p = 1 / (1 + exp(-y_pred))``.
    epsilon : float in [0, 0.5), default=1e-7
        Probabilities are clipped to ``[epsilon, 1 - epsilon]``; 0 for no clip.
    label_smoothing : float in [0, 1], default=0.0
        With ``a``, targets become ``t (1 - a) + a / 2``.

    Returns
    -------
    ndarray of float64, shape (...)
        The shape of ``y_pred``.

    Raises
    ------
    TypeError, ValueError
        If the shapes differ, an array is empty or not finite, a target (for example
        -1) or probability lies outside [0, 1], or an option is out of range.

    Examples
    --------
    >>> binary_crossentropy([1, 0, 1], [0.9, 0.1, 0.5]).round(4)
    array([0.1054, 0.1054, 0.6931])
    """
    t, p = binary_inputs(y_true, y_pred, from_logits, epsilon, label_smoothing)
    return in_blocks(_binary, t, p, from_logits, epsilon, classes=False)


def binary_crossentropy_gradient(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    from_logits: bool = False,
    epsilon: float = 1e-7,
    label_smoothing: float = 0.0,
) -> Floats:
    """Return the derivative of each entry's loss by its ``y_pred``.

    It is ``(1 - t) / (1 - p) - t / p`` for probabilities, 0 where they are clipped,
    and ``p - t`` for logits (Bishop 2006, eq. 4.91). Arguments, errors and the
    mirrored Keras setting are those of `binary_crossentropy`; the result has the
    shape of ``y_pred``, in nats per unit of ``y_pred``.

    Examples
    --------
    >>> binary_crossentropy_gradient([1, 0], [0.5, 0.75])
    array([-2.,  4.])
    >>> binary_crossentropy_gradient([1, 0], [0.0, 0.0], from_logits=True)
    array([-0.5,  0.5])
    """
    t, p = binary_inputs(y_true, y_pred, from_logits, epsilon, label_smoothing)
    return in_blocks(_binary_slope, t, p, from_logits, epsilon, classes=False)


def categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    from_logits: bool = False,
    epsilon: float = 1e-7,
    label_smoothing: float = 0.0,
) -> Floats:
    """Return ``-sum over classes of t log p`` for every example, in nats.

    Keras: ``keras.losses.categorical_crossentropy`` with ``axis=-1``. Sources: Bishop
    (2006), eq. 4.108; smoothing: Szegedy et al. (2016), arXiv 1512.00567, section 7.

    Parameters
    ----------
    y_true : array_like, shape (..., C)
        One distribution over the C >= 2 classes in every row: one-hot (booleans too)
        or soft, entries in [0, 1] that sum to 1. Several labels at once belong to
        `binary_crossentropy`, integer labels to `sparse_categorical_crossentropy`.
    y_pred : array_like, shape (..., C)
        Probabilities that sum to 1 in every row, or logits.
    from_logits : bool, default=False
        Whether ``y_pred`` holds logits, so that ``p = softmax(y_pred)``.
    epsilon : float in [0, 0.5), default=1e-7
        Probabilities are divided by their sum, then clipped to
        ``[epsilon, 1 - epsilon]``; 0 for no clip.
    label_smoothing : float in [0, 1], default=0.0
        With ``a``, targets become ``t (1 - a) + a / C``.

    Returns
    -------
    ndarray of float64, shape (...)
        The last axis is gone.

    Raises
    ------
    TypeError, ValueError
        If the shapes differ, an array is empty or not finite, there is one class
        only, entries lie outside [0, 1], rows do not sum to 1, or an option is out
        of range.

    Examples
    --------
    >>> categorical_crossentropy([[0, 0, 1], [1, 0, 0]], [[0, 0.05, 0.95]] * 2).round(4)
    array([ 0.0513, 16.1181])
    """
    t, p = categorical_inputs(y_true, y_pred, from_logits, epsilon, label_smoothing)
    return in_blocks(_categorical, t, p, from_logits, epsilon)


def categorical_crossentropy_gradient(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    from_logits: bool = False,
    epsilon: float = 1e-7,
    label_smoothing: float = 0.0,
) -> Floats:
    """Return the gradient of every example's loss by its row of ``y_pred``.

    For logits it is ``sum(t) softmax - t`` (Bishop 2006, eq. 4.109). For
    probabilities it goes through the division by their sum ``s``: with ``q = p / s``
    it is ``(sum(u) - u / q) / s``, where ``u`` is ``t`` with 0 for clipped classes.
    Arguments, errors and the mirrored Keras setting are those of
    `categorical_crossentropy`; the result has the shape (..., C) of ``y_pred``, in
    nats per unit of ``y_pred``.

    Examples
    --------
    >>> categorical_crossentropy_gradient([0, 1, 0], [0.25, 0.5, 0.25])
    array([ 1., -1.,  1.])
    >>> categorical_crossentropy_gradient([0, 1], [2.0, 2.0], from_logits=True)
    array([ 0.5, -0.5])
    """
    t, p = categorical_inputs(y_true, y_pred, from_logits, epsilon, label_smoothing)
    return in_blocks(_categorical_slope, t, p, from_logits, epsilon)


def sparse_categorical_crossentropy(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    from_logits: bool = False,
    epsilon: float = 1e-7,
    ignore_class: int | None = None,
) -> Floats:
    """Return ``-log p[y]`` for every example with integer label ``y``, in nats.

    Keras: ``keras.losses.sparse_categorical_crossentropy`` with ``axis=-1``, as JAX
    and PyTorch compute it. On TensorFlow, Keras clips before it divides by the sum and
    differs by up to ``log(1 + (C - 1) * epsilon)``. Source: Bishop (2006), eq. 4.108.

    Parameters
    ----------
    y_true : array_like of int, shape (...)
        Classes 0 to C - 1, of any integer dtype. Booleans and floats are refused.
    y_pred : array_like, shape (..., C)
        Probabilities that sum to 1 in every row, or logits; C >= 2.
    from_logits : bool, default=False
        Whether ``y_pred`` holds logits, so that ``p = softmax(y_pred)``.
    epsilon : float in [0, 0.5), default=1e-7
        Probabilities are divided by their sum, then clipped to
        ``[epsilon, 1 - epsilon]``; 0 for no clip.
    ignore_class : int or None, default=None
        A label whose loss and gradient are 0. It may lie outside 0 to C - 1.

    Returns
    -------
    ndarray of float64, shape (...)
        The shape of ``y_true``.

    Raises
    ------
    TypeError, ValueError
        If labels are one-hot, not integers or outside the classes, shapes do not
        fit, an array is empty or not finite, there is one class only, probabilities
        lie outside [0, 1] or do not sum to 1, or an option is out of range.

    Examples
    --------
    >>> sparse_categorical_crossentropy([2, 1], [[0, 0.05, 0.95]] * 2).round(4)
    array([0.0513, 2.9957])
    """
    labels, p = sparse_inputs(y_true, y_pred, from_logits, epsilon, ignore_class)
    return in_blocks(_sparse, labels, p, from_logits, epsilon)


def sparse_categorical_crossentropy_gradient(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    *,
    from_logits: bool = False,
    epsilon: float = 1e-7,
    ignore_class: int | None = None,
) -> Floats:
    """Return the gradient of every example's loss by its row of ``y_pred``.

    It is that of `categorical_crossentropy_gradient` for the same labels one-hot, and
    0 for ignored labels. Arguments, errors, the mirrored Keras setting and the source
    are those of `sparse_categorical_crossentropy`; the result has the shape (..., C)
    of ``y_pred``, in nats per unit of ``y_pred``.

    Examples
    --------
    >>> sparse_categorical_crossentropy_gradient(1, [0.25, 0.5, 0.25])
    array([ 1., -1.,  1.])
    """
    labels, p = sparse_inputs(y_true, y_pred, from_logits, epsilon, ignore_class)
    return in_blocks(_sparse_slope, labels, p, from_logits, epsilon)


# The arithmetic, unvalidated: finite differences step outside the simplex here.


def _binary(t: Array, p: Array, from_logits: bool, epsilon: float) -> Array:
    if from_logits:
        return np.where(p > 0, (1 - t) * p, -t * p) + np.log1p(np.exp(-np.abs(p)))
    log_p, log_rest = _clip(np.log(p), epsilon), _clip(np.log1p(-p), epsilon)
    # 0 - x rather than -x: a loss of nothing is 0, not -0.
    return 0.0 - (_weigh(t, log_p) + _weigh(1 - t, log_rest))


def _binary_slope(t: Array, p: Array, from_logits: bool, epsilon: float) -> Array:
    if from_logits:
        # Equal to sigmoid(p) - t, without its cancellation near 0.
        power = np.exp(-np.abs(p))
        rest = np.where(p > 0, power, 1.0)
        return ((1 - t) * np.where(p > 0, 1.0, power) - t * rest) / (1 + power)
    # One fraction, because near t the difference of the two would round to nothing.
    variance = p * (1 - p)
    certain = (variance == 0) & (p == t)
    slope = np.divide(p - t, variance, out=1 - 2 * t, where=~certain)
    return np.where(_unclipped(p, 1 - p, epsilon), slope, 0.0)


def _categorical(t: Array, p: Array, from_logits: bool, epsilon: float) -> Array:
    return 0.0 - _weigh(t, _log_shares(p, p, from_logits, epsilon)).sum(axis=-1)


def _categorical_slope(t: Array, p: Array, from_logits: bool, epsilon: float) -> Array:
    weights, top, largest, others = _weights(p, from_logits)
    total = largest + others
    if not from_logits:
        clear = weights / total >= epsilon
        put(clear, top, _unclipped(largest / total, others / total, epsilon))
        t = np.where(clear, t, 0.0)
    t_top, t_others = _split(t, top)
    t_total = t_top + t_others
    if from_logits:
        slope = t_total * weights / total - t
        put(slope, top, (largest * t_others - t_top * others) / total)
    else:
        slope = t_total / total - _weigh(t, 1 / weights)
        put(slope, top, (t_others - t_top * others / largest) / total)
    return slope


def _sparse(labels: Labels, p: Array, from_logits: bool, epsilon: float) -> Array:
    entries = at(p, labels[..., None])
    loss = 0.0 - _log_shares(entries, p, from_logits, epsilon)[..., 0]
    return np.where(labels < 0, 0.0, loss)


def _sparse_slope(labels: Labels, p: Array, from_logits: bool, epsilon: float) -> Array:
    weights, top, largest, others = _weights(p, from_logits)
    total = largest + others
    places = labels[..., None]
    right, leads = at(weights, places), places == top
    if from_logits:
        slope = weights / total
        own = np.where(leads, 0.0 - others / total, right / total - 1)
    else:
        rest = np.where(leads, others, total - right)
        clear = _unclipped(right / total, rest / total, epsilon)
        slope = np.where(clear, 1 / total, np.zeros_like(p))
        own = np.where(leads, 0.0 - others / largest / total, 1 / total - 1 / right)
        own = np.where(clear, own, 0.0)
    put(slope, places, own)
    slope[labels < 0] = 0.0
    return slope


def _log_shares(entries: Array, p: Array, from_logits: bool, epsilon: float) -> Array:
    """Return the log of the probabilities that belong to some entries of ``p``."""
    _, top, largest, others = _weights(p, from_logits)
    if from_logits:
        return (entries - at(p, top)) - np.log1p(others)
    log_ratio = np.log(entries) - np.log(largest)
    return _clip(log_ratio - np.log1p(others / largest), epsilon)


def _weights(p: Array, from_logits: bool) -> tuple[Array, Labels, Array, Array]:
    """Return what divided by its sum gives probabilities, and that sum in two parts.

    These are the largest weight of every row, after its place, and the sum of the
    others: how far the largest probability is from 1 would round away in it.
    """
    top = np.argmax(p, axis=-1, keepdims=True)
    weights = np.exp(p - at(p, top)) if from_logits else p
    return weights, top, *_split(weights, top)


def _split(values: Array, places: Labels) -> tuple[Array, Array]:
    """Return every row's entry at its place, and the sum of its other entries."""
    others = values.copy()
    put(others, places, 0.0)
    return at(values, places), others.sum(axis=-1, keepdims=True)


def _weigh(t: Array, x: Array) -> Array:
    """Return ``t * x``, and 0 where t is 0 even if x is infinite."""
    return t * np.where(t == 0, 0.0, x)


def _clip(log_p: Array, epsilon: float) -> Array:
    # Of logarithms, because 1 - epsilon may round to 1.
    return np.clip(log_p, np.log(epsilon), np.log1p(-epsilon)) if epsilon else log_p


def _unclipped(p: Array, rest: Array, epsilon: float) -> NDArray[np.bool_]:
    """Return where ``p`` and ``rest``, which is 1 - p, both reach epsilon."""
    # As Keras rounds 1 - epsilon, unless that rounds to 1.
    least = min(epsilon, 1 - (1 - epsilon)) or epsilon
    return (p >= epsilon) & (rest >= least)
