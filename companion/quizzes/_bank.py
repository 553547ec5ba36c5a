"""The bank: one YAML file a chapter, read and checked."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema import ValidationError

_PACKAGE = files("companion.quizzes")


@dataclass(frozen=True)
class Choice:
    """One of the answers to choose from.

    Parameters
    ----------
    text : str
        The answer, in Markdown with formulas between dollar signs.
    right : bool
        Whether it is the right one.
    why : str
        Why it is right, or what choosing it suggests; Markdown as well.
    misconception : str or None
        What a learner who chooses it may believe: a key of `misconceptions`.
    """

    text: str
    right: bool
    why: str
    misconception: str | None


@dataclass(frozen=True)
class Question:
    """A question with exactly one right choice.

    Parameters
    ----------
    id : str
        Its name, which no other question of the chapter has.
    text : str
        The question, in Markdown with formulas between dollar signs.
    choices : tuple of Choice
        Two to six, lettered A, B, C and so on in this order.
    predict : bool
        Whether it is asked before an experiment is run.
    facts : tuple of str
        Python expressions that hold if the answer does.
    asserted : str or None
        The id of the chapter's cell that asserts the numbers in the answer.
    """

    id: str
    text: str
    choices: tuple[Choice, ...]
    predict: bool
    facts: tuple[str, ...]
    asserted: str | None


@dataclass(frozen=True)
class Quiz:
    """The questions of one chapter.

    Parameters
    ----------
    chapter : str
        The name of the bank's file, which is that of the chapter's notebook.
    title : str
        The chapter's title.
    questions : tuple of Question
        In the order of the chapter.
    """

    chapter: str
    title: str
    questions: tuple[Question, ...]


def chapters(bank: str | Path | None = None) -> list[str]:
    """List the chapters that have a quiz.

    Parameters
    ----------
    bank : path, optional
        A folder of your own with one YAML file a chapter; by default the course's.

    Returns
    -------
    list of str
        The names of the files without their ending, sorted.

    Raises
    ------
    ValueError
        If there is no such folder.

    Examples
    --------
    >>> from companion import quizzes
    >>> "circles" in quizzes.chapters()
    True
    """
    paths = (PurePath(file.name) for file in _folder(bank).iterdir())
    names = sorted(path.stem for path in paths if path.suffix == ".yaml")
    # macOS leaves a "._NAME" beside each file that it copies to another's disk.
    return [name for name in names if not name.startswith(".")]


def read(chapter: str, *, bank: str | Path | None = None) -> Quiz:
    """Read and check a chapter's quiz.

    Parameters
    ----------
    chapter : str
        The chapter, as `chapters` names it.
    bank : path, optional
        A folder of your own with one YAML file a chapter; by default the course's.

    Returns
    -------
    Quiz
        With its questions in the order of the file.

    Raises
    ------
    ValueError
        If there is no such chapter, or if its file is not a quiz as ``schema.json``
        describes it; the message names the file and each place in it.

    Examples
    --------
    >>> from companion import quizzes
    >>> quizzes.read("circles").title
    'Two circles: a network for two classes'
    """
    from yaml import YAMLError

    known = chapters(bank)
    if chapter not in known:
        raise ValueError(
            f"There is no quiz for the chapter {chapter!r}. There is one for: "
            f"{', '.join(known) or 'no chapter at all'}."
        )
    file = _folder(bank) / f"{chapter}.yaml"
    try:
        content = _load(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{file} cannot be read as YAML in UTF-8: {error}") from None
    problems = _schema_errors(chapter, content)
    if problems:
        listed = "\n".join(f"- {line}" for line in problems)
        raise ValueError(f"{file} is not a quiz as schema.json describes it:\n{listed}")
    questions = tuple(_question(question) for question in content["questions"])
    return Quiz(chapter, content["title"], questions)


def misconceptions() -> dict[str, dict[str, str]]:
    """Return what learners believe.

    Returns
    -------
    dict
        By the name that a wrong choice gives it: the ``belief`` in a learner's words,
        and its ``source``, a page where somebody states it, where one is known.

    Examples
    --------
    >>> from companion import quizzes
    >>> quizzes.misconceptions()["bits-for-nats"]["belief"]
    'The logarithm has base 2 (or 10).'
    """
    return {name: dict(about) for name, about in _misconceptions().items()}


def unknown_misconceptions(names: Iterable[str]) -> list[str]:
    """Return a line for each name that is no misconception, with what may be meant."""
    lines = []
    for name in sorted(set(names) - _misconceptions().keys()):
        near = get_close_matches(name, _misconceptions(), n=1)
        meant = f"; is it {near[0]!r}?" if near else ": leave it out, or take another"
        lines.append(f"the misconception {name!r} is not in misconceptions.yaml{meant}")
    return lines


@cache
def _misconceptions() -> dict[str, dict[str, str]]:
    return _load((_PACKAGE / "misconceptions.yaml").read_text(encoding="utf-8"))


def _load(text: str) -> Any:
    """Load YAML; refuse a key that stands twice, of which YAML keeps the last."""
    import yaml

    class Loader(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
            names = [key.value for key, _ in node.value]
            for place, name in enumerate(names):
                if name in names[:place]:
                    raise yaml.MarkedYAMLError(
                        problem=f"the key {name!r} stands twice",
                        problem_mark=node.value[place][0].start_mark,
                    )
            return super().construct_mapping(node, deep)

    return yaml.load(text, Loader)


def _folder(bank: str | Path | None) -> Traversable:
    if bank is None:
        return _PACKAGE / "bank"
    folder = Path(bank)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder of quizzes, one YAML file each.")
    return folder


def _question(content: dict[str, Any]) -> Question:
    return Question(
        id=content["id"],
        text=content["text"].strip(),
        choices=tuple(_choice(choice) for choice in content["choices"]),
        predict=content.get("predict", False),
        facts=tuple(content.get("facts", ())),
        asserted=content.get("asserted"),
    )


def _choice(content: dict[str, Any]) -> Choice:
    return Choice(
        text=content["text"].strip(),
        right=content.get("right", False),
        why=content["why"].strip(),
        misconception=content.get("misconception"),
    )


def _schema_errors(chapter: str, content: Any) -> list[str]:
    """Return a line for each place that breaks the schema or the bank's rules."""
    from jsonschema import Draft202012Validator

    schema = json.loads((_PACKAGE / "schema.json").read_text(encoding="utf-8"))
    slug = schema["$defs"]["slug"]["pattern"]
    problems = []
    if not re.fullmatch(slug, chapter):
        problems.append(f"{chapter!r}, the file's name, must be like 'two-circles'")
    errors = list(Draft202012Validator(schema).iter_errors(content))
    problems += [f"{error.json_path}: {_message(error)}" for error in errors]
    if not errors:  # what follows takes the schema's shape for granted
        counts = Counter(question["id"] for question in content["questions"])
        problems += [
            f"the id {name!r} stands twice" for name in counts if counts[name] > 1
        ]
        problems += unknown_misconceptions(_misconceptions_in(content))
    return problems


def _misconceptions_in(content: dict[str, Any]) -> set[str]:
    choices = (x for question in content["questions"] for x in question["choices"])
    return {x["misconception"] for x in choices if "misconception" in x}


def _message(error: "ValidationError") -> str:
    if error.validator in {"contains", "minContains", "maxContains"}:
        return "exactly one choice must say `right: true`"
    wants_text = error.validator == "type" and error.validator_value == "string"
    if wants_text and isinstance(error.instance, bool | int | float | date):
        # Without quotes, `0.5` is a number in YAML, and `no` is False.
        return f"YAML reads {error.instance} here, and no text: put it in quotes"
    # jsonschema repeats the value, be it a whole page.
    value = repr(error.instance)
    return error.message.replace(value, "this") if len(value) > 80 else error.message
