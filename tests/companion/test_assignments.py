"""Assignments: what is handed out, what is recorded, and what no file can do."""

import cProfile
import csv
import doctest
import functools
import importlib
import io
import json
import os
import pstats
import re
import shutil
import subprocess
import sys
import tracemalloc
from dataclasses import asdict, replace

import matplotlib as mpl
import nbformat
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from companion import assignments
from companion._command import main
from companion.assignments import (
    Mistake,
    Sheet,
    Task,
    _answer_sheet,
    _banks,
    _commands,
    _grading,
    _reports,
    _set_up,
    _submissions,
    _variants,
    assign,
    grade,
)
from companion.assignments._submissions import Submission, UnreadableError, read
from tools.set_repository import ROOT, SET_UP, Repository, first_cell, set_repository

SEED = 20261130
CHAPTER = "binary-crossentropy"
CHAPTERS = assignments.chapters()
SEEDS = range(40)
# Chosen to be wrong for every seed: no probability, slope or line is -99.
WRONG = -99.0
ESSAY = "The decisions stay, so the accuracy does.\nThe loss sees how sure it was."


@functools.cache
def paper_of(chapter=CHAPTER, *, seed=SEED, student=None):
    return _variants.make_paper(
        chapter, _banks.find_tasks(chapter), seed=seed, student=student
    )


def right(item):
    """Return the right answer as a student would record it."""
    if item.task.kind == "explain":
        return ESSAY
    return _submissions.plain(item.task.solution(*item.numbers))


def submission(paper, student="ada", **fields):
    """Return a submission in which everything is right, unless the fields differ."""
    whole = Submission(
        paper.chapter,
        paper.student or student,
        paper.id,
        {x.id: x.task.choices[0] for x in paper.items if x.task.kind == "predict"},
        {item.id: right(item) for item in paper.items},
    )
    return replace(whole, **fields)


def content(one):
    return {"format": _submissions.FORMAT, **asdict(one)}


def put(folder, place, one):
    """Write a submission, or raw bytes, or any JSON, as a file."""
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(one, Submission):
        one = content(one)
    data = one if isinstance(one, bytes) else json.dumps(one).encode()
    path.write_bytes(data)
    return path


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "submissions"
    path.mkdir()
    return path


@pytest.fixture
def graded(tmp_path, folder):
    """Grade the folder; return the rows of the table, as a reader of CSV sees them."""

    def run(**options):
        out = tmp_path / "grades.csv"
        for path in tmp_path.glob("grades*"):
            path.unlink()
        run.report = grade(folder, out=out, **{"seed": SEED} | options)
        return list(csv.DictReader(io.StringIO(out.read_text("utf-8-sig"))))

    return run


def counted(function):
    """Return a function's result, and how many functions of Python it called."""
    # In C: a profiler in Python is dropped where a deep answer exhausts the stack.
    profile = cProfile.Profile(builtins=False)
    result = profile.runcall(function)
    calls = pstats.Stats(profile).total_calls
    return result, calls


def roster(tmp_path, *students):
    path = tmp_path / "roster.txt"
    path.write_text("\n".join(students) + "\n", encoding="utf-8")
    return path


def by_place(rows):
    return {row["file"]: row for row in rows}


# The public bank.


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_has_a_task_of_every_kind_and_a_number_and_an_array(chapter):
    items = paper_of(chapter).items
    shapes = {
        np.ndim(right(item)) for item in items if item.task.kind in ("value", "predict")
    }
    assert {item.task.kind for item in items} == {"value", "predict", "bug", "explain"}
    assert shapes == {0, 1}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_for_every_seed_the_solution_is_right_and_no_mistake_is(chapter):
    for seed in SEEDS:
        for item in paper_of(chapter, seed=seed).items:
            if item.task.kind == "explain":
                continue
            assert item.judge(right(item)).correct
            for mistake in item.task.mistakes:
                answer = _submissions.plain(mistake.answer(*item.numbers))
                assert not item.judge(answer).correct, (seed, mistake.message)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_mistake_is_told_by_its_own_message(chapter):
    papers = [paper_of(chapter, seed=seed) for seed in SEEDS]
    for number, task in enumerate(_banks.find_tasks(chapter)):
        for mistake in task.mistakes:
            messages = [
                item.judge(_submissions.plain(mistake.answer(*item.numbers))).reason
                for item in (paper.items[number] for paper in papers)
            ]
            assert any(message.endswith(mistake.message) for message in messages)


def source(item):
    return item.text + (item.task.code(*item.numbers) if item.task.code else "")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_numbers_depend_on_the_seed_and_are_told_to_the_student(chapter):
    papers = [paper_of(chapter, seed=seed) for seed in SEEDS]
    assert papers[0] == paper_of(chapter, seed=0)
    assert len({paper.id for paper in papers}) == len(papers)
    for items in zip(*(paper.items for paper in papers), strict=True):
        drawn = {str(item.numbers): source(item) for item in items}
        assert len(drawn) > 5
        assert len(set(drawn.values())) == len(drawn)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_the_student_runs_returns_the_solution(chapter, capsys):
    from companion import losses

    outcomes = set()
    for seed in SEEDS:
        for item in paper_of(chapter, seed=seed).items:
            if item.task.kind == "predict":
                names = {"np": np, "losses": losses}
                exec(item.task.code(*item.numbers), names)
                assert item.judge(float(names["run"]())).correct
                outcomes.add(item.task.outcome(*item.numbers))
    assert len(outcomes) >= 2


