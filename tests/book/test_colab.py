"""A notebook runs as Colab would run it: no repository, the wheel, a fresh folder."""

import zipfile
from pathlib import Path

import pytest

from tools.colab import run_as_colab
from tools.set_repository import PLACEHOLDER, ROOT, first_cell, notebooks, repository
from tools.wheel import build_wheel

QUICKSTART = ROOT / "book" / "quickstart.ipynb"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_the_companion_s_files(wheel):
    companion = ROOT / "companion"
    files = {
        path.relative_to(ROOT).as_posix()
        for path in companion.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and path.name != ".DS_Store"
    }
    assert files <= set(zipfile.ZipFile(wheel).namelist())
    assert {".css", ".js", ".json", ".yaml"} <= {Path(name).suffix for name in files}


@pytest.mark.parametrize("hide_tensorflow", [False, True], ids=["tensorflow", "jax"])
def test_runs_from_the_wheel(wheel, tmp_path, hide_tensorflow):
    done = run_as_colab(QUICKSTART, wheel, tmp_path, hide_tensorflow=hide_tensorflow)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


@pytest.mark.skipif(
    repository().url != PLACEHOLDER, reason="the course has a public home"
)
def test_without_a_home_and_a_wheel_the_first_cell_says_what_to_do(tmp_path):
    done = run_as_colab(QUICKSTART, None, tmp_path)
    assert done.returncode != 0
    assert "has no public home yet" in done.stdout
    assert "make wheel" in done.stdout


@pytest.mark.parametrize("notebook", notebooks(), ids=lambda path: path.stem)
def test_every_notebook_has_the_one_first_cell(notebook):
    import nbformat

    first = nbformat.read(notebook, as_version=4).cells[0]
    assert first.source == first_cell(), "run `python tools/set_repository.py URL`"
    assert first.metadata.tags == ["remove-cell"]
