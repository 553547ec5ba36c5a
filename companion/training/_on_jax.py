"""JAX's lines: an epoch is one jitted `lax.scan` over Keras's stateless step."""

from collections.abc import Callable
from typing import Any

import jax
import keras
import numpy as np

from companion._keras import Tensor
from companion.training._plan import Arrays, Batches, Logs

# What a step takes and returns: lists of arrays in the order of the variables, of
# which the metrics' come last.
State = tuple[list[Tensor], ...]
Variables = tuple[list[keras.Variable], ...]
Step = Callable[[State, Arrays], tuple[Logs, State]]
Program = Callable[[State, Arrays, Batches], tuple[Logs, State]]


class ModelPrograms:
    """Two programs of a model: an epoch of training and a pass of validation.

    Each runs Keras's own step, so the losses, the metrics and the optimizer are those
    of `model.fit`. The variables go in and come out; JAX keeps one compiled form for
    each shape of the data. With `compile_epoch`, the loop is compiled, else one step.
    """

    def __init__(self, model: keras.Model, *, compile_epoch: bool) -> None:
        make = _scan if compile_epoch else _steps
        self._model = model
        self._train = make(model, model.train_step)
        self._evaluate = make(model, model.test_step)

    def train(self, arrays: Arrays, batches: Batches) -> Logs:
        """Train the model for one epoch and return its metrics."""
        variables = training_variables(self._model)
        return _run(self._train, variables, arrays, batches)

    def evaluate(self, arrays: Arrays, batches: Batches) -> Logs:
        """Return the metrics on a validation set."""
        variables = _without_optimizer(training_variables(self._model))
        return _run(self._evaluate, variables, arrays, batches)


class SeedPrograms:
    """The same two programs for many copies of a model at once, one for each seed.

    Every array of the state has the seeds as its first axis.
    """

    def __init__(self, model: keras.Model, states: list[State]) -> None:
        train, evaluate = (
            _scan(model, step, jit=False)
            for step in (model.train_step, model.test_step)
        )
        self._train = jax.jit(jax.vmap(train, in_axes=(0, None, 0)))
        self._evaluate = jax.jit(jax.vmap(evaluate, in_axes=(0, None, None)))
        self.state: State = jax.tree.map(
            lambda *leaves: jax.numpy.stack(leaves), *states
        )

    def train(self, arrays: Arrays, batches: Batches) -> Logs:
        """Train every copy for one epoch, each on its own batches."""
        logs, self.state = self._train(self.state, arrays, batches)
        return logs

    def evaluate(self, arrays: Arrays, batches: Batches) -> Logs:
        """Return the metrics of every copy on a validation set."""
        trainable, other, optimizer, metrics = self.state
        logs, (trainable, other, metrics) = self._evaluate(
            (trainable, other, metrics), arrays, batches
        )
        self.state = (trainable, other, optimizer, metrics)
        return logs


def place(array: np.ndarray, *, share: int | None = None) -> jax.Array:
    """Return an array on the device, or on those of the distribution in force.

    There each holds the whole of it or, where they divide it evenly, its share along
    one axis. XLA then computes on each what follows from what it holds.
    """
    distribution = keras.distribution.distribution()
    if distribution is None:
        return keras.ops.convert_to_tensor(array)
    mesh = distribution.device_mesh
    axes = [None] * array.ndim
    if share is not None and array.shape[share] % mesh.devices.size == 0:
        axes[share] = distribution.batch_dim_name
    layout = keras.distribution.TensorLayout(axes, mesh).backend_layout
    # Each process makes the parts of its own devices from an array that all have.
    array = np.asarray(array, jax.dtypes.canonicalize_dtype(array.dtype))
    return jax.make_array_from_callback(array.shape, layout, array.__getitem__)


def outline(function: Callable, *arrays: Any) -> Any:
    """Return what a function returns, as shapes: nothing is computed."""
    return jax.eval_shape(function, *arrays)


