"""`training.fit` and `training.repeat` against Keras's own `model.fit`."""

import doctest
import functools
import gc
import signal
import weakref

import keras
import numpy as np
import pytest
from keras import callbacks, layers, losses, optimizers

from companion import training
from companion.training._plan import make_plan
from tests.companion.training import comparing
from tests.companion.training.comparing import (
    assert_same_history,
    assert_same_weights,
)

pytestmark = pytest.mark.backend

RNG = np.random.default_rng(0)
# Batches of 8 divide them evenly; batches of 7 or a validation split do not.
X = RNG.normal(size=(40, 3)).astype("float32")
Y = (X.sum(axis=1) > 0).astype("int64")
QUIET = {"batch_size": 8, "verbose": 0}
IN_ORDER = {**QUIET, "shuffle": False}
# Quicker to make, for tests of what happens between the epochs.
UNCOMPILED = {**QUIET, "jit_compile": False}
tensorflow_only = pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="about TensorFlow's programs"
)


def planned(x, y, **given):
    """Return the plan of a fit with these arguments."""
    return make_plan(training._arguments(given, x=x, y=y))


def network(*, optimizer=None, seed=0, hidden=list, outputs=1, **compiled):
    """Return a tiny compiled network whose initial weights the seed fixes.

    `hidden` is a function, since a layer draws its seed when it is made.
    """
    keras.utils.set_random_seed(seed)
    activation = "sigmoid" if outputs == 1 else "linear"
    output = layers.Dense(outputs, activation=activation)
    model = keras.Sequential([keras.Input((3,)), *hidden(), output])
    compiled.setdefault("loss", "binary_crossentropy")
    model.compile(optimizer=optimizer or optimizers.SGD(0.1), **compiled)
    return model


def assert_same_run(build, x=X, y=Y, ours=None, **options):
    return comparing.assert_same_run(build, x, y, ours=ours, **IN_ORDER | options)


# --- The same numbers as model.fit -----------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "optimizer",
    [
        lambda: optimizers.Adam(0.01),
        lambda: optimizers.SGD(0.1, momentum=0.9),
        lambda: optimizers.RMSprop(0.01),
        lambda: optimizers.Adadelta(1.0),
    ],
    ids=["adam", "sgd", "rmsprop", "adadelta"],
)
def test_optimizers(optimizer):
    def build():
        return network(optimizer=optimizer(), metrics=["accuracy"])

    assert_same_run(build, batch_size=7, epochs=3)


@pytest.mark.slow
def test_a_model_with_state_penalties_schedule_and_moving_average():
    def build():
        schedule = optimizers.schedules.ExponentialDecay(0.1, 3, 0.8)
        optimizer = optimizers.SGD(schedule, use_ema=True, ema_momentum=0.5)
        penalties = {"kernel_regularizer": "l2", "activity_regularizer": "l1"}

        def hidden():
            return [layers.Dense(3, **penalties), layers.BatchNormalization()]

        return network(hidden=hidden, optimizer=optimizer)

    assert_same_run(build, validation_data=(X[:8], Y[:8]), epochs=2)


@pytest.mark.slow
def test_weights_of_examples_and_weighted_metrics():
    weights = RNG.uniform(0, 3, size=40)
    assert_same_run(
        lambda: network(weighted_metrics=["accuracy"], metrics=["mae"]),
        sample_weight=weights,
        validation_split=0.2,
        epochs=2,
    )


@pytest.mark.slow
def test_weights_of_classes_and_a_weighted_validation_set():
    assert_same_run(
        lambda: network(weighted_metrics=["accuracy"]),
        class_weight={1: 5.0},
        validation_data=(X[:9], Y[:9], np.linspace(0, 1, 9)),
        epochs=2,
    )


@pytest.mark.parametrize("labels", ["integers", "column", "one-hot"])
def test_weights_of_classes_for_every_form_of_labels(labels):
    y = Y + 2 * (X[:, 0] > 1)
    given = {"integers": y, "column": y[:, None], "one-hot": np.eye(4)[y]}[labels]
    _, _, weights = planned(X, given, class_weight={0: 0.5, 2: 3}).training
    np.testing.assert_array_equal(weights, np.choose(y, [0.5, 1.0, 3.0, 1.0]))
    assert weights.dtype == np.float32


