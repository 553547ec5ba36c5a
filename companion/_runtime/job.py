"""What the environment says: Keras's backend, and the processes of a job."""

import os
from typing import NamedTuple

import keras

ADDRESSES, PROCESSES, PROCESS = (
    f"KERAS_DISTRIBUTION_{name}"
    for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")
)


class Job(NamedTuple):
    """Where the processes of a job meet, how many they are, and which this is."""

    coordinator: str
    processes: int
    process: int


def check_backend() -> None:
    """Refuse a backend that the course does not use, or that was chosen too late."""
    backend = keras.config.backend()
    wanted = os.environ.get("KERAS_BACKEND") or backend
    if wanted != backend:
        raise RuntimeError(
            f"KERAS_BACKEND must be set before Keras is imported. Received: {wanted!r} "
            f"now, and Keras has begun with {backend!r}. Start Python again (in a "
            "notebook: restart the kernel) and set it in the first lines."
        )
    if backend not in ("tensorflow", "jax"):
        raise ValueError(
            "The backend must be TensorFlow or JAX: set KERAS_BACKEND to one of them "
            f"before Keras is imported. Received: {backend!r}"
        )


def from_environment() -> Job | None:
    """Return the job that Keras's variables describe, or None if they are not set."""
    names = ADDRESSES, PROCESSES, PROCESS
    given = [os.environ.get(name) for name in names]
    if not any(given):
        return None
    received = ", ".join(
        f"{name}={value}" for name, value in zip(names, given, strict=True)
    )
    addresses, *numbers = given
    coordinator = (addresses or "").split(",")[0].strip()
    if ":" not in coordinator or not all(
        number and number.isdecimal() for number in numbers
    ):
        raise ValueError(_expected(received))
    processes, process = map(int, numbers)
    if process >= processes:
        raise ValueError(_expected(received))
    return Job(coordinator, processes, process)


def _expected(received: str) -> str:
    """Return what the three variables must be."""
    return (
        f"A job of several processes needs {ADDRESSES}, the address and port of "
        f"process 0, for example 10.0.0.1:1234; {PROCESSES}, for example 2; and "
        f"{PROCESS}, from 0 to one less than that, another one in each process. "
        f"Received: {received}"
    )
