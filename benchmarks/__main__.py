"""Measure the course's programs against their peers and print the ratios.

    python -m benchmarks [ROW ...]

The exit status counts the contestants that failed; a missed target is no failure.
"""

import argparse
import datetime
import importlib
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import harness, machine, report
from benchmarks.harness import Row, Settings

FAMILIES = ("circles", "blobs", "digits", "characters", "vocabulary")


def rows() -> dict[str, Row]:
    """Return every row, by its name."""
    families = [importlib.import_module(f"benchmarks.{name}") for name in FAMILIES]
    return {row.name: row for family in families for row in family.ROWS}


def main(arguments: Sequence[str]) -> int:
    """Run the chosen rows, print the table, and return how many contestants failed."""
    all_rows = rows()
    options = _parser(all_rows).parse_args(arguments)
    settings = Settings(quick=options.quick, data=options.data)
    roofs = report.roofs(harness.run(machine.ROOFS, settings, repeats=1, say=_say))
    result: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["python", "-m", "benchmarks", *arguments]),
        "quick": options.quick,
        "repeats": options.repeats,
        "machine": machine.describe(),
        "roofs": roofs,
        "rows": [],
    }
    table, notes, failures = [], [], 0
    for row in (all_rows[name] for name in options.rows or all_rows):
        measured = harness.run(row, settings, repeats=options.repeats, say=_say)
        comparisons = harness.compare(row, measured)
        table.append((row, comparisons))
        notes += report.notes(row, measured, settings, roofs)
        failures += sum(report.failed(each) for each in measured)
        result["rows"].append(report.record(row, measured, comparisons))
        # After every row, so that a run cut short keeps what it has measured.
        if options.json:
            options.json.write_text(json.dumps(result, indent=1), encoding="utf-8")
    if options.quick:
        print("Tiny sizes, to see that everything runs: these numbers say nothing.")
    print(*report.roof_lines(result["machine"], roofs), sep="\n")
    print("", *report.table(table), "", *notes, sep="\n")
    return failures


def _parser(all_rows: dict[str, Row]) -> argparse.ArgumentParser:
    listed = "\n".join(f"  {row.name:20}{row.work}" for row in all_rows.values())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure the course's programs against their peers.",
        epilog=f"rows:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "rows",
        nargs="*",
        type=_one_of(all_rows),
        metavar="ROW",
        help="the rows to run; all by default",
    )
    parser.add_argument(
        "--repeats", type=_count, default=5, help="runs of each program (5)"
    )
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes, to see that everything runs"
    )
    parser.add_argument(
        "--data", type=_folder, help="a folder with mnist.npz or tinyshakespeare.txt"
    )
    parser.add_argument("--json", type=Path, help="where to write every single timing")
    return parser


def _one_of(all_rows: dict[str, Row]) -> Callable[[str], str]:
    """Return a check that a row of this name exists."""

    def check(name: str) -> str:
        if name not in all_rows:
            raise argparse.ArgumentTypeError(
                f"there is no row {name!r}. The rows are {', '.join(all_rows)}"
            )
        return name

    return check


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least 1. Received: {text!r}"
        )
    return int(text)


def _folder(text: str) -> Path:
    if not Path(text).is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {text!r}")
    return Path(text)


def _say(line: str) -> None:
    """Report progress beside the table, not in it."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
