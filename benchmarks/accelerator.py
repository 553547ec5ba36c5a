"""Time training steps of the digits' and the Shakespeare network on what there is.

    python -m benchmarks.accelerator --backend jax [--json FILE]

The same command runs on a CPU, a GPU and a TPU. Each row is one network, layer, data
type and batch size in a process of its own, so that its peak of memory is its own; it
is timed in the program that `training.fit` runs, on one batch of random data that lies
on the device. Beside it, in the same process, a large matrix product in the same data
type says what the device can do at most. The record that it writes is what the chapter
on GPUs and TPUs shows. A row that cannot be measured says why.
"""

import argparse
import datetime
import json
import math
import os
import shlex
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import machine
from benchmarks.characters import CODES, operations_a_character
from benchmarks.digits import operations_an_image
from benchmarks.harness import MEGABYTE, peak_memory
from companion import timing

if TYPE_CHECKING:
    import keras

ROOT = Path(__file__).parents[1]
BATCHES = (128, 1024)
# Keras's policy for each data type. The last layer is float32 in either.
POLICIES = {"float32": "float32", "bfloat16": "mixed_bfloat16"}
PLAIN, WITHOUT_CUDNN, OURS = "keras", "keras, use_cudnn=False", "companion"
# Timed calls of a row, after the first.
MOST_CALLS = 9


class Case(NamedTuple):
    """What one row measures."""

    network: str
    # Which LSTM; None for the digits.
    layer: str | None
    dtype: str
    batch: int

    @property
    def name(self) -> str:
        """The row's name, as `--rows` takes it."""
        return ":".join(str(part) for part in self if part is not None)


class Sizes(NamedTuple):
    """How large the work is."""

    units: int
    window: int
    # Examples in a batch are divided by this.
    divisor: int
    # Steps in a call of the program.
    steps: dict[str, int]
    # The side of the matrices whose product is the roof.
    square: int


CASES = (
    *(Case("digits", None, dtype, batch) for dtype in POLICIES for batch in BATCHES),
    *(
        Case("characters", layer, dtype, batch)
        for layer in (PLAIN, WITHOUT_CUDNN, OURS)
        for dtype in POLICIES
        for batch in BATCHES
    ),
)
QUICK = Sizes(8, 5, 64, {"digits": 2, "characters": 2}, 64)
ON_CPU = Sizes(512, 100, 1, {"digits": 4, "characters": 1}, 2048)
# There a step takes milliseconds and a call has to be long beside its beginning.
ON_ACCELERATOR = Sizes(512, 100, 1, {"digits": 100, "characters": 50}, 16_384)


def main(arguments: Sequence[str]) -> int:
    """Measure the rows, write the record after each, and return how many failed."""
    options = _parser().parse_args(arguments)
    if options.one:
        print(json.dumps(_alone(options.one, options)))
        return 0
    record: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": command(options),
        "backend": options.backend,
        "machine": machine.describe(),
        "device": apart("device", options),
        "beside": options.beside,
        "quick": options.quick,
        "rows": [],
    }
    for case in (case for case in CASES if options.rows in case.name):
        reason = needless(case, record["device"])
        row = {"problem": reason} if reason else apart(case.name, options)
        record["rows"].append(case._asdict() | row)
        print(f"{case.name}: {row_summary(row)}", file=sys.stderr, flush=True)
        if options.json:
            text = json.dumps(record, indent=1) + "\n"
            options.json.write_text(text, encoding="utf-8")
    return sum(str(row.get("problem")).startswith("failed") for row in record["rows"])


def command(options: argparse.Namespace) -> str:
    """Return the command that does it again, on any machine."""
    arguments = ["--backend", options.backend, "--seconds", str(options.seconds)]
    arguments += ["--limit", str(options.limit)]
    arguments += ["--rows", options.rows] if options.rows else []
    arguments += ["--quick"] if options.quick else []
    return shlex.join(["python", "-m", "benchmarks.accelerator", *arguments])


def needless(case: Case, device: dict[str, Any]) -> str:
    """Say why a row would tell nothing that another one does not; "" if it would."""
    if device.get("platform") != "cpu":
        return ""
    if case.layer == WITHOUT_CUDNN:
        return "not measured: a CPU has no cuDNN, so this is Keras's own layer"
    if case.layer == OURS and case.dtype != "float32":
        return "not measured: in this data type the layer is Keras's own"
    if case.dtype != "float32" and case.batch == max(BATCHES):
        return "not measured: on a CPU the smaller batch tells as much, and sooner"
    return ""


# --- One row, in a process of its own ------------------------------------------------


