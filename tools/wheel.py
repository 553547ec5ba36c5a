"""Build the companion's wheel in ``dist/``, for Colab or a machine without git.

python -m tools.wheel
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.set_repository import ROOT


def build_wheel(folder: Path) -> Path:
    """Build the companion's wheel, with the build tools that are installed."""
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    # A copy, so that setuptools leaves no build folder in the tree.
    with tempfile.TemporaryDirectory() as copy:
        for name in ("companion", "pyproject.toml", "README.md"):
            source, target = ROOT / name, Path(copy) / name
            copier = shutil.copytree if source.is_dir() else shutil.copy
            copier(source, target)
        for path in ROOT.glob("LICENSE*"):
            shutil.copy(path, copy)
        subprocess.run(
            [*command, str(folder.resolve())], cwd=copy, check=True, capture_output=True
        )
    return next(folder.glob("crossentropy_course-*.whl"))


if __name__ == "__main__":
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    print(build_wheel(ROOT / "dist"))
