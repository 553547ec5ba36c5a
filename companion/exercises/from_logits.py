"""The exercises of the chapter on losses from logits."""

import numpy as np

from . import Exercise, Mistake


def loss_of_large_scores():
    """Compute one example's loss from scores in the thousands."""
    scores = np.array([1000.0, 1002.0, 995.0])
    best = scores.max()
    log_sum_exp = best + np.log(np.exp(scores - best).sum())
    return log_sum_exp - scores[0]


def diagnosis():
    """Name the cause of a loss stuck at 1.47, and the floor under it."""
    classes = 10
    # The second softmax sees scores that are 1 apart at most.
    floor = np.log(1 + (classes - 1) / np.e)
    return "C", floor


def crossentropy(t, z):
    """Return the loss of each example, as log-sum-exp minus the true score."""
    best = z.max(axis=1, keepdims=True)
    log_sum_exp = best[:, 0] + np.log(np.exp(z - best).sum(axis=1))
    return log_sum_exp - (t * z).sum(axis=1)


def _draw_rows(rng):
    count, classes = int(rng.integers(4, 7)), int(rng.integers(3, 6))
    t = np.eye(classes)[rng.integers(classes, size=count)]
    z = rng.normal(0.0, 3.0, size=(count, classes))
    z += rng.uniform(-3000.0, 3000.0, size=(count, 1))
    z[0] -= 2000.0 * t[0]
    z[1] -= 40.0 * t[1]
    z[2] -= 2000.0 * np.roll(t[2], 1)
    return t, z


def _softmax(z):
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _softmax_as_written(t, z):
    powers = np.exp(z)
    p = powers / powers.sum(axis=1, keepdims=True)
    return -np.log((t * p).sum(axis=1))


def factor(classes, loss):
    """Return the factor between two softmaxes that lowers the floor to `loss`."""
    # Scores from 0 to k: the floor is log(1 + (classes - 1) exp(-k)).
    return np.log((classes - 1) / (np.exp(loss) - 1))


def _draw_floor(rng):
    return int(rng.integers(3, 300)), float(rng.uniform(0.02, 0.8))


