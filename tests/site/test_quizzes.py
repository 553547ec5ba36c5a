"""The quizzes in a real browser: by keyboard, on a phone, in the dark, by their roles.

Needs Chromium (`make system-packages`); without it these tests are skipped.
"""

import re
from importlib.resources import files
from pathlib import PurePath

import pytest
from bs4 import BeautifulSoup

from companion import quizzes
from companion.quizzes._markup import html
from tests.site.conftest import FORMULAS_ARE_SET
from tools import build

PAGES = {PurePath(path).name: f"{path}.html" for path in build.pages()}
CHAPTERS = [name for name in quizzes.chapters() if name in PAGES]
CIRCLES = {question.id: question for question in quizzes.read("circles").questions}
SCHEMES = ("light", "dark")
AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
FOCUSED = "document.activeElement"
# Contrast as WCAG 2.2 defines it: of text, of borders, with the nearest background.
CONTRAST = """
element => {
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parts = color => color.match(/[\\d.]+/g).map(Number);
  const luminance = color => {
    const [r, g, b] = parts(color).map(channel);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  let behind = element;
  while (parts(getComputedStyle(behind).backgroundColor)[3] === 0)
    behind = behind.parentElement;
  const page = luminance(getComputedStyle(behind).backgroundColor);
  const style = getComputedStyle(element);
  return {
    page,
    text: ratio(luminance(style.color), page),
    border: ratio(luminance(style.borderLeftColor), page),
  };
}
"""
# Answers every question wrong, shows the answer and what each choice suggests.
ANSWER_WRONG = """
fieldsets => fieldsets.forEach(fieldset => {
  const { right } = fieldset.dataset;
  fieldset.querySelector(`input:not([value="${right}"])`).click();
  fieldset.querySelectorAll("button").forEach(button => button.click());
  fieldset.querySelector("details").open = true;
})
"""
# How large each element is that can be seen, and how far it reaches to the right.
BOXES = """
elements => elements
  .map(element => element.getBoundingClientRect())
  .filter(box => box.width > 0)
  .map(box => [box.width, box.height, box.right])
"""


def fieldset(page, chapter, question):
    """Return a question of a page."""
    return page.locator(f'fieldset:has([id="quiz-{chapter}--{question.id}"])')


def letters(question):
    """Return the letter of the right choice and one of a wrong choice."""
    right = [choice.right for choice in question.choices].index(True)
    return "ABCDEF"[right], "ABCDEF"[(right + 1) % len(question.choices)]


def why(question, letter):
    """Return what is said of a choice, as `status` gives it."""
    text = html(question.choices["ABCDEF".index(letter)].why)
    return packed(BeautifulSoup(text, "html.parser").get_text())


def packed(text):
    """Return a text without its white space, which browsers set as they like."""
    return re.sub(r"\s+", "", text)


def status(field):
    return packed(field.get_by_role("status").text_content())


def press(field, name):
    field.get_by_role("button", name=name, exact=True).click()


def choose(field, letter):
    field.locator(f"label:has(input[value={letter}])").click()


def tab_to(page, selector):
    """Press Tab until an element of the selector has the focus."""
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate(f"{FOCUSED}.matches('{selector}')"):
            return
    pytest.fail(f"Tab does not reach {selector}")


def arrow_to(page, letter):
    """Press the arrow key until a choice is chosen."""
    for _ in range(6):
        page.keyboard.press("ArrowDown")
        if page.evaluate(f"{FOCUSED}.checked && {FOCUSED}.value") == letter:
            return
    pytest.fail(f"the arrow does not reach {letter}")


def focused(page):
    return page.evaluate(f"{FOCUSED}.textContent")


