"""Figures leave the executed notebooks as SVG, with the code that makes them."""

import os
import subprocess
import sys
import zipfile
from xml.etree import ElementTree

import nbformat
import pytest

from website import figures

DRAWN = """\
<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"
  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg width="7" height="4" xmlns="http://www.w3.org/2000/svg" version="1.1">
 <title>{claim}</title>
 <metadata>
  <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>
 </metadata>
 <path d="M 0 0 L 7 4"/>
</svg>
"""


def code(source, *, tags=(), claim=None, alt="A line that rises."):
    cell = nbformat.v4.new_code_cell(source)
    cell.metadata["tags"] = list(tags)
    if claim is not None:
        data = {"image/png": "", figures.SVG: DRAWN.format(claim=claim)}
        cell.outputs = [nbformat.v4.new_output("display_data", data)]
        cell.metadata["mystnb"] = {"image": {"alt": alt}}
    return cell


@pytest.fixture
def chapter():
    text = nbformat.v4.new_markdown_cell
    cells = [
        code("%pip install", tags=["remove-cell"]),
        text("# Lines & curves\n\nWhat they are."),
        code("import matplotlib.pyplot as plt\n\nfrom companion import quizzes"),
        code("height = 4"),
        code("assert height == 4", tags=["remove-cell"]),
        code('quizzes.show("lines", "up")', tags=["hide-input"]),
        code(
            'plt.plot([0, height])\nplt.title("Up & up");',
            claim="Up &amp; up",
            alt='A line from "0" to 4.',
        ),
        code("%%writefile {name}.txt\nheight …\n"),
        code("plt.plot([height, 0]);", claim="Down …"),
        text("Done.\n\n## Exercises\n\nNow you."),
        code("answer = ...\nexercises.check('lines-1', answer)"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    return figures.chapter("book/shapes/lines", notebook)


def test_each_figure_has_its_claim_its_text_and_its_code(chapter):
    assert (chapter.title, chapter.stem) == ("Lines & curves", "lines")
    first, second = chapter.figures
    assert (first.claim, first.name) == ("Up & up", "01-up-up")
    assert (second.claim, second.name) == ("Down …", "02-down")
    assert first.alt == 'A line from "0" to 4.'
    assert first.code == 'plt.plot([0, height])\nplt.title("Up & up");'


def test_an_svg_names_no_other_host_and_says_what_it_shows(chapter):
    svg = chapter.figures[0].svg
    assert svg.startswith("<svg ")
    assert "w3.org/Graphics" not in svg
    assert "rdf" not in svg
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{space}title").text == "Up & up"
    assert root.find(f"{space}desc").text == 'A line from "0" to 4.'
    assert root.find(f"{space}path") is not None


def test_a_figure_without_a_title_is_refused():
    cells = [nbformat.v4.new_markdown_cell("# X"), code("plt.plot([1]);", claim="")]
    notebook = nbformat.v4.new_notebook(cells=[code(""), *cells])
    with pytest.raises(ValueError, match="no title"):
        figures.chapter("book/x", notebook)


def test_the_script_holds_what_computes_and_saves_each_figure(chapter):
    assert "%pip" not in chapter.script
    assert "assert height == 4" in chapter.script
    assert "quizzes.show" not in chapter.script
    assert "answer" not in chapter.script
    compile(chapter.script, "lines.py", "exec")
    assert chapter.script.count("plt.savefig(") == 2


@pytest.mark.slow
def test_the_script_makes_the_figures_anew(chapter, tmp_path):
    script = tmp_path / "lines.py"
    source = chapter.script.replace("height = 4", "height, name = 4, 'line'")
    script.write_text(source, encoding="utf-8")
    # As on a machine whose files are not UTF-8 by themselves.
    plain = os.environ | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, script]
    subprocess.run(command, cwd=tmp_path, env=plain, check=True)
    for figure in chapter.figures:
        drawn = (tmp_path / f"{figure.name}.svg").read_text(encoding="utf-8")
        assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert "<!-- Up &amp; up -->" in (tmp_path / "01-up-up.svg").read_text("utf-8")
    assert (tmp_path / "line.txt").read_text("utf-8") == "height …\n"


def test_the_folder_holds_every_file_and_the_archive_all_but_the_gallery(
    chapter, tmp_path
):
    figures.write([chapter], tmp_path)
    folder = tmp_path / "figures"
    written = {p.relative_to(tmp_path).as_posix() for p in folder.rglob("*.*")}
    names = [f"figures/lines/{figure.name}" for figure in chapter.figures]
    assert written >= {
        f"{name}{suffix}" for name in names for suffix in (".svg", ".py")
    }
    assert written >= {"figures/index.html", "figures/lines/lines.py"}
    with zipfile.ZipFile(tmp_path / "figures.zip") as packed:
        assert packed.testzip() is None
        expected = written - {"figures/index.html"} | {
            "figures/LICENSE",
            "figures/LICENSE-TEXT",
        }
        assert set(packed.namelist()) == expected
    head = (folder / "lines" / "01-up-up.py").read_text("utf-8")
    assert head.startswith("# Lines & curves, figure 1: Up & up\n")
    assert head.endswith('plt.title("Up & up");\n')


def test_the_archive_depends_on_the_files_alone(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "one.txt").write_text("1")
    packed = []
    for moment in (1_000_000_000, 1_500_000_000):
        os.utime(folder / "one.txt", (moment, moment))
        figures.archive(folder, tmp_path / "archive.zip")
        packed.append((tmp_path / "archive.zip").read_bytes())
    assert packed[0] == packed[1]


def test_the_gallery_escapes_what_it_shows(chapter):
    page = figures.index([chapter])
    assert '<a href="../../book/shapes/lines.html">Lines &amp; curves</a>' in page
    assert "<strong>Up &amp; up</strong>" in page
    assert 'alt="A line from &quot;0&quot; to 4."' in page
    assert 'href="lines/01-up-up.svg"' in page
    assert 'href="lines/01-up-up.py"' in page