def test_numbers_worked_by_hand():
    """Ten of fifty: H(0.2) = 0.2 log 5 + 0.8 log 1.25 = 0.3219 + 0.1785."""
    best, slopes, *_ = _banks.find_tasks("binary-crossentropy")
    assert best.solution(10, 40) == pytest.approx(0.5004, abs=1e-4)
    # The sigmoid of log 3 is 3/4, that of -log 3 is 1/4.
    assert slopes.solution([1, 0], [np.log(3), -np.log(3)]) == pytest.approx(
        [-0.25, 0.25]
    )
    one, gradient, *_ = _banks.find_tasks("categorical-crossentropy")
    assert one.solution(10, 3, 8, 0.25, 0.75) == pytest.approx(1.3863, abs=1e-4)
    # Softmax of (log 2, 0, 0) is (1/2, 1/4, 1/4).
    assert gradient.solution(1, [np.log(2), 0.0, 0.0]) == pytest.approx(
        [0.5, -0.75, 0.25]
    )
    # With the probability 1 the second softmax is at its floor, log(1 + 9 / e).
    twice, logarithms, *_ = _banks.find_tasks("from-logits")
    assert twice.solution(10, 1.0) == pytest.approx(1.4612, abs=1e-4)
    assert logarithms.solution([1000 + np.log(2), 1000.0, 1000.0]) == pytest.approx(
        np.log([0.5, 0.25, 0.25])
    )
    # Margins of 2, 0.5, -0.5 and 3 cost 0, 0.5, 1.5 and 0.
    batch, slopes, shift, *_ = _banks.find_tasks("hinge-losses")
    assert batch.solution([1, -1, 1, -1], [2.0, -0.5, -0.5, -3.0]) == 0.5
    assert list(slopes.solution([1, -1, 1, -1], [2.0, -0.5, -0.5, -3.0])) == [
        0.0,
        1.0,
        -1.0,
        0.0,
    ]
    # Keras compares with 0, too: 1 + 0 + 3, and after the shift 1 + 5 - 7 is cut off.
    assert shift.solution(0, [-3.0, -5.0, -6.0], 0) == 4
    assert shift.solution(0, [-3.0, -5.0, -6.0], 10) == 0


def test_the_question_rules_out_the_other_loss_of_margins():
    for seed in SEEDS:
        item = paper_of("hinge-losses", seed=seed).items[3]
        line, word = item.task.solution(*item.numbers)
        assert "grows linearly" in item.text
        if word == "hinge":
            message = item.judge([line, "squared_hinge"]).reason
            assert "does not grow linearly" in message


# What each chapter's model says where nothing is wrong: the last activation, the loss,
# the metrics.
RIGHT = {
    "binary-crossentropy": ("sigmoid", '"binary_crossentropy"', '["accuracy"]'),
    "categorical-crossentropy": (
        "softmax",
        '"categorical_crossentropy"',
        '["accuracy"]',
    ),
    "from-logits": (
        "linear",
        "keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        '["accuracy"]',
    ),
    "hinge-losses": ("linear", '"hinge"', "[margins.sign_accuracy]"),
}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_answer_mends_the_model(chapter):
    last, loss, metrics = RIGHT[chapter]
    faults = set()
    for seed in SEEDS:
        items = paper_of(chapter, seed=seed).items
        item = next(item for item in items if item.task.kind == "bug")
        number, word = item.task.solution(*item.numbers)
        model = item.text.split("```")[1].splitlines()
        line = model[number]
        assert line.startswith(f"{number:2}  ")
        model[number] = re.sub(
            r'activation="\w+"|(?<=loss=)"\w+"|(?<=losses\.)\w+',
            lambda found, word=word: re.sub(r'\w+(?="?$)', word, found[0]),
            line,
        )
        faults.add((line.strip(), word))
        activations = re.findall(r'activation="(\w+)"', "\n".join(model))
        assert set(activations[:-1]) == {"relu"}
        assert activations[-1] == last
        assert f"    loss={loss}," in model[-3]
        assert f"    metrics={metrics}," in model[-2]
        assert line != model[number]
    assert len(faults) >= 3


# Authors.


def third(number):
    return number / 3


def make(**fields):
    usual = {
        "title": "trial",
        "kind": "value",
        "points": 2,
        "draw": lambda rng: (float(rng.integers(1, 9)),),
        "text": lambda number: f"What is a third of {number}?",
        "solution": third,
        "mistakes": (Mistake(lambda number: 3 * number, "That is three times it."),),
    }
    return Task(**usual | fields)


PREDICTED = {
    "kind": "predict",
    "choices": ("up", "down"),
    "outcome": lambda number: "down",
    "code": lambda number: f"def run():\n    return {number} / 3",
}


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "quiz"},
        {"points": 0},
        {"points": 1.5},
        {"points": True},
        {"solution": None},
        {"mistakes": ()},
        {"kind": "explain"},
        {"kind": "explain", "solution": None},
        {"choices": ("up", "down")},
        {"rubric": "what nobody reads"},
        PREDICTED | {"choices": ("up",)},
        PREDICTED | {"outcome": None},
        PREDICTED | {"code": None},
    ],
)
def test_a_task_that_cannot_be_meant_is_refused(fields):
    with pytest.raises(ValueError, match="Task 'trial' needs"):
        make(**fields)


@pytest.mark.parametrize(
    ("fields", "error", "says"),
    [
        ({"draw": lambda rng: 3.0}, TypeError, "draw must return a tuple"),
        ({"draw": lambda rng: (object(),)}, TypeError, "Received: object"),
        ({"solution": lambda number: np.inf}, ValueError, "finite"),
        ({"solution": lambda number: ...}, TypeError, "ellipsis"),
        ({"mistakes": (Mistake(lambda number: 1 / 0, ""),)}, ZeroDivisionError, "by"),
        (PREDICTED | {"outcome": lambda number: "off"}, ValueError, "none of its cho"),
    ],
)
def test_a_slip_in_a_bank_shows_before_a_class_meets_it(fields, error, says):
    with pytest.raises(error, match=says):
        _variants.make_paper("trial", [make(**fields)], seed=0)


