"""Quizzes as files: each format's own rules, and every text of the bank unharmed."""

import datetime
import doctest
import io
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from functools import cache
from math import inf
from xml.etree import ElementTree

import pytest
import yaml
from bs4 import BeautifulSoup

from companion import quizzes
from companion._command import main
from companion.quizzes import _export, _markup
from companion.quizzes._export import _FORMATS, file_name

CHAPTERS = quizzes.chapters()
read = cache(quizzes.read)
html_of = cache(_markup.html)
EXTRA = "text2qti comes with the extra `lms`"


@cache
def exported(chapter, to):
    if to == "qti":
        pytest.importorskip("text2qti", reason=EXTRA)
    write, _ = _FORMATS[to]
    return write(read(chapter))


def right_of(question):
    return next(choice for choice in question.choices if choice.right)


# Texts that could be taken for XML, HTML, Markdown or text2qti's own syntax.
HOSTILE = [
    "1. Which of *these* is `a < b & c > d`? It's \"so\" -- isn't it... `]]>`",
    "```python\nif a < b:  \n\tprint('$x$', \"&amp;\")  # `tick`\n\n\n*c) d\n```",
    "| $\\hat{y}_i$ | loss |\n|---|--:|\n| 0.5 | $-\\log\\frac{1}{2}$ |\n\nAnd a line.",
    "a) not a choice\n\n*b) nor this\n\n... nor feedback\n\n+ an item\n- another",
    "First.\n\nSecond: $a < b$ & $$\\sum_{i=1}^{n} p_i \\log q_i,\\quad\\mathbf{p}$$",
    "True",
    "=   5 +- 2 costs \\$5 and \\$6, not \\num{5}",
    "# A heading\n\n> quoted <b>tags</b> <!-- kept --> &lt; ![no](image",
    "GROUP\n\nEND_GROUP\n\nCOMMENT\n\n% a comment\n\n___\n\n^^^",
    "1986\\. Año: “naïve” \N{MINUS SIGN} \U0001d53c[x] \u200b{braces} {0} %s",
    "Title: none\n\nPoints: many\n\nQuiz title: x\n\nText: y",
    "[ ] none\n\n[*] some\n\n! solution\n\n~~~\n```{.python .run}\nexit()\n~~~",
]


def hostile_questions():
    """Give questions in which each text stands once as each part of a question."""
    for number in range(len(HOSTILE)):
        texts = HOSTILE[number:] + HOSTILE[:number]
        parts = list(zip(texts[1::2], texts[2::2], strict=False))[:4]
        yield {
            "id": f"question-{number}",
            "predict": number % 2 == 1,
            "text": texts[0],
            "choices": [
                {"text": text, "why": why} | ({"right": True} if place == 2 else {})
                for place, (text, why) in enumerate(parts)
            ],
        }


def write_bank(folder, *, title="A & B/C <or> *D*", questions=None, chapter="own"):
    """Write a bank of one chapter; without questions, of hostile ones."""
    questions = list(hostile_questions()) if questions is None else questions
    content = {"title": title, "questions": questions}
    text = yaml.safe_dump(content, allow_unicode=True)
    (folder / f"{chapter}.yaml").write_text(text, encoding="utf-8")
    return folder


def choices_of(**changes):
    wrong = {"text": "c", "why": "d"} | changes
    return [{"text": "a", "why": "b", "right": True}, wrong]


def question_of(**changes):
    return {"id": "one", "text": "Which?", "choices": choices_of()} | changes


# How texts are compared with the bank.

TEX = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)


def words_and_tex(html):
    """Read HTML: the words that it shows, and the TeX that a platform would set."""
    soup = BeautifulSoup(html, "html.parser")
    for formula in soup.find_all("math"):
        formula.replace_with(" ")
    for numbered in soup.find_all("ol"):
        for number, item in enumerate(numbered.find_all("li", recursive=False), 1):
            item.insert(0, f"{number}. ")
    found = []
    for text in soup.find_all(string=TEX):
        if not text.find_parent("code"):
            found += [(inline or block).strip() for inline, block in TEX.findall(text)]
            text.replace_with(TEX.sub(" ", text))
    return re.findall(r"[^\W_]+", soup.get_text(" ")), found


TOKENS = re.compile(
    r"(?P<escape>\\.)|(?P<code>(?P<tick>`+).+?(?P=tick))"
    r"|\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$]+)\$",
    re.DOTALL,
)


def words_and_formulas(markdown):
    """Read Markdown without a parser: its words, and the TeX of its formulas."""
    formulas = []

    def plain(match):
        if tex := match["block"] or match["inline"]:
            formulas.append(tex.strip())
            return " "
        return re.sub(r"^```\w+", "", match.group())

    text = TOKENS.sub(plain, markdown)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return re.findall(r"[^\W_]+", text), formulas


