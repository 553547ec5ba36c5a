"""Check everything, or quickly what a contributor changes all the time.

    python -m tools.check                   style, package, notebooks, site
    python -m tools.check quick             style and the package's quick tests
    python -m tools.check quick losses      only those of a subject: a folder or a file
    python -m tools.check quick circles     only those of a chapter

Each step runs even if an earlier one failed; the exit status counts the failures.
"""

import argparse
import difflib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tools.build import build
from tools.set_repository import ROOT, notebooks

# With the reason of each skip.
PYTEST = (sys.executable, "-m", "pytest", "-q", "-rs", "--durations=5")
# On this Python's packages, whatever environment is active or lies beside.
TYPES = ("pyrefly", "check", "--python-interpreter-path", sys.executable)
WORKERS = min(2, os.cpu_count() or 1)
# A file stays in one worker: what its tests share is made once.
PARALLEL = (f"--numprocesses={WORKERS}", "--dist=loadfile")
PACKAGE_TESTS = tuple(
    f"tests/{name}"
    for name in ("companion", "benchmarks", "tools", "website", "repository")
)
NOTEBOOK_TESTS = "tests/book/test_notebooks.py"
# Where else a change shows: chapters and the syllabi hold exercises and questions.
LEARNING = (NOTEBOOK_TESTS, "tests/repository/test_instructors_pages.py")
ELSEWHERE = {"exercises": LEARNING, "quizzes": LEARNING}
# Where tests marked `backend` are: those of what differs by backend.
BACKEND_TESTS = ("tests/companion", "tests/tools", "tests/repository")


def run(*command: str, **variables: str) -> int:
    """Run one command from the root; return its exit status."""
    environ = os.environ | variables
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode


def style() -> int:
    """Check form and types of the code, and that no notebook holds outputs."""
    tool = [sys.executable, "-m"]
    pages = [str(path) for path in notebooks()]
    return (
        run(*tool, "ruff", "check", ".")
        + run(*tool, "ruff", "format", "--check", ".")
        + run(*tool, *TYPES)
        + run(*tool, "nbstripout", "--verify", "--keep-id", *pages)
    )


def package() -> int:
    """Test the companion, the benchmarks, the tools and the repository's files."""
    return run(*PYTEST, *PARALLEL, *PACKAGE_TESTS)


def on_jax() -> int:
    """Test what differs by backend once more, on JAX."""
    return run(*PYTEST, *PARALLEL, "-m", "backend", *BACKEND_TESTS, KERAS_BACKEND="jax")


def chapters() -> int:
    """Test the notebooks: as stored, as executed, and as Colab would run them."""
    # Two of its files hold it all, and their tests share next to nothing.
    return run(*PYTEST, *PARALLEL, "--dist=worksteal", "tests/book")


def site() -> int:
    """Test the pages that were built."""
    return run(*PYTEST, *PARALLEL, "tests/site")


def quick(subject: str = "") -> int:
    """Run the package's tests that are not marked slow, or those of a subject."""
    if not subject:
        selection = ("-m", "not slow and not built", *PACKAGE_TESTS, NOTEBOOK_TESTS)
        return run(*PYTEST, *PARALLEL, *selection)
    # One process: a second one would take as long to begin as these tests to run.
    marks = ("-m", "not slow and not built")
    if subject in {path.stem for path in notebooks()}:
        return run(*PYTEST, *marks, *LEARNING, "-k", subject)
    files = [*map(str, files_of(subject)), *ELSEWHERE.get(subject, ())]
    return run(*PYTEST, *marks, *files)


def files_of(subject: str, root: Path = ROOT) -> list[Path]:
    """Return the package's test files that a subject names, or that lie in its folder.

    A path names its last part: ``tests/companion/losses``, ``companion/_keras.py``.

    Raises
    ------
    ValueError
        If there is none.
    """
    subject = Path(subject).stem.removeprefix("test_").lstrip("_")
    files = sorted(
        path.relative_to(root)
        for folder in PACKAGE_TESTS
        for path in (root / folder).rglob("test_*.py")
    )
    matching = [
        path for path in files if any(subject in name for name in names_of(path))
    ]
    if not matching:
        names = sorted({name for path in files for name in names_of(path)})
        near = difflib.get_close_matches(subject, names, n=3)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        there = f"There are: {', '.join(names)}."
        raise ValueError(f"No tests of {subject!r}.{hint} {there}")
    return matching


def names_of(path: Path) -> list[str]:
    """Return the subjects of a test file: its folders below ``tests``, its own name."""
    _, *folders, name = path.with_suffix("").parts
    return [*folders, name.removeprefix("test_")]


STEPS = (style, package, on_jax, build, chapters, site)


def main(arguments: Sequence[str]) -> int:
    """Run the steps and say how each ended; return how many failed."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.check", description=__doc__.split("\n")[0]
    )
    parser.add_argument("what", nargs="?", choices=["everything", "quick"])
    parser.add_argument("subject", nargs="?", default="", help="for example: losses")
    options = parser.parse_args(arguments)
    if options.what != "quick":
        return report(STEPS)
    try:
        if options.subject not in {path.stem for path in notebooks()}:
            files_of(options.subject)
    except ValueError as error:
        parser.error(str(error))
    return report([style, partial(quick, options.subject)])


def report(steps: Sequence[Callable[[], int]]) -> int:
    """Run every step and say how each ended; return how many failed."""
    outcomes = []
    for number, step in enumerate(steps, start=1):
        function = getattr(step, "func", step)
        name, summary = function.__name__, (function.__doc__ or "").split("\n")[0]
        print(f"\n[{number}/{len(steps)}] {name}: {summary}", flush=True)
        start = time.monotonic()
        status = step()
        outcomes.append((name, status, time.monotonic() - start))
    print()
    for name, status, seconds in outcomes:
        print(f"{'FAILED' if status else 'ok':7}{name:10}{seconds:5.0f} s")
    failed = sum(bool(status) for _, status, _ in outcomes)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
