"""A statement that does not hold is one line, and the notebook runs on."""

import importlib.metadata
import sys
from types import SimpleNamespace

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from companion import statements


@pytest.fixture
def shell(monkeypatch):
    monkeypatch.delenv("CROSSENTROPY_COURSE_STRICT", raising=False)
    shell = InteractiveShell.instance()
    yield shell
    shell.ast_transformers.clear()
    InteractiveShell.clear_instance()


@pytest.fixture
def run(shell):
    """Run a cell after the extension was loaded; return its result and its outputs."""
    shell.run_line_magic("load_ext", "companion.statements")

    def run(source):
        with capture_output() as captured:
            result = shell.run_cell(source)
        return result, [output.data for output in captured.outputs]

    return run


def found(outputs):
    return [output[statements.MIME_TYPE] for output in outputs]


def test_a_statement_that_holds_shows_nothing(run):
    result, outputs = run("# Checks the sum.\ntotal = 1 + 1\nassert total == 2")
    assert result.success
    assert outputs == []


def test_each_statement_that_fails_is_one_line_and_all_are_checked(run, shell):
    result, outputs = run(
        "# Checks the sums.\nassert 1 + 1 == 3, 'two'\nassert not (\n    True)\nb = 5"
    )
    assert result.success
    assert shell.user_ns["b"] == 5
    assert found(outputs) == [
        {"statement": "assert 1 + 1 == 3, 'two'", "line": 2, "seen": "2, 3"},
        {"statement": "assert not (\n    True)", "line": 3, "seen": ""},
    ]
    shown = [output["text/plain"] for output in outputs]
    assert shown[0].startswith("Does not hold here: `assert 1 + 1 == 3, 'two'` (2, 3;")
    assert shown[1].startswith("Does not hold here: `assert not ( True)` (Python 3.")
    assert all("numpy" in line and "\n" not in line for line in shown)


def test_statements_inside_loops_and_functions_count(run):
    source = (
        "# Checks a loop.\n"
        "def small(n):\n    assert n < 1\n"
        "for n in range(3):\n    small(n)\n    assert n != 2"
    )
    result, outputs = run(source)
    assert result.success
    assert [each["seen"] for each in found(outputs)] == ["1, 1", "2, 1", "2, 2"]


def test_an_error_on_the_way_to_a_statement_stops_its_cell_only(run):
    result, outputs = run("# Checks a name.\na = 1\nassert {}['key'] == a\nassert 0")
    assert result.success
    assert found(outputs) == [{"statement": "", "line": 3, "seen": "KeyError: 'key'"}]
    assert outputs[0]["text/plain"].startswith("A check of the text stopped at line 3")


def test_a_value_is_shortened_and_one_that_cannot_be_shown_does_no_harm(run):
    source = (
        "# Checks.\nassert list(range(999)) == 0\nn = iter([1])\nassert next(n) > 1"
    )
    result, outputs = run(source)
    assert result.success
    long, gone = (each["seen"] for each in found(outputs))
    assert long.startswith("[0, 1, 2")
    assert len(long) < 400
    assert gone == "StopIteration: "


def test_an_assertion_of_the_reader_is_an_error_as_ever(run):
    run("# Checks that a marked cell before it changes nothing.\nassert True")
    with capture_output():
        result, _ = run("answer = 41\nassert answer == 42")
    assert isinstance(result.error_in_exec, AssertionError)


def test_it_leaves_no_name_in_the_notebook(run, shell):
    before = set(shell.user_ns)
    run("# Checks nothing.\nassert 1 == 2\nassert unknown")
    assert {name for name in set(shell.user_ns) - before if name[0] != "_"} == set()


def test_loaded_twice_it_says_each_line_once(run, shell):
    shell.run_line_magic("reload_ext", "companion.statements")
    assert len(found(run("# Checks.\nassert 1 == 2")[1])) == 1


def test_where_checks_are_strict_a_statement_is_an_error(shell, monkeypatch):
    monkeypatch.setenv("CROSSENTROPY_COURSE_STRICT", "1")
    statements.load_ipython_extension(shell)
    with capture_output():
        result = shell.run_cell("# Checks.\nassert 1 == 2")
    assert isinstance(result.error_in_exec, AssertionError)


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_the_versions_name_the_backend_where_keras_is_loaded(monkeypatch, backend):
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    before = statements.versions()
    assert before.count(",") == 2
    loaded = SimpleNamespace(config=SimpleNamespace(backend=lambda: backend))
    monkeypatch.setitem(sys.modules, "keras", loaded)
    version = importlib.metadata.version(backend)
    assert statements.versions() == f"{before}, {backend} {version}"
    monkeypatch.delitem(sys.modules, "keras")
    assert statements.versions(backend) == f"{before}, {backend} {version}"
