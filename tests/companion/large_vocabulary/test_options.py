"""The linear crossentropy's options, and what must not disturb it, on either backend.

PyTorch's crossentropy of the dense logits, in float64, is the oracle.
"""

import re

import keras
import numpy as np
import pytest
from keras import layers, ops

from companion.large_vocabulary import (
    LinearCrossentropyModel,
    linear_sparse_categorical_crossentropy,
)
from tests.companion.large_vocabulary import inputs
from tests.companion.large_vocabulary.inputs import ON_TENSORFLOW

pytestmark = pytest.mark.backend

TOKENS, INPUTS, CLASSES = 11, 3, 7
SLOW = pytest.mark.slow


def example(dtype="float64"):
    return inputs.example((TOKENS,), INPUTS, CLASSES, dtype)


def linear(labels, **options):
    """Return our loss as a function of the float arrays, in chunks of 4 tokens."""

    def loss(hidden, kernel, bias, weights=None):
        return linear_sparse_categorical_crossentropy(
            *(hidden, kernel, bias, labels),
            sample_weight=weights,
            **{"chunk_size": 4} | options,
        )

    return loss


def differentiate(function, arrays, *, compiled=False):
    """Return a scalar function's value and gradients, as NumPy arrays."""
    if ON_TENSORFLOW:
        import tensorflow as tf

        def taped(*tensors):
            with tf.GradientTape() as tape:
                tape.watch(tensors)
                value = function(*tensors)
            return value, tape.gradient(value, tensors)

        run = tf.function(taped, jit_compile=True) if compiled else taped
        value, gradients = run(*[tf.constant(array) for array in arrays])
    else:
        import jax

        run = jax.value_and_grad(function, argnums=tuple(range(len(arrays))))
        arrays = [jax.numpy.asarray(array) for array in arrays]
        value, gradients = (jax.jit(run) if compiled else run)(*arrays)
    return np.asarray(value), [np.asarray(gradient) for gradient in gradients]


def by_torch(arrays, labels, reduce, *, smoothing=0.0, ignored=-100):
    """Return what `reduce` makes of PyTorch's losses and log-sum-exps, and gradients.

    The weights are the last of the arrays.
    """
    torch = pytest.importorskip("torch")
    leaves = [torch.tensor(array, requires_grad=True) for array in arrays]
    hidden, kernel, bias, weights = leaves
    logits = hidden @ kernel + bias
    losses = torch.nn.functional.cross_entropy(
        logits,
        torch.tensor(labels),
        reduction="none",
        label_smoothing=smoothing,
        ignore_index=ignored,
    )
    value = reduce(losses, torch.logsumexp(logits, axis=-1), weights)
    value.backward()
    return value.detach().numpy(), [leaf.grad.numpy() for leaf in leaves]


def assert_same(ours, expected, tolerance=1e-10):
    np.testing.assert_allclose(ours[0], expected[0], rtol=tolerance, atol=tolerance)
    for left, right in zip(ours[1], expected[1], strict=True):
        np.testing.assert_allclose(left, right, rtol=tolerance, atol=tolerance)


# --- One loss a token, with its log-sum-exp, and smoothed labels ---------------------

IGNORED, UNWEIGHTED = np.arange(TOKENS) == 3, np.arange(TOKENS) == 5
# What a caller may do with the losses and the log-sum-exps, each with its own slope.
OF_LOSS, OF_LSE = np.random.default_rng(1).normal(size=(2, TOKENS))


@pytest.mark.parametrize(
    ("smoothing", "compiled"),
    [(0.0, False), (0.1, False), (1.0, False), pytest.param(0.1, True, marks=SLOW)],
)
def test_losses_and_log_sum_exps_of_the_tokens_are_pytorch_s(smoothing, compiled):
    arrays, labels = example()
    labels = np.where(IGNORED, -100, labels)
    options = {"label_smoothing": smoothing, "ignore_class": -100}
    loss = linear(labels, reduction=None, return_log_sum_exp=True, **options)

    def ours(*arrays):
        losses, lse = loss(*arrays)
        return ops.sum(OF_LOSS * losses + OF_LSE * lse**2)

    def theirs(losses, lse, weights):
        counted = OF_LSE * ~IGNORED
        torch = pytest.importorskip("torch")
        return (
            torch.tensor(OF_LOSS) * weights * losses + torch.tensor(counted) * lse**2
        ).sum()

    assert_same(
        differentiate(ours, arrays, compiled=compiled),
        by_torch(arrays, labels, theirs, smoothing=smoothing),
    )


