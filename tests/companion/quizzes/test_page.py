"""The page: named controls, folded answers, nothing loaded, every text inert."""

import doctest
from functools import cache
from html.parser import HTMLParser

import pytest
from bs4 import BeautifulSoup

from companion import quizzes
from companion.quizzes import _page
from tests.companion.quizzes.inputs import (
    HOSTILE_HTML,
    choices_of,
    each_chapter,
    html_of,
    place,
    question_of,
    read,
)


@cache
def page(chapter):
    """Return all questions of a chapter, as HTML."""
    ids = [question.id for question in read(chapter).questions]
    return quizzes.show(chapter, *ids)._repr_html_()


class Balance(HTMLParser):
    """Notes every tag that is closed out of turn, or never."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in {"br", "hr", "img", "input"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@each_chapter
def test_the_html_is_well_formed(chapter):
    balance = Balance()
    balance.feed(page(chapter))
    balance.close()
    assert (balance.wrong, balance.open) == ([], [])


@each_chapter
def test_the_controls_are_named(chapter):
    soup = BeautifulSoup(page(chapter), "html.parser")
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids)) == len(soup.find_all("fieldset"))
    names = set()
    for fieldset in soup.find_all("fieldset"):
        assert fieldset.find(True).name == "legend"
        assert fieldset["aria-describedby"] in ids
        radios = fieldset.find_all("input", type="radio")
        assert [radio["value"] for radio in radios] == list("ABCDEF"[: len(radios)])
        assert len({radio["name"] for radio in radios}) == 1
        names.add(radios[0]["name"])
        for radio in radios:
            label = radio.find_parent("label")
            assert label.get_text().strip().startswith(f"{radio['value']}. ")
            assert label.find(["p", "pre", "div", "ul", "table"]) is None
        assert fieldset.find(role="status").contents == []
    assert len(names) == len(ids)


@each_chapter
def test_nothing_is_loaded_and_nothing_depends_on_the_run(chapter):
    first = page(chapter)
    assert page.__wrapped__(chapter) == first
    soup = BeautifulSoup(first, "html.parser")
    assert [tag for tag in soup.find_all(["link", "script", "img"]) if tag.attrs] == []
    assert "url(" not in first
    assert "@import" not in first
    assert not [name for tag in soup(True) for name in tag.attrs if name[:2] == "on"]


@each_chapter
def test_without_a_script_the_answer_is_folded_and_the_buttons_are_not_there(chapter):
    soup = BeautifulSoup(page(chapter), "html.parser")
    pairs = zip(soup("fieldset"), read(chapter).questions, strict=True)
    for fieldset, asked in pairs:
        assert fieldset("button") == []
        details = fieldset.details.extract()
        assert not details.has_attr("open")
        letter = "ABCDEF"[place(asked)]
        assert fieldset["data-right"] == letter
        assert fieldset["data-kind"] == ("prediction" if asked.predict else "question")
        assert f"The answer is {letter}." in details.get_text()
        assert len(details("li")) == len(asked.choices)
        shown = fieldset.get_text()
        for choice in asked.choices:
            why = BeautifulSoup(html_of(choice.why), "html.parser").get_text()
            assert why in details.get_text()
            assert why not in shown


def test_two_quizzes_on_one_page_share_no_id():
    soup = BeautifulSoup(
        quizzes.show("circles", "both-losses").html + quizzes.show("circles").html,
        "html.parser",
    )
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids)) > 1


def test_without_ids_a_quiz_shows_what_needs_no_run():
    shown = quizzes.show("circles").questions
    asked = quizzes.read("circles").questions
    assert shown == tuple(question for question in asked if not question.predict)


def test_ids_choose_and_order():
    ids = [question.id for question in quizzes.show("circles").questions][:2]
    soup = BeautifulSoup(quizzes.show("circles", *ids[::-1]).html, "html.parser")
    names = [tag["id"].removeprefix("quiz-circles--") for tag in soup(id=True)]
    assert names == ids[::-1]
    titles = [tag.get_text() for tag in soup("legend")]
    assert titles == ["Question 1 of 2", "Question 2 of 2"]
    assert len(soup(class_="quiz-score")) == 1


def test_a_prediction_has_its_own_title():
    soup = BeautifulSoup(quizzes.show("circles", "both-losses").html, "html.parser")
    assert soup.legend.get_text() == "Prediction"
    assert soup(class_="quiz-score") == []


def test_a_terminal_shows_one_line(write):
    one = quizzes.show("own", bank=write(question_of()))
    two = quizzes.show("own", bank=write(question_of(), question_of(id="two")))
    assert repr(one) == "Quiz on own: 1 question, shown in a notebook"
    assert repr(two) == "Quiz on own: 2 questions, shown in a notebook"


def test_an_unknown_question_is_told_the_known_ones(write):
    bank = write(question_of(), question_of(id="two"))
    with pytest.raises(ValueError, match=r"no question 'three'\. It has: one, two\."):
        quizzes.show("own", "one", "three", bank=bank)
    with pytest.raises(ValueError, match="no quiz for the chapter 'squares'"):
        quizzes.show("squares")


def test_predictions_alone_are_shown_by_name_only(write):
    bank = write(question_of(predict=True))
    with pytest.raises(ValueError, match=r"ask for a prediction.*to show: one\."):
        quizzes.show("own", bank=bank)
    assert len(quizzes.show("own", "one", bank=bank).questions) == 1


def test_a_bank_s_html_is_shown_as_text(write):
    right, wrong = choices_of()
    right |= {"text": HOSTILE_HTML, "why": HOSTILE_HTML}
    bank = write(question_of(text=HOSTILE_HTML, choices=[right, wrong]))
    soup = BeautifulSoup(quizzes.show("own", bank=bank).html, "html.parser")
    assert len(soup("script")) == 1
    assert soup("img") == []
    assert len(soup("fieldset")) == 1
    assert soup.fieldset.label.get_text() == f"A. {HOSTILE_HTML}"
    assert soup.fieldset.li.get_text() == HOSTILE_HTML


def test_the_examples_in_the_docstrings_run():
    failed, tried = doctest.testmod(_page)
    assert tried > 0
    assert failed == 0
