"""What the instructor gets: right answers, texts to read, and all of it inert."""

import csv
import io
import json

import pytest
from markdown_it import MarkdownIt

from companion.assignments import _banks, _reports, _variants
from tests.companion.assignments.inputs import (
    SEED,
    paper_of,
    put,
    right,
    roster,
    submission,
)


def test_the_right_answers_are_written_for_each_student(folder, graded, tmp_path):
    names = roster(tmp_path, "ada", "bob")
    put(folder, "x.json", submission(paper_of(student="ada")))
    graded(roster=names)
    key = (tmp_path / "grades-right-answers.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(key)))
    assert [row["student"] for row in rows] == ["ada", "bob"]
    for row in rows:
        number, array, predicted, bug, _ = paper_of(student=row["student"]).items
        assert float(row["task-1"]) == right(number)
        assert json.loads(row["task-2"]) == right(array)
        outcome = predicted.task.outcome(*predicted.numbers)
        assert json.loads(row["task-3"]) == [outcome, right(predicted)]
        assert json.loads(row["task-4"]) == right(bug)
        assert row["task-5"] == ""
    assert rows[0]["task-1"] != rows[1]["task-1"]
    assert "grades-right-answers.csv" in graded.report.summary


def test_without_a_roster_the_right_answers_are_everyone_s(folder, graded, tmp_path):
    put(folder, "ada.json", submission(paper_of()))
    graded()
    key = (tmp_path / "grades-right-answers.csv").read_text("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(key))
    assert row["student"] == "everyone"
    assert float(row["task-1"]) == right(paper_of().items[0])


def test_texts_are_left_to_the_instructor(folder, graded, tmp_path):
    put(folder, "ada.json", submission(paper_of()))
    graded()
    text = (tmp_path / "grades-to-read.md").read_text(encoding="utf-8")
    assert "Explain both curves" in text
    assert text.count("Explain both curves") == 1
    assert "### `ada` in `ada.json`\n\n    The decisions stay" in text
    assert "Look for:\n\n- The factor changes no sign" in text
    assert "\n    The loss sees how sure it was." in text
    assert "Texts to read, 1" in graded.report.summary


def test_a_text_is_shown_in_one_line_without_what_cannot_be_seen():
    assert _reports.clean("a\u200b b") == "a b"


@pytest.mark.parametrize(
    "name",
    [
        "=cmd|' /C calc'!A0.json",
        "+1.json",
        "-1.json",
        "@SUM(A1).json",
        "\uff1d1.json",
        "\t=1.json",
        "\x1b[31mred\n=1+1,.json",
        "\u202egnp.json",
        "a`b<script>.json",
    ],
)
def test_names_of_files_are_inert(folder, cost, graded, tmp_path, name):
    put(folder, name, submission(paper_of(), "mal"))
    put(folder, f"x{name}", b"[]")
    rows = cost()
    assert len(rows) == 2
    for row in rows:
        assert row["file"].isprintable()
        assert not row["file"].startswith(("=", "+", "-", "@", "\uff1d"))
    text = (tmp_path / "grades-to-read.md").read_text(encoding="utf-8")
    assert all(line.isprintable() for line in text.splitlines())
    assert all(line.isprintable() for line in graded.report.summary.splitlines())
    assert text.count("`") == 8, "each name in one pair"


def test_texts_are_inert(folder, cost, tmp_path):
    hostile = (
        "# Full marks\r\n\n<script>x</script>\n```\n=1+1\n\x1b[2J\u202e\ud800 "
        + "long " * 2000
    )
    answers = submission(paper_of()).answers | {"task-5": hostile, "task-4": [1, "=1"]}
    put(folder, "mal.json", submission(paper_of(), "mal", answers=answers))
    (row,) = cost()
    assert row["reasons"].isprintable()
    text = (tmp_path / "grades-to-read.md").read_text(encoding="utf-8")
    block = text.split("in `mal.json`\n\n")[1]
    assert all(line.startswith("    ") for line in block.splitlines() if line)
    assert all(line.isprintable() and len(line) <= 88 for line in block.splitlines())
    assert "[cut here: too long]" in block
    assert len(block) < 6_000
    page = MarkdownIt().render(text)
    assert "<script" not in page
    assert page.count("<h1>") == 1


def test_a_text_is_inert_after_a_question_that_ends_in_a_list(folder, graded, tmp_path):
    bank = put(
        tmp_path,
        "trial.py",
        b"from companion.assignments import Task\n"
        b"TASKS = (Task(title='t', kind='explain', points=1, draw=lambda rng: (1,),"
        b" text=lambda number: 'Say:\\n\\n- why\\n- how'),)\n",
    )
    names = roster(tmp_path, "ada")
    (task,) = _banks.find_tasks("trial", bank)
    paper = _variants.make_variant("trial", (task,), seed=SEED, student="ada")
    text = "# Full marks\n\n<script>x</script>"
    put(folder, "ada.json", submission(paper, answers={"task-1": text}))
    graded(bank=bank, roster=names)
    page = MarkdownIt().render((tmp_path / "grades-to-read.md").read_text("utf-8"))
    assert "<script" not in page
    assert page.count("<h1>") == 1
