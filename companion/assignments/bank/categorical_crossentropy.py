"""Practice tasks for the chapter on categorical crossentropy."""

import numpy as np

from companion import losses
from companion.assignments import Mistake, Task
from companion.assignments._bug_hunts import Fault, bug_hunt


def _draw_prediction(rng):
    classes = int(rng.integers(5, 11))
    true, other = rng.choice(classes, size=2, replace=False)
    p = float(rng.integers(5, 40) / 100)
    return classes, int(true), int(other), p, round(1 - p, 2)


def _ask_for_one_loss(classes, true, other, p, rest):
    return (
        f"A network tells {classes} classes apart, numbered from 0. An example is of "
        f"class {true}. The network gives class {true} the probability {p}, class "
        f"{other} the probability {rest}, and all others 0.\n\n"
        "What is the categorical crossentropy of this example, in nats?"
    )


def _one_loss(classes, true, other, p, rest):
    return -np.log(p)


def _draw_scores(rng):
    return int(rng.integers(3)), rng.permutation([-1.0, 0.5, 2.0]) + rng.integers(-2, 3)


def _ask_for_slopes(true, scores):
    return (
        f"Three classes, numbered from 0. An example of class {true} gets the scores "
        f"(logits) `{scores}`.\n\n"
        "What is the gradient of its categorical crossentropy for the three scores? "
        "Answer with an array of three numbers."
    )


def _slopes(true, scores):
    return losses.sparse_categorical_crossentropy_gradient(
        true, scores, from_logits=True
    )


def _softmax(true, scores):
    return _slopes(true, scores) + np.eye(3)[true]


# What is done to the scores, in words and as code.
_CHANGES = {
    "add 3 to all three scores": "scores + 3",
    "add 3 to the score of the true class alone": "scores + 3 * np.eye(3)[true]",
    "add 3 to both scores of the other classes": "scores + 3 * (1 - np.eye(3)[true])",
}


def _draw_change(rng):
    return *_draw_scores(rng), list(_CHANGES)[rng.integers(len(_CHANGES))]


def _ask_about_the_change(true, scores, change):
    return (
        f"Again an example of class {true} among three, with the scores `{scores}`. "
        f"Now you {change}.\n\n"
        "Predict: does its categorical crossentropy rise, fall or stay? A wrong "
        "prediction costs no points, but without one the result earns none."
    )


def _change_code(true, scores, change):
    return (
        f"true = {true}\n"
        f"scores = np.array({scores})\n\n\n"
        "def run():\n"
        f"    changed = {_CHANGES[change]}\n"
        "    before, after = losses.sparse_categorical_crossentropy(\n"
        "        [true, true], np.stack([scores, changed]), from_logits=True\n"
        "    )\n"
        '    print(f"before: {before:.3f}   after: {after:.3f}")\n'
        "    return after"
    )


def _changed(true, scores, change):
    amounts = [np.ones(3), np.eye(3)[true], 1 - np.eye(3)[true]]
    return np.asarray(scores) + 3 * amounts[list(_CHANGES).index(change)]


def _loss_after(true, scores, change):
    z = _changed(true, scores, change)
    return losses.sparse_categorical_crossentropy(true, z, from_logits=True)


def _what_happens(true, scores, change):
    return ("stays", "falls", "rises")[list(_CHANGES).index(change)]


def _draw_curve(rng):
    return tuple(rng.integers(-2, 3, size=2).tolist())


def _ask_about_the_curve(first, second):
    return (
        f"Three classes. The scores of the two wrong classes are {first} and {second}, "
        "and the score of the true class goes from -8 to 8. The cell draws the "
        "categorical crossentropy.\n\n"
        "Explain the curve in about 100 words: why it is almost a straight line on the "
        "left and with which slope, why it is flat on the right, and what both mean "
        "for training. Your instructor reads this one."
    )


def _curve_code(first, second):
    return (
        "z = np.linspace(-8, 8, 161)\n"
        f"others = np.full((161, 2), [{first}, {second}])\n"
        "scores = np.column_stack([z, others])\n"
        "loss = losses.sparse_categorical_crossentropy(\n"
        "    np.zeros(161, int), scores, from_logits=True\n"
        ")\n\n"
        "fig, ax = plt.subplots()\n"
        "ax.plot(z, loss)\n"
        'ax.set(xlabel="score of the true class", ylabel="loss, nats");'
    )


