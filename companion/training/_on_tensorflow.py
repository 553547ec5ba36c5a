"""TensorFlow's lines: an epoch is one `tf.function` with a loop inside."""

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from companion.training._plan import Arrays, Batches, Logs

Step = Callable[[Arrays], Logs]
Program = Callable[[Arrays, Batches], Logs]


class ModelPrograms:
    """Two programs of a model: an epoch of training and a pass of validation.

    Each runs Keras's own step, so the losses, the metrics and the optimizer are those
    of `model.fit`. TensorFlow keeps one compiled form for each shape of the data. With
    `compile_epoch`, XLA compiles the loop; without, TensorFlow runs its graph.
    """

    def __init__(self, model: keras.Model, *, compile_epoch: bool) -> None:
        self._train = _program(model, model.train_step, compile_epoch)
        self._evaluate = _program(model, model.test_step, compile_epoch)

    def train(self, arrays: Arrays, batches: Batches) -> Logs:
        """Train the model for one epoch and return its metrics."""
        return _run(self._train, arrays, batches)

    def evaluate(self, arrays: Arrays, batches: Batches) -> Logs:
        """Return the metrics on a validation set."""
        return _run(self._evaluate, arrays, batches)


def place(array: np.ndarray, *, share: int | None = None) -> tf.Tensor:
    """Return an array on the device: here there is one."""
    return keras.ops.convert_to_tensor(array)


def outline(function: Callable, *arrays: Any) -> Any:
    """Return what a function returns, as shapes: nothing is computed."""
    traced = tf.function(function, autograph=False).get_concrete_function(*arrays)
    return traced.structured_outputs


def on_cpu() -> bool:
    """Tell whether TensorFlow has no accelerator."""
    return {device.device_type for device in tf.config.list_logical_devices()} == {
        "CPU"
    }


def _program(model: keras.Model, step: Step, compile_epoch: bool) -> Program:
    """Return the program that runs a step on every batch and returns the metrics.

    A partial, since TensorFlow warns of "retracing" when one Python function is traced
    for many models, as it has to be.
    """
    return tf.function(
        functools.partial(_epoch, model, step),
        autograph=False,
        jit_compile=compile_epoch,
    )


def _epoch(model: keras.Model, step: Step, arrays: Arrays, batches: Batches) -> Logs:
    """Run a step on every batch, the full ones in a loop of the graph."""

    def step_on_batch(i: tf.Tensor) -> tuple[tf.Tensor]:
        step(_take(arrays, batches.full[i]))
        return (i + 1,)

    model.reset_metrics()
    steps = batches.full.shape[0]
    # One at a time, since a step reads the weights that the one before has written.
    tf.while_loop(lambda i: i < steps, step_on_batch, [0], parallel_iterations=1)
    if batches.tail is not None:
        step(_take(arrays, batches.tail))
    return model.get_metrics_result()


def _run(program: Program, arrays: Arrays, batches: Batches) -> Logs:
    """Run a program, and say what to do where XLA cannot compile it."""
    try:
        return program(arrays, batches)
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError) as error:
        if "XLA" not in str(error):
            raise
        raise ValueError(
            "XLA cannot compile an operation of this model, its loss or its metrics. "
            "Pass jit_compile=False to run TensorFlow's graph instead, or use "
            f"model.fit. XLA says: {error.message[:300]}"
        ) from error


def _take(arrays: Arrays, chosen: tf.Tensor) -> Arrays:
    return keras.tree.map_structure(
        lambda leaf: tf.gather(leaf, chosen), arrays, none_is_leaf=False
    )