@pytest.mark.slow
def test_integer_labels_with_a_class_to_ignore():
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)
    y = np.where(X[:, 0] > 1, -1, Y + (X[:, 1] > 0))
    assert_same_run(lambda: network(loss=loss, outputs=3), y=y, epochs=2)


def test_several_inputs_float64_data_and_few_examples():
    def build():
        keras.utils.set_random_seed(0)
        inputs = {"a": keras.Input((3,), name="a"), "b": keras.Input((1,), name="b")}
        outputs = layers.Dense(1)(layers.Concatenate()(list(inputs.values())))
        model = keras.Model(inputs, outputs)
        model.compile(optimizer=optimizers.SGD(0.1), loss="mse")
        return model

    x = {"a": X[:5].astype("float64"), "b": Y[:5, None]}
    assert_same_run(build, x=x, y=X[:5, :1].astype("float64"), epochs=2)


@pytest.mark.slow
def test_a_network_with_convolutions():
    def build():
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [
                keras.Input((6, 6, 1)),
                layers.Conv2D(2, 3, activation="relu"),
                layers.Flatten(),
                layers.Dense(2),
            ]
        )
        loss = losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(optimizer=optimizers.SGD(0.1), loss=loss)
        return model

    x = RNG.uniform(size=(24, 6, 6, 1)).astype("float32")
    assert_same_run(build, x=x, y=Y[:24], validation_split=0.2, epochs=2)


def test_without_xla():
    assert_same_run(network, ours={"jit_compile": False}, epochs=2)


def not_built(seed=0):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([layers.Dense(1)])
    model.compile(optimizer=optimizers.SGD(0.1), loss="mse", metrics=["mae"])
    return model


def test_a_model_that_is_not_built_yet():
    assert_same_run(not_built, epochs=2)


def test_a_loss_that_becomes_nan():
    x = X.copy()
    x[30] = np.nan
    plain, fast = assert_same_run(network, x=x, epochs=2)
    assert np.isnan(plain.get_weights()[0]).all()
    assert np.isnan(fast.history.history["loss"]).all()


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 3], ids=["", "a smaller last batch"])
def test_epochs_of_fewer_steps_than_a_pass(steps):
    # Six batches in a pass, the last of five examples, and a second pass.
    options = {"batch_size": 7, "steps_per_epoch": steps, "epochs": 8 // steps + 1}
    assert_same_run(network, validation_data=(X, Y), **options)


@pytest.mark.slow
def test_a_validation_in_batches_of_its_own():
    def build():
        return network(metrics=["accuracy"])

    options = {"validation_data": (X[:30], Y[:30]), "validation_batch_size": 30}
    assert_same_run(build, **options)
    plan = planned(X, Y, batch_size=8, **options)
    _, batches = plan.held_back
    assert batches.full.shape == (1, 30)
    assert planned(X, Y, batch_size=8, validation_split=0.5).validation_batch_size == 8


# --- Order and dropout -----------------------------------------------------------


def test_a_seed_gives_each_epoch_an_order_of_its_own():
    plan = planned(X, Y, batch_size=7)
    orders = {
        (seed, epoch): np.concatenate(
            [rows.ravel() for rows in plan.batches(seed=seed, epoch=epoch)]
        )
        for seed in (0, 1)
        for epoch in (0, 1)
    }
    for order in orders.values():
        np.testing.assert_array_equal(np.sort(order), np.arange(40))
    assert len({tuple(order) for order in orders.values()}) == 4


def test_epochs_of_fewer_steps_share_the_order_of_their_pass():
    whole = planned(X, Y, batch_size=7)
    part = planned(X, Y, batch_size=7, steps_per_epoch=2)
    for number in (0, 1):
        batches = whole.batches(seed=3, epoch=number)
        order = [*batches.full, batches.tail]
        for third in (0, 1, 2):
            given = part.batches(seed=3, epoch=3 * number + third)
            rows = [*given.full, *([] if given.tail is None else [given.tail])]
            expected = order[2 * third : 2 * third + 2]
            assert [row.tolist() for row in rows] == [row.tolist() for row in expected]


def test_shuffled_training_is_fit_on_the_shuffled_examples():
    batches = planned(X, Y, batch_size=7).batches(seed=3, epoch=0)
    order = np.concatenate([batches.full.ravel(), batches.tail])
    plain, fast = network(), network()
    plain.fit(X[order], Y[order], batch_size=7, shuffle=False, verbose=0)
    training.fit(fast, X, Y, batch_size=7, seed=3, verbose=0)
    assert_same_weights(fast.get_weights(), plain.get_weights())


def test_without_a_seed_keras_sets_the_order():
    weights = []
    model = network()
    start = model.get_weights()
    for seed in (1, 1, 2):
        model.set_weights(start)
        keras.utils.set_random_seed(seed)
        training.fit(model, X, Y, **QUIET)
        weights.append(model.get_weights()[0])
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


@pytest.mark.slow
def test_dropout_has_its_statistics():
    """The mean of 100 units, half of them dropped and the rest doubled.

    It has mean 1 and variance (1 / 100) * 0.5 / 0.5 = 0.01, which is the squared error.
    """
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((100,)),
            layers.Dropout(0.5),
            layers.Dense(
                1, kernel_initializer=lambda shape, dtype: np.full(shape, 0.01)
            ),
        ]
    )
    model.compile(optimizer=optimizers.SGD(0.0), loss="mse")
    ones = np.ones((1000, 100), "float32")
    history = training.fit(
        model,
        ones,
        ones[:, :1],
        epochs=3,
        batch_size=100,
        verbose=0,
        validation_split=0.5,
    ).history
    # The mean of 500 squares of a normal deviates by sqrt(2 / 500) = 6 %.
    np.testing.assert_allclose(history["loss"], 0.01, rtol=0.25)
    assert len(set(history["loss"])) == 3
    np.testing.assert_allclose(history["val_loss"], 0.0, atol=1e-10)


