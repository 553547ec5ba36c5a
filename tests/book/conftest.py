"""What a test of the notebooks needs: those that read results are marked `built`."""

import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        if "executed" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.built)
