"""environment.yml says for conda what pyproject.toml says for pip."""

import re
import tomllib

import yaml
from packaging.specifiers import SpecifierSet

from tools.set_repository import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def test_it_has_the_projects_name():
    assert ENVIRONMENT["name"] == PROJECT["name"]


def test_packages_come_from_conda_forge_alone():
    assert ENVIRONMENT["channels"] == ["conda-forge", "nodefaults"]


def test_the_python_range_is_the_same():
    python = next(x for x in ENVIRONMENT["dependencies"] if "python" in x)
    range_ = SpecifierSet(python.removeprefix("python"))
    assert range_ == SpecifierSet(PROJECT["requires-python"])


def test_versions_stand_in_pyproject_alone():
    conda = [x for x in ENVIRONMENT["dependencies"] if isinstance(x, str)]
    assert [re.match(r"[\w-]+", x)[0] for x in conda] == ["python", "pip"]


def test_pip_installs_this_repository_with_every_extra_but_the_peers():
    (pip,) = (x["pip"] for x in ENVIRONMENT["dependencies"] if isinstance(x, dict))
    constraints, line = pip
    assert constraints == "-c constraints.txt"
    assert (ROOT / "constraints.txt").is_file()
    extras = re.fullmatch(r"-e \.\[([\w,]+)\]", line)[1].split(",")
    # PyTorch brings gigabytes and serves the tests alone.
    everything = set(PROJECT["optional-dependencies"]) - {"peers"}
    assert sorted(extras) == sorted(everything)
