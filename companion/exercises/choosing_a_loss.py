"""The exercises of the chapter on choosing a loss."""

import numpy as np

from . import Exercise, Mistake


def floor_of_the_smoothed_loss():
    """Predict the smoothed target itself: the loss is then its entropy."""
    classes, smoothing = 100, 0.2
    others = smoothing / classes
    true = 1 - smoothing + others
    return float(-true * np.log(true) - 99 * others * np.log(others))


def causes_of_the_logs():
    """Match each symptom with the card."""
    return "C", "D", "A", "E", "B"


def decide(two, one_of, any_of):
    """Compare scores with 0 or with each other; make probabilities of them."""

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    column = two[:, 0]
    powers = np.exp(one_of - one_of.max(axis=-1, keepdims=True))
    softmax = powers / powers.sum(axis=-1, keepdims=True)
    return (
        ((column > 0).astype(int), sigmoid(column)),
        (one_of.argmax(axis=-1), softmax.max(axis=-1)),
        ((any_of > 0).astype(int), sigmoid(any_of)),
    )


def _draw_scores(rng):
    n, classes = (int(size) for size in rng.integers([6, 3], [9, 5]))
    two = rng.normal(scale=2, size=(n, 1))
    two[0] = 0.3  # a score below one half, whose probability is above it
    any_of = rng.normal(scale=2, size=(n, classes))
    any_of[0] = 0.3
    return two, rng.normal(scale=2, size=(n, classes)), any_of


def _but(**wrong):
    """Decide, and make another pair of decision, probability and scores, by name."""

    def answer(two, one_of, any_of):
        scores = {"two": two, "one_of": one_of, "any_of": any_of}
        pairs = dict(zip(scores, decide(**scores), strict=True))
        for name, make in wrong.items():
            pairs[name] = make(*pairs[name], scores[name])
        return tuple(pairs.values())

    return answer


def _one_hot(classes, scores):
    return np.eye(scores.shape[-1], dtype=int)[classes]


def _normalised(weights):
    return weights / weights.sum(axis=-1, keepdims=True)


def pytorch_mean(each, y, weight):
    """Divide the weighted sum by the sum of the weights that took part."""
    labelled = y != -100
    a = weight[y[labelled]]
    return np.sum(a * each[labelled]) / np.sum(a)


def _draw_losses(rng):
    n, classes = (int(size) for size in rng.integers([8, 3], [15, 6]))
    y = rng.integers(classes, size=n)
    y[rng.choice(n, size=3, replace=False)] = -100
    return rng.exponential(size=n), y, rng.uniform(0.5, 5, size=classes)


def _weighted(each, y, weight):
    labelled = y != -100
    return weight[y[labelled]] * each[labelled]


def _without_labels_counted(each, y, weight):
    a = weight[np.where(y == -100, 0, y)]
    return np.sum(a * each) / np.sum(a)


def true_probabilities(p, wrong):
    """Take the spread part off, and let the rest sum to 1 again."""
    classes = p.shape[-1]
    r = wrong * classes / (classes - 1)
    undone = np.maximum((p - r / classes) / (1 - r), 0)
    return undone / undone.sum(axis=-1, keepdims=True)


def _draw_spread(rng):
    n, classes = (int(size) for size in rng.integers([4, 3], [7, 7]))
    wrong = float(rng.uniform(0.1, 0.4))
    # Some of these lie below what the spreading alone would leave.
    return rng.dirichlet(np.full(classes, 0.6), size=n), wrong


def _share_taken_as_spread(p, wrong):
    classes = p.shape[-1]
    undone = np.maximum((p - wrong / classes) / (1 - wrong), 0)
    return undone / undone.sum(axis=-1, keepdims=True)


def _negative_ones_kept(p, wrong):
    classes = p.shape[-1]
    r = wrong * classes / (classes - 1)
    return (p - r / classes) / (1 - r)


def _sum_forgotten(p, wrong):
    return np.maximum(_negative_ones_kept(p, wrong), 0)


def _spread_once_more(p, wrong):
    classes = p.shape[-1]
    r = wrong * classes / (classes - 1)
    return (1 - r) * p + r / classes


def _whole_row_in_one_sum(p, wrong):
    undone = _sum_forgotten(p, wrong)
    return undone / undone.sum()


