"""The benchmarks: the table, the workers, and that all contestants do the same work.

No time is tested.
"""

import dataclasses
import functools
import importlib.util
import json
import multiprocessing
import re

import keras
import numpy as np
import pytest

from benchmarks import __main__ as command
from benchmarks import blobs, characters, circles, digits, machine, report, vocabulary
from benchmarks.harness import (
    Contestant,
    Measured,
    Row,
    Settings,
    Target,
    compare,
    run,
)
from companion import models
from tests.benchmarks import contestants
from tests.benchmarks.contestants import ALLOCATED_MB, SECONDS

QUICK = Settings(quick=True)


def row(*setups, ours=1, **options):
    """Return a row of contestants named A, B ..., the first of them ours."""
    everyone = [
        Contestant(name, setup) for name, setup in zip("ABCD", setups, strict=False)
    ]
    options = {
        "ours": tuple(everyone[:ours]),
        "peers": tuple(everyone[ours:]),
    } | options
    return Row("a-row", "some work", **options)


def measured(row, **costs):
    everyone = (*row.ours, *row.peers)
    return [Measured(each, list(costs[each.name])) for each in everyone]


def silent(line):
    pass


# --- The table -----------------------------------------------------------------------


def test_ratios_are_of_the_same_round_and_their_median_counts():
    both = row(None, None, targets=(Target("A", "B", 3.5),))
    (comparison,) = compare(both, measured(both, A=[1, 2, 4], B=[10, 6, 8]))
    assert comparison.ratios == [10, 3, 2]
    # Not their mean, 5, nor the ratio of the medians, 8 / 2.
    assert comparison.ratio == 3
    header, line = report.table([(both, [comparison])])
    assert header.split() == ["row", "ours", "peer", "ratio", "spread", "target"]
    cells = ["a-row", "A", "2 s", "B", "8 s", "3", "2 to 10", "at least 3.5: missed"]
    assert re.split("  +", line) == cells


def test_numbers_have_three_digits_or_all_of_theirs():
    both = row(None, None)
    comparisons = compare(both, measured(both, A=[0.012345], B=[1706.4]))
    cells = re.split("  +", report.table([(both, comparisons)])[1])
    assert cells[2:5] == ["0.0123 s", "B", "1,706 s"]
    assert cells[5] == "138,226"


def test_a_target_is_reached_at_its_value():
    both = row(None, None, targets=(Target("A", "B", 3.0),))
    comparisons = compare(both, measured(both, A=[1], B=[3]))
    assert report.table([(both, comparisons)])[1].endswith("at least 3: reached")


def test_each_of_ours_stands_beside_each_peer():
    four = row(*[None] * 4, ours=2)
    comparisons = compare(four, measured(four, A=[1], B=[2], C=[4], D=[8]))
    pairs = {
        (each.ours.contestant.name, each.peer.contestant.name): each.ratio
        for each in comparisons
    }
    assert pairs == {("A", "C"): 4, ("A", "D"): 8, ("B", "C"): 2, ("B", "D"): 4}


def test_who_failed_has_no_ratio_after_that_and_the_reason_below():
    both = row(None, None, targets=(Target("A", "B", 2.0),))
    a, b = measured(both, A=[1, 2], B=[3])
    b.problem = "Traceback ...\nValueError: no"
    (comparison,) = compare(both, [a, b])
    assert comparison.ratios == [3]
    assert report.failed(b)
    assert "failed" in report.table([(both, [comparison])])[1]
    notes = report.notes(both, [a, b], QUICK, {})
    assert notes == ["a-row: some work", "  B: Traceback ...", "  B: ValueError: no"]


def test_speed_and_share_of_the_roof():
    one = row(None, operations=lambda settings: 3e9)
    notes = report.notes(one, measured(one, A=[0.5]), QUICK, {"square": 60.0})
    assert notes[1] == "  A: 6 GFLOP/s, 10% of the roof"


