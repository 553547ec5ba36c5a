"""Contestants, each in a process of its own, asked one at a time and in turn.

Keras has one backend a process, and TensorFlow, JAX and PyTorch each bring threads of
their own. So every contestant loads its libraries in a process that does nothing else,
and waits there while another one works.
"""

import contextlib
import importlib.util
import multiprocessing
import os
import signal
import statistics
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

MEGABYTE = 1e6
# What a contestant computed, to tell whether two did the same work.
Values = dict[str, Any]
Work = Callable[[], Values]


class Settings(NamedTuple):
    """What holds for every row: small sizes for a trial, and a folder of data."""

    quick: bool = False
    data: Path | None = None


@dataclass(frozen=True)
class Contestant:
    """One program that does a row's work.

    `setup` runs first, unmeasured, and returns the function that is measured. It
    stands in a module that imports no framework, since the backend is set before.
    """

    name: str
    setup: Callable[[Settings], Work]
    backend: str = "tensorflow"
    needs: tuple[str, ...] = ()
    # It does a part of the work: what that costs is multiplied by this.
    times: int = 1


class Target(NamedTuple):
    """How many times more a peer should cost than ours, by their names."""

    ours: str
    peer: str
    ratio: float


@dataclass(frozen=True)
class Row:
    """One piece of work, and who does it."""

    name: str
    work: str
    ours: tuple[Contestant, ...]
    peers: tuple[Contestant, ...]
    targets: tuple[Target, ...] = ()
    # Whether each run has a new process, in which nothing is compiled yet.
    fresh: bool = False
    # "s", or "MB": how far the peak lies above what the process held before.
    unit: str = "s"
    # What every contestant must return, in MB, and so is not counted.
    returned: Callable[[Settings], float] = lambda settings: 0.0
    # The floating-point operations of the work.
    operations: Callable[[Settings], float] | None = None


@dataclass
class Measured:
    """What each run of a contestant cost, or why there is none."""

    contestant: Contestant
    costs: list[float] = field(default_factory=list)
    values: list[Values] = field(default_factory=list)
    threads: dict[str, int] = field(default_factory=dict)
    problem: str = ""

    @property
    def median(self) -> float:
        """The median cost."""
        return statistics.median(self.costs)


class Comparison(NamedTuple):
    """Ours beside a peer: a ratio for each round, how many times more the peer cost."""

    ours: Measured
    peer: Measured
    ratios: list[float]
    target: float | None

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return statistics.median(self.ratios)


class Worker:
    """A process that prepares a contestant and measures it when asked."""

    def __init__(
        self, contestant: Contestant, settings: Settings, *, warm: bool
    ) -> None:
        # Not forked: a copy of a parent with threads can hold their locks for ever.
        processes = multiprocessing.get_context("spawn")
        self._pipe, worker_end = processes.Pipe()
        self._process = processes.Process(
            target=_serve, args=(worker_end, contestant, settings, warm), daemon=True
        )
        self._process.start()
        # Now the worker alone holds that end, so its death ends our waiting.
        worker_end.close()

    def measure(self) -> dict[str, Any]:
        """Run the contestant once; return the cost, or the problem."""
        with contextlib.suppress(BrokenPipeError):
            self._pipe.send("run")
        try:
            return self._pipe.recv()
        except (EOFError, ConnectionResetError):
            self._process.join()
            status = self._process.exitcode
            return {"problem": f"the process ended with status {status}"}

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def run(
    row: Row, settings: Settings, *, repeats: int, say: Callable[[str], None] = print
) -> list[Measured]:
    """Measure every contestant of a row, in turn: A B A B ...

    Whoever fails is left out from then on, and the others go on.
    """
    measured = [Measured(each) for each in (*row.ours, *row.peers)]
    workers: dict[str, Worker] = {}
    for each in measured:
        each.problem = _missing(each.contestant)
    try:
        for number in range(1, repeats + 1):
            for each in (each for each in measured if not each.problem):
                name = each.contestant.name
                if row.fresh or number == 1:
                    workers[name] = Worker(
                        each.contestant, settings, warm=not row.fresh
                    )
                _record(each, workers[name].measure(), row, settings)
                if row.fresh or each.problem:
                    workers.pop(name).end()
                say(f"{row.name}, {number} of {repeats}: {name}, {_last(each, row)}")
    finally:
        for worker in workers.values():
            worker.end()
    return measured


def compare(row: Row, measured: list[Measured]) -> list[Comparison]:
    """Set each of ours beside each peer, over the rounds that both finished."""
    targets = {(ours, peer): ratio for ours, peer, ratio in row.targets}
    return [
        Comparison(
            ours,
            peer,
            # At tiny sizes the peak may not lie above what was held before.
            [b / a for a, b in zip(ours.costs, peer.costs, strict=False) if a > 0],
            targets.get((ours.contestant.name, peer.contestant.name)),
        )
        for ours in measured[: len(row.ours)]
        for peer in measured[len(row.ours) :]
    ]


def _missing(contestant: Contestant) -> str:
    """Name the packages that a contestant needs and that are not installed."""
    missing = [name for name in contestant.needs if not importlib.util.find_spec(name)]
    return f"skipped: {', '.join(missing)} is not installed" if missing else ""


def _record(
    each: Measured, answer: dict[str, Any], row: Row, settings: Settings
) -> None:
    each.problem = answer.get("problem", "")
    if not each.problem:
        returned = row.returned(settings) if row.unit == "MB" else 0.0
        each.costs.append((answer[row.unit] - returned) * each.contestant.times)
        each.values.append(answer["values"])
        each.threads = answer["threads"]


def _last(each: Measured, row: Row) -> str:
    """Say what the last run cost, or what its error was."""
    if each.problem:
        return each.problem.strip().splitlines()[-1]
    return f"{each.costs[-1]:.4g} {row.unit}"


def _serve(
    pipe: Connection, contestant: Contestant, settings: Settings, warm: bool
) -> None:
    """Prepare a contestant and measure it as often as asked: the worker's side."""
    # Ctrl-C is for the driver, which ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ["KERAS_BACKEND"] = contestant.backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        work = contestant.setup(settings)
        if warm:  # the first run compiles and loads
            work()
        while pipe.recv():
            pipe.send(_measure(work))
    except EOFError:
        pass  # The driver is gone.
    except BaseException:
        pipe.send({"problem": traceback.format_exc()})


def _measure(work: Work) -> dict[str, Any]:
    """Run the work once and return the time, the memory and what it computed."""
    before = _memory()
    start = time.perf_counter()
    values = work()
    seconds = time.perf_counter() - start
    return {
        "s": seconds,
        "MB": peak_memory() - before,
        "values": values,
        "threads": _threads(),
    }


def _memory() -> float:
    """Return what this process holds, in MB."""
    import psutil

    return psutil.Process().memory_info().rss / MEGABYTE


def peak_memory() -> float:
    """Return the most that this process has held so far, in MB.

    Linux counts in `ru_maxrss` what the parent held when it started this process.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
        return int(peak) * 1024 / MEGABYTE
    import psutil

    memory = psutil.Process().memory_info()
    if hasattr(memory, "peak_wset"):  # Windows
        return memory.peak_wset / MEGABYTE
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


def _threads() -> dict[str, int]:
    """Return the threads of every library that threadpoolctl knows."""
    from threadpoolctl import threadpool_info

    return {
        f"{pool['internal_api']} {pool['version']}": pool["num_threads"]
        for pool in threadpool_info()
    }
