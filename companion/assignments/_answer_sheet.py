"""The student's side: answers are recorded, one by one, in a file of data."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from companion._answers import is_blank, show
from companion.exercises import Note

from ._submissions import (
    Submission,
    UnreadableError,
    check_student,
    encode,
    plain,
    read,
)

_NO_FILE = (
    "\n\nThere is no file to hand in yet: the first answer that you record makes it."
)


class Sheet:
    """The answers of one student to one assignment, kept in a file.

    The file, ``CHAPTER-STUDENT.json``, is written anew with each answer and holds
    only what was recorded. Start the notebook again and the sheet goes on from it.

    Parameters
    ----------
    chapter : str
        What the assignment is about, as in the file's name.
    student : str
        The student's id.
    paper : str
        Which numbers the tasks have: the code that `assign` wrote here.
    points : mapping
        The points of each task.
    folder : path-like
        Where the file is.

    Raises
    ------
    ValueError
        If the id cannot be one, or the file belongs to another paper.

    Examples
    --------
    >>> import tempfile
    >>> from companion import assignments
    >>> sheet = assignments.Sheet(
    ...     "trial", student="ada", paper="", points={"task-1": 2},
    ...     folder=tempfile.mkdtemp(),
    ... )
    >>> sheet.record("task-1", 0.25)
    Recorded for task-1: 0.25
    """

    def __init__(
        self,
        chapter: str,
        *,
        student: str,
        paper: str,
        points: Mapping[str, int],
        folder: str | os.PathLike[str] = ".",
    ) -> None:
        if student is Ellipsis:  # the blank that the notebook was written with
            raise ValueError("Put your student id, in quotes, in place of `...`.")
        self._points = dict(points)
        self.path = Path(folder) / f"{chapter}-{check_student(student)}.json"
        self._submission = Submission(chapter, student, paper)
        # A link that leads nowhere counts too: it is refused, not written through.
        if os.path.lexists(self.path):
            self._submission = self._read_existing()

    def record(self, task: str, answer: object) -> Note:
        """Record an answer: a number, a text, an array, or a list of these.

        Raises ``TypeError`` or ``ValueError`` for what cannot be an answer; the file
        then holds what it held before.
        """
        self._check_task(task)
        if is_blank(answer):
            return self._not_yet("answered", task, task in self._submission.answers)
        answer = plain(answer)
        self._write(answers=self._submission.answers | {task: answer})
        return Note(f"Recorded for {task}: {_rendered(answer)}")

    def predict(self, task: str, prediction: str, *, choices: Sequence[str]) -> Note:
        """Record a prediction; once the result is recorded, it stays as it is."""
        self._check_task(task)
        earlier = self._submission.predictions.get(task)
        if is_blank(prediction):
            return self._not_yet("predicted", task, earlier is not None)
        if prediction not in choices:
            raise ValueError(
                f"One of {_listed(choices)} is asked for. Received: {prediction!r}"
            )
        if task in self._submission.answers and prediction != earlier:
            return Note(
                f"The result of {task} is recorded already, so your prediction stays "
                f"as it was: {earlier or 'none'}."
            )
        self._write(predictions=self._submission.predictions | {task: prediction})
        return Note(f"Your prediction for {task}: {prediction}")

    def run(self, task: str, function: Callable[[], object]) -> Note:
        """Run what was predicted and record the result; without a prediction, wait."""
        self._check_task(task)
        if task not in self._submission.predictions:
            return Note(f"Predict first: {task} has no prediction yet.")
        note = self.record(task, function())
        predicted = self._submission.predictions[task]
        return Note(f"{note.message}. You had predicted: {predicted}.")

    def recorded(self) -> Note:
        """Show what the file holds, and say that this file is to be handed in."""
        lines = [self._line(task, points) for task, points in self._points.items()]
        return Note(
            f"**Recorded for {self._submission.student}:**\n\n"
            + "\n".join(lines)
            + (self._what_to_hand_in() if self.path.exists() else _NO_FILE)
        )

    def _what_to_hand_in(self) -> str:
        return f"\n\nHand in this one file: `{self.path.resolve()}`{_in_colab()}"

    def _line(self, task: str, points: int) -> str:
        unit = "point" if points == 1 else "points"
        answers, predictions = self._submission.answers, self._submission.predictions
        text = _rendered(answers[task]) if task in answers else "nothing yet"
        if task in predictions:
            text = f"predicted {predictions[task]}; result: {text}"
        return f"- {task} ({points} {unit}): {text}"

    def _not_yet(self, what: str, task: str, earlier: bool) -> Note:
        reminder = " The file still holds what you recorded before." if earlier else ""
        return Note(f"Not {what} yet: {task}.{reminder}")

    def _check_task(self, task: str) -> None:
        if task not in self._points:
            raise ValueError(f"Tasks are {_listed(self._points)}. Received: {task!r}")

    def _write(self, **fields: Any) -> None:
        submission = replace(self._submission, **fields)
        data = encode(submission)
        # Beside and renamed: an interrupted write costs no earlier answer.
        partial = self.path.with_suffix(".part")
        partial.write_bytes(data)
        partial.replace(self.path)
        self._submission = submission

    def _read_existing(self) -> Submission:
        expected = self._submission
        try:
            existing = read(self.path)
        except UnreadableError as error:
            raise ValueError(
                f"{self.path} is there already, and: {error} Move it away."
            ) from error
        if (existing.chapter, existing.student, existing.paper) != (
            expected.chapter,
            expected.student,
            expected.paper,
        ):
            raise ValueError(
                f"{self.path} belongs to another version of this assignment. Move it "
                "away, and this notebook begins a new one."
            )
        return existing


def _rendered(answer: object) -> str:
    if isinstance(answer, str):
        text = " ".join(answer.split())
        # In quotes: a number that was typed as a text earns nothing.
        return f'"{text[:57]}..."' if len(text) > 60 else f'"{text}"'
    return re.sub(r"\s+", " ", show(answer))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(str, names))


def _in_colab() -> str:
    if "google.colab" not in sys.modules:
        return ""
    return (
        "\n\nIn Colab: open the folder on the left, download the file from there, and "
        "do so before you close the page, because Colab deletes it later."
    )
