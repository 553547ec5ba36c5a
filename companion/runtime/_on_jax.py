"""JAX's lines: data parallelism with `keras.distribution`."""

import os
import sys
from types import TracebackType

import jax
import keras
import numpy as np
from jax.experimental import multihost_utils

from companion import _host
from companion.runtime._job import Job


def device(platform: str) -> tuple[str, int | None, str]:
    """Return a device's name and memory, and the path that an LSTM takes."""
    if platform == "cpu":
        return _host.processor(), _host.memory(), "XLA"
    first = jax.local_devices()[0]
    # A platform that keeps no account returns None.
    memory = (first.memory_stats() or {}).get("bytes_limit")
    return first.device_kind, memory, "cuDNN" if _has_cudnn(platform) else "XLA"


def join(job: Job) -> None:
    """Meet the other processes of a job, unless that is done."""
    if jax.distributed.is_initialized():
        return
    # JAX's coordinator listens on every network of the machine unless told otherwise.
    os.environ.setdefault("JAX_COORDINATOR_BIND_ADDRESS", job.coordinator)
    try:
        keras.distribution.initialize(*job)
    except RuntimeError as error:
        if "must be called before" not in str(error):
            raise
        raise RuntimeError(
            "The processes of a job must meet before JAX computes anything or looks "
            "for its devices, and something has done so. Call runtime.distribute() "
            "first, right after the imports."
        ) from error
    # Only now: a process that met nobody keeps nobody waiting.
    sys.excepthook = _leave_at_once


def distribute(devices: list[str]) -> tuple[int, int]:
    """Distribute over devices; return the processes and this one's number."""
    keras.distribution.set_distribution(
        keras.distribution.DataParallel(devices=devices)
    )
    return jax.process_count(), jax.process_index()


def end() -> None:
    """End the distribution in force."""
    keras.distribution.set_distribution(None)


def devices_in_force() -> int | None:
    """Return how many devices share each batch, or None if nothing is distributed."""
    distribution = keras.distribution.distribution()
    return None if distribution is None else distribution.device_mesh.devices.size


def devices_of(model: keras.Model) -> int | None:
    """Return on how many devices a model lies, or None if it has no variables yet."""
    places = (len(variable.value.sharding.device_set) for variable in model.variables)
    return min(places, default=None)


def spans_processes(model: keras.Model) -> bool:
    """Tell whether a part of the model lies in another process."""
    return not all(variable.value.is_fully_addressable for variable in model.variables)


def processes() -> int:
    """Return the number of processes."""
    return jax.process_count()


def gather(numbers: list[int]) -> list[list[int]]:
    """Return the numbers of every process, one list for each."""
    # Seeds and checksums fill 32 bits without a sign, and JAX has no more by default.
    return multihost_utils.process_allgather(np.array(numbers, "uint32")).tolist()


def _has_cudnn(platform: str) -> bool:
    """Tell whether Keras uses cuDNN here: on a GPU, from its version 3.14 on."""
    release = tuple(int(part) for part in keras.__version__.split(".")[:2])
    return platform == "gpu" and release >= (3, 14)


def _leave_at_once(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """End a process of a job at an error that nobody caught.

    JAX's usual end waits up to five minutes for the other processes, and these wait
    for this one. Its closed connections tell them at once.
    """
    sys.__excepthook__(kind, error, traceback)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)
