"""What was measured once, on machines that a chapter cannot count on.

Each file beside this one is the output of one command of ``benchmarks``, unchanged. It
holds that command, the date, the machine and the versions, so that you can do it again.
"""

import json
from importlib.resources import files
from pathlib import PurePath
from typing import Any

__all__ = ["names", "read"]


def names() -> list[str]:
    """Return the names of all records, sorted.

    Examples
    --------
    >>> from companion import measurements
    >>> "digits-full" in measurements.names()
    True
    """
    paths = (PurePath(file.name) for file in files(__name__).iterdir())
    return sorted(path.stem for path in paths if path.suffix == ".json")


def read(name: str) -> dict[str, Any]:
    """Read one record.

    Parameters
    ----------
    name : str
        The record's name, as `names` gives it.

    Returns
    -------
    dict
        With at least ``date``, ``command`` and ``machine``. Times are in seconds,
        losses in nats.

    Raises
    ------
    ValueError
        If there is no record of this name.

    Examples
    --------
    >>> from companion import measurements
    >>> measurements.read("digits-full")["images"]
    {'training': 60000, 'test': 10000}
    """
    if name not in names():
        raise ValueError(
            f"There is no record {name!r}. The records are {', '.join(names())}."
        )
    text = files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text)
