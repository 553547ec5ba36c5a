"""The exercises of the chapter on categorical crossentropy."""

import numpy as np

from companion import losses

from . import Exercise, Mistake


def loss_of_one_example():
    """Compute the loss of one example of class 3 among ten classes."""
    target = np.zeros(10)
    target[3] = 1.0
    prediction = np.zeros(10)
    prediction[3], prediction[8] = 0.25, 0.75
    return losses.categorical_crossentropy(target, prediction)


def gradient_for_the_logits():
    """Compute the slope of the loss along each logit: softmax minus target."""
    target = np.array([0.0, 0.0, 1.0])
    prediction = np.array([0.0, 0.05, 0.95])
    return prediction - target


def two_logits(z):
    """Write one sigmoid's score as two softmax scores, the first of them 0."""
    return np.stack([np.zeros_like(z), z], axis=-1)


def _draw_scores(rng):
    return (rng.normal(0.0, 2.0, size=int(rng.integers(3, 7))),)


def _probabilities(z):
    p = 1 / (1 + np.exp(-z))
    return np.stack([1 - p, p], axis=-1)


def both_accuracies(targets, probabilities):
    """Return binary accuracy, output by output, and accuracy, row by row."""
    said = probabilities > 0.5
    binary = np.mean(said == (targets == 1))
    right = probabilities.argmax(axis=1) == targets.argmax(axis=1)
    return binary, np.mean(right)


def _draw_predictions(rng):
    count, classes = int(rng.integers(30, 50)), int(rng.integers(4, 9))
    targets = np.eye(classes)[rng.integers(classes, size=count)]
    powers = np.exp(rng.normal(size=(count, classes)) + 1.5 * targets)
    return targets, powers / powers.sum(axis=1, keepdims=True)


def best_for_soft_targets():
    """Find the prediction with the least loss for a soft target, and its loss."""
    target = np.array([0.6, 0.3, 0.1])
    # The gradient for the logits, prediction - target, is 0 only here.
    prediction = target
    return prediction, losses.categorical_crossentropy(target, prediction)


_SOFT = (0.6, 0.3, 0.1)


