"""Write the figures of all chapters as SVG, with the code that makes them.

``tools/execute.py`` keeps each figure in the executed notebook. Here it becomes a
file of its own, ``CHAPTER/NN-CLAIM.svg``, and beside it the code of its cell and the
whole chapter as a script, which makes every figure of the chapter again.
"""

import re
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

import nbformat

from tools.execute import results
from tools.set_repository import ROOT
from website import chapters as course

SVG = "image/svg+xml"
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
README = """\
All figures of the course on classification losses, as SVG.

One folder a chapter. Beside NN-CLAIM.svg stands NN-CLAIM.py, the code that draws it.
That code uses what the chapter computed before. CHAPTER.py holds all of it, with the
checks of the chapter's numbers, and makes every figure of its chapter anew, in the
folder where you start it:

    pip install /path/to/the/course        (once)
    python CHAPTER.py

Letters are drawn as paths, so the figures need no font.

The figures are under CC BY 4.0 (LICENSE-TEXT): use and change them, and name
"The crossentropy course authors". The code is under BSD-3-Clause (LICENSE).
"""
_INDEX = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>All figures</title>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark; --text: #1b1b1b; --page: #fff; --link: #0b57a4; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --text: #ececec; --page: #14171a; --link: #8fbfff; }}
}}
body {{ max-width: 75rem; margin: 0 auto; padding: 1rem; color: var(--text);
  background: var(--page); font: 1.0625rem/1.5 system-ui, sans-serif; }}
