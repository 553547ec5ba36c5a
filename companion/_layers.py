"""Looking through a model, whatever it is nested in."""

from collections.abc import Iterator

import keras


def every_layer(layer: keras.Layer) -> Iterator[keras.Layer]:
    """Yield a layer and every layer inside it."""
    yield layer
    wrapped = getattr(layer, "layer", None)
    for inner in [*getattr(layer, "layers", ()), *([wrapped] if wrapped else [])]:
        yield from every_layer(inner)
