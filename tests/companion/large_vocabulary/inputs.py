"""What the tests of the linear crossentropy share: the backend, and one example."""

import keras
import numpy as np

ON_TENSORFLOW = keras.config.backend() == "tensorflow"


def example(tokens=(4, 5), inputs=3, classes=7, dtype="float64", seed=0):
    """Return hidden, kernel, bias and weights of the tokens; and labels."""
    rng = np.random.default_rng(seed)
    shapes = (*tokens, inputs), (inputs, classes), (classes,)
    arrays = [rng.normal(size=shape).astype(dtype) for shape in shapes]
    weights = rng.uniform(0.1, 2, size=tokens).astype(dtype)
    return [*arrays, weights], rng.integers(0, classes, size=tokens)
