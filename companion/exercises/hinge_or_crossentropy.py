"""The exercises of the chapter that compares hinge losses with crossentropy."""

import numpy as np

from . import Exercise, Mistake


def first_arrival():
    """Find the first look at or above 0.99, and count its updates."""
    accuracy = np.array([0.52, 0.97, 0.992, 0.985, 0.998, 1.0])
    first = np.flatnonzero(accuracy >= 0.99)[0]
    return int((first + 1) * 10)


def mean_updates(updates, budget):
    """Let a run that never arrives spend the budget, and report the others' share."""
    never = np.isnan(updates)
    return np.mean(np.where(never, budget, updates)), np.mean(never)


def _draw_updates(rng):
    n = int(rng.integers(7, 12))
    updates = 10.0 * rng.integers(2, 20, size=n)
    updates[rng.choice(n, size=2, replace=False)] = np.nan
    return updates, 900


def _divided_by_those_that_arrive(updates, budget):
    never = np.isnan(updates)
    total = np.sum(np.where(never, budget, updates))
    return total / np.sum(~never), np.mean(never)


def rate_and_result(rates, tuning, fresh):
    """Choose by the tuning runs alone, and report the fresh runs at that rate."""
    best = tuning.mean(axis=1).argmin()
    return rates[best], fresh[best].mean()


def _draw_grid(rng):
    rates = np.array([0.001, 0.003, 0.01, 0.03])
    tuning = rng.uniform(60, 90, size=(4, 5))
    fresh = rng.uniform(60, 90, size=(4, 6))
    chosen, luckiest, other = rng.permutation(4)[:3]
    tuning[chosen] -= 20
    tuning[luckiest, 0] = 5.0
    fresh[other] -= 25
    return rates, tuning.round(), fresh.round()


def _by_all_runs_together(rates, tuning, fresh):
    every = np.concatenate([tuning, fresh], axis=1).mean(axis=1)
    best = every.argmin()
    return rates[best], every[best]


