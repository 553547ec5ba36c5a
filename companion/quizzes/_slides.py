"""Questions to project: a page of slides, one question on each."""

from html import escape
from string import ascii_uppercase

from companion._slides import document

from ._bank import Choice, Question, Quiz
from ._markup import html


def slides(quiz: Quiz) -> bytes:
    """Write a quiz as slides; the answer is hidden until the speaker asks for it.

    The audience sees the right choice and why it is right. What each wrong choice
    suggests is in the speaker's notes: it is for those who raised their hands.
    """
    count = len(quiz.questions)
    fragments = [
        _slide(question, f"Question {number} of {count}")
        for number, question in enumerate(quiz.questions, start=1)
    ]
    return document(f"{quiz.title}: quiz", fragments).encode()


def _slide(question: Question, heading: str) -> str:
    if question.predict:
        heading += ": predict before the run"
    return (
        f"<h2>{escape(heading)}</h2>\n{audience_html(question)}\n"
        f'<aside class="notes">\n{speaker_html(question)}\n</aside>'
    )


def audience_html(question: Question) -> str:
    """Return the question, and the answer to reveal."""
    choices = "\n".join(f"<li>{html(choice.text)}</li>" for choice in question.choices)
    letter, right = _right(question)
    return f"""\
{html(question.text)}
<ol type="A">
{choices}
</ol>
<div class="answer">
<p><strong>The answer is {letter}.</strong></p>
{html(right.why)}
</div>"""


def speaker_html(question: Question) -> str:
    """Return the answer, and what each choice suggests."""
    reasons = "\n".join(f"<li>{html(choice.why)}</li>" for choice in question.choices)
    return f"""\
<p><code>{escape(question.id)}</code>. The answer is {_right(question)[0]}.</p>
<ol type="A">
{reasons}
</ol>"""


def _right(question: Question) -> tuple[str, Choice]:
    lettered = zip(ascii_uppercase, question.choices, strict=False)
    return next((letter, choice) for letter, choice in lettered if choice.right)
