"""Markdown and formulas as HTML, MathML and TeX, with no way out of a formula."""

import pytest
from bs4 import BeautifulSoup

from companion import quizzes
from companion.quizzes import _markup
from tests.companion.quizzes.inputs import (
    HOSTILE_HTML,
    question_of,
    words_and_formulas,
    words_and_tex,
)


def test_the_reader_of_markdown_sees_words_and_formulas():
    text = "1. A `x_1 $` of $a$:\n\n```python\ny = 2  # $z$\n```\n$$ b\n $$ costs \\$5"
    words, formulas = words_and_formulas(text)
    assert words == ["1", "A", "x", "1", "of", "y", "2", "z", "costs", "5"]
    assert formulas == ["a", "b"]
    assert words_and_tex(_markup.html_with_tex(text)) == (words, formulas)
    assert words_and_tex(_markup.html(text)) == (words, [])


def test_no_image_is_fetched():
    for convert in (_markup.html, _markup.html_with_tex):
        assert "<img" not in convert("![a picture](https://example.org/x.png)")


ENDINGS = "</mtext></math></style></script><script>alert(1)</script> & &amp; <b>"


def test_the_text_in_a_formula_is_text():
    for tex in (HOSTILE_HTML, ENDINGS, "<mi onclick='alert(1)'>x</mi>"):
        shown = _markup.html(rf"$\text{{{tex}}}$")
        soup = BeautifulSoup(shown, "html.parser")
        assert {tag.name for tag in soup(True)} <= {"p", "math", "mrow", "mtext"}
        assert {"<", ">"} <= set(soup.mtext.get_text())


@pytest.mark.parametrize("command", ["href", "class", "style"])
def test_a_formula_may_not_reach_out_of_itself(command):
    with pytest.raises(ValueError, match=f"it sets '{command}', which no question may"):
        _markup.html(rf"$\{command}{{javascript:alert(1)}}{{x}}$")


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (r"\foo x", r"\$\\foo x\$ cannot be shown: the command \\foo is not known"),
        (r"\frac{a}", "an argument is missing"),
        (r"a_{", "MissingSuperScriptOrSubscript"),
        (r"\begin{aligned} a &= b \end{aligned}", "too rich, or it is not TeX"),
        (r"\operatorname*{arg\,max}_k z", "a command in it is not known"),
    ],
)
def test_a_formula_that_cannot_be_shown_is_refused(write, formula, message):
    bank = write(question_of(text=f"What is ${formula}$?"))
    with pytest.raises(ValueError, match=f"question 'one': The formula .*{message}"):
        quizzes.show("own", bank=bank)


def mathml(text):
    """Return the elements of a formula in a short form, the spaces as "_"."""
    soup = BeautifulSoup(_markup.html(text), "html.parser")
    leaves = soup.math.find_all(["mi", "mn", "mo", "mtext", "mspace"])
    return " ".join(leaf.get_text() or "_" for leaf in leaves)


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"2 \log x", "2 _ log _ x"),
        (r"a = \log p", "a = log _ p"),
        (r"\log(p)", "log ( p )"),
        (r"\log\left(p\right)", "log ( p )"),
        (r"\log_2 8", "log 2 _ 8"),
        (r"\log\log x", "log _ log _ x"),
        (r"y_k \log p_k", "y k _ log _ p k"),
        (r"(a) \log b", "( a ) _ log _ b"),
        (r"\max(0, a)", "max ( 0 , a )"),
        (r"h = \operatorname{ReLU}(a)", "h = ReLU ( a )"),
        (r"\mathrm{ReLU}(a)", "ReLU ( a )"),
        (r"x_\mathrm{max} y", "x max y"),
        (r"10\,\log 2", "10 _ log _ 2"),
        (r"\operatorname*{argmax}_k z", "argmax k _ z"),
    ],
)
def test_functions_are_set_as_tex_sets_them(tex, expected):
    assert mathml(f"${tex}$") == expected


def test_a_slash_stands_close():
    slash = BeautifulSoup(_markup.html("$1/2$"), "html.parser").mo
    assert (slash["lspace"], slash["rspace"]) == ("0em", "0em")


def test_a_formula_of_its_own_line_is_displayed():
    soup = BeautifulSoup(_markup.html("So\n\n$$\\max_k p_k$$"), "html.parser")
    assert soup.math["display"] == "block"
    assert soup.munder.get_text() == "maxk"
    inline = BeautifulSoup(_markup.html(r"So $\max_k p_k$"), "html.parser")
    assert inline.math["display"] == "inline"
    assert inline.munder is None


def test_platforms_get_tex():
    text = "If $a<b$\n\n$$\\max_k p_k$$"
    expected = "<p>If \\(a&lt;b\\)</p>\n<p>\\[\\max_k p_k\\]</p>"
    assert _markup.html_with_tex(text) == expected
