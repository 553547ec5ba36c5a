"""A folder of submissions, and its grading as a reader of the table sees it."""

import csv
import io

import pytest

from companion.assignments import grade
from tests.companion.assignments.inputs import SEED, by_place, paper_of, put, submission


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
