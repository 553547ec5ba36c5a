"""The exercises of the chapter on faster training."""

import math

from . import Exercise, Mistake


def share_and_limit():
    """Divide what disappears by the whole; what stays limits the gain."""
    with_fit, in_one_program = 2.5, 0.1  # milliseconds
    share = (with_fit - in_one_program) / with_fit
    limit = 1 / (1 - 0.5)
    return share, limit


def break_even():
    """Divide what compiling costs more by what each step saves."""
    extra_to_begin = 3.2 - 1.2  # seconds
    saved_a_step = 2.0e-3 - 0.1e-3
    return math.ceil(extra_to_begin / saved_a_step)


def crossings(n, batch_size, steps_per_execution, epochs):
    """Round up twice, since neither batches nor executions wait for the next epoch."""
    steps = -(-n // batch_size)
    executions = -(-steps // steps_per_execution)
    return epochs * executions


def _draw_settings(rng):
    steps_per_execution, batch_size = rng.integers(3, 7), rng.integers(4, 10)
    # Full batches that fill their executions, or leave one over: that tells apart
    # where an answer rounds.
    full = steps_per_execution * rng.integers(2, 6) + rng.integers(0, 2)
    n = full * batch_size + rng.integers(1, batch_size)
    settings = (n, batch_size, steps_per_execution, rng.integers(2, 6))
    return tuple(int(value) for value in settings)


def fair_comparison():
    """Take the same work, in turns, waited for, with compiling apart, by medians."""
    return "D"


def width_without_gain(crossing, program, batch_size, rate):
    """Widen the network until one program gains less than a factor of 2."""
    width, gain = 0, math.inf
    while gain >= 2:
        width += 1
        weights = width**2 + 5 * width + 1
        arithmetic = 6 * weights * batch_size / rate  # seconds
        gain = (crossing + arithmetic) / (program + arithmetic)
    return width


def _draw_machine(rng):
    crossing, program = rng.uniform(1e-3, 4e-3), rng.uniform(5e-5, 2e-4)
    batch_size, rate = int(rng.integers(5, 40)), rng.uniform(2e10, 9e10)
    return float(crossing), float(program), batch_size, float(rate)


def _width(
    arithmetic=lambda crossing, program: crossing - 2 * program,
    *,
    examples=None,
    flop=6,
    linear=5,
    constant=1,
):
    """Return what finds the smallest width whose arithmetic takes more seconds."""

    def width(crossing, program, batch_size, rate):
        seconds = arithmetic(crossing, program)
        weights = seconds * rate / (flop * (examples or batch_size))
        root = math.sqrt(linear**2 / 4 - constant + weights)
        return math.floor(root - linear / 2) + 1

    return width


def _weights_instead_of_width(crossing, program, batch_size, rate):
    width = width_without_gain(crossing, program, batch_size, rate)
    return width**2 + 5 * width + 1


EXERCISES = (
    Exercise(
        id="faster-training-1",
        solution=share_and_limit,
        hints=(
            "Take all of the 0.1 ms as the part that has to be done. The rest of the "
            "2.5 ms is overhead.",
            "The share is the overhead divided by the whole step.",
            "If half of a step is overhead, the other half stays even when all "
            "overhead is gone. How often does that half fit into the whole?",
        ),
        mistakes=(
            Mistake(
                lambda: (0.04, 2.0),
                "The second number is right. The first is the share that stays: the "
                "overhead is the other part.",
            ),
            Mistake(
                lambda: (25.0, 2.0),
                "The second number is right. 25 is how many times faster the step "
                "became. A share lies between 0 and 1.",
            ),
            Mistake(
                lambda: (2.4, 2.0),
                "The second number is right. 2.4 is the overhead in milliseconds: "
                "divide it by the whole step.",
            ),
            Mistake(
                lambda: (96.0, 2.0),
                "The second number is right. 96 % is right, too: give it as a share, "
                "a number between 0 and 1.",
            ),
            Mistake(
                lambda: (0.96, 1.5),
                "The share is right. If half of the time is left, the same work is "
                "done twice in the time it took before.",
            ),
            Mistake(
                lambda: (0.96, math.inf),
                "The share is right. Only the overhead can vanish: the other half of "
                "the step stays, and it limits the gain.",
            ),
            Mistake(
                lambda: (0.96, 25.0),
                "The share is right. 25 is the gain of the first network. In the "
                "second, half of each step stays.",
                misconception="gains-carry-over",
            ),
        ),
        right="With a share of 0.96 the limit is 25, and with 0.5 it is 2: measure "
        "the share before you set out to remove it.",
    ),
    Exercise(
        id="faster-training-2",
        solution=break_even,
        tolerance=0.0,
        hints=(
            "Write down the time of each way for a number of steps: what it costs to "
            "begin, plus the steps times the time of a step.",
            "One program begins 2.0 s later than `fit`, and wins back 1.9 ms in each "
            "step. Mind the units.",
            "2.0 / 0.0019 = 1052.6, and the number of steps is whole.",
        ),
        mistakes=(
            Mistake(
                lambda: (3.2 - 1.2) / (2.0e-3 - 0.1e-3),
                "There the two take equally long, and steps are whole: round up.",
            ),
            Mistake(
                lambda: 1052,
                "After 1,052 steps `fit` is still ahead, by a millisecond. Round up.",
            ),
            Mistake(
                lambda: 1685,
                "`fit` has to begin too, and needs 1.2 s for that. Only what "
                "compiling costs more has to be won back.",
            ),
            Mistake(
                lambda: 1000,
                "A step in the program is not free. A step saves 1.9 ms, not 2.0.",
            ),
            Mistake(
                lambda: 1600,
                "You took all of the 3.2 s and all of the 2.0 ms. `fit` needs 1.2 s "
                "to begin, and the program 0.1 ms for a step.",
            ),
            Mistake(
                lambda: 2316,
                "You added the two beginnings. Their difference has to be won back.",
            ),
            Mistake(
                lambda: 20,
                "20 is how many times faster a step is. Asked for is the number of "
                "steps after which the later start is won back.",
            ),
            Mistake(
                lambda: 1.053, "Bring both times to the same unit: 1.9 ms are 0.0019 s."
            ),
        ),
        right="With 120 steps an epoch that is the ninth epoch. For a shorter run, "
        "compiling does not pay.",
    ),
    Exercise(
        id="faster-training-3",
        solution=crossings,
        draw=_draw_settings,
        hints=(
            "First count the steps of one epoch. A smaller last batch is a step too.",
            "Then group these steps into executions. A smaller last group is a "
            "crossing too, because the next epoch begins with a new one.",
            "`-(-a // b)` is a / b, rounded up.",
        ),
        mistakes=(
            Mistake(
                lambda n, batch, group, epochs: epochs * -(-n // batch),
                "You count the steps. Python is crossed once for each group of "
                "`steps_per_execution` steps.",
            ),
            Mistake(
                lambda n, batch, group, epochs: -(-epochs * -(-n // batch) // group),
                "You let a group of steps run on into the next epoch. `fit` comes "
                "back to Python at the end of each epoch, so round up in each.",
            ),
            Mistake(
                lambda n, batch, group, epochs: epochs * -(-(n // batch) // group),
                "You drop the smaller last batch of an epoch. It is a step of its "
                "own, and may need a crossing of its own.",
                misconception="last-batch-is-dropped",
            ),
            Mistake(
                lambda n, batch, group, epochs: epochs * (-(-n // batch) // group),
                "You drop the last group of an epoch where it is not full. Its steps "
                "are done too, in one more crossing.",
                misconception="last-batch-is-dropped",
            ),
            Mistake(
                lambda n, batch, group, epochs: crossings(n, batch, group, 1),
                "These are the crossings of one epoch.",
            ),
            Mistake(
                lambda n, batch, group, epochs: epochs * -(-n // group),
                "You group the examples. A step takes a batch of them: divide by "
                "`batch_size` first.",
            ),
            Mistake(
                lambda n, batch, group, epochs: epochs * -(-n // batch) / group,
                "A part of a group is a crossing too: round the number of groups in "
                "an epoch up.",
            ),
        ),
        right="One program an epoch is the case in which all steps of an epoch form "
        "one group: as many crossings as epochs.",
    ),
    Exercise(
        id="faster-training-4",
        solution=fair_comparison,
        hints=(
            "Ask of each: is it the same work? the same machine, at the same time? is "
            "what happens once kept apart? did the clock wait for the result?",
            "Two of them compare different things, one hides what happens once, one "
            "picks its numbers, and one stops the clock too early.",
        ),
        mistakes=(
            Mistake(
                lambda: "A",
                "A first call compiles. Its time belongs in the report, apart from "
                "the time of a step: here it hides nearly all of the difference.",
            ),
            Mistake(
                lambda: "B",
                "Two machines on two days: the ratio tells you about the machines.",
            ),
            Mistake(
                lambda: "C",
                "Measured with care, but not the same work: with larger batches an "
                "epoch has fewer steps and ends at other weights.",
                misconception="bigger-batch-is-free",
            ),
            Mistake(
                lambda: "E",
                "The slowest time of one against the fastest of the other: chance has "
                "been added to the ratio. Take the same statistic of both.",
            ),
            Mistake(
                lambda: "F",
                "JAX returns a promise and computes on. The clock must wait for the "
                "result, with `block_until_ready`.",
            ),
        ),
        right="Same work, and proof of it; one run, in turns; compiling apart; the "
        "same statistic of both.",
    ),
    Exercise(
        id="faster-training-5",
        solution=width_without_gain,
        draw=_draw_machine,
        hints=(
            "Write a function for the number of weights of a width: 3 for each unit "
            "of the first layer, width + 1 for each of the second, width + 1 for the "
            "output. Together `width**2 + 5 * width + 1`.",
            "The arithmetic takes `6 * weights * batch_size / rate` seconds, in both "
            "ways. The gain is the time of one way divided by that of the other.",
            "Try one width after the other until the gain is below 2. Or solve "
            "`arithmetic > crossing - 2 * program` for the width.",
        ),
        mistakes=(
            Mistake(
                _width(lambda crossing, program: crossing),
                "You took a step of the program as arithmetic alone. It needs "
                "`program` seconds as well, which lowers the gain.",
            ),
            Mistake(
                _width(lambda crossing, program: crossing - program),
                "Your width is where the arithmetic equals the saving, "
                "`crossing - program`. The gain is 2 where `crossing + arithmetic` is "
                "twice `program + arithmetic`.",
            ),
            Mistake(
                _width(flop=2),
                "You counted 2 operations for a weight: that is the forward pass. The "
                "gradients take 4 more.",
                misconception="training-is-the-forward-pass",
            ),
            Mistake(
                _width(examples=1),
                "You counted one example. A step computes on `batch_size` of them.",
            ),
            Mistake(
                _width(linear=0, constant=0),
                "Close: you counted the matrix between the two layers alone. There "
                "are `width**2 + 5 * width + 1` weights.",
            ),
            Mistake(
                _width(linear=3, constant=0),
                "Nearly: you left the biases out. With them there are "
                "`width**2 + 5 * width + 1` weights.",
                misconception="biases-do-not-count",
            ),
            Mistake(
                _weights_instead_of_width,
                "This is the number of weights. Asked for is the width.",
            ),
            Mistake(
                lambda *machine: width_without_gain(*machine) - 1,
                "One less: this is the last width whose gain is at least 2. Asked for "
                "is the first below.",
            ),
        ),
        right="A larger batch moves the width down: it is the work of a step that "
        "counts, not the number of weights.",
    ),
)
