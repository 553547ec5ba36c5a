"""Writing what a command was asked for: all of it, or nothing."""

from collections.abc import Mapping
from pathlib import Path


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write all files, or none if one would replace something else."""
    for path, data in files.items():
        if path.exists() and path.read_bytes() != data:
            raise FileExistsError(
                f"{path} is there with other content. Move it away, or choose another "
                "--out."
            )
    for path, data in files.items():
        path.write_bytes(data)
