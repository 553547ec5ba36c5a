"""Write what is said of the chapters in several places, from the chapters themselves.

    python -m website.chapters

A notebook's metadata holds the minutes to read and to run, the chapters that it needs,
and, on the cell of each exercise, its title, minutes and difficulty. From these comes
what a reader sees: the line below the title and the exercises' headings.

The instructors' pages also take the objectives from the notebooks, the questions and
what learners believe from the quizzes' bank, and the running times from the record that
``benchmarks/chapter_minutes.py`` wrote. A block is what stands between a page's lines
``<!-- begin NAME -->`` and ``<!-- end NAME -->``.
"""

import functools
import json
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from companion import measurements, quizzes
from tools.set_repository import ROOT

RECORD = "chapter-minutes"
ENTRY_QUIZ = "book/entry-quiz"  # a notebook, and no chapter
TEACHING = PurePosixPath("book/teaching")
# Where website/instructors.py puts the questions, seen from TEACHING.
SLIDES = "../../instructors/quizzes/slides"
BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX"}
# By their names in the metadata, as the headings say them.
DIFFICULTIES = {"finger": "finger exercise", "core": "core", "open": "open"}

METADATA = """\
The metadata of {}.ipynb: {}. Expected for the notebook, for example,
    "course": {{"minutes": {{"read": 22, "run": 2}}, "needs": ["circles"]}}
and for each cell with the heading of an exercise
    "exercise": {{"id": "blobs-1", "title": "…", "minutes": 5, "difficulty": "core"}}"""
BLOCK = "<!-- begin {0} -->\n{1}<!-- end {0} -->\n"


@dataclass(frozen=True)
class Exercise:
    """What the metadata says of an exercise, with its id in the companion."""

    id: str
    title: str
    minutes: int
    difficulty: str

    @property
    def heading(self) -> str:
        """The heading that a reader sees."""
        number, kind = self.id.rpartition("-")[2], DIFFICULTIES[self.difficulty]
        return f"### Exercise {number}: {self.title} ({self.minutes} minutes, {kind})"


@dataclass(frozen=True)
class Chapter:
    """What a notebook's metadata and head say.

    Parameters
    ----------
    page : str
        As in ``_toc.yml``, for example ``"book/two-classes/circles"``.
    part : str
        The caption above it in ``_toc.yml``.
    title : str
    read, run : int
        Minutes.
    objectives : tuple of str
        Markdown, without the bullets.
    needs : tuple of str
        The names of the chapters that a reader needs first.
    exercises : tuple of Exercise
    """

    page: str
    part: str
    title: str
    read: int
    run: int
    objectives: tuple[str, ...]
    needs: tuple[str, ...]
    exercises: tuple[Exercise, ...]

    @property
    def name(self) -> str:
        """The notebook's stem, which is also the name of its quiz."""
        return PurePosixPath(self.page).name

    @property
    def quiz(self) -> int:
        """The minutes of its quiz, one a question."""
        return len(_questions(self.name))

    @property
    def practice(self) -> int:
        """The minutes of its exercises."""
        return sum(exercise.minutes for exercise in self.exercises)

    @property
    def head(self) -> str:
        """The line below the title."""
        return (
            f"*Read: {self.read} minutes · Run: under {_minutes(self.run)} · "
            f"Quiz: {self.quiz} minutes · Exercises: {self.practice} minutes*"
        )

    @property
    def short(self) -> str:
        """The title up to its colon."""
        return self.title.partition(":")[0]

    @property
    def link(self) -> str:
        """A Markdown link from a page in TEACHING."""
        address = posixpath.relpath(f"{self.page}.ipynb", TEACHING)
        return f"[{self.short}]({address})"

    @property
    def notes(self) -> str:
        """The address of the notes on the chapter, below a heading of this title."""
        return f"teaching-notes.html#{re.sub('[^a-z0-9]+', '-', self.short.lower())}"


def chapters(root: Path = ROOT) -> list[Chapter]:
    """Read the chapters, in the order of the table of contents."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return [
        read_chapter(entry["file"], part["caption"], root)
        for part in toc["parts"]
        for entry in part["chapters"]
        if entry["file"] != ENTRY_QUIZ and (root / f"{entry['file']}.ipynb").exists()
    ]


def read_chapter(page: str, part: str, root: Path = ROOT) -> Chapter:
    """Read one chapter; raise ValueError if it does not say what it has to."""
    notebook = _notebook(page, root)
    prose = "\n\n".join(
        "".join(cell["source"])
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown"
    )
    title = re.match(r"# (.+)", prose)
    objectives = re.search(
        r"^## What you will be able to do\n\n((?:- .+\n)+)", prose, re.MULTILINE
    )
    if not (title and objectives):
        raise ValueError(
            f"{page}.ipynb should begin with a title, and list what a reader will be "
            "able to do."
        )
    try:
        course = notebook["metadata"]["course"]
        chapter = Chapter(
            page=page,
            part=part,
            title=title[1],
            **course["minutes"],
            objectives=tuple(re.findall(r"^- (.+)$", objectives[1], re.MULTILINE)),
            needs=tuple(course["needs"]),
            exercises=tuple(
                Exercise(**cell["metadata"]["exercise"])
                for cell in _exercise_cells(notebook)
            ),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(METADATA.format(page, error)) from error
    if error_text := _metadata_error(chapter):
        raise ValueError(METADATA.format(page, error_text))
    return chapter


def _notebook(page: str, root: Path) -> dict[str, Any]:
    return json.loads((root / f"{page}.ipynb").read_text(encoding="utf-8"))


def _exercise_cells(notebook: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the cells that hold an exercise's heading."""
    return [cell for cell in notebook["cells"] if "exercise" in cell["metadata"]]


