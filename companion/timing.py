"""Fair times: functions that do the same work, timed in turns in one run."""

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from companion._arguments import check_count

__all__ = ["Times", "compare"]


class Times(NamedTuple):
    """How long the calls of one function took, in seconds.

    Attributes
    ----------
    first : float
        The first call, which compiles where there is something to compile.
    later : list of float
        The calls after it.
    """

    first: float
    later: list[float]

    @property
    def median(self) -> float:
        """The median of the later calls."""
        return statistics.median(self.later)


def compare(
    functions: Mapping[str, Callable[[], object]], *, repeats: int = 5
) -> dict[str, Times]:
    """Time functions against each other in one run.

    Every function is called once before the rounds begin. Then each round calls all of
    them in turn, so that a disturbance of the machine meets them alike. A time is
    taken when the result is there: JAX, and TensorFlow on a GPU, return earlier.

    Parameters
    ----------
    functions : dict of str to function without arguments
        What to time, under a name. On JAX each must return the arrays that it computes:
        they are what is waited for.
    repeats : int
        The number of rounds after the first call.

    Returns
    -------
    dict of str to Times
        The times of each function, in seconds.

    Raises
    ------
    TypeError
        If `functions` maps no names to functions, or `repeats` is not an integer.
    ValueError
        If there is no function, or `repeats` is below 1.

    Examples
    --------
    >>> from companion import timing
    >>> times = timing.compare(
    ...     {"ten": lambda: sum(range(10)), "million": lambda: sum(range(1_000_000))}
    ... )
    >>> len(times["ten"].later)
    5
    >>> times["million"].median > 10 * times["ten"].median
    True
    """
    _check_functions(functions)
    repeats = check_count("repeats", repeats)
    first = {name: _seconds(function) for name, function in functions.items()}
    rounds = [
        {name: _seconds(function) for name, function in functions.items()}
        for _ in range(repeats)
    ]
    return {
        name: Times(first[name], [times[name] for times in rounds])
        for name in functions
    }


def _seconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    _wait(function())
    return time.perf_counter() - start


def _wait(result: object) -> None:
    """Return when the result is computed, not only promised.

    A framework that is not loaded has promised nothing.
    """
    if "jax" in sys.modules:
        sys.modules["jax"].block_until_ready(result)
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow and tensorflow.config.list_logical_devices("GPU"):
        tensorflow.test.experimental.sync_devices()


def _check_functions(functions: object) -> None:
    message = (
        "`functions` must map names to functions without arguments, for example "
        f'{{"fit": lambda: model.fit(x, y)}}. Received: {functions!r}'
    )
    if not isinstance(functions, Mapping):
        raise TypeError(message)
    if not functions:
        raise ValueError(message)
    if not all(callable(function) for function in functions.values()):
        raise TypeError(message)
