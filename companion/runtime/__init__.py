"""The devices that a training runs on: what there is, and more than one of them.

`describe` says what you got: a CPU, a GPU or a TPU, and which path an LSTM takes there.
`distribute` trains on all devices of this machine, or, on JAX, on those of several
processes on one or several machines, each device on its share of every batch. `check`
refuses what cannot be distributed, with the reason and the way out.

`_devices` is what they are made of, `_job` reads what the environment says of other
processes, `_checks` says what cannot be distributed. `_on_tensorflow` and `_on_jax`
hold each backend's lines.
"""

from typing import TYPE_CHECKING, NamedTuple

from companion._arguments import check_count

if TYPE_CHECKING:
    from types import TracebackType

    import keras

__all__ = ["Distribution", "Runtime", "check", "describe", "distribute"]

GIBIBYTE = 1024**3
LSTM_PATHS = {
    "cuDNN": "cuDNN's fused kernels",
    "XLA": "a loop that XLA compiles",
    "plain": "a plain loop of TensorFlow",
}


class Runtime(NamedTuple):
    """What Keras runs on.

    Attributes
    ----------
    platform : {"cpu", "gpu", "tpu"}
        The kind of device that Keras computes on.
    device_kind : str
        The device's own name, for example "NVIDIA L4"; of a CPU the processor's.
    device_count : int
        How many such devices there are, in all processes together. A CPU is one device,
        however many cores it has.
    memory : int or None
        Bytes that a device offers: of a CPU the machine's memory, of a GPU on JAX what
        JAX takes of it. None where the backend does not tell.
    backend : str
        Keras's backend, "tensorflow" or "jax".
    versions : dict of str to str
        The versions of Python, Keras and the backend.
    lstm : {"cuDNN", "XLA", "plain"}
        The path of `keras.layers.LSTM` with its default arguments in `model.fit`:
        NVIDIA's fused kernels, a loop that XLA compiles, or TensorFlow's loop, whose
        operations run one by one.
    """

    platform: str
    device_kind: str
    device_count: int
    memory: int | None
    backend: str
    versions: dict[str, str]
    lstm: str

    def __str__(self) -> str:
        """Return one line for each fact."""
        return "\n".join(f"{name}: {value}" for name, value in self._facts().items())

    def _repr_html_(self) -> str:
        """Return the facts as a small table, which a notebook shows."""
        from html import escape

        rows = (
            f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>'
            for name, value in self._facts().items()
        )
        return f"<table><tbody>{''.join(rows)}</tbody></table>"

    def _facts(self) -> dict[str, str]:
        size = "unknown" if self.memory is None else f"{self.memory / GIBIBYTE:.1f} GiB"
        versions = (f"{name} {version}" for name, version in self.versions.items())
        return {
            "platform": self.platform.upper(),
            "device": f"{self.device_count} x {self.device_kind}",
            "memory": size,
            "backend": self.backend,
            "versions": ", ".join(versions),
            "an LSTM runs as": LSTM_PATHS[self.lstm],
        }


def describe() -> Runtime:
    """Say what Keras runs on.

    Returns
    -------
    Runtime
        The platform, the device's name, number and memory, the backend, the versions
        and the path that an LSTM takes. `print` shows it as text, a notebook as a
        table.

    Raises
    ------
    RuntimeError
        If `KERAS_BACKEND` was changed after Keras had been imported.
    ValueError
        If Keras runs on neither TensorFlow nor JAX.

    Notes
    -----
    On JAX this starts the devices, so in a job of several processes call `distribute`
    first.

    Examples
    --------
    >>> from companion import runtime
    >>> found = runtime.describe()
    >>> found.platform in ("cpu", "gpu", "tpu")
    True
    >>> found.device_count >= 1
    True
    """
    from companion.runtime import _devices

    return Runtime(**_devices.describe())