def _metadata_error(chapter: Chapter) -> str | None:
    """Say what cannot be meant in a chapter's metadata."""
    minutes = [chapter.read, chapter.run, *(e.minutes for e in chapter.exercises)]
    ids = [exercise.id for exercise in chapter.exercises]
    numbered = [f"{chapter.name}-{number}" for number in range(1, len(ids) + 1)]
    if not all(type(value) is int and value > 0 for value in minutes):
        return f"minutes are whole and above 0, and here they are {minutes}"
    if not {e.difficulty for e in chapter.exercises} <= DIFFICULTIES.keys():
        return f"a difficulty is none of {', '.join(DIFFICULTIES)}"
    if ids != numbered:
        return f"the exercises should be {numbered}, and are {ids}"
    return None


def with_headings(chapter: Chapter, root: Path = ROOT) -> str:
    """Return a notebook's file with the minutes and the headings written anew."""
    notebook = _notebook(chapter.page, root)
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    _replace_line(chapter, cells[0], "*Read: ", chapter.head)
    for cell, exercise in zip(
        _exercise_cells(notebook), chapter.exercises, strict=True
    ):
        _replace_line(chapter, cell, "### Exercise ", exercise.heading)
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _replace_line(
    chapter: Chapter, cell: dict[str, Any], begin: str, line: str
) -> None:
    """Write the one line of a cell that begins so."""
    source = "".join(cell["source"])
    # By a function: in a plain replacement a backslash would be an escape.
    source, count = re.subn(
        rf"^{re.escape(begin)}.*$", lambda _: line, source, flags=re.MULTILINE
    )
    if count != 1:
        raise ValueError(
            f"{chapter.page}.ipynb, cell {cell.get('id')}: one line should begin with "
            f"{begin!r}, to hold {line!r}. There are {count}."
        )
    cell["source"] = source.splitlines(keepends=True)


def steps(course: Iterable[Chapter]) -> list[list[Chapter]]:
    """Sort chapters into steps: each needs chapters of earlier steps only."""
    waiting, done, sorted_ = list(course), set(), []
    while waiting:
        ready = [chapter for chapter in waiting if done.issuperset(chapter.needs)]
        if not ready:
            names = ", ".join(chapter.name for chapter in waiting)
            raise ValueError(f"Each of these needs another or a lost one: {names}")
        sorted_.append(ready)
        done.update(chapter.name for chapter in ready)
        waiting = [chapter for chapter in waiting if chapter not in ready]
    return sorted_


def order_block(course: Iterable[Chapter]) -> str:
    """Return the steps as a numbered list of links."""
    lines = (", ".join(chapter.link for chapter in step) for step in steps(course))
    return "".join(f"{number}. {line}\n" for number, line in enumerate(lines, start=1))


def chapters_block(
    course: Iterable[Chapter], record: Mapping[str, Any] | None = None
) -> str:
    """Return a folded entry for each chapter, under the names of the parts."""
    course = list(course)
    links = {chapter.name: chapter.link for chapter in course}
    text, part = _measurement_note(record), None
    for chapter in course:
        if chapter.part != part:
            text += f"### {chapter.part}\n\n"
            part = chapter.part
        text += _entry(chapter, links, record)
    return text


def beliefs_block(chapter: Chapter) -> str:
    """Return what a chapter's learners may believe, with the questions that ask it."""
    asked = _beliefs(chapter.name)
    lines = (
        f"- {_misconceptions()[name]['belief']} ({_codes(ids)})\n"
        for name, ids in asked.items()
    )
    title = "What learners may believe, and the questions that ask it"
    return _folded(title, "".join(lines)) if asked else ""


def misconceptions_block(course: Iterable[Chapter]) -> str:
    """Return each belief that the bank asks about, with the chapters that answer it.

    What several chapters ask about comes first, the rest is folded.
    """
    answered: dict[str, list[str]] = {}
    for chapter in course:
        for name in _beliefs(chapter.name):
            answered.setdefault(name, []).append(chapter.link)
    lines = {}
    for name in sorted(answered, key=lambda name: -len(answered[name])):
        entry, links = _misconceptions()[name], ", ".join(answered[name])
        source = f" ([said here]({entry['source']}))" if "source" in entry else ""
        lines[name] = f"- **{entry['belief']}** {links}{source}\n"
    often = "".join(line for name, line in lines.items() if len(answered[name]) > 1)
    once = "".join(line for name, line in lines.items() if len(answered[name]) == 1)
    title = "Those that one chapter asks about"
    return often + ("\n" + _folded(title, once) if once else "")


