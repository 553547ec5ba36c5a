"""The exercises of the chapter on reading a loss."""

import numpy as np

from . import Exercise, Mistake


def price_of_knowing_nothing():
    """Give each of 50 classes the probability 1/50, and take the loss."""
    return float(-np.log(1 / 50))


def baseline(labels):
    """Predict the shares of the classes for every example, and average the losses."""
    shares = np.bincount(labels) / len(labels)
    shares = shares[shares > 0]  # a class that never occurs costs nothing
    return -np.sum(shares * np.log(shares))


def _draw_labels(rng):
    classes = int(rng.integers(4, 7))
    kept = np.delete(np.arange(classes), 1)  # class 1 never occurs
    weights = rng.uniform(1, 6, size=classes - 1)
    count = int(rng.integers(20, 40))
    drawn = rng.choice(kept, size=count, p=weights / weights.sum())
    return (rng.permutation(np.append(drawn, kept)),)


def _shares(labels):
    shares = np.bincount(labels) / len(labels)
    return shares[shares > 0]


def _zero_times_infinity(labels):
    shares = np.bincount(labels) / len(labels)
    return -np.sum(shares * np.log(shares))


def shares_removed():
    """Divide each loss by its own baseline; what is missing to 1 was learnt."""
    two_even = np.log(2)
    ten_even = np.log(10)
    rare = -0.05 * np.log(0.05) - 0.95 * np.log(0.95)
    return (
        float(1 - 0.60 / two_even),
        float(1 - 1.50 / ten_even),
        float(1 - 0.19 / rare),
    )


def floor_and_price_of_certainty():
    """Average over the nine labels that are right and the one that is wrong."""
    wrong = 0.1

    def mean_loss(p):  # p: the probability given to the true class
        return -(1 - wrong) * np.log(p) - wrong * np.log(1 - p)

    return float(mean_loss(0.9)), float(mean_loss(0.999))


def strongest_pull():
    """Try every p: the slope is 2 (p - 1) times the sigmoid's p (1 - p)."""
    p = np.linspace(0, 1, 300_001)
    pull = np.abs(2 * (p - 1) * p * (1 - p))
    best = np.argmax(pull)
    return float(p[best]), float(pull[best])


