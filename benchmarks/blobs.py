"""The three blobs, over 30 seeds: one network trained again and again."""

from typing import TYPE_CHECKING, Any

from benchmarks.harness import Contestant, Row, Settings, Target, Values, Work

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

SEEDS = 30
OURS = "training.repeat, TensorFlow"
PLAIN = "one model.fit, TensorFlow, times 30"


def plain(settings: Settings) -> Work:
    """Build, compile and fit once as the tutorial does."""
    (x, y), options = _data(), _options(settings)

    def work() -> Values:
        return {"runs": [_model().fit(x, y, **options).history]}

    return work


def ours(settings: Settings) -> Work:
    """Train all the seeds with `training.repeat`, compiling included."""
    from companion import training

    (x, y), options = _data(), _options(settings)

    def work() -> Values:
        runs = training.repeat(_model, x, y, seeds=range(SEEDS), **options)
        return {"runs": [run.history for run in runs]}

    return work


def _data() -> "tuple[NDArray, NDArray]":
    """Return the training set of the blobs."""
    from companion import data

    return data.blobs()[:2]


def _model() -> "keras.Model":
    import keras

    from companion import models

    model = models.blobs_mlp()
    model.compile(
        loss="sparse_categorical_crossentropy",
        optimizer=keras.optimizers.SGD(learning_rate=0.01, momentum=0.9),
        metrics=["accuracy"],
    )
    return model


def _options(settings: Settings) -> dict[str, Any]:
    from companion import data

    return {
        "epochs": 2 if settings.quick else 100,
        "batch_size": 32,
        # The tutorial watches its test set: here only the work counts.
        "validation_data": data.blobs()[2:],
        "verbose": 0,
    }


ROWS = (
    Row(
        "blobs-30-seeds",
        "30 runs of 100 epochs of batches of 32, each validated on 500 points",
        ours=(
            Contestant(OURS, ours, needs=("tensorflow",)),
            Contestant("training.repeat, JAX", ours, backend="jax", needs=("jax",)),
        ),
        peers=(Contestant(PLAIN, plain, needs=("tensorflow",), times=SEEDS),),
        targets=(Target(OURS, PLAIN, 30.0),),
    ),
)
