"""Turn ``slides/lecture.md`` into slides, with the chapters' figures and questions.

Slides are Markdown with formulas, separated by ``---``. These lines stand for more:

    figure: CHAPTER/CLAIM    a chapter's figure, by its claim in small letters
    beside: CHAPTER/CLAIM    the same, at the right of the text
    question: CHAPTER/ID     a question of the quizzes, with its choices
    notes: 4 minutes         what follows is for the speaker
    fact: EXPRESSION         holds if the slide's numbers do; the tests try it

A figure beside a question is hidden until the answer is shown.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from companion import _slides, quizzes
from companion.quizzes._markup import html
from companion.quizzes._slides import audience_html, speaker_html
from tools.set_repository import ROOT
from website.figures import Chapter, Figure

SOURCE = ROOT / "slides" / "lecture.md"
_DIRECTIVE = re.compile(r"^(figure|beside|question|notes|fact): +(.+)\n?", re.MULTILINE)


@dataclass(frozen=True)
class Slide:
    """One slide as it is written, and as HTML."""

    text: str  # what the audience reads, before the references are resolved
    notes: str
    minutes: int
    facts: tuple[str, ...]
    html: str


def by_reference(chapters: Iterable[Chapter]) -> dict[str, Figure]:
    """Return the chapters' figures by ``CHAPTER/CLAIM``."""
    return {
        f"{chapter.stem}/{figure.slug}": figure
        for chapter in chapters
        for figure in chapter.figures
    }


def deck(source: str, figures: Mapping[str, Figure]) -> str:
    """Return the deck as one HTML file."""
    slides = read(source, figures)
    title = slides[0].text.partition("\n")[0].removeprefix("# ")
    return _slides.document(title, [slide.html for slide in slides])


def read(source: str, figures: Mapping[str, Figure]) -> list[Slide]:
    """Read the slides; raise ValueError for a reference that leads nowhere."""
    return [_read(part, figures) for part in re.split(r"\n---\n", source)]


def _read(part: str, figures: Mapping[str, Figure]) -> Slide:
    directives: dict[str, list[str]] = {}
    for name, value in _DIRECTIVE.findall(part):
        directives.setdefault(name, []).append(value.strip())
    audience_part, _, speaker_part = part.partition("\nnotes: ")
    minutes = re.fullmatch(r"(\d+) minutes?", directives.get("notes", [""])[0])
    if minutes is None:
        raise ValueError(f"This slide does not say `notes: N minutes`:\n{part}")
    text = _DIRECTIVE.sub("", audience_part).strip()
    notes = _DIRECTIVE.sub("", speaker_part.partition("\n")[2]).strip()
    questions = [_question(reference) for reference in directives.get("question", [])]
    heading, _, body = html(text).partition("\n")
    body += "".join(f"\n{audience_html(question)}" for question in questions)
    pictures = "".join(_picture(name, figures) for name in directives.get("figure", []))
    for reference in directives.get("beside", []):
        picture = _picture(reference, figures, hidden=bool(questions))
        body = f'<div class="beside">\n<div>\n{body}\n</div>\n{picture}</div>'
    notes_html = f"<p><strong>{directives['notes'][0]}</strong></p>\n{html(notes)}"
    notes_html += "".join(f"\n{speaker_html(question)}" for question in questions)
    aside = f'<aside class="notes">\n{notes_html}\n</aside>'
    return Slide(
        text=text,
        notes=notes,
        minutes=int(minutes[1]),
        facts=tuple(directives.get("fact", ())),
        html=f"{heading}\n{body}\n{pictures}{aside}",
    )


def _picture(
    reference: str, figures: Mapping[str, Figure], *, hidden: bool = False
) -> str:
    if reference not in figures:
        raise ValueError(
            f"No chapter has the figure {reference!r}. There are: "
            f"{', '.join(sorted(figures))}."
        )
    figure = figures[reference]
    # As an image, not as elements: then the names inside meet no other figure's.
    data = b64encode(figure.svg.encode()).decode()
    address = f"data:image/svg+xml;base64,{data}"
    attribute = ' class="answer"' if hidden else ""
    image = f'<img src="{address}" alt="{escape(figure.alt)}">'
    return f"<figure{attribute}>{image}</figure>\n"


def _question(reference: str) -> quizzes.Question:
    chapter, _, name = reference.partition("/")
    for question in quizzes.read(chapter).questions:
        if question.id == name:
            return question
    raise ValueError(f"The quiz of {chapter!r} has no question {name!r}.")
