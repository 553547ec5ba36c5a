"""QTI 1.2, which Canvas and other platforms import; text2qti writes it.

text2qti reads a text format of its own and turns Markdown into HTML with another
parser than the page's, and formulas into pictures that only a Canvas server draws. So
it gets finished HTML: one line for each text, with formulas as MathML. Canvas keeps
MathML (``CanvasSanitize::SANITIZE`` in its source lists what it keeps), and browsers
show it on platforms that know no TeX.

The right choice's explanation is the question's general feedback: whatever a learner
chose, it is shown once.
"""

import io
import re
import zipfile
from string import ascii_lowercase

from ._bank import Question, Quiz
from ._markup import html

# What would end a line, or start a formula or a command, in text2qti's own syntax.
_REFERENCES = str.maketrans({mark: f"&#{ord(mark)};" for mark in "\n\t$\\"})
# Canvas drops the width of this element, and so the space.
_SPACE = re.compile("<mspace[^>]*/>")
# The earliest that a zip file can hold.
_DATE = (1980, 1, 1)


def qti(quiz: Quiz) -> bytes:
    """Write a quiz as a QTI package; the same questions always give the same bytes.

    Raises
    ------
    ModuleNotFoundError
        If text2qti is not installed.
    ValueError
        If text2qti refuses the quiz, for example because a choice stands twice.
    """
    try:
        from text2qti.config import Config
        from text2qti.err import Text2qtiError
        from text2qti.qti import QTI
        from text2qti.quiz import Quiz as Parsed
        from text2qti.xml_imsmanifest import imsmanifest
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "QTI is written by the library text2qti, which is not installed. It comes "
            "with the course's extra `lms`; alone: `pip install text2qti`."
        ) from error
    try:
        parsed = Parsed(_source(quiz), config=Config())
    except Text2qtiError as error:
        raise ValueError(f"The quiz on {quiz.chapter!r} is no QTI: {error}") from None
    package = QTI(parsed)
    package.imsmanifest_xml = imsmanifest(
        manifest_identifier=package.manifest_identifier,
        assessment_identifier=package.assessment_identifier,
        dependency_identifier=package.dependency_identifier,
        images=parsed.images,
        date="{}-{:02}-{:02}".format(*_DATE),
    )
    return _undated(package.zip_bytes())


def _source(quiz: Quiz) -> str:
    """Write the quiz in text2qti's format."""
    head = [f"Quiz title: {_line(quiz.title)}", "Shuffle answers: false", ""]
    return "\n".join(head + [line for each in quiz.questions for line in _lines(each)])


def _lines(question: Question) -> list[str]:
    right = next(choice for choice in question.choices if choice.right)
    kind = " (predict)" if question.predict else ""
    lines = [f"Title: {question.id}{kind}"]
    lines += [f"1. {_block(question.text)}", f"... {_block(right.why)}"]
    for letter, choice in zip(ascii_lowercase, question.choices, strict=False):
        mark = "*" if choice.right else ""
        lines.append(f"{mark}{letter}) {_block(choice.text)}")
        if not choice.right:
            lines.append(f"... {_block(choice.why)}")
    return [*lines, ""]


def _block(markdown: str) -> str:
    content = _SPACE.sub("<mtext>\N{THIN SPACE}</mtext>", html(markdown))
    return f"<div>{content.translate(_REFERENCES)}</div>"


def _line(text: str) -> str:
    return " ".join(text.split())


def _undated(package: bytes) -> bytes:
    """Give each file of a zip the same date: its bytes then tell only its content."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(package)) as source,
        zipfile.ZipFile(stream, "w") as target,
    ):
        for member in source.infolist():
            content = source.read(member)
            member.date_time = (*_DATE, 0, 0, 0)
            target.writestr(member, content)
    return stream.getvalue()