@pytest.mark.parametrize("seed", [-1, 2**128, True, "7", 1.0])
def test_a_seed_is_an_integer(tmp_path, seed):
    with pytest.raises((TypeError, ValueError), match="seed must be an integer"):
        assign(CHAPTER, seed=seed, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_long_seed_will_do(tmp_path):
    assert len(assign(CHAPTER, seed=2**128 - 1, out=tmp_path)) == 1


def test_a_paper_is_its_students_even_if_another_has_the_same_numbers():
    same = [make(draw=lambda rng: (3.0,))]
    papers = [
        _variants.make_paper(chapter, same, seed=seed, student=student)
        for chapter in ("trial", "other")
        for seed in (0, 1)
        for student in (None, "ada", "bob")
    ]
    assert len({paper.id for paper in papers}) == len(papers)


def test_tolerances_belong_to_the_task():
    (item,) = _variants.make_paper("trial", [make(tolerance=1e-9)], seed=0).items
    assert item.judge(right(item)).correct
    assert not item.judge(right(item) * 1.001).correct
    (item,) = _variants.make_paper("trial", [make()], seed=0).items
    assert item.judge(right(item) * 1.001).correct


# The notebook.


def cells(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook.cells


def test_the_first_cell_is_the_one_of_the_chapters():
    assert first_cell() + "\n" == _set_up.CELL, "run tools/set_repository.py"


def test_a_fork_moves_the_first_cell_too(tmp_path):
    for name in ("_config.yml", SET_UP):
        put(tmp_path, name, (ROOT / name).read_bytes())
    home = Repository("https://github.com/ada/losses", "v0.1.0")
    assert tmp_path / SET_UP in set_repository(home, tmp_path)
    names = {}
    exec((tmp_path / SET_UP).read_text(encoding="utf-8"), names)
    assert names["CELL"] == first_cell(home) + "\n"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_notebook_is_valid_short_and_states_the_points(chapter, tmp_path):
    (path,) = assign(chapter, seed=SEED, out=tmp_path)
    assert path.name == f"{chapter}.ipynb"
    sheet = cells(path)
    text = "\n".join(cell.source for cell in sheet if cell.cell_type == "markdown")
    assert sheet[0].source == first_cell()
    assert "5 tasks, 12 points" in text
    assert len(re.findall(r"^## Task \d: .+ \(\d points, ", text, re.MULTILINE)) == 5
    assert "for practice" in text
    assert sheet[-1].source == "sheet.recorded()"
    for cell in sheet[1:]:
        lines = cell.source.splitlines()
        if cell.cell_type == "code":
            assert len(lines) <= 16
            assert max(map(len, lines)) <= 88
            assert not cell.outputs
    assert str(SEED) not in path.read_text(encoding="utf-8")


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    (one,) = assign(CHAPTER, seed=SEED, out=tmp_path / "one")
    (two,) = assign(CHAPTER, seed=SEED, out=tmp_path / "two")
    assert one.read_bytes() == two.read_bytes()
    assert assign(CHAPTER, seed=SEED, out=tmp_path / "one") == [one]
    with pytest.raises(FileExistsError, match="other content"):
        assign(CHAPTER, seed=SEED + 1, out=tmp_path / "one")
    assert one.read_bytes() == two.read_bytes()


def test_with_a_roster_everyone_has_other_numbers(tmp_path):
    names = roster(tmp_path, "ada", "", "bob@x.org")
    paths = assign(CHAPTER, seed=SEED, out=tmp_path, roster=names)
    assert [path.stem for path in paths] == [f"{CHAPTER}-ada", f"{CHAPTER}-bob@x.org"]
    sources = [[cell.source for cell in cells(path)] for path in paths]
    assert 'student="ada"' in sources[0][3]
    assert sources[0][4] != sources[1][4]
    assert sources[0][-1] == sources[1][-1]


def test_a_conflict_writes_nothing_at_all(tmp_path):
    put(tmp_path, f"{CHAPTER}-bob.ipynb", b"mine")
    with pytest.raises(FileExistsError):
        assign(CHAPTER, seed=0, out=tmp_path, roster=roster(tmp_path, "ada", "bob"))
    assert not (tmp_path / f"{CHAPTER}-ada.ipynb").exists()


@pytest.mark.parametrize(
    "students",
    [
        [],
        ["ada", "ada"],
        ["ada", "ADA"],
        ["../ada"],
        ["ada/bob"],
        ["=1+1"],
        ["a" * 65],
        ["ada lovelace"],
    ],
)
def test_a_roster_that_cannot_name_files_is_refused(tmp_path, students):
    with pytest.raises(ValueError, match=r"roster|student's id"):
        assign(CHAPTER, seed=0, out=tmp_path, roster=roster(tmp_path, *students))
    assert not list(tmp_path.glob("*.ipynb"))


def test_a_roster_with_a_slip_says_which_ids_and_which_file(tmp_path):
    for slip, says in (
        (b"ada\nbob\nADA\n", "Received in .*roster.txt: ada, ADA"),
        ("Müller\n".encode("latin-1"), "in UTF-8: .*roster.txt is not"),
        (b"\n", "roster.txt is empty"),
    ):
        path = put(tmp_path, "roster.txt", slip)
        with pytest.raises(ValueError, match=says):
            assign(CHAPTER, seed=0, out=tmp_path / "out", roster=path)


def fill_in(source, answers):
    """Put answers in place of a cell's blanks."""
    task = re.search(r'sheet\.record\("([\w-]+)"', source)
    given = answers | {"answer": answers.get(task[1], ...) if task else ...}

    def filled(blank):
        return f"{blank[1]} = {given.get(blank[1], ...)!r}"

    return re.sub(r"^(student|prediction|answer) = \.\.\.", filled, source)


def work_through(path, answers, monkeypatch):
    """Run a notebook's cells, without the set-up; return what the sheet says."""
    monkeypatch.chdir(path.parent)
    mpl.use("Agg")
    names, notes = {}, []
    for cell in cells(path)[1:]:
        if cell.cell_type == "code":
            *body, last = fill_in(cell.source, answers).splitlines()
            speaks = last.startswith("sheet.")
            exec("\n".join(body if speaks else [*body, last]), names)
            notes += [eval(last, names).message] if speaks else []
    return notes


def test_an_untouched_notebook_fails_nothing_and_writes_nothing(tmp_path, monkeypatch):
    paths = assign(CHAPTER, seed=SEED, out=tmp_path, roster=roster(tmp_path, "ada"))
    notes = work_through(paths[0], {}, monkeypatch)
    assert [note.split(":")[0] for note in notes[:-1]] == [
        "Not answered yet",
        "Not answered yet",
        "Not predicted yet",
        "Predict first",
        "Not answered yet",
        "Not answered yet",
    ]
    assert notes[-1].count("nothing yet") == 5
    assert "There is no file to hand in yet" in notes[-1]
    assert "Hand in this one file" not in notes[-1]
    assert not list(tmp_path.glob("*.json"))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_from_the_notebook_to_the_points(
    chapter, tmp_path, folder, monkeypatch, graded
):
    (path,) = assign(chapter, seed=SEED, out=tmp_path)
    answers = {item.id: right(item) for item in paper_of(chapter).items}
    answers |= {"student": "ada-17", "prediction": "falls"}
    notes = work_through(path, answers, monkeypatch)
    (file,) = tmp_path.glob("*.json")
    assert file.name == f"{chapter}-ada-17.json"
    assert str(file) in notes[-1]
    assert "nothing yet" not in notes[-1]
    file.rename(folder / file.name)
    (row,) = graded()
    assert row["student"] == "ada-17"
    assert (row["status"], row["points"], row["out_of"]) == ("graded", "8", "8")
    assert (row["to_read"], row["task-5"]) == ("4", "")
    assert row["reasons"].startswith("task-3: Predicted: falls; came true: ")
    assert graded.report.complete
    assert "for practice" in graded.report.summary


# The sheet.


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
        (third, TypeError, "Received: function"),
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


# Grading what is honest.


def test_each_wrong_answer_costs_its_own_points_and_has_its_reason(folder, graded):
    paper = paper_of()
    answers = submission(paper).answers
    share = paper.items[0].numbers
    bits = paper.items[0].task.mistakes[0].answer(*share)
    answers |= {"task-1": bits, "task-2": [0, 0], "task-4": [WRONG, "adam"]}
    put(folder, "ada.json", submission(paper, answers=answers | {"task-5": "  "}))
    (row,) = graded()
    assert [row[f"task-{i}"] for i in range(1, 6)] == ["0", "0", "2", "0", "0"]
    assert (row["points"], row["out_of"], row["to_read"]) == ("2", "8", "0")
    for reason in (
        "task-1: Right in bits; nats were asked for.",
        "task-2: Asked for is an array of shape (4,). Received: an array of shape (2,)",
        "task-4: Part 1 of 2: The number is not right. Part 2 of 2: `adam` is not",
        "task-5: A text was asked for.",
    ):
        assert reason in row["reasons"]


def test_a_right_answer_is_not_told_to_the_others(folder, graded):
    paper = paper_of()
    wrong = {item.id: WRONG for item in paper.items}
    put(folder, "ada.json", submission(paper, answers=wrong))
    (row,) = graded()
    assert row["points"] == "0"
    for item in paper.items[:2]:
        assert str(np.round(right(item), 3)) not in row["reasons"]


def test_the_right_answers_are_written_for_each_student(folder, graded, tmp_path):
    names = roster(tmp_path, "ada", "bob")
    put(folder, "x.json", submission(paper_of(student="ada")))
    graded(roster=names)
    key = (tmp_path / "grades-right-answers.csv").read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(key)))
    assert [row["student"] for row in rows] == ["ada", "bob"]
    for row in rows:
        number, array, predicted, bug, _ = paper_of(student=row["student"]).items
        assert float(row["task-1"]) == right(number)
        assert json.loads(row["task-2"]) == right(array)
        outcome = predicted.task.outcome(*predicted.numbers)
        assert json.loads(row["task-3"]) == [outcome, right(predicted)]
        assert json.loads(row["task-4"]) == right(bug)
        assert row["task-5"] == ""
    assert rows[0]["task-1"] != rows[1]["task-1"]
    assert "grades-right-answers.csv" in graded.report.summary


