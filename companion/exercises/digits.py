"""The exercises of the chapter on digits."""

import numpy as np

from . import Exercise, Mistake


def shapes():
    """Return the shape of one input, and that of all labels."""
    picture = (32, 32, 3)  # rows, columns, channels; no axis for the examples
    labels = (50_000,)  # one integer for each picture
    return picture, labels


def first_steps():
    """Compute the first change of a weight, with the rates 1.0 and 0.001."""
    g, rho, epsilon = 0.02, 0.95, 1e-7
    v = (1 - rho) * g**2  # it was 0 before
    d = -np.sqrt(0 + epsilon) / np.sqrt(v + epsilon) * g
    return 1.0 * d, 0.001 * d


def _share_forgotten(share=1.0):
    step = -np.sqrt(1e-7) / np.sqrt(share * 0.02**2 + 1e-7) * 0.02
    return step, 0.001 * step


def _root_forgotten():
    step = -1e-7 / np.sqrt(0.05 * 0.02**2 + 1e-7) * 0.02
    return step, 0.001 * step


def channels_last(images):
    """Move the channels from the second axis to the last one."""
    return np.moveaxis(images, 1, -1)


def _draw_images(rng):
    rows, columns = rng.permutation([2, 3, 4])[:2]
    return (rng.integers(256, size=(2, 3, rows, columns)),)


def _reshaped(images):
    n, channels, rows, columns = images.shape
    return images.reshape(n, rows, columns, channels)


def read_matrix(counts):
    """Return the share of each class that was found, and the commonest mistake."""
    found = np.diag(counts) / counts.sum(axis=1)
    mistakes = counts - np.diag(np.diag(counts))
    return found, np.unravel_index(mistakes.argmax(), counts.shape)


def _draw_matrix(rng):
    classes = int(rng.integers(4, 7))
    counts = rng.integers(8, size=(classes, classes))
    counts[np.diag_indices(classes)] = rng.integers(40, 60, size=classes)
    # The commonest mistake is one cell. Another pair of classes is confused more
    # often when both directions count.
    a, b, c, d = rng.permutation(classes)[:4]
    counts[a, b], counts[b, a] = 12, 0
    counts[c, d] = counts[d, c] = 10
    return (counts,)


def worst(probabilities, labels, count):
    """Return the wrong examples of the highest loss, the worst first."""
    loss = -np.log(probabilities[np.arange(len(labels)), labels])
    order = np.argsort(-loss)
    wrong = probabilities.argmax(axis=1) != labels
    return order[wrong[order]][:count]


def _draw_predictions(rng):
    # Of ten examples seven are wrong. One that is right has a higher loss than the
    # sixth of these, and the wrong answers' probabilities order them differently.
    true = np.array([0.01, 0.05, 0.10, 0.15, 0.20, 0.40, 0.42, 0.30, 0.70, 0.80])
    said = np.array([0.50, 0.90, 0.70, 0.80, 0.60, 0.46, 0.45])
    rows = rng.permutation(10)
    labels = rng.integers(4, size=10)
    probabilities = np.empty((10, 4))
    probabilities[rows] = ((1 - true) / 3)[:, None]
    probabilities[rows[:7]] = ((1 - true[:7] - said) / 2)[:, None]
    wrong = (labels + rng.integers(1, 4, size=10)) % 4
    probabilities[rows[:7], wrong[rows[:7]]] = said
    probabilities[rows, labels[rows]] = true
    return probabilities, labels, 6


def _loss(probabilities, labels):
    return -np.log(probabilities[np.arange(len(labels)), labels])


def _is_wrong(probabilities, labels):
    return probabilities.argmax(axis=1) != labels


def _wrong_by(key, probabilities, labels, count):
    order = np.argsort(key)
    return order[_is_wrong(probabilities, labels)[order]][:count]


