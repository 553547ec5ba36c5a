"""Keras itself: its backend, a model's layers, and what computes its output."""

import importlib
import os
from types import ModuleType
from typing import Any

import keras

# What Keras computes with: a tf.Tensor or a jax.Array, which share no type.
Tensor = Any
# Layers and operations that move or drop numbers and change none.
_MOVES = {
    "Cast",
    "Dropout",
    "ExpandDims",
    "Flatten",
    "GetItem",
    "Identity",
    "Permute",
    "Reshape",
    "Squeeze",
    "Transpose",
}


def backend() -> str:
    """Return Keras's backend, or refuse one that the course does not use."""
    name = keras.config.backend()
    if name not in ("tensorflow", "jax"):
        raise ValueError(
            "The backend must be TensorFlow or JAX: set KERAS_BACKEND to one of them "
            f"before Keras is imported. Received: {name!r}"
        )
    return name


def check_chosen_in_time() -> None:
    """Refuse a backend that was chosen after Keras had begun with another."""
    name = keras.config.backend()
    chosen = os.environ.get("KERAS_BACKEND") or name
    if chosen != name:
        raise RuntimeError(
            f"KERAS_BACKEND must be set before Keras is imported. Received: {chosen!r} "
            f"now, and Keras has begun with {name!r}. Start Python again (in a "
            "notebook: restart the kernel) and set it in the first lines."
        )


def backend_module(package: str) -> ModuleType:
    """Return the module of a package that holds the lines of Keras's backend."""
    return importlib.import_module(f"{package}._on_{backend()}")


def every_layer(layer: keras.Layer) -> list[keras.Layer]:
    """Return a layer and every layer inside it, wherever Keras finds one."""
    return list(layer._flatten_layers())


def output_activation(model: keras.Model, inputs: Any) -> str | None:
    """Name the function whose values a model returns: "sigmoid", "linear", ...

    The model is run on the shapes of its inputs, so that Keras writes down what follows
    from what: through nested models, subclasses and `keras.ops`. None where an
    operation is not Keras's, or is no activation.
    """
    try:
        outputs = model.call(_shapes(inputs))
    except Exception:  # what a model's own code raises on shapes is not known
        return None
    return _activation(keras.tree.flatten(outputs)[0])


def _activation(tensor: Tensor) -> str | None:
    """Name the function that a tensor of a graph of Keras is the value of."""
    history = getattr(tensor, "_keras_history", None)
    if history is None:
        return None
    operation = history.operation
    name = type(operation).__name__
    # A layer that is called several times has a node for each call.
    arguments = operation._inbound_nodes[history.node_index].arguments
    if name in _MOVES:
        return _activation(arguments.keras_tensors[0])
    if not isinstance(operation, keras.Layer):
        return name.lower() if hasattr(keras.activations, name.lower()) else None
    # Its activation acts inside the cell: an LSTM's output is no value of it.
    if isinstance(operation, keras.layers.RNN):
        return None
    activation = getattr(operation, "activation", None)
    if callable(activation):
        function_name = getattr(activation, "__name__", "")
        # The function itself, since one of your own may bear the same name.
        if getattr(keras.activations, function_name, None) is activation:
            return function_name
        return _activation_within(activation, tensor)
    return _activation_within(operation.call, *arguments.args, **arguments.kwargs)


def _activation_within(function: Any, *inputs: Any, **options: Any) -> str | None:
    """Name the function that another one ends in."""
    try:
        outputs = function(*map(_shapes, inputs), **options)
    except Exception:  # as above
        return None
    return _activation(keras.tree.flatten(outputs)[0])


def _shapes(arrays: Any) -> Any:
    """Return arrays or tensors as what a graph of Keras begins with."""
    return keras.tree.map_structure(
        lambda leaf: keras.KerasTensor(leaf.shape, str(leaf.dtype)), arrays
    )
