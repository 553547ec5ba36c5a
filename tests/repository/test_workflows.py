"""The workflows cannot run here, so linters and cross-checks read them."""

import re
import shutil
import subprocess
import sysconfig
import tomllib

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from tests.repository.schemas import check_schema
from tools.set_repository import ROOT

FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
SCHEMAS = ("vendor.github-workflows", "custom.github-workflows-require-timeout")
ACTIONLINT = shutil.which("actionlint")


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def jobs():
    return [
        pytest.param(job, id=f"{path.stem}-{name}")
        for path in WORKFLOWS
        for name, job in load(path)["jobs"].items()
    ]


def commands():
    """Every shell line that a workflow or a script it calls may run."""
    scripts = [ROOT / ".ci" / "run", *(ROOT / ".github").glob("*.sh")]
    lines = [
        (path.name, line)
        for path in scripts
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.lstrip().startswith("#")
    ]
    for path in WORKFLOWS:
        for job in load(path)["jobs"].values():
            for step in job["steps"]:
                lines += [(path.name, x) for x in step.get("run", "").splitlines()]
    return lines


def python_matrix(name):
    job, *_ = load(FOLDER / name)["jobs"].values()
    return job["strategy"]["matrix"]["python"]


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def zizmor(*paths):
    program = shutil.which("zizmor", path=sysconfig.get_path("scripts"))
    assert program, "zizmor is not installed: it belongs to the extra `test`"
    return run(program, "--offline", "--no-progress", *map(str, paths))


@pytest.mark.parametrize("schema", SCHEMAS)
def test_workflows_fit_githubs_schema(schema):
    status, output = check_schema(schema, *WORKFLOWS)
    assert status == 0, output


def test_zizmor_finds_nothing():
    status, output = zizmor(FOLDER)
    assert status == 0, output


@pytest.mark.skipif(
    ACTIONLINT is None, reason="actionlint is not on the PATH: it comes from GitHub"
)
def test_actionlint_finds_nothing():
    status, output = run(ACTIONLINT, *map(str, WORKFLOWS))
    assert status == 0, output


@pytest.mark.parametrize("name", ["test.yml", "weekly.yml"])
def test_tested_pythons_are_those_that_are_supported(name):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    classified = re.findall(r":: Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    supported = SpecifierSet(project["requires-python"])
    allowed = [f"3.{minor}" for minor in range(40) if f"3.{minor}" in supported]
    assert python_matrix(name) == classified == allowed


def test_every_make_target_that_is_called_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    called = {
        (where, target)
        for where, line in commands()
        for words in re.findall(r"\bmake ([^;&|]+)", line)
        for target in words.split()
        if re.fullmatch(r"[a-z-]+", target)
    }
    assert {where for where, _ in called} >= {"test.yml", "publish.yml", "weekly.yml"}
    assert sorted(f"{w}: {t}" for w, t in called if t not in targets) == []


def test_every_script_that_is_called_exists():
    called = {
        path.removeprefix("/course/")
        for _, line in commands()
        for path in re.findall(r"(?<!\S)(?:/course/)?\.(?:ci|github)/\S+", line)
    }
    assert called == {".ci/run", ".github/in-colab.sh", ".github/report.sh"}
    assert [path for path in called if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_starts_with_no_rights_and_fails_on_a_broken_pipe(path):
    workflow = load(path)
    assert workflow["permissions"] == {}
    # Named, GitHub runs it with -eo pipefail; its default shell has no pipefail.
    assert workflow["defaults"]["run"]["shell"] == "bash"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_scheduled_workflow_reports_every_other_job(path):
    workflow = load(path)
    if "schedule" not in workflow[True]:  # YAML 1.1 reads the key `on` as true
        return
    needs = workflow["jobs"]["report"]["needs"]
    needs = {needs} if isinstance(needs, str) else set(needs)
    assert needs == set(workflow["jobs"]) - {"report"}


@pytest.mark.parametrize("job", jobs())
def test_actions_have_a_full_commit(job):
    for step in job["steps"]:
        if "uses" in step:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"])


@pytest.mark.parametrize("job", jobs())
def test_no_step_after_the_checkout_can_push(job):
    for step in job["steps"]:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_one_commit_and_one_version_for_each_action():
    uses = {
        found
        for path in WORKFLOWS
        for found in re.findall(r"uses: (\S+)@(\S+) # (v\S+)\n", path.read_text())
    }
    steps = sum(path.read_text().count("uses:") for path in WORKFLOWS)
    assert steps
    assert len({name for name, _, _ in uses}) == len(uses), uses
