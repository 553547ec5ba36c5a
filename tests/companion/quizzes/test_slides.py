"""Slides: a question each, its answer folded, every text of the bank unharmed."""

import re

from bs4 import BeautifulSoup

from companion import quizzes
from tests.companion.quizzes.inputs import (
    each_chapter,
    exported,
    html_of,
    read,
    right_of,
    write_hostile_bank,
)

SLIDE = re.compile(
    r"""<section [^>]*>
<h2>(?P<heading>[^<]*)</h2>
(?P<text>.*)
<ol type="A">
(?P<choices>.*)
</ol>
<div class="answer">
<p><strong>The answer is (?P<letter>[A-F])\.</strong></p>
(?P<why>.*)
</div>
<aside class="notes">
<p><code>(?P<id>[^<]*)</code>\. The answer is (?P<told>[A-F])\.</p>
<ol type="A">
(?P<reasons>.*)
</ol>
</aside>
""",
    re.DOTALL,
)


def listed(texts):
    return "\n".join(f"<li>{html_of(text)}</li>" for text in texts)


def assert_slides_have(page, quiz):
    slides = page.decode().split("</section>")[:-1]
    assert len(slides) == len(quiz.questions)
    for slide, question in zip(slides, quiz.questions, strict=True):
        assert slide.count("<section") == slide.count('class="answer"') == 1
        found = SLIDE.search(slide)
        assert ("predict before the run" in found["heading"]) == question.predict
        rights = [choice.right for choice in question.choices]
        assert found["id"] == question.id, "by which the syllabi name it"
        assert found["letter"] == found["told"] == "ABCDEF"[rights.index(True)]
        assert found["text"] == html_of(question.text)
        assert found["choices"] == listed(choice.text for choice in question.choices)
        assert found["why"] == html_of(right_of(question).why)
        assert found["reasons"] == listed(choice.why for choice in question.choices)


@each_chapter
def test_slides_have_every_question_choice_and_reason(chapter):
    assert_slides_have(exported(chapter, "slides"), read(chapter))


def test_slides_show_hostile_texts_unharmed(tmp_path):
    page = quizzes.export("own", to="slides", bank=write_hostile_bank(tmp_path))
    quiz = quizzes.read("own", bank=tmp_path)
    assert_slides_have(page, quiz)
    title = BeautifulSoup(page.decode(), "html.parser").title.get_text()
    assert title == f"{quiz.title}: quiz"
