"""The notebook that a student gets."""

import json
from collections.abc import Iterator

from ._set_up import CELL
from ._variants import Item, Variant

_PRACTICE = (
    "These tasks come from the course's public bank. They are for practice: everyone "
    "can compute the answers with the course's package.\n\n"
)
_IMPORTS = """\
import matplotlib.pyplot as plt
import numpy as np

from companion import assignments, losses"""
_WAYS = {
    "value": "compute",
    "predict": "predict, then run",
    "bug": "find the bug",
    "explain": "explain",
}


def notebook(variant: Variant, *, practice: bool) -> bytes:
    """Write the notebook of a paper, as JSON (nbformat 4.5)."""
    cells = [
        # No random ids: written again, a notebook must be the same, byte for byte.
        _cell(kind, source, f"{variant.chapter}-{number:02}")
        for number, (kind, source) in enumerate(_sources(variant, practice))
    ]
    content = {
        "cells": cells,
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _sources(variant: Variant, practice: bool) -> Iterator[tuple[str, str]]:
    yield "code", CELL.rstrip("\n")
    yield "markdown", _introduction(variant, practice)
    yield "code", _IMPORTS
    yield "code", _opening(variant)
    for item in variant.items:
        yield "markdown", _question(item)
        yield from (("code", source) for source in _answer_cells(item))
    yield "markdown", "## What you hand in"
    yield "code", "sheet.recorded()"


def _introduction(variant: Variant, practice: bool) -> str:
    title = variant.chapter.replace("-", " ").capitalize()
    return (
        f"# Assignment: {title}\n\n"
        f"*{len(variant.items)} tasks, {_points(variant.points)}*\n\n"
        f"{_PRACTICE if practice else ''}"
        "Work from top to bottom, and put your answers in place of `...`. Each answer "
        "is written at once to a small file beside this notebook. Run a cell again to "
        "change its answer. Three significant digits will do.\n\n"
        "At the end you hand in that file, not this notebook: nobody runs or reads "
        "your code, so how you compute is up to you."
    )


def _opening(variant: Variant) -> str:
    first = ""
    # JSON's quotes and escapes are Python's too: no text ends its literal early.
    student = json.dumps(variant.student, ensure_ascii=False)
    if variant.student is None:
        first = "student = ...  # your student id, in quotes\n"
        student = "student"
    points = "".join(
        f'        "{item.id}": {item.task.points},\n' for item in variant.items
    )
    return (
        f"{first}sheet = assignments.Sheet(\n"
        f'    "{variant.chapter}",\n'
        f"    student={student},\n"
        f'    paper="{variant.id}",\n'
        f"    points={{\n{points}    }},\n)"
    )


def _question(item: Item) -> str:
    task = item.task
    number = item.id.removeprefix("task-")
    heading = f"## Task {number}: {task.title} ({_points(task.points)}"
    return f"{heading}, {_WAYS[task.kind]})\n\n{item.text}"


def _answer_cells(item: Item) -> Iterator[str]:
    task = item.task
    code = task.code(*item.numbers) if task.code else None
    if task.kind == "predict":
        choices = json.dumps(task.choices, ensure_ascii=False)
        yield (
            f"prediction = ...  # one of {choices}\n"
            f'sheet.predict("{item.id}", prediction, choices={choices})'
        )
        yield f'{code}\n\n\nsheet.run("{item.id}", run)'
        return
    if code:
        yield code
    what = "your text, in three quotes" if task.kind == "explain" else "your answer"
    yield f'answer = ...  # {what}\nsheet.record("{item.id}", answer)'


def _points(count: int) -> str:
    return f"{count} point" if count == 1 else f"{count} points"


def _cell(kind: str, source: str, identifier: str) -> dict:
    cell = {"cell_type": kind, "id": identifier, "metadata": {}}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell | {"source": source.splitlines(keepends=True)}
