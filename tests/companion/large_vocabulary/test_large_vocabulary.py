"""The linear crossentropy against the dense form, on either backend."""

import doctest
import functools
import re

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers, ops

from companion import large_vocabulary, losses, training
from companion.large_vocabulary import (
    LinearCrossentropyModel,
    linear_sparse_categorical_crossentropy,
)
from tests.companion.large_vocabulary.inputs import ON_TENSORFLOW, example

pytestmark = pytest.mark.backend

RNG = np.random.default_rng(0)
TOLERANCE = {"float32": 1e-5, "float64": 1e-10}
NAMES = ("hidden", "kernel", "bias", "sample_weight")
# For `model.fit`: `training.fit` is compiled with XLA anyway. JAX always uses XLA, and
# without it runs operation by operation.
JIT_COMPILE = False if ON_TENSORFLOW else "auto"


def linear(labels, **options):
    """Return our loss as a function of the four float arrays."""

    def loss(hidden, kernel, bias, weights):
        return linear_sparse_categorical_crossentropy(
            hidden, kernel, bias, labels, sample_weight=weights, **options
        )

    return loss


def dense(labels, ignore_class=None, dtype="float64"):
    """Return Keras's loss of the logits as a function of the same arrays."""
    loss = keras.losses.SparseCategoricalCrossentropy(
        from_logits=True,
        ignore_class=ignore_class,
        reduction="mean_with_sample_weight",
        dtype=dtype,
    )
    return lambda h, k, b, w: loss(labels, ops.matmul(h, k) + b, sample_weight=w)


def value_and_gradients(function, arrays, *, compiled=None):
    """Return a loss and its gradients; `compiled` is None, "graph" or "xla"."""
    if ON_TENSORFLOW:
        import tensorflow as tf

        def taped(*tensors):
            with tf.GradientTape() as tape:
                tape.watch(tensors)
                value = function(*tensors)
            return value, tape.gradient(value, tensors)

        run = tf.function(taped, jit_compile=compiled == "xla") if compiled else taped
        value, gradients = run(*[tf.constant(array) for array in arrays])
    else:
        import jax

        run = jax.value_and_grad(function, argnums=tuple(range(len(arrays))))
        value, gradients = (jax.jit(run) if compiled else run)(*arrays)
    return np.asarray(value), [np.asarray(gradient) for gradient in gradients]


def assert_same(ours, expected, tolerance=1e-10):
    np.testing.assert_allclose(ours[0], expected[0], rtol=tolerance, atol=tolerance)
    for name, left, right in zip(NAMES, ours[1], expected[1], strict=True):
        np.testing.assert_allclose(
            left, right, rtol=tolerance, atol=tolerance, err_msg=name
        )


# --- The same numbers as the dense form --------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("compiled", [None, "graph", "xla"])
def test_values_and_gradients_are_those_of_the_dense_form(dtype, compiled):
    arrays, labels = example(tokens=(9, 11), inputs=8, classes=50, dtype=dtype)
    ours = value_and_gradients(linear(labels, chunk_size=13), arrays, compiled=compiled)
    expected = value_and_gradients(dense(labels, dtype=dtype), arrays)
    assert_same(ours, expected, TOLERANCE[dtype])
    assert ours[0].dtype == dtype
    assert ours[0].shape == ()


