"""The schema check that the tests of the repository's files share."""

from check_jsonschema import main
from click.testing import CliRunner

from tools.set_repository import ROOT


def check_schema(schema, *paths):
    """Return the exit status and the output of check-jsonschema."""
    files = [str(ROOT / path) for path in paths]
    done = CliRunner().invoke(main, ["--builtin-schema", schema, *files])
    return done.exit_code, done.output
