"""What the benchmarks run on, and the most that it can do."""

import importlib.metadata
import os
import platform
import time
from collections.abc import Callable
from typing import Any

from benchmarks.harness import MEGABYTE, Contestant, Row, Settings, Values, Work
from companion import _host

PACKAGES = (
    *("jax", "jaxlib", "keras", "mlxtend", "numpy", "scikit-learn", "tensorflow"),
    "torch",
)
# What changes the number of threads or the compilers.
VARIABLES = (
    *("JAX_", "KMP_", "MKL_", "OMP_", "OPENBLAS_", "XLA_"),
    *("TF_ENABLE_", "TF_NUM_", "TF_XLA_"),
)
# (rows, inner, columns) of products: a square one, and those that dominate a row.
PRODUCTS = {
    "square": (2048, 2048, 2048),
    "a step of the LSTM's time": (128, 512, 2048),
    "the LSTM's input": (12_800, 512, 2048),
    "the digits' convolution": (73_728, 288, 64),
    "the large vocabulary": (256, 256, 50_000),
}


def describe() -> dict[str, Any]:
    """Return the processor, the threads and the versions."""
    return {
        "processor": _host.processor(),
        "cores": os.cpu_count(),
        "usable_cores": _usable_cores(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": dict(filter(None, map(_version, PACKAGES))),
        "variables": {
            name: value
            for name, value in sorted(os.environ.items())
            if name.startswith(VARIABLES)
        },
    }


def numpy_roofs(settings: Settings) -> Work:
    """Measure NumPy's matrix products, and copying and reading memory."""
    import numpy as np

    rng = np.random.default_rng(0)

    def product(rows: int, inner: int, columns: int) -> Callable[[], object]:
        a = rng.random((rows, inner), dtype=np.float32)
        b = rng.random((inner, columns), dtype=np.float32)
        out = np.empty((rows, columns), np.float32)
        return lambda: np.matmul(a, b, out=out)

    def work() -> Values:
        # Far more than the caches hold, so that what is timed is memory.
        size = int(10 * MEGABYTE if settings.quick else 400 * MEGABYTE)
        source = np.ones(size // 4, np.float32)
        target = np.ones_like(source)
        return _products(product, settings) | {
            "copy": 2 * size / _least(lambda: np.copyto(target, source)) / 1e9,
            "read": 2 * size / _least(lambda: source @ target) / 1e9,
        }

    return work


def pytorch_roofs(settings: Settings) -> Work:
    """Measure PyTorch's matrix products."""
    import torch

    def product(rows: int, inner: int, columns: int) -> Callable[[], object]:
        a, b = torch.rand(rows, inner), torch.rand(inner, columns)
        out = torch.empty(rows, columns)
        return lambda: torch.matmul(a, b, out=out)

    return lambda: _products(product, settings)


def _products(
    product: Callable[[int, int, int], Callable[[], object]], settings: Settings
) -> Values:
    """Return the speed of each product, in GFLOP/s."""
    divisor = 8 if settings.quick else 1
    speeds = {}
    for name, shape in PRODUCTS.items():
        rows, inner, columns = (size // divisor for size in shape)
        seconds = _least(product(rows, inner, columns))
        speeds[name] = 2 * rows * inner * columns / seconds / 1e9
    return speeds


def _least(function: Callable[[], object], repeats: int = 7) -> float:
    """Return the least of several times: a roof is what can be reached."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def _version(package: str) -> tuple[str, str] | None:
    """Return a package and its version, or None if it is not installed."""
    try:
        return package, importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _usable_cores() -> int | None:
    """Return the cores that this process may use, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


ROOFS = Row(
    "rooflines",
    "matrix products in float32, and memory",
    ours=(Contestant("NumPy", numpy_roofs, needs=("numpy",)),),
    peers=(Contestant("PyTorch", pytorch_roofs, needs=("torch",)),),
    fresh=True,
)
