"""The compiled programs of a model: made once, then found again."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, Protocol

import keras

from companion._keras import backend_module, every_layer
from companion.training._checks import check_labels
from companion.training._plan import Arrays, Batches, Logs, Nested, Plan

ATTRIBUTE = "_companion_programs"
CONVOLUTIONS = (
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
    keras.layers.ConvLSTM1D,
    keras.layers.ConvLSTM2D,
    keras.layers.ConvLSTM3D,
)


class Programs(Protocol):
    """What each backend offers."""

    def train(self, arrays: Arrays, batches: Batches) -> Logs:
        """Train the model for one epoch and return its metrics."""

    def evaluate(self, arrays: Arrays, batches: Batches) -> Logs:
        """Return the metrics on a validation set."""


class Compiled:
    """The programs of one `model.compile`, and what they were made from."""

    def __init__(self, model: keras.Model, plan: Plan, whole: bool) -> None:
        create_state(model, plan)
        self.classes = output_width(model, plan)
        self.programs: Programs = _backend().ModelPrograms(model, whole=whole)
        self._made_from = _identity(model, whole)

    def serves(self, model: keras.Model, whole: bool) -> bool:
        """Tell whether the model is still compiled as it was."""
        now = _identity(model, whole)
        return len(now) == len(self._made_from) and all(
            old is new for old, new in zip(self._made_from, now, strict=True)
        )


def compiled(model: keras.Model, plan: Plan, *, jit_compile: bool | str) -> Programs:
    """Return the programs of a model, making them where there are none yet.

    They are kept on the model itself, so they live exactly as long as it does.
    """
    whole = suits_one_program(model) if jit_compile == "auto" else bool(jit_compile)
    kept = getattr(model, ATTRIBUTE, None)
    if kept is None or not kept.serves(model, whole):
        kept = Compiled(model, plan, whole)
        setattr(model, ATTRIBUTE, kept)
    check_labels(model.loss, plan, kept.classes)
    return kept.programs


def suits_one_program(model: keras.Model) -> bool:
    """Tell whether XLA should compile a whole epoch of this model.

    On a CPU it runs the gradients of convolutions inside a loop many times more slowly
    than one by one.
    """
    layers = list(every_layer(model))
    if any(isinstance(layer, CONVOLUTIONS) for layer in layers):
        return not _backend().on_cpu()
    return all(layer.supports_jit for layer in layers)


def create_state(model: keras.Model, plan: Plan) -> None:
    """Create the variables of the layers, the metrics and the optimizer.

    Inside a stateless scope a model, its loss and its metrics are built while no
    variable changes.
    """

    def step(x: Nested, y: Nested, weight: Nested | None) -> None:
        y_pred = model(x)
        model.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=weight)
        model.compute_metrics(x, y, y_pred, sample_weight=weight)

    x, y, weight = to_tensors((*plan.first_batch, None)[:3])
    if not model.built:
        with keras.StatelessScope():
            _backend().outline(model, x)
    _outline(model, step, x, y, weight)
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)


def output_width(model: keras.Model, plan: Plan) -> int:
    """Return the length of the last axis of a model's first output."""
    outputs = _outline(model, model, to_tensors(plan.first_batch[0]))
    return keras.tree.flatten(outputs)[0].shape[-1]


def _outline(model: keras.Model, function: Callable, *arrays: Any) -> Any:
    """Return what a function of a model returns, as shapes; no variable changes."""
    held = [(variable, variable.value) for variable in model.variables]
    with keras.StatelessScope(state_mapping=held):
        return _backend().outline(function, *arrays)


def to_tensors(arrays: Any) -> Any:
    """Return the arrays of a structure on the device; what is None stays None."""
    if arrays is None:
        return None
    return keras.tree.map_structure(
        lambda leaf: None if leaf is None else keras.ops.convert_to_tensor(leaf), arrays
    )


def on_devices(arrays: Any) -> Any:
    """Return the arrays of a structure on every device that takes part."""
    if arrays is None:
        return None
    return keras.tree.map_structure(_backend().place, arrays)


def shared(batches: Batches) -> Batches:
    """Return batches of which each device holds its share.

    A smaller last batch may not divide evenly, so each device computes it whole: the
    result is the same.
    """
    place = _backend().place
    tail = None if batches.tail is None else place(batches.tail)
    return Batches(place(batches.full, share=1), tail)


def _backend() -> ModuleType:
    """Return the module that holds the lines of Keras's backend."""
    return backend_module("companion.training")


def _identity(model: keras.Model, whole: bool) -> tuple[object, ...]:
    """Return the objects whose replacement makes the programs stale.

    The first metric is the tracker of the loss, which every `model.compile` renews.
    """
    return (
        whole,
        keras.distribution.distribution(),
        model.optimizer,
        model.metrics[0],
        *model.trainable_variables,
    )
