"""The character network at the tutorial's full size: a training step, and sampling."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness import Contestant, Row, Settings, Target, Values, Work

if TYPE_CHECKING:
    import keras
    from torch import nn

CODES = 256
STREAMS = 5
PROMPT = "\n"
# A step of `model.predict` always costs the same, so that a part of them will do.
PREDICT_SHARE = 5


class Sizes(NamedTuple):
    """The sizes of the network, of a batch and of the texts."""

    units: int
    batch: int
    window: int
    length: int


def _sizes(settings: Settings) -> Sizes:
    return Sizes(16, 8, 10, 25) if settings.quick else Sizes(512, 128, 100, 200)


# --- A training step ---------------------------------------------------------------


def plain_step(settings: Settings) -> Work:
    """Train on one batch with `model.fit` and Keras's own layers."""
    from keras.layers import LSTM

    (x, y), model = _windows(settings), _training_model(settings, LSTM)
    batch = _sizes(settings).batch
    return lambda: model.fit(x, y, batch_size=batch, verbose=0).history


def our_step(settings: Settings) -> Work:
    """Train on one batch with `training.fit` and the course's layers."""
    from companion import training
    from companion.layers import LSTM

    (x, y), model = _windows(settings), _training_model(settings, LSTM)
    batch = _sizes(settings).batch
    return lambda: training.fit(model, x, y, batch_size=batch, verbose=0).history


