"""A page that does not hold here is built with a note at its head."""

import importlib.metadata

import nbformat
import pytest
from markdown_it import MarkdownIt

from tools import build
from tools.execute import Failure, Statement

FAILED = Statement("page-3", 2, "assert `a` == 'b'\n    or c", "1, 2")
STOPPED = Statement("page-5", 4, "", "KeyError: 'key'")


@pytest.fixture
def note_on(tmp_path, monkeypatch):
    """Mark a page with this head; return what its head is then."""
    monkeypatch.setattr(build, "ROOT", tmp_path)
    monkeypatch.setattr(build, "SOURCE", tmp_path / "src")

    def mark(head, statements, error=""):
        text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
        path = tmp_path / "src" / "page.ipynb"
        path.parent.mkdir(exist_ok=True)
        cells = [code("set_up()"), text(head), text("More")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        build.mark(Failure(tmp_path / "page.ipynb", statements, error))
        _, head, _ = nbformat.read(path, as_version=4).cells
        return head.source

    return mark


HEAD = "# Title\n\n*Read: 9 minutes*\n\n## What you will be able to do"


@pytest.mark.parametrize(
    ("head", "before", "after"),
    [
        (HEAD, "# Title\n\n*Read: 9 minutes*", "## What you will be able to do"),
        ("# Title\n\nWords.", "# Title", "Words."),
        ("# Title", "# Title", ""),
    ],
)
def test_the_note_stands_below_the_title_and_the_minutes(note_on, head, before, after):
    text = note_on(head, [FAILED])
    start, note, end = text.partition(build.note(Failure(None, [FAILED], "")))
    assert note
    assert (start.strip(), end.strip()) == (before, after)


def test_the_note_names_all_that_did_not_hold(note_on, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    note = build.note(Failure(None, [FAILED, STOPPED], ""))
    assert note.startswith(":::{warning}\n")
    assert note.endswith("\n:::")
    tokens = MarkdownIt().parseInline(note)[0].children
    code = [token.content for token in tokens if token.type == "code_inline"]
    assert code == [
        "assert `a` == 'b' or c (1, 2)",
        "page-3",
        "the check stopped (KeyError: 'key')",
        "page-5",
    ]
    assert "All else that the page states held. With Python 3." in note
    assert f"jax {importlib.metadata.version('jax')}" in note
    assert f"{build.repository().url}/issues" in note


def test_the_note_says_what_stopped_a_run():
    error = "a long report\n\x1b[31mZeroDivisionError\x1b[39m: division by zero\nmore"
    note = build.note(Failure(None, [], error))
    assert "stopped before its end: ` ZeroDivisionError: division by zero `" in note
    assert "What comes after that place was not run." in note


@pytest.fixture
def small_site(tmp_path, monkeypatch):
    """Build one page in the place of the course; return how the command ends."""
    for name in ("ROOT", "SOURCE", "BUILD", "SITE"):
        monkeypatch.setattr(build, name, tmp_path / name.lower())
    monkeypatch.setattr(build, "_write_settings", lambda: None)
    monkeypatch.setattr(build, "mark", lambda failure: None)
    monkeypatch.setattr(build, "pages", lambda: ["page"])
    monkeypatch.setattr(build.subprocess, "run", sphinx := Sphinx(build.SITE))
    monkeypatch.setattr(build.instructors, "write", lambda folder: None)

    def run(failures):
        monkeypatch.setattr(build, "execute", lambda: failures)
        return build.build()

    run.sphinx = sphinx
    return run


class Sphinx:
    """Write the page, or fail, in the place of Jupyter Book."""

    def __init__(self, folder):
        self.folder, self.returncode = folder, 0

    def __call__(self, command, *, check):
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "page.html").touch()
        return self


def test_a_site_whose_pages_hold_ends_with_zero(small_site, capsys):
    assert small_site([]) == 0
    assert "Open this page" in capsys.readouterr().out


def test_a_failed_page_costs_no_reader_the_site_and_the_command_fails(
    small_site, capsys
):
    failure = Failure(build.ROOT / "book/page.ipynb", [FAILED], "")
    assert small_site([failure]) == 1
    *_, told, page, statement = capsys.readouterr().out.splitlines()
    assert "does not hold on this machine" in told
    assert page.strip() == "book/page.ipynb"
    assert "page-3, line 2: assert `a` == 'b' or c (1, 2)" in statement


def test_a_warning_of_the_site_is_a_failure_as_before(small_site):
    small_site.sphinx.returncode = 1
    assert small_site([]) == 1


def test_only_a_failed_page_may_cost_the_deck(small_site, monkeypatch, capsys):
    def write(folder):
        raise ValueError("No chapter has the figure")

    monkeypatch.setattr(build.instructors, "write", write)
    failure = Failure(build.ROOT / "book/page.ipynb", [FAILED], "")
    assert small_site([failure]) == 1
    assert "Without the lecture's deck: No chapter has" in capsys.readouterr().out
    with pytest.raises(ValueError, match="No chapter has"):
        small_site([])
