"""The exercises of the chapter on imbalance and many labels."""

import numpy as np

from . import Exercise, Mistake


def three_measures():
    """Count the four kinds of answers first, then divide."""
    hits, false_alarms = 20, 60 - 20
    misses = 30 - hits
    precision = hits / (hits + false_alarms)
    recall = hits / (hits + misses)
    accuracy = 1 - (false_alarms + misses) / 1000
    return precision, recall, accuracy


def unweighted(p, weight_0, weight_1):
    """Subtract the logarithm of the weights' ratio from the logit."""
    z = np.log(p / (1 - p)) - np.log(weight_1 / weight_0)
    return 1 / (1 + np.exp(-z))


def _draw_weighted_probabilities(rng):
    p = rng.uniform(0.05, 0.95, size=8)
    return p, float(rng.uniform(0.4, 0.8)), float(rng.uniform(5, 30))


def threshold_of_the_weighted_network():
    """Take the threshold's odds from the costs, and multiply them by the weights."""
    true_odds = 1 / 9  # alarm : miss, so the true probability is 0.1
    weighted_odds = 19 * true_odds
    return weighted_odds / (1 + weighted_odds)


def masked_loss(labels, p):
    """Average the losses of the entries that are known."""
    known = labels >= 0
    each = -np.where(labels == 1, np.log(p), np.log(1 - p))
    return each[known].mean()


def _draw_partly_known(rng):
    labels = rng.integers(0, 2, size=(6, 5))
    labels[:3, :2] = -1  # rows with three known labels, and rows with four
    labels[3:, 4] = -1
    return labels, rng.uniform(0.05, 0.95, size=(6, 5))


def best_f1(labels, p):
    """Try each predicted probability of a label as its threshold."""
    best = np.zeros(labels.shape[1])
    for k in range(labels.shape[1]):
        for threshold in p[:, k]:
            said_yes = p[:, k] >= threshold
            hits = np.sum(said_yes & (labels[:, k] == 1))
            f1 = 2 * hits / (said_yes.sum() + labels[:, k].sum())
            best[k] = max(best[k], f1)
    return best


def _draw_labels_and_probabilities(rng):
    labels = (rng.random((40, 3)) < (0.15, 0.25, 0.35)).astype(int)
    labels[:3] = 1  # no label without a yes
    labels[3:6] = 0
    z = 2.5 * labels + rng.normal(0, 1.2, size=(40, 3)) + (-3.5, -2.0, -0.5)
    return labels, 1 / (1 + np.exp(-z))


def _f1(labels, said_yes):
    hits = np.sum(said_yes & (labels == 1), axis=0)
    return 2 * hits / (said_yes.sum(axis=0) + labels.sum(axis=0))


def _best(measure, labels, p):
    columns = zip(labels.T, p.T, strict=True)
    return np.array([max(measure(y, q >= least) for least in q) for y, q in columns])


def _thresholds_instead(labels, p):
    columns = zip(labels.T, p.T, strict=True)
    best = [np.argmax([_f1(y, q >= least) for least in q]) for y, q in columns]
    return p[best, range(p.shape[1])]