# --- Programs are made once ------------------------------------------------------


class CountedLoss(losses.Loss):
    """A squared error that counts how often it is traced."""

    traced = 0

    def call(self, y_true, y_pred):
        self.traced += 1
        return keras.ops.square(y_true - y_pred)


def test_a_second_call_reuses_the_program():
    loss = CountedLoss()
    model = network(loss=loss)
    column = Y[:, None].astype("float32")
    training.fit(model, X, column, epochs=2, **QUIET)
    first = loss.traced
    assert first > 0
    training.fit(model, X, column, epochs=3, **QUIET)
    assert loss.traced == first
    training.fit(model, X[:24], column[:24], **QUIET)
    assert loss.traced > first


@pytest.mark.slow
def test_compiling_again_makes_a_new_program():
    def build():
        return network(metrics=["accuracy"])

    plain, fast = assert_same_run(build)
    for model in (plain, fast):
        model.compile(optimizer=optimizers.Adam(0.1), loss="mse")
    expected = plain.fit(X, Y, **IN_ORDER).history
    history = training.fit(fast, X, Y, **IN_ORDER).history
    assert_same_history(history, expected)
    assert_same_weights(fast.get_weights(), plain.get_weights())


@pytest.mark.slow
def test_freezing_a_layer_and_compiling_again():
    plain, fast = assert_same_run(lambda: network(hidden=lambda: [layers.Dense(2)]))
    for model in (plain, fast):
        model.layers[0].trainable = False
        model.compile(optimizer=optimizers.SGD(0.1), loss="mse")
    frozen = fast.get_weights()[0]
    plain.fit(X, Y, **IN_ORDER)
    training.fit(fast, X, Y, **IN_ORDER)
    np.testing.assert_array_equal(fast.get_weights()[0], frozen)
    assert_same_weights(fast.get_weights(), plain.get_weights())


def test_the_reused_program_sees_new_weights_and_a_new_learning_rate():
    plain, fast = assert_same_run(network)
    for model in (plain, fast):
        model.optimizer.learning_rate = 0.5
        model.set_weights([weight * 2 for weight in model.get_weights()])
    plain.fit(X, Y, **IN_ORDER)
    training.fit(fast, X, Y, **IN_ORDER)
    assert_same_weights(fast.get_weights(), plain.get_weights())


