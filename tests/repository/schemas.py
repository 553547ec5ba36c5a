"""The schema check that the tests of the repository's files share."""

import subprocess
import sys

from tools.set_repository import ROOT


def check_schema(schema, *paths):
    """Return the exit status and the output of check-jsonschema."""
    tool = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema)
    done = subprocess.run(
        [*tool, *map(str, paths)], cwd=ROOT, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr
