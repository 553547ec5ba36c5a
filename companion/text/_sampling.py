"""The loop behind `companion.text.sample`: one program for a whole text.

The lines that differ by backend stand in `_compile`. The weights go in at every call,
so a program serves a model however far it has been trained.
"""

import functools
from collections.abc import Callable

import keras
import numpy as np
from numpy.typing import NDArray

from companion._keras import Tensor, backend

ATTRIBUTE = "_companion_samplers"
# A recurrent layer goes on from its state; every other layer allowed here turns the
# character at a place into numbers without looking at another place.
RECURRENT = (keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN)
PLACEWISE = (
    keras.layers.Embedding,
    keras.layers.Dense,
    keras.layers.Activation,
    keras.layers.Dropout,
    keras.layers.LayerNormalization,
)
# Shorter runs are padded to this many places, longer ones to a power of two: lengths
# that are padded alike share one program.
LEAST_PLACES = 1024

Program = Callable[..., tuple[Tensor, Tensor]]


def generate(
    model: keras.Sequential,
    prompt: NDArray[np.int32],
    numbers: NDArray[np.float32],
    *,
    temperature: float,
) -> NDArray[np.int32]:
    """Return the codes that follow a prompt, (length, streams), from random numbers.

    A run has a place for each character that the model reads. What it reads next is
    the prompt where there is one (`forced`), and else the character just chosen.
    """
    length, streams = numbers.shape
    first = len(prompt) - 1
    places = first + length
    padded = max(LEAST_PLACES, 1 << (places - 1).bit_length())
    forced = np.full(padded, -1, dtype=np.int32)
    forced[:first] = prompt[1:]
    drawn = np.ones((padded, streams), dtype=np.float32)
    drawn[first:places] = numbers
    start = np.full(streams, prompt[0], dtype=np.int32)
    # As arrays: of Python's numbers, each new value would compile a program.
    run = [np.int32(places), np.float32(temperature), start, forced, drawn]
    codes, all_finite = _program(model)(*map(keras.ops.convert_to_tensor, run))
    if not all_finite:
        raise ValueError(
            "The model must return probabilities. Received: NaN or infinity from its "
            "last layer. Look for a training run that diverged."
        )
    return keras.ops.convert_to_numpy(codes)[first:places]


def choose(
    probabilities: Tensor, numbers: Tensor, temperature: Tensor
) -> tuple[Tensor, Tensor]:
    """Return the first class whose cumulated weight reaches its random number's share.

    And whether all weights are finite. Numbers lie in (0, 1], so that a class of
    probability 0 is never chosen, and neither is one beyond the last.
    """
    ops = keras.ops
    largest = ops.max(probabilities, axis=-1, keepdims=True)
    # Relative to the largest: else a small temperature makes 0 of every weight.
    weights = ops.exp(ops.log(probabilities / largest) / temperature)
    cumulated = ops.cumsum(weights, axis=-1)
    share = ops.expand_dims(numbers, -1) * cumulated[..., -1:]
    codes = ops.sum(ops.cast(cumulated < share, "int32"), axis=-1)
    return codes, ops.all(ops.isfinite(share))


def check_model(model: keras.Model, *, codes: int) -> None:
    """Refuse a model that cannot be run one character at a time."""
    backend()
    if not isinstance(model, keras.Sequential):
        raise TypeError(
            "`model` must be a keras.Sequential, such as models.char_lstm(). "
            f"Received: {type(model).__name__}"
        )
    first = next(iter(model.layers), None)
    if not model.built or not isinstance(first, keras.layers.Embedding):
        raise ValueError(
            "The model must be built and begin with an Embedding of character codes, "
            "as models.char_lstm() does. Received: "
            f"{[type(layer).__name__ for layer in model.layers]}"
        )
    for layer in model.layers:
        _check_layer(layer)
    inputs, outputs = first.input_dim, model.output_shape[-1]
    last = getattr(model.layers[-1], "activation", None)
    if (inputs, outputs, last) != (codes, codes, keras.activations.softmax):
        raise ValueError(
            f"The model must take the codes 0 to {codes - 1} and end in a softmax over "
            f"them, as models.char_lstm() does. Received: {inputs} codes, and "
            f"{outputs} outputs with the activation {getattr(last, '__name__', None)}"
        )


