"""The exercises of the chapter on Shakespeare's plays."""

import numpy as np

from companion._answers import Mistake

from ._core import Exercise

LOSS = 1.5  # nats per character


def bits_and_perplexity():
    """Divide the nats by log 2; take the exponential of the nats."""
    nats = 1.5
    return float(nats / np.log(2)), float(np.exp(nats))


def _multiplied_by_log_2():
    return float(LOSS * np.log(2)), float(np.exp(LOSS))


def _two_to_the_nats():
    return float(LOSS / np.log(2)), float(2**LOSS)


def _exponential_of_the_bits():
    return float(LOSS / np.log(2)), float(np.exp(LOSS / np.log(2)))


def _mean_probability():
    return float(LOSS / np.log(2)), float(np.exp(-LOSS))


def _perplexity_first():
    return bits_and_perplexity()[::-1]


def _share_of_the_classes():
    return float(LOSS / np.log(2)), float(256 / np.exp(LOSS))


BATCH, LENGTH, CODES = 128, 100, 256


def bytes_of_targets():
    """Count the numbers in each form; both kinds take four bytes each."""
    batch, length, codes = 128, 100, 256
    integers = batch * length * 4
    one_hot = batch * length * codes * 4
    return integers, one_hot


def _one_target_a_window():
    return BATCH * 4, BATCH * CODES * 4


def _numbers_instead_of_bytes():
    return BATCH * LENGTH, BATCH * LENGTH * CODES


def _one_hot_in_single_bytes():
    return BATCH * LENGTH * 4, BATCH * LENGTH * CODES


def _one_window():
    return LENGTH * 4, LENGTH * CODES * 4


def _same_size():
    return BATCH * LENGTH * 4, BATCH * LENGTH * 4


def _eight_bytes_each():
    return BATCH * LENGTH * 8, BATCH * LENGTH * CODES * 8


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


def _one_more(codes):
    counts = np.bincount(codes, minlength=256) + 1
    return counts / counts.sum()


def _entropy_of_the_first(train, test):
    p = _one_more(train)
    return -np.sum(p * np.log(p))


def _entropy_of_the_second(train, test):
    p = _one_more(test)
    return -np.sum(p * np.log(p))


def _shares_of_the_second(train, test):
    return -np.mean(np.log(_one_more(test)[test]))


def _the_text_that_was_counted(train, test):
    return -np.mean(np.log(_one_more(train)[train]))


def _nothing_added(train, test):
    counts = np.bincount(train, minlength=256)
    return -np.mean(np.log(counts[test] / counts.sum()))


def _one_added_where_seen(train, test):
    counts = np.bincount(train, minlength=256)
    p = (counts + 1) / counts.sum()
    return -np.mean(np.log(p[test]))


def _unigram_in_bits(train, test):
    return unigram_loss(train, test) / np.log(2)


def _unigram_sum(train, test):
    return unigram_loss(train, test) * len(test)


def _unigram_without_minus(train, test):
    return -unigram_loss(train, test)


def _all_codes_alike(train, test):
    return np.log(256)


def at_temperature(probabilities, temperature):
    """Raise to the power 1 / T, then divide each row by its sum."""
    weights = probabilities ** (1 / temperature)
    return weights / weights.sum(axis=-1, keepdims=True)


def _draw_probabilities(rng):
    temperature = float(rng.choice([0.4, 0.7, 1.5, 2.5]))
    return rng.dirichlet(np.full(5, 0.7), size=3), temperature


def _normalised(weights):
    return weights / weights.sum(axis=-1, keepdims=True)


def _divided(probabilities, temperature):
    return _normalised(probabilities / temperature)


def _wrong_way_round(probabilities, temperature):
    return _normalised(probabilities**temperature)


def _shares_not_made(probabilities, temperature):
    return probabilities ** (1 / temperature)


def _probabilities_as_logits(probabilities, temperature):
    return _normalised(np.exp(probabilities / temperature))


def _divided_by_the_whole(probabilities, temperature):
    weights = probabilities ** (1 / temperature)
    return weights / weights.sum()


def _divided_by_columns(probabilities, temperature):
    weights = probabilities ** (1 / temperature)
    return weights / weights.sum(axis=0)


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


def _mean_of_each_window(y, probabilities):
    return _each_loss(y, probabilities).mean(axis=1)


def _one_mean_for_all(y, probabilities):
    return _each_loss(y, probabilities).mean()


def _sum_over_windows(y, probabilities):
    return _each_loss(y, probabilities).sum(axis=0)


def _logarithm_of_the_mean(y, probabilities):
    return -np.log(np.exp(-_each_loss(y, probabilities)).mean(axis=0))


def _places_in_bits(y, probabilities):
    return loss_by_place(y, probabilities) / np.log(2)


def _most_probable_code(y, probabilities):
    return -np.log(probabilities.max(axis=-1)).mean(axis=0)


