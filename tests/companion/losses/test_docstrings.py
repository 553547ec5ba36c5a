"""Every public loss and metric has an example, and the examples are true."""

import doctest
import sys

import pytest

from companion import losses


def test_the_examples_in_the_docstrings_are_true():
    modules = {sys.modules[getattr(losses, name).__module__] for name in losses.__all__}
    results = [doctest.testmod(module) for module in modules]
    assert sum(failed for failed, _ in results) == 0
    assert sum(tried for _, tried in results) >= len(losses.__all__)


@pytest.mark.parametrize("name", losses.__all__)
def test_every_public_function_has_an_example(name):
    assert ">>> " + name in getattr(losses, name).__doc__
