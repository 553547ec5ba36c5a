"""Practice tasks for the chapter on hinge losses."""

import numpy as np

from companion import losses
from companion.assignments import Mistake, Task
from companion.assignments._bug_hunts import Fault, bug_hunt


def _draw_batch(rng):
    """Draw two examples beyond the margin, one within it and one that is wrong."""
    # In steps that keep the typical mistakes from meeting the right answer.
    beyond = rng.integers(12, 27, size=2) / 10
    within = rng.integers(1, 9) / 10
    wrong = -(rng.integers(4, 14) / 10 + 0.05)
    labels = rng.permutation([1, 1, -1, -1])
    return labels, labels * rng.permutation([*beyond, within, wrong])


def _ask_for_the_mean(labels, scores):
    return (
        f"Four examples have the labels `{labels}`, and a network gives them the "
        f"scores `{scores}`.\n\n"
        "What is their mean hinge loss?"
    )


def _hinges(labels, scores):
    return losses.hinge(labels, scores)


def _mean_hinge(labels, scores):
    return _hinges(labels, scores).mean()


def _ask_for_slopes(labels, scores):
    return (
        f"Four examples have the labels `{labels}` and the scores `{scores}`.\n\n"
        "For each example, what is the slope of its own hinge loss, as its score "
        "changes? Answer with an array of four numbers."
    )


def _slopes(labels, scores):
    return losses.hinge_gradient(labels, scores)


# The three ways of `_draw_shift`, and what each does to Keras's loss.
_OUTCOMES = ("stays", "falls", "rises")


def _draw_shift(rng):
    """Draw scores of three classes, and what is added to all of them.

    Keras compares with the largest of the other scores and 0. So the sign of that
    score, before and after, decides what happens.
    """
    case = int(rng.integers(3))
    other = float((rng.integers(1, 4), -rng.integers(1, 4), rng.integers(1, 4))[case])
    ahead = float(rng.choice([-1.0, -0.5, 0.25]))
    far = int(rng.integers(2, 4))
    shift = (far, -other + far, -other - far)[case]
    order = rng.permutation(3)
    scores = np.array([other + ahead, other, other - 0.5])[order]
    return int(np.flatnonzero(order == 0)[0]), scores, int(shift)


def _ask_about_the_shift(true, scores, shift):
    change = f"add {shift} to" if shift > 0 else f"subtract {-shift} from"
    return (
        f"An example of class {true} among three gets the scores `{scores}`. Now you "
        f"{change} all three of them. A softmax would not notice.\n\n"
        "Predict: does the categorical hinge, as Keras defines it, rise, fall or stay? "
        "A wrong prediction costs no points, but without one the result earns none."
    )


def _shift_code(true, scores, shift):
    return (
        f"one_hot = np.eye(3)[{true}]\n"
        f"scores = np.array({scores})\n\n\n"
        "def run():\n"
        "    before = losses.categorical_hinge(one_hot, scores)\n"
        f"    after = losses.categorical_hinge(one_hot, scores + {shift})\n"
        '    print(f"before: {before:.3f}   after: {after:.3f}")\n'
        "    return after"
    )


def _shifted(scores, shift):
    return np.asarray(scores) + shift


def _hinge_after(true, scores, shift):
    return losses.categorical_hinge(np.eye(3)[true], _shifted(scores, shift))


def _what_happens(true, scores, shift):
    before = losses.categorical_hinge(np.eye(3)[true], np.asarray(scores))
    change = _hinge_after(true, scores, shift) - before
    return _OUTCOMES[0 if abs(change) < 1e-9 else 1 if change < 0 else 2]


def _draw_curve(rng):
    return (float(rng.integers(8, 17) / 4),)


def _ask_about_the_curve(reach):
    return (
        "One example with the label +1. Its score goes from "
        f"-{reach} to {reach}. The cell draws its hinge loss, its squared hinge loss "
        "and its binary crossentropy (with the label 1, from the same score).\n\n"
        "Compare the three curves in about 100 words: where each is flat, how each "
        "treats an example that is very wrong, and what that means for an outlier and "
        "for an example that is right already. Your instructor reads this one."
    )


def _curve_code(reach):
    return (
        f"score = np.linspace(-{reach}, {reach}, 201)\n"
        "label = np.ones(201, int)\n"
        "crossentropy = losses.binary_crossentropy(label, score, from_logits=True)\n\n"
        "fig, ax = plt.subplots()\n"
        'ax.plot(score, losses.hinge(label, score), label="hinge")\n'
        'ax.plot(score, losses.squared_hinge(label, score), "--", label="squared")\n'
        'ax.plot(score, crossentropy, ":", label="binary crossentropy, nats")\n'
        'ax.set(xlabel="score", ylabel="loss")\n'
        "ax.legend();"
    )


