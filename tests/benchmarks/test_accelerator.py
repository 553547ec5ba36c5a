"""The benchmark of an accelerator: its rows, its record, and that all do equal work.

No time is tested.
"""

import json
import subprocess

import keras
import numpy as np
import pytest

from benchmarks import accelerator
from benchmarks.accelerator import CASES, OURS, PLAIN, QUICK, WITHOUT_CUDNN, Case
from companion import layers, measurements

CHARACTERS = [case for case in CASES if case.network == "characters"]
RECORDS = [name for name in measurements.names() if name.startswith("accelerator-")]
LAYERS = (PLAIN, WITHOUT_CUDNN, OURS)


def options(*arguments):
    return accelerator._parser().parse_args(arguments)


# --- The rows ------------------------------------------------------------------------


def test_each_network_meets_each_layer_type_and_batch_once():
    assert len({case.name for case in CASES}) == len(CASES) == 16
    assert {case[2:] for case in CASES} == {
        (dtype, batch) for dtype in ("float32", "bfloat16") for batch in (128, 1024)
    }
    assert {case.layer for case in CHARACTERS} == set(LAYERS)
    assert (accelerator.ON_CPU.units, accelerator.ON_CPU.window) == (512, 100)
    assert accelerator.ON_CPU[:3] == accelerator.ON_ACCELERATOR[:3]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("network", ["digits", "characters"])
def test_only_the_last_layer_is_float32_under_mixed_precision(network, dtype):
    model = accelerator.build(Case(network, PLAIN, dtype, 128), QUICK)
    *others, last = (layer.compute_dtype for layer in model.layers)
    assert set(others) == {dtype}
    assert last == "float32"
    assert {weight.dtype for weight in model.weights} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"


def test_each_name_of_an_lstm_is_the_layer_that_it_says():
    found = {}
    for name in LAYERS:
        model = accelerator.build(Case("characters", name, "float32", 128), QUICK)
        found[name] = {
            (type(layer), layer.use_cudnn)
            for layer in model.layers
            if isinstance(layer, keras.layers.LSTM)
        }
    assert found == {
        PLAIN: {(keras.layers.LSTM, "auto")},
        WITHOUT_CUDNN: {(keras.layers.LSTM, False)},
        OURS: {(layers.LSTM, "auto")},
    }


@pytest.mark.parametrize(("dtype", "close"), [("float32", 1e-6), ("bfloat16", 5e-5)])
def test_every_layer_and_type_computes_the_same_from_a_seed(dtype, close):
    x, _ = accelerator.examples(CHARACTERS[0], QUICK)

    def outputs(layer, dtype):
        keras.utils.set_random_seed(0)
        model = accelerator.build(Case("characters", layer, dtype, 128), QUICK)
        return keras.ops.convert_to_numpy(model(x))

    expected = outputs(PLAIN, "float32")
    assert expected.shape == (2, 5, 256)
    for layer in LAYERS:
        # Probabilities near 1 / 256; bfloat16 has two to three digits.
        np.testing.assert_allclose(outputs(layer, dtype), expected, rtol=0, atol=close)


def test_the_examples_look_like_the_real_ones():
    codes, following = accelerator.examples(CHARACTERS[0], QUICK)
    assert codes.shape == following.shape == (2, 5)
    np.testing.assert_array_equal(codes[:, 1:], following[:, :-1])
    assert 0 <= codes.min() < codes.max() < 256
    images, digits = accelerator.examples(CASES[0], QUICK)
    assert images.shape == (2, 28, 28, 1)
    assert 0 <= images.min() < images.max() <= 1
    assert set(digits) <= set(range(10))


@pytest.mark.slow
def test_a_row_follows_from_its_times():
    case = Case("characters", OURS, "float32", 128)
    row = accelerator.measure(case, quick=True, seconds=0.0)
    assert len(row["calls"]) == 1
    step = row["calls"][0] / 2
    assert row["steps_in_a_call"] == 2
    assert row["seconds_a_step"] == step
    # 2 windows of 5 characters; 6 operations for each of its weights.
    assert row["units_a_second"] == pytest.approx(10 / step)
    assert row["microseconds_a_time_step"] == pytest.approx(step / 5 * 1e6)
    operations = 10 * 6 * (2 * 4 * 8 * 16 + 8 * 256)
    assert row["operations_a_step"] == operations
    share = operations / step / row["roof"]
    assert row["share_of_roof"] == pytest.approx(share)
    # It begins where knowing nothing does, and the second step sees the same batch.
    assert np.log(256) - 0.2 < row["loss_of_first_call"] < np.log(256)
    assert row["memory_of"] == "process"
    # In this process, which other tests may have left large.
    assert min(row["memory_mb"], row["memory_before_mb"]) > 50


