"""Every line of the PyTorch-to-Keras tables, computed on both sides and compared.

The code is read from the page and run, so that what stands there is what agrees,
and no line can stand there without a comparison.
"""

import re

import keras
import numpy as np
import pytest

from companion import losses
from tools.set_repository import ROOT

pytestmark = pytest.mark.backend

REASON = "PyTorch comes with the `peers` extra: `make test PEERS=1`"
torch = pytest.importorskip("torch", reason=REASON)
nn, L = torch.nn, keras.losses

PAGE = ROOT / "book/reference/pytorch-to-keras.md"
N, C = 7, 4
RNG = np.random.default_rng(0)
Z = RNG.normal(scale=2, size=(N, C)).astype("float32")  # scores
Y = RNG.integers(C, size=N)  # class indices
HOT = np.eye(C, dtype="float32")[Y]
SOFT = RNG.dirichlet(np.ones(C), size=N).astype("float32")
TAGS = (RNG.random((N, C)) < 0.5).astype("float32")  # any number of labels
SIGNS = 2 * TAGS - 1
P = 1 / (1 + np.exp(-Z))
A = np.array([1, 5, 2, 0.5], dtype="float32")  # a weight for each class
SOME = np.where(np.arange(N) < 2, -100, Y)  # two examples without a label
FROM_SCORES = {"from_logits": True}


def table(heading):
    """Return the rows of a table of the page: first cell to the others."""
    text = PAGE.read_text(encoding="utf-8")
    rows = text.partition(f"\n{heading}\n")[2].partition("\n\n")[0].split("\n")[1:]
    split = (re.split(r" \| ", row.strip("| ")) for row in rows)
    return {first: others for first, *others in split}


LOSS_ROWS = table("| PyTorch | Keras | Mind |")
CONVENTION_ROWS = table("| | PyTorch | Keras |")


def code(cell):
    return re.search(r"`([^`]+)`", cell)[1]


def tensor(array):
    return torch.tensor(np.asarray(array))


def ask(criterion, prediction, target):
    """Return what a PyTorch loss says, in PyTorch's order of arguments."""
    return criterion(tensor(prediction), tensor(target)).numpy()


def criterion_of(line, **names):
    """Return the PyTorch loss that a line of the page names."""
    return eval(f"nn.{code(line)}", {"nn": nn} | names)


def keras_of(line, **names):
    """Run the Keras code of a line of the page."""
    return eval(code(LOSS_ROWS[line][0]), {"L": L, "np": np} | names)


def same(pytorch, by_keras):
    np.testing.assert_allclose(
        pytorch, keras.ops.convert_to_numpy(by_keras), rtol=1e-5, atol=1e-6
    )


def differ(pytorch, by_keras):
    assert abs(float(pytorch) - float(by_keras)) > 0.01


# The losses


def binary_from_scores(line):
    same(ask(criterion_of(line), Z, TAGS), keras_of(line, t=TAGS, z=Z))


def binary_with_weight_of_the_positives(line):
    loss, a = L.BinaryCrossentropy(**FROM_SCORES), 3.0
    t, z = TAGS[:, :1], Z[:, :1]
    option = eval(f"dict({code(LOSS_ROWS[line][0])})", {"np": np, "t": t, "a": a})
    pytorch = ask(criterion_of(line, a=torch.tensor(a)), z, t)
    same(pytorch, loss(t, z, **option))
    weights = option["sample_weight"]
    flat = loss(t[:, 0], z[:, 0], sample_weight=weights[:, 0])
    differ(pytorch, flat)
    same(ask(nn.BCEWithLogitsLoss(), z, t) * weights.mean(), flat)


def binary_from_probabilities(line):
    same(ask(criterion_of(line), P, TAGS), keras_of(line, t=TAGS, p=P))
    never, happened = np.zeros((1, 1), "float32"), np.ones((1, 1), "float32")
    pytorch, by_keras = re.search(
        r"(\d+) against ([\d.]+)", LOSS_ROWS[line][1]
    ).groups()
    same(ask(criterion_of(line), never, happened), float(pytorch))
    assert f"{float(keras_of(line, t=happened, p=never)):.3f}" == by_keras


def categorical_of_indices(line):
    same(ask(criterion_of(line), Z, Y), keras_of(line, y=Y, z=Z))
    softmax = torch.softmax(tensor(Z), dim=-1).numpy()
    differ(ask(criterion_of(line), softmax, Y), keras_of(line, y=Y, z=Z))
    differ(keras_of(line, y=Y, z=softmax), keras_of(line, y=Y, z=Z))


def categorical_of_probabilities(line):
    same(ask(criterion_of(line), Z, SOFT), keras_of(line, t=SOFT, z=Z))


