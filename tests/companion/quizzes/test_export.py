"""Whatever the format: the same bytes again, and no broken bank."""

import doctest
import os
import subprocess
import sys

import pytest

from companion import quizzes
from companion.quizzes import _export
from companion.quizzes._export import _FORMATS, file_name
from tests.companion.quizzes.inputs import (
    EXTRA,
    choices_of,
    exported,
    question_of,
    write_bank,
)


def test_the_example_runs():
    results = doctest.testmod(_export)
    assert results.attempted == 2
    assert results.failed == 0


def test_another_process_writes_the_same(tmp_path):
    pytest.importorskip("text2qti", reason=EXTRA)
    code = (
        "from companion._command import main\n"
        f"for to in {list(_FORMATS)}:\n"
        "    main(['quiz', 'circles', '--out', '.', '--to', to])\n"
        "import sys; heavy = {'keras', 'tensorflow', 'jax', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    names = [file_name("circles", to=to) for to in _FORMATS]
    assert done.stdout.splitlines() == [*names, "[]"]
    written = [(tmp_path / name).read_bytes() for name in names]
    assert written == [exported("circles", to) for to in _FORMATS]


@pytest.mark.parametrize("to", _FORMATS)
@pytest.mark.parametrize(
    ("questions", "says"),
    [
        ([question_of(text="ring \x07 ring")], r"'one' of 'own' holds .*'\\x07'"),
        ([question_of(choices=choices_of(text="c\x0bd"))], r"'one' of 'own' holds"),
        ([question_of(choices=choices_of(why="\ufffe"))], r"'one' of 'own' holds"),
        ([question_of(choices=[])], "is not a quiz as schema.json describes it"),
        ([question_of(), question_of()], "the id 'one' stands twice"),
    ],
)
def test_a_broken_bank_is_refused(tmp_path, to, questions, says):
    bank = write_bank(tmp_path, questions)
    with pytest.raises(ValueError, match=says):
        quizzes.export("own", to=to, bank=bank)
