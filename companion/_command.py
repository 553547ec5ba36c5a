"""The command line; what a command needs is imported when it is called."""

import argparse
import io
import sys
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0, or 1 if `grade` met a file that it could not grade."""
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    run: Callable[..., int] = options.pop("run")
    # A student's file may have a name that this terminal cannot show.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        return run(**options)
    except (ImportError, OSError, ValueError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m companion",
        description="Assignments and quizzes: write notebooks for a class and grade "
        "the answers; write quizzes for a learning platform or to project.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    assign = commands.add_parser("assign", help="write a notebook with seeded numbers")
    assign.add_argument("chapter", metavar="CHAPTER", help="e.g. binary-crossentropy")
    assign.add_argument("--out", required=True, help="the folder to write into")
    _add_common(assign)
    assign.set_defaults(run=_assign)

    grade = commands.add_parser("grade", help="write a table of points with reasons")
    grade.add_argument("submissions", metavar="SUBMISSIONS", help="a folder")
    grade.add_argument("--out", default="grades.csv", help="default: %(default)s")
    grade.add_argument("--chapter", help="default: what most files name")
    _add_common(grade)
    grade.set_defaults(run=_grade)

    bank = commands.add_parser("bank", help="write a template of a private bank")
    bank.add_argument("path", metavar="PATH", help="e.g. private/entropy.py")
    bank.set_defaults(run=_bank)

    quiz = commands.add_parser("quiz", help="write a chapter's quiz as a file")
    quiz.add_argument(
        "chapters",
        metavar="CHAPTER",
        nargs="*",
        help="e.g. circles; all, or none named: every chapter",
    )
    quiz.add_argument("--to", required=True, help="moodle, qti or slides")
    quiz.add_argument("--out", required=True, help="the folder to write into")
    quiz.add_argument("--bank", help="a folder with your own quizzes")
    quiz.set_defaults(run=_quiz)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, required=True, help="a long secret number")
    parser.add_argument("--bank", help="your own tasks: a Python file or a folder")
    parser.add_argument("--roster", help="a text file with one student's id a line")


def _assign(**options: Any) -> int:
    from companion import assignments

    for path in assignments.assign(**options):
        print(path)
    return 0


def _grade(**options: Any) -> int:
    from companion import assignments

    report = assignments.grade(**options)
    print(report.summary)
    return 0 if report.complete else 1


def _bank(path: str) -> int:
    template = files("companion.assignments").joinpath("template.py").read_bytes()
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with Path(path).open("xb") as file:  # "x": never over a bank that is there
        file.write(template)
    print(path)
    return 0


def _quiz(chapters: list[str], *, to: str, out: str, bank: str | None) -> int:
    from companion import quizzes
    from companion._files import write_all
    from companion.quizzes._export import file_name

    if chapters in ([], ["all"]):
        chapters = quizzes.chapters(bank)
    if not chapters:
        raise ValueError(f"{bank} holds no quizzes: files named like circles.yaml.")
    files = {
        Path(out) / file_name(chapter, to=to): quizzes.export(chapter, to=to, bank=bank)
        for chapter in chapters
    }
    Path(out).mkdir(parents=True, exist_ok=True)
    write_all(files)
    for path in files:
        print(path)
    return 0
