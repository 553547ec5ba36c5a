"""What there is to run on, and sharing a training out over it, on either backend."""

import platform
import sys
from types import ModuleType
from typing import Any

import keras

from companion import _keras
from companion.runtime import _checks, _job


def describe() -> dict[str, Any]:
    """Return the fields of a `Runtime`."""
    _keras.check_chosen_in_time()
    devices = keras.distribution.list_devices()
    kind = devices[0].split(":")[0]
    name, memory, lstm = backend_module().device(kind)
    backend = _keras.backend()
    return {
        "platform": kind,
        "device_kind": name,
        "device_count": len(devices),
        "memory": memory,
        "backend": backend,
        "versions": {
            "Python": platform.python_version(),
            "Keras": keras.__version__,
            backend: sys.modules[backend].__version__,
        },
        "lstm": lstm,
    }


def distribute(count: int | None) -> tuple[int, int, int]:
    """Set up a distribution; return its devices, its processes and this one's number.

    Devices are looked for after the processes have met, since they count all.
    """
    _keras.check_chosen_in_time()
    backend = backend_module()
    _checks.check_none_in_force(in_force())
    processes = _job.from_environment()
    if processes is not None:
        _checks.check_can_join(_keras.backend(), count)
        backend.join(processes)
    devices = keras.distribution.list_devices()
    _checks.check_enough(count, devices)
    chosen = devices[:count]
    return len(chosen), *backend.distribute(chosen)


def in_force() -> bool:
    """Tell whether something is distributed."""
    return backend_module().devices_in_force() is not None


def end() -> None:
    """End the distribution in force, if there is one."""
    backend_module().end()


def backend_module() -> ModuleType:
    """Return the module that holds the lines of Keras's backend."""
    return _keras.backend_module("companion.runtime")
