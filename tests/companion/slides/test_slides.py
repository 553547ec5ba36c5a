"""A talk is one file that any browser shows: by keys, by touch, on paper and plain."""

import re
import shutil
from html.parser import HTMLParser
from importlib.resources import files
from itertools import product

import pytest

from companion._slides import document

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PICTURE = (
    '<img alt="a line" src="data:image/svg+xml,'
    "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 7 4'%3E"
    "%3Cpath d='M0 0L7 4' stroke='red'/%3E%3C/svg%3E\">"
)
SLIDES = (
    "<h1>A talk</h1><p>Its beginning.</p>",
    f"<h2>A picture</h2><figure>{PICTURE}</figure>"
    '<aside class="notes"><p>3 minutes.</p></aside>',
    f'<h2>Beside</h2><div class="beside"><p>Text.</p><figure>{PICTURE}</figure></div>',
    '<h2>A question</h2><ol type="A"><li>No</li><li>Yes</li></ol>'
    '<div class="answer"><p>The answer is B.</p></div>'
    '<aside class="notes"><p>Wait for all.</p></aside>',
    "<h2>Code</h2><pre><code>" + "a_long_line(" * 40 + "</code></pre>",
    "<h2>Too tall</h2>" + "<p>One of many lines.</p>" * 26,
)


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    path = tmp_path_factory.mktemp("slides") / "talk.html"
    path.write_text(document("Tom & <Jerry>", SLIDES), encoding="utf-8")
    return path


def test_each_fragment_is_a_section_with_its_number():
    text = document("A talk", SLIDES)
    for number, fragment in enumerate(SLIDES, start=1):
        head = f'<section id="{number}" aria-label="Slide {number} of 6">'
        assert f"{head}\n{fragment}\n</section>" in text


def test_the_title_is_text_and_not_markup():
    assert "<title>Tom &amp; &lt;Jerry&gt;</title>" in document("Tom & <Jerry>", SLIDES)


def test_a_talk_without_slides_is_refused():
    with pytest.raises(ValueError, match="one slide at least"):
        document("A talk", [])


def test_nothing_comes_from_elsewhere():
    class Addresses(HTMLParser):
        found = ()

        def handle_starttag(self, tag, attributes):
            self.found += tuple(v for k, v in attributes if k in {"src", "href"})

    addresses = Addresses()
    addresses.feed(document("A talk", SLIDES))
    assert len(addresses.found) == 2
    assert all(address.startswith("data:") for address in addresses.found)
    style = (files("companion._slides") / "slides.css").read_text("utf-8")
    assert not re.search(r"url\(|@import|@font-face", style)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    digits = colour if len(colour) == 6 else "".join(2 * digit for digit in colour)
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_stands_out_in_light_and_in_dark():
    style = (files("companion._slides") / "slides.css").read_text("utf-8")
    themes = re.findall(r":root \{([^}]+)\}", style)
    assert len(themes) == 2
    for theme in themes:
        found = dict(re.findall(r"--(\w+): #(\w+);", theme))
        for front, back in product(("text", "quiet", "accent"), ("page", "panel")):
            values = luminance(found[front]), luminance(found[back])
            assert (max(values) + 0.05) / (min(values) + 0.05) >= 4.5, (front, back)


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium here: `make system-packages` installs it")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


