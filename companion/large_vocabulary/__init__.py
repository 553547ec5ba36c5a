"""The crossentropy of many classes, without ever holding all the logits.

With 50,000 classes the logits of a batch are far larger than the network: they, their
gradient and the copies in between decide how much memory a step of training needs.
`linear_sparse_categorical_crossentropy` takes the last layer and the loss together, a
chunk of tokens at a time; `LinearCrossentropyModel` trains a Keras model with it.
Both run on TensorFlow and on JAX.

`_checks` says what the loss refuses, and turns labels into weights and sizes;
`_on_tensorflow` and `_on_jax` hold each backend's lines: the loss of a chunk, its
gradient, and the loop over the chunks.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from companion._arguments import check_number
from companion._keras import Tensor
from companion.large_vocabulary import _checks

__all__ = ["LinearCrossentropyModel", "linear_sparse_categorical_crossentropy"]


def linear_sparse_categorical_crossentropy(
    hidden: Tensor,
    kernel: Tensor,
    bias: Tensor | None,
    labels: Tensor,
    *,
    chunk_size: int | None = None,
    ignore_class: int | None = None,
    label_smoothing: float = 0.0,
    reduction: str | None = "mean_with_sample_weight",
    return_log_sum_exp: bool = False,
    sample_weight: Any = None,
) -> Any:
    """Return ``sum(w * -log softmax(hidden @ kernel + bias)[label]) / sum(w)`` in nats.

    The logits exist for one chunk of tokens at a time. The gradient of a chunk is taken
    as soon as its loss is known, so nothing is computed twice; only because the result
    is one number can that be, and so this loss reduces where its siblings in
    `companion.losses` do not. Where no gradient is asked for, none is computed.

    With ``reduction=None`` or ``return_log_sum_exp=True`` more than that number is
    asked for. A gradient then computes each chunk's logits a second time: four matrix
    products instead of three, in the same memory.

    Keras: ``SparseCategoricalCrossentropy(from_logits=True, ignore_class=...)`` on the
    logits, with the reduction "mean_with_sample_weight" or None. Keras's default
    reduction divides by the number of tokens, not by the sum of their weights; without
    `sample_weight` the two are equal. `label_smoothing` is that of Keras's
    ``CategoricalCrossentropy`` on one-hot labels. Source: Wijmans et al. (2025),
    arXiv 2411.09009.

    Parameters
    ----------
    hidden : tensor, shape (..., D)
        What goes into the last layer. All is computed in float64 if it is of float64,
        and in float32 if it is of float32, bfloat16 or float16: kernel, bias and
        `sample_weight` may then be of any of these three.
    kernel : tensor, shape (D, C)
        The weights of the last layer; C >= 2 classes.
    bias : tensor, shape (C,), or None
        Its bias.
    labels : tensor of int, shape (...)
        Classes 0 to C - 1, of any integer dtype.
    chunk_size : int, optional
        The most tokens whose logits exist at a time. By default D, but at least 256
        and at most 1,024, or more where 2**21 logits allow it: then a chunk is about
        as large as the kernel's gradient, or small.
    ignore_class : int, optional
        A label whose tokens have weight 0. It may lie outside 0 to C - 1. If every
        token is ignored, the loss and its gradients are 0.
    label_smoothing : float in [0, 1], default=0.0
        The share of a label that all C classes get alike:
        ``lse - (1 - label_smoothing) * logits[label] - label_smoothing * mean(logits)``
        is then a token's loss, lse the logarithm of ``sum(exp(logits))``.
    reduction : "mean_with_sample_weight" or None, optional
        None, or "none", returns the loss of each token, times its weight.
    return_log_sum_exp : bool, default=False
        Whether to return the lse of each token too, unweighted: to add
        ``1e-4 * ops.mean(lse**2)``, for example, a z-loss.
    sample_weight : tensor, shape (...), optional
        The weight w of each token, at least 0; by default 1. Only how large they are
        to each other matters for the mean, also where their sum is infinite. A weight
        too small for a normal number, below 1.2e-38 in float32, gets no gradient.

    Returns
    -------
    loss : tensor, shape (), or (...) without a reduction
        In the dtype that is computed in. Differentiable once with respect to `hidden`,
        `kernel`, `bias` and `sample_weight`, by `tf.GradientTape` and `jax.grad`. A
        gradient has its input's dtype.
    log_sum_exp : tensor, shape (...), if it is to be returned
        As differentiable; 0 for a token of weight 0.

    A token that is ignored or has weight 0 may hold NaN or infinity in `hidden`.

    Raises
    ------
    TypeError
        If labels are not integers, the others are not of the dtypes above, or what is
        given is no array: a symbolic tensor, or a masked array.
    ValueError
        If shapes do not fit, a label is neither a class nor ignored, a weight is
        negative or not finite, `chunk_size` is below 1, `label_smoothing` lies outside
        [0, 1], or the reduction is another. Labels and weights are checked where their
        values are known. Inside a `tf.function` or `jax.jit` they are not, and a label
        that is no class makes the loss and the gradients NaN.

    Examples
    --------
    >>> import numpy as np
    >>> from companion import large_vocabulary
    >>> hidden, kernel = np.ones((3, 2), "float32"), np.zeros((2, 4), "float32")
    >>> loss = large_vocabulary.linear_sparse_categorical_crossentropy(
    ...     hidden, kernel, None, np.array([0, 3, -1]), ignore_class=-1
    ... )
    >>> round(float(loss), 4)  # the logarithm of 4
    1.3863
    >>> losses, lse = large_vocabulary.linear_sparse_categorical_crossentropy(
    ...     hidden,
    ...     kernel,
    ...     np.ones(4, "float32"),
    ...     np.array([0, 3, 1]),
    ...     reduction=None,
    ...     return_log_sum_exp=True,
    ... )
    >>> [[round(float(each), 4) for each in row] for row in (losses, lse)]
    [[1.3863, 1.3863, 1.3863], [2.3863, 2.3863, 2.3863]]
    """
    backend = _checks.backend_lines()
    mean = _checks.is_mean(reduction)
    _checks.check_flag("return_log_sum_exp", return_log_sum_exp)
    check_number("label_smoothing", label_smoothing, 1, closed=True)
    label_smoothing = float(label_smoothing)
    hidden = _checks.floats("hidden", hidden)
    beside = keras.backend.standardize_dtype(hidden.dtype)
    kernel = _checks.floats("kernel", kernel, beside=beside)
    bias = None if bias is None else _checks.floats("bias", bias, beside=beside)
    _checks.check_shapes(hidden, kernel, bias)
    inputs, classes = kernel.shape
    chunk_size = _checks.checked_chunk_size(chunk_size, inputs, classes)
    ignore_class = _checks.checked_ignore_class(ignore_class)
    given, labels = labels, _checks.to_tensor("labels", labels)
    _checks.check_one_a_token("labels", labels, hidden)
    # NumPy's own, because JAX cuts int64 to int32, and makes 0 of 2**32.
    known = given if isinstance(given, np.ndarray) else labels
    _checks.check_labels(known, classes, ignore_class)
    dtype = "float64" if beside == "float64" else "float32"
    if sample_weight is None:
        sample_weight = ops.ones_like(labels, dtype=dtype)
    sample_weight = _checks.floats("sample_weight", sample_weight, beside=beside)
    _checks.check_one_a_token("sample_weight", sample_weight, hidden)
    _checks.check_weights(sample_weight)

    shape = ops.shape(labels)
    hidden = ops.reshape(ops.cast(hidden, dtype), (-1, inputs))
    kernel = ops.cast(kernel, dtype)
    bias = ops.zeros((classes,), dtype) if bias is None else ops.cast(bias, dtype)
    labels, weights = _checks.to_weights(
        ops.reshape(labels, (-1,)),
        ops.reshape(ops.cast(sample_weight, dtype), (-1,)),
        classes=classes,
        ignore_class=ignore_class,
    )
    usable = _checks.usable_rows(hidden, kernel, weights)
    weights = ops.where(usable, weights, 0.0)
    weights = _checks.shares(weights) if mean else weights
    others = {
        "labels": labels,
        "usable": usable,
        "chunk_size": chunk_size,
        "label_smoothing": label_smoothing,
    }
    if mean and not return_log_sum_exp:
        return backend.weighted_sum(hidden, kernel, bias, weights, **others)
    losses, log_sum_exps = backend.per_token(hidden, kernel, bias, **others)
    losses = weights * losses
    loss = ops.sum(losses) if mean else ops.reshape(losses, shape)
    if not return_log_sum_exp:
        return loss
    log_sum_exps = ops.where(weights != 0, log_sum_exps, 0.0)
    return loss, ops.reshape(log_sum_exps, shape)


class LinearCrossentropyModel(keras.Model):
    """Train a model whose last layer has many outputs, without holding its logits.

    It is the given model without its last layer, and its loss takes that layer along.
    The weights are those of the given model: train this one, then predict with that
    one, and save that one. It trains as it would with
    ``SparseCategoricalCrossentropy(from_logits=True, ignore_class=...)``, save that
    `sample_weight` divides as `linear_sparse_categorical_crossentropy` says. As there,
    tokens that Keras masks, for example after ``Embedding(mask_zero=True)``, do not
    count.

    Parameters
    ----------
    model : keras.Model
        A built functional or sequential model, whose last layer is a `Dense` one
        without an activation.
    chunk_size, ignore_class, label_smoothing : optional
        As for `linear_sparse_categorical_crossentropy`.

    Raises
    ------
    TypeError
        If the last layer of the model is no `Dense`, or one with a `call` of its own.
    ValueError
        If the model is not built or has other outputs than the last layer's, if that
        layer has an activation or an activity regularizer, is quantized or computes in
        half precision, or if `compile` is given a loss or metrics, which would need the
        logits. Regularizers and constraints of the kernel and the bias act as usual.

    Examples
    --------
    >>> import keras
    >>> import numpy as np
    >>> from companion import large_vocabulary
    >>> words = np.arange(32).reshape(8, 4)
    >>> model = keras.Sequential([
    ...     keras.Input((4,)), keras.layers.Embedding(32, 3), keras.layers.Dense(32)
    ... ])
    >>> training = large_vocabulary.LinearCrossentropyModel(model)
    >>> training.compile(optimizer="adam")
    >>> history = training.fit(words, (words + 1) % 32, epochs=2, verbose=0)
    >>> model.predict(words, verbose=0).shape  # logits
    (8, 4, 32)
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        chunk_size: int | None = None,
        ignore_class: int | None = None,
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__()
        head = _last_layer(model)
        self.body = keras.Model(model.inputs, head.input)
        self.head = head
        self.mask_of = _Mask()
        self.chunk_size = chunk_size
        self.ignore_class = ignore_class
        self.label_smoothing = label_smoothing

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        """Return what goes into the last layer."""
        return self.body(inputs, training=training)

    def compile(
        self,
        optimizer: str | dict | keras.optimizers.Optimizer = "rmsprop",
        **options: Any,
    ) -> None:
        """Set the optimizer; the loss is there already.

        Every option of `keras.Model.compile` but the losses and metrics.
        """
        refused = ("loss", "loss_weights", "metrics", "weighted_metrics")
        given = [name for name in refused if options.get(name) is not None]
        if given:
            raise ValueError(
                "This model brings its own loss, and a metric would need all the "
                f"logits. Received: {', '.join(given)}. Leave it out, and evaluate the "
                "model that was passed in for other metrics."
            )
        super().compile(optimizer=optimizer, **options)

    def compute_loss(
        self,
        x: Tensor | None = None,
        y: Tensor | None = None,
        y_pred: Tensor | None = None,
        sample_weight: Tensor | None = None,
        training: bool = True,
    ) -> Tensor:
        """Return the linear crossentropy plus the penalties of the layers."""
        weights = _unmasked(sample_weight, self.mask_of(y_pred), y_pred)
        loss = linear_sparse_categorical_crossentropy(
            ops.cast(y_pred, self.head.compute_dtype),
            self.head.kernel,
            self.head.bias,
            y,
            chunk_size=self.chunk_size,
            ignore_class=self.ignore_class,
            label_smoothing=self.label_smoothing,
            sample_weight=weights,
        )
        return loss + sum(self.losses)


