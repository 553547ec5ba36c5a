"""A wrong answer names the misconception that it comes from."""

from collections import Counter

import pytest

from companion import assignments, exercises, quizzes
from companion._answers import Mistake, judge
from companion.assignments._banks import find_tasks
from companion.assignments._variants import make_variant
from companion.exercises import Exercise

KNOWN = quizzes.misconceptions()
MISTAKES = [
    (f"{exercise.id}, mistake {number}", mistake)
    for chapter in exercises._chapters()
    for exercise in exercises._bank(chapter)
    for number, mistake in enumerate(exercise.mistakes, 1)
] + [
    (f"{chapter}, task {place}, mistake {number}", mistake)
    for chapter in assignments.chapters()
    for place, task in enumerate(find_tasks(chapter), 1)
    for number, mistake in enumerate(task.mistakes, 1)
]
CHOICES = [
    choice
    for chapter in quizzes.chapters()
    for question in quizzes.read(chapter).questions
    for choice in question.choices
]
TASK = """\
from companion.assignments import Mistake, Task

TASKS = (
    Task(
        title="bits",
        kind="value",
        points=1,
        draw=lambda rng: (1.0,),
        text=lambda x: "How much?",
        solution=lambda x: x,
        mistakes=(Mistake(lambda x: 2 * x, "In bits.", {misconception!r}),),
    ),
)
"""


@pytest.fixture
def exercise():
    def third():
        return 1 / 3

    def doubled(x):
        return 2 * x

    mistakes = (
        Mistake(lambda *given: 3.0, "Turned.", misconception="bits-for-nats"),
        Mistake(lambda *given: 4.0, "Out of nowhere."),
    )

    def make(*, draw=None):
        solution = doubled if draw else third
        fields = {"id": "trial-1", "hints": ("Think.",), "mistakes": mistakes}
        return Exercise(solution=solution, draw=draw, **fields)

    return make


def test_every_mistake_names_a_misconception_that_there_is():
    unknown = [
        f"{place}: {mistake.misconception}"
        for place, mistake in MISTAKES
        if mistake.misconception not in {None, *KNOWN}
    ]
    assert unknown == []


def test_every_misconception_is_named():
    """By a question of a quiz, or by three typical wrong answers at least."""
    asked = {choice.misconception for choice in CHOICES}
    met = Counter(mistake.misconception for _, mistake in MISTAKES)
    assert [name for name in KNOWN if name not in asked and met[name] < 3] == []


@pytest.mark.parametrize(
    ("answer", "believed"),
    [(3.0, "bits-for-nats"), (4.0, None), (5.0, None), (1 / 3, None), (..., None)],
)
def test_a_verdict_on_a_value_says_what_may_be_believed(exercise, answer, believed):
    verdict = exercise().check(answer)
    assert verdict.misconception == believed
    assert "bits-for-nats" not in verdict.message


@pytest.mark.parametrize(
    ("answer", "believed"), [(3.0, "bits-for-nats"), (4.0, None), (5.0, None)]
)
def test_a_verdict_on_a_function_says_what_may_be_believed(exercise, answer, believed):
    verdict = exercise(draw=lambda rng: (rng.random(),)).check(lambda x: answer)
    assert not verdict.correct
    assert verdict.misconception == believed


def test_a_judgement_says_what_may_be_believed():
    mistakes = [Mistake(lambda: 2.0, "Doubled.", "mean-and-sum")]
    tolerances = {"relative": 1e-3, "absolute": 0.0}
    assert judge(2.0, 1.0, mistakes, **tolerances).misconception == "mean-and-sum"
    assert judge(1.0, 1.0, mistakes, **tolerances).misconception is None


def test_a_task_s_judgement_says_what_may_be_believed(tmp_path):
    bank = tmp_path / "bits.py"
    bank.write_text(TASK.format(misconception="bits-for-nats"), encoding="utf-8")
    (item,) = make_variant("bits", find_tasks("bits", bank), seed=0).items
    assert item.judge(2.0).misconception == "bits-for-nats"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("bits-for-nat", "'bits-for-nat' is not .*; is it 'bits-for-nats'"),
        ("zzz", "'zzz' is not in misconceptions.yaml: leave it out"),
    ],
)
def test_a_bank_that_names_no_misconception_is_refused(tmp_path, name, says):
    bank = tmp_path / "bits.py"
    bank.write_text(TASK.format(misconception=name), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"bits\.py: the misconception {says}"):
        find_tasks("bits", bank)