EXERCISES = (
    Exercise(
        id="shakespeare-1",
        minutes=3,
        difficulty="finger",
        solution=bits_and_perplexity,
        hints=(
            "A bit is the cost of a fair coin's answer, log 2 nats. How often does "
            "that go into 1.5?",
            "Bits: `1.5 / np.log(2)`. Perplexity: the exponential of the loss in nats.",
        ),
        mistakes=(
            Mistake(
                _multiplied_by_log_2,
                "The perplexity is right. A bit is smaller than a nat, so there must "
                "be more bits than nats: divide by log 2.",
            ),
            Mistake(
                _two_to_the_nats,
                "The bits are right. For the perplexity, base and unit belong "
                "together: e to the nats, or 2 to the bits.",
            ),
            Mistake(
                _exponential_of_the_bits,
                "The bits are right. For the perplexity, base and unit belong "
                "together: e to the nats, or 2 to the bits, not e to the bits.",
            ),
            Mistake(
                _mean_probability,
                "The bits are right. The second number is the probability that such a "
                "loss stands for; the perplexity is its inverse.",
            ),
            Mistake(
                _perplexity_first,
                "Both numbers are right, in the wrong order: bits first.",
            ),
            Mistake(
                _share_of_the_classes,
                "The bits are right. The perplexity does not depend on the number of "
                "classes: it is the exponential of the loss.",
            ),
        ),
        right="As uncertain as between four or five equally likely characters, out of "
        "256.",
    ),
    Exercise(
        id="shakespeare-2",
        minutes=4,
        difficulty="core",
        solution=bytes_of_targets,
        hints=(
            "How many targets does one window have? There is one at each place.",
            "128 times 100 targets. As integers each is one number of four bytes; as "
            "one-hot vectors each is 256 numbers of four bytes.",
        ),
        mistakes=(
            Mistake(
                _one_target_a_window,
                "You counted one target a window. Each of the 100 places has a target "
                "of its own: the character that follows.",
            ),
            Mistake(
                _numbers_instead_of_bytes,
                "You counted numbers. Each of them, int32 or float32, takes four "
                "bytes.",
            ),
            Mistake(
                _one_hot_in_single_bytes,
                "The integers are right. The numbers of a one-hot vector are float32 "
                "here, four bytes each, although all are 0 or 1.",
            ),
            Mistake(
                _one_window,
                "You counted one window. The batch has 128.",
            ),
            Mistake(
                _same_size,
                "A one-hot vector has a number for each of the 256 codes, not one.",
            ),
            Mistake(
                _eight_bytes_each,
                "You counted eight bytes a number. int32 and float32 have 32 bits, "
                "which is four bytes.",
            ),
        ),
        right="51 kB against 13 MB for each batch. The model's output has the second "
        "size anyway; the targets need not.",
    ),
    Exercise(
        id="shakespeare-3",
        minutes=10,
        difficulty="core",
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
                _entropy_of_the_first,
                "This is the entropy of the probabilities, the loss on a text with "
                "exactly these shares. Take the loss of the characters of `test`.",
            ),
            Mistake(
                _entropy_of_the_second,
                "You counted `test` and took the entropy. Count `train`, and take the "
                "loss of the characters of `test`.",
            ),
            Mistake(
                _shares_of_the_second,
                "You counted the text that is to be predicted. A prediction may know "
                "`train` only.",
            ),
            Mistake(
                _the_text_that_was_counted,
                "You took the loss on the text that was counted. Take it on `test`.",
            ),
            Mistake(
                _nothing_added,
                "A code that `train` never has got probability 0, and the loss is "
                "infinite. Add 1 to each of the 256 counts.",
            ),
            Mistake(
                _one_added_where_seen,
                "Your probabilities sum to more than 1: divide by the sum of the "
                "counts after 1 was added to each.",
            ),
            Mistake(
                _unigram_in_bits,
                "This is the right amount in bits. Use the natural logarithm.",
            ),
            Mistake(
                _unigram_sum,
                "This is the sum over all characters. The mean is asked for.",
            ),
            Mistake(
                _unigram_without_minus,
                "The size is right, the sign is not: put a minus before the mean.",
            ),
            Mistake(
                _all_codes_alike,
                "This is the price if all 256 codes are equally probable. Use how "
                "often each occurs in `train`.",
            ),
        ),
    ),
    Exercise(
        id="shakespeare-4",
        minutes=8,
        difficulty="core",
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
                _divided,
                "You divided the probabilities. After normalising, that changes "
                "nothing: the temperature divides the logits.",
            ),
            Mistake(
                _wrong_way_round,
                "The power is 1 / T, not T: a low temperature must make the largest "
                "probability larger.",
            ),
            Mistake(
                _shares_not_made,
                "The weights are right. Divide each row by its sum, so that they are "
                "probabilities.",
            ),
            Mistake(
                _probabilities_as_logits,
                "You took the probabilities for logits. The logits are their "
                "logarithms.",
            ),
            Mistake(
                _divided_by_the_whole,
                "You divided by the sum of the whole array. Each row is a prediction "
                "of its own: sum over the last axis, with `keepdims=True`.",
            ),
            Mistake(
                _divided_by_columns,
                "You divided by the sums of the columns. Each row is a prediction: sum "
                "over the last axis, with `keepdims=True`.",
            ),
        ),
    ),
    Exercise(
        id="shakespeare-5",
        minutes=20,
        difficulty="open",
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
                _mean_of_each_window,
                "You averaged over the places and have one number a window. Average "
                "over the windows, `axis=0`, for one number a place.",
            ),
            Mistake(
                _one_mean_for_all,
                "You averaged over everything. Average over the windows alone, "
                "`axis=0`.",
            ),
            Mistake(
                _sum_over_windows,
                "You summed over the windows. The mean is asked for.",
            ),
            Mistake(
                _logarithm_of_the_mean,
                "You averaged the probabilities and took the logarithm afterwards. The "
                "loss is the mean of the logarithms.",
            ),
            Mistake(
                _places_in_bits,
                "This is the right amount in bits. Use the natural logarithm.",
            ),
            Mistake(
                _most_probable_code,
                "You took the largest probability at each place, whatever the target. "
                "Take the probability of the true character.",
            ),
        ),
        right="Now draw it for the held-out windows. The first places are the dear "
        "ones: there the network has read next to nothing. Where the curve is flat, a "
        "longer window would gain nothing, at least with this network.",
    ),
)
