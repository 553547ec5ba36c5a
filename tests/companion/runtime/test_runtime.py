"""`companion.runtime`: what there is, and training on several devices at once."""

import doctest
import functools
import html.parser
import ipaddress
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import keras
import nbformat
import numpy as np
import pytest

from companion import runtime
from companion.runtime import _devices
from companion.runtime import _job as job
from tests.companion.runtime import runtime_worker as worker
from tools.set_repository import ROOT

pytestmark = pytest.mark.backend

PAGE = ROOT / "book/runtime/many-machines.ipynb"
ON_JAX = keras.config.backend() == "jax"
jax_only = pytest.mark.skipif(not ON_JAX, reason="about JAX's devices and processes")
tensorflow_only = pytest.mark.skipif(ON_JAX, reason="about TensorFlow's strategy")
# Seconds for a process to import its framework and compile, on a machine that does
# other things; and for the processes of a job to notice that one of them is gone.
LONG, SOON = 300, 30
# Gradients are summed share by share: another order of a few float32 numbers of size 1,
# over at most 15 updates.
ROUNDING = {"rtol": 1e-5, "atol": 2e-6}
VARIABLES = (job.ADDRESSES, job.PROCESSES, job.PROCESS)


@pytest.fixture(autouse=True)
def nothing_distributed():
    """End what a test that failed has left in force."""
    yield
    runtime.Distribution(1, 1, 0).end()