EXERCISES = (
    Exercise(
        id="categorical-crossentropy-1",
        solution=loss_of_one_example,
        hints=(
            "Write the target as a vector of ten numbers. How many terms of the sum "
            "are not multiplied by 0?",
            "One term is left: minus the natural logarithm of the probability that "
            "the network gave to class 3.",
        ),
        mistakes=(
            Mistake(
                lambda: -np.log(0.75),
                "This is the loss if the example were of class 8. The loss asks "
                "for the probability of the true class, not of the winner.",
                misconception="largest-probability-enters-the-loss",
            ),
            Mistake(
                lambda: -np.log2(0.25),
                "This is the loss in bits. The course and Keras use the natural "
                "logarithm: `np.log`, not `np.log2`.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: -np.log10(0.25),
                "You took the logarithm to base 10. `np.log` is the natural one.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: np.log(0.25),
                "The size is right, the sign is not: logarithms of probabilities are "
                "negative, and the minus before the sum makes the loss positive.",
                misconception="logarithms-are-positive",
            ),
            Mistake(
                lambda: -np.log(0.25) - np.log(1 - 0.75),
                "You added a term for class 8. That is what a sum of ten *binary* "
                "crossentropies does; in the categorical one a class with target 0 "
                "contributes 0.",
                misconception="other-classes-count",
            ),
            Mistake(
                lambda: (-np.log(0.25) - np.log(1 - 0.75)) / 10,
                "This is Keras's binary crossentropy: ten yes-or-no questions, "
                "averaged. The categorical one takes minus the logarithm of one "
                "probability.",
                misconception="other-classes-count",
            ),
            Mistake(
                lambda: np.log(10),
                "This is the loss of a network that gives 0.1 to each of the ten "
                "classes. This one gave 0.25 to the true class.",
            ),
            Mistake(
                lambda: 1 - 0.25,
                "You computed 1 - 0.25, the probability that went elsewhere. The "
                "loss is minus the logarithm of 0.25.",
                misconception="loss-is-what-is-missing",
            ),
        ),
        right="Where the other 0.75 went does not matter to the value: spread over "
        "nine classes or all on class 8, the loss is log 4.",
    ),
    Exercise(
        id="categorical-crossentropy-2",
        solution=gradient_for_the_logits,
        hints=(
            "The answer has one number for each class, and they sum to 0.",
            "For logits the gradient is softmax minus target, and the softmax of the "
            "logits is the prediction that you are given.",
            "Subtract class by class: 0 - 0, 0.05 - 0, 0.95 - 1.",
        ),
        mistakes=(
            Mistake(
                lambda: np.array([0.0, 0.05, 0.95]),
                "This is the softmax itself; subtract the target.",
            ),
            Mistake(
                lambda: np.array([0.0, 0.0, -0.05]),
                "You left out class 1. Classes with target 0 contribute 0 to the "
                "*value* of the loss only. Their scores stand in the softmax's sum, "
                "so raising one lowers the true class's probability.",
                misconception="other-classes-get-no-gradient",
            ),
            Mistake(
                lambda: np.array([0.0, 0.0, -1 / 0.95]),
                "This is the slope along the probability, -1/p. Asked for is the "
                "slope along the logits, the scores before the softmax.",
                misconception="outer-slope-is-enough",
            ),
            Mistake(
                lambda: losses.categorical_crossentropy_gradient(
                    [0, 0, 1], [0, 0.05, 0.95]
                ),
                "This is the gradient for the probabilities that "
                "`categorical_crossentropy_gradient` returns by default. Asked for is "
                "the one for the logits, the scores before the softmax.",
                misconception="outer-slope-is-enough",
            ),
            Mistake(
                lambda: losses.categorical_crossentropy_gradient(
                    [0, 0, 1], [0, 0.05, 0.95], from_logits=True
                ),
                "You passed the probabilities as logits, so softmax was applied a "
                "second time. The prediction already is the softmax: subtract the "
                "target from it.",
                misconception="softmax-twice-is-harmless",
            ),
            Mistake(
                lambda: -gradient_for_the_logits(),
                "The signs are swapped: this is target minus softmax, the direction "
                "in which training moves the logits. The gradient points uphill.",
                misconception="step-follows-the-gradient",
            ),
            Mistake(
                lambda: np.abs(gradient_for_the_logits()),
                "The sizes are right. Raising the true class's score lowers the "
                "loss, so its entry is negative.",
            ),
        ),
        right="The entries sum to 0: what training takes from the wrong classes' "
        "scores it gives to the true one.",
    ),
    Exercise(
        id="categorical-crossentropy-3",
        solution=two_logits,
        draw=_draw_scores,
        hints=(
            "Softmax of two scores depends only on their difference.",
            "The probability of class 1 is the sigmoid of its score minus the score "
            "of class 0. Which scores have the difference z, if the first is 0?",
            "`np.stack([first, second], axis=-1)` makes two columns out of two "
            "arrays of shape (n,).",
        ),
        mistakes=(
            Mistake(
                lambda z: np.stack([z, np.zeros_like(z)], axis=-1),
                "The columns are swapped: a large z means class 1, so z belongs in "
                "the second column.",
            ),
            Mistake(
                lambda z: np.stack([-z, z], axis=-1),
                "The difference of your two scores is 2z, so softmax gives the "
                "sigmoid of 2z: too sure of itself.",
            ),
            Mistake(
                lambda z: np.stack([-z / 2, z / 2], axis=-1),
                "Your scores give the right probabilities: their difference is z. "
                "The task wants the pair whose first score is 0, so add z/2 to both.",
            ),
            Mistake(
                _probabilities,
                "These are the two probabilities. Asked for are the scores from "
                "which softmax computes them.",
                misconception="logits-are-probabilities",
            ),
            Mistake(
                lambda z: np.stack([np.zeros_like(z), z]),
                "The numbers are right, and they lie in two rows. One example is "
                "one row: stack along the last axis, `axis=-1`.",
                misconception="rows-and-columns-swapped",
            ),
            Mistake(
                lambda z: np.stack([1 - z, z], axis=-1),
                "1 - z turns a probability into the other one. z is a score: here "
                "only the difference between the two scores counts.",
                misconception="logits-are-probabilities",
            ),
        ),
        right="So a sigmoid is a softmax with one score held at 0, and a softmax over "
        "C classes needs only C - 1 free scores.",
    ),
    Exercise(
        id="categorical-crossentropy-4",
        solution=both_accuracies,
        draw=_draw_predictions,
        hints=(
            "Binary accuracy looks at every entry of the table alone, categorical "
            "accuracy at every row.",
            "For the first: where `probabilities > 0.5` agrees with `targets == 1`, "
            "an output counts as right.",
            "For the second: compare `argmax(axis=1)` of both tables. `np.mean` of an "
            "array of True and False is the share of True.",
        ),
        mistakes=(
            Mistake(
                lambda t, p: both_accuracies(t, p)[::-1],
                "Both shares are right, in the wrong order: binary accuracy first.",
            ),
            Mistake(
                lambda t, p: (
                    np.mean(((p > 0.5) == (t == 1)).all(axis=1)),
                    both_accuracies(t, p)[1],
                ),
                "The second share is right. For the first you ask that all outputs "
                "of a row are right at once, or you look at the true class only; "
                "binary accuracy counts each output.",
            ),
            Mistake(
                lambda t, p: (
                    np.mean(np.eye(t.shape[1])[p.argmax(axis=1)] == t),
                    both_accuracies(t, p)[1],
                ),
                "The second share is right. For the first you set the winner to 1 "
                "and the others to 0; binary accuracy knows no winner, it compares "
                "each output with 0.5.",
            ),
            Mistake(
                lambda t, p: (both_accuracies(t, p)[0], np.mean((p > 0.5)[t == 1])),
                "The first share is right. For the second you ask that the true "
                "class gets more than 0.5; among many classes the largest "
                "probability wins, even if it is small.",
                misconception="threshold-is-always-half",
            ),
            Mistake(
                lambda t, p: (
                    both_accuracies(t, p)[0],
                    np.mean(p.argmax(axis=0) == t.argmax(axis=0)),
                ),
                "The first share is right. For the second, argmax has to go along "
                "each row: `axis=1`.",
                misconception="rows-and-columns-swapped",
            ),
        ),
        right="On random tables like these the first number is always the more "
        "flattering one: most outputs only have to say no.",
    ),
    Exercise(
        id="categorical-crossentropy-5",
        solution=best_for_soft_targets,
        hints=(
            "Try a few predictions with `losses.categorical_crossentropy` and watch "
            "where the loss falls.",
            "At the least loss the gradient is 0. For the logits it is softmax minus "
            "target.",
            "So the best prediction equals the target. Its loss is not 0: all three "
            "terms of the sum count.",
        ),
        mistakes=(
            Mistake(
                lambda: (np.array([1.0, 0.0, 0.0]), 0.0),
                "A loss of 0 would need a target that is certain too. Four of ten "
                "people chose another class, and certainty gives those classes the "
                "probability 0.",
                misconception="zero-loss-is-possible",
                part=1,
            ),
            Mistake(
                lambda: (
                    np.array([1.0, 0.0, 0.0]),
                    losses.categorical_crossentropy(_SOFT, [1.0, 0.0, 0.0]),
                ),
                "This is the loss of a network that is certain of the first class "
                "(kept finite by the clip at 1e-7). It is nearly the worst answer: "
                "four of ten people chose another class.",
            ),
            Mistake(
                lambda: (np.array([1.0, 0.0, 0.0]), np.inf),
                "Certainty costs infinity here, because four of ten people chose a "
                "class that got the probability 0. So it cannot be the best.",
            ),
            Mistake(
                lambda: (np.array(_SOFT), 0.0),
                "The prediction is right. Its loss is above 0: with a soft target "
                "three terms of the sum count, and none of the probabilities is 1.",
                misconception="zero-loss-is-possible",
            ),
            Mistake(
                lambda: (np.array(_SOFT), -np.log(0.6)),
                "The prediction is right. For the loss you took only the first term; "
                "with a soft target every class with a target above 0 counts.",
                misconception="only-one-term-counts",
            ),
            Mistake(
                lambda: (np.array(_SOFT), best_for_soft_targets()[1] / np.log(2)),
                "The prediction is right. This is its loss in bits; in nats the "
                "logarithm is the natural one.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: (np.full(3, 1 / 3), np.log(3)),
                "Guessing evenly costs log 3 whatever the target is. The target "
                "prefers the first class, and so should the prediction.",
                part=1,
            ),
        ),
        right="The least loss that a soft target allows is its entropy. A loss that "
        "stays above 0 need not mean a bad network.",
    ),
)
