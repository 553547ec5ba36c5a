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
from ._variants import Item, Variant

# Bounds on what one student's folder can cost the grading.
FILES = 20
ENTRIES = 200
_ANOTHER_VARIANT = (
    "It names {}, but belongs to another paper: another seed, student or version of "
    "the tasks, or made with a roster and graded without it."
)


@dataclass(frozen=True)
class ReadFile:
    """One file and what it says."""

    place: str
    file: str
    submission: Submission


@dataclass(frozen=True)
class UnreadFile:
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


def collect(folder: Path) -> list[ReadFile | UnreadFile]:
    """Read what lies in a folder, in the order of the names; follow no link."""
    if not folder.is_dir():
        raise ValueError(f"There is no folder of submissions here: {folder}")
    places = filter(_is_handed_in, sorted(os.listdir(folder)))
    return [entry for place in places for entry in _read_place(folder, place)]


def chapter_of(entries: Sequence[ReadFile | UnreadFile], known: Sequence[str]) -> str:
    """Return the chapter that most places name, of those that are known."""
    readable = [entry for entry in entries if isinstance(entry, ReadFile)]
    # A place has one vote, however many files it holds. Sorted: of as many votes the
    # first in the alphabet wins, in every run.
    named = {(entry.place, entry.submission.chapter) for entry in readable}
    votes = Counter(sorted(chapter for _, chapter in named if chapter in known))
    if not votes:
        raise ValueError("No file says which chapter it answers: pass --chapter NAME.")
    return votes.most_common(1)[0][0]


def grade(
    entries: Sequence[ReadFile | UnreadFile], variants: Mapping[str | None, Variant]
) -> list[Row]:
    """Return a row for each student, and one for each place that cannot be graded.

    ``papers`` maps each student on the roster to a paper, or None to the one paper of
    a class without a roster.
    """
    by_owner: dict[str, list[ReadFile]] = {}
    refused: dict[str, Row] = {}
    for entry in entries:
        if isinstance(entry, UnreadFile):
            reason = entry.reason
        elif not (reason := _refusal(entry.submission, variants)):
            owner = entry.place if None in variants else entry.submission.student
            by_owner.setdefault(owner, []).append(entry)
            continue
        refused.setdefault(entry.place, Row("", entry.file, "broken", reason))
    # Where one file counts, what else lies there costs nothing.
    for entry in (entry for files in by_owner.values() for entry in files):
        refused.pop(entry.place, None)
    rows = [_row(files, variants) for files in by_owner.values()]
    absent = [x for x in variants if x is not None and x not in by_owner]
    missing = [
        Row(student, "", "missing", "No file that counts.") for student in absent
    ]
    ordered = sorted(rows + missing, key=lambda row: (row.student, row.file))
    return _with_namesakes(ordered) + list(refused.values())


def _is_handed_in(name: str) -> bool:
    # What operating systems leave in folders and archives.
    return not name.startswith(".") and name not in ("__MACOSX", "Thumbs.db")


def _read_place(folder: Path, place: str) -> Sequence[ReadFile | UnreadFile]:
    path = folder / place
    try:
        files = sorted(_json_files(path))
    except OSError:
        return [UnreadFile(place, place, "The folder cannot be opened.")]
    if not files:
        reason = (
            "There is no .json file, and nothing else is read; unpack an archive first."
        )
        return [UnreadFile(place, place, reason)]
    if len(files) > FILES:
        reason = f"There are more than {FILES} files, and one is to be handed in."
        return [UnreadFile(place, place, reason)]
    return [_read(folder, place, file) for file in files]


def _json_files(path: Path) -> Iterator[Path]:
    """Find .json files at and below a path, without going on for ever."""
    # Breadth first: no deep folder uses up the entries before the files at the top.
    queue = [path]
    for _ in range(ENTRIES):
        if not queue:
            return
        path = queue.pop(0)
        if path.is_dir() and not path.is_symlink():
            names = filter(_is_handed_in, sorted(os.listdir(path)))
            queue += (path / name for name in names)
        elif path.suffix.lower() == ".json":
            yield path


def _read(folder: Path, place: str, path: Path) -> ReadFile | UnreadFile:
    file = path.relative_to(folder).as_posix()
    try:
        return ReadFile(place, file, read(path))
    except UnreadableError as error:
        return UnreadFile(place, file, str(error))


def _refusal(submission: Submission, variants: Mapping[str | None, Variant]) -> str:
    student = None if None in variants else submission.student
    if student not in variants:
        return f"It names {student}, who is not on the roster."
    variant = variants[student]
    if submission.chapter != variant.chapter:
        return f"It answers another chapter, {submission.chapter}."
    if submission.paper != variant.id:
        return _ANOTHER_VARIANT.format(submission.student)
    return ""


def _row(files: Sequence[ReadFile], variants: Mapping[str | None, Variant]) -> Row:
    submission = files[0].submission
    row = Row(submission.student, files[0].file, "graded", submission=submission)
    # Copies of one file are no dispute: only what they say is compared.
    contents = [(x.submission.predictions, x.submission.answers) for x in files]
    if any(content != contents[0] for content in contents):
        names = ", ".join(entry.file for entry in files)
        reason = f"These files differ: {names}. Keep one of them and grade again."
        return replace(row, status="duplicated", reason=reason, submission=None)
    variant = variants.get(None) or variants[submission.student]
    marks = {item.id: _mark(item, submission) for item in variant.items}
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