def apart(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return what a new process measured, or why there is nothing."""
    call = [sys.executable, "-m", "benchmarks.accelerator", "--one", name]
    call += ["--backend", options.backend, "--seconds", str(options.seconds)]
    call += ["--quick"] if options.quick else []
    quiet = {"KERAS_BACKEND": options.backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        process = subprocess.run(
            call,
            cwd=ROOT,
            env=os.environ | quiet,
            timeout=options.limit,
            capture_output=True,
            text=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"problem": f"stopped: not done after {options.limit} s"}
    if process.returncode == 0:
        return json.loads(process.stdout.splitlines()[-1])
    lines = process.stderr.strip().splitlines()
    last = lines[-1][:300] if lines else f"the process ended with {process.returncode}"
    return {"problem": f"failed: {last}"}


def _alone(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Return the device, or what a row measures; this process does nothing else."""
    if name == "device":
        return device()
    (case,) = (case for case in CASES if case.name == name)
    return measure(case, quick=options.quick, seconds=options.seconds)


def device() -> dict[str, Any]:
    """Return what the backend runs on."""
    from companion import runtime

    return runtime.describe()._asdict()


def measure(case: Case, *, quick: bool, seconds: float) -> dict[str, Any]:
    """Return the times of a row and what follows from them."""
    import keras

    sizes = QUICK if quick else ON_CPU if _on_cpu() else ON_ACCELERATOR
    memory_before, steps = peak_memory(), sizes.steps[case.network]
    keras.utils.set_random_seed(0)
    call, batch = program(build(case, sizes), case, sizes)
    losses: list[float] = []
    times = take(lambda: losses.append(float(call()["loss"])), seconds)
    if not np.isfinite(losses[0]):
        raise FloatingPointError(f"the loss of the first call is {losses[0]}")
    memory = _memory(memory_before)
    step = statistics.median(times[1:]) / steps
    count, unit, operations = work(case, sizes, batch)
    peak = roof(case.dtype, sizes.square, seconds)
    return {
        "first_call": times[0],
        "calls": times[1:],
        "steps_in_a_call": steps,
        "loss_of_first_call": losses[0],
        "seconds_a_step": step,
        "unit": unit,
        "units_a_second": count / step,
        "operations_a_step": operations,
        "roof": peak,
        "share_of_roof": operations / step / peak,
        "microseconds_a_time_step": (step / sizes.window * 1e6 if case.layer else None),
        **memory,
    }


def build(case: Case, sizes: Sizes) -> "keras.Model":
    """Return a compiled network of the course in a data type, with one kind of LSTM."""
    import keras

    from companion import models

    if case.network == "digits":
        model = models.digits_cnn()
        optimizer = keras.optimizers.Adadelta(learning_rate=1.0)
    else:
        model = models.char_lstm(units=sizes.units)
        optimizer = keras.optimizers.RMSprop(learning_rate=0.01)
    model = in_precision(model, POLICIES[case.dtype], case.layer)
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(),
        optimizer=optimizer,
        metrics=[keras.metrics.SparseCategoricalAccuracy()],
    )
    return model


def in_precision(model: "keras.Model", policy: str, layer: str | None) -> "keras.Model":
    """Return the network anew: a policy for all layers but the last, and one LSTM.

    Each layer has a policy of its own, so nothing global is left changed. The last one
    is float32, and with it the softmax and the loss.
    """
    import keras

    def remake(each: "keras.Layer") -> "keras.Layer":
        last = each is model.layers[-1]
        config = each.get_config() | {"dtype": "float32" if last else policy}
        if not isinstance(each, keras.layers.LSTM) or layer == OURS:
            return type(each).from_config(config)
        cudnn = False if layer == WITHOUT_CUDNN else "auto"
        return keras.layers.LSTM.from_config(config | {"use_cudnn": cudnn})

    return keras.models.clone_model(model, clone_function=remake)


def program(
    model: "keras.Model", case: Case, sizes: Sizes
) -> tuple[Callable[[], dict[str, Any]], int]:
    """Return a call of the program that `training.fit` runs, and its batch size.

    Every step takes the same batch, which is on the device already: what `fit` spends
    before and after its epochs is not a step's.
    """
    from companion.training import _arguments
    from companion.training._plan import Batches, make_plan
    from companion.training._programs import compiled, to_tensors

    x, y = examples(case, sizes)
    options = {"batch_size": len(x), "shuffle": False}
    plan = make_plan(_arguments(options, x=x, y=y))
    programs = compiled(model, plan, jit_compile="auto")
    rows = np.tile(np.arange(len(x), dtype=np.int32), (sizes.steps[case.network], 1))
    arrays, batches = to_tensors(plan.training), to_tensors(Batches(rows, None))
    return lambda: programs.train(arrays, batches), len(x)


