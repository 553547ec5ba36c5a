"""What the instructor gets: points, right answers, the texts to read, a summary.

Names and answers are strangers' texts. `clean` leaves nothing in them that a
spreadsheet, a terminal or a Markdown viewer would act on.
"""

import csv
import io
import json
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence

from ._grading import Row
from ._submissions import CHARACTERS, plain
from ._variants import Item, Variant

# What makes a spreadsheet compute, in narrow and in wide letters.
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
_STATUSES = ("graded", "broken", "duplicated", "missing")


def clean(text: str) -> str:
    """Return a text in one line, without control and direction characters."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())


def table(rows: Sequence[Row], variant: Variant) -> bytes:
    """Write the rows as CSV, in UTF-8 with the mark by which spreadsheets know it."""
    ids = [item.id for item in variant.items]
    points_to_read = sum(
        x.task.points for x in variant.items if x.task.kind == "explain"
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = ("student", "file", "status", "points", "out_of", "to_read")
    writer.writerow([*columns, *ids, "reasons"])
    for row in rows:
        points = [_points(row, name) for name in ids]
        total, unread = sum(x or 0 for x in points), _unread_points(row, variant)
        fields = (
            row.student,
            row.file,
            row.status,
            total,
            variant.points - points_to_read,
        )
        line = [*fields, unread, *points, _reasons(row)]
        writer.writerow(map(_field, line))
    return text.getvalue().encode("utf-8-sig")


def right_answers(variants: Mapping[str | None, Variant]) -> bytes:
    """Write what would have been right, for each student or for all, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    items = next(iter(variants.values())).items
    writer.writerow(["student", *(item.id for item in items)])
    for student, variant in variants.items():
        answers = map(_right_answer, variant.items)
        writer.writerow(map(_field, [student or "everyone", *answers]))
    return text.getvalue().encode("utf-8-sig")


def _right_answer(item: Item) -> str | float:
    task = item.task
    if task.solution is None:
        return ""
    answer = plain(task.solution(*item.numbers))
    if task.outcome is not None:
        answer = [task.outcome(*item.numbers), answer]
    return json.dumps(answer) if isinstance(answer, list) else answer


def texts(
    rows: Sequence[Row], variants: Mapping[str | None, Variant]
) -> tuple[bytes, int]:
    """Write every text that is to be read as Markdown; return it with their number."""
    variant = next(iter(variants.values()))
    parts, count = [f"# To read: {variant.chapter}"], 0
    for number, item in enumerate(variant.items):
        if item.task.kind != "explain":
            continue
        parts.append(f"## {item.id}: {item.task.title} ({item.task.points} points)")
        parts += [f"Look for:\n\n{item.task.rubric}"] if item.task.rubric else []
        parts += [item.text] if None in variants else []
        for row in rows:
            if row.submission is None or _points(row, item.id) is not None:
                continue
            parts.append(f"### {_quoted(row.student)} in {_quoted(row.file)}")
            # With a roster, each student was asked with other numbers.
            if None not in variants:
                parts += [variants[row.student].items[number].text, "Answer:"]
            parts.append(_block(str(row.submission.answers[item.id])))
            count += 1
    return ("\n\n".join(parts) + "\n").encode(), count


def summary(rows: Sequence[Row], chapter: str) -> str:
    """Say how many were graded, broken, duplicated and missing, and why."""
    counts = Counter(row.status for row in rows)
    listed = ", ".join(f"{counts[status]} {status}" for status in _STATUSES)
    lines = [f"{chapter}: {listed}"]
    for row in rows:
        if row.reason and row.status != "missing":
            who = " ".join(filter(None, (row.student, row.file)))
            lines.append(f"  {row.status:10} {clean(who)}: {clean(row.reason)}")
    missing = ", ".join(row.student for row in rows if row.status == "missing")
    return "\n".join(lines + ([f"  missing    {missing}"] if missing else []))


def _points(row: Row, name: str) -> int | None:
    return row.marks[name].points if row.marks else 0


def _unread_points(row: Row, variant: Variant) -> int:
    return sum(x.task.points for x in variant.items if _points(row, x.id) is None)


def _reasons(row: Row) -> str:
    marks = [
        f"{name}: {mark.reason}" for name, mark in row.marks.items() if mark.reason
    ]
    return " ".join([row.reason, *marks] if row.reason else marks)


def _field(value: str | float | None) -> str | float | None:
    if not isinstance(value, str):
        return value
    text = clean(value)
    # A spreadsheet takes what follows an apostrophe for text.
    return f"'{text}" if text.startswith(_FORMULA) else text


def _quoted(name: str) -> str:
    return "`" + clean(name).replace("`", "'") + "`"


def _block(text: str) -> str:
    """Return a text as an indented block, in which Markdown and HTML are inert."""
    cut = "\n[cut here: too long]" if len(text) > CHARACTERS else ""
    lines = (text[:CHARACTERS] + cut).splitlines()
    wrapped = [textwrap.fill(clean(line), 84) for line in lines]
    return textwrap.indent("\n".join(wrapped), "    ")
