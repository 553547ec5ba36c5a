"""What an exercise is, and how an answer is compared with its solution."""

import copy
import inspect
import linecache
import re
import textwrap
import traceback
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

TRIES = 5
DIFFICULTIES = ("finger", "core", "open")
_WRONG_NUMBER = "The number is not right."


@dataclass(frozen=True, repr=False)
class Note:
    """A text for the learner, shown as Markdown in a notebook.

    Parameters
    ----------
    message : str
        Markdown without maths, so that every front end shows it alike.
    """

    message: str

    def _repr_markdown_(self) -> str:
        return self.message

    def __repr__(self) -> str:
        """Return the text as a terminal shows it."""
        # Only a bold word at the start of a line: in code, ** is the power operator.
        marks = r"^\*\*(.+?)\*\*|^```.*\n?"
        lines = re.sub(marks, r"\1", self.message, flags=re.MULTILINE)
        return "\n".join(
            line if line.startswith("    ") else textwrap.fill(line, 88)
            for line in lines.splitlines()
        )


@dataclass(frozen=True, repr=False)
class Verdict(Note):
    """What `check` says about an answer.

    Parameters
    ----------
    message : str
        What is right, or what the answer suggests was misunderstood.
    correct : bool
        Whether the answer is right; also the truth value of the verdict.
    answered : bool
        False where the blank is still untouched.
    """

    correct: bool = False
    answered: bool = True

    def __bool__(self) -> bool:
        """Return whether the answer is right."""
        return self.correct


