"""Slides for a lecture hall: one self-contained HTML file, shown by any browser."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
{slides}
</main>
<nav aria-label="Slides">
<button type="button" data-do="answer" aria-keyshortcuts="a">Answer</button>
<button type="button" data-do="notes" aria-keyshortcuts="n" \
aria-pressed="false">Notes</button>
<button type="button" data-do="back" aria-keyshortcuts="ArrowLeft">Back</button>
<span id="place"></span>
<button type="button" data-do="next" aria-keyshortcuts="ArrowRight">Next</button>
</nav>
<script type="module">
{script}</script>
</body>
</html>
"""
_SLIDE = """\
<section id="{number}" aria-label="Slide {number} of {count}">
{html}
</section>"""


def document(title: str, slides: Sequence[str]) -> str:
    """Return a talk as one HTML file that loads nothing from anywhere.

    The arrow keys, space, Page Up and Page Down turn the slides, Home and End go to
    the first and the last, ``a`` or Enter shows the answer, ``n`` the speaker's
    notes; there are buttons too. The address names the slide (``#3``). Printed, each
    slide has a page, with its answer and notes. Without JavaScript the slides stand
    below each other.

    Parameters
    ----------
    title : str
        The document's title, as plain text.
    slides : sequence of str
        Trusted HTML, one fragment a slide, each with a heading. Elements of the class
        ``answer`` stay hidden until asked for, ``<aside class="notes">`` is for the
        speaker, and ``<div class="beside">`` sets its two children side by side.
        Pictures must be ``data:`` addresses or inline SVG.

    Returns
    -------
    str
        The file's text.

    Raises
    ------
    ValueError
        If there is no slide.

    Examples
    --------
    >>> talk = document("A talk", ["<h1>A talk</h1>", "<h2>Its end</h2>"])
    >>> talk.count("<section")
    2
    """
    if not slides:
        raise ValueError("A talk needs one slide at least; none was given.")
    sections = [
        _SLIDE.format(number=number, count=len(slides), html=html)
        for number, html in enumerate(slides, start=1)
    ]
    here = files(__name__)
    return _PAGE.format(
        title=escape(title),
        style=(here / "slides.css").read_text(encoding="utf-8"),
        slides="\n".join(sections),
        script=(here / "slides.js").read_text(encoding="utf-8"),
    )
