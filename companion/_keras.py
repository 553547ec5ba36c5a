"""Keras itself: which backend it runs on, and which layers a model has."""

import importlib
import os
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import keras

# What Keras computes with: a tf.Tensor or a jax.Array, which share no type.
Tensor = Any


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
    wanted = os.environ.get("KERAS_BACKEND") or name
    if wanted != name:
        raise RuntimeError(
            f"KERAS_BACKEND must be set before Keras is imported. Received: {wanted!r} "
            f"now, and Keras has begun with {name!r}. Start Python again (in a "
            "notebook: restart the kernel) and set it in the first lines."
        )


def backend_module(package: str) -> ModuleType:
    """Return the module of a package that holds the lines of Keras's backend."""
    return importlib.import_module(f"{package}._on_{backend()}")


def every_layer(layer: keras.Layer) -> Iterator[keras.Layer]:
    """Yield a layer and every layer inside it, whatever it is nested in."""
    yield layer
    wrapped = getattr(layer, "layer", None)
    for inner in [*getattr(layer, "layers", ()), *([wrapped] if wrapped else [])]:
        yield from every_layer(inner)