def test_a_roof_is_the_highest_that_any_library_reaches():
    both = row(None, None)
    a, b = measured(both, A=[1], B=[1])
    a.values, b.values = [{"square": 5.0, "copy": 2.0}], [{"square": 7.0}]
    assert report.roofs([a, b]) == {"square": 7.0, "copy": 2.0}


# --- The workers ---------------------------------------------------------------------


def logged(tmp_path, *, fresh):
    setups = [functools.partial(contestants.logs, name=name) for name in "AB"]
    settings = Settings(data=tmp_path)
    everyone = run(row(*setups, fresh=fresh), settings, repeats=2, say=silent)
    return (tmp_path / "log").read_text(encoding="utf-8").splitlines(), everyone


def test_contestants_work_in_turn_each_in_its_own_process(tmp_path):
    lines, (a, b) = logged(tmp_path, fresh=False)
    # Each once unmeasured, to be warm.
    assert lines == [
        *("A prepares", "A works", "A works", "B prepares", "B works", "B works"),
        *("A works", "B works"),
    ]
    (first, second), (other, _) = a.values, b.values
    assert first["process"] == second["process"] != other["process"]
    assert first["backend"] == "tensorflow"
    assert len(a.costs) == 2


def test_a_row_that_includes_compiling_has_a_process_for_each_run(tmp_path):
    lines, (a, _) = logged(tmp_path, fresh=True)
    assert lines == ["A prepares", "A works", "B prepares", "B works"] * 2
    assert a.values[0]["process"] != a.values[1]["process"]


def test_the_backend_is_set_before_anything_is_loaded(tmp_path):
    setup = functools.partial(contestants.logs, name="A")
    one = row(ours=0, peers=(Contestant("A", setup, backend="jax"),))
    (a,) = run(one, Settings(data=tmp_path), repeats=1, say=silent)
    assert a.values[0]["backend"] == "jax"


def test_time_is_multiplied_where_a_part_is_measured():
    part = Contestant("A", contestants.sleeps, times=100)
    (a,) = run(row(ours=0, peers=(part,)), QUICK, repeats=1, say=silent)
    assert a.costs[0] >= 100 * SECONDS
    assert a.values == [{"slept": SECONDS}]


def test_memory_is_the_peak_beyond_what_was_there_and_what_is_returned():
    returned = 100.0
    options = {"fresh": True, "unit": "MB", "returned": lambda settings: returned}
    (a,) = run(row(contestants.allocates, **options), QUICK, repeats=1, say=silent)
    # An interpreter adds a few megabytes of its own.
    assert a.costs[0] == pytest.approx(ALLOCATED_MB - returned, abs=20)


@pytest.mark.parametrize(
    ("setup", "problem", "rounds"),
    [
        (contestants.dies, "the process ended with status 3", 0),
        (contestants.dies_while_preparing, "the process ended with status 4", 0),
        (contestants.raises, "ValueError: the third run is too much", 1),
    ],
)
def test_a_contestant_that_fails_loses_nobody_elses_results(setup, problem, rounds):
    said = []
    both = row(setup, contestants.sleeps)
    failing, other = run(both, QUICK, repeats=3, say=said.append)
    assert failing.problem.strip().endswith(problem)
    assert len(failing.costs) == rounds
    assert other.problem == ""
    assert len(other.costs) == 3
    assert sum(line.endswith(problem) for line in said) == 1
    assert multiprocessing.active_children() == []


def test_a_contestant_whose_package_is_missing_is_skipped_with_the_reason():
    absent = Contestant("B", contestants.dies, needs=("json", "no_such_package"))
    both = row(contestants.sleeps, peers=(absent,))
    _, skipped = run(both, QUICK, repeats=1, say=silent)
    assert skipped.problem == "skipped: no_such_package is not installed"
    assert not report.failed(skipped)


