"""A quiz as HTML: complete in itself, for the site, JupyterLab and Colab alike."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from string import ascii_uppercase

from ._bank import Choice, Question, Quiz, read
from ._markup import html


@dataclass(frozen=True, repr=False)
class Page:
    """Questions for a notebook, which shows them as HTML.

    Parameters
    ----------
    chapter : str
        The chapter that they belong to.
    questions : tuple of Question
        In the order in which they are shown.
    html : str
        With its style and its script: nothing else is loaded.
    """

    chapter: str
    questions: tuple[Question, ...]
    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        """Return one line, for a terminal."""
        count = len(self.questions)
        noun = "question" if count == 1 else "questions"
        return f"Quiz on {self.chapter}: {count} {noun}, shown in a notebook"


def show(chapter: str, *ids: str, bank: str | Path | None = None) -> Page:
    """Show questions of a chapter in a notebook, where they mark themselves.

    Parameters
    ----------
    chapter : str
        The chapter, as `chapters` names it.
    *ids : str
        The questions, in the order in which to show them. Without any: all of the
        chapter but those that ask for a prediction, which belong before a run.
    bank : path, optional
        A folder of your own with one YAML file a chapter; by default the course's.

    Returns
    -------
    Page
        A notebook shows it when it is a cell's last value.

    Raises
    ------
    ValueError
        If there is no such chapter or question, or if the bank's file is not valid.

    Examples
    --------
    >>> from companion import quizzes
    >>> quizzes.show("circles", "both-losses")
    Quiz on circles: 1 question, shown in a notebook
    """
    quiz = read(chapter, bank=bank)
    questions = _chosen(quiz, ids)
    return Page(chapter, questions, _render(chapter, questions))


def _chosen(quiz: Quiz, ids: tuple[str, ...]) -> tuple[Question, ...]:
    known = {question.id: question for question in quiz.questions}
    ids = ids or tuple(name for name in known if not known[name].predict)
    if not ids:
        raise ValueError(
            f"All questions of the quiz on {quiz.chapter!r} ask for a prediction. "
            f"Name those to show: {', '.join(known)}."
        )
    for name in ids:
        if name not in known:
            raise ValueError(
                f"The quiz on {quiz.chapter!r} has no question {name!r}. "
                f"It has: {', '.join(known)}."
            )
    return tuple(known[name] for name in ids)


def _render(chapter: str, questions: tuple[Question, ...]) -> str:
    count = len(questions)
    fieldsets = [
        _fieldset(
            question,
            name=f"quiz-{chapter}--{question.id}",
            number=f" {number} of {count}" if count > 1 else "",
        )
        for number, question in enumerate(questions, start=1)
    ]
    parts = [
        f"<style>\n{_asset('quiz.css')}</style>",
        '<div class="companion-quiz" data-wired="no">',
        *fieldsets,
        *(['<p class="quiz-score"></p>'] if count > 1 else []),
        "</div>",
        f"<script>\n{_asset('quiz.js')}</script>",
    ]
    return "\n".join(parts)


@cache
def _asset(name: str) -> str:
    return (files("companion.quizzes") / name).read_text(encoding="utf-8")


def _fieldset(question: Question, *, name: str, number: str) -> str:
    lettered = list(zip(ascii_uppercase, question.choices, strict=False))
    right = next(letter for letter, choice in lettered if choice.right)
    kind = "prediction" if question.predict else "question"
    try:
        text = html(question.text)
        choices = "\n".join(_radio(letter, choice, name) for letter, choice in lettered)
        reasons = "\n".join(_reason(letter, choice) for letter, choice in lettered)
    except ValueError as error:
        raise ValueError(f"The question {question.id!r}: {error}") from None
    # The script adds the buttons. Where none runs, the answer can be unfolded.
    return f"""\
<fieldset data-kind="{kind}" data-right="{right}" aria-describedby="{name}">
<legend>{kind.capitalize()}{number}</legend>
<div id="{name}">
{text}
</div>
<div class="quiz-choices">
{choices}
</div>
<div class="quiz-buttons"></div>
<div role="status"></div>
<details>
<summary>The answer, and what each choice suggests</summary>
<p>The answer is {right}.</p>
<ol type="A">
{reasons}
</ol>
</details>
</fieldset>"""


def _radio(letter: str, choice: Choice, name: str) -> str:
    # A browser would fill in an earlier visit's choice, and the script has no verdict.
    return (
        f'<label><input type="radio" name="{name}" value="{letter}" '
        f'autocomplete="off"><span>{letter}.</span> '
        f"<span>{_without_paragraph(html(choice.text))}</span></label>"
    )


def _reason(letter: str, choice: Choice) -> str:
    return f'<li data-choice="{letter}">{html(choice.why)}</li>'


def _without_paragraph(content: str) -> str:
    """Return the inside of a lone paragraph: a label may hold no block."""
    inner = content.removeprefix("<p>").removesuffix("</p>")
    return content if "<p>" in inner else inner