@pytest.mark.parametrize("with_lse", [False, True])
def test_a_smoothed_mean_is_pytorch_s(with_lse):
    arrays, labels = example()
    options = {"label_smoothing": 0.3, "return_log_sum_exp": with_lse}
    loss = linear(labels, **options)
    ours = differentiate(
        lambda *arrays: loss(*arrays)[0] if with_lse else loss(*arrays), arrays
    )
    expected = by_torch(
        arrays,
        labels,
        lambda losses, _, weights: (weights * losses).sum() / weights.sum(),
        smoothing=0.3,
    )
    assert_same(ours, expected)


def test_smoothing_is_keras_s():
    (hidden, kernel, bias, _), labels = example()
    expected = keras.losses.categorical_crossentropy(
        np.eye(CLASSES)[labels],
        hidden @ kernel + bias,
        from_logits=True,
        label_smoothing=0.2,
    )
    losses = linear(labels, reduction="none", label_smoothing=0.2)(hidden, kernel, bias)
    np.testing.assert_allclose(losses, expected, rtol=1e-12)


def test_losses_have_the_shape_of_the_labels():
    (hidden, kernel, bias, _), labels = example()
    hidden, labels = hidden[:10].reshape(2, 5, INPUTS), labels[:10].reshape(2, 5)
    loss = linear(labels, reduction=None, return_log_sum_exp=True)
    assert [each.shape for each in loss(hidden, kernel, bias)] == [(2, 5), (2, 5)]
    alone = linear(3, reduction=None)(hidden[0, 0], kernel, bias)
    assert alone.shape == ()


def test_a_loss_far_below_its_log_sum_exp_is_exact():
    # The logarithm of 1 + e**-20, beside a top of 50.
    loss = linear([0], reduction=None)
    (value,) = np.asarray(loss(np.ones((1, 1)), np.array([[50.0, 30.0]]), np.zeros(2)))
    np.testing.assert_allclose(value, np.log1p(np.exp(-20)), rtol=3e-7)


# --- The same memory -----------------------------------------------------------------


def gradients(function, arrays):
    """Return the gradients of a function, as part of a program."""
    if ON_TENSORFLOW:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(arrays)
            value = function(*arrays)
        return tape.gradient(value, arrays)
    import jax

    return jax.grad(function, argnums=tuple(range(len(arrays))))(*arrays)


def program(function, arrays):
    """Return the text of the program that XLA makes of a function."""
    if ON_TENSORFLOW:
        import tensorflow as tf

        compiled = tf.function(lambda *given: function(*given), jit_compile=True)
        tensors = [tf.constant(array) for array in arrays]
        return compiled.experimental_get_compiler_ir(*tensors)(stage="optimized_hlo")
    import jax

    return jax.jit(function).lower(*arrays).compile().as_text()


def largest_array(text):
    """Return the size of the largest array in a program."""
    shapes = re.findall(r"f(?:32|64)\[([\d,]+)\]", text)
    return max(np.prod([int(size) for size in shape.split(",")]) for shape in shapes)


def z_loss(loss):
    """Return a mean loss with a penalty, which needs a gradient for both results."""

    def penalized(*arrays):
        losses, lse = loss(*arrays)
        return ops.mean(losses) + 1e-4 * ops.mean(lse**2)

    return penalized


@pytest.mark.slow
@pytest.mark.parametrize("per_token", [False, True])
def test_the_program_never_holds_all_the_logits(per_token):
    tokens, inputs, classes, chunk = 128, 4, 40, 8
    rng = np.random.default_rng(0)
    shapes = (tokens, inputs), (inputs, classes), (classes,)
    arrays = [rng.normal(size=shape) for shape in shapes]
    labels = rng.integers(0, classes, size=tokens)
    options = {"chunk_size": chunk, "label_smoothing": 0.1}
    if per_token:
        options |= {"reduction": None, "return_log_sum_exp": True}
    loss = linear(labels, **options)
    loss = z_loss(loss) if per_token else loss
    text = program(lambda *arrays: gradients(loss, arrays), arrays)
    # As for the plain loss: hidden, or the logits of a chunk.
    assert chunk * classes <= largest_array(text) <= tokens * inputs
    # And where no gradient is asked for, none is computed.
    assert len(re.findall(r" dot\(|matmul\"", program(loss, arrays))) == 1


@pytest.mark.skipif(not ON_TENSORFLOW, reason="on JAX it is right")
def test_a_second_derivative_of_the_tokens_losses_is_refused():
    import tensorflow as tf

    (hidden, kernel, bias, _), labels = example()
    loss = linear(labels, reduction=None)

    def slope(kernel):
        return gradients(lambda kernel: loss(hidden, kernel, bias), [kernel])[0]

    with pytest.raises(LookupError, match="first derivatives only"):
        gradients(slope, [tf.constant(kernel)])


