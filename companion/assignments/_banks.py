"""Where the tasks of a chapter are: the public bank, or an instructor's own."""

import importlib
import importlib.util
import pkgutil
from pathlib import Path
from types import ModuleType

from companion.quizzes._bank import unknown_misconceptions

from . import bank as public
from ._submissions import CHAPTER
from ._tasks import Task


def chapters() -> list[str]:
    """Return the chapters of the public bank.

    Examples
    --------
    >>> from companion import assignments
    >>> "binary-crossentropy" in assignments.chapters()
    True
    """
    names = (module.name for module in pkgutil.iter_modules(public.__path__))
    return sorted(name.replace("_", "-") for name in names)


def find_tasks(chapter: str, bank: Path | None = None) -> tuple[Task, ...]:
    """Return the tasks of a chapter.

    A bank is a Python file, or a folder with one file a chapter, and it is run: it is
    the instructor's own code. Without one, the public bank serves.
    """
    # It becomes a module's or a file's name, which no dot or slash may lead elsewhere.
    if not CHAPTER.fullmatch(chapter):
        raise ValueError(
            "A chapter is named in small letters, digits and hyphens, for example "
            f"binary-crossentropy. Received: {chapter!r}"
        )
    module = (
        _public_bank(chapter)
        if bank is None
        else _private_bank(_bank_file(chapter, bank))
    )
    tasks = getattr(module, "TASKS", None)
    filled = isinstance(tasks, tuple) and len(tasks) > 0
    if not filled or not all(isinstance(task, Task) for task in tasks):
        raise ValueError(f"{module.__file__} needs TASKS, a tuple of Task.")
    named = {mistake.misconception for task in tasks for mistake in task.mistakes}
    if unknown := unknown_misconceptions(named - {None}):
        raise ValueError(f"{module.__file__}: {'; '.join(unknown)}.")
    return tasks


def _public_bank(chapter: str) -> ModuleType:
    if chapter not in chapters():
        raise ValueError(
            f"The public bank has nothing for {chapter!r}. It has "
            f"{', '.join(chapters())}. For a bank of your own, pass --bank PATH."
        )
    return importlib.import_module(f"{public.__name__}.{chapter.replace('-', '_')}")


def _bank_file(chapter: str, bank: Path) -> Path:
    if not bank.is_dir():
        return bank
    return bank / f"{chapter.replace('-', '_')}.py"


def _private_bank(path: Path) -> ModuleType:
    if path.suffix != ".py" or not path.is_file():
        raise ValueError(
            "A bank is a Python file, or a folder with a file such as "
            f"binary_crossentropy.py. There is no such file: {path}"
        )
    spec = importlib.util.spec_from_file_location("private_bank", path)
    assert spec is not None  # as its name ends in .py
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
