"""The exercises of the chapter on Shakespeare's plays."""

import numpy as np

from . import Exercise, Mistake

LOSS = 1.5  # nats per character


def bits_and_perplexity():
    """Divide the nats by log 2; take the exponential of the nats."""
    nats = 1.5
    return float(nats / np.log(2)), float(np.exp(nats))


BATCH, LENGTH, CODES = 128, 100, 256


def bytes_of_targets():
    """Count the numbers in each form; both kinds take four bytes each."""
    batch, length, codes = 128, 100, 256
    integers = batch * length * 4
    one_hot = batch * length * codes * 4
    return integers, one_hot


def unigram_loss(train, test):
    """Take the shares of the codes in one text as probabilities for the other."""
    counts = np.bincount(train, minlength=256) + 1
    probabilities = counts / counts.sum()
    return -np.mean(np.log(probabilities[test]))


def _draw_codes(rng):
    # The second text has codes that the first has not.
    weights = rng.dirichlet(np.ones(20))
    train = 70 + rng.choice(20, size=60, p=weights)
    test = np.append(70 + rng.choice(20, size=30, p=weights), [65, 66])
    return train, rng.permutation(test)


def _counts(codes):
    return np.bincount(codes, minlength=256)


def _one_more(codes):
    return _normalised(_counts(codes) + 1)


def at_temperature(probabilities, temperature):
    """Raise to the power 1 / T, then divide each row by its sum."""
    weights = probabilities ** (1 / temperature)
    return weights / weights.sum(axis=-1, keepdims=True)


def _draw_probabilities(rng):
    temperature = float(rng.choice([0.4, 0.7, 1.5, 2.5]))
    return rng.dirichlet(np.full(5, 0.7), size=3), temperature


def _normalised(weights, axis=-1):
    return weights / weights.sum(axis=axis, keepdims=True)


def loss_by_place(y, probabilities):
    """Average the losses of each place over the windows, and not over the places."""
    windows, places = np.indices(y.shape)
    losses = -np.log(probabilities[windows, places, y])  # (n, length)
    return losses.mean(axis=0)


def _draw_windows(rng):
    n, length, codes = (int(rng.integers(*each)) for each in ((3, 6), (4, 8), (5, 9)))
    y = rng.integers(codes, size=(n, length))
    return y, rng.dirichlet(np.ones(codes), size=(n, length))


def _each_loss(y, probabilities):
    return -np.log(np.take_along_axis(probabilities, y[..., None], axis=-1)[..., 0])


