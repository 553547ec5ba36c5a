"""What `companion.runtime` is made of.

`job` reads what the environment says of other processes, `refusals` says what cannot be
distributed. `on_tensorflow` and `on_jax` hold each backend's lines.
"""

import platform
import sys
from typing import Any

import keras

from companion._runtime import job, refusals


def describe() -> dict[str, Any]:
    """Return the fields of a `Runtime`."""
    job.check_backend()
    devices = keras.distribution.list_devices()
    kind = devices[0].split(":")[0]
    name, memory, lstm = backend_module().device(kind)
    backend = keras.config.backend()
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
    job.check_backend()
    backend = backend_module()
    refusals.check_none_in_force(in_force())
    processes = job.from_environment()
    if processes is not None:
        refusals.check_can_join(keras.config.backend(), count)
        backend.join(processes)
    devices = keras.distribution.list_devices()
    refusals.check_enough(count, devices)
    chosen = devices[:count]
    return len(chosen), *backend.distribute(chosen)


def in_force() -> bool:
    """Tell whether something is distributed."""
    return backend_module().devices_in_force() is not None


def end() -> None:
    """End the distribution in force, if there is one."""
    backend_module().end()


def backend_module() -> Any:
    """Return the module that holds the lines of Keras's backend."""
    if keras.config.backend() == "tensorflow":
        from companion._runtime import on_tensorflow

        return on_tensorflow
    from companion._runtime import on_jax

    return on_jax
