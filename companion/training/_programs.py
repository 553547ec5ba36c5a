"""The compiled programs of a model: made once, then found again."""

from types import ModuleType
from typing import Any, Protocol

import keras

from companion._keras import backend_module, every_layer
from companion.training._checks import check_trained_variables
from companion.training._labels import Target, check_given, check_labels, targets
from companion.training._plan import Arrays, Batches, Logs, Nested, Plan

ATTRIBUTE = "_companion_programs"
# One by one, because Keras keeps their base classes to itself.
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

    def __init__(self, model: keras.Model, plan: Plan, compile_epoch: bool) -> None:
        create_state(model, plan)
        self.targets = find_targets(model, plan)
        self.programs: Programs = _backend().ModelPrograms(
            model, compile_epoch=compile_epoch
        )
        self.trained = model.trainable_variables
        self._made_from = _identity(model, compile_epoch)

    def serves(self, model: keras.Model, compile_epoch: bool) -> bool:
        """Tell whether the model is still compiled as it was."""
        return _same_objects(self._made_from, _identity(model, compile_epoch))


def compiled(model: keras.Model, plan: Plan, *, jit_compile: bool | str) -> Programs:
    """Return the programs of a model, making them where there are none yet.

    They are kept on the model itself, so they live exactly as long as it does.
    """
    compile_epoch = (
        suits_one_program(model) if jit_compile == "auto" else bool(jit_compile)
    )
    cached = getattr(model, ATTRIBUTE, None)
    if cached is not None and cached.serves(model, compile_epoch):
        check_trained_variables(model, cached.trained)
    else:
        if model.train_function is not None:
            # Keras has trained it since it was compiled.
            check_trained_variables(model, model.optimizer._trainable_variables)
        cached = Compiled(model, plan, compile_epoch)
        setattr(model, ATTRIBUTE, cached)
    check_labels(cached.targets, plan)
    return cached.programs


def suits_one_program(model: keras.Model) -> bool:
    """Tell whether XLA should compile a whole epoch of this model.

    On a CPU it runs the gradients of convolutions inside a loop many times more slowly
    than one by one.
    """
    layers = every_layer(model)
    if any(isinstance(layer, CONVOLUTIONS) for layer in layers):
        return not _backend().on_cpu()
    return all(layer.supports_jit for layer in layers)


def create_state(model: keras.Model, plan: Plan) -> None:
    """Create the variables of the layers, the loss, the metrics and the optimizer.

    The way of `model.fit`: Keras builds them on what a batch looks like.
    """
    check_given(model, plan.training[1])
    model._symbolic_build(data_batch=to_tensors(plan.first_batch))


def find_targets(model: keras.Model, plan: Plan) -> list[Target]:
    """Return which of the arrays of labels each loss of a model is given."""
    x, y, _ = plan.first_batch

    def record(x: Nested) -> None:
        recorded.extend(targets(model, y, model(x, training=False)))

    recorded: list[Target] = []
    # In a scope: what a layer assigns while it is traced stays out of its variables.
    state_mapping = [(variable, variable.value) for variable in model.variables]
    with keras.StatelessScope(state_mapping=state_mapping):
        _backend().outline(record, to_tensors(x))
    return recorded


def to_tensors(arrays: Nested) -> Nested:
    """Return the arrays of a structure on the device; what is None stays None."""
    convert = keras.ops.convert_to_tensor
    return keras.tree.map_structure(convert, arrays, none_is_leaf=False)


def on_devices(arrays: Nested) -> Nested:
    """Return the arrays of a structure on every device that takes part."""
    return keras.tree.map_structure(_backend().place, arrays, none_is_leaf=False)


def sharded(batches: Batches) -> Batches:
    """Return batches of which each device holds its share.

    A smaller last batch may not divide evenly, so each device computes it whole: the
    result is the same.
    """
    place = _backend().place
    tail = None if batches.tail is None else place(batches.tail)
    return Batches(place(batches.full, share=1), tail)


def _backend() -> ModuleType:
    return backend_module("companion.training")


def _identity(model: keras.Model, compile_epoch: bool) -> tuple[object, ...]:
    """Return the objects whose replacement makes the programs stale.

    Every `model.compile` renews the tracker of the loss.
    """
    distribution = keras.distribution.distribution()
    return compile_epoch, distribution, model.optimizer, model._loss_tracker


def _same_objects(old: tuple[Any, ...], new: tuple[Any, ...]) -> bool:
    return all(one is other for one, other in zip(old, new, strict=True))