EXERCISES = (
    Exercise(
        id="shakespeare-1",
        solution=bits_and_perplexity,
        hints=(
            "A bit is the cost of a fair coin's answer, log 2 nats. How often does "
            "that go into 1.5?",
            "Bits: `1.5 / np.log(2)`. Perplexity: the exponential of the loss in nats.",
        ),
        mistakes=(
            Mistake(
                lambda: (float(LOSS * np.log(2)), float(np.exp(LOSS))),
                "The perplexity is right. A bit is smaller than a nat, so there must "
                "be more bits than nats: divide by log 2.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: (float(LOSS / np.log(2)), float(2**LOSS)),
                "The bits are right. For the perplexity, base and unit belong "
                "together: e to the nats, or 2 to the bits.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: (float(LOSS / np.log(2)), float(np.exp(LOSS / np.log(2)))),
                "The bits are right. For the perplexity, base and unit belong "
                "together: e to the nats, or 2 to the bits, not e to the bits.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: (float(LOSS / np.log(2)), float(np.exp(-LOSS))),
                "The bits are right. The second number is the probability that such a "
                "loss stands for; the perplexity is its inverse.",
            ),
            Mistake(
                lambda: bits_and_perplexity()[::-1],
                "Both numbers are right, in the wrong order: bits first.",
            ),
            Mistake(
                lambda: (float(LOSS / np.log(2)), float(256 / np.exp(LOSS))),
                "The bits are right. The perplexity does not depend on the number of "
                "classes: it is the exponential of the loss.",
            ),
        ),
        right="As uncertain as between four or five equally likely characters, out of "
        "256.",
    ),
    Exercise(
        id="shakespeare-2",
        solution=bytes_of_targets,
        hints=(
            "How many targets does one window have? There is one at each place.",
            "128 times 100 targets. As integers each is one number of four bytes; as "
            "one-hot vectors each is 256 numbers of four bytes.",
        ),
        mistakes=(
            Mistake(
                lambda: (BATCH * 4, BATCH * CODES * 4),
                "You counted one target a window. Each of the 100 places has a target "
                "of its own: the character that follows.",
            ),
            Mistake(
                lambda: (BATCH * LENGTH, BATCH * LENGTH * CODES),
                "You counted numbers. Each of them, int32 or float32, takes four "
                "bytes.",
                misconception="numbers-are-bytes",
            ),
            Mistake(
                lambda: (BATCH * LENGTH * 4, BATCH * LENGTH * CODES),
                "The integers are right. The numbers of a one-hot vector are float32 "
                "here, four bytes each, although all are 0 or 1.",
                misconception="numbers-are-bytes",
            ),
            Mistake(
                lambda: (LENGTH * 4, LENGTH * CODES * 4),
                "You counted one window. The batch has 128.",
            ),
            Mistake(
                lambda: (BATCH * LENGTH * 4, BATCH * LENGTH * 4),
                "A one-hot vector has a number for each of the 256 codes, not one.",
            ),
            Mistake(
                lambda: (BATCH * LENGTH * 8, BATCH * LENGTH * CODES * 8),
                "You counted eight bytes a number. int32 and float32 have 32 bits, "
                "which is four bytes.",
            ),
        ),
        right="51 kB against 13 MB for each batch. The model's output has the second "
        "size anyway; the targets need not.",
    ),
    Exercise(
        id="shakespeare-3",
        solution=unigram_loss,
        draw=_draw_codes,
        hints=(
            "`np.bincount(train, minlength=256)` counts each code. Add 1 to each "
            "count.",
            "Counts divided by their sum are probabilities, one for each code. The "
            "probability of a character of `test` is found by its code as an index.",
            "`probabilities[test]` has one probability for each character of `test`. "
            "The mean of minus their logarithms is asked for.",
        ),
        mistakes=(
            Mistake(
                lambda train, test: (
                    -np.sum(_one_more(train) * np.log(_one_more(train)))
                ),
                "This is the entropy of the probabilities, the loss on a text with "
                "exactly these shares. Take the loss of the characters of `test`.",
            ),
            Mistake(
                lambda train, test: -np.sum(_one_more(test) * np.log(_one_more(test))),
                "You counted `test` and took the entropy. Count `train`, and take the "
                "loss of the characters of `test`.",
            ),
            Mistake(
                lambda train, test: -np.mean(np.log(_one_more(test)[test])),
                "You counted the text that is to be predicted. A prediction may know "
                "`train` only.",
                misconception="training-data-can-judge",
            ),
            Mistake(
                lambda train, test: -np.mean(np.log(_one_more(train)[train])),
                "You took the loss on the text that was counted. Take it on `test`.",
                misconception="training-data-can-judge",
            ),
            Mistake(
                lambda train, test: -np.log(_counts(train)[test] / len(train)).mean(),
                "A code that `train` never has got probability 0, and the loss is "
                "infinite. Add 1 to each of the 256 counts.",
            ),
            Mistake(
                lambda train, test: (
                    -np.log((_counts(train)[test] + 1) / len(train)).mean()
                ),
                "Your probabilities sum to more than 1: divide by the sum of the "
                "counts after 1 was added to each.",
                misconception="probabilities-need-no-sum",
            ),
            Mistake(
                lambda train, test: unigram_loss(train, test) / np.log(2),
                "This is the right amount in bits. Use the natural logarithm.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda train, test: unigram_loss(train, test) * len(test),
                "This is the sum over all characters. The mean is asked for.",
                misconception="mean-and-sum",
            ),
            Mistake(
                lambda train, test: -unigram_loss(train, test),
                "The size is right, the sign is not: put a minus before the mean.",
                misconception="logarithms-are-positive",
            ),
            Mistake(
                lambda train, test: np.log(256),
                "This is the price if all 256 codes are equally probable. Use how "
                "often each occurs in `train`.",
                misconception="baseline-ignores-shares",
            ),
        ),
    ),
    Exercise(
        id="shakespeare-4",
        solution=at_temperature,
        draw=_draw_probabilities,
        hints=(
            "The logits are the logarithms of the probabilities, up to a constant. "
            "Divide them by the temperature, and take the softmax again.",
            "exp(log(p) / T) is p ** (1 / T).",
            "Each row must sum to 1 again: divide by "
            "`weights.sum(axis=-1, keepdims=True)`.",
        ),
        mistakes=(
            Mistake(
                lambda p, temperature: _normalised(p / temperature),
                "You divided the probabilities. After normalising, that changes "
                "nothing: the temperature divides the logits.",
            ),
            Mistake(
                lambda p, temperature: _normalised(p**temperature),
                "The power is 1 / T, not T: a low temperature must make the largest "
                "probability larger.",
            ),
            Mistake(
                lambda p, temperature: p ** (1 / temperature),
                "The weights are right. Divide each row by its sum, so that they are "
                "probabilities.",
                misconception="probabilities-need-no-sum",
            ),
            Mistake(
                lambda p, temperature: _normalised(np.exp(p / temperature)),
                "You took the probabilities for logits. The logits are their "
                "logarithms.",
                misconception="logits-are-probabilities",
            ),
            Mistake(
                lambda p, temperature: _normalised(p ** (1 / temperature), axis=None),
                "You divided by the sum of the whole array. Each row is a prediction "
                "of its own: sum over the last axis, with `keepdims=True`.",
                misconception="examples-share-a-sum",
            ),
            Mistake(
                lambda p, temperature: _normalised(p ** (1 / temperature), axis=0),
                "You divided by the sums of the columns. Each row is a prediction: sum "
                "over the last axis, with `keepdims=True`.",
                misconception="rows-and-columns-swapped",
            ),
        ),
    ),
    Exercise(
        id="shakespeare-5",
        solution=loss_by_place,
        draw=_draw_windows,
        hints=(
            "Pick the probability of the true character at each place of each window: "
            "an array of the shape of `y`.",
            "`losses.sparse_categorical_crossentropy` of the companion does it. Or "
            "index with `np.indices(y.shape)` and `y`.",
            "Then average over the windows alone: `axis=0`.",
        ),
        mistakes=(
            Mistake(
                lambda y, p: _each_loss(y, p).mean(axis=1),
                "You averaged over the places and have one number a window. Average "
                "over the windows, `axis=0`, for one number a place.",
                misconception="rows-and-columns-swapped",
            ),
            Mistake(
                lambda y, p: _each_loss(y, p).mean(),
                "You averaged over everything. Average over the windows alone, "
                "`axis=0`.",
                misconception="examples-share-a-sum",
            ),
            Mistake(
                lambda y, p: _each_loss(y, p).sum(axis=0),
                "You summed over the windows. The mean is asked for.",
                misconception="mean-and-sum",
            ),
            Mistake(
                lambda y, p: -np.log(np.exp(-_each_loss(y, p)).mean(axis=0)),
                "You averaged the probabilities and took the logarithm afterwards. The "
                "loss is the mean of the logarithms.",
                misconception="means-mix-freely",
            ),
            Mistake(
                lambda y, p: loss_by_place(y, p) / np.log(2),
                "This is the right amount in bits. Use the natural logarithm.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda y, p: -np.log(p.max(axis=-1)).mean(axis=0),
                "You took the largest probability at each place, whatever the target. "
                "Take the probability of the true character.",
                misconception="largest-probability-enters-the-loss",
            ),
        ),
        right="Now draw it for the held-out windows. The first places are the dear "
        "ones: there the network has read next to nothing. Where the curve is flat, a "
        "longer window would gain nothing, at least with this network.",
    ),
)