EXERCISES = (
    Exercise(
        id="digits-1",
        solution=shapes,
        hints=(
            "The shape given to Input is that of one picture. Where do its channels "
            "stand, and how many does a colour picture have?",
            "Rows, columns, channels: (32, 32, 3). Integer labels have one axis, and "
            "it is as long as there are pictures.",
        ),
        mistakes=(
            Mistake(
                lambda: ((3, 32, 32), (50_000,)),
                "The labels are right. In the picture the channels stand in front; "
                "today they come last.",
            ),
            Mistake(
                lambda: ((50_000, 32, 32, 3), (50_000,)),
                "The labels are right. Input takes the shape of one picture, without "
                "the axis of the examples.",
            ),
            Mistake(
                lambda: ((32, 32), (50_000,)),
                "The labels are right. A picture has a third axis: the three colours.",
            ),
            Mistake(
                lambda: ((32, 32, 3), (50_000, 100)),
                "The picture is right. This is the shape of one-hot labels; an "
                "integer needs no axis for the classes.",
            ),
            Mistake(
                lambda: ((32, 32, 3), (50_000, 1)),
                "The picture is right. Labels in a column work in Keras, and are a "
                "trap in NumPy; asked for is one axis.",
                misconception="labels-shape-does-not-matter",
            ),
        ),
        right="The 100 classes stand in neither shape: they are the number of units "
        "of the last layer.",
    ),
    Exercise(
        id="digits-2",
        solution=first_steps,
        hints=(
            "Before the first step u and v are 0. Compute v first, then d.",
            "v is 0.05 times 0.02 squared, which is 0.00002. Then d is minus the root "
            "of 1e-7, divided by the root of v + 1e-7, times 0.02.",
            "The change of the weight is the learning rate times d.",
        ),
        mistakes=(
            Mistake(
                lambda: (-0.02, -0.02e-3),
                "This is plain gradient descent, minus the rate times the gradient. "
                "Adadelta rescales the gradient first.",
                misconception="every-step-is-rate-times-gradient",
            ),
            Mistake(
                lambda: tuple(-step for step in first_steps()),
                "The sizes are right. The sign is not: the weight moves against the "
                "gradient.",
                misconception="step-follows-the-gradient",
            ),
            Mistake(
                lambda: (first_steps()[0],) * 2,
                "The first is right. In Keras the learning rate multiplies the step, "
                "so the second is a thousand times smaller.",
                misconception="optimizer-finds-the-rate",
            ),
            Mistake(
                _share_forgotten,
                "You took v as the whole squared gradient. Only 0.05 of it goes into "
                "v at a step.",
            ),
            Mistake(
                lambda: _share_forgotten(0.95),
                "You gave the new squared gradient the share 0.95. That is the share "
                "of the old v, which is 0 here.",
            ),
            Mistake(
                _root_forgotten, "The root of epsilon is missing in the numerator."
            ),
        ),
        right="A gradient of 2 would give nearly the same step.",
    ),
    Exercise(
        id="digits-3",
        solution=channels_last,
        draw=_draw_images,
        hints=(
            "Which axis has to move, and in which order do the others stay? reshape "
            "moves none: it only cuts the same sequence of numbers elsewhere.",
            "NumPy has a function that moves one axis: np.moveaxis(array, from, to).",
        ),
        mistakes=(
            Mistake(
                _reshaped,
                "The shape is right and the pictures are scrambled: reshape keeps the "
                "sequence of the numbers, so pixels of one channel end up as the "
                "channels of one pixel. Move the axis instead.",
            ),
            Mistake(
                lambda images: images.swapaxes(1, -1),
                "You swapped two axes, and so rows and columns changed places too: "
                "every picture is mirrored at its diagonal.",
            ),
            Mistake(
                lambda images: np.moveaxis(images, -1, 1),
                "You moved the last axis to the second place. It is the second that "
                "has to become the last.",
            ),
            Mistake(
                lambda images: images.T,
                "T turns the order of all axes round, that of the examples included.",
            ),
            Mistake(
                lambda images: images[..., None],
                "You added an axis. The channels have one already; it has to move.",
            ),
        ),
        right="With one channel, as in MNIST, reshape would give the same: that is "
        "why the mistake goes unnoticed until the pictures have colours.",
    ),
    Exercise(
        id="digits-4",
        solution=read_matrix,
        draw=_draw_matrix,
        hints=(
            "Each row belongs to one true class, and its sum is the number of that "
            "class's examples. Where in the row are those that were found?",
            "np.diag(counts) has the found ones. For the mistakes set the diagonal of "
            "a copy to 0; argmax then gives a place in the flattened table.",
            "np.unravel_index(place, counts.shape) turns the place into row and "
            "column.",
        ),
        mistakes=(
            Mistake(
                lambda n: (np.diag(n) / n.sum(axis=0), read_matrix(n)[1]),
                "The mistake is right. For the shares you divided by the sums of the "
                "columns: that is the share of what was said that was true, which is "
                "called precision.",
                misconception="recall-is-precision",
            ),
            Mistake(
                lambda n: (np.diag(n) / n.sum(), read_matrix(n)[1]),
                "The mistake is right. For the shares you divided by all examples; "
                "divide each by those of its own class.",
            ),
            Mistake(
                lambda n: (read_matrix(n)[0], np.unravel_index(n.argmax(), n.shape)),
                "The shares are right. The largest number of the table stands on the "
                "diagonal, where there are no mistakes: leave it out.",
            ),
            Mistake(
                lambda n: (read_matrix(n)[0], read_matrix(n)[1][::-1]),
                "The shares are right. The pair is turned round: the row is the true "
                "class and comes first.",
            ),
            Mistake(
                lambda n: read_matrix(n.T),
                "You read the table by columns. The rows are the true classes.",
                misconception="rows-and-columns-swapped",
            ),
            Mistake(
                lambda n: (read_matrix(n)[0], read_matrix(n + n.T)[1]),
                "The shares are right. You added both directions of each pair; 4 read "
                "as 9 and 9 read as 4 are two kinds of mistake.",
            ),
        ),
        right="The first is also called recall, class by class.",
    ),
    Exercise(
        id="digits-5",
        solution=worst,
        draw=_draw_predictions,
        hints=(
            "The loss of an example is minus the logarithm of what its true class "
            "got. Which examples are wrong?",
            "Sort all examples by their loss with np.argsort, of the negative loss so "
            "that the highest comes first. Then keep the wrong ones, in this order.",
            "order[wrong[order]] does it, where wrong is True or False for each "
            "example.",
        ),
        mistakes=(
            Mistake(
                lambda p, y, count: np.argsort(-_loss(p, y))[:count],
                "A right example can have a high loss too, when its class got little "
                "and the others even less. Keep only the wrong ones.",
            ),
            Mistake(
                lambda p, y, count: _wrong_by(_loss(p, y), p, y, count),
                "You begin with the least loss. argsort sorts upwards.",
            ),
            Mistake(
                lambda p, y, count: _wrong_by(-p.max(axis=1), p, y, count),
                "You sorted by the probability of the wrong answer. The loss looks at "
                "that of the true class.",
                misconception="largest-probability-enters-the-loss",
            ),
            Mistake(
                lambda p, y, count: np.argsort(-_loss(p, y)[_is_wrong(p, y)])[:count],
                "These are places among the wrong examples only. After leaving out "
                "the right ones, the numbering is another one.",
            ),
            Mistake(
                lambda p, y, count: np.flatnonzero(_is_wrong(p, y))[:count],
                "These are the first wrong examples, in the order in which they "
                "stand. Sort them by their loss.",
            ),
        ),
        right="Now ask two networks, and compare their lists.",
    ),
)
