"""From the arguments of `training.fit` to arrays, an order and batches."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import keras
import numpy as np

from companion._arguments import check_count
from companion._keras import Tensor

# An array, or a nested structure of arrays.
Nested = Any
# What the metrics say, by name.
Logs = dict[str, Tensor]
# (x, y) or (x, y, sample_weight).
Arrays = tuple[Nested, ...]


class Batches(NamedTuple):
    """The rows of each batch of one epoch.

    Attributes
    ----------
    full : int32 array, shape (steps, batch)
        One row of example numbers for each full batch.
    tail : int32 array, shape (rest,), or None
        The examples of a smaller last batch, or None where the batches divide evenly.
    """

    full: Tensor
    tail: Tensor | None


class Plan(NamedTuple):
    """What a run does, whatever the model: the examples, how often, in what order."""

    training: Arrays
    validation: Arrays | None
    epochs: int
    batch_size: int
    shuffle: bool
    steps: int
    validation_batch_size: int

    @property
    def first_batch(self) -> Arrays:
        """The first examples, to build a model on."""
        return _rows(self.training, slice(self.batch_size))

    def batches(self, *, seed: int, epoch: int) -> Batches:
        """Return the batches of one epoch of training.

        Each pass through the examples draws from its own stream, so that a run resumed
        at epoch 7 sees the same order as one that began at epoch 0. An epoch of fewer
        steps than a pass goes on where the one before it ended, as in Keras.
        """
        order = np.arange(count(self.training))
        examples = self.steps * self.batch_size
        number, part = divmod(epoch, -(-len(order) // examples))
        if self.shuffle:
            order = np.random.default_rng((seed, number)).permutation(order)
        return _cut(order[part * examples :][:examples], self.batch_size)

    @property
    def held_back(self) -> tuple[Arrays, Batches] | None:
        """The validation set and its batches, in sequence, or None without one."""
        if self.validation is None:
            return None
        order = np.arange(count(self.validation))
        return self.validation, _cut(order, self.validation_batch_size)


def make_plan(arguments: Mapping[str, Any]) -> Plan:
    """Check the arguments of `training.fit` that concern the data, given by name."""
    training = _examples(arguments["x"], arguments["y"], arguments["sample_weight"])
    validation = None
    if arguments["validation_data"] is not None:
        validation = _validation_set(arguments["validation_data"])
    elif arguments["validation_split"] != 0:
        training, validation = _split(training, arguments["validation_split"])
    if arguments["class_weight"] is not None:
        training = _weigh_classes(training, arguments["class_weight"])
    size = check_count("batch_size", arguments["batch_size"])
    validation_size = arguments["validation_batch_size"]
    return Plan(
        training,
        validation,
        check_count("epochs", arguments["epochs"]),
        size,
        bool(arguments["shuffle"]),
        _steps(-(-count(training) // size), arguments["steps_per_epoch"]),
        size
        if validation_size is None
        else check_count("validation_batch_size", validation_size),
    )


def count(arrays: Arrays) -> int:
    """Return the number of examples."""
    return len(keras.tree.flatten(arrays)[0])


def _examples(x: Nested, y: Nested, sample_weight: Nested | None = None) -> Arrays:
    """Return the arguments as arrays of equal length."""
    given = {"x": x, "y": y}
    if sample_weight is not None:
        given["sample_weight"] = sample_weight
    arrays = tuple(
        keras.tree.map_structure(lambda leaf, name=name: _array(name, leaf), value)
        for name, value in given.items()
    )
    lengths = [len(leaf) for leaf in keras.tree.flatten(arrays)]
    if len(set(lengths)) > 1 or lengths[0] == 0:
        raise ValueError(
            f"{', '.join(given)} must hold the same number of examples, at least one. "
            f"Received: lengths {lengths}."
        )
    return arrays


def _array(name: str, value: object) -> np.ndarray:
    """Return one argument as an array, floats in Keras's default float type."""
    array = np.asarray(value) if hasattr(value, "__array__") else None
    if array is None or array.dtype.kind not in "biuf" or array.ndim == 0:
        received = type(value).__name__
        if array is not None:
            received += f" of dtype {array.dtype} and shape {array.shape}"
        raise TypeError(
            f"{name} must be made of numeric arrays with one entry for each example: "
            f"NumPy arrays or tensors. Received: {received}. For data that arrive in "
            "batches, such as tf.data, use model.fit."
        )
    if array.dtype.kind == "f":
        array = array.astype(keras.config.floatx(), copy=False)
    return array


def _validation_set(given: Arrays) -> Arrays:
    """Return the arrays of `validation_data`."""
    if not isinstance(given, tuple | list) or len(given) not in (2, 3):
        raise TypeError(
            "validation_data must be (x, y) or (x, y, sample_weight). "
            f"Received: {type(given).__name__}"
        )
    return _examples(*given)


def _rows(arrays: Arrays, chosen: slice) -> Arrays:
    """Return the chosen examples of every array."""
    return keras.tree.map_structure(lambda leaf: leaf[chosen], arrays)


def _split(arrays: Arrays, validation_split: float) -> tuple[Arrays, Arrays]:
    """Return the first examples for training and the last for validation.

    Keras's own rule: floor(n * (1 - validation_split)) examples stay for training.
    """
    n = count(arrays)
    kept = math.floor(n * (1.0 - validation_split)) if 0 < validation_split < 1 else 0
    if kept in (0, n):
        raise ValueError(
            "validation_split must be between 0 and 1 and leave at least one example "
            f"on each side, for example 0.2. Received: validation_split="
            f"{validation_split!r} with {n} examples"
        )
    return _rows(arrays, slice(kept)), _rows(arrays, slice(kept, n))


def _weigh_classes(arrays: Arrays, class_weight: dict[int, float]) -> Arrays:
    """Return the arrays with each example weighted by its class, by 1 if unnamed."""
    if len(arrays) == 3:
        raise ValueError(
            "Pass either class_weight or sample_weight. To use both, multiply the "
            "class weights into sample_weight. Received: both"
        )
    x, y = arrays
    if keras.tree.is_nested(y):
        raise ValueError(
            "class_weight needs one array of labels. For several outputs, pass "
            f"sample_weight. Received: y of type {type(y).__name__}"
        )
    classes = y.argmax(-1) if y.ndim > 1 and y.shape[-1] > 1 else y.reshape(len(y))
    weights = [class_weight.get(int(label), 1.0) for label in np.round(classes)]
    return x, y, np.asarray(weights, dtype=keras.config.floatx())


def _steps(whole: int, steps_per_epoch: int | None) -> int:
    """Return the steps of an epoch: those of a whole pass, or a divisor of them."""
    if steps_per_epoch is None:
        return whole
    steps = check_count("steps_per_epoch", steps_per_epoch)
    if whole % steps:
        raise ValueError(
            f"steps_per_epoch must divide the {whole} batches of one pass through the "
            f"examples. Received: steps_per_epoch={steps}"
        )
    return steps


def _cut(order: np.ndarray, batch_size: int) -> Batches:
    """Cut an order of examples into batches, the last one smaller if need be."""
    order = order.astype(np.int32)
    size = min(batch_size, len(order))
    whole = len(order) - len(order) % size
    tail = order[whole:] if whole < len(order) else None
    return Batches(order[:whole].reshape(-1, size), tail)
