"""Training small networks without going back to Python between batches.

`model.fit` crosses Python at every batch, and for a network of a hundred weights that
costs far more than the arithmetic. `fit` compiles each epoch into one program: the same
optimizer, loss, metrics, batches and history. `repeat` trains one network over many
seeds and compiles once. Both run on TensorFlow and on JAX.

`_plan` turns the arguments into arrays, an order and batches, through Keras's own data
adapter; `_data`, `_labels` and `_checks` say which data, labels and models cannot be
trained this way; `_programs` finds or makes the compiled programs of a model; `_loop`
runs the epochs and the callbacks, `_seeds` many runs. `_on_tensorflow` and `_on_jax`
hold each backend's lines.
"""

import difflib
import inspect
import random
from collections.abc import Callable, Iterable
from typing import Any

import keras

from companion._arguments import check_seed
from companion.training import _checks, _loop, _seeds
from companion.training._plan import Arrays, Nested, make_plan
from companion.training._seeds import Callbacks, Run

__all__ = ["Run", "fit", "repeat"]


def fit(
    model: keras.Model,
    x: Nested,
    y: Nested,
    *,
    epochs: int = 1,
    batch_size: int = 32,
    validation_split: float = 0.0,
    validation_data: Arrays | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    class_weight: dict[int, float] | None = None,
    sample_weight: Nested | None = None,
    steps_per_epoch: int | None = None,
    validation_batch_size: int | None = None,
    callbacks: Callbacks | None = None,
    verbose: str | int = "auto",
    jit_compile: bool | str = "auto",
) -> keras.callbacks.History:
    """Train a compiled Keras model, each epoch as one compiled program.

    What is computed is what `model.fit` computes: Keras prepares the data and builds
    the model, and every batch runs its own training step. Training goes on from the
    current weights. A second call on the same model with data of the same shapes reuses
    the program; `model.compile` makes a new one. What is refused, and what differs, is
    listed below.

    Parameters
    ----------
    model : keras.Model
        A compiled model.
    x, y : array, or nested structure of arrays
        The inputs and targets, one entry for each example: NumPy arrays, tensors or
        columns of pandas. y is None for a model that has no other losses than those it
        adds itself.
    epochs : int
        How often to go through the examples.
    batch_size : int
        Examples in a batch; the last batch of an epoch is smaller if need be.
    validation_split : float
        The share of the examples, taken from the end before shuffling, that is kept
        for validation.
    validation_data : tuple (x, y) or (x, y, sample_weight)
        A validation set of its own; `validation_split` is then not used.
    shuffle : bool or "batch"
        Whether each epoch has an order of its own; "batch" leaves the batches as they
        are and shuffles inside each, as in Keras.
    seed : int, optional
        Fixes these orders, alike on both backends. By default it is drawn from Python's
        generator, which `keras.utils.set_random_seed` sets. The initial weights and
        dropout have their seeds from when the model was built.
    class_weight : dict of int to float, optional
        The weight of the examples of a class in the training loss; 1 if not named.
    sample_weight : array, or the structure of y, optional
        The weight of each example in the loss.
    steps_per_epoch : int, optional
        How many batches make an epoch, so how often there is a validation: a divisor of
        the batches in a pass through the examples. By default a whole pass; with fewer,
        the next epoch goes on in the same pass.
    validation_batch_size : int, optional
        Examples in a batch of the validation, which changes its time and not its
        result. By default `batch_size`.
    callbacks : keras.callbacks.Callback or list of them, optional
        They act before and after the run, each epoch and each validation.
    verbose : {"auto", 0, 1, 2}
        0 is silent, 1 and "auto" show one progress bar, 2 prints a line an epoch.
    jit_compile : {"auto", True, False}
        Whether XLA compiles the epoch as a whole. "auto" does, except for convolutions
        on a CPU and for layers that XLA cannot compile. Without it TensorFlow runs the
        epoch as a graph, and JAX compiles one step at a time.

    Returns
    -------
    keras.callbacks.History
        As from `model.fit`: `history.history["loss"]` has one value for each epoch.

    Raises
    ------
    TypeError
        If the model is no Keras model, the data are not arrays, or an argument has the
        wrong type.
    ValueError
        If the model is not compiled, an argument is out of range, or one of these:

        ==============================  ================================================
        refused                         because, and what to do
        ==============================  ================================================
        callbacks between batches       an epoch is one program; use `model.fit`.
                                        `TerminateOnNaN` acts when an epoch is done.
        own `train_step`, `test_step`,  Keras's own steps are compiled; use `model.fit`
        `compute_metrics`
        `run_eagerly=True`              nothing runs eagerly here; use `model.fit`
        several devices on TensorFlow   use JAX, or `model.fit`; with several devices on
                                        JAX, what `runtime.check` refuses
        labels outside the classes      compiled programs go on: TensorFlow's returns
                                        NaN, JAX's trains on. It is seen in a sparse
                                        crossentropy by any name, object or partial, for
                                        any output; a function around it may change the
                                        labels first, and is not looked into.
        a variable frozen or thawed     Keras says that this takes effect at `compile`;
        since `compile`                 compile again
        sparse, ragged, masked, text    convert them; batches, as of tf.data, go to
        and batched data                `model.fit`
        `class_weight` for several      Keras would take the argmax of what is no
        labels an example, or of no     one-hot row, and weight 1 for a key that it does
        number for a class              not find; pass `sample_weight`
        `steps_per_epoch` that does     an epoch is a part of a pass; use `model.fit`
        not divide a pass
        ==============================  ================================================

    Notes
    -----
    On purpose these differ from `model.fit`. With several outputs and a smaller last
    batch, Keras on TensorFlow counts that batch's mean loss of each output like a whole
    batch's; here, as on JAX, each example counts alike. The order of the examples comes
    from `seed`. With dropout the masks may differ, not their statistics.

    As in `model.fit`, a stateful layer carries its states from batch to batch on
    TensorFlow, and JAX begins every batch with zeros.

    Ctrl-C takes effect when the epoch under way is done, and the model keeps what it
    has learnt by then. After a first call the time to compile, a few seconds, is spent.

    After `runtime.distribute` on JAX each device takes its share of every batch, and
    all of them compute a smaller last batch as a whole. In several processes each must
    pass the same arguments, all of `x` and `y` among them.

    Examples
    --------
    >>> import keras
    >>> from companion import data, models, training
    >>> x_train, y_train, x_test, y_test = data.circles(seed=0)
    >>> model = models.circles_mlp()
    >>> model.compile(optimizer="adam", loss="binary_crossentropy")
    >>> history = training.fit(
    ...     model, x_train, y_train, epochs=3, batch_size=25, seed=0, verbose=0
    ... )
    >>> len(history.history["loss"])
    3
    """
    arguments = locals()  # each under its name, before there are other variables
    _checks.check_model(model)
    return _loop.run(
        model,
        make_plan(arguments),
        seed=random.getrandbits(32) if seed is None else check_seed(seed),
        callbacks=_checks.check_callbacks(callbacks),
        verbose=_checks.check_verbose(verbose),
        jit_compile=_checks.check_jit_compile(jit_compile),
    )


