"""What `test_runtime.py` runs in processes of their own.

    python runtime_worker.py devices FOLDER         JAX, four virtual devices
    python runtime_worker.py processes FOLDER JOB   JAX, one of two processes
    python runtime_worker.py mirrored FOLDER        TensorFlow, four virtual devices

Each writes what it found to a JSON file in the folder, named by its number.
"""

import json
import os
import runpy
import signal
import sys
from pathlib import Path

if __name__ == "__main__" and os.environ["KERAS_BACKEND"] == "jax":
    # Keras looks for TensorFlow here and there, and importing it takes seconds.
    sys.modules["tensorflow"] = None

import keras
import numpy as np

from companion import data, models, runtime, text, training

CIRCLES = data.circles(seed=0)
X, Y = CIRCLES.x_train[:90], CIRCLES.y_train[:90]
TEXT = text.windows(text.encode("To be, or not to be, that is the question. " * 8), 16)
QUIET = {"seed": 0, "verbose": 0}


def compiled_circles():
    """Return the network for the circles."""
    model = models.circles_mlp()
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def circles():
    """Train with a smaller last batch and a validation set."""
    model = compiled_circles()
    options = {"batch_size": 20, "epochs": 3, "validation_split": 0.1} | QUIET
    return model, training.fit(model, X, Y, **options)


def digits():
    """Train convolutions, step by step, with dropout and a smaller last batch."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(4, 3, strides=3, activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    # Noise: reading the digits takes seconds, in each process.
    rng = np.random.default_rng(0)
    x, y = rng.random((60, 28, 28, 1), np.float32), rng.integers(10, size=60)
    return model, training.fit(model, x, y, batch_size=16, epochs=2, **QUIET)


def characters():
    """Train a small network of LSTMs."""
    model = models.char_lstm(units=8)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    x, y = (array[:32] for array in TEXT)
    return model, training.fit(model, x, y, batch_size=8, epochs=2, **QUIET)


CASES = {"circles": circles, "digits": digits, "characters": characters}


def train(case):
    """Run a case from a fixed start; return the model, its history and its weights."""
    keras.utils.set_random_seed(1)
    model, history = CASES[case]()
    weights = np.concatenate([array.ravel() for array in model.get_weights()])
    return model, {"history": history.history, "weights": weights.tolist()}


def train_all(found):
    """Note the history and the weights of every case; return the circles' model."""
    trained = {case: train(case) for case in CASES}
    found["trained"] = {case: result for case, (_, result) in trained.items()}
    return trained["circles"][0]


def note(found, name, action):
    """Note the kind and the text of the error that an action raises."""
    try:
        action()
    except Exception as error:
        found.setdefault("refused", {})[name] = f"{type(error).__name__}: {error}"


def describe(job):
    """Return what a distribution says of itself."""
    return [job.devices, job.processes, job.process]


def note_shares(found):
    """Note the shape of each array that is placed, and of a device's part of it."""

    from companion.training import _on_jax

    place, found["placed"] = _on_jax.place, []

    def place_and_note(array, **options):
        placed = place(array, **options)
        part = placed.sharding.shard_shape(placed.shape)
        found["placed"].append([list(placed.shape), list(part)])
        return placed

    _on_jax.place = place_and_note


def devices(folder):
    """Train on four devices, and try what is refused there."""
    found = {}
    note_shares(found)
    before = compiled_circles()
    with runtime.distribute() as job:
        found["job"] = describe(job)
        model = train_all(found)
        stateful = models.char_lstm(units=2, batch_size=8, stateful=True)
        fit = {"batch_size": 30} | QUIET
        note(found, "batch", lambda: training.fit(model, X, Y, **fit))
        note(found, "place", lambda: runtime.check(before, batch_size=8, steps=1))
        note(found, "stateful", lambda: runtime.check(stateful, batch_size=8, steps=1))
        note(found, "twice", runtime.distribute)
        runtime.check(model, batch_size=8, steps=1, predict=True)
        found["predicted"] = model.predict(X[:8], verbose=0).shape
    with runtime.distribute(devices=2) as job:
        found["two of them"] = describe(job)
    note(found, "too many", lambda: runtime.distribute(devices=5))
    os.environ |= {
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": "127.0.0.1:1",
        "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
        "KERAS_DISTRIBUTION_PROCESS_ID": "1",
    }
    note(found, "too late", runtime.distribute)
    write(folder, 0, found)


def processes(folder, script):
    """Run the reader's script, train the cases across processes, then lose one."""
    os.chdir(folder)
    found = {"script": runpy.run_path(script)["history"].history}
    with runtime.distribute() as job:
        found["job"], found["addresses"] = describe(job), addresses()
        model = train_all(found)
        x, y, number = X[:16], Y[:16], job.process
        fit = {"batch_size": 8} | QUIET
        check = {"batch_size": 8, "steps": 1}
        saved = keras.callbacks.ModelCheckpoint(f"{number}.keras")
        training.fit(model, x, y, callbacks=[saved], **fit)
        note(
            found,
            "steps",
            lambda: runtime.check(model, **check | {"steps": 5 + number}),
        )
        batch = {"batch_size": 8 + number}
        note(found, "batch", lambda: runtime.check(model, **check | batch))
        note(found, "data", lambda: training.fit(model, x + number, y, **fit))
        note(found, "seed", lambda: training.fit(model, x, y, **fit | {"seed": number}))
        order = {"shuffle": number == 0}
        note(found, "order", lambda: training.fit(model, x, y, **fit | order))
        note(found, "predict", lambda: runtime.check(model, **check, predict=True))
        note(found, "Keras's predict", lambda: model.predict(x, verbose=0))
    note(found, "ended", lambda: runtime.check(model, **check))
    note(found, "some", lambda: runtime.distribute(devices=1))
    copy = models.circles_mlp()
    copy.set_weights(model.get_weights())
    found["predicted"] = copy.predict(x, verbose=0).shape
    write(folder, number, found)
    with runtime.distribute():
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        while True:
            runtime.check(model, **check)


def mirrored(folder):
    """Train the circles on four devices of TensorFlow, and try what is refused."""
    import tensorflow as tf

    cpu = tf.config.list_physical_devices("CPU")[0]
    four = [tf.config.LogicalDeviceConfiguration()] * 4
    tf.config.set_logical_device_configuration(cpu, four)
    found, before = {}, compiled_circles()
    fit = {"batch_size": 20, "epochs": 2, "shuffle": False, "verbose": 0}
    for name in ("alone", "together"):
        job = runtime.distribute() if name == "together" else None
        keras.utils.set_random_seed(1)
        model = compiled_circles()
        history = model.fit(X[:80], Y[:80], **fit).history
        found[name] = [history, [array.tolist() for array in model.get_weights()]]
    found["job"] = describe(job)
    note(found, "batch", lambda: runtime.check(model, batch_size=30, steps=1))
    note(found, "place", lambda: runtime.check(before, batch_size=8, steps=1))
    note(found, "training.fit", lambda: training.fit(model, X, Y, **QUIET))
    note(found, "twice", runtime.distribute)
    job.end()
    write(folder, 0, found)


def addresses():
    """Return the addresses at which this process listens."""
    import psutil

    connections = psutil.Process().net_connections()
    return [c.laddr for c in connections if c.status == psutil.CONN_LISTEN]


def write(folder, number, found):
    """Write what was found."""
    Path(folder, f"{number}.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    actions = {"devices": devices, "processes": processes, "mirrored": mirrored}
    actions[sys.argv[1]](*sys.argv[2:])
