"""A long training that ends too early goes on where it was: `BackupAndRestore`."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import callbacks

from companion import text, training

pytestmark = pytest.mark.backend

X, Y = text.windows(np.arange(400) % 7 + 65, length=6)
EPOCHS = 5
# Sums of a few dozen float32 numbers of size 1, over about 30 updates.
ROUNDING = {"rtol": 1e-5, "atol": 2e-6}


class Kill(callbacks.Callback):
    """End the process when an epoch has run and nothing of it is saved yet."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            os.kill(os.getpid(), signal.SIGKILL)


class Interrupt(Kill):
    """Press Ctrl-C at that moment."""

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def backup(folder):
    """Return the callback as the chapter has it."""
    return callbacks.BackupAndRestore(folder, double_checkpoint=True)


def network(*, seed=0):
    """Return a network of characters, tiny, with an optimizer that has a memory."""
    keras.utils.set_random_seed(seed)
    # Without an LSTM: it is saved and loaded as other layers are, and slow to trace.
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            keras.layers.Embedding(256, 4),
            keras.layers.Dense(256, activation="softmax"),
        ]
    )
    model.compile(
        loss="sparse_categorical_crossentropy", optimizer=keras.optimizers.Adam(0.01)
    )
    return model


def train(model, *, callbacks=None):
    """Train as every process of these tests does; return the losses of the epochs."""
    options = {"epochs": EPOCHS, "batch_size": 11, "seed": 3, "verbose": 0}
    # Quicker to make; these tests are about what happens between the epochs.
    options["jit_compile"] = False
    return training.fit(model, X, Y, callbacks=callbacks, **options).history["loss"]


@pytest.fixture(scope="module")
def whole():
    """Return the losses and the weights of a run that nothing disturbed."""
    model = network()
    losses = train(model)
    return losses, model.get_weights()


def assert_went_on(whole, folder, *, after):
    """Resume from other weights and another optimizer: it ends as the whole run did."""
    losses, weights = whole
    resumed = network(seed=9)
    history = train(resumed, callbacks=backup(folder))
    np.testing.assert_allclose(history, losses[after:], **ROUNDING)
    for ours, expected in zip(resumed.get_weights(), weights, strict=True):
        np.testing.assert_allclose(ours, expected, **ROUNDING)
    # All is done: the files are gone, and the next run has all its epochs.
    assert not folder.exists()
    assert len(train(resumed)) == EPOCHS


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_a_killed_process_loses_the_epoch_under_way_and_no_more(tmp_path, whole):
    folder = tmp_path / "backup"
    program = (
        "import test_resuming as t; from pathlib import Path; "
        f"folder = Path({str(folder)!r}); "
        "t.train(t.network(), callbacks=[t.Kill(2), t.backup(folder)])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parent, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    # Two of five epochs were saved; the third had run and was not.
    assert_went_on(whole, folder, after=2)


@pytest.mark.slow
def test_an_interrupted_run_loses_the_epoch_under_way_and_no_more(tmp_path, whole):
    folder = tmp_path / "backup"
    with pytest.raises(KeyboardInterrupt):
        train(network(), callbacks=[Interrupt(3), backup(folder)])
    assert_went_on(whole, folder, after=3)


@pytest.mark.slow
def test_a_process_killed_while_it_saves_loses_one_epoch_and_no_more(tmp_path, whole):
    folder = tmp_path / "backup"
    with pytest.raises(KeyboardInterrupt):
        train(network(), callbacks=[backup(folder), Interrupt(2)])
    latest = folder / "latest.weights.h5"
    # Half a file, as a process leaves it that dies while it writes the third epoch.
    latest.write_bytes(latest.read_bytes()[: latest.stat().st_size // 2])
    notes = json.loads((folder / "training_metadata.json").read_text(encoding="utf-8"))
    assert notes["epoch"] == 3
    assert_went_on(whole, folder, after=2)
