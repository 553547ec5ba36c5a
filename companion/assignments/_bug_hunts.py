"""Bug hunts: the source of a model in which one word is wrong, as a task."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ._tasks import Mistake, Task

# In a task: how large the model is, how many hidden layers it has, which fault.
Numbers = tuple[int, int, str]


class Fault(NamedTuple):
    """A wrong word and the right one, in the last activation or in the loss."""

    place: str  # "last" or "loss"
    wrong: str
    right: str


class Source(NamedTuple):
    """A numbered source, and the numbers of the two lines that can be wrong."""

    text: str
    last: int
    loss: int


def bug_hunt(
    *,
    title: str,
    question: str,
    sizes: tuple[int, int],
    model: Callable[[int, int], Mapping[str, Any]],
    sound: Mapping[str, str],
    faults: Mapping[str, Fault],
    sound_line: tuple[Mapping[str, str], *tuple[str, ...]],
    mistakes: Sequence[tuple[str | int, str, *tuple[str, ...]]],
    loss: str = '"{}"',
) -> Task:
    """Return a task in which a fault is drawn, to be found and mended.

    Parameters
    ----------
    title : str
        A few words for the heading.
    question : str
        Markdown with the places ``{size}`` and ``{source}``.
    sizes : tuple of int
        From which size of the model to below which.
    model : callable
        From the size and the number of hidden layers to arguments of `model_source`.
    sound : mapping
        The right words: ``last``, an activation, and ``loss``, a loss's name.
    faults : mapping of str to Fault
        What can be wrong, by name.
    sound_line : tuple
        The typical mistake of mending the other line: the word that is put there, by
        ``last`` and ``loss``, what to say to it, and the misconception, if it has one.
    mistakes : sequence of tuple
        Other wrong answers: a line's number or the name of its place, the word, what
        to say to it, and the misconception, if it has one.
    loss : str
        How the loss's name stands in the source, ``{}`` for the name.
    """
    sound_line_words, *sound_line_feedback = sound_line

    def draw(rng: np.random.Generator) -> Numbers:
        # In another order a seed would give other numbers than were handed out.
        fault = list(faults)[rng.integers(len(faults))]
        return int(rng.integers(*sizes)), int(rng.integers(1, 4)), fault

    def source(size: int, hidden: int, fault: str) -> Source:
        words = dict(sound) | {faults[fault].place: faults[fault].wrong}
        quoted = loss.format(words["loss"])
        return model_source(**model(size, hidden), last=words["last"], loss=quoted)

    def text(size: int, hidden: int, fault: str) -> str:
        return question.format(size=size, source=source(size, hidden, fault).text)

    def mend_faulty_line(size: int, hidden: int, fault: str) -> tuple[int, str]:
        drawn = faults[fault]
        return getattr(source(size, hidden, fault), drawn.place), drawn.right

    def mend_sound_line(size: int, hidden: int, fault: str) -> tuple[int, str]:
        place = "loss" if faults[fault].place == "last" else "last"
        return getattr(source(size, hidden, fault), place), sound_line_words[place]

    def in_line(place: str | int, word: str) -> Callable[..., tuple[int, str]]:
        if isinstance(place, int):
            return lambda *numbers: (place, word)
        return lambda *numbers: (getattr(source(*numbers), place), word)

    return Task(
        title=title,
        kind="bug",
        points=2,
        draw=draw,
        text=text,
        solution=mend_faulty_line,
        mistakes=(
            Mistake(mend_sound_line, *sound_line_feedback),
            *(
                Mistake(in_line(place, word), *feedback)
                for place, word, *feedback in mistakes
            ),
        ),
    )


def model_source(
    *,
    inputs: int,
    widths: Sequence[int],
    units: int,
    last: str,
    loss: str,
    metrics: str = '["accuracy"]',
) -> Source:
    """Write a model; ``last`` is the last activation, the rest are expressions."""
    dense = "    keras.layers.Dense"
    lines = [
        "model = keras.Sequential([",
        f"    keras.Input(({inputs},)),",
        *[f'{dense}({width}, activation="relu"),' for width in widths],
        f'{dense}({units}, activation="{last}"),',
        "])",
        "model.compile(",
        '    optimizer="adam",',
        f"    loss={loss},",
        f"    metrics={metrics},",
        ")",
    ]
    numbered = "\n".join(f"{i:2}  {line}" for i, line in enumerate(lines, start=1))
    # Above it stand the opening line, the input and the hidden layers; between it and
    # the loss three lines.
    last_line = len(widths) + 3
    return Source(f"```text\n{numbered}\n```", last_line, last_line + 4)
