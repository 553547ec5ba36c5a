"""Train three networks with hinge losses and with crossentropy, at every learning rate.

    python -m benchmarks.hinge_or_crossentropy [--seeds 30] [--json FILE]

The records that the course shows were written by this command, on JAX, which trains the
seeds side by side. They tell for each data set, loss and rate how many updates a run
takes to a fixed training accuracy, how many examples have fallen silent, and how good
the network is in the end. The seeds that choose a rate are not those that are compared.
With ``--only``, ``--rates`` and ``--first-seed`` a result is tried on new seeds.
"""

import argparse
import datetime
import json
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks import machine
from companion import data, losses
from companion.data import Dataset
from companion.training import Run

if TYPE_CHECKING:
    import keras

    from companion._keras import Tensor

RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
# Far from the seeds that are compared, which count from 0.
FIRST_TUNING_SEED = 1_000
# Of the blobs' test points, for Platt scaling; fresh points then judge it.
CALIBRATION_POINTS = 250
FRESH_POINTS = 6_000


class Case(NamedTuple):
    """A data set, its network and optimizer, and how a run is watched.

    Attributes
    ----------
    points, network, optimizer : str
        Names in `companion.data`, `companion.models` and `keras.optimizers`.
    options : dict
        What the optimizer gets besides the learning rate.
    own_rate : float
        The learning rate in this data set's chapter.
    batch_size, passes : int
        Examples in an update, and how often a run goes through all of them.
    every : int
        The updates from one look at the training points to the next.
    target : float
        The training accuracy that counts as arrived.
    losses : tuple of str
        What is compared.
    """

    points: str
    network: str
    optimizer: str
    options: dict[str, float]
    own_rate: float
    batch_size: int
    passes: int
    every: int
    target: float
    losses: tuple[str, ...]


TWO_CLASSES = ("hinge", "squared hinge", "crossentropy")
MANY_CLASSES = ("categorical hinge", "Crammer-Singer", "crossentropy")
CASES = (
    Case("circles", "circles_mlp", "Adam", {}, 0.001, 5, 6, 2, 0.99, TWO_CLASSES),
    Case("clusters", "clusters_mlp", "Adam", {}, 0.001, 5, 8, 5, 0.99, MANY_CLASSES),
    Case(
        *("blobs", "blobs_mlp", "SGD", {"momentum": 0.9}),
        *(0.01, 32, 30, 4, 0.80, MANY_CLASSES),
    ),
)


def main(arguments: Sequence[str]) -> None:
    """Choose the rates, compare the losses, and write the record after each of them."""
    import keras

    options = _parser().parse_args(arguments)
    selected = [case for case in CASES if options.only in (None, case.points)]
    cases = [shortened(case, options.passes) for case in selected]
    last = FIRST_TUNING_SEED + options.tuning_seeds
    record: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": command(arguments),
        "machine": machine.describe(),
        "backend": keras.backend.backend(),
        "rates": options.rates,
        "seeds": list(range(options.first_seed, options.first_seed + options.seeds)),
        "tuning_seeds": list(range(FIRST_TUNING_SEED, last)),
        "cases": [case._asdict() for case in cases],
        "runs": [],
    }
    for case in cases:
        for loss in case.losses:
            record["runs"] += settings(case, loss, record)
            if options.json:
                options.json.write_text(text(record), encoding="utf-8")


def shortened(case: Case, passes: int | None) -> Case:
    """Return a case with fewer passes, to see that it runs."""
    return case if passes is None else case._replace(passes=passes)


def command(arguments: Sequence[str]) -> str:
    """Return the command that does it again, on any machine."""
    parts = list(arguments)
    if "--json" in parts:
        where = parts.index("--json")
        del parts[where : where + 2]
    return shlex.join(["python", "-m", "benchmarks.hinge_or_crossentropy", *parts])


def text(record: dict[str, Any]) -> str:
    """Return the record as JSON, with each learning rate on a line of its own."""
    *head, runs = record.items()
    lines = ",\n".join(map(json.dumps, runs[1]))
    return f'{json.dumps(dict(head), indent=1)[:-2]},\n "runs": [\n{lines}\n ]\n}}\n'


