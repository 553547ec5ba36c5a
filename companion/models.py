"""The networks of the chapters: built, not yet compiled.

Each function returns a new `keras.Sequential` whose input shape is known, so its
weights exist and `summary()` works. Compile it with the loss that the chapter is
about. Call `keras.utils.set_random_seed(seed)` before building to fix the initial
weights.
"""

from collections.abc import Sequence

import keras

from companion import layers
from companion._arguments import check_count
from companion.text import CODES


def circles_mlp(
    *, widths: Sequence[int] = (12, 8), output: str = "sigmoid"
) -> keras.Sequential:
    """Build the network that tells the two circles apart.

    Two inputs, a dense ReLU layer for each width (He uniform), and one sigmoid
    output: the probability of class 1. With the default widths it has 149 weights.

    Parameters
    ----------
    widths : sequence of int
        The number of units of each hidden layer, from the input on. Empty for none:
        the network is then logistic regression.
    output : {"sigmoid", "linear"}
        The last layer's activation. A linear output is a score, for a hinge loss or for
        `BinaryCrossentropy(from_logits=True)`.

    Returns
    -------
    keras.Sequential
        Shapes (batch, 2) to (batch, 1). Compile it with `BinaryCrossentropy()`.

    Raises
    ------
    TypeError
        If a width is not an integer.
    ValueError
        If a width is below 1, or the output is neither of the two.

    Examples
    --------
    >>> from companion import models
    >>> models.circles_mlp().count_params()
    149
    """
    return _mlp(widths, outputs=1, activation=_output(output, "sigmoid"))


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
    classes = check_count("classes", classes, least=2)
    return _mlp(widths, outputs=classes, activation="linear")


def blobs_mlp(*, output: str = "softmax") -> keras.Sequential:
    """Build the network that tells the three blobs apart.

    Two inputs, one dense layer of 50 ReLU units (He uniform), and three softmax
    outputs: the probability of each class. It has 303 weights.

    Parameters
    ----------
    output : {"softmax", "linear"}
        The last layer's activation. Linear outputs are scores, for a hinge loss or for
        a crossentropy with `from_logits=True`.

    Returns
    -------
    keras.Sequential
        Shapes (batch, 2) to (batch, 3). Compile it with
        `SparseCategoricalCrossentropy()`, or with the form for one-hot labels.

    Raises
    ------
    ValueError
        If the output is neither of the two.

    Examples
    --------
    >>> from companion import models
    >>> models.blobs_mlp().count_params()
    303
    """
    return _mlp((50,), outputs=3, activation=_output(output, "softmax"))


def animals_mlp() -> keras.Sequential:
    """Build the small network that can learn 100 random animals by heart.

    32 inputs, one dense layer of 10 ReLU units, and four softmax outputs: the
    probability of each class. Both layers start as Keras's default says, Glorot
    uniform. It has 374 weights.

    Returns
    -------
    keras.Sequential
        Shapes (batch, 32) to (batch, 4). Compile it with
        `SparseCategoricalCrossentropy()`.

    Examples
    --------
    >>> from companion import models
    >>> models.animals_mlp().count_params()
    374
    """
    return keras.Sequential(
        [
            keras.Input((32,)),
            keras.layers.Dense(10, activation="relu"),
            keras.layers.Dense(4, activation="softmax"),
        ]
    )


def digits_cnn() -> keras.Sequential:
    """Build the convolutional network that reads handwritten digits.

    Convolutions of 32 and 64 filters of 3 x 3 (ReLU), max-pooling over 2 x 2, dropout
    of a quarter, a dense layer of 128 ReLU units, dropout of a half, and ten softmax
    outputs. It has 1,199,882 weights, of which all but 18,816 lie behind the pooling.

    Returns
    -------
    keras.Sequential
        Shapes (batch, 28, 28, 1) to (batch, 10). Compile it with
        `SparseCategoricalCrossentropy()`, or with the form for one-hot labels.

    Examples
    --------
    >>> from companion import models
    >>> models.digits_cnn().count_params()
    1199882
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Dropout(0.25),
            keras.layers.Flatten(),
            keras.layers.Dense(128, activation="relu"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def char_lstm(
    *,
    units: int = 512,
    embedding: int | None = None,
    batch_size: int | None = None,
    stateful: bool = False,
) -> keras.Sequential:
    """Build the network that predicts a text's next character.

    An embedding of 256 character codes, two LSTM layers that return their output at
    every place, and a dense softmax layer over the 256 codes. The default sizes are
    those of the published tutorial; with 64 units the network trains in minutes on a
    laptop. The LSTM layers are Keras's in an order that is faster on a CPU,
    `companion.layers.LSTM`; the weights fit a network of Keras's own layers.

    Parameters
    ----------
    units : int
        The width of each LSTM layer.
    embedding : int, optional
        The width of the embedding. By default it is as wide as an LSTM layer.
    batch_size : int, optional
        Fixes the number of texts in a batch, which a stateful network needs.
    stateful : bool
        Whether the LSTM layers go on from the state in which the batch before left
        them, until `reset_state()` is called on each layer. On JAX that holds for calls
        of the model; `fit`, `evaluate` and `predict` begin every batch anew there.

    Returns
    -------
    keras.Sequential
        Integer codes of shape (batch, length) to probabilities of shape
        (batch, length, 256). Compile it with `SparseCategoricalCrossentropy()`.

    Raises
    ------
    TypeError
        If a size is not an integer.
    ValueError
        If a size is below 1, or a stateful network has no `batch_size`.

    Examples
    --------
    >>> from companion import models
    >>> model = models.char_lstm(units=64)
    >>> model.output_shape
    (None, None, 256)
    >>> models.char_lstm().count_params()
    4460800
    """
    units = check_count("units", units)
    width = units if embedding is None else check_count("embedding", embedding)
    if batch_size is not None:
        batch_size = check_count("batch_size", batch_size)
    elif stateful:
        raise ValueError(
            "A stateful network keeps one state for each text in the batch, so it "
            "needs `batch_size`, for example batch_size=5. Received: batch_size=None"
        )
    lstm = {"return_sequences": True, "stateful": stateful}
    return keras.Sequential(
        [
            keras.Input((None,), batch_size=batch_size, dtype="int32"),
            keras.layers.Embedding(CODES, width),
            layers.LSTM(units, **lstm),
            layers.LSTM(units, **lstm),
            # On a sequence a dense layer acts at each place alone: "time-distributed".
            keras.layers.Dense(CODES, activation="softmax"),
        ]
    )


def _mlp(widths: Sequence[int], *, outputs: int, activation: str) -> keras.Sequential:
    """Return a network of two inputs, ReLU layers and one output layer."""
    hidden = [
        keras.layers.Dense(width, activation="relu", kernel_initializer="he_uniform")
        for width in _widths(widths)
    ]
    output = keras.layers.Dense(outputs, activation=activation)
    return keras.Sequential([keras.Input((2,)), *hidden, output])


def _output(output: str, usual: str) -> str:
    if output not in (usual, "linear"):
        raise ValueError(
            f'`output` must be "{usual}" or "linear". Received: output={output!r}'
        )
    return output


def _widths(widths: Sequence[int]) -> list[int]:
    try:
        listed = list(widths)
    except TypeError:
        raise TypeError(
            "`widths` must be a sequence of integers, one for each hidden layer, for "
            f"example `widths=(12, 8)`. Received: widths={widths!r}"
        ) from None
    return [check_count(f"widths[{i}]", width) for i, width in enumerate(listed)]