EXERCISES = (
    Exercise(
        id="reading-a-loss-1",
        solution=price_of_knowing_nothing,
        hints=(
            "A network that knows nothing gives each class the same probability. "
            "How much does the true class get?",
            "It gets 1/50, whichever it is. The loss is the negative natural "
            "logarithm of that.",
        ),
        mistakes=(
            Mistake(
                lambda: float(np.log2(50)),
                "The right amount in bits. Keras reports nats: use the natural "
                "logarithm, `np.log`.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: float(np.log10(50)),
                "You used the logarithm with base 10. Nats need the natural "
                "logarithm, `np.log`.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: float(np.log(2)),
                "0.693 is the price for two classes. It is not the price of knowing "
                "nothing in general: here the true class gets only 1/50.",
                misconception="chance-is-always-069",
            ),
            Mistake(
                lambda: float(np.log(10)),
                "2.303 is the price for ten classes. Here there are 50.",
            ),
            Mistake(
                lambda: 1 / 50,
                "1/50 is the probability that the true class gets, and the accuracy "
                "of guessing. The loss is its negative logarithm.",
            ),
            Mistake(
                lambda: 1 - 1 / 50,
                "This is the share of wrong guesses. The loss is the negative "
                "logarithm of the probability that the true class gets.",
                misconception="loss-is-what-is-missing",
            ),
            Mistake(
                lambda: float(np.log(1 / 50)),
                "The size is right, the sign is not: the logarithm of a probability "
                "is negative, and the loss is minus that.",
                misconception="logarithms-are-positive",
            ),
            Mistake(
                lambda: float(-0.02 * np.log(0.02) - 0.98 * np.log(0.98)),
                "This is the price of one yes-or-no question with a share of 1/50. "
                "Here one class out of 50 is asked for, in a single question.",
                misconception="one-choice-is-many-questions",
            ),
        ),
        right="So a loss of 3.5 is progress there, and a loss of 3.5 with ten classes "
        "is worse than knowing nothing.",
    ),
    Exercise(
        id="reading-a-loss-2",
        solution=baseline,
        draw=_draw_labels,
        hints=(
            "Count each class first: `np.bincount(labels)` does it for labels from 0.",
            "Divide the counts by their sum. These shares are the best constant "
            "prediction, and its mean loss is minus the sum of share times logarithm "
            "of share.",
            "A class between the others may never occur: its share is 0, and "
            "`0 * np.log(0)` is not a number. Leave it out with `shares[shares > 0]`.",
        ),
        mistakes=(
            Mistake(
                _zero_times_infinity,
                "Not a number came out: one class never occurs, and `0 * np.log(0)` "
                "is NaN. It should count as 0; leave such classes out.",
            ),
            Mistake(
                lambda labels: np.log(labels.max() + 1),
                "This is the logarithm of the number of classes, which is the price "
                "if all are equally frequent. These are not.",
                misconception="baseline-ignores-shares",
            ),
            Mistake(
                lambda labels: np.log(len(set(labels.tolist()))),
                "This is the logarithm of the number of classes that occur, as if "
                "they were equally frequent. Weigh them by their shares.",
                misconception="baseline-ignores-shares",
            ),
            Mistake(
                lambda labels: baseline(labels) / np.log(2),
                "This is the right amount in bits. Use the natural logarithm.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda labels: -np.log(_shares(labels).max()),
                "You took the loss of the examples of the largest class. The others "
                "cost more, and belong in the mean.",
            ),
            Mistake(
                lambda labels: -np.mean(np.log(_shares(labels))),
                "You averaged over the classes. The loss is a mean over the examples, "
                "so a class counts as often as it occurs: weigh by its share.",
            ),
            Mistake(
                lambda labels: len(labels) * baseline(labels),
                "This is the sum over all examples. The mean is asked for.",
                misconception="mean-and-sum",
            ),
            Mistake(
                lambda labels: -baseline(labels),
                "The size is right, the sign is not: put a minus before the sum.",
                misconception="logarithms-are-positive",
            ),
            Mistake(
                lambda labels: _shares(labels).max(),
                "This is the accuracy of always naming the largest class. The "
                "baseline of the loss is minus the sum of share times logarithm.",
            ),
        ),
        right="Compute this number before you train, and write it beside every loss "
        "that you report.",
    ),
    Exercise(
        id="reading-a-loss-3",
        solution=shares_removed,
        # The baselines may be rounded to 0.693, 2.30 and 0.199.
        absolute=(1e-3, 1e-3, 2.5e-3),
        hints=(
            "Each network has a baseline of its own. For even classes it is the "
            "logarithm of their number.",
            "For C use the shares: `-0.05 * np.log(0.05) - 0.95 * np.log(0.95)`.",
            "Then `1 - loss / baseline`, three times.",
        ),
        mistakes=(
            Mistake(
                lambda: (*shares_removed()[:2], float(1 - 0.19 / np.log(2))),
                "A and B are right. C's classes are not equally frequent: answering "
                "0.05 for everybody already costs 0.199, not 0.693.",
                misconception="baseline-ignores-shares",
            ),
            Mistake(
                lambda: tuple(
                    float(1 - loss / np.log(2)) for loss in (0.60, 1.50, 0.19)
                ),
                "You compared all three with 0.693, the price for two even classes. "
                "Each network has its own baseline.",
                misconception="chance-is-always-069",
            ),
            Mistake(
                lambda: tuple(1 - share for share in shares_removed()),
                "You give the shares of the baseline that are left. What was removed "
                "is 1 minus that.",
            ),
            Mistake(
                lambda: (
                    float(np.log(2) - 0.60),
                    float(np.log(10) - 1.50),
                    float(-0.05 * np.log(0.05) - 0.95 * np.log(0.95) - 0.19),
                ),
                "These are the distances from the baseline in nats. Divide each by "
                "its baseline.",
            ),
            Mistake(
                lambda: tuple(
                    float(1 - (1 - share) * np.log(2)) for share in shares_removed()
                ),
                "The losses are in nats and your baselines in bits. Use the natural "
                "logarithm for both.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: (0.60, 1.50, 0.19),
                "These are the losses. Compare each with its own baseline.",
            ),
        ),
        right="The largest loss belongs to the network that learnt most, and the "
        "smallest to the one that learnt least.",
    ),
    Exercise(
        id="reading-a-loss-4",
        solution=floor_and_price_of_certainty,
        # 0.9 times 0.105 and 0.1 times 2.30 are 0.3245. The wrong labels' part of the
        # second number, 0.691, is not the whole, 0.692.
        absolute=(1e-3, 1e-9),
        hints=(
            "Give the true class the probability p. For nine labels in ten the loss "
            "is then -log(p). What is it for the tenth?",
            "A wrong label names the other class, which got 1 - p. So the mean is "
            "-0.9 log(p) - 0.1 log(1 - p).",
            "It is lowest where p is the share of right labels, 0.9. Then put in "
            "0.999.",
        ),
        mistakes=(
            Mistake(
                lambda: (0.0, float(-np.log(0.999))),
                "You counted right labels only. One label in ten names the other "
                "class, which got 1 - p, and its loss belongs in the mean.",
                misconception="given-labels-are-true",
            ),
            Mistake(
                lambda: (0.0, floor_and_price_of_certainty()[1]),
                "The second number is right. The first is not 0: whatever p the "
                "network chooses, wrong labels cost something, and certainty would "
                "cost infinitely much.",
                misconception="zero-loss-is-possible",
            ),
            Mistake(
                lambda: (float(-np.log(0.9)), float(-np.log(0.999))),
                "These are the losses of the examples with right labels. One label in "
                "ten names the other class, which got 1 - p.",
                misconception="given-labels-are-true",
            ),
            Mistake(
                lambda: (float(-np.log(0.9)), floor_and_price_of_certainty()[1]),
                "The second number is right. For the first, p = 0.9 is the best "
                "choice, but 0.105 is what right labels cost; add the wrong ones.",
                misconception="given-labels-are-true",
            ),
            Mistake(
                lambda: (floor_and_price_of_certainty()[0], float(-np.log(0.999))),
                "The first number is right. In the second you left out the wrong "
                "labels, which cost -log(0.001) each.",
                misconception="given-labels-are-true",
            ),
            Mistake(
                lambda: (floor_and_price_of_certainty()[0], float(-0.1 * np.log(1e-3))),
                "The first number is right. In the second you left out the right "
                "labels, which cost -log(0.999) each.",
            ),
            Mistake(
                lambda: (float(-0.1 * np.log(0.1)), float(-0.1 * np.log(1e-3))),
                "These are the parts of the examples with wrong labels. The nine in "
                "ten with right labels belong in the mean as well.",
            ),
            Mistake(
                lambda: (float(-0.1 * np.log(0.1)), floor_and_price_of_certainty()[1]),
                "The second number is right. In the first you left out the right "
                "labels, which cost -log(0.9) each.",
            ),
            Mistake(
                lambda: (float(np.log(2)), floor_and_price_of_certainty()[1]),
                "The second number is right. The network knows a lot, so it can do "
                "better than a coin: try p = 0.9.",
            ),
            Mistake(
                lambda: (0.9, floor_and_price_of_certainty()[1]),
                "0.9 is the best probability. The loss that it leads to is asked for.",
            ),
            Mistake(
                lambda: (floor_and_price_of_certainty()[0], float(-np.log(0.001))),
                "The first number is right. The second is the loss of an example with "
                "a wrong label; nine in ten have a right one, and cost next to "
                "nothing.",
            ),
            Mistake(
                lambda: tuple(
                    loss / np.log(2) for loss in floor_and_price_of_certainty()
                ),
                "Both numbers are right in bits. Nats are asked for.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: floor_and_price_of_certainty()[::-1],
                "Both numbers are right, in the wrong order: the lowest loss first.",
            ),
        ),
        right="A network that is never mistaken, and 99.9 % sure, pays as much on such "
        "labels as one that knows nothing.",
    ),
    Exercise(
        id="reading-a-loss-5",
        solution=strongest_pull,
        absolute=(5.1e-3, 1e-9),  # half a step of a grid of 0.01
        hints=(
            "Write the slope for the score with the chain rule: the slope of "
            "(p - 1) squared along p, times the slope of the sigmoid.",
            "The size of the slope is 2 (1 - p) p (1 - p). Look for its largest value "
            "between 0 and 1, on a grid or with a derivative.",
            "On a grid: `p = np.linspace(0, 1, 3001)`, then `np.argmax` of "
            "`2 * p * (1 - p) ** 2`.",
        ),
        mistakes=(
            Mistake(
                lambda: (0.0, 2.0),
                "This is the slope along p. The network chooses the score, and "
                "between the two lies the sigmoid, whose slope at p = 0 is 0.",
                misconception="outer-slope-is-enough",
            ),
            Mistake(
                lambda: (0.5, 0.25),
                "At p = 0.5 the sigmoid is steepest, but the pull is a product: the "
                "distance 1 - p grows as p falls. A little below 0.5 it is stronger.",
                part=1,
            ),
            Mistake(
                lambda: (0.0, 1.0),
                "This is crossentropy: its pull is strongest where the mistake is "
                "worst. The squared error's is multiplied by the sigmoid's slope.",
                misconception="large-loss-large-step",
                part=1,
            ),
            Mistake(
                lambda: (1 / 3, 4 / 27),
                "The place is right. The derivative of a square has a factor 2.",
            ),
            Mistake(
                lambda: (2 / 3, 8 / 27),
                "This is the answer for target 0. For target 1 the distance to the "
                "label is 1 - p.",
            ),
            Mistake(
                lambda: (1 / 3, -8 / 27),
                "Place and size are right. How hard it pulls is asked for: without "
                "the sign.",
            ),
            Mistake(
                lambda: (float(-np.log(2)), 8 / 27),
                "This is the score at that place. Its probability is asked for.",
                misconception="logits-are-probabilities",
            ),
            Mistake(
                lambda: (1 / 3, 4 / 9),
                "The place is right. You gave the squared error there; its slope "
                "along the score is asked for.",
            ),
        ),
        right="Any worse mistake pulls less. Crossentropy pulls with 1 - p, which only "
        "grows.",
    ),
)
