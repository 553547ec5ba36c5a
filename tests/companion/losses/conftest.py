"""Other libraries as oracles of the losses: a value and a gradient for each example."""

from functools import partial

import numpy as np
import pytest

from tests.companion.losses.inputs import BINARY, EPSILON, HINGE, SQUARED_HINGE, agree


class KerasOracle:
    """Values and gradients of Keras's loss functions, for NumPy arrays."""

    def __init__(self, keras, tensorflow):
        self.keras, self.tensorflow = keras, tensorflow

    def __call__(self, functions, t, p, **options):
        name = functions[0].__name__
        if functions in (BINARY, HINGE, SQUARED_HINGE):
            # A last axis of length 1, so that its mean over that axis does nothing.
            t, p = t[..., None], p[..., None]
        variable = self.tensorflow.Variable(p)
        with self.tensorflow.GradientTape() as tape:
            value = getattr(self.keras.losses, name)(t, variable, **options)
        gradient = tape.gradient(value, variable)
        assert value.dtype == gradient.dtype == "float64"
        return value.numpy(), gradient.numpy()

    def agree(self, functions, t, p, **options):
        agree(functions, t, p, self(functions, t, p, **options), **options)


@pytest.fixture(scope="module")
def on_keras():
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "tensorflow":
        pytest.skip("the oracle is Keras on TensorFlow; this run chose another backend")
    assert keras.config.epsilon() == EPSILON
    return KerasOracle(keras, pytest.importorskip("tensorflow"))


class TorchOracle:
    """Values and gradients of losses written with PyTorch."""

    def __init__(self, torch):
        self.torch = torch
        functional = torch.nn.functional
        self.binary = partial(functional.binary_cross_entropy, reduction="none")
        self.from_logit = partial(
            functional.binary_cross_entropy_with_logits, reduction="none"
        )
        self.nll = partial(functional.nll_loss, reduction="none")
        self.from_logits = partial(functional.cross_entropy, reduction="none")

    def binary_pair(self, loss, t, p):
        return self.differentiate(lambda q: loss(q, self.torch.tensor(t)), p)

    def class_pair(self, loss, t, p):
        """Return value and gradient of a loss that wants two-dimensional input."""
        width = p.shape[-1]
        hard = np.shape(t) == p.shape[:-1]
        targets = self.torch.tensor(np.reshape(t, -1 if hard else (-1, width)))
        return self.differentiate(lambda q: loss(q.reshape(-1, width), targets), p)

    def differentiate(self, loss, p):
        leaf = self.torch.tensor(p, requires_grad=True)
        value = loss(leaf)
        value.sum().backward()
        return value.detach().numpy(), leaf.grad.numpy()


@pytest.fixture(scope="module")
def on_torch():
    reason = "PyTorch comes with the `peers` extra: `make test PEERS=1`"
    return TorchOracle(pytest.importorskip("torch", reason=reason))


class OptaxOracle:
    """Values and gradients of optax's losses, compiled once per loss and shape."""

    def __init__(self, jax, optax):
        self.jax, self.smooth = jax, optax.smooth_labels
        self.binary = self.pair(optax.sigmoid_binary_cross_entropy)
        self.categorical = self.pair(optax.softmax_cross_entropy)
        self.hinge = self.pair(optax.losses.hinge_loss)
        self.multiclass_hinge = self.pair(optax.losses.multiclass_hinge_loss)
        self.sparse = self.pair(optax.softmax_cross_entropy_with_integer_labels)

    def pair(self, loss):
        gradient = self.jax.grad(lambda z, t: loss(z, t).sum())
        return self.jax.jit(lambda t, z: (loss(z, t), gradient(z, t)))


@pytest.fixture(scope="module")
def on_optax():
    """Return optax's losses, with JAX in float64 while this module's tests run."""
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield OptaxOracle(jax, pytest.importorskip("optax"))
    jax.config.update("jax_enable_x64", before)