def on_cpu() -> bool:
    """Tell whether JAX runs on the CPU."""
    return jax.default_backend() == "cpu"


def training_variables(model: keras.Model) -> Variables:
    """Return the variables that a step of training changes, metrics last."""
    return (
        model.trainable_variables,
        model.non_trainable_variables,
        model.optimizer.variables,
        model.metrics_variables,
    )


def values(variables: Variables) -> State:
    """Return the arrays that the variables hold."""
    return tuple([variable.value for variable in group] for group in variables)


def assign(variables: Variables, state: State) -> None:
    """Store new arrays in the variables."""
    for group, arrays in zip(variables, state, strict=True):
        for variable, array in zip(group, arrays, strict=True):
            variable.assign(array)


def state_of_copy(state: State, i: int) -> State:
    """Return the state of one copy from the state of all."""
    return jax.tree.map(lambda leaf: leaf[i], state)


def _scan(model: keras.Model, step: Step, *, jit: bool = True) -> Program:
    """Return the program that runs a step on every batch, in one loop of XLA."""

    def program(state: State, arrays: Arrays, batches: Batches) -> tuple[Logs, State]:
        def step_on_batch(state: State, chosen: jax.Array) -> tuple[State, None]:
            return step(state, _take(arrays, chosen))[1], None

        state = (*state[:-1], _fresh_metrics(model, state[-1]))
        state, _ = jax.lax.scan(step_on_batch, state, batches.full)
        # After the loop: a scan takes batches of one shape only.
        if batches.tail is not None:
            state, _ = step_on_batch(state, batches.tail)
        return _logs(model, state[-1]), state

    # Stated, since XLA is else free to choose another layout for the new weights.
    return jax.jit(program, out_shardings=(None, _copies())) if jit else program


def _steps(model: keras.Model, step: Step) -> Program:
    """Return a function that runs a compiled step on every batch, one by one."""

    def step_on(state: State, arrays: Arrays, batches: jax.Array, i: int) -> State:
        return step(state, _take(arrays, batches[i]))[1]

    step_on_batch = jax.jit(step_on, out_shardings=_copies())

    def program(state: State, arrays: Arrays, batches: Batches) -> tuple[Logs, State]:
        state = (*state[:-1], _fresh_metrics(model, state[-1]))
        for i in range(len(batches.full)):
            state = step_on_batch(state, arrays, batches.full, i)
        if batches.tail is not None:
            state = step_on_batch(state, arrays, batches.tail[None], 0)
        return _logs(model, state[-1]), state

    return program


def _copies() -> jax.sharding.Sharding | None:
    """Return that every device holds a whole copy, or None if there is one device."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return None
    return keras.distribution.TensorLayout([], distribution.device_mesh).backend_layout


def _run(
    program: Program, variables: Variables, arrays: Arrays, batches: Batches
) -> Logs:
    logs, state = program(values(variables), arrays, batches)
    assign(variables, state)
    return logs


def _without_optimizer(variables: Variables) -> Variables:
    """Return the variables that a step of validation takes."""
    trainable, other, _, metrics = variables
    return trainable, other, metrics


def _fresh_metrics(model: keras.Model, metrics: list[Tensor]) -> list[Tensor]:
    """Return the values of the metrics' variables as they are before a first batch."""
    state_mapping = list(zip(model.metrics_variables, metrics, strict=True))
    with keras.StatelessScope(state_mapping=state_mapping) as scope:
        model.reset_metrics()
    return [scope.get_current_value(variable) for variable in model.metrics_variables]


def _logs(model: keras.Model, metrics: list[Tensor]) -> Logs:
    state_mapping = list(zip(model.metrics_variables, metrics, strict=True))
    with keras.StatelessScope(state_mapping=state_mapping):
        return model.get_metrics_result()


def _take(arrays: Arrays, chosen: jax.Array) -> Arrays:
    return jax.tree.map(lambda leaf: leaf[chosen], arrays)
