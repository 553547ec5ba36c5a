"""The first cell of a student's notebook; tools/set_repository.py writes this file."""

CELL = """\
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
    repository = "https://github.com/your_account/crossentropy-course"
    ref = "main"
    wheels = glob.glob("crossentropy_course-*.whl")
    if not wheels:
        raise RuntimeError(
            "This copy of the course has no public home yet, so Colab "
            "cannot fetch its package. Either fork the course and run "
            "`python tools/set_repository.py URL` in the fork, or run "
            "`make wheel`, upload dist/crossentropy_course-*.whl here "
            "(folder icon on the left) and run this cell again."
        )
    source = wheels[-1] if wheels else f"git+{repository}@{ref}"
    %pip install -q {source}
    importlib.invalidate_caches()
    if importlib.util.find_spec("companion") is None:
        raise RuntimeError(f"The course's package is not in {source}.")
%load_ext companion.statements
"""
