"""The built site, read once, and a browser to look at it with."""

import functools
import http.server
import shutil
import threading

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright

from tools.build import SITE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# A promise: what waits for it sees the page as MathJax leaves it.
FORMULAS_ARE_SET = "window.MathJax?.startup.promise"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def pages() -> dict[str, BeautifulSoup]:
    """Return every page that Sphinx wrote by its path, parsed."""
    if not (SITE / "index.html").exists():
        pytest.fail("There is no site in _build/html: run `make book`.")
    return {
        path.relative_to(SITE).as_posix(): BeautifulSoup(
            path.read_text("utf-8"), "html.parser"
        )
        for path in sorted(SITE.rglob("*.html"))
        if not {"_static", "instructors"} & set(path.relative_to(SITE).parts)
    }


@pytest.fixture(scope="session")
def address():
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    handler = functools.partial(Quiet, directory=SITE)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="session")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium here: `make system-packages` installs it")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def context(browser):
    """Return one context for each setting: its cache serves every page's scripts."""

    @functools.cache
    def settled(width, scheme, scripts):
        return browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
        )

    return settled


@pytest.fixture
def open_page(context, address):
    """Open pages; fail on a request to elsewhere and on an error in the console."""
    opened, wrong = [], []

    def visit(path, *, width=1280, scheme="light", scripts=True):
        page = context(width, scheme, scripts).new_page()
        opened.append(page)
        page.on(
            "request",
            lambda r: (
                None
                if r.url.startswith((address, "data:", "blob:"))
                else wrong.append(r.url)
            ),
        )
        page.on(
            "console", lambda m: wrong.append(m.text) if m.type == "error" else None
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{address}/{path}", wait_until="load")
        return page

    yield visit
    for page in opened:
        page.close()
    assert wrong == []
