"""An executed notebook is used again until something that it depends on changes."""

import subprocess

import nbformat
import pytest

from tools import execute


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "companion").mkdir()
    (tmp_path / "companion" / "losses.py").write_text("a = 1\n")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "page.ipynb").write_text('{"cells": []}')
    (tmp_path / "constraints.txt").write_text("numpy==2.0\n")
    return tmp_path


def key(tree):
    return execute.keys(tree)[tree / "book" / "page.ipynb"]


@pytest.mark.parametrize(
    "name", ["companion/losses.py", "book/page.ipynb", "constraints.txt"]
)
def test_a_change_in_any_input_changes_the_key(tree, name):
    before = key(tree)
    assert key(tree) == before
    (tree / name).write_text("changed")
    assert key(tree) != before


def test_a_new_or_renamed_module_changes_the_key(tree):
    before = key(tree)
    (tree / "companion" / "losses.py").rename(tree / "companion" / "loss.py")
    assert key(tree) != before


def test_the_backend_and_the_library_versions_change_the_key(tree, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    before = key(tree)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert key(tree) != before
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setattr(execute.importlib.metadata, "version", lambda name: "9")
    assert key(tree) != before


def test_compiled_files_do_not_change_the_key(tree):
    before = key(tree)
    (tree / "companion" / "losses.pyc").write_bytes(b"x")
    assert key(tree) == before


@pytest.fixture
def course(tree, monkeypatch):
    """Point the tool to a course of one page in a folder of its own."""
    monkeypatch.setattr(execute, "ROOT", tree)
    monkeypatch.setattr(execute, "SOURCE", tree / "out" / "src")
    monkeypatch.setattr(execute, "EXECUTED", tree / "out" / "executed")
    monkeypatch.setattr(execute, "notebooks", lambda root: [tree / "book/page.ipynb"])
    monkeypatch.setattr(execute.keys, "__defaults__", (tree,))

    def write(source):
        cell = nbformat.v4.new_code_cell(source, id="one")
        page = nbformat.v4.new_notebook(cells=[cell])
        page.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(page, tree / "book" / "page.ipynb")

    return write


@pytest.fixture
def in_place_of_a_kernel(monkeypatch):
    """Let a function do to the page's copy what a kernel would, in no time."""

    def use(change):
        def nbmake(working, environ):
            page = nbformat.read(working, as_version=4)
            change(page)
            nbformat.write(page, working)
            return subprocess.CompletedProcess([], 0, "", "")

        monkeypatch.setattr(execute, "nbmake", nbmake)

    return use


def test_a_page_runs_once_and_its_source_stays_clean(course, tree, capsys):
    course("print(6 * 7)")
    stored = (tree / "book" / "page.ipynb").read_bytes()
    assert execute.execute() == 0
    assert "1 to run" in capsys.readouterr().out
    assert execute.execute() == 0
    assert "0 to run" in capsys.readouterr().out
    page = nbformat.read(tree / "out/src/book/page.ipynb", as_version=4)
    assert page.cells[0].outputs[0].text == "42\n"
    assert (tree / "book" / "page.ipynb").read_bytes() == stored


def test_what_a_cell_prints_in_pieces_stands_together(
    course, tree, in_place_of_a_kernel
):
    out = ("stdout", "a "), ("stdout", "b c "), ("stderr", "d\n"), ("stdout", "e\n")

    def print_in_pieces(page):
        page.cells[0].outputs = [
            nbformat.v4.new_output("stream", name=name, text=text) for name, text in out
        ]

    course("")
    in_place_of_a_kernel(print_in_pieces)
    assert execute.execute() == 0
    page = nbformat.read(tree / "out/src/book/page.ipynb", as_version=4)
    texts = [(output.name, output.text) for output in page.cells[0].outputs]
    assert texts == [("stdout", "a b c "), ("stderr", "d\n"), ("stdout", "e\n")]


def test_a_failing_page_is_reported_and_never_kept(course, tree, capsys):
    course("1 / 0")
    assert execute.execute() == 1
    output = capsys.readouterr().out
    assert "FAILED book/page.ipynb" in output
    assert "ZeroDivisionError" in output
    assert list((tree / "out" / "executed").iterdir()) == []


def test_a_result_whose_inputs_changed_meanwhile_is_not_kept(
    course, tree, capsys, in_place_of_a_kernel
):
    losses = tree / "companion" / "losses.py"
    course("")
    in_place_of_a_kernel(lambda page: losses.write_text("b = 2"))
    assert execute.execute() == 1
    assert "changed while it ran" in capsys.readouterr().out
    assert list((tree / "out" / "executed").iterdir()) == []


def test_a_figure_is_kept_as_svg_too_and_the_page_shows_the_png(
    course, tree, monkeypatch
):
    # Whatever backend the machine prefers.
    monkeypatch.setenv("MPLBACKEND", "Agg")
    course(
        "print([name for name in dir() if 'svg' in name or name == 'plt'])\n"
        "import matplotlib.pyplot as plt\n"
        "fig, axes = plt.subplots(1, 2, layout='constrained')\n"
        "axes[0].set_title('Up & up …')\n"
        "axes[1].set_title('… and away');"
    )
    assert execute.execute() == 0
    page = nbformat.read(tree / "out/src/book/page.ipynb", as_version=4)
    kept = nbformat.read(next((tree / "out/executed").iterdir()), as_version=4)
    # What draws the SVG leaves no name in the notebook.
    assert page.cells[0].outputs[0].text == "[]\n"
    shown, both = (read.cells[0].outputs[1].data for read in (page, kept))
    assert set(shown) == {"image/png", "text/plain"}
    svg = both.pop("image/svg+xml")
    assert both == shown
    assert "<title>Up &amp; up … and away</title>" in svg
    # Letters are paths, and nothing tells when it was made.
    assert "<text" not in svg
    assert "<dc:date>" not in svg


def test_the_startup_of_the_kernel_changes_the_key(tree, tmp_path, monkeypatch):
    before = key(tree)
    changed = tmp_path / "startup.py"
    changed.write_bytes(execute.STARTUP.read_bytes() + b"\n")
    monkeypatch.setattr(execute, "STARTUP", changed)
    assert key(tree) != before
