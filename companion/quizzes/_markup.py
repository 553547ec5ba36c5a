"""Questions are Markdown with formulas; learning platforms and browsers want HTML."""

from collections.abc import Callable, Sequence
from functools import cache
from html import escape, unescape
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_THIN_SPACE = {"width": "0.167em"}  # TeX's, a sixth of an em
_SCRIPTS = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
# How many parts an element must have: a formula that ends too early has fewer.
_PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "msubsup": 3}
_PARTS |= {"munder": 2, "mover": 2, "munderover": 3}
# What stands below these when a formula has a line of its own.
_LIMITS = {"max", "min", "lim", "sup", "inf"}
# With these a formula could reach out of itself: as a link that runs a script, or laid
# over the whole page.
_REFUSED = {"class", "href", "id", "style"}


def html(text: str) -> str:
    """Convert to HTML with formulas as MathML, which browsers show without a script.

    Raises
    ------
    ValueError
        If a formula cannot be shown as MathML.
    """
    return _parser(_mathml).render(text).strip()


def html_with_tex(text: str) -> str:
    r"""Convert to HTML with formulas as ``\(…\)``, for platforms that set TeX."""
    return _parser(_tex).render(text).strip()


@cache
def _parser(formula: Callable[[str, bool], str]) -> "MarkdownIt":
    from markdown_it import MarkdownIt
    from mdit_py_plugins.dollarmath import dollarmath_plugin

    def inline(
        _: object, tokens: "Sequence[Token]", index: int, *others: object
    ) -> str:
        return formula(tokens[index].content, False)

    def block(_: object, tokens: "Sequence[Token]", index: int, *others: object) -> str:
        return f"<p>{formula(tokens[index].content, True)}</p>\n"

    # Raw HTML is shown as text, and no image is fetched: a bank may come from anywhere.
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    parser.disable("image").use(dollarmath_plugin, allow_labels=False)
    parser.add_render_rule("math_inline", inline)
    parser.add_render_rule("math_block", block)
    return parser


def _tex(tex: str, display: bool) -> str:
    escaped = escape(tex.strip(), quote=False)
    return rf"\[{escaped}\]" if display else rf"\({escaped}\)"


def _mathml(tex: str, display: bool) -> str:
    from latex2mathml.converter import convert_to_element

    complaint = f"The formula ${tex.strip()}$ cannot be shown"
    try:
        # Elements: in its string, "<" within a text begins another element.
        root = convert_to_element(tex.strip(), display="block" if display else "inline")
    except Exception as error:  # latex2mathml has many of its own, without a base
        raise ValueError(f"{complaint}: {type(error).__name__}.") from None
    for element in root.iter():
        if element.text == "&":  # it was not taken for the mark of a column
            raise ValueError(f"{complaint}: it is too rich, or it is not TeX.")
        element.text = unescape(element.text or "")
        _require_whole(element, complaint)
        _require_harmless(element, complaint)
    for element in list(root.iter()):
        _join_letters(element)
        _set_spaces(element, display)
    return ElementTree.tostring(root, encoding="unicode")


def _require_whole(element: Element, complaint: str) -> None:
    text = (element.text or "").strip()
    if "\\" in text:
        raise ValueError(f"{complaint}: the command {text} is not known.")
    if element.tag in {"mi", "mn", "mo"} and not text:
        raise ValueError(f"{complaint}: a command in it is not known.")
    if len(element) != _PARTS.get(element.tag, len(element)):
        raise ValueError(f"{complaint}: an argument is missing.")


def _require_harmless(element: Element, complaint: str) -> None:
    if refused := _REFUSED.intersection(element.keys()):
        raise ValueError(
            f"{complaint}: it sets {min(refused)!r}, which no question may."
        )


def _join_letters(element: Element) -> None:
    r"""Make one name of the letters that ``\mathrm`` gives one by one."""
    letters = [child.text or "" for child in element]
    upright = [child.get("mathvariant") == "normal" for child in element]
    if len(letters) > 1 and all(upright):
        element.clear()
        element.tag, element.text = "mi", "".join(letters)


def _set_spaces(element: Element, display: bool) -> None:
    """Set names of functions, and slashes, as TeX does: MathML has other spaces."""
    if element.tag == "mo" and (element.text or "").isalpha():
        element.tag, element.attrib = "mi", {}
    if element.tag == "mo" and element.text == "/":
        element.attrib |= {"lspace": "0em", "rspace": "0em"}
    if element.tag not in {"math", "mrow", "mtd", "mstyle"}:
        return
    children, before = list(element), None
    element[:] = []
    for child in children:
        if _is_function(child) and display:
            _put_limits_below(child)
        if before is not None and _need_space(before, child):
            element.append(Element("mspace", _THIN_SPACE))
        element.append(child)
        before = child


def _need_space(left: Element, right: Element) -> bool:
    if _is_function(left):
        return right.tag not in {"mo", "mspace"} and not _is_fenced(right)
    if _is_function(right):
        closes = left.tag == "mo" and left.text in {")", "]", "}"}
        return closes or left.tag not in {"mo", "mspace"}
    return False


def _is_function(element: Element) -> bool:
    base = element[0] if element.tag in _SCRIPTS else element
    name = base.text or ""
    # MathML sets a name of several letters upright unless it is told otherwise.
    upright = base.tag in {"mi", "mo"} and base.get("mathvariant") is None
    return upright and len(name) > 1 and name.isascii() and name.isalpha()


def _is_fenced(element: Element) -> bool:
    return len(element) > 0 and element[0].get("fence") == "true"


def _put_limits_below(element: Element) -> None:
    if element.tag == "msub" and element[0].text in _LIMITS:
        element.tag = "munder"
