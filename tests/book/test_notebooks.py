"""Every chapter keeps the frame, is quiet, and says how long it takes."""

import ast
import re
from collections import Counter
from datetime import datetime
from math import ceil

import nbformat
import pytest

from companion import exercises, quizzes
from companion.statements import MARK
from tools.execute import kept_results
from tools.set_repository import notebooks

NOTEBOOKS = notebooks()
# The entry quiz is a notebook too, so that it runs wherever the chapters do.
CHAPTERS = [path for path in NOTEBOOKS if path.stem != "entry-quiz"]
FRAME = (
    "What you will be able to do",
    "What you need first",
    "Quiz",
    "Exercises",
    "What to take away",
    "References",
)
# What the text says of a prediction, after the run.
ANSWER = re.compile(r"^\*\*([A-F])\.\*\*", re.MULTILINE)
each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
each_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def markdown(page) -> str:
    cells = [cell.source for cell in page.cells if cell.cell_type == "markdown"]
    return "\n\n".join(cells)


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def visible_code(page) -> list:
    return [
        cell
        for cell in page.cells
        if cell.cell_type == "code" and "remove-cell" not in tags(cell)
    ]


def headed(page) -> list:
    """Return the cells with an exercise's heading."""
    return [cell for cell in page.cells if "exercise" in cell.metadata]


@pytest.fixture
def page(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="session")
def kept_by_notebook():
    """Where each result lies; reading all installed versions for it takes a while."""
    return kept_results()


@pytest.fixture
def executed(path, kept_by_notebook):
    kept = kept_by_notebook[path]
    if not kept.exists():
        pytest.fail(f"{path.name} has not run since its last change: run `make book`")
    return nbformat.read(kept, as_version=4)


@each_chapter
def test_frame(page):
    text = markdown(page)
    assert re.match(r"# \S.*\n\n\*Read: ", text), "a title, then the minutes"
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert [heading for heading in headings if heading in FRAME] == list(FRAME)
    assert headings[:2] == list(FRAME[:2])
    assert headings[-4:] == list(FRAME[2:])
    assert "> **Predict before you run.**" in text


@each_chapter
def test_stated_reading_minutes(page):
    """180 words and four cells of code a minute, give or take a third."""
    text = re.sub(r"\$\$?[^$]+\$\$?|https?://\S+", " formula ", markdown(page))
    estimate = len(text.split()) / 180 + len(visible_code(page)) / 4
    stated = page.metadata.course.minutes.read
    assert 0.67 * estimate < stated < 1.33 * estimate, f"estimate {estimate:.0f}"


@each_chapter
def test_stated_running_minutes(page, executed):
    seconds = 0.0
    for cell in executed.cells:
        times = cell.metadata.get("execution", {})
        if "shell.execute_reply" in times:
            begin = datetime.fromisoformat(times["iopub.execute_input"])
            end = datetime.fromisoformat(times["shell.execute_reply"])
            seconds += (end - begin).total_seconds()
    assert seconds > 1, "no times were recorded"
    stated = page.metadata.course.minutes.run
    # Twice the time: here notebooks run side by side, on machines that may be slow.
    assert seconds <= 2 * 60 * stated, f"{seconds:.0f} s"
    # Nor exaggerated; a machine four times as fast may still run this test.
    assert stated <= max(2, ceil(seconds / 15)), f"only {seconds:.0f} s"


@each_chapter
def test_exercises_stand_as_the_companion_has_them(path, page):
    code = "\n".join(cell.source for cell in visible_code(page))
    ids = re.findall(r'exercises\.check\("([\w-]+)"', code)
    assert len(ids) >= 4
    bank = exercises._bank(path.stem.replace("-", "_"))
    # In lines, so that a difference is not cut out of the report.
    assert "\n".join(ids) == "\n".join(exercise.id for exercise in bank)
    assert "\n".join(ids) == "\n".join(c.metadata.exercise.id for c in headed(page))
    for identifier in ids:
        assert f'exercises.hint("{identifier}")' in code
        assert f'exercises.solution("{identifier}")' in code


@each_chapter
def test_every_exercise_has_its_minutes_in_the_metadata(page):
    """And so in the heading, which `python -m website.chapters` writes."""
    headings = re.findall(r"^### Exercise .+$", markdown(page), re.MULTILINE)
    assert len(headings) == len(headed(page))


