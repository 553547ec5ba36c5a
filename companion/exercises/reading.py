"""The exercises of the chapter on reading a loss."""

import numpy as np

from companion._answers import Mistake

from ._core import Exercise


def price_of_knowing_nothing():
    """Give each of 50 classes the probability 1/50, and take the loss."""
    return float(-np.log(1 / 50))


def _price_in_bits():
    return float(np.log2(50))


def _price_with_base_ten():
    return float(np.log10(50))


def _always_a_coin():
    return float(np.log(2))


def _always_ten_classes():
    return float(np.log(10))


def _share_of_one_class():
    return 1 / 50


def _share_of_the_others():
    return 1 - 1 / 50


def _sign_of_the_logarithm():
    return float(np.log(1 / 50))


def _fifty_yes_or_no_questions():
    share = 1 / 50
    return float(-share * np.log(share) - (1 - share) * np.log(1 - share))


def baseline(labels):
    """Predict the shares of the classes for every example, and average the losses."""
    shares = np.bincount(labels) / len(labels)
    shares = shares[shares > 0]  # a class that never occurs costs nothing
    return -np.sum(shares * np.log(shares))


def _draw_labels(rng):
    classes = int(rng.integers(4, 7))
    kept = np.delete(np.arange(classes), 1)  # class 1 never occurs
    weights = rng.uniform(1, 6, size=classes - 1)
    count = int(rng.integers(20, 40))
    drawn = rng.choice(kept, size=count, p=weights / weights.sum())
    return (rng.permutation(np.append(drawn, kept)),)


def _shares(labels):
    shares = np.bincount(labels) / len(labels)
    return shares[shares > 0]


def _zero_times_infinity(labels):
    shares = np.bincount(labels) / len(labels)
    return -np.sum(shares * np.log(shares))


def _even_classes(labels):
    return np.log(labels.max() + 1)


def _even_classes_that_occur(labels):
    return np.log(len(set(labels.tolist())))


def _baseline_in_bits(labels):
    return baseline(labels) / np.log(2)


def _largest_class_alone(labels):
    return -np.log(_shares(labels).max())


def _mean_over_the_classes(labels):
    return -np.mean(np.log(_shares(labels)))


def _sum_over_the_examples(labels):
    return len(labels) * baseline(labels)


def _without_the_minus(labels):
    return -baseline(labels)


def _accuracy_of_the_majority(labels):
    return _shares(labels).max()


def shares_removed():
    """Divide each loss by its own baseline; what is missing to 1 was learnt."""
    two_even = np.log(2)
    ten_even = np.log(10)
    rare = -0.05 * np.log(0.05) - 0.95 * np.log(0.95)
    return (
        float(1 - 0.60 / two_even),
        float(1 - 1.50 / ten_even),
        float(1 - 0.19 / rare),
    )


def _rare_class_against_a_coin():
    return *shares_removed()[:2], float(1 - 0.19 / np.log(2))


def _all_against_a_coin():
    return tuple(float(1 - loss / np.log(2)) for loss in (0.60, 1.50, 0.19))


def _shares_that_are_left():
    return tuple(1 - share for share in shares_removed())


def _nats_below_the_baseline():
    rare = -0.05 * np.log(0.05) - 0.95 * np.log(0.95)
    pairs = ((np.log(2), 0.60), (np.log(10), 1.50), (rare, 0.19))
    return tuple(float(base - loss) for base, loss in pairs)


def _baselines_in_bits():
    return tuple(float(1 - (1 - share) * np.log(2)) for share in shares_removed())


def _losses_themselves():
    return 0.60, 1.50, 0.19


def floor_and_price_of_certainty():
    """Average over the nine labels that are right and the one that is wrong."""
    wrong = 0.1

    def mean_loss(p):  # p: the probability given to the true class
        return -(1 - wrong) * np.log(p) - wrong * np.log(1 - p)

    return float(mean_loss(0.9)), float(mean_loss(0.999))


def _no_floor():
    return 0.0, floor_and_price_of_certainty()[1]


def _no_floor_and_right_labels():
    return 0.0, float(-np.log(0.999))


def _right_labels_alone():
    return float(-np.log(0.9)), float(-np.log(0.999))


def _floor_of_right_labels():
    return float(-np.log(0.9)), floor_and_price_of_certainty()[1]


def _certainty_on_right_labels():
    return floor_and_price_of_certainty()[0], float(-np.log(0.999))


def _floor_of_a_coin():
    return float(np.log(2)), floor_and_price_of_certainty()[1]


def _probability_instead_of_loss():
    return 0.9, floor_and_price_of_certainty()[1]


def _wrong_labels_alone():
    return floor_and_price_of_certainty()[0], float(-np.log(0.001))


def _both_in_bits():
    return tuple(loss / np.log(2) for loss in floor_and_price_of_certainty())


def _certainty_first():
    return floor_and_price_of_certainty()[::-1]


