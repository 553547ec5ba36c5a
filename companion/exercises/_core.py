"""What an exercise is, and what a learner reads of an answer to it."""

import copy
import inspect
import linecache
import re
import textwrap
import traceback
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from companion._answers import (
    Mistake,
    Tolerance,
    as_array,
    compare,
    difference,
    is_blank,
    judge,
    show,
)

TRIES = 5


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
    misconception : str or None
        What the answer's author may believe: a key of
        `companion.quizzes.misconceptions`, where a typical mistake names one.
    """

    correct: bool = False
    answered: bool = True
    misconception: str | None = None

    def __bool__(self) -> bool:
        """Return whether the answer is right."""
        return self.correct


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A task whose answer is computed, so that it can be checked.

    Parameters
    ----------
    id : str
        The chapter's module and a number from 1, as in ``binary-crossentropy-2``.
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
        Relative tolerance of real numbers. By default a value may be rounded to three
        significant digits, and a function has 1e-4, so that float32 will do.
    absolute : float or tuple of float
        Absolute tolerance of real numbers, for answers that are 0 or that a right
        method reaches less closely; a tuple has one number for each part.
    right : str
        What to add when the answer is right.

    Raises
    ------
    ValueError
        If a field cannot be what its author meant.
    """

    id: str
    solution: Callable[..., Any]
    draw: Callable[[np.random.Generator], tuple] | None = None
    hints: tuple[str, ...]
    mistakes: tuple[Mistake, ...]
    tolerance: float | None = None
    absolute: float | tuple[float, ...] = 1e-9
    right: str = ""

    def __post_init__(self) -> None:
        """Refuse what would only show when a learner meets it."""
        name = getattr(self.solution, "__name__", "<lambda>")
        fields = {
            "id, as in 'binary-crossentropy-2'": re.fullmatch(
                r"[a-z][a-z-]*-[1-9]\d*", self.id
            ),
            "solution made with def": name != "<lambda>",
            "hints as a tuple of texts": _is_filled(self.hints, str),
            "mistakes as a tuple of Mistake": _is_filled(self.mistakes, Mistake),
        }
        for wanted, holds in fields.items():
            if not holds:
                raise ValueError(f"Exercise {self.id!r} needs: {wanted}.")

    @property
    def allowed(self) -> Tolerance:
        """How far a real number may be from the right one."""
        usual = None if self.draw is None else 1e-4
        relative = usual if self.tolerance is None else self.tolerance
        return Tolerance(relative, self.absolute)

    def difference(self, received: Any, expected: Any) -> str | None:
        """Say how an answer differs from the expected one; None if it does not."""
        return difference(received, expected, self.allowed)

    def inputs(self) -> list[tuple]:
        """Draw the arguments on which a function is tried, the same at each call."""
        if self.draw is None:
            return []
        seeds = [(zlib.crc32(self.id.encode()), number) for number in range(TRIES)]
        drawn = [self.draw(np.random.default_rng(seed)) for seed in seeds]
        if not all(isinstance(arguments, tuple) for arguments in drawn):
            raise TypeError(f"Exercise {self.id!r}: draw must return a tuple.")
        return drawn

    def check(self, answer: Any) -> Verdict:
        """Compare an answer with the solution and with each typical mistake."""
        if is_blank(answer):
            return _untouched()
        if self.draw is not None:
            return self._check_function(answer)
        judgement = judge(
            answer,
            self.solution(),
            self.mistakes,
            relative=self.allowed.relative,
            absolute=self.absolute,
        )
        if judgement.correct:
            return self._right()
        return _wrong(judgement.reason, judgement.misconception)

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
        if any(is_blank(output) for output in received):
            return _untouched()
        if any(output is None for output in received):
            return _wrong("Your function returned nothing: did you forget `return`?")
        expected = _outputs(self.solution, inputs)
        mistakes = self._mistaken(inputs)
        judgement = compare(received, expected, mistakes, self.allowed)
        if judgement.correct:
            return self._right()
        triples = zip(inputs, received, expected, strict=True)
        first = next(one for one in triples if self.difference(*one[1:]))
        example = self._example(*first)
        return _wrong(f"{judgement.reason}\n\n{example}", judgement.misconception)

    def _mistaken(self, inputs: list[tuple]) -> Iterator[tuple[Mistake, list]]:
        """Yield each mistake that gets through the inputs, with what it returns."""
        for mistake in self.mistakes:
            try:
                yield mistake, _outputs(mistake.answer, inputs)
            except _StoppedError:
                continue

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
    if code is None:
        return ""
    frames = traceback.walk_tb(error.__traceback__)
    lines = [number for frame, number in frames if frame.f_code is code]
    return linecache.getline(code.co_filename, lines[-1]).strip() if lines else ""


def _untouched() -> Verdict:
    return Verdict(
        "**Not answered yet.** Put your answer in place of `...` and run the cell.",
        answered=False,
    )


def _wrong(message: str, misconception: str | None = None) -> Verdict:
    return Verdict(f"**Not right yet.** {message}", misconception=misconception)


def _is_filled(items: Any, kind: type) -> bool:
    return (
        isinstance(items, tuple)
        and len(items) > 0
        and all(isinstance(item, kind) for item in items)
    )


def _first_difference(received: Any, expected: Any) -> str:
    """Say where two long arrays differ that look the same when abridged."""
    came, wanted = as_array(received), as_array(expected)
    if came is None or wanted is None or came.shape != wanted.shape:
        return ""
    place = tuple(np.argwhere(came != wanted)[0].tolist())
    where = place[0] if len(place) == 1 else place
    return (
        f"\n\nThe first difference is at index {where}: "
        f"{show(came[place], 17)}, expected {show(wanted[place], 17)}."
    )


def _indent(text: str) -> str:
    return textwrap.indent(text, "    ")
