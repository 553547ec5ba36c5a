"""Settings for every test, made before a framework is imported.

Each worker has one thread, whoever starts it, so that tests can run side by side and
compute the same in each. XLA compiles in a hurry: most programs here are small and run
once, and making them fast would take longer than running them.
"""

import os

from tools.execute import environment

os.environ |= environment()
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
