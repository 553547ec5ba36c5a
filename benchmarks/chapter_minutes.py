"""Record how long the cells of each chapter took when ``make book`` ran them.

    make book
    python -m benchmarks.chapter_minutes --json FILE

The record that the page for instructors shows was written by this command. What counts
is the time from the start of a cell to its end, all cells of the notebook added up: its
imports are in it, the start of the kernel is not. ``make book`` runs as many notebooks
side by side as there are cores, with one thread each.
"""

import argparse
import datetime
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat

from benchmarks import machine
from tools.execute import environment, kept_results
from tools.set_repository import ROOT
from website import chapters


def main(arguments: Sequence[str]) -> None:
    """Read the executed notebooks, and write the record."""
    options = _parser().parse_args(arguments)
    kept = executed()
    variables = environment()
    # The notebooks ran with these variables, so the record names them.
    os.environ.update(variables)
    record: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": "make book && python -m benchmarks.chapter_minutes",
        "machine": machine.describe(),
        "side_by_side": min(len(kept), os.cpu_count() or 1),
        "runs": [
            {
                "chapter": name,
                "backend": variables["KERAS_BACKEND"],
                "seconds": round(seconds(nbformat.read(path, as_version=4)), 1),
            }
            for name, path in kept.items()
        ],
    }
    text = json.dumps(record, indent=1) + "\n"
    if options.json:
        options.json.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


def executed() -> dict[str, Path]:
    """Return the executed notebook of every chapter, in the order of the course.

    Raises
    ------
    ValueError
        If one has not run since it, the companion or a version changed, or did not
        come out as its text says.
    """
    result = kept_results()
    kept = {
        chapter.name: result[ROOT / f"{chapter.page}.ipynb"]
        for chapter in chapters.chapters()
    }
    missing = [name for name, path in kept.items() if not path.exists()]
    if missing:
        raise ValueError(
            f"These have not run since the last change: {', '.join(missing)}. Run "
            "`make book` first."
        )
    return kept


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.chapter_minutes",
        description="Record how long each chapter's cells took in `make book`.",
    )
    parser.add_argument("--json", type=Path, help="where to write the record")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