def _check_layer(layer: keras.Layer) -> None:
    """Refuse a layer that needs more than this place and a state from the last one."""
    if isinstance(layer, RECURRENT):
        refused = layer.go_backwards or not layer.return_sequences
    else:
        refused = not isinstance(layer, PLACEWISE) or getattr(layer, "mask_zero", False)
        refused = refused or getattr(layer, "axis", -1) not in (-1, [-1])
    if refused:
        raise ValueError(
            "The layers must be LSTM, GRU or SimpleRNN with return_sequences=True, "
            "reading forwards, or act at each place alone: Embedding without "
            "mask_zero, Dense, Activation, Dropout, LayerNormalization of the last "
            f"axis. Received: {type(layer).__name__} with {layer.get_config()}"
        )


def _program(model: keras.Sequential) -> Program:
    """Return the program of a model, which is kept on the model itself.

    The weights are its arguments, but its steps are those of the layers: a model whose
    layers have changed gets a new one.
    """
    sampler = getattr(model, ATTRIBUTE, None)
    if sampler is None or sampler.layers != model.layers:
        sampler = _Sampler(model)
        setattr(model, ATTRIBUTE, sampler)
    return sampler.program


class _Sampler:
    """A program and the layers it was made from."""

    def __init__(self, model: keras.Sequential) -> None:
        self.layers = list(model.layers)
        self.program = _compile(model)


def _compile(model: keras.Sequential) -> Program:
    """Return `_run` of a model as a program of TensorFlow with XLA, or of JAX."""
    if backend() == "tensorflow":
        import tensorflow as tf

        # A partial, since TensorFlow warns of "retracing" when one Python function is
        # traced for many models. It reads the variables itself: nothing is copied.
        run = functools.partial(_run_with_own_weights, model)
        return tf.function(run, autograph=False, jit_compile=True)
    import jax

    program = jax.jit(functools.partial(_run, model))
    return lambda *run: program(_values(model), *run)


def _run_with_own_weights(
    model: keras.Sequential, *run: Tensor
) -> tuple[Tensor, Tensor]:
    return _run(model, _values(model), *run)


def _values(model: keras.Sequential) -> list[Tensor]:
    return [variable.value for variable in model.variables]


def _run(
    model: keras.Sequential,
    values: list[Tensor],
    places: Tensor,
    temperature: Tensor,
    start: Tensor,
    forced: Tensor,
    numbers: Tensor,
) -> tuple[Tensor, Tensor]:
    """Run the places of a text, each on the states that the place before left."""
    ops = keras.ops

    def advance(
        i: Tensor, codes: Tensor, states: list, sampled: Tensor, all_finite: Tensor
    ) -> tuple:
        probabilities, states = _step(model.layers, codes, states)
        codes, finite = choose(probabilities, numbers[i], temperature)
        sampled = ops.slice_update(sampled, [i, 0], codes[None])
        codes = ops.where(forced[i] < 0, codes, forced[i])
        return i + 1, codes, states, sampled, ops.logical_and(all_finite, finite)

    state_mapping = zip(model.variables, values, strict=True)
    with keras.StatelessScope(state_mapping=state_mapping):
        states = [
            layer.cell.get_initial_state(batch_size=start.shape[0])
            for layer in model.layers
            if isinstance(layer, RECURRENT)
        ]
        sampled = ops.zeros(numbers.shape, dtype="int32")
        # The last is True as a tensor, since no code is negative.
        begin = (ops.zeros((), "int32"), start, states, sampled, ops.all(start >= 0))
        *_, sampled, all_finite = ops.while_loop(
            lambda i, *_: i < places, advance, begin
        )
    return sampled, all_finite


def _step(
    layers: list[keras.Layer], codes: Tensor, states: list
) -> tuple[Tensor, list]:
    """Return the probabilities after one character, and the new states."""
    x, old_states, new_states = codes[:, None], iter(states), []
    for layer in layers:
        if isinstance(layer, RECURRENT):
            x, state = layer.cell(x[:, 0], next(old_states), training=False)
            x = x[:, None]
            new_states.append(state)
        else:
            x = layer(x, training=False)
    return keras.ops.cast(x[:, 0], "float32"), new_states