def test_a_question_is_answered_by_the_keyboard_wrong_then_right(open_page):
    page = open_page(PAGES["circles"])
    question = next(question for question in CIRCLES.values() if not question.predict)
    right, wrong = letters(question)
    field = fieldset(page, "circles", question)
    page.evaluate("document.querySelector('#quiz h2').tabIndex = -1")
    page.locator("#quiz h2").focus()
    region = field.get_by_role("status").element_handle()
    assert region.text_content() == ""

    tab_to(page, "fieldset input")
    page.keyboard.press("Space")
    arrow_to(page, wrong)
    tab_to(page, "button")
    page.keyboard.press("Enter")
    assert status(field) == (
        packed(f"{wrong} is not right.")
        + why(question, wrong)
        + packed("Try again, or show the answer.")
    )
    assert not field.locator("details").is_visible()
    assert focused(page) == "Check"

    page.keyboard.press("Tab")
    assert focused(page) == "Show the answer"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    arrow_to(page, right)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert status(field) == packed(f"{right} is right.") + why(question, right)
    assert focused(page) == "Check"
    # The same region all the time: what a screen reader watches is never replaced.
    assert packed(region.text_content()) == status(field)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert field.locator("li").first.is_visible()


def test_a_prediction_is_locked_in_and_compared_by_the_keyboard(open_page):
    page = open_page(PAGES["circles"])
    question = CIRCLES["both-losses"]
    right, wrong = letters(question)
    field = fieldset(page, "circles", question)
    field.locator("input").first.focus()
    page.keyboard.press("Space")
    arrow_to(page, wrong)
    page.keyboard.press("Tab")
    assert focused(page) == "Commit"
    page.keyboard.press("Enter")
    committed = f"You predict {wrong}. Run the next cells, or read on, then compare."
    assert status(field) == packed(committed)
    assert field.locator("input:enabled").count() == 0
    assert not field.locator("details").is_visible()
    # Pressed again it does nothing, and the focus is where it was.
    page.keyboard.press("Enter")
    assert status(field) == packed(committed)
    page.keyboard.press("Tab")
    assert focused(page) == "Compare"
    page.keyboard.press("Enter")
    assert status(field) == (
        packed(f"{wrong} is not right.")
        + why(question, wrong)
        + packed(f"The answer is {right}.")
        + why(question, right)
    )
    assert focused(page) == "Compare"
    assert field.locator("details").is_visible()


def test_a_right_prediction_is_told_so(open_page):
    page = open_page(PAGES["circles"])
    question = CIRCLES["both-losses"]
    field = fieldset(page, "circles", question)
    right, _ = letters(question)
    choose(field, right)
    press(field, "Commit")
    press(field, "Compare")
    assert status(field) == packed(f"{right} is right.") + why(question, right)


def test_the_answer_is_shown_to_who_asks(open_page):
    page = open_page(PAGES["entry-quiz"])
    question = quizzes.read("entry-quiz").questions[0]
    right, wrong = letters(question)
    field = fieldset(page, "entry-quiz", question)
    press(field, "Check")
    assert status(field) == packed("Choose one of the answers first.")
    assert not field.get_by_role("button", name="Show the answer").is_visible()
    choose(field, wrong)
    press(field, "Check")
    press(field, "Show the answer")
    assert status(field) == packed(f"The answer is {right}.") + why(question, right)
    assert focused(page) == "Show the answer"
    assert field.locator("details").is_visible()


def test_the_score_counts_first_tries(open_page):
    page = open_page(PAGES["entry-quiz"])
    questions = quizzes.read("entry-quiz").questions
    score = page.locator(".quiz-score")
    assert score.text_content() == ""
    for number, question in enumerate(questions):
        field = fieldset(page, "entry-quiz", question)
        right, wrong = letters(question)
        # The first two are wrong at first; everyone is right in the end.
        for letter in [wrong, right] if number < 2 else [right]:
            choose(field, letter)
            press(field, "Check")
        if number == 2:
            left = len(questions) - 3
            expected = f"1 of 3 right at the first try, {left} still to answer."
            assert score.text_content() == expected
    count = len(questions)
    assert score.text_content() == f"{count - 2} of {count} right at the first try."


def test_a_question_that_stands_twice_on_a_page_has_two_answers(open_page):
    page = open_page(PAGES["circles"])
    page.set_content(2 * quizzes.show("circles", "both-losses").html)
    right, wrong = letters(CIRCLES["both-losses"])
    fields = page.locator("fieldset")
    for field, letter in ((fields.first, right), (fields.last, wrong)):
        choose(field, letter)
    for field, letter in ((fields.first, right), (fields.last, wrong)):
        press(field, "Commit")
        assert status(field).startswith(packed(f"You predict {letter}."))


