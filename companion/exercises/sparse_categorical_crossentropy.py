"""The exercises of the chapter on sparse categorical crossentropy."""

import numpy as np

from companion import losses

from . import Exercise, Mistake

_ROWS = np.array([[0.1, 0.6, 0.3], [0.5, 0.3, 0.2]])


def mean_loss():
    """Compute the mean loss of two examples with the labels 2 and 0."""
    p = np.array([[0.1, 0.6, 0.3], [0.5, 0.3, 0.2]])
    return losses.sparse_categorical_crossentropy([2, 0], p).mean()


def memory():
    """Compute the gigabytes of one-hot labels, and how many times int32 saves."""
    tokens, classes = 100_000, 50_000
    one_hot = tokens * classes * 4  # float32: four bytes
    integers = tokens * 4  # int32: four bytes
    return one_hot / 1e9, one_hot // integers


def share_without_a_unit():
    """Find the share of labels that cost nothing, from the mean loss."""
    # Every other label costs log 10, because each class has the probability 0.1.
    return 1 - 2.072 / np.log(10)


def as_classes(labels):
    """Turn any labels into classes from 0 on, and keep what they stand for."""
    names, classes = np.unique(labels, return_inverse=True)
    return classes, names


def _draw_labels(rng):
    names = rng.choice(np.arange(-5, 40), size=int(rng.integers(4, 7)), replace=False)
    labels = np.concatenate([names, rng.choice(names, size=6)])
    return (rng.permutation(labels),)


def _largest_first(labels):
    classes, names = as_classes(labels)
    return len(names) - 1 - classes, names


def _one_hot(labels):
    classes, names = as_classes(labels)
    return np.eye(len(names))[classes], names


def renumbered(kernel, bias, order):
    """Move the units of a last layer to the numbers that their classes now have."""
    old_class = np.argsort(order)  # order[old_class[k]] is k
    return kernel[:, old_class], bias[old_class]


def _draw_layer(rng):
    units, classes = int(rng.integers(3, 5)), int(rng.integers(5, 8))
    # A cycle through all classes, so that going back is not the same as going on.
    cycle = rng.permutation(classes)
    order = np.empty(classes, dtype=int)
    order[cycle] = np.roll(cycle, 1)
    return rng.normal(size=(units, classes)), rng.normal(size=classes), order


