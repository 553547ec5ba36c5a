"""The working copy: new chapters arrive, and work in it is never lost."""

import pytest

from tools import lab


@pytest.fixture
def course(tmp_path):
    (tmp_path / "book/part").mkdir(parents=True)
    (tmp_path / "book/part/page.ipynb").write_text("one")
    (tmp_path / "book/.ruff_cache").mkdir()
    (tmp_path / "book/.ruff_cache/x").touch()
    return tmp_path


@pytest.fixture
def update(course):
    return lambda: lab.update(course / "book", course / "lab")


def test_the_chapters_are_copied_and_nothing_hidden(course, update):
    assert update() == []
    copied = {path.name for path in (course / "lab").rglob("*") if path.is_file()}
    assert copied == {"page.ipynb", lab.COPIED}


def test_a_copy_without_work_follows_the_course(course, update):
    update()
    (course / "book/part/page.ipynb").write_text("two")
    (course / "book/new.md").write_text("new")
    assert update() == []
    assert (course / "lab/part/page.ipynb").read_text() == "two"
    assert (course / "lab/new.md").read_text() == "new"


def test_work_stays_and_a_change_in_the_course_is_told(course, update):
    update()
    (course / "lab/part/page.ipynb").write_text("my answer")
    assert update() == []
    (course / "book/part/page.ipynb").write_text("two")
    for _ in range(2):
        assert update() == ["part/page.ipynb"]
        assert (course / "lab/part/page.ipynb").read_text() == "my answer"
    # Renamed, as the message says: both are there.
    (course / "lab/part/page.ipynb").rename(course / "lab/part/mine.ipynb")
    assert update() == []
    assert (course / "lab/part/page.ipynb").read_text() == "two"


def test_a_file_that_was_there_before_the_record_is_work(course, update):
    (course / "lab/part").mkdir(parents=True)
    (course / "lab/part/page.ipynb").write_text("mine")
    assert update() == ["part/page.ipynb"]
    assert (course / "lab/part/page.ipynb").read_text() == "mine"
