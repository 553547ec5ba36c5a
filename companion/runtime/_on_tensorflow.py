"""TensorFlow's lines: data parallelism with its `MirroredStrategy`."""

import keras
import tensorflow as tf

from companion import _host


def device(platform: str) -> tuple[str, int | None, str]:
    """Return a device's name and memory, and the path that an LSTM takes."""
    if platform == "cpu":
        return _host.processor(), _host.memory(), "plain"
    if platform == "tpu":
        return "TPU", None, "XLA"
    first = tf.config.list_physical_devices("GPU")[0]
    details = tf.config.experimental.get_device_details(first)
    return details.get("device_name", "GPU"), None, "cuDNN"


def distribute(devices: list[str]) -> tuple[int, int]:
    """Distribute over devices; return the processes and this one's number."""
    strategy = tf.distribute.MirroredStrategy([f"/{device}" for device in devices])
    # Not `strategy.scope()`, which acts only inside its own `with` block.
    tf.distribute.experimental_set_strategy(strategy)
    return 1, 0


def end() -> None:
    """End the distribution in force."""
    tf.distribute.experimental_set_strategy(None)


def devices_in_force() -> int | None:
    """Return how many devices share each batch, or None if nothing is distributed."""
    if not tf.distribute.has_strategy():
        return None
    return tf.distribute.get_strategy().num_replicas_in_sync


def devices_of(model: keras.Model) -> int | None:
    """Return on how many devices a model lies, or None if it has no variables yet.

    Keras's `model.distribute_strategy` does not say: for a model that was built outside
    it names the strategy that is in force now.
    """
    values = (variable.value for variable in model.variables)
    places = (len(getattr(value, "values", [value])) for value in values)
    return min(places, default=None)


def spans_processes(model: keras.Model) -> bool:
    """Tell whether a part of the model lies in another process: never here."""
    return False


def processes() -> int:
    """Return the number of processes, one on this backend."""
    return 1
