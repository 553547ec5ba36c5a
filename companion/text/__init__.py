"""Text as integer codes, and text from a network that predicts the next character.

`encode` and `decode` go between a text and the codes of its characters, `windows` cuts
codes into training examples, and `sample` lets a trained network write: the whole loop
over characters is one compiled program, on TensorFlow and on JAX.
"""

import random
import unicodedata
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from companion._arguments import check_count, check_seed

if TYPE_CHECKING:
    import keras

__all__ = ["choose", "decode", "encode", "random_numbers", "sample", "windows"]

# Codes below 256 are the alphabet Latin-1; the classes of the character network.
CODES = 256
REPLACEMENTS = {
    "\N{EM DASH}": "--",
    "\N{EN DASH}": "-",
    "\N{HORIZONTAL ELLIPSIS}": "...",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"',
    "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
}
TEMPERATURES = (1e-6, 1e6)


def encode(text: str) -> NDArray[np.int32]:
    """Turn a text into the codes of its characters, 0 to 255.

    The code of a character is its Unicode number, `ord(character)`.

    Parameters
    ----------
    text : str
        Its characters have codes below 256: English and the Western European accents.

    Returns
    -------
    int32 array, shape (characters,)

    Raises
    ------
    TypeError
        If the text is not a string.
    ValueError
        If a character's code is 256 or more; the message says which, where, and what
        to put in its place.

    Examples
    --------
    >>> from companion import text
    >>> text.encode("Café")
    array([ 67,  97, 102, 233], dtype=int32)
    """
    if not isinstance(text, str):
        raise TypeError(f"The text must be a str. Received: {type(text).__name__}")
    try:
        codes = text.encode("latin-1")
    except UnicodeEncodeError as error:
        raise ValueError(_advice(text[error.start], error.start)) from None
    return np.frombuffer(codes, dtype=np.uint8).astype(np.int32)


def decode(codes: ArrayLike) -> str:
    """Turn codes, 0 to 255, back into the text that they stand for.

    Parameters
    ----------
    codes : integers, shape (characters,)
        As from `encode`.

    Returns
    -------
    str
        `decode(encode(text))` is `text`.

    Raises
    ------
    TypeError
        If the codes are not integers.
    ValueError
        If there is not one row of them, or one lies outside 0 to 255.

    Examples
    --------
    >>> from companion import text
    >>> text.decode([72, 105])
    'Hi'
    """
    return _codes(codes).astype(np.uint8).tobytes().decode("latin-1")