EXERCISES = (
    Exercise(
        id="from-logits-1",
        solution=loss_of_large_scores,
        hints=(
            "The loss is log-sum-exp minus the true class's score. By how much do "
            "you have to lower all three scores so that no exponential is large?",
            "Take out 1002. The exponents that are left are -2, 0 and -7.",
            "log(e^-2 + 1 + e^-7) is about 0.128. Put 1002 back and subtract 1000.",
        ),
        mistakes=(
            Mistake(
                lambda: np.nan,
                "NaN is what the computer gives for the formula as written: e to the "
                "1000 overflows. Subtract the largest score from all three first.",
                misconception="same-formula-same-program",
            ),
            Mistake(
                lambda: np.inf,
                "The exponentials overflow, the loss does not. Subtract the largest "
                "score from all three first.",
                misconception="same-formula-same-program",
            ),
            Mistake(
                lambda: 1002.0 - 1000.0,
                "This is the gap between the best score and the true one. It comes "
                "close; the logarithm of the sum of what is left has to be added.",
            ),
            Mistake(
                lambda: loss_of_large_scores() - 2.0,
                "This is the loss if the best class, class 1, were the true one. "
                "Subtract the score of class 0.",
                misconception="largest-probability-enters-the-loss",
            ),
            Mistake(
                lambda: loss_of_large_scores() + 1000.0,
                "This is log-sum-exp. Subtract the true class's score.",
            ),
            Mistake(
                lambda: loss_of_large_scores() + 2000.0,
                "You added the true class's score: it has to be subtracted.",
            ),
            Mistake(
                lambda: -loss_of_large_scores(),
                "This is the logarithm of the probability, which is negative. The "
                "loss is minus that.",
                misconception="logarithms-are-positive",
            ),
            Mistake(
                lambda: loss_of_large_scores() / np.log(2),
                "This is the loss in bits. Asked for are nats: leave out the division "
                "by log 2.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: np.exp(-loss_of_large_scores()),
                "This is the probability of class 0. The loss is minus its logarithm.",
            ),
        ),
        right="The size of the scores does not matter, only their differences: for "
        "[5, 7, 0] it is the same.",
    ),
    Exercise(
        id="from-logits-2",
        solution=diagnosis,
        hints=(
            "Which of the four would leave the accuracy at 0.99?",
            "A mean loss of 1.47 is that of a probability of 0.23 for the true class. "
            "Would a network that reads 99 of 100 images be so timid by itself?",
            "If softmax is applied twice, the true class leads the nine others by 1 "
            "at most. What does log(1 + 9/e) come to?",
        ),
        mistakes=(
            Mistake(
                lambda: ("A", 0.0),
                "A network that underfits would not read 99 of 100 images. Something "
                "keeps the loss up although the answers are right.",
                misconception="loss-and-accuracy-move-together",
                part=1,
            ),
            Mistake(
                lambda: ("B", 0.0),
                "The accuracy says that nearly all is learnt. 1.47 lies between 2.30 "
                "and 0 by the look of it only: is 0 within reach at all?",
                misconception="zero-loss-is-possible",
                part=1,
            ),
            Mistake(
                lambda: ("D", 0.0),
                "Scores that are read as probabilities train badly: the accuracy "
                "stays near chance, and the loss above 2.30.",
                misconception="logits-are-probabilities",
                part=1,
            ),
            Mistake(
                lambda: ("C", 0.0),
                "The letter is right. With two softmaxes a loss of 0 is out of "
                "reach: the second one sees scores between 0 and 1.",
                misconception="softmax-twice-is-harmless",
            ),
            Mistake(
                lambda: ("C", np.log(10)),
                "The letter is right. log 10 is the price of knowing nothing. A sure "
                "and right first softmax does better than that.",
            ),
            Mistake(
                lambda: ("C", np.log(np.e + 9)),
                "The letter is right. This is the highest loss, of a first softmax "
                "that is sure and wrong. The floor is exactly 1 lower.",
            ),
            Mistake(
                lambda: ("C", np.e / (np.e + 9)),
                "The letter is right. This is the true class's probability at its "
                "best; the loss is minus its logarithm.",
            ),
            Mistake(
                lambda: ("C", 1.47),
                "The letter is right. 1.47 is where the loss is now: what is the "
                "lowest value for ten classes, to three digits?",
            ),
            Mistake(
                lambda: ("C", np.log(1 + 10 / np.e)),
                "The letter is right. Ten classes have nine others beside the true "
                "one: 9/e, not 10/e.",
            ),
        ),
        right="Take one softmax out: a linear last layer with from_logits=True, or the "
        "softmax layer with the loss as it comes. On TensorFlow there would have been "
        "a warning.",
    ),
    Exercise(
        id="from-logits-3",
        solution=crossentropy,
        draw=_draw_rows,
        absolute=1e-3,  # float32 holds scores of 5,000 to 0.0005
        hints=(
            "No probability: the loss is log-sum-exp of the row minus the true "
            "class's score. `(t * z).sum(axis=1)` picks that score.",
            "Before `np.exp`, subtract from each row its own largest score: "
            "`z.max(axis=1, keepdims=True)`.",
            "After `np.log`, add the largest score again, as an array of shape (n,).",
        ),
        mistakes=(
            Mistake(
                _softmax_as_written,
                "`np.exp` overflows for scores above 709 and gives 0 below -745. "
                "Subtract each row's largest score first, and form no probability.",
                misconception="same-formula-same-program",
            ),
            Mistake(
                lambda t, z: np.log(np.exp(z).sum(axis=1)) - (t * z).sum(axis=1),
                "The formula is right, and `np.exp` overflows for scores above 709. "
                "Take each row's largest score out of the sum first.",
                misconception="same-formula-same-program",
            ),
            Mistake(
                lambda t, z: -np.log((t * _softmax(z)).sum(axis=1)),
                "Nothing overflows. But a probability of e to the -2000 is 0 for the "
                "computer, and its loss infinite. Take the logarithm on paper: no "
                "probability is needed.",
                misconception="same-formula-same-program",
            ),
            Mistake(
                lambda t, z: -(t * np.log(_softmax(z))).sum(axis=1),
                "Nothing overflows. But probabilities become 0, and 0 times log 0 is "
                "NaN. Take the logarithm on paper: no probability is needed.",
                misconception="same-formula-same-program",
            ),
            Mistake(
                lambda t, z: (
                    -np.log((t * np.clip(_softmax(z), 1e-7, 1 - 1e-7)).sum(axis=1))
                ),
                "Clipping keeps the loss finite, and wrong from 16.1 on. From scores "
                "there is nothing to clip.",
            ),
            Mistake(
                lambda t, z: crossentropy(t, _softmax(z)),
                "You applied softmax to the scores, and then used the formula for "
                "scores: softmax twice. Put the scores themselves into it.",
                misconception="softmax-twice-is-harmless",
            ),
            Mistake(
                lambda t, z: (
                    np.log(np.exp(z - z.max()).sum(axis=1))
                    - (t * (z - z.max())).sum(axis=1)
                ),
                "You subtract the largest score of the whole table. Rows that lie "
                "thousands below it underflow: each row needs its own maximum.",
                misconception="examples-share-a-sum",
            ),
            Mistake(
                lambda t, z: (
                    np.log(np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1))
                    - (t * z).sum(axis=1)
                ),
                "The largest score was taken out of the sum and not put back: add it "
                "after the logarithm, or subtract it from the true score too.",
            ),
            Mistake(
                lambda t, z: z.max(axis=1) - (t * z).sum(axis=1),
                "This is the gap between the largest score and the true one. "
                "Log-sum-exp is a little more than the largest score: the other "
                "scores count too.",
                misconception="largest-probability-enters-the-loss",
            ),
            Mistake(
                lambda t, z: crossentropy(t, z).mean(),
                "This is the mean. Return one loss for each example.",
                misconception="loss-is-one-number",
            ),
        ),
        right="This is what from_logits=True computes.",
    ),
    Exercise(
        id="from-logits-4",
        solution=factor,
        draw=_draw_floor,
        hints=(
            "With the factor, the second softmax sees scores between 0 and k. By how "
            "much can the true class lead now?",
            "So the floor is log(1 + (C - 1) exp(-k)). Set it equal to the loss and "
            "solve for k.",
            "exp(loss) - 1 = (C - 1) exp(-k). Divide, and take the logarithm.",
        ),
        mistakes=(
            Mistake(
                lambda classes, loss: np.log(1 + (classes - 1) / np.e) / loss,
                "The floor does not shrink in proportion to 1/k: k stands in an "
                "exponent. Write the floor for scores between 0 and k anew.",
            ),
            Mistake(
                lambda classes, loss: np.log((classes - 1) / loss),
                "This is close for a small loss only, where exp(loss) - 1 is nearly "
                "the loss. Keep the exponential.",
            ),
            Mistake(
                lambda classes, loss: np.log(classes / (np.exp(loss) - 1)),
                "The sum runs over the other classes, and there are C - 1 of them.",
            ),
            Mistake(
                lambda classes, loss: 1 / factor(classes, loss),
                "This is 1/k: what one would divide by. Asked for is the factor.",
            ),
            Mistake(
                lambda classes, loss: -factor(classes, loss),
                "The sign is turned: this is -k, the exponent.",
            ),
            Mistake(
                lambda classes, loss: np.exp(factor(classes, loss)),
                "This is exp(k): take its logarithm.",
            ),
            Mistake(
                lambda classes, loss: np.log(classes - 1) - loss,
                "You left out the 1 in log(1 + ...): solve exp(loss) - 1 = "
                "(C - 1) exp(-k).",
            ),
        ),
        right="For ten classes and a floor of 0.01, k is 6.8. Trained on the scaled "
        "digits, the network then ends with a loss near 0.08 and an accuracy near "
        "0.99: the floor is out of the way. What stays is the other end, where a "
        "sure and wrong first softmax passes hardly any gradient. One softmax needs "
        "no factor.",
    ),
)
