"""What stands in several places about a chapter is written from the chapter."""

import json
from dataclasses import replace

import pytest

from companion import quizzes
from website import chapters
from website.chapters import Chapter, Exercise

PROSE = """\
# Two coins: a test

*Read: 99 minutes*

## What you will be able to do

- Toss a coin.
- Say what `p` is.

## What you need first

[One coin](../start/one-coin.ipynb#tosses).
"""
COURSE = {"minutes": {"read": 12, "run": 2}, "needs": ["one-coin"]}
HEADS = {"id": "two-coins-1", "title": "heads", "minutes": 5, "difficulty": "finger"}
TOSSES = {
    "id": "two-coins-2",
    "title": r"how many (tosses) \n?",
    "minutes": 10,
    "difficulty": "open",
}
RECORD = {
    "date": "2026-11-26T10:00:00+00:00",
    "command": "make book && python -m benchmarks.chapter_minutes",
    "side_by_side": 2,
    "machine": {"processor": "X", "cores": 2, "versions": {"keras": "3.15.1"}},
    "runs": [
        {"chapter": "two-coins", "backend": "tensorflow", "seconds": 61.4},
        {"chapter": "two-coins", "backend": "jax", "seconds": 30.6},
    ],
}


def cell(source, **metadata):
    lines = source.splitlines(keepends=True)
    return {"cell_type": "markdown", "metadata": metadata, "source": lines}


def write(root, *, prose=PROSE, course=COURSE, exercises=(HEADS, TOSSES)):
    cells = [cell(prose)]
    cells += [
        cell(
            "## Exercises\n\n### Exercise 9: old (1 minutes, core)\n\nWhich?\n",
            exercise=e,
        )
        for e in exercises
    ]
    folder = root / "book" / "coins"
    folder.mkdir(parents=True, exist_ok=True)
    notebook = {"cells": cells, "metadata": {"course": course}}
    (folder / "two-coins.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def read(root):
    return chapters.read_chapter("book/coins/two-coins", "Coins", root)


@pytest.fixture
def coins(tmp_path):
    write(tmp_path)
    return read(tmp_path)


def chain(*names, **needs):
    """Return bare chapters; a keyword gives those that a chapter needs."""
    blank = Chapter("", "", "", 1, 1, (), (), ())
    return [
        replace(blank, page=name, title=name, needs=tuple(needs.get(name, ())))
        for name in names
    ]


def test_a_chapter_is_read_from_its_metadata_and_its_head(coins):
    assert coins == Chapter(
        page="book/coins/two-coins",
        part="Coins",
        title="Two coins: a test",
        read=12,
        run=2,
        objectives=("Toss a coin.", "Say what `p` is."),
        needs=("one-coin",),
        exercises=(Exercise(**HEADS), Exercise(**TOSSES)),
    )
    assert coins.name == "two-coins"
    assert coins.link == "[Two coins](../coins/two-coins.ipynb)"
    assert coins.practice == 15


@pytest.mark.parametrize("prose", ["Two coins\n", "# Two coins\n"])
def test_a_head_without_title_or_objectives_is_refused(tmp_path, prose):
    write(tmp_path, prose=prose)
    with pytest.raises(ValueError, match=r"two-coins\.ipynb should begin with"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"course": {}}, "'minutes'"),
        ({"course": COURSE | {"minutes": {"read": 12}}}, "argument: 'run'"),
        ({"course": COURSE | {"minutes": {"read": 12, "run": "2"}}}, "whole"),
        ({"exercises": [HEADS | {"minutes": 0}]}, "above 0"),
        ({"exercises": [HEADS | {"difficulty": "easy"}]}, "none of finger, core, open"),
        ({"exercises": [TOSSES]}, "should be .*-1.* and are .*-2"),
        ({"exercises": [{"id": "two-coins-1"}]}, "'title'"),
        ({"exercises": [HEADS | {"colour": "red"}]}, "'colour'"),
    ],
)
def test_other_metadata_is_refused_with_an_example(tmp_path, fields, says):
    write(tmp_path, **fields)
    with pytest.raises(ValueError, match=says) as refused:
        read(tmp_path)
    message = str(refused.value)
    assert message.startswith("The metadata of book/coins/two-coins.ipynb: ")
    assert (
        '"course": {"minutes": {"read": 22, "run": 2}, "needs": ["circles"]}' in message
    )


def test_the_minutes_and_the_headings_are_written_from_the_metadata(coins, tmp_path):
    first, heads, tosses = json.loads(chapters.with_headings(coins, tmp_path))["cells"]
    assert first["source"] == PROSE.replace(
        "*Read: 99 minutes*",
        "*Read: 12 minutes · Run: under 2 minutes · Quiz: 0 minutes · "
        "Exercises: 15 minutes*",
    ).splitlines(keepends=True)
    assert heads["source"][2:] == [
        "### Exercise 1: heads (5 minutes, finger exercise)\n",
        "\n",
        "Which?\n",
    ]
    assert tosses["source"][2] == (
        "### Exercise 2: how many (tosses) \\n? (10 minutes, open)\n"
    )
    one = replace(coins, run=1)
    assert "Run: under 1 minute ·" in one.head


