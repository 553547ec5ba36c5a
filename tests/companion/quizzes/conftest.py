"""A bank of one's own in a folder of its own."""

import pytest

from tests.companion.quizzes.inputs import write_bank


@pytest.fixture
def write(tmp_path):
    def write_quiz(*questions, name="own", **more):
        return write_bank(tmp_path, questions, chapter=name, **more)

    return write_quiz