def windows(
    codes: ArrayLike, length: int = 100, *, step: int | None = None
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Cut codes into windows, and beside each the same window one place further on.

    Row i is `x[i] = codes[a : a + length]` and `y[i] = codes[a + 1 : a + length + 1]`
    with `a = i * step`: at each place, y is the character that follows. A rest too
    short for a window is left out.

    Parameters
    ----------
    codes : integers, shape (characters,)
        As from `encode`; at least one more than `length`.
    length : int
        The characters in a window.
    step : int, optional
        How many places after one window the next begins. By default `length`, so that
        windows do not overlap.

    Returns
    -------
    x, y : int32 arrays, shape (n, length)

    Raises
    ------
    TypeError
        If the codes, the length or the step are not integers.
    ValueError
        If the codes are too few, not in one row or outside 0 to 255, or if the length
        or the step is below 1.

    Examples
    --------
    >>> from companion import text
    >>> x, y = text.windows(text.encode("To be or not"), length=5)
    >>> [text.decode(row) for row in x], [text.decode(row) for row in y]
    (['To be', ' or n'], ['o be ', 'or no'])
    """
    codes = _codes(codes)
    length = check_count("length", length)
    step = length if step is None else check_count("step", step)
    if len(codes) <= length:
        raise ValueError(
            f"Windows of {length} characters need at least {length + 1} codes, as the "
            f"last has a successor too. Received: {len(codes)}. Choose a smaller length"
        )
    rows = np.lib.stride_tricks.sliding_window_view(codes, length + 1)[::step]
    # Copies, since the rows of a view overlap in memory and are read-only.
    return rows[:, :-1].copy(), rows[:, 1:].copy()


def sample(
    model: "keras.Sequential",
    prompt: str,
    length: int,
    *,
    temperature: float = 1.0,
    streams: int = 1,
    seed: int | None = None,
) -> list[str]:
    r"""Let a network continue a prompt, one character after another.

    Each character is drawn from the network's probabilities p for the next one, at a
    temperature T from those proportional to

    .. math:: \exp(\log(p_k) / T) = p_k^{1/T}

    and is then what the network reads next. T = 1 leaves the probabilities as they
    are, a smaller T prefers what is probable, a larger one evens them out.

    Parameters
    ----------
    model : keras.Sequential
        From integer codes (batch, length) to probabilities (batch, length, 256), such
        as a trained `models.char_lstm()`. It may hold LSTM, GRU and SimpleRNN layers
        that return sequences, which go on from character to character, and layers that
        act at each place alone: Embedding, Dense, Activation, Dropout (which does
        nothing here) and LayerNormalization. Sampling changes neither its weights nor
        its states.
    prompt : str
        The text to continue, at least one character.
    length : int
        The number of characters to draw.
    temperature : float
        From 1e-6, which all but always takes the most probable character, to 1e6,
        where all characters have nearly the same chance.
    streams : int
        How many texts to draw at once, each on its own from the same prompt.
    seed : int, optional
        Fixes the texts, alike on both backends up to the rounding of float32. By
        default it is drawn from Python's generator, which
        `keras.utils.set_random_seed` sets.

    Returns
    -------
    list of str
        One text of `length` characters for each stream, without the prompt.

    Raises
    ------
    TypeError
        If the model is not a keras.Sequential or an argument has the wrong type.
    ValueError
        If the model holds other layers or returns NaN, if the prompt is empty or has a
        character with a code of 256 or more, or if a number is out of range.

    Notes
    -----
    A first call on a model compiles a program. It serves later calls, also after more
    training, with the same number of streams and with up to 1,024 characters, prompt
    included; beyond that, each doubling compiles anew.

    Examples
    --------
    >>> from companion import models, text
    >>> model = models.char_lstm(units=8)
    >>> texts = text.sample(model, "ROMEO:", 10, streams=2, seed=0)
    >>> [len(written) for written in texts]
    [10, 10]
    """
    from companion.text import _sampling

    _sampling.check_model(model, codes=CODES)
    start = encode(prompt)
    if len(start) == 0:
        raise ValueError(
            'The prompt must have at least one character, for example "\\n". '
            'Received: ""'
        )
    seed = random.getrandbits(32) if seed is None else seed
    numbers = random_numbers(length, streams=streams, seed=seed)
    temperature = _temperature(temperature)
    codes = _sampling.generate(model, start, numbers, temperature=temperature)
    return [decode(stream) for stream in codes.T]


def random_numbers(length: int, *, streams: int = 1, seed: int) -> NDArray[np.float32]:
    """Return the random numbers from which `sample` draws: one a character and stream.

    Parameters
    ----------
    length, streams, seed : int
        As for `sample`.

    Returns
    -------
    float32 array, shape (length, streams)
        Uniform in (0, 1].

    Raises
    ------
    TypeError
        If an argument is not an integer.
    ValueError
        If a count is below 1, or the seed lies outside 0 to 2**32 - 1.

    Examples
    --------
    >>> from companion import text
    >>> text.random_numbers(3, streams=2, seed=0).shape
    (3, 2)
    """
    shape = check_count("length", length), check_count("streams", streams)
    rng = np.random.default_rng(check_seed(seed))
    # From [0, 1) to (0, 1]: with a 0, a class of probability 0 would be chosen.
    return 1 - rng.random(shape, dtype=np.float32)


def choose(
    probabilities: ArrayLike, numbers: ArrayLike, *, temperature: float = 1.0
) -> NDArray[np.int32]:
    """Choose a class for each row of probabilities, as `sample` does at each character.

    The weights p ** (1 / temperature) are added up from the first class on; chosen is
    the first class where this sum reaches the random number times the whole sum.

    Parameters
    ----------
    probabilities : floats, shape (..., classes)
        As from a softmax.
    numbers : floats, shape (...)
        One random number in (0, 1] for each row, as from `random_numbers`.
    temperature : float
        As for `sample`.

    Returns
    -------
    int32 array, shape (...)

    Raises
    ------
    TypeError
        If the temperature is not a number.
    ValueError
        If probabilities are negative, not finite or all 0 in a row, if a random number
        lies outside (0, 1], if the shapes do not belong together, or if the temperature
        is out of range.

    Examples
    --------
    >>> from companion import text
    >>> text.choose([[0.1, 0.2, 0.7], [0.1, 0.2, 0.7]], [0.25, 0.5])
    array([1, 2], dtype=int32)
    """
    from companion.text import _sampling

    p, u = (np.asarray(array, dtype=np.float32) for array in (probabilities, numbers))
    if p.shape[:-1] != u.shape or p.ndim == 0:
        raise ValueError(
            "There must be one random number for each row of probabilities. "
            f"Received: shapes {u.shape} and {p.shape}"
        )
    invalid = ~((np.isfinite(p) & (p >= 0)).all(axis=-1) & p.any(axis=-1))
    if invalid.any():
        raise ValueError(
            "Probabilities must be finite, not negative and not all 0 in a row. "
            f"Received: {p[invalid][0]}. Apply a softmax to raw scores first."
        )
    outside = u[~((u > 0) & (u <= 1))]
    if outside.size:
        raise ValueError(
            "Random numbers must lie in (0, 1], as those of random_numbers do. "
            f"Received: {outside[0]} among them"
        )
    codes, _ = _sampling.choose(p, u, _temperature(temperature))
    return np.asarray(codes)


def _advice(character: str, place: int) -> str:
    """Say which character cannot be encoded, where it stands and what to do."""
    name = unicodedata.name(character, "without a name")
    instead = REPLACEMENTS.get(character, "?")
    return (
        f"Characters must have codes below {CODES}. Received: {character!r} "
        f"({name}, code {ord(character)}) at place {place}. Replace it first: "
        f"text.replace({character!r}, {instead!r})"
    )


def _codes(codes: ArrayLike) -> NDArray[np.int32]:
    array = np.asarray(codes)
    if array.dtype.kind not in "iu":
        raise TypeError(
            "Codes must be integers, as encode() returns them. "
            f"Received: dtype {array.dtype}"
        )
    if array.ndim != 1:
        raise ValueError(
            "Codes must stand in one row; take the rows of several one by one. "
            f"Received: shape {array.shape}"
        )
    outside = array[(array < 0) | (array >= CODES)]
    if outside.size:
        raise ValueError(
            f"Codes must lie in 0 to {CODES - 1}. Received: {outside[0]} among them"
        )
    return array.astype(np.int32)


def _temperature(value: float) -> float:
    least, most = TEMPERATURES
    message = (
        f"`temperature` must be a number from {least:g} to {most:g}. For the most "
        f"probable character, pass {least:g}. Received: temperature={value!r}"
    )
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(message)
    if not least <= value <= most:
        raise ValueError(message)
    return float(value)