def settings(case: Case, loss: str, record: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of one loss, a row for each rate."""
    rows = [measure(case, loss, rate, record) for rate in record["rates"]]
    budget = case.passes * updates_per_pass(case)
    best = None
    if record["tuning_seeds"]:
        best = int(np.argmin([spent(row["tuning"], budget).mean() for row in rows]))
    for i, row in enumerate(rows):
        # Every curve of every rate would be a long record.
        curves = row.pop("curves")
        row["tuned"] = i == best
        if row["tuned"]:
            row["silent_by_pass"] = curves
        columns = ("data", "loss", "rate", "tuned", "updates")
        print({name: row[name] for name in columns}, flush=True)
    return rows


def spent(updates: Sequence[int | None], budget: int) -> NDArray[np.float64]:
    """Return the updates of each run; one that never arrives has spent the budget."""
    return np.array([budget if each is None else each for each in updates], float)


def measure(
    case: Case, loss: str, rate: float, record: dict[str, Any]
) -> dict[str, Any]:
    """Train with one loss and rate over all seeds, and say what became of each run."""
    dataset = getattr(data, case.points)()
    labels = targets(dataset.y_train, loss)
    build = partial(compiled, case, loss, rate)
    tuning, compared = record["tuning_seeds"], record["seeds"]
    runs = train(case, build, dataset.x_train, labels, seeds=[*tuning, *compared])
    fresh = runs[len(tuning) :]
    arrived = [first(run.history["val_accuracy"], case) for run in runs]
    per_pass = updates_per_pass(case) // case.every
    silent = [run.history["val_silent"][per_pass - 1 :: per_pass] for run in fresh]
    return {
        "data": case.points,
        "loss": loss,
        "rate": rate,
        "tuning": arrived[: len(tuning)],
        "updates": arrived[len(tuning) :],
        "train": rounded(run.history["val_accuracy"][-1] for run in fresh),
        "silent": rounded(each[-1] for each in silent),
        "curves": [rounded(each) for each in silent],
        **judged(case, build(), fresh, dataset),
    }


def updates_per_pass(case: Case) -> int:
    """Return the updates in one pass through the training points."""
    return -(-len(getattr(data, case.points)().x_train) // case.batch_size)


def targets(y: NDArray[np.int64], loss: str) -> NDArray[np.float32]:
    """Return labels as a loss wants them: -1 and +1, 0 and 1, or one-hot."""
    if y.max() > 1:
        return np.eye(y.max() + 1, dtype=np.float32)[y]
    column = y[:, None].astype(np.float32)
    return column if loss == "crossentropy" else 2 * column - 1


def compiled(case: Case, loss: str, rate: float) -> "keras.Model":
    """Return a fresh network with linear outputs."""
    import keras

    from companion import margins, models

    outputs = {} if case.points == "clusters" else {"output": "linear"}
    model = getattr(models, case.network)(**outputs)
    function, silent = functions(loss, classes=model.output_shape[-1])
    hits = margins.sign_accuracy if model.output_shape[-1] == 1 else one_hot_accuracy
    model.compile(
        loss=function,
        optimizer=getattr(keras.optimizers, case.optimizer)(rate, **case.options),
        metrics=[named("accuracy", hits), named("silent", silent)],
    )
    return model


def functions(loss: str, *, classes: int) -> tuple[Callable, Callable]:
    """Return a loss and a function that is 1 for the examples without a slope."""
    import keras

    from companion import margins

    known = {
        "hinge": keras.losses.hinge,
        "squared hinge": keras.losses.squared_hinge,
        "categorical hinge": keras.losses.categorical_hinge,
        "Crammer-Singer": margins.crammer_singer_hinge,
    }
    if loss in known:
        return known[loss], margins.silent(known[loss])
    if classes == 1:
        return keras.losses.BinaryCrossentropy(from_logits=True), sure_of_two
    return keras.losses.CategoricalCrossentropy(from_logits=True), sure_of_many


def named(name: str, function: Callable) -> "keras.Metric":
    """Return a metric under a name that is the same for every loss."""
    import keras

    return keras.metrics.MeanMetricWrapper(function, name=name)


def one_hot_accuracy(y_true: "Tensor", y_pred: "Tensor") -> "Tensor":
    """Return 1 for every row whose largest score is the true class's."""
    import keras

    return keras.metrics.categorical_accuracy(y_true, y_pred)


def sure_of_two(y_true: "Tensor", y_pred: "Tensor") -> "Tensor":
    """Return 1 where the wrong class's probability, the slope's size, has become 0."""
    from keras import ops

    wrong = ops.sigmoid((1 - 2 * y_true) * y_pred)
    return ops.mean(ops.cast(ops.equal(wrong, 0), "float32"), axis=-1)


def sure_of_many(y_true: "Tensor", y_pred: "Tensor") -> "Tensor":
    """Return 1 where all wrong probabilities together, in float32, have become 0."""
    from keras import ops

    wrong = ops.sum((1 - y_true) * ops.softmax(y_pred), axis=-1)
    return ops.cast(ops.equal(wrong, 0), "float32")


def train(
    case: Case,
    build: "Callable[[], keras.Model]",
    x: NDArray[np.float32],
    labels: NDArray[np.float32],
    *,
    seeds: Sequence[int],
) -> list[Run]:
    """Train over all seeds, with a look at the training points every few updates."""
    from companion import training

    parts = case.passes * updates_per_pass(case) // case.every
    return training.repeat(
        build,
        x,
        labels,
        seeds=seeds,
        epochs=parts,
        batch_size=case.batch_size,
        steps_per_epoch=case.every,
        validation_data=(x, labels),
        validation_batch_size=len(x),
    )


def first(accuracy: Sequence[float], case: Case) -> int | None:
    """Return the updates until a run first arrives; None if it never does."""
    arrived = np.flatnonzero(np.array(accuracy) >= case.target)
    return int(arrived[0] + 1) * case.every if arrived.size else None


def judged(
    case: Case, model: "keras.Model", runs: Sequence[Run], dataset: Dataset
) -> dict[str, list[float | None]]:
    """Return what each trained network is worth on points that it has not seen."""
    results: dict[str, list[Any]] = {"test": []}
    for run in runs:
        model.set_weights(run.weights)
        classes = decided(scores(model, dataset.x_test))
        results["test"].append(float(np.mean(classes == dataset.y_test)))
        if case.points == "blobs":
            for name, error in calibration(model, dataset).items():
                results.setdefault(name, []).append(error)
    return {name: rounded(values) for name, values in results.items()}


def scores(model: "keras.Model", x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return a network's outputs."""
    return np.asarray(model(x), dtype=np.float64)


def decided(outputs: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the class of the largest score, or of the sign of a single one."""
    if outputs.shape[1] == 1:
        return (outputs[:, 0] > 0).astype(np.int64)
    return outputs.argmax(axis=1)


def calibration(model: "keras.Model", dataset: Dataset) -> dict[str, float | None]:
    """Return the calibration errors of softmax and of Platt scaling, on fresh points.

    Platt scaling for several classes: a logistic regression whose features are the
    scores, fitted to test points, which trained nothing. A network whose scores are
    not finite has neither.
    """
    from sklearn.linear_model import LogisticRegression

    x, y = fresh_blobs()
    outputs = scores(model, x)
    if not np.isfinite(outputs).all():
        return {"softmax_error": None, "platt_error": None}
    few = slice(CALIBRATION_POINTS)
    platt = LogisticRegression(max_iter=1_000)
    platt.fit(scores(model, dataset.x_test[few]), dataset.y_test[few])
    # Shifted to a largest of 0, since the power of a large score would overflow.
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return {
        "softmax_error": losses.expected_calibration_error(
            powers / powers.sum(axis=1, keepdims=True), y
        ),
        "platt_error": losses.expected_calibration_error(
            platt.predict_proba(outputs), y
        ),
    }


def fresh_blobs() -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return new points around the blobs' true centres."""
    from sklearn.datasets import make_blobs

    centers = make_blobs(
        data.POINTS, centers=3, cluster_std=2, random_state=2, return_centers=True
    )[2]
    x, y = make_blobs(FRESH_POINTS, centers=centers, cluster_std=2, random_state=0)
    return x.astype(np.float32), y


def rounded(values: Iterable[float | None]) -> list[float | None]:
    """Return numbers with four decimals: finer than any single run is sure of."""
    return [None if value is None else round(float(value), 4) for value in values]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.hinge_or_crossentropy",
        description="Compare hinge losses with crossentropy at every learning rate.",
    )
    parser.add_argument("--seeds", type=int, default=30, help="runs compared (30)")
    parser.add_argument(
        "--tuning-seeds", type=int, default=10, help="runs that choose a rate (10)"
    )
    parser.add_argument("--only", help="one data set instead of all three")
    parser.add_argument(
        "--rates", type=float, nargs="+", default=list(RATES), help="learning rates"
    )
    parser.add_argument("--first-seed", type=int, default=0, help="of those compared")
    parser.add_argument("--passes", type=int, help="fewer passes, to see that it runs")
    parser.add_argument("--json", type=Path, help="where to write the record")
    return parser


if __name__ == "__main__":
    main(sys.argv[1:])