TASKS = (
    Task(
        title="one example",
        kind="value",
        points=2,
        draw=_draw_prediction,
        text=_ask_for_one_loss,
        solution=_one_loss,
        mistakes=(
            Mistake(
                lambda classes, true, other, p, rest: -np.log2(p),
                "Right in bits; nats were asked for.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda classes, true, other, p, rest: -np.log(rest),
                "That is the logarithm of the largest probability. The true class "
                "counts, whether it won or not.",
                misconception="largest-probability-enters-the-loss",
            ),
            Mistake(
                lambda classes, true, other, p, rest: np.log(p),
                "The size is right, and the minus is missing.",
                misconception="logarithms-are-positive",
            ),
            Mistake(
                lambda classes, true, other, p, rest: rest,
                "That is 1 minus the probability of the true class. The loss is the "
                "negative logarithm of that probability.",
                misconception="loss-is-what-is-missing",
            ),
            Mistake(
                lambda classes, true, other, p, rest: -np.log(p) / classes,
                "You divided by the number of classes. The classes are summed, and all "
                "but the true one have target 0.",
            ),
            Mistake(
                lambda classes, true, other, p, rest: -np.log(p) - np.log(1 - rest),
                "You charged the wrong class as well, as binary crossentropy would.",
                misconception="other-classes-count",
            ),
        ),
    ),
    Task(
        title="the gradient for the scores",
        kind="value",
        points=2,
        draw=_draw_scores,
        text=_ask_for_slopes,
        solution=_slopes,
        mistakes=(
            Mistake(
                lambda true, scores: -_slopes(true, scores),
                "The signs are swapped: it is softmax minus target.",
                misconception="step-follows-the-gradient",
            ),
            Mistake(
                _softmax, "That is the softmax. The gradient is softmax minus target."
            ),
            Mistake(
                lambda true, scores: _slopes(true, scores) * np.eye(3)[true],
                "The other classes add nothing to the value of the loss, but their "
                "scores do have a slope: their probability.",
                misconception="other-classes-get-no-gradient",
            ),
            Mistake(
                lambda true, scores: -np.eye(3)[true] / _softmax(true, scores),
                "That is the gradient for the probabilities. Softmax lies between them "
                "and the scores.",
                misconception="outer-slope-is-enough",
            ),
            Mistake(
                lambda true, scores: np.asarray(scores) - np.eye(3)[true],
                "You took the scores for probabilities: apply softmax first.",
                misconception="logits-are-probabilities",
            ),
        ),
    ),
    Task(
        title="other scores",
        kind="predict",
        points=2,
        draw=_draw_change,
        text=_ask_about_the_change,
        code=_change_code,
        solution=_loss_after,
        choices=("rises", "falls", "stays"),
        outcome=_what_happens,
        mistakes=(
            Mistake(
                lambda true, scores, change: np.exp(-_loss_after(true, scores, change)),
                "That is the probability of the true class. The loss is its negative "
                "logarithm.",
            ),
            Mistake(
                lambda true, scores, change: (
                    _loss_after(true, scores, change) / np.log(2)
                ),
                "Right in bits; nats were asked for.",
                misconception="bits-for-nats",
            ),
        ),
    ),
    bug_hunt(
        title="a model with a fault",
        question=(
            "This model is to tell {size} classes apart. Each example is of exactly "
            "one class, its label is one-hot (a row of {size} numbers), and the "
            "outputs are to be probabilities that sum to 1. One word in quotes is "
            "wrong.\n\n"
            "{source}\n\n"
            "Answer with a pair: the number of the line, and the word that belongs "
            'there, for example `(2, "adam")`.'
        ),
        sizes=(3, 9),
        model=lambda size, hidden: {
            "inputs": 20,
            "widths": [32 * n for n in range(hidden, 0, -1)],
            "units": size,
        },
        sound={"last": "softmax", "loss": "categorical_crossentropy"},
        faults={
            "not exclusive": Fault("last", "sigmoid", "softmax"),
            "yes or no": Fault(
                "loss", "binary_crossentropy", "categorical_crossentropy"
            ),
            "labels": Fault(
                "loss", "sparse_categorical_crossentropy", "categorical_crossentropy"
            ),
        },
        sound_line=(
            {"last": "sigmoid", "loss": "binary_crossentropy"},
            "That would answer one yes-or-no question for each class. Here exactly "
            "one class is true, and that line is right as it is.",
            "one-choice-is-many-questions",
        ),
        mistakes=(
            (
                "loss",
                "sparse_categorical_crossentropy",
                "The sparse form takes integer labels. These are one-hot.",
                "keras-mends-it",
            ),
            (3, "softmax", "A hidden layer may well have relu."),
        ),
    ),
    Task(
        title="a line that becomes flat",
        kind="explain",
        points=4,
        draw=_draw_curve,
        text=_ask_about_the_curve,
        code=_curve_code,
        rubric=(
            "- Left: the loss is log-sum-exp minus the score, so the slope is -1.\n"
            "- There the example is wrong, and pulls with full force.\n"
            "- Right: the probability is near 1, so loss and slope are near 0.\n"
            "- The slope is $p - 1$, the gradient: training turns to other examples."
        ),
    ),
)