# One shape for each form, so that few programs are compiled.
@pytest.mark.slow
@settings(derandomize=True, max_examples=12, deadline=None)
@given(
    tokens=st.sampled_from([(), (1,), (6,), (2, 3), (7, 1, 3)]),
    classes=st.sampled_from([2, 9]),
    chunk_size=st.sampled_from([None, 1, 4, 5, 6, 1000]),
    ignored=st.sampled_from([None, -1, 1, 300]),
    seed=st.integers(0, 5),
)
def test_any_shape_chunk_and_class_to_ignore(
    tokens, classes, chunk_size, ignored, seed
):
    arrays, labels = example(tokens, 2, classes, seed=seed)
    if ignored is not None:
        drop = np.random.default_rng(seed).random(tokens) < 0.4
        labels = np.where(drop, ignored, labels)
    options = {"chunk_size": chunk_size, "ignore_class": ignored}
    # One program on JAX, instead of one for each operation and shape.
    compiled = None if ON_TENSORFLOW else "xla"
    ours = value_and_gradients(linear(labels, **options), arrays, compiled=compiled)
    hidden, kernel, bias, weights = arrays
    values = losses.sparse_categorical_crossentropy(
        labels, hidden @ kernel + bias, from_logits=True, ignore_class=ignored
    )
    slopes = losses.sparse_categorical_crossentropy_gradient(
        labels, hidden @ kernel + bias, from_logits=True, ignore_class=ignored
    )
    counted = np.where(labels == ignored, 0, weights)
    total = counted.sum() or 1.0
    share = counted / total
    slopes = slopes * share[..., None]
    loss = np.sum(share * values)
    flat = slopes.reshape(-1, classes)
    expected = [
        slopes @ kernel.T,
        hidden.reshape(-1, 2).T @ flat,
        flat.sum(axis=0),
        np.where(labels == ignored, 0, values - loss) / total,
    ]
    assert_same(ours, (loss, expected))


@pytest.mark.slow
def test_gradients_agree_with_finite_differences():
    arrays, labels = example(tokens=(5,), classes=4)
    loss = linear(labels, chunk_size=2)
    _, gradients = value_and_gradients(loss, arrays)
    step = 1e-5
    for i, gradient in enumerate(gradients):
        direction = RNG.normal(size=arrays[i].shape)
        ends = [
            loss(*arrays[:i], arrays[i] + sign * step * direction, *arrays[i + 1 :])
            for sign in (1, -1)
        ]
        slope = (float(ends[0]) - float(ends[1])) / (2 * step)
        # The error of a central difference is of the order of step**2.
        np.testing.assert_allclose(np.sum(gradient * direction), slope, rtol=1e-7)


