"""The lecture's slides: complete, and no number that nothing checks."""

import math
import re

import numpy as np
import pytest

from companion import losses, quizzes
from website import deck
from website.figures import Figure

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><title>Up</title></svg>'
LINE = Figure(1, "Up", "A line that rises.", "plot()", SVG)
SOURCE = deck.SOURCE.read_text(encoding="utf-8")


class Any(dict):
    """Has a figure under every name; the site's tests look for the real ones."""

    def __contains__(self, name):
        return True

    def __missing__(self, name):
        return LINE


SLIDES = deck.read(SOURCE, Any())
each_slide = pytest.mark.parametrize("slide", SLIDES, ids=lambda slide: slide.text[:30])


def softmax(z):
    powers = np.exp(np.asarray(z) - np.max(z))
    return powers / powers.sum()


def sigmoid(z):
    return 1 / (1 + np.exp(-np.asarray(z)))


NAMES = {
    "np": np,
    "losses": losses,
    "log": math.log,
    "exp": math.exp,
    "sigmoid": sigmoid,
    "softmax": softmax,
}


@each_slide
def test_a_slide_has_one_heading_and_notes(slide):
    assert len(re.findall(r"<h[1-6]>", slide.html)) == 1
    assert slide.notes
    assert slide.html.count('<aside class="notes">') == 1


@each_slide
def test_the_slide_s_facts_hold(slide):
    for fact in slide.facts:
        assert eval(fact, dict(NAMES)), fact


@each_slide
def test_every_decimal_number_stands_in_a_fact(slide):
    for number in re.findall(r"\d+\.\d+", f"{slide.text}\n{slide.notes}"):
        assert any(number in fact for fact in slide.facts), number


@each_slide
def test_formulas_are_set_and_directives_are_gone(slide):
    assert "$" not in slide.html
    assert not re.search(r"^\w+: [\w-]+/", slide.html, re.MULTILINE)
    assert "fact:" not in slide.html


def test_figures_carry_their_text_and_load_nothing():
    whole = deck.deck(SOURCE, Any())
    images = re.findall(r"<img [^>]*>", whole)
    assert len(images) == len(re.findall(r"^(?:figure|beside): ", SOURCE, re.MULTILINE))
    for image in images:
        assert 'alt="A line that rises."' in image
        assert re.search(r'src="data:image/svg\+xml;base64,\w', image)


def test_a_figure_beside_a_question_waits_for_the_answer():
    source = (
        "## Predict\n\nquestion: circles/both-losses\nbeside: lines/up\n\n"
        "notes: 1 minute\n\nWait."
    )
    (slide,) = deck.read(source, {"lines/up": LINE})
    assert '<figure class="answer">' in slide.html
    question = next(
        q for q in quizzes.read("circles").questions if q.id == "both-losses"
    )
    assert slide.html.count("<li>") == 2 * len(question.choices)
    shown, spoken = slide.html.split('<aside class="notes">')
    assert '<div class="answer">' in shown
    assert "That would be overfitting" in spoken
    assert "That would be overfitting" not in shown


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("figure: lines/down", "No chapter has the figure 'lines/down'"),
        ("beside: lines/down", "No chapter has the figure 'lines/down'"),
        ("question: circles/none", "has no question 'none'"),
        ("question: nowhere/none", "no quiz for the chapter 'nowhere'"),
    ],
)
def test_a_reference_that_leads_nowhere_is_an_error(line, message):
    source = f"## Slide\n\n{line}\n\nnotes: 1 minute\n\nSay it."
    with pytest.raises(ValueError, match=message):
        deck.read(source, {"lines/up": LINE})


@pytest.mark.parametrize("notes", ["", "notes: soon\n\nSay it."])
def test_a_slide_without_minutes_is_an_error(notes):
    with pytest.raises(ValueError, match="does not say `notes: N minutes`"):
        deck.read(f"## Slide\n\nText.\n\n{notes}", {})
