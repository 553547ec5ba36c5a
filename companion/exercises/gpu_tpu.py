"""The exercises of the chapter on GPUs and TPUs."""

import math

from . import Exercise, Mistake


def share_and_speed():
    """Divide the rate of the step by the rate of the product."""
    operations, seconds, roof = 3.32e11, 0.020, 50e12
    share = operations / seconds / roof
    characters = 128 * 100 / seconds
    return share, characters


def layers_with_cudnn():
    """Keep tanh, the sigmoid, the bias, the loop, and the states without dropout."""
    return "AD"


def smallest_loss(bits):
    """Take the probability one step below 1."""
    below_one = 1 - 2.0 ** -(bits + 1)
    return -math.log(below_one)


def _draw_bits(rng):
    return (int(rng.integers(3, 11)),)


def time_step(seconds, examples, batch_size, window):
    """Divide an epoch by its steps, and a step by its time steps."""
    steps = -(-examples // batch_size)
    return seconds / steps / window * 1e6


def _draw_epoch(rng):
    batch_size = int(rng.integers(16, 200))
    # Not a multiple, so that the smaller last batch counts.
    examples = batch_size * int(rng.integers(4, 12)) + int(rng.integers(1, batch_size))
    return float(rng.uniform(1, 200)), examples, batch_size, int(rng.integers(20, 600))


def batch_to_fill(rate, latency, units):
    """Find where the arithmetic of a time step outlasts its waiting."""
    weights = 16 * units**2 + 256 * units
    arithmetic = 6 * weights / rate  # seconds for one example
    waiting = 4 * latency  # two layers, there and back
    return math.floor(waiting / arithmetic) + 1


def _draw_device(rng):
    rate, latency = rng.uniform(2e13, 5e14), rng.uniform(2e-6, 1e-5)
    return float(rate), float(latency), int(rng.integers(64, 1024))


def _batch(rate, latency, units, *, hidden=16, last=256, flop=6, waits=4):
    weights = hidden * units**2 + last * units
    return math.floor(waits * latency * rate / (flop * weights)) + 1


EXERCISES = (
    Exercise(
        id="gpu-tpu-1",
        solution=share_and_speed,
        hints=(
            "How many operations a second does the step do? Set that beside the 50 "
            "trillion of the product.",
            "3.32e11 operations in 0.020 s are 1.66e13 a second. And a step works "
            "off a whole batch of windows, each with 100 characters.",
        ),
        mistakes=(
            Mistake(
                lambda: (50e12 / (3.32e11 / 0.020), 640_000.0),
                "The second number is right. The first is how many times faster the "
                "product is: the share is its inverse.",
            ),
            Mistake(
                lambda: (33.2, 640_000.0),
                "The second number is right. 33.2 % is right, too: give it as a share, "
                "a number between 0 and 1.",
            ),
            Mistake(
                lambda: (0.332, 6_400.0),
                "The share is right. 6,400 are the windows a second, and each window "
                "has 100 characters.",
            ),
            Mistake(
                lambda: (0.332, 50.0),
                "The share is right. 50 are the steps a second. How many characters "
                "does one step work off?",
            ),
            Mistake(
                lambda: (0.332, 640.0),
                "The share is right. 640 are the characters a millisecond.",
            ),
        ),
        right="A third of the roof is a good value for a recurrent network on a fast "
        "chip: the TPU of 2018 did 9 % of its rating in this chapter.",
    ),
    Exercise(
        id="gpu-tpu-2",
        solution=layers_with_cudnn,
        hints=(
            "cuDNN's program is fixed: the usual functions, biases, and a loop that "
            "no one reaches into. What changes something inside the loop?",
            "Dropout of the inputs is over before the loop begins. Dropout of the "
            "states acts inside it.",
        ),
        mistakes=(
            Mistake(
                lambda: "A",
                "A is right, and there is one more. `dropout` acts on the inputs, "
                "before the loop.",
            ),
            Mistake(
                lambda: "ABD",
                "A and D are right. cuDNN computes tanh and nothing else in that "
                "place, so B leaves its path.",
            ),
            Mistake(
                lambda: "ACD",
                "A and D are right. `recurrent_dropout` acts on the states between "
                "two time steps, inside the loop that cuDNN does not open.",
            ),
            Mistake(
                lambda: "ADE",
                "A and D are right. `unroll=True` replaces the loop by one copy of "
                "the cell for each time step, so there is no loop for cuDNN to run.",
            ),
            Mistake(
                lambda: "ADF", "A and D are right. cuDNN's path asks for the biases."
            ),
            Mistake(
                lambda: "ABCDEF",
                "All six train, and that is the trap: four of them leave cuDNN's path "
                "without a word. Look at the table of the conditions.",
                misconception="keras-would-say-so",
            ),
        ),
        right="None of the other four says so: they train, only more slowly.",
    ),
    Exercise(
        id="gpu-tpu-3",
        solution=smallest_loss,
        draw=_draw_bits,
        hints=(
            "The loss is smallest for the largest probability below 1. Which number "
            "is that?",
            "Between 1/2 and 1 the numbers lie half as far apart as between 1 and 2.",
            "For bfloat16, with 7 bits, the number is 1 - 1/256.",
        ),
        mistakes=(
            Mistake(
                lambda bits: -math.log(1 - 2.0**-bits),
                "That is the step above 1. Below 1 the numbers lie twice as close.",
            ),
            Mistake(
                lambda bits: -math.log(1 - 2.0 ** -(bits + 2)),
                "That is where a probability begins to be rounded to 1. Asked for is "
                "the loss of the next number that the format has.",
            ),
            Mistake(
                lambda bits: 2.0 ** -(bits + 1),
                "That is the distance from 1. The loss is minus the logarithm of the "
                "probability: close to it, and not the same.",
                misconception="loss-is-what-is-missing",
            ),
            Mistake(
                lambda bits: (bits + 1) * math.log(2),
                "That is the loss of the probability 2 to the power -(bits + 1), which "
                "is close to 0. Which probability has the smallest loss?",
                misconception="minus-log-rises",
            ),
            Mistake(
                lambda bits: -math.log2(1 - 2.0 ** -(bits + 1)),
                "That is the loss in bits. This course counts in nats: use the natural "
                "logarithm.",
                misconception="bits-for-nats",
            ),
        ),
        right="With 7 bits it is 0.0039, with float16's 10 bits 0.00049, and with "
        "float32's 23 bits 6e-8.",
    ),
    Exercise(
        id="gpu-tpu-4",
        solution=time_step,
        draw=_draw_epoch,
        hints=(
            "First divide the epoch by the number of its training steps. A smaller "
            "last batch is a step too.",
            "Then divide a training step by the time steps of a window, and mind the "
            "unit.",
        ),
        mistakes=(
            Mistake(
                lambda seconds, n, batch, window: seconds / (n / batch) / window * 1e6,
                "The last batch is smaller, but the recurrent layer takes as many time "
                "steps for it as for a full one: round the number of batches up.",
            ),
            Mistake(
                lambda seconds, n, batch, window: seconds / (n // batch) / window * 1e6,
                "The smaller last batch is trained on too: round up, not down.",
                misconception="last-batch-is-dropped",
            ),
            Mistake(
                lambda seconds, n, batch, window: seconds / n / window * 1e6,
                "The examples of a batch go through a time step together: divide by "
                "the number of batches, not of examples.",
            ),
            Mistake(
                lambda seconds, n, batch, window: time_step(seconds, n, batch, 1),
                "That is a whole training step. It has as many time steps as the "
                "window is long.",
            ),
            Mistake(
                lambda *epoch: time_step(*epoch) / 1e6,
                "That is in seconds: a second has 1e6 microseconds.",
            ),
            Mistake(
                lambda *epoch: time_step(*epoch) / 1e3,
                "That is in milliseconds: a millisecond has 1,000 microseconds.",
            ),
        ),
        right="Seconds an epoch hide the batch. Microseconds a time step show what the "
        "device waits for.",
    ),
    Exercise(
        id="gpu-tpu-5",
        solution=batch_to_fill,
        draw=_draw_device,
        hints=(
            "Write down both times of a whole training step: the arithmetic of the "
            "batch, and the waiting. The length of the window is a factor of both.",
            "For one time step: 6 operations for each weight and example, with "
            "16 units**2 + 256 units weights, against 4 products that wait.",
            "Divide the waiting by the arithmetic of one example. The answer is the "
            "next whole number above it.",
        ),
        mistakes=(
            Mistake(
                lambda *device: _batch(*device, flop=2),
                "You counted 2 operations for each weight, the way there. The way back "
                "takes 4 more.",
                misconception="training-is-the-forward-pass",
            ),
            Mistake(
                lambda *device: _batch(*device, waits=2),
                "You counted the waiting of the way there. The way back waits as "
                "often.",
                misconception="training-is-the-forward-pass",
            ),
            Mistake(
                lambda *device: _batch(*device, waits=1),
                "A time step waits four times: two layers, there and back.",
            ),
            Mistake(
                lambda *device: _batch(*device, hidden=8, waits=2),
                "The network has two LSTM layers, with the weights and the waiting "
                "of both.",
            ),
            Mistake(
                lambda *device: _batch(*device, hidden=8),
                "Both LSTM layers have weights: 8 units**2 each.",
            ),
            Mistake(
                lambda *device: _batch(*device, last=0),
                "The last layer has weights too: from `units` to 256 characters.",
            ),
            Mistake(
                lambda *device: batch_to_fill(*device) - 1,
                "At that batch size the waiting still takes longer: one more.",
            ),
        ),
        right="The window is no part of the answer: a longer one has more of both.",
    ),
)
