"""Run each chapter's notebook alone, and record how long its cells take.

    python -m benchmarks.chapter_minutes [--json FILE]

The record that the page for instructors shows was written by this command. A notebook
is copied and runs as ``make book`` runs it, but with all cores and nothing beside it,
once on each backend. What counts is the time from the start of a cell to its end, all
cells of the notebook added up: its imports are in it, the start of the kernel is not.
"""

import argparse
import datetime
import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat

from benchmarks import machine
from tools import chapters
from tools.execute import environment, nbmake
from tools.set_repository import ROOT

BACKENDS = ("tensorflow", "jax")


def main(arguments: Sequence[str]) -> None:
    """Run the notebooks, and write the record after each of them."""
    options = _parser().parse_args(arguments)
    # The notebooks run with these variables, so the record names them.
    os.environ.update(environment(1))
    record: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": command(options),
        "machine": machine.describe(),
        "runs": [],
    }
    for notebook in chosen(options.chapters):
        for backend in options.backends:
            run = {"chapter": notebook.stem, "backend": backend}
            run["seconds"] = round(measure(notebook, backend=backend), 1)
            record["runs"].append(run)
            print(json.dumps(run), flush=True)
        if options.json:
            text = json.dumps(record, indent=1) + "\n"
            options.json.write_text(text, encoding="utf-8")


def chosen(names: Sequence[str] | None) -> list[Path]:
    """Return the chapters with these names, or all; raise ValueError for others."""
    known = {
        chapter.name: ROOT / f"{chapter.page}.ipynb" for chapter in chapters.chapters()
    }
    unknown = sorted(set(names or ()) - set(known))
    if unknown:
        raise ValueError(
            f"There is no chapter {', '.join(unknown)}. There is: {', '.join(known)}."
        )
    return [known[name] for name in names or known]


def measure(notebook: Path, *, backend: str) -> float:
    """Run a copy of a notebook; return the seconds that its cells took.

    Raises
    ------
    RuntimeError
        If a cell fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copy(notebook, folder))
        done = nbmake(copy, environment(1) | {"KERAS_BACKEND": backend})
        if done.returncode:
            raise RuntimeError(f"{notebook.name} on {backend}: {done.stdout[-3000:]}")
        return seconds(nbformat.read(copy, as_version=4))


def seconds(page: nbformat.NotebookNode) -> float:
    """Return how long the cells of an executed notebook took, added up."""
    total = 0.0
    for cell in page.cells:
        times = cell.metadata.get("execution", {})
        if "shell.execute_reply" in times:
            begin, end = (
                datetime.datetime.fromisoformat(times[name])
                for name in ("iopub.execute_input", "shell.execute_reply")
            )
            total += (end - begin).total_seconds()
    return total


def command(options: argparse.Namespace) -> str:
    """Return the command that does it again, on any machine."""
    words = ["python", "-m", "benchmarks.chapter_minutes"]
    if options.chapters:
        words += ["--chapters", *options.chapters]
    if options.backends != list(BACKENDS):
        words += ["--backends", *options.backends]
    return shlex.join(words)


def _parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.chapter_minutes",
        description="Measure how long each chapter's notebook runs.",
    )
    parser.add_argument(
        "--chapters", nargs="+", help="only these, to see that it runs: circles blobs"
    )
    parser.add_argument(
        "--backends", nargs="+", choices=BACKENDS, default=list(BACKENDS)
    )
    parser.add_argument("--json", type=Path, help="where to write the record")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
