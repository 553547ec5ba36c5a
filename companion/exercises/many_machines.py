"""The exercises of the chapter on many machines."""

import math

import numpy as np

from . import Exercise, Mistake


def examples_a_device():
    """Divide the batch by all devices of all machines."""
    devices = 4 * 8
    return 1_024 / devices


def mean_of_all(means, counts):
    """Weight each mean by the number of examples behind it."""
    return np.sum(means * counts) / np.sum(counts)


def _draw_shares(rng):
    counts = rng.integers(1, 30, size=4)
    # One share that is far smaller than the others, so that its weight shows.
    counts[int(rng.integers(4))] = 100
    return rng.gamma(2.0, size=4), counts


def larger_training(rate, share, devices, examples):
    """Scale the rate with the batch; the last batch of an epoch may be smaller."""
    return rate * devices, math.ceil(examples / (share * devices))


def _draw_training(rng):
    share, devices = int(rng.integers(5, 40)), int(rng.integers(2, 16))
    # A few examples are left over, so that rounding shows.
    examples = share * devices * int(rng.integers(5, 30)) + int(rng.integers(1, share))
    return float(rng.uniform(0.01, 0.2)), share, devices, examples


def most_devices(seconds, weights, bandwidth, efficiency):
    """Solve for the devices: the exchange costs each of them 2 (D - 1) / D gradients.

    The efficiency is 1 / (1 + 2 (D - 1) e / t), with e the seconds that one gradient
    takes through the network and t those of a step on one device.
    """
    one_gradient = 4 * weights / bandwidth
    more = (1 / efficiency - 1) * seconds / (2 * one_gradient)
    return 1 + math.floor(more)


def _draw_network(rng):
    weights = int(rng.integers(10**5, 10**7))
    bandwidth, efficiency = float(rng.uniform(1e8, 1e9)), float(rng.uniform(0.6, 0.9))
    # Between two whole numbers of devices, so that rounding shows.
    devices = int(rng.integers(3, 40)) + 0.5
    gradients = 2 * devices * 4 * weights / bandwidth
    return gradients / (1 / efficiency - 1), weights, bandwidth, efficiency


EXERCISES = (
    Exercise(
        id="many-machines-1",
        solution=examples_a_device,
        hints=(
            "Across processes all devices are one: how many are there in all?",
            "4 machines with 8 devices each are 32 devices.",
        ),
        mistakes=(
            Mistake(
                lambda: 1_024 / 4,
                "That is the share of a machine. Its 8 devices share it once more.",
            ),
            Mistake(
                lambda: 1_024 / 8,
                "You divided among the devices of one machine. There are four of them.",
            ),
            Mistake(
                lambda: 1_024,
                "`batch_size` counts the examples of all devices together.",
            ),
            Mistake(
                lambda: 1_024 / (4 + 8),
                "You added 4 and 8. Each of the 4 machines has 8 devices.",
            ),
        ),
        right="And each of the 32 devices holds all of the weights.",
    ),
    Exercise(
        id="many-machines-2",
        solution=mean_of_all,
        draw=_draw_shares,
        hints=(
            "The mean of a share times its number of examples is its sum of losses.",
            "Add these sums, and divide by the number of all examples.",
        ),
        mistakes=(
            Mistake(
                lambda means, counts: means.mean(),
                "This is the mean of the means: an example in a small share counts "
                "for more than one in a large share.",
                misconception="means-mix-freely",
            ),
            Mistake(
                lambda means, counts: np.sum(means * counts),
                "This is the sum over all examples. Divide by their number.",
                misconception="mean-and-sum",
            ),
            Mistake(
                lambda means, counts: np.sum(means * counts) / len(means),
                "You divided by the number of devices. Divide by the number of "
                "examples.",
            ),
            Mistake(
                lambda means, counts: np.sum(means / counts) / np.sum(1 / counts),
                "You divided by the counts. A share with more examples has to count "
                "for more.",
            ),
            Mistake(
                lambda means, counts: means.sum(),
                "You added the means. Their weights are missing.",
            ),
        ),
        right="With equal counts this is the mean of the means, which is why the "
        "course asks for batches that divide evenly.",
    ),
    Exercise(
        id="many-machines-3",
        solution=larger_training,
        draw=_draw_training,
        hints=(
            "How many examples has the batch of all devices together?",
            "The batch is `devices` times as large, and so is the learning rate of "
            "the linear rule.",
            "`math.ceil` rounds up: the last, smaller batch is a step too.",
        ),
        mistakes=(
            Mistake(
                lambda rate, share, d, n: (rate, math.ceil(n / (share * d))),
                "With the same rate the weights move as far in a step as before, and "
                "there are fewer steps.",
                misconception="bigger-batch-is-free",
            ),
            Mistake(
                lambda rate, share, d, n: (rate / d, math.ceil(n / (share * d))),
                "You divided the rate. One step stands for several of before, so it "
                "has to be longer.",
            ),
            Mistake(
                lambda rate, share, d, n: (
                    rate * math.sqrt(d),
                    math.ceil(n / (share * d)),
                ),
                "You took the square root. The linear rule, for plain gradient "
                "descent, multiplies by the number of devices itself.",
            ),
            Mistake(
                lambda rate, share, d, n: (rate * d, math.ceil(n / share)),
                "These are the steps of one device. A step of all of them takes "
                "`share * devices` examples.",
            ),
            Mistake(
                lambda rate, share, d, n: (rate * d, n // (share * d)),
                "The examples that are left over make a step too: round up.",
                misconception="last-batch-is-dropped",
            ),
            Mistake(
                lambda rate, share, d, n: (rate * d, n / (share * d)),
                "A step is whole: round up.",
            ),
        ),
        right="Fewer and longer steps, along the same path as long as the rate is "
        "not too large.",
    ),
    Exercise(
        id="many-machines-4",
        solution=most_devices,
        draw=_draw_network,
        hints=(
            "Write down the time of a step on D devices: `seconds / D` for the "
            "arithmetic, and `2 * (D - 1) / D` times `4 * weights / bandwidth`.",
            "The speed-up is `seconds` divided by that time, and the efficiency is the "
            "speed-up divided by D. The D of both fractions cancels.",
            "`1 / efficiency = 1 + 2 * (D - 1) * 4 * weights / (bandwidth * seconds)`. "
            "Solve for D, and round down.",
        ),
        mistakes=(
            Mistake(
                lambda seconds, *network: most_devices(2 * seconds, *network),
                "You let the gradient pass once. In an all-reduce each device sends "
                "nearly two gradients: one to form the sum, one to spread it.",
            ),
            Mistake(
                lambda seconds, *network: most_devices(4 * seconds, *network),
                "You sent one byte for each weight. A float32 number has 4.",
                misconception="numbers-are-bytes",
            ),
            Mistake(
                lambda *network: 1 + most_devices(*network),
                "That is one device too many: with it the efficiency is below what "
                "was asked for.",
            ),
            Mistake(
                lambda *network: most_devices(*network) + 0.5,
                "Devices are whole: round down.",
            ),
            Mistake(
                lambda *network: most_devices(*network) - 1,
                "You solved for D - 1. The first device exchanges nothing.",
            ),
            Mistake(
                lambda seconds, weights, bandwidth, efficiency: (
                    1
                    + math.floor((1 - efficiency) * seconds * bandwidth / (8 * weights))
                ),
                "You took `1 - efficiency`. The time of a step grows by "
                "`1 / efficiency - 1`.",
            ),
        ),
        right="Large batches and fast networks allow for more devices; more weights "
        "for the same arithmetic allow for fewer.",
    ),
)
