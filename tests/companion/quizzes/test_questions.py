"""The bank of questions: what it holds is true and fair, and shown as it is meant."""

import math
import re
from collections import Counter

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup

from companion import losses, quizzes
from tests.companion.quizzes.inputs import (
    CHAPTERS,
    bank_texts,
    each_chapter,
    flat,
    html_of,
    place,
    read,
    right_of,
)
from tools.set_repository import notebooks

NOTEBOOKS = {path.stem: path for path in notebooks()}
MISCONCEPTIONS = quizzes.misconceptions()
# It stands before the chapters, where there is nothing to run and to predict.
ENTRY = "entry-quiz"
FACTS = {
    "np": np,
    "math": math,
    "log": np.log,
    "exp": np.exp,
    "losses": losses,
    "sigmoid": lambda z: 1 / (1 + np.exp(-np.asarray(z, float))),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(),
}
DECIMAL = re.compile(r"\d\.\d")
each_question = pytest.mark.parametrize(
    "question",
    [
        pytest.param(question, id=f"{chapter}-{question.id}")
        for chapter in CHAPTERS
        for question in read(chapter).questions
    ],
)


def test_every_notebook_has_a_quiz_and_every_quiz_a_notebook():
    assert sorted(NOTEBOOKS) == CHAPTERS


@each_chapter
def test_a_chapter_asks_before_a_run(chapter):
    predicted = [question for question in read(chapter).questions if question.predict]
    assert bool(predicted) == (chapter != ENTRY)


@each_chapter
def test_a_quiz_has_the_title_of_its_notebook(chapter):
    cells = nbformat.read(NOTEBOOKS[chapter], as_version=4).cells
    first = next(cell.source for cell in cells if cell.cell_type == "markdown")
    assert first.split("\n")[0] == f"# {read(chapter).title}"


@each_question
def test_a_wrong_choice_comes_from_a_known_misconception(question):
    named = [choice.misconception for choice in question.choices if not choice.right]
    assert any(named)
    assert set(filter(None, named)) <= set(MISCONCEPTIONS)
    assert right_of(question).misconception is None


def test_every_misconception_has_its_belief():
    for name, entry in MISCONCEPTIONS.items():
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name)
        assert {"belief"} <= set(entry) <= {"belief", "source"}, name
        assert entry["belief"].endswith("."), name
        assert entry.get("source", "https://").startswith("https://"), name


@each_question
def test_the_facts_hold(question):
    for fact in question.facts:
        try:
            value = eval(fact, dict(FACTS))
        except NameError as error:
            pytest.fail(f"{fact}: {error}; facts know {', '.join(sorted(FACTS))}")
        assert isinstance(value, bool | np.bool_), f"{fact} is no comparison"
        assert value, fact


@each_question
def test_a_number_in_the_answer_is_checked(question):
    if DECIMAL.search(right_of(question).text + right_of(question).why):
        assert question.facts or question.asserted


@each_chapter
def test_an_asserted_answer_names_the_cell_that_asserts_it(chapter):
    named = [question.asserted for question in read(chapter).questions]
    cells = nbformat.read(NOTEBOOKS[chapter], as_version=4).cells
    by_id = {cell.id: cell for cell in cells}
    for name in filter(None, named):
        assert name in by_id, f"no cell {name}"
        assert "remove-cell" in by_id[name].metadata.get("tags", []), name
        assert re.search(r"^\s*assert ", by_id[name].source, re.MULTILINE), name


@each_chapter
def test_the_place_of_the_right_answer_gives_nothing_away(chapter):
    questions = read(chapter).questions
    counts = Counter(place(question) for question in questions)
    assert max(counts.values()) <= len(questions) / 2, counts


def test_over_the_bank_every_place_is_right_about_as_often_as_by_chance():
    questions = [q for name in CHAPTERS for q in read(name).questions]
    sizes = [len(question.choices) for question in questions]
    for letter, found in sorted(Counter(map(place, questions)).items()):
        expected = sum(1 / size for size in sizes if size > letter)
        # Three standard deviations of a count that chance alone decides.
        assert abs(found - expected) < 3 * math.sqrt(expected), "ABCDEF"[letter]


@each_chapter
def test_the_length_of_the_right_answer_gives_nothing_away(chapter):
    questions = read(chapter).questions
    longest = [
        question.id
        for question in questions
        if all(
            len(choice.text) < len(right_of(question).text)
            for choice in question.choices
            if not choice.right
        )
    ]
    assert len(longest) <= len(questions) / 2, longest


def test_no_question_is_asked_twice():
    counts = Counter(
        question.text for chapter in CHAPTERS for question in read(chapter).questions
    )
    assert [text for text, count in counts.items() if count > 1] == []


@each_question
def test_the_choices_differ(question):
    assert len({choice.text for choice in question.choices}) == len(question.choices)


def texts(question):
    """Return all Markdown of a question."""
    parts = [(choice.text, choice.why) for choice in question.choices]
    return [question.text, *(text for pair in parts for text in pair)]


@each_question
def test_formulas_and_markdown_leave_no_trace(question):
    for text in texts(question):
        soup = BeautifulSoup(html_of(text), "html.parser")
        for math_or_code in soup.find_all(["math", "code"]):
            math_or_code.decompose()
        assert not re.search(r"[\\$*`<>_]", soup.get_text()), text


@each_chapter
def test_a_chapter_title_is_plain_text(chapter):
    # Moodle strips tags from a category's name; nobody sets Markdown or TeX there.
    assert not re.search(r"[<>`$*\n]", read(chapter).title)


@each_chapter
def test_nothing_points_to_a_file_that_a_platform_lacks(chapter):
    for question in read(chapter).questions:
        shown = "".join(flat(bank_texts(question, html_of)))
        assert "<img" not in shown
        assert all(
            link.startswith("https://") for link in re.findall(r'href="([^"]*)"', shown)
        )