def repeat(
    build: Callable[[], keras.Model],
    x: Nested,
    y: Nested,
    *,
    seeds: Iterable[int],
    callbacks: Callable[[], Callbacks] | None = None,
    verbose: str | int = 0,
    jit_compile: bool | str = "auto",
    **options: Any,
) -> list[Run]:
    """Train one network over many seeds, compiling once.

    Each run is what a single `fit` with that seed does on a fresh model::

        keras.utils.set_random_seed(seed)
        model = build()
        training.fit(model, x, y, seed=seed, ...)

    A seed sets the initial weights, dropout and the order of the examples; the data are
    the same for all. On JAX small networks are trained side by side in one program,
    unless there are callbacks; otherwise the runs follow each other and share one. The
    states of stateful layers begin anew with each run.

    Parameters
    ----------
    build : function without arguments
        Returns a new compiled model, with a new optimizer, at each call.
    x, y : array, or nested structure of arrays
        The inputs and targets, as for `fit`.
    seeds : iterable of int
        One run for each, in this order.
    callbacks : function without arguments, optional
        Returns the callbacks of one run. A function, because most callbacks remember
        the run they have seen.
    verbose : {"auto", 0, 1, 2}
        0 is silent; otherwise there is one progress bar for all runs.
    jit_compile : {"auto", True, False}
        As for `fit`.
    **options
        The other options of `fit`, except `seed`.

    Returns
    -------
    list of Run
        The history and the final weights of each seed. `model.set_weights` puts the
        weights into a model.

    Raises
    ------
    TypeError
        If `callbacks` is not a function, `fit` has no such option, or as from `fit`.
    ValueError
        If there is no seed, if `build` does not return a fresh model of one and the
        same shape each time, or as from `fit`.

    Examples
    --------
    >>> import keras
    >>> from companion import data, models, training
    >>> x_train, y_train, x_test, y_test = data.circles(seed=0)
    >>> def build():
    ...     model = models.circles_mlp()
    ...     model.compile(optimizer="adam", loss="binary_crossentropy")
    ...     return model
    >>> runs = training.repeat(
    ...     build, x_train, y_train, seeds=range(3), epochs=2, batch_size=25
    ... )
    >>> [len(run.history["loss"]) for run in runs]
    [2, 2, 2]
    """
    _checks.check_factory(
        "build", "a compiled model", build, example="build=lambda: make_model()"
    )
    if callbacks is not None:
        _checks.check_factory(
            "callbacks",
            "the callbacks of one run",
            callbacks,
            example="callbacks=lambda: [keras.callbacks.EarlyStopping()]",
        )
    return _seeds.run(
        build,
        make_plan(_arguments(options, x=x, y=y)),
        seeds=_checks.check_seeds(seeds),
        callbacks=callbacks,
        verbose=_checks.check_verbose(verbose),
        jit_compile=_checks.check_jit_compile(jit_compile),
    )


def _arguments(options: dict[str, Any], **data: Any) -> dict[str, Any]:
    """Return the arguments of `fit` by name: those given, else its defaults.

    Raises
    ------
    TypeError
        If `fit` has no such option, or `repeat` sets it itself.
    """
    own = {"model", "seed", *data, *inspect.signature(repeat).parameters}
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(fit).parameters.items()
        if name not in own
    }
    for name in options:
        if name == "seed":
            raise TypeError("repeat() takes `seeds`, one for each run. Received: seed")
        if name not in defaults:
            close = difflib.get_close_matches(name, [*defaults, "seeds"], n=1)
            hint = f" Did you mean {close[0]!r}?" if close else ""
            raise TypeError(
                f"repeat() takes the options of fit: {', '.join(defaults)}. "
                f"Received: {name!r}.{hint}"
            )
    return defaults | options | data