@pytest.mark.parametrize("prose", [PROSE.replace("*Read", "*Sleep"), PROSE * 2])
def test_a_line_that_cannot_be_found_is_an_error(tmp_path, prose):
    write(tmp_path, prose=prose)
    with pytest.raises(ValueError, match=r"one line should begin with '\*Read: '"):
        chapters.with_headings(read(tmp_path), tmp_path)


def test_the_course_is_read_in_its_order_without_pages_and_the_entry_quiz(tmp_path):
    write(tmp_path)
    (tmp_path / "book" / "entry-quiz.ipynb").write_text("{}", encoding="utf-8")
    toc = """\
parts:
  - caption: Start
    chapters: [{file: book/entry-quiz}, {file: book/notation}]
  - caption: Coins
    chapters: [{file: book/coins/two-coins}]
"""
    (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")
    (only,) = chapters.chapters(tmp_path)
    assert (only.name, only.part) == ("two-coins", "Coins")


def test_a_step_needs_only_chapters_of_the_steps_before_it():
    course = chain("d", "a", "b", "c", d=["b", "a"], b=["a"], c=["a"])
    names = [[chapter.page for chapter in step] for step in chapters.steps(course)]
    assert names == [["a"], ["b", "c"], ["d"]]


@pytest.mark.parametrize("needs", [{"a": ["b"], "b": ["a"]}, {"a": ["lost"]}])
def test_chapters_without_a_beginning_are_refused(needs):
    with pytest.raises(ValueError, match="needs another or a lost one: a"):
        chapters.steps(chain("a", "b", **needs))


def test_an_entry_has_all_that_the_chapter_says(coins):
    one_coin = replace(
        coins, page="book/start/one-coin", title="One: a coin", needs=(), exercises=()
    )
    entry = chapters.chapters_block([coins, one_coin], RECORD)
    begin = "### Coins\n\n<details>\n<summary><b>Two coins: a test</b>: read 12,"
    assert begin in entry
    for part in (
        "read 12, quiz 0, exercises 15",
        "Run: 61 s on TensorFlow and 31 s on JAX.",
        "- Toss a coin.\n- Say what `p` is.\n",
        '<a href="teaching-notes.html#two-coins">',
        "*Needs*: [One](../start/one-coin.ipynb).\n",
        "*Needs*: no other chapter.\n",
        "`two-coins-1` heads (5, finger), ",
        r"`two-coins-2` how many (tosses) \n? (10, open)",
        "2 side by side on 2 cores of X, Keras 3.15.1, 2026-11-26",
        "`make book && python -m benchmarks.chapter_minutes` measures",
    ):
        assert part in entry


def test_what_was_not_measured_runs_as_long_as_the_metadata_says(coins):
    coins = replace(coins, needs=())
    assert "Run: under 2 minutes." in chapters.chapters_block([coins])
    other = replace(coins, page="book/coins/three-coins")
    assert "Run: under 2 minutes." in chapters.chapters_block([other], RECORD)


def test_the_questions_of_a_chapter_name_what_is_believed(coins):
    circles = replace(coins, page="book/two-classes/circles", needs=())
    believed = {}
    for question in quizzes.read("circles").questions:
        for choice in question.choices:
            if choice.misconception:
                believed.setdefault(choice.misconception, set()).add(question.id)
    text = chapters.beliefs_block(circles)
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert len(lines) == len(believed) > 0
    assert text.startswith("<details>\n<summary>What learners may believe")
    for name, ids in believed.items():
        belief = quizzes.misconceptions()[name]["belief"]
        (line,) = [line for line in lines if line.startswith(f"- {belief} (")]
        assert all(f"`{id}`" in line for id in ids)
    assert chapters.beliefs_block(coins) == ""
    predicted = [q.id for q in quizzes.read("circles").questions if q.predict]
    entry = chapters.chapters_block([circles])
    assert all(f"`{id}`" in entry.partition("Before a run")[2] for id in predicted)


def test_what_several_chapters_ask_comes_first_and_the_rest_is_folded(coins):
    names = ("circles", "reading-a-loss", "clusters")
    course = [replace(coins, page=f"book/{name}", title=name) for name in names]
    often, _, once = chapters.misconceptions_block(course).partition("<details>")
    counts = [line.count("](../") for line in often.splitlines() if line]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 3
    assert counts[-1] == 2
    lines = [line for line in once.splitlines() if line.startswith("- ")]
    assert {line.count("](../") for line in lines} == {1}
    believed = {
        choice.misconception
        for name in names
        for question in quizzes.read(name).questions
        for choice in question.choices
    }
    assert len(counts) + len(lines) == len(believed - {None})


def test_filling_replaces_what_is_in_the_blocks_and_nothing_else():
    page = (
        "A\n<!-- begin x -->\nold\n<!-- end x -->\n"
        "B\n<!-- begin y z -->\n<!-- end y z -->\nC\n"
    )
    fresh = chapters.filled(page, {"x": "1\n", "y z": "- 2\n- 3\n", "unused": "4"})
    assert fresh == (
        "A\n<!-- begin x -->\n\n1\n\n<!-- end x -->\n"
        "B\n<!-- begin y z -->\n\n- 2\n- 3\n\n<!-- end y z -->\nC\n"
    )
    assert chapters.filled(fresh, {"x": "1", "y z": "- 2\n- 3"}) == fresh
    with pytest.raises(ValueError, match="no block 'x'"):
        chapters.filled(page, {"y z": ""})