EXERCISES = (
    Exercise(
        id="choosing-a-loss-1",
        solution=floor_of_the_smoothed_loss,
        hints=(
            "Write the smoothed target down: how much does the true class get, and how "
            "much each other class? Which prediction is best for it?",
            "The best prediction is the target itself: 0.802 for the true class, 0.002 "
            "for each of the 99 others. Put both into the formula.",
            "`-0.802 * log(0.802) - 99 * 0.002 * log(0.002)`",
        ),
        mistakes=(
            Mistake(
                lambda: 0.0,
                "A loss of 0 would need a target that is 1 for one class. The "
                "smoothed one is not: what is left over?",
                misconception="zero-loss-is-possible",
            ),
            Mistake(
                lambda: float(-np.log(0.802)),
                "That is minus the logarithm of what the true class gets, as for a "
                "hard label. The smoothed target gives something to the other classes "
                "too, so their terms count as well.",
                misconception="only-one-term-counts",
            ),
            Mistake(
                lambda: float(-np.log(0.8)),
                "0.2 is spread over all 100 classes, so the true one gets 0.002 of it "
                "back. And the terms of the other classes count, too.",
                misconception="only-one-term-counts",
            ),
            Mistake(
                lambda: float(-0.8 * np.log(0.8) - 0.2 * np.log(0.2 / 99)),
                "Nearly. Keras spreads the 0.2 over all 100 classes, the true one "
                "included, and not over the 99 others.",
            ),
            Mistake(
                lambda: floor_of_the_smoothed_loss() / float(np.log(2)),
                "That is right in bits. Keras reports nats: use the natural logarithm.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: float(np.log(100)),
                "That is the price of knowing nothing about 100 classes. The lowest "
                "loss belongs to a network that knows everything.",
            ),
            Mistake(
                lambda: float(-0.802 * np.log(0.802) - 0.002 * np.log(0.002)),
                "You have the term of the true class and of one other. There are 99 "
                "others.",
            ),
        ),
        right="It is the entropy of the smoothed target, and grows with the number of "
        "classes: more than one nat, for a network that makes no mistake.",
    ),
    Exercise(
        id="choosing-a-loss-2",
        solution=causes_of_the_logs,
        hints=(
            "Begin with the sure ones. Which of the five makes a loss that no correct "
            "labels can make? Which leaves the accuracy at the share of class 1?",
            "A log that looks healthy, 4, needs a program that learns the right "
            "ratios. One nat of room and a floor, 1, come from a second softmax.",
            "1 C, 2 D; the card's second line of symptoms has 3.",
        ),
        mistakes=(
            Mistake(
                lambda: ("E", "D", "A", "C", "B"),
                "1 and 4 are swapped. Behind a second softmax no loss gets below "
                "1.461 for ten classes, and its outputs still sum to 1. Outputs that "
                "sum to 2.4 were never divided by their sum.",
                misconception="softmax-twice-is-harmless",
            ),
            Mistake(
                lambda: ("A", "D", "C", "E", "B"),
                "1 and 3 are swapped. Scores that are read as probabilities teach "
                "nothing, so the accuracy is that of guessing. Softmax twice keeps the "
                "order of the classes, and with it the accuracy.",
                misconception="logits-are-probabilities",
            ),
            Mistake(
                lambda: ("C", "B", "A", "E", "D"),
                "2 and 5 are swapped. A loss below 0 cannot come from labels of 0 and "
                "1, whatever the network says. And a softmax over one unit says 1 for "
                "everything, so the accuracy is the share of class 1.",
                misconception="one-unit-softmax",
            ),
            Mistake(
                lambda: ("C", "D", "E", "A", "B"),
                "3 and 4 are swapped. Sigmoids with categorical crossentropy learn "
                "well; what they lack is the sum of 1. It is the raw scores that, read "
                "as probabilities, teach nothing.",
                misconception="logits-are-probabilities",
            ),
        ),
        right="In 4 you would have needed `predict` to notice, in 5 the accuracy.",
    ),
    Exercise(
        id="choosing-a-loss-3",
        solution=decide,
        draw=_draw_scores,
        hints=(
            "A probability of one half belongs to a score of 0. So for two classes and "
            "for any number of labels you compare scores with 0.",
            "One of many: `argmax` for the class, and the largest entry of the softmax "
            "along the last axis for its probability. The others: a sigmoid each.",
            "`column = two[:, 0]`, then `((column > 0).astype(int), sigmoid(column))`; "
            "the third pair is the same for `any_of`.",
        ),
        mistakes=(
            Mistake(
                _but(
                    two=lambda c, p, z: ((z[:, 0] > 0.5).astype(int), p),
                    any_of=lambda c, p, z: ((z > 0.5).astype(int), p),
                ),
                "Scores are compared with 0, not with 0.5: a score of 0.3 has the "
                "probability 0.574.",
                misconception="logits-are-probabilities",
            ),
            Mistake(
                _but(two=lambda c, p, z: (z.argmax(axis=-1), p)),
                "In a single column the largest entry is always the first, so `argmax` "
                "says 0 for every example. Compare the column with 0.",
            ),
            Mistake(
                _but(two=lambda c, p, z: (c[:, None], p[:, None])),
                "Take the column out of the table: `two[:, 0]` has the shape `(n,)`.",
                misconception="labels-shape-does-not-matter",
            ),
            Mistake(
                _but(two=lambda c, p, z: (c, np.where(c == 1, p, 1 - p))),
                "For two classes the probability of class 1 is asked for, also where "
                "the class is 0.",
            ),
            Mistake(
                _but(one_of=lambda c, p, z: (c, 1 / (1 + np.exp(-z.max(axis=-1))))),
                "One of many classes is a matter of all scores: use softmax, not the "
                "sigmoid of the largest one.",
                misconception="scores-do-not-compete",
            ),
            Mistake(
                _but(any_of=lambda c, p, z: (c, _normalised(np.exp(z)))),
                "Labels that can be true together do not share one certainty: each has "
                "a sigmoid of its own.",
                misconception="softmax-for-several",
            ),
            Mistake(
                _but(any_of=lambda c, p, z: (_one_hot(z.argmax(axis=-1), z), p)),
                "That names exactly one label for each example. There may be several, "
                "or none: compare each score with 0.",
                misconception="softmax-for-several",
            ),
            Mistake(
                _but(
                    two=lambda c, p, z: (c, z[:, 0]),
                    one_of=lambda c, p, z: (c, z.max(axis=-1)),
                    any_of=lambda c, p, z: (c, z),
                ),
                "The decisions are right. The second of each pair is still a score; "
                "make a probability of it.",
                misconception="logits-are-probabilities",
            ),
        ),
        right="It is the last column of the card, in the form for scores.",
    ),
    Exercise(
        id="choosing-a-loss-4",
        solution=pytorch_mean,
        draw=_draw_losses,
        hints=(
            "Leave the examples with the label -100 out first, of everything.",
            "`weight[y]` has the weight of each example. What does PyTorch divide the "
            "weighted sum by?",
            "With `a = weight[y[labelled]]`: the sum of `a * each[labelled]`, divided "
            "by the sum of `a`.",
        ),
        mistakes=(
            Mistake(
                lambda each, y, weight: _weighted(each, y, weight).mean(),
                "You divide by the number of labelled examples. PyTorch divides by the "
                "sum of their weights.",
            ),
            Mistake(
                lambda each, y, weight: _weighted(each, y, weight).sum() / len(y),
                "You divide by the number of all examples, as Keras's usual reduction "
                "does with weights of 0. PyTorch divides by the sum of the weights of "
                "the labelled ones.",
                misconception="missing-still-counts",
            ),
            Mistake(
                lambda each, y, weight: _weighted(each, y, weight).sum() / weight.sum(),
                "You divide by the sum of `weight`, one for each class. Take the sum "
                "over the examples, in which frequent classes occur more often.",
            ),
            Mistake(
                lambda each, y, weight: np.mean(each[y != -100]),
                "The weights are missing. Without them the mean over the labelled "
                "examples is right.",
            ),
            Mistake(
                _without_labels_counted,
                "The examples with the label -100 are counted as class 0. Leave them "
                "out, of both sums.",
                misconception="missing-still-counts",
            ),
            Mistake(
                lambda each, y, weight: _weighted(each, y, weight).sum(),
                "That is the sum. PyTorch's default is a mean.",
                misconception="mean-and-sum",
            ),
        ),
        right='In Keras: `reduction="mean_with_sample_weight"`, with a weight of 0 for '
        "the examples without a label.",
    ),
    Exercise(
        id="choosing-a-loss-5",
        solution=true_probabilities,
        draw=_draw_spread,
        hints=(
            "The chapter spreads with `(1 - r) * shares + r / C`. Solve that for "
            "`shares`.",
            "What is `r`, if a share `wrong` goes to *another* class? Spreading also "
            "gives the true class its part back.",
            "`r = wrong * C / (C - 1)`, then `np.maximum((p - r / C) / (1 - r), 0)`, "
            "and divide each row by its sum.",
        ),
        mistakes=(
            Mistake(
                _share_taken_as_spread,
                "`wrong` is the share that goes to another class. To spread a part r "
                "over all classes leaves some of it with the true one, so r is larger: "
                "`wrong * C / (C - 1)`.",
            ),
            Mistake(
                _negative_ones_kept,
                "Right, but some numbers are below 0. Put 0 there, and let the rows "
                "sum to 1 again.",
            ),
            Mistake(
                _sum_forgotten,
                "Where you took 0 for a negative number, the row now sums to more than "
                "1. Divide by the sum.",
                misconception="probabilities-need-no-sum",
            ),
            Mistake(
                _spread_once_more,
                "You spread the probabilities a second time. Go the other way.",
            ),
            Mistake(
                lambda p, wrong: p / (1 - wrong * p.shape[-1] / (p.shape[-1] - 1)),
                "Each class was also given a part, `r / C`. Subtract it first.",
            ),
            Mistake(
                _whole_row_in_one_sum,
                "You divide by the sum of the whole table. Each row is to sum to 1: "
                "`sum(axis=-1, keepdims=True)`.",
                misconception="examples-share-a-sum",
            ),
        ),
        right="Now the stopped networks: what error is left? They were stopped before "
        "they were as sure of the given labels as one can be, and to undo the "
        "spreading makes no network sharper than it was. As for the share: too small "
        "a one leaves the blur in. Too large a one made these networks surer, and they "
        "could bear it.",
    ),
)
