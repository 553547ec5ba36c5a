"""Fair times: what is called when, and what is waited for."""

import doctest
import time

import pytest

from companion import timing


def test_functions_are_called_in_turns_after_a_first_call_each():
    calls = []
    names = ("a", "b")
    functions = {name: lambda name=name: calls.append(name) for name in names}

    times = timing.compare(functions, repeats=3)

    assert calls == ["a", "b"] * 4
    assert list(times) == ["a", "b"]
    assert [len(times[name].later) for name in names] == [3, 3]


def test_the_first_call_is_kept_apart():
    waits = iter([0.2, 0.0, 0.0, 0.0])

    times = timing.compare({"compiles": lambda: time.sleep(next(waits))}, repeats=3)

    assert times["compiles"].first >= 0.2
    assert max(times["compiles"].later) < 0.2


def test_seconds_are_seconds_of_the_clock():
    times = timing.compare({"sleep": lambda: time.sleep(0.02)}, repeats=1)

    assert 0.02 <= times["sleep"].later[0] < 1.0


def test_the_median_ignores_the_first_call_and_an_outlier():
    assert timing.Times(100.0, [3.0, 1.0, 50.0]).median == 3.0


def test_a_promised_result_is_waited_for():
    jax = pytest.importorskip("jax")

    def slow(x):
        return jax.lax.fori_loop(0, 40, lambda i, x: x @ x / 1000, x)

    compiled = jax.jit(slow)
    x = jax.numpy.ones((500, 500))
    compiled(x).block_until_ready()
    waited = []

    def wait_inside():
        begin = time.perf_counter()
        compiled(x).block_until_ready()
        waited.append(time.perf_counter() - begin)

    times = timing.compare({"promised": lambda: compiled(x), "inside": wait_inside})

    # A promise alone comes back in well under a hundredth of that time.
    assert times["promised"].median > 0.3 * min(waited)


@pytest.mark.parametrize(
    ("functions", "repeats", "error", "says"),
    [
        ({}, 5, ValueError, "must map names to functions"),
        ([int], 5, TypeError, "must map names to functions"),
        ({"a": 1}, 5, TypeError, "Received: {'a': 1}"),
        ({"a": int}, 0, ValueError, "at least 1. Received: repeats=0"),
        ({"a": int}, 2.0, TypeError, "at least 1. Received: repeats=2.0"),
        ({"a": int}, True, TypeError, "at least 1. Received: repeats=True"),
    ],
)
def test_what_cannot_be_timed_is_refused(functions, repeats, error, says):
    with pytest.raises(error, match=says):
        timing.compare(functions, repeats=repeats)


def test_the_examples_in_the_docstrings_hold():
    failed, tried = doctest.testmod(timing)

    assert failed == 0
    assert tried > 0
