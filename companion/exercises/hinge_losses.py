"""The exercises of the chapter on the hinge losses."""

import numpy as np

from companion import losses

from . import Exercise, Mistake


def losses_of_three():
    """Ask each margin for 1, and never pay less than nothing."""
    t = np.array([1, -1, -1])
    s = np.array([0.4, -3.0, 0.2])
    return np.maximum(1 - t * s, 0)


def slopes_of_three():
    """Differentiate both losses by the score where the margin is below 1."""
    t = np.array([1, -1, 1])
    s = np.array([0.25, 0.5, 2.0])
    short = t * s < 1  # [True, True, False]
    hinge = np.where(short, -t, 0)
    squared = np.where(short, -2 * t * (1 - t * s), 0)
    return hinge.astype(float), squared


def best_constant_score():
    """Try constant scores, and keep the one with the lowest mean loss."""
    t = np.array([-1] * 90 + [1] * 10)
    candidates = np.linspace(-3, 3, 601)
    mean_losses = [np.mean(np.maximum(1 - t * s, 0)) for s in candidates]
    best = np.argmin(mean_losses)
    return float(candidates[best]), float(mean_losses[best])


def before_and_after_a_shift():
    """Compute both losses for the scores, then for the scores with 10 added."""
    y, s = 0, np.array([-2.0, -2.5, -6.0])
    answers = []
    for scores in (s, s + 10):
        rival = np.delete(scores, y).max()
        # The right class stands in Keras's maximum as 0.
        answers.append(max(0.0, 1 + max(0.0, rival) - scores[y]))
        answers.append(max(0.0, 1 + rival - scores[y]))
    return tuple(float(answer) for answer in answers)


def crammer_singer(labels, scores):
    """Compare the right score with the best of the wrong ones, row by row."""
    rows = np.arange(len(labels))
    right = scores[rows, labels]
    wrong = scores.copy()
    wrong[rows, labels] = -np.inf
    return np.maximum(1 + wrong.max(axis=1) - right, 0)


def _draw_scores(rng):
    count, classes = int(rng.integers(6, 9)), int(rng.integers(3, 6))
    scores = rng.normal(-2.0, 1.5, size=(count, classes)).round(2)
    labels = rng.integers(classes, size=count)
    labels[:3] = scores[:3].argmax(axis=1)  # some are right
    scores[0] -= 5.0  # and one of these has all scores below 0
    return labels, scores


def _right(labels, scores):
    return scores[np.arange(len(labels)), labels]


def _rival(labels, scores):
    wrong = scores.copy()
    wrong[np.arange(len(labels)), labels] = -np.inf
    return wrong.max(axis=1)


def _sum_over_the_wrong_classes(labels, scores):
    each = np.maximum(1 + scores - _right(labels, scores)[:, None], 0)
    each[np.arange(len(labels)), labels] = 0
    return each.sum(axis=1)


def svm_step(w, b, x, t, rate, penalty):
    """Take one step on the mean hinge loss plus penalty / 2 times w squared."""
    s = x @ w + b  # (n,)
    slope = np.where(t * s < 1, -t, 0)  # who pulls, and which way
    w_gradient = slope @ x / len(t) + penalty * w
    return w - rate * w_gradient, b - rate * slope.mean()


def _draw_step(rng):
    count = int(rng.integers(6, 9))
    t = np.where(rng.permutation(count) % 2, 1.0, -1.0)
    x = (rng.normal(size=(count, 2)) + t[:, None]).round(2)
    w, b = rng.normal(0.0, 0.7, size=2).round(2), round(rng.normal(), 2)
    return w, b, x, t, 0.5, 0.2


def _step_along(w, b, x, rate, slope, decay):
    return w - rate * (slope @ x / len(x) + decay), b - rate * slope.mean()


def _pull(w, b, x, t):
    return np.where(t * (x @ w + b) < 1, -t, 0)


def _penalty_on_the_bias_too(w, b, x, t, rate, penalty):
    w, new = svm_step(w, b, x, t, rate, penalty)
    return w, new - rate * penalty * b


