"""Practice tasks for the chapter on losses from logits."""

import numpy as np

from companion import losses
from companion.assignments import Mistake, Task
from companion.assignments._bug_hunts import Fault, bug_hunt


def _from_scores(true, scores):
    return losses.sparse_categorical_crossentropy(true, scores, from_logits=True)


def _softmax(scores):
    shifted = np.exp(np.asarray(scores) - np.max(scores))
    return shifted / shifted.sum()


def _draw_certainty(rng):
    return int(rng.integers(4, 21)), float(rng.integers(60, 96) / 100)


def _ask_for_the_loss(classes, p):
    return (
        f"A network for {classes} classes ends in a softmax, and its loss says "
        "`from_logits=True`. On JAX the loss then applies a second softmax. An example "
        f"gets the probability {p} for its true class, and the others share the rest "
        "equally.\n\n"
        "Which loss is reported for this example, in nats?"
    )


def _twice(classes, p):
    rest = (1 - p) / (classes - 1)
    return _from_scores(0, np.array([p] + [rest] * (classes - 1)))


def _draw_large_scores(rng):
    gaps = rng.integers(5, 31, size=2) / 10
    base = float(rng.integers(8, 40) * 100)
    return (rng.permutation([base, base - gaps[0], base - gaps.sum()]),)


def _ask_for_log_probabilities(scores):
    return (
        f"A network gives three classes the scores (logits) `{scores}`. Their "
        "exponentials overflow in Python, so rewrite the formula first.\n\n"
        "What are the natural logarithms of the three probabilities? Answer with an "
        "array of three numbers."
    )


def _log_probabilities(scores):
    return np.log(_softmax(scores))


def _draw_scaling(rng):
    upper, lower = rng.integers(10, 19, size=2) / 10
    scores = np.array([upper, 0.0, -lower])
    order = rng.permutation(3)
    return int(rng.integers(3)), scores[order], int(rng.integers(2, 6))


def _ask_about_scaling(true, scores, factor):
    return (
        f"An example of class {true} among three gets the scores `{scores}`. The "
        "network ends in a softmax, and the loss applies another one. Now all three "
        f"scores are multiplied by {factor}, before the first softmax.\n\n"
        "Predict: does the reported loss rise or fall? And then run, and see by how "
        "little. A wrong prediction costs no points, but without one the result earns "
        "none."
    )


def _scaling_code(true, scores, factor):
    return (
        f"true = {true}\n"
        f"scores = np.array({scores})\n\n\n"
        "def run():\n"
        f"    for z in (scores, {factor} * scores):\n"
        "        p = np.exp(z) / np.exp(z).sum()\n"
        "        loss = losses.sparse_categorical_crossentropy(\n"
        "            true, p, from_logits=True\n"
        "        )\n"
        '        print(f"probabilities {p.round(3)}   loss {loss:.3f}")\n'
        "    return loss"
    )


def _scaled_loss(true, scores, factor):
    return _from_scores(true, _softmax(factor * np.asarray(scores)))


def _unscaled_loss(true, scores, factor):
    return _scaled_loss(true, scores, 1)


def _rises_or_falls(true, scores, factor):
    before = _unscaled_loss(true, scores, factor)
    return "rises" if _scaled_loss(true, scores, factor) > before else "falls"


def _draw_curve(rng):
    return int(rng.integers(20, 41)), int(rng.integers(3, 11))


def _ask_about_the_curve(reach, classes):
    return (
        f"{classes} classes. One wrong class leads the true class by a gap from 0 to "
        f"{reach}, and all others are level with the true class. The cell draws the "
        "loss twice: from the scores, and from the probabilities, which are moved to "
        "at least $10^{-7}$.\n\n"
        "Explain both curves in about 100 words: where and why they part, what the "
        "gradient is there, and which examples of a training set are concerned. Your "
        "instructor reads this one."
    )


def _curve_code(reach, classes):
    return (
        f"gap = np.linspace(0, {reach}, 161)\n"
        f"scores = np.zeros((161, {classes}))\n"
        "scores[:, 0] = gap\n"
        "p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)\n"
        "true = np.ones(161, int)\n"
        "loss = losses.sparse_categorical_crossentropy\n\n"
        "fig, ax = plt.subplots()\n"
        'ax.plot(gap, loss(true, scores, from_logits=True), label="from scores")\n'
        'ax.plot(gap, loss(true, p), "--", label="from probabilities")\n'
        'ax.set(xlabel="gap", ylabel="loss, nats")\n'
        "ax.legend();"
    )


