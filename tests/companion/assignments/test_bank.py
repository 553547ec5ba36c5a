"""The public bank: for every seed the solution is right and no typical mistake is."""

import numpy as np
import pytest

from companion.assignments import _banks, _submissions
from tests.companion.assignments.inputs import CHAPTERS, SEEDS, paper_of, right


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_has_a_task_of_every_kind_and_a_number_and_an_array(chapter):
    items = paper_of(chapter).items
    shapes = {
        np.ndim(right(item)) for item in items if item.task.kind in ("value", "predict")
    }
    assert {item.task.kind for item in items} == {"value", "predict", "bug", "explain"}
    assert shapes == {0, 1}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_for_every_seed_the_solution_is_right_and_no_mistake_is(chapter):
    for seed in SEEDS:
        for item in paper_of(chapter, seed=seed).items:
            if item.task.kind == "explain":
                continue
            assert item.judge(right(item)).correct
            for mistake in item.task.mistakes:
                answer = _submissions.plain(mistake.answer(*item.numbers))
                assert not item.judge(answer).correct, (seed, mistake.message)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_mistake_is_told_by_its_own_message(chapter):
    papers = [paper_of(chapter, seed=seed) for seed in SEEDS]
    for number, task in enumerate(_banks.find_tasks(chapter)):
        for mistake in task.mistakes:
            messages = [
                item.judge(_submissions.plain(mistake.answer(*item.numbers))).reason
                for item in (paper.items[number] for paper in papers)
            ]
            assert any(message.endswith(mistake.message) for message in messages)


def source(item):
    return item.text + (item.task.code(*item.numbers) if item.task.code else "")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_numbers_depend_on_the_seed_and_are_told_to_the_student(chapter):
    papers = [paper_of(chapter, seed=seed) for seed in SEEDS]
    assert papers[0] == paper_of(chapter, seed=0)
    assert len({paper.id for paper in papers}) == len(papers)
    for items in zip(*(paper.items for paper in papers), strict=True):
        drawn = {str(item.numbers): source(item) for item in items}
        assert len(drawn) > 5
        assert len(set(drawn.values())) == len(drawn)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_what_the_student_runs_returns_the_solution(chapter, capsys):
    from companion import losses

    outcomes = set()
    for seed in SEEDS:
        for item in paper_of(chapter, seed=seed).items:
            if item.task.kind == "predict":
                names = {"np": np, "losses": losses}
                exec(item.task.code(*item.numbers), names)
                assert item.judge(float(names["run"]())).correct
                outcomes.add(item.task.outcome(*item.numbers))
    assert len(outcomes) >= 2


def test_numbers_worked_by_hand():
    """Ten of fifty: H(0.2) = 0.2 log 5 + 0.8 log 1.25 = 0.3219 + 0.1785."""
    best, slopes, *_ = _banks.find_tasks("binary-crossentropy")
    assert best.solution(10, 40) == pytest.approx(0.5004, abs=1e-4)
    # The sigmoid of log 3 is 3/4, that of -log 3 is 1/4.
    assert slopes.solution([1, 0], [np.log(3), -np.log(3)]) == pytest.approx(
        [-0.25, 0.25]
    )
    one, gradient, *_ = _banks.find_tasks("categorical-crossentropy")
    assert one.solution(10, 3, 8, 0.25, 0.75) == pytest.approx(1.3863, abs=1e-4)
    # Softmax of (log 2, 0, 0) is (1/2, 1/4, 1/4).
    assert gradient.solution(1, [np.log(2), 0.0, 0.0]) == pytest.approx(
        [0.5, -0.75, 0.25]
    )
    # With the probability 1 the second softmax is at its floor, log(1 + 9 / e).
    twice, logarithms, *_ = _banks.find_tasks("from-logits")
    assert twice.solution(10, 1.0) == pytest.approx(1.4612, abs=1e-4)
    assert logarithms.solution([1000 + np.log(2), 1000.0, 1000.0]) == pytest.approx(
        np.log([0.5, 0.25, 0.25])
    )
    # Margins of 2, 0.5, -0.5 and 3 cost 0, 0.5, 1.5 and 0.
    batch, slopes, shift, *_ = _banks.find_tasks("hinge-losses")
    assert batch.solution([1, -1, 1, -1], [2.0, -0.5, -0.5, -3.0]) == 0.5
    assert list(slopes.solution([1, -1, 1, -1], [2.0, -0.5, -0.5, -3.0])) == [
        0.0,
        1.0,
        -1.0,
        0.0,
    ]
    # Keras compares with 0, too: 1 + 0 + 3, and after the shift 1 + 5 - 7 is cut off.
    assert shift.solution(0, [-3.0, -5.0, -6.0], 0) == 4
    assert shift.solution(0, [-3.0, -5.0, -6.0], 10) == 0


def test_the_question_rules_out_the_other_loss_of_margins():
    for seed in SEEDS:
        item = paper_of("hinge-losses", seed=seed).items[3]
        line, word = item.task.solution(*item.numbers)
        assert "grows linearly" in item.text
        if word == "hinge":
            message = item.judge([line, "squared_hinge"]).reason
            assert "does not grow linearly" in message
