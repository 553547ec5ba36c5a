"""The pages for instructors agree with the chapters, the bank and the commands."""

import importlib.util
import re
import shlex

import nbformat
import pytest

from companion import assignments, exercises, measurements, quizzes
from companion._command import _parser
from companion.data import _plays
from tools.set_repository import ROOT, notebooks
from website import chapters

TEACHING = ROOT / chapters.TEACHING
PAGE = (TEACHING / "for-instructors.md").read_text(encoding="utf-8")
NOTES = (TEACHING / "teaching-notes.md").read_text(encoding="utf-8")
ASSIGNMENTS = (TEACHING / "assignments.md").read_text(encoding="utf-8")
COURSE = {chapter.page: chapter for chapter in chapters.chapters()}
QUIZZES = {name: quizzes.read(name).questions for name in quizzes.chapters()}
PREDICTION = 5  # minutes, as the page explains
BY_HAND = "the minutes in book/teaching/for-instructors.md, written by hand"
SYLLABI = dict(
    re.findall(
        r"^### (One \w+|Four weeks)\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL
    )
)
SESSION = re.compile(
    r"<summary><b>(.+?)</b>: (\d+) minutes, then (\d+) at home</summary>"
    r"(.*?)</details>",
    re.DOTALL,
)
SESSIONS = {
    f"{syllabus}: {name}": (int(in_class), int(at_home), body)
    for syllabus, text in SYLLABI.items()
    for name, in_class, at_home, body in SESSION.findall(text)
}
ROW = re.compile(r"^\| (\d+) \| (.+) \|$", re.MULTILINE)
each_session = pytest.mark.parametrize("session", SESSIONS.values(), ids=SESSIONS)
each_chapter = pytest.mark.parametrize(
    "chapter", COURSE.values(), ids=[chapter.name for chapter in COURSE.values()]
)


def rows(body, verb):
    """Return the minutes and the text of a session's rows that begin with a verb."""
    begin = f"**{verb}**: "
    found = [(int(minutes), text) for minutes, text in ROW.findall(body)]
    return [
        (minutes, text.removeprefix(begin))
        for minutes, text in found
        if text.startswith(begin)
    ]


def linked(text):
    """Return the chapters that a row links to."""
    pages = re.findall(r"\]\(\.\./([\w/-]+)\.ipynb\)", text)
    return [COURSE[f"book/{page}"] for page in pages if f"book/{page}" in COURSE]


def codes(text):
    return re.findall(r"`([\w-]+)`", text)


def emphasised(text):
    return re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", text)


def notes_of(chapter):
    """Return the notes on a chapter, without the heading and what is generated."""
    _, _, after = NOTES.partition(f"Open the chapter: {chapter.link}.\n")
    return after.partition("\n<!-- begin")[0]


def sections(chapter):
    """Return the minutes to read each section, by the rule for a whole chapter."""
    minutes, heading = {}, ""
    page = nbformat.read(ROOT / f"{chapter.page}.ipynb", as_version=4)
    for cell in page.cells:
        if cell.cell_type == "code":
            hidden = "remove-cell" in cell.metadata.get("tags", [])
            minutes[heading] = minutes.get(heading, 0) + (0 if hidden else 1 / 4)
            continue
        for part in re.split(r"^(?=#)", cell.source, flags=re.MULTILINE):
            heading = part.partition("\n")[0] if part.startswith("## ") else heading
            if part.startswith("### "):
                minutes[part.partition("\n")[0].lstrip("# ")] = 0
            text = re.sub(r"\$\$?[^$]+\$\$?|https?://\S+", " formula ", part)
            minutes[heading] = minutes.get(heading, 0) + len(text.split()) / 180
    return {name.lstrip("# "): value for name, value in minutes.items()}


# --- The blocks that the chapters fill -----------------------------------------------


def test_the_blocks_are_current():
    for path, fresh in chapters.pages().items():
        stored = path.read_text(encoding="utf-8")
        assert stored == fresh, "run `python -m website.chapters`"


def test_every_chapter_is_on_both_pages():
    assert len(COURSE) == len(notebooks()) - 1  # the entry quiz is no chapter
    for name in ("order", "chapters"):
        assert f"<!-- begin {name} -->\n" in PAGE
    assert "<!-- begin misconceptions -->\n" in NOTES
    begun = re.findall(r"<!-- begin beliefs ([\w-]+) -->\n", NOTES)
    assert begun == [chapter.name for chapter in COURSE.values()]


@each_chapter
def test_a_chapter_has_minutes_objectives_and_a_quiz(chapter):
    assert len(chapter.exercises) >= 4
    assert len(chapter.objectives) >= 3
    assert chapter.quiz == len(QUIZZES[chapter.name]) > 0


@each_chapter
def test_the_running_times_are_measured_and_within_what_the_chapter_says(chapter):
    runs = measurements.read(chapters.RECORD)["runs"]
    seconds = {
        run["backend"]: run["seconds"] for run in runs if run["chapter"] == chapter.name
    }
    assert "tensorflow" in seconds
    assert seconds.keys() <= chapters.BACKENDS.keys()
    assert all(1 < value <= 60 * chapter.run for value in seconds.values())


# --- The syllabi ---------------------------------------------------------------------


def test_no_session_escapes_these_tests():
    assert PAGE.count("| Minutes | In class |") == len(SESSIONS) > 0


@each_session
def test_the_minutes_of_a_session_add_up(session):
    in_class, at_home, body = session
    first, second = body.split("| Minutes | At home |")
    assert sum(int(minutes) for minutes, _ in ROW.findall(first)) == in_class == 90
    said, added = at_home, sum(int(minutes) for minutes, _ in ROW.findall(second))
    assert said == added, f"{BY_HAND}: a session ends 'then {said} at home'"