TASKS = (
    Task(
        title="a softmax too many",
        kind="value",
        points=2,
        draw=_draw_certainty,
        text=_ask_for_the_loss,
        solution=_twice,
        mistakes=(
            Mistake(
                lambda classes, p: -np.log(p),
                "That is the loss of the probability. But the loss takes the "
                "probabilities for scores, and applies softmax to them.",
                misconception="softmax-twice-is-harmless",
            ),
            Mistake(
                lambda classes, p: np.log(1 + (classes - 1) / np.e),
                "That is the lowest loss with two softmaxes: it needs the "
                "probability 1.",
            ),
            Mistake(
                lambda classes, p: np.log(classes),
                "That is the price of knowing nothing. The second softmax flattens "
                "the probabilities, but not as far as that.",
            ),
            Mistake(
                lambda classes, p: _twice(classes, p) / np.log(2),
                "Right in bits; nats were asked for.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda classes, p: _twice(classes, p) + p,
                "That is the log-sum-exp. The score of the true class, here its "
                "probability, is still to be subtracted.",
            ),
        ),
    ),
    Task(
        title="scores beyond the exponential",
        kind="value",
        points=2,
        draw=_draw_large_scores,
        text=_ask_for_log_probabilities,
        solution=_log_probabilities,
        mistakes=(
            Mistake(
                _softmax,
                "Those are the probabilities. Their logarithms were asked for.",
            ),
            Mistake(
                lambda scores: np.asarray(scores) - np.max(scores),
                "You subtracted the largest score. The logarithm of the sum of the "
                "exponentials has to go as well, or the probabilities do not sum to 1.",
            ),
            Mistake(
                lambda scores: -_log_probabilities(scores),
                "Those are the losses, with the sign turned round. The logarithm of a "
                "probability is negative.",
            ),
            Mistake(
                lambda scores: _log_probabilities(scores) / np.log(2),
                "Right with base 2; natural ones were asked for.",
                misconception="bits-for-nats",
            ),
        ),
    ),
    Task(
        title="more certain, and softmax twice",
        kind="predict",
        points=2,
        draw=_draw_scaling,
        text=_ask_about_scaling,
        code=_scaling_code,
        solution=_scaled_loss,
        choices=("rises", "falls"),
        outcome=_rises_or_falls,
        mistakes=(
            Mistake(_unscaled_loss, "That is the loss before the scores are scaled."),
            Mistake(
                lambda true, scores, factor: _from_scores(
                    true, factor * np.asarray(scores)
                ),
                "That is the loss of a network with one softmax.",
                misconception="softmax-twice-is-harmless",
            ),
            Mistake(
                lambda true, scores, factor: (
                    _scaled_loss(true, scores, factor) / np.log(2)
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
            "one class, and its label is the number of that class. The outputs are "
            "to be scores. One word is wrong: an activation, or the name of the "
            "loss.\n\n"
            "{source}\n\n"
            "Answer with a pair: the number of the line, and the word alone that "
            'belongs there, for example `(3, "tanh")`.'
        ),
        sizes=(3, 9),
        model=lambda size, hidden: {
            "inputs": 20,
            "widths": [32 * n for n in range(hidden, 0, -1)],
            "units": size,
        },
        sound={"last": "linear", "loss": "SparseCategoricalCrossentropy"},
        faults={
            "twice": Fault("last", "softmax", "linear"),
            "not exclusive": Fault("last", "sigmoid", "linear"),
            "labels": Fault(
                "loss", "CategoricalCrossentropy", "SparseCategoricalCrossentropy"
            ),
        },
        sound_line=(
            {"last": "softmax", "loss": "CategoricalCrossentropy"},
            "That line is right as it is: the labels are class numbers, and the "
            "outputs are scores.",
            "keras-mends-it",
        ),
        mistakes=(
            (
                "loss",
                "BinaryCrossentropy",
                "That would answer one yes-or-no question for each class. Here "
                "exactly one class is true.",
                "one-choice-is-many-questions",
            ),
            (3, "linear", "A hidden layer may well have relu."),
        ),
        loss="keras.losses.{}(from_logits=True)",
    ),
    Task(
        title="two curves that part",
        kind="explain",
        points=4,
        draw=_draw_curve,
        text=_ask_about_the_curve,
        code=_curve_code,
        rubric=(
            "- They agree while the probability is above $10^{-7}$.\n"
            "- They part at a gap of about 16, where the clip acts.\n"
            "- From probabilities the gradient is 0 there; from scores it is near 1.\n"
            "- Concerned are the examples that are most wrong: they no longer teach."
        ),
    ),
)