def test_pytorch_agrees():
    torch = pytest.importorskip("torch", minversion="2.13")
    (hidden, kernel, bias, _), labels = example(tokens=(20,))
    labels[3] = -100
    tensors = [torch.tensor(a, requires_grad=True) for a in (hidden, kernel.T, bias)]
    expected = torch.nn.functional.linear_cross_entropy(
        tensors[0], tensors[1], torch.tensor(labels), linear_bias=tensors[2]
    )
    expected.backward()
    loss = linear(labels, chunk_size=6, ignore_class=-100)
    value, slopes = value_and_gradients(
        lambda *inputs: loss(*inputs, None), [hidden, kernel, bias]
    )
    d_hidden, d_kernel, d_bias = (tensor.grad.numpy() for tensor in tensors)
    np.testing.assert_allclose(value, expected.item(), rtol=1e-10)
    for ours, theirs in zip(slopes, (d_hidden, d_kernel.T, d_bias), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def test_a_loss_worked_by_hand():
    # Two classes whose logits are log 3 and 0: probabilities 3/4 and 1/4.
    hidden, kernel = np.ones((2, 1)), np.array([[np.log(3), 0.0]])
    loss = linear_sparse_categorical_crossentropy(
        hidden, kernel, None, [0, 1], sample_weight=np.array([3.0, 1.0])
    )
    expected = (3 * np.log(4 / 3) + np.log(4)) / 4
    np.testing.assert_allclose(float(loss), expected, rtol=1e-12)


def test_huge_logits_stay_finite():
    (hidden, kernel, bias, weights), labels = example(tokens=(6,))
    arrays = [1e4 * hidden, kernel, bias, weights]
    ours = value_and_gradients(linear(labels, chunk_size=4), arrays)
    assert_same(ours, value_and_gradients(dense(labels), arrays))


# --- What does not count -------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("compiled", [None, "xla"])
def test_if_all_are_ignored_loss_and_gradients_are_zero(compiled):
    arrays, labels = example()
    loss = linear(np.full_like(labels, -1), ignore_class=-1, chunk_size=6)
    value, gradients = value_and_gradients(loss, arrays, compiled=compiled)
    assert value == 0
    assert not any(gradient.any() for gradient in gradients)


def test_weights_of_zero_give_a_loss_of_zero():
    (hidden, kernel, bias, weights), labels = example()
    arrays = [hidden, kernel, bias, 0 * weights]
    value, gradients = value_and_gradients(linear(labels), arrays)
    assert value == 0
    assert not any(gradient.any() for gradient in gradients[:3])


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int64", "uint64"])
def test_labels_of_any_integer_dtype(dtype):
    (hidden, kernel, bias, weights), labels = example(classes=300)
    labels = np.minimum(labels, 100)
    arrays = [hidden, kernel, bias, weights]
    expected = float(linear(labels)(*arrays))
    assert float(linear(labels.astype(dtype), ignore_class=-1)(*arrays)) == expected


# --- Labels that a program cannot refuse ---------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("compiled", ["graph", "xla"])
@pytest.mark.parametrize("wrong", [-1, 7, 2**31 - 1])
def test_traced_labels_outside_the_classes_give_nan(compiled, wrong):
    arrays, labels = example()
    labels[1, 2] = wrong

    def loss(hidden, kernel, bias, weights):
        # Derived from an argument, so that a program does not know them.
        offset = ops.cast(0 * hidden[0, 0, 0], "int32")
        traced = ops.cast(labels, "int32") + offset
        return linear(traced, chunk_size=6)(hidden, kernel, bias, weights)

    value, gradients = value_and_gradients(loss, arrays, compiled=compiled)
    assert np.isnan(value)
    for gradient in gradients[1:3]:
        assert np.isnan(gradient).all()


# --- What is held and what is computed -----------------------------------------------


def program(function, arrays):
    """Return the text of the program that XLA makes of a function."""
    if ON_TENSORFLOW:
        import tensorflow as tf

        compiled = tf.function(function, jit_compile=True)
        tensors = [tf.constant(array) for array in arrays]
        return compiled.experimental_get_compiler_ir(*tensors)(stage="optimized_hlo")
    import jax

    return jax.jit(function).lower(*arrays).compile().as_text()


def with_gradients(function):
    return lambda *arrays: _gradients(function, arrays)


def _gradients(function, arrays):
    if ON_TENSORFLOW:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            tape.watch(arrays)
            value = function(*arrays)
        return tape.gradient(value, arrays)
    import jax

    return jax.grad(function, argnums=(0, 1, 2, 3))(*arrays)


def largest_array(text):
    """Return the size of the largest array in a program."""
    shapes = re.findall(r"f(?:32|64)\[([\d,]+)\]", text)
    return max(np.prod([int(size) for size in shape.split(",")]) for shape in shapes)


@pytest.mark.slow
@pytest.mark.parametrize("of", [with_gradients, lambda function: function])
def test_the_program_never_holds_all_the_logits(of):
    arrays, labels = example(tokens=(128,), inputs=4, classes=40)
    text = program(of(linear(labels, chunk_size=8)), arrays)
    assert 8 * 40 <= largest_array(text) <= 128 * 4
    # The measure sees them where they are.
    assert largest_array(program(with_gradients(dense(labels)), arrays)) == 128 * 40


def products(function, arrays):
    """Return how many matrix products a program holds."""
    return len(re.findall(r" dot\(|matmul\"", program(function, arrays)))


@pytest.mark.slow
def test_without_gradients_there_is_one_product_and_nothing_is_computed_twice():
    arrays, labels = example(tokens=(128,), inputs=4, classes=40)
    loss = linear(labels, chunk_size=8)
    alone, together = products(loss, arrays), products(with_gradients(loss), arrays)
    assert alone == 1
    # One more for each factor; on TensorFlow the bias is a product too, of one row.
    assert together == (4 if ON_TENSORFLOW else 3)


def second_derivative(loss, kernel):
    """Return the gradient of the squared norm of a loss's gradient."""
    if ON_TENSORFLOW:
        import tensorflow as tf

        kernel = tf.constant(kernel)
        with tf.GradientTape() as outer:
            outer.watch(kernel)
            with tf.GradientTape() as inner:
                inner.watch(kernel)
                value = loss(kernel)
            norm = tf.reduce_sum(inner.gradient(value, kernel) ** 2)
        return outer.gradient(norm, kernel)
    import jax

    slope = jax.grad(loss)
    return jax.grad(lambda kernel: (slope(kernel) ** 2).sum())(kernel)


@pytest.mark.slow
def test_a_second_derivative_is_refused_or_right():
    (hidden, kernel, bias, weights), labels = example(tokens=(5,))
    ours, expected = (
        lambda kernel, loss=loss: loss(hidden, kernel, bias, weights)
        for loss in (linear(labels, chunk_size=2), dense(labels))
    )
    if ON_TENSORFLOW:
        with pytest.raises(LookupError, match="first derivatives only"):
            second_derivative(ours, kernel)
    else:
        np.testing.assert_allclose(
            second_derivative(ours, kernel),
            second_derivative(expected, kernel),
            rtol=1e-8,
        )


# --- What is refused -----------------------------------------------------------------

H, K = np.ones((2, 3)), np.ones((3, 4))


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"hidden": H.astype(int)}, TypeError, "hidden must be of float32 or float64"),
        ({"hidden": H.astype("float16")}, TypeError, "as hidden is of float16"),
        ({"kernel": K.astype("float32")}, TypeError, "kernel must be of float64"),
        ({"bias": np.ones(4, "float32")}, TypeError, "bias must be of float64"),
        ({"sample_weight": [1, 1]}, TypeError, "sample_weight must be of float64"),
        ({"hidden": keras.KerasTensor((2, 3))}, TypeError, "LinearCrossentropyModel"),
        ({"kernel": K.T}, ValueError, "must be transposed"),
        ({"kernel": K[0]}, ValueError, r"kernel must have shape \(D, C\)"),
        ({"kernel": K[:, :1]}, ValueError, "binary crossentropy"),
        ({"hidden": np.float64(1)}, ValueError, "hidden must have the shape"),
        ({"hidden": H[:0], "labels": [0][:0]}, ValueError, "at least one token"),
        ({"bias": np.ones(3)}, ValueError, r"bias must have shape \(4,\)"),
        ({"labels": [0.0, 1.0]}, TypeError, "labels must be integers"),
        ({"labels": [True, False]}, TypeError, "labels must be integers"),
        ({"labels": np.eye(4, dtype=int)[:2]}, ValueError, r"Received: \(2, 4\)"),
        ({"labels": [[0], [1]]}, ValueError, r"labels\[\.\.\., 0\]"),
        ({"labels": [0, 4]}, ValueError, r"Received: \[4\] among them"),
        ({"labels": np.array([2**32, 0])}, ValueError, r"Received: \[4294967296\]"),
        ({"labels": [-1, 0]}, ValueError, "Pass ignore_class"),
        ({"labels": [-1, 0], "ignore_class": -2}, ValueError, r"\[-1\] among"),
        ({"ignore_class": 1.0}, TypeError, "ignore_class must be an integer"),
        ({"ignore_class": 2**31}, ValueError, r"2\*\*31 - 1, or None"),
        ({"sample_weight": np.ones((2, 1))}, ValueError, "Drop the last axis"),
        ({"sample_weight": np.array([-1.0, 1])}, ValueError, "at least 0"),
        ({"sample_weight": np.array([np.nan, 1])}, ValueError, "finite"),
        ({"chunk_size": 0}, ValueError, "chunk_size must be a number of tokens"),
        ({"chunk_size": 2.0}, TypeError, "Received: 2.0"),
    ],
)
def test_bad_input_is_refused(changed, error, says):
    usual = {"hidden": H, "kernel": K, "bias": None, "labels": [0, 3]}
    with pytest.raises(error, match=says):
        linear_sparse_categorical_crossentropy(**usual | changed)


