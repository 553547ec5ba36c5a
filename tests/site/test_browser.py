"""The site in a real browser: search, narrow windows, light and dark, nothing foreign.

Needs Chromium (`make system-packages`); without it these tests are skipped.
"""

import re

import pytest

from tests.site.conftest import FORMULAS_ARE_SET
from tools import build
from tools.set_repository import ROOT

TOC = build.pages()
# Relative luminance and contrast as WCAG 2.2 defines them.
CONTRAST = """
() => {
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const luminance = color => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map(channel);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const text = luminance(getComputedStyle(document.querySelector('article p')).color);
  const page = luminance(getComputedStyle(document.body).backgroundColor);
  return { page, ratio: (Math.max(text, page) + 0.05) / (Math.min(text, page) + 0.05) };
}
"""
# Elements whose text is cut off at the right edge of the window and cannot be scrolled.
OVERFLOW = """
() => document.documentElement.scrollWidth - document.documentElement.clientWidth
"""


# Pages that run have a quiz: test_quizzes.py looks at them, before and after an answer.
@pytest.mark.parametrize(
    "path", [path for path in TOC if not (ROOT / f"{path}.ipynb").exists()]
)
def test_a_phone_shows_the_page_without_scrolling_sideways(open_page, path):
    page = open_page(f"{path}.html", width=390)
    page.evaluate(FORMULAS_ARE_SET)
    assert page.evaluate(OVERFLOW) <= 0


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_card_opened_by_its_address_prints_on_one_page(open_page, paper):
    page = open_page("book/practice/choosing-a-loss.html#the-card")
    page.wait_for_selector("#the-card mjx-container", timeout=10_000)
    printed = page.pdf(format=paper)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
    page.emulate_media(media="print")
    assert page.locator("#the-card table").first.is_visible()
    assert not page.locator("#exercises").is_visible()


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ("practice/choosing-a-loss", "the-card"),
        ("reference/pytorch-to-keras", "loss-by-loss"),
    ],
)
def test_a_wide_table_fits_a_phone(open_page, path, section):
    page = open_page(f"book/{path}.html", width=390)
    table = page.locator(f"#{section} table").first
    assert table.evaluate("t => t.scrollWidth <= t.parentElement.clientWidth")
    # Each cell stands below the one before.
    edges = "t => [...t.rows[1].cells].map(c => c.getBoundingClientRect().left)"
    assert len(set(table.evaluate(edges))) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_light_and_in_dark(open_page, scheme):
    page = open_page("book/quickstart.html", scheme=scheme)
    found = page.evaluate(CONTRAST)
    assert found["ratio"] >= 7
    assert (found["page"] < 0.1) == (scheme == "dark")


def test_mathematics_is_set(open_page):
    page = open_page("book/two-classes/binary-crossentropy.html")
    page.wait_for_selector("article mjx-container", timeout=10_000)
    assert page.locator("article mjx-merror").count() == 0
    assert page.locator("article .math", has_text="\\(").count() == 0


def test_search_finds_the_chapter(open_page):
    page = open_page("search.html?q=logarithm")
    results = page.locator("#search-results li a")
    results.first.wait_for(timeout=10_000)
    assert "Binary crossentropy" in " ".join(results.all_inner_texts())


def test_folded_solutions_open(open_page):
    page = open_page("book/quickstart.html")
    fold = page.locator("details").filter(has_text="def ").first
    assert not fold.get_attribute("open")
    fold.locator("summary").click()
    assert fold.locator("pre", has_text="def ").first.is_visible()
