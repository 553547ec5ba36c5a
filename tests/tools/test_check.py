"""The quick loop: the tests of a subject, and how the steps' ends are told."""

import re
import subprocess
import sys

import pytest

from tools import check
from tools.set_repository import ROOT


@pytest.fixture
def ran(monkeypatch):
    """Return what would be run, in the place of running it."""
    ran = []
    monkeypatch.setattr(
        check, "run", lambda *command, **_: ran.append(command) or len(ran) % 2
    )
    monkeypatch.setattr(check, "style", lambda: check.run("style"))
    check.style.__doc__, check.style.__name__ = "Style.", "style"
    return ran


def test_a_subject_runs_its_folder_or_the_files_that_are_named_for_it(tmp_path):
    files = {
        "companion/losses/test_hinges.py",
        "companion/losses/inputs.py",
        "companion/training/test_resuming.py",
        "companion/test_margins.py",
        "benchmarks/test_hinge_or_crossentropy.py",
        "site/test_losses.py",
    }
    for name in files:
        path = tmp_path / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def found(subject):
        return [path.as_posix() for path in check.files_of(subject, tmp_path)]

    assert found("losses") == ["tests/companion/losses/test_hinges.py"]
    assert found("resuming") == ["tests/companion/training/test_resuming.py"]
    assert found("hinge") == [
        "tests/benchmarks/test_hinge_or_crossentropy.py",
        "tests/companion/losses/test_hinges.py",
    ]
    assert found("tests/companion/losses/test_hinges.py") == found("hinges")
    assert found("companion/training/_resuming.py") == found("resuming")
    assert len(found("companion")) == 3
    says = (
        r"'lossy'\. Did you mean losses\? There.*, losses, margins, resuming, training"
    )
    with pytest.raises(ValueError, match=says):
        found("lossy")


@pytest.mark.parametrize("subject", ["losses", "assignments", "grading"])
def test_subjects_of_the_package_have_tests(subject):
    assert check.files_of(subject)


def test_quick_leaves_out_what_is_slow_or_needs_the_book(ran):
    check.main(["quick"])
    (_, command) = ran
    assert "not slow and not built" in command
    assert set(check.PACKAGE_TESTS) < set(command)


def test_quick_with_a_subject_runs_in_one_process(ran):
    check.main(["quick", "timing"])
    (_, command) = ran
    assert command[-1] == "tests/companion/test_timing.py"
    assert not set(check.PARALLEL) & set(command)


@pytest.mark.parametrize(
    ("subject", "where", "words"),
    [
        ("circles", "tests/book/test_notebooks.py", ("-k", "circles")),
        ("quizzes", "tests/repository/test_instructors_pages.py", ()),
        ("exercises", "tests/book/test_notebooks.py", ()),
    ],
)
def test_quick_looks_where_a_chapter_s_change_shows(ran, subject, where, words):
    check.main(["quick", subject])
    (_, command) = ran
    assert where in command
    assert set(words) <= set(command)


def test_style_checks_types_on_this_python(monkeypatch):
    ran = []
    monkeypatch.setattr(check, "run", lambda *command: ran.append(command) or 0)
    assert check.style() == 0
    assert (sys.executable, "-m", *check.TYPES) in ran
    assert check.TYPES[-1] == sys.executable


@pytest.mark.slow
def test_the_type_checker_sees_faults(tmp_path):
    faults = {
        "data.blobs(seed='2')": "bad-argument-type",
        "data.blob()": "missing-attribute",
        "def double(x): return 2 * x": "implicit-any-parameter",
        "x: int = 1  # pyrefly: ignore[bad-assignment]": "unused-ignore",
    }
    page = tmp_path / "page.py"
    page.write_text("\n".join(["from companion import data", *faults]))
    config = ["--config", str(ROOT / "pyproject.toml"), "--output-format=min-text"]
    done = subprocess.run(
        [sys.executable, "-m", *check.TYPES, *config, str(page)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    found = re.findall(r"page\.py:(\d+):.*\[([\w-]+)\]$", done.stdout, re.MULTILINE)
    assert [name for _, name in sorted(found)] == list(faults.values())


def test_every_step_runs_and_the_failed_ones_are_counted(ran, capsys):
    assert check.main(["quick"]) == 1
    *_, style, quick, last = capsys.readouterr().out.splitlines()
    assert (style.split()[0], quick.split()[0]) == ("FAILED", "ok")
    assert last == "1 passed, 1 failed"


def test_a_subject_without_tests_ends_with_a_line(ran, capsys):
    with pytest.raises(SystemExit) as stopped:
        check.main(["quick", "lossy"])
    assert stopped.value.code == 2
    assert "No tests of 'lossy'" in capsys.readouterr().err
    assert ran == []
