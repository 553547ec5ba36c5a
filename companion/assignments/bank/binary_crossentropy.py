"""Practice tasks for the chapter on binary crossentropy."""

import numpy as np

from companion import losses
from companion.assignments import Mistake, Task
from companion.assignments._bug_hunts import Fault, bug_hunt


def _draw_shares(rng):
    positives = int(rng.integers(3, 20))
    return positives, 50 - positives


def _ask_for_the_best_constant(positives, negatives):
    return (
        f"A data set has {positives} examples of class 1 and {negatives} of class 0. A "
        "classifier that sees nothing gives the same probability to every example. It "
        "chooses the one with the lowest mean binary crossentropy.\n\n"
        "What is that lowest mean, in nats?"
    )


def _entropy(positives, negatives):
    p = positives / (positives + negatives)
    return -p * np.log(p) - (1 - p) * np.log(1 - p)


def _draw_predictions(rng):
    scores = rng.uniform(0.5, 3.0, size=4).round(1) * [1, -1, 1, -1]
    return rng.permutation([1, 1, 0, 0]), rng.permutation(scores)


def _ask_for_slopes(labels, scores):
    return (
        f"Four examples have the labels `{labels}`, and a network gives them the "
        f"scores (logits) `{scores}`.\n\n"
        "For each example, what is the slope of its own binary crossentropy, as its "
        "score changes? Answer with an array of four numbers."
    )


def _slopes(labels, scores):
    return losses.binary_crossentropy_gradient(labels, scores, from_logits=True)


def _probabilities(labels, scores):
    return 1 / (1 + np.exp(-np.asarray(scores)))


def _draw_scaling(rng):
    sizes = np.sort(rng.uniform(0.5, 3.0, size=8).round(1))
    signs = rng.permutation([1, 1, 1, 1, -1, -1, -1, -1])
    labels = signs > 0
    # Two confident mistakes, or none: whether the loss rises hangs on them.
    labels[-2:] ^= bool(rng.integers(2))
    order = rng.permutation(8)
    factor = int(rng.integers(3, 6))
    return labels[order].astype(int), (sizes * signs)[order], factor


def _ask_about_scaling(labels, scores, factor):
    return (
        f"A network gives eight examples the scores `{scores}`; their labels are "
        f"`{labels}`. You multiply all scores by {factor}. The decisions stay the "
        "same, and so does the accuracy.\n\n"
        "Look at the numbers, then predict: does the mean binary crossentropy rise, "
        "fall or stay? A wrong prediction costs no points, but without one the result "
        "earns none."
    )


def _scaling_code(labels, scores, factor):
    return (
        f"labels = np.array({labels})\n"
        f"scores = np.array({scores})\n\n\n"
        "def run():\n"
        f"    for k in (1, {factor}):\n"
        "        each = losses.binary_crossentropy(\n"
        "            labels, k * scores, from_logits=True\n"
        "        )\n"
        '        print(f"scores times {k}: mean loss {each.mean():.3f}")\n'
        "    return each.mean()"
    )


def _mean_loss(labels, scores, factor):
    scaled = factor * np.asarray(scores)
    return losses.binary_crossentropy(labels, scaled, from_logits=True).mean()


def _unscaled(labels, scores, factor):
    return _mean_loss(labels, scores, 1)


def _rises_or_falls(labels, scores, factor):
    after, before = _mean_loss(labels, scores, factor), _unscaled(labels, scores, 1)
    return "rises" if after > before else "falls"


def _draw_curve(rng):
    return int(rng.integers(2**16)), int(rng.integers(150, 400))


def _ask_about_the_curve(seed, count):
    return (
        f"A classifier has been trained on other data. Here its scores for {count} new "
        "examples are multiplied by a factor, from small to large. The cell draws the "
        "accuracy and the mean binary crossentropy.\n\n"
        "Explain both curves in about 100 words: why one is flat, why the other falls "
        "first and rises later, and what the rise tells you about the examples that "
        "are classified wrongly. Your instructor reads this one."
    )


def _curve_code(seed, count):
    return (
        f"rng = np.random.default_rng({seed})\n"
        f"honest = rng.normal(0, 2, size={count})\n"
        f"labels = (rng.random({count}) < 1 / (1 + np.exp(-honest))).astype(int)\n"
        "factors = np.geomspace(0.05, 20, 60)\n"
        "mean_losses = [\n"
        "    losses.binary_crossentropy(labels, k * honest, from_logits=True).mean()\n"
        "    for k in factors\n"
        "]\n"
        "accuracy = np.mean((honest > 0) == labels)\n\n"
        "fig, ax = plt.subplots()\n"
        'ax.semilogx(factors, mean_losses, label="mean loss, nats")\n'
        'ax.axhline(accuracy, color="grey", linestyle="--", label="accuracy")\n'
        'ax.set_xlabel("factor")\n'
        "ax.legend();"
    )


