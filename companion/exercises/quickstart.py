"""The exercises of the quickstart chapter."""

import numpy as np

from . import Exercise, Mistake


def digit_and_probability():
    """Read the class and its probability from a row of probabilities."""
    row = np.array([0.02, 0.01, 0.03, 0.02, 0.05, 0.01, 0.02, 0.78, 0.02, 0.04])
    digit = int(np.argmax(row))
    return digit, float(row[digit])


def to_class(scores):
    """Turn a batch of logits into classes and the probability of each."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return probabilities.argmax(axis=1), probabilities.max(axis=1)


def _draw_scores(rng):
    return (rng.normal(0.0, 2.0, size=(int(rng.integers(3, 6)), 7)),)


def _softmax(scores, axis):
    powers = np.exp(scores)
    return powers / powers.sum(axis=axis, keepdims=True)


def _read(rows, axis=1):
    return rows.argmax(axis=axis), rows.max(axis=axis)


def loss_for_labels():
    """Choose the loss from the labels' shape and the number of output units."""
    described = [((1000, 10), 10), ((1000,), 10), ((1000,), 1)]

    def name(shape, units):
        if units == 1:
            return "binary_crossentropy"
        if shape[-1] == units:
            return "categorical_crossentropy"
        return "sparse_categorical_crossentropy"

    return tuple(name(shape, units) for shape, units in described)


_BINARY = "binary_crossentropy"
_ONE_HOT = "categorical_crossentropy"
_SPARSE = "sparse_categorical_crossentropy"


def class_or_none(probabilities, threshold):
    """Return the class of each row, or -1 where none reaches the threshold."""
    classes = probabilities.argmax(axis=1)
    return np.where(probabilities.max(axis=1) >= threshold, classes, -1)


def _draw_probabilities(rng):
    """Draw rows of which half stay below the threshold, and one meets it exactly."""
    powers = np.exp(rng.normal(0.0, 1.5, size=(9, 5)))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return probabilities, float(np.median(probabilities.max(axis=1)))


