"""What one program an epoch cannot do, each with its reason and the way out."""

import inspect
import zlib
from collections.abc import Iterable, Sequence

import keras
import numpy as np

from companion import runtime
from companion._arguments import check_seed
from companion._keras import backend
from companion.runtime import _devices
from companion.runtime._checks import check_agreement
from companion.training._plan import SHUFFLES, Arrays, Plan

BATCH_HOOKS = tuple(
    f"on_{phase}batch_{moment}"
    for phase in ("", "train_", "test_")
    for moment in ("begin", "end")
)
OVERRIDES = ("train_step", "test_step", "compute_metrics")
# They can be called, and make nothing anew.
NO_FACTORIES = (keras.Model, keras.callbacks.Callback)


def check_model(model: keras.Model) -> None:
    """Refuse a model that `model.fit` would refuse, or that needs `model.fit`."""
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"`model` must be a keras.Model. Received: {type(model).__name__}"
        )
    if not model.compiled:
        raise ValueError(
            "The model is not compiled. Call model.compile(optimizer=..., loss=...) "
            "before training."
        )
    _check_custom_steps(model)
    _check_setting(
        model.run_eagerly,
        "The model was compiled with run_eagerly=True, which runs every operation "
        "from Python; training.fit runs none from there",
    )
    backend()
    strategy = getattr(model, "distribute_strategy", None)
    _check_setting(
        strategy is not None
        and (strategy.num_replicas_in_sync > 1 or _devices.in_force()),
        "On TensorFlow training.fit runs on one device, and this model is distributed "
        f"by {type(strategy).__name__}",
    )
    _check_shared_examples(keras.distribution.distribution())


def check_distribution(model: keras.Model, plan: Plan, *, seed: int) -> None:
    """Refuse what does not work on the devices and processes that take part."""
    runtime.check(model, batch_size=plan.batch_size, steps=plan.steps)
    if keras.distribution.distribution() is not None:
        check_agreement(
            {
                "number of epochs": plan.epochs,
                "setting of shuffle": SHUFFLES.index(plan.shuffle),
                "size of a validation batch": plan.validation_batch_size,
                "seed": seed,
                "training data (their checksums)": _checksum(plan.training),
                "validation data (their checksums)": _checksum(plan.validation),
            }
        )


def check_callbacks(callbacks: object) -> list[keras.callbacks.Callback]:
    """Return the callbacks as a list, none of which acts between batches."""
    if callbacks is None:
        return []
    listed = list(callbacks) if isinstance(callbacks, list | tuple) else [callbacks]
    for callback in listed:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                "`callbacks` must be a keras.callbacks.Callback or a list of them. "
                f"Received: {type(callback).__name__}"
            )
        hooks = [hook for hook in BATCH_HOOKS if _acts_on(callback, hook)]
        _check_setting(
            bool(hooks),
            "training.fit runs each epoch as one program, so nothing can act between "
            f"two batches, and {type(callback).__name__} overrides {', '.join(hooks)}",
        )
    return listed


def check_trained_variables(
    model: keras.Model, before: Sequence[keras.Variable]
) -> None:
    """Refuse a model that trains other variables than when it was last compiled.

    Keras says that such a change takes effect when the model is compiled again.
    """
    now = model.trainable_variables
    gone = [variable.path for variable in before if not _is_among(variable, now)]
    new = [variable.path for variable in now if not _is_among(variable, before)]
    if gone or new:
        changes = [f"{path} no longer" for path in gone] + [
            f"{path} now" for path in new
        ]
        raise ValueError(
            "The variables that the model trains have changed since it was compiled: "
            f"{', '.join(changes)}. Call model.compile again, with a new optimizer, "
            "so that the change takes effect."
        )


def check_seeds(seeds: object) -> list[int]:
    """Return the seeds of `training.repeat`, at least one."""
    if not isinstance(seeds, Iterable) or isinstance(seeds, str):
        raise TypeError(
            "seeds must be several integers, for example range(30). "
            f"Received: {seeds!r}"
        )
    chosen = [check_seed(seed) for seed in seeds]
    if not chosen:
        raise ValueError("seeds must name at least one seed. Received: none")
    return chosen


