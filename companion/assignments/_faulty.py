"""The source of a model in which one word is wrong: the public bank's bug hunts."""

from collections.abc import Sequence
from typing import NamedTuple


class Source(NamedTuple):
    """A numbered source, and the numbers of the two lines that a loss depends on."""

    text: str
    last: int
    loss: int


def model_source(
    *,
    inputs: int,
    widths: Sequence[int],
    units: int,
    last: str,
    loss: str,
    metrics: str = '["accuracy"]',
) -> Source:
    """Write a model; ``last`` is the last activation, the rest are expressions."""
    dense = "    keras.layers.Dense"
    lines = [
        "model = keras.Sequential([",
        f"    keras.Input(({inputs},)),",
        *[f'{dense}({width}, activation="relu"),' for width in widths],
        f'{dense}({units}, activation="{last}"),',
        "])",
        "model.compile(",
        '    optimizer="adam",',
        f"    loss={loss},",
        f"    metrics={metrics},",
        ")",
    ]
    numbered = "\n".join(f"{i:2}  {line}" for i, line in enumerate(lines, start=1))
    last_line = len(widths) + 3
    return Source(f"```text\n{numbered}\n```", last_line, last_line + 4)
