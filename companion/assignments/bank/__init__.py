"""The public bank, one module a chapter: for practice, because everyone can read it."""