@dataclass(frozen=True)
class Mistake:
    """A typical wrong answer and what it suggests.

    Parameters
    ----------
    answer : callable
        Computes the wrong answer: without arguments for a value, a wrong
        implementation for a function.
    message : str
        What was misunderstood, and where to look. Markdown without maths.
    """

    answer: Callable[..., Any]
    message: str


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A task whose answer is computed, so that it can be checked.

    Parameters
    ----------
    id : str
        The chapter's module and a number from 1, as in ``binary-2``.
    minutes : int
        How long a learner needs.
    difficulty : {'finger', 'core', 'open'}
        A finger exercise repeats the chapter; an open one goes beyond it.
    solution : callable
        A plain function. Its source is what the learner is shown, so it has to be
        readable alone.
    draw : callable, optional
        Maps a ``numpy.random.Generator`` to the tuple of arguments on which the
        learner's function is tried. None: the answer is a value, and ``solution``
        takes no arguments.
    hints : tuple of str
        From a nudge to nearly the answer.
    mistakes : tuple of Mistake
        Each typical wrong answer.
    tolerance : float, optional
        Relative tolerance of real numbers. By default 5e-3 for a value (three
        significant digits will do) and 1e-6 for a function.
    absolute : float
        Absolute tolerance of real numbers, for answers that are 0.
    right : str
        What to add when the answer is right.

    Raises
    ------
    ValueError
        If a field cannot be what its author meant.
    """

    id: str
    minutes: int
    difficulty: Literal["finger", "core", "open"]
    solution: Callable[..., Any]
    draw: Callable[[np.random.Generator], tuple] | None = None
    hints: tuple[str, ...]
    mistakes: tuple[Mistake, ...]
    tolerance: float | None = None
    absolute: float = 1e-9
    right: str = ""

    def __post_init__(self) -> None:
        """Refuse what would only show when a learner meets it."""
        name = getattr(self.solution, "__name__", "<lambda>")
        fields = {
            "id, as in 'binary-2'": re.fullmatch(r"[a-z][a-z-]*-[1-9]\d*", self.id),
            "minutes above 0": self.minutes > 0,
            "difficulty 'finger', 'core' or 'open'": self.difficulty in DIFFICULTIES,
            "solution made with def": name != "<lambda>",
            "hints as a tuple of texts": _is_filled(self.hints, str),
            "mistakes as a tuple of Mistake": _is_filled(self.mistakes, Mistake),
        }
        for wanted, holds in fields.items():
            if not holds:
                raise ValueError(f"Exercise {self.id!r} needs: {wanted}.")

    @property
    def relative(self) -> float:
        """The relative tolerance in use."""
        if self.tolerance is not None:
            return self.tolerance
        return 5e-3 if self.draw is None else 1e-6

    def difference(self, received: Any, expected: Any) -> str | None:
        """Say how an answer differs from the expected one; None if it does not."""
        return _difference(received, expected, self.relative, self.absolute)

    def inputs(self) -> list[tuple]:
        """Draw the arguments on which a function is tried, the same at each call."""
        seeds = [(zlib.crc32(self.id.encode()), number) for number in range(TRIES)]
        drawn = [self.draw(np.random.default_rng(seed)) for seed in seeds]
        if not all(isinstance(arguments, tuple) for arguments in drawn):
            raise TypeError(f"Exercise {self.id!r}: draw must return a tuple.")
        return drawn

    def check(self, answer: Any) -> Verdict:
        """Compare an answer with the solution and with each typical mistake."""
        if _is_blank(answer):
            return _untouched()
        if self.draw is None:
            return self._check_value(answer)
        return self._check_function(answer)

    def _check_value(self, answer: Any) -> Verdict:
        if answer is None:
            return _wrong(
                "Your answer is `None`: the code that computes it returned nothing. "
                "Did you forget `return`, or keep the result of a `print`?"
            )
        if callable(answer):
            return _wrong(
                "Your answer is a function, and a value is asked for: call the "
                "function and give what it returns."
            )
        difference = self.difference(answer, self.solution())
        if difference is None:
            return self._right()
        for mistake in self.mistakes:
            if self.difference(answer, mistake.answer()) is None:
                return _wrong(mistake.message)
        return _wrong(difference)

    def _check_function(self, function: Any) -> Verdict:
        if not callable(function):
            return _wrong(
                "A function is asked for, and your answer is a value "
                f"(`{type(function).__name__}`): pass the function's name without "
                "parentheses."
            )
        inputs = self.inputs()
        try:
            received = _outputs(function, inputs)
        except _StoppedError as stopped:
            return self._stopped(function, stopped)
        if any(_is_blank(output) for output in received):
            return _untouched()
        if any(output is None for output in received):
            return _wrong("Your function returned nothing: did you forget `return`?")
        expected = _outputs(self.solution, inputs)
        differences = list(map(self.difference, received, expected))
        first = next((i for i, text in enumerate(differences) if text is not None), -1)
        if first < 0:
            return self._right()
        message = self._mistake_behind(received, inputs) or differences[first]
        example = self._example(inputs[first], received[first], expected[first])
        return _wrong(f"{message}\n\n{example}")

    def _mistake_behind(self, received: list, inputs: list[tuple]) -> str | None:
        for mistake in self.mistakes:
            try:
                outputs = _outputs(mistake.answer, inputs)
            except _StoppedError:
                continue
            if not any(map(self.difference, received, outputs)):
                return mistake.message
        return None

    def _right(self) -> Verdict:
        return Verdict(f"**Right.** {self.right}".rstrip(), correct=True)

    def _stopped(self, function: Callable, stopped: "_StoppedError") -> Verdict:
        error = stopped.error
        if "ellipsis" in str(error):
            return _untouched()
        line = _line_of(function, error)
        where = f" at `{line}`" if line else ""
        arguments = self._shown_arguments(stopped.arguments)
        return _wrong(
            f"Your function stopped with an error{where}.\n\nFor\n\n{arguments}\n\n"
            "it raised\n\n    "
            + textwrap.shorten(f"{type(error).__name__}: {error}", 300)
        )

    def _example(self, arguments: tuple, received: Any, expected: Any) -> str:
        for digits in (4, 8, 17):
            came, wanted = show(received, digits), show(expected, digits)
            if came != wanted:
                break
        return (
            f"For\n\n{self._shown_arguments(arguments)}\n\nyour function returned\n\n"
            f"{_indent(came)}\n\nand expected was\n\n{_indent(wanted)}"
            + (_first_difference(received, expected) if came == wanted else "")
        )

    def _shown_arguments(self, arguments: tuple) -> str:
        names = list(inspect.signature(self.solution).parameters)
        return "\n".join(
            _indent(f"{name} = {show(argument, 4, f'{name} = ')}")
            for name, argument in zip(names, arguments, strict=False)
        )


class _StoppedError(Exception):
    """A function under trial raised an error."""

    def __init__(self, error: Exception, arguments: tuple) -> None:
        super().__init__(str(error))
        self.error = error
        self.arguments = arguments


def _outputs(function: Callable, inputs: list[tuple]) -> list:
    outputs = []
    for arguments in inputs:
        try:
            # Copies, so that a function which changes its input spoils nothing.
            with np.errstate(all="ignore"):
                outputs.append(function(*copy.deepcopy(arguments)))
        except Exception as error:
            raise _StoppedError(error, arguments) from error
    return outputs


def _line_of(function: Callable, error: Exception) -> str:
    code = getattr(function, "__code__", None)
    frames = traceback.walk_tb(error.__traceback__)
    lines = [number for frame, number in frames if frame.f_code is code]
    return linecache.getline(code.co_filename, lines[-1]).strip() if lines else ""


def _untouched() -> Verdict:
    return Verdict(
        "**Not answered yet.** Put your answer in place of `...` and run the cell.",
        answered=False,
    )


def _wrong(message: str) -> Verdict:
    return Verdict(f"**Not right yet.** {message}")


def _is_filled(items: Any, kind: type) -> bool:
    return (
        isinstance(items, tuple)
        and len(items) > 0
        and all(isinstance(item, kind) for item in items)
    )


def _is_blank(answer: Any) -> bool:
    if isinstance(answer, (tuple, list)):
        return any(_is_blank(part) for part in answer)
    return answer is Ellipsis


def _difference(
    received: Any, expected: Any, relative: float, absolute: float
) -> str | None:
    if isinstance(expected, (tuple, list)):
        return _difference_of_parts(received, expected, relative, absolute)
    if isinstance(expected, str):
        return _difference_of_texts(received, expected)
    return _difference_of_arrays(received, np.asarray(expected), relative, absolute)


def _difference_of_parts(
    received: Any, expected: tuple | list, relative: float, absolute: float
) -> str | None:
    count = len(expected)
    if isinstance(received, np.ndarray) and received.ndim:
        received = list(received)
    elif not isinstance(received, (tuple, list)):
        array = _as_array(received)
        received = [received] if array is None or array.ndim == 0 else list(array)
    if len(received) != count:
        example = ", ".join("abcdefgh"[:count])
        came = "a single value" if len(received) == 1 else f"{len(received)} values"
        return f"Asked for are {count} values: `({example})`. Received: {came}."
    parts = [
        _difference(came, wanted, relative, absolute)
        for came, wanted in zip(received, expected, strict=True)
    ]
    wrong = [f"Part {i} of {count}: {text}" for i, text in enumerate(parts, 1) if text]
    return " ".join(wrong) or None


def _difference_of_texts(received: Any, expected: str) -> str | None:
    if not isinstance(received, str):
        return f"A text in quotes is asked for. Received: {_kind(received)}."
    if _plain(received) != _plain(expected):
        return f"`{textwrap.shorten(received, 60)}` is not right."
    return None


def _difference_of_arrays(
    received: Any, expected: np.ndarray, relative: float, absolute: float
) -> str | None:
    array = _as_array(received)
    wanted = "True or False" if expected.dtype == bool else "a number"
    if expected.ndim:
        wanted = f"an array of shape {expected.shape}"
    if array is not None and array.dtype == bool and array.ndim:
        # A comparison of arrays yields these, and NumPy counts with them as 0 and 1.
        array = array.astype(expected.dtype)
    if array is None or (array.dtype == bool) != (expected.dtype == bool):
        return f"Asked for is {wanted}. Received: {_kind(received)}."
    if array.shape != expected.shape:
        came = f"an array of shape {array.shape}" if array.ndim else "a single number"
        return f"Asked for is {wanted}. Received: {came}."
    if expected.dtype.kind in "biu":
        # Counts and classes are right or wrong, however they were computed.
        relative, absolute = 0.0, 1e-6
    if np.allclose(array, expected, relative, absolute, equal_nan=True):
        return None
    if np.isnan(array).any() and not np.isnan(expected).any():
        return "Not a number (NaN) came out: look for log(0), 0/0 or inf - inf."
    if np.isinf(array).any() and not np.isinf(expected).any():
        return "Infinity came out: look for log(0), a division by 0 or an overflow."
    if np.allclose(array, expected, 10 * relative, absolute):
        return "Close, but not close enough: give more digits, and round at the end."
    return _not_equal(array)


def _first_difference(received: Any, expected: Any) -> str:
    """Say where two long arrays differ that look the same when abridged."""
    came, wanted = _as_array(received), _as_array(expected)
    if came is None or wanted is None or came.shape != wanted.shape:
        return ""
    place = tuple(np.argwhere(came != wanted)[0].tolist())
    where = place[0] if len(place) == 1 else place
    return (
        f"\n\nThe first difference is at index {where}: "
        f"{show(came[place], 17)}, expected {show(wanted[place], 17)}."
    )


def _not_equal(array: np.ndarray) -> str:
    if array.ndim:
        return "The numbers are not right."
    return "It is the other way round." if array.dtype == bool else _WRONG_NUMBER


def _as_array(value: Any) -> np.ndarray | None:
    """Return the numbers in a value; None if there are none to compare."""
    try:
        array = np.asarray(value)
    # Each framework refuses symbolic or unreadable tensors with its own error.
    except Exception:
        return None
    return array if array.dtype.kind in "biuf" else None


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "a text (leave the quotes out if you mean a number)"
    if value is None:
        return "`None` (did you forget `return`?)"
    return f"`{type(value).__name__}`"


def _plain(text: str) -> str:
    text = text.casefold().strip(" \t\n.'\"")
    return re.sub(r"[\s_-]+", "", text) if any(map(str.isalpha, text)) else text


def show(value: Any, digits: int = 4, prefix: str = "") -> str:
    """Write a value with so many significant digits, arrays as NumPy writes them."""
    if isinstance(value, (tuple, list)):
        parts = ", ".join(show(part, digits, prefix) for part in value)
        return f"({parts},)" if len(value) == 1 else f"({parts})"
    array = _as_array(value)
    if array is None:
        return textwrap.shorten(repr(value), 200)
    return np.array2string(
        array,
        separator=", ",
        threshold=50,
        prefix=prefix,
        formatter={"float_kind": lambda number: f"{number:.{digits}g}"},
    )


def _indent(text: str) -> str:
    return textwrap.indent(text, "    ")
