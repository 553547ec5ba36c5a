"""One command moves the course: the button, the cells and the texts stay together."""

import json
import shutil

import pytest

from tools.set_repository import (
    PLACEHOLDER,
    ROOT,
    Repository,
    first_cell,
    notebooks,
    repository,
    set_repository,
)

HOME = Repository("https://github.com/ada/losses", "v0.1.0")


@pytest.fixture
def copy(tmp_path):
    for name in ("_config.yml", "README.md", "CITATION.cff"):
        shutil.copy(ROOT / name, tmp_path)
    unhidden = shutil.ignore_patterns(".*")
    shutil.copytree(ROOT / "book", tmp_path / "book", ignore=unhidden)
    return tmp_path


def test_every_place_is_rewritten(copy):
    set_repository(HOME, copy)
    assert repository(copy) == HOME
    for path in copy.rglob("*"):
        if path.is_file() and path.suffix != ".png":
            assert PLACEHOLDER not in path.read_text(encoding="utf-8"), path
    for path in notebooks(copy):
        cell = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
        assert "".join(cell["source"]) == first_cell(HOME)


def test_only_the_address_changes_in_a_notebook(copy):
    path = notebooks(copy)[0]
    before = json.loads(path.read_text(encoding="utf-8"))
    set_repository(HOME, copy)
    after = json.loads(path.read_text(encoding="utf-8"))
    assert after["cells"][0]["source"] != before["cells"][0]["source"]
    before["cells"][0] = after["cells"][0]
    assert after == before


def test_there_and_back_leaves_every_byte(copy):
    files = [path for path in copy.rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in files}
    old = repository(copy)
    assert set_repository(HOME, copy)
    set_repository(old, copy)
    assert {path: path.read_bytes() for path in files} == before


def test_setting_the_same_again_changes_nothing(copy):
    set_repository(HOME, copy)
    assert set_repository(HOME, copy) == []


def test_a_chapter_without_the_cell_gets_it_and_loses_nothing(copy):
    path = copy / "book" / "new.ipynb"
    title = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# New"]}
    path.write_text(json.dumps({"cells": [title]}), encoding="utf-8")
    where = repository(copy)
    assert set_repository(where, copy) == [path]
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert cells[1:] == [title]
    assert "".join(cells[0]["source"]) == first_cell(where)
    assert cells[0]["metadata"]["tags"] == ["remove-cell"]
    assert set_repository(where, copy) == []


def test_the_copies_that_jupyterlab_keeps_are_no_chapters(copy):
    before = notebooks(copy)
    (copy / "book" / ".ipynb_checkpoints").mkdir()
    (copy / "book/.ipynb_checkpoints/quickstart-checkpoint.ipynb").write_text("{}")
    assert notebooks(copy) == before


def test_the_cell_with_a_home_fetches_that_ref_and_needs_no_guard():
    cell = first_cell(HOME)
    assert HOME.url in cell
    assert 'ref = "v0.1.0"' in cell
    assert "no public home" not in cell
    assert "no public home" in first_cell(Repository(PLACEHOLDER, "main"))


@pytest.mark.parametrize(
    ("url", "ref"),
    [
        ("https://gitlab.com/ada/losses", "main"),
        ("git@github.com:ada/losses", "main"),
        ("https://github.com/ada", "main"),
        ("https://github.com/ada/..", "main"),
        ("https://github.com/ada/losses", "a ref"),
        ("https://github.com/ada/losses", 'x"; import os'),
    ],
)
def test_a_wrong_address_is_refused_and_nothing_is_written(copy, url, ref):
    before = (copy / "_config.yml").read_bytes()
    with pytest.raises(ValueError, match="Received"):
        set_repository(Repository(url, ref), copy)
    assert (copy / "_config.yml").read_bytes() == before
