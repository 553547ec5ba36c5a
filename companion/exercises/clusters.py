"""The exercises of the chapter on clusters."""

import numpy as np

from . import Exercise, Mistake


def class_and_probability():
    """Read the class and its probability from one row of logits."""
    logits = np.array([1.2, 4.0, -3.0, 3.0])
    probabilities = np.exp(logits) / np.exp(logits).sum()
    chosen = int(logits.argmax())
    return chosen, probabilities[chosen]


def stuck_at():
    """Find how many clusters look alike to the network, and its best accuracy."""
    counts = np.arange(1, 5)
    floors = counts / 4 * np.log(counts)
    alike = int(counts[np.abs(floors - 0.83).argmin()])
    # One of the clusters that look alike is named right, the others are not.
    return alike, (4 - alike + 1) / 4


def dark_share(features, labels):
    """Return for each class the share of points at which every unit is 0."""
    dark = (features == 0).all(axis=1)
    return np.array([dark[labels == c].mean() for c in range(labels.max() + 1)])


def _draw_features(rng):
    count, units, classes = int(rng.integers(40, 60)), 3, 4
    labels = np.concatenate([np.arange(classes), rng.integers(classes, size=count)])
    sums = rng.normal(size=(len(labels), units)) - 0.9 * (labels[:, None] % 2)
    return np.maximum(0.0, sums), labels


def _by_class(labels, share):
    return np.array([share(labels == c) for c in range(labels.max() + 1)])


def best_probabilities(x, centers, std):
    """Return the true probability of each class for round, equally large clusters."""
    squares = ((x[:, None, :] - centers) ** 2).sum(axis=-1)  # (n, classes)
    logits = -squares / (2 * std**2)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _draw_points(rng):
    classes = int(rng.integers(3, 6))
    x = rng.uniform(0.0, 6.0, size=(5, 2))
    return x, rng.uniform(0.0, 6.0, size=(classes, 2)), float(rng.uniform(1.2, 2.0))


def _softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _squares(x, centers):
    return ((x[:, None, :] - centers) ** 2).sum(axis=-1)


def _powers(x, centers, std):
    return np.exp(-_squares(x, centers) / (2 * std**2))


