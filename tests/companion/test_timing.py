"""Fair times: what is called when, and what is waited for."""

import doctest
from types import SimpleNamespace

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


@pytest.fixture
def clock(monkeypatch):
    """Stop the clock; it goes on by what a test tells it."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(timing.time, "perf_counter", lambda: clock.now)
    return clock


def test_the_first_call_is_kept_apart_and_seconds_are_those_of_the_clock(clock):
    waits = iter([0.25, 0.0, 0.5, 2.0])

    def wait():
        clock.now += next(waits)

    times = timing.compare({"compiles": wait}, repeats=3)

    assert times["compiles"] == timing.Times(0.25, [0.0, 0.5, 2.0])
    assert times["compiles"].median == 0.5


def test_the_median_ignores_the_first_call_and_an_outlier():
    assert timing.Times(100.0, [3.0, 1.0, 50.0]).median == 3.0


def test_a_promised_result_is_waited_for(clock, monkeypatch):
    jax = pytest.importorskip("jax")
    promised = jax.numpy.ones(3)
    waited = []

    def block_until_ready(result):
        waited.append(result)
        clock.now += 2.0

    monkeypatch.setattr(jax, "block_until_ready", block_until_ready)

    times = timing.compare({"promised": lambda: promised}, repeats=1)

    assert times["promised"] == timing.Times(2.0, [2.0])
    assert [result is promised for result in waited] == [True, True]


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
