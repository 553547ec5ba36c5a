"""What an instructor takes away: every figure with its code, the deck, the quizzes."""

import functools
import json
import re
import subprocess
import sys
import zipfile
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup

from companion import quizzes
from tools.build import SITE
from tools.execute import environment, results
from website import deck, figures

FOLDER = SITE / "instructors"
GALLERY = FOLDER / "figures"
DRAWN = re.compile(r"<!-- (.*?) -->")  # a text of a figure, before its paths


@pytest.fixture(scope="module")
def chapters():
    if not FOLDER.exists():
        pytest.fail("There is nothing for instructors in _build/html: run `make book`.")
    return figures.chapters()


@functools.cache
def soup(path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def test_each_figure_of_each_chapter_is_there_with_its_code(chapters):
    shown = 0
    for result in results().values():
        cells = json.loads(result.read_text("utf-8"))["cells"]
        outputs = [out for cell in cells for out in cell.get("outputs", [])]
        shown += sum("image/png" in out.get("data", {}) for out in outputs)
    assert shown == sum(len(chapter.figures) for chapter in chapters) > 50
    written = {path.relative_to(GALLERY).as_posix() for path in GALLERY.glob("*/*")}
    files = {f"{chapter.stem}/{chapter.stem}.py" for chapter in chapters}
    for chapter in chapters:
        for figure in chapter.figures:
            files |= {f"{chapter.stem}/{figure.name}{end}" for end in (".svg", ".py")}
    assert written == files
    with zipfile.ZipFile(FOLDER / "figures.zip") as packed:
        assert packed.testzip() is None
        assert {f"figures/{name}" for name in files} < set(packed.namelist())


def test_claims_are_clear_of_each_other(chapters):
    for chapter in chapters:
        claims = [figure.slug for figure in chapter.figures]
        assert len(claims) == len(set(claims)), chapter.stem


def test_an_svg_is_whole_needs_no_other_file_and_is_not_too_large(chapters):
    for path in GALLERY.rglob("*.svg"):
        assert path.stat().st_size < 1_000_000, path.name
        root = ElementTree.parse(path).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        for element in root.iter():
            assert element.tag.rpartition("}")[2] not in {"text", "script"}
            assert not re.search(r"@import|url\(", element.text or "")
            for name, value in element.attrib.items():
                if name.endswith("href"):
                    assert value.startswith(("#", "data:image/png")), value
                assert not re.search(r"url\((?!#)", value), value


def test_no_script_uses_a_name_that_it_does_not_define(chapters):
    tool = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache"]
    scripts = [GALLERY / chapter.stem / f"{chapter.stem}.py" for chapter in chapters]
    found = subprocess.run(
        [*tool, "--select=E9,F821", *scripts], capture_output=True, encoding="utf-8"
    )
    assert found.returncode == 0, found.stdout


def test_a_chapter_s_script_draws_its_figures_again(chapters, tmp_path):
    place = GALLERY / "binary-crossentropy"
    script = (place / "binary-crossentropy.py").read_text("utf-8")
    # As far as its second figure: the rest trains a network, which takes longer.
    parts = script.split('plt.close("all")\n')
    start = tmp_path / "script.py"
    start.write_text("".join(parts[:2]), encoding="utf-8")
    # JAX starts in half the time.
    environ = environment() | {"MPLBACKEND": "agg", "KERAS_BACKEND": "jax"}
    subprocess.run([sys.executable, start], cwd=tmp_path, env=environ, check=True)
    drawn = sorted(tmp_path.glob("*.svg"))
    files = sorted(path.name for path in place.glob("*.svg"))
    assert [path.name for path in drawn] == files[:2]
    for path in drawn:
        texts = DRAWN.findall((place / path.name).read_text("utf-8"))
        assert len(texts) > 5
        assert DRAWN.findall(path.read_text("utf-8")) == texts


def test_the_gallery_shows_every_figure_with_its_text(chapters):
    page = soup(GALLERY / "index.html")
    shown = {image["src"]: image["alt"] for image in page.select("figure img")}
    assert set(shown) == {
        path.relative_to(GALLERY).as_posix() for path in GALLERY.rglob("*.svg")
    }
    assert min(len(alt) for alt in shown.values()) >= 60
    claims = {figure.claim for chapter in chapters for figure in chapter.figures}
    assert {strong.text for strong in page.select("figcaption strong")} == claims


def test_links_lead_somewhere(chapters):
    seen = 0
    for path in FOLDER.rglob("*.html"):
        for link in soup(path).find_all("a", href=True):
            parts = urlsplit(link["href"])
            assert not parts.scheme, f"{path.name}: {link['href']}"
            target = path.parent / unquote(parts.path) if parts.path else path
            assert target.exists(), f"{path.name}: {link['href']}"
            seen += 1
    assert seen > 3 * len(list(GALLERY.rglob("*.svg")))
    page = soup(SITE / "book/teaching/for-instructors.html")
    reached = {urlsplit(link["href"]).path for link in page.find_all("a", href=True)}
    for name in ("deck.html", "figures.zip", "figures/index.html"):
        assert f"../../instructors/{name}" in reached


def test_the_deck_holds_the_chapters_figures(chapters):
    page = soup(FOLDER / "deck.html")
    slides = deck.read(deck.SOURCE.read_text("utf-8"), deck.by_reference(chapters))
    assert len(page.select("main > section")) == len(slides)
    alts = [image["alt"] for image in page.select("img")]
    everywhere = {figure.alt for chapter in chapters for figure in chapter.figures}
    assert len(alts) > len(slides) / 2
    assert set(alts) <= everywhere
    # It is sent by mail and opened in a lecture hall.
    assert (FOLDER / "deck.html").stat().st_size < 5_000_000


def test_each_quiz_is_there_for_each_platform_and_to_project():
    names = set(quizzes.chapters())
    for form, end in (("moodle", ".xml"), ("qti", "-qti.zip"), ("slides", ".html")):
        files = {path.name for path in (FOLDER / "quizzes" / form).iterdir()}
        assert files == {f"{name}{end}" for name in names}
        if form != "slides":
            with zipfile.ZipFile(FOLDER / f"quizzes-{form}.zip") as packed:
                assert set(packed.namelist()) == {f"{form}/{name}" for name in files}


# Turns to each slide of a deck; returns what lies outside it and the size of its text.
SLIDES = """
async () => {
  const found = [];
  for (const { id } of document.querySelectorAll("main > section")) {
    const turned = new Promise(done => {
      addEventListener("hashchange", done, { once: true });
    });
    location.hash = id;
    await turned;
    const slide = document.querySelector(".current");
    const page = document.documentElement;
    found.push({
      id, current: slide.id,
      page: page.scrollWidth - page.clientWidth,
      wide: slide.scrollWidth - slide.clientWidth,
      tall: slide.scrollHeight - slide.clientHeight,
      size: parseFloat(getComputedStyle(slide).fontSize),
    });
  }
  return found;
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_gallery_without_scrolling_sideways(open_page, scheme):
    page = open_page("instructors/figures/index.html", width=390, scheme=scheme)
    wide = "e => e.scrollWidth - e.clientWidth"
    assert page.locator("html").evaluate(wide) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_deck_without_scrolling_sideways(open_page, scheme):
    page = open_page("instructors/deck.html", width=390, scheme=scheme)
    slides = page.evaluate(SLIDES)
    assert len(slides) == page.locator("section").count() > 1
    for slide in slides:
        assert slide["current"] == slide["id"]
        assert max(slide["page"], slide["wide"]) <= 0, slide


def test_every_slide_of_the_deck_fits_a_projector_and_a_sheet(open_page):
    page = open_page("instructors/deck.html", width=1600)
    slides = page.evaluate(SLIDES)
    assert len(slides) == page.locator("section").count() > 1
    for slide in slides:
        assert slide["current"] == slide["id"]
        assert slide["tall"] <= 1, slide
        assert slide["size"] >= 24, slide
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == len(slides)
