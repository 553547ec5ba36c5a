"""The epochs of a run, with the callbacks between them."""

import signal
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import keras

from companion.training._checks import check_distribution
from companion.training._plan import Logs, Plan
from companion.training._programs import compiled, on_devices, sharded


class EpochBar(keras.callbacks.Callback):
    """One line for a whole run: the epochs done, the time and the last metrics."""

    def __init__(self, epochs: int) -> None:
        super().__init__()
        self._epochs = epochs

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Start the bar."""
        self._bar = keras.utils.Progbar(self._epochs, unit_name="epoch")
        self._done = 0

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Move the bar to the end of this epoch."""
        self._done = epoch + 1
        self._bar.update(self._done, list((logs or {}).items()), finalize=False)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """End the line, also where training stopped early."""
        self._bar.update(self._done, list((logs or {}).items()), finalize=True)


def run(
    model: keras.Model,
    plan: Plan,
    *,
    seed: int,
    callbacks: list[keras.callbacks.Callback],
    verbose: int,
    jit_compile: bool | str,
) -> keras.callbacks.History:
    """Train a model as planned, one program an epoch, and return its history."""
    check_distribution(model, plan, seed=seed)
    programs = compiled(model, plan, jit_compile=jit_compile)
    hooks = _hooks(model, plan, callbacks, verbose)
    nan_stops = [c for c in callbacks if isinstance(c, keras.callbacks.TerminateOnNaN)]
    training = on_devices(plan.training)
    held_back = None
    if plan.held_back is not None:
        validation, batches = plan.held_back
        held_back = on_devices(validation), sharded(batches)
    model.stop_training = False
    # Keras leaves there where an earlier run was resumed; that run is over.
    model._initial_epoch = None
    logs: Logs = {}
    hooks.on_train_begin()
    for epoch in range(_first_epoch(model), plan.epochs):
        hooks.on_epoch_begin(epoch)
        batches = sharded(plan.batches(seed=seed, epoch=epoch))
        with _interrupts_deferred():
            logs = dict(programs.train(training, batches))
        if held_back is not None:
            hooks.on_test_begin()
            with _interrupts_deferred():
                results = programs.evaluate(*held_back)
            hooks.on_test_end(results)
            logs.update({f"val_{name}": value for name, value in results.items()})
        for callback in nan_stops:
            callback.on_batch_end(plan.steps - 1, logs)
        hooks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    # With `use_ema` the optimizer now puts the averages in the weights' place.
    model.optimizer.finalize_variable_values(model.trainable_weights)
    hooks.on_train_end(logs)
    return model.history


@contextmanager
def _interrupts_deferred() -> Generator[None, None, None]:
    """Let Ctrl-C wait for the end of the block.

    In the middle it could leave some variables of an earlier epoch, or TensorFlow's
    list of programs in a state in which it finds none of them again.
    """
    handler = signal.getsignal(signal.SIGINT)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not (in_main_thread and callable(handler)):
        yield
        return
    deferred: list[tuple[int, FrameType | None]] = []
    signal.signal(signal.SIGINT, lambda number, frame: deferred.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if deferred:
            handler(*deferred[0])


def _hooks(
    model: keras.Model,
    plan: Plan,
    callbacks: list[keras.callbacks.Callback],
    verbose: int,
) -> keras.callbacks.CallbackList:
    """Return the callbacks with a history and, unless silent, a progress bar."""
    return keras.callbacks.CallbackList(
        [*callbacks, EpochBar(plan.epochs)] if verbose == 1 else callbacks,
        add_history=True,
        add_progbar=verbose == 2,
        model=model,
        verbose=verbose,
        epochs=plan.epochs,
        steps=plan.steps,
    )


def _first_epoch(model: keras.Model) -> int:
    """Return where to go on: the `BackupAndRestore` callback leaves it on the model."""
    return getattr(model, "_initial_epoch", None) or 0
