"""A private bank of tasks: change it, and keep it where students cannot read it.

Keep this file outside the course's repository and its forks, for example in a private
repository, under the name of its chapter: ``entropy.py`` for the chapter ``entropy``.
Pass it, or its folder, to both commands:

    python -m companion assign entropy --seed 20261130 --out handout --bank entropy.py
    python -m companion grade submissions --seed 20261130 --bank entropy.py

Both commands run this file, so use no bank that you have not read. Between the two,
keep ``draw``, the points and the order of the tasks as they are. A question's wording,
a solution, a message or a tolerance may change; then grade again.

Every function below gets what ``draw`` returned, arrays as lists. The public bank, in
the folder ``bank`` of this package, has a task of each kind: ``value``, ``predict``,
``bug``, ``explain``.
"""

import numpy as np

from companion.assignments import Mistake, Task


def draw_counts(rng: np.random.Generator) -> tuple:
    """Draw the numbers of the first task from a NumPy generator: always a tuple."""
    return (rng.integers(10, 60, size=3),)


def ask_for_entropy(counts: list[int]) -> str:
    """Return the question, as Markdown, with its numbers."""
    return (
        f"Three classes have `{counts}` examples. What is the lowest mean "
        "crossentropy of a classifier that sees nothing, in nats?"
    )


def entropy(counts: list[int]) -> float:
    """Compute the right answer: a number, a text, an array, or a tuple of these."""
    shares = np.divide(counts, sum(counts))
    return -np.sum(shares * np.log(shares))


def in_bits(counts: list[int]) -> float:
    """Compute a typical wrong answer; its message becomes the reason.

    If it comes from a belief that the course knows, name it too:
    `companion.quizzes.misconceptions()` lists them.
    """
    return entropy(counts) / np.log(2)


def draw_count(rng: np.random.Generator) -> tuple:
    """Draw the number of classes."""
    return (int(rng.integers(5, 20)),)


def ask_about_the_start(classes: int) -> str:
    """Return a question whose answer you read yourself."""
    return (
        f"A new network for {classes} classes starts training with a loss near "
        f"{np.log(classes):.2f}. Explain why, in about 50 words."
    )


TASKS = (
    Task(
        title="knowing the shares",
        kind="value",
        points=3,
        draw=draw_counts,
        text=ask_for_entropy,
        solution=entropy,
        mistakes=(
            Mistake(
                in_bits,
                "Right in bits; nats were asked for.",
                misconception="bits-for-nats",
            ),
        ),
    ),
    Task(
        title="where training starts",
        kind="explain",
        points=2,
        draw=draw_count,
        text=ask_about_the_start,
        rubric="It has learnt nothing: each class gets about $1/C$, which costs this.",
    ),
)
