"""Shaken rounding: Keras's draws are scaled a little, and what breaks is told."""

import importlib.util
import json
import subprocess
import sys
from types import SimpleNamespace

import keras
import nbformat
import numpy as np
import pytest

from tools import execute, shake
from tools.execute import Failure, Statement

ON_JAX = keras.config.backend() == "jax"
MODULE = f"keras.src.backend.{keras.config.backend()}.random"


@pytest.fixture(scope="module")
def hook():
    """Return the module that Python would load at its start."""
    path = shake.HOOK / "sitecustomize.py"
    spec = importlib.util.spec_from_file_location("shaken_draws", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def draw(seed, shape=(200, 50)):
    return keras.random.normal(shape, seed=seed)


def scale(hook, seed, shake_seed, of=draw):
    """Return by how much each number of a draw was scaled."""
    shaken = hook.shaken(of, shake_seed)
    return np.asarray(shaken(seed)) / np.asarray(of(seed)) - 1


@pytest.mark.backend
def test_a_draw_is_scaled_as_a_whole_by_about_a_millionth(hook):
    scales = np.array([np.median(scale(hook, seed, 1)) for seed in range(40)])
    spread = scale(hook, 0, 1)
    # float32 rounds at 1.2e-7.
    assert np.ptp(spread) < 3e-7
    assert 0.5e-6 < np.std(scales) < 1.5e-6
    assert abs(np.mean(scales)) < 0.5e-6


@pytest.mark.backend
def test_equal_draws_stay_equal_and_each_seed_shakes_otherwise(hook):
    first, again, other = (scale(hook, 3, seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, scale(hook, 4, 1))


@pytest.mark.backend
def test_a_compiled_program_scales_as_much(hook):
    # Keras's own draws differ there on TensorFlow, so that these are given.
    scaled = hook.shaken(lambda drawn: drawn, 1)
    drawn = draw(3)
    if ON_JAX:
        import jax

        compiled = jax.jit(scaled)(drawn)
    else:
        import tensorflow as tf

        compiled = tf.function(scaled, jit_compile=True)(drawn)
    assert not np.array_equal(drawn, scaled(drawn))
    # A compiler may round otherwise, by one unit in the last place.
    np.testing.assert_allclose(compiled, scaled(drawn), rtol=2.5e-7)


@pytest.mark.backend
def test_a_draw_in_half_precision_keeps_its_type(hook):
    shaken = hook.shaken(draw, 1)
    half = hook.shaken(lambda seed: keras.ops.cast(draw(seed), "bfloat16"), 1)
    assert keras.backend.standardize_dtype(shaken(1).dtype) == "float32"
    assert keras.backend.standardize_dtype(half(1).dtype) == "bfloat16"


@pytest.mark.backend
def test_the_draws_are_wrapped_as_soon_as_keras_has_loaded_them(hook, monkeypatch):
    done = []
    spec = importlib.util.spec_from_file_location(MODULE, "random.py")
    monkeypatch.setattr(spec.loader, "exec_module", done.append)
    finder = SimpleNamespace(find_spec=lambda *name: spec)
    monkeypatch.setattr(hook, "PathFinder", finder)
    assert hook.Finder.find_spec("keras") is None
    draws = dict.fromkeys(hook.DRAWS, draw)
    module = SimpleNamespace(**draws, randint=draw)
    hook.Finder.find_spec(MODULE).loader.exec_module(module)
    assert done == [module]
    assert {name for name, at in vars(module).items() if at is draw} == {"randint"}
    # Keras has every one of them.
    assert all(hasattr(keras.random, name) for name in hook.DRAWS)


@pytest.mark.parametrize(("seed", "hooked"), [(0, False), (7, True)])
def test_python_loads_it_by_its_path_and_seed_0_shakes_nothing(seed, hooked):
    setting = shake.Setting("jax", seed, None, True, 1)
    code = "import sys; print(any(f.__name__ == 'Finder' for f in sys.meta_path "
    code += "if hasattr(f, '__name__')))"
    environ = {"PATH": "", **setting.variables()}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True
    )
    assert done.stdout.decode().strip() == str(hooked), done.stderr


def test_a_setting_is_made_by_variables(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--of=mine")
    monkeypatch.setenv("PYTHONPATH", "mine")
    variables = shake.Setting("jax", 2, "SSE4_2", False, 2).variables()
    assert variables["KERAS_BACKEND"] == "jax"
    assert variables["CROSSENTROPY_COURSE_SHAKE"] == "2"
    assert variables["XLA_FLAGS"] == "--of=mine --xla_cpu_max_isa=SSE4_2"
    assert variables["ONEDNN_MAX_CPU_ISA"] == "SSE41"
    assert variables["TF_ENABLE_ONEDNN_OPTS"] == "0"
    assert variables["PYTHONPATH"].endswith("mine")
    plain = shake.Setting("jax", 0, None, True, 1).variables()
    assert not {"XLA_FLAGS", "ONEDNN_MAX_CPU_ISA", "TF_ENABLE_ONEDNN_OPTS"} & set(plain)


@pytest.fixture
def shaken_runs(monkeypatch, tmp_path):
    """Run settings without kernels: the page `circles` fails on JAX with seed 2."""
    seen = []

    def run(notebook, environ):
        seen.append((notebook.stem, environ["KERAS_BACKEND"], environ["NPROC"]))
        assert nbformat.read(notebook, as_version=4).cells
        if notebook.stem != "circles" or environ["KERAS_BACKEND"] != "jax":
            return None
        if environ["CROSSENTROPY_COURSE_SHAKE"] == "2":
            statement = Statement("circles-9", 3, "assert a\n    == b", "1, 2")
            return Failure(notebook, [statement], "")
        return Failure(notebook, [], "text\nnbclient.DeadKernelError: Kernel died\n")

    monkeypatch.setattr(shake, "SHAKEN", tmp_path / "shaken")
    monkeypatch.setattr(shake, "run", run)
    return seen


def test_every_setting_runs_and_every_failure_is_told(shaken_runs, tmp_path, capsys):
    path = tmp_path / "shaken.json"
    options = "--seeds 1-2 --backend tensorflow jax --threads 1 2 --notebooks circles"
    command = [*options.split(), "quickstart", "--json", str(path)]
    assert shake.main(command) == 4
    assert len(shaken_runs) == len(set(shaken_runs)) * 2 == 16
    printed = capsys.readouterr().out
    assert "circles: circles-9, line 3: assert a == b\n    jax-seed-2-thr" in printed
    assert "circles: stopped: Kernel died\n    jax-seed-1-threads-1" in printed
    assert "16 runs, 4 with a statement that does not hold" in printed
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["command"].startswith("python -m tools.shake --seeds 1-2")
    failed = [run for run in record["runs"] if run["statements"]]
    assert [(run["seed"], run["backend"], run["threads"]) for run in failed] == [
        (2, "jax", 1),
        (2, "jax", 2),
    ]
    assert failed[0]["statements"][0]["cell"] == "circles-9"


def test_an_unknown_notebook_is_named(capsys):
    with pytest.raises(SystemExit, match=r"No notebook circle\. There are: .*circles"):
        shake.main(["--notebooks", "circle"])


@pytest.mark.slow
def test_a_notebook_is_shaken_and_runs_to_its_end(tmp_path):
    code = nbformat.v4.new_code_cell
    cells = [
        code("%load_ext companion.statements\nimport keras"),
        code("draw = keras.src.backend.random.normal\nraw = draw.__wrapped__"),
        code("# Checks.\nassert (raw((), seed=1) == draw((), seed=1))", id="one"),
        code("# Checks.\nassert 1 == 2", id="two"),
    ]
    path = tmp_path / "page.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    # JAX starts in half the time.
    setting = shake.Setting("jax", 5, None, True, 1)
    with execute.kernels() as variables:
        environ = execute.environment() | variables | setting.variables()
        failure = execute.run(path, environ)
    assert [found.cell for found in failure.statements] == ["one", "two"]
    assert failure.error == ""
