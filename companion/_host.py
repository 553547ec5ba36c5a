"""What Python can tell of the machine itself."""

import os
import platform
from pathlib import Path


def processor() -> str:
    """Return the processor's name, or its architecture where the system has none."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = [line.split(":", 1)[1] for line in lines if line.startswith("model name")]
    return names[0].strip() if names else platform.processor() or platform.machine()


def memory() -> int | None:
    """Return the bytes of the machine's memory, or None where the system has no say."""
    if not hasattr(os, "sysconf"):
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
