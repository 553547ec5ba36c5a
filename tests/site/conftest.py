"""The built site, read once."""

import pytest
from bs4 import BeautifulSoup

from tools.build import SITE


@pytest.fixture(scope="session")
def pages() -> dict[str, BeautifulSoup]:
    """Return every page of the site by its path, parsed."""
    if not (SITE / "index.html").exists():
        pytest.fail("There is no site in _build/html: run `make book`.")
    return {
        path.relative_to(SITE).as_posix(): BeautifulSoup(
            path.read_text("utf-8"), "html.parser"
        )
        for path in sorted(SITE.rglob("*.html"))
        if "_static" not in path.parts
    }
