"""The file that a student hands in: written by a sheet, read by the grading.

It is JSON and nothing in it is ever run. Whatever a stranger may have put there,
`read` returns a `Submission` whose every field has the type that it says, or raises
`UnreadableError` with a reason for the instructor.
"""

import json
import math
import os
import re
import stat
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

# As JSON holds it.
Answer: TypeAlias = "str | float | list[Answer]"
# Part of every variant's id: another number voids all notebooks that are handed out.
FORMAT = 1
BYTES = 64 * 1024
CHARACTERS = 5_000
DEPTH = 4
CHAPTER = re.compile(r"[a-z][a-z0-9-]{0,59}")
# Nothing that a path, a table or a page could take for more than a name.
STUDENT = re.compile(r"\w[\w.@-]{0,63}")
# Where the system has them: follow no link, wait for no pipe.
_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class UnreadableError(ValueError):
    """A file that cannot be graded; the message is the reason."""


@dataclass(frozen=True)
class Submission:
    """What one file says."""

    chapter: str
    student: str
    paper: str
    predictions: dict[str, str] = field(default_factory=dict)
    answers: dict[str, "Answer | None"] = field(default_factory=dict)


def check_student(value: object) -> str:
    """Return a student's id, or say what one looks like."""
    if not isinstance(value, str) or not STUDENT.fullmatch(value):
        raise ValueError(
            "A student's id has up to 64 letters, digits or the signs _ . @ - and "
            'starts with a letter or digit, for example "ada-17". '
            f"Received: {_abridged(value)}."
            + ("" if isinstance(value, str) else " Put it in quotes.")
        )
    return value


def plain(value: object) -> Answer:
    """Return an answer as JSON holds it: numbers, texts, and lists of them.

    Raises ``TypeError`` for anything else, and ``ValueError`` for NaN and infinity.
    """
    return _plain(value, DEPTH)


def encode(submission: Submission) -> bytes:
    """Return the file's content, or raise ``ValueError`` if that is too much."""
    content = {"format": FORMAT, **asdict(submission)}
    data = json.dumps(content, indent=1, allow_nan=False).encode()
    if len(data) > BYTES:
        raise ValueError(
            f"The file of answers may hold {BYTES // 1024} KiB, and this answer would "
            f"make it {len(data) // 1024} KiB. Record only what the task asks for."
        )
    return data


def read(path: Path) -> Submission:
    """Read one file, or raise `UnreadableError` with the reason."""
    try:
        return _validated(json.loads(_content(path).decode("utf-8-sig")))
    except UnreadableError:
        raise
    except OSError as error:
        raise UnreadableError(
            f"It cannot be opened: {error.strerror or type(error).__name__}."
        ) from error
    # Besides bad JSON: text that is no UTF-8, numbers and lists without end.
    except (ValueError, RecursionError) as error:
        raise UnreadableError("It is not the JSON that a sheet writes.") from error


def _content(path: Path) -> bytes:
    # Looked at first, since opening a device can act; the flags guard against what
    # takes the file's place in between.
    before = os.lstat(path)
    if not stat.S_ISREG(before.st_mode):
        raise UnreadableError("It is a link or a device, not an ordinary file.")
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | _FLAGS)
    with open(descriptor, "rb") as file:
        data = file.read(BYTES + 1)  # one more tells that there is more
    if len(data) > BYTES:
        raise UnreadableError(
            f"It is too large: {before.st_size:,} bytes, and {BYTES:,} are allowed."
        )
    return data


def _validated(content: object) -> Submission:
    # By its type, since JSON's `true` is an int to isinstance, and equal to 1.
    if not isinstance(content, dict) or type(content.get("format")) is not int:
        raise UnreadableError("It is not a file that a sheet writes.")
    if content["format"] != FORMAT:
        raise UnreadableError(
            f"It has another version of the format, and this package reads {FORMAT}. "
            "Was it made with another release of the package?"
        )
    names = Submission.__dataclass_fields__
    raw: dict[str, Any] = {name: content.get(name) for name in names}
    predictions, answers = raw["predictions"], raw["answers"]
    fields = {
        "chapter": _is_name(raw["chapter"], CHAPTER),
        "student": _is_name(raw["student"], STUDENT),
        "paper": isinstance(raw["paper"], str),
        "predictions": isinstance(predictions, dict)
        and all(isinstance(text, str) for text in predictions.values()),
        "answers": isinstance(answers, dict)
        and all(_is_plain(x, DEPTH) for x in answers.values()),
    }
    for name, holds in fields.items():
        if not holds:
            raise UnreadableError(f"Its field `{name}` is missing or of a wrong form.")
    return Submission(**raw)


def _is_name(value: object, pattern: re.Pattern[str]) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_plain(value: object, levels: int) -> bool:
    if isinstance(value, list):
        return levels > 0 and all(_is_plain(part, levels - 1) for part in value)
    return value is None or isinstance(value, (str, int, float))


def _plain(value: object, levels: int) -> Answer:
    if isinstance(value, str):
        return _short_enough(value)
    if isinstance(value, (tuple, list)):
        if levels == 0:
            raise TypeError(f"An answer may hold lists up to {DEPTH} deep.")
        return [_plain(part, levels - 1) for part in value]
    if isinstance(value, (bool, int, float)):
        return _finite(value)
    try:
        array = np.asarray(value)
    # Each framework refuses symbolic or unreadable tensors with its own error.
    except Exception:
        array = np.asarray(None)
    if array.dtype.kind not in "biuf" or array.ndim > levels:
        raise TypeError(
            "An answer is a number, a text, an array, or a list of these. "
            f"Received: {type(value).__name__}."
        )
    return _plain(array.tolist(), levels)


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError(
            "An answer must be a finite number: look for log(0), 0/0 or an overflow. "
            f"Received: {number}."
        )
    return number


def _short_enough(text: str) -> str:
    if len(text) > CHARACTERS:
        raise ValueError(
            f"A text may have {CHARACTERS:,} characters. Received: {len(text):,}."
        )
    return text


def _abridged(value: object) -> str:
    text = repr(value) if isinstance(value, str) else type(value).__name__
    return text if len(text) <= 80 else f"{text[:77]}..."
