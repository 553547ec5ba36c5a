"""From the arguments of `training.fit` to arrays, an order and batches."""

import math
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
from keras.src.trainers.data_adapters import data_adapter_utils
from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

from companion._arguments import check_count
from companion._keras import Tensor, backend
from companion.training._data import (
    check_array,
    check_class_weight,
    check_lengths,
    check_sample_weight,
)

# An array, or a nested structure of arrays.
Nested = Any
# What the metrics say, by name.
Logs = dict[str, Tensor]
# (x, y, sample_weight), where the last two may be None.
Arrays = tuple[Nested, Nested, Nested]
# What Keras takes for `shuffle`.
SHUFFLES = (False, True, "batch")


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
    shuffle: bool | str
    steps: int
    validation_batch_size: int
    weighs_classes: bool

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
        pass_number, part = divmod(epoch, -(-len(order) // examples))
        rng = np.random.default_rng((seed, pass_number))
        if self.shuffle == "batch":
            # Keras's: the batches stay as they are, and each is shuffled in itself.
            batches = np.array_split(
                order, range(self.batch_size, len(order), self.batch_size)
            )
            order = np.concatenate([rng.permutation(batch) for batch in batches])
        elif self.shuffle:
            order = rng.permutation(order)
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
    class_weight, sample_weight = arguments["class_weight"], arguments["sample_weight"]
    if class_weight is not None and sample_weight is not None:
        raise ValueError(
            "Pass either class_weight or sample_weight. To use both, multiply the "
            "class weights into sample_weight. Received: both"
        )
    training = _examples(arguments["x"], arguments["y"], sample_weight)
    validation = None
    if arguments["validation_data"] is not None:
        validation = _validation_set(arguments["validation_data"])
    elif arguments["validation_split"] != 0:
        training, validation = _split(training, arguments["validation_split"])
    if class_weight is not None:
        training = _weigh_classes(training, class_weight)
    size = check_count("batch_size", arguments["batch_size"])
    validation_size = arguments["validation_batch_size"]
    return Plan(
        training,
        validation,
        _epochs(arguments["epochs"]),
        size,
        _shuffle(arguments["shuffle"]),
        _steps(-(-count(training) // size), arguments["steps_per_epoch"]),
        size
        if validation_size is None
        else check_count("validation_batch_size", validation_size),
        class_weight is not None,
    )


def count(arrays: Arrays) -> int:
    """Return the number of examples."""
    return len(keras.tree.flatten(arrays[0])[0])


def _examples(x: Nested, y: Nested, sample_weight: Nested = None) -> Arrays:
    """Return the arguments as Keras hands them to a step, all of them at once."""
    arrays = {"x": x, "y": y, "sample_weight": sample_weight}
    for name, value in arrays.items():
        keras.tree.map_structure(lambda leaf, name=name: check_array(name, leaf), value)
    length = check_lengths(arrays)
    check_sample_weight(sample_weight, y)
    adapter = ArrayDataAdapter(x, y, sample_weight=sample_weight, batch_size=length)
    batch = next(iter(adapter.get_numpy_iterator()))  # of `length`, so all examples
    if backend() == "tensorflow":
        # As Keras does for tf.data, which would stack the entries of a list.
        batch = keras.tree.lists_to_tuples(batch)
    return keras.utils.unpack_x_y_sample_weight(batch)


def _validation_set(validation_data: Arrays) -> Arrays:
    if not isinstance(validation_data, tuple | list) or len(validation_data) not in (
        2,
        3,
    ):
        raise TypeError(
            "validation_data must be (x, y) or (x, y, sample_weight). "
            f"Received: {type(validation_data).__name__}"
        )
    return _examples(*validation_data)


def _rows(arrays: Arrays, chosen: slice) -> Arrays:
    return keras.tree.map_structure(
        lambda leaf: leaf[chosen], arrays, none_is_leaf=False
    )


def _split(arrays: Arrays, validation_split: float) -> tuple[Arrays, Arrays]:
    """Return the first examples for training and the last for validation.

    Keras's own rule: floor(n * (1 - validation_split)) examples stay for training.
    """
    n = count(arrays)
    n_training = (
        math.floor(n * (1.0 - validation_split)) if 0 < validation_split < 1 else 0
    )
    if n_training in (0, n):
        raise ValueError(
            "validation_split must be between 0 and 1 and leave at least one example "
            f"on each side, for example 0.2. Received: validation_split="
            f"{validation_split!r} with {n} examples"
        )
    return _rows(arrays, slice(n_training)), _rows(arrays, slice(n_training, n))


def _weigh_classes(arrays: Arrays, class_weight: dict[int, float]) -> Arrays:
    """Return the arrays with each example weighted by its class, by 1 if unnamed."""
    x, y, _ = arrays
    check_class_weight(class_weight, y)
    return x, y, data_adapter_utils.class_weight_to_sample_weights(y, class_weight)


def _epochs(epochs: int) -> int:
    """Return the number of epochs, as `keras.config.set_max_epochs` limits it."""
    number, limit = check_count("epochs", epochs), keras.config.max_epochs()
    # The level is that of the line which called `fit`.
    if limit and limit < number:
        warnings.warn(f"Limiting epochs to {limit}, as keras.config says", stacklevel=4)
        return limit
    return number


def _shuffle(shuffle: bool | str) -> bool | str:
    if shuffle not in SHUFFLES:
        raise ValueError(
            f'shuffle must be True, False or "batch". Received: shuffle={shuffle!r}'
        )
    return shuffle


def _steps(pass_steps: int, steps_per_epoch: int | None) -> int:
    """Return the steps of an epoch: those of a whole pass, or a divisor of them."""
    steps = pass_steps
    if steps_per_epoch is not None:
        steps = check_count("steps_per_epoch", steps_per_epoch)
    limit = keras.config.max_steps_per_epoch()
    limited = f", as keras.config.set_max_steps_per_epoch({limit}) limits it"
    steps, limit_note = (limit, limited) if limit and limit < steps else (steps, "")
    if pass_steps % steps:
        raise ValueError(
            f"steps_per_epoch must divide the {pass_steps} batches of one pass through "
            f"the examples. Received: steps_per_epoch={steps}{limit_note}. Use "
            "model.fit for another number of steps."
        )
    return steps


def _cut(order: np.ndarray, batch_size: int) -> Batches:
    """Cut an order of examples into batches, the last one smaller if need be."""
    order = order.astype(np.int32)
    size = min(batch_size, len(order))
    end = len(order) - len(order) % size
    tail = order[end:] if end < len(order) else None
    return Batches(order[:end].reshape(-1, size), tail)
