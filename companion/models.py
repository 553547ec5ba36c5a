"""The networks of the chapters: built, not yet compiled.

Each function returns a new `keras.Sequential` whose input shape is known, so its
weights exist and `summary()` works. Compile it with the loss that the chapter is
about. Call `keras.utils.set_random_seed(seed)` before building to fix the initial
weights.
"""

from collections.abc import Sequence

import keras

from companion._integers import checked


def circles_mlp(*, widths: Sequence[int] = (12, 8)) -> keras.Sequential:
    """Build the network that tells the two circles apart.

    Two inputs, a dense ReLU layer for each width (He uniform), and one sigmoid
    output: the probability of class 1. With the default widths it has 149 weights.

    Parameters
    ----------
    widths : sequence of int
        The number of units of each hidden layer, from the input on. Empty for none:
        the network is then logistic regression.

    Returns
    -------
    keras.Sequential
        Shapes (batch, 2) to (batch, 1). Compile it with `BinaryCrossentropy()`.

    Raises
    ------
    TypeError
        If a width is not an integer.
    ValueError
        If a width is below 1.

    Examples
    --------
    >>> from companion import models
    >>> models.circles_mlp().count_params()
    149
    """
    return _mlp(widths, outputs=1, activation="sigmoid")


def clusters_mlp(
    *, widths: Sequence[int] = (12, 8), classes: int = 4
) -> keras.Sequential:
    """Build the network that tells the clusters apart.

    Two inputs, a dense ReLU layer for each width (He uniform), and one linear output
    for each class: a score (logit), not a probability. With the default widths and
    four classes it has 176 weights.

    Parameters
    ----------
    widths : sequence of int
        The number of units of each hidden layer, from the input on. Empty for none.
    classes : int
        The number of outputs, at least 2.

    Returns
    -------
    keras.Sequential
        Shapes (batch, 2) to (batch, classes). Compile it with
        `CategoricalCrossentropy(from_logits=True)`, or with the sparse form for
        integer labels.

    Raises
    ------
    TypeError
        If a width or the number of classes is not an integer.
    ValueError
        If a width is below 1 or there are fewer than 2 classes.

    Examples
    --------
    >>> from companion import models
    >>> models.clusters_mlp(classes=3).output_shape
    (None, 3)
    """
    classes = _count(classes, least=2, name="classes")
    return _mlp(widths, outputs=classes, activation="linear")


def _mlp(widths: Sequence[int], *, outputs: int, activation: str) -> keras.Sequential:
    """Return a network of two inputs, ReLU layers and one output layer."""
    hidden = [
        keras.layers.Dense(width, activation="relu", kernel_initializer="he_uniform")
        for width in _widths(widths)
    ]
    output = keras.layers.Dense(outputs, activation=activation)
    return keras.Sequential([keras.Input((2,)), *hidden, output])


def _widths(widths: Sequence[int]) -> list[int]:
    """Return the widths as Python ints, each of them checked."""
    try:
        given = list(widths)
    except TypeError:
        raise TypeError(
            "`widths` must be a sequence of integers, one for each hidden layer, for "
            f"example `widths=(12, 8)`. Received: widths={widths!r}"
        ) from None
    return [_count(width, least=1, name="widths") for width in given]


def _count(value: int, *, least: int, name: str) -> int:
    """Return a number of units as a Python int, or say what it must be."""
    message = (
        f"`{name}` must be made of integers of at least {least}. Received: {value!r}"
    )
    return checked(value, message, least=least)
