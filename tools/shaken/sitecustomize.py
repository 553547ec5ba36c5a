"""Shake the rounding: scale each random draw that Keras makes by about one millionth.

Another processor rounds otherwise, and training amplifies that. ``tools/shake.py`` puts
this folder on ``PYTHONPATH`` and a seed into ``CROSSENTROPY_COURSE_SHAKE``; then each
draw is multiplied by 1 + 1e-6 g. The normal number g depends on the values drawn and on
the seed alone: equal draws stay equal, so what a page compares stays comparable.
"""

import os
import sys
from functools import wraps
from importlib.machinery import PathFinder

SEED = int(os.environ.get("CROSSENTROPY_COURSE_SHAKE", "0"))
STRENGTH = 1e-6
# Keras's draws of real numbers; the others count, choose or permute.
DRAWS = ("normal", "truncated_normal", "uniform", "gamma", "beta")


def factor_on_tensorflow(draw, seed):
    """Return 1 + 1e-6 g, for a tensor that may be a traced one."""
    import tensorflow as tf

    bits = tf.bitcast(tf.cast(draw, tf.float32), tf.int32)
    # The sum of whole numbers wraps around, so it does not depend on the order. The
    # algorithm is named, since programs compiled by XLA would choose another one.
    g = tf.random.stateless_normal([], [tf.reduce_sum(bits), seed], alg="philox")
    return tf.cast(1 + STRENGTH * g, draw.dtype)


def factor_on_jax(draw, seed):
    """Return 1 + 1e-6 g, for an array that may be a traced one."""
    import jax

    numbers = draw.astype("float32")
    bits = jax.lax.bitcast_convert_type(numbers, "int32").sum(dtype="int32")
    key = jax.random.fold_in(jax.random.key(seed), bits)
    g = jax.random.normal(key, dtype="float32")
    return (1 + STRENGTH * g).astype(draw.dtype)


def shaken(draw, factor, seed=SEED):
    """Return a function that draws and then scales what was drawn."""

    @wraps(draw)
    def scaled(*arguments, **options):
        drawn = draw(*arguments, **options)
        return drawn * factor(drawn, seed)

    return scaled


FACTORS = {
    "keras.src.backend.tensorflow.random": factor_on_tensorflow,
    "keras.src.backend.jax.random": factor_on_jax,
}


class Finder:
    """Wrap the draws of a backend as soon as Keras has loaded them."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        """Find one of the two modules, and no other."""
        if name not in FACTORS:
            return None
        spec = PathFinder.find_spec(name, path, target)
        load = spec.loader.exec_module

        def load_and_wrap(module):
            load(module)
            for draw in DRAWS:
                setattr(module, draw, shaken(getattr(module, draw), FACTORS[name]))

        spec.loader.exec_module = load_and_wrap
        return spec


if SEED:
    sys.meta_path.insert(0, Finder)
