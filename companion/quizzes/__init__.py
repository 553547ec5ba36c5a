"""Quizzes: questions with one right answer each, in the page and for a platform.

Every chapter has a file in ``bank/``, which ``schema.json`` describes. Each wrong
choice says what choosing it suggests, and names the misconception that it comes from.
"""

from ._bank import Choice, Question, Quiz, chapters, misconceptions, read
from ._export import export
from ._page import Page, show

__all__ = [
    "Choice",
    "Page",
    "Question",
    "Quiz",
    "chapters",
    "export",
    "misconceptions",
    "read",
    "show",
]
