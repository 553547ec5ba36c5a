r"""Moodle XML, which Moodle's question bank imports.

Moodle publishes no schema. The format's rules are in its documentation,
https://docs.moodle.org/en/Moodle_XML_format, and in what it reads and writes itself,
``question/format/xml/format.php``; the tests hold the ones that matter here.

Formulas travel as ``\(…\)``, which Moodle's MathJax filter sets. The right choice's
explanation is the general feedback: whatever a learner chose, it is shown once, when
the question is over.
"""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ._bank import Choice, Question, Quiz
from ._markup import html_with_tex

COURSE = "Classification losses"
LONGEST_ID = 100  # the width of the column in Moodle's database


def moodle(quiz: Quiz) -> bytes:
    """Write a quiz as Moodle XML: a category, and the questions that go into it.

    Raises
    ------
    ValueError
        If a question's id is too long for Moodle.
    """
    root = Element("quiz")
    category = SubElement(root, "question", type="category")
    _text(
        SubElement(category, "category"), _path("$course$", "top", COURSE, quiz.title)
    )
    for number, question in enumerate(quiz.questions, start=1):
        root.append(_question(question, number, quiz.chapter))
    indent(root)
    return tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _question(question: Question, number: int, chapter: str) -> Element:
    # Moodle lists the questions of a category by name.
    element = Element("question", type="multichoice")
    _text(SubElement(element, "name"), f"{number:02} {question.id}")
    _html(element, "questiontext", question.text)
    right = next(choice for choice in question.choices if choice.right)
    _html(element, "generalfeedback", right.why)
    settings = {
        "defaultgrade": "1",
        "penalty": "0.3333333",
        "hidden": "0",
        # With the chapter, since another one may use the same id.
        "idnumber": _id(f"{chapter}/{question.id}"),
        "single": "true",
        # The texts call the choices by their letters.
        "shuffleanswers": "false",
        "answernumbering": "ABCD",
    }
    for name, value in settings.items():
        SubElement(element, name).text = value
    _html(element, "correctfeedback", "Your answer is right.")
    _html(element, "partiallycorrectfeedback", "")
    _html(element, "incorrectfeedback", "Your answer is not right.")
    for choice in question.choices:
        element.append(_answer(choice))
    tags = SubElement(element, "tags")
    for tag in _tags(question, chapter):
        _text(SubElement(tags, "tag"), tag)
    return element


def _answer(choice: Choice) -> Element:
    fraction = "100" if choice.right else "0"
    element = Element("answer", fraction=fraction, format="html")
    _text(element, html_with_tex(choice.text))
    _html(element, "feedback", "" if choice.right else choice.why)
    return element


def _tags(question: Question, chapter: str) -> list[str]:
    misconceptions = (choice.misconception for choice in question.choices)
    kind = ["predict"] if question.predict else []
    return [chapter, *kind, *sorted(filter(None, set(misconceptions)))]


def _html(parent: Element, name: str, markdown: str) -> None:
    _text(SubElement(parent, name, format="html"), html_with_tex(markdown))


def _text(parent: Element, text: str) -> None:
    SubElement(parent, "text").text = text


def _path(*names: str) -> str:
    # Moodle reads a doubled slash as one within a name.
    return "/".join(name.replace("/", "//") for name in names)


def _id(name: str) -> str:
    if len(name) > LONGEST_ID:
        raise ValueError(
            f"Moodle takes at most {LONGEST_ID} characters as a question's id, with "
            f"the chapter before it; {name!r} has {len(name)}."
        )
    return name
