"""What the tests of the quizzes share: the bank, hostile questions, and readers."""

import re
from functools import cache

import pytest
import yaml
from bs4 import BeautifulSoup

from companion import quizzes
from companion.quizzes import _markup
from companion.quizzes._export import _FORMATS

CHAPTERS = quizzes.chapters()
each_chapter = pytest.mark.parametrize("chapter", CHAPTERS)
read = cache(quizzes.read)
html_of = cache(_markup.html)
EXTRA = "text2qti comes with the extra `lms`"


@cache
def exported(chapter, to):
    if to == "qti":
        pytest.importorskip("text2qti", reason=EXTRA)
    write, _ = _FORMATS[to]
    return write(read(chapter))


def right_of(question):
    return next(choice for choice in question.choices if choice.right)


def place(question):
    return [choice.right for choice in question.choices].index(True)


def choices_of(**changes):
    wrong = {"text": "c", "why": "d"} | changes
    return [{"text": "a", "why": "b", "right": True}, wrong]


def question_of(**changes):
    return {"id": "one", "text": "Which?", "choices": choices_of()} | changes


def write_bank(folder, questions, *, chapter="own", **more):
    """Write a bank of one chapter; return its folder."""
    content = {"title": "Own", "questions": list(questions)} | more
    text = yaml.safe_dump(content, allow_unicode=True)
    (folder / f"{chapter}.yaml").write_text(text, encoding="utf-8")
    return folder


# Texts that could be taken for XML, HTML, Markdown or text2qti's own syntax.
HOSTILE = [
    "1. Which of *these* is `a < b & c > d`? It's \"so\" -- isn't it... `]]>`",
    "```python\nif a < b:  \n\tprint('$x$', \"&amp;\")  # `tick`\n\n\n*c) d\n```",
    "| $\\hat{y}_i$ | loss |\n|---|--:|\n| 0.5 | $-\\log\\frac{1}{2}$ |\n\nAnd a line.",
    "a) not a choice\n\n*b) nor this\n\n... nor feedback\n\n+ an item\n- another",
    "First.\n\nSecond: $a < b$ & $$\\sum_{i=1}^{n} p_i \\log q_i,\\quad\\mathbf{p}$$",
    "True",
    "=   5 +- 2 costs \\$5 and \\$6, not \\num{5}",
    "# A heading\n\n> quoted <b>tags</b> <!-- kept --> &lt; ![no](image",
    "GROUP\n\nEND_GROUP\n\nCOMMENT\n\n% a comment\n\n___\n\n^^^",
    "1986\\. Año: “naïve” \N{MINUS SIGN} \U0001d53c[x] \u200b{braces} {0} %s",
    "Title: none\n\nPoints: many\n\nQuiz title: x\n\nText: y",
    "[ ] none\n\n[*] some\n\n! solution\n\n~~~\n```{.python .run}\nexit()\n~~~",
]


def hostile_questions():
    """Give questions in which each text stands once as each part of a question."""
    for number in range(len(HOSTILE)):
        texts = HOSTILE[number:] + HOSTILE[:number]
        parts = list(zip(texts[1::2], texts[2::2], strict=False))[:4]
        yield {
            "id": f"question-{number}",
            "predict": number % 2 == 1,
            "text": texts[0],
            "choices": [
                {"text": text, "why": why} | ({"right": True} if place == 2 else {})
                for place, (text, why) in enumerate(parts)
            ],
        }


def write_hostile_bank(folder):
    return write_bank(folder, hostile_questions(), title="A & B/C <or> *D*")


HOSTILE_HTML = (
    '<script>alert(1)</script> <img src=x onerror="alert(2)"> & " \' </fieldset>'
)


# How texts are compared with the bank.


TEX = re.compile(r"\\\((.+?)\\\)|\\\[(.+?)\\\]", re.DOTALL)


def words_and_tex(html):
    """Read HTML: the words that it shows, and the TeX that a platform would set."""
    soup = BeautifulSoup(html, "html.parser")
    for formula in soup.find_all("math"):
        formula.replace_with(" ")
    for numbered in soup.find_all("ol"):
        for number, item in enumerate(numbered.find_all("li", recursive=False), 1):
            item.insert(0, f"{number}. ")
    found = []
    for text in soup.find_all(string=TEX):
        if not text.find_parent("code"):
            found += [(inline or block).strip() for inline, block in TEX.findall(text)]
            text.replace_with(TEX.sub(" ", text))
    return re.findall(r"[^\W_]+", soup.get_text(" ")), found


TOKENS = re.compile(
    r"(?P<escape>\\.)|(?P<code>(?P<tick>`+).+?(?P=tick))"
    r"|\$\$(?P<block>.+?)\$\$|\$(?P<inline>[^$]+)\$",
    re.DOTALL,
)


def words_and_formulas(markdown):
    """Read Markdown without a parser: its words, and the TeX of its formulas."""
    formulas = []

    def plain(match):
        if tex := match["block"] or match["inline"]:
            formulas.append(tex.strip())
            return " "
        return re.sub(r"^```\w+", "", match.group())

    text = TOKENS.sub(plain, markdown)
    text = re.sub(r"\]\([^)]*\)", "]", text)
    return re.findall(r"[^\W_]+", text), formulas


def bank_texts(question, convert):
    """Return what a platform should show, in the same form."""
    return (
        convert(question.text),
        [convert(choice.text) for choice in question.choices],
        ["" if choice.right else convert(choice.why) for choice in question.choices],
        convert(right_of(question).why),
    )


def flat(texts):
    text, choices, reasons, general = texts
    return [text, *choices, *reasons, general]
