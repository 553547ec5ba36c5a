"""Train the digits' network on all of MNIST, as often as asked, and record the results.

    python -m benchmarks.full_digits [--seeds 3] [--json FILE]

The record that the course shows was written by this command. It takes minutes for each
seed on a CPU of two cores. Nothing is chosen by the test set: every seed counts, after
its last epoch. The images are those that Keras fetches; ``--data`` names a folder with
a copy of mnist.npz for machines without the internet. The record holds a fingerprint
of the pixels and labels, so that two copies can be told to be the same.
"""

import argparse
import datetime
import hashlib
import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import machine
from companion import data
from companion.data import Dataset

LEARNING_RATE = 1.0
BATCH = 128


def main(arguments: Sequence[str]) -> None:
    """Train, test, and write the record after every seed."""
    options = _parser().parse_args(arguments)
    digits = load(options.data, images=options.images)
    record: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": command(options),
        "machine": machine.describe(),
        "images": {"training": len(digits.x_train), "test": len(digits.x_test)},
        "sha256": fingerprint(digits),
        "optimizer": f"Adadelta({LEARNING_RATE})",
        "batch_size": BATCH,
        "epochs": options.epochs,
        "runs": [],
    }
    for seed in range(options.seeds):
        record["runs"].append(train(digits, seed=seed, epochs=options.epochs))
        print(json.dumps(record["runs"][-1]), flush=True)
        if options.json:
            text = json.dumps(record, indent=1) + "\n"
            options.json.write_text(text, encoding="utf-8")


def load(folder: Path | None, *, images: int | None) -> Dataset:
    """Return all of MNIST, or its first images."""
    if folder is None:
        mnist = data.digits(full=True)
    else:
        with np.load(folder / "mnist.npz") as arrays:
            x_train, x_test = (
                (arrays[name][..., None] / 255).astype(np.float32)
                for name in ("x_train", "x_test")
            )
            y_train, y_test = (
                arrays[name].astype(np.int64) for name in ("y_train", "y_test")
            )
        mnist = Dataset(x_train, y_train, x_test, y_test)
    return Dataset(
        mnist.x_train[:images],
        mnist.y_train[:images],
        mnist.x_test[:images],
        mnist.y_test[:images],
    )


def fingerprint(digits: Dataset) -> str:
    """Return the hash of all pixels and labels, as bytes and in their order."""
    hashed = hashlib.sha256()
    for x, y in ((digits.x_train, digits.y_train), (digits.x_test, digits.y_test)):
        hashed.update(np.rint(x * 255).astype(np.uint8).tobytes())
        hashed.update(y.astype(np.uint8).tobytes())
    return hashed.hexdigest()


def command(options: argparse.Namespace) -> str:
    """Return the command that does it again, on any machine."""
    sizes = ["--seeds", str(options.seeds), "--epochs", str(options.epochs)]
    if options.images:
        sizes += ["--images", str(options.images)]
    return shlex.join(["python", "-m", "benchmarks.full_digits", *sizes])


def train(digits: Dataset, *, seed: int, epochs: int) -> dict[str, Any]:
    """Return the history of one run, and what it says of the test set in the end."""
    import keras
    from sklearn.metrics import confusion_matrix

    from companion import models, training

    keras.utils.set_random_seed(seed)
    model = models.digits_cnn()
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(),
        optimizer=keras.optimizers.Adadelta(LEARNING_RATE),
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    start = time.perf_counter()
    history = training.fit(
        model,
        digits.x_train,
        digits.y_train,
        epochs=epochs,
        batch_size=BATCH,
        seed=seed,
        verbose=0,
    )
    seconds = time.perf_counter() - start
    loss, accuracy = model.evaluate(digits.x_test, digits.y_test, verbose=0)
    predicted = model.predict(digits.x_test, batch_size=1000, verbose=0).argmax(axis=1)
    counts = confusion_matrix(digits.y_test, predicted, labels=range(10))
    return {
        "seed": seed,
        "backend": keras.backend.backend(),
        "seconds": seconds,
        "history": history.history,
        "test_loss": loss,
        "test_accuracy": accuracy,
        "confusion_matrix": counts.tolist(),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.full_digits",
        description="Train the digits' network on all of MNIST.",
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many runs (3)")
    parser.add_argument("--epochs", type=int, default=12, help="epochs of a run (12)")
    parser.add_argument(
        "--images", type=int, help="only the first images, to see that it runs"
    )
    parser.add_argument("--data", type=Path, help="a folder with mnist.npz")
    parser.add_argument("--json", type=Path, help="where to write the record")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
