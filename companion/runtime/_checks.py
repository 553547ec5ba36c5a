"""What cannot be distributed, each with its reason and the way out."""

import keras

from companion._keras import backend_module, every_layer


def check_none_in_force(in_force: bool) -> None:
    """Refuse to distribute twice."""
    if in_force:
        raise ValueError(
            "A distribution is in force already. End it first: leave its `with` block, "
            "or call end() on what runtime.distribute() returned."
        )


def check_can_join(backend: str, count: int | None) -> None:
    """Refuse what a job of several processes cannot do."""
    if backend != "jax":
        raise ValueError(
            "Several processes train together on JAX alone: Keras 3 does not work with "
            "TensorFlow's strategies for many machines. Set KERAS_BACKEND=jax. "
            f"Received: the backend {backend!r}"
        )
    if count is not None:
        raise ValueError(
            "In a job of several processes all devices take part. To use fewer, hide "
            "them from the processes, on GPUs with CUDA_VISIBLE_DEVICES. "
            f"Received: devices={count}"
        )


def check_enough(count: int | None, devices: list[str]) -> None:
    """Refuse more devices than there are."""
    if count is not None and count > len(devices):
        raise ValueError(
            f"`devices` must be at most {len(devices)}, the number of devices here. "
            f"Received: devices={count}. To try several on a CPU, use JAX and set "
            f"JAX_NUM_CPU_DEVICES={count} before it is imported."
        )


def check(model: keras.Model, *, batch_size: int, steps: int) -> None:
    """Refuse a training that does not work on the devices in force."""
    backend = backend_module("companion.runtime")
    devices = backend.devices_in_force()
    if devices is None:
        _check_not_ended(backend.spans_processes(model))
        return
    # First, so that every process refuses: one that is content would wait for the rest.
    check_agreement({"batch_size": batch_size, "number of steps": steps})
    _check_built_inside(backend.devices_of(model), devices)
    _check_stateless(model)
    if batch_size % devices:
        raise ValueError(
            f"Each of the {devices} devices takes an equal share of a batch, so "
            f"`batch_size` must be a multiple of {devices}, for example "
            f"{batch_size + -batch_size % devices}. Received: batch_size={batch_size}"
        )


def check_agreement(numbers: dict[str, int]) -> None:
    """Refuse what differs between the processes of a job.

    With other steps they wait for each other for ever, and with other data they compute
    what no single machine would.
    """
    backend = backend_module("companion.runtime")
    if backend.processes() == 1:
        return
    gathered = backend.gather(list(numbers.values()))
    for name, values in zip(numbers, zip(*gathered, strict=True), strict=True):
        if len(set(values)) > 1:
            raise ValueError(
                f"The {name} must be the same in every process. Received: "
                f"{', '.join(map(str, values))}, from process 0 on. Run the same "
                "script with the same arguments, data and seed in all of them."
            )


def check_prediction(model: keras.Model) -> None:
    """Refuse to predict with a model that lies in several processes."""
    if backend_module("companion.runtime").spans_processes(model):
        raise ValueError(
            "A model that several processes hold cannot predict: no process has all "
            "the answers. Build the same model once more where nothing is distributed, "
            "after the `with` block of runtime.distribute(), and give it the weights: "
            "copy.set_weights(model.get_weights())."
        )


def _check_not_ended(spans_processes: bool) -> None:
    """Refuse to train a model of several processes after their distribution ended."""
    if spans_processes:
        raise ValueError(
            "The model lies in several processes, and the distribution that it was "
            "built in has ended. Train it inside the `with` block of "
            "runtime.distribute()."
        )


def _check_built_inside(on_devices: int | None, devices: int) -> None:
    """Refuse a model that was built outside the distribution in force."""
    if on_devices not in (None, devices):
        raise ValueError(
            "The model must be built and compiled after runtime.distribute(). "
            f"Received: a model on {on_devices} of the {devices} devices"
        )


def _check_stateless(model: keras.Model) -> None:
    for layer in every_layer(model):
        if getattr(layer, "stateful", False):
            raise ValueError(
                "A stateful layer hands the states of a batch on to the next one, and "
                "every device would hold the states of all examples but see its share "
                f"alone. Received: {layer.name!r} with stateful=True. Train with "
                "stateful=False, and copy the weights into a stateful model on one "
                "device."
            )
