"""The compiled programs of a model: made once, then found again."""

from typing import Any, Protocol

import keras

from companion._layers import every_layer
from companion._training.plan import Arrays, Batches, Plan
from companion._training.refusals import check_labels

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

    def train(self, arrays: Arrays, batches: Batches) -> dict[str, Any]:
        """Train the model for one epoch and return its metrics."""

    def evaluate(self, arrays: Arrays, batches: Batches) -> dict[str, Any]:
        """Return the metrics on a validation set."""


class Compiled:
    """The programs of one `model.compile`, and what they were made from."""

    def __init__(self, model: keras.Model, plan: Plan, whole: bool) -> None:
        self.classes = create_state(model, plan)
        self.programs: Programs = backend_module().ModelPrograms(model, whole=whole)
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
        return not backend_module().on_cpu()
    return all(layer.supports_jit for layer in layers)


def create_state(model: keras.Model, plan: Plan) -> int:
    """Create the variables of the metrics and the optimizer; return the output width.

    Inside a stateless scope a model, its loss and its metrics are built while no
    variable changes.
    """
    x, y, weight = to_tensors((*plan.first_batch, None)[:3])
    outline = backend_module().outline

    def outputs(x: Any, y: Any, weight: Any) -> Any:
        y_pred = model(x)
        model.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=weight)
        model.compute_metrics(x, y, y_pred, sample_weight=weight)
        return y_pred

    if not model.built:
        with keras.StatelessScope():
            outline(model, x)
    held = [(variable, variable.value) for variable in model.variables]
    with keras.StatelessScope(state_mapping=held):
        y_pred = outline(outputs, x, y, weight)
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)
    return keras.tree.flatten(y_pred)[0].shape[-1]


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
    return keras.tree.map_structure(backend_module().place, arrays)


def shared(batches: Batches) -> Batches:
    """Return batches of which each device holds its share.

    A smaller last batch may not divide evenly, so each device computes it whole: the
    result is the same.
    """
    place = backend_module().place
    tail = None if batches.tail is None else place(batches.tail)
    return Batches(place(batches.full, share=1), tail)


def backend_module() -> Any:
    """Return the module that holds the lines of Keras's backend."""
    if keras.config.backend() == "tensorflow":
        from companion._training import on_tensorflow

        return on_tensorflow
    from companion._training import on_jax

    return on_jax


def _identity(model: keras.Model, whole: bool) -> tuple[Any, ...]:
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