def test_a_model_and_its_programs_are_freed_together():
    model = network()
    training.fit(model, X, Y, **QUIET)
    alive = weakref.ref(model)
    del model
    gc.collect()
    assert alive() is None


def test_a_trained_model_can_be_saved_and_trained_on(tmp_path):
    model = network()
    training.fit(model, X, Y, **UNCOMPILED)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for each in (model, loaded):
        training.fit(each, X, Y, seed=0, **UNCOMPILED)
    assert_same_weights(loaded.get_weights(), model.get_weights())


# --- Callbacks, progress, interruption -------------------------------------------


class Recorder(callbacks.Callback):
    """Write down every hook that is called, with the names of the metrics."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_begin(self, logs=None):
        self.seen.append("train begins")

    def on_epoch_begin(self, epoch, logs=None):
        self.seen.append(f"epoch {epoch} begins")

    def on_test_begin(self, logs=None):
        self.seen.append("validation begins")

    def on_test_end(self, logs=None):
        self.seen.append(f"validation ends {list(logs)}")

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append(f"epoch {epoch} ends {list(logs)}")

    def on_train_end(self, logs=None):
        self.seen.append(f"train ends {list(logs)}")


@pytest.mark.slow
def test_callbacks_between_epochs(tmp_path):
    recorders = {"plain": Recorder(), "fast": Recorder()}

    def build():
        return network(optimizer=optimizers.SGD(2.0, momentum=0.9))

    def chosen(name):
        return [
            callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
            callbacks.EarlyStopping(patience=2, restore_best_weights=True),
            callbacks.ModelCheckpoint(
                tmp_path / f"{name}.weights.h5", save_weights_only=True
            ),
            callbacks.CSVLogger(tmp_path / f"{name}.csv"),
            recorders[name],
        ]

    options = {**IN_ORDER, "epochs": 40, "validation_split": 0.4}
    plain, fast = build(), build()
    expected = plain.fit(X, Y, callbacks=chosen("plain"), **options).history
    options["jit_compile"] = False
    history = training.fit(fast, X, Y, callbacks=chosen("fast"), **options).history
    assert 3 <= len(expected["loss"]) < 40
    assert_same_history(history, expected)
    assert_same_weights(fast.get_weights(), plain.get_weights())
    assert recorders["fast"].seen == recorders["plain"].seen
    saved = build()
    saved.load_weights(tmp_path / "fast.weights.h5")
    checkpoint = build()
    checkpoint.load_weights(tmp_path / "plain.weights.h5")
    assert_same_weights(saved.get_weights(), checkpoint.get_weights())
    names = (tmp_path / "plain.csv").read_text().splitlines()[0]
    assert (tmp_path / "fast.csv").read_text().splitlines()[0] == names


class Interrupt(callbacks.Callback):
    """Press Ctrl-C at the end of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def test_backup_and_restore_goes_on_where_a_run_was_interrupted(tmp_path):
    whole, broken = network(), network()
    options = {**UNCOMPILED, "epochs": 4, "seed": 5}
    expected = training.fit(whole, X, Y, **options).history
    backup = callbacks.BackupAndRestore(tmp_path / "backup")
    with pytest.raises(KeyboardInterrupt):
        training.fit(broken, X, Y, callbacks=[backup, Interrupt(1)], **options)
    resumed = network(seed=9)
    backup = callbacks.BackupAndRestore(tmp_path / "backup")
    history = training.fit(resumed, X, Y, callbacks=backup, **options).history
    assert_same_weights(resumed.get_weights(), whole.get_weights())
    assert_same_history(history, {"loss": expected["loss"][2:]})


def test_after_an_interruption_the_model_keeps_what_it_learnt():
    plain, fast = network(), network()
    plain.fit(X, Y, epochs=2, **IN_ORDER)
    with pytest.raises(KeyboardInterrupt):
        training.fit(fast, X, Y, epochs=9, callbacks=Interrupt(1), **IN_ORDER)
    assert_same_weights(fast.get_weights(), plain.get_weights())