def check_factory(name: str, made: str, function: object, *, example: str) -> None:
    """Refuse what `training.repeat` cannot call to make something for each run."""
    received = type(function).__name__
    if callable(function) and not isinstance(function, NO_FACTORIES):
        try:
            inspect.signature(function).bind()
            return
        except ValueError:  # a builtin without a signature
            return
        except TypeError as error:
            received = f"a function, and {error}"
    raise TypeError(
        f"{name} must be a function without arguments that returns {made}, for "
        f"example {example}. Received: {received}"
    )


def check_jit_compile(jit_compile: bool | str) -> bool | str:
    """Return "auto", True or False."""
    if jit_compile not in ("auto", True, False):
        raise ValueError(
            f'jit_compile must be "auto", True or False. Received: {jit_compile!r}'
        )
    return jit_compile


def check_verbose(verbose: str | int) -> int:
    """Return 0 (silent), 1 (one bar) or 2 (a line an epoch)."""
    if verbose == "auto":
        return 1
    if verbose not in (0, 1, 2):
        raise ValueError(
            '`verbose` must be "auto", 0 (silent), 1 (one progress bar) or 2 (a line '
            f"for each epoch). Received: verbose={verbose!r}"
        )
    return int(verbose)


def check_builds(first: keras.Model, next_model: keras.Model) -> None:
    """Refuse builds of `training.repeat` that are not fresh copies of one network."""
    if next_model is first or next_model.optimizer is first.optimizer:
        raise ValueError(
            "`build` must make a new model and a new optimizer each time it is called. "
            "Received the same object twice: create both inside `build`."
        )
    made = [_describe(model) for model in (first, next_model)]
    if made[0] != made[1]:
        raise ValueError(
            "`build` must make the same network with the same kind of optimizer each "
            f"time it is called. Received: {made[0]} and then {made[1]}"
        )


def _check_shared_examples(distribution: object) -> None:
    """Refuse a distribution of Keras that shares out more than the examples."""
    kind = keras.distribution.DataParallel
    ours = backend() == "jax" and isinstance(distribution, kind)
    _check_setting(
        distribution is not None and not ours,
        "training.fit shares out the examples of a batch, by DataParallel on JAX, and "
        f"this model is distributed by {type(distribution).__name__}",
    )


def _checksum(arrays: Arrays | None) -> int:
    crc = 0
    for leaf in keras.tree.flatten(arrays):
        if leaf is not None:
            crc = zlib.crc32(np.ascontiguousarray(leaf).data, crc)
    return crc


def _check_custom_steps(model: keras.Model) -> None:
    custom = [name for name in OVERRIDES if not _inherits(model, name, [keras.Model])]
    _check_setting(
        bool(custom),
        f"{type(model).__name__} overrides {', '.join(custom)}, and training.fit "
        "compiles Keras's own training step",
    )


def _check_setting(refused: bool, reason: str) -> None:
    """Raise the reason, followed by what to use instead."""
    if refused:
        raise ValueError(f"{reason}. Use model.fit here: it takes the same arguments.")


def _acts_on(callback: keras.callbacks.Callback, hook: str) -> bool:
    silent: list[type] = [keras.callbacks.Callback, keras.callbacks.ProgbarLogger]
    # training.fit calls it when an epoch is done: its mean loss is NaN if one was.
    silent += [keras.callbacks.TerminateOnNaN]
    if getattr(callback, "save_freq", None) == "epoch":
        silent += [keras.callbacks.ModelCheckpoint, keras.callbacks.BackupAndRestore]
    return not _inherits(callback, hook, silent)


def _inherits(instance: object, name: str, classes: Iterable[type]) -> bool:
    """Tell whether a method is the one that one of the classes defines."""
    method = getattr(getattr(instance, name), "__func__", None)
    return any(method is getattr(kind, name) for kind in classes)


def _is_among(variable: keras.Variable, others: Sequence[keras.Variable]) -> bool:
    """Tell whether a variable is one of several: == would compare their values."""
    return any(variable is other for other in others)


def _describe(model: keras.Model) -> str:
    shapes = [tuple(variable.shape) for variable in model.variables]
    return f"{type(model.optimizer).__name__} on variables of shapes {shapes}"
