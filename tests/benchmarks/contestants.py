"""Contestants whose work is known, in a module of their own: workers import it."""

import os
import time
from pathlib import Path

from benchmarks.harness import Settings, Work

ALLOCATED_MB = 300
SECONDS = 0.05


def logs(settings: Settings, *, name: str) -> Work:
    """Write down when it prepares and when it works."""
    log = settings.data / "log"

    def write(word: str) -> None:
        with Path(log).open("a", encoding="utf-8") as lines:
            lines.write(f"{name} {word}\n")

    def work() -> dict[str, str]:
        write("works")
        return {"backend": os.environ["KERAS_BACKEND"], "process": os.getpid()}

    write("prepares")
    return work


def sleeps(settings: Settings) -> Work:
    return lambda: time.sleep(SECONDS) or {"slept": SECONDS}


def allocates(settings: Settings) -> Work:
    """Fill memory and let it go again, beside as much that was there before."""
    size = int(ALLOCATED_MB * 1e6)
    held = b"x" * size
    return lambda: {"bytes": len(held) + len(b"x" * size)}


def dies(settings: Settings) -> Work:
    """Die as a process does that the system kills: without a word."""
    return lambda: os._exit(3)


def dies_while_preparing(settings: Settings) -> Work:
    os._exit(4)


def raises(settings: Settings) -> Work:
    """Work once and then fail."""
    runs = []

    def work() -> dict[str, int]:
        runs.append(1)
        if len(runs) > 2:
            raise ValueError("the third run is too much")
        return {"runs": len(runs)}

    return work
