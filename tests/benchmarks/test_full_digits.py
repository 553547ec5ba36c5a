"""The program of the digits' record, on a few images."""

import json

import keras
import numpy as np
import pytest

from benchmarks import full_digits
from companion import models, training
from companion.data import Dataset

IMAGES = 30


@pytest.fixture(scope="module")
def raw():
    """Return noise in the form of mnist.npz."""
    rng = np.random.default_rng(0)
    shapes = {"x": (IMAGES, 28, 28), "y": (IMAGES,)}
    return {
        f"{kind}_{part}": rng.integers(256 if kind == "x" else 10, size=shape).astype(
            np.uint8
        )
        for part in ("train", "test")
        for kind, shape in shapes.items()
    }


@pytest.fixture(scope="module")
def folder(raw, tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    np.savez(folder / "mnist.npz", **raw)
    return folder


@pytest.fixture(scope="module")
def starts():
    """Return the order's seed and the initial weights of each run, once they ran."""
    return []


@pytest.fixture(scope="module")
def record(folder, starts):
    fit = training.fit

    def noted(model, *arrays, seed, **options):
        starts.append((seed, model.get_weights()))
        return fit(model, *arrays, seed=seed, **options)

    path = folder / "record.json"
    sizes = ["--seeds", "2", "--epochs", "1", "--images", str(IMAGES)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "fit", noted)
        full_digits.main([*sizes, "--data", str(folder), "--json", str(path)])
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_the_record_says_how_it_came_about(record, folder):
    assert record["command"] == (
        f"python -m benchmarks.full_digits --seeds 2 --epochs 1 --images {IMAGES}"
    )
    assert str(folder) not in json.dumps(record)
    assert record["images"] == {"training": IMAGES, "test": IMAGES}
    assert record["epochs"] == 1
    assert {"processor", "versions"} <= set(record["machine"])
    assert [run["seed"] for run in record["runs"]] == [0, 1]


@pytest.mark.slow
def test_a_run_counts_every_test_image(record, raw):
    occur = np.bincount(raw["y_test"], minlength=10)
    for run in record["runs"]:
        counts = np.array(run["confusion_matrix"])
        assert counts.shape == (10, 10)
        # Also digits that occur nowhere have their row and column.
        np.testing.assert_array_equal(counts.sum(axis=1), occur)
        assert run["test_accuracy"] == pytest.approx(np.trace(counts) / IMAGES)
        assert [len(values) for values in run["history"].values()] == [1, 1]
        assert run["test_loss"] > 0
        assert run["seconds"] > 0


@pytest.mark.slow
def test_a_seed_sets_the_initial_weights_and_the_order(record, starts):
    assert [seed for seed, _ in starts] == [0, 1]
    for seed, weights in starts:
        keras.utils.set_random_seed(seed)
        expected = models.digits_cnn().get_weights()
        for a, b in zip(weights, expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_copy_holds_what_keras_would_fetch(folder, raw, monkeypatch):
    parts = [(raw[f"x_{part}"], raw[f"y_{part}"]) for part in ("train", "test")]
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: parts)
    copied = full_digits.load(folder, images=7)
    fetched = full_digits.load(None, images=7)
    for a, b in zip(copied, fetched, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype
        assert len(a) == 7


def test_the_fingerprint_is_of_the_bytes_and_sees_any_change(folder):
    digits = full_digits.load(folder, images=None)
    known = full_digits.fingerprint(digits)
    assert known == full_digits.fingerprint(full_digits.load(folder, images=None))
    changed = {known}
    for place in range(4):
        arrays = [array.copy() for array in digits]
        arrays[place][0] = arrays[place][0] == 0
        changed.add(full_digits.fingerprint(Dataset(*arrays)))
    changed.add(full_digits.fingerprint(Dataset(*digits[2:], *digits[:2])))
    changed.add(full_digits.fingerprint(Dataset(*(array[::-1] for array in digits))))
    assert len(changed) == 7


def test_the_command_leaves_out_what_is_not_set():
    options = full_digits._parser().parse_args([])
    assert full_digits.command(options) == (
        "python -m benchmarks.full_digits --seeds 3 --epochs 12"
    )