def test_without_a_roster_the_right_answers_are_everyone_s(folder, graded, tmp_path):
    put(folder, "ada.json", submission(paper_of()))
    graded()
    key = (tmp_path / "grades-right-answers.csv").read_text("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(key))
    assert row["student"] == "everyone"
    assert float(row["task-1"]) == right(paper_of().items[0])


def test_a_result_counts_only_with_a_prediction(folder, graded):
    paper = paper_of()
    put(folder, "ada.json", submission(paper, predictions={}))
    put(folder, "bob.json", submission(paper, "bob", predictions={"task-3": "sinks"}))
    put(folder, "cyd.json", submission(paper, "cyd", predictions={"task-3": "stays"}))
    ada, bob, cyd = graded()
    assert ada["task-3"] == bob["task-3"] == "0"
    assert "only with a prediction" in ada["reasons"]
    assert cyd["task-3"] == "2", "a wrong prediction costs nothing"


def test_texts_are_left_to_the_instructor(folder, graded, tmp_path):
    put(folder, "ada.json", submission(paper_of()))
    graded()
    text = (tmp_path / "grades-to-read.md").read_text(encoding="utf-8")
    assert "Explain both curves" in text
    assert text.count("Explain both curves") == 1
    assert "### `ada` in `ada.json`\n\n    The decisions stay" in text
    assert "Look for:\n\n- The factor changes no sign" in text
    assert "\n    The loss sees how sure it was." in text
    assert "Texts to read, 1" in graded.report.summary


def test_with_a_roster_each_gets_own_numbers_and_who_is_missing_is_told(
    folder, graded, tmp_path
):
    names = roster(tmp_path, "ada", "bob", "cyd")
    put(folder, "x.json", submission(paper_of(student="ada")))
    put(folder, "y/deep/z.json", submission(paper_of(student="bob")))
    rows = graded(roster=names)
    assert [row["student"] for row in rows] == ["ada", "bob", "cyd"]
    assert [row["status"] for row in rows] == ["graded", "graded", "missing"]
    assert [row["points"] for row in rows] == ["8", "8", "0"]
    assert "2 graded, 0 broken, 0 duplicated, 1 missing" in graded.report.summary
    assert graded.report.complete
    text = (tmp_path / "grades-to-read.md").read_text(encoding="utf-8")
    assert text.count("Explain both curves") == 2, "each has another question"
    assert "missing    cyd" in graded.report.summary
    assert rows[2]["reasons"] == "No file that counts.", "a broken one may be there"


def test_grading_again_writes_the_same_and_keeps_what_was_added(
    folder, graded, tmp_path
):
    for name in ("ada", "bob"):
        put(folder, f"{name}.json", submission(paper_of(), name))
    graded()
    table = tmp_path / "grades.csv"
    before = table.read_bytes()
    grade(folder, seed=SEED, out=table)
    assert table.read_bytes() == before
    table.write_bytes(before.replace(b",4,", b",0,"))
    with pytest.raises(FileExistsError, match="other content"):
        grade(folder, seed=SEED, out=table)


def test_the_chapter_is_the_one_that_most_places_name(folder, graded):
    other = paper_of("categorical-crossentropy")
    for name in ("ada", "bob"):
        put(folder, f"{name}.json", submission(paper_of(), name))
    for number in range(9):
        put(folder, f"mal/{number}.json", submission(other, "mal"))
    rows = by_place(graded())
    assert rows["ada.json"]["points"] == "8"
    assert "another chapter, categorical-crossentropy" in rows["mal/0.json"]["reasons"]
    rows = by_place(graded(chapter="categorical-crossentropy"))
    assert rows["mal/0.json"]["points"] == "8"
    assert rows["ada.json"]["status"] == "broken"


# Hostile files. Beside each lies an honest one, which must not lose anything.


@pytest.fixture
def cost(folder, graded):
    """Grade beside an honest file; return the rows that are not the honest one's."""

    def run(**options):
        put(folder, "honest.json", submission(paper_of(), "honest"))
        rows = by_place(graded(**options))
        honest = rows.pop("honest.json")
        assert (honest["student"], honest["points"]) == ("honest", "8")
        assert "honest" not in [row["student"] for row in rows.values()]
        return list(rows.values())

    return run


def nested(levels):
    return b"[" * levels + b"]" * levels


def valid_with(**fields):
    return content(submission(paper_of(), "mal")) | fields


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "not the JSON"),
        (b"\xff\xfe\x00", "not the JSON"),
        (b"cos\nsystem\n(S'touch pwned'\ntR.", "not the JSON"),
        (b"\x80\x04\x95", "not the JSON"),
        (b"PK\x03\x04", "not the JSON"),
        (b"{" * 60_000, "not the JSON"),
        (nested(30_000), "not the JSON"),
        (nested(500), "not a file that a sheet writes"),
        (b"1" * 60_000, "not the JSON"),
        (b"[]", "not a file that a sheet writes"),
        (b"null", "not a file that a sheet writes"),
        (b"{}", "not a file that a sheet writes"),
        (b" " * 65_537, "too large: 65,537 bytes"),
        (valid_with(format=2), "another version of the format"),
        (valid_with(format=True), "not a file"),
        (valid_with(format="1"), "not a file"),
        (valid_with(chapter=None), "`chapter`"),
        (valid_with(chapter="../../etc"), "`chapter`"),
        (valid_with(chapter="no-such-chapter"), "another chapter"),
        (valid_with(student=["mal"]), "`student`"),
        (valid_with(student="../../mal"), "`student`"),
        (valid_with(student="=cmd|' /C calc'!A0"), "`student`"),
        (valid_with(student="mal\nada,9,9"), "`student`"),
        (valid_with(paper=None), "`paper`"),
        (valid_with(paper="0" * 24), "another paper"),
        (valid_with(predictions=[]), "`predictions`"),
        (valid_with(predictions={"task-3": 1}), "`predictions`"),
        (valid_with(answers=[1, 2]), "`answers`"),
        (valid_with(answers={"task-1": {"a": 1}}), "`answers`"),
        (valid_with(answers={"task-1": [[[[[1]]]]]}), "`answers`"),
    ],
)
def test_a_broken_file_gets_a_reason(folder, cost, graded, data, says):
    put(folder, "mal.json", data)
    (row,) = cost(chapter=CHAPTER)
    assert (row["status"], row["points"]) == ("broken", "0")
    assert says in row["reasons"]
    assert not graded.report.complete
    assert "1 graded, 1 broken" in graded.report.summary
    assert f"mal.json: {row['reasons']}" in graded.report.summary


