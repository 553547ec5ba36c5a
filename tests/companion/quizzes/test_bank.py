"""A bank that breaks the rules is refused, with the file and the place."""

import doctest

import pytest

from companion import quizzes
from companion.quizzes import _bank
from tests.companion.quizzes.inputs import question_of

A, B = {"text": "a", "why": "b"}, {"text": "c", "why": "d"}
RIGHT = {"right": True}
VIOLATIONS = {
    "two right": ([question_of(choices=[A | RIGHT, B | RIGHT])], "exactly one choice"),
    "none right": ([question_of(choices=[A, B])], "exactly one choice"),
    "right is false": (
        [question_of(choices=[A | RIGHT, B | {"right": False}])],
        r"choices\[1\].right: True was expected",
    ),
    "one choice": ([question_of(choices=[A | RIGHT])], r"choices: .* too short"),
    "seven choices": (
        [question_of(choices=[A | RIGHT] + 6 * [B])],
        r"choices: this is too long",
    ),
    "a number": (
        [question_of(choices=[A | RIGHT, B | {"text": 0}])],
        r"choices\[1\].text: YAML reads 0 here, and no text: put it in quotes",
    ),
    "an unquoted no": (
        [question_of(choices=[A | RIGHT, B | {"text": False}])],
        r"choices\[1\].text: YAML reads False here, and no text",
    ),
    "no text": (
        [question_of(choices=[A | RIGHT, B | {"text": None}])],
        r"choices\[1\].text: None is not of type 'string'",
    ),
    "no why": (
        [question_of(choices=[A | RIGHT, {"text": "c"}])],
        "'why' is a required",
    ),
    "no id": ([{"text": "Which?", "choices": [A | RIGHT, B]}], "'id' is a required"),
    "an unknown key": (
        [question_of(hint="x")],
        r"questions\[0\]: .*'hint' was unexpected",
    ),
    "a bad id": (
        [question_of(id="Two Words")],
        r"questions\[0\].id: 'Two Words' does not",
    ),
    "an id twice": (
        [question_of(), question_of(text="?")],
        "the id 'one' stands twice",
    ),
    "an unknown misconception": (
        [question_of(choices=[A | RIGHT, B | {"misconception": "bits-for-nat"}])],
        "'bits-for-nat' is not in misconceptions.yaml; is it 'bits-for-nats'",
    ),
    "a misconception of one's own": (
        [question_of(choices=[A | RIGHT, B | {"misconception": "zzz"}])],
        "'zzz' is not in misconceptions.yaml: leave it out",
    ),
    "no fact": ([question_of(facts=[])], r"questions\[0\].facts: \[\] "),
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
    bank = write(question_of(text="?" * 500, id=1), question_of(hint="x"), level=3)
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
    path = write(question_of()) / "own.yaml"
    path.write_text(f"{path.read_text('utf-8')}title: Other\n", "utf-8")
    with pytest.raises(ValueError, match=r"(?s)key 'title' stands twice.*line \d+"):
        quizzes.read("own", bank=path.parent)


@pytest.mark.parametrize("content", ["", "- 1", "text"])
def test_what_is_no_quiz_at_all_is_refused(tmp_path, content):
    (tmp_path / "own.yaml").write_text(content, "utf-8")
    with pytest.raises(ValueError, match="is not of type 'object'"):
        quizzes.read("own", bank=tmp_path)


def test_a_file_s_name_must_do_as_an_id_of_a_page(write):
    bank = write(question_of(), name='two "words"')
    with pytest.raises(ValueError, match="must be like 'two-circles'"):
        quizzes.read('two "words"', bank=bank)


def test_a_folder_of_ones_own_takes_the_place_of_the_course_s(write):
    bank = write(question_of())
    (bank / "notes.txt").write_text("not a quiz")
    (bank / "._own.yaml").write_bytes(b"\0\5\26\7 beside each file on a Mac's disk")
    assert quizzes.chapters(bank) == quizzes.chapters(str(bank)) == ["own"]
    assert quizzes.read("own", bank=bank).questions[0].choices[0].right
    with pytest.raises(ValueError, match=r"'circles'\. There is one for: own"):
        quizzes.show("circles", bank=bank)
    with pytest.raises(ValueError, match="is not a folder of quizzes"):
        quizzes.chapters(bank / "own.yaml")


def test_the_examples_in_the_docstrings_run():
    failed, tried = doctest.testmod(_bank)
    assert tried > 0
    assert failed == 0
