"""What Keras calls its losses, metrics and activations, without importing Keras."""

import difflib
import functools
import inspect
import re
import textwrap
from collections.abc import Mapping
from typing import Any

_KINDS = {
    "loss": (
        "binary_crossentropy binary_focal_crossentropy categorical_crossentropy "
        "categorical_focal_crossentropy sparse_categorical_crossentropy kl_divergence "
        "poisson mean_squared_error mean_absolute_error mean_absolute_percentage_error "
        "mean_squared_logarithmic_error cosine_similarity log_cosh huber hinge "
        "squared_hinge categorical_hinge dice tversky circle ctc"
    ),
    "metric": (
        "accuracy binary_accuracy categorical_accuracy sparse_categorical_accuracy "
        "top_k_categorical_accuracy sparse_top_k_categorical_accuracy auc precision "
        "recall f1_score"
    ),
    "activation": (
        "linear sigmoid softmax relu leaky_relu relu6 elu selu celu gelu glu silu tanh "
        "softplus softsign exponential hard_sigmoid hard_silu hard_tanh log_sigmoid "
        "log_softmax mish"
    ),
}
_NAMES = {kind: names.split() for kind, names in _KINDS.items()}
_ALIASES = {
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "acc": "accuracy",
    "swish": "silu",
    "hard_swish": "hard_silu",
}
# What is often written and never taken.
_ABBREVIATIONS = {
    "cce": "categorical_crossentropy",
    "scce": "sparse_categorical_crossentropy",
}
# `compile` takes these, and chooses the loss by the shapes of labels and outputs.
_LEFT_TO_KERAS = ("crossentropy", "ce")
# An option that makes another loss of it, and its default.
_OPTIONS = {"from_logits": False, "label_smoothing": 0.0, "ignore_class": None}


def canonical(name: str) -> str | None:
    """Return the name with underscores of which this is a spelling, if there is one.

    Letters count whatever their case, and whatever stands between the words.
    """
    return _SPELLINGS.get(_letters(name))


def name_of(value: Any) -> str | None:
    """Return the name of a text, or of a function, a class or an object of Keras."""
    if isinstance(value, str):
        return value
    if isinstance(value, functools.partial):
        value = value.func
    named = value if inspect.isroutine(value) or inspect.isclass(value) else type(value)
    home = getattr(named, "__module__", None) or ""
    return named.__name__ if home.split(".")[0] in ("keras", "tf_keras") else None


def difference_of_names(received: Any, expected: str) -> str | None:
    """Say why an answer does not name what is expected; None if it does."""
    name = name_of(received)
    if name is None:
        return (
            "Asked for is a name that `compile` takes, as a text in quotes. Received: "
            f"`{type(received).__name__}`."
        )
    shown, meant = textwrap.shorten(name, 60), canonical(name)
    if meant is None:
        return _unknown(shown, expected)
    if meant != canonical(expected):
        return f"`{shown}` is not right."
    options = ", ".join(f"{key}={value}" for key, value in _set(received).items())
    if options:
        return f"`{shown}` is right; with `{options}` it is another loss. Leave it out."
    return None


def _unknown(name: str, expected: str) -> str:
    letters = _letters(name)
    if letters in _LEFT_TO_KERAS:
        return f"`{name}` leaves the choice to Keras. Name the loss that it chooses."
    (kind,) = (kind for kind, names in _NAMES.items() if canonical(expected) in names)
    spellings = {_letters(one): one for one in _NAMES[kind]}
    alone = _letters(re.sub(r"^.*\.|\(.*$", "", name))
    if letters in _ABBREVIATIONS:
        meant = [_ABBREVIATIONS[letters]]
    elif alone in spellings:
        meant = [spellings[alone]]
    else:
        near = difflib.get_close_matches(alone, spellings, n=2, cutoff=0.7)
        begun = [one for one in spellings if alone and one.startswith(alone)]
        meant = [spellings[one] for one in near or begun[:2]]
    asked = " or ".join(f"`{one}`" for one in meant)
    return (
        f"`{name}` is not right: Keras has no loss, metric or activation of that name."
        + (f" Did you mean {asked}?" if asked else "")
    )


def _set(value: Any) -> Mapping[str, Any]:
    """Return the options that differ from Keras's defaults."""
    if isinstance(value, functools.partial):
        given = value.keywords
    elif isinstance(value, str) or inspect.isroutine(value) or inspect.isclass(value):
        return {}
    else:
        config = value.get_config() if hasattr(value, "get_config") else {}
        given = {key: getattr(value, key, config.get(key)) for key in _OPTIONS}
    return {
        key: given[key]
        for key, default in _OPTIONS.items()
        if given.get(key, default) not in (None, default)
    }


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


_SPELLINGS = {_letters(name): name for names in _NAMES.values() for name in names}
_SPELLINGS |= {_letters(alias): name for alias, name in _ALIASES.items()}
