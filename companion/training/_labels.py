"""Which labels each loss of a model is given, and whether they name its classes.

Compiled programs do not stop at a label outside the classes: TensorFlow's returns NaN,
and JAX's trains on with an ordinary loss.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras.src.losses.losses import LossFunctionWrapper

from companion._keras import Tensor
from companion.training._plan import Nested, Plan

# Losses that take one integer for each example.
OF_INTEGERS = (keras.losses.sparse_categorical_crossentropy,)

NO_TARGETS = (
    "y must hold the targets: the model was compiled with a loss that compares them "
    "with its output. Received: NoneType"
)


class Target(NamedTuple):
    """An array of labels that a loss compares with one of a model's outputs."""

    loss: keras.losses.Loss
    position: int  # of the array among those of y
    shape: tuple[int, ...]  # of the output for a batch


class Classes(NamedTuple):
    """The integers that a loss takes: those below `count`, and one to ignore."""

    count: int
    ignored: int | None


def targets(model: keras.Model, y: Nested, y_pred: Nested) -> list[Target]:
    """Return what Keras compares, for structures of labels and outputs.

    Keras itself is asked: its compiled loss runs on numbers in the place of the labels,
    with losses that write down what they get.
    """
    compiled = model._compile_loss
    if compiled is None:
        return []
    recorded: list[Target] = []

    def recorder(loss: keras.losses.Loss) -> Callable[..., Tensor]:
        def record(position: int, y_pred: Tensor, weight: Nested = None) -> Tensor:
            recorded.append(Target(loss, position, tuple(y_pred.shape)))
            return keras.ops.zeros(())

        return record

    # On the compiled loss itself, since only there is known which loss gets what.
    losses = compiled._flat_losses
    compiled._flat_losses = [spec._replace(loss=recorder(spec.loss)) for spec in losses]
    try:
        numbered = keras.tree.pack_sequence_as(y, range(len(keras.tree.flatten(y))))
        compiled(numbered, y_pred)
    finally:
        compiled._flat_losses = losses
    return recorded


def check_labels(targets: Sequence[Target], plan: Plan) -> None:
    """Refuse labels that are missing, or outside the classes of their loss."""
    for _, y, _ in filter(None, (plan.training, plan.validation)):
        arrays = keras.tree.flatten(y)
        for target in targets:
            labels = arrays[target.position]
            if labels is None:
                raise TypeError(NO_TARGETS)
            classes = _classes(target)
            if classes is not None:
                _check_classes(labels, classes, weighs_classes=plan.weighs_classes)


def check_given(model: keras.Model, y: Nested) -> None:
    """Refuse to train a loss of targets without any."""
    if y is None and model._compile_loss is not None:
        raise TypeError(NO_TARGETS)


def _check_classes(
    labels: np.ndarray, classes: Classes, *, weighs_classes: bool
) -> None:
    last = classes.count - 1
    allowed = (labels >= 0) & (labels <= last) & (labels == np.round(labels))
    allowed |= labels == classes.ignored
    if not allowed.all():
        raise ValueError(
            f"Labels must be integers from 0 to {last}, one class for each of the "
            f"model's {classes.count} outputs. Received: "
            f"{np.unique(labels[~allowed])[:5].tolist()} among them. Count classes "
            "from 0, or give the last layer more units."
        )
    if weighs_classes and labels.size != len(labels):
        raise ValueError(
            "class_weight needs one class for each example. Received: y of shape "
            f"{labels.shape}. Pass sample_weight, which has a weight for each label."
        )


def _classes(target: Target) -> Classes | None:
    """Return the classes of a loss of integer labels, None for another loss.

    A function that wraps such a loss is another: it may change the labels first.
    """
    function, options = _unwrapped(target.loss)
    if function not in OF_INTEGERS:
        return None
    return Classes(target.shape[-1], options.get("ignore_class"))


def _unwrapped(loss: keras.losses.Loss) -> tuple[Any, dict[str, Any]]:
    """Return the function that a loss of Keras calls, and what it passes on."""
    wraps = isinstance(loss, LossFunctionWrapper)
    if not wraps or type(loss).call is not LossFunctionWrapper.call:
        return None, {}
    function, options = loss.fn, dict(loss._fn_kwargs)
    while isinstance(function, functools.partial):
        options = function.keywords | options
        function = function.func
    return function, options