EXERCISES = (
    Exercise(
        id="imbalance-and-many-labels-1",
        solution=three_measures,
        hints=(
            "Of the 60 parts that were called faulty, 20 are. So how many false alarms "
            "are there, and how many faulty parts were missed?",
            "There are 40 false alarms and 10 misses. Precision is 20 out of those "
            "called faulty, recall is 20 out of those that are faulty.",
            "Accuracy: all mistakes together are 50 in 1,000.",
        ),
        mistakes=(
            Mistake(
                lambda: (2 / 3, 1 / 3, 0.95),
                "Precision and recall are swapped. Precision looks at the parts that "
                "were called faulty, recall at those that are.",
                misconception="recall-is-precision",
            ),
            Mistake(
                lambda: (1 / 3, 2 / 3, 2 / 3),
                "The first two are right. Accuracy counts all 1,000 parts, not the "
                "faulty ones alone.",
            ),
            Mistake(
                lambda: (1 / 3, 2 / 3, 0.96),
                "The first two are right. For the accuracy you counted the 40 false "
                "alarms; the 10 misses are mistakes too.",
            ),
            Mistake(
                lambda: (1 / 3, 2 / 3, 0.99),
                "The first two are right. For the accuracy you counted the 10 misses; "
                "the 40 false alarms are mistakes too.",
            ),
            Mistake(
                lambda: (1 / 3, 2 / 3, 0.97),
                "The first two are right. 0.97 is the accuracy of calling every part "
                "good. This network makes 40 false alarms and 10 misses.",
            ),
            Mistake(
                lambda: (0.02, 0.02, 0.95),
                "The accuracy is right. The other two do not divide by all 1,000: "
                "precision by the 60 called faulty, recall by the 30 faulty ones.",
            ),
            Mistake(
                lambda: (0.06, 2 / 3, 0.95),
                "Recall and accuracy are right. 0.06 is the share of parts that were "
                "called faulty; precision is the share of these that are.",
            ),
            Mistake(
                lambda: (1 / 3, 2.0, 0.95),
                "A recall above 1 cannot be: of the 60 called faulty, only 20 are. "
                "Divide these by the 30 faulty parts.",
            ),
        ),
        right="Its accuracy is below the 0.97 of calling every part good, and yet it "
        "finds two faulty parts in three.",
    ),
    Exercise(
        id="imbalance-and-many-labels-2",
        solution=unweighted,
        draw=_draw_weighted_probabilities,
        hints=(
            "Weights multiply the odds. Work with the logit, the logarithm of the "
            "odds: `np.log(p / (1 - p))`.",
            "Subtract `np.log(weight_1 / weight_0)` from it.",
            "Then go back to a probability with the sigmoid, `1 / (1 + np.exp(-z))`.",
        ),
        mistakes=(
            Mistake(
                lambda p, w0, w1: unweighted(p, w1, w0),
                "You moved the logit up instead of down. The weights have already "
                "pushed it up when class 1 weighs more.",
            ),
            Mistake(
                lambda p, w0, w1: p * w0 / w1,
                "You divided the probability. It is the odds, p / (1 - p), that the "
                "weights multiply.",
            ),
            Mistake(
                lambda p, w0, w1: p - np.log(w1 / w0),
                "You subtracted from the probability, and it left the interval from 0 "
                "to 1. Subtract from the logit.",
            ),
            Mistake(
                lambda p, w0, w1: unweighted(p, 1.0, w1),
                "Right only for a class 0 that weighs 1. The ratio of both weights "
                "counts.",
            ),
            Mistake(
                lambda p, w0, w1: 1 / (1 + np.exp(-(np.log(p / (1 - p)) - w1 / w0))),
                "On the logit the shift is the logarithm of the ratio, not the ratio.",
            ),
            Mistake(
                lambda p, w0, w1: np.log(p / (1 - p)) - np.log(w1 / w0),
                "This is the right logit. Turn it back into a probability with the "
                "sigmoid.",
            ),
            Mistake(
                lambda p, w0, w1: p / (1 - p) * w0 / w1,
                "These are the right odds. A probability is odds / (1 + odds).",
                misconception="odds-are-probabilities",
            ),
        ),
        right="One line mends the probabilities of any network that was trained with "
        "class weights, without training it again.",
    ),
    Exercise(
        id="imbalance-and-many-labels-3",
        solution=threshold_of_the_weighted_network,
        hints=(
            "From which true probability on is an alarm the cheaper answer? The "
            "chapter's formula needs the two costs only.",
            "From 0.1 on, which is odds of 1 to 9. What do the weights do to these "
            "odds?",
            "They multiply them by 19. Turn odds of 19/9 into a probability.",
        ),
        mistakes=(
            Mistake(
                lambda: 0.1,
                "0.1 is the threshold for the true probability. This network's outputs "
                "are larger, because of the weights: move the threshold with them.",
            ),
            Mistake(
                lambda: 0.05,
                "0.05 would be the true probability that belongs to the weights. The "
                "costs are 1 and 9 here, and the outputs are those of the weighted "
                "network.",
            ),
            Mistake(
                lambda: 0.5,
                "At 0.5 the weighted network decides as if a miss cost 19. Here it "
                "costs 9.",
                misconception="threshold-is-always-half",
            ),
            Mistake(
                lambda: (1 / 9 / 19) / (1 + 1 / 9 / 19),
                "You divided the odds by 19. The weights have multiplied them.",
            ),
            Mistake(
                lambda: 19 / 9,
                "These are the odds. A probability is odds / (1 + odds).",
                misconception="odds-are-probabilities",
            ),
            Mistake(
                lambda: 19 * 9 / (1 + 19 * 9),
                "The costs are swapped: an alarm costs 1 and a miss 9, so the true "
                "probability has odds of 1 to 9.",
            ),
            Mistake(
                lambda: 9 / 19,
                "This is the inverse of the odds. They are 19 times 1/9, and a "
                "probability is odds / (1 + odds).",
                misconception="odds-are-probabilities",
            ),
        ),
        right="Above 0.5, although misses cost more than alarms: the weights had "
        "overdone it.",
    ),
    Exercise(
        id="imbalance-and-many-labels-4",
        solution=masked_loss,
        draw=_draw_partly_known,
        hints=(
            "Compute the loss of every entry first, as if all were known: "
            "`-np.where(labels == 1, np.log(p), np.log(1 - p))`.",
            "`known = labels >= 0` tells which entries count.",
            "`each[known].mean()` takes the mean over those, however many there are.",
        ),
        mistakes=(
            Mistake(
                lambda labels, p: masked_loss(np.maximum(labels, 0), p),
                "You counted an unknown label as a no. It must not count at all.",
                misconception="missing-still-counts",
            ),
            Mistake(
                lambda labels, p: masked_loss(labels, p) * np.mean(labels >= 0),
                "The sum is right, but you divided by the number of all entries. "
                "Divide by the number of known ones.",
                misconception="missing-still-counts",
            ),
            Mistake(
                lambda labels, p: np.mean(
                    [masked_loss(row, q) for row, q in zip(labels, p, strict=True)]
                ),
                "You took a mean for each row, and the mean of those. Rows with few "
                "known labels then count as much as the others; take one mean over "
                "all known entries.",
                misconception="means-mix-freely",
            ),
            Mistake(
                lambda labels, p: masked_loss(labels, p) * np.sum(labels >= 0),
                "This is the sum over the known entries. The mean is asked for.",
                misconception="mean-and-sum",
            ),
            Mistake(
                lambda labels, p: np.array(
                    [masked_loss(row, q) for row, q in zip(labels, p, strict=True)]
                ),
                "You give one number for each row. One number for the whole table is "
                "asked for.",
            ),
            Mistake(
                lambda y, p: -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)),
                "You put -1 into the formula as if it were a target. It is a mark, "
                "and these entries must be left out.",
                misconception="missing-still-counts",
            ),
            Mistake(
                lambda labels, p: -np.log(p[labels == 1]).mean(),
                "You averaged over the entries with label 1. A known no counts as "
                "well.",
            ),
        ),
        right='It is what Keras computes with `reduction="mean_with_sample_weight"` '
        "and weights of 1 and 0.",
    ),
    Exercise(
        id="imbalance-and-many-labels-5",
        solution=best_f1,
        draw=_draw_labels_and_probabilities,
        hints=(
            "F1 changes only where the threshold passes one of the probabilities. So "
            "for each label it is enough to try these, with `>=`.",
            "For one threshold: F1 is twice the hits, divided by the number of "
            "examples called yes plus the number that are yes.",
            "Two loops, over the labels and over the probabilities of one label; keep "
            "the largest F1.",
        ),
        mistakes=(
            Mistake(
                lambda labels, p: _f1(labels, p > 0.5),
                "This is the F1 at the threshold 0.5. Try other thresholds, for each "
                "label its own.",
                misconception="threshold-is-always-half",
            ),
            Mistake(
                lambda labels, p: max(
                    (_f1(labels, p >= least) for least in p.ravel()), key=np.mean
                ),
                "You took one threshold for all labels. Let each have its own.",
            ),
            Mistake(
                lambda labels, p: best_f1(labels, p).mean(),
                "This is the mean over the labels. One number for each label is asked "
                "for.",
            ),
            Mistake(
                _thresholds_instead,
                "These are the thresholds. The F1 that they reach is asked for.",
            ),
            Mistake(
                lambda labels, p: _best(lambda y, yes: np.mean(yes == y), labels, p),
                "This is the best accuracy of each label. F1 is asked for.",
            ),
            Mistake(
                lambda labels, p: _best(lambda y, yes: y[yes].mean(), labels, p),
                "This is the best precision of each label, which a single lucky yes "
                "can reach. F1 also asks how many are found.",
            ),
        ),
        right="Now find the thresholds on the validation shelves and use them on the "
        "fresh ones. How much of the gain is left?",
    ),
)
