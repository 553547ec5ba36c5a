"""Write what an instructor takes from the site into ``_build/html/instructors``.

The deck of one lecture, all figures with their code, and each chapter's quiz for
learning platforms and for the projector. ``tools/build.py`` calls this when the
site is built; the page ``teaching/for-instructors`` links to the files.
"""

from pathlib import Path

from companion import quizzes
from companion.quizzes._export import file_name
from website import deck, figures

# Where each format of the quizzes goes; those for a platform are also packed together.
FORMATS = ("moodle", "qti", "slides")
PACKED = ("moodle", "qti")


def write(folder: Path) -> None:
    """Write all downloads; ``folder`` must not exist yet.

    Raises
    ------
    ValueError
        If the deck shows a figure that no page has; all else is written by then.
    """
    folder.mkdir(parents=True)
    chapters = figures.chapters()
    figures.write(chapters, folder)
    for form in FORMATS:
        try:
            _write_quizzes(form, folder)
        except ModuleNotFoundError as error:
            # The extra `lms` is optional; the site is complete without its files.
            print(f"Without the quizzes as {form}: {error}")
    # Last, since it needs figures that a page which failed may lack.
    source = deck.SOURCE.read_text(encoding="utf-8")
    talk = deck.deck(source, deck.by_reference(chapters))
    (folder / "deck.html").write_text(talk, encoding="utf-8", newline="\n")


def _write_quizzes(form: str, folder: Path) -> None:
    files = {
        file_name(chapter, to=form): quizzes.export(chapter, to=form)
        for chapter in quizzes.chapters()
    }
    place = folder / "quizzes" / form
    place.mkdir(parents=True)
    for name, content in files.items():
        (place / name).write_bytes(content)
    if form in PACKED:
        figures.archive(place, folder / f"quizzes-{form}.zip")
