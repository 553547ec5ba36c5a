"""What the instructors' pages say of a chapter is read from the chapter."""

import json
from dataclasses import replace

import pytest

from companion import quizzes
from website import chapters
from website.chapters import Chapter, Exercise

PROSE = """\
# Two coins: a test

*Read: 12 minutes · Run: under 2 minutes · Quiz: 6 minutes · Exercises: 15 minutes*

## What you will be able to do

- Toss a coin.
- Say what `p` is.

## What you need first

[One coin](../start/one-coin.ipynb#tosses), the page
[Notation](../reference/notation.md), and [a coin](https://example.org/coin.ipynb).
"""
EXERCISES = """\
## Exercises

### Exercise 1: heads (5 minutes, finger exercise)

Which?

### Exercise 2: how many (tosses)? (10 minutes, open)
"""
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


def cell(kind, source):
    return {"cell_type": kind, "metadata": {}, "source": source.splitlines(True)}


def write(root, *, prose=PROSE, checks=2):
    cells = [cell("markdown", prose), cell("markdown", EXERCISES)]
    cells += [
        cell("code", f'exercises.check("coins-{number}", answer)')
        for number in range(1, checks + 1)
    ]
    folder = root / "book" / "coins"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "two-coins.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")


@pytest.fixture
def coins(tmp_path):
    write(tmp_path)
    return chapters.read_chapter("book/coins/two-coins", "Coins", tmp_path)


def chain(*names, **needs):
    """Return bare chapters; a keyword gives those that a chapter needs."""
    blank = Chapter("", "", "", {}, (), "", (), ())
    return [
        replace(blank, page=name, title=name, after=tuple(needs.get(name, ())))
        for name in names
    ]


def test_a_chapter_is_read_from_its_head_and_its_exercises(coins):
    assert coins == Chapter(
        page="book/coins/two-coins",
        part="Coins",
        title="Two coins: a test",
        minutes={"Read": 12, "Run": 2, "Quiz": 6, "Exercises": 15},
        objectives=("Toss a coin.", "Say what `p` is."),
        needs=(
            "[One coin](../start/one-coin.ipynb#tosses), the page "
            "[Notation](../reference/notation.md), and [a coin](https://example.org/coin.ipynb)."
        ),
        after=("book/start/one-coin",),
        exercises=(
            Exercise("coins-1", "heads", 5, "finger"),
            Exercise("coins-2", "how many (tosses)?", 10, "open"),
        ),
    )
    assert coins.name == "two-coins"
    assert coins.link == "[Two coins](../coins/two-coins.ipynb)"


@pytest.mark.parametrize(
    ("change", "checks"),
    [(("# Two", "Two"), 2), (("*Read", "*Sleep"), 2), (("you need", "is"), 2), ((), 1)],
    ids=["no title", "no minutes", "no needs", "an exercise without a check"],
)
def test_a_head_in_another_form_is_refused(tmp_path, change, checks):
    write(tmp_path, prose=PROSE.replace(*change) if change else PROSE, checks=checks)
    with pytest.raises(ValueError, match=r"two-coins\.ipynb should begin with"):
        chapters.read_chapter("book/coins/two-coins", "Coins", tmp_path)


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
    entry = chapters.chapters_block([coins], RECORD)
    begin = "### Coins\n\n<details>\n<summary><b>Two coins: a test</b>: read 12,"
    assert begin in entry
    for part in (
        "read 12, quiz 6, exercises 15",
        "Run: 61 s on TensorFlow and 31 s on JAX.",
        "- Toss a coin.\n- Say what `p` is.\n",
        '<a href="teaching-notes.html#two-coins">',
        coins.needs,
        "`coins-1` heads (5, finger), `coins-2` how many (tosses)? (10, open)",
        "2 side by side on 2 cores of X, Keras 3.15.1, 2026-11-26",
        "`make book && python -m benchmarks.chapter_minutes` measures",
    ):
        assert part in entry


def test_what_was_not_measured_runs_as_long_as_the_head_says(coins):
    assert "Run: under 2 minutes." in chapters.chapters_block([coins])
    other = replace(coins, page="book/coins/three-coins")
    assert "Run: under 2 minutes." in chapters.chapters_block([other], RECORD)


def test_the_questions_of_a_chapter_name_what_is_believed(coins):
    circles = replace(coins, page="book/two-classes/circles")
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
