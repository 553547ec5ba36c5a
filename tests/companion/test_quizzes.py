"""The quizzes: a bank that holds what it promises, and pages that mark themselves."""

import doctest
import math
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser

import nbformat
import numpy as np
import pytest
import yaml
from bs4 import BeautifulSoup

from companion import losses, quizzes
from companion.quizzes import _bank, _export, _markup, _page
from tools.set_repository import notebooks

NOTEBOOKS = {path.stem: path for path in notebooks()}
CHAPTERS = quizzes.chapters()
QUIZZES = {chapter: quizzes.read(chapter) for chapter in CHAPTERS}
MISCONCEPTIONS = quizzes.misconceptions()
html_of = cache(_markup.html)
# It stands before the chapters, where there is nothing to run and to predict.
ENTRY = "entry-quiz"
FACTS = {
    "np": np,
    "math": math,
    "log": np.log,
    "exp": np.exp,
    "losses": losses,
    "sigmoid": lambda z: 1 / (1 + np.exp(-np.asarray(z, float))),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(),
}
DECIMAL = re.compile(r"\d\.\d")
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS)
each_question = pytest.mark.parametrize(
    "question",
    [
        pytest.param(question, id=f"{chapter}-{question.id}")
        for chapter in CHAPTERS
        for question in QUIZZES[chapter].questions
    ],
)


def right(question):
    return next(choice for choice in question.choices if choice.right)


def place(question):
    return [choice.right for choice in question.choices].index(True)


def texts(question):
    """Return all Markdown of a question."""
    parts = [(choice.text, choice.why) for choice in question.choices]
    return [question.text, *(text for pair in parts for text in pair)]


@cache
def page(chapter):
    """Return all questions of a chapter, as HTML."""
    ids = [question.id for question in QUIZZES[chapter].questions]
    return quizzes.show(chapter, *ids)._repr_html_()


# The bank: what it holds is true and fair.


def test_every_notebook_has_a_quiz_and_every_quiz_a_notebook():
    assert sorted(NOTEBOOKS) == CHAPTERS


@each_chapter
def test_a_chapter_asks_enough_and_asks_before_a_run(chapter):
    questions = QUIZZES[chapter].questions
    assert len(questions) >= 5
    assert any(question.predict for question in questions) == (chapter != ENTRY)


@each_chapter
def test_a_quiz_has_the_title_of_its_notebook(chapter):
    cells = nbformat.read(NOTEBOOKS[chapter], as_version=4).cells
    first = next(cell.source for cell in cells if cell.cell_type == "markdown")
    assert first.split("\n")[0] == f"# {QUIZZES[chapter].title}"


@each_question
def test_a_wrong_choice_comes_from_a_known_misconception(question):
    named = [choice.misconception for choice in question.choices if not choice.right]
    assert any(named)
    assert set(filter(None, named)) <= set(MISCONCEPTIONS)
    assert right(question).misconception is None


def test_every_misconception_has_its_belief():
    for name, entry in MISCONCEPTIONS.items():
        assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", name)
        assert {"belief"} <= set(entry) <= {"belief", "source"}, name
        assert entry["belief"].endswith("."), name
        assert entry.get("source", "https://").startswith("https://"), name


@each_question
def test_the_facts_hold(question):
    for fact in question.facts:
        value = eval(fact, dict(FACTS))
        assert isinstance(value, bool | np.bool_), f"{fact} is no comparison"
        assert value, fact


@each_question
def test_a_number_in_the_answer_is_checked(question):
    if DECIMAL.search(right(question).text + right(question).why):
        assert question.facts or question.asserted


@each_chapter
def test_an_asserted_answer_names_the_cell_that_asserts_it(chapter):
    named = [question.asserted for question in QUIZZES[chapter].questions]
    cells = nbformat.read(NOTEBOOKS[chapter], as_version=4).cells
    by_id = {cell.id: cell for cell in cells}
    for name in filter(None, named):
        assert name in by_id, f"no cell {name}"
        assert "remove-cell" in by_id[name].metadata.get("tags", []), name
        assert re.search(r"^\s*assert ", by_id[name].source, re.MULTILINE), name


