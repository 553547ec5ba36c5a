"""The sheet: answers are recorded as data, and none is lost."""

import doctest
import json
import sys

import numpy as np
import pytest

from companion.assignments import Sheet, _answer_sheet
from companion.assignments._submissions import read


@pytest.fixture
def sheet(tmp_path):
    points = {"task-1": 1, "task-2": 2}
    return Sheet("trial", student="ada", paper="p", points=points, folder=tmp_path)


def again(sheet, **fields):
    usual = {"student": "ada", "paper": "p", "points": {"task-1": 1, "task-2": 2}}
    return Sheet("trial", folder=sheet.path.parent, **usual | fields)


@pytest.mark.parametrize(
    ("answer", "recorded"),
    [
        (0.25, 0.25),
        (7, 7),
        (True, True),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.array([1, 2]), [1, 2]),
        (np.array(3.0), 3.0),
        ((np.int64(3), "adam"), [3, "adam"]),
        ([[1, 2.5], np.zeros(2)], [[1, 2.5], [0.0, 0.0]]),
        ("a text\nof two lines", "a text\nof two lines"),
    ],
)
def test_answers_are_kept_as_data(sheet, answer, recorded):
    assert str(sheet.record("task-1", answer)).startswith("Recorded for task-1: ")
    held = json.loads(sheet.path.read_text())
    assert held["answers"] == {"task-1": recorded}
    assert (held["format"], held["student"], held["paper"]) == (1, "ada", "p")


def test_a_number_typed_as_a_text_shows_its_quotes(sheet):
    assert str(sheet.record("task-1", 0.612)) == "Recorded for task-1: 0.612"
    assert str(sheet.record("task-1", "0.612")) == 'Recorded for task-1: "0.612"'
    assert '- task-1 (1 point): "0.612"' in sheet.recorded().message


def test_tensors_are_kept_as_their_values(sheet):
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return np.arange(3.0)

    class Symbolic:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("It has no value.")

    sheet.record("task-1", Tensor())
    assert read(sheet.path).answers == {"task-1": [0, 1, 2]}
    with pytest.raises(TypeError, match="Received: Symbolic"):
        sheet.record("task-1", Symbolic())


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (np.nan, ValueError, "finite number"),
        ([1, np.inf], ValueError, "finite number"),
        (np.array([np.nan]), ValueError, "finite number"),
        (None, TypeError, "Received: NoneType"),
        ({"a": 1}, TypeError, "Received: dict"),
        (lambda: 1, TypeError, "Received: function"),
        (1j, TypeError, "Received: complex"),
        ([[[[[1]]]]], TypeError, "4 deep"),
        (np.zeros((1, 1, 1, 1, 1)), TypeError, "ndarray"),
        ("x" * 5001, ValueError, "5,000 characters"),
        (np.zeros(50_000), ValueError, "64 KiB"),
    ],
)
def test_what_cannot_be_an_answer_is_refused_and_the_file_stays(
    sheet, answer, error, says
):
    sheet.record("task-1", 1)
    before = sheet.path.read_bytes()
    with pytest.raises(error, match=says):
        sheet.record("task-1", answer)
    assert sheet.path.read_bytes() == before
    assert "task-1 (1 point): 1\n" in sheet.recorded().message


def test_a_blank_keeps_an_earlier_answer(sheet):
    assert str(sheet.record("task-1", ...)) == "Not answered yet: task-1."
    sheet.record("task-1", 1)
    assert "still holds" in str(sheet.record("task-1", (..., 2)))
    assert read(sheet.path).answers == {"task-1": 1}


def test_a_restarted_notebook_goes_on(sheet):
    sheet.record("task-1", 1)
    later = again(sheet)
    later.record("task-2", 2)
    assert read(sheet.path).answers == {"task-1": 1, "task-2": 2}
    later.record("task-1", 3)
    assert read(sheet.path).answers["task-1"] == 3
    assert [path.name for path in sheet.path.parent.iterdir()] == ["trial-ada.json"]


def test_nothing_is_run_before_the_prediction(sheet):
    ran = []

    def run():
        ran.append(True)
        return 0.5

    options = {"choices": ("up", "down")}
    assert "Predict first" in str(sheet.run("task-1", run))
    assert not ran
    with pytest.raises(ValueError, match=r"up, down.*'sideways'"):
        sheet.predict("task-1", "sideways", **options)
    sheet.predict("task-1", "up", **options)
    sheet.predict("task-1", "down", **options)
    assert str(sheet.run("task-1", run)).endswith("You had predicted: down.")
    assert "stays as it was: down" in str(sheet.predict("task-1", "up", **options))
    assert "stays as it was" in str(again(sheet).predict("task-1", "up", **options))
    assert read(sheet.path).predictions == {"task-1": "down"}
    assert "predicted down; result: 0.5" in str(sheet.recorded())


def test_a_file_of_another_paper_is_not_overwritten(sheet):
    sheet.record("task-1", 1)
    with pytest.raises(ValueError, match="another version of this assignment"):
        again(sheet, paper="q")
    sheet.path.write_bytes(b"not mine")
    with pytest.raises(ValueError, match="Move it away"):
        again(sheet)
    assert sheet.path.read_bytes() == b"not mine"


@pytest.mark.parametrize("student", [..., "", 17, "../ada", "a b", "=1", None])
def test_a_students_id_is_a_plain_name(tmp_path, student):
    with pytest.raises(ValueError, match="id"):
        Sheet("trial", student=student, paper="", points={}, folder=tmp_path)


def test_a_students_number_without_quotes_is_told_to_have_them(tmp_path):
    with pytest.raises(ValueError, match=r"Received: int\. Put it in quotes\."):
        Sheet("trial", student=4711, paper="", points={}, folder=tmp_path)


def test_an_unknown_task_is_told(sheet):
    for call in (
        lambda: sheet.record("task-9", 1),
        lambda: sheet.run("task-9", list),
        lambda: sheet.predict("task-9", "up", choices=("up", "down")),
    ):
        with pytest.raises(ValueError, match=r"task-1, task-2\. Received: 'task-9'"):
            call()


def test_the_overview_names_the_file_and_says_what_to_do_in_colab(sheet, monkeypatch):
    sheet.record("task-2", "word " * 30)
    message = sheet.recorded().message
    assert '- task-1 (1 point): nothing yet\n- task-2 (2 points): "word word' in message
    assert f"Hand in this one file: `{sheet.path}`" in message
    assert "Colab" not in message
    monkeypatch.setitem(sys.modules, "google.colab", object())
    assert "download the file" in sheet.recorded().message


def test_the_examples_in_the_docstrings_run():
    failed, tried = doctest.testmod(_answer_sheet)
    assert tried > 0
    assert failed == 0
