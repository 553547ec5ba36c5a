"""JAX holds float64 while these tests run."""

import pytest

from tests.companion.large_vocabulary.inputs import ON_TENSORFLOW


@pytest.fixture(autouse=True)
def float64_on_jax():
    """Let JAX hold float64, and put its setting back."""
    if ON_TENSORFLOW:
        yield
        return
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)
