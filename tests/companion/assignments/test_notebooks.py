"""The notebook that is handed out, worked through as a student does."""

import re

import pytest

from companion.assignments import assign
from tests.companion.assignments.inputs import (
    CHAPTER,
    CHAPTERS,
    SEED,
    cells,
    paper_of,
    right,
    roster,
    work_through,
)
from tools.set_repository import first_cell


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