@pytest.mark.skipif(ON_TENSORFLOW, reason="about JAX's default precision")
def test_float64_is_not_cut_silently():
    import jax

    jax.config.update("jax_enable_x64", False)
    with pytest.raises(TypeError, match="jax_enable_x64"):
        linear_sparse_categorical_crossentropy(H, K, None, [0, 3])


# --- A model that uses it ------------------------------------------------------------

WORDS = RNG.integers(0, 30, size=(24, 6))
NEXT = (WORDS * 7 + 3) % 30
IN_ORDER = {"batch_size": 8, "epochs": 3, "shuffle": False, "verbose": 0}
# Sums of a few hundred float32 numbers of size 1, over nine updates.
ROUNDING = {"rtol": 1e-4, "atol": 2e-6}


def network(mask_zero=False, **head):
    keras.utils.set_random_seed(0)
    penalty = {"kernel_regularizer": keras.regularizers.L2(0.01)}
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(30, 5, mask_zero=mask_zero),
            layers.SimpleRNN(4, return_sequences=True),
            layers.Dense(30, **penalty | head),
        ]
    )


@functools.cache
def trained_as_usual(ignore_class, mask_zero):
    """Train the dense form; return its weights, its losses and its evaluation."""
    model = network(mask_zero)
    model.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, ignore_class=ignore_class
        ),
        jit_compile=JIT_COMPILE,
    )
    history = model.fit(WORDS, NEXT, **IN_ORDER).history
    evaluated = model.evaluate(WORDS, NEXT, verbose=0)
    return model.get_weights(), history["loss"], evaluated


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fit", "jit_compile"), [(keras.Model.fit, JIT_COMPILE), (training.fit, "auto")]
)
@pytest.mark.parametrize(
    ("ignore_class", "mask_zero"), [(None, False), (3, False), (None, True)]
)
def test_a_model_trains_to_the_weights_of_the_dense_one(
    fit, jit_compile, ignore_class, mask_zero
):
    weights, expected, evaluated = trained_as_usual(ignore_class, mask_zero)
    model = network(mask_zero)
    ours = LinearCrossentropyModel(model, chunk_size=20, ignore_class=ignore_class)
    ours.compile(optimizer=keras.optimizers.Adam(0.01), jit_compile=jit_compile)
    history = fit(ours, WORDS, NEXT, **IN_ORDER).history
    np.testing.assert_allclose(history["loss"], expected, **ROUNDING)
    for left, right in zip(model.get_weights(), weights, strict=True):
        np.testing.assert_allclose(left, right, **ROUNDING)
    np.testing.assert_allclose(
        ours.evaluate(WORDS, NEXT, verbose=0), evaluated, **ROUNDING
    )


