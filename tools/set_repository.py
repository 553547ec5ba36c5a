"""Say where this copy of the course lives, in every place that names it.

The book's launch button and the first cell of each notebook must name the same
repository and the same ref. Both come from ``_config.yml``; this script changes
it and carries the change to the notebooks and the other files:

    python tools/set_repository.py https://github.com/ada/course
    python tools/set_repository.py https://github.com/ada/course --ref v0.1.0
"""

import argparse
import json
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
# No one can register an account with an underscore, so nobody can serve
# another package under this address.
PLACEHOLDER = "https://github.com/your_account/crossentropy-course"
# Holds the first cell for the notebooks that the companion writes: an installed package
# has neither this script nor _config.yml, and this script runs before any installation.
SET_UP = "companion/assignments/_set_up.py"
SET_UP_MODULE = '''\
"""The first cell of a student's notebook; tools/set_repository.py writes this file."""

CELL = """\\
{cell}
"""
'''
# Files beside the notebooks that name the repository.
PLACES = ("_config.yml", "CITATION.cff", "README.md", "book/intro.md")

FIRST_LINE = "# Set-up."
FIRST_CELL = """\
# Set-up. In Colab: install the companion package. Everywhere: a quiet log,
# and a check of the text that fails is a line, not an error.
import glob
import importlib.util
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
if "google.colab" in sys.modules:
    if importlib.util.find_spec("tensorflow") is None:  # a TPU runtime
        os.environ["KERAS_BACKEND"] = "jax"
    repository = "{url}"
    ref = "{ref}"
    wheels = glob.glob("crossentropy_course-*.whl"){guard}
    source = wheels[-1] if wheels else f"git+{{repository}}@{{ref}}"
    %pip install -q {{source}}
    importlib.invalidate_caches()
    if importlib.util.find_spec("companion") is None:
        raise RuntimeError(f"The course's package is not in {{source}}.")
%load_ext companion.statements
"""
GUARD = """
    if not wheels:
        raise RuntimeError(
            "This copy of the course has no public home yet, so Colab "
            "cannot fetch its package. Either fork the course and run "
            "`python tools/set_repository.py URL` in the fork, or run "
            "`make wheel`, upload dist/crossentropy_course-*.whl here "
            "(folder icon on the left) and run this cell again."
        )"""


class Repository(NamedTuple):
    """Where the course lives: the address of the repository and a branch or tag."""

    url: str
    ref: str


def repository(root: Path = ROOT) -> Repository:
    """Read the repository and the ref from ``_config.yml``."""
    text = (root / "_config.yml").read_text(encoding="utf-8")
    # Not parsed as YAML, since this script runs before anything is installed.
    block = re.search(r"^repository:\n((?:[ ]+.*\n)+)", text, re.MULTILINE)
    if block is None:
        raise ValueError("_config.yml has no `repository:` block with url and branch.")
    pairs = dict(re.findall(r"^\s+(url|branch):\s*(\S+)", block[1], re.MULTILINE))
    return Repository(pairs["url"], pairs["branch"])


def first_cell(where: Repository | None = None) -> str:
    """Return the source of the first cell that every notebook carries."""
    where = where or repository()
    guard = GUARD if where.url == PLACEHOLDER else ""
    return FIRST_CELL.format(url=where.url, ref=where.ref, guard=guard).rstrip("\n")


def notebooks(root: Path = ROOT) -> list[Path]:
    """List the book's notebooks, without the copies that JupyterLab keeps."""
    return sorted(
        path
        for path in (root / "book").rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts
    )


def set_repository(new: Repository, root: Path = ROOT) -> list[Path]:
    """Rewrite every place that names the repository; return the files changed."""
    if not re.fullmatch(r"https://github\.com/\w[\w.-]*/\w[\w.-]*", new.url):
        raise ValueError(
            "Expected an address such as https://github.com/ada/crossentropy-course "
            f"(Colab opens notebooks from GitHub only). Received: {new.url}"
        )
    if not re.fullmatch(r"[\w./-]+", new.ref):
        raise ValueError(f"Expected a branch or a tag. Received: {new.ref!r}")
    old = repository(root)
    changed = []
    for path in [root / place for place in PLACES if (root / place).exists()]:
        text = path.read_text(encoding="utf-8")
        # A name that goes on after the old address is another repository's.
        new_text = re.sub(rf"{re.escape(old.url)}(?![\w-])", new.url, text)
        if path.name == "_config.yml":
            new_text = re.sub(r"(?m)^(\s+branch:\s*)\S+", rf"\g<1>{new.ref}", new_text)
        if new_text != text:
            path.write_text(new_text, encoding="utf-8", newline="\n")
            changed.append(path)
    for path in notebooks(root):
        if _set_first_cell(path, first_cell(new)):
            changed.append(path)
    path, text = root / SET_UP, SET_UP_MODULE.format(cell=first_cell(new))
    if path.exists() and path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8", newline="\n")
        changed.append(path)
    return changed


def _set_first_cell(path: Path, source: str) -> bool:
    """Write the first cell, in place of an older one or before a chapter's own."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells, lines = notebook["cells"], source.splitlines(keepends=True)
    if not cells or not "".join(cells[0]["source"]).startswith(FIRST_LINE):
        cells.insert(0, _empty_cell(f"{path.stem}-set-up"))
    if cells[0]["source"] == lines:
        return False
    cells[0]["source"] = lines
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return True


def _empty_cell(identifier: str) -> dict:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": identifier,
        "metadata": {"tags": ["remove-cell"]},
        "outputs": [],
        "source": [],
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("url", help="https://github.com/ACCOUNT/REPOSITORY")
    parser.add_argument("--ref", help="the branch or tag that readers get")
    arguments = parser.parse_args()
    ref = arguments.ref or repository().ref
    url = arguments.url.removesuffix("/").removesuffix(".git")
    try:
        changed = set_repository(Repository(url, ref))
    except ValueError as error:
        parser.error(str(error))
    for path in changed:
        print("changed", path.relative_to(ROOT))
    print(f"The course now lives at {url}, ref {ref}.")


if __name__ == "__main__":
    main()