def label_smoothing(line):
    for r in (0.1, 0.5):
        same(ask(criterion_of(line, r=r), Z, Y), keras_of(line, t=HOT, z=Z, r=r))


def class_weights(line):
    pytorch = ask(criterion_of(line, a=tensor(A)), Z, Y)
    same(pytorch, keras_of(line, y=Y, z=Z, a=A))
    loss = L.SparseCategoricalCrossentropy(**FROM_SCORES)
    by_count = loss(Y, Z, sample_weight=A[Y])
    differ(pytorch, by_count)
    same(pytorch * A[Y].sum() / N, by_count)
    same(fitted(loss, dict(enumerate(A.tolist()))), by_count)


def fitted(loss, class_weight):
    """Return the loss that `fit` reports for the scores, taken as one batch."""
    layer = keras.layers.Dense(C, kernel_initializer="identity")
    model = keras.Sequential([keras.Input((C,)), layer])
    model.compile(optimizer="sgd", loss=loss)
    how = {"batch_size": N, "verbose": 0, "class_weight": class_weight}
    return model.fit(Z, Y, **how).history["loss"][0]


def class_weights_and_smoothing(line):
    r = 0.1
    pytorch = ask(criterion_of(line, a=tensor(A), r=r), Z, Y)
    loss = L.CategoricalCrossentropy(
        label_smoothing=r, reduction="mean_with_sample_weight", **FROM_SCORES
    )
    differ(pytorch, loss(HOT, Z, sample_weight=A[Y]))
    log_p = torch.log_softmax(tensor(Z), dim=-1).numpy()
    terms = A * ((1 - r) * HOT + r / C) * -log_p  # each class's term is weighted
    same(pytorch, terms.sum() / A[Y].sum())


def ignored_labels(line):
    pytorch = ask(criterion_of(line), Z, SOME)
    same(pytorch, ask(nn.CrossEntropyLoss(), Z, SOME))
    same(pytorch, ask(nn.CrossEntropyLoss(), Z[2:], Y[2:]))
    same(pytorch, keras_of(line, y=SOME, z=Z))
    nobody = np.full(N, -100)
    assert np.isnan(ask(criterion_of(line), Z, nobody))
    same(0, keras_of(line, y=nobody, z=Z))
    assert L.SparseCategoricalCrossentropy().get_config()["ignore_class"] is None


def negative_log_likelihood(line):
    log_p = torch.log_softmax(tensor(Z), dim=-1).numpy()
    pytorch = ask(criterion_of(line), log_p, Y)
    same(pytorch, keras_of(line, y=Y, log_p=log_p))
    same(pytorch, L.SparseCategoricalCrossentropy(**FROM_SCORES)(Y, Z))


def multi_label_soft_margin(line):
    same(ask(criterion_of(line), Z, TAGS), keras_of(line, t=TAGS, z=Z))


def soft_margin(line):
    same(ask(criterion_of(line), Z, SIGNS), keras_of(line, s=SIGNS, z=Z))


def hinge_embedding(line):
    pytorch = ask(criterion_of(line), Z, SIGNS)
    same(pytorch, np.where(SIGNS == 1, Z, np.maximum(0, 1 - Z)).mean())
    hinge = keras_of(line)()  # what the page says it is not
    differ(pytorch, hinge(SIGNS, Z))
    names = {"relu": torch.relu, "s": tensor(SIGNS), "z": tensor(Z)}
    same(eval(code(LOSS_ROWS[line][1]), names), hinge(SIGNS, Z))


def multi_margin(line):
    pytorch = ask(criterion_of(line), Z, Y)
    rows = zip(Z, Y, strict=True)
    violated = [np.maximum(0, 1 - z[y] + np.delete(z, y)).sum() for z, y in rows]
    same(pytorch, np.mean(violated) / C)
    differ(pytorch, keras_of(line)()(HOT, Z))
    differ(pytorch, losses.crammer_singer_hinge(Y, Z).mean())


# The conventions


def order_of_the_arguments():
    same(ask(nn.BCELoss(), P, TAGS), L.BinaryCrossentropy()(TAGS, P))
    differ(ask(nn.BCELoss(), P, TAGS), L.BinaryCrossentropy()(P, TAGS))


def scores_or_probabilities():
    for name in ("Binary", "Categorical", "SparseCategorical"):
        config = getattr(L, f"{name}Crossentropy")().get_config()
        assert config["from_logits"] is False
    same(ask(nn.BCEWithLogitsLoss(), Z, TAGS), ask(nn.BCELoss(), P, TAGS))
    log_p = torch.log_softmax(tensor(Z), dim=-1).numpy()
    same(ask(nn.CrossEntropyLoss(), Z, Y), ask(nn.NLLLoss(), log_p, Y))