TASKS = (
    Task(
        title="four examples",
        kind="value",
        points=2,
        draw=_draw_batch,
        text=_ask_for_the_mean,
        solution=_mean_hinge,
        mistakes=(
            Mistake(
                lambda labels, scores: np.mean(1 - np.multiply(labels, scores)),
                "An example beyond the margin does not make up for another: its loss "
                "is 0, never negative.",
                misconception="hinge-goes-on-beyond",
            ),
            Mistake(
                lambda labels, scores: losses.squared_hinge(labels, scores).mean(),
                "That is the squared hinge.",
            ),
            Mistake(
                lambda labels, scores: _hinges(labels, scores).sum() / 2,
                "The mean is over all four examples, also over those with loss 0.",
            ),
            Mistake(
                lambda labels, scores: _hinges(labels, scores).sum(),
                "That is the sum over the examples, not the mean.",
                misconception="mean-and-sum",
            ),
            Mistake(
                lambda labels, scores: np.maximum(
                    -np.multiply(labels, scores), 0
                ).mean(),
                "You charged only the wrong example. The hinge wants a margin of 1, "
                "so an example that is right by less costs something too.",
                misconception="right-side-is-enough",
            ),
            Mistake(
                lambda labels, scores: np.maximum(
                    1 - np.greater(labels, 0) * np.asarray(scores), 0
                ).mean(),
                "You took 0 for the label -1. Its examples then cost 1, whatever "
                "their score is.",
            ),
        ),
    ),
    Task(
        title="four slopes",
        kind="value",
        points=2,
        draw=_draw_batch,
        text=_ask_for_slopes,
        solution=_slopes,
        mistakes=(
            Mistake(
                lambda labels, scores: -_slopes(labels, scores),
                "The signs are swapped: a larger margin costs less.",
                misconception="step-follows-the-gradient",
            ),
            Mistake(
                lambda labels, scores: _slopes(labels, scores) / 4,
                "That is the slope of the mean of the four.",
                misconception="loss-is-one-number",
            ),
            Mistake(
                lambda labels, scores: -np.asarray(labels, float),
                "Beyond the margin the loss is 0 and flat: there the slope is 0.",
                misconception="hinge-goes-on-beyond",
            ),
            Mistake(
                lambda labels, scores: np.where(
                    np.multiply(labels, scores) < 0, -np.asarray(labels, float), 0
                ),
                "Right is not enough: until the margin is 1 the loss has a slope.",
                misconception="right-side-is-enough",
            ),
            Mistake(
                losses.squared_hinge_gradient, "That is the slope of the squared hinge."
            ),
        ),
    ),
    Task(
        title="a shift",
        kind="predict",
        points=2,
        draw=_draw_shift,
        text=_ask_about_the_shift,
        code=_shift_code,
        solution=_hinge_after,
        choices=("rises", "falls", "stays"),
        outcome=_what_happens,
        mistakes=(
            Mistake(
                lambda true, scores, shift: _hinge_after(true, scores, shift) - 1,
                "The margin of 1 is missing.",
                misconception="right-side-is-enough",
            ),
            Mistake(
                lambda true, scores, shift: np.maximum(
                    1 + np.delete(scores, true) - scores[true], 0
                ).sum(),
                "You charged both other classes. Keras takes the larger of their "
                "scores alone, or 0 where both are below it.",
                misconception="other-classes-count",
            ),
            Mistake(
                lambda true, scores, shift: losses.sparse_categorical_crossentropy(
                    true, _shifted(scores, shift), from_logits=True
                ),
                "That is the crossentropy of the scores.",
            ),
        ),
    ),
    bug_hunt(
        title="a model with a fault",
        question=(
            "This model is to tell two classes apart: each example has {size} "
            "numbers and a label -1 or +1, and the output is to be a score of either "
            "sign, as large as it likes, for a loss of margins that grows linearly. "
            "One word in quotes is wrong.\n\n"
            "{source}\n\n"
            "Answer with a pair: the number of the line, and the word that belongs "
            'there, for example `(2, "adam")`.'
        ),
        sizes=(2, 9),
        model=lambda size, hidden: {
            "inputs": size,
            "widths": [16 * n for n in range(hidden, 0, -1)],
            "units": 1,
            "metrics": "[margins.sign_accuracy]",
        },
        sound={"last": "linear", "loss": "hinge"},
        faults={
            "probability": Fault("last", "sigmoid", "linear"),
            "never negative": Fault("last", "relu", "linear"),
            "loss": Fault("loss", "categorical_hinge", "hinge"),
        },
        sound_line=(
            {"last": "sigmoid", "loss": "binary_crossentropy"},
            "That would be a probability and its likelihood. The labels are -1 "
            "and +1, the output is a score, and that line is right as it is.",
            "hinge-is-a-probability",
        ),
        mistakes=(
            (
                "loss",
                "squared_hinge",
                "The squared hinge is a loss of margins, but does not grow linearly.",
            ),
            (3, "linear", "A hidden layer may well have relu."),
        ),
    ),
    Task(
        title="three curves",
        kind="explain",
        points=4,
        draw=_draw_curve,
        text=_ask_about_the_curve,
        code=_curve_code,
        rubric=(
            "- Flat: the two hinges at 0 from a score of 1 on; crossentropy nowhere.\n"
            "- Very wrong: linear for hinge and crossentropy, quadratic for squared.\n"
            "- So an outlier counts most under the squared hinge.\n"
            "- An example that is right by 1 is silent, except under crossentropy."
        ),
    ),
)