EXERCISES = (
    Exercise(
        id="quickstart-1",
        solution=digit_and_probability,
        hints=(
            "The ten numbers stand for the digits 0 to 9, in this order.",
            "The network's answer is the digit with the largest probability: "
            "`np.argmax` finds its place in the row.",
            "Counting starts at 0: the first number belongs to the digit 0, the "
            "second to the digit 1.",
        ),
        mistakes=(
            Mistake(
                lambda: (8, 0.78),
                "The probability is right. The digit is one too high: the first "
                "number in the row belongs to class 0, not to class 1.",
                misconception="labels-start-at-one",
            ),
            Mistake(
                lambda: digit_and_probability()[::-1],
                "Both numbers are right, in the wrong order: the class comes first, "
                "then its probability.",
            ),
            Mistake(
                lambda: (7, 100 * 0.78),
                "The digit is right. Give the probability as it stands in the row, "
                "between 0 and 1, not in per cent.",
            ),
            Mistake(
                lambda: (7, 1.0),
                "The digit is right. 1 is the sum of the whole row: the network is "
                "certain that the image is some digit. How certain is it of this one?",
            ),
            Mistake(
                lambda: (1, 0.01),
                "You gave the smallest number in the row. These are probabilities, "
                "not distances: the largest one wins.",
            ),
        ),
        right="The place of the largest number is the class, and the number itself "
        "is how sure the network is.",
    ),
    Exercise(
        id="quickstart-2",
        solution=to_class,
        draw=_draw_scores,
        hints=(
            "Each row is one image. Whatever you compute, compute it along the row: "
            "`axis=1`.",
            "Softmax turns a row of scores into probabilities: take `np.exp` of every "
            "score, then divide by the row's sum. `keepdims=True` keeps the sums in a "
            "column, so that the division goes row by row.",
            "`probabilities.argmax(axis=1)` are the classes and "
            "`probabilities.max(axis=1)` are their probabilities. Return both, "
            "separated by a comma.",
        ),
        mistakes=(
            Mistake(
                lambda scores: _read(_softmax(scores, 1), 0),
                "Softmax is right, but the largest number is looked for down the "
                "columns, so you get one class per column. One image is one row: "
                "use `axis=1`.",
                misconception="rows-and-columns-swapped",
            ),
            Mistake(
                lambda scores: _read(_softmax(scores, 0), 0),
                "Everything is computed down the columns (`axis=0`), so you get one "
                "class per column. One image is one row: use `axis=1` for softmax "
                "and for argmax.",
                misconception="rows-and-columns-swapped",
            ),
            Mistake(
                _read,
                "The classes are right. The largest score is not a probability yet: "
                "apply softmax to each row first.",
                misconception="logits-are-probabilities",
            ),
            Mistake(
                lambda scores: _read(_softmax(scores, 0)),
                "Your softmax divides by the sum of each column, so every column sums "
                "to 1. The probabilities of one image stand in one row: sum along "
                "`axis=1`.",
                misconception="rows-and-columns-swapped",
            ),
            Mistake(
                lambda scores: _read(_softmax(scores, None)),
                "The classes are right. Your softmax divides by the sum of the whole "
                "batch, so each image's probability depends on the other images. "
                "Divide by the row's own sum: `sum(axis=1, keepdims=True)`.",
                misconception="examples-share-a-sum",
            ),
            Mistake(
                lambda scores: (
                    scores.argmax(axis=1),
                    1 / (1 + np.exp(-scores.max(axis=1))),
                ),
                "The classes are right. The sigmoid looks at each score alone, so a "
                "row does not sum to 1. Softmax makes the scores of a row compete.",
                misconception="scores-do-not-compete",
            ),
            Mistake(
                lambda scores: _read(scores / scores.sum(axis=1, keepdims=True)),
                "You divide the scores by their sum. Scores can be negative, so these "
                "shares are not probabilities: take `np.exp` of the scores first.",
                misconception="logits-are-probabilities",
            ),
            Mistake(
                lambda scores: (scores.argmax(axis=1), np.exp(scores).max(axis=1)),
                "The classes are right. `np.exp` makes the scores positive, and they "
                "still have to be divided by their row's sum.",
                misconception="probabilities-need-no-sum",
            ),
            Mistake(
                lambda scores: (scores.argmax(axis=1), _softmax(scores, 1)),
                "The classes and the probabilities are right. Return only the "
                "probability of the chosen class, one number for each row.",
            ),
            Mistake(
                lambda scores: to_class(scores)[::-1],
                "Both arrays are right, in the wrong order: the classes come first.",
            ),
            Mistake(
                lambda scores: scores.argmax(axis=1),
                "The classes are right. Return their probabilities as well: two "
                "arrays, separated by a comma.",
            ),
            Mistake(
                lambda scores: _read(_softmax(scores, 1), None),
                "You get a single answer for the whole batch: without `axis=1`, "
                "argmax and max look at all rows at once.",
                misconception="examples-share-a-sum",
            ),
        ),
        right="Softmax keeps the order of the scores, so the class could be read from "
        "the scores directly; the probability could not.",
    ),
    Exercise(
        id="quickstart-3",
        solution=loss_for_labels,
        hints=(
            "Look at the labels' shape first, then at the number of output units.",
            "One output unit can say only yes or no: that is the binary loss.",
            "With ten outputs, ten numbers for each label are the one-hot form, and "
            "one integer for each label is the sparse form.",
        ),
        mistakes=(
            Mistake(
                lambda: ("categorical", "sparse categorical", "binary"),
                "All three are right. Write them as Keras wants them, with "
                "underscores and `_crossentropy` at the end.",
            ),
            Mistake(
                lambda: (_SPARSE, _ONE_HOT, _BINARY),
                "C is right, A and B are swapped. Sparse means that a label is stored "
                "as one integer instead of a row of zeros with a single one.",
                misconception="sparse-is-for-rare-classes",
            ),
            Mistake(
                lambda: (_ONE_HOT, _ONE_HOT, _BINARY),
                "A and C are right. In B a label is a single integer, and "
                "`categorical_crossentropy` needs a row of ten numbers for each image.",
                misconception="keras-mends-it",
            ),
            Mistake(
                lambda: (_SPARSE, _SPARSE, _BINARY),
                "B and C are right. In A each label is already a row of ten numbers, "
                "and the sparse loss expects one integer for each image.",
                misconception="keras-mends-it",
            ),
            Mistake(
                lambda: (_BINARY, _SPARSE, _BINARY),
                "B and C are right. The labels in A are zeros and ones, but they "
                "describe one choice among ten. The binary loss would judge ten "
                "separate yes-or-no questions.",
                misconception="one-choice-is-many-questions",
            ),
            Mistake(
                lambda: (_ONE_HOT, _SPARSE, _SPARSE),
                "A and B are right. The labels in C look like class numbers, but the "
                "network has a single output: the sparse loss needs one output for "
                "each class.",
            ),
            Mistake(
                lambda: (_ONE_HOT, _SPARSE, _ONE_HOT),
                "A and B are right. In C there is one output and one number for each "
                "label. `categorical_crossentropy` needs a row with one entry for each "
                "class; a row of one entry always has loss 0.",
                misconception="one-unit-softmax",
            ),
        ),
        right="The labels' form and the number of outputs decide. For the same image, "
        "one-hot and integer labels give the same loss.",
    ),
    Exercise(
        id="quickstart-4",
        solution=class_or_none,
        draw=_draw_probabilities,
        hints=(
            "Two things are needed for each row: its class, and its largest "
            "probability. The chapter computes both.",
            "`np.where(condition, a, b)` takes from `a` where the condition holds and "
            "from `b` elsewhere.",
            "`np.where(probabilities.max(axis=1) >= threshold, classes, -1)`, with "
            "`classes` as in the chapter.",
        ),
        mistakes=(
            Mistake(
                lambda p, least: p.argmax(axis=1)[p.max(axis=1) >= least],
                "The classes that stay are right, but the other rows are gone, so an "
                "answer no longer stands beside its picture. Put -1 in their places.",
            ),
            Mistake(
                lambda p, least: np.where(p.max(axis=1) < least, p.argmax(axis=1), -1),
                "The two cases are swapped: a class where the network is sure enough, "
                "-1 where it is not.",
            ),
            Mistake(
                lambda p, least: np.where(p.max(axis=1) > least, p.argmax(axis=1), -1),
                "Right but for one row, whose largest probability is exactly the "
                "threshold. It reaches it: `>=`.",
            ),
            Mistake(
                lambda p, least: np.where(p.max(axis=1) >= least, p.argmax(axis=1), 0),
                "0 is a class, so nobody could tell this answer from a picture of "
                "class 0. Take -1.",
            ),
            Mistake(
                lambda p, least: p.argmax(axis=1),
                "You return the class of every row, whatever the threshold is.",
            ),
            Mistake(
                lambda p, least: p.max(axis=1) >= least,
                "You tell which rows reach the threshold. Return the class of these "
                "rows, and -1 for the others.",
            ),
        ),
        right="Now try it: which threshold keeps 95 % of the test digits, and how many "
        "pictures of noise does it still let through? Softmax has no class for "
        "'none of these', so a threshold helps and does not solve it.",
    ),
)