def _summed(w, b, x, t, rate, penalty):
    slope = _pull(w, b, x, t)
    return w - rate * (slope @ x + penalty * w), b - rate * slope.sum()


def _mean_of_those_who_pull(w, b, x, t, rate, penalty):
    slope = _pull(w, b, x, t)
    count = max(np.count_nonzero(slope), 1)
    gradient = slope @ x / count + penalty * w
    return w - rate * gradient, b - rate * slope.sum() / count


EXERCISES = (
    Exercise(
        id="hinge-losses-1",
        solution=losses_of_three,
        hints=(
            "First multiply each score by its label. That is the margin.",
            "The margins are 0.4, 3 and -0.2. What is missing to 1 is the loss, and "
            "where nothing is missing it is 0.",
        ),
        mistakes=(
            Mistake(
                lambda: np.array([0.6, -2.0, 1.2]),
                "The margin of the second example is 3, beyond 1, so nothing is "
                "missing: the loss is 0, not below it.",
                misconception="hinge-goes-on-beyond",
            ),
            Mistake(
                lambda: np.array([0.6, 1.0, 1.0]),
                "You multiplied by 0 where the label is -1. With a label of 0 the "
                "loss is 1 whatever the score is. The labels here are -1 and +1.",
            ),
            Mistake(
                lambda: np.array([0.6, 4.0, 0.8]),
                "You took 1 minus the score. Where the label is -1, a negative score "
                "is the right one: multiply by the label first.",
            ),
            Mistake(
                lambda: np.array([0.0, 0.0, 0.2]),
                "You ask only for the right sign. That loss exists (the "
                "perceptron's), and the hinge asks for a margin of 1.",
                misconception="right-side-is-enough",
            ),
            Mistake(
                lambda: np.array([0.0, 0.0, 1.2]),
                "The last loss is right. The first example is on the right side too, "
                "but its margin is 0.4: the 0.6 up to 1 is missing, and it pays that.",
                misconception="right-side-is-enough",
            ),
            Mistake(
                lambda: np.array([0.6, 2.0, 1.2]),
                "You took the distance from 1 on both sides. The second example is "
                "beyond 1, and beyond 1 the loss is 0: more margin is never punished.",
                misconception="hinge-goes-on-beyond",
            ),
            Mistake(
                lambda: 0.6,
                "This is the mean, the number in a training log. Asked for is one "
                "loss for each example.",
                misconception="loss-is-one-number",
            ),
            Mistake(
                lambda: np.log1p(np.exp(-np.array([0.4, 3.0, -0.2]))),
                "These are the crossentropies of the same scores. The hinge has no "
                "logarithm.",
            ),
            Mistake(
                lambda: np.array([0.36, 0.0, 1.44]),
                "These are the squared hinges. The hinge is not squared.",
            ),
        ),
        right="The first prediction is correct and still pays: its margin is too thin.",
    ),
    Exercise(
        id="hinge-losses-2",
        solution=slopes_of_three,
        hints=(
            "Which margins are below 1? Only these examples have a slope.",
            "There the hinge is 1 - t s, so its slope along s is -t. For the squared "
            "hinge, use the chain rule: 2 (1 - t s) times -t.",
            "The margins are 0.25, -0.5 and 2. The second example has t = -1, so its "
            "slopes are positive: a larger score makes it worse.",
        ),
        mistakes=(
            Mistake(
                lambda: (np.array([-1.0, -1.0, 0.0]), np.array([-1.5, -3.0, 0.0])),
                "These are the slopes along the *margin*. Along the score the label "
                "comes in once more: for t = -1 the sign turns.",
                misconception="outer-slope-is-enough",
            ),
            Mistake(
                lambda: tuple(-slope for slope in slopes_of_three()),
                "The signs are swapped: this is the direction in which training moves "
                "the scores. The gradient points uphill.",
                misconception="step-follows-the-gradient",
            ),
            Mistake(
                lambda: (np.array([-1.0, 1.0, -1.0]), np.array([-1.5, 3.0, 2.0])),
                "The third example has the margin 2. Beyond 1 the loss is flat at 0, "
                "so its slope is 0.",
                misconception="hinge-goes-on-beyond",
            ),
            Mistake(
                lambda: (np.array([0.0, 1.0, 0.0]), np.array([0.0, 3.0, 0.0])),
                "The first example is on the right side, but its margin is 0.25. The "
                "hinge pulls until the margin is 1, not until the sign is right.",
                misconception="right-side-is-enough",
            ),
            Mistake(
                lambda: (slopes_of_three()[0], slopes_of_three()[1] / 2),
                "The first array is right. The derivative of a square brings a "
                "factor of 2.",
            ),
            Mistake(
                lambda: (np.array([0.75, 1.5, 0.0]), np.array([0.5625, 2.25, 0.0])),
                "These are the losses. Asked for are their slopes along the score.",
            ),
            Mistake(
                lambda: tuple(slope * [0.25, 0.5, 2.0] for slope in slopes_of_three()),
                "You multiplied by the score. That is how a weight in front of the "
                "score would be pulled; along the score itself the slope is -t.",
            ),
        ),
        right="The hinge pulls with force 1 or not at all. The squared hinge pulls the "
        "harder, the more is missing.",
    ),
    Exercise(
        id="hinge-losses-3",
        solution=best_constant_score,
        hints=(
            "Write the mean loss as a function of the score s: 0.9 times the loss for "
            "label -1, plus 0.1 times the loss for label +1.",
            "For s between -1 and 1 it is 0.9 (1 + s) + 0.1 (1 - s) = 1 + 0.8 s. "
            "Where on this line is it lowest, and what happens further left?",
            "At s = -1 the ninety pay nothing and each of the ten pays 2. Further "
            "left the ninety gain nothing more, and the ten pay more.",
        ),
        mistakes=(
            Mistake(
                lambda: (
                    float(-np.log(9)),
                    float(0.1 * (1 + np.log(9)) + 0.9 * max(1 - np.log(9), 0)),
                ),
                "This score is the log odds, log(0.1 / 0.9), the best one for "
                "crossentropy. The hinge has nothing to gain beyond -1.",
                misconception="hinge-is-a-probability",
            ),
            Mistake(
                lambda: (
                    float(-np.log(9)),
                    float(-0.9 * np.log(0.9) - 0.1 * np.log(0.1)),
                ),
                "This is the answer for *crossentropy*: the log odds, and the entropy "
                "of the shares. The hinge is no likelihood and finds another score.",
                misconception="hinge-is-a-probability",
            ),
            Mistake(
                lambda: (-0.8, float(0.1 * 1.8 + 0.9 * 0.2)),
                "You took the mean of the labels, which is best for the squared "
                "hinge. For the hinge the mean loss still falls to the left of it.",
            ),
            Mistake(
                lambda: (-1.0, 0.0),
                "The score is right. The ninety pay nothing there, but each of the "
                "ten has the margin -1 and pays.",
            ),
            Mistake(
                lambda: (-1.0, 0.1),
                "The score is right. 0.1 is the share of mistakes; the hinge charges "
                "each of them 1 for the margin and 1 for being that far on the wrong "
                "side.",
                misconception="loss-is-a-share-of-mistakes",
            ),
            Mistake(
                lambda: (0.0, 1.0),
                "At the score 0 everyone pays 1. Move towards the ninety: they gain "
                "what the ten lose, and they are more.",
            ),
            Mistake(
                lambda: (1.0, 1.8),
                "This score serves the ten, and the ninety pay 2 each. Mind the signs.",
            ),
            Mistake(
                lambda: (-2.0, 0.3),
                "Beyond -1 the ninety gain nothing more, while the ten go on paying "
                "for each step.",
                misconception="hinge-goes-on-beyond",
            ),
            Mistake(
                lambda: (0.2, -1.0),
                "Both numbers are right, in the wrong order: the score first.",
            ),
            Mistake(
                lambda: (0.1, float(0.1 * 0.9 + 0.9 * 1.1)),
                "0.1 is the share of label +1, the best *probability*. Asked for is a "
                "score, which can be any number.",
                misconception="hinge-is-a-probability",
            ),
        ),
        right="With 51 against 49 the best score would be -1 as well. From a hinge "
        "score you cannot read how large the majority is.",
    ),
    Exercise(
        id="hinge-losses-4",
        solution=before_and_after_a_shift,
        hints=(
            "The right score is -2, the best wrong one is -2.5. Which of the two "
            "losses looks at nothing but their difference?",
            "In Keras's maximum the right class stands with the value 0. If all wrong "
            "scores are below 0, this 0 is the largest.",
            "Before: Keras 1 + 0 - (-2), Crammer-Singer 1 - 2.5 - (-2). After adding "
            "10 the wrong scores are above 0, and both compute the same.",
        ),
        mistakes=(
            Mistake(
                lambda: (0.5, 0.5, 0.5, 0.5),
                "The other three are right. Before the shift all wrong scores are "
                "negative, and Keras counts the best of them as 0.",
                misconception="shift-never-matters",
            ),
            Mistake(
                lambda: (3.0, 0.5, 3.0, 0.5),
                "A shift never matters to the softmax or to Crammer and Singer. It "
                "does to Keras's hinge, which compares the scores with 0 as well.",
                misconception="shift-never-matters",
            ),
            Mistake(
                lambda: (3.0, 3.0, 0.5, 0.5),
                "Crammer and Singer's loss compares scores with each other only, and "
                "adding 10 to all changes no difference. It is the same both times.",
            ),
            Mistake(
                lambda: (0.0, 0.0, 0.0, 0.0),
                "Class 0 has the largest score, so the decision is right. Both losses "
                "ask for more: a lead of 1, and the lead is only 0.5.",
                misconception="right-side-is-enough",
            ),
            Mistake(
                lambda: (2.0, 0.0, 0.0, 0.0),
                "You left out the 1: both losses ask for a lead of 1.",
                misconception="right-side-is-enough",
            ),
            Mistake(
                lambda: (0.5, 3.0, 0.5, 0.5),
                "The numbers are right. The order asked for is Keras, Crammer-Singer, "
                "then both again after the shift.",
            ),
            Mistake(
                lambda: (float(np.log(1 + np.exp(-0.5) + np.exp(-4.0))),) * 4,
                "This is the crossentropy of the softmax. It does not change under a "
                "shift either, but asked for are the two hinges.",
            ),
        ),
        right="A loss of 3 with the right class in front: do not read this number as "
        "a sign of mistakes.",
    ),
    Exercise(
        id="hinge-losses-5",
        solution=crammer_singer,
        draw=_draw_scores,
        hints=(
            "You need two numbers for each row: the right score and the best wrong "
            "one.",
            "`scores[np.arange(len(labels)), labels]` picks the right score of each "
            "row. To keep it out of the maximum, overwrite it in a copy.",
            "Overwrite it with `-np.inf`, not with 0: 0 would beat negative scores.",
        ),
        mistakes=(
            Mistake(
                lambda y, s: losses.categorical_hinge(np.eye(s.shape[1])[y], s),
                "This is Keras's categorical hinge. Did you overwrite the right "
                "score with 0, or multiply by 0? Where all wrong scores are "
                "negative, that 0 wins the maximum.",
            ),
            Mistake(
                lambda y, s: np.maximum(1 + s.max(axis=1) - _right(y, s), 0),
                "Your maximum runs over all classes, the right one too, so no loss "
                "is below 1. Leave the right class out.",
            ),
            Mistake(
                _sum_over_the_wrong_classes,
                "You added up the losses against every wrong class. That is another "
                "loss, also called a hinge; Crammer and Singer take the strongest "
                "rival alone.",
                misconception="other-classes-count",
            ),
            Mistake(
                lambda y, s: np.maximum(s.max(axis=1) - _right(y, s), 0),
                "This is 0 as soon as the right class leads. The loss asks for a lead "
                "of 1.",
                misconception="right-side-is-enough",
            ),
            Mistake(
                lambda y, s: 1 + _rival(y, s) - _right(y, s),
                "Some of your losses are negative. Where the lead is larger than 1, "
                "the loss is 0.",
                misconception="hinge-goes-on-beyond",
            ),
            Mistake(
                lambda y, s: crammer_singer(y, s).mean(),
                "This is the mean over the examples. Return one loss for each.",
                misconception="loss-is-one-number",
            ),
            Mistake(
                lambda y, s: np.maximum(1 - _rival(y, s) + _right(y, s), 0),
                "The signs are turned: a high right score should lower the loss, a "
                "high rival should raise it.",
            ),
        ),
        right="`losses.crammer_singer_hinge` agrees, and so do optax and scikit-learn.",
    ),
    Exercise(
        id="hinge-losses-6",
        solution=svm_step,
        draw=_draw_step,
        hints=(
            "Forward first: the scores are `x @ w + b`. Then ask which examples have "
            "a margin below 1; only these pull.",
            "Along the score an example that pulls has the slope -t. Multiply by its "
            "features and take the mean over **all** n examples to get the slope "
            "along w.",
            "The penalty adds `penalty * w` to the slope along w, and nothing to the "
            "slope along b.",
        ),
        mistakes=(
            Mistake(
                lambda w, b, x, t, rate, price: svm_step(w, b, x, t, -rate, price),
                "You step uphill: subtract the gradient.",
                misconception="step-follows-the-gradient",
            ),
            Mistake(
                lambda w, b, x, t, rate, price: svm_step(w, b, x, t, rate, 0.0),
                "The penalty is missing: half of penalty times w squared has the "
                "slope penalty times w.",
            ),
            Mistake(
                lambda w, b, x, t, rate, price: svm_step(w, b, x, t, rate, 2 * price),
                "Your penalty pulls twice as hard as it should: the half in front of "
                "the square cancels the 2 of its derivative.",
            ),
            Mistake(
                lambda w, b, x, t, rate, price: svm_step(w, b, x, t, rate, price / 2),
                "Your penalty pulls half as hard as it should: the derivative of the "
                "square brings a 2, which cancels the half.",
            ),
            Mistake(
                _penalty_on_the_bias_too,
                "The weights are right. The penalty is on w alone, not on the bias.",
            ),
            Mistake(
                _summed,
                "You added up over the examples. The loss is their mean.",
                misconception="mean-and-sum",
            ),
            Mistake(
                lambda w, b, x, t, rate, penalty: _step_along(
                    w, b, x, rate, -t, penalty * w
                ),
                "All your examples pull. Those with a margin of 1 or more have the "
                "slope 0.",
                misconception="hinge-goes-on-beyond",
            ),
            Mistake(
                lambda w, b, x, t, rate, penalty: _step_along(
                    w, b, x, rate, np.where(t * (x @ w + b) < 0, -t, 0), penalty * w
                ),
                "Only wrong examples pull in your step. The hinge pulls on every "
                "margin below 1, on the right side too.",
                misconception="right-side-is-enough",
            ),
            Mistake(
                _mean_of_those_who_pull,
                "You took the mean over the examples that pull. The others count as "
                "well, with 0: divide by the number of all examples.",
            ),
            Mistake(
                lambda w, b, x, t, rate, penalty: _step_along(
                    w, b, x, rate, -t / (1 + np.exp(t * (x @ w + b))), penalty * w
                ),
                "This is the step of crossentropy, in which every example pulls a "
                "little. The hinge's pull is all or nothing.",
            ),
        ),
        right="Repeated, this step trains a linear support-vector machine. The "
        "examples whose margin stays at 1 or below are its support vectors.",
    ),
)
