"""Many seeds of one network: one after another, or side by side on JAX."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import keras
import numpy as np

from companion._keras import backend, every_layer
from companion.training import _loop
from companion.training._checks import check_builds, check_callbacks, check_model
from companion.training._labels import check_labels
from companion.training._plan import Batches, Plan
from companion.training._programs import (
    create_state,
    find_targets,
    suits_one_program,
    to_tensors,
)

if TYPE_CHECKING:
    from companion.training import _on_jax

# Above this size one network keeps the processor busy, and side by side gains nothing.
SIDE_BY_SIDE_WEIGHTS = 5_000

Build = Callable[[], keras.Model]
Callbacks = keras.callbacks.Callback | Sequence[keras.callbacks.Callback]


class Run(NamedTuple):
    """One training run of `training.repeat`.

    Attributes
    ----------
    history : dict of str to list of float
        The value of each metric after each epoch, as in `History.history`; an array for
        a metric of several numbers.
    weights : list of arrays
        The weights after the last epoch, as from `model.get_weights()`.
    """

    history: dict[str, list[float]]
    weights: list[np.ndarray]


def run(
    build: Build,
    plan: Plan,
    *,
    seeds: Sequence[int],
    callbacks: Callable[[], Callbacks] | None,
    verbose: int,
    jit_compile: bool | str,
) -> list[Run]:
    """Train a network once for each seed."""
    model = _seeded(build, seeds[0])
    check_model(model)
    if callbacks is None and jit_compile and _go_side_by_side(model):
        return _side_by_side(model, build, plan, seeds, verbose)
    return _in_turn(model, build, plan, seeds, callbacks, verbose, jit_compile)


def _in_turn(
    model: keras.Model,
    build: Build,
    plan: Plan,
    seeds: Sequence[int],
    callbacks: Callable[[], Callbacks] | None,
    verbose: int,
    jit_compile: bool | str,
) -> list[Run]:
    """Train the build of the first seed, then give it the state of the next."""
    bar = keras.utils.Progbar(len(seeds), unit_name="run", verbose=verbose)
    runs = []
    for i, seed in enumerate(seeds):
        if i > 0:
            _start_again(model, _seeded(build, seed), plan)
        history = _loop.run(
            model,
            plan,
            seed=seed,
            callbacks=check_callbacks(callbacks() if callbacks else None),
            verbose=0,
            jit_compile=jit_compile,
        )
        runs.append(Run(history.history, model.get_weights()))
        bar.update(i + 1)
    return runs


def _side_by_side(
    model: keras.Model, build: Build, plan: Plan, seeds: Sequence[int], verbose: int
) -> list[Run]:
    """Train a copy of the model for each seed, all of them in one program an epoch."""
    from companion.training import _on_jax

    create_state(model, plan)
    check_labels(find_targets(model, plan), plan)
    variables = _on_jax.training_variables(model)
    states = [_on_jax.values(variables)]
    for seed in seeds[1:]:
        _start_again(model, _seeded(build, seed), plan)
        states.append(_on_jax.values(variables))
    programs = _on_jax.SeedPrograms(model, states)
    runs = []
    for i, history in enumerate(_histories(programs, plan, seeds, verbose)):
        _on_jax.assign(variables, _on_jax.state_of_copy(programs.state, i))
        model.optimizer.finalize_variable_values(model.trainable_weights)
        runs.append(Run(history, model.get_weights()))
    return runs


def _seeded(build: Build, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    model = build()
    if not isinstance(model, keras.Model):
        raise TypeError(
            "build must return a compiled keras.Model. Received: "
            f"{type(model).__name__}"
        )
    return model


def _start_again(model: keras.Model, fresh: keras.Model, plan: Plan) -> None:
    """Give a model the state of a fresh one, optimizer included."""
    if not fresh.built:
        create_state(fresh, plan)
    check_builds(model, fresh)
    if not fresh.optimizer.built:
        fresh.optimizer.build(fresh.trainable_variables)
    pairs = [
        *zip(model.variables, fresh.variables, strict=True),
        *zip(model.optimizer.variables, fresh.optimizer.variables, strict=True),
    ]
    for variable, new in pairs:
        variable.assign(new)
    # Keras keeps the states of recurrent layers out of a model's variables.
    for layer in every_layer(model):
        if getattr(layer, "stateful", False):
            layer.reset_state()


def _go_side_by_side(model: keras.Model) -> bool:
    """Tell whether training copies of a model together is faster than in turn."""
    return (
        backend() == "jax"
        and keras.distribution.distribution() is None
        and suits_one_program(model)
        and model.count_params() <= SIDE_BY_SIDE_WEIGHTS
    )


def _histories(
    programs: "_on_jax.SeedPrograms", plan: Plan, seeds: Sequence[int], verbose: int
) -> list[dict[str, list[float]]]:
    training, held_back = to_tensors(plan.training), to_tensors(plan.held_back)
    histories: list[dict[str, list[float]]] = [{} for _ in seeds]
    bar = keras.utils.Progbar(plan.epochs, unit_name="epoch", verbose=verbose)
    for epoch in range(plan.epochs):
        orders = [plan.batches(seed=seed, epoch=epoch) for seed in seeds]
        logs = dict(programs.train(training, _stack(orders)))
        if held_back is not None:
            results = programs.evaluate(*held_back)
            logs.update({f"val_{name}": value for name, value in results.items()})
        for name, values in logs.items():
            for history, value in zip(histories, np.asarray(values), strict=True):
                # As in a History, where a metric of several numbers stays an array.
                number = value if value.ndim else float(value)
                history.setdefault(name, []).append(number)
        bar.update(epoch + 1)
    return histories


def _stack(orders: list[Batches]) -> Batches:
    """Return the batches of all seeds, with the seeds as the first axis."""
    full, tails = zip(*orders, strict=True)
    tail = None if tails[0] is None else np.stack(tails)
    return to_tensors(Batches(np.stack(full), tail))
