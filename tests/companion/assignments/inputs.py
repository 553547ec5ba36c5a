"""What the tests of the assignments share: papers, and what is handed in."""

import functools
import json
import re
from dataclasses import asdict, replace

import matplotlib as mpl
import nbformat

from companion import assignments
from companion.assignments import Mistake, Task, _banks, _submissions, _variants
from companion.assignments._submissions import Submission

SEED = 20261130
CHAPTER = "binary-crossentropy"
CHAPTERS = assignments.chapters()
SEEDS = range(40)
ESSAY = "The decisions stay, so the accuracy does.\nThe loss sees how sure it was."


@functools.cache
def paper_of(chapter=CHAPTER, *, seed=SEED, student=None):
    return _variants.make_variant(
        chapter, _banks.find_tasks(chapter), seed=seed, student=student
    )


def right(item):
    """Return the right answer as a student would record it."""
    if item.task.kind == "explain":
        return ESSAY
    return _submissions.plain(item.task.solution(*item.numbers))


def make(**fields):
    usual = {
        "title": "trial",
        "kind": "value",
        "points": 2,
        "draw": lambda rng: (float(rng.integers(1, 9)),),
        "text": lambda number: f"What is a third of {number}?",
        "solution": lambda number: number / 3,
        "mistakes": (Mistake(lambda number: 3 * number, "That is three times it."),),
    }
    return Task(**usual | fields)


PREDICTED = {
    "kind": "predict",
    "choices": ("up", "down"),
    "outcome": lambda number: "down",
    "code": lambda number: f"def run():\n    return {number} / 3",
}


def submission(paper, student="ada", **fields):
    """Return a submission in which everything is right, unless the fields differ."""
    whole = Submission(
        paper.chapter,
        paper.student or student,
        paper.id,
        {x.id: x.task.choices[0] for x in paper.items if x.task.kind == "predict"},
        {item.id: right(item) for item in paper.items},
    )
    return replace(whole, **fields)


def content(one):
    return {"format": _submissions.FORMAT, **asdict(one)}


def valid_with(**fields):
    return content(submission(paper_of(), "mal")) | fields


def nested(levels):
    return b"[" * levels + b"]" * levels


def put(folder, place, one):
    """Write a submission, or raw bytes, or any JSON, as a file."""
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(one, Submission):
        one = content(one)
    data = one if isinstance(one, bytes) else json.dumps(one).encode()
    path.write_bytes(data)
    return path


def roster(tmp_path, *students):
    path = tmp_path / "roster.txt"
    path.write_text("\n".join(students) + "\n", encoding="utf-8")
    return path


def by_place(rows):
    return {row["file"]: row for row in rows}


def cells(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook.cells


def fill_in(source, answers):
    """Put answers in place of a cell's blanks."""
    task = re.search(r'sheet\.record\("([\w-]+)"', source)
    given = answers | {"answer": answers.get(task[1], ...) if task else ...}

    def filled(blank):
        return f"{blank[1]} = {given.get(blank[1], ...)!r}"

    return re.sub(r"^(student|prediction|answer) = \.\.\.", filled, source)


def work_through(path, answers, monkeypatch):
    """Run a notebook's cells, without the set-up; return what the sheet says."""
    monkeypatch.chdir(path.parent)
    mpl.use("Agg")
    names, notes = {}, []
    for cell in cells(path)[1:]:
        if cell.cell_type == "code":
            *body, last = fill_in(cell.source, answers).splitlines()
            speaks = last.startswith("sheet.")
            exec("\n".join(body if speaks else [*body, last]), names)
            notes += [eval(last, names).message] if speaks else []
    return notes
