"""A chapter's quiz as a file for a learning platform or for the projector."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from ._bank import Quiz, read
from ._moodle import moodle
from ._qti import qti
from ._slides import slides

# How each format is written, and how its files' names end.
_FORMATS: dict[str, tuple[Callable[[Quiz], bytes], str]] = {
    "moodle": (moodle, ".xml"),
    "qti": (qti, "-qti.zip"),
    "slides": (slides, ".html"),
}
# No XML file can hold these, not even escaped.
_CONTROL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def export(chapter: str, *, to: str, bank: str | Path | None = None) -> bytes:
    r"""Export a chapter's quiz.

    Parameters
    ----------
    chapter : str
        The chapter, as `chapters` names it.
    to : {"moodle", "qti", "slides"}
        Moodle XML, with formulas as ``\(…\)``; a zip file with QTI 1.2, for Canvas and
        others, with formulas as MathML; or a page of HTML to project, one question a
        slide. QTI needs the extra ``lms``.
    bank : path, optional
        A folder of your own with one YAML file a chapter; by default the course's.

    Returns
    -------
    bytes
        The file's content; the same questions always give the same bytes.

    Raises
    ------
    ValueError
        If there is no such chapter or format, if the bank's file is not valid, or if
        the format cannot hold what is in it.
    ModuleNotFoundError
        If QTI is asked for and the library for it is not installed.

    Examples
    --------
    >>> from companion import quizzes
    >>> quizzes.export("circles", to="moodle")[:38]
    b"<?xml version='1.0' encoding='utf-8'?>"
    """
    write, _ = _format(to)
    quiz = read(chapter, bank=bank)
    for name, text in _texts(quiz):
        if control := _CONTROL.search(text):
            raise ValueError(
                f"{name} holds the control character {control.group()!r}, which no "
                "learning platform can read. Remove it."
            )
    return write(quiz)


def file_name(chapter: str, *, to: str) -> str:
    """Return the name of the file that a chapter's quiz is written to."""
    _, ending = _format(to)
    return chapter + ending


def _format(to: str) -> tuple[Callable[[Quiz], bytes], str]:
    if to not in _FORMATS:
        raise ValueError(
            f"A quiz cannot be exported to {to!r}. Choose from: {', '.join(_FORMATS)}."
        )
    return _FORMATS[to]


def _texts(quiz: Quiz) -> Iterator[tuple[str, str]]:
    """Give all texts of a quiz, each with the name of what it belongs to."""
    yield f"The title of {quiz.chapter!r}", quiz.title
    for question in quiz.questions:
        name = f"The question {question.id!r} of {quiz.chapter!r}"
        yield name, question.text
        for choice in question.choices:
            yield name, choice.text
            yield name, choice.why
