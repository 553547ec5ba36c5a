"""Training the convolutional network of the digits: here the arithmetic counts."""

from typing import TYPE_CHECKING

from benchmarks.harness import Contestant, Row, Settings, Target, Values, Work

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray
    from torch import nn

BATCH = 128


def plain(settings: Settings) -> Work:
    """Train for an epoch with `model.fit`."""
    x, y = _data(settings)
    model = _model()
    return lambda: model.fit(x, y, epochs=1, batch_size=BATCH, verbose=0).history


def ours(settings: Settings) -> Work:
    """Train for an epoch with `training.fit`."""
    from companion import training

    x, y = _data(settings)
    model = _model()
    return lambda: training.fit(model, x, y, batch_size=BATCH, verbose=0).history


def pytorch(settings: Settings) -> Work:
    """Train the same network for an epoch with a loop in plain PyTorch."""
    import torch

    from benchmarks.pytorch import fit, tensors

    x, y = tensors(*_data(settings))
    x = x.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
    model = pytorch_network().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adadelta(model.parameters(), lr=1.0, rho=0.95, eps=1e-7)

    def work() -> Values:
        return fit(
            model,
            optimizer,
            torch.nn.CrossEntropyLoss(),
            lambda outputs, labels: outputs.argmax(dim=1) == labels,
            (x, y),
            epochs=1,
            batch_size=BATCH,
        )

    return work


def pytorch_network() -> "nn.Module":
    """Return the network in PyTorch, with initial weights as Keras draws them."""
    from torch import nn

    from benchmarks.pytorch import initialise

    return initialise(
        nn.Sequential(
            *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU()),
            *(nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten()),
            *(nn.Linear(64 * 12 * 12, 128), nn.ReLU(), nn.Dropout(0.5)),
            nn.Linear(128, 10),
        )
    )


def operations(settings: Settings) -> float:
    """Return the multiplications and additions of an epoch."""
    return _images(settings) * operations_an_image()


def operations_an_image() -> float:
    """Return what training on one image takes.

    Two operations for each weight and place of a layer, once forward and twice
    backward: for the gradients of the weights and of the input, which the first layer
    does not need.
    """
    first = 26 * 26 * 9 * 32
    second = 24 * 24 * 9 * 32 * 64
    dense = 64 * 12 * 12 * 128 + 128 * 10
    return 2 * (2 * first + 3 * (second + dense))


def _images(settings: Settings) -> int:
    """Return the number of images of an epoch, in whole batches."""
    return BATCH * (2 if settings.quick else 16)


def _data(settings: Settings) -> "tuple[NDArray, NDArray]":
    """Return images from 0 to 1 and their digits."""
    import numpy as np

    from companion import data

    if settings.data is None:
        x, y, *_ = data.digits()
    else:
        with np.load(settings.data / "mnist.npz") as mnist:
            x = (mnist["x_train"][..., None] / 255).astype(np.float32)
            y = mnist["y_train"].astype(np.int64)
    return x[: _images(settings)], y[: _images(settings)]


def _model() -> "keras.Model":
    import keras

    from companion import models

    model = models.digits_cnn()
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.Adadelta(learning_rate=1.0),
        metrics=["accuracy"],
    )
    return model


PYTORCH = "a loop in PyTorch"
ROWS = (
    Row(
        "digits",
        "an epoch of 2,048 images in batches of 128",
        ours=(
            Contestant("training.fit, TensorFlow", ours, needs=("tensorflow",)),
            Contestant("training.fit, JAX", ours, backend="jax", needs=("jax",)),
        ),
        peers=(
            Contestant("model.fit, TensorFlow", plain, needs=("tensorflow",)),
            Contestant("model.fit, JAX", plain, backend="jax", needs=("jax",)),
            Contestant(PYTORCH, pytorch, needs=("torch",)),
        ),
        targets=(Target("training.fit, TensorFlow", PYTORCH, 1.0),),
        operations=operations,
    ),
)