def pytorch_step(settings: Settings) -> Work:
    """Train on one batch with PyTorch's own LSTM layers."""
    import torch

    from benchmarks.pytorch import fit, tensors

    x, y = tensors(*_windows(settings))
    model = _pytorch_network(settings)
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01, alpha=0.9, eps=1e-7)

    def loss(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(
            outputs.flatten(0, 1), labels.flatten()
        )

    def correct(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return (outputs.argmax(dim=-1) == labels).flatten()

    batch = _sizes(settings).batch
    return lambda: fit(
        model, optimizer, loss, correct, (x, y), epochs=1, batch_size=batch
    )


def step_operations(settings: Settings) -> float:
    """Return the multiplications and additions of a step's matrix products."""
    sizes = _sizes(settings)
    return sizes.batch * sizes.window * operations_a_character(sizes.units)


def operations_a_character(units: int) -> float:
    """Return what training on one character takes.

    Two operations for each weight, once forward and twice backward.
    """
    weights = 2 * 4 * units * 2 * units + units * CODES
    return 3 * 2 * weights


# --- Sampling ----------------------------------------------------------------------


def our_sample(settings: Settings) -> Work:
    """Draw the texts with `text.sample`."""
    from companion import models, text

    sizes = _sizes(settings)
    model = models.char_lstm(units=sizes.units)
    model.set_weights(_weights(sizes.units))
    options = {"streams": STREAMS, "seed": 0}
    return lambda: {"texts": text.sample(model, PROMPT, sizes.length, **options)}


def predict_sample(settings: Settings) -> Work:
    """Draw a part of the texts with `model.predict`, a character at a time."""
    from keras.layers import LSTM

    sizes = _sizes(settings)
    model = _network(settings, LSTM, batch_size=STREAMS, stateful=True)
    numbers = _numbers(settings)[: sizes.length // PREDICT_SHARE]

    def work() -> Values:
        for layer in model.layers:
            if hasattr(layer, "reset_state"):
                layer.reset_state()
        codes = np.full(STREAMS, ord(PROMPT), np.int32)
        drawn = []
        for row in numbers:
            codes = _draw(model.predict(codes[:, None], verbose=0)[:, 0], row)
            drawn.append(codes)
        return {"texts": _decode(np.stack(drawn))}

    return work


def pytorch_sample(settings: Settings) -> Work:
    """Draw the texts with a loop in plain PyTorch."""
    import torch

    network = _pytorch_network(settings).eval()
    numbers = torch.from_numpy(_numbers(settings))[..., None]

    @torch.inference_mode()
    def work() -> Values:
        codes = torch.full((STREAMS,), ord(PROMPT))
        states, drawn = None, []
        for row in numbers:
            scores, states = network.step(codes[:, None], states)
            sums = torch.softmax(scores[:, 0], dim=-1).cumsum(dim=-1)
            codes = (sums < row * sums[:, -1:]).sum(dim=-1)
            drawn.append(codes)
        return {"texts": _decode(torch.stack(drawn).numpy())}

    return work


# --- What they share -----------------------------------------------------------------


def _windows(settings: Settings) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return a batch of codes and the codes that follow, from a text or at random."""
    sizes = _sizes(settings)
    shape = (sizes.batch, sizes.window + 1)
    if settings.data is None:
        codes = np.random.default_rng(0).integers(CODES, size=shape)
    else:
        text = (settings.data / "tinyshakespeare.txt").read_bytes()
        codes = np.frombuffer(text[: shape[0] * shape[1]], np.uint8).reshape(shape)
    codes = codes.astype(np.int64)
    return codes[:, :-1].copy(), codes[:, 1:].copy()


def _weights(units: int) -> list[NDArray[np.float32]]:
    """Return one set of weights for everyone, in the order and shapes of Keras."""
    rng = np.random.default_rng(0)
    lstm = [(units, 4 * units), (units, 4 * units), (4 * units,)]
    shapes = [(CODES, units), *lstm, *lstm, (units, CODES), (CODES,)]
    weights = [rng.normal(size=shape) / units**0.5 for shape in shapes]
    return [array.astype(np.float32) for array in weights]


def _numbers(settings: Settings) -> NDArray[np.float32]:
    """Return the random numbers that `text.sample` draws its characters from."""
    from companion import text

    return text.random_numbers(_sizes(settings).length, streams=STREAMS, seed=0)


def _draw(probabilities: NDArray, numbers: NDArray) -> NDArray[np.int32]:
    """Return the first code at which the summed probability reaches the number."""
    sums = probabilities.cumsum(axis=-1)
    return (sums < numbers[:, None] * sums[:, -1:]).sum(axis=-1, dtype=np.int32)


def _decode(codes: NDArray) -> list[str]:
    """Return the text of each column."""
    return ["".join(map(chr, column)) for column in codes.T]


def _network(
    settings: Settings,
    layer: "type[keras.layers.LSTM]",
    *,
    batch_size: int | None = None,
    stateful: bool = False,
) -> "keras.Sequential":
    """Return the network with one kind of LSTM layer."""
    import keras

    units = _sizes(settings).units
    lstm = {"return_sequences": True, "stateful": stateful}
    model = keras.Sequential(
        [
            keras.Input((None,), batch_size=batch_size, dtype="int32"),
            keras.layers.Embedding(CODES, units),
            layer(units, **lstm),
            layer(units, **lstm),
            keras.layers.Dense(CODES, activation="softmax"),
        ]
    )
    model.set_weights(_weights(units))
    return model


def _training_model(
    settings: Settings, layer: "type[keras.layers.LSTM]"
) -> "keras.Sequential":
    import keras

    model = _network(settings, layer)
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.RMSprop(learning_rate=0.01),
        metrics=["accuracy"],
    )
    return model


def _pytorch_network(settings: Settings) -> "nn.Module":
    """Return the same network with the same weights in PyTorch."""
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self, units: int) -> None:
            super().__init__()
            self.embedding = nn.Embedding(CODES, units)
            self.lstm = nn.LSTM(units, units, num_layers=2, batch_first=True)
            self.output = nn.Linear(units, CODES)

        def forward(self, codes: torch.Tensor) -> torch.Tensor:
            return self.step(codes, None)[0]

        def step(
            self, codes: torch.Tensor, states: tuple[torch.Tensor, ...] | None
        ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
            hidden, states = self.lstm(self.embedding(codes), states)
            return self.output(hidden), states

    network = Network(_sizes(settings).units)
    # PyTorch holds the matrices transposed and two biases where Keras has one.
    embedding, *lstm, kernel, bias = map(
        torch.from_numpy, _weights(_sizes(settings).units)
    )
    layers = [(*lstm[i : i + 3], torch.zeros_like(lstm[i + 2])) for i in (0, 3)]
    ordered = [embedding]
    for inputs, recurrent, first, second in layers:
        ordered += [inputs.T, recurrent.T, first, second]
    with torch.no_grad():
        for parameter, value in zip(
            network.parameters(), [*ordered, kernel.T, bias], strict=True
        ):
            parameter.copy_(value)
    return network


def _contestants(
    verb: str, setup: Callable[[Settings], Work]
) -> tuple[Contestant, ...]:
    """Return a contestant for each backend of Keras."""
    return (
        Contestant(f"{verb}, TensorFlow", setup, needs=("tensorflow",)),
        Contestant(f"{verb}, JAX", setup, backend="jax", needs=("jax",)),
    )


PYTORCH = "nn.LSTM, PyTorch"
PREDICT = "model.predict a character, TensorFlow"
ROWS = (
    Row(
        "char-lstm-step",
        "a training step of 128 windows of 100 characters, two LSTM layers of 512",
        ours=_contestants("training.fit, layers.LSTM", our_step),
        peers=(
            *_contestants("model.fit, Keras's LSTM", plain_step),
            Contestant(PYTORCH, pytorch_step, needs=("torch",)),
        ),
        operations=step_operations,
    ),
    Row(
        "char-lstm-sampling",
        "5 texts of 200 characters from the same network, by the same random numbers",
        ours=_contestants("text.sample", our_sample),
        peers=(
            Contestant(
                PREDICT, predict_sample, needs=("tensorflow",), times=PREDICT_SHARE
            ),
            Contestant(PYTORCH, pytorch_sample, needs=("torch",)),
        ),
        targets=(
            Target("text.sample, TensorFlow", PREDICT, 40.0),
            Target("text.sample, TensorFlow", PYTORCH, 1.0),
            Target("text.sample, JAX", PYTORCH, 1.0),
        ),
    ),
)
