"""``python -m companion``: assignments and quizzes from the command line."""

import os
import sys

if __name__ == "__main__":
    # `python -m` looks for modules in the current folder first. Submissions may lie
    # there, and a submitted file called numpy.py must not run.
    here = os.path.realpath(os.getcwd())
    sys.path[:] = [path for path in sys.path if os.path.realpath(path) != here]

    from companion._command import main

    sys.exit(main())
