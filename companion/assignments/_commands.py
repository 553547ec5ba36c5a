"""What the two commands do: write the notebooks, grade what comes back."""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from companion._arguments import check_seed
from companion._files import write_all

from . import _grading, _reports
from ._banks import chapters, find_tasks
from ._grading import ReadFile, UnreadFile
from ._notebooks import notebook
from ._submissions import check_student
from ._variants import Variant, make_variant

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Report:
    """How the grading of a folder ended.

    Parameters
    ----------
    summary : str
        How many were graded, broken, duplicated and missing, and why.
    complete : bool
        Whether every file could be graded.
    """

    summary: str
    complete: bool


def assign(
    chapter: str,
    *,
    seed: int,
    out: PathLike,
    bank: PathLike | None = None,
    roster: PathLike | None = None,
) -> list[Path]:
    """Write the notebook of an assignment, or one for each student on a roster.

    Parameters
    ----------
    chapter : str
        One of `chapters`, or the name of a bank's file.
    seed : int
        From 0 to 2**128 - 1; the numbers depend on it. Keep it to yourself: a long
        one cannot be guessed.
    out : path-like
        The folder to write into; it is made if it is not there.
    bank : path-like, optional
        A private bank: a Python file, or a folder with one file a chapter. It is run.
    roster : path-like, optional
        A text file with one student's id a line. Everyone then gets numbers of their
        own.

    Returns
    -------
    list of Path
        The notebooks.

    Raises
    ------
    ValueError
        If the chapter, the bank, the roster or the seed cannot be used.
    FileExistsError
        If another file of that name is there.
    """
    variants = _make_variants(chapter, seed, bank, roster)
    files = {
        Path(out) / _name(variant): notebook(variant, practice=bank is None)
        for variant in variants.values()
    }
    Path(out).mkdir(parents=True, exist_ok=True)
    write_all(files)
    return list(files)


def grade(
    submissions: PathLike,
    *,
    seed: int,
    out: PathLike = "grades.csv",
    chapter: str | None = None,
    bank: PathLike | None = None,
    roster: PathLike | None = None,
) -> Report:
    """Grade a folder of submissions: write a table of points with reasons.

    No submitted file is run or unpickled, and a bad one costs only its own author. The
    right answers, each student's own, go into a second file, ``...-right-answers.csv``,
    and the texts that you have to read into a third, ``...-to-read.md``.

    Parameters
    ----------
    submissions : path-like
        A folder that holds, for each student, a .json file or a folder with one.
    seed, bank, roster
        As they were given to `assign`.
    out : path-like
        The CSV file to write, outside the folder of submissions.
    chapter : str, optional
        By default the one that most submissions name, or that a bank's file is named
        for. A bank that is a folder needs it.

    Returns
    -------
    Report
        The summary, and whether every file could be graded.

    Raises
    ------
    ValueError
        If the folder, the chapter, the bank, the roster or the seed cannot be used.
    FileExistsError
        If ``out`` is there with other content.
    """
    folder, out = Path(submissions), Path(out)
    # Inside, the table would be the next run's broken submission, and a submission
    # could stand in for the bank, which is run.
    for path, what in ((out, "Write the table"), (bank, "Keep the bank")):
        if path is not None and _is_inside(Path(path), folder):
            raise ValueError(f"{what} outside the folder of submissions: {path}")
    entries = _grading.collect(folder)
    chapter = chapter or _chapter(entries, bank)
    variants = _make_variants(chapter, seed, bank, roster)
    rows = _grading.grade(entries, variants)
    variant = next(iter(variants.values()))
    text, count = _reports.texts(rows, variants)
    unread = out.with_name(f"{out.stem}-to-read.md")
    key = out.with_name(f"{out.stem}-right-answers.csv")
    files = {out: _reports.table(rows, variant), key: _reports.right_answers(variants)}
    write_all(files | ({unread: text} if count else {}))
    lines = [_reports.summary(rows, chapter), f"Points and reasons: {out}"]
    lines.append(f"What would have been right: {key}")
    if count:
        lines.append(f"Texts to read, {count}: {unread}")
    if bank is None:
        lines.append("The tasks are the public bank's: for practice, not for marks.")
    complete = all(row.status in ("graded", "missing") for row in rows)
    return Report("\n".join(lines), complete)


def _chapter(entries: Sequence[ReadFile | UnreadFile], bank: PathLike | None) -> str:
    if bank is None:
        return _grading.chapter_of(entries, chapters())
    if Path(bank).is_dir():
        # A submission must not choose which file of the folder is run.
        raise ValueError("With a folder as the bank, name the chapter: --chapter NAME.")
    return Path(bank).stem.replace("_", "-")


def _make_variants(
    chapter: str, seed: int, bank: PathLike | None, roster: PathLike | None
) -> Mapping[str | None, Variant]:
    # Wider than elsewhere in the package: what a class cannot guess needs digits.
    seed = check_seed(seed, bits=128)
    tasks = find_tasks(chapter, None if bank is None else Path(bank))
    students = [None] if roster is None else _read_roster(Path(roster))
    return {
        student: make_variant(chapter, tasks, seed=seed, student=student)
        for student in students
    }


def _read_roster(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError(
            f"A roster is a plain text file in UTF-8: {path} is not. Save it as such."
        ) from None
    students = [check_student(line.strip()) for line in lines if line.strip()]
    if not students:
        raise ValueError(f"A roster has one student's id a line: {path} is empty.")
    # Each becomes a file's name, and some systems see no capitals there.
    counts = Counter(name.casefold() for name in students)
    twice = [name for name in students if counts[name.casefold()] > 1]
    if twice:
        raise ValueError(
            "A roster names no student twice, capitals or not. Received in "
            f"{path}: {', '.join(twice)}."
        )
    return students


def _name(variant: Variant) -> str:
    student = "" if variant.student is None else f"-{variant.student}"
    return f"{variant.chapter}{student}.ipynb"


def _is_inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