@pytest.mark.parametrize(
    "answer",
    [
        None,
        "0.5",
        "x" * 15_000,
        "- " * 7_500,
        "__import__('os').system('touch pwned')",
        [],
        [[], [[]]],
        ["a", 1, None],
        True,
        float("nan"),
        float("inf"),
        [float("nan")] * 4,
        10**400,
        [10**400] * 4,
        [2**63, -1, 0.5, 1],
        1e308,
        [1e308, -1e308, 1e308, 5e-324],
    ],
    ids=lambda answer: repr(answer)[:20],
)
def test_an_answer_of_any_kind_costs_that_answer(folder, cost, answer):
    answers = dict.fromkeys([f"task-{i}" for i in range(1, 5)], answer)
    put(folder, "mal.json", submission(paper_of(), "mal", answers=answers))
    (row,), calls = counted(cost)
    # This file and the honest one cost about 5,000.
    assert calls < 20_000
    assert (row["status"], row["points"]) == ("graded", "0")
    assert all(f"task-{i}: " in row["reasons"] for i in range(1, 6))
    assert len(row["reasons"]) < 2_000


def test_a_huge_file_is_not_read(folder, cost):
    with (folder / "mal.json").open("wb") as file:
        file.truncate(2**27)  # most systems give it no room on the disk
    tracemalloc.start()
    (row,) = cost()
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()
    assert "too large: 134,217,728 bytes" in row["reasons"]


def test_links_and_pipes_are_not_opened(folder, cost, tmp_path):
    secret = put(tmp_path, "secret.json", submission(paper_of(), "mal"))
    try:
        (folder / "link.json").symlink_to(secret)
        (folder / "tree").symlink_to(tmp_path)
        (folder / "deep").mkdir()
        (folder / "deep" / "link.json").symlink_to(secret)
        os.mkfifo(folder / "pipe.json")
    except (AttributeError, OSError):
        pytest.skip("this system makes no links or pipes here")
    rows = cost()
    assert {row["status"] for row in rows} == {"broken"}
    reasons = {row["file"]: row["reasons"] for row in rows}
    assert "no .json file" in reasons.pop("tree")
    assert len(reasons) == 3
    assert all("link or a device" in reason for reason in reasons.values())


def test_a_file_that_becomes_a_link_between_look_and_open_is_not_followed(
    tmp_path, monkeypatch
):
    if not hasattr(os, "O_NOFOLLOW"):
        pytest.skip("this system cannot refuse links while opening")
    file = put(tmp_path, "a.json", submission(paper_of()))
    looked = os.lstat(file)
    link = tmp_path / "b.json"
    link.symlink_to(file)
    monkeypatch.setattr(os, "lstat", lambda path: looked)
    with pytest.raises(UnreadableError, match="cannot be opened"):
        read(link)


def test_archives_notebooks_and_too_many_files_are_not_opened(folder, cost):
    put(folder, "mal.zip", b"PK\x03\x04")
    put(folder, "only/work.ipynb", b"{}")
    (folder / "empty").mkdir()
    for number in range(_grading.FILES + 1):
        put(folder, f"flood/{number}.json", submission(paper_of(), "mal"))
    for number in range(_grading.ENTRIES):
        put(folder, f"wide/a{number}.txt", b"")
    put(folder, "wide/b.json", submission(paper_of(), "mal"))
    reasons = {row["file"]: row["reasons"] for row in cost()}
    assert "more than 20 files" in reasons.pop("flood")
    assert set(reasons) == {"mal.zip", "only", "empty", "wide"}
    assert all("unpack an archive" in reason for reason in reasons.values())


def test_a_very_deep_folder_costs_its_own_place(folder, cost):
    path = folder / "deep"
    for _ in range(300):
        path /= "d"
    path.mkdir(parents=True)
    put(path, "a.json", submission(paper_of(), "mal"))
    (row,) = cost()
    assert row["status"] == "broken"


