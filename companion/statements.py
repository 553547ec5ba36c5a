"""Let a notebook run on where a statement of its text does not hold.

The hidden cells of a chapter assert what its text says; their first line begins with
``# Checks``. Versions and processors differ, so such an assertion can fail for a reader
whose machine is sound. After ::

    %load_ext companion.statements

which every chapter's first cell says, it shows one line with the statement, what was
seen and the versions, and the run goes on. ``make book`` reads these lines and marks
the page. With ``CROSSENTROPY_COURSE_STRICT=1`` in the environment an assertion is an
error, as in plain Python.
"""

import ast
import importlib.metadata
import os
import platform
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell

__all__ = ["MARK", "MIME_TYPE", "load_ipython_extension", "report", "versions"]

MARK = "# Checks"  # how a cell begins whose assertions are statements
MIME_TYPE = "application/vnd.crossentropy-course.statement+json"
_STRICT = "CROSSENTROPY_COURSE_STRICT"
_LONGEST = 300  # characters of a value that was seen
# No name is left behind in the notebook.
_REPORT = "__import__('companion.statements', fromlist=['report']).report"
_SAFELY = f"try:\n pass\nexcept Exception as _stopped:\n {_REPORT}(error=_stopped)"


class _SoftAssertions(ast.NodeTransformer):
    """Replace the assertions of a marked cell, for IPython, by calls of ``report``."""

    def __init__(self) -> None:
        self._source = ""

    def pre_run_cell(self, info: "ExecutionInfo") -> None:
        """Remember the cell's text, since the tree has no comments."""
        self._source = info.raw_cell or ""

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Return the cell's tree, with nothing in it that can stop the run."""
        # Once: a magic such as %time has another tree transformed in the same cell.
        source, self._source = self._source, ""
        if not source.startswith(MARK):
            return node
        body = [_Assertions(source).visit(statement) for statement in node.body]
        safe = ast.parse(_SAFELY)
        (guard,) = safe.body
        assert isinstance(guard, ast.Try)
        guard.body = body
        return ast.fix_missing_locations(safe)


class _Assertions(ast.NodeTransformer):
    """Replace each assertion by a test that reports."""

    def __init__(self, source: str) -> None:
        self._source = source

    def visit_Assert(self, node: ast.Assert) -> ast.If:
        """Turn ``assert a == b`` into ``if not (a == b): report(…)``."""
        text = ast.get_source_segment(self._source, node) or ast.unparse(node)
        operands = ast.parse("lambda: ()", mode="eval").body
        assert isinstance(operands, ast.Lambda)
        if isinstance(node.test, ast.Compare):
            sides = [node.test.left, *node.test.comparators]
            operands.body = ast.Tuple(sides, ast.Load())
        arguments: list[ast.expr] = [
            ast.Constant(text),
            ast.Constant(node.lineno),
            operands,
        ]
        call = ast.Call(ast.parse(_REPORT, mode="eval").body, arguments, [])
        test = ast.UnaryOp(ast.Not(), node.test)
        return ast.copy_location(ast.If(test, [ast.Expr(call)], []), node)


def report(
    statement: str = "",
    line: int = 0,
    operands: Callable[[], tuple] = tuple,
    *,
    error: Exception | None = None,
) -> None:
    """Show that a statement does not hold, or that an error kept it from being checked.

    Parameters
    ----------
    statement, line
        The assertion and its line in the cell; with ``error`` both come from there.
    operands
        Returns the two sides of a comparison; called once more to show them.
    error
        What a marked cell raised, if it is not an assertion that failed.
    """
    from IPython.display import display

    if error is not None:
        line = error.__traceback__.tb_lineno if error.__traceback__ else line
        seen = f"{type(error).__name__}: {error}"
        says = f"A check of the text stopped at line {line}"
    else:
        seen = _seen(operands)
        says = f"Does not hold here: `{' '.join(statement.split())}`"
    says += f" ({seen}; {versions()})" if seen else f" ({versions()})"
    found = {"statement": statement, "line": line, "seen": seen}
    display({"text/plain": says, MIME_TYPE: found}, raw=True)


def _seen(operands: Callable[[], tuple]) -> str:
    """Return the compared values as text, shortened."""
    try:
        values = [" ".join(repr(_plain(value)).split()) for value in operands()]
    except Exception as error:  # it was only for the message
        return f"{type(error).__name__}: {error}"
    return ", ".join(
        value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…" for value in values
    )


def _plain(value: Any) -> object:
    """Return a number of NumPy as Python's, which is shorter to read."""
    is_scalar = getattr(value, "shape", None) == () and hasattr(value, "item")
    return value.item() if is_scalar else value


def versions(backend: str | None = None) -> str:
    """Return what a statement may depend on: Python, NumPy, Keras, the backend.

    By default the backend is Keras's, where Keras is loaded.
    """
    # Asked of the loaded module: importing Keras here would take seconds.
    if backend is None and "keras" in sys.modules:
        backend = sys.modules["keras"].config.backend()
    names = ["numpy", "keras", *filter(None, [backend])]
    found = [f"Python {platform.python_version()}"]
    found += [f"{name} {importlib.metadata.version(name)}" for name in names]
    return ", ".join(found)


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Prepare a notebook's kernel; ``%load_ext companion.statements`` calls this."""
    if os.environ.get(_STRICT):
        return
    if any(
        isinstance(transformer, _SoftAssertions)
        for transformer in shell.ast_transformers
    ):
        return
    soft = _SoftAssertions()
    shell.events.register("pre_run_cell", soft.pre_run_cell)
    shell.ast_transformers.append(soft)