@each_chapter
def test_the_place_of_the_right_answer_gives_nothing_away(chapter):
    questions = QUIZZES[chapter].questions
    counts = Counter(place(question) for question in questions)
    assert max(counts.values()) <= len(questions) / 2, counts


def test_over_the_bank_every_place_is_right_about_as_often_as_by_chance():
    questions = [q for name in CHAPTERS for q in QUIZZES[name].questions]
    sizes = [len(question.choices) for question in questions]
    for letter, found in sorted(Counter(map(place, questions)).items()):
        expected = sum(1 / size for size in sizes if size > letter)
        # Three standard deviations of a count that chance alone decides.
        assert abs(found - expected) < 3 * math.sqrt(expected), "ABCDEF"[letter]


@each_chapter
def test_the_length_of_the_right_answer_gives_nothing_away(chapter):
    questions = QUIZZES[chapter].questions
    longest = [
        question.id
        for question in questions
        if all(
            len(choice.text) < len(right(question).text)
            for choice in question.choices
            if not choice.right
        )
    ]
    assert len(longest) <= len(questions) / 2, longest


def test_no_question_is_asked_twice():
    counts = Counter(
        question.text for chapter in CHAPTERS for question in QUIZZES[chapter].questions
    )
    assert [text for text, count in counts.items() if count > 1] == []


@each_question
def test_the_choices_differ(question):
    assert len({choice.text for choice in question.choices}) == len(question.choices)


@each_question
def test_formulas_and_markdown_leave_no_trace(question):
    for text in texts(question):
        soup = BeautifulSoup(html_of(text), "html.parser")
        for math_or_code in soup.find_all(["math", "code"]):
            math_or_code.decompose()
        assert not re.search(r"[\\$*`<>_]", soup.get_text()), text


# The bank: what breaks the rules is refused, with the file and the place.


def question(**changes):
    choices = [{"text": "a", "why": "b", "right": True}, {"text": "c", "why": "d"}]
    return {"id": "one", "text": "Which?", "choices": choices} | changes


@pytest.fixture
def write(tmp_path):
    def write_quiz(*questions, name="own", **more):
        content = {"title": "Own", "questions": list(questions)} | more
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content), "utf-8")
        return tmp_path

    return write_quiz


A, B = {"text": "a", "why": "b"}, {"text": "c", "why": "d"}
RIGHT = {"right": True}
VIOLATIONS = {
    "two right": ([question(choices=[A | RIGHT, B | RIGHT])], "exactly one choice"),
    "none right": ([question(choices=[A, B])], "exactly one choice"),
    "right is false": (
        [question(choices=[A | RIGHT, B | {"right": False}])],
        r"choices\[1\].right: True was expected",
    ),
    "one choice": ([question(choices=[A | RIGHT])], r"choices: .* too short"),
    "seven choices": (
        [question(choices=[A | RIGHT] + 6 * [B])],
        r"choices: this is too long",
    ),
    "a number": (
        [question(choices=[A | RIGHT, B | {"text": 0}])],
        r"choices\[1\].text: YAML reads 0 here, and no text: put it in quotes",
    ),
    "an unquoted no": (
        [question(choices=[A | RIGHT, B | {"text": False}])],
        r"choices\[1\].text: YAML reads False here, and no text",
    ),
    "no text": (
        [question(choices=[A | RIGHT, B | {"text": None}])],
        r"choices\[1\].text: None is not of type 'string'",
    ),
    "no why": ([question(choices=[A | RIGHT, {"text": "c"}])], "'why' is a required"),
    "no id": ([{"text": "Which?", "choices": [A | RIGHT, B]}], "'id' is a required"),
    "an unknown key": (
        [question(hint="x")],
        r"questions\[0\]: .*'hint' was unexpected",
    ),
    "a bad id": (
        [question(id="Two Words")],
        r"questions\[0\].id: 'Two Words' does not",
    ),
    "an id twice": ([question(), question(text="?")], "the id 'one' stands twice"),
    "an unknown misconception": (
        [question(choices=[A | RIGHT, B | {"misconception": "bits-for-nat"}])],
        "'bits-for-nat' is not in misconceptions.yaml; is it 'bits-for-nats'",
    ),
    "a misconception of one's own": (
        [question(choices=[A | RIGHT, B | {"misconception": "zzz"}])],
        "'zzz' is not in misconceptions.yaml: leave it out",
    ),
    "no fact": ([question(facts=[])], r"questions\[0\].facts: \[\] "),
    "no question": ([], r"\$.questions: \[\] "),
}


