"""Layers that compute what Keras's own do, in an order that suits a processor better.

`LSTM` is Keras's layer: its options, weights, states and results. On a CPU it trains
faster, because less is left inside the loop over time.
"""

from collections.abc import Callable

import keras
from keras import ops

from companion._keras import Tensor

__all__ = ["LSTM"]


@keras.saving.register_keras_serializable(package="companion")
class LSTM(keras.layers.LSTM):
    r"""Keras's LSTM layer, faster to train on a CPU.

    At every time t the four gates, side by side, are a function of

    .. math:: z_t = x_t W + h_{t-1} U + b

    Only the product with the recurrent kernel U has to wait for the step before. So all
    the x_t W are one product before the loop. On the way back the loop finds the
    gradient with respect to each z_t, which needs one product with U a step; what the
    weights and the inputs receive are then four sums over all steps at once. The
    gradient of Keras's own loop adds to matrices as large as W and U at every step.

    The arguments, the weights and the configuration are those of `keras.layers.LSTM`,
    and so are the results, to rounding. Keras's own computation is used where this one
    does not apply: on an accelerator, with a mask, with dropout, with
    `go_backwards=True`, `unroll=True`, `use_bias=False` or `use_cudnn=True`, with other
    activations than tanh and the sigmoid, and for data types other than float32 and
    float64.

    Notes
    -----
    Inputs have the shape (batch, time, features), outputs (batch, time, units) with
    `return_sequences=True` and else (batch, units), states (batch, units). The kernels
    have the shapes (features, 4 units) and (units, 4 units), the bias (4 units,).

    Gradients are taken in reverse only: `jax.jvp` cannot follow this layer.

    A model that holds this layer is loaded where `companion.layers` has been imported.
    Its weights alone can be loaded into a model with Keras's layer, and the other way.

    References
    ----------
    J. Appleyard, T. Kocisky, P. Blunsom, "Optimizing Performance of Recurrent Neural
    Networks on GPUs", 2016, arXiv:1604.01946: the inputs of all steps in one product,
    and the gradient of the weights after the loop.

    Examples
    --------
    >>> import keras
    >>> import numpy as np
    >>> from companion import layers
    >>> ours = layers.LSTM(4, return_sequences=True)
    >>> theirs = keras.layers.LSTM(4, return_sequences=True)
    >>> x = np.ones((2, 3, 5), "float32")
    >>> ours(x).shape == theirs(x).shape
    True
    >>> theirs.set_weights(ours.get_weights())
    >>> bool(np.allclose(ours(x), theirs(x), atol=1e-6))
    True
    """

    def inner_loop(
        self,
        sequences: Tensor,
        initial_state: Tensor,
        mask: Tensor | None,
        training: bool = False,
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Return the last output, all outputs and the last states, as Keras does."""
        if mask is not None or not self._is_standard() or not _on_cpu():
            return super().inner_loop(sequences, initial_state, mask, training)
        weights = self.cell.kernel, self.cell.recurrent_kernel, self.cell.bias
        # Copies, because TensorFlow's gradient takes no variables.
        arrays = [ops.copy(each) for each in (*initial_state, *weights)]
        outputs, carry = _sequence(ops.swapaxes(sequences, 0, 1), *arrays)
        return outputs[-1], ops.swapaxes(outputs, 0, 1), [outputs[-1], carry]

    def _is_standard(self) -> bool:
        """Tell whether the layer's settings are those that `_sequence` computes."""
        return (
            self.activation is keras.activations.tanh
            and self.recurrent_activation is keras.activations.sigmoid
            and self.use_bias
            and not (self.dropout or self.recurrent_dropout)
            and not (self.go_backwards or self.unroll)
            and self.use_cudnn is not True
            and self.cell.compute_dtype in ("float32", "float64")
        )


@ops.custom_gradient
def _sequence(
    x: Tensor,
    h_0: Tensor,
    c_0: Tensor,
    kernel: Tensor,
    recurrent_kernel: Tensor,
    bias: Tensor,
) -> tuple[tuple[Tensor, Tensor], Callable]:
    """Return the outputs (T, B, U) and the last carry (B, U), and their gradient.

    Time comes first, as the loops take it apart: x is (T, B, F). A step's result is
    handed on whole, since `ops.scan` collects nothing that it does not hand on.
    """
    batch = ops.shape(x)[1]
    z = ops.tensordot(x, kernel, axes=1) + bias

    def step(state: tuple, z: Tensor) -> tuple[tuple, tuple]:
        h, c, _ = state
        # Keras's order of the gates: input, forget, candidate, output.
        i, f, g, o = ops.split(z + ops.matmul(h, recurrent_kernel), 4, axis=-1)
        i, f, g, o = ops.sigmoid(i), ops.sigmoid(f), ops.tanh(g), ops.sigmoid(o)
        c = f * c + i * g
        state = o * ops.tanh(c), c, ops.concatenate([i, f, g, o], axis=-1)
        return state, state

    no_gates = ops.zeros((batch, kernel.shape[1]), kernel.dtype)
    _, (h, c, gates) = ops.scan(step, (h_0, c_0, no_gates), z)

    def gradient(*upstream: Tensor) -> tuple[Tensor, ...]:
        # TensorFlow passes two arguments, JAX one pair.
        d_outputs, d_carry = keras.tree.flatten(upstream)
        recurrent_transposed = ops.transpose(recurrent_kernel)

        def step(state: tuple, inputs: tuple) -> tuple[tuple, tuple]:
            d_h, d_c, _ = state
            d_output, gates, c, c_before = inputs
            i, f, g, o = ops.split(gates, 4, axis=-1)
            tanh_c = ops.tanh(c)
            d_h = d_h + d_output
            d_c = d_c + d_h * o * (1 - tanh_c * tanh_c)
            d_z = [
                d_c * g * i * (1 - i),
                d_c * c_before * f * (1 - f),
                d_c * i * (1 - g * g),
                d_h * tanh_c * o * (1 - o),
            ]
            d_z = ops.concatenate(d_z, axis=-1)
            state = ops.matmul(d_z, recurrent_transposed), d_c * f, d_z
            return state, state

        initial = ops.zeros_like(h_0), d_carry, no_gates
        residuals = d_outputs, gates, c, _delayed(c_0, c)
        (d_h, d_c, _), (_, _, d_z) = ops.scan(step, initial, residuals, reverse=True)
        time_and_batch = [[0, 1], [0, 1]]
        return (
            ops.tensordot(d_z, ops.transpose(kernel), axes=1),
            d_h,
            d_c,
            ops.tensordot(x, d_z, axes=time_and_batch),
            ops.tensordot(_delayed(h_0, h), d_z, axes=time_and_batch),
            ops.sum(d_z, axis=[0, 1]),
        )

    return (h, c[-1]), gradient


def _delayed(first: Tensor, states: Tensor) -> Tensor:
    """Return the states (T, B, U), each one step later."""
    return ops.concatenate([ops.expand_dims(first, 0), states[:-1]], axis=0)


def _on_cpu() -> bool:
    devices = keras.distribution.list_devices()
    return all(device.startswith("cpu") for device in devices)
