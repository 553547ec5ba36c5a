"""Run every notebook once, in parallel, and keep the result until something changes.

    python -m tools.execute

Copies ``book/`` to ``out/src/book`` with executed notebooks in the place of the
stored ones. An executed notebook is kept in ``out/executed`` under a key of all
that can change its outputs: the notebook, the companion, the pinned versions, the
versions that are installed, Python, the backend and the number of threads. What is kept
holds each figure as SVG too, for ``website/figures.py``; the pages show the PNG.
"""

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import nbformat
from packaging.requirements import Requirement

from companion.statements import MIME_TYPE
from tools.set_repository import ROOT, notebooks

OUT = ROOT / "out"
EXECUTED = OUT / "executed"
SOURCE = OUT / "src"
STARTUP = ROOT / "website" / "kernel_startup.py"
TIMEOUT_S = 600  # a cell
# Of a notebook, however many run beside it: another number adds in another order.
THREADS = 1
# What of the package's requirements a page's outputs can depend on.
EXTRAS = ("tensorflow", "jax", "book")
# How a report says what stopped a run: the kernel, or else what was raised.
_ENDED = re.compile(r"Kernel died.*|A cell timed out.*")
_RAISED = re.compile(r"^[\w.]+(Error|Exception|Interrupt)\b.*")


class Statement(NamedTuple):
    """A statement of a page that did not hold when it ran."""

    cell: str
    line: int
    text: str  # the assertion; "" where an error kept the check from its end
    seen: str

    def __str__(self) -> str:
        """Say what did not hold and what was seen, in one line."""
        text = " ".join(self.text.split()) or "the check stopped"
        return f"{text} ({self.seen})" if self.seen else text


class Failure(NamedTuple):
    """A notebook that did not run as its text says."""

    notebook: Path
    statements: list[Statement]
    error: str  # what stopped the run before its end; "" if nothing did

    @property
    def reason(self) -> str:
        """Say in one line what stopped the run."""
        lines = [re.sub(r"\x1b\[[\d;]*m", "", row) for row in self.error.splitlines()]
        lines = [line.strip() for line in lines if line.strip()]
        for pattern in (_ENDED, _RAISED):
            matches = [found[0] for found in map(pattern.search, lines) if found]
            if matches:
                return matches[-1]
        return lines[-1] if lines else ""

    @property
    def summary(self) -> str:
        """Say what did not hold, a line each, and what stopped the run."""
        lines = [f"    {s.cell}, line {s.line}: {s}" for s in self.statements]
        return "\n".join([*lines, f"    {self.reason}"] if self.error else lines)


def environment(*, threads: int = THREADS) -> dict[str, str]:
    """Return the environment of a notebook that runs, or of tests beside others."""
    settings = {
        # Said here, so that neither Keras's settings file nor a server's backend for
        # figures decides what a page shows.
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": str(threads),
        "TF_NUM_INTRAOP_THREADS": str(threads),
        "TF_NUM_INTEROP_THREADS": "1",
        "NPROC": str(threads),  # JAX asks it
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
    }
    return os.environ | settings