def pages(root: Path = ROOT) -> dict[Path, str]:
    """Return the notebooks and instructors' pages as they should be, by their path."""
    course = chapters(root)
    has_record = RECORD in measurements.names()
    record = measurements.read(RECORD) if has_record else None
    blocks = {
        "order": order_block(course),
        "chapters": chapters_block(course, record),
        "misconceptions": misconceptions_block(course),
    } | {f"beliefs {chapter.name}": beliefs_block(chapter) for chapter in course}
    fresh = {
        root / f"{chapter.page}.ipynb": with_headings(chapter, root)
        for chapter in course
    }
    for name in ("for-instructors", "teaching-notes"):
        path = root / TEACHING / f"{name}.md"
        fresh[path] = filled(path.read_text(encoding="utf-8"), blocks)
    return fresh


def filled(text: str, blocks: Mapping[str, str]) -> str:
    """Return a page with each of its blocks written anew."""

    def fill(match: re.Match[str]) -> str:
        if match[1] not in blocks:
            raise ValueError(f"There is no block {match[1]!r}.")
        return BLOCK.format(match[1], f"\n{blocks[match[1]].strip()}\n\n")

    pattern = r"<!-- begin ([\w -]+) -->\n.*?<!-- end \1 -->\n"
    return re.sub(pattern, fill, text, flags=re.DOTALL)


def _entry(
    chapter: Chapter, links: Mapping[str, str], record: Mapping[str, Any] | None
) -> str:
    objectives = "".join(f"- {objective}\n" for objective in chapter.objectives)
    needs = ", ".join(links[name] for name in chapter.needs) or "no other chapter"
    exercises = ", ".join(
        f"`{exercise.id}` {exercise.title} ({exercise.minutes}, {exercise.difficulty})"
        for exercise in chapter.exercises
    )
    text = (
        f"{chapter.link}. Run: {_running(chapter, record)}. "
        f'<a href="{chapter.notes}">Teaching notes</a>.\n\n'
        f"Learners will be able to\n\n{objectives}\n"
        f"*Needs*: {needs}.\n\n"
        f"*Exercises* (minutes): {exercises}.\n\n"
    )
    if questions := _questions(chapter.name):
        before = _codes(question.id for question in questions if question.predict)
        slides = f"{SLIDES}/{chapter.name}.html"
        text += f'*To project*: <a href="{slides}">{len(questions)} questions</a>'
        text += f". Before a run: {before}.\n\n"
    minutes = f"read {chapter.read}, quiz {chapter.quiz}, exercises {chapter.practice}"
    return _folded(f"<b>{chapter.title}</b>: {minutes}", text) + "\n"


def _folded(title: str, text: str) -> str:
    """Return Markdown below a title that opens it; GitHub and the site both can."""
    head = f"<details>\n<summary>{title}</summary>"
    return f"{head}\n\n{text.rstrip()}\n\n</details>\n"


def _running(chapter: Chapter, record: Mapping[str, Any] | None) -> str:
    """Return how long the notebook runs: as measured, else as its head says."""
    seconds = {
        run["backend"]: run["seconds"]
        for run in (record or {"runs": ()})["runs"]
        if run["chapter"] == chapter.name
    }
    if not seconds:
        return f"under {_minutes(chapter.run)}"
    return " and ".join(
        f"{seconds[backend]:.0f} s on {name}"
        for backend, name in BACKENDS.items()
        if backend in seconds
    )


def _minutes(number: int) -> str:
    return f"{number} minute" if number == 1 else f"{number} minutes"


def _measurement_note(record: Mapping[str, Any] | None) -> str:
    """Return where and when the running times were measured."""
    if record is None:
        return ""
    machine = record["machine"]
    return (
        f"Running times: as `make book` runs the notebooks, {record['side_by_side']} "
        f"side by side on {machine['cores']} cores of {machine['processor']}, Keras "
        f"{machine['versions']['keras']}, {record['date'][:10]}. "
        f"`{record['command']}` measures them again.\n\n"
    )


@functools.cache
def _questions(name: str) -> tuple[quizzes.Question, ...]:
    return quizzes.read(name).questions if name in quizzes.chapters() else ()


@functools.cache
def _misconceptions() -> dict[str, dict[str, str]]:
    return quizzes.misconceptions()


def _beliefs(name: str) -> dict[str, list[str]]:
    """Return the ids of a quiz's questions by the misconceptions that they name."""
    asked: dict[str, list[str]] = {}
    for question in _questions(name):
        named = (choice.misconception for choice in question.choices)
        for misconception in dict.fromkeys(filter(None, named)):
            asked.setdefault(misconception, []).append(question.id)
    return asked


def _codes(ids: Iterable[str]) -> str:
    return ", ".join(f"`{id}`" for id in ids)


def main() -> None:
    """Write the pages that are not as they should be."""
    for path, text in pages().items():
        if path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            print("changed", path.relative_to(ROOT).as_posix())


if __name__ == "__main__":
    main()