@each_session
def test_reading_quizzes_and_exercises_take_what_the_chapters_say(session):
    _, _, body = session
    every = {e.id: e.minutes for chapter in COURSE.values() for e in chapter.exercises}
    for minutes, text in rows(body, "Read"):
        reading = sum(chapter.read for chapter in linked(text))
        assert minutes == reading, f"{BY_HAND}: {text}"
    for minutes, text in rows(body, "Quiz"):
        questions = sum(chapter.quiz for chapter in linked(text))
        if "(../entry-quiz.ipynb)" in text:
            questions += len(QUIZZES["entry-quiz"])
        assert minutes == questions, f"{BY_HAND}: {text}"
    for minutes, text in rows(body, "Do"):
        assert codes(text)
        assert minutes == sum(every[id] for id in codes(text)), f"{BY_HAND}: {text}"


@each_session
def test_what_is_projected_is_asked_before_a_run(session):
    known = {
        question.id
        for chapter in COURSE.values()
        for question in QUIZZES[chapter.name]
        if question.predict
    }
    for minutes, text in rows(session[2], "Project"):
        assert set(codes(text)) <= known, text
        assert minutes == PREDICTION * len(codes(text)) > 0


@each_session
def test_what_is_shown_exists_and_has_twice_the_time_to_read_it(session):
    for minutes, text in rows(session[2], "Show"):
        (chapter,) = linked(text)
        reading = sections(chapter)
        shown = emphasised(text)
        assert set(shown) <= set(reading), set(shown) - set(reading)
        assert minutes >= 2 * sum(reading[name] for name in shown), text


@each_session
def test_every_row_has_a_known_verb(session):
    verbs = ("Deck", "Do", "Hand out", "Project", "Quiz", "Read", "Show")
    known = sum(len(rows(session[2], verb)) for verb in verbs)
    assert known == len(ROW.findall(session[2]))


def test_the_decks_minutes_are_those_of_its_notes():
    source = (ROOT / "slides" / "lecture.md").read_text(encoding="utf-8")
    stated = re.findall(r"^notes: (\d+) minutes?$", source, re.MULTILINE)
    ((minutes, _),) = rows(SYLLABI["One lecture"], "Deck")
    assert minutes == sum(map(int, stated)) > 0


def test_a_syllabus_hands_out_what_the_public_bank_has():
    handed = re.findall(r"\(assignments\.md\) `([\w-]+)`", PAGE)
    assert set(handed) == set(assignments.chapters())


def test_the_lectures_objectives_are_those_of_chapters():
    listed = re.findall(r"^- (.+)$", SYLLABI["One lecture"], re.MULTILINE)
    known = {o for chapter in COURSE.values() for o in chapter.objectives}
    assert len(listed) >= 3
    assert set(listed) <= known, set(listed) - known


# --- The teaching notes --------------------------------------------------------------


@each_chapter
def test_a_chapter_has_notes_about_its_own_sections(chapter):
    named = emphasised(notes_of(chapter))
    assert named
    assert set(named) <= set(sections(chapter)), set(named) - set(sections(chapter))


def test_every_exercise_that_is_named_exists():
    pattern = r"`([a-z-]+-\d)`"
    named = re.findall(pattern, PAGE.partition("## How to")[2] + NOTES)
    assert named
    for id in named:
        assert exercises._find(id)


# --- The commands --------------------------------------------------------------------


def command_lines():
    """Return each line of the pages' shell blocks."""
    blocks = re.findall(r"```bash\n(.*?)```", PAGE + ASSIGNMENTS, re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


def test_the_companions_commands_are_understood():
    begin = "python -m companion "
    found = [line for line in command_lines() if line.startswith(begin)]
    assert {line.split()[3] for line in found} == {"assign", "bank", "grade", "quiz"}
    for line in found:
        _parser().parse_args(shlex.split(line.removeprefix(begin), comments=True))


def test_make_and_the_tools_have_what_is_called():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    text = PAGE + ASSIGNMENTS + NOTES
    called = re.findall(r"(?:^|`)make ([a-z -]+)", text, re.MULTILINE)
    targets = [target for words in called for target in words.split()]
    assert {"book", "test", "test-colab", "wheel"} <= set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for module in re.findall(r"python -m ((?:tools|benchmarks)\.\w+)", text):
        assert importlib.util.find_spec(module), module
    for script in re.findall(r"tools/\w+\.py", text):
        assert (ROOT / script).is_file(), script


def test_the_caches_variable_and_folder_are_those_of_the_plays(monkeypatch):
    named = set(re.findall(r"[A-Z]+(?:_[A-Z]+)+", PAGE))
    assert named == {_plays.CACHE_VARIABLE}
    monkeypatch.delenv(_plays.CACHE_VARIABLE, raising=False)
    assert f"~/.cache/{_plays.cache_folder().name}" in PAGE


def test_the_example_of_a_quiz_can_be_read_and_exported(tmp_path):
    example = re.search(r"```yaml\n(.*?)```", ASSIGNMENTS, re.DOTALL)[1]
    (tmp_path / "week-1.yaml").write_text(example, encoding="utf-8")
    (question,) = quizzes.read("week-1", bank=tmp_path).questions
    known = quizzes.misconceptions()
    assert {choice.misconception for choice in question.choices} & set(known)
    assert quizzes.export("week-1", to="slides", bank=tmp_path)


def test_the_public_bank_of_assignments_is_named_in_full():
    sentence = re.search(r"The public bank has tasks for (.+?):", ASSIGNMENTS)[1]
    assert codes(sentence) == assignments.chapters()
