"""The command line: exit statuses, one line for what is wrong, and no file is run."""

import os
import subprocess
import sys

import pytest

from companion import quizzes
from companion._command import main
from companion.assignments import assign
from companion.quizzes._export import _FORMATS
from tests.companion.assignments.inputs import CHAPTER, SEED, paper_of, put, submission
from tests.companion.quizzes.inputs import EXTRA, exported, question_of, write_bank


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "submissions"


def run(*arguments, cwd, **variables):
    environ = os.environ | variables
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_is_quick(tmp_path):
    code = (
        "import runpy, sys\nsys.argv = ['companion', '--help']\n"
        "try:\n    runpy.run_module('companion', run_name='__main__')\n"
        "except SystemExit:\n    print('numpy' in sys.modules)"
    )
    done = run("-c", code, cwd=tmp_path)
    assert "python -m companion" in done.stdout
    assert done.stdout.endswith("False\n"), done.stderr


# Assignments.


def test_assign_prints_what_it_wrote(tmp_path, capsys):
    assert main(["assign", CHAPTER, "--seed", "1", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / f"{CHAPTER}.ipynb")


def test_the_exit_status_says_whether_every_file_was_readable(
    folder, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    command = ["grade", str(folder), "--seed", str(SEED)]
    put(folder, "ada.json", submission(paper_of()))
    assert main(command) == 0
    assert "1 graded, 0 broken, 0 duplicated, 0 missing" in capsys.readouterr().out
    assert (tmp_path / "grades.csv").is_file()
    put(folder, "mal.json", b"")
    assert main([*command, "--out", "two.csv"]) == 1
    assert "mal.json: It is not the JSON" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["grade", "nowhere", "--seed", "1"], "no folder of submissions"),
        (["grade", ".", "--seed", "1"], "outside the folder of submissions"),
        (["grade", "empty", "--seed", "1"], "pass --chapter NAME"),
        (["grade", "empty", "--seed", "-1", "--chapter", CHAPTER], "seed must be"),
        (["assign", "no-such", "--seed", "1", "--out", "x"], "has nothing for"),
        (["assign", CHAPTER, "--seed", "1", "--out", "x", "--roster", "no"], "No such"),
        (["assign", CHAPTER, "--seed", "x", "--out", "x"], "invalid int"),
        ([], "COMMAND"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line(
    tmp_path, monkeypatch, capsys, command, says
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit) as stopped:
        main(command)
    assert stopped.value.code == 2
    assert says in capsys.readouterr().err


def test_no_framework_is_needed(folder, tmp_path):
    put(folder, "ada.json", submission(paper_of()))
    code = (
        "import sys\nfrom companion._command import main\n"
        f"main(['assign', '{CHAPTER}', '--seed', '1', '--out', 'out'])\n"
        f"main(['grade', 'submissions', '--seed', '{SEED}'])\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = run("-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("[]\n"), done.stdout


def test_from_within_the_submissions_no_file_of_theirs_is_run(folder, tmp_path):
    trap = b"open('PWNED', 'w').close()\nraise SystemExit('a submission was run')\n"
    for name in ("argparse", "csv", "json", "numpy", "hmac", "sitecustomize"):
        put(folder, f"{name}.py", trap)
    put(folder, "usercustomize.py", trap)
    put(folder, "ada.json", submission(paper_of()))
    done = run(
        *("-m", "companion", "grade", ".", "--seed", str(SEED)),
        *("--out", str(tmp_path / "grades.csv")),
        cwd=folder,
    )
    assert done.returncode == 1, done.stderr
    assert "1 graded, 7 broken" in done.stdout
    assert not (folder / "PWNED").exists()


def test_a_terminal_that_cannot_show_a_name_still_gets_the_summary(folder, tmp_path):
    put(folder, "\u03a9.json", b"")
    put(folder, "ada.json", submission(paper_of()))
    done = run(
        *("-m", "companion", "grade", str(folder), "--seed", str(SEED)),
        cwd=tmp_path,
        PYTHONIOENCODING="ascii",
    )
    assert done.returncode == 1, done.stderr
    assert "\\u03a9.json" in done.stdout


def test_a_template_is_not_written_over_a_bank(tmp_path, capsys):
    bank = put(tmp_path, "mine.py", b"TASKS = ()")
    with pytest.raises(SystemExit) as stopped:
        main(["bank", str(bank)])
    assert stopped.value.code == 2
    assert bank.read_bytes() == b"TASKS = ()"


def test_a_template_makes_the_folder_that_it_belongs_to(tmp_path, capsys):
    bank = tmp_path / "private" / "entropy.py"
    assert main(["bank", str(bank)]) == 0
    assert capsys.readouterr().out.strip() == str(bank)
    assert assign("entropy", seed=0, out=tmp_path / "out", bank=bank.parent)


# Quizzes.


def test_the_command_writes_a_file_a_chapter_and_says_where(tmp_path, capsys):
    out = tmp_path / "new" / "folder"
    assert main(["quiz", "circles", "--to", "moodle", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out / 'circles.xml'}\n"
    assert (out / "circles.xml").read_bytes() == exported("circles", "moodle")


@pytest.mark.parametrize("named", [[], ["all"]])
def test_the_command_writes_all_chapters(tmp_path, capsys, named):
    for chapter in ("two", "one"):
        write_bank(tmp_path, [question_of()], chapter=chapter)
    out = tmp_path / "out"
    command = ["quiz", *named, "--bank", str(tmp_path), "--to", "moodle"]
    assert main([*command, "--out", str(out)]) == 0
    written = [str(out / name) for name in ("one.xml", "two.xml")]
    assert capsys.readouterr().out.splitlines() == written
    assert sorted(map(str, out.iterdir())) == written


@pytest.mark.parametrize(
    ("to", "name"),
    [("moodle", "own.xml"), ("qti", "own-qti.zip"), ("slides", "own.html")],
)
def test_the_command_takes_a_bank_of_ones_own(tmp_path, to, name):
    if to == "qti":
        pytest.importorskip("text2qti", reason=EXTRA)
    bank = write_bank(tmp_path, [question_of()])
    command = ["quiz", "--bank", str(bank), "--to", to, "--out", str(tmp_path)]
    assert main(command) == 0
    data = (tmp_path / name).read_bytes()
    assert data == quizzes.export("own", to=to, bank=bank)


def test_the_command_replaces_nothing_else(tmp_path, capsys):
    command = ["quiz", "circles", "--to", "moodle", "--out", str(tmp_path)]
    assert main(command) == main(command) == 0
    (tmp_path / "circles.xml").write_bytes(b"mine")
    with pytest.raises(SystemExit) as stopped:
        main(command)
    assert stopped.value.code == 2
    assert "is there with other content" in capsys.readouterr().err
    assert (tmp_path / "circles.xml").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["no-such", "--to", "moodle", "--out", "x"], "There is one for: "),
        (["circles", "--to", "word", "--out", "x"], "moodle, qti, slides"),
        (["--to", "moodle", "--out", "x", "--bank", "no"], "not a folder of quizzes"),
        (["--to", "moodle", "--out", "x", "--bank", "."], "holds no quizzes"),
        (["circles", "--to", "moodle"], "--out"),
        (["circles", "--out", "x"], "--to"),
    ],
)
def test_the_command_says_what_it_expects(tmp_path, monkeypatch, capsys, command, says):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(["quiz", *command])
    assert stopped.value.code == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_the_command_says_that_the_library_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "text2qti.config", None)
    with pytest.raises(SystemExit) as stopped:
        main(["quiz", "circles", "--to", "qti", "--out", str(tmp_path)])
    assert stopped.value.code == 2
    assert "extra `lms`" in capsys.readouterr().err


def test_the_help_names_every_format(capsys):
    with pytest.raises(SystemExit):
        main(["quiz", "--help"])
    shown = capsys.readouterr().out
    assert all(to in shown for to in _FORMATS)