def test_the_reader_of_markdown_sees_words_and_formulas():
    text = "1. A `x_1 $` of $a$:\n\n```python\ny = 2  # $z$\n```\n$$ b\n $$ costs \\$5"
    words, formulas = words_and_formulas(text)
    assert words == ["1", "A", "x", "1", "of", "y", "2", "z", "costs", "5"]
    assert formulas == ["a", "b"]
    assert words_and_tex(_markup.html_with_tex(text)) == (words, formulas)
    assert words_and_tex(_markup.html(text)) == (words, [])


# Moodle XML. How often each element's children may stand in it, as
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


@pytest.mark.parametrize("chapter", CHAPTERS)
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
    bank = write_bank(tmp_path, questions=questions)
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


def bank_texts(question, convert):
    """Return what a platform should show, in the same form."""
    return (
        convert(question.text),
        [convert(choice.text) for choice in question.choices],
        ["" if choice.right else convert(choice.why) for choice in question.choices],
        convert(right_of(question).why),
    )


def flat(texts):
    text, choices, reasons, general = texts
    return [text, *choices, *reasons, general]


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


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_moodle_gets_every_question_choice_and_reason(chapter):
    assert_moodle_has(exported(chapter, "moodle"), read(chapter))


def test_moodle_gets_hostile_texts_unharmed(tmp_path):
    data = quizzes.export("own", to="moodle", bank=write_bank(tmp_path))
    assert moodle_faults(data) == []
    assert_moodle_has(data, quizzes.read("own", bank=tmp_path))


@pytest.mark.parametrize("chapter", CHAPTERS)
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


@pytest.mark.parametrize("chapter", CHAPTERS)
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
    bank = write_bank(tmp_path, title="Train/test splits", questions=[question_of()])
    root = ElementTree.fromstring(quizzes.export("own", to="moodle", bank=bank))
    path = root.findtext("question/category/text")
    # The way in which Moodle takes a path apart (split_category_path).
    names = [name.replace("//", "/") for name in re.split("(?<!/)/(?!/)", path)]
    assert names == ["$course$", "top", "Classification losses", "Train/test splits"]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_title_is_plain_text(chapter):
    # Moodle strips tags from a category's name; nobody sets Markdown or TeX there.
    assert not re.search(r"[<>`$*\n]", read(chapter).title)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_nothing_points_to_a_file_that_a_platform_lacks(chapter):
    for question in read(chapter).questions:
        shown = "".join(flat(bank_texts(question, html_of)))
        assert "<img" not in shown
        assert all(
            link.startswith("https://") for link in re.findall(r'href="([^"]*)"', shown)
        )


# QTI.

QTI = "{http://www.imsglobal.org/xsd/ims_qtiasiv1p2}"
CP = "{http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1}"
# What Canvas keeps of a question's HTML (CanvasSanitize::SANITIZE in instructure's
# canvas-lms), as far as it concerns texts; it drops every other element.
CANVAS = """
a b blockquote br code div em h1 h2 h3 h4 h5 h6 hr i li ol p pre span strong sub sup
table tbody td th thead tr ul
math menclose mfrac mi mmultiscripts mn mo mover mpadded mphantom mroot mrow
msqrt mstyle msub msubsup msup mtable mtd mtext mtr munder munderover
"""
# Canvas refuses a longer question (16.kilobytes in assessment_question_importer.rb).
LONGEST_TEXT = 16384


def files_of(package):
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        return {
            member.filename: archive.read(member)
            for member in archive.infolist()
            if not member.is_dir()
        }


def qti_items(package):
    (content,) = (
        content
        for name, content in files_of(package).items()
        if name.startswith("text2qti_assessment") and "meta" not in name
    )
    return ElementTree.fromstring(content).findall(f".//{QTI}item")


def find(element, path):
    return element.findall("/".join(QTI + name for name in path.split("/")))


def qti_feedback(item):
    """Return each feedback's HTML by its id."""
    path = f"{QTI}flow_mat/{QTI}material/{QTI}mattext"
    return {
        each.get("ident"): each.findtext(path) for each in find(item, "itemfeedback")
    }


def qti_responses(item):
    """Return each choice's HTML by its id."""
    labels = find(item, "presentation/response_lid/render_choice/response_label")
    path = f"{QTI}material/{QTI}mattext"
    return {label.get("ident"): label.findtext(path) for label in labels}


