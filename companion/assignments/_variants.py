"""A variant of an assignment: a chapter's tasks with one seed's numbers put in."""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256

import numpy as np

from companion._answers import Judgement, judge

from ._submissions import FORMAT, plain
from ._tasks import Task


@dataclass(frozen=True)
class Item:
    """A task with its numbers."""

    id: str
    task: Task
    numbers: tuple

    @property
    def text(self) -> str:
        """The question, as Markdown."""
        return self.task.text(*self.numbers)

    def judge(self, answer: object) -> Judgement:
        """Compare an answer as the exercises do: the solution, then each mistake."""
        task = self.task
        assert task.solution is not None  # as in every task that nobody reads
        mistakes = (
            replace(mistake, answer=partial(mistake.answer, *self.numbers))
            for mistake in task.mistakes
        )
        with np.errstate(all="ignore"):
            return judge(
                answer,
                task.solution(*self.numbers),
                mistakes,
                relative=task.tolerance,
                absolute=task.absolute,
            )


@dataclass(frozen=True)
class Variant:
    """What one student, or a whole class, is asked: a sheet's ``paper``.

    The id is a code of everything that the answers depend on, keyed with the seed.
    It tells another seed, student or version of the tasks apart, and nobody who does
    not know the seed can make the id of somebody else's.
    """

    chapter: str
    student: str | None
    items: tuple[Item, ...]
    id: str

    @property
    def points(self) -> int:
        """The points of all tasks."""
        return sum(item.task.points for item in self.items)


def make_variant(
    chapter: str, tasks: Sequence[Task], *, seed: int, student: str | None = None
) -> Variant:
    """Draw the numbers of every task, for one student or (None) for a whole class."""
    items = tuple(
        Item(f"task-{i}", task, _numbers(task, seed, chapter, student, i))
        for i, task in enumerate(tasks, start=1)
    )
    for item in items:
        _try(item)
    content = [(item.task.kind, item.task.points, item.numbers) for item in items]
    return Variant(
        chapter, student, items, _code(seed, FORMAT, chapter, student, content)
    )


def _numbers(task: Task, seed: int, *place: object) -> tuple:
    # A stream for each task: one that draws more leaves the others' numbers alone.
    entropy = int(_code(seed, *place), 16)
    drawn = task.draw(np.random.default_rng(entropy))
    if not isinstance(drawn, tuple):
        raise TypeError(f"Task {task.title!r}: draw must return a tuple.")
    return tuple(map(plain, drawn))


def _try(item: Item) -> None:
    """Let a slip of the author show before a class meets it."""
    task, numbers = item.task, item.numbers
    if task.outcome and task.outcome(*numbers) not in task.choices:
        raise ValueError(f"Task {task.title!r}: the outcome is none of its choices.")
    if task.solution and not item.judge(plain(task.solution(*numbers))).correct:
        raise ValueError(f"Task {task.title!r}: its own solution is not right.")
    for mistake in task.mistakes:
        with np.errstate(all="ignore"):
            mistake.answer(*numbers)


def _code(seed: int, *content: object) -> str:
    text = json.dumps(content, allow_nan=False)
    # 24 digits are 96 bits: too many to guess, few enough for a line of a notebook.
    return hmac.new(str(seed).encode(), text.encode(), sha256).hexdigest()[:24]
