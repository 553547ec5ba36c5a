"""What the environment says of the processes of a job."""

import os
from typing import NamedTuple

ADDRESSES, PROCESSES, PROCESS = (
    f"KERAS_DISTRIBUTION_{name}"
    for name in ("JOB_ADDRESSES", "NUM_PROCESSES", "PROCESS_ID")
)


class Job(NamedTuple):
    """Where the processes of a job meet, how many they are, and which this is."""

    coordinator: str
    processes: int
    process: int


def from_environment() -> Job | None:
    """Return the job that Keras's variables describe, or None if they are not set."""
    names = ADDRESSES, PROCESSES, PROCESS
    values = [os.environ.get(name) for name in names]
    if not any(values):
        return None
    received = ", ".join(
        f"{name}={value}" for name, value in zip(names, values, strict=True)
    )
    addresses, *numbers = (value or "" for value in values)
    # As in Keras, process 0 coordinates, and has the first address.
    coordinator = addresses.split(",")[0].strip()
    if ":" not in coordinator or not all(number.isdecimal() for number in numbers):
        raise ValueError(_expected(received))
    processes, process = map(int, numbers)
    if process >= processes:
        raise ValueError(_expected(received))
    return Job(coordinator, processes, process)


def _expected(received: str) -> str:
    return (
        f"A job of several processes needs {ADDRESSES}, the address and port of "
        f"process 0, for example 10.0.0.1:1234; {PROCESSES}, for example 2; and "
        f"{PROCESS}, from 0 to one less than that, another one in each process. "
        f"Received: {received}"
    )