def ratio_interval(a, b, chosen):
    """Draw the same runs for both losses, and compare the means of each draw."""
    ratios = a[chosen].mean(axis=1) / b[chosen].mean(axis=1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return low, high


def _draw_pairs(rng):
    n = int(rng.integers(8, 12))
    seeds = rng.uniform(20, 200, size=n)
    a, b = (seeds * rng.uniform(0.7, 1.3, size=n) for _ in range(2))
    return a.round(), b.round(), rng.integers(n, size=(200, n))


def _quantiles(ratios, low=0.025, high=0.975):
    return tuple(np.quantile(ratios, [low, high]))


def _interval(a, b, chosen, *, axis=1, **quantiles):
    ratios = a[chosen].mean(axis=axis) / b[chosen].mean(axis=axis)
    return _quantiles(ratios, **quantiles)


def platt_scaling(scores, labels, new_scores):
    """Fit a logistic regression with one feature, the score."""
    from sklearn.linear_model import LogisticRegression

    platt = LogisticRegression().fit(scores[:, None], labels)
    return platt.predict_proba(new_scores[:, None])[:, 1]


def _draw_scores(rng):
    labels = rng.integers(2, size=60)
    scores = 2.0 * labels - 1 + rng.normal(0.0, 0.8, size=60)
    new = rng.normal(0.0, 1.5, size=7)
    return scores.round(2), labels, new.round(2)


def _fitted(scores, labels):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression().fit(scores[:, None], labels)


EXERCISES = (
    Exercise(
        id="hinge-or-crossentropy-1",
        solution=first_arrival,
        hints=(
            "Which is the first number that is at least 0.99? What comes after it does "
            "not matter.",
            "It is the third look, and there is a look after every 10 updates.",
        ),
        mistakes=(
            Mistake(
                lambda: 20,
                "You counted the looks from 0. The first look comes after 10 updates.",
            ),
            Mistake(
                lambda: 3,
                "This is the number of the look. Between two looks there are 10 "
                "updates.",
            ),
            Mistake(
                lambda: 50,
                "From there on it stays above 0.99. The chapter counts the **first** "
                "arrival, even if the network falls back once.",
            ),
            Mistake(lambda: 60, "You waited for 1.0. The target is 0.99."),
            Mistake(
                lambda: 30 * 150,
                "There are 10 updates from look to look here, not a whole pass of 150.",
            ),
        ),
        right="The next look is below 0.99 again. A rule that waits for good would "
        "have said 50: say which rule you use.",
    ),
    Exercise(
        id="hinge-or-crossentropy-2",
        solution=mean_updates,
        draw=_draw_updates,
        hints=(
            "`np.isnan(updates)` marks the runs that never arrived.",
            "Put the budget in their place: `np.where(never, budget, updates)`.",
            "The mean of that, and `np.mean(never)`.",
        ),
        mistakes=(
            Mistake(
                lambda n, budget: (np.nanmean(n), np.mean(np.isnan(n))),
                "You left out the runs that never arrived. A loss that fails often and "
                "is quick otherwise would look like the best of all.",
                misconception="failed-runs-do-not-count",
            ),
            Mistake(
                lambda n, budget: (np.mean(np.nan_to_num(n)), np.mean(np.isnan(n))),
                "You counted 0 updates for runs that never arrived: the worst runs "
                "became the quickest.",
            ),
            Mistake(
                lambda updates, budget: (
                    np.mean(np.where(np.isnan(updates), np.nanmax(updates), updates)),
                    np.mean(np.isnan(updates)),
                ),
                "You gave them the slowest arrival. They were watched longer than "
                "that, through the whole budget, and had not arrived.",
            ),
            Mistake(
                lambda n, budget: (np.mean(n), np.mean(np.isnan(n))),
                "A mean over NaN is NaN. Put the budget in the place of NaN first.",
            ),
            Mistake(
                lambda *runs: (mean_updates(*runs)[0], 1 - mean_updates(*runs)[1]),
                "The second number is the share that arrived. Asked for is the share "
                "that never did.",
            ),
            Mistake(
                lambda updates, budget: (
                    mean_updates(updates, budget)[0],
                    mean_updates(updates, budget)[1] * len(updates),
                ),
                "The second number is a count. Divide by the number of runs.",
            ),
            Mistake(
                _divided_by_those_that_arrive,
                "You divided by the runs that arrived. All runs are in the sum, so "
                "divide by all of them.",
            ),
        ),
        right="The mean is a lower bound: with a longer budget it could only grow.",
    ),
    Exercise(
        id="hinge-or-crossentropy-3",
        solution=rate_and_result,
        draw=_draw_grid,
        hints=(
            "Rows are rates. The mean of each row of `tuning` says how good a rate is.",
            "`best = tuning.mean(axis=1).argmin()` is its row.",
            "Report `rates[best]` and the mean of `fresh[best]`.",
        ),
        mistakes=(
            Mistake(
                lambda rates, tuning, fresh: (
                    rates[fresh.mean(axis=1).argmin()],
                    fresh.mean(axis=1).min(),
                ),
                "You chose by the runs that you report. The best of several noisy "
                "means is partly luck, so the report is too good.",
                misconception="test-set-may-be-asked-again",
            ),
            Mistake(
                lambda rates, tuning, fresh: (
                    rate_and_result(rates, tuning, fresh)[0],
                    tuning.mean(axis=1).min(),
                ),
                "The rate is right. You report the runs that chose it, and they were "
                "chosen for being good: report the fresh ones.",
                misconception="test-set-may-be-asked-again",
            ),
            Mistake(
                lambda rates, tuning, fresh: (
                    rates[tuning.min(axis=1).argmin()],
                    fresh[tuning.min(axis=1).argmin()].mean(),
                ),
                "You chose the rate of the luckiest single run. Take the mean of each "
                "row.",
                misconception="one-run-proves-it",
            ),
            Mistake(
                _by_all_runs_together,
                "You used all runs both to choose and to report. Fresh runs must not "
                "take part in the choice.",
                misconception="test-set-may-be-asked-again",
            ),
            Mistake(
                lambda rates, tuning, fresh: (
                    rates[tuning.mean(axis=1).argmax()],
                    fresh[tuning.mean(axis=1).argmax()].mean(),
                ),
                "You took the rate with the most updates. Fewer are better: `argmin`.",
            ),
            Mistake(
                lambda rates, tuning, fresh: (
                    tuning.mean(axis=1).argmin(),
                    rate_and_result(rates, tuning, fresh)[1],
                ),
                "The first number is the row. Asked for is the rate in it.",
            ),
            Mistake(
                lambda rates, tuning, fresh: (
                    rate_and_result(rates, tuning, fresh)[0],
                    fresh[tuning.mean(axis=1).argmin()].min(),
                ),
                "The rate is right. You report its luckiest fresh run; report the "
                "mean.",
                misconception="best-test-score-is-true",
            ),
        ),
        right="Another rate did better on the fresh runs. To know that you had to look "
        "at them, and then they are no longer fresh.",
    ),
    Exercise(
        id="hinge-or-crossentropy-4",
        solution=ratio_interval,
        draw=_draw_pairs,
        hints=(
            "`a[chosen]` has a row for each draw: the updates of the drawn runs.",
            "Take the mean of each row, for `a` and for `b`, and divide.",
            "`np.quantile(ratios, [0.025, 0.975])` leaves 2.5 % outside on each side.",
        ),
        mistakes=(
            Mistake(
                lambda a, b, chosen: _quantiles((a / b)[chosen].mean(axis=1)),
                "You averaged the ratios of single runs, which lets a few quick runs "
                "of `b` rule. Divide the mean of `a` by the mean of `b`.",
                misconception="means-mix-freely",
            ),
            Mistake(
                lambda a, b, chosen: ratio_interval(b, a, chosen),
                "This is `b` over `a`.",
            ),
            Mistake(
                lambda a, b, chosen: _quantiles(
                    a[chosen].mean(axis=1) / b[chosen[::-1]].mean(axis=1)
                ),
                "You drew other runs for `b` than for `a`. They belong together: equal "
                "seeds begin with equal weights, and that luck cancels.",
            ),
            Mistake(
                lambda a, b, chosen: _quantiles((a - b)[chosen].mean(axis=1)),
                "This is the interval of the difference. Asked for is the ratio.",
            ),
            Mistake(
                lambda *pairs: _interval(*pairs, low=0.05, high=0.95),
                "With 5 % outside on each side this is a 90 % interval.",
            ),
            Mistake(
                lambda a, b, chosen: _quantiles(a / b),
                "This is where the single runs lie. Asked for is how sure you are of "
                "the ratio of the means.",
                misconception="spread-is-uncertainty",
            ),
            Mistake(
                lambda *pairs: _interval(*pairs, axis=0),
                "Rows are draws: take the mean along `axis=1`.",
                misconception="rows-and-columns-swapped",
            ),
            Mistake(
                lambda *pairs: _interval(*pairs, low=0, high=1),
                "From the smallest to the largest ratio: with more draws this grows "
                "without end. Leave out 2.5 % on each side.",
            ),
        ),
        right="If the interval holds 1, these runs do not tell which loss is quicker.",
    ),
    Exercise(
        id="hinge-or-crossentropy-5",
        solution=platt_scaling,
        draw=_draw_scores,
        # How closely a solver stops is its own choice.
        tolerance=1e-3,
        hints=(
            "A logistic regression has a table of features. Here it has one column: "
            "`scores[:, None]`.",
            "`LogisticRegression().fit(scores[:, None], labels)`.",
            "`predict_proba(new_scores[:, None])` has a column for each class. Class 1 "
            "is the second.",
        ),
        mistakes=(
            Mistake(
                lambda s, y, new: 1 / (1 + np.exp(-new)),
                "This is the sigmoid of the score itself. Platt scaling learns from "
                "held-out labels how steep the sigmoid is and where its middle lies.",
                misconception="hinge-is-a-probability",
            ),
            Mistake(
                lambda s, y, new: 1 - platt_scaling(s, y, new),
                "This is the probability of class 0, the first column.",
            ),
            Mistake(
                lambda s, y, new: _fitted(s, y).predict(new[:, None]),
                "`predict` gives classes. Asked for are probabilities: "
                "`predict_proba`.",
            ),
            Mistake(
                lambda s, y, new: _fitted(s, y).predict_proba(new[:, None]),
                "These are both columns. Asked for is the probability of class 1, "
                "`[:, 1]`.",
            ),
            Mistake(
                lambda s, y, new: np.clip((new - s.min()) / np.ptp(s), 0, 1),
                "A score in the middle of the range is not half likely. Let the labels "
                "say how often class 1 occurs at each score.",
                misconception="hinge-is-a-probability",
            ),
            Mistake(
                lambda s, y, new: platt_scaling(s, y, s),
                "You fitted and predicted on the same scores. Predict `new_scores`.",
            ),
            Mistake(
                lambda s, y, new: np.clip((new + 1) / 2, 0, 1),
                "(s + 1) / 2 reads the best score of the *squared* hinge. It uses no "
                "held-out labels, and no other loss gives such a score.",
                misconception="hinge-is-a-probability",
            ),
        ),
        right="Where held-out scores separate the classes, the steepest sigmoid fits "
        "best, and only scikit-learn's price on large weights, `C`, stops it. So on "
        "the circles the probabilities would tell more about `C` than about the data.",
    ),
)
