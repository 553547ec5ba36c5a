"""Build the site in ``_build/html`` from notebooks that have run.

    python -m tools.build

Executes what has changed (``tools/execute.py``), runs Jupyter Book on the executed
copies with its own execution off and with warnings as errors, and adds what an
instructor takes away (``tools/instructors.py``).
"""

import shutil
import subprocess
import sys
import sysconfig
import time

import yaml

from tools import instructors
from tools.execute import SOURCE, execute
from tools.set_repository import ROOT

BUILD = ROOT / "_build"
SITE = BUILD / "html"


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


def build() -> int:
    """Build the site; return 0 if every page of the table of contents is there."""
    # Pages that left the table of contents must go, and so must an older site where
    # this build fails: nobody is to take it for the new one.
    shutil.rmtree(BUILD, ignore_errors=True)
    if execute():
        print("A notebook failed: see above. Nothing was built.")
        return 1
    print("Building the site", flush=True)
    start = time.monotonic()
    _write_settings()
    program = shutil.which("jupyter-book", path=sysconfig.get_path("scripts"))
    command = [program or "jupyter-book", "build", str(SOURCE)]
    command += ["--path-output", str(ROOT), "-W", "-n", "--keep-going", "-q"]
    if subprocess.run(command, check=False).returncode:
        return 1
    missing = [page for page in pages() if not (SITE / f"{page}.html").exists()]
    if missing:
        print("Built, but without these pages of _toc.yml:", *missing)
        return 1
    instructors.write(SITE / "instructors")
    print(f"The site was built in {time.monotonic() - start:.0f} s. Open this page:")
    print(f"  {(SITE / 'index.html').as_uri()}")
    return 0


if __name__ == "__main__":
    sys.exit(build())