def nbmake(
    notebook: Path, environ: dict[str, str], *, python: str = sys.executable
) -> subprocess.CompletedProcess:
    """Execute one notebook in place through nbmake."""
    # Plugins that happen to be installed take longer to load than a short notebook.
    command = [python, "-m", "pytest", "--disable-plugin-autoload", "-p", "nbmake"]
    command += ["--nbmake", "--overwrite", "-q"]
    # Nothing of this repository's pytest settings belongs to the notebook's run.
    command += ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir"]
    command += [str(notebook.parent), f"--nbmake-timeout={TIMEOUT_S}", str(notebook)]
    return subprocess.run(
        command,
        env=environ,
        cwd=notebook.parent,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def run(notebook: Path, environ: dict[str, str]) -> Failure | None:
    """Execute one notebook in place; return what did not go as its text says."""
    process = nbmake(notebook, environ)
    statements = failed_statements(nbformat.read(notebook, as_version=4))
    error = (
        process.stdout[-6000:] + process.stderr[-2000:] if process.returncode else ""
    )
    return Failure(notebook, statements, error) if statements or error else None


def failed_statements(page: nbformat.NotebookNode) -> list[Statement]:
    """Return the statements that did not hold when a notebook was executed."""
    found = []
    for cell in page.cells:
        for output in cell.get("outputs", []):
            report = output.get("data", {}).get(MIME_TYPE)
            if report is not None:
                place = cell.id, report["line"]
                found.append(Statement(*place, report["statement"], report["seen"]))
    return found


def requirements(extras: Iterable[str], root: Path = ROOT) -> list[str]:
    """Return what the package declares that it needs, with some of its extras."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    optional = project.get("optional-dependencies", {})
    more = (line for name in extras for line in optional.get(name, []))
    return [*project["dependencies"], *more]


def installed_versions(root: Path = ROOT) -> dict[str, str]:
    """Return the versions of what the package requires, and of what that requires."""
    pending = requirements(EXTRAS, root)
    found: dict[str, str] = {}
    while pending:
        requirement = Requirement(pending.pop())
        if requirement.name in found:
            continue
        # What a requirement needs for its own extras is not asked for.
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found[requirement.name] = importlib.metadata.version(requirement.name)
            pending += importlib.metadata.requires(requirement.name) or []
        except importlib.metadata.PackageNotFoundError:
            found[requirement.name] = "none"
    return dict(sorted(found.items()))


def _shared_key(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted((root / "companion").rglob("*")):
        if path.is_file() and path.suffix != ".pyc" and path.name != ".DS_Store":
            name = path.relative_to(root).as_posix()
            digest.update(name.encode() + path.read_bytes())
    digest.update((root / "constraints.txt").read_bytes())
    digest.update(Path(__file__).read_bytes() + STARTUP.read_bytes())
    settings = {"threads": THREADS, "backend": environment()["KERAS_BACKEND"]}
    settings |= {"python": sys.version, "versions": installed_versions(root)}
    digest.update(json.dumps(settings).encode())
    return digest.hexdigest()


def keys(root: Path = ROOT) -> dict[Path, str]:
    """Return for each notebook the key of all that its outputs depend on."""
    shared = _shared_key(root)
    return {
        path: hashlib.sha256(
            f"{shared}{path.relative_to(root).as_posix()}".encode() + path.read_bytes()
        ).hexdigest()[:24]
        for path in notebooks(root)
    }


def kept_results(root: Path = ROOT) -> dict[Path, Path]:
    """Return for each notebook where it lies once it came out as its text says."""
    return {path: EXECUTED / f"{key}.ipynb" for path, key in keys(root).items()}


def results(root: Path = ROOT) -> dict[Path, Path]:
    """Return for each notebook where it lies once it has run, held or failed.

    One that failed lies under another name, so that it is executed again next time.
    """
    kept = kept_results(root)
    failed = {path: _failed_path(result) for path, result in kept.items()}
    return kept | {path: place for path, place in failed.items() if place.exists()}


def _failed_path(kept: Path) -> Path:
    return kept.with_suffix(".failed.ipynb")


def _execute_one(notebook: Path, kept: Path, environ: dict[str, str]) -> Failure | None:
    """Execute a notebook's copy and keep it; return what went wrong, if anything."""
    working = SOURCE / notebook.relative_to(ROOT)
    failure = run(working, environ)
    # The key was made before the run, and what ran may be newer.
    if keys()[notebook] != kept.stem:
        changed = "It, the companion or a version changed while it ran. Run it again."
        return Failure(notebook, [], changed)
    page = nbformat.read(working, as_version=4)
    for cell in page.cells:
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
    partial = kept.with_suffix(".partial")
    nbformat.write(page, partial)
    partial.replace(_failed_path(kept) if failure else kept)
    return failure and failure._replace(notebook=notebook)


def _joined(outputs: list) -> list:
    """Join what a cell printed in one go; the kernel sends it in pieces, by time."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else None
        if output.output_type == "stream" and last and last.get("name") == output.name:
            last.text += output.text
        else:
            joined.append(output)
    return joined


def execute() -> list[Failure]:
    """Execute what has changed; return what of it failed."""
    if SOURCE.exists():
        shutil.rmtree(SOURCE)
    shutil.copytree(
        ROOT / "book",
        SOURCE / "book",
        ignore=shutil.ignore_patterns(".*"),
    )
    EXECUTED.mkdir(parents=True, exist_ok=True)
    kept = kept_results()
    for stale in set(EXECUTED.iterdir()) - set(kept.values()):
        stale.unlink()
    pending = [path for path, result in kept.items() if not result.exists()]
    print(f"{len(kept)} notebooks, {len(pending)} to run", flush=True)
    with kernels() as variables:
        environ = environment() | variables
        tasks = {
            path.relative_to(ROOT).as_posix(): partial(
                _execute_one, path, kept[path], environ
            )
            for path in longest_first(pending)
        }
        failures = side_by_side(tasks)
    for path, result in results().items():
        if result.exists():
            _copy_without_svg(result, SOURCE / path.relative_to(ROOT))
    return failures


def _copy_without_svg(result: Path, page: Path) -> None:
    content = json.loads(result.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/svg+xml", None)
    page.write_text(json.dumps(content), encoding="utf-8")


@contextmanager
def kernels() -> Generator[dict[str, str], None, None]:
    """Give kernels a profile of their own, so that no setting here changes a page."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        startup = Path(profile, "profile_default", "startup")
        startup.mkdir(parents=True)
        shutil.copy(STARTUP, startup)
        yield {"IPYTHONDIR": profile}


def longest_first(paths: Iterable[Path]) -> list[Path]:
    """Sort notebooks by their length, so that no long one is left for the end."""
    return sorted(paths, key=lambda path: path.stat().st_size, reverse=True)


def side_by_side(
    tasks: Mapping[str, Callable[[], Failure | None]], *, jobs: int | None = None
) -> list[Failure]:
    """Run named tasks, one a core, and say how each ended; return the failures."""
    jobs, start, failures = jobs or os.cpu_count() or 1, time.monotonic(), []
    pool = ThreadPoolExecutor(jobs)
    running = {pool.submit(task): name for name, task in tasks.items()}
    try:
        for count, future in enumerate(as_completed(running), start=1):
            failure, seconds = future.result(), time.monotonic() - start
            state = "FAILED" if failure else "ran"
            print(f"  {count}/{len(tasks)} {state} {running[future]} ({seconds:.0f} s)")
            if failure:
                failures.append(failure)
                print(failure.summary, failure.error, sep="\n")
            sys.stdout.flush()
    finally:
        # After Ctrl-C no notebook that still waits is begun.
        pool.shutdown(cancel_futures=True)
    return failures


if __name__ == "__main__":
    sys.exit(1 if execute() else 0)