EXERCISES = (
    Exercise(
        id="sparse-categorical-crossentropy-1",
        solution=mean_loss,
        hints=(
            "A label is a place in its row, counted from 0. Which two probabilities "
            "do the labels pick?",
            "The label 2 picks 0.3 from the first row, the label 0 picks 0.5 from the "
            "second. Take minus the logarithm of each, then the mean.",
        ),
        mistakes=(
            Mistake(
                lambda: -np.log(_ROWS[[0, 1], [1, -1]]).mean(),
                "You counted the classes from 1 (and Python read place -1 as the last "
                "one). The label 2 is the third entry, and the label 0 the first.",
                misconception="labels-start-at-one",
            ),
            Mistake(
                lambda: -np.log(_ROWS.max(axis=1)).mean(),
                "You took the largest probability of each row. The label decides "
                "which one counts.",
                misconception="largest-probability-enters-the-loss",
            ),
            Mistake(
                lambda: 2 * mean_loss(),
                "This is the sum. Asked for is the mean of the two losses.",
                misconception="mean-and-sum",
            ),
            Mistake(
                lambda: mean_loss() / np.log(2),
                "This is the loss in bits. Use the natural logarithm.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: -np.log(_ROWS[[0, 1], [2, 0]].mean()),
                "You averaged the probabilities first. Take the logarithm of each, "
                "then the mean.",
                misconception="means-mix-freely",
            ),
            Mistake(
                lambda: mean_loss() / 3,
                "You divided by the number of classes as well. Each example has one "
                "loss; the mean runs over the two examples.",
            ),
            Mistake(
                lambda: -mean_loss(),
                "The sign is missing: logarithms of probabilities are negative.",
                misconception="logarithms-are-positive",
            ),
        ),
        right="The four other probabilities were not needed.",
    ),
    Exercise(
        id="sparse-categorical-crossentropy-2",
        solution=memory,
        hints=(
            "How many entries does the one-hot table have, and how many bytes has "
            "each of them in float32?",
            "100,000 times 50,000 entries of 4 bytes. An int32 label has 4 bytes too.",
        ),
        mistakes=(
            Mistake(
                lambda: (20e9, 50_000),
                "The factor is right. The size is in bytes: divide it by 10 to the 9.",
            ),
            Mistake(
                lambda: (20_000.0, 50_000),
                "The factor is right. The size is in megabytes: a gigabyte is a "
                "thousand of them.",
            ),
            Mistake(
                lambda: (40.0, 100_000),
                "This is float64, 8 bytes an entry. float32 has 32 bits: 4 bytes.",
            ),
            Mistake(
                lambda: (5.0, 50_000),
                "The factor is right. You counted one byte an entry; float32 has "
                "4 bytes.",
                misconception="numbers-are-bytes",
            ),
            Mistake(
                lambda: (160.0, 50_000),
                "The factor is right. The size is in gigabits: a byte has 8 bits.",
            ),
            Mistake(
                lambda: (20.0, 25_000),
                "The size is right. For the factor you took labels of 8 bytes, as in "
                "int64; int32 has 4.",
            ),
            Mistake(
                lambda: (20.0, 100_000),
                "The size is right. The factor is that of one label: 50,000 entries "
                "against one number of the same size.",
            ),
            Mistake(
                lambda: (20e9 / 2**30, 50_000),
                "The factor is right. You divided by 2 to the 30; the gigabytes asked "
                "for are 10 to the 9 bytes.",
            ),
            Mistake(
                lambda: (20.0, 1 / 50_000),
                "The size is right. The factor is turned round: say how many times "
                "smaller the integers are.",
            ),
        ),
        right="The network's outputs for a batch still have 50,000 entries a token, "
        "in both forms.",
    ),
    Exercise(
        id="sparse-categorical-crossentropy-3",
        absolute=1.1e-3,  # 1 - 2.072 / 2.30 is 0.0991
        solution=share_without_a_unit,
        hints=(
            "What does a label cost that has a unit? And one that has none, on JAX?",
            "A share s of the labels costs 0, all others log 10 = 2.303. The mean is "
            "(1 - s) times 2.303.",
        ),
        mistakes=(
            Mistake(
                lambda: 2.072 / np.log(10),
                "This is the share of labels that have a unit. Asked for are those "
                "that have none.",
            ),
            Mistake(
                lambda: np.exp(-2.072),
                "This turns the mean loss into a probability, as if all examples had "
                "the same loss. Here some cost 0 and the others log 10.",
                misconception="means-mix-freely",
            ),
            Mistake(
                lambda: np.log(10) - 2.072,
                "This is by how much the mean is too low, in nats. Divide it by what "
                "one missing label takes away, log 10.",
            ),
            Mistake(
                lambda: 1 - np.exp(2.072 - np.log(10)),
                "You compared the probabilities behind the two losses. The mean loss "
                "is a mean of 0s and log 10s: compare the losses.",
                misconception="means-mix-freely",
            ),
            Mistake(
                lambda: 0.0,
                "With nothing wrong, each label would cost log 10 = 2.303, and so "
                "would the mean. 2.072 is less.",
            ),
            Mistake(
                lambda: 100 * share_without_a_unit(),
                "This is the share in per cent. Give it as a number between 0 and 1.",
            ),
        ),
        right="A tenth, so the labels probably run from 1 to 10. The first batch of an "
        "untrained network tells you, if you know what to expect: log 10.",
    ),
    Exercise(
        id="sparse-categorical-crossentropy-4",
        solution=as_classes,
        draw=_draw_labels,
        hints=(
            "The labels may have holes, such as 3, 7, 9. Subtracting a number does "
            "not close them.",
            "`np.unique` returns the different labels in order. Its option "
            "`return_inverse=True` also returns the place of each label among them.",
        ),
        mistakes=(
            Mistake(
                lambda labels: (labels - 1, np.unique(labels)),
                "Subtracting 1 helps only for labels that run from 1 without holes.",
            ),
            Mistake(
                lambda labels: (labels - labels.min(), np.unique(labels)),
                "The classes now begin at 0, and the holes are still there: some "
                "units would never be a true class.",
            ),
            Mistake(
                lambda labels: as_classes(labels)[::-1],
                "Both arrays are right, in the wrong order: the classes first.",
            ),
            Mistake(
                _largest_first,
                "Your class 0 is the largest label, but `names` begins with the "
                "smallest: `names[classes]` has to give the labels back.",
            ),
            Mistake(
                lambda labels: (as_classes(labels)[0], labels),
                "The classes are right. `names` needs one entry for each class, not "
                "for each example.",
            ),
            Mistake(
                lambda labels: (as_classes(labels)[0] + 1, as_classes(labels)[1]),
                "Your classes begin at 1. Keras counts from 0.",
                misconception="labels-start-at-one",
            ),
            Mistake(
                _one_hot,
                "These are one-hot rows. The sparse loss takes the integers.",
                misconception="keras-mends-it",
            ),
        ),
        right="Keep `names`: after training, `names[scores.argmax(axis=1)]` says what "
        "was predicted, in the old labels. Take them from the training set, and use "
        "the same for the test set.",
    ),
    Exercise(
        id="sparse-categorical-crossentropy-5",
        solution=renumbered,
        draw=_draw_layer,
        hints=(
            "Column c of the kernel and entry c of the bias belong to the unit of "
            "class c. Class c is now called `order[c]`, so its unit has to go there.",
            "Make empty arrays and fill them: `new[:, order] = kernel`.",
            "To read instead of write, you need for each new number the old class: "
            "`np.argsort(order)`.",
        ),
        mistakes=(
            Mistake(
                lambda kernel, bias, order: (kernel[:, order], bias[order]),
                "This is the way back: your unit k is the one of class `order[k]`. "
                "The unit of class c has to stand at `order[c]`.",
            ),
            Mistake(
                lambda kernel, bias, order: (kernel[:, np.argsort(order)], bias),
                "The kernel is right. The biases belong to the units too and have to "
                "move with them.",
                misconception="biases-do-not-count",
            ),
            Mistake(
                lambda kernel, bias, order: (kernel, bias[np.argsort(order)]),
                "The biases are right. The columns of the kernel have to move with "
                "them.",
            ),
            Mistake(
                lambda kernel, bias, order: (kernel, bias),
                "Nothing has moved: the network still says the old numbers.",
            ),
            Mistake(
                lambda kernel, bias, order: (kernel[:, ::-1], bias[::-1]),
                "You turned the order round. That is right for one renumbering only; "
                "`order` says where each class goes.",
            ),
        ),
        right="The trained network speaks the new numbers without a step of training: "
        "which unit means what is all there is to a numbering.",
    ),
)