# --- Half precision ------------------------------------------------------------------


@pytest.mark.parametrize("reduction", ["mean_with_sample_weight", None])
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_computed_in_float32(dtype, reduction):
    arrays, labels = example("float32")
    half = [ops.convert_to_numpy(ops.cast(array, dtype)) for array in arrays[:2]]
    mixed = [*half, *arrays[2:]]
    loss = linear(labels, reduction=reduction, label_smoothing=0.1)
    ours = differentiate(lambda *arrays: ops.sum(loss(*arrays)), mixed)
    same = [array.astype("float32") for array in mixed]
    expected = differentiate(lambda *arrays: ops.sum(loss(*arrays)), same)
    assert ours[0].dtype == "float32"
    np.testing.assert_allclose(ours[0], expected[0], rtol=1e-6)
    # A gradient is rounded once, to 8 or 11 bits.
    tolerance = {"bfloat16": 2**-8, "float16": 2**-11}[dtype]
    for given, left, right in zip(mixed, ours[1], expected[1], strict=True):
        assert left.dtype == given.dtype
        rounding = tolerance if left.dtype == dtype else 1e-6
        np.testing.assert_allclose(
            left.astype("float32"), right, rtol=rounding, atol=1e-7
        )


# --- Weights of any size -------------------------------------------------------------

TINY = np.finfo("float32").tiny


@pytest.mark.parametrize("compiled", [False, pytest.param(True, marks=SLOW)])
@pytest.mark.parametrize(
    "weights",
    [
        np.full(TOKENS, 1e38),
        np.full(TOKENS, 1e-38),
        np.where(IGNORED, 0, 1e-45),
        np.where(IGNORED, 1e30, 1e-5),
        TINY / 4 * np.arange(TOKENS),
    ],
)
def test_weights_of_extreme_size_weigh_as_others_do(weights, compiled):
    arrays, labels = example("float32")
    weights = weights.astype("float32")
    loss = linear(labels)
    ours = differentiate(loss, [*arrays[:3], weights], compiled=compiled)
    # The same shares, of ordinary size.
    shares = weights.astype("float64") / weights.max()
    exact = [array.astype("float64") for array in [*arrays[:3], shares]]
    expected = differentiate(loss, exact)
    assert_same((ours[0], ours[1][:3]), (expected[0], expected[1][:3]), 3e-6)


def test_the_gradient_for_large_weights():
    arrays, labels = example("float32")
    loss = linear(labels)
    factor = np.float32(2**70)
    *_, slope = differentiate(loss, arrays)[1]
    *_, ours = differentiate(loss, [*arrays[:3], factor * arrays[3]])[1]
    np.testing.assert_allclose(ours * factor, slope, rtol=1e-5, atol=1e-7)


# --- A token that does not count may hold anything -----------------------------------


@pytest.mark.parametrize("per_token", [False, True])
@pytest.mark.parametrize(
    ("poison", "compiled"),
    [
        (np.nan, False),
        (-np.inf, False),
        (3e38, False),  # its logits are infinite
        pytest.param(np.nan, True, marks=SLOW),
    ],
)
def test_what_does_not_count_spreads_no_nan(poison, compiled, per_token):
    (hidden, kernel, bias, weights), labels = example("float32")
    labels = np.where(IGNORED, -1, labels)
    weights = np.where(UNWEIGHTED, np.float32(0), weights)
    options = {"ignore_class": -1, "label_smoothing": 0.1}
    if per_token:
        options |= {"reduction": None, "return_log_sum_exp": True}
    loss = linear(labels, **options)
    loss = z_loss(loss) if per_token else loss
    usual = differentiate(loss, [hidden, kernel, bias, weights], compiled=compiled)
    left_out = IGNORED | UNWEIGHTED
    hidden = np.where(left_out[:, None], np.float32(poison), hidden)
    ours = differentiate(loss, [hidden, kernel, bias, weights], compiled=compiled)
    assert not ours[1][0][left_out].any()
    assert not ours[1][3][left_out].any()
    # A finite row of weight 0 has a slope for its weight.
    usual[1][3] = np.where(left_out, 0, usual[1][3])
    assert_same(ours, usual, 1e-6)


def test_a_token_of_weight_0_has_a_gradient_for_its_weight():
    arrays, labels = example()
    arrays[3] = np.where(IGNORED, 0.0, arrays[3])
    expected = by_torch(
        arrays, labels, lambda losses, _, w: (w * losses).sum() / w.sum()
    )
    assert_same(differentiate(linear(labels), arrays), expected)


