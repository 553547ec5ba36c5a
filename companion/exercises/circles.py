"""The exercises of the chapter on the two circles."""

import numpy as np

from . import Exercise, Mistake


def count_weights():
    """Count a weight for each input of each unit, and a bias for each unit."""
    first = (2 + 1) * 20
    second = (20 + 1) * 10
    output = (10 + 1) * 1
    return first + second + output


def sizes_of_the_sets():
    """Hold back a quarter, then count the batches of all epochs."""
    points, epochs, batch_size = 2000, 10, 32
    validation = int(0.25 * points)
    training = points - validation
    batches = -(-training // batch_size)  # rounded up: the last one is smaller
    return training, validation, epochs * batches


def accuracy(labels, predictions, threshold):
    """Take the column of probabilities, decide, and count the hits."""
    decisions = predictions[:, 0] > threshold
    return np.mean(decisions == labels)


def _draw_predictions(rng):
    count = int(rng.integers(7, 10))
    threshold = float(rng.choice([0.3, 0.7]))
    labels = rng.permutation(np.arange(count) % 2)
    # Every band of probabilities holds points of both classes, so that the wrong
    # thresholds give other accuracies.
    bands = np.array([0.1, 0.2, 0.4, 0.45, 0.55, 0.6, 0.8])
    predictions = rng.permutation(bands[np.arange(count) % len(bands)])
    return labels, predictions[:, None], threshold


def three_units(points):
    """Fence in the inner circle with three lines at distance 0.2 from the centre."""
    angles = np.radians([90, 210, 330])
    total = np.zeros(len(points))
    for angle in angles:
        direction = np.array([np.cos(angle), np.sin(angle)])
        # 0 on the near side of the line, and rising on the far side.
        total = total + np.maximum(points @ direction - 0.2, 0)
    return (total < 0.01).astype(int)


def _draw_circles(rng):
    angles = rng.uniform(0, 2 * np.pi, size=60)
    radius = np.where(np.arange(60) % 2, 0.1, 1.0)
    return ((radius * np.array([np.cos(angles), np.sin(angles)])).T,)


def _beyond(points, degrees, distance=0.2):
    angle = np.radians(degrees)
    return np.maximum(points @ [np.cos(angle), np.sin(angle)] - distance, 0)


EXERCISES = (
    Exercise(
        id="circles-1",
        solution=count_weights,
        tolerance=0.0,
        hints=(
            "Go layer by layer. Every unit is joined to every input of its layer.",
            "A unit has one weight for each of its inputs, and one bias.",
            "The first layer has `20 * (2 + 1)` numbers. Two more layers follow.",
        ),
        mistakes=(
            Mistake(
                lambda: 2 * 20 + 20 * 10 + 10 * 1,
                "These are the weights without the biases. Each of the 31 units has "
                "one bias, which training adjusts too.",
                misconception="biases-do-not-count",
            ),
            Mistake(
                lambda: 149,
                "149 belongs to the chapter's network with 12 and 8 units. This one "
                "has 20 and 10.",
            ),
            Mistake(
                lambda: 20 + 10 + 1,
                "You counted the units. Training adjusts the weights of the "
                "connections between them, and a bias for each.",
            ),
            Mistake(
                lambda: 2 * 20 * 10 * 1,
                "You multiplied all the widths. Connections exist only between "
                "neighbouring layers: add one product for each layer.",
            ),
            Mistake(
                lambda: count_weights() - 1,
                "One is missing: the output unit has a bias as well.",
                misconception="biases-do-not-count",
            ),
        ),
        right="Keras agrees: `models.circles_mlp(widths=(20, 10)).count_params()`.",
    ),
    Exercise(
        id="circles-2",
        solution=sizes_of_the_sets,
        tolerance=0.0,
        hints=(
            "First hold back the validation points. They never adjust a weight.",
            "There is one update for each batch. How many batches of 32 does it take "
            "to go once through the training points, if the last may be smaller?",
            "1,500 / 32 = 46.9, so an epoch has 47 batches.",
        ),
        mistakes=(
            Mistake(
                lambda: (1500, 500, 460),
                "The sets are right. After 46 full batches 28 points are left, and "
                "they make a smaller batch with an update of its own.",
                misconception="last-batch-is-dropped",
            ),
            Mistake(
                lambda: (1500, 500, 47),
                "The sets are right. 47 is the number of updates in one epoch, and "
                "there are ten.",
            ),
            Mistake(
                lambda: (2000, 500, 630),
                "`validation_split` takes its points out of those that you hand in. "
                "What is measured for validation does not train.",
                part=1,
            ),
            Mistake(
                lambda: (1500, 500, 630),
                "The sets are right. You counted the batches of all 2,000 points; "
                "only the training points come in training batches.",
            ),
            Mistake(
                lambda: (1500, 500, 15_000),
                "The sets are right. You counted one update for each point. There is "
                "one for each batch of 32.",
            ),
            Mistake(
                lambda: (1500, 500, 468.75),
                "The sets are right. A batch counts as one update even if it is "
                "smaller: round the number of batches in an epoch up.",
            ),
            Mistake(
                lambda: (500, 1500, 160),
                "`validation_split` is the share that is held back: a quarter for "
                "validation, the rest for training.",
            ),
        ),
        right="A larger batch means fewer updates in an epoch, each from a steadier "
        "gradient.",
    ),
    Exercise(
        id="circles-3",
        solution=accuracy,
        draw=_draw_predictions,
        hints=(
            "Print the shapes of `labels` and `predictions` before you compare them.",
            "`predictions[:, 0]` has the shape `(n,)`, like the labels.",
            "`np.mean` of an array of True and False is the share of True.",
        ),
        mistakes=(
            Mistake(
                lambda y, p, threshold: np.mean((p > threshold) == y),
                "You compare the shapes `(n, 1)` and `(n,)`: NumPy stretches both to "
                "`(n, n)` and pairs every prediction with every label. Take the "
                "column first, `predictions[:, 0]`.",
                misconception="labels-shape-does-not-matter",
            ),
            Mistake(
                lambda y, p, threshold: np.mean((p[:, 0] > 0.5) == y),
                "You decide at 0.5. Use the `threshold` that is passed.",
                misconception="threshold-is-always-half",
            ),
            Mistake(
                lambda y, p, threshold: 1 - accuracy(y, p, threshold),
                "This is the share of wrong decisions. Check which way your "
                "comparisons point.",
            ),
            Mistake(
                lambda y, p, threshold: np.sum((p[:, 0] > threshold) == y),
                "You return the number of right decisions. Divide it by the number "
                "of points.",
            ),
            Mistake(
                lambda y, p, threshold: np.mean(p.argmax(axis=1) == y),
                "`argmax` looks for the largest of several outputs. There is one "
                "output only, so its place is always 0. Compare with the threshold.",
            ),
            Mistake(
                lambda y, p, threshold: np.mean(p[:, 0] == y),
                "A probability hardly ever equals a label. Turn it into a decision "
                "with the threshold first.",
                misconception="predict-returns-classes",
            ),
            Mistake(
                lambda y, p, threshold: (p[:, 0] > threshold) == y,
                "You know for each point whether it is right. The accuracy is the "
                "mean of that.",
            ),
        ),
        right="The threshold is yours to choose; the loss does not depend on it.",
    ),
    Exercise(
        id="circles-4",
        solution=three_units,
        draw=_draw_circles,
        hints=(
            "Draw a triangle around the inner circle. Each side is a line, and each "
            "unit watches one of them: 0 on the near side, positive beyond.",
            "Take three directions of length 1 that are 120 degrees apart, such as "
            "`(cos a, sin a)` for 90, 210 and 330 degrees. "
            "`points @ direction` says how far a point lies in that direction. The "
            "lines must be further out than 0.1, and every outer point beyond one.",
            "With `distance = 0.2` the three units add up to 0 for every inner point "
            "and to at least 0.3 for every outer one. Compare the sum with something "
            "between, and turn True and False into 1 and 0 with `.astype(int)`.",
        ),
        mistakes=(
            Mistake(
                lambda points: 1 - three_units(points),
                "Your fence is right and the classes are swapped: inner is class 1, "
                "where all three units are 0.",
            ),
            Mistake(
                lambda points: np.zeros(len(points), dtype=int),
                "Every point comes out as outer. Are the inner points beyond one of "
                "your lines? They reach out to 0.1 in each direction, so the distance "
                "must be larger than that.",
            ),
            Mistake(
                lambda points: np.ones(len(points), dtype=int),
                "Every point comes out as inner. An outer point reaches at least 0.5 "
                "in the nearest of three directions 120 degrees apart: is your "
                "distance, or the number you compare with, larger than that allows?",
            ),
            Mistake(
                lambda points: sum(
                    _beyond(points, degrees) for degrees in (90, 210, 330)
                ),
                "These are the sums of the three units. Compare them with a small "
                "number to get classes.",
            ),
            Mistake(
                lambda points: (
                    _beyond(points, 90) + _beyond(points, 270) < 0.01
                ).astype(int),
                "Two opposite lines make a strip, and the outer circle passes through "
                "both of its ends. It takes a third line to close the fence.",
            ),
            Mistake(
                lambda points: three_units(points)[:, None],
                "The classes are right. Return them in the shape `(n,)`, not `(n, 1)`.",
                misconception="labels-shape-does-not-matter",
            ),
        ),
        right="You have just done by hand what training looks for: the first layer "
        "holds the directions and distances, the output adds up and compares.",
    ),
)
