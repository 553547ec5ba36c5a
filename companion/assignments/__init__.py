"""Assignments with numbers from a seed, recorded as data and graded as data.

``python -m companion assign CHAPTER --seed S --out DIR`` writes the notebook that an
instructor hands out; in it a `Sheet` writes each answer to a small JSON file; and
``python -m companion grade SUBMISSIONS --seed S`` writes a table of points and reasons.

The public bank is for practice: everyone can compute its answers. For marks, keep a
bank of your own outside the repository and pass it as ``--bank PATH`` to both commands;
``python -m companion bank PATH`` writes a template.

What a hostile file can do. A submission costs only its author, whatever it holds:

- Code: no submission is imported, run or unpickled; it is read as JSON, and only as
  numbers, texts and lists. None chooses which bank is run. The commands do not look
  for modules in the current folder.
- Size: 64 KiB of a file are read, 20 files of a place, lists 4 deep.
- Links, pipes, archives and names with tricks are not opened.
- Another's name: with a roster the paper's id, which nobody can make without the seed,
  says whose file it is; without one the place where the file lies.
- Answers of another seed, student or version: the paper's id differs.
- Two different files of one student: neither counts until the instructor keeps one.
- Formulas, control characters and markup in names and texts: made inert.

What it cannot prevent. Python itself takes a folder ``companion`` in the current folder
for this package: run the commands outside the submissions. Without a roster all have
the same numbers, so answers can be copied; from a short seed, a student could work out
the papers of others. And a file is made on a student's own computer: whoever deletes it
can predict again after seeing the result, and whoever asks someone else can hand in
that person's answer.
"""

from companion._answers import Mistake

from ._answer_sheet import Sheet
from ._banks import chapters
from ._commands import Report, assign, grade
from ._tasks import Task

__all__ = ["Mistake", "Report", "Sheet", "Task", "assign", "chapters", "grade"]
