"""What each module loads, and what it must not: one process imports them in turn."""

import json
import subprocess
import sys

import pytest

FRAMEWORKS = {"jax", "keras", "tensorflow", "torch"}
# In this order, so that each step shows what it adds to those before.
STEPS = {
    "alone": "import companion",
    "quizzes": "import companion.quizzes",
    "statements": "import companion.statements",
    "losses": "import companion.losses",
    "timing": "from companion import timing; timing.compare({'a': int})",
    "exercises": "from companion import exercises",
    "one exercise": "exercises.check('quickstart-1', ...)",
    "every exercise": "[exercises._bank(name) for name in exercises._chapters()]",
    "plots": "from companion import plots",
}
PROGRAM = """
import json, sys
steps, loaded, names = json.loads(sys.argv[1]), {}, {}
before = set(sys.modules)
for step, statement in steps.items():
    exec(statement, names)
    loaded[step] = sorted(set(sys.modules) - before)
sys.stderr.write(json.dumps(loaded))
"""


@pytest.fixture(scope="module")
def loaded():
    """Return the modules that are there after each step, by step."""
    command = [sys.executable, "-c", PROGRAM, json.dumps(STEPS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stderr)


@pytest.fixture
def packages(loaded):
    """Return the packages that are there after a step, without Python's own."""

    def packages(step):
        roots = {name.partition(".")[0] for name in loaded[step]}
        return roots - set(sys.stdlib_module_names)

    return packages


@pytest.mark.parametrize("step", ["alone", "quizzes", "statements"])
def test_loads_nothing_but_itself(packages, step):
    assert packages(step) == {"companion"}


def test_the_losses_load_numpy_alone(packages):
    assert packages("losses") == {"companion", "numpy"}


@pytest.mark.parametrize("step", ["timing", "every exercise", "plots"])
def test_loads_no_framework(packages, step):
    assert not FRAMEWORKS & packages(step)


def test_plots_load_no_scikit_learn(packages):
    assert "matplotlib" in packages("plots")
    assert "sklearn" not in packages("plots")


def test_a_chapter_s_exercises_are_loaded_when_one_is_asked_for(loaded):
    def chapters(step):
        start = "companion.exercises."
        found = {name for name in loaded[step] if name.startswith(start)}
        return {name.removeprefix(start) for name in found}

    assert chapters("exercises") == {"_core"}
    assert "quickstart" in chapters("one exercise")
    assert len(chapters("every exercise")) > 15