def test_what_systems_leave_behind_is_nobodys(folder, cost):
    put(folder, ".DS_Store", b"")
    put(folder, "__MACOSX/._honest.json", b"")
    put(folder, "Thumbs.db", b"")
    put(folder, "mal/.hidden.json", b"")
    put(folder, "mal/a.json", submission(paper_of(), "mal"))
    (row,) = cost()
    assert row["status"] == "graded"


def test_two_files_of_one_place_count_once_if_they_agree(folder, cost, graded):
    put(folder, "mal/a.json", submission(paper_of(), "mal"))
    put(folder, "mal/b.json", submission(paper_of(), "mal"))
    put(folder, "mal/notes.json", b"[]")
    (row,) = cost()
    assert (row["status"], row["points"]) == ("graded", "8")
    put(folder, "mal/b.json", submission(paper_of(), "mal", answers={"task-1": 0}))
    (row,) = cost()
    assert (row["status"], row["points"]) == ("duplicated", "0")
    assert "mal/a.json, mal/b.json" in row["reasons"]
    assert not graded.report.complete


def test_another_seed_student_or_bank_is_told(folder, cost):
    put(folder, "seed.json", submission(paper_of(seed=1), "mal"))
    put(folder, "own.json", submission(paper_of(student="mal")))
    put(folder, "forged.json", submission(paper_of("categorical-crossentropy"), "mal"))
    changed = [make(), *_banks.find_tasks(CHAPTER)[1:]]
    other = _variants.make_paper(CHAPTER, changed, seed=SEED)
    put(folder, "bank.json", submission(other, "mal"))
    rows = {row["file"]: row for row in cost()}
    assert {row["status"] for row in rows.values()} == {"broken"}
    assert "another chapter" in rows.pop("forged.json")["reasons"]
    assert all("another paper" in row["reasons"] for row in rows.values())


def test_without_a_roster_a_borrowed_name_costs_its_owner_nothing(folder, graded):
    put(folder, "ada.json", submission(paper_of(), "ada"))
    put(folder, "mal.json", submission(paper_of(), "ada", answers={}))
    rows = by_place(graded())
    assert rows["ada.json"]["points"] == "8"
    assert rows["mal.json"]["points"] == "0"
    for row in rows.values():
        assert row["status"] == "graded"
        assert "2 places name this student" in row["reasons"]


def test_with_a_roster_nobody_hands_in_as_somebody_else(folder, graded, tmp_path):
    names = roster(tmp_path, "ada", "mal")
    own, victim = paper_of(student="mal"), paper_of(student="ada")
    put(folder, "ada.json", submission(victim))
    forged = submission(own, student="ada", answers={})
    put(folder, "a.json", replace(forged, student="ada"))
    put(folder, "b.json", replace(forged, student="ada", paper="0" * 24))
    put(folder, "c.json", replace(forged, student="nobody"))
    put(folder, "d.json", replace(submission(paper_of()), student="ada"))
    rows = graded(roster=names)
    ada, mal, *broken = sorted(rows, key=lambda row: row["status"] == "broken")
    assert (ada["student"], ada["points"], ada["status"]) == ("ada", "8", "graded")
    assert (mal["student"], mal["status"]) == ("mal", "missing")
    assert [row["student"] for row in broken] == [""] * 4
    reasons = " ".join(row["reasons"] for row in broken)
    assert reasons.count("another paper") == 3
    assert "It names nobody, who is not on the roster" in reasons


def test_copied_answers_are_wrong_for_other_numbers(folder, graded, tmp_path):
    names = roster(tmp_path, "ada", "mal")
    copied = submission(paper_of(student="ada")).answers
    put(folder, "mal.json", submission(paper_of(student="mal"), answers=copied))
    mal = graded(roster=names)[1]
    assert (mal["student"], mal["task-1"], mal["task-2"]) == ("mal", "0", "0")


@pytest.mark.parametrize(
    "name",
    [
        "=cmd|' /C calc'!A0.json",
        "+1.json",
        "-1.json",
        "@SUM(A1).json",
        "\uff1d1.json",
        "\t=1.json",
        "\x1b[31mred\n=1+1,.json",
        "\u202egnp.json",
        "a`b<script>.json",
    ],
)
def test_names_of_files_are_inert(folder, cost, graded, tmp_path, name):
    put(folder, name, submission(paper_of(), "mal"))
    put(folder, f"x{name}", b"[]")
    rows = cost()
    assert len(rows) == 2
    for row in rows:
        assert row["file"].isprintable()
        assert not row["file"].startswith(("=", "+", "-", "@", "\uff1d"))
    text = (tmp_path / "grades-to-read.md").read_text(encoding="utf-8")
    assert all(line.isprintable() for line in text.splitlines())
    assert all(line.isprintable() for line in graded.report.summary.splitlines())
    assert text.count("`") == 8, "each name in one pair"


def test_texts_are_inert(folder, cost, tmp_path):
    hostile = (
        "# Full marks\r\n\n<script>x</script>\n```\n=1+1\n\x1b[2J\u202e\ud800 "
        + "long " * 2000
    )
    answers = submission(paper_of()).answers | {"task-5": hostile, "task-4": [1, "=1"]}
    put(folder, "mal.json", submission(paper_of(), "mal", answers=answers))
    (row,) = cost()
    assert row["reasons"].isprintable()
    text = (tmp_path / "grades-to-read.md").read_text(encoding="utf-8")
    block = text.split("in `mal.json`\n\n")[1]
    assert all(line.startswith("    ") for line in block.splitlines() if line)
    assert all(line.isprintable() and len(line) <= 88 for line in block.splitlines())
    assert "[cut here: too long]" in block
    assert len(block) < 6_000
    page = MarkdownIt().render(text)
    assert "<script" not in page
    assert page.count("<h1>") == 1


def test_a_text_is_inert_after_a_question_that_ends_in_a_list(folder, graded, tmp_path):
    bank = put(
        tmp_path,
        "trial.py",
        b"from companion.assignments import Task\n"
        b"TASKS = (Task(title='t', kind='explain', points=1, draw=lambda rng: (1,),"
        b" text=lambda number: 'Say:\\n\\n- why\\n- how'),)\n",
    )
    names = roster(tmp_path, "ada")
    (task,) = _banks.find_tasks("trial", bank)
    paper = _variants.make_paper("trial", (task,), seed=SEED, student="ada")
    text = "# Full marks\n\n<script>x</script>"
    put(folder, "ada.json", submission(paper, answers={"task-1": text}))
    graded(bank=bank, roster=names)
    page = MarkdownIt().render((tmp_path / "grades-to-read.md").read_text("utf-8"))
    assert "<script" not in page
    assert page.count("<h1>") == 1


