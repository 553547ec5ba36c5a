"""Training twice from the same start, by `model.fit` and by `training.fit`."""

import numpy as np

from companion import training

# Sums of a few dozen float32 numbers of size 1, over about 20 updates.
ROUNDING = {"rtol": 1e-5, "atol": 2e-6}


def assert_same_run(build, x, y, *, ours=None, **options):
    """Train both ways, `ours` with more options; weights and history must agree."""
    plain, fast = build(), build()
    expected = plain.fit(x, y, **options).history
    history = training.fit(fast, x, y, **{**options, **(ours or {})})
    assert_same_weights(fast.get_weights(), plain.get_weights())
    assert_same_history(history.history, expected)
    for name, value in plain.get_metrics_result().items():
        np.testing.assert_allclose(fast.get_metrics_result()[name], value, **ROUNDING)
    return plain, fast


def assert_same_weights(ours, expected):
    assert len(ours) == len(expected)
    for left, right in zip(ours, expected, strict=True):
        np.testing.assert_allclose(left, right, **ROUNDING)


def assert_same_history(ours, expected):
    assert list(ours) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(ours[name], values, **ROUNDING, err_msg=name)