def axis_of_the_classes():
    z = RNG.normal(size=(2, C, 5)).astype("float32")
    y = RNG.integers(C, size=(2, 5))
    loss = L.SparseCategoricalCrossentropy(**FROM_SCORES)
    same(ask(nn.CrossEntropyLoss(), z, y), loss(y, np.moveaxis(z, 1, -1)))


def mean():
    assert nn.BCELoss().reduction == "mean"
    assert L.BinaryCrossentropy().reduction == "sum_over_batch_size"
    loss = L.BinaryCrossentropy()
    same(ask(nn.BCELoss(), P, TAGS), loss(TAGS, P))
    same(ask(nn.BCELoss(reduction="none"), P, TAGS).mean(), loss(TAGS, P))


def total():
    pytorch = ask(nn.BCEWithLogitsLoss(reduction="sum"), Z, TAGS)
    loss = L.BinaryCrossentropy(reduction="sum", **FROM_SCORES)
    same(pytorch / C, loss(TAGS, Z))


def no_reduction():
    pytorch = ask(nn.BCEWithLogitsLoss(reduction="none"), Z, TAGS)
    loss = L.BinaryCrossentropy(reduction="none", **FROM_SCORES)(TAGS, Z)
    assert pytorch.shape == (N, C)
    assert tuple(loss.shape) == (N,)
    same(pytorch.mean(axis=-1), loss)


def kinds_of_indices():
    expected = ask(nn.CrossEntropyLoss(), Z, Y)
    same(expected, ask(nn.CrossEntropyLoss(), Z, Y.astype("uint8")))
    for dtype in ("int32", "float32"):
        with pytest.raises(RuntimeError, match="Long"):
            ask(nn.CrossEntropyLoss(), Z, Y.astype(dtype))
    loss = L.SparseCategoricalCrossentropy(**FROM_SCORES)
    for labels in (Y, Y.astype("uint8"), Y.astype("int32"), Y + 0.5):
        same(expected, loss(labels, Z))


def kinds_of_targets():
    t, z = TAGS[:, 0], Z[:, :1]
    expected = ask(nn.BCEWithLogitsLoss(), z[:, 0], t)
    with pytest.raises(RuntimeError, match="Long"):
        ask(nn.BCEWithLogitsLoss(), z[:, 0], t.astype("int64"))
    with pytest.raises(ValueError, match="size"):
        ask(nn.BCEWithLogitsLoss(), z, t)
    loss = L.BinaryCrossentropy(**FROM_SCORES)
    for targets in (t, t.astype("int64"), t == 1):
        same(expected, loss(targets, z))


LOSSES = {
    "`BCEWithLogitsLoss()`": binary_from_scores,
    "`BCEWithLogitsLoss(pos_weight=a)`": binary_with_weight_of_the_positives,
    "`BCELoss()`": binary_from_probabilities,
    "`CrossEntropyLoss()`, indices": categorical_of_indices,
    "`CrossEntropyLoss()`, probabilities": categorical_of_probabilities,
    "`CrossEntropyLoss(label_smoothing=r)`": label_smoothing,
    "`CrossEntropyLoss(weight=a)`": class_weights,
    "`CrossEntropyLoss(weight=a, label_smoothing=r)`": class_weights_and_smoothing,
    "`CrossEntropyLoss(ignore_index=-100)`": ignored_labels,
    "`NLLLoss()`, of `log_softmax`": negative_log_likelihood,
    "`MultiLabelSoftMarginLoss()`": multi_label_soft_margin,
    "`SoftMarginLoss()`": soft_margin,
    "`HingeEmbeddingLoss()`": hinge_embedding,
    "`MultiMarginLoss()`": multi_margin,
}
CONVENTIONS = {
    "Order of the arguments": order_of_the_arguments,
    "Prediction, by default": scores_or_probabilities,
    "Classes on axis": axis_of_the_classes,
    '`"mean"`': mean,
    '`"sum"` of binary losses': total,
    '`"none"` of binary losses': no_reduction,
    "Class indices": kinds_of_indices,
    "Binary targets": kinds_of_targets,
}


def test_every_line_of_the_page_is_compared():
    assert list(LOSS_ROWS) == list(LOSSES)
    assert list(CONVENTION_ROWS) == list(CONVENTIONS)


@pytest.mark.parametrize("line", LOSSES)
def test_a_line_on_losses(line):
    LOSSES[line](line)


@pytest.mark.parametrize("line", CONVENTIONS)
def test_a_line_on_conventions(line):
    CONVENTIONS[line]()
