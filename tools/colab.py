"""Run notebooks as Colab does: an empty folder, the wheel, no repository around.

    python -m tools.colab

Builds the companion's wheel, makes an environment of the versions that Colab ships
(``constraints-colab.txt``) in ``.venv-colab``, and runs each notebook there twice:
with TensorFlow, and with TensorFlow hidden as on the TPU runtime, on JAX.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
from packaging.requirements import Requirement

from companion import data
from tools.execute import (
    Failure,
    environment,
    longest_first,
    nbmake,
    requirements,
    side_by_side,
)
from tools.set_repository import ROOT, notebooks
from tools.wheel import build_wheel

COLAB_VENV = ROOT / ".venv-colab"
# Colab starts every kernel with google.colab imported, and JAX takes a part of it.
SITE_CUSTOMIZE = """\
import sys, types
colab = types.ModuleType("google.colab")
colab.output = types.ModuleType("google.colab.output")
sys.modules |= {"google.colab": colab, "google.colab.output": colab.output}
"""
HIDE_TENSORFLOW = """
from importlib.machinery import PathFinder
find = PathFinder.find_spec.__func__
PathFinder.find_spec = classmethod(
    lambda cls, name, *rest: None if name == "tensorflow" else find(cls, name, *rest)
)
"""
WHERE_FROM = """\
import companion
import keras

assert companion.__file__.startswith({packages!r}), companion.__file__
assert keras.backend.backend() == {backend!r}, keras.backend.backend()
"""


def run_as_colab(
    notebook: Path,
    wheel: Path | None,
    folder: Path,
    *,
    python: str = sys.executable,
    hide_tensorflow: bool = False,
) -> subprocess.CompletedProcess:
    """Run one notebook in an empty folder with the wheel, if any, uploaded beside it.

    The notebook's own first cell installs the wheel, into a folder of its own so that
    the environment stays as it is; a last cell asserts that the companion came from
    there and that the backend is the expected one.
    """
    content, packages, site = (folder / n for n in ("content", "packages", "site"))
    for directory in (content, packages, site):
        directory.mkdir(parents=True)
    hidden = HIDE_TENSORFLOW if hide_tensorflow else ""
    (site / "sitecustomize.py").write_text(SITE_CUSTOMIZE + hidden, encoding="utf-8")
    if wheel is not None:
        shutil.copy(wheel, content)
    page = nbformat.read(notebook, as_version=4)
    backend = "jax" if hide_tensorflow else "tensorflow"
    check = WHERE_FROM.format(packages=str(packages), backend=backend)
    page.cells.append(nbformat.v4.new_code_cell(check))
    nbformat.write(page, content / notebook.name)
    # pip installs the wheel and nothing more: the environment has the rest, in Colab's
    # versions, and without an index no run depends on the network.
    environ = environment() | {
        "CROSSENTROPY_COURSE_STRICT": "1",
        "PYTHONPATH": os.pathsep.join([str(site), str(packages)]),
        "PIP_TARGET": str(packages),
        "PIP_NO_DEPS": "1",
        "PIP_NO_INDEX": "1",
    }
    # Not those that the tests set for themselves.
    for name in ("KERAS_BACKEND", "XLA_FLAGS"):
        environ.pop(name, None)
    return nbmake(content / notebook.name, environ, python=python)


def _make_environment() -> str:
    """Make the environment with Colab's versions; return its Python."""
    python = str(COLAB_VENV / "bin" / "python")
    print(f"Making {COLAB_VENV.name} with the versions in constraints-colab.txt")
    venv.create(COLAB_VENV, with_pip=True)
    runners = {"ipykernel", "nbmake", "pytest"}
    names = requirements(["tensorflow", "jax"])
    names += [
        line for line in requirements(["book"]) if Requirement(line).name in runners
    ]
    command = [python, "-m", "pip", "install", "-c", "constraints-colab.txt"]
    subprocess.run([*command, *names], cwd=ROOT, check=True)
    return python


def main() -> int:
    """Run every notebook on TensorFlow and on JAX; return the number of failures."""
    python = _make_environment()
    # The plays go into the cache now, since the notebooks run without an index.
    data.shakespeare()
    with tempfile.TemporaryDirectory() as name:
        wheel = build_wheel(Path(name))
        tasks = {
            f"{notebook.stem} on {'JAX' if hide else 'TensorFlow'}": partial(
                _run_notebook,
                notebook,
                wheel,
                Path(name) / f"{notebook.stem}-{hide}",
                python=python,
                hide_tensorflow=hide,
            )
            for hide in (False, True)
            for notebook in longest_first(notebooks())
        }
        return len(side_by_side(tasks))


def _run_notebook(
    notebook: Path, wheel: Path, folder: Path, **options: Any
) -> Failure | None:
    """Run one notebook; return what went wrong, if anything."""
    process = run_as_colab(notebook, wheel, folder, **options)
    error = process.stdout[-6000:] + process.stderr[-2000:]
    return Failure(notebook, [], error) if process.returncode else None


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