def test_ctrl_c_waits_for_the_end_of_the_epoch(monkeypatch):
    plain, fast = network(), network()
    plain.fit(X, Y, epochs=2, **IN_ORDER)
    training.fit(fast, X, Y, **IN_ORDER)
    programs = fast._companion_programs.programs
    train = programs.train

    def interrupted(*arguments):
        signal.raise_signal(signal.SIGINT)
        return train(*arguments)

    monkeypatch.setattr(programs, "train", interrupted)
    # Another test's library may have left a handler of its own.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            training.fit(fast, X, Y, epochs=9, **IN_ORDER)
    finally:
        signal.signal(signal.SIGINT, handler)
    assert_same_weights(fast.get_weights(), plain.get_weights())
    monkeypatch.undo()
    assert len(training.fit(fast, X, Y, epochs=2, **QUIET).history["loss"]) == 2


def test_progress(capsys):
    model = network(metrics=["accuracy"])
    options = {"epochs": 3, "batch_size": 8}
    capsys.readouterr()
    training.fit(model, X, Y, verbose=0, **options)
    assert capsys.readouterr().out == ""
    training.fit(model, X, Y, **options)
    bar = capsys.readouterr().out
    assert "3/3" in bar
    assert "accuracy" in bar
    assert "/epoch" in bar
    assert "Epoch" not in bar
    training.fit(model, X, Y, verbose=2, **options)
    lines = capsys.readouterr().out
    assert [f"Epoch {i}/3" in lines for i in (1, 2, 3)] == [True] * 3
    assert lines.count("5/5") == 3


# --- Many seeds ------------------------------------------------------------------