def qti_conditions(item):
    """Yield which answer each condition is for, the score and the feedback it gives."""
    for condition in find(item, "resprocessing/respcondition"):
        score = condition.findtext(f"{QTI}setvar")
        links = [link.get("linkrefid") for link in find(condition, "displayfeedback")]
        yield condition.findtext(f"{QTI}conditionvar/{QTI}varequal"), score, links


def qti_texts(item):
    feedback, responses = qti_feedback(item), qti_responses(item)
    (text,) = find(item, "presentation/material/mattext")
    texts = (
        text.text,
        list(responses.values()),
        [feedback.get(f"{name}_fb", "<div></div>") for name in responses],
        feedback["general_fb"],
    )
    assert all(html.startswith("<div>") for html in flat(texts))
    assert all(html.endswith("</div>") for html in flat(texts))
    return tuple(
        [html[5:-6] for html in part] if isinstance(part, list) else part[5:-6]
        for part in texts
    )


def qti_faults(package):
    """List what would keep a platform from reading a package."""
    files = files_of(package)
    for content in files.values():
        ElementTree.fromstring(content)
    manifest = ElementTree.fromstring(files["imsmanifest.xml"])
    listed = [file.get("href") for file in manifest.iter(f"{CP}file")]
    faults = [f"{name} is not there" for name in set(listed) - set(files)]
    unlisted = set(files) - {*listed, "imsmanifest.xml"}
    faults += [f"{name} is not listed" for name in unlisted]
    resources = {each.get("identifier") for each in manifest.iter(f"{CP}resource")}
    wanted = {each.get("identifierref") for each in manifest.iter(f"{CP}dependency")}
    faults += [f"no resource {name}" for name in wanted - resources]
    items = qti_items(package)
    idents = [item.get("ident") for item in items]
    faults += ["two items have one id"] * (len(set(idents)) < len(idents))
    return faults + [fault for item in items for fault in item_faults(item)]


def item_faults(item):
    feedback, responses = set(qti_feedback(item)), qti_responses(item)
    conditions = list(qti_conditions(item))
    right = [answer for answer, score, _ in conditions if score is not None]
    if len(right) != 1 or right[0] not in responses:
        yield "There is not one right answer among the choices."
    if {score for _, score, _ in conditions} - {None, "100"}:
        yield "A score is not 100."
    links = {link for _, _, links in conditions for link in links}
    if links != feedback:
        yield f"Feedback and its conditions differ: {sorted(links ^ feedback)}"
    for answer, _, links in conditions:
        if answer and not set(links) <= {f"{answer}_fb"}:
            yield "An answer shows another one's feedback."
    fields = find(item, "itemmetadata/qtimetadata/qtimetadatafield")
    values = {field[0].text: field[1].text for field in fields}
    if values["question_type"] != "multiple_choice_question":
        yield "It is no multiple choice."
    if values["original_answer_ids"].split(",") != list(responses):
        yield "The ids in the metadata are not those of the choices."


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_qti_package_is_complete(chapter):
    assert qti_faults(exported(chapter, "qti")) == []


QTI_BREAKS = [
    ("imsmanifest.xml", b"/assessment_meta.xml", b"/gone.xml", "is not there"),
    ("imsmanifest.xml", b'<file href="', b'<file name="', "is not listed"),
    ("imsmanifest.xml", b'identifierref="', b'identifierref="no', "no resource"),
    (None, b">100</setvar>", b">50</setvar>", "score is not 100"),
    (None, b'"response1">text', b'"response1">other', "not one right answer"),
    (None, b"setvar", b"unset", "not one right answer"),
    (None, b'itemfeedback ident="g', b'itemfeedback ident="x', "differ"),
    (None, b"multiple_choice", b"multiple_answers", "no multiple choice"),
    (None, b"original_answer_ids</fieldlabel>\n              <fieldentry>t",
     b"original_answer_ids</fieldlabel>\n              <fieldentry>x", "metadata"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "old", "new", "says"), QTI_BREAKS)
def test_a_broken_package_is_seen(place, old, new, says):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for name, content in files_of(exported("circles", "qti")).items():
            if name == place or (place is None and name != "imsmanifest.xml"):
                content = content.replace(old, new)
            target.writestr(name, content)
    assert stream.getvalue() != exported("circles", "qti")
    assert says in "\n".join(qti_faults(stream.getvalue()))


def resolved(html):
    """Resolve numbered references, which Markdown's parser never writes."""
    return re.sub(r"&#(\d+);", lambda match: chr(int(match[1])), html)


def for_canvas(markdown):
    """Convert as the page does, but with spaces that survive Canvas."""
    space = "<mtext>\N{THIN SPACE}</mtext>"
    return re.sub("<mspace[^>]*/>", space, html_of(markdown))