@pytest.mark.slow
def test_a_body_in_half_precision_needs_a_last_layer_in_full():
    keras.utils.set_random_seed(0)
    body = [
        keras.Input((6,), dtype="int32"),
        layers.Embedding(30, 5, dtype="mixed_bfloat16"),
    ]
    half = layers.Dense(30, dtype="mixed_bfloat16")
    with pytest.raises(ValueError, match=r"float64\. Received: bfloat16"):
        LinearCrossentropyModel(keras.Sequential([*body, half]))
    model = keras.Sequential([*body, layers.Dense(30, dtype="float32")])
    ours = LinearCrossentropyModel(model, chunk_size=20)
    ours.compile()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    dense = loss(NEXT, model(WORDS))
    np.testing.assert_allclose(
        ours.evaluate(WORDS, NEXT, verbose=0), float(dense), **ROUNDING
    )


def test_the_model_shares_its_weights_and_adds_none():
    model = network()
    ours = LinearCrossentropyModel(model)
    assert [id(v) for v in ours.variables] == [id(v) for v in model.variables]
    assert ours(WORDS).shape == (24, 6, 4)
    assert model(WORDS).shape == (24, 6, 30)


def test_the_model_refuses_what_needs_the_logits():
    with pytest.raises(ValueError, match="Received: activation=softmax"):
        LinearCrossentropyModel(network(activation="softmax"))
    with pytest.raises(TypeError, match="Received: SimpleRNN"):
        LinearCrossentropyModel(keras.Sequential(network().layers[:-1]))
    with pytest.raises(TypeError, match="Received: Dense"):
        LinearCrossentropyModel(layers.Dense(3))
    with pytest.raises(ValueError, match="Sequential with 0 known outputs"):
        LinearCrossentropyModel(keras.Sequential([layers.Dense(3)]))
    x = keras.Input((3,))
    two = keras.Model(x, [layers.Dense(4)(x), layers.Dense(4)(x)])
    with pytest.raises(ValueError, match="with 2 known outputs"):
        LinearCrossentropyModel(two)
    ours = LinearCrossentropyModel(network())
    with pytest.raises(ValueError, match="Received: loss, metrics"):
        ours.compile(loss="mse", metrics=["accuracy"])


@pytest.mark.slow
def test_the_examples_in_the_docstrings():
    assert doctest.testmod(large_vocabulary).failed == 0
