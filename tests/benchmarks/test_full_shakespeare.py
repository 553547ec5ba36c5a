"""The record of the full-size network: on a tiny one, the same program throughout."""

import json

import numpy as np
import pytest

from benchmarks import full_shakespeare
from companion import data, text


@pytest.mark.slow
def test_the_record_says_what_was_run(tmp_path, monkeypatch):
    monkeypatch.setattr(full_shakespeare, "BATCH", 4)
    monkeypatch.setattr(full_shakespeare, "WINDOW", 5)
    path = tmp_path / "record.json"

    full_shakespeare.main(["--updates", "20", "--units", "3", "--json", str(path)])

    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["command"] == (
        "python -m benchmarks.full_shakespeare --updates 20 --units 3"
    )
    assert (record["units"], record["batch_size"], record["every"]) == (3, 4, 10)
    rates = [run["learning_rate"] for run in record["runs"]]
    assert rates == [0.01, 0.001]
    fast, slow = record["runs"]
    for run in (fast, slow):
        assert len(run["loss"]) == 2
        # A network that has hardly learnt: about log 256, and no more than that.
        assert 4 < run["held_back_loss"] < 5.6
    # The same start and the same windows, so the larger steps have come further.
    assert fast["loss"][1] < slow["loss"][1] < np.log(256) + 0.01


def test_no_window_is_shown_twice_and_the_order_is_fixed(monkeypatch):
    monkeypatch.setattr(full_shakespeare, "WINDOW", 5)
    test = data.shakespeare().test[:3000]

    x, y = full_shakespeare.chosen(test)

    expected, _ = text.windows(text.encode(test), 5)
    assert sorted(x.tolist()) == sorted(expected.tolist())
    assert x.tolist() != expected.tolist()
    np.testing.assert_array_equal(x[:, 1:], y[:, :-1])
    np.testing.assert_array_equal(full_shakespeare.chosen(test)[0], x)