def test_without_scripts_the_answer_can_be_unfolded(open_page):
    page = open_page(PAGES["circles"], scripts=False)
    question = CIRCLES["both-losses"]
    field = fieldset(page, "circles", question)
    right, _ = letters(question)
    assert field.locator("button:visible").count() == 0
    assert not field.locator("li").first.is_visible()
    field.locator("summary").click()
    assert field.get_by_text(f"The answer is {right}.").is_visible()
    assert field.locator("li:visible").count() == len(question.choices)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_phone_shows_the_quiz_whole(open_page, chapter):
    page = open_page(PAGES[chapter], width=390)
    fields = page.locator(".companion-quiz fieldset")
    asked = len(quizzes.read(chapter).questions)
    assert fields.count() == asked
    page.evaluate(FORMULAS_ARE_SET)
    sideways = "document.documentElement.scrollWidth > window.innerWidth"
    assert not page.evaluate(sideways)
    # Before anything is pressed no answer is to be seen.
    assert fields.locator("details:visible").count() == 0
    fields.evaluate_all(ANSWER_WRONG)
    assert fields.locator("li:visible").count() > 2 * asked
    assert not page.evaluate(sideways)
    targets = fields.locator("label, button, summary").evaluate_all(BOXES)
    assert len(targets) > 4 * asked
    for width, height, right in targets:
        assert min(width, height) >= 24
        assert right <= 390
    # Formulas are shown once, by the browser, and none is cut off.
    assert fields.locator("mjx-container").count() == 0
    for _, height, right in fields.locator("math").evaluate_all(BOXES):
        assert height > 4
        assert right <= 390


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_verdict_stands_out_in_light_and_in_dark(open_page, scheme):
    page = open_page(PAGES["entry-quiz"], scheme=scheme)
    first, second, *_ = quizzes.read("entry-quiz").questions
    right, _ = letters(first)
    _, wrong = letters(second)
    for question, letter in ((first, right), (second, wrong)):
        field = fieldset(page, "entry-quiz", question)
        choose(field, letter)
        press(field, "Check")
        region = field.get_by_role("status")
        found = region.evaluate(CONTRAST)
        assert found["text"] >= 7
        assert found["border"] >= 3
        assert (found["page"] < 0.1) == (scheme == "dark")
        assert field.evaluate(CONTRAST)["border"] >= 3
        assert field.locator("button").first.evaluate(CONTRAST)["border"] >= 3
        # Colour is not the only sign.
        sign = "p => getComputedStyle(p, '::before').content"
        assert region.locator("p").first.evaluate(sign)[1] in "✓✗"


def faults(page):
    """Return what axe finds wrong with the quizzes of a page."""
    # Without preloading: that asks for style sheets once more, by addresses of its own.
    # Of what passes, one place a rule: to name them all takes most of the time.
    options = "{ preload: false, resultTypes: ['violations'] }"
    found = page.evaluate(f"axe.run('.companion-quiz', {options})")
    assert len(found["passes"]) > 10
    return [
        (rule["id"], [node["html"] for node in rule["nodes"]])
        for rule in found["violations"]
    ]


@pytest.mark.parametrize(
    ("chapter", "scheme"), [("circles", "dark"), ("entry-quiz", "light")]
)
def test_axe_finds_nothing(open_page, chapter, scheme):
    page = open_page(PAGES[chapter], scheme=scheme)
    page.evaluate(AXE)
    assert faults(page) == []
    page.locator(".companion-quiz fieldset").evaluate_all(ANSWER_WRONG)
    assert faults(page) == []


def test_axe_sees_a_fault(open_page):
    page = open_page(PAGES["circles"])
    page.evaluate(AXE)
    page.locator(".companion-quiz label span").evaluate_all(
        "all => all.forEach(s => s.remove())"
    )
    assert "label" in {rule for rule, _ in faults(page)}