@pytest.fixture
def open_talk(browser, talk):
    """Open the talk; fail on a request for another file and on an error."""
    contexts, wrong = [], []

    def visit(at="", *, width=1280, height=720, **options):
        size = {"width": width, "height": height}
        contexts.append(browser.new_context(viewport=size, **options))
        page = contexts[-1].new_page()
        own = (talk.as_uri(), "data:")
        page.on("request", lambda r: r.url.startswith(own) or wrong.append(r.url))
        page.on("console", lambda m: m.type == "error" and wrong.append(m.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(talk.as_uri() + at)
        return page

    yield visit
    for context in contexts:
        context.close()
    assert wrong == []


def place(page) -> str:
    return page.locator("#place").inner_text()


def go(page, number: int) -> None:
    page.evaluate(f"location.hash = {number}")
    wait_for(page, number)


def wait_for(page, number: int) -> None:
    page.locator(f"section.current[id='{number}']").wait_for(state="attached")


KEYS = (
    (2, "ArrowRight", 3),
    (2, "ArrowDown", 3),
    (2, "PageDown", 3),
    (2, "Space", 3),
    (2, "ArrowLeft", 1),
    (2, "ArrowUp", 1),
    (2, "PageUp", 1),
    (2, "Shift+Space", 1),
    (2, "Home", 1),
    (2, "End", 6),
    (1, "ArrowLeft", 1),
    (6, "ArrowRight", 6),
)


@pytest.mark.slow
def test_keys_turn_the_slides_and_the_focus_goes_along(open_talk):
    page = open_talk()
    for start, key, end in KEYS:
        go(page, start)
        page.keyboard.press(key)
        wait_for(page, end)
        assert place(page) == f"{end} / 6"
        assert page.locator("section:visible").count() == 1
        focused = page.evaluate("document.activeElement.textContent")
        assert focused == page.locator(".current :is(h1, h2)").inner_text(), key


def test_the_address_names_the_slide(open_talk):
    page = open_talk()
    assert place(page) == "1 / 6"
    page.keyboard.press("End")
    # The address changes after the key has been handled.
    page.wait_for_url("**#6")
    page.go_back()
    wait_for(page, 1)
    assert place(page) == "1 / 6"
    for nonsense, number in (("99", 6), ("0", 1), ("x", 1)):
        page.evaluate(f"location.hash = '{nonsense}'")
        wait_for(page, number)
    page = open_talk("#4")
    assert place(page) == "4 / 6"
    assert page.evaluate("document.activeElement.textContent") == "A question"


@pytest.mark.parametrize("key", ["a", "Enter"])
def test_the_answer_is_hidden_until_asked_for(open_talk, key):
    page = open_talk("#4")
    answer = page.locator(".answer")
    assert not answer.is_visible()
    page.keyboard.press(key)
    assert answer.is_visible()
    page.keyboard.press(key)
    assert not answer.is_visible()


def test_n_shows_the_notes_on_every_slide(open_talk):
    page = open_talk("#2")
    assert not page.locator("aside:visible").count()
    page.keyboard.press("n")
    assert page.locator("aside:visible").inner_text() == "3 minutes."
    page.goto(page.url.replace("#2", "#4"))
    assert page.locator("aside:visible").inner_text() == "Wait for all."


def test_buttons_do_what_the_keys_do(open_talk):
    page = open_talk("#3", width=390, height=844, has_touch=True)
    page.get_by_role("button", name="Next").tap()
    page.get_by_role("button", name="Answer").tap()
    assert page.locator(".answer").is_visible()
    page.get_by_role("button", name="Notes").tap()
    assert page.get_by_role("button", name="Notes", pressed=True).count() == 1
    assert page.locator("aside:visible").count() == 1
    page.get_by_role("button", name="Back").tap()
    assert place(page) == "3 / 6"
    assert not page.get_by_role("button", name="Answer").is_visible()


def test_enter_on_a_button_presses_this_button(open_talk):
    page = open_talk("#4")
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    assert place(page) == "5 / 6"
    page = open_talk("#4")
    page.get_by_role("button", name="Notes").focus()
    page.keyboard.press("Space")
    assert place(page) == "4 / 6"


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (1024, 768), (390, 844)])
def test_no_slide_is_cut_off(open_talk, size):
    width, height = size
    page = open_talk("#1", width=width, height=height)
    for number in range(1, 7):
        go(page, number)
        found = page.evaluate("""() => {
            const slide = document.querySelector('section.current');
            const style = getComputedStyle(slide);
            return { wide: slide.scrollWidth - slide.clientWidth,
                     tall: slide.scrollHeight - slide.clientHeight,
                     scrolls: style.overflowY, size: parseFloat(style.fontSize),
                     page: document.documentElement.scrollWidth - innerWidth };
        }""")
        assert found["wide"] <= 0
        assert found["page"] <= 0
        # Only the slide with many lines may need more than the window has.
        assert found["tall"] <= 1 or number == 6
        assert found["scrolls"] == "auto"
        assert found["size"] >= 16
        if number < 6:
            assert found["size"] >= width / 48, "large enough for the last row"


def test_a_picture_uses_the_room_and_keeps_its_shape(open_talk):
    page = open_talk("#2")
    box = page.locator("section.current img").bounding_box()
    assert box["height"] > 400
    assert (
        page.locator("section.current img").evaluate(
            "i => getComputedStyle(i).objectFit"
        )
        == "contain"
    )


def test_arrow_down_scrolls_what_is_too_tall(open_talk):
    page = open_talk("#6")
    page.keyboard.press("ArrowDown")
    # The page's policy forbids what `wait_for_function` does.
    for _ in range(100):
        if page.evaluate("document.querySelector('section.current').scrollTop") > 0:
            break
        page.wait_for_timeout(20)
    else:
        pytest.fail("It did not scroll.")
    assert place(page) == "6 / 6"


@pytest.mark.parametrize("javascript", [True, False])
def test_printed_each_slide_has_a_page_with_answer_and_notes(open_talk, javascript):
    page = open_talk("#1", color_scheme="dark", java_script_enabled=javascript)
    if javascript:
        page.evaluate("document.getElementById('6').remove()")
    printed = page.pdf(prefer_css_page_size=True)
    # Many lines go on to a second page, instead of being cut.
    pages = 5 if javascript else 7
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == pages
    boxes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert all(float(width) > float(height) for width, height in boxes)
    page.emulate_media(media="print")
    assert page.locator(".answer").is_visible()
    assert page.locator("aside:visible").count() == 2
    assert not page.locator("nav").is_visible()
    if javascript:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert colour == "rgb(255, 255, 255)"


def test_without_javascript_the_slides_stand_below_each_other(open_talk):
    page = open_talk(java_script_enabled=False)
    assert page.locator("section:visible").count() == 6
    assert page.locator(".answer").is_visible()
    assert page.locator("aside:visible").count() == 2
    assert not page.locator("nav").is_visible()
