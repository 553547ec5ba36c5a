"""The program of the chapters' running times, on small executed notebooks."""

import json

import nbformat
import pytest

from benchmarks import chapter_minutes
from tools import execute
from tools.set_repository import ROOT


def timed(begin, end):
    cell = nbformat.v4.new_code_cell("pass")
    cell.metadata["execution"] = {
        "iopub.execute_input": f"2026-11-26T10:00:{begin}Z",
        "shell.execute_reply": f"2026-11-26T10:00:{end}Z",
    }
    return cell


@pytest.fixture
def executed(tmp_path, monkeypatch):
    """A folder with a result of every chapter, of 1.5 seconds and a quarter."""
    for name, value in chapter_minutes.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    # The tests' own, and a path of this machine.
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    cells = [timed("01.5", "03.0"), nbformat.v4.new_markdown_cell("words")]
    cells += [timed("20.0", "20.25"), nbformat.v4.new_code_cell("never ran")]
    monkeypatch.setattr(execute, "EXECUTED", tmp_path)
    for path in execute.results().values():
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return chapter_minutes.executed()


def test_the_seconds_of_the_cells_are_added_up(executed):
    page = nbformat.read(executed["circles"], as_version=4)
    assert chapter_minutes.seconds(page) == pytest.approx(1.75)


def test_every_chapter_counts_and_the_entry_quiz_is_none(executed):
    assert len(set(executed.values())) == len(executed) > 15
    assert "entry-quiz" not in executed


def test_what_has_not_run_since_a_change_is_told(executed):
    executed["blobs"].unlink()
    with pytest.raises(ValueError, match=r"since the last change: blobs\. Run `make"):
        chapter_minutes.executed()


def test_the_record_has_every_run_and_says_how_it_came_about(executed, tmp_path):
    path = tmp_path / "record.json"
    chapter_minutes.main(["--json", str(path)])
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["command"] == "make book && python -m benchmarks.chapter_minutes"
    assert str(ROOT) not in json.dumps(record)
    assert record["machine"]["variables"]["TF_NUM_INTEROP_THREADS"] == "1"
    assert record["side_by_side"] >= 1
    assert record["runs"] == [
        {"chapter": name, "backend": "jax", "seconds": 1.8} for name in executed
    ]
