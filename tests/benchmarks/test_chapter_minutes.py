"""The program of the chapters' running times, on two small notebooks."""

import json
import subprocess

import nbformat
import pytest

from benchmarks import chapter_minutes


def notebook(path, *sources):
    page = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources]
    )
    nbformat.write(page, path)
    return path


def timed(begin, end):
    cell = nbformat.v4.new_code_cell("pass")
    cell.metadata["execution"] = {
        "iopub.execute_input": f"2026-11-26T10:00:{begin}Z",
        "shell.execute_reply": f"2026-11-26T10:00:{end}Z",
    }
    return cell


def test_the_seconds_of_the_cells_are_added_up():
    cells = [timed("01.5", "03.0"), nbformat.v4.new_markdown_cell("words")]
    cells += [timed("20.0", "20.25"), nbformat.v4.new_code_cell("never ran")]
    page = nbformat.v4.new_notebook(cells=cells)
    assert chapter_minutes.seconds(page) == pytest.approx(1.75)


def test_a_notebook_runs_as_a_copy_on_the_backend_and_what_sleeps_counts(tmp_path):
    sleeps = notebook(
        tmp_path / "sleeps.ipynb",
        "import os, time\nassert os.environ['KERAS_BACKEND'] == 'jax'",
        "time.sleep(0.3)",
    )
    before = sleeps.read_bytes()
    assert 0.3 <= chapter_minutes.measure(sleeps, backend="jax") < 30
    assert sleeps.read_bytes() == before


def test_a_notebook_that_fails_is_not_measured(tmp_path, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "a broken cell", "")
    monkeypatch.setattr(chapter_minutes, "nbmake", lambda *arguments: failed)
    fails = notebook(tmp_path / "fails.ipynb", "raise ValueError")
    with pytest.raises(RuntimeError, match=r"(?s)fails\.ipynb on jax.*a broken cell"):
        chapter_minutes.measure(fails, backend="jax")


def test_the_record_has_every_run_and_says_how_it_came_about(tmp_path, monkeypatch):
    times = {"tensorflow": 1.234, "jax": 5.678}
    monkeypatch.setattr(
        chapter_minutes, "measure", lambda path, *, backend: times[backend]
    )
    for name, value in chapter_minutes.environment(1).items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "record.json"
    names = ["circles", "blobs"]
    chapter_minutes.main(["--chapters", *names, "--json", str(path)])
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["command"] == (
        "python -m benchmarks.chapter_minutes --chapters circles blobs"
    )
    assert str(tmp_path) not in json.dumps(record)
    assert record["machine"]["variables"]["TF_NUM_INTEROP_THREADS"] == "1"
    assert record["runs"] == [
        {"chapter": name, "backend": backend, "seconds": seconds}
        for name in names
        for backend, seconds in (("tensorflow", 1.2), ("jax", 5.7))
    ]


def test_all_chapters_are_measured_unless_some_are_named():
    chosen = chapter_minutes.chosen(None)
    assert len({path.stem for path in chosen}) == len(chosen) > 15
    assert all(path.is_file() for path in chosen)
    assert "entry-quiz" not in {path.stem for path in chosen}
    with pytest.raises(ValueError, match=r"no chapter elipses\. There is: quickstart,"):
        chapter_minutes.chosen(["circles", "elipses"])
