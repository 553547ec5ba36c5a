"""Shake the rounding: scale each random draw that Keras makes by about one millionth.

Another processor rounds otherwise, and training amplifies that. ``tools/shake.py`` puts
this folder on ``PYTHONPATH`` and a seed into ``CROSSENTROPY_COURSE_SHAKE``; then each
draw is multiplied by 1 + 1e-6 g. The normal number g depends on the values drawn and on
the seed alone: equal draws stay equal, so what a page compares stays comparable.
"""

import math
import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

SEED = int(os.environ.get("CROSSENTROPY_COURSE_SHAKE", "0"))
STRENGTH = 1e-6
Tensor = Any  # of Keras's backend
# Keras's draws of real numbers; the others count, choose or permute.
DRAWS = ("normal", "truncated_normal", "uniform", "gamma", "beta")


def factor(drawn: Tensor, seed: int) -> Tensor:
    """Return 1 + 1e-6 g for an array or a traced one, computed in whole numbers.

    A library's random numbers would differ between a program that XLA compiled and one
    that it did not.
    """
    from keras import ops

    bits = ops.view(ops.cast(drawn, "float32"), "int32")
    # This sum wraps around, so that it does not depend on the order.
    number = ops.cast(ops.sum(bits), "uint32")
    first = _mixed(ops.bitwise_xor(number, _constant(seed * 0x9E3779B9)))
    second = _mixed(ops.bitwise_xor(first, _constant(0x7F4A7C15)))
    # From two uniform numbers in (0, 1], by Box and Muller.
    radius = ops.sqrt(-2.0 * ops.log(_uniform(first)))
    g = radius * ops.cos(2 * math.pi * _uniform(second))
    return ops.cast(1 + STRENGTH * g, drawn.dtype)


def _mixed(number: Tensor) -> Tensor:
    """Spread a change of any bit over all 32, as MurmurHash3 ends."""
    from keras import ops

    for bits, multiplier in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        number = ops.bitwise_xor(number, ops.right_shift(number, bits))
        number = number * _constant(multiplier)
    return number


def _constant(number: int) -> Tensor:
    from keras import ops

    return ops.convert_to_tensor(number % 2**32, dtype="uint32")


def _uniform(number: Tensor) -> Tensor:
    """Return a number in (0, 1], of the 24 bits that float32 holds."""
    from keras import ops

    return (ops.cast(ops.right_shift(number, 8), "float32") + 1) / 2**24


def shaken(draw: Callable[..., Tensor], seed: int = SEED) -> Callable[..., Tensor]:
    """Return a function that draws and then scales what was drawn."""

    @wraps(draw)
    def scaled(*arguments: object, **options: object) -> Tensor:
        drawn = draw(*arguments, **options)
        return drawn * factor(drawn, seed)

    return scaled


MODULES = tuple(f"keras.src.backend.{name}.random" for name in ("tensorflow", "jax"))


class Finder:
    """Wrap the draws of a backend as soon as Keras has loaded them."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find one of the two modules, and no other."""
        if name not in MODULES:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        load = spec.loader.exec_module

        def load_and_wrap(module: ModuleType) -> None:
            load(module)
            for draw in DRAWS:
                setattr(module, draw, shaken(getattr(module, draw)))

        spec.loader.exec_module = load_and_wrap
        return spec


if SEED:
    sys.meta_path.insert(0, Finder)
