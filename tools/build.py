"""Build the site in ``_build/html`` from notebooks that have run.

    python -m tools.build

Executes what has changed (``tools/execute.py``), runs Jupyter Book on the executed
copies with its own execution off and with warnings as errors, and adds what an
instructor takes away (``website/instructors.py``). A page that did not run as its text
says is built too, with a note at its head; the exit status is then not zero, so that no
workflow publishes it.
"""

import re
import shutil
import subprocess
import sys
import sysconfig
import time

import nbformat
import yaml

from companion.statements import versions
from tools.execute import SOURCE, Failure, environment, execute
from tools.set_repository import ROOT, repository
from website import instructors

BUILD = ROOT / "_build"
SITE = BUILD / "html"
NOTE = """\
:::{{warning}}
On the machine that built this page not everything came out as the text says:

{items}

{rest} With {versions}.
Please report it, with the lines above: [{url}/issues]({url}/issues).
:::"""
HOLDS = "All else that the page states held."
STOPPED = "What comes after that place was not run."


def pages() -> list[str]:
    """List the pages of the table of contents, without suffix, the root first."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter for part in toc["parts"] for chapter in part["chapters"]]
    return [toc["root"], *(chapter["file"] for chapter in chapters)]


def _write_settings() -> None:
    """Copy the book's settings, with execution switched off, and its style."""
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    settings["execute"] = {"execute_notebooks": "off"}
    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    (SOURCE / "_config.yml").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "_toc.yml", SOURCE)
    shutil.copytree(ROOT / "_static", SOURCE / "_static")


def mark(failure: Failure) -> None:
    """Say at the head of a page's copy what did not hold, and how to report it."""
    path = SOURCE / failure.notebook.relative_to(ROOT)
    page = nbformat.read(path, as_version=4)
    head = next(cell for cell in page.cells if cell.cell_type == "markdown")
    title, *paragraphs = head.source.split("\n\n")
    position = 1 if paragraphs and paragraphs[0].startswith("*Read: ") else 0
    paragraphs.insert(position, note(failure))
    head.source = "\n\n".join([title, *paragraphs])
    nbformat.write(page, path)


def note(failure: Failure) -> str:
    """Return the note on a page that did not run as its text says, in MyST."""
    items = [
        f"- {_code(str(statement))} (cell `{statement.cell}`, line {statement.line})"
        for statement in failure.statements
    ]
    if failure.error:
        items.append(f"- the run stopped before its end: {_code(failure.reason)}")
    return NOTE.format(
        items="\n".join(items),
        rest=STOPPED if failure.error else HOLDS,
        versions=versions(environment()["KERAS_BACKEND"]),
        url=repository().url,
    )


def _code(text: str) -> str:
    """Return a text as code in Markdown, whatever backticks are in it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}"


def build() -> int:
    """Build the site; return 0 if every page is there and ran as its text says."""
    # Pages that left the table of contents must go, and so must an older site where
    # this build fails: nobody is to take it for the new one.
    shutil.rmtree(BUILD, ignore_errors=True)
    failures = execute()
    for failure in failures:
        mark(failure)
    print("Building the site", flush=True)
    start = time.monotonic()
    _write_settings()
    # That of this Python, whichever comes first on PATH.
    program = shutil.which("jupyter-book", path=sysconfig.get_path("scripts"))
    command = [program or "jupyter-book", "build", str(SOURCE)]
    command += ["--path-output", str(ROOT), "-W", "-n", "--keep-going", "-q"]
    if subprocess.run(command, check=False).returncode:
        return 1
    missing = [page for page in pages() if not (SITE / f"{page}.html").exists()]
    if missing:
        print("Built, but without these pages of _toc.yml:", *missing)
        return 1
    try:
        instructors.write(SITE / "instructors")
    except ValueError as error:
        if not failures:
            raise
        print(f"Without the lecture's deck: {error}")
    print(f"The site was built in {time.monotonic() - start:.0f} s. Open this page:")
    print(f"  {(SITE / 'index.html').as_uri()}")
    if failures:
        print("These pages say at their head what does not hold on this machine:")
        for failure in failures:
            print(f"  {failure.notebook.relative_to(ROOT).as_posix()}")
            print(failure.summary)
    return len(failures)


if __name__ == "__main__":
    sys.exit(1 if build() else 0)