def assert_qti_has(package, quiz):
    items = qti_items(package)
    assert len(items) == len(quiz.questions)
    for item, question in zip(items, quiz.questions, strict=True):
        found = [resolved(html) for html in flat(qti_texts(item))]
        assert found == flat(bank_texts(question, for_canvas))
        (right,) = (answer for answer, score, _ in qti_conditions(item) if score)
        rights = [choice.right for choice in question.choices]
        assert [name == right for name in qti_responses(item)] == rights
        kind = " (predict)" if question.predict else ""
        assert item.get("title") == question.id + kind


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_qti_gets_every_question_choice_and_reason(chapter):
    assert_qti_has(exported(chapter, "qti"), read(chapter))


def test_qti_gets_hostile_texts_unharmed(tmp_path):
    pytest.importorskip("text2qti", reason=EXTRA)
    package = quizzes.export("own", to="qti", bank=write_bank(tmp_path))
    assert qti_faults(package) == []
    quiz = quizzes.read("own", bank=tmp_path)
    assert_qti_has(package, quiz)
    for name, content in files_of(package).items():
        if name.endswith("meta.xml"):
            titles = [each.text for each in ElementTree.fromstring(content).iter()]
            assert titles.count(quiz.title) == 2
            assert b"<shuffle_answers>false</shuffle_answers>" in content


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_qti_gets_the_words_of_the_bank_and_mathml(chapter):
    items = qti_items(exported(chapter, "qti"))
    for item, question in zip(items, read(chapter).questions, strict=True):
        sources = flat(bank_texts(question, str))
        for html, markdown in zip(flat(qti_texts(item)), sources, strict=True):
            words, formulas = words_and_formulas(markdown)
            assert words_and_tex(html) == (words, [])
            soup = BeautifulSoup(html, "html.parser")
            assert len(soup.find_all("math")) == len(formulas)
            assert {tag.name for tag in soup.find_all()} <= set(CANVAS.split())
            assert len(html) < LONGEST_TEXT


def test_a_title_of_two_lines_stays_the_title(tmp_path):
    pytest.importorskip("text2qti", reason=EXTRA)
    bank = write_bank(tmp_path, title="One\ntwo", questions=[question_of()])
    files = files_of(quizzes.export("own", to="qti", bank=bank))
    assert any(b"<title>One two</title>" in content for content in files.values())


def test_a_package_does_not_tell_the_day():
    package = exported("circles", "qti")
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        dates = {member.date_time for member in archive.infolist()}
    assert dates == {(1980, 1, 1, 0, 0, 0)}
    manifest = files_of(package)["imsmanifest.xml"].decode()
    assert "<imsmd:dateTime>1980-01-01<" in manifest
    assert datetime.date.today().isoformat() not in manifest


# Slides.


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


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_slides_have_every_question_choice_and_reason(chapter):
    assert_slides_have(exported(chapter, "slides"), read(chapter))


def test_slides_show_hostile_texts_unharmed(tmp_path):
    page = quizzes.export("own", to="slides", bank=write_bank(tmp_path))
    quiz = quizzes.read("own", bank=tmp_path)
    assert_slides_have(page, quiz)
    title = BeautifulSoup(page.decode(), "html.parser").title.get_text()
    assert title == f"{quiz.title}: quiz"


# Whatever the format.


def test_the_example_runs():
    results = doctest.testmod(_export)
    assert results.attempted == 2
    assert results.failed == 0


