"""The instructor's side: from a folder of files to points with reasons.

Whose file it is. With a roster every student has a paper of their own, and its id,
which nobody makes without the seed, says whose file this is. Without one the place
says it: the file or folder directly below the folder of submissions, as the learning
platform named it. So nobody can hand in as somebody else by writing another name.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ._submissions import Submission, UnreadableError, read
from ._variants import Item, Paper

FILES = 20
ENTRIES = 200
_ANOTHER_PAPER = (
    "It names {}, but belongs to another paper: another seed, student or version of "
    "the tasks, or made with a roster and graded without it."
)


@dataclass(frozen=True)
class Found:
    """One file and what it says."""

    place: str
    file: str
    submission: Submission


@dataclass(frozen=True)
class Unread:
    """One file, or the place where there should be one, and why nothing was read."""

    place: str
    file: str
    reason: str


@dataclass(frozen=True)
class Mark:
    """The points of one task (None where the instructor has to read), and why."""

    points: int | None
    reason: str = ""


@dataclass(frozen=True)
class Row:
    """What came of one student, or of one place if there is no roster.

    The status is ``graded``, ``broken``, ``duplicated`` or ``missing``.
    """

    student: str
    file: str
    status: str
    reason: str = ""
    submission: Submission | None = None
    marks: Mapping[str, Mark] = field(default_factory=dict)


def collect(folder: Path) -> list[Found | Unread]:
    """Read what lies in a folder, in the order of the names; follow no link."""
    if not folder.is_dir():
        raise ValueError(f"There is no folder of submissions here: {folder}")
    places = filter(_is_handed_in, sorted(os.listdir(folder)))
    return [found for place in places for found in _at(folder, place)]


def chapter_of(found: Sequence[Found | Unread], known: Sequence[str]) -> str:
    """Return the chapter that most places name, of those that are known."""
    readable = [one for one in found if isinstance(one, Found)]
    named = {(one.place, one.submission.chapter) for one in readable}
    votes = Counter(sorted(chapter for _, chapter in named if chapter in known))
    if not votes:
        raise ValueError("No file says which chapter it answers: pass --chapter NAME.")
    return votes.most_common(1)[0][0]


def grade(
    found: Sequence[Found | Unread], papers: Mapping[str | None, Paper]
) -> list[Row]:
    """Return a row for each student, and one for each place that cannot be graded.

    ``papers`` maps each student on the roster to a paper, or None to the one paper of
    a class without a roster.
    """
    owned: dict[str, list[Found]] = {}
    refused: dict[str, Row] = {}
    for one in found:
        if isinstance(one, Unread):
            reason = one.reason
        elif not (reason := _refusal(one.submission, papers)):
            owner = one.place if None in papers else one.submission.student
            owned.setdefault(owner, []).append(one)
            continue
        refused.setdefault(one.place, Row("", one.file, "broken", reason))
    for one in (one for files in owned.values() for one in files):
        refused.pop(one.place, None)
    rows = [_row(files, papers) for files in owned.values()]
    absent = [x for x in papers if x is not None and x not in owned]
    missing = [
        Row(student, "", "missing", "No file that counts.") for student in absent
    ]
    ordered = sorted(rows + missing, key=lambda row: (row.student, row.file))
    return _with_namesakes(ordered) + list(refused.values())


def _is_handed_in(name: str) -> bool:
    # What operating systems leave in folders and archives.
    return not name.startswith(".") and name not in ("__MACOSX", "Thumbs.db")


def _at(folder: Path, place: str) -> Sequence[Found | Unread]:
    path = folder / place
    try:
        files = sorted(_json_files(path))
    except OSError:
        return [Unread(place, place, "The folder cannot be opened.")]
    if not files:
        reason = (
            "There is no .json file, and nothing else is read; unpack an archive first."
        )
        return [Unread(place, place, reason)]
    if len(files) > FILES:
        reason = f"There are more than {FILES} files, and one is to be handed in."
        return [Unread(place, place, reason)]
    return [_read(folder, place, file) for file in files]


def _json_files(path: Path) -> Iterator[Path]:
    """Find .json files at and below a path, without going on for ever."""
    waiting = [path]
    for _ in range(ENTRIES):
        if not waiting:
            return
        path = waiting.pop(0)
        if path.is_dir() and not path.is_symlink():
            names = filter(_is_handed_in, sorted(os.listdir(path)))
            waiting += (path / name for name in names)
        elif path.suffix.lower() == ".json":
            yield path


def _read(folder: Path, place: str, path: Path) -> Found | Unread:
    file = path.relative_to(folder).as_posix()
    try:
        return Found(place, file, read(path))
    except UnreadableError as error:
        return Unread(place, file, str(error))


def _refusal(submission: Submission, papers: Mapping[str | None, Paper]) -> str:
    student = None if None in papers else submission.student
    if student not in papers:
        return f"It names {student}, who is not on the roster."
    paper = papers[student]
    if submission.chapter != paper.chapter:
        return f"It answers another chapter, {submission.chapter}."
    if submission.paper != paper.id:
        return _ANOTHER_PAPER.format(submission.student)
    return ""


def _row(files: Sequence[Found], papers: Mapping[str | None, Paper]) -> Row:
    submission = files[0].submission
    row = Row(submission.student, files[0].file, "graded", submission=submission)
    said = [(x.submission.predictions, x.submission.answers) for x in files]
    if any(one != said[0] for one in said):
        names = ", ".join(one.file for one in files)
        reason = f"These files differ: {names}. Keep one of them and grade again."
        return replace(row, status="duplicated", reason=reason, submission=None)
    paper = papers.get(None) or papers[submission.student]
    marks = {item.id: _mark(item, submission) for item in paper.items}
    return replace(row, marks=marks)


def _mark(item: Item, submission: Submission) -> Mark:
    task, answer = item.task, submission.answers.get(item.id)
    if answer is None:
        return Mark(0, "No answer.")
    if task.kind == "explain":
        written = isinstance(answer, str) and answer.strip()
        return Mark(None) if written else Mark(0, "A text was asked for.")
    remark = ""
    if task.outcome is not None:
        prediction = submission.predictions.get(item.id)
        if prediction not in task.choices:
            return Mark(0, "The result counts only with a prediction made before it.")
        outcome = task.outcome(*item.numbers)
        remark = f"Predicted: {prediction}; came true: {outcome}. "
    try:
        judgement = item.judge(answer)
    # The last defence: an answer that nobody foresaw may cost its author's points, and
    # must not stop the grading of a class.
    except Exception as error:
        return Mark(0, f"It cannot be compared ({type(error).__name__}).")
    if judgement.correct:
        return Mark(task.points, remark.strip())
    return Mark(0, remark + judgement.reason)


def _with_namesakes(rows: list[Row]) -> list[Row]:
    """Say where several places name the same student: a slip, or a borrowed name."""
    counts = Counter(row.student for row in rows)
    reason = "{} places name this student; each is graded here by itself."
    return [
        replace(
            row, reason=f"{reason.format(counts[row.student])} {row.reason}".strip()
        )
        if counts[row.student] > 1
        else row
        for row in rows
    ]
