"""The program of the record on hinge losses and crossentropy, on little work."""

import json

import numpy as np
import pytest

from benchmarks import hinge_or_crossentropy as program
from companion import data, losses, models

CIRCLES, CLUSTERS, BLOBS = program.CASES


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    path = tmp_path_factory.mktemp("record") / "record.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "CASES", (BLOBS._replace(losses=("Crammer-Singer",)),))
        sizes = ["--seeds", "2", "--tuning-seeds", "2", "--passes", "8"]
        rates = ["--rates", "1e-6", "0.03"]
        program.main([*sizes, "--json", str(path), *rates])
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_the_record_says_how_it_came_about(record):
    assert record["command"] == (
        "python -m benchmarks.hinge_or_crossentropy "
        "--seeds 2 --tuning-seeds 2 --passes 8 --rates 1e-6 0.03"
    )
    assert {"processor", "versions"} <= set(record["machine"])
    assert record["seeds"] == [0, 1]
    assert record["tuning_seeds"] == [1000, 1001]
    (case,) = record["cases"]
    assert case["points"] == "blobs"
    assert case["passes"] == 8


@pytest.mark.slow
def test_the_rate_that_arrives_is_chosen_and_its_curves_are_kept(record):
    slow, fast = record["runs"]
    # Nothing moves at a rate of one in a million.
    assert slow["tuning"] == slow["updates"] == [None, None]
    assert not slow["tuned"]
    assert "silent_by_pass" not in slow
    assert fast["tuned"]
    assert all(count % BLOBS.every == 0 for count in fast["updates"])
    assert [len(curve) for curve in fast["silent_by_pass"]] == [8, 8]
    assert [curve[-1] for curve in fast["silent_by_pass"]] == fast["silent"]
    assert min(fast["test"]) > 0.7 > max(slow["test"])
    assert 0 < max(fast["platt_error"]) < min(slow["softmax_error"])


def test_a_result_can_be_tried_on_new_seeds(monkeypatch):
    seen = []

    def measure(case, loss, rate, record):
        seen.append((case.points, loss, rate, record["seeds"]))
        names = ("data", "loss", "rate", "tuning", "updates", "curves")
        return dict.fromkeys(names)

    monkeypatch.setattr(program, "measure", measure)
    where = ["--only", "blobs", "--rates", "0.03", "--first-seed", "100"]
    program.main([*where, "--seeds", "2", "--tuning-seeds", "0"])
    assert seen == [("blobs", loss, 0.03, [100, 101]) for loss in BLOBS.losses]
    # Without tuning seeds nothing is chosen, and no curves are kept.
    record = {"rates": [0.03], "seeds": [100], "tuning_seeds": []}
    (row,) = program.settings(BLOBS, "crossentropy", record)
    assert not row["tuned"]
    assert not {"curves", "silent_by_pass"} & set(row)


def test_a_run_arrives_at_its_first_look_above_the_target():
    assert program.first([0.5, 0.991, 0.98, 1.0], CIRCLES) == 2 * CIRCLES.every
    assert program.first([0.99], CIRCLES) == CIRCLES.every
    assert program.first([0.5, 0.98], CIRCLES) is None


def test_a_run_that_never_arrives_has_spent_the_budget():
    np.testing.assert_array_equal(program.spent([10, None], 900), [10, 900])


def test_labels_are_what_each_loss_wants():
    y = np.array([0, 1, 1])
    assert program.targets(y, "hinge").tolist() == [[-1], [1], [1]]
    assert program.targets(y, "crossentropy").tolist() == [[0], [1], [1]]
    assert program.targets(np.array([2, 0]), "hinge").tolist() == [[0, 0, 1], [1, 0, 0]]


@pytest.mark.parametrize("case", program.CASES, ids=lambda case: case.points)
def test_looks_divide_a_pass_and_every_network_ends_in_scores(case):
    assert program.updates_per_pass(case) % case.every == 0
    assert case.own_rate in program.RATES
    for loss in case.losses:
        model = program.compiled(case, loss, 0.1)
        assert model.layers[-1].activation.__name__ == "linear"
        assert float(model.optimizer.learning_rate) == pytest.approx(0.1)


def test_crossentropy_is_silent_only_where_float32_has_no_slope_left():
    lead = np.array([[-5.0], [1.0], [17.0], [60.0], [200.0]], dtype="float32")
    two = np.asarray(program.sure_of_two(np.ones_like(lead), lead))
    many = np.asarray(
        program.sure_of_many(
            np.tile([[1.0, 0.0]], (5, 1)).astype("float32"),
            np.concatenate([lead, 0 * lead], axis=1),
        )
    )
    np.testing.assert_array_equal(two, [0, 0, 0, 0, 1])
    np.testing.assert_array_equal(many, two)
    slope = losses.binary_crossentropy_gradient(
        np.ones_like(lead), lead, from_logits=True
    )
    assert np.all(slope != 0)


def test_fresh_points_lie_around_the_centres_of_the_blobs():
    x, y = program.fresh_blobs()
    blobs = data.blobs()
    assert x.shape == (program.FRESH_POINTS, 2)
    for label in range(3):
        ours, theirs = x[y == label], blobs.x_train[blobs.y_train == label]
        # Twice 2 over the root of 167 points.
        np.testing.assert_allclose(ours.mean(axis=0), theirs.mean(axis=0), atol=0.6)
    assert not np.isin(x[:, 0], blobs.x_train[:, 0]).any()


def test_a_network_that_has_diverged_has_no_calibration():
    model = models.blobs_mlp(output="linear")
    model.set_weights([np.nan * weight for weight in model.get_weights()])
    found = program.calibration(model, data.blobs())
    assert found == {"softmax_error": None, "platt_error": None}
    assert program.rounded([None, 0.12345]) == [None, 0.1235]


def test_each_rate_has_a_line_of_its_own():
    lines = program.text({"date": "x", "runs": [{"a": [1, 2]}, {"a": [3]}]})
    assert json.loads(lines)["runs"] == [{"a": [1, 2]}, {"a": [3]}]
    assert '\n{"a": [3]}\n' in lines