a {{ color: var(--link); }}
.figures {{ display: grid; gap: 2rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }}
figure {{ margin: 0; }}
img {{ width: 100%; height: auto; background: #fff; border-radius: 0.3rem; }}
summary {{ cursor: pointer; }}
</style>
</head>
<body>
<main>
<h1>All figures</h1>
<p>Each of the {count} figures makes one claim. Beside it is the code of its cell,
and for each chapter a script that makes all its figures anew.
<a href="../figures.zip">Everything in one archive</a>.
Figures: CC BY 4.0. Code: BSD-3-Clause.</p>
{sections}
</main>
</body>
</html>
"""
_SECTION = """\
<section>
<h2 id="{stem}"><a href="../../{page}.html">{title}</a></h2>
<p><a href="{stem}/{stem}.py">The chapter as a script</a></p>
<div class="figures">
{figures}
</div>
</section>"""
_FIGURE = """\
<figure id="{stem}-{name}">
<a href="{stem}/{name}.svg"><img src="{stem}/{name}.svg" alt="{alt}" loading="lazy"></a>
<figcaption><strong>{claim}</strong><br>
<a href="{stem}/{name}.svg">SVG</a> · <a href="{stem}/{name}.py">code</a>
<details><summary>What it shows</summary><p>{alt}</p></details></figcaption>
</figure>"""


@dataclass(frozen=True)
class Figure:
    """One figure of a chapter: what it claims and shows, and what draws it."""

    number: int  # within its chapter, from 1
    claim: str
    alt: str
    code: str
    svg: str

    @property
    def slug(self) -> str:
        """Its claim in small letters, digits and hyphens."""
        return re.sub(r"[^a-z0-9]+", "-", self.claim.lower()).strip("-")

    @property
    def name(self) -> str:
        """The name of its files, without suffix."""
        return f"{self.number:02}-{self.slug}"


@dataclass(frozen=True)
class Chapter:
    """A chapter with its figures; ``page`` is its path without suffix."""

    page: str
    title: str
    figures: tuple[Figure, ...]
    script: str

    @property
    def stem(self) -> str:
        """The last part of its path."""
        return self.page.rpartition("/")[2]


def chapters(root: Path = ROOT) -> list[Chapter]:
    """Read the executed chapters that have figures, in the order of the course."""
    result, executed = results(root), []
    for entry in course.chapters(root):
        page = nbformat.read(result[root / f"{entry.page}.ipynb"], as_version=4)
        executed.append(chapter(entry.page, page))
    return [illustrated for illustrated in executed if illustrated.figures]


def chapter(page: str, notebook: nbformat.NotebookNode) -> Chapter:
    """Take the figures and the code out of an executed notebook."""
    text = next(cell for cell in notebook.cells if cell.cell_type == "markdown")
    title = text.source.partition("\n")[0].removeprefix("# ")
    figures, code = [], []
    for cell in _cells_with_code(notebook):
        code.append(_as_script(cell.source))
        for output in cell.outputs:
            if SVG in output.get("data", {}):
                figure = _figure(len(figures) + 1, cell, output.data[SVG])
                figures.append(figure)
                code[-1] += (
                    f'\nplt.savefig("{figure.name}.svg", bbox_inches="tight")'
                    '\nplt.close("all")'
                )
    head = f'"""{title}: the chapter\'s code, which makes its figures anew."""\n\n'
    if any("display(" in part for part in code):
        head += "from IPython.display import display\n"
    script = f"{head}import matplotlib.pyplot as plt\n" + "\n\n\n".join(code) + "\n"
    return Chapter(page, title, tuple(figures), script)


def _cells_with_code(notebook: nbformat.NotebookNode) -> Iterator:
    """Yield the cells that compute, between the set-up and the chapter's exercises.

    The hidden ones are among them: they check the chapter's numbers, and a cell below
    may use what they computed.
    """
    for cell in notebook.cells[1:]:
        if cell.cell_type == "markdown":
            if re.search(r"^## (Quiz|Exercises)$", cell.source, re.MULTILINE):
                return
        elif not re.match(r"(quizzes|exercises)\.", cell.source):
            yield cell


def _as_script(source: str) -> str:
    """Turn a cell into plain Python; ``%%writefile`` is the only magic it may use."""
    match = re.fullmatch(r"%%writefile (-a )?(\S+)\n(.*)", source, re.DOTALL)
    if match is None:
        return source
    append, target, body = match.groups()
    mode = "a" if append else "w"
    opened = f'open(f{target!r}, {mode!r}, encoding="utf-8")'
    return f"with {opened} as file:\n    file.write({body!r})"


def _figure(number: int, cell: nbformat.NotebookNode, svg: str) -> Figure:
    claim = re.search(r"<title>(.+?)</title>", svg)
    if claim is None:
        raise ValueError(f"The figure of this cell has no title:\n{cell.source}")
    alt = cell.metadata["mystnb"]["image"]["alt"]
    # Without the document type, which names a file on another host, and the maker.
    svg = _METADATA.sub("", svg[svg.index("<svg") :])
    svg = svg.replace("</title>", f"</title>\n <desc>{escape(alt)}</desc>", 1)
    return Figure(number, unescape(claim[1]), alt, cell.source, svg)


def write(chapters: Iterable[Chapter], folder: Path) -> None:
    """Write ``folder/figures`` with its gallery, and all of it as ``figures.zip``."""
    chapters = list(chapters)
    gallery = folder / "figures"
    for chapter in chapters:
        place = gallery / chapter.stem
        place.mkdir(parents=True)
        for figure in chapter.figures:
            _write(place / f"{figure.name}.svg", figure.svg)
            _write(place / f"{figure.name}.py", _with_head(figure, chapter))
        _write(place / f"{chapter.stem}.py", chapter.script)
    _write(gallery / "README.txt", README)
    for name in ("LICENSE", "LICENSE-TEXT"):
        shutil.copy(ROOT / name, gallery)
    archive(gallery, folder / "figures.zip")
    # Not in the archive, because it leads to the chapters.
    _write(gallery / "index.html", index(chapters))


def index(chapters: Iterable[Chapter]) -> str:
    """Return the gallery: every figure, its claim, its files and its chapter."""
    chapters = list(chapters)
    sections = [
        _SECTION.format(
            stem=chapter.stem,
            page=chapter.page,
            title=escape(chapter.title),
            figures="\n".join(
                _in_gallery(figure, chapter) for figure in chapter.figures
            ),
        )
        for chapter in chapters
    ]
    count = sum(len(chapter.figures) for chapter in chapters)
    return _INDEX.format(count=count, sections="\n".join(sections))


def archive(folder: Path, target: Path) -> None:
    """Pack a folder's files, by name, into a zip whose bytes depend on them alone."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = path.relative_to(folder.parent).as_posix()
                entry = zipfile.ZipInfo(name)  # its date is 1980
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16  # where a zip holds Unix permissions
                packed.writestr(entry, path.read_bytes())


def _in_gallery(figure: Figure, chapter: Chapter) -> str:
    return _FIGURE.format(
        stem=chapter.stem,
        name=figure.name,
        claim=escape(figure.claim),
        alt=escape(figure.alt),
    )


def _with_head(figure: Figure, chapter: Chapter) -> str:
    return (
        f"# {chapter.title}, figure {figure.number}: {figure.claim}\n"
        f"# It uses what the chapter computed before; {chapter.stem}.py is all of it.\n"
        f"\n{figure.code}\n"
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