class Distribution:
    """What `distribute` set up; `with` ends it.

    Attributes
    ----------
    devices : int
        How many devices share each batch, in all processes together.
    processes : int
        How many processes take part.
    process : int
        The number of this process, from 0. Let only process 0 print, and save when the
        distribution has ended.
    """

    def __init__(self, devices: int, processes: int, process: int) -> None:
        self.devices = devices
        self.processes = processes
        self.process = process

    def __enter__(self) -> "Distribution":
        """Return the distribution, which is already set up."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: "TracebackType | None",
    ) -> None:
        """End the distribution: what follows runs on one device again."""
        self.end()

    def end(self) -> None:
        """End the distribution: what follows runs on one device again."""
        from companion.runtime import _devices

        _devices.end()


def distribute(*, devices: int | None = None) -> Distribution:
    """Train on several devices from here on, each on its share of every batch.

    Each device holds all weights and computes the gradient of its share of a batch; the
    mean of these gradients moves the weights everywhere alike. So the numbers are those
    of one device, to rounding. Build, compile and train the model after this call; it
    acts at once, like `open`, and as there a ``with`` statement ends it.

    On JAX this is `keras.distribution.DataParallel`. If Keras's own variables
    ``KERAS_DISTRIBUTION_JOB_ADDRESSES``, ``KERAS_DISTRIBUTION_NUM_PROCESSES`` and
    ``KERAS_DISTRIBUTION_PROCESS_ID`` are set, the processes that they describe meet
    first, and the devices of all of them are one. On TensorFlow it is
    `tf.distribute.MirroredStrategy`, in one process; train with `model.fit` there.

    Parameters
    ----------
    devices : int, optional
        How many of this machine's devices take part, from the first on. By default all.

    Returns
    -------
    Distribution
        How many devices and processes take part, and which process this is.

    Raises
    ------
    TypeError
        If the number of devices is not an integer.
    ValueError
        If there are fewer devices, if a distribution is in force already, if Keras's
        variables are incomplete, or if they ask for several processes on TensorFlow.
    RuntimeError
        If the order is wrong: `KERAS_BACKEND` was changed after Keras had been
        imported, or JAX has computed something before the processes met.

    Notes
    -----
    Across processes every one runs the same script on the same data with the same seed,
    and computes its share; `training.fit` refuses what differs. Process 0 listens at
    the address that you name and nowhere else, unless JAX's own variable
    ``JAX_COORDINATOR_BIND_ADDRESS`` names another. Anyone who reaches that port can
    take part, so name an address of a network that you trust.

    An error that nobody catches ends its process at once, and a process that is gone
    ends the others: in the middle of a training at their next exchange, else after
    JAX's 100 seconds without a sign of life.

    What exchanges values waits until every process takes part. While the distribution
    is in force that holds for building and for saving a model too, so callbacks that
    save belong to all processes, each with a file of its own. `model.predict` does not
    work across processes: give the weights to a model outside the distribution.

    Examples
    --------
    >>> from companion import models, runtime
    >>> with runtime.distribute(devices=1) as job:
    ...     model = models.circles_mlp()
    >>> job.devices, job.processes, job.process
    (1, 1, 0)
    """
    from companion.runtime import _devices

    count = None if devices is None else check_count("devices", devices)
    return Distribution(*_devices.distribute(count))


def check(
    model: "keras.Model", *, batch_size: int, steps: int, predict: bool = False
) -> None:
    """Refuse a training that cannot be distributed as it is.

    `training.fit` calls it. Call it yourself, in every process, before `model.fit`.
    Where nothing is distributed it does nothing.

    Parameters
    ----------
    model : keras.Model
        The model to train.
    batch_size : int
        Examples in a batch, for all devices together.
    steps : int
        The batches of an epoch that this process runs.
    predict : bool
        Whether this model is to predict as well.

    Raises
    ------
    TypeError
        If a number is not an integer.
    ValueError
        If the batch does not divide evenly between the devices, a layer keeps a state
        from batch to batch, the model was built outside the distribution, another
        process comes with other numbers, or the model is to predict and lies in several
        processes.

    Examples
    --------
    >>> from companion import models, runtime
    >>> model = models.circles_mlp()
    >>> runtime.check(model, batch_size=25, steps=4)
    """
    from companion.runtime import _checks

    size, steps = check_count("batch_size", batch_size), check_count("steps", steps)
    if predict:
        _checks.check_prediction(model)
    _checks.check(model, batch_size=size, steps=steps)
