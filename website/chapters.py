"""Write what the instructors' pages say of each chapter, from the chapters themselves.

    python -m website.chapters

Objectives, prerequisites and minutes come from the notebooks' heads, the questions and
what learners believe from the quizzes' bank, the running times from the record that
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

MINUTES = re.compile(r"(\w+): (?:under )?(\d+) minutes?")
EXERCISE = re.compile(r"^### Exercise \d+: (.+) \((\d+) minutes, (\w+)", re.MULTILINE)
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
BLOCK = "<!-- begin {0} -->\n{1}<!-- end {0} -->\n"


@dataclass(frozen=True)
class Exercise:
    """An exercise of a chapter: its id in the companion, and what its heading says."""

    id: str
    title: str
    minutes: int
    difficulty: str


@dataclass(frozen=True)
class Chapter:
    """What a notebook's head and exercises say; links are relative to TEACHING.

    Parameters
    ----------
    page : str
        As in ``_toc.yml``, for example ``"book/two-classes/circles"``.
    part : str
        The caption above it in ``_toc.yml``.
    title : str
    minutes : mapping
        Of the line below the title, by their names: ``Read``, ``Run``, ...
    objectives : tuple of str
        Markdown, without the bullets.
    needs : str
        The section *What you need first*, Markdown in one line.
    after : tuple of str
        The pages of the chapters that this section links to.
    exercises : tuple of Exercise
    """

    page: str
    part: str
    title: str
    minutes: Mapping[str, int]
    objectives: tuple[str, ...]
    needs: str
    after: tuple[str, ...]
    exercises: tuple[Exercise, ...]

    @property
    def name(self) -> str:
        """The notebook's stem, which is also the name of its quiz."""
        return PurePosixPath(self.page).name

    @property
    def short(self) -> str:
        """The title up to its colon."""
        return self.title.partition(":")[0]

    @property
    def link(self) -> str:
        """A Markdown link from a page in TEACHING."""
        return f"[{self.short}]({_relative(f'{self.page}.ipynb')})"

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
    """Read one chapter; raise ValueError if its head is not as CONTRIBUTING says."""
    cells = json.loads((root / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"]
    prose, code = (
        "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == kind)
        for kind in ("markdown", "code")
    )
    head = re.match(r"# (.+)\n+\*(Read: .+)\*\n", prose)
    objectives = _section(prose, "What you will be able to do")
    needs = _section(prose, "What you need first")
    ids = re.findall(r'exercises\.check\("([\w-]+)"', code)
    stated = EXERCISE.findall(prose)
    if not (head and objectives and needs and len(ids) == len(stated)):
        raise ValueError(
            f"{page}.ipynb should begin with a title, the minutes, what a reader will "
            "be able to do and what is needed first, and check each exercise once."
        )
    folder = PurePosixPath(page).parent
    linked = [
        _join(folder, target.partition("#")[0])
        for _, target in LINK.findall(needs)
        if "://" not in target
    ]
    return Chapter(
        page=page,
        part=part,
        title=head[1],
        minutes={name: int(number) for name, number in MINUTES.findall(head[2])},
        objectives=tuple(re.findall(r"^- (.+)$", objectives, re.MULTILINE)),
        needs=" ".join(_moved(needs, folder).split()),
        after=tuple(p.removesuffix(".ipynb") for p in linked if p.endswith(".ipynb")),
        exercises=tuple(
            Exercise(id, title, int(minutes), difficulty)
            for id, (title, minutes, difficulty) in zip(ids, stated, strict=True)
        ),
    )


def steps(course: Iterable[Chapter]) -> list[list[Chapter]]:
    """Sort chapters into steps: each needs chapters of earlier steps only."""
    waiting, done, sorted_ = list(course), set(), []
    while waiting:
        ready = [chapter for chapter in waiting if done.issuperset(chapter.after)]
        if not ready:
            names = ", ".join(chapter.name for chapter in waiting)
            raise ValueError(f"Each of these needs another or a lost one: {names}")
        sorted_.append(ready)
        done.update(chapter.page for chapter in ready)
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
    text, part = _measured(record), None
    for chapter in course:
        if chapter.part != part:
            text += f"### {chapter.part}\n\n"
            part = chapter.part
        text += _entry(chapter, record)
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
    """Return the instructors' pages as they should be, by their path."""
    course = chapters(root)
    known = RECORD in measurements.names()
    record = measurements.read(RECORD) if known else None
    blocks = {
        "order": order_block(course),
        "chapters": chapters_block(course, record),
        "misconceptions": misconceptions_block(course),
    } | {f"beliefs {chapter.name}": beliefs_block(chapter) for chapter in course}
    fresh = {}
    for name in ("for-instructors", "teaching-notes"):
        path = root / TEACHING / f"{name}.md"
        fresh[path] = filled(path.read_text(encoding="utf-8"), blocks)
    return fresh


def filled(text: str, blocks: Mapping[str, str]) -> str:
    """Return a page with each of its blocks written anew."""

    def fill(found: re.Match[str]) -> str:
        if found[1] not in blocks:
            raise ValueError(f"There is no block {found[1]!r}.")
        return BLOCK.format(found[1], f"\n{blocks[found[1]].strip()}\n\n")

    pattern = r"<!-- begin ([\w -]+) -->\n.*?<!-- end \1 -->\n"
    return re.sub(pattern, fill, text, flags=re.DOTALL)


def _section(prose: str, heading: str) -> str:
    """Return what stands between a heading and the next one."""
    found = re.search(
        rf"^## {heading}\n(.*?)(?=^#|\Z)", prose, re.MULTILINE | re.DOTALL
    )
    return found[1].strip() if found else ""


def _join(folder: PurePosixPath, target: str) -> str:
    return posixpath.normpath(folder / target)


def _relative(path: str) -> str:
    return posixpath.relpath(path, TEACHING)


def _moved(markdown: str, folder: PurePosixPath) -> str:
    """Return Markdown from a page in a folder, with links that hold in TEACHING."""

    def move(link: re.Match[str]) -> str:
        if "://" in link[2]:
            return link[0]
        return f"[{link[1]}]({_relative(_join(folder, link[2]))})"

    return LINK.sub(move, markdown)


def _entry(chapter: Chapter, record: Mapping[str, Any] | None) -> str:
    parts = [name for name in ("Read", "Quiz", "Exercises") if name in chapter.minutes]
    minutes = ", ".join(f"{name.lower()} {chapter.minutes[name]}" for name in parts)
    objectives = "".join(f"- {objective}\n" for objective in chapter.objectives)
    exercises = ", ".join(
        f"`{exercise.id}` {exercise.title} ({exercise.minutes}, {exercise.difficulty})"
        for exercise in chapter.exercises
    )
    text = (
        f"{chapter.link}. Run: {_running(chapter, record)}. "
        f'<a href="{chapter.notes}">Teaching notes</a>.\n\n'
        f"Learners will be able to\n\n{objectives}\n"
        f"*Needs*: {chapter.needs}\n\n"
        f"*Exercises* (minutes): {exercises}.\n\n"
    )
    if questions := _questions(chapter.name):
        before = _codes(question.id for question in questions if question.predict)
        slides = f"{SLIDES}/{chapter.name}.html"
        text += f'*To project*: <a href="{slides}">{len(questions)} questions</a>'
        text += f". Before a run: {before}.\n\n"
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
        limit = chapter.minutes["Run"]
        return f"under {limit} {'minute' if limit == 1 else 'minutes'}"
    return " and ".join(
        f"{seconds[backend]:.0f} s on {name}"
        for backend, name in BACKENDS.items()
        if backend in seconds
    )


def _measured(record: Mapping[str, Any] | None) -> str:
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
