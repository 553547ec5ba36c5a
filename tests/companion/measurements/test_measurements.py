"""The records of one-off measurements: complete, and at one with themselves."""

import json
import re
from datetime import datetime

import numpy as np
import pytest

from companion import measurements

RECORDS = {name: measurements.read(name) for name in measurements.names()}
# Of a Unix system or of Windows, at the beginning of a word.
PATH = re.compile(r"(?<![\w./:])(?:~?/|[A-Za-z]:\\)\w")
DIGITS = RECORDS["digits-full"]
each_record = pytest.mark.parametrize("record", RECORDS.values(), ids=RECORDS)
each_run = pytest.mark.parametrize(
    "run", DIGITS["runs"], ids=lambda run: f"seed {run['seed']}"
)


def texts(value):
    """Return all strings in a record, names included."""
    if isinstance(value, dict):
        return [*value, *(text for part in value.values() for text in texts(part))]
    if isinstance(value, list):
        return [text for part in value for text in texts(part)]
    return [value] if isinstance(value, str) else []


def test_names_are_sorted_and_without_their_ending():
    assert measurements.names() == sorted(RECORDS)
    assert "digits-full" in RECORDS
    assert not any("." in name for name in RECORDS)


@pytest.mark.parametrize("name", ["digits", "digits-full.json", "../data", ""])
def test_an_unknown_name_is_told_the_known_ones(name):
    with pytest.raises(
        ValueError, match=re.escape(f"record {name!r}. The records are")
    ) as refusal:
        measurements.read(name)
    assert "digits-full" in str(refusal.value)


def test_a_reader_may_change_what_was_read():
    measurements.read("digits-full").clear()
    assert measurements.read("digits-full") == DIGITS


@each_record
def test_a_record_says_how_to_do_it_again(record):
    assert datetime.fromisoformat(record["date"]).tzinfo is not None
    assert re.match(r"(make book && )?python -m benchmarks\.", record["command"])
    assert record["machine"]["processor"]
    assert record["machine"]["cores"] >= 1
    assert record["machine"]["versions"]["keras"]


@each_record
def test_a_record_names_no_path_of_its_machine(record):
    assert [text for text in texts(record) if PATH.search(text)] == []


@pytest.mark.parametrize("path", ["/home/a", "--json /tmp/x", "--data=~/m", "C:\\Temp"])
def test_the_search_for_paths_finds_some(path):
    assert PATH.search(path)
    assert not PATH.search("2/3 of a GB/s, https://keras.io, x86_64-with-glibc2.36")


@each_record
def test_a_record_holds_plain_finite_numbers(record):
    def refuse(constant):
        raise AssertionError(constant)

    json.loads(json.dumps(record), parse_constant=refuse)


# --- The digits ----------------------------------------------------------------------


def test_the_digits_were_all_of_mnist_and_the_command_names_the_runs():
    assert DIGITS["images"] == {"training": 60_000, "test": 10_000}
    assert re.fullmatch("[0-9a-f]{64}", DIGITS["sha256"])
    seeds = [run["seed"] for run in DIGITS["runs"]]
    assert seeds == list(range(len(seeds)))
    assert f"--seeds {len(seeds)} --epochs {DIGITS['epochs']}" in DIGITS["command"]
    assert "--images" not in DIGITS["command"]


@each_run
def test_a_run_has_each_epoch_and_took_time(run):
    assert set(run["history"]) == {"loss", "sparse_categorical_accuracy"}
    for values in run["history"].values():
        assert len(values) == DIGITS["epochs"]
    assert run["history"]["loss"][-1] < run["history"]["loss"][0] < np.log(10)
    assert run["seconds"] > 0


@each_run
def test_the_counts_of_a_run_are_those_of_mnist_and_of_its_accuracy(run):
    counts = np.array(run["confusion_matrix"])
    # How often each digit occurs among MNIST's test images.
    occur = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert counts.sum(axis=1).tolist() == occur
    # Keras gives the accuracy in float32.
    assert run["test_accuracy"] == pytest.approx(np.trace(counts) / 10_000, rel=1e-6)
    # A wrong answer costs at least log 2, because the true class got less than half.
    wrong = 10_000 - np.trace(counts)
    assert run["test_loss"] > wrong * np.log(2) / 10_000


def test_the_seeds_gave_different_networks():
    losses = {run["test_loss"] for run in DIGITS["runs"]}
    assert len(losses) == len(DIGITS["runs"])


# --- Hinge or crossentropy -----------------------------------------------------------

RACE = RECORDS["hinge-or-crossentropy"]
AGAIN = [RECORDS[f"hinge-or-crossentropy-{name}"] for name in ("blobs", "circles")]


def test_the_race_holds_every_loss_at_every_rate_and_every_seed():
    for case in RACE["cases"]:
        for loss in case["losses"]:
            rows = [
                row
                for row in RACE["runs"]
                if (row["data"], row["loss"]) == (case["points"], loss)
            ]
            assert [row["rate"] for row in rows] == RACE["rates"]
            assert sum(row["tuned"] for row in rows) == 1
    assert not set(RACE["tuning_seeds"]) & set(RACE["seeds"])
    for record in AGAIN:
        assert not set(RACE["tuning_seeds"] + RACE["seeds"]) & set(record["seeds"])


@pytest.mark.parametrize("record", [RACE, *AGAIN], ids=["all", "blobs", "circles"])
def test_a_row_of_the_race_has_a_number_for_every_run(record):
    every = {case["points"]: case["every"] for case in record["cases"]}
    for row in record["runs"]:
        assert len(row["tuning"]) == len(record["tuning_seeds"])
        for name in ("updates", "train", "silent", "test"):
            assert len(row[name]) == len(record["seeds"]), name
        for name in ("train", "silent", "test"):
            assert 0 <= min(row[name]) <= max(row[name]) <= 1, name
        arrived = [count for count in row["updates"] if count is not None]
        assert all(count % every[row["data"]] == 0 for count in arrived)


def test_the_tuned_rates_were_tried_again():
    tuned = {(row["data"], row["loss"]): row for row in RACE["runs"] if row["tuned"]}
    for record in AGAIN:
        found = [(row["data"], row["loss"], row["rate"]) for row in record["runs"]]
        wanted = [
            (*key, row["rate"])
            for key, row in tuned.items()
            if key[0] == record["cases"][0]["points"]
        ]
        assert set(wanted) <= set(found)