TASKS = (
    Task(
        title="the price of knowing nothing",
        kind="value",
        points=2,
        draw=_draw_shares,
        text=_ask_for_the_best_constant,
        solution=_entropy,
        mistakes=(
            Mistake(
                lambda positives, negatives: _entropy(positives, negatives) / np.log(2),
                "Right in bits; nats were asked for.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda positives, negatives: np.log(2),
                "0.693 is the price when both classes are equally frequent. They are "
                "not, and knowing that is worth something.",
                misconception="chance-is-always-069",
            ),
            Mistake(
                lambda positives, negatives: (
                    -np.log(positives / (positives + negatives))
                ),
                "That is the loss of one example of class 1. The mean takes in both "
                "classes.",
            ),
            Mistake(
                lambda positives, negatives: (
                    -np.log(negatives / (positives + negatives))
                ),
                "That is the loss of one example of class 0. The mean takes in both "
                "classes.",
            ),
            Mistake(
                lambda positives, negatives: 0.0,
                "Always saying 0 costs nothing for class 0, and infinitely much for "
                "class 1. Accuracy may have been on your mind.",
                misconception="squared-error-is-as-good",
            ),
            Mistake(
                lambda positives, negatives: (
                    (positives + negatives) * _entropy(positives, negatives)
                ),
                "That is the sum over all examples, not the mean.",
                misconception="mean-and-sum",
            ),
        ),
    ),
    Task(
        title="the slope for each score",
        kind="value",
        points=2,
        draw=_draw_predictions,
        text=_ask_for_slopes,
        solution=_slopes,
        mistakes=(
            Mistake(
                lambda labels, scores: -_slopes(labels, scores),
                "The signs are swapped: it is probability minus label.",
                misconception="step-follows-the-gradient",
            ),
            Mistake(
                lambda labels, scores: _slopes(labels, scores) / 4,
                "These are slopes of the mean. Each example's own loss was asked for.",
                misconception="loss-is-one-number",
            ),
            Mistake(
                _probabilities,
                "These are the probabilities. The slope is probability minus label.",
            ),
            Mistake(
                lambda labels, scores: losses.binary_crossentropy_gradient(
                    labels, _probabilities(labels, scores)
                ),
                "These are slopes for the probabilities. The sigmoid lies between them "
                "and the scores.",
                misconception="outer-slope-is-enough",
            ),
            Mistake(
                lambda labels, scores: (
                    (np.asarray(scores) > 0) - np.asarray(labels, float)
                ),
                "This is decision minus label. The slope takes the probability, "
                "without a threshold.",
            ),
        ),
    ),
    Task(
        title="bolder scores",
        kind="predict",
        points=2,
        draw=_draw_scaling,
        text=_ask_about_scaling,
        code=_scaling_code,
        solution=_mean_loss,
        choices=("rises", "falls", "stays"),
        outcome=_rises_or_falls,
        mistakes=(
            Mistake(_unscaled, "That is the mean before the scores were multiplied."),
            Mistake(
                lambda labels, scores, factor: 8 * _mean_loss(labels, scores, factor),
                "That is the sum over the examples, not the mean.",
                misconception="mean-and-sum",
            ),
        ),
    ),
    bug_hunt(
        title="a model that cannot learn",
        question=(
            "This model is to tell two classes apart: each example has {size} "
            "numbers and a label 0 or 1, and the output is to be the probability of "
            "class 1. One word in quotes is wrong.\n\n"
            "{source}\n\n"
            "Answer with a pair: the number of the line, and the word that belongs "
            'there, for example `(2, "adam")`.'
        ),
        sizes=(2, 9),
        model=lambda size, hidden: {
            "inputs": size,
            "widths": [16 * n for n in range(hidden, 0, -1)],
            "units": 1,
        },
        sound={"last": "sigmoid", "loss": "binary_crossentropy"},
        faults={
            "one unit": Fault("last", "softmax", "sigmoid"),
            "no probability": Fault("last", "relu", "sigmoid"),
            "loss": Fault("loss", "categorical_crossentropy", "binary_crossentropy"),
        },
        sound_line=(
            {"last": "softmax", "loss": "categorical_crossentropy"},
            "That would go with two units and one-hot labels. This model has one "
            "unit and labels 0 and 1, and that line is right as it is.",
            "one-unit-softmax",
        ),
        mistakes=(
            (3, "sigmoid", "A hidden layer may well have relu. The fault comes later."),
            (
                "last",
                "linear",
                "Then the output is a score. A probability was asked for.",
                "logits-are-probabilities",
            ),
        ),
    ),
    Task(
        title="the same decisions, another loss",
        kind="explain",
        points=4,
        draw=_draw_curve,
        text=_ask_about_the_curve,
        code=_curve_code,
        rubric=(
            "- The factor changes no sign, so no decision and no accuracy.\n"
            "- First the loss falls: most examples are right, and were too unsure.\n"
            "- Then it rises: the wrong ones pay, nearly linearly in the factor.\n"
            "- The rise tells that wrong examples are there, and how sure they are."
        ),
    ),
)
