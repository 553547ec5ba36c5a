"""Run notebooks with shaken rounding, to see which statements hold on every machine.

    python -m tools.shake --seeds 1-5 --backend jax --notebooks circles digits

Another processor rounds otherwise, and training amplifies that. Here one machine stands
for many: every random draw that Keras makes is scaled by about one millionth
(``tools/shaken``), by another factor for each seed; seed 0 shakes nothing. XLA and
oneDNN can be held to an older instruction set, oneDNN switched off, and the number of
threads changed. A run goes on after a statement that does not hold; each is reported
with its notebook, cell and line.
"""

import argparse
import datetime
import itertools
import json
import os
import shutil
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import machine
from tools.execute import (
    OUT,
    THREADS,
    Failure,
    Statement,
    environment,
    kernels,
    longest_first,
    run,
    side_by_side,
)
from tools.set_repository import notebooks

SHAKEN = OUT / "shaken"
HOOK = Path(__file__).with_name("shaken")
# An instruction set as XLA names it, and as oneDNN does.
ISA = {"AVX2": "AVX2", "AVX": "AVX", "SSE4_2": "SSE41"}


class Setting(NamedTuple):
    """What is shaken in a run, and what stands in for another machine."""

    backend: str
    seed: int
    isa: str | None
    onednn: bool
    threads: int

    def __str__(self) -> str:
        """Name the setting in a file's name."""
        parts = [self.backend, f"seed-{self.seed}", f"threads-{self.threads}"]
        parts += [self.isa.lower()] if self.isa else []
        parts += [] if self.onednn else ["without-onednn"]
        return "-".join(parts)

    def variables(self) -> dict[str, str]:
        """Return the environment's variables that make the setting."""
        path = [str(HOOK), *filter(None, [os.environ.get("PYTHONPATH")])]
        chosen = {
            "KERAS_BACKEND": self.backend,
            "CROSSENTROPY_COURSE_SHAKE": str(self.seed),
            # Off: a statement that fails must not hide those below it.
            "CROSSENTROPY_COURSE_STRICT": "",
            "PYTHONPATH": os.pathsep.join(path),
        }
        if self.isa:
            flags = [*filter(None, [os.environ.get("XLA_FLAGS")])]
            flags.append(f"--xla_cpu_max_isa={self.isa}")
            chosen["XLA_FLAGS"] = " ".join(flags)
            chosen["ONEDNN_MAX_CPU_ISA"] = ISA[self.isa]
        if not self.onednn:
            chosen["TF_ENABLE_ONEDNN_OPTS"] = "0"
        return chosen


def main(arguments: Sequence[str]) -> int:
    """Run the notebooks in every setting; return the number of runs that failed."""
    options = _parser().parse_args(arguments)
    settings = [
        Setting(backend, seed, options.isa, options.onednn, threads)
        for backend, seed, threads in itertools.product(
            options.backend, options.seeds, options.threads
        )
    ]
    chosen = _notebooks_named(options.notebooks)
    shutil.rmtree(SHAKEN, ignore_errors=True)
    records: list[dict[str, Any]] = []
    with kernels() as variables:
        tasks = {
            f"{path.stem} {setting}": partial(
                _run_shaken, path, setting, variables, records
            )
            for setting in settings
            for path in longest_first(chosen)
        }
        print(f"{len(chosen)} notebooks, {len(settings)} settings", flush=True)
        failures = side_by_side(tasks, jobs=options.jobs)
    print(table(records))
    if options.json:
        text = json.dumps(_record(arguments, records), indent=1) + "\n"
        options.json.write_text(text, encoding="utf-8")
    return len(failures)


def table(records: Sequence[dict[str, Any]]) -> str:
    """Return what did not hold, one statement a row, with the settings it failed in."""
    failed: dict[tuple[str, str, int, str], list[tuple[str, str]]] = {}
    for record in records:
        for fields in record["statements"]:
            statement = Statement(**fields)
            what = str(statement._replace(seen=""))
            row = (record["notebook"], statement.cell, statement.line, what)
            failed.setdefault(row, []).append((record["setting"], statement.seen))
        if record["error"]:
            row = (record["notebook"], "", 0, f"stopped: {record['error']}")
            failed.setdefault(row, []).append((record["setting"], ""))
    lines = []
    for (notebook, cell, line, what), seen in sorted(failed.items()):
        place = f"{cell}, line {line}: " if cell else ""
        lines += ["", f"{notebook}: {place}{what}"]
        lines += [f"    {setting}: {values}" for setting, values in sorted(seen)]
    broken = sum(bool(r["statements"] or r["error"]) for r in records)
    lines += ["", f"{len(records)} runs, {broken} with a statement that does not hold"]
    return "\n".join(lines)


def _run_shaken(
    notebook: Path,
    setting: Setting,
    variables: dict[str, str],
    records: list[dict[str, Any]],
) -> Failure | None:
    """Run one notebook in a folder of its own, and add what came to the records."""
    folder = SHAKEN / str(setting) / notebook.stem
    folder.mkdir(parents=True)
    copy = folder / notebook.name
    shutil.copy(notebook, copy)
    start = time.monotonic()
    environ = environment(threads=setting.threads) | variables | setting.variables()
    failure = run(copy, environ)
    # From several threads at once, for which a list's append needs no lock.
    records.append(
        {
            "notebook": notebook.stem,
            "setting": str(setting),
            **setting._asdict(),
            "seconds": round(time.monotonic() - start, 1),
            "statements": [s._asdict() for s in failure.statements] if failure else [],
            "error": failure.reason if failure else "",
        }
    )
    return failure


def _record(
    arguments: Sequence[str], records: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return {
        "date": now,
        "command": " ".join(["python -m tools.shake", *arguments]),
        "machine": machine.describe(),
        # Not in the order in which they ended.
        "runs": sorted(records, key=lambda run: (run["setting"], run["notebook"])),
    }


def _notebooks_named(names: Sequence[str]) -> list[Path]:
    """Return the notebooks of these names, all of them without names."""
    by_name = {path.stem: path for path in notebooks()}
    unknown = sorted(set(names) - set(by_name))
    if unknown:
        sys.exit(f"No notebook {', '.join(unknown)}. There are: {', '.join(by_name)}.")
    return [by_name[name] for name in names] if names else list(by_name.values())


def _seeds(text: str) -> range:
    """Read ``3`` or ``1-5``."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.shake", description=__doc__.split("\n")[0]
    )
    add = parser.add_argument
    add("--seeds", type=_seeds, default=range(1, 4), help="3 or 1-5; 0: not shaken")
    add("--backend", nargs="+", default=["tensorflow"], choices=["tensorflow", "jax"])
    add("--notebooks", nargs="+", default=[], metavar="NAME", help="default: all")
    add("--jobs", type=int, help="how many at once; default: one a core")
    add("--isa", choices=ISA, help="the newest instruction set XLA and oneDNN may use")
    add("--without-onednn", dest="onednn", action="store_false")
    add("--threads", type=int, nargs="+", default=[THREADS], help="of each notebook")
    add("--json", type=Path, help="where to write every run")
    return parser


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