def test_what_counts_shows_its_nan():
    (hidden, *others), labels = example()
    hidden[3, 1] = np.nan
    assert np.isnan(float(linear(labels)(hidden, *others)))


# --- What is refused -----------------------------------------------------------------

H, K = np.ones((2, 3)), np.ones((3, 4))
MASKED = np.ma.array([1, 2], mask=[1, 0])


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"label_smoothing": 1.5}, ValueError, r"number in \[0, 1\]\. Received: 1\.5"),
        ({"label_smoothing": -0.1}, ValueError, "Pass 0 to turn it off"),
        ({"label_smoothing": np.nan}, ValueError, "Received: nan"),
        ({"label_smoothing": "0.1"}, TypeError, "Pass a Python float"),
        ({"label_smoothing": True}, TypeError, "Received: True"),
        ({"reduction": "sum"}, ValueError, "Received: 'sum'. For another one pass"),
        ({"reduction": ["none"]}, ValueError, "or None for one loss a token"),
        ({"return_log_sum_exp": 1}, TypeError, "True or False. Received: 1"),
        ({"hidden": H.astype("float32")}, TypeError, "kernel must be of float32, bf"),
        ({"hidden": np.ma.array(H)}, TypeError, "hidden must be a plain array"),
        ({"labels": MASKED}, TypeError, "labels must be a plain array"),
        ({"labels": [MASKED[0], 1]}, TypeError, "labels must be a plain array"),
        ({"sample_weight": MASKED * 1.0}, TypeError, "whose mask would be lost"),
        ({"labels": keras.KerasTensor((2,))}, TypeError, "labels must hold numbers"),
        ({"labels": [[0], [1, 2]]}, TypeError, "lists of numbers of one length"),
        ({"labels": [object(), 1]}, TypeError, "labels must be a tensor"),
    ],
)
def test_bad_input_is_refused(changed, error, says):
    usual = {"hidden": H, "kernel": K, "bias": None, "labels": [0, 3]}
    with pytest.raises(error, match=says):
        linear_sparse_categorical_crossentropy(**usual | changed)


@pytest.mark.skipif(not ON_TENSORFLOW, reason="JAX takes it, without its gradient")
def test_a_tensor_of_pytorch_that_requires_a_gradient_is_refused():
    torch = pytest.importorskip("torch")
    hidden = torch.ones((2, 3), dtype=torch.float64, requires_grad=True)
    with pytest.raises(TypeError, match=r"hidden\.detach\(\)\.numpy\(\)"):
        linear_sparse_categorical_crossentropy(hidden, K, None, [0, 3])


# --- The last layer's own options ----------------------------------------------------


class Doubled(layers.Dense):
    """A layer whose output is not that of its class."""

    def call(self, inputs, training=None):
        return 2 * super().call(inputs)


def network(head):
    return keras.Sequential([keras.Input((3,)), head])


def test_options_of_the_last_layer_that_would_be_left_out_are_refused():
    with pytest.raises(ValueError, match="Received: activity_regularizer=L2"):
        LinearCrossentropyModel(network(layers.Dense(5, activity_regularizer="l2")))
    with pytest.raises(TypeError, match="Received: Doubled"):
        LinearCrossentropyModel(network(Doubled(5)))
    quantized = network(layers.Dense(5))
    quantized.layers[-1].quantize("int8")
    with pytest.raises(ValueError, match="quantization_mode='int8'"):
        LinearCrossentropyModel(quantized)


def test_the_other_options_of_the_last_layer_act_as_usual():
    options = {
        "kernel_regularizer": keras.regularizers.L2(0.1),
        "bias_regularizer": keras.regularizers.L1(0.1),
        "kernel_constraint": keras.constraints.UnitNorm(),
        "bias_constraint": keras.constraints.NonNeg(),
    }
    x, y = example("float32")[0][0], np.arange(TOKENS) % 5
    trained = []
    for ours in (False, True):
        keras.utils.set_random_seed(0)
        model = network(layers.Dense(5, bias_initializer="ones", **options))
        training, loss = (
            model,
            keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.2),
        )
        if ours:
            training, loss = LinearCrossentropyModel(model, label_smoothing=0.2), None
        training.compile("sgd", **{"loss": loss} if loss else {})
        history = training.fit(
            x, y if ours else np.eye(5)[y], shuffle=False, epochs=2, verbose=0
        )
        trained.append((history.history["loss"], model.get_weights()))
    assert_same(trained[1], trained[0], 1e-5)
