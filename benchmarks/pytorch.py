"""The peers' own loop: plain PyTorch, as its tutorials write it."""

from collections.abc import Callable, Iterator

import torch
from numpy.typing import NDArray

from benchmarks.harness import Values

Tensors = tuple[torch.Tensor, torch.Tensor]


def tensors(x: NDArray, y: NDArray) -> Tensors:
    """Return NumPy arrays as tensors."""
    return torch.from_numpy(x), torch.from_numpy(y)


def initialise(model: torch.nn.Module) -> torch.nn.Module:
    """Give dense and convolutional layers the initial weights that Keras gives."""
    for layer in model.modules():
        if isinstance(layer, torch.nn.Linear | torch.nn.Conv2d):
            torch.nn.init.xavier_uniform_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
    return model


def fit(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    correct: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    training: Tensors,
    validation: Tensors | None = None,
    *,
    epochs: int,
    batch_size: int,
) -> Values:
    """Train with a mean loss and the accuracy, and validate after each epoch."""
    history: Values = {"loss": [], "accuracy": [], "val_loss": [], "val_accuracy": []}
    for _ in range(epochs):
        model.train()
        results = []
        for x, y in _batches(training, batch_size, torch.randperm(len(training[0]))):
            optimizer.zero_grad()
            outputs = model(x)
            value = loss(outputs, y)
            value.backward()
            optimizer.step()
            results.append(_result(value, correct(outputs, y)))
        _note(history, "", results)
        if validation is not None:
            model.eval()
            results = []
            with torch.inference_mode():
                for x, y in _batches(validation, batch_size):
                    outputs = model(x)
                    results.append(_result(loss(outputs, y), correct(outputs, y)))
            _note(history, "val_", results)
    return history


def _batches(
    arrays: Tensors, size: int, order: torch.Tensor | None = None
) -> Iterator[Tensors]:
    """Yield the batches, in an order of the examples if there is one."""
    x, y = arrays
    for start in range(0, len(x), size):
        chosen = slice(start, start + size)
        if order is not None:
            chosen = order[chosen]
        yield x[chosen], y[chosen]


def _result(loss: torch.Tensor, correct: torch.Tensor) -> torch.Tensor:
    """Return the sums over a batch of the loss and the right answers, and its size."""
    right = correct.detach()
    return torch.stack(
        [loss.detach() * len(right), right.sum(), torch.tensor(float(len(right)))]
    )


def _note(history: Values, prefix: str, results: list[torch.Tensor]) -> None:
    """Write down the means of an epoch."""
    loss, right, count = torch.stack(results).sum(dim=0).tolist()
    history[f"{prefix}loss"].append(loss / count)
    history[f"{prefix}accuracy"].append(right / count)