def with_dropout():
    model = keras.Sequential(
        [keras.Input((3,)), layers.Dropout(0.3), layers.Dense(1, "sigmoid")]
    )
    optimizer = optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5)
    model.compile(optimizer, loss="binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.slow
@pytest.mark.parametrize("hooks", [{}, {"callbacks": lambda: []}], ids=["", "in turn"])
def test_each_run_is_a_single_fit_with_its_seed(hooks):
    if not hooks and keras.config.backend() == "tensorflow":
        pytest.skip("TensorFlow always trains in turn")
    options = {**QUIET, "epochs": 3, "validation_split": 0.25}
    runs = training.repeat(with_dropout, X, Y, seeds=(4, 0), **options, **hooks)
    assert len(runs) == 2
    assert not np.array_equal(runs[0].weights[0], runs[1].weights[0])
    keras.utils.set_random_seed(0)
    model = with_dropout()
    history = training.fit(model, X, Y, seed=0, **options).history
    assert_same_weights(runs[1].weights, model.get_weights())
    assert_same_history(runs[1].history, history)


def test_many_seeds_of_a_model_that_is_not_built_yet():
    seeds = iter((4, 0))
    runs = training.repeat(
        lambda: not_built(next(seeds)), X, Y, seeds=(4, 0), **UNCOMPILED
    )
    model = not_built(0)
    training.fit(model, X, Y, seed=0, **UNCOMPILED)
    assert_same_weights(runs[1].weights, model.get_weights())


@pytest.mark.slow
def test_many_seeds_are_traced_no_more_often_than_one():
    counted = []

    def trace(seeds):
        loss = CountedLoss()
        column = Y[:, None].astype("float32")
        training.repeat(
            lambda: network(loss=loss), X, column, seeds=range(seeds), epochs=2, **QUIET
        )
        counted.append(loss.traced)

    trace(1)
    trace(4)
    assert counted[0] == counted[1] > 0


def test_callbacks_are_made_for_each_run():
    made = []

    def stopping():
        made.append(callbacks.EarlyStopping(monitor="loss", min_delta=9.0, patience=1))
        return made[-1]

    runs = training.repeat(
        network, X, Y, seeds=(0, 1), epochs=5, callbacks=stopping, **UNCOMPILED
    )
    assert len(made) == 2
    assert [len(run.history["loss"]) for run in runs] == [2, 2]


@pytest.mark.parametrize("jit_compile", ["auto", False])
def test_progress_of_many_seeds(capsys, jit_compile):
    options = {"epochs": 2, "batch_size": 40, "jit_compile": jit_compile}
    training.repeat(network, X, Y, seeds=(0, 1), verbose=1, **options)
    assert "2/2" in capsys.readouterr().out


# --- Refusals --------------------------------------------------------------------


# Made once, since what is refused does not change it.
untouched = functools.cache(network)


def refused(error, match, *, model=None, x=X, y=Y, **options):
    with pytest.raises(error, match=match):
        training.fit(model or untouched(), x, y, **{**QUIET, **options})


@pytest.mark.parametrize(
    ("callback", "names"),
    [
        (
            lambda: callbacks.ModelCheckpoint("m.keras", save_freq=10),
            "ModelCheckpoint overrides on_train_batch_end",
        ),
        (
            lambda: callbacks.LambdaCallback(on_train_batch_begin=print),
            "LambdaCallback overrides on_train_batch_begin",
        ),
        (lambda: callbacks.TensorBoard("logs"), "TensorBoard overrides"),
    ],
)
def test_refuses_callbacks_that_act_between_batches(callback, names):
    refused(ValueError, f"{names}.*Use model.fit", callbacks=[callback()])


def test_refuses_what_is_no_callback():
    refused(TypeError, "keras.callbacks.Callback.*Received: builtin", callbacks=[repr])


def test_refuses_a_model_that_is_not_compiled():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    refused(ValueError, r"not compiled. Call model.compile", model=model)
    refused(TypeError, "Received: str", model="model")


def test_refuses_a_model_that_runs_eagerly():
    model = network(run_eagerly=True)
    refused(ValueError, "run_eagerly=True.*Use model.fit", model=model)


@pytest.mark.parametrize("method", ["train_step", "test_step", "compute_metrics"])
def test_refuses_a_training_step_of_its_own(method):
    def own(self, *args, **kwargs):
        raise NotImplementedError

    own_model = type("Own", (keras.Sequential,), {method: own})
    model = own_model([keras.Input((3,)), layers.Dense(1)])
    model.compile(loss="mse")
    refused(ValueError, f"Own overrides {method}.*Use model.fit", model=model)


def test_refuses_weights_on_several_devices():
    model = network()
    mesh = keras.distribution.DeviceMesh((1,), ["batch"], ["cpu:0"])
    weights = keras.distribution.LayoutMap(mesh)
    keras.distribution.set_distribution(
        keras.distribution.ModelParallel(layout_map=weights, batch_dim_name="batch")
    )
    try:
        refused(ValueError, "distributed by ModelParallel.*Use model.fit", model=model)
    finally:
        keras.distribution.set_distribution(None)


@pytest.mark.parametrize("labels", [[0, 3], [-1, 2], [0.0, 7.0]])
@pytest.mark.parametrize("in_validation", [True, False])
def test_refuses_labels_outside_the_classes(labels, in_validation):
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model = network(loss=loss, outputs=3)
    data = {"x": X[:2], "y": np.array(labels)}
    if in_validation:
        data = {"validation_data": (X[:2], np.array(labels))}
    refused(ValueError, "integers from 0 to 2.*Received: ", model=model, **data)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"x": X.tolist()}, TypeError, "x must be made of numeric arrays"),
        ({"x": (row for row in X)}, TypeError, "generator.*use model.fit"),
        ({"y": np.int64(3)}, TypeError, r"shape \(\)"),
        ({"y": Y[:39]}, ValueError, r"lengths \[40, 39\]"),
        ({"x": X[:0], "y": Y[:0]}, ValueError, "at least one"),
        ({"sample_weight": X[:9, 0]}, ValueError, r"lengths \[40, 40, 9\]"),
        ({"sample_weight": X[:, 0], "class_weight": {}}, ValueError, "not both|either"),
        ({"class_weight": {}, "y": [Y, Y]}, ValueError, "pass sample_weight"),
        ({"validation_data": X}, TypeError, "ndarray"),
        ({"validation_data": (X,)}, TypeError, r"\(x, y, sample_weight\)"),
        ({"validation_split": 1.0}, ValueError, "between 0 and 1"),
        ({"validation_split": -0.1}, ValueError, "validation_split=-0.1"),
        ({"validation_split": 0.001, "x": X[:1], "y": Y[:1]}, ValueError, "1 examples"),
        ({"epochs": 0}, ValueError, "epochs=0"),
        ({"epochs": 1.5}, TypeError, "epochs=1.5"),
        ({"batch_size": -8}, ValueError, "batch_size=-8"),
        ({"batch_size": True}, TypeError, "batch_size=True"),
        ({"steps_per_epoch": 2}, ValueError, "the 5 batches.*steps_per_epoch=2"),
        ({"steps_per_epoch": 6}, ValueError, "the 5 batches.*steps_per_epoch=6"),
        ({"steps_per_epoch": 0}, ValueError, "steps_per_epoch=0"),
        ({"steps_per_epoch": 2.5}, TypeError, "steps_per_epoch=2.5"),
        ({"validation_batch_size": 0}, ValueError, "validation_batch_size=0"),
        ({"seed": -1}, ValueError, "Received: -1"),
        ({"seed": 0.5}, TypeError, "Received: 0.5"),
        ({"seed": True}, TypeError, "Received: True"),
        ({"verbose": 3}, ValueError, "verbose=3"),
        ({"jit_compile": "yes"}, ValueError, "Received: 'yes'"),
    ],
)
def test_refuses_bad_arguments(options, error, match):
    refused(error, match, **options)