def test_a_loss_that_is_no_number_is_no_measurement(monkeypatch):
    def program(model, case, sizes):
        return lambda: {"loss": np.nan}, 2

    monkeypatch.setattr(accelerator, "program", program)
    with pytest.raises(FloatingPointError, match="is nan"):
        accelerator.measure(CHARACTERS[0], quick=True, seconds=0.0)


@pytest.mark.parametrize(("seconds", "least", "most"), [(0.0, 2, 2), (60.0, 10, 10)])
def test_a_slow_call_is_repeated_less_often(seconds, least, most):
    calls = []
    times = accelerator.take(lambda: calls.append(1), seconds)
    assert len(times) == len(calls)
    assert least <= len(calls) <= most


def test_a_row_that_tells_nothing_new_is_left_out_with_the_reason():
    cpu, gpu = {"platform": "cpu"}, {"platform": "gpu"}
    measured = [case[1:] for case in CASES if not accelerator.needless(case, cpu)]
    assert measured == [
        (None, "float32", 128),
        (None, "float32", 1024),
        (None, "bfloat16", 128),
        (PLAIN, "float32", 128),
        (PLAIN, "float32", 1024),
        (PLAIN, "bfloat16", 128),
        (OURS, "float32", 128),
        (OURS, "float32", 1024),
    ]
    assert not any(accelerator.needless(case, gpu) for case in CASES)


# --- The process of a row, and the record --------------------------------------------


def ended(code, out="", err=""):
    return lambda *_, **__: subprocess.CompletedProcess([], code, out, err)


def out_of_time(call, *, timeout, **_):
    assert timeout == 5.0
    raise subprocess.TimeoutExpired(call, timeout)


@pytest.mark.parametrize(
    ("run", "row"),
    [
        (ended(0, 'A library speaks.\n{"roof": 1.0}\n'), {"roof": 1.0}),
        (
            ended(1, '{"roof": 1.0}', "Traceback ...\nRuntimeError: no memory\n"),
            {"problem": "failed: RuntimeError: no memory"},
        ),
        (ended(-9), {"problem": "failed: the process ended with -9"}),
        (out_of_time, {"problem": "stopped: not done after 5.0 s"}),
    ],
)
def test_a_process_that_fails_says_why_in_its_row(run, row, monkeypatch):
    monkeypatch.setattr(subprocess, "run", run)
    assert accelerator.apart(CASES[0].name, options("--limit", "5")) == row


def test_the_record_holds_the_command_the_device_and_every_row(tmp_path, monkeypatch):
    def apart(name, given):
        assert given.backend == "tensorflow"
        if name == "device":
            return {"platform": "cpu"}
        return {"problem": "failed: no"}

    monkeypatch.setattr(accelerator, "apart", apart)
    path = tmp_path / "record.json"
    arguments = ["--backend", "tensorflow", "--quick", "--json", str(path)]
    # Of 16 rows, 8 are left out.
    assert accelerator.main(arguments) == 8
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["command"] == (
        "python -m benchmarks.accelerator --backend tensorflow --seconds 20 "
        "--limit 600 --quick"
    )
    assert record["quick"] is True
    assert record["device"] == {"platform": "cpu"}
    assert {"date", "machine", "beside"} < set(record)
    names = [Case(*(row[each] for each in Case._fields)) for row in record["rows"]]
    assert names == list(CASES)


@pytest.mark.slow
def test_a_real_row_runs_end_to_end(tmp_path, monkeypatch, capsys):
    in_its_process = accelerator.apart

    def apart(name, given):
        if name != "device":
            return in_its_process(name, given)
        # In this process, which has loaded a framework already.
        accelerator.main(["--one", name])
        return json.loads(capsys.readouterr().out)

    monkeypatch.setattr(accelerator, "apart", apart)
    path = tmp_path / "record.json"
    name = "digits:float32:128"
    arguments = ["--quick", "--rows", name, "--seconds", "0", "--json", str(path)]
    assert accelerator.main(arguments) == 0
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["device"]["backend"] == keras.backend.backend()
    assert record["backend"] == "jax"
    (row,) = record["rows"]
    assert row["units_a_second"] > 0


# --- The records that the course shows -----------------------------------------------


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_of_the_course_is_whole(name):
    record = measurements.read(name)
    assert not record["quick"]
    assert {"platform", "device_kind", "versions"} <= set(record["device"])
    found = [Case(*(row[each] for each in Case._fields)) for row in record["rows"]]
    assert found == list(CASES)
    for row in record["rows"]:
        if "problem" not in row:
            step = row["seconds_a_step"]
            assert step == np.median(row["calls"]) / row["steps_in_a_call"]
            rate = row["operations_a_step"] / step
            assert row["share_of_roof"] == pytest.approx(rate / row["roof"])
