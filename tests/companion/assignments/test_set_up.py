"""The first cell of an assignment is the one of the chapters."""

from companion.assignments import _set_up
from tests.companion.assignments.inputs import put
from tools.set_repository import ROOT, SET_UP, Repository, first_cell, set_repository


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