@pytest.mark.parametrize(
    ("questions", "message"), VIOLATIONS.values(), ids=VIOLATIONS.keys()
)
def test_what_breaks_the_schema_is_refused(write, questions, message):
    bank = write(*questions)
    with pytest.raises(ValueError, match=message) as refusal:
        quizzes.read("own", bank=bank)
    assert str(bank / "own.yaml") in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 2


def test_every_violation_is_told_at_once_and_none_at_length(write):
    bank = write(question(text="?" * 500, id=1), question(hint="x"), level=3)
    with pytest.raises(ValueError, match="is not a quiz") as refusal:
        quizzes.read("own", bank=bank)
    assert str(refusal.value).count("\n- ") == 3
    assert len(str(refusal.value)) < 600


@pytest.mark.parametrize(
    "content", [b"title: [", b"title: \xff", b"a: !!python/name:os.system"]
)
def test_what_is_not_yaml_is_refused(tmp_path, content):
    (tmp_path / "own.yaml").write_bytes(content)
    with pytest.raises(ValueError, match=r"own\.yaml cannot be read as YAML in UTF-8"):
        quizzes.read("own", bank=tmp_path)


def test_a_key_that_stands_twice_is_refused(write):
    path = write(question()) / "own.yaml"
    path.write_text(f"{path.read_text('utf-8')}title: Other\n", "utf-8")
    with pytest.raises(ValueError, match=r"(?s)key 'title' stands twice.*line \d+"):
        quizzes.read("own", bank=path.parent)


@pytest.mark.parametrize("content", ["", "- 1", "text"])
def test_what_is_no_quiz_at_all_is_refused(tmp_path, content):
    (tmp_path / "own.yaml").write_text(content, "utf-8")
    with pytest.raises(ValueError, match="is not of type 'object'"):
        quizzes.read("own", bank=tmp_path)


def test_a_file_s_name_must_do_as_an_id_of_a_page(write):
    bank = write(question(), name='two "words"')
    with pytest.raises(ValueError, match="must be like 'two-circles'"):
        quizzes.read('two "words"', bank=bank)


def test_a_folder_of_ones_own_takes_the_place_of_the_course_s(write):
    bank = write(question())
    (bank / "notes.txt").write_text("not a quiz")
    (bank / "._own.yaml").write_bytes(b"\0\5\26\7 beside each file on a Mac's disk")
    assert quizzes.chapters(bank) == quizzes.chapters(str(bank)) == ["own"]
    assert quizzes.read("own", bank=bank).questions[0].choices[0].right
    with pytest.raises(ValueError, match=r"'circles'\. There is one for: own"):
        quizzes.show("circles", bank=bank)
    with pytest.raises(ValueError, match="is not a folder of quizzes"):
        quizzes.chapters(bank / "own.yaml")


# The page.


