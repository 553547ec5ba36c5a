"""Where tasks come from: what cannot be a bank is told."""

import doctest

import pytest

from companion.assignments import _banks, assign
from tests.companion.assignments.inputs import put


@pytest.mark.parametrize(
    ("chapter", "source", "says"),
    [
        ("no-such", None, "The public bank has nothing for 'no-such'. It has binary-"),
        ("../etc", None, "small letters"),
        ("trial", b"", "needs TASKS, a tuple of Task"),
        ("trial", b"TASKS = ()", "needs TASKS, a tuple of Task"),
        ("trial", b"TASKS = [1]", "needs TASKS, a tuple of Task"),
        ("trial", b"TASKS = (1,)", "needs TASKS, a tuple of Task"),
    ],
)
def test_a_bank_that_cannot_be_used_is_told(tmp_path, chapter, source, says):
    bank = None if source is None else put(tmp_path, "bank.py", source)
    with pytest.raises(ValueError, match=says):
        assign(chapter, seed=0, out=tmp_path / "out", bank=bank)
    assert not (tmp_path / "out").exists()


def test_a_missing_bank_is_told(tmp_path):
    for bank in (tmp_path, tmp_path / "no.py", put(tmp_path, "bank.txt", b"")):
        with pytest.raises(ValueError, match="There is no such file"):
            assign("trial", seed=0, out=tmp_path / "out", bank=bank)


def test_the_examples_in_the_docstrings_run():
    failed, tried = doctest.testmod(_banks)
    assert tried > 0
    assert failed == 0
