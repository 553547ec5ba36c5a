"""QTI: a complete package, and every text of the bank unharmed in Canvas."""

import datetime
import io
import re
import sys
import zipfile
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from companion import quizzes
from tests.companion.quizzes.inputs import (
    EXTRA,
    bank_texts,
    choices_of,
    each_chapter,
    exported,
    flat,
    html_of,
    question_of,
    read,
    words_and_formulas,
    words_and_tex,
    write_bank,
    write_hostile_bank,
)

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


@each_chapter
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


@each_chapter
def test_qti_gets_every_question_choice_and_reason(chapter):
    assert_qti_has(exported(chapter, "qti"), read(chapter))


def test_qti_gets_hostile_texts_unharmed(tmp_path):
    pytest.importorskip("text2qti", reason=EXTRA)
    package = quizzes.export("own", to="qti", bank=write_hostile_bank(tmp_path))
    assert qti_faults(package) == []
    quiz = quizzes.read("own", bank=tmp_path)
    assert_qti_has(package, quiz)
    for name, content in files_of(package).items():
        if name.endswith("meta.xml"):
            titles = [each.text for each in ElementTree.fromstring(content).iter()]
            assert titles.count(quiz.title) == 2
            assert b"<shuffle_answers>false</shuffle_answers>" in content


@each_chapter
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
    bank = write_bank(tmp_path, [question_of()], title="One\ntwo")
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


def test_qti_says_which_choice_stands_twice(tmp_path):
    pytest.importorskip("text2qti", reason=EXTRA)
    questions = [question_of(choices=choices_of(text="a"))]
    bank = write_bank(tmp_path, questions)
    with pytest.raises(ValueError, match=r"(?s)'own' is no QTI: .*Duplicate choice"):
        quizzes.export("own", to="qti", bank=bank)


def test_without_the_library_qti_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "text2qti.config", None)
    with pytest.raises(ModuleNotFoundError, match="extra `lms`") as refused:
        quizzes.export("circles", to="qti")
    assert "pip install text2qti" in str(refused.value)
    assert "pip install companion" not in str(refused.value)
