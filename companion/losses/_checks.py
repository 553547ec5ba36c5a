"""The checks behind ``companion.losses``: what comes out of here can be computed with.

One function per loss refuses what its docstring refuses and returns arrays that
float64 can hold, each made of the small checks below. A message says what was expected,
what came, and how to mend it. Arrays keep their own dtype: it decides how exactly rows
must sum to 1, unsigned labels must not wrap around, and a copy would take memory.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from companion._arguments import check_number

Array = NDArray[Any]
# How to mend values: what to do, or a function of them that says it.
Mend = str | Callable[[NDArray], str]


def binary_inputs(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool,
    epsilon: float,
    label_smoothing: float,
) -> tuple[Array, Array]:
    """Return targets, smoothed, and predictions of one shape."""
    _check_options(from_logits, epsilon, label_smoothing)
    t, p = _array("y_true", y_true, "buif"), _array("y_pred", y_pred, "uif")
    _check_same_shape(t, p)
    _check_unit("y_true", t, _mend_binary_labels)
    if not from_logits:
        _check_unit("y_pred", p, "For raw scores, pass from_logits=True.")
    return _smooth(t, label_smoothing, 2), p


def categorical_inputs(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool,
    epsilon: float,
    label_smoothing: float,
) -> tuple[Array, Array]:
    """Return targets, smoothed, and predictions, both (..., C)."""
    _check_options(from_logits, epsilon, label_smoothing)
    t, p = _array("y_true", y_true, "buif"), _array("y_pred", y_pred, "uif")
    _check_classes(p)
    _check_one_label_a_class(t, p, "sparse_categorical_crossentropy")
    mend = "Several labels at once belong to binary_crossentropy; leave padding out."
    _check_unit("y_true", t, "Integer classes belong to the sparse form.")
    _check_rows("y_true", t, mend)
    if not from_logits:
        _check_probabilities(p)
    return _smooth(t, label_smoothing, p.shape[-1]), p


def sparse_inputs(
    y_true: ArrayLike,
    y_pred: ArrayLike,
    from_logits: bool,
    epsilon: float,
    ignore_class: int | None,
) -> tuple[NDArray[np.intp], Array]:
    """Return labels, -1 in place of ignored ones, and predictions."""
    _check_options(from_logits, epsilon)
    p = _array("y_pred", y_pred, "uif")
    labels = _labels(
        y_true,
        p,
        ignore_class,
        one_hot="One-hot labels belong to categorical_crossentropy; or make integers "
        "of them: ",
        padding=" Is it padding? Pass ignore_class.",
    )
    if not from_logits:
        _check_probabilities(p)
    return labels, p


def hinge_inputs(y_true: ArrayLike, y_pred: ArrayLike) -> tuple[Array, Array]:
    """Return labels -1 and +1, and scores of the same shape."""
    t, s = _array("y_true", y_true, "buif"), _array("y_pred", y_pred, "uif")
    _check_same_shape(t, s)
    # All True would pass as +1, and the next batch would not.
    wrong = (t != 1) & (t != -1) | (t.dtype.kind == "b")
    _refuse(wrong, "y_true", t, "hold labels -1 and +1", _mend_hinge_labels)
    return t, s


def categorical_hinge_inputs(
    y_true: ArrayLike, y_pred: ArrayLike
) -> tuple[Array, Array]:
    """Return one-hot labels and scores, both (..., C)."""
    t, s = _array("y_true", y_true, "buif"), _array("y_pred", y_pred, "uif")
    _check_classes(s)
    _check_one_label_a_class(t, s, "crammer_singer_hinge")
    hot = (t == 1).sum(axis=-1) == 1
    zeros = (t == 0).sum(axis=-1) == t.shape[-1] - 1
    _refuse(
        ~(hot & zeros),
        "every row of y_true",
        t,
        "hold one 1 among zeros",
        "Labels -1 and +1, several labels at once or soft labels have no such loss.",
    )
    return t, s


def class_scores(
    y_true: ArrayLike, y_pred: ArrayLike
) -> tuple[NDArray[np.intp], Array]:
    """Return integer labels (...) and scores (..., C)."""
    s = _array("y_pred", y_pred, "uif")
    return _labels(y_true, s), s


def class_probabilities(
    labels: ArrayLike, probabilities: ArrayLike
) -> tuple[NDArray[np.intp], Array]:
    """Return integer labels (n,) and probabilities (n, C), made of (n,) for two."""
    p = _array("probabilities", probabilities, "uif")
    if p.ndim == 1:
        _check_unit("probabilities", p, "Pass the sigmoid of a score, not the score.")
        p = p.astype(float)
        p = np.stack([1 - p, p], axis=-1)
    if p.ndim != 2:
        raise ValueError(
            "probabilities must have the shape (n, C), or (n,) for class 1 alone. "
            f"Received: {p.shape}. Flatten the axes before the classes: "
            "probabilities.reshape(-1, C), labels.ravel()."
        )
    mend = "Of one output unit, pass probabilities[:, 0]."
    _check_classes(p, "probabilities", mend)
    _check_probabilities(p, "probabilities", "take their softmax first")
    return _labels(labels, p, names=("labels", "probabilities")), p


def _labels(
    y_true: ArrayLike,
    p: NDArray,
    ignore_class: int | None = None,
    *,
    names: tuple[str, str] = ("y_true", "y_pred"),
    one_hot: str = "Make integers of one-hot labels: ",
    padding: str = "",
) -> NDArray[np.intp]:
    """Return labels, with -1 in place of ignored ones."""
    _check_classes(p, names[1])
    labels = _array(names[0], y_true, "buif")
    _check_label_shape(labels, p, names, one_hot)
    if labels.dtype.kind not in "ui":
        raise TypeError(
            f"{names[0]} must hold integer labels. Received: dtype {labels.dtype}. "
            "If they are whole class numbers, "
            f"convert them: {names[0]}.astype(int)."
        )
    ignored = _is_ignored(labels, ignore_class)
    classes = p.shape[-1]
    _refuse(
        ((labels < 0) | (labels >= classes)) & ~ignored,
        names[0],
        labels,
        f"hold classes 0 to {classes - 1}, as {names[1]} has {classes}",
        f"Do your classes start at 1? Subtract 1.{padding}",
    )
    return np.where(ignored, -1, labels.astype(np.intp))


def _array(name: str, values: ArrayLike, kinds: str) -> NDArray:
    """Return values as an array: not empty, finite, of these dtype kinds."""
    if any(isinstance(leaf, np.ma.MaskedArray) for leaf in _leaves(values)):
        raise TypeError(
            f"{name} must be a plain array. Received: a masked array, whose mask "
            "would be lost. Select the examples that count first."
        )
    try:
        array = np.asarray(values)
    except (RuntimeError, TypeError, ValueError) as error:
        _refuse_unreadable(name, values, error)
        raise ValueError(
            f"{name} must be rectangular. Received: rows of different lengths. "
            "Make them equally long, or take one row at a time."
        ) from error
    if array.dtype.kind not in kinds:
        raise TypeError(
            f"{name} must hold real numbers. Received: {_describe_dtype(array)}. "
            "Convert class names to numbers, decisions to probabilities or scores, "
            f"and bfloat16 to float32 first.{_MEND_OBJECTS * (array.dtype == object)}"
        )
    if array.size == 0:
        raise ValueError(
            f"{name} must hold at least one example. Received: shape {array.shape}. "
            "Check the step that selected the examples."
        )
    mend = "Look for a missing value, or a training run that diverged."
    _refuse(~np.isfinite(array), name, array, "be finite", mend)
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        with np.errstate(over="ignore", under="ignore"):
            wide = np.isinf(array.astype(float))
        _refuse(wide, name, array, "be finite in float64", "Scale or clip it first.")
    return array


_MEND_OBJECTS = (
    " Leave missing values out, make sparse or ragged data dense, and turn exact or "
    "huge numbers into floats."
)


def _leaves(values: Any) -> Iterator[Any]:
    """Yield what nested sequences hold, as deep as NumPy reads, save plain numbers."""
    level = [[values]]
    for _ in range(64):
        kinds = {*map(type, chain.from_iterable(level))}
        nested = {kind for kind in kinds if _is_nested(kind)}
        if not all(map(_is_number, kinds - nested)):
            yield from (v for v in chain.from_iterable(level) if type(v) not in nested)
        if not nested:
            return
        level = [v for v in chain.from_iterable(level) if type(v) in nested]


def _is_number(kind: type) -> bool:
    return issubclass(kind, int | float | np.generic)


def _is_nested(kind: type) -> bool:
    return issubclass(kind, Sequence) and not issubclass(kind, str | bytes | memoryview)


def _refuse_unreadable(name: str, values: object, error: Exception) -> None:
    """Raise if values are or hold what NumPy cannot read, such as symbolic tensors."""
    for leaf in _leaves(values):
        try:
            np.asarray(leaf)
        except (RuntimeError, TypeError, ValueError):
            raise TypeError(
                f"{name} must hold numbers that NumPy can read. Received: "
                f"{_type_name(leaf)}. These losses are references in NumPy, which no "
                "framework can compile or differentiate: for model.compile take "
                "keras.losses or companion.margins. Elsewhere convert it first, as "
                f"{name}.detach().cpu().numpy() does for PyTorch."
            ) from error


def _describe_dtype(array: NDArray) -> str:
    if array.dtype != object:
        return f"dtype {array.dtype}"
    kinds = sorted({_type_name(entry) for entry in array.flat})
    return f"dtype object, holding {', '.join(kinds) or 'nothing'}"


def _type_name(value: object) -> str:
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    return kind.__name__ if package == "builtins" else f"{package}.{kind.__name__}"


def _check_options(
    from_logits: bool, epsilon: float, label_smoothing: float = 0.0
) -> None:
    if not isinstance(from_logits, bool | np.bool_):
        raise TypeError(
            f"from_logits must be True or False. Received: {from_logits!r}. "
            "Pass True for raw scores, False for probabilities."
        )
    check_number("epsilon", epsilon, 0.5, closed=False)
    check_number("label_smoothing", label_smoothing, 1, closed=True)


def _check_same_shape(t: NDArray, p: NDArray) -> None:
    if t.shape != p.shape:
        raise ValueError(
            "y_true and y_pred must have the same shape. "
            f"Received: {t.shape} and {p.shape}. One output unit returns shape "
            "(n, 1): pass y_pred[..., 0] for labels of shape (n,)."
        )


def _check_one_label_a_class(t: NDArray, p: NDArray, sparse_form: str) -> None:
    if t.shape != p.shape:
        raise ValueError(
            "y_true must have the shape (..., C) of y_pred. "
            f"Received: {t.shape} and {p.shape}. Integer labels belong to "
            f"{sparse_form}, or one-hot: np.eye({p.shape[-1]})[y]."
        )


def _check_classes(
    p: NDArray,
    name: str = "y_pred",
    mend: str = "One output unit belongs to binary_crossentropy or hinge.",
) -> None:
    if p.ndim == 0 or p.shape[-1] < 2:
        raise ValueError(
            f"{name} must have at least two classes on its last axis. "
            f"Received: shape {p.shape}. {mend}"
        )


def _check_label_shape(
    labels: NDArray, p: NDArray, names: tuple[str, str], one_hot: str
) -> None:
    targets, predictions = names
    if labels.shape == p.shape[:-1]:
        return
    mend = f"Give one integer label for each row of {predictions}."
    if labels.shape == p.shape:
        mend = f"{one_hot}np.argmax({targets}, axis=-1)."
    elif labels.shape == (*p.shape[:-1], 1):
        mend = f"Drop the last axis: {targets}[..., 0]."
    raise ValueError(
        f"{targets} must have the shape of {predictions} without its last axis, the "
        "classes. "
        f"Received: {labels.shape} and {p.shape}. {mend}"
    )


def _is_ignored(labels: NDArray, ignore_class: int | None) -> NDArray[np.bool_]:
    if ignore_class is None:
        return np.zeros(labels.shape, dtype=bool)
    if isinstance(ignore_class, bool) or not isinstance(ignore_class, Integral):
        raise TypeError(
            f"ignore_class must be an integer or None. Received: {ignore_class!r}. "
            "Pass the label that marks what to leave out, for example -1."
        )
    # A Python integer: NumPy compares it exactly with any integer dtype.
    return np.asarray(labels == int(ignore_class))


def _mend_binary_labels(t: NDArray) -> str:
    if np.any(t != np.round(t)):
        return "Targets are the labels 0 and 1, or probabilities between them."
    if not np.isin(t, (-1, 0, 1)).all():
        return "Integer classes of more than two kinds belong to the sparse form."
    if np.any(t == 0):
        return "-1 is mixed with 0: drop what is to be ignored, or recode the labels."
    return "Labels -1 and +1 belong to hinge losses: pass (y_true + 1) / 2 here."


def _mend_hinge_labels(t: NDArray) -> str:
    if not np.isin(t, (-1, 0, 1)).all():
        return "Classes of more than two kinds belong to crammer_singer_hinge."
    if np.any(t == -1):
        return "0 is mixed with -1: drop what is to be ignored, or recode the labels."
    # Unsigned, 2 * 0 - 1 would wrap around.
    signed = ".astype(int)" if t.dtype.kind == "u" else ""
    return f"For labels 0 and 1 pass 2 * y_true{signed} - 1."


def _check_probabilities(
    p: NDArray, name: str = "y_pred", scores: str = "pass from_logits=True"
) -> None:
    _check_unit(name, p, f"For raw scores, {scores}.")
    mend = (
        f"Raw scores: {scores}. Several labels at once: binary_crossentropy. "
        "Rounded, or float32 turned into float64: divide by "
        f"{name}.sum(axis=-1, keepdims=True)."
    )
    _check_rows(name, p, mend)


def _check_unit(name: str, array: NDArray, mend: Mend) -> None:
    _refuse((array < 0) | (array > 1), name, array, "lie in [0, 1]", mend)


def _check_rows(name: str, array: NDArray, mend: str) -> None:
    precision = array.dtype if array.dtype.kind == "f" else np.float64
    sums = array.sum(axis=-1, dtype=np.float64)
    wrong = np.abs(sums - 1) > np.sqrt(np.finfo(precision).eps)
    _refuse(wrong, f"the sum of {name}", sums, "be 1 in every row", mend)


def _refuse(
    wrong: NDArray[np.bool_], name: str, values: NDArray, expected: str, mend: Mend
) -> None:
    """Raise if an entry is wrong; the message names the first one.

    How to mend it may be a function of the values, which takes time only then.
    """
    if not np.any(wrong):
        return
    index = tuple(np.argwhere(wrong)[0].tolist())
    count = f"{np.count_nonzero(wrong)} of {np.size(wrong)} wrong"
    place = f" at index {index}, {count}" if index else ""
    received = np.asarray(values)[index]
    advice = mend(values) if callable(mend) else mend
    raise ValueError(f"{name} must {expected}. Received: {received!s}{place}. {advice}")


def _smooth(t: NDArray, label_smoothing: float, classes: int) -> NDArray:
    if not label_smoothing:
        return t
    smooth = np.multiply(t, 1.0 - label_smoothing, dtype=np.float64)
    smooth += label_smoothing / classes
    return smooth
