"""The two circles: 149 weights, 3,600 steps, so what counts is the cost of a step."""

from types import ModuleType
from typing import TYPE_CHECKING, Any

from benchmarks.harness import Contestant, Row, Settings, Target, Values, Work

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray
    from torch import nn

BATCH = 5
VALIDATION_SPLIT = 0.2
OURS = "training.fit, TensorFlow"
TUTORIAL = "the tutorial's fit, TensorFlow"


def tutorial(settings: Settings) -> Work:
    """Build, compile and fit as the tutorial does, in today's spelling."""
    import keras
    from keras.layers import Dense

    x, y = _data()

    def work() -> Values:
        model = keras.Sequential()
        model.add(keras.Input((2,)))
        model.add(Dense(12, activation="relu", kernel_initializer="he_uniform"))
        model.add(Dense(8, activation="relu", kernel_initializer="he_uniform"))
        model.add(Dense(1, activation="sigmoid"))
        model.compile(**_compiled(keras))
        return model.fit(x, y, **_options(settings)).history

    return work


def tutorial_again(settings: Settings) -> Work:
    """Go on training one and the same model with `model.fit`."""
    x, y = _data()
    model = _model()
    return lambda: model.fit(x, y, **_options(settings)).history


def ours(settings: Settings) -> Work:
    """Build, compile and train with `training.fit`."""
    from companion import training

    x, y = _data()
    return lambda: training.fit(_model(), x, y, **_options(settings)).history


def ours_again(settings: Settings) -> Work:
    """Go on training one and the same model with `training.fit`."""
    from companion import training

    x, y = _data()
    model = _model()
    return lambda: training.fit(model, x, y, **_options(settings)).history


def pytorch(settings: Settings) -> Work:
    """Build and train the same network with a loop in plain PyTorch."""
    import torch

    from benchmarks.pytorch import fit, tensors

    x, y = tensors(*_data())
    y = y.float()[:, None]
    # As Keras splits: the last rows, before they are shuffled.
    kept = int(len(x) * (1 - VALIDATION_SPLIT))

    def work() -> Values:
        model = pytorch_network()
        return fit(
            model,
            torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-7),
            torch.nn.BCELoss(),
            lambda outputs, labels: (outputs > 0.5) == (labels > 0.5),
            (x[:kept], y[:kept]),
            (x[kept:], y[kept:]),
            epochs=_options(settings)["epochs"],
            batch_size=BATCH,
        )

    return work


def pytorch_network() -> "nn.Sequential":
    """Return the network in PyTorch, with initial weights as Keras draws them."""
    from torch import nn

    from benchmarks.pytorch import initialise

    model = initialise(
        nn.Sequential(
            *(nn.Linear(2, 12), nn.ReLU(), nn.Linear(12, 8), nn.ReLU()),
            *(nn.Linear(8, 1), nn.Sigmoid()),
        )
    )
    for hidden in (model[0], model[2]):
        nn.init.kaiming_uniform_(hidden.weight, nonlinearity="relu")
    return model


def _data() -> "tuple[NDArray, NDArray]":
    """Return the training set of the circles."""
    from companion import data

    return data.circles(seed=0)[:2]


def _model() -> "keras.Model":
    import keras

    from companion import models

    model = models.circles_mlp()
    model.compile(**_compiled(keras))
    return model


def _compiled(keras: ModuleType) -> dict[str, Any]:
    """Return the tutorial's loss, optimizer and metric."""
    return {
        "loss": keras.losses.BinaryCrossentropy(),
        "optimizer": keras.optimizers.Adam(learning_rate=0.001),
        "metrics": ["accuracy"],
    }


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "epochs": 2 if settings.quick else 30,
        "batch_size": BATCH,
        "validation_split": VALIDATION_SPLIT,
        "verbose": 0,
    }


ROWS = (
    Row(
        "circles",
        "30 epochs of batches of 5, from building the model on, compiling included",
        ours=(
            Contestant(OURS, ours, needs=("tensorflow",)),
            Contestant("training.fit, JAX", ours, backend="jax", needs=("jax",)),
        ),
        peers=(
            Contestant(TUTORIAL, tutorial, needs=("tensorflow",)),
            Contestant("a loop in PyTorch", pytorch, needs=("torch",)),
        ),
        targets=(Target(OURS, TUTORIAL, 5.0),),
        fresh=True,
    ),
    Row(
        "circles-again",
        "the same 30 epochs, called again on the same model",
        ours=(
            Contestant(OURS, ours_again, needs=("tensorflow",)),
            Contestant("training.fit, JAX", ours_again, backend="jax", needs=("jax",)),
        ),
        peers=(
            Contestant(TUTORIAL, tutorial_again, needs=("tensorflow",)),
            Contestant("a loop in PyTorch", pytorch, needs=("torch",)),
        ),
        targets=(Target(OURS, TUTORIAL, 50.0),),
    ),
)