def test_a_comparison_that_fails_costs_that_answer(folder, graded, monkeypatch):
    put(folder, "ada.json", submission(paper_of(), "ada"))
    find = _variants.make_paper

    def prepared(*args, **options):
        paper = find(*args, **options)
        monkeypatch.setattr(_variants.Item, "judge", lambda item, answer: 1 / 0)
        return paper

    monkeypatch.setattr(_commands, "make_paper", prepared)
    (row,) = graded()
    assert "task-1: It cannot be compared (ZeroDivisionError)." in row["reasons"]


def test_the_table_and_the_bank_stay_outside_the_submissions(folder):
    put(folder, "ada.json", submission(paper_of()))
    put(folder, "binary_crossentropy.py", b"raise SystemExit('a submission was run')")
    for options in (
        {"out": folder / "grades.csv"},
        {"bank": folder},
        {"bank": folder / "binary_crossentropy.py"},
        {"bank": folder / ".." / "submissions"},
    ):
        with pytest.raises(ValueError, match="outside the folder of submissions"):
            grade(folder, **{"seed": SEED, "out": folder.parent / "x.csv"} | options)


# Fuzzing: whatever a file holds, the honest row stays as it is.

FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(2**60, 2**70)
    | st.floats()
    | st.text(max_size=20)
)
ANY = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)
FIELDS = ("format", *Submission.__dataclass_fields__)
TASKS = [f"task-{i}" for i in range(1, 6)]


def hold(folder, graded, data):
    put(folder, "honest.json", submission(paper_of(), "honest"))
    put(folder, "mal.json", data)
    rows = by_place(graded(chapter=CHAPTER))
    assert set(rows) == {"honest.json", "mal.json"}
    assert rows["honest.json"]["points"] == "8"
    assert rows["mal.json"]["status"] in ("graded", "broken")
    assert all(value.isprintable() for value in rows["mal.json"].values())


@FUZZ
@given(data=st.binary(max_size=300))
def test_any_bytes_cost_only_their_author(folder, graded, data):
    hold(folder, graded, data)


@pytest.mark.slow
@FUZZ
@given(data=ANY)
def test_any_json_costs_only_its_author(folder, graded, data):
    hold(folder, graded, json.dumps(data).encode())


@FUZZ
@given(field=st.sampled_from(FIELDS), value=ANY)
def test_any_field_costs_only_its_author(folder, graded, field, value):
    hold(folder, graded, valid_with(**{field: value}))


@pytest.mark.slow
@FUZZ
@given(answers=st.dictionaries(st.sampled_from(TASKS), ANY, min_size=1))
def test_any_answers_cost_only_their_author(folder, graded, answers):
    hold(folder, graded, valid_with(answers=answers, predictions={"task-3": "stays"}))


@FUZZ
@given(place=st.integers(0, 10**6), byte=st.integers(0, 255))
def test_any_changed_byte_costs_only_its_author(folder, graded, place, byte):
    data = bytearray(json.dumps(valid_with()).encode())
    data[place % len(data)] = byte
    hold(folder, graded, bytes(data))


# A class.