def test_ctrl_c_ends_the_workers():
    def interrupted(line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(row(contestants.sleeps), QUICK, repeats=2, say=interrupted)
    assert multiprocessing.active_children() == []


# --- The command ---------------------------------------------------------------------


@pytest.mark.slow
def test_the_command_prints_the_table_and_writes_every_timing(
    tmp_path, monkeypatch, capsys
):
    both = row(contestants.sleeps, contestants.dies)
    monkeypatch.setattr(command, "rows", lambda: {both.name: both})
    path = tmp_path / "times.json"
    arguments = ["a-row", "--quick", "--repeats", "2", "--json", str(path)]
    assert command.main(arguments) == 1
    printed = capsys.readouterr().out
    assert "GFLOP/s" in printed
    assert "GB/s" in printed
    assert "the process ended with status 3" in printed
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["command"] == "python -m benchmarks " + " ".join(arguments)
    assert {"date", "repeats", "machine", "roofs"} < set(written)
    assert written["quick"] is True
    assert printed.startswith("Tiny sizes")
    assert {"processor", "cores", "versions", "variables"} < set(written["machine"])
    assert {"keras", "numpy"} < set(written["machine"]["versions"])
    assert set(machine.PRODUCTS) | {"copy", "read"} == set(written["roofs"])
    ((a, b),) = (each["contestants"] for each in written["rows"])
    assert len(a["costs"]) == 2
    assert (b["costs"], b["problem"]) == ([], "the process ended with status 3")
    (comparison,) = written["rows"][0]["comparisons"]
    assert comparison["ratio"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cubes"], "there is no row 'cubes'. The rows are circles, circles-again"),
        (["--repeats", "0"], "at least 1. Received: '0'"),
        (["--data", "nowhere"], "there is no folder 'nowhere'"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(arguments, message, capsys):
    with pytest.raises(SystemExit):
        command.main(arguments)
    assert message in " ".join(capsys.readouterr().err.split())


@pytest.mark.slow
def test_a_real_row_runs_end_to_end():
    whole = command.rows()["circles-again"]
    # On JAX and on PyTorch, which start in a few seconds.
    real = dataclasses.replace(whole, ours=whole.ours[1:], peers=whole.peers[1:])
    everyone = run(real, QUICK, repeats=1, say=silent)
    assert [each.problem for each in everyone if report.failed(each)] == []
    assert all(each.costs for each in everyone if not each.problem)


def test_the_names_of_rows_contestants_and_targets_agree():
    for each in command.rows().values():
        names = [contestant.name for contestant in (*each.ours, *each.peers)]
        assert len(set(names)) == len(names)
        for target in each.targets:
            assert target.ours in [contestant.name for contestant in each.ours]
            assert target.peer in [contestant.name for contestant in each.peers]


# --- Equal work ----------------------------------------------------------------------


def assert_learns(history, epochs):
    assert len(history["loss"]) == epochs
    assert history["loss"][-1] < history["loss"][0]


@pytest.fixture(autouse=True)
def seeded():
    """Fix the initial weights and the orders of the contestants that run here."""
    keras.utils.set_random_seed(0)
    if importlib.util.find_spec("torch"):
        import torch

        torch.manual_seed(0)


def values(*setups):
    """Return what each setup computes."""
    return [setup(QUICK)() for setup in setups]


def assert_same_weights(network, model):
    """Check that a PyTorch network has weights of the same shapes, transposed."""
    shapes = [tuple(weight.shape) for weight in network.parameters()]
    expected = [tuple(np.transpose(weight).shape) for weight in model.get_weights()]
    assert list(map(sorted, shapes)) == list(map(sorted, expected))


@pytest.mark.slow
def test_everyone_trains_on_the_circles_alike():
    ours, tutorial = values(circles.ours, circles.tutorial)
    assert set(ours) == set(tutorial)
    assert_learns(ours, 2)
    assert_learns(tutorial, 2)


@pytest.mark.slow
def test_pytorch_trains_the_same_network_on_the_circles():
    pytest.importorskip("torch")
    assert_same_weights(circles.pytorch_network(), models.circles_mlp())
    (history,) = values(circles.pytorch)
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert_learns(history, 2)


@pytest.mark.slow
def test_one_plain_run_of_the_blobs_is_a_thirtieth_of_the_work(monkeypatch):
    (peer,) = blobs.ROWS[0].peers
    assert peer.times == blobs.SEEDS == 30
    monkeypatch.setattr(blobs, "SEEDS", 6)
    (plain,), ours = (each["runs"] for each in values(blobs.plain, blobs.ours))
    assert {frozenset(each) for each in ours} == {frozenset(plain)}
    losses = np.array([each["loss"] for each in ours])
    assert losses.shape == (6, 2) == (6, len(plain["loss"]))
    assert losses.mean(axis=0)[1] < 0.8 * losses.mean(axis=0)[0]
    # One more draw from the same distribution, up to twice as far out.
    assert losses.min() / 2 < plain["loss"][1] < losses.max() * 2


@pytest.mark.slow
def test_everyone_trains_the_digits_network_alike(monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr(digits, "BATCH", 16)
    assert_same_weights(digits.pytorch_network(), models.digits_cnn())
    works = [setup(QUICK) for setup in (digits.ours, digits.plain, digits.pytorch)]
    for work in works:
        losses = [work()["loss"][0] for _ in range(3)]
        # Where it begins: no better than a guess among ten. Two batches an epoch.
        assert losses[0] == pytest.approx(np.log(10), rel=0.4)
        assert losses[-1] < losses[0]


@pytest.mark.slow
def test_everyone_takes_the_same_step_of_the_character_network():
    setups = [characters.our_step, characters.plain_step]
    if importlib.util.find_spec("torch"):
        setups.append(characters.pytorch_step)
    # The first batch, before the weights move.
    first, *others = ((each["loss"], each["accuracy"]) for each in values(*setups))
    for other in others:
        np.testing.assert_allclose(other, first, rtol=1e-5)


@pytest.mark.slow
def test_everyone_draws_the_same_texts():
    ours, plain = (
        each["texts"]
        for each in values(characters.our_sample, characters.predict_sample)
    )
    assert [len(text) for text in ours] == [25] * 5
    assert len(set(ours)) == 5
    assert [text[: len(part)] for text, part in zip(ours, plain, strict=True)] == plain
    assert {len(part) for part in plain} == {25 // characters.PREDICT_SHARE}
    pytest.importorskip("torch")
    assert values(characters.pytorch_sample)[0]["texts"] == ours


def assert_same_gradients(left, right):
    assert set(left) == {"loss", "hidden", "kernel", "bias"}
    for name, expected in right.items():
        # Sums of 64 tokens' float32 gradients.
        np.testing.assert_allclose(left[name], expected, rtol=1e-4, atol=1e-7)


def test_everyone_computes_the_same_loss_and_gradients():
    ours, dense = values(vocabulary.ours, vocabulary.dense)
    assert_same_gradients(ours, dense)
    pytest.importorskip("torch")
    for chunked in (True, False):
        setup = functools.partial(vocabulary.pytorch, chunked=chunked)
        assert_same_gradients(setup(QUICK)(), dense)


def test_operations_are_counted_by_hand():
    full = Settings()
    # Each of 12,800 characters meets two layers of 4 gates and the output.
    weights = 2 * 4 * (512 + 512) * 512 + 512 * 256
    assert characters.step_operations(full) == 6 * weights * 12_800
    assert vocabulary.operations(full) == 6 * 8_192 * 256 * 50_000
    # In megabytes: as many float32 numbers as there are in the parameters.
    assert vocabulary.gradients(full) == pytest.approx(
        4e-6 * (8_192 * 256 + 256 * 50_000 + 50_000)
    )
    image = 2 * 26**2 * 9 * 32 + 3 * (24**2 * 288 * 64 + 9_216 * 128 + 1_280)
    assert digits.operations(full) == 2 * 2_048 * image
