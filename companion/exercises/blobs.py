"""The exercises of the chapter on the blobs and the two forms of labels."""

import numpy as np

from . import Exercise, Mistake


def gain_over_nothing():
    """Compare with log 3, and turn the mean of -log p back into a probability."""
    loss = 0.42
    return np.log(3) - loss, np.exp(-loss)


def interval_of_difference(a, b):
    """Put two standard errors to either side of the difference of the means."""
    error = np.sqrt(np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b))
    middle = np.mean(a) - np.mean(b)
    return middle - 2 * error, middle + 2 * error


def _draw_two_groups(rng):
    n, m = rng.integers(4, 12, size=2)
    if n == m:
        m += 3
    return rng.normal(0.82, 0.01, size=n), rng.normal(0.81, 0.02, size=m)


def _around(a, b, error, times=2):
    middle = np.mean(a) - np.mean(b)
    return middle - times * error, middle + times * error


def _one_standard_error(a, b):
    low, high = interval_of_difference(a, b)
    middle = (low + high) / 2
    return (low + middle) / 2, (high + middle) / 2


def verdicts(intervals, margin):
    """Ask first whether an interval lies inside the margin, then where 0 lies."""
    texts = []
    for low, high in intervals:
        if -margin < low and high < margin:
            texts.append("alike")
        elif low > 0 or high < 0:
            texts.append("different")
        else:
            texts.append("cannot tell")
    return texts


def _draw_intervals(rng):
    margin = float(rng.choice([0.01, 0.02]))
    # In units of the margin: inside it around 0 and off 0, wide around 0, outside it,
    # and across one of its ends.
    kinds = [
        [-0.4, 0.6],
        [0.2, 0.8],
        [-1.5, 1.7],
        [-2.4, -1.3],
        [0.4, 1.9],
        [-1.6, 0.2],
    ]
    return rng.permutation(kinds) * margin, margin


def _zero_first(intervals, margin):
    inside = verdicts(intervals, margin)
    off = [low > 0 or high < 0 for low, high in intervals]
    return ["different" if far else text for far, text in zip(off, inside, strict=True)]


def _one_end_is_enough(intervals, margin):
    near = [min(abs(low), abs(high)) < margin for low, high in intervals]
    exact = verdicts(intervals, margin)
    return ["alike" if close else text for close, text in zip(near, exact, strict=True)]


def runs_needed(sd, half_width):
    """Solve 2 * sqrt(2 * sd**2 / n) <= half_width for n, and round up."""
    return int(np.ceil(2 * (2 * sd / half_width) ** 2))


def _draw_wish(rng):
    return float(rng.uniform(0.004, 0.02)), float(rng.uniform(0.0011, 0.0039))


def optimism(curves):
    """Take the maximum of every row, and compare it with the row's end."""
    best = curves.max(axis=1)
    return np.mean(best - curves[:, -1])


def _draw_curves(rng):
    runs, epochs = int(rng.integers(3, 6)), int(rng.integers(7, 12))
    return (0.82 + rng.normal(0, 0.01, size=(runs, epochs)),)


