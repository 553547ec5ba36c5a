"""Moodle XML: the rules of the format, and every text of the bank unharmed."""

import re
from collections import Counter
from math import inf
from xml.etree import ElementTree

import pytest

from companion import quizzes
from companion.quizzes import _markup
from tests.companion.quizzes.inputs import (
    bank_texts,
    each_chapter,
    exported,
    flat,
    question_of,
    read,
    words_and_formulas,
    words_and_tex,
    write_bank,
    write_hostile_bank,
)

# How often each element's children may stand in it, as
# https://docs.moodle.org/en/Moodle_XML_format says and as Moodle's writequestion,
# import_headers and import_multichoice (question/format/xml/format.php) have it.
ONE, MAYBE = (1, 1), (0, 1)
TEXT = {"text": ONE}
RULES = {
    "quiz": {"question": (1, inf)},
    "category question": {"category": ONE, "info": MAYBE, "idnumber": MAYBE},
    "multichoice question": {
        "name": ONE,
        "questiontext": ONE,
        "generalfeedback": MAYBE,
        "defaultgrade": MAYBE,
        "penalty": MAYBE,
        "hidden": MAYBE,
        "idnumber": MAYBE,
        "single": MAYBE,
        "shuffleanswers": MAYBE,
        "answernumbering": MAYBE,
        "showstandardinstruction": MAYBE,
        "correctfeedback": MAYBE,
        "partiallycorrectfeedback": MAYBE,
        "incorrectfeedback": MAYBE,
        "shownumcorrect": MAYBE,
        "answer": (2, inf),
        "hint": (0, inf),
        "tags": MAYBE,
        "coursetags": MAYBE,
    },
    "answer": {"text": ONE, "feedback": MAYBE},
    "tags": {"tag": (1, inf)},
    **dict.fromkeys(["category", "name", "tag", "questiontext"], TEXT),
    **dict.fromkeys(["generalfeedback", "feedback", "correctfeedback"], TEXT),
    **dict.fromkeys(["partiallycorrectfeedback", "incorrectfeedback"], TEXT),
}
# question_bank::fraction_options_full (question/engine/bank.php), in percent.
POSITIVE = [100, 90, 250 / 3, 80, 75, 70, 200 / 3, 60, 50, 40, 100 / 3, 30, 25, 20]
POSITIVE += [50 / 3, 100 / 7, 12.5, 100 / 9, 10, 5]
FRACTIONS = [0, *POSITIVE, *(-value for value in POSITIVE)]
# trans_format and trans_single, and get_numbering_styles of the question's type.
VALUES = {
    "format": {"html", "moodle_auto_format", "plain_text", "markdown"},
    "single": {"true", "false", "0", "1"},
    "shuffleanswers": {"true", "false", "0", "1"},
    "hidden": {"0", "1"},
    "answernumbering": {"abc", "ABCD", "123", "iii", "IIII", "none"},
}
# Columns of the database, and core_tag's TAG_MAX_LENGTH.
LONGEST = {"idnumber": 100, "name": 255, "category": 255, "tag": 50}


def kind_of(element):
    kind = element.get("type", "")
    return f"{kind} {element.tag}".strip()


def moodle_faults(data):
    """List where a file breaks the rules of Moodle XML."""
    if not data.startswith(b"<?xml "):
        return ["The XML declaration is not the very first thing."]
    try:
        data.decode("utf-8")
        root = ElementTree.fromstring(data)
    except (UnicodeDecodeError, ValueError, SyntaxError) as error:
        return [f"not well-formed, or not UTF-8: {error}"]
    faults = [fault for element in root.iter() for fault in element_faults(element)]
    kinds = [question.get("type") for question in root]
    if kinds[:1] != ["category"] or kinds.count("category") != 1:
        faults.append("A category must come first, and only one.")
    ids = [element.text for element in root.iter("idnumber")]
    faults += [f"{name} stands {n} times" for name, n in Counter(ids).items() if n > 1]
    return faults


def element_faults(element):
    children = RULES.get(kind_of(element), {})
    counts = Counter(child.tag for child in element)
    for name, count in counts.items():
        if name not in children:
            yield f"<{element.tag}> holds an unknown <{name}>"
        elif count > children[name][1]:
            yield f"<{element.tag}> holds {count} <{name}>"
    for name, (fewest, _) in children.items():
        if counts[name] < fewest:
            yield f"<{element.tag}> lacks <{name}>"
    if len(element) and (element.text or "").strip():
        yield f"<{element.tag}> has text beside its elements"
    content = "".join(element.itertext()).strip()
    if element.tag in LONGEST and len(content) > LONGEST[element.tag]:
        yield f"<{element.tag}> is too long"
    if element.tag in ("name", "questiontext", "category", "idnumber") and not content:
        yield f"<{element.tag}> is empty"
    for name, value in (element.attrib | {element.tag: element.text}).items():
        if name in VALUES and value not in VALUES[name]:
            yield f"{name} is {value}"
    if element.tag == "answer":
        share = float(element.get("fraction", "nan"))
        if not any(abs(share - known) < 1e-4 for known in FRACTIONS):
            yield f"Moodle knows no fraction {share}"
    if kind_of(element) == "multichoice question":
        shares = [answer.get("fraction") for answer in element.iter("answer")]
        if shares.count("100") != 1:
            yield "A question with a single answer needs one worth 100 %."


@each_chapter
def test_moodle_xml_keeps_the_rules_of_the_format(chapter):
    assert moodle_faults(exported(chapter, "moodle")) == []