class _Mask(keras.layers.Layer):
    """Return the mask that Keras keeps for a tensor, or None."""

    def __init__(self) -> None:
        super().__init__(name="mask")
        self.supports_masking = self.built = True

    def call(self, inputs: Tensor, mask: Tensor | None = None) -> Tensor:
        return mask


def _unmasked(
    sample_weight: Tensor | None, mask: Tensor | None, hidden: Tensor
) -> Tensor | None:
    """Return the weights of the tokens, 0 for those that are masked."""
    if mask is None:
        return sample_weight
    if sample_weight is None:
        return ops.cast(mask, hidden.dtype)
    # First, because `where` would broadcast.
    _checks.check_one_a_token("sample_weight", sample_weight, hidden)
    return ops.where(mask, sample_weight, 0)


def _last_layer(model: keras.Model) -> keras.layers.Dense:
    """Return the last layer of a model, which must be a linear one."""
    layers = getattr(model, "layers", None)
    head = layers[-1] if layers else None
    dense = isinstance(head, keras.layers.Dense)
    if not dense or type(head).call is not keras.layers.Dense.call:
        raise TypeError(
            "model must be a Keras model whose last layer is a keras.layers.Dense, "
            "whose call this model leaves out. "
            f"Received: {type(head or model).__name__}"
        )
    outputs = getattr(model, "outputs", None) or []
    if len(outputs) != 1 or outputs[0] is not head.output:
        raise ValueError(
            "model must be a built functional or sequential model whose one output is "
            f"that of its last layer. Received: {type(model).__name__} with "
            f"{len(outputs)} known outputs. Begin it with keras.Input, and leave other "
            "outputs out."
        )
    if head.activation is not keras.activations.linear:
        raise ValueError(
            "The last layer must return logits, so it must have no activation. "
            f"Received: activation={head.activation.__name__}. Leave the activation "
            "out, and apply keras.ops.softmax to what model.predict returns."
        )
    if head.activity_regularizer is not None:
        raise ValueError(
            "The last layer must have no activity regularizer, which would need all "
            "the logits. Received: "
            f"activity_regularizer={type(head.activity_regularizer).__name__}. "
            "Leave it out; a penalty of the log-sum-exp comes from "
            "linear_sparse_categorical_crossentropy(..., return_log_sum_exp=True)."
        )
    if head.quantization_mode is not None:
        raise ValueError(
            "The last layer must not be quantized, since a quantized kernel has no "
            f"gradient. Received: quantization_mode={head.quantization_mode!r}. "
            "Quantize the model after training."
        )
    if head.compute_dtype not in ("float32", "float64"):
        raise ValueError(
            "The last layer must compute in float32 or float64. Received: "
            f'{head.compute_dtype}. Give it dtype="float32": a crossentropy needs '
            "the precision, also where the other layers are of mixed precision."
        )
    return head