def start(folder, mode, *arguments, **variables):
    """Start the worker; its backend is the one that this test runs on."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environ = os.environ | {"KERAS_BACKEND": keras.config.backend()} | variables
    command = [sys.executable, worker.__file__, mode, str(folder), *arguments]
    with Path(folder, f"{mode}-{len(list(folder.iterdir()))}.txt").open("w") as log:
        return subprocess.Popen(
            command, env=environ | {"PYTHONPATH": path}, stdout=log, stderr=log
        )


def logs(folder):
    """Return the end of what the processes wrote, for a test that fails."""
    return "\n".join(path.read_text()[-3000:] for path in folder.glob("*.txt"))


def found(folder, number=0):
    """Return what a worker noted."""
    path = folder / f"{number}.json"
    assert path.exists(), logs(folder)
    return json.loads(path.read_text(encoding="utf-8"))


def assert_refused(notes, expected):
    """Each error must say what was expected, and nothing else must be refused."""
    assert sorted(notes) == sorted(expected)
    for name, pattern in expected.items():
        assert re.match(pattern, notes[name]), f"{name}: {notes[name]}"


@functools.cache
def alone(case):
    """Train a case on the one device of this process."""
    return worker.train(case)[1]


def assert_as_alone(trained):
    """History and weights must be those of one device."""
    assert list(trained) == list(worker.CASES)
    for case, result in trained.items():
        assert list(result["history"]) == list(alone(case)["history"])
        for name, values in alone(case)["history"].items():
            np.testing.assert_allclose(result["history"][name], values, **ROUNDING)
        np.testing.assert_allclose(
            result["weights"], alone(case)["weights"], **ROUNDING
        )


# --- What there is ---------------------------------------------------------------


def test_describes_the_machine():
    facts = runtime.describe()
    assert facts.backend == keras.config.backend()
    assert facts.versions["Keras"] == keras.__version__
    assert facts.versions[facts.backend] == sys.modules[facts.backend].__version__
    assert facts.device_count == len(keras.distribution.list_devices())
    if facts.platform == "cpu":
        assert facts.lstm == ("XLA" if ON_JAX else "plain")
        assert facts.memory > 10**8
        assert len(facts.device_kind) > 2


@jax_only
@pytest.mark.parametrize(
    ("platform", "version", "path"),
    [("gpu", "3.15.1", "cuDNN"), ("gpu", "3.13.2", "XLA"), ("tpu", "3.15.1", "XLA")],
)
def test_describes_an_accelerator_on_jax(monkeypatch, platform, version, path):
    import jax

    device = SimpleNamespace(
        device_kind="NVIDIA L4", memory_stats=lambda: {"bytes_limit": 5}
    )
    monkeypatch.setattr(jax, "local_devices", lambda: [device])
    monkeypatch.setattr(keras, "__version__", version)
    found = _devices.backend_module().device(platform)
    assert found == ("NVIDIA L4", 5, path)


@tensorflow_only
def test_describes_a_gpu_on_tensorflow(monkeypatch):
    import tensorflow as tf

    details = {"device_name": "NVIDIA L4"}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind])
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda device: details
    )
    assert _devices.backend_module().device("gpu") == ("NVIDIA L4", None, "cuDNN")


FACTS = runtime.Runtime(
    "gpu", "NVIDIA <L4>", 2, 3 * 2**30, "jax", {"Python": "3.12", "jax": "1"}, "cuDNN"
)


def test_the_description_as_text():
    lines = str(FACTS).splitlines()
    assert lines[:3] == ["platform: GPU", "device: 2 x NVIDIA <L4>", "memory: 3.0 GiB"]
    assert lines[4:] == [
        "versions: Python 3.12, jax 1",
        "an LSTM runs as: cuDNN's fused kernels",
    ]
    assert "memory: unknown" in str(FACTS._replace(memory=None))


def test_the_description_as_a_table():
    class Cells(html.parser.HTMLParser):
        def __init__(self):
            super().__init__()
            self.tags, self.text = [], []

        def handle_starttag(self, tag, attrs):
            self.tags.append(tag)

        def handle_data(self, data):
            self.text.append(data)

    cells = Cells()
    cells.feed(FACTS._repr_html_())
    pairs = zip(cells.text[::2], cells.text[1::2], strict=True)
    assert [": ".join(pair) for pair in pairs] == str(FACTS).splitlines()
    assert cells.tags == ["table", "tbody", *["tr", "th", "td"] * len(cells.text[::2])]


def test_refuses_a_backend_that_was_chosen_too_late(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    for action in (runtime.describe, runtime.distribute):
        with pytest.raises(RuntimeError, match="must be set before Keras is imported"):
            action()


# --- One device, one process -----------------------------------------------------


def test_a_distribution_acts_at_once_and_ends_with_its_block():
    with runtime.distribute(devices=1) as distribution:
        assert worker.describe(distribution) == [1, 1, 0]
        model = worker.compiled_circles()
        with pytest.raises(ValueError, match=r"in force already\. End it"):
            runtime.distribute()
        runtime.check(model, batch_size=7, steps=1)
    distribution.end()
    runtime.distribute(devices=1).end()


@tensorflow_only
def test_one_device_of_a_strategy_is_for_keras_too():
    with runtime.distribute(devices=1):
        model = worker.compiled_circles()
        with pytest.raises(ValueError, match=r"by MirroredStrategy\. Use model\.fit"):
            worker.training.fit(model, worker.X, worker.Y, **worker.QUIET)


def test_without_a_distribution_everything_passes():
    stateful = worker.models.char_lstm(units=2, batch_size=3, stateful=True)
    runtime.check(stateful, batch_size=3, steps=1, predict=True)


@pytest.mark.parametrize(
    ("error", "options"),
    [(TypeError, {"devices": 1.0}), (ValueError, {"devices": 0})],
)
def test_refuses_a_number_of_devices(error, options):
    with pytest.raises(error, match="`devices` must be an integer of at least 1"):
        runtime.distribute(**options)


@pytest.mark.parametrize("name", ["batch_size", "steps"])
def test_refuses_numbers_that_are_no_counts(name):
    model = worker.compiled_circles()
    with pytest.raises(ValueError, match=f"`{name}` must be an integer of at least 1"):
        runtime.check(model, **{"batch_size": 8, "steps": 1, name: 0})


def test_refuses_more_devices_than_there_are():
    with pytest.raises(ValueError, match=r"`devices` must be at most \d+.*JAX_NUM_CPU"):
        runtime.distribute(devices=10**6)


@pytest.mark.parametrize(
    "values",
    [
        ("10.0.0.1:1234", "2", None),
        ("10.0.0.1", "2", "0"),
        ("10.0.0.1:1234", "2", "2"),
        ("10.0.0.1:1234", "two", "0"),
        (None, "2", "0"),
    ],
)
def test_refuses_variables_that_describe_no_job(monkeypatch, values):
    for name, value in zip(VARIABLES, values, strict=True):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=f"several processes needs.*{values[1]}"):
        runtime.distribute()


@tensorflow_only
def test_refuses_several_processes_on_tensorflow(monkeypatch):
    for name, value in zip(VARIABLES, ("10.0.0.1:1234", "2", "0"), strict=True):
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=r"on JAX alone.*Set KERAS_BACKEND=jax"):
        runtime.distribute()


# --- Several devices, several processes ------------------------------------------


@jax_only
def test_four_devices_in_one_process(tmp_path):
    process = start(tmp_path, "devices", JAX_NUM_CPU_DEVICES="4", JAX_PLATFORMS="cpu")
    process.wait(LONG)
    notes = found(tmp_path)
    assert (notes["job"], notes["two of them"]) == ([4, 1, 0], [2, 1, 0])
    assert notes["predicted"] == [8, 1]
    # The circles' examples, the full batches, the smaller last one, the validation.
    for whole, part in [
        ([81, 2], [81, 2]),
        ([4, 20], [4, 5]),
        ([1], [1]),
        ([1, 9],) * 2,
    ]:
        assert [whole, part] in notes["placed"]
    assert_as_alone(notes["trained"])
    assert_refused(
        notes["refused"],
        {
            "batch": r"ValueError: .*a multiple of 4, for example 32.*batch_size=30",
            "place": r"ValueError: .*after runtime.distribute\(\).*on 1 of the 4",
            "stateful": r"ValueError: .*'lstm\w*' with stateful=True",
            "twice": r"ValueError: .*in force already",
            "too many": r"ValueError: `devices` must be at most 4.*devices=5",
            "too late": r"RuntimeError: .*Call runtime.distribute\(\) first",
        },
    )


@jax_only
@pytest.mark.skipif(sys.platform != "linux", reason="processes are killed as on Linux")
def test_two_processes(tmp_path):
    """Both run the chapter's script, then the cases; at last one of them is killed."""
    script = tmp_path / "job.py"
    script.write_text(job_script(), encoding="utf-8")
    port = free_port()
    local = {"JAX_NUM_CPU_DEVICES": "2", "JAX_PLATFORMS": "cpu"}
    shared = {job.ADDRESSES: f"127.0.0.1:{port}", job.PROCESSES: "2"}
    ranks = [
        start(
            tmp_path, "processes", str(script), **local, **shared, **{job.PROCESS: rank}
        )
        for rank in ("0", "1")
    ]
    try:
        ranks[1].wait(LONG)
        ranks[0].wait(SOON)
    finally:
        for rank in ranks:
            rank.kill()
    notes = [found(tmp_path, number) for number in (0, 1)]
    assert [rank.returncode for rank in ranks] == [1, -signal.SIGKILL], logs(tmp_path)
    assert [each["job"] for each in notes] == [[4, 2, 0], [4, 2, 1]]
    for name in ("trained", "script", "refused"):
        assert notes[0][name] == notes[1][name]
    assert all(each["predicted"] == [16, 1] for each in notes)
    assert_on_loopback(notes[0]["addresses"], port)
    for name in ("circles", "0", "1"):
        assert (tmp_path / f"{name}.keras").exists()
    assert notes[0]["script"]["loss"][-1] < 0.5 * notes[0]["script"]["loss"][0]
    assert_as_alone(notes[0]["trained"])
    assert_refused(
        notes[0]["refused"],
        {
            "steps": r"ValueError: The number of steps must be the same.*: 5, 6,",
            "batch": r"ValueError: The batch_size must be the same.*: 8, 9,",
            "data": r"ValueError: The training data .*must be the same in every",
            "order": r"ValueError: The setting of shuffle must be the same.*: 1, 0,",
            "seed": r"ValueError: The seed must be the same in every process.*: 0, 1,",
            "predict": r"ValueError: .*cannot predict.*copy.set_weights",
            "Keras's predict": r"ValueError: When using a multi-worker distribution",
            "ended": r"ValueError: .*lies in several processes.*has ended",
            "some": r"ValueError: .*all devices take part.*devices=1",
        },
    )


