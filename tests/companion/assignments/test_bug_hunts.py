"""Bug hunts: the one word of the answer makes the model right."""

import re

import pytest

from tests.companion.assignments.inputs import CHAPTERS, SEEDS, paper_of

# What each chapter's model says where nothing is wrong: the last activation, the loss,
# the metrics.
RIGHT = {
    "binary-crossentropy": ("sigmoid", '"binary_crossentropy"', '["accuracy"]'),
    "categorical-crossentropy": (
        "softmax",
        '"categorical_crossentropy"',
        '["accuracy"]',
    ),
    "from-logits": (
        "linear",
        "keras.losses.SparseCategoricalCrossentropy(from_logits=True)",
        '["accuracy"]',
    ),
    "hinge-losses": ("linear", '"hinge"', "[margins.sign_accuracy]"),
}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_answer_mends_the_model(chapter):
    last, loss, metrics = RIGHT[chapter]
    faults = set()
    for seed in SEEDS:
        items = paper_of(chapter, seed=seed).items
        item = next(item for item in items if item.task.kind == "bug")
        number, word = item.task.solution(*item.numbers)
        model = item.text.split("```")[1].splitlines()
        line = model[number]
        assert line.startswith(f"{number:2}  ")
        model[number] = re.sub(
            r'activation="\w+"|(?<=loss=)"\w+"|(?<=losses\.)\w+',
            lambda found, word=word: re.sub(r'\w+(?="?$)', word, found[0]),
            line,
        )
        faults.add((line.strip(), word))
        activations = re.findall(r'activation="(\w+)"', "\n".join(model))
        assert set(activations[:-1]) == {"relu"}
        assert activations[-1] == last
        assert f"    loss={loss}," in model[-3]
        assert f"    metrics={metrics}," in model[-2]
        assert line != model[number]
    assert len(faults) >= 3
