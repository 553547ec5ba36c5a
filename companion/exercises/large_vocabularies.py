"""The exercises of the chapter on large vocabularies."""

import math

import numpy as np

from . import Exercise, Mistake


def gigabytes_of_logits():
    """Take four bytes for each token and class."""
    tokens = 32 * 512
    return 4 * tokens * 32_000 / 1e9


def largest_chunk(budget, inputs, classes):
    """Take off the gradient of the kernel; divide the rest among the rows."""
    gradient = 4 * inputs * classes
    row = 2 * 4 * classes
    return max(0, (budget - gradient) // row)


def _draw_budget(rng):
    inputs, classes = (int(size) for size in rng.integers([20, 500], [90, 4_000]))
    row = 8 * classes
    chunks = int(rng.integers(40, 200))
    # The first byte of the next row is missing, so that rounding up shows.
    return 4 * inputs * classes + row * chunks + row - 1, inputs, classes


def losses_by_classes(hidden, kernel, bias, labels, size):
    """Carry the largest logit on, and the sum of exponentials below it."""
    tokens, classes = np.arange(len(labels)), kernel.shape[1]
    top, total = np.full(len(labels), -np.inf), np.zeros(len(labels))
    for start in range(0, classes, size):
        columns = slice(start, start + size)
        z = hidden @ kernel[:, columns] + bias[columns]
        higher = np.maximum(top, z.max(axis=1))
        total *= np.exp(top - higher)  # what there is, below the new top
        total += np.exp(z - higher[:, None]).sum(axis=1)
        top = higher
    own = (hidden[tokens] * kernel[:, labels].T).sum(axis=1) + bias[labels]
    return top + np.log(total) - own


def _draw_layer(rng):
    hidden, kernel = rng.normal(size=(4, 3)), rng.normal(size=(3, 11))
    bias, labels = rng.normal(size=11), rng.integers(11, size=4)
    # Large enough to overflow where the largest logit is not taken out.
    return 400 * hidden, kernel, bias, labels, int(rng.integers(2, 5))


def _logits(hidden, kernel, bias, labels):
    z = hidden @ kernel + bias
    return z, z[np.arange(len(labels)), labels]


def _by_chunk(z, size):
    return np.split(z, range(size, z.shape[1], size), axis=1)


def _log_sum_exp(z):
    top = z.max(axis=1)
    return top + np.log(np.exp(z - top[:, None]).sum(axis=1))


def _overflows(hidden, kernel, bias, labels, size):
    z, own = _logits(hidden, kernel, bias, labels)
    return np.log(np.exp(z).sum(axis=1)) - own


def _sum_not_rescaled(hidden, kernel, bias, labels, size):
    z, own = _logits(hidden, kernel, bias, labels)
    top, total = np.full(len(z), -np.inf), np.zeros(len(z))
    for part in _by_chunk(z, size):
        top = np.maximum(top, part.max(axis=1))
        total += np.exp(part - top[:, None]).sum(axis=1)
    return top + np.log(total) - own


def _logarithms_added(hidden, kernel, bias, labels, size):
    z, own = _logits(hidden, kernel, bias, labels)
    return sum(map(_log_sum_exp, _by_chunk(z, size))) - own


def _last_chunk_alone(hidden, kernel, bias, labels, size):
    z, own = _logits(hidden, kernel, bias, labels)
    return _log_sum_exp(_by_chunk(z, size)[-1]) - own


def sampled_loss(own, label, scores, candidates, q):
    """Divide each exponential by how often its class is expected, and add."""
    counts = len(candidates) * q[candidates]
    others = candidates != label
    total = np.exp(own) + (np.exp(scores) / counts)[others].sum()
    return np.log(total) - own


def _draw_candidates(rng):
    q = rng.dirichlet(np.full(12, 2.0))
    label = int(rng.integers(12))
    # The label is among the candidates, so that a forgotten hit shows.
    candidates = rng.permutation([label, *rng.integers(12, size=5)])
    logits = rng.normal(size=12)
    return float(logits[label]), label, logits[candidates], candidates, q


def _uncorrected(own, label, scores, candidates, q):
    total = np.exp(own) + np.exp(scores)[candidates != label].sum()
    return np.log(total) - own


def _with_scores(corrected):
    def loss(own, label, scores, candidates, q):
        scores = corrected(scores, len(candidates), q[candidates])
        return _uncorrected(own, label, scores, candidates, q)

    return loss


def _hits_counted(own, label, scores, candidates, q):
    corrected = scores - np.log(len(candidates) * q[candidates])
    return np.log(np.exp(own) + np.exp(corrected).sum()) - own


def _own_class_missing(own, label, scores, candidates, q):
    corrected = scores - np.log(len(candidates) * q[candidates])
    return np.log(np.exp(corrected)[candidates != label].sum()) - own


def smallest_chunk(rate, bandwidth, share):
    """Compare the two times: the sizes of the kernel cancel."""
    moving = 2 * 4 / bandwidth  # seconds, for each number of the kernel
    operations = 6 / rate  # seconds, for each of them and each token
    return math.ceil(moving / (share * operations))


def _draw_machine(rng):
    rate, bandwidth = rng.uniform(3e10, 3e11), rng.uniform(5e9, 3e10)
    return float(rate), float(bandwidth), float(rng.uniform(0.02, 0.2))


def _chunk(rate, bandwidth, share, *, moved=8, flop=6):
    return math.ceil(moved * rate / (flop * share * bandwidth))


EXERCISES = (
    Exercise(
        id="large-vocabularies-1",
        solution=gigabytes_of_logits,
        hints=(
            "Every token of every text has a row of logits. How many rows are there?",
            "32 * 512 rows, 32,000 columns, and each number takes 4 bytes.",
        ),
        mistakes=(
            Mistake(
                lambda: 32 * 512 * 32_000 / 1e9,
                "You counted the numbers. Each of them takes 4 bytes.",
                misconception="numbers-are-bytes",
            ),
            Mistake(
                lambda: 8 * 32 * 512 * 32_000 / 1e9,
                "That is twice as much: the bytes of float64, or of the logits and "
                "their gradient. Asked for is one array of float32.",
            ),
            Mistake(
                lambda: 4 * 32 * 32_000 / 1e9,
                "You took one row of logits for each text. There is one for each of "
                "its tokens.",
            ),
            Mistake(
                lambda: 4 * 512 * 32_000 / 1e9,
                "These are the logits of one text of the 32.",
            ),
            Mistake(
                lambda: 4 * 32 * 512 * 32_000 / 1e6,
                "That is in megabytes. Divide by 1,000.",
            ),
            Mistake(
                lambda: 4 * 32 * 512 * 32_000 / 2**30,
                "You divided by 2 to the power 30. That is a gibibyte; a gigabyte "
                "here has 10 to the power 9 bytes.",
            ),
        ),
        right="Two gigabytes, for one array of that shape.",
    ),
    Exercise(
        id="large-vocabularies-2",
        solution=largest_chunk,
        draw=_draw_budget,
        hints=(
            "First take from the budget what does not depend on the chunk: the "
            "gradient of the kernel, with 4 bytes for each of its numbers.",
            "A token needs a row in each of two arrays: 2 * 4 * classes bytes.",
            "`a // b` rounds down, and `max(0, ...)` keeps it from going below 0.",
        ),
        mistakes=(
            Mistake(
                lambda budget, d, c: budget // (8 * c),
                "The gradient of the kernel has to fit into the budget too.",
            ),
            Mistake(
                lambda budget, d, c: (budget - 4 * d * c) // (4 * c),
                "You left room for one array of the chunk. There are two.",
            ),
            Mistake(
                lambda budget, d, c: -(-(budget - 4 * d * c) // (8 * c)),
                "You rounded up: the last token no longer fits.",
            ),
            Mistake(
                lambda budget, d, c: (budget - 4 * d * c) / (8 * c),
                "A chunk holds whole tokens: round down.",
            ),
            Mistake(
                lambda budget, d, c: (budget - d * c) // (2 * c),
                "You counted numbers, and the budget is in bytes: 4 for each number.",
                misconception="numbers-are-bytes",
            ),
            Mistake(
                lambda budget, d, c: (budget - 4 * d * c) // (8 * d),
                "A row of a chunk has one number for each class, and not for each "
                "input.",
            ),
        ),
        right="With a chunk as large as the number of inputs, one array of it is as "
        "large as the kernel's gradient.",
    ),
    Exercise(
        id="large-vocabularies-3",
        solution=losses_by_classes,
        draw=_draw_layer,
        hints=(
            "Carry two numbers for each token: the largest logit so far, `top`, and "
            "the sum of `exp(z - top)` so far.",
            "When a chunk brings a larger logit, the sum so far was taken below the "
            "old top. Multiply it by `exp(old - new)`.",
            "At the end the log-sum-exp is `top + log(total)`. The logit of the label "
            "needs only the label's column of the kernel.",
        ),
        mistakes=(
            Mistake(
                _overflows,
                "The exponential of a large logit overflows. Take the largest logit "
                "out of the sum first.",
                misconception="same-formula-same-program",
            ),
            Mistake(
                _sum_not_rescaled,
                "When the largest logit grows, the sum so far still belongs to the "
                "old one. Multiply it by `exp(old - new)`.",
            ),
            Mistake(
                _logarithms_added,
                "You added the log-sum-exp of the chunks. The sums have to be added, "
                "and the logarithm taken of the result.",
                misconception="log-of-a-product-is-a-product",
            ),
            Mistake(
                _last_chunk_alone,
                "This is the log-sum-exp of the last chunk. Carry on what the chunks "
                "before it gave.",
            ),
            Mistake(
                lambda hidden, kernel, bias, labels, size: losses_by_classes(
                    hidden, kernel, 0 * bias, labels, size
                ),
                "The bias belongs to every logit, also to the own one.",
                misconception="biases-do-not-count",
            ),
            Mistake(
                lambda *layer: _log_sum_exp(_logits(*layer[:-1])[0]),
                "This is the log-sum-exp. The loss is that minus the logit of the "
                "label.",
            ),
            Mistake(
                lambda *layer: losses_by_classes(*layer).mean(),
                "This is the mean. Return one loss for each token.",
                misconception="loss-is-one-number",
            ),
        ),
        right="The gradient can only begin when all chunks are through, and then it "
        "needs the logits again: four products instead of three. That is the price "
        "of cutting by classes.",
    ),
    Exercise(
        id="large-vocabularies-4",
        solution=sampled_loss,
        draw=_draw_candidates,
        hints=(
            "A class is expected `len(candidates) * q[c]` times among the candidates.",
            "Subtract the logarithm of that number from each score. Leave out the "
            "candidates that equal the label.",
            "The loss is the log-sum-exp of the corrected scores and of `own`, minus "
            "`own`.",
        ),
        mistakes=(
            Mistake(
                _uncorrected,
                "The correction is missing. Frequent classes are drawn often, and "
                "each draw has to count for less.",
            ),
            Mistake(
                _with_scores(lambda scores, n, q: scores + np.log(n * q)),
                "You added the correction. What is drawn often has to count for less: "
                "subtract it.",
            ),
            Mistake(
                _with_scores(lambda scores, n, q: scores - np.log(q)),
                "You divided by the probability of one draw. There are "
                "`len(candidates)` draws, and their sum has to be right, not the sum "
                "of each.",
            ),
            Mistake(
                _with_scores(lambda scores, n, q: scores - n * q),
                "You subtracted the expected count from the logit. Its logarithm has "
                "to be subtracted.",
            ),
            Mistake(
                _hits_counted,
                "The label's own class is among the candidates, and counts twice. "
                "Leave it out there.",
            ),
            Mistake(
                _own_class_missing,
                "The true class belongs to the sum too, with its logit `own`.",
            ),
            Mistake(
                lambda own, label, scores, candidates, q: sampled_loss(
                    own - np.log(len(candidates) * q[label]),
                    label,
                    scores,
                    candidates,
                    q,
                ),
                "You corrected the true class as well. It is always there and was not "
                "drawn, so it stands for itself alone.",
            ),
        ),
        right="On average over the draws the sum is that of all classes.",
    ),
    Exercise(
        id="large-vocabularies-5",
        solution=smallest_chunk,
        draw=_draw_machine,
        hints=(
            "The gradient of the kernel has D * C numbers of 4 bytes. A turn reads "
            "them and writes them: 8 * D * C bytes.",
            "Write both times down: `8 * D * C / bandwidth` and `6 * size * D * C / "
            "rate`. The first has to be at most `share` times the second.",
            "D and C cancel. Solve for `size`, and round up.",
        ),
        mistakes=(
            Mistake(
                lambda *machine: _chunk(*machine, moved=4),
                "You moved the gradient once. A turn reads it and writes it.",
            ),
            Mistake(
                lambda *machine: _chunk(*machine, moved=2),
                "You counted the numbers that are moved. Each of them has 4 bytes.",
                misconception="numbers-are-bytes",
            ),
            Mistake(
                lambda *machine: _chunk(*machine, flop=2),
                "You counted one product. A turn does three: the logits, and the "
                "gradient of each factor.",
                misconception="training-is-the-forward-pass",
            ),
            Mistake(
                lambda *machine: smallest_chunk(*machine) - 1,
                "You rounded down: with that chunk the share is a little too large.",
            ),
            Mistake(
                lambda rate, bandwidth, share: math.ceil(
                    8 * rate * (1 - share) / (6 * share * bandwidth)
                ),
                "You took the share of both times together. Asked for is the share of "
                "the time of the operations.",
            ),
            Mistake(
                lambda rate, bandwidth, share: math.ceil(8 * rate / (6 * bandwidth)),
                "With this chunk, moving takes as long as the operations. It may take "
                "only `share` of that.",
            ),
        ),
        right="It depends on neither the classes nor the inputs, only on the machine: "
        "a fast processor with slow memory needs larger chunks.",
    ),
)