def test_refuses_builds_that_are_not_fresh():
    model, optimizer, sizes = network(), optimizers.SGD(0.1), iter((2, 3))
    kinds = iter((optimizers.SGD(0.1), optimizers.Adam(0.1)))
    for build, match in [
        (lambda: model, "same object twice"),
        (lambda: network(optimizer=optimizer), "same object twice"),
        (
            lambda: network(hidden=lambda: [layers.Dense(next(sizes))]),
            r"\(2,\).*and then.*\(3,\)",
        ),
        (lambda: network(optimizer=next(kinds)), "SGD on.*and then Adam"),
    ]:
        with pytest.raises(ValueError, match=match):
            training.repeat(build, X, Y, seeds=(0, 1), **UNCOMPILED)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"seeds": ()}, ValueError, "at least one seed"),
        ({"seeds": 3}, TypeError, r"range\(30\).*Received: 3"),
        ({"seeds": (0, -1)}, ValueError, "Received: -1"),
        ({"seeds": (0,), "seed": 1}, TypeError, "takes `seeds`, one for each run"),
        ({"seeds": (0,), "epoch": 2}, TypeError, "'epoch'. Did you mean 'epochs'?"),
        ({"seeds": (0,), "rate": 2}, TypeError, r"repeat\(\) takes.*epochs.*'rate'\.$"),
        ({"seeds": (0,), "model": 2}, TypeError, "Received: 'model'"),
        ({"seeds": (0,), "callbacks": []}, TypeError, "function.*Received: list"),
        ({"seeds": (0,), "epochs": 0}, ValueError, "epochs=0"),
    ],
)
def test_repeat_refuses_bad_arguments(options, error, match):
    with pytest.raises(error, match=match):
        training.repeat(network, X, Y, **options)


@pytest.mark.slow
@tensorflow_only
def test_training_many_models_gives_no_advice_about_retracing(caplog):
    for seed in range(6):
        training.fit(network(seed=seed), X, Y, jit_compile=False, **QUIET)
    assert "retracing" not in caplog.text


@pytest.mark.slow
@tensorflow_only
def test_says_what_to_do_where_xla_cannot_compile():
    import tensorflow as tf

    def loss(y_true, y_pred):
        return (
            tf.ensure_shape(
                tf.numpy_function(np.abs, [y_pred], tf.float32), y_pred.shape
            )
            * y_pred
        )

    with pytest.raises(ValueError, match=r"XLA cannot.*jit_compile=False.*model\.fit"):
        training.fit(network(loss=loss), X, Y, **QUIET)
    training.fit(network(loss=loss), X, Y, jit_compile=False, **QUIET)


@pytest.mark.slow
def test_the_examples_in_the_docstrings_run():
    failed, tried = doctest.testmod(training)
    assert tried > 0
    assert failed == 0
