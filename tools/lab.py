"""Make a working copy of the notebooks, for answers: ``git pull`` then meets none.

    python -m tools.lab

Copies ``book/`` to ``lab/``, which git ignores. Called again, it brings every notebook
up to date that has not been touched there, and leaves alone those that hold work.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path

from tools.set_repository import ROOT

LAB = ROOT / "lab"
COPIED = ".copied.json"  # what each file was when it was copied, by its hash


def update(book: Path = ROOT / "book", lab: Path = LAB) -> list[str]:
    """Bring the working copy up to date; return which files hold work and have changed.

    Such a file stays as it is. To begin it anew, rename or delete it.
    """
    lab.mkdir(exist_ok=True)
    record = lab / COPIED
    copied = json.loads(record.read_text("utf-8")) if record.exists() else {}
    with_work = []
    for source in sorted(book.rglob("*")):
        hidden = any(part.startswith(".") for part in source.relative_to(book).parts)
        if hidden or not source.is_file():
            continue
        name, new_hash = source.relative_to(book).as_posix(), _hash(source)
        target = lab / name
        if target.exists() and _hash(target) not in (copied.get(name), new_hash):
            if copied.get(name) != new_hash:
                with_work.append(name)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
        copied[name] = new_hash
        # After each file, so that an interruption makes no copy look like work.
        record.write_text(json.dumps(copied, indent=1), encoding="utf-8")
    return with_work


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Update the working copy and say where it is."""
    with_work = update()
    print(f"The chapters are in {LAB.name}/, your own copy.")
    for name in with_work:
        print(
            f"  {name} has changed in the course; your copy holds work and stays. "
            "Rename it to get the new one as well."
        )


if __name__ == "__main__":
    sys.exit(main())