def hand_in_as_a_class(folder, students):
    """Hand in for a class with a roster: every fourth file is broken or hostile."""
    hostile = [
        b"",
        b"\x80\x04\x95pickle",
        nested(30_000),
        b" " * 200_000,
        content(submission(paper_of(student="s01")))
        | {"answers": {}, "paper": "forged"},
        content(submission(paper_of(student="s01"))) | {"format": 99},
        submission(paper_of(seed=1, student="s02")),
        submission(paper_of(), "s03"),
        submission(paper_of("categorical-crossentropy", student="s04")),
        content(submission(paper_of(student="s05"))) | {"answers": "=1+1"},
    ]
    honest = []
    for number, student in enumerate(students):
        place = f"Student {number}_{5000 + number}_assignsubmission_file_/answers.json"
        if number % 4 == 3:
            put(folder, place, hostile[number // 4])
        else:
            put(folder, place, submission(paper_of(student=student)))
            honest.append(student)
    return honest


def test_a_class_is_graded_and_each_student_costs_the_same(folder, graded, tmp_path):
    students = [f"s{number:02}" for number in range(40)]
    hand_in_as_a_class(folder, students[:20])
    _, calls_of_20 = counted(lambda: graded(roster=roster(tmp_path, *students[:20])))
    shutil.rmtree(folder)
    folder.mkdir()
    honest = hand_in_as_a_class(folder, students)
    rows, calls = counted(lambda: graded(roster=roster(tmp_path, *students)))
    assert 1.5 * calls_of_20 < calls < 2.2 * calls_of_20
    points = {row["student"]: row["points"] for row in rows if row["student"]}
    assert points == {s: "8" if s in honest else "0" for s in students}
    assert "30 graded, 10 broken, 0 duplicated, 10 missing" in graded.report.summary
    assert all(row["reasons"] for row in rows if row["status"] != "graded")
    assert not graded.report.complete


# Banks.


def test_a_private_bank_serves_both_commands(tmp_path, folder, graded, monkeypatch):
    bank = tmp_path / "private" / "entropy.py"
    bank.parent.mkdir()
    assert main(["bank", str(bank)]) == 0
    (path,) = assign("entropy", seed=3, out=tmp_path, bank=bank)
    assert "for practice" not in path.read_text(encoding="utf-8")
    (same,) = assign("entropy", seed=3, out=tmp_path / "two", bank=bank.parent)
    assert same.read_bytes() == path.read_bytes()
    paper = _variants.make_paper("entropy", _banks.find_tasks("entropy", bank), seed=3)
    (counts,) = paper.items[0].numbers
    shares = np.divide(counts, sum(counts))
    entropy = sum(share * np.log(1 / share) for share in shares)
    answers = {"student": "ada", "task-1": round(entropy, 4), "task-2": "log C"}
    work_through(path, answers, monkeypatch)
    (tmp_path / "entropy-ada.json").rename(folder / "entropy-ada.json")
    (row,) = graded(seed=3, bank=bank)
    assert (row["points"], row["out_of"], row["to_read"]) == ("3", "3", "2")
    assert graded(seed=3, bank=bank.parent, chapter="entropy") == [row]
    assert "practice" not in graded.report.summary


def test_no_submission_chooses_which_file_of_a_bank_is_run(tmp_path, folder, graded):
    bank = put(tmp_path, "bank/clean_up.py", b"raise SystemExit('it was run')").parent
    put(folder, "mal.json", valid_with(chapter="clean-up"))
    with pytest.raises(ValueError, match="name the chapter"):
        graded(bank=bank)
    with pytest.raises(ValueError, match="pass --chapter"):
        graded()


def test_a_template_is_not_written_over_a_bank(tmp_path, capsys):
    bank = put(tmp_path, "mine.py", b"TASKS = ()")
    with pytest.raises(SystemExit) as stopped:
        main(["bank", str(bank)])
    assert stopped.value.code == 2
    assert bank.read_bytes() == b"TASKS = ()"


def test_a_template_makes_the_folder_that_it_belongs_to(tmp_path, capsys):
    bank = tmp_path / "private" / "entropy.py"
    assert main(["bank", str(bank)]) == 0
    assert capsys.readouterr().out.strip() == str(bank)
    assert assign("entropy", seed=0, out=tmp_path / "out", bank=bank.parent)


@pytest.mark.parametrize(
    ("chapter", "source", "says"),
    [
        ("no-such", None, "The public bank has nothing for 'no-such'. It has binary-"),
        ("../etc", None, "small letters"),
        ("trial", b"", "needs TASKS, a tuple of Task"),
        ("trial", b"TASKS = ()", "needs TASKS, a tuple of Task"),
        ("trial", b"TASKS = [1]", "needs TASKS, a tuple of Task"),
        ("trial", b"TASKS = (1,)", "needs TASKS, a tuple of Task"),
    ],
)
def test_a_bank_that_cannot_be_used_is_told(tmp_path, chapter, source, says):
    bank = None if source is None else put(tmp_path, "bank.py", source)
    with pytest.raises(ValueError, match=says):
        assign(chapter, seed=0, out=tmp_path / "out", bank=bank)
    assert not (tmp_path / "out").exists()


def test_a_missing_bank_is_told(tmp_path):
    for bank in (tmp_path, tmp_path / "no.py", put(tmp_path, "bank.txt", b"")):
        with pytest.raises(ValueError, match="There is no such file"):
            assign("trial", seed=0, out=tmp_path / "out", bank=bank)


# The command line.


def run(*arguments, cwd, **variables):
    environ = os.environ | variables
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_exit_status_says_whether_every_file_was_readable(
    folder, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    command = ["grade", str(folder), "--seed", str(SEED)]
    put(folder, "ada.json", submission(paper_of()))
    assert main(command) == 0
    assert "1 graded, 0 broken, 0 duplicated, 0 missing" in capsys.readouterr().out
    assert (tmp_path / "grades.csv").is_file()
    put(folder, "mal.json", b"")
    assert main([*command, "--out", "two.csv"]) == 1
    assert "mal.json: It is not the JSON" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["grade", "nowhere", "--seed", "1"], "no folder of submissions"),
        (["grade", ".", "--seed", "1"], "outside the folder of submissions"),
        (["grade", "empty", "--seed", "1"], "pass --chapter NAME"),
        (["grade", "empty", "--seed", "-1", "--chapter", CHAPTER], "seed must be"),
        (["assign", "no-such", "--seed", "1", "--out", "x"], "has nothing for"),
        (["assign", CHAPTER, "--seed", "1", "--out", "x", "--roster", "no"], "No such"),
        (["assign", CHAPTER, "--seed", "x", "--out", "x"], "invalid int"),
        ([], "COMMAND"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(
    tmp_path, monkeypatch, capsys, command, says
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit) as stopped:
        main(command)
    assert stopped.value.code == 2
    assert says in capsys.readouterr().err


def test_assign_prints_what_it_wrote(tmp_path, capsys):
    assert main(["assign", CHAPTER, "--seed", "1", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / f"{CHAPTER}.ipynb")


def test_help_is_quick(tmp_path):
    code = (
        "import runpy, sys\nsys.argv = ['companion', '--help']\n"
        "try:\n    runpy.run_module('companion', run_name='__main__')\n"
        "except SystemExit:\n    print('numpy' in sys.modules)"
    )
    done = run("-c", code, cwd=tmp_path)
    assert "python -m companion" in done.stdout
    assert done.stdout.endswith("False\n"), done.stderr


def test_no_framework_is_needed(folder, tmp_path):
    put(folder, "ada.json", submission(paper_of()))
    code = (
        "import sys\nfrom companion._command import main\n"
        f"main(['assign', '{CHAPTER}', '--seed', '1', '--out', 'out'])\n"
        f"main(['grade', 'submissions', '--seed', '{SEED}'])\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = run("-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("[]\n"), done.stdout


def test_from_within_the_submissions_no_file_of_theirs_is_run(folder, tmp_path):
    trap = b"open('PWNED', 'w').close()\nraise SystemExit('a submission was run')\n"
    for name in ("argparse", "csv", "json", "numpy", "hmac", "sitecustomize"):
        put(folder, f"{name}.py", trap)
    put(folder, "usercustomize.py", trap)
    put(folder, "ada.json", submission(paper_of()))
    done = run(
        *("-m", "companion", "grade", ".", "--seed", str(SEED)),
        *("--out", str(tmp_path / "grades.csv")),
        cwd=folder,
    )
    assert done.returncode == 1, done.stderr
    assert "1 graded, 7 broken" in done.stdout
    assert not (folder / "PWNED").exists()


def test_a_terminal_that_cannot_show_a_name_still_gets_the_summary(folder, tmp_path):
    put(folder, "\u03a9.json", b"")
    put(folder, "ada.json", submission(paper_of()))
    done = run(
        *("-m", "companion", "grade", str(folder), "--seed", str(SEED)),
        cwd=tmp_path,
        PYTHONIOENCODING="ascii",
    )
    assert done.returncode == 1, done.stderr
    assert "\\u03a9.json" in done.stdout


def test_examples_in_the_docstrings_run():
    for module in (_banks, _answer_sheet):
        results = doctest.testmod(module)
        assert results.attempted > 0
        assert results.failed == 0


def test_public_names_are_there():
    module = importlib.import_module("companion.assignments")
    assert set(module.__all__) <= set(dir(module))
    assert _reports.clean("a\u200b b") == "a b"
