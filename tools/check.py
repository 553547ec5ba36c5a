"""Check everything: style, package, notebooks, site.

    python -m tools.check

Each step runs even if an earlier one failed; the exit status counts the failures.
"""

import os
import subprocess
import sys
import time

from tools.build import build
from tools.execute import environment
from tools.set_repository import ROOT, notebooks

# With the reason of each skip.
PYTEST = (sys.executable, "-m", "pytest", "-q", "-rs", "--durations=5")
WORKERS = min(2, os.cpu_count() or 1)
PARALLEL = (f"--numprocesses={WORKERS}", "--dist=worksteal")
# The trainer's tests compile many small programs and run each once: making them fast
# would take longer than running them.
COMPILE_QUICKLY = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}
PACKAGE_TESTS = ("companion", "benchmarks", "tools", "repository")
# The modules whose code differs by backend.
BACKEND_TESTS = (
    "tests/book/test_pytorch_to_keras.py",
    "tests/companion/test_large_vocabulary.py",
    "tests/companion/test_layers.py",
    "tests/companion/test_margins.py",
    "tests/companion/test_models.py",
    "tests/companion/test_resuming.py",
    "tests/companion/test_runtime.py",
    "tests/companion/test_text.py",
    "tests/companion/test_training.py",
)


def run(*command: str, **variables: str) -> int:
    """Run one command from the root; return its exit status."""
    environ = environment(WORKERS) | variables
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode


def style() -> int:
    """Check code and notebooks with ruff, and that no notebook holds outputs."""
    tool = [sys.executable, "-m"]
    pages = [str(path) for path in notebooks()]
    return (
        run(*tool, "ruff", "check", ".")
        + run(*tool, "ruff", "format", "--check", ".")
        + run(*tool, "nbstripout", "--verify", "--keep-id", *pages)
    )


def package() -> int:
    """Test the companion, the benchmarks, the tools and the repository's files."""
    folders = [f"tests/{name}" for name in PACKAGE_TESTS]
    return run(*PYTEST, *PARALLEL, *folders, **COMPILE_QUICKLY)


def on_jax() -> int:
    """Test what differs by backend once more, on JAX."""
    variables = COMPILE_QUICKLY | {"KERAS_BACKEND": "jax"}
    return run(*PYTEST, *PARALLEL, *BACKEND_TESTS, **variables)


def chapters() -> int:
    """Test the notebooks: as stored, as executed, and as Colab would run them."""
    return run(*PYTEST, *PARALLEL, "tests/book")


def site() -> int:
    """Test the pages that were built."""
    return run(*PYTEST, "tests/site")


STEPS = (style, package, on_jax, build, chapters, site)


def main() -> int:
    """Run every step and say how each ended."""
    report = []
    for number, step in enumerate(STEPS, start=1):
        summary = step.__doc__.split("\n")[0]
        print(f"\n[{number}/{len(STEPS)}] {step.__name__}: {summary}", flush=True)
        start = time.monotonic()
        status = step()
        report.append((step.__name__, status, time.monotonic() - start))
    print()
    for name, status, seconds in report:
        print(f"{'FAILED' if status else 'ok':7}{name:10}{seconds:5.0f} s")
    failed = sum(bool(status) for _, status, _ in report)
    print(f"{len(report) - failed} passed, {failed} failed")
    return failed


if __name__ == "__main__":
    sys.exit(main())