@each_chapter
def test_what_is_needed_first_is_said_in_the_metadata_too(path, page):
    text = re.search(
        r"^## What you need first\n(.+?)(?=^#|\Z)",
        markdown(page),
        re.MULTILINE | re.DOTALL,
    )
    linked = re.findall(r"\]\(([./\w-]+)\.ipynb[)#]", text[1])
    assert all((path.parent / f"{link}.ipynb").exists() for link in linked)
    assert page.metadata.course.needs == [link.rpartition("/")[2] for link in linked]


def shown(cell) -> tuple[str, list[str]]:
    """Return the quiz and the questions that a cell shows."""
    call = ast.parse(cell.source).body[-1].value
    assert ast.unparse(call.func) == "quizzes.show"
    assert call.keywords == []
    chapter, *ids = (ast.literal_eval(argument) for argument in call.args)
    return chapter, ids


def quiz_cells(page) -> list:
    return [cell for cell in visible_code(page) if "quizzes.show" in cell.source]


@each_notebook
def test_each_question_of_the_quiz_is_shown_once(path, page):
    questions = quizzes.read(path.stem).questions
    others = [question.id for question in questions if not question.predict]
    ids = []
    for cell in quiz_cells(page):
        chapter, named = shown(cell)
        assert chapter == path.stem
        assert "hide-input" in tags(cell), cell.source
        ids += named or others
    assert Counter(ids) == Counter(question.id for question in questions)


@each_chapter
def test_predictions_are_asked_at_their_experiments_and_the_rest_at_the_end(path, page):
    named, cells = [], page.cells
    *before, last = (cells.index(cell) for cell in quiz_cells(page))
    for index in before:
        named += shown(cells[index])[1]
    assert named == [q.id for q in quizzes.read(path.stem).questions if q.predict]
    assert shown(cells[last])[1] == []
    assert re.findall(r"^## (.+)$", cells[last - 1].source, re.MULTILINE)[-1] == "Quiz"
    assert cells[last + 1].source.startswith("## Exercises\n")


@each_chapter
def test_the_answer_in_the_text_is_the_quiz_s(path, page):
    answers = {
        question.id: "ABCDEF"[[choice.right for choice in question.choices].index(True)]
        for question in quizzes.read(path.stem).questions
    }
    expected = None
    for cell in page.cells:
        if cell in quiz_cells(page):
            ids = shown(cell)[1]
            expected = answers[ids[0]] if len(ids) == 1 else None
        elif cell.cell_type == "markdown" and expected:
            assert set(ANSWER.findall(cell.source)) <= {expected}


@each_notebook
def test_solutions_and_hints_are_folded(page):
    for cell in visible_code(page):
        if re.match(r"exercises\.(hint|solution)", cell.source):
            assert "hide-output" in tags(cell), cell.source


@each_notebook
def test_cells_are_short(page):
    for cell in visible_code(page):
        # However many names it imports, an import reads as one line.
        source = re.sub(r"import \([^)]*\)", "import …", cell.source)
        assert source.count("\n") < 16, cell.source


@each_notebook
def test_reads_well_outside_the_book_too(page):
    """Colab and JupyterLab show MyST directives and roles as raw text."""
    text = markdown(page)
    assert not re.search(r"^(```|:::+)\s*\{", text, re.MULTILINE)
    assert not re.search(r"\{[a-z:]+\}`", text)


@each_chapter
def test_numbers_are_checked_by_hidden_cells(page):
    hidden = [
        cell.source
        for cell in page.cells[1:]
        if cell.cell_type == "code" and "remove-cell" in tags(cell)
    ]
    assert hidden
    for source in hidden:
        # Its first line makes an assertion a statement of the text, so that a reader's
        # run does not stop there.
        assert source.startswith(MARK), "begin with what it checks; say the tolerance"
        assert "assert" in source
    assert not [cell.source for cell in visible_code(page) if "assert " in cell.source]


@each_notebook
def test_output_is_quiet(executed):
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.get("text")
            text = output.get("text") or output.get("data", {}).get("text/plain", "")
            assert text.count("\n") <= 25, text


@each_chapter
def test_every_figure_has_an_alternative_text(executed):
    seen = set()
    for cell in executed.cells:
        outputs = cell.get("outputs", [])
        images = sum("image/png" in output.get("data", {}) for output in outputs)
        text = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        assert images == bool(text), f"{images} figures, text {text!r}: {cell.source}"
        if text:
            assert len(text) >= 60, f"what does a reader see here? {text}"
            assert text not in seen
            seen.add(text)
    assert seen, "one picture at least"


@each_notebook
def test_no_cell_shows_a_leftover_of_plotting(executed):
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            plain = output.get("data", {}).get("text/plain", "")
            assert not plain.startswith(("Text(", "<Axes", "[<")), "end with `;`"
