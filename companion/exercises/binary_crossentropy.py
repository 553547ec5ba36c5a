"""The exercises of the chapter on binary crossentropy."""

import numpy as np

from . import Exercise, Mistake


def loss_of_one_prediction():
    """Take the negative logarithm of the probability given to what happened."""
    p = 0.8
    given_to_what_happened = 1 - p  # the label is 0
    return float(-np.log(given_to_what_happened))


def best_constant():
    """Give the share of class 1 to every example, and average the losses."""
    negatives, positives = 90, 10
    p = positives / (negatives + positives)
    total = -positives * np.log(p) - negatives * np.log(1 - p)
    return p, float(total / (negatives + positives))


def step(w, b, x, t, rate):
    """Take one step of gradient descent on the mean binary crossentropy."""
    p = 1 / (1 + np.exp(-(w * x + b)))  # forward pass
    slope = p - t  # the gradient for each score
    return w - rate * np.mean(slope * x), b - rate * np.mean(slope)


def _draw_step(rng):
    count = int(rng.integers(4, 7))
    t = rng.permutation(np.arange(count) % 2)
    w, b = rng.normal(size=2).round(2)
    return float(w), float(b), rng.normal(size=count).round(2), t, 0.5


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def _step_along(slope=lambda z, t: _sigmoid(z) - t, *, along=lambda w, x: x):
    """Return a step with another slope for the score, or another one of the score."""

    def step(w, b, x, t, rate):
        each = slope(w * x + b, t)
        return w - rate * np.mean(each * along(w, x)), b - rate * np.mean(each)

    return step


def _slope_for_the_probability(z, t):
    p = _sigmoid(z)
    return (1 - t) / (1 - p) - t / p


def _slope_of_the_squared_error(z, t):
    p = _sigmoid(z)
    return 2 * (p - t) * p * (1 - p)


def _only_the_gradient(w, b, x, t, rate):
    slope = _sigmoid(w * x + b) - t
    return np.mean(slope * x), np.mean(slope)


def _one_number_for_each_example(w, b, x, t, rate):
    slope = _sigmoid(w * x + b) - t
    return w - rate * slope * x, b - rate * slope


def _one_after_the_other(w, b, x, t, rate):
    w, _ = step(w, b, x, t, rate)
    return w, step(w, b, x, t, rate)[1]


def best_factor(t, z, factors):
    """Try every factor and keep the one with the lowest mean crossentropy."""
    mean_losses = []
    for k in factors:
        # log(1 + exp(kz)) - t kz, without an overflow.
        mean_losses.append(np.mean(np.logaddexp(0, k * z) - t * k * z))
    return factors[np.argmin(mean_losses)]


def _draw_overconfident(rng):
    honest = rng.normal(0.0, 4.0, size=400)
    t = (rng.uniform(size=400) < 1 / (1 + np.exp(-honest))).astype(int)
    # So sure and so wrong that it decides, unless its probability is clipped.
    honest[0] = rng.uniform(70.0, 80.0) * (1 - 2 * t[0])
    # As far above 1 as below, so that dividing by a factor has a best one as well.
    factors = np.geomspace(0.001, 1000.0, 61)
    # The first gives no NaN, so that going by the accuracy shows as what it is.
    factors = np.append(factors[3], rng.permutation(np.delete(factors, 3)))
    return t, honest * rng.uniform(8.0, 12.0), factors


def _mean_losses(t, z, factors):
    return [np.mean(np.logaddexp(0, k * z) - t * k * z) for k in factors]


def _with_clipped_probabilities(t, z, factors):
    losses = []
    for k in factors:
        p = np.clip(1 / (1 + np.exp(-k * z)), 1e-7, 1 - 1e-7)
        losses.append(-np.mean(t * np.log(p) + (1 - t) * np.log(1 - p)))
    return factors[np.argmin(losses)]


def _through_the_logarithm_of_0(t, z, factors):
    losses = []
    for k in factors:
        p = 1 / (1 + np.exp(-k * z))
        losses.append(-np.mean(t * np.log(p) + (1 - t) * np.log(1 - p)))
    return factors[np.argmin(losses)]


