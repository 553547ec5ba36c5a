"""Run every notebook once, in parallel, and keep the result until something changes.

    python -m tools.execute

Copies ``book/`` to ``out/src/book`` with executed notebooks in the place of the
stored ones. An executed notebook is kept in ``out/executed`` under a key of all
that can change its outputs: the notebook, the companion, the pinned versions,
the versions that are installed, Python and the backend. What is kept holds each
figure as SVG too, for ``tools/figures.py``; the pages show the PNG.
"""

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import nbformat

from tools.set_repository import ROOT, notebooks

OUT = ROOT / "out"
EXECUTED = OUT / "executed"
SOURCE = OUT / "src"
STARTUP = Path(__file__).with_name("kernel_startup.py")
TIMEOUT_S = 600  # a cell
# What a chapter's outputs can depend on, by distribution name.
LIBRARIES = (
    "ipykernel",
    "jax",
    "keras",
    "latex2mathml",
    "markdown-it-py",
    "matplotlib",
    "mdit-py-plugins",
    "nbmake",
    "numpy",
    "scikit-learn",
    "tensorflow",
)


def environment(jobs: int) -> dict[str, str]:
    """Return the environment for one of ``jobs`` notebooks that run side by side."""
    threads = str(max(1, (os.cpu_count() or 1) // jobs))
    settings = {
        # Said here, so that neither Keras's settings file nor a server's backend for
        # figures decides what a page shows.
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "tensorflow"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": threads,
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
    }
    return os.environ | settings


def nbmake(
    notebook: Path, environ: dict[str, str], *, python: str = sys.executable
) -> subprocess.CompletedProcess:
    """Execute one notebook in place through nbmake."""
    command = [python, "-m", "pytest", "--nbmake", "--overwrite", "-q"]
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


def _shared_key(root: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted((root / "companion").rglob("*")):
        if path.is_file() and path.suffix != ".pyc" and path.name != ".DS_Store":
            name = path.relative_to(root).as_posix()
            digest.update(name.encode() + path.read_bytes())
    digest.update((root / "constraints.txt").read_bytes())
    digest.update(Path(__file__).read_bytes() + STARTUP.read_bytes())
    for name in LIBRARIES:
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            version = "none"
        digest.update(f"{name}=={version};".encode())
    digest.update(sys.version.encode())
    digest.update(environment(1)["KERAS_BACKEND"].encode())
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


def _execute_one(notebook: Path, kept: Path, environ: dict[str, str]) -> str | None:
    """Execute a notebook's copy and keep it; return what went wrong, if anything."""
    working = SOURCE / notebook.relative_to(ROOT)
    done = nbmake(working, environ)
    if done.returncode:
        return done.stdout[-6000:] + done.stderr[-2000:]
    if keys()[notebook] != kept.stem:
        return "It, the companion or a version changed while it ran. Run it again."
    page = nbformat.read(working, as_version=4)
    for cell in page.cells:
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
    partial = kept.with_suffix(".partial")
    nbformat.write(page, partial)
    partial.replace(kept)
    return None


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


def execute() -> int:
    """Execute what has changed; return the number of notebooks that failed."""
    if SOURCE.exists():
        shutil.rmtree(SOURCE)
    shutil.copytree(
        ROOT / "book",
        SOURCE / "book",
        ignore=shutil.ignore_patterns(".*"),
    )
    EXECUTED.mkdir(parents=True, exist_ok=True)
    kept = {path: EXECUTED / f"{key}.ipynb" for path, key in keys().items()}
    for stale in set(EXECUTED.iterdir()) - set(kept.values()):
        stale.unlink()
    waiting = [path for path, result in kept.items() if not result.exists()]
    print(f"{len(kept)} notebooks, {len(waiting)} to run", flush=True)
    failures = _run(waiting, kept)
    for path, result in kept.items():
        if result.exists():
            _copy_without_svg(result, SOURCE / path.relative_to(ROOT))
    return failures


def _copy_without_svg(kept: Path, page: Path) -> None:
    content = json.loads(kept.read_text(encoding="utf-8"))
    for cell in content["cells"]:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("image/svg+xml", None)
    page.write_text(json.dumps(content), encoding="utf-8")


def _run(waiting: list[Path], kept: dict[Path, Path]) -> int:
    # A profile of its own: no setting of this machine's IPython changes a page.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        startup = Path(profile, "profile_default", "startup")
        startup.mkdir(parents=True)
        shutil.copy(STARTUP, startup)
        return _run_in_parallel(waiting, kept, {"IPYTHONDIR": profile})


def _run_in_parallel(
    waiting: list[Path], kept: dict[Path, Path], variables: dict[str, str]
) -> int:
    # Chapters with the longest code first, so that no long one is left for the end.
    waiting = sorted(waiting, key=lambda path: path.stat().st_size, reverse=True)
    jobs = max(1, min(len(waiting), os.cpu_count() or 1))
    environ, failures, start = environment(jobs) | variables, 0, time.monotonic()
    pool = ThreadPoolExecutor(jobs)
    running = {
        pool.submit(_execute_one, path, kept[path], environ): path for path in waiting
    }
    try:
        for count, done in enumerate(as_completed(running), start=1):
            error, name = done.result(), running[done].relative_to(ROOT).as_posix()
            state = "FAILED" if error else "ran"
            seconds = time.monotonic() - start
            print(f"  {count}/{len(waiting)} {state} {name} ({seconds:.0f} s)")
            if error:
                failures += 1
                print(error)
            sys.stdout.flush()
    finally:
        # After Ctrl-C no notebook that still waits is begun.
        pool.shutdown(cancel_futures=True)
    return failures


if __name__ == "__main__":
    sys.exit(1 if execute() else 0)
