"""Reference losses in NumPy: one value per example, nothing reduced.

Every loss is a pure function ``(y_true, y_pred, *, options)`` and stands beside its
gradient with respect to what you pass as ``y_pred``. Arithmetic and results are
float64; one example without a batch axis gives a NumPy scalar. A call computes some
examples at a time and holds little beside its input and its result.

They are references, to be called with arrays. No framework can compile or differentiate
them: for ``model.compile`` there are ``keras.losses`` and ``companion.margins``.

A crossentropy is in nats. Its ``y_pred`` holds probabilities, or raw scores with
``from_logits=True``. As in Keras, class probabilities are divided by their sum, then
probabilities are clipped to ``[epsilon, 1 - epsilon]``; where the clip acts, the loss
is flat and its gradient 0. Any ``epsilon`` above 0 bounds the loss at ``-log(epsilon)``
on both sides. ``epsilon=0`` turns the clip off: probability 0 for what happened costs
infinity, and ``0 log 0`` counts as 0. Logits are never clipped, so there ``epsilon``
has no effect. What a probability lacks to 1 is taken from the other classes, so that a
loss or a slope of 1e-22 is that and not 0. Results that float64 cannot hold are
infinite, without a warning.

A hinge loss takes raw scores and is in their unit. It compares a margin with 1 and is
no likelihood. At its kink the gradient is 0, and of equal scores the first counts.

Nothing is repaired silently. Bad input raises ``TypeError`` (wrong kind of value, such
as a symbolic tensor, or a masked array, inside a list too) or ``ValueError`` (wrong
shape or value), and the message says how to mend it. Rows that must sum to 1 may miss
it by the square root of their dtype's machine epsilon.
"""

from companion.losses._crossentropies import (
    binary_crossentropy,
    binary_crossentropy_gradient,
    categorical_crossentropy,
    categorical_crossentropy_gradient,
    sparse_categorical_crossentropy,
    sparse_categorical_crossentropy_gradient,
)
from companion.losses._hinges import (
    categorical_hinge,
    categorical_hinge_gradient,
    crammer_singer_hinge,
    crammer_singer_hinge_gradient,
    hinge,
    hinge_gradient,
    squared_hinge,
    squared_hinge_gradient,
)
from companion.losses._metrics import (
    expected_calibration_error,
    sparse_categorical_accuracy,
)

__all__ = [
    "binary_crossentropy",
    "binary_crossentropy_gradient",
    "categorical_crossentropy",
    "categorical_crossentropy_gradient",
    "categorical_hinge",
    "categorical_hinge_gradient",
    "crammer_singer_hinge",
    "crammer_singer_hinge_gradient",
    "expected_calibration_error",
    "hinge",
    "hinge_gradient",
    "sparse_categorical_accuracy",
    "sparse_categorical_crossentropy",
    "sparse_categorical_crossentropy_gradient",
    "squared_hinge",
    "squared_hinge_gradient",
]