BREAKS = [
    (b"<?xml", b"\n<?xml", "declaration"),
    (b"</quiz>", b"", "well-formed"),
    (b"<name>", b"<name>\x0c", "well-formed"),
    (b"<name>", b"<name>\xff", "UTF-8"),
    (b'type="category"', b'type="multichoice"', "must come first"),
    (b'type="multichoice"', b'type="category"', "only one"),
    (b'fraction="100"', b'fraction="34"', "fraction 34"),
    (b'fraction="0"', b'fraction="100"', "one worth 100"),
    (b'format="html"', b'format="htm"', "format is htm"),
    (b"<single>true", b"<single>yes", "single is yes"),
    (b"<name>", b"<name><text>again</text>", "holds 2 <text>"),
    (b"<hidden>", b"<idnumber>one</idnumber><hidden>", "holds 2 <idnumber>"),
    (b"questiontext", b"question-text", "lacks <questiontext>"),
    (b"<tags>", b"<labels/><tags>", "unknown <labels>"),
    (b">ABCD<", b">ABC<", "answernumbering is ABC"),
    (b"<hidden>0", b"<hidden>", "hidden is None"),
    (b"<idnumber>", b"<idnumber>" + b"x" * 100, "<idnumber> is too long"),
    (b"<quiz>", b"<quiz>text", "text beside"),
]


@pytest.mark.parametrize(("old", "new", "says"), BREAKS)
def test_a_broken_rule_is_seen(old, new, says):
    data = exported("circles", "moodle")
    assert data.count(old)
    assert says in "\n".join(moodle_faults(data.replace(old, new)))


def test_an_id_that_stands_twice_is_seen(tmp_path):
    questions = [question_of(), question_of(id="two")]
    bank = write_bank(tmp_path, questions)
    data = quizzes.export("own", to="moodle", bank=bank)
    assert moodle_faults(data) == []
    faults = moodle_faults(data.replace(b"own/two", b"own/one"))
    assert faults == ["own/one stands 2 times"]


def moodle_questions(data):
    root = ElementTree.fromstring(data)
    return [each for each in root if each.get("type") == "multichoice"]


def moodle_texts(question):
    """Return the HTML of a question, its choices and the feedback, as Moodle reads."""
    answers = question.findall("answer")
    return (
        question.findtext("questiontext/text"),
        [answer.findtext("text") for answer in answers],
        [answer.findtext("feedback/text") for answer in answers],
        question.findtext("generalfeedback/text"),
    )


def assert_moodle_has(data, quiz):
    found = moodle_questions(data)
    assert len(found) == len(quiz.questions)
    for element, question in zip(found, quiz.questions, strict=True):
        expected = bank_texts(question, _markup.html_with_tex)
        assert moodle_texts(element) == expected
        fractions = [answer.get("fraction") for answer in element.findall("answer")]
        rights = [choice.right for choice in question.choices]
        assert fractions == ["100" if right else "0" for right in rights]
        assert element.findtext("idnumber") == f"{quiz.chapter}/{question.id}"
        assert element.findtext("shuffleanswers") == "false"


@each_chapter
def test_moodle_gets_every_question_choice_and_reason(chapter):
    assert_moodle_has(exported(chapter, "moodle"), read(chapter))


def test_moodle_gets_hostile_texts_unharmed(tmp_path):
    data = quizzes.export("own", to="moodle", bank=write_hostile_bank(tmp_path))
    assert moodle_faults(data) == []
    assert_moodle_has(data, quizzes.read("own", bank=tmp_path))


@each_chapter
def test_moodle_gets_the_words_and_the_tex_of_the_bank(chapter):
    pairs = zip(
        moodle_questions(exported(chapter, "moodle")),
        read(chapter).questions,
        strict=True,
    )
    for element, question in pairs:
        sources = flat(bank_texts(question, str))
        for html, markdown in zip(flat(moodle_texts(element)), sources, strict=True):
            assert words_and_tex(html) == words_and_formulas(markdown)


@each_chapter
def test_moodle_finds_questions_by_chapter_prediction_and_misconception(chapter):
    pairs = zip(
        moodle_questions(exported(chapter, "moodle")),
        read(chapter).questions,
        strict=True,
    )
    for element, question in pairs:
        tags = [tag.text for tag in element.iterfind("tags/tag/text")]
        wrong = {choice.misconception for choice in question.choices} - {None}
        assert tags == [chapter, *["predict"] * question.predict, *sorted(wrong)]


def test_moodle_keeps_the_order_by_its_names():
    names = [
        question.findtext("name/text")
        for question in moodle_questions(exported("circles", "moodle"))
    ]
    assert names == sorted(names)
    ids = [question.id for question in read("circles").questions]
    assert [name.split(" ", 1)[1] for name in names] == ids


def test_a_slash_in_a_title_makes_no_category_of_its_own(tmp_path):
    bank = write_bank(tmp_path, [question_of()], title="Train/test splits")
    root = ElementTree.fromstring(quizzes.export("own", to="moodle", bank=bank))
    path = root.findtext("question/category/text")
    # The way in which Moodle takes a path apart (split_category_path).
    names = [name.replace("//", "/") for name in re.split("(?<!/)/(?!/)", path)]
    assert names == ["$course$", "top", "Classification losses", "Train/test splits"]


def test_moodle_refuses_an_id_that_it_would_lose(tmp_path):
    questions = [question_of(id="x" * 97)]
    bank = write_bank(tmp_path, questions)
    with pytest.raises(ValueError, match=r"at most 100 characters.*has 101"):
        quizzes.export("own", to="moodle", bank=bank)
    write_bank(tmp_path, [question_of(id="x" * 96)])
    assert moodle_faults(quizzes.export("own", to="moodle", bank=bank)) == []