EXERCISES = (
    Exercise(
        id="binary-crossentropy-1",
        solution=loss_of_one_prediction,
        hints=(
            "`p` is the probability of label 1, and the label is 0. Which probability "
            "did the classifier give to what happened?",
            "It gave `1 - p` to label 0. The loss is the negative natural logarithm "
            "of that number: `-np.log(...)`.",
        ),
        mistakes=(
            Mistake(
                lambda: float(-np.log(0.8)),
                "This is the loss for label 1. The label is 0, so the classifier "
                "leaned to the wrong side and pays more: use `1 - p`.",
            ),
            Mistake(
                lambda: float(-np.log2(0.2)),
                "The right amount in bits. Nats are asked for: use the natural "
                "logarithm, `np.log`.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: float(-np.log10(0.2)),
                "You used the logarithm with base 10. Nats need the natural "
                "logarithm, `np.log`.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: float(np.log(0.2)),
                "The size is right, the sign is not. The logarithm of a probability "
                "is negative, and the minus in front of the formula makes the loss "
                "positive.",
                misconception="logarithms-are-positive",
            ),
            Mistake(
                lambda: 0.2,
                "0.2 is the probability that was given to what happened. The loss is "
                "its negative logarithm.",
            ),
            Mistake(
                lambda: 0.8,
                "0.8 is the distance between prediction and label. Crossentropy takes "
                "the negative logarithm of the probability given to what happened.",
                misconception="loss-is-what-is-missing",
            ),
            Mistake(
                lambda: 0.64,
                "This is the squared error. Crossentropy takes the negative logarithm "
                "of the probability given to what happened.",
                misconception="squared-error-is-as-good",
            ),
        ),
        right="A mistake at 0.8 costs more than twice as much as an undecided 0.5, "
        "which costs 0.693.",
    ),
    Exercise(
        id="binary-crossentropy-2",
        solution=best_constant,
        # 0.1 times 2.30 and 0.9 times 0.105 are 0.3245.
        absolute=(1e-9, 1e-3),
        hints=(
            "It is the bent coin again, with another share of ones.",
            "The best constant is the share of class 1 in the data.",
            "With `p = 0.1`, ten examples cost `-log(0.1)` each and ninety cost "
            "`-log(0.9)` each. Add up, and divide by 100.",
        ),
        mistakes=(
            Mistake(
                lambda: (0.5, float(np.log(2))),
                "0.5 with 0.693 is the price of knowing nothing when both classes are "
                "equally frequent. Here you know that class 1 is rare, and "
                "that is worth something.",
                misconception="chance-is-always-069",
                part=1,
            ),
            Mistake(
                lambda: (0.0, 0.0),
                "With `p = 0` the ninety examples of class 0 do cost nothing, but the "
                "ten of class 1 were called impossible and cost infinitely much. You "
                "may be thinking of accuracy, where saying no 100 times is 90 % right.",
                misconception="squared-error-is-as-good",
                part=1,
            ),
            Mistake(
                lambda: (0.0, np.inf),
                "Your loss for `p = 0` is honest: the ten examples of class 1 were "
                "called impossible, and cost infinitely much. So every `p` between 0 "
                "and 1 is better. Find the best.",
            ),
            Mistake(
                lambda: (0.0, float(-0.1 * np.log(1e-7))),
                "With `p = 0` the true loss is infinite. Yours is finite only because "
                "the probability was clipped at 0.0000001, and it is still far from "
                "the lowest. Look for a `p` above 0.",
            ),
            Mistake(
                lambda: (0.1, float(best_constant()[1] / np.log(2))),
                "`p` is right. The loss is in bits, and nats are asked for: use the "
                "natural logarithm.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: (0.1, float(-np.log(0.9))),
                "`p` is right. 0.105 is the loss of an example of class 0. The ten of "
                "class 1 cost far more each, and belong in the mean.",
            ),
            Mistake(
                lambda: (0.1, float(-np.log(0.1))),
                "`p` is right. 2.303 is the loss of an example of class 1. There are "
                "ten of them; the ninety of class 0 cost far less each, and belong in "
                "the mean.",
            ),
            Mistake(
                lambda: (0.1, float(-0.9 * np.log(0.9))),
                "`p` is right. Your mean holds the ninety examples of class 0 and "
                "leaves out the ten of class 1: add `0.1 * -log(0.1)`.",
            ),
            Mistake(
                lambda: (0.1, float(-0.1 * np.log(0.1))),
                "`p` is right. Your mean holds the ten examples of class 1 and leaves "
                "out the ninety of class 0: add `0.9 * -log(0.9)`.",
            ),
            Mistake(
                lambda: (0.9, best_constant()[1]),
                "The loss is right. `p` is the probability of class 1, the rare "
                "one; you gave that of class 0.",
            ),
            Mistake(
                lambda: (0.1, 100 * best_constant()[1]),
                "`p` is right. Your loss is the sum over all 100 examples, and the "
                "mean is asked for.",
                misconception="mean-and-sum",
            ),
            Mistake(
                lambda: best_constant()[::-1],
                "Both numbers are right, in the wrong order: `p` comes first.",
            ),
        ),
        right="A network on such data has to get below 0.325, not below 0.693, to show "
        "that it looks at its input.",
    ),
    Exercise(
        id="binary-crossentropy-3",
        solution=step,
        draw=_draw_step,
        hints=(
            "Go through the cycle: scores, probabilities, gradient for each score, "
            "mean, update. The value of the loss itself is not needed.",
            "The gradient for the score of one example is `p - t`. For `w` multiply "
            "it by that example's `x`, for `b` leave it as it is.",
            "`p = 1 / (1 + np.exp(-(w * x + b)))`, then "
            "`w - rate * np.mean((p - t) * x)`, and the same for `b` without `x`.",
        ),
        mistakes=(
            Mistake(
                _step_along(lambda z, t: t - _sigmoid(z)),
                "You walk uphill: the new weights have a higher loss. The gradient is "
                "`p - t`, and the update subtracts it.",
                misconception="step-follows-the-gradient",
            ),
            Mistake(
                lambda w, b, x, t, rate: step(w, b, x, t, len(x) * rate),
                "You subtract the sum over the examples. The loss is the mean, so its "
                "gradient is the mean too: otherwise the step grows with the number "
                "of examples.",
                misconception="mean-and-sum",
            ),
            Mistake(
                _step_along(along=lambda w, x: 1),
                "The bias is right. For the weight the chain rule multiplies each "
                "example's `p - t` by its measurement `x`.",
                misconception="outer-slope-is-enough",
            ),
            Mistake(
                _step_along(_slope_for_the_probability),
                "You used the gradient for the probability. Between the probability "
                "and the score lies the sigmoid, with slope `p * (1 - p)`: the "
                "product of both is `p - t`.",
                misconception="outer-slope-is-enough",
            ),
            Mistake(
                _step_along(
                    lambda z, t: (_sigmoid(z) - t) * _sigmoid(z) * (1 - _sigmoid(z))
                ),
                "`p - t` is already the gradient for the score: the slope of the "
                "sigmoid is in it. Do not multiply by `p * (1 - p)` once more.",
            ),
            Mistake(
                _step_along(_slope_of_the_squared_error),
                "This is a step down the squared error: its slope has the factors 2 "
                "and `p * (1 - p)`. The crossentropy's slope for the score is `p - t`.",
                misconception="squared-error-is-as-good",
            ),
            Mistake(
                _step_along(lambda z, t: (_sigmoid(z) > 0.5) - t),
                "You subtract the label from the decision. The gradient needs the "
                "probability `p`, without a threshold.",
            ),
            Mistake(
                _step_along(lambda z, t: z - t),
                "You subtract the label from the score. Turn the score into a "
                "probability first, with the sigmoid.",
                misconception="logits-are-probabilities",
            ),
            Mistake(
                _only_the_gradient,
                "You return the two gradients. Subtract them, times `rate`, from `w` "
                "and `b`.",
            ),
            Mistake(
                lambda w, b, x, t, rate: step(w, b, x, t, 1.0),
                "You did not use the learning rate. Multiply both gradients by `rate` "
                "before you subtract them.",
            ),
            Mistake(
                _one_number_for_each_example,
                "You return one number for each example: take the mean.",
            ),
            Mistake(
                _step_along(along=lambda w, x: w),
                "The bias is right. For the weight you multiply by `w`. The score is "
                "`w * x + b`, so its slope for `w` is `x`.",
            ),
            Mistake(
                _step_along(along=lambda w, x: np.mean(x)),
                "The bias is right. The mean of products is not the product of means: "
                "multiply each example's `p - t` by its own `x`, then take the mean.",
                misconception="means-mix-freely",
            ),
            Mistake(
                _one_after_the_other,
                "The weight is right. The bias was updated with probabilities "
                "computed from the new weight: make both updates from the same "
                "forward pass.",
            ),
            Mistake(
                lambda w, b, x, t, rate: step(w, b, x, t, rate)[::-1],
                "Both numbers are right, in the wrong order: the weight comes first.",
            ),
        ),
        right="Repeat this step and you have trained a logistic regression.",
    ),
    Exercise(
        id="binary-crossentropy-4",
        solution=best_factor,
        draw=_draw_overconfident,
        hints=(
            "For each factor `k` compute the mean loss of the scores `k * z`, then "
            "return the factor with the lowest.",
            "From probabilities you meet `log(0)`: the sigmoid of a score in the "
            "hundreds is exactly 1. From the score, the loss of one example is "
            "`log(1 + exp(z)) - t * z`.",
            "`np.logaddexp(0, z)` is `log(1 + exp(z))` without an overflow, and "
            "`losses.binary_crossentropy(t, k * z, from_logits=True)` uses it. Then "
            "`factors[np.argmin(...)]`.",
        ),
        mistakes=(
            Mistake(
                _through_the_logarithm_of_0,
                "Some of your losses are not numbers (NaN): large scores give "
                "probabilities of exactly 0 or 1, then `log(0)`. `np.argmin` picks "
                "the first NaN. Compute from the scores, "
                "`np.logaddexp(0, z) - t * z`.",
                misconception="same-formula-same-program",
            ),
            Mistake(
                _with_clipped_probabilities,
                "You clip the probabilities, so a wrong example costs the same however "
                "sure the classifier is of it. From the scores nothing is clipped: "
                "`np.logaddexp(0, z) - t * z`.",
                misconception="same-formula-same-program",
            ),
            Mistake(
                lambda t, z, factors: factors[
                    np.argmax([np.mean((k * z > 0) == t) for k in factors])
                ],
                "You seem to go by the accuracy. It is the same for every positive "
                "factor, so the first one wins by accident. Compare the mean losses.",
                misconception="squared-error-is-as-good",
            ),
            Mistake(
                lambda t, z, factors: factors[np.argmax(_mean_losses(t, z, factors))],
                "You return the factor with the highest loss. The lowest is asked for.",
            ),
            Mistake(
                lambda t, z, factors: factors[
                    np.argmin(_mean_losses(t, z, 1 / factors))
                ],
                "You divide by `k`; the task multiplies.",
            ),
            Mistake(
                lambda t, z, factors: factors.min(),
                "You return the smallest factor. That shrinks all probabilities "
                "towards 0.5, and the loss towards 0.693; somewhere between, it is "
                "lower. If you searched for it, check that label 1 goes with high "
                "scores in your loss.",
            ),
            Mistake(
                lambda t, z, factors: min(_mean_losses(t, z, factors)),
                "You return the lowest mean loss. The factor that reaches it is asked "
                "for.",
            ),
            Mistake(
                lambda t, z, factors: np.argmin(_mean_losses(t, z, factors)),
                "You return the place of the best factor in the array. Give the "
                "factor itself, `factors[...]`.",
            ),
        ),
        right="This is temperature scaling: the factor is 1 over the temperature. In "
        "practice you choose it on validation data, never on the test set.",
    ),
)