def examples(case: Case, sizes: Sizes) -> tuple[NDArray, NDArray]:
    """Return one batch at random, in the shapes of the real data."""
    rng, batch = np.random.default_rng(0), case.batch // sizes.divisor
    if case.network == "digits":
        x = rng.random((batch, 28, 28, 1), dtype=np.float32)
        return x, rng.integers(10, size=batch)
    codes = rng.integers(CODES, size=(batch, sizes.window + 1), dtype=np.int32)
    return codes[:, :-1], codes[:, 1:]


def work(case: Case, sizes: Sizes, batch: int) -> tuple[int, str, float]:
    """Return how much a step works off, of what, and its operations."""
    if case.network == "digits":
        return batch, "images", batch * operations_an_image()
    count = batch * sizes.window
    return count, "characters", count * operations_a_character(sizes.units)


def roof(dtype: str, square: int, seconds: float) -> float:
    """Return the operations a second of a large product, at its fastest.

    At the backend's own precision for the type: on an accelerator float32 may mean
    products of fewer digits, for the network as for the roof.
    """
    import keras

    a, b = (
        keras.ops.cast(keras.random.normal((square, square), seed=seed), dtype)
        for seed in (0, 1)
    )
    return 2 * square**3 / min(take(lambda: keras.ops.matmul(a, b), seconds)[1:])


def take(call: Callable[[], object], seconds: float) -> list[float]:
    """Return the time of the first call, and of as many more as the seconds allow.

    At least one more, since the first one compiles.
    """
    first_times = timing.compare({"call": call}, repeats=1)["call"]
    times = [first_times.first, *first_times.later]
    # The next comparison, too, has a call before its repeats.
    more = min(MOST_CALLS, math.floor(seconds / first_times.median)) - 2
    if more > 0:
        again = timing.compare({"call": call}, repeats=more)["call"]
        times += [again.first, *again.later]
    return times


def _memory(memory_before: float) -> dict[str, Any]:
    """Return the peak of memory, and whose it is.

    A CPU has no counter of its own. There it is the process's, and beside it stands
    what the libraries held before.
    """
    peak = next(_device_peaks(), None)
    if peak is not None:
        return {"memory_mb": peak / MEGABYTE, "memory_of": "device"}
    return {
        "memory_mb": peak_memory(),
        "memory_of": "process",
        "memory_before_mb": memory_before,
    }


def _device_peaks() -> Iterator[int]:
    """Yield the device's own peak of bytes in use, if it keeps one."""
    import keras

    if keras.config.backend() == "jax":
        import jax

        stats = jax.local_devices()[0].memory_stats() or {}
        yield from [stats[name] for name in ("peak_bytes_in_use",) if name in stats]
    else:
        import tensorflow as tf

        if tf.config.list_physical_devices("GPU"):
            yield tf.config.experimental.get_memory_info("GPU:0")["peak"]


def _on_cpu() -> bool:
    import keras

    devices = keras.distribution.list_devices()
    return all(name.startswith("cpu") for name in devices)


def row_summary(row: dict[str, Any]) -> str:
    """Return a row's line."""
    if "problem" in row:
        return row["problem"]
    return (
        f"{row['seconds_a_step'] * 1e3:,.2f} ms a step, "
        f"{row['units_a_second']:,.0f} {row['unit']} a second, "
        f"{row['share_of_roof']:.1%} of {row['roof'] / 1e12:.3g} TFLOP/s, "
        f"{row['memory_mb']:,.0f} MB ({row['memory_of']})"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accelerator",
        description="Time training steps on the device that there is.",
        epilog="rows: " + ", ".join(case.name for case in CASES),
    )
    parser.add_argument("--backend", default="jax", choices=("jax", "tensorflow"))
    parser.add_argument(
        "--rows", default="", help="only the rows whose name holds this text"
    )
    parser.add_argument(
        "--seconds", type=float, default=20, help="spent on a row after its start (20)"
    )
    parser.add_argument(
        "--limit", type=float, default=600, help="seconds after which a row ends (600)"
    )
    parser.add_argument(
        "--beside", default="nothing", help="what else runs there, for the record"
    )
    parser.add_argument(
        "--quick", action="store_true", help="tiny sizes, to see that everything runs"
    )
    parser.add_argument("--json", type=Path, help="where to write the record")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
