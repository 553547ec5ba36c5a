"""Settings for every test, made before a framework is imported.

Each worker has one thread, whoever starts it, so that tests can run side by side and
compute the same in each. XLA compiles in a hurry: most programs here are small and run
once, and making them fast would take longer than running them.
"""

import gc
import os

from tools.execute import OUT, environment

os.environ |= environment()
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
# What JAX has compiled is kept, however little: for the other worker, the processes
# that tests start, and the next run.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(OUT / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


def pytest_collection_finish():
    """Keep the garbage collector from looking at what the imports made, every time."""
    gc.collect()
    gc.freeze()