@jax_only
@pytest.mark.parametrize("told", [None, "0.0.0.0:1234"])
def test_the_coordinator_listens_where_it_is_told(monkeypatch, told):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(keras.distribution, "initialize", lambda *job: None)
    variable = "JAX_COORDINATOR_BIND_ADDRESS"
    # So that it is put back afterwards, whoever sets it.
    monkeypatch.setenv(variable, told or "")
    if told is None:
        del os.environ[variable]
    _devices.backend_module().join(job.Job("127.0.0.1:1234", 2, 0))
    assert os.environ[variable] == (told or "127.0.0.1:1234")


@pytest.mark.slow
@tensorflow_only
def test_four_devices_of_tensorflow(tmp_path):
    start(tmp_path, "mirrored").wait(LONG)
    notes = found(tmp_path)
    assert notes["job"] == [4, 1, 0]
    (history, weights), (expected, alone) = notes["together"], notes["alone"]
    assert list(history) == list(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, **ROUNDING)
    for ours, theirs in zip(weights, alone, strict=True):
        np.testing.assert_allclose(ours, theirs, **ROUNDING)
    assert_refused(
        notes["refused"],
        {
            "batch": r"ValueError: .*a multiple of 4, for example 32.*batch_size=30",
            "place": r"ValueError: .*after runtime.distribute\(\).*on 1 of the 4",
            "training.fit": r"ValueError: .*by MirroredStrategy\. Use model\.fit",
            "twice": r"ValueError: .*in force already",
        },
    )


def job_script():
    """Return the script that the chapter writes, a part in each of its cells."""
    sources = [cell.source for cell in nbformat.read(PAGE, as_version=4).cells]
    parts = [source for source in sources if source.startswith("%%writefile")]
    assert len(parts) == 2
    return "\n".join(part.partition("\n")[2] for part in parts)


def free_port():
    """Return a port at which nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


def assert_on_loopback(addresses, port):
    """The coordinator must listen, and must not be reached from another machine."""
    hosts = [ipaddress.ip_address(host) for host, at in addresses if at == port]
    assert hosts
    for host in hosts:
        assert (getattr(host, "ipv4_mapped", None) or host).is_loopback


def test_the_examples_in_the_docstrings_run():
    results = doctest.testmod(runtime)
    assert results.attempted > 5
    assert results.failed == 0