def strongest_pull():
    """Try every p: the slope is 2 (p - 1) times the sigmoid's p (1 - p)."""
    p = np.linspace(0, 1, 300_001)
    pull = np.abs(2 * (p - 1) * p * (1 - p))
    best = np.argmax(pull)
    return float(p[best]), float(pull[best])


def _slope_for_the_probability():
    return 0.0, 2.0


def _undecided():
    return 0.5, 0.25


def _crossentropys_pull():
    return 0.0, 1.0


def _half_forgotten():
    return 1 / 3, 4 / 27


def _for_target_0():
    return 2 / 3, 8 / 27


def _slope_with_its_sign():
    return 1 / 3, -8 / 27


def _place_of_the_inflection():
    return float(-np.log(2)), 8 / 27


def _squared_error_there():
    return 1 / 3, 4 / 9


EXERCISES = (
    Exercise(
        id="reading-1",
        minutes=3,
        difficulty="finger",
        solution=price_of_knowing_nothing,
        hints=(
            "A network that knows nothing gives each class the same probability. "
            "How much does the true class get?",
            "It gets 1/50, whichever it is. The loss is the negative natural "
            "logarithm of that.",
        ),
        mistakes=(
            Mistake(
                _price_in_bits,
                "The right amount in bits. Keras reports nats: use the natural "
                "logarithm, `np.log`.",
            ),
            Mistake(
                _price_with_base_ten,
                "You used the logarithm with base 10. Nats need the natural "
                "logarithm, `np.log`.",
            ),
            Mistake(
                _always_a_coin,
                "0.693 is the price for two classes. It is not the price of knowing "
                "nothing in general: here the true class gets only 1/50.",
            ),
            Mistake(
                _always_ten_classes,
                "2.303 is the price for ten classes. Here there are 50.",
            ),
            Mistake(
                _share_of_one_class,
                "1/50 is the probability that the true class gets, and the accuracy "
                "of guessing. The loss is its negative logarithm.",
            ),
            Mistake(
                _share_of_the_others,
                "This is the share of wrong guesses. The loss is the negative "
                "logarithm of the probability that the true class gets.",
            ),
            Mistake(
                _sign_of_the_logarithm,
                "The size is right, the sign is not: the logarithm of a probability "
                "is negative, and the loss is minus that.",
            ),
            Mistake(
                _fifty_yes_or_no_questions,
                "This is the price of one yes-or-no question with a share of 1/50. "
                "Here one class out of 50 is asked for, in a single question.",
            ),
        ),
        right="So a loss of 3.5 is progress there, and a loss of 3.5 with ten classes "
        "is worse than knowing nothing.",
    ),
    Exercise(
        id="reading-2",
        minutes=8,
        difficulty="core",
        solution=baseline,
        draw=_draw_labels,
        hints=(
            "Count each class first: `np.bincount(labels)` does it for labels from 0.",
            "Divide the counts by their sum. These shares are the best constant "
            "prediction, and its mean loss is minus the sum of share times logarithm "
            "of share.",
            "A class between the others may never occur: its share is 0, and "
            "`0 * np.log(0)` is not a number. Leave it out with `shares[shares > 0]`.",
        ),
        mistakes=(
            Mistake(
                _zero_times_infinity,
                "Not a number came out: one class never occurs, and `0 * np.log(0)` "
                "is NaN. It should count as 0; leave such classes out.",
            ),
            Mistake(
                _even_classes,
                "This is the logarithm of the number of classes, which is the price "
                "if all are equally frequent. These are not.",
            ),
            Mistake(
                _even_classes_that_occur,
                "This is the logarithm of the number of classes that occur, as if "
                "they were equally frequent. Weigh them by their shares.",
            ),
            Mistake(
                _baseline_in_bits,
                "This is the right amount in bits. Use the natural logarithm.",
            ),
            Mistake(
                _largest_class_alone,
                "You took the loss of the examples of the largest class. The others "
                "cost more, and belong in the mean.",
            ),
            Mistake(
                _mean_over_the_classes,
                "You averaged over the classes. The loss is a mean over the examples, "
                "so a class counts as often as it occurs: weigh by its share.",
            ),
            Mistake(
                _sum_over_the_examples,
                "This is the sum over all examples. The mean is asked for.",
            ),
            Mistake(
                _without_the_minus,
                "The size is right, the sign is not: put a minus before the sum.",
            ),
            Mistake(
                _accuracy_of_the_majority,
                "This is the accuracy of always naming the largest class. The "
                "baseline of the loss is minus the sum of share times logarithm.",
            ),
        ),
        right="Compute this number before you train, and write it beside every loss "
        "that you report.",
    ),
    Exercise(
        id="reading-3",
        minutes=8,
        difficulty="core",
        solution=shares_removed,
        hints=(
            "Each network has a baseline of its own. For even classes it is the "
            "logarithm of their number.",
            "For C use the shares: `-0.05 * np.log(0.05) - 0.95 * np.log(0.95)`.",
            "Then `1 - loss / baseline`, three times.",
        ),
        mistakes=(
            Mistake(
                _rare_class_against_a_coin,
                "A and B are right. C's classes are not equally frequent: answering "
                "0.05 for everybody already costs 0.199, not 0.693.",
            ),
            Mistake(
                _all_against_a_coin,
                "You compared all three with 0.693, the price for two even classes. "
                "Each network has its own baseline.",
            ),
            Mistake(
                _shares_that_are_left,
                "You give the shares of the baseline that are left. What was removed "
                "is 1 minus that.",
            ),
            Mistake(
                _nats_below_the_baseline,
                "These are the distances from the baseline in nats. Divide each by "
                "its baseline.",
            ),
            Mistake(
                _baselines_in_bits,
                "The losses are in nats and your baselines in bits. Use the natural "
                "logarithm for both.",
            ),
            Mistake(
                _losses_themselves,
                "These are the losses. Compare each with its own baseline.",
            ),
        ),
        right="The largest loss belongs to the network that learnt most, and the "
        "smallest to the one that learnt least.",
    ),
    Exercise(
        id="reading-4",
        minutes=8,
        difficulty="core",
        solution=floor_and_price_of_certainty,
        hints=(
            "Give the true class the probability p. For nine labels in ten the loss "
            "is then -log(p). What is it for the tenth?",
            "A wrong label names the other class, which got 1 - p. So the mean is "
            "-0.9 log(p) - 0.1 log(1 - p).",
            "It is lowest where p is the share of right labels, 0.9. Then put in "
            "0.999.",
        ),
        mistakes=(
            Mistake(
                _no_floor_and_right_labels,
                "You counted right labels only. One label in ten names the other "
                "class, which got 1 - p, and its loss belongs in the mean.",
            ),
            Mistake(
                _no_floor,
                "The second number is right. The first is not 0: whatever p the "
                "network chooses, wrong labels cost something, and certainty would "
                "cost infinitely much.",
            ),
            Mistake(
                _right_labels_alone,
                "These are the losses of the examples with right labels. One label in "
                "ten names the other class, which got 1 - p.",
            ),
            Mistake(
                _floor_of_right_labels,
                "The second number is right. For the first, p = 0.9 is the best "
                "choice, but 0.105 is what right labels cost; add the wrong ones.",
            ),
            Mistake(
                _certainty_on_right_labels,
                "The first number is right. In the second you left out the wrong "
                "labels, which cost -log(0.001) each.",
            ),
            Mistake(
                _floor_of_a_coin,
                "The second number is right. The network knows a lot, so it can do "
                "better than a coin: try p = 0.9.",
            ),
            Mistake(
                _probability_instead_of_loss,
                "0.9 is the best probability. The loss that it leads to is asked for.",
            ),
            Mistake(
                _wrong_labels_alone,
                "The first number is right. The second is the loss of an example with "
                "a wrong label; nine in ten have a right one, and cost next to "
                "nothing.",
            ),
            Mistake(
                _both_in_bits,
                "Both numbers are right in bits. Nats are asked for.",
            ),
            Mistake(
                _certainty_first,
                "Both numbers are right, in the wrong order: the lowest loss first.",
            ),
        ),
        right="A network that is never mistaken, and 99.9 % sure, pays as much on such "
        "labels as one that knows nothing.",
    ),
    Exercise(
        id="reading-5",
        minutes=15,
        difficulty="open",
        solution=strongest_pull,
        hints=(
            "Write the slope for the score with the chain rule: the slope of "
            "(p - 1) squared along p, times the slope of the sigmoid.",
            "The size of the slope is 2 (1 - p) p (1 - p). Look for its largest value "
            "between 0 and 1, on a grid or with a derivative.",
            "On a grid: `p = np.linspace(0, 1, 3001)`, then `np.argmax` of "
            "`2 * p * (1 - p) ** 2`.",
        ),
        mistakes=(
            Mistake(
                _slope_for_the_probability,
                "This is the slope along p. The network chooses the score, and "
                "between the two lies the sigmoid, whose slope at p = 0 is 0.",
            ),
            Mistake(
                _undecided,
                "At p = 0.5 the sigmoid is steepest, but the pull is a product: the "
                "distance 1 - p grows as p falls. A little below 0.5 it is stronger.",
            ),
            Mistake(
                _crossentropys_pull,
                "This is crossentropy: its pull is strongest where the mistake is "
                "worst. The squared error's is multiplied by the sigmoid's slope.",
            ),
            Mistake(
                _half_forgotten,
                "The place is right. The derivative of a square has a factor 2.",
            ),
            Mistake(
                _for_target_0,
                "This is the answer for target 0. For target 1 the distance to the "
                "label is 1 - p.",
            ),
            Mistake(
                _slope_with_its_sign,
                "Place and size are right. How hard it pulls is asked for: without "
                "the sign.",
            ),
            Mistake(
                _place_of_the_inflection,
                "This is the score at that place. Its probability is asked for.",
            ),
            Mistake(
                _squared_error_there,
                "The place is right. You gave the squared error there; its slope "
                "along the score is asked for.",
            ),
        ),
        right="Any worse mistake pulls less. Crossentropy pulls with 1 - p, which only "
        "grows.",
    ),
)