class Balance(HTMLParser):
    """Notes every tag that is closed out of turn, or never."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in {"br", "hr", "img", "input"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@each_chapter
def test_the_html_is_well_formed(chapter):
    balance = Balance()
    balance.feed(page(chapter))
    balance.close()
    assert (balance.wrong, balance.open) == ([], [])


@each_chapter
def test_the_controls_are_named(chapter):
    soup = BeautifulSoup(page(chapter), "html.parser")
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids)) == len(soup.find_all("fieldset"))
    names = set()
    for fieldset in soup.find_all("fieldset"):
        assert fieldset.find(True).name == "legend"
        assert fieldset["aria-describedby"] in ids
        radios = fieldset.find_all("input", type="radio")
        assert [radio["value"] for radio in radios] == list("ABCDEF"[: len(radios)])
        assert len({radio["name"] for radio in radios}) == 1
        names.add(radios[0]["name"])
        for radio in radios:
            label = radio.find_parent("label")
            assert label.get_text().strip().startswith(f"{radio['value']}. ")
            assert label.find(["p", "pre", "div", "ul", "table"]) is None
        assert fieldset.find(role="status").contents == []
    assert len(names) == len(ids)


@each_chapter
def test_nothing_is_loaded_and_nothing_depends_on_the_run(chapter):
    first = page(chapter)
    assert page.__wrapped__(chapter) == first
    soup = BeautifulSoup(first, "html.parser")
    assert [tag for tag in soup.find_all(["link", "script", "img"]) if tag.attrs] == []
    assert "url(" not in first
    assert "@import" not in first
    assert not [name for tag in soup(True) for name in tag.attrs if name[:2] == "on"]


@each_chapter
def test_without_a_script_the_answer_is_folded_and_the_buttons_are_not_there(chapter):
    soup = BeautifulSoup(page(chapter), "html.parser")
    pairs = zip(soup("fieldset"), QUIZZES[chapter].questions, strict=True)
    for fieldset, asked in pairs:
        assert fieldset("button") == []
        details = fieldset.details.extract()
        assert not details.has_attr("open")
        letter = "ABCDEF"[place(asked)]
        assert fieldset["data-right"] == letter
        assert fieldset["data-kind"] == ("prediction" if asked.predict else "question")
        assert f"The answer is {letter}." in details.get_text()
        assert len(details("li")) == len(asked.choices)
        shown = fieldset.get_text()
        for choice in asked.choices:
            why = BeautifulSoup(html_of(choice.why), "html.parser").get_text()
            assert why in details.get_text()
            assert why not in shown


def test_two_quizzes_on_one_page_share_no_id():
    soup = BeautifulSoup(
        quizzes.show("circles", "both-losses").html + quizzes.show("circles").html,
        "html.parser",
    )
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids)) > 1


def test_without_ids_a_quiz_shows_what_needs_no_run():
    shown = quizzes.show("circles").questions
    asked = quizzes.read("circles").questions
    assert shown == tuple(question for question in asked if not question.predict)


def test_ids_choose_and_order():
    ids = [question.id for question in quizzes.show("circles").questions][:2]
    soup = BeautifulSoup(quizzes.show("circles", *ids[::-1]).html, "html.parser")
    names = [tag["id"].removeprefix("quiz-circles--") for tag in soup(id=True)]
    assert names == ids[::-1]
    titles = [tag.get_text() for tag in soup("legend")]
    assert titles == ["Question 1 of 2", "Question 2 of 2"]
    assert len(soup(class_="quiz-score")) == 1


def test_a_prediction_has_its_own_title():
    soup = BeautifulSoup(quizzes.show("circles", "both-losses").html, "html.parser")
    assert soup.legend.get_text() == "Prediction"
    assert soup(class_="quiz-score") == []


def test_a_terminal_shows_one_line(write):
    one = quizzes.show("own", bank=write(question()))
    two = quizzes.show("own", bank=write(question(), question(id="two")))
    assert repr(one) == "Quiz on own: 1 question, shown in a notebook"
    assert repr(two) == "Quiz on own: 2 questions, shown in a notebook"


def test_an_unknown_question_is_told_the_known_ones(write):
    bank = write(question(), question(id="two"))
    with pytest.raises(ValueError, match=r"no question 'three'\. It has: one, two\."):
        quizzes.show("own", "one", "three", bank=bank)
    with pytest.raises(ValueError, match="no quiz for the chapter 'squares'"):
        quizzes.show("squares")


def test_predictions_alone_are_shown_by_name_only(write):
    bank = write(question(predict=True))
    with pytest.raises(ValueError, match=r"ask for a prediction.*to show: one\."):
        quizzes.show("own", bank=bank)
    assert len(quizzes.show("own", "one", bank=bank).questions) == 1


HOSTILE = '<script>alert(1)</script> <img src=x onerror="alert(2)"> & " \' </fieldset>'
ENDINGS = "</mtext></math></style></script><script>alert(1)</script> & &amp; <b>"


def test_a_bank_s_html_is_shown_as_text(write):
    choices = [{"text": HOSTILE, "why": HOSTILE} | RIGHT, {"text": "c", "why": "d"}]
    bank = write(question(text=HOSTILE, choices=choices))
    soup = BeautifulSoup(quizzes.show("own", bank=bank).html, "html.parser")
    assert len(soup("script")) == 1
    assert soup("img") == []
    assert len(soup("fieldset")) == 1
    assert soup.fieldset.label.get_text() == f"A. {HOSTILE}"
    assert soup.fieldset.li.get_text() == HOSTILE


def test_no_image_is_fetched():
    for convert in (_markup.html, _markup.html_with_tex):
        assert "<img" not in convert("![a picture](https://example.org/x.png)")


def test_the_text_in_a_formula_is_text():
    for tex in (HOSTILE, ENDINGS, "<mi onclick='alert(1)'>x</mi>"):
        shown = _markup.html(rf"$\text{{{tex}}}$")
        soup = BeautifulSoup(shown, "html.parser")
        assert {tag.name for tag in soup(True)} <= {"p", "math", "mrow", "mtext"}
        assert {"<", ">"} <= set(soup.mtext.get_text())


@pytest.mark.parametrize("command", ["href", "class", "style"])
def test_a_formula_may_not_reach_out_of_itself(command):
    with pytest.raises(ValueError, match=f"it sets '{command}', which no question may"):
        _markup.html(rf"$\{command}{{javascript:alert(1)}}{{x}}$")


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (r"\foo x", r"\$\\foo x\$ cannot be shown: the command \\foo is not known"),
        (r"\frac{a}", "an argument is missing"),
        (r"a_{", "MissingSuperScriptOrSubscript"),
        (r"\begin{aligned} a &= b \end{aligned}", "too rich, or it is not TeX"),
        (r"\operatorname*{arg\,max}_k z", "a command in it is not known"),
    ],
)
def test_a_formula_that_cannot_be_shown_is_refused(write, formula, message):
    bank = write(question(text=f"What is ${formula}$?"))
    with pytest.raises(ValueError, match=f"question 'one': The formula .*{message}"):
        quizzes.show("own", bank=bank)


def mathml(text):
    """Return the elements of a formula in a short form, the spaces as "_"."""
    soup = BeautifulSoup(_markup.html(text), "html.parser")
    leaves = soup.math.find_all(["mi", "mn", "mo", "mtext", "mspace"])
    return " ".join(leaf.get_text() or "_" for leaf in leaves)


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"2 \log x", "2 _ log _ x"),
        (r"a = \log p", "a = log _ p"),
        (r"\log(p)", "log ( p )"),
        (r"\log\left(p\right)", "log ( p )"),
        (r"\log_2 8", "log 2 _ 8"),
        (r"\log\log x", "log _ log _ x"),
        (r"y_k \log p_k", "y k _ log _ p k"),
        (r"(a) \log b", "( a ) _ log _ b"),
        (r"\max(0, a)", "max ( 0 , a )"),
        (r"h = \operatorname{ReLU}(a)", "h = ReLU ( a )"),
        (r"\mathrm{ReLU}(a)", "ReLU ( a )"),
        (r"x_\mathrm{max} y", "x max y"),
        (r"10\,\log 2", "10 _ log _ 2"),
        (r"\operatorname*{argmax}_k z", "argmax k _ z"),
    ],
)
def test_functions_are_set_as_tex_sets_them(tex, expected):
    assert mathml(f"${tex}$") == expected


def test_a_slash_stands_close():
    slash = BeautifulSoup(_markup.html("$1/2$"), "html.parser").mo
    assert (slash["lspace"], slash["rspace"]) == ("0em", "0em")


def test_a_formula_of_its_own_line_is_displayed():
    soup = BeautifulSoup(_markup.html("So\n\n$$\\max_k p_k$$"), "html.parser")
    assert soup.math["display"] == "block"
    assert soup.munder.get_text() == "maxk"
    inline = BeautifulSoup(_markup.html(r"So $\max_k p_k$"), "html.parser")
    assert inline.math["display"] == "inline"
    assert inline.munder is None


def test_platforms_get_tex():
    text = "If $a<b$\n\n$$\\max_k p_k$$"
    expected = "<p>If \\(a&lt;b\\)</p>\n<p>\\[\\max_k p_k\\]</p>"
    assert _markup.html_with_tex(text) == expected


# The module.


def test_the_examples_in_the_docstrings_are_true():
    results = [doctest.testmod(module) for module in (_bank, _export, _page)]
    assert sum(failed for failed, _ in results) == 0
    assert all(tried for _, tried in results)
