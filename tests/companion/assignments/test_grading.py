"""Grading: points with reasons, and nobody's file for another student's."""

import cProfile
import pstats
import shutil
from dataclasses import replace

import numpy as np
import pytest

from companion.assignments import _banks, _commands, _grading, _variants
from tests.companion.assignments.inputs import (
    CHAPTER,
    SEED,
    by_place,
    content,
    make,
    nested,
    paper_of,
    put,
    right,
    roster,
    submission,
)

# Chosen to be wrong for every seed: no probability, slope or line is -99.
WRONG = -99.0


def counted(function):
    """Return a function's result, and how many functions of Python it called."""
    # In C: a profiler in Python is dropped where a deep answer exhausts the stack.
    profile = cProfile.Profile(builtins=False)
    result = profile.runcall(function)
    calls = pstats.Stats(profile).total_calls
    return result, calls


# Answers.


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


def test_a_result_counts_only_with_a_prediction(folder, graded):
    paper = paper_of()
    put(folder, "ada.json", submission(paper, predictions={}))
    put(folder, "bob.json", submission(paper, "bob", predictions={"task-3": "sinks"}))
    put(folder, "cyd.json", submission(paper, "cyd", predictions={"task-3": "stays"}))
    ada, bob, cyd = graded()
    assert ada["task-3"] == bob["task-3"] == "0"
    assert "only with a prediction" in ada["reasons"]
    assert cyd["task-3"] == "2", "a wrong prediction costs nothing"


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


def test_a_comparison_that_fails_costs_that_answer(folder, graded, monkeypatch):
    put(folder, "ada.json", submission(paper_of(), "ada"))
    find = _variants.make_variant

    def prepared(*args, **options):
        paper = find(*args, **options)
        monkeypatch.setattr(_variants.Item, "judge", lambda item, answer: 1 / 0)
        return paper

    monkeypatch.setattr(_commands, "make_variant", prepared)
    (row,) = graded()
    assert "task-1: It cannot be compared (ZeroDivisionError)." in row["reasons"]


# Places.


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


# Students.


def test_another_seed_student_or_bank_is_told(folder, cost):
    put(folder, "seed.json", submission(paper_of(seed=1), "mal"))
    put(folder, "own.json", submission(paper_of(student="mal")))
    put(folder, "forged.json", submission(paper_of("categorical-crossentropy"), "mal"))
    changed = [make(), *_banks.find_tasks(CHAPTER)[1:]]
    other = _variants.make_variant(CHAPTER, changed, seed=SEED)
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
