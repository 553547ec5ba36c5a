"""Train the character network at the tutorial's full size, for a number of updates.

    python -m benchmarks.full_shakespeare [--updates 200] [--json FILE]

The record that the course shows was written by this command: 512 units, batches of 128
windows of 100 characters, RMSprop with a learning rate of 0.01, and then with a tenth
of it, from the same first weights and on the same windows. An update takes seconds on
a CPU of two cores, so the record holds the beginning of a training and no more: the
mean loss of every ten updates, and in the end the loss on plays that were held back.
"""

import argparse
import datetime
import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import machine
from companion import data, text

LEARNING_RATES = (0.01, 0.001)
BATCH, WINDOW = 128, 100
SEED = 0
# Updates between two entries of the record.
EVERY = 10
HELD_BACK = 2 * BATCH

Windows = tuple[NDArray[np.int32], NDArray[np.int32]]


def main(arguments: Sequence[str]) -> None:
    """Train, and write the record after every learning rate."""
    options = _parser().parse_args(arguments)
    train, test = data.shakespeare()
    record: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": command(options),
        "machine": machine.describe(),
        "characters": {"training": len(train), "held back": HELD_BACK * WINDOW},
        "units": options.units,
        "batch_size": BATCH,
        "window": WINDOW,
        "every": EVERY,
        "runs": [],
    }
    windows, held_back = chosen(train), chosen(test)[:, :HELD_BACK]
    for rate in LEARNING_RATES:
        run = fit(windows, held_back, rate=rate, options=options)
        record["runs"].append(run)
        print(json.dumps(run), flush=True)
        if options.json:
            written = json.dumps(record, indent=1) + "\n"
            options.json.write_text(written, encoding="utf-8")


def chosen(written: str) -> NDArray[np.int32]:
    """Return a text's windows and their targets, (2, n, length), in random order."""
    pairs = np.stack(text.windows(text.encode(written), WINDOW))
    order = np.random.default_rng(SEED).permutation(pairs.shape[1])
    return pairs[:, order]


def command(options: argparse.Namespace) -> str:
    """Return the command that does it again, on any machine."""
    sizes = ["--updates", str(options.updates), "--units", str(options.units)]
    return shlex.join(["python", "-m", "benchmarks.full_shakespeare", *sizes])


def fit(
    windows: NDArray[np.int32],
    held_back: NDArray[np.int32],
    *,
    rate: float,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Return the losses of one run, each update on windows not seen before."""
    import keras

    from companion import models, training

    keras.utils.set_random_seed(SEED)
    model = models.char_lstm(units=options.units)
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(),
        optimizer=keras.optimizers.RMSprop(rate),
    )
    losses, size = [], EVERY * BATCH
    start = time.perf_counter()
    for begin in range(0, options.updates * BATCH, size):
        x, y = windows[:, begin : begin + size]
        history = training.fit(model, x, y, batch_size=BATCH, seed=SEED, verbose=0)
        losses += history.history["loss"]
        print(f"{rate}: {len(losses) * EVERY} updates, {losses[-1]:.3f}", flush=True)
    seconds = time.perf_counter() - start
    return {
        "optimizer": f"RMSprop({rate})",
        "learning_rate": rate,
        "seed": SEED,
        "backend": keras.backend.backend(),
        "seconds": seconds,
        "loss": losses,
        "held_back_loss": model.evaluate(*held_back, batch_size=BATCH, verbose=0),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.full_shakespeare",
        description="Train the character network at the tutorial's full size.",
    )
    parser.add_argument("--updates", type=int, default=200, help="of a run, in tens")
    parser.add_argument("--units", type=int, default=512, help="of a layer (512)")
    parser.add_argument("--json", type=Path, help="where to write the record")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