EXERCISES = (
    Exercise(
        id="clusters-1",
        solution=class_and_probability,
        hints=(
            "The class is the place of the largest logit, counted from 0.",
            "For the probability, softmax needs all four logits: the exponential of "
            "the largest one divided by the sum of all four exponentials.",
        ),
        mistakes=(
            Mistake(
                lambda: (1, 4.0),
                "The class is right. 4.0 is the logit itself: a probability lies "
                "between 0 and 1, so apply softmax to the row.",
                misconception="logits-are-probabilities",
            ),
            Mistake(
                lambda: (1, 4.0 / (1.2 + 4.0 - 3.0 + 3.0)),
                "The class is right. You divided the logit by the sum of the logits; "
                "softmax takes the exponentials first.",
                misconception="logits-are-probabilities",
            ),
            Mistake(
                lambda: (1, 1 / (1 + np.exp(-4.0))),
                "The class is right. The sigmoid looks at one logit alone; with "
                "several classes the others compete, above all the 3.0.",
                misconception="scores-do-not-compete",
            ),
            Mistake(
                lambda: (1, 1 / (1 + np.exp(3.0 - 4.0))),
                "The class is right. You are close: this is the softmax of the "
                "two largest logits. The other two have a small share as well.",
            ),
            Mistake(
                lambda: (2, class_and_probability()[1]),
                "The probability is right. Classes are counted from 0.",
                misconception="labels-start-at-one",
            ),
            Mistake(
                lambda: class_and_probability()[::-1],
                "Both numbers are right, in the wrong order: the class comes first.",
            ),
        ),
        right="Class 3 is close behind: its logit is 1 less, so its probability is "
        "smaller by the factor e.",
    ),
    Exercise(
        id="clusters-2",
        solution=stuck_at,
        hints=(
            "If k clusters of four look alike, a quarter of all points lies in each "
            "of them, and such a point gets the probability 1/k at best.",
            "So the least loss is k/4 log k. Try k = 2 and k = 3.",
            "Of the clusters that look alike, one name is given to all their points: "
            "it is right for one of them.",
        ),
        mistakes=(
            Mistake(
                lambda: (3, 1 / 3),
                "Three look alike, that is right. Of *their* points a third are named "
                "right; the fourth cluster is named right too, so count all points.",
            ),
            Mistake(
                lambda: (3, np.exp(-0.83)),
                "Three look alike, that is right. exp(-loss) is a typical probability "
                "of the true class, not an accuracy: here it mixes points with "
                "probability 1 and points with probability 1/3.",
                misconception="means-mix-freely",
            ),
            Mistake(
                lambda: (3, 0.25),
                "Three look alike, that is right. All their points get the same name, "
                "and for one of the three clusters it is the right one.",
            ),
            Mistake(
                lambda: (2, 0.75),
                "With two clusters alike the loss can fall to 2/4 log 2, about 0.35. "
                "This run hangs much higher.",
                part=1,
            ),
            Mistake(
                lambda: (4, 0.25),
                "With all four alike the loss could not fall below log 4, about 1.39. "
                "This run is well below it, so it tells something apart.",
                part=1,
            ),
            Mistake(
                lambda: (2, 0.5),
                "The accuracy is right. With two clusters alike it would be 0.75: "
                "solve k/4 log k = 0.83 for k.",
            ),
        ),
        right="A loss that hangs near or above such a value names its own trouble.",
    ),
    Exercise(
        id="clusters-3",
        solution=dark_share,
        draw=_draw_features,
        hints=(
            "`features == 0` is a table of True and False, one row for each point.",
            "A point is in the dark if its whole row is True: `.all(axis=1)`.",
            "For class c, take the mean of that array over the points with "
            "`labels == c`.",
        ),
        mistakes=(
            Mistake(
                lambda h, y: _by_class(y, lambda own: (h[own] == 0).mean()),
                "You take the share of single outputs that are 0. A point is lost "
                "only if all its units are 0 at once: `.all(axis=1)` first.",
            ),
            Mistake(
                lambda h, y: _by_class(y, lambda own: (h[own] == 0).any(axis=1).mean()),
                "You count points at which *some* unit is off. That is normal. Only "
                "where all are off does the network see nothing.",
            ),
            Mistake(
                lambda h, y: _by_class(y, lambda own: (h[own] == 0).all(axis=1).sum()),
                "You return the number of points. Divide by the size of the class.",
            ),
            Mistake(
                lambda h, y: _by_class(y, lambda own: own[(h == 0).all(axis=1)].mean()),
                "You return how the dark points divide among the classes. Asked for "
                "is the share within each class.",
            ),
            Mistake(
                lambda h, y: _by_class(
                    y, lambda own: ((h == 0).all(axis=1) & own).mean()
                ),
                "You divide by the number of all points. Divide by the number of "
                "points in the class.",
            ),
            Mistake(
                lambda h, y: (h == 0).all(axis=0).astype(float),
                "You look down the columns: units that are off for every point. Look "
                "along the rows: points at which every unit is off.",
                misconception="rows-and-columns-swapped",
            ),
        ),
        right="Two or more classes near 1 mean trouble. One alone is harmless: being "
        "dark is then its mark.",
    ),
    Exercise(
        id="clusters-4",
        solution=best_probabilities,
        draw=_draw_points,
        hints=(
            "By Bayes' rule, for classes of equal size the probability of a class is "
            "its density at the point, divided by the sum of all densities.",
            "The density of a round normal cluster is proportional to "
            "exp(-d²/(2 std²)), with d the distance to the centre.",
            "So the answer is the softmax of -d²/(2 std²). "
            "`((x[:, None, :] - centers) ** 2).sum(axis=-1)` is the table of d².",
        ),
        mistakes=(
            Mistake(
                lambda x, centers, std: _softmax(-np.sqrt(_squares(x, centers)) / std),
                "You use the distance. In the exponent of a normal density stands "
                "the squared distance, divided by 2 std².",
            ),
            Mistake(
                lambda x, centers, std: _softmax(-_squares(x, centers) / std**2),
                "The factor 1/2 in the exponent is missing: -d²/(2 std²).",
            ),
            Mistake(
                lambda x, centers, std: _softmax(-_squares(x, centers) / (2 * std)),
                "The standard deviation has to be squared: -d²/(2 std²).",
            ),
            Mistake(
                lambda x, centers, std: _softmax(-_squares(x, centers)),
                "The width of the clusters does not enter. The wider they are, the "
                "less certain the class: divide d² by 2 std².",
            ),
            Mistake(
                lambda x, centers, std: _softmax(-_squares(x, centers) / 2),
                "This is right for std = 1 only: divide d² by 2 std².",
            ),
            Mistake(
                lambda x, centers, std: np.eye(len(centers))[
                    _squares(x, centers).argmin(axis=1)
                ],
                "You give all the probability to the nearest centre. That is the "
                "best *class*. Between two centres its probability is far from 1.",
                misconception="nearest-cluster",
            ),
            Mistake(
                lambda x, centers, std: _softmax(_squares(x, centers) / (2 * std**2)),
                "The sign is missing: now the farthest centre gets the most.",
            ),
            Mistake(
                lambda x, centers, std: _powers(x, centers, std) / (2 * np.pi * std**2),
                "These are the densities. Divide each row by its sum, so that the "
                "probabilities of a point sum to 1.",
                misconception="probabilities-need-no-sum",
            ),
            Mistake(
                _powers,
                "These are the densities but for a factor. Divide each row by its "
                "sum, so that the probabilities of a point sum to 1.",
                misconception="probabilities-need-no-sum",
            ),
            Mistake(
                lambda x, centers, std: (
                    _powers(x, centers, std) / _powers(x, centers, std).sum(axis=0)
                ),
                "You divide by the sum of each column. The probabilities of one "
                "point stand in one row: `sum(axis=1, keepdims=True)`.",
                misconception="rows-and-columns-swapped",
            ),
        ),
        right="No network can have a smaller expected loss than this. A trained one is "
        "too sure where it has seen no points: at (16.5, 25) or (7.5, 20) of the "
        "overlapping clusters two classes have 0.5 each, and it gives most to one of "
        "them. Among the points it comes close to the best. Written out, "
        "the squares of x cancel, so the best logits are linear in x: clusters of "
        "equal width need no hidden layer at all.",
    ),
)
