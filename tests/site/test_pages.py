"""Every page is there, every link inside the site leads somewhere."""

import hashlib
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from tools import build
from tools.build import SITE
from tools.set_repository import ROOT, repository

TOC = build.pages()
# Pages that Sphinx adds.
GENERATED = {"index.html", "search.html", "genindex.html"}
# MathJax 3.2.2, es5/tex-mml-chtml.js as its authors published it on npm.
MATHJAX_SHA256 = "300480069078b5892d2363a2b65e2dfbbf30fe5c80f83edbfecf4610fd093862"


def target(page: str, href: str) -> tuple[str, str]:
    """Return the file, below the site's root, and the anchor that a link leads to."""
    parts = urlsplit(href)
    path = unquote(parts.path)
    if not path:
        return page, unquote(parts.fragment)
    joined = PurePosixPath(page).parent
    for step in PurePosixPath(path).parts:
        joined = joined.parent if step == ".." else joined / step
    return str(joined), unquote(parts.fragment)


def test_the_table_of_contents_and_the_tree_hold_the_same_pages():
    stored = {
        path.relative_to(ROOT).with_suffix("").as_posix()
        for path in (ROOT / "book").rglob("*")
        if path.suffix in {".ipynb", ".md"} and ".ipynb_checkpoints" not in path.parts
    }
    assert stored == set(TOC)
    assert len(TOC) == len(set(TOC))


def test_every_page_was_built_and_no_other(pages):
    assert set(pages) - GENERATED == {f"{page}.html" for page in TOC}


def test_every_page_is_in_the_navigation(pages):
    links = pages["book/quickstart.html"].select("nav.bd-links a")
    reached = {target("book/quickstart.html", link["href"])[0] for link in links}
    assert {f"{page}.html" for page in TOC} <= reached


def test_internal_links_resolve(pages):
    anchors = {
        page: {tag["id"] for tag in soup.find_all(id=True)}
        for page, soup in pages.items()
    }
    seen = 0
    for page, soup in pages.items():
        for link in soup.find_all("a", href=True):
            if urlsplit(link["href"]).scheme:
                continue
            path, anchor = target(page, link["href"])
            assert (SITE / path).exists(), f"{page}: {link['href']}"
            # An empty anchor is the top of the page.
            if anchor and path in anchors:
                assert anchor in anchors[path], f"{page}: {link['href']}"
            seen += 1
    assert seen > 20 * len(TOC)


@pytest.mark.parametrize("page", TOC)
def test_a_page_that_runs_opens_in_colab(pages, page):
    where = repository()
    account = where.url.removeprefix("https://github.com/")
    links = [
        link["href"]
        for link in pages[f"{page}.html"].find_all("a", href=True)
        if "colab.research.google.com" in link["href"]
    ]
    if not (ROOT / f"{page}.ipynb").exists():
        assert links == []
        return
    expected = f"https://colab.research.google.com/github/{account}/blob/{where.ref}"
    assert set(links) == {f"{expected}/{page}.ipynb"}


def test_pictures_exist_and_have_an_alternative_text(pages):
    seen = 0
    for page, soup in pages.items():
        for image in soup.select("article img"):
            path, _ = target(page, image["src"])
            assert (SITE / path).exists(), f"{page}: {image['src']}"
            assert len(image.get("alt", "")) >= 60, f"{page}: {image['src']}"
            seen += 1
    assert seen >= len([page for page in TOC if (ROOT / f"{page}.ipynb").exists()])


def test_nothing_is_loaded_from_elsewhere(pages):
    for page, soup in pages.items():
        loaded = [tag.get("src") for tag in soup.find_all(["script", "img", "iframe"])]
        loaded += [tag.get("href") for tag in soup.find_all("link")]
        for address in filter(None, loaded):
            assert not urlsplit(address).netloc, f"{page}: {address}"


def test_mathjax_is_the_published_one():
    script = SITE / "_static" / "mathjax" / "tex-mml-chtml.js"
    assert hashlib.sha256(script.read_bytes()).hexdigest() == MATHJAX_SHA256


def test_set_up_and_checks_do_not_show(pages):
    for page, soup in pages.items():
        text = soup.get_text()
        assert "google.colab" not in text, page
        assert "Checks the number" not in text, page


def test_each_page_was_built_from_settings_that_execute_nothing_again():
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    copied = yaml.safe_load((ROOT / "out/src/_config.yml").read_text(encoding="utf-8"))
    assert settings["execute"]["execute_notebooks"] == "force"
    assert copied["execute"] == {"execute_notebooks": "off"}