EXERCISES = (
    Exercise(
        id="blobs-1",
        absolute=(1.5e-3, 1e-9),  # 1.10 - 0.42 is 0.68
        solution=gain_over_nothing,
        hints=(
            "Knowing nothing is probability 1/3 for each class. What does that cost?",
            "The loss is the mean of `-log p`. Turn the mean back: `exp(-loss)`.",
            "`np.log(3) - 0.42` and `np.exp(-0.42)`.",
        ),
        mistakes=(
            Mistake(
                lambda: (0.42 / np.log(3), np.exp(-0.42)),
                "You divided the loss by the baseline. Asked for is how many nats lie "
                "between them.",
            ),
            Mistake(
                lambda: (np.log(3) - 0.42, 1 - 0.42),
                "A loss of 0.42 is no probability of 0.58. It is a mean of `-log p`, "
                "so the probability behind it is `exp(-0.42)`.",
                misconception="loss-is-what-is-missing",
            ),
            Mistake(
                lambda: (np.log(2) - 0.42, np.exp(-0.42)),
                "0.693 is the price of knowing nothing about two classes. Here there "
                "are three.",
                misconception="chance-is-always-069",
            ),
            Mistake(
                lambda: ((np.log(3) - 0.42) / np.log(2), np.exp(-0.42)),
                "The first number is in bits. The loss is in nats: use the natural "
                "logarithm.",
                misconception="bits-for-nats",
            ),
            Mistake(
                lambda: (np.log(3) - 0.42, 1 / 3 + np.exp(-0.42)),
                "`exp(-loss)` is the probability already; the 1/3 of knowing nothing "
                "is not added to it.",
            ),
        ),
        right="A typical probability of 0.66, against 0.33 without knowledge.",
    ),
    Exercise(
        id="blobs-2",
        solution=interval_of_difference,
        draw=_draw_two_groups,
        hints=(
            "The middle of the interval is `np.mean(a) - np.mean(b)`.",
            "The mean of `n` runs varies less than a run: its variance is the runs' "
            "variance divided by `n`.",
            "Variances add, standard errors do not: "
            "`np.sqrt(np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b))`.",
        ),
        mistakes=(
            Mistake(
                lambda a, b: _around(
                    a, b, np.sqrt(np.var(a, ddof=1) + np.var(b, ddof=1))
                ),
                "This is the spread of the difference of two single runs. The mean of "
                "`n` runs varies less: divide each variance by its number of runs.",
                misconception="spread-is-uncertainty",
            ),
            Mistake(
                lambda a, b: _around(
                    a, b, np.sqrt(np.var(a) / len(a) + np.var(b) / len(b))
                ),
                "You used NumPy's default variance, which is too small for a sample. "
                "Pass `ddof=1`.",
            ),
            Mistake(
                lambda a, b: _around(
                    a, b, sum(np.std(x, ddof=1) / np.sqrt(len(x)) for x in (a, b))
                ),
                "You added the standard errors. Add the variances of the two means, "
                "and take the root of the sum.",
            ),
            Mistake(
                _one_standard_error,
                "You went one standard error to either side. Two hold the true "
                "difference in about 95 of 100 repetitions, one in about 68.",
            ),
            Mistake(
                lambda a, b: interval_of_difference(b, a),
                "This is the interval for `b` minus `a`.",
            ),
            Mistake(
                lambda a, b: _around(
                    a, b, np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b)
                ),
                "You took variances for standard errors: take the square root.",
            ),
        ),
        right="With `equal_var=False`, `scipy.stats.ttest_ind(a, b)` computes the same "
        "with the exact factor in the place of 2.",
    ),
    Exercise(
        id="blobs-3",
        solution=verdicts,
        draw=_draw_intervals,
        hints=(
            "Draw a line with `-margin`, 0 and `margin`, and lay intervals on it.",
            "The true difference lies somewhere in the interval. What holds for every "
            "place in it?",
            "Inside the margin at both ends: alike, even if 0 is not inside. Otherwise "
            "different if 0 is not inside, else it cannot be told.",
        ),
        mistakes=(
            Mistake(
                lambda intervals, margin: [
                    "alike" if low <= 0 <= high else "different"
                    for low, high in intervals
                ],
                "An interval that holds 0 may hold large differences, too: then you "
                "have seen no difference, and excluded none. Compare both ends with "
                "the margin.",
                misconception="no-difference-seen",
            ),
            Mistake(
                _zero_first,
                "A difference that is certainly not 0, and certainly smaller than the "
                "margin, does not matter: that is `alike`. Ask about the margin first.",
            ),
            Mistake(
                lambda intervals, margin: [
                    "alike" if abs(low + high) / 2 < margin else "different"
                    for low, high in intervals
                ],
                "You compare the middle of the interval with the margin. The true "
                "difference may lie at either end.",
            ),
            Mistake(
                lambda intervals, margin: [
                    "cannot tell" if text == "different" else text
                    for text in verdicts(intervals, margin)
                ],
                "An interval that does not hold 0 says that there is a difference, and "
                "where it does not lie inside the margin, one that may matter.",
            ),
            Mistake(
                _one_end_is_enough,
                "One end inside the margin is not enough: the true difference may lie "
                "at the other end.",
            ),
        ),
        right="Most of the world asks only where 0 lies, and then reads `cannot tell` "
        "as `alike`.",
    ),
    Exercise(
        id="blobs-4",
        solution=runs_needed,
        draw=_draw_wish,
        hints=(
            "With two groups of `n` runs and the same `sd`, what is the standard error "
            "of the difference?",
            "It is `sqrt(2 * sd**2 / n)`, and the interval reaches twice as far.",
            "`n = 2 * (2 * sd / half_width) ** 2`, rounded up.",
        ),
        mistakes=(
            Mistake(
                lambda sd, half_width: int(np.ceil((2 * sd / half_width) ** 2)),
                "This would do for the mean of one group. Both means vary, so there "
                "are two variances under the root.",
            ),
            Mistake(
                lambda sd, half_width: int(np.ceil(2 * 2 * sd / half_width)),
                "The standard error falls with the **root** of `n`: to halve it you "
                "need four times as many runs.",
            ),
            Mistake(
                lambda sd, half_width: int(np.ceil(2 * (sd / half_width) ** 2)),
                "The interval reaches two standard errors to either side, not one.",
            ),
            Mistake(
                lambda sd, half_width: int(2 * (2 * sd / half_width) ** 2),
                "Rounded down, the interval is a little too wide. Round up.",
            ),
            Mistake(
                lambda sd, half_width: 2 * runs_needed(sd, half_width),
                "This is the number of runs in both groups together. Asked for is `n`, "
                "the runs in each.",
            ),
        ),
        right="Half the width costs four times the runs. That is why a margin comes "
        "before the experiment.",
    ),
    Exercise(
        id="blobs-5",
        solution=optimism,
        draw=_draw_curves,
        hints=(
            "Each run reports its own best epoch, so take the maximum of each row.",
            "`curves.max(axis=1)` has one number for each run, like `curves[:, -1]`.",
            "Subtract them, and take the mean.",
        ),
        mistakes=(
            Mistake(
                lambda curves: curves.mean(axis=0).max() - curves.mean(axis=0)[-1],
                "You averaged the curves first, and the jitter is gone with that. A "
                "report comes from one run, with its own luckiest epoch.",
                misconception="means-mix-freely",
            ),
            Mistake(
                lambda curves: curves.max() - curves[:, -1].mean(),
                "This is the luckiest epoch of the luckiest run. Take the best epoch "
                "of each run.",
                misconception="best-test-score-is-true",
            ),
            Mistake(
                lambda curves: np.mean(curves.max(axis=0) - curves[-1]),
                "You took the best run of each epoch. Rows are runs: `axis=1`.",
                misconception="rows-and-columns-swapped",
            ),
            Mistake(
                lambda curves: np.mean(curves.max(axis=1) - curves[:, 0]),
                "Compare with the last epoch, `curves[:, -1]`; you took the first.",
            ),
            Mistake(
                lambda curves: np.mean(curves.max(axis=1) - curves.mean(axis=1)),
                "You compare with the mean over the epochs. A report without a choice "
                "gives the last one.",
            ),
            Mistake(
                lambda curves: np.mean(curves.argmax(axis=1)),
                "`argmax` says **which** epoch is the best. Asked for is its accuracy: "
                "`max`.",
                misconception="argmax-is-the-largest-value",
            ),
        ),
        right="A few epochs are enough: where a curve jitters, its best epoch lies "
        "above its last, and most of that is luck.",
    ),
)