def test_another_process_writes_the_same(tmp_path):
    pytest.importorskip("text2qti", reason=EXTRA)
    code = (
        "from companion._command import main\n"
        f"for to in {list(_FORMATS)}:\n"
        "    main(['quiz', 'circles', '--out', '.', '--to', to])\n"
        "import sys; heavy = {'keras', 'tensorflow', 'jax', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    names = [file_name("circles", to=to) for to in _FORMATS]
    assert done.stdout.splitlines() == [*names, "[]"]
    written = [(tmp_path / name).read_bytes() for name in names]
    assert written == [exported("circles", to) for to in _FORMATS]


@pytest.mark.parametrize("to", _FORMATS)
@pytest.mark.parametrize(
    ("questions", "says"),
    [
        ([question_of(text="ring \x07 ring")], r"'one' of 'own' holds .*'\\x07'"),
        ([question_of(choices=choices_of(text="c\x0bd"))], r"'one' of 'own' holds"),
        ([question_of(choices=choices_of(why="\ufffe"))], r"'one' of 'own' holds"),
        ([question_of(choices=[])], "is not a quiz as schema.json describes it"),
        ([question_of(), question_of()], "the id 'one' stands twice"),
    ],
)
def test_a_broken_bank_is_refused(tmp_path, to, questions, says):
    bank = write_bank(tmp_path, questions=questions)
    with pytest.raises(ValueError, match=says):
        quizzes.export("own", to=to, bank=bank)


def test_moodle_refuses_an_id_that_it_would_lose(tmp_path):
    questions = [question_of(id="x" * 97)]
    bank = write_bank(tmp_path, questions=questions)
    with pytest.raises(ValueError, match=r"at most 100 characters.*has 101"):
        quizzes.export("own", to="moodle", bank=bank)
    write_bank(tmp_path, questions=[question_of(id="x" * 96)])
    assert moodle_faults(quizzes.export("own", to="moodle", bank=bank)) == []


def test_qti_says_which_choice_stands_twice(tmp_path):
    pytest.importorskip("text2qti", reason=EXTRA)
    questions = [question_of(choices=choices_of(text="a"))]
    bank = write_bank(tmp_path, questions=questions)
    with pytest.raises(ValueError, match=r"(?s)'own' is no QTI: .*Duplicate choice"):
        quizzes.export("own", to="qti", bank=bank)


def test_without_the_library_qti_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "text2qti.config", None)
    with pytest.raises(ModuleNotFoundError, match="extra `lms`") as refused:
        quizzes.export("circles", to="qti")
    assert "pip install text2qti" in str(refused.value)
    assert "pip install companion" not in str(refused.value)


# The command.


def test_the_command_writes_a_file_a_chapter_and_says_where(tmp_path, capsys):
    out = tmp_path / "new" / "folder"
    assert main(["quiz", "circles", "--to", "moodle", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out / 'circles.xml'}\n"
    assert (out / "circles.xml").read_bytes() == exported("circles", "moodle")


@pytest.mark.parametrize("named", [[], ["all"]])
def test_the_command_writes_all_chapters(tmp_path, capsys, named):
    for chapter in ("two", "one"):
        write_bank(tmp_path, questions=[question_of()], chapter=chapter)
    out = tmp_path / "out"
    command = ["quiz", *named, "--bank", str(tmp_path), "--to", "moodle"]
    assert main([*command, "--out", str(out)]) == 0
    written = [str(out / name) for name in ("one.xml", "two.xml")]
    assert capsys.readouterr().out.splitlines() == written
    assert sorted(map(str, out.iterdir())) == written


@pytest.mark.parametrize(
    ("to", "name"),
    [("moodle", "own.xml"), ("qti", "own-qti.zip"), ("slides", "own.html")],
)
def test_the_command_takes_a_bank_of_ones_own(tmp_path, to, name):
    if to == "qti":
        pytest.importorskip("text2qti", reason=EXTRA)
    bank = write_bank(tmp_path, questions=[question_of()])
    command = ["quiz", "--bank", str(bank), "--to", to, "--out", str(tmp_path)]
    assert main(command) == 0
    data = (tmp_path / name).read_bytes()
    assert data == quizzes.export("own", to=to, bank=bank)


def test_the_command_replaces_nothing_else(tmp_path, capsys):
    command = ["quiz", "circles", "--to", "moodle", "--out", str(tmp_path)]
    assert main(command) == main(command) == 0
    (tmp_path / "circles.xml").write_bytes(b"mine")
    with pytest.raises(SystemExit) as stopped:
        main(command)
    assert stopped.value.code == 2
    assert "is there with other content" in capsys.readouterr().err
    assert (tmp_path / "circles.xml").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["no-such", "--to", "moodle", "--out", "x"], "There is one for: "),
        (["circles", "--to", "word", "--out", "x"], "moodle, qti, slides"),
        (["--to", "moodle", "--out", "x", "--bank", "no"], "not a folder of quizzes"),
        (["--to", "moodle", "--out", "x", "--bank", "."], "holds no quizzes"),
        (["circles", "--to", "moodle"], "--out"),
        (["circles", "--out", "x"], "--to"),
    ],
)
def test_the_command_says_what_it_expects(tmp_path, monkeypatch, capsys, command, says):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(["quiz", *command])
    assert stopped.value.code == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_the_command_says_that_the_library_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "text2qti.config", None)
    with pytest.raises(SystemExit) as stopped:
        main(["quiz", "circles", "--to", "qti", "--out", str(tmp_path)])
    assert stopped.value.code == 2
    assert "extra `lms`" in capsys.readouterr().err


def test_the_help_names_every_format(capsys):
    with pytest.raises(SystemExit):
        main(["quiz", "--help"])
    shown = capsys.readouterr().out
    assert all(to in shown for to in _FORMATS)
