"""The hooks of git run as a contributor's commit runs them, in a clone."""

import os
import re
import subprocess
import sys

import nbformat
import pytest
import yaml

from tools import check
from tools.set_repository import ROOT

CONFIG = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
CODE, PAGE = "companion/_files.py", "book/two-classes/circles.ipynb"


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """Return a repository of its own, with the files as they are and this Python."""
    clone = tmp_path_factory.mktemp("clone")
    git("clone", "--quiet", "--no-hardlinks", str(ROOT), ".", cwd=clone)
    changed = git("diff", "HEAD", "--binary", cwd=ROOT)
    if changed:
        git("apply", "--index", cwd=clone, input=changed)
    (clone / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    return clone


def git(*arguments, cwd, **options):
    done = subprocess.run(
        ["git", *arguments], cwd=cwd, capture_output=True, check=True, **options
    )
    return done.stdout


def hooks(clone, *arguments):
    """Run the hooks; return the exit status and what they said."""
    environ = os.environ | {"PRE_COMMIT_HOME": str(clone / ".git" / "pre-commit")}
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "run", "--color=never", *arguments],
        cwd=clone,
        env=environ,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_every_hook_is_local_and_runs_a_program_of_the_environment():
    (repository,) = CONFIG["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].startswith(".venv/bin/python -m ")


def test_the_notebooks_rules_are_those_of_make_check():
    *_, notebooks = CONFIG["repos"][0]["hooks"]
    assert notebooks["entry"].endswith(check.NOTEBOOK_TESTS)
    assert (ROOT / check.NOTEBOOK_TESTS).is_file()


@pytest.mark.slow
def test_the_files_as_they_are_pass(clone):
    status, said = hooks(clone, "--all-files")
    assert status == 0, said
    assert said.count("Passed") == len(CONFIG["repos"][0]["hooks"])


@pytest.mark.slow
def test_faults_stop_the_commit(clone):
    code, page = clone / CODE, clone / PAGE
    code.write_text(code.read_text(encoding="utf-8") + "x  =  1\n", encoding="utf-8")
    text = page.read_text(encoding="utf-8").replace("## Quiz", "## Riddles")
    book = nbformat.reads(text, as_version=4)
    cell = next(cell for cell in book.cells if cell.cell_type == "code")
    cell.outputs = [nbformat.v4.new_output("stream", text="left behind")]
    nbformat.write(book, page)
    git("add", CODE, PAGE, cwd=clone)
    status, said = hooks(clone)
    assert status == 1
    ended = dict(re.findall(r"^(.+?)\.{3,}(Passed|Failed)$", said, re.MULTILINE))
    assert ended == {
        "Check code and notebooks": "Passed",
        "Format code and notebooks": "Failed",
        "Strip the notebooks' outputs": "Failed",
        "Check the notebooks' own rules": "Failed",
    }
