"""The figures: what is drawn, where, and what is refused."""

import doctest
import itertools
from types import SimpleNamespace

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection, QuadMesh
from matplotlib.colors import to_rgb, to_rgba
from numpy.testing import assert_allclose, assert_array_equal

from companion import losses, plots

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2)) * 3
Y = np.arange(40) % 4
P = RNG.random(200)
HIT = (RNG.random(200) < 0.8 * P).astype(int)
HISTORY = {
    "loss": [0.9, 0.5, 0.2],
    "val_loss": [1.0, 0.7, 0.6],
    "binary_accuracy": [0.5, 0.8, 0.9],
}


class Model:
    """A stand-in for a trained Keras model: scores from a plain function."""

    def __init__(self, scores):
        self.scores = scores
        self.calls = []

    def __call__(self, x, *, training):
        self.calls.append((len(x), training))
        return self.scores(np.asarray(x))


def nearest(*centres):
    """Return a model whose scores fall with the distance from each centre."""
    return Model(lambda x: np.stack([-((x - c) ** 2).sum(1) for c in centres], 1))


DRAWERS = {
    "points": lambda ax=None: plots.points(X, Y, ax=ax),
    "sigmoid": lambda ax=None: plots.sigmoid(ax=ax),
    "loss_curves": lambda ax=None: plots.loss_curves(ax=ax),
    "margins": lambda ax=None: plots.margins(ax=ax),
    "history": lambda ax=None: plots.history(HISTORY, ax=ax),
    "reliability": lambda ax=None: plots.reliability(P, HIT, ax=ax),
    "decision_regions": lambda ax=None: plots.decision_regions(
        nearest((0, 0), (2, 2), (-2, 2), (0, -3)), X, Y, ax=ax
    ),
}
every_drawer = pytest.mark.parametrize("draw", DRAWERS.values(), ids=DRAWERS)


@pytest.fixture(autouse=True)
def _no_figure_left():
    plt.close("all")  # of tests elsewhere that ran in this process
    yield
    plt.close("all")


def drawn_points(ax):
    return [c for c in ax.collections if isinstance(c, PathCollection)]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


# What all figures share.


@every_drawer
def test_it_draws_on_the_axes_it_is_given_and_returns_them(draw, monkeypatch):
    monkeypatch.setattr(plt, "show", lambda *_: pytest.fail("shown"))
    figure, axes = plots.panels(2)
    axes[0].set_title("the claim")

    assert draw(ax=axes[0]) is axes[0]
    assert plt.get_fignums() == [figure.number]
    assert axes[0].get_title() == "the claim"
    assert not axes[1].has_data()


@every_drawer
def test_without_axes_it_makes_one_figure_without_a_title(draw):
    ax = draw()

    assert plt.get_fignums() == [ax.figure.number]
    assert ax.get_title() == ""
    assert ax.get_xlabel()
    assert ax.get_ylabel()


@every_drawer
def test_the_texts_are_large_enough_and_inside_the_figure(draw):
    ax = draw()
    ax.set_title("the claim")
    ax.figure.draw_without_rendering()

    page = ax.figure.bbox
    texts = [t for t in ax.figure.findobj(mpl.text.Text) if t.get_text()]
    shown = [t for t in texts if t.get_visible()]
    assert len(shown) > 5
    for text in shown:
        assert text.get_fontsize() >= 10
    labels = [ax.title, ax.xaxis.label, ax.yaxis.label]
    for text in labels + (ax.get_legend().get_texts() if ax.get_legend() else []):
        box = text.get_window_extent()
        assert page.x0 <= box.x0 < box.x1 <= page.x1
        assert page.y0 <= box.y0 < box.y1 <= page.y1


def test_global_settings_stay():
    before = dict(mpl.rcParams)

    for draw in DRAWERS.values():
        draw()

    assert dict(mpl.rcParams) == before


@pytest.mark.slow
def test_every_cell_of_a_notebook_shows_its_figure(tmp_path):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    draw = "plots.points([[0, 0], [1, 1]], [0, 1]).set_title('the claim');"
    cells = ["from companion import plots", draw, draw, "plots.panels(2);", draw]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells]
    )

    nbclient.execute(notebook, cwd=tmp_path, kernel_name="python3")

    shown = [
        sum("image/png" in output.data for output in cell.outputs)
        for cell in notebook.cells
    ]
    assert shown == [0, 1, 1, 1, 1]


def test_colours_stand_out_from_white_and_from_each_other():
    def light(colour):
        rgb = np.array(to_rgb(colour))
        return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)

    def seen(colour, eye):
        to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722]]
        to_xyz = np.array([*to_xyz, [0.0193, 0.1192, 0.9505]])
        xyz = to_xyz @ np.clip(eye @ light(colour), 0, 1) / [0.9505, 1, 1.089]
        x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])

    # Machado, Oliveira and Fernandes (2009): protanopia and deuteranopia.
    eyes = [
        np.eye(3),
        [
            [0.1523, 1.0526, -0.2049],
            [0.1145, 0.7863, 0.0992],
            [-0.0039, -0.0481, 1.052],
        ],
        [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.969]],
    ]
    for colour in plots.COLOURS:
        luminance = light(colour) @ [0.2126, 0.7152, 0.0722]
        assert 1.05 / (luminance + 0.05) >= 3
    for eye in eyes:
        labs = [seen(colour, np.array(eye)) for colour in plots.COLOURS]
        for i, one in enumerate(labs):
            # A difference of 2 to 3 is just seen; 25 is seen at a glance.
            assert all(np.linalg.norm(one - other) > 25 for other in labs[:i])


def test_the_examples_in_the_docstrings_hold():
    failed, tried = doctest.testmod(plots)

    assert failed == 0
    assert tried > 10


# panels


@pytest.mark.parametrize(
    ("count", "rows", "columns"),
    [(1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 2, 2), (5, 2, 3), (6, 2, 3), (7, 3, 3)],
)
def test_panels_fill_rows_of_a_page_width(count, rows, columns):
    figure, axes = plots.panels(count, height=2.5)

    assert axes.shape == (count,)
    assert figure.axes == list(axes)
    assert figure.axes[0].get_subplotspec().get_geometry()[:2] == (rows, columns)
    assert_allclose(figure.get_size_inches(), [7, 2.5 * rows])
    assert figure.get_dpi() == 144
    axes[0].set(xlim=(3, 4), ylim=(3, 4))
    assert all(other.get_xlim() == other.get_ylim() == (0, 1) for other in axes[1:])
    for ax in axes:
        drawn = [ax.plot([0, 1])[0].get_color() for _ in range(2)]
        assert drawn == [plots.COLOURS[0], plots.COLOURS[1]]


@pytest.mark.parametrize(
    ("count", "error"),
    [
        (0, ValueError),
        (-1, ValueError),
        *((wrong, TypeError) for wrong in (1.5, "2", None, True, np.bool_(True))),
    ],
)
def test_panels_need_a_count(count, error):
    with pytest.raises(error, match="`count` must be an integer of at least 1"):
        plots.panels(count)


@pytest.mark.parametrize("kind", [np.int64, np.uint8])
def test_a_count_may_be_numpy_s(kind):
    figure, axes = plots.panels(kind(2))
    assert len(axes) == 2
    plt.close(figure)


# points


def test_each_class_has_its_points_colour_and_marker():
    ax = plots.points(X, Y)

    groups = drawn_points(ax)
    assert len(groups) == 4
    for label, group in enumerate(groups):
        assert_array_equal(group.get_offsets(), X[label == Y])
        assert_array_equal(group.get_facecolor(), [to_rgba(plots.COLOURS[label])])
    shapes = {str(group.get_paths()[0].vertices) for group in groups}
    assert len(shapes) == 4
    assert ax.get_aspect() == 1
    assert legend(ax) == ["class 0", "class 1", "class 2", "class 3"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_the_legend_stands_below_its_panel(count):
    figure, axes = plots.panels(count)
    for ax in axes:
        plots.points(X, Y, ax=ax)
    figure.draw_without_rendering()

    boxes = [ax.get_legend().get_window_extent() for ax in axes]
    for ax, box in zip(axes, boxes, strict=True):
        assert box.y1 <= ax.xaxis.label.get_window_extent().y0
        # The layout is found by iteration, which stops a few pixels short.
        assert box.y0 >= -5
    for left, right in itertools.pairwise(boxes):
        assert left.x1 <= right.x0


def test_a_class_keeps_its_colour_where_another_is_missing():
    (group,) = drawn_points(plots.points([[0, 0], [1, 1]], [2, 2]))

    assert_array_equal(group.get_facecolor(), [to_rgba(plots.COLOURS[2])])


def test_thirty_classes_look_different():
    groups = drawn_points(plots.points(X[:30], np.arange(30)))

    looks = {
        (tuple(g.get_facecolor()[0]), str(g.get_paths()[0].vertices)) for g in groups
    }
    assert len(looks) == 30


def test_classes_are_named():
    assert legend(plots.points(X, Y % 2, names=["no", "yes"])) == ["no", "yes"]
    with pytest.raises(ValueError, match="every class, 0 to 3"):
        plots.points(X, Y, names=["no", "yes"])


@pytest.mark.parametrize(
    "draw", [plots.points, lambda x, y: plots.decision_regions(nearest((0, 0)), x, y)]
)
@pytest.mark.parametrize(
    ("x", "y", "error", "says"),
    [
        (X[:, 0], Y, ValueError, r"shape \(n, 2\).*Received: \(40,\)"),
        (np.zeros((4, 3)), Y[:4], ValueError, r"Received: \(4, 3\)"),
        (np.zeros((0, 2)), Y[:0], ValueError, r"at least one point"),
        (X, Y[:-1], ValueError, r"shape \(40,\).*Received: \(39,\)"),
        (X, Y[:, None], ValueError, r"Received: \(40, 1\).*y\[:, 0\]"),
        (X, np.eye(4)[Y], ValueError, r"argmax"),
        (X, Y.astype(float), TypeError, r"dtype float64; y.astype\(int\)"),
        (X, 2 * (Y % 2) - 1, ValueError, r"\(y \+ 1\) // 2"),
        (X * np.nan, Y, ValueError, r"x must be finite"),
    ],
)
def test_wrong_points_are_refused_before_anything_is_drawn(draw, x, y, error, says):
    with pytest.raises(error, match=says):
        draw(x, y)
    assert not plt.get_fignums()


# sigmoid, loss_curves


def test_the_sigmoid_is_the_sigmoid():
    ax = plots.sigmoid()

    curve = max(ax.get_lines(), key=lambda line: len(line.get_xdata()))
    z, p = curve.get_data()
    assert z.min() == -8
    assert z.max() == 8
    assert_allclose(np.log(p / (1 - p)), z, atol=1e-9)


def test_the_loss_curves_are_the_loss():
    ax = plots.loss_curves()

    for target, line in zip((1, 0), ax.get_lines(), strict=True):
        p, loss = line.get_data()
        assert p.min() < 0.01
        assert p.max() > 0.99
        expected = losses.binary_crossentropy(np.full_like(p, target), p)
        assert_allclose(loss, expected)
        assert_allclose(loss, -np.log(p if target else 1 - p))
        assert line.get_color() == plots.COLOURS[target]
    one, other = ax.get_lines()
    assert one.get_linestyle() != other.get_linestyle()
    assert [text.get_text() for text in ax.texts] == ["target 1", "target 0"]
    for text, line in zip(ax.texts, ax.get_lines(), strict=True):
        assert text.get_color() == line.get_color()
        assert text.xy in list(zip(*line.get_data(), strict=True))
    assert ax.get_ylabel() == "loss (nats)"


# margins


@pytest.mark.parametrize(
    ("gradient", "at_zero"), [(False, (1, 1, np.log(2))), (True, (-2, -1, -0.5))]
)
def test_the_margin_curves_are_the_losses_or_their_slopes(gradient, at_zero):
    ax = plots.margins(gradient=gradient)

    drawn = [line for line in ax.get_lines() if len(line.get_xdata()) > 2]
    squared, hinge, crossentropy = (line.get_ydata() for line in drawn)
    m = drawn[0].get_xdata()
    if gradient:
        assert_allclose(squared, np.where(m < 1, 2 * (m - 1), 0), atol=1e-12)
        assert_allclose(hinge, np.where(m < 1, -1, 0))
        assert_allclose(crossentropy, 1 / (1 + np.exp(-m)) - 1)
    else:
        assert_allclose(squared, np.maximum(1 - m, 0) ** 2)
        assert_allclose(hinge, np.maximum(1 - m, 0))
        assert_allclose(crossentropy, np.log1p(np.exp(-m)))
    for line, value in zip(drawn, at_zero, strict=True):
        assert abs(np.interp(0, *line.get_data()) - value) < 1e-4
        low, high = ax.get_ylim()
        assert low < value < high
    assert m.min() == ax.get_xlim()[0] == -2
    assert m.max() == ax.get_xlim()[1] == 4
    assert legend(ax) == ["squared hinge", "hinge", "crossentropy"]
    assert len({line.get_linestyle() for line in drawn}) == 3
    assert len({line.get_color() for line in drawn}) == 3
    assert ax.get_ylabel() == ("slope of the loss" if gradient else "loss")


def test_no_drawn_margin_lies_on_the_kink():
    line = plots.margins().get_lines()[0]

    assert np.abs(line.get_xdata() - 1).min() > 1e-3


# history


@pytest.mark.parametrize(
    "given", [HISTORY, SimpleNamespace(history=HISTORY)], ids=["dict", "History"]
)
def test_training_and_validation_are_drawn_by_epoch(given):
    ax = plots.history(given)

    training, validation = ax.get_lines()
    assert_array_equal(training.get_xdata(), [1, 2, 3])
    assert_array_equal(training.get_ydata(), HISTORY["loss"])
    assert_array_equal(validation.get_ydata(), HISTORY["val_loss"])
    assert legend(ax) == ["training", "validation"]
    assert training.get_linestyle() != validation.get_linestyle()
    assert training.get_color() != validation.get_color()
    assert ax.get_ylabel() == "loss (nats)"
    assert ax.get_yscale() == "linear"


@pytest.mark.parametrize(
    ("epoch", "validation_freq", "trained", "validated"),
    [
        (range(6), 2, [1, 2, 3, 4, 5, 6], [2, 4, 6]),
        (range(6), [1, 5], [1, 2, 3, 4, 5, 6], [1, 5]),
        (range(3, 6), 2, [4, 5, 6], [4, 6]),
        (range(3, 6), 1, [4, 5, 6], [4, 5, 6]),
    ],
)
def test_values_are_drawn_at_their_epochs(epoch, validation_freq, trained, validated):
    values = {"loss": np.ones(len(trained)), "val_loss": np.ones(len(validated))}
    given = SimpleNamespace(history=values, epoch=list(epoch))

    ax = plots.history(given, validation_freq=validation_freq)

    training, validation = ax.get_lines()
    assert_array_equal(training.get_xdata(), trained)
    assert_array_equal(validation.get_xdata(), validated)


def test_a_metric_without_validation_is_drawn_alone():
    ax = plots.history(HISTORY, metric="binary_accuracy")

    (line,) = ax.get_lines()
    assert_array_equal(line.get_ydata(), HISTORY["binary_accuracy"])
    assert legend(ax) == ["training"]
    assert ax.get_ylabel() == "binary accuracy"


def test_the_label_and_the_scale_can_be_set():
    ax = plots.history(HISTORY, label="hinge loss", log=True)

    assert ax.get_ylabel() == "hinge loss"
    assert ax.get_yscale() == "log"


@pytest.mark.parametrize("epochs", [1, 2, 3, 30, 500])
def test_the_epochs_are_whole_numbers(epochs):
    ax = plots.history({"loss": np.ones(epochs)})
    ax.figure.draw_without_rendering()

    ticks = ax.get_xticks()
    assert len(ticks) > 0
    assert_array_equal(ticks, ticks.round())


@pytest.mark.parametrize(
    ("given", "options", "error", "says"),
    [
        (HISTORY, {"metric": "auc"}, ValueError, "one of loss, binary_accuracy. Rec"),
        (HISTORY, {"metric": "val_loss"}, ValueError, "Received: 'val_loss'"),
        (
            {"loss": [1.0] * 6, "val_loss": [1.0] * 3},
            {},
            ValueError,
            r"3 values for epochs \[1, 2, 3, 4, 5, 6\].*validation_freq",
        ),
        (HISTORY, {"validation_freq": 0}, ValueError, "`validation_freq`.*at least 1"),
        ({}, {}, ValueError, r"one of \(none\)"),
        ([0.5, 0.4], {}, TypeError, "Received: list"),
        ({"loss": [0.5, 0.0]}, {"log": True}, ValueError, "values above 0"),
        (
            {"loss": [0.5], "val_loss": [-1.0]},
            {"log": True},
            ValueError,
            "values above 0",
        ),
    ],
)
def test_a_history_that_cannot_be_drawn_is_refused(given, options, error, says):
    with pytest.raises(error, match=says):
        plots.history(given, **options)
    assert not plt.get_fignums()


# reliability


def dots_of(ax):
    (dots,) = [line for line in ax.get_lines() if line.get_marker() == "o"]
    return dots.get_xydata()


def gaps_of(ax):
    (lines,) = [c for c in ax.collections if isinstance(c, LineCollection)]
    return [segment[1, 1] - segment[0, 1] for segment in lines.get_segments()]


def counts_of(ax):
    return [int(text.get_text()) for text in ax.texts if text.get_text().isdigit()]


def test_each_bin_shows_confidence_accuracy_and_count():
    # Confidences 0.9, 0.95 and 0.9 fall into the last two bins, 0.6 into a lower one.
    ax = plots.reliability([0.9, 0.95, 0.1, 0.4], [1, 1, 1, 0])

    assert_allclose(dots_of(ax), [[0.6, 1], [0.9, 0.5], [0.95, 1]])
    assert_allclose(gaps_of(ax), [0.4, -0.4, 0.05])
    assert counts_of(ax) == [1, 2, 1]
    bars = [(bar.get_x(), bar.get_width(), bar.get_height()) for bar in ax.patches]
    assert_allclose(bars, [(0.5, 0.1, 1), (0.8, 0.1, 0.5), (0.9, 0.1, 1)])


@pytest.mark.parametrize("bins", [1, 4, 15])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_gaps_average_to_the_calibration_error(bins, classes):
    powers = np.exp(RNG.normal(size=(300, classes)))
    p, y = powers / powers.sum(axis=1, keepdims=True), RNG.integers(classes, size=300)

    ax = plots.reliability(p, y, bins=bins)

    error = np.average(np.abs(gaps_of(ax)), weights=counts_of(ax))
    assert sum(counts_of(ax)) == 300
    assert error == pytest.approx(losses.expected_calibration_error(p, y, bins=bins))


def test_the_probability_of_class_1_and_both_probabilities_draw_the_same():
    one = plots.reliability(P, HIT)
    both = plots.reliability(np.stack([1 - P, P], axis=1), HIT)

    assert_array_equal(dots_of(one), dots_of(both))


@pytest.mark.parametrize(
    ("panels", "bins"), [(1, 5), (1, 15), (2, 5), (2, 15), (3, 10)]
)
def test_the_counts_stand_apart_and_inside(panels, bins):
    figure, axes = plots.panels(panels)
    many = np.linspace(0.5, 1, 3000)
    ax = plots.reliability(many, np.ones(3000, int), bins=bins, ax=axes[0])
    figure.draw_without_rendering()

    boxes = [t.get_window_extent() for t in ax.texts if t.get_text().isdigit()]
    for left, right in itertools.pairwise(boxes):
        assert left.x1 <= right.x0
    frame = ax.get_window_extent()
    assert all(box.y1 <= frame.y1 for box in boxes)


@pytest.mark.parametrize(
    ("p", "y", "options", "says"),
    [
        ([0.5, 1.5], [0, 1], {}, r"lie in \[0, 1\]"),
        ([0.5, 0.5], [0, 2], {}, "classes 0 to 1"),
        ([0.5, 0.5], [0], {}, "Received"),
        ([0.5], [0], {"bins": 0}, "bins=0"),
    ],
)
def test_probabilities_that_cannot_be_judged_are_refused(p, y, options, says):
    with pytest.raises(ValueError, match=says):
        plots.reliability(p, y, **options)
    assert not plt.get_fignums()


# decision_regions


def mesh_of(ax):
    (mesh,) = [c for c in ax.collections if isinstance(c, QuadMesh)]
    return mesh


def centres_of(mesh):
    corners = mesh.get_coordinates()
    return (corners[:-1, :-1] + corners[1:, 1:]) / 2


def colours_of(mesh):
    mesh.update_scalarmappable()
    return mesh.get_facecolor().reshape(-1, 4)[:, :3]


def regions_agree(ax, classes):
    """Whether each cell of the plane has the colour of the class given to it."""
    mesh = mesh_of(ax)
    grid = centres_of(mesh).reshape(-1, 2)
    wanted = np.array([to_rgb(colour) for colour in plots.COLOURS])[classes(grid)]
    low, high = grid.min(axis=0), grid.max(axis=0)
    assert np.all(low < X.min(axis=0))
    assert np.all(high > X.max(axis=0))
    return np.allclose(colours_of(mesh), wanted)


@pytest.mark.parametrize("used", [(0, 1), (0, 2), (0, 1, 2, 3), (1, 3)])
def test_several_outputs_decide_by_the_largest(used):
    def scores(x):
        outputs = np.full((len(x), 4), -100.0)
        directions = ((1, 0), (-1, 0), (0, 1), (0, -1))
        for label, direction in zip(used, directions, strict=False):
            outputs[:, label] = x @ np.array(direction)
        return outputs

    ax = plots.decision_regions(Model(scores), X, Y)

    assert regions_agree(ax, lambda grid: scores(grid).argmax(axis=1))


@pytest.mark.parametrize("classes", [2, 3, 6])
def test_any_number_of_classes_is_drawn_without_a_warning(classes, recwarn):
    model = nearest(*RNG.normal(size=(classes, 2)))

    ax = plots.decision_regions(model, X, Y % classes)

    assert regions_agree(ax, lambda grid: model.scores(grid).argmax(axis=1))
    assert not recwarn.list


@pytest.mark.parametrize(
    ("activation", "threshold", "least"),
    [
        ("sigmoid", None, 0.5),
        ("linear", None, 0.0),
        ("tanh", None, 0.0),
        ("sigmoid", 0.9, 0.9),
        ("relu", 0.2, 0.2),
    ],
)
def test_a_single_output_decides_by_its_threshold(activation, threshold, least):
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((2,)), dense([0.1, 0], activation)])

    ax = plots.decision_regions(model, X, Y % 2, threshold=threshold)

    def above(grid):
        scores = keras.ops.convert_to_numpy(model(grid.astype("float32")))
        return (scores[:, 0] > least).astype(int)

    assert regions_agree(ax, above)


def dense(weights, activation=None):
    """Return a Dense layer with one unit and these weights, without a bias."""
    keras = pytest.importorskip("keras")
    kernel = keras.initializers.Constant(np.reshape(weights, (-1, 1)))
    return keras.layers.Dense(1, activation, kernel_initializer=kernel, use_bias=False)


def sigmoid_by_an_operation():
    keras = pytest.importorskip("keras")
    inputs = keras.Input((2,))
    return keras.Model(inputs, keras.ops.sigmoid(dense([6, 0])(inputs)))


def sigmoid_in_a_nested_model():
    keras = pytest.importorskip("keras")
    inputs = keras.Input((2,))
    squeezed = keras.ops.reshape(sigmoid_by_an_operation()(inputs), (-1, 1))
    return keras.Model(inputs, keras.layers.Dropout(0.5)(squeezed))


def sigmoid_of_a_function():
    keras = pytest.importorskip("keras")
    layer = dense([6, 0], lambda z: keras.ops.sigmoid(z))
    return keras.Sequential([keras.Input((2,)), layer])


def subclass(own_call):
    """Return a subclass that defines a sigmoid layer before a linear one."""
    keras = pytest.importorskip("keras")

    class Subclass(keras.Model):
        def __init__(self):
            super().__init__()
            self.unused = dense([1, 1], "sigmoid")
            self.linear = dense([6, 0])
            self.linear.build((None, 2))

        call = own_call

    return Subclass()


def sigmoid_in_a_subclass():
    return subclass(
        lambda self, x: pytest.importorskip("keras").ops.sigmoid(self.linear(x))
    )


def linear_in_a_subclass():
    return subclass(lambda self, x: self.linear(x))


def sigmoid_by_hand():
    """Return a model whose last operation, a division, tells nothing."""
    return subclass(
        lambda self, x: 1 / (1 + pytest.importorskip("keras").ops.exp(-self.linear(x)))
    )


def scores_by_hand():
    return subclass(lambda self, x: self.linear(x) / 100)


@pytest.mark.parametrize(
    "build",
    [
        sigmoid_by_an_operation,
        sigmoid_in_a_nested_model,
        sigmoid_of_a_function,
        sigmoid_in_a_subclass,
        linear_in_a_subclass,
        sigmoid_by_hand,
        scores_by_hand,
    ],
)
def test_the_threshold_follows_from_what_the_model_returns(build):
    ax = plots.decision_regions(build(), X, (X[:, 0] > 0).astype(int))

    assert legend(ax) == ["class 0", "class 1"]


def test_no_threshold_is_guessed_where_values_tell_nothing():
    keras = pytest.importorskip("keras")
    model = subclass(lambda self, x: keras.ops.exp(self.linear(x)))
    with pytest.raises(ValueError, match=r"no known function.*pass threshold="):
        plots.decision_regions(model, X, Y % 2)


def test_a_constant_model_gives_one_region(recwarn):
    ax = plots.decision_regions(
        Model(lambda x: np.eye(2)[np.zeros(len(x), int)]), X, Y % 2
    )

    assert regions_agree(ax, lambda grid: np.zeros(len(grid), int))
    assert not recwarn.list


def test_wrong_points_wear_a_ring_and_are_counted():
    model = nearest((0, 0), (2, 2), (-2, 2), (0, -3))
    wrong = model.scores(X).argmax(axis=1) != Y
    assert 0 < wrong.sum() < len(X)

    ax = plots.decision_regions(model, X, Y, names=list("abcd"))

    *groups, rings = drawn_points(ax)
    assert len(groups) == 4
    assert_array_equal(rings.get_offsets(), X[wrong])
    assert legend(ax) == [*"abcd", f"wrong: {wrong.sum()}"]


def test_without_a_wrong_point_there_is_no_ring():
    model = nearest((0, 0), (5, 5))

    ax = plots.decision_regions(model, X, model.scores(X).argmax(axis=1))

    assert len(drawn_points(ax)) == 2
    assert legend(ax) == ["class 0", "class 1"]


def test_the_plane_is_predicted_at_once_and_not_as_in_training():
    model = nearest((0, 0), (5, 5))

    plots.decision_regions(model, X, Y % 2)

    assert [training for _, training in model.calls] == [False, False]
    assert model.calls[0][0] == len(X)
    assert model.calls[1][0] >= 100**2


def test_a_single_point_has_a_plane_around_it():
    ax = plots.decision_regions(nearest((0, 0), (5, 5)), [[1, 1]], [0])

    corners = mesh_of(ax).get_coordinates()
    assert np.all(corners[0, 0] <= 0)
    assert np.all(corners[-1, -1] >= 2)


@pytest.mark.parametrize(
    ("model", "y", "says"),
    [
        (nearest((0, 0), (1, 1)), Y, "hold 0 to 1. Received: class 3"),
        (Model(lambda x: x[:, :1]), Y, "hold 0 to 1. Received: class 3"),
        (Model(lambda x: x[:, 0]), Y, r"\(n, 1\) or \(n, classes\)"),
    ],
)
def test_a_model_that_does_not_fit_the_points_is_refused(model, y, says):
    with pytest.raises(ValueError, match=says):
        plots.decision_regions(model, X, y)
    assert not plt.get_fignums()


@pytest.mark.slow
def test_a_keras_model_is_drawn_as_it_predicts():
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    for units, activation in ((1, "sigmoid"), (1, None), (3, "softmax"), (3, None)):
        model = keras.Sequential(
            [
                keras.Input((2,)),
                keras.layers.Dense(8, "tanh"),
                keras.layers.Dense(units, activation),
            ]
        )
        weights = model.get_weights()

        def classes(grid, model=model, units=units, activation=activation):
            scores = model.predict(grid, batch_size=len(grid), verbose=0)
            if units > 1:
                return scores.argmax(axis=1)
            return (scores[:, 0] > (0.5 if activation else 0)).astype(int)

        ax = plots.decision_regions(model, X, Y % (units if units > 1 else 2))

        mesh = mesh_of(ax)
        given = classes(centres_of(mesh).reshape(-1, 2))
        wanted = np.array([to_rgb(colour) for colour in plots.COLOURS])[given]
        # A grid point on a border may fall to either side in float32.
        same = np.isclose(colours_of(mesh), wanted).all(axis=1)
        assert same.mean() > 0.999
        assert len(np.unique(given)) > 1
        for before, after in zip(weights, model.get_weights(), strict=True):
            assert_array_equal(before, after)


def test_one_softmax_unit_has_no_threshold():
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((2,)), dense([1, 0], "softmax")])
    with pytest.raises(ValueError, match="'softmax'; pass threshold="):
        plots.decision_regions(model, X, Y % 2)
    assert not plt.get_fignums()


def test_a_sigmoid_layer_of_its_own_counts_as_sigmoid():
    keras = pytest.importorskip("keras")
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(1), keras.layers.Activation("sigmoid")]
    )

    ax = plots.decision_regions(model, X, Y % 2)

    halves = np.unique(colours_of(mesh_of(ax)), axis=0)
    assert len(halves) == 2


# The architecture.


def words_of(ax):
    """Return the texts of a picture from top to bottom, without the arrows."""
    return [text.get_text() for text in ax.texts if text.get_text()]


def chain(*layers, shape=(None,)):
    keras = pytest.importorskip("keras")
    return keras.Sequential([keras.Input(shape), *layers])


def test_a_network_is_drawn_with_its_shapes_and_weights():
    models = pytest.importorskip("companion.models")
    lstm = "131,584 weights"

    ax = plots.architecture(models.char_lstm(units=128), sizes=("batch", "100"))

    assert words_of(ax) == [
        "(batch, 100)",
        "Embedding\n32,768 weights",
        "(batch, 100, 128)",
        f"LSTM\n{lstm}",
        "(batch, 100, 128)",
        f"LSTM\n{lstm}",
        "(batch, 100, 128)",
        "Dense, softmax\n33,024 weights",
        "(batch, 100, 256)",
    ]


def test_a_fixed_batch_keeps_its_number_and_states_are_named():
    models = pytest.importorskip("companion.models")
    model = models.char_lstm(units=4, batch_size=5, stateful=True)

    words = words_of(plots.architecture(model))

    assert words[0] == "(5, any)"
    assert words[3] == "LSTM, stateful\n144 weights"


def test_layers_without_weights_or_activation_say_nothing_of_them():
    layers = pytest.importorskip("keras").layers
    model = chain(layers.Dense(2), layers.Dropout(0.5), layers.Dense(1), shape=(3,))

    words = words_of(plots.architecture(model))

    assert words[1::2] == ["Dense\n8 weights", "Dropout", "Dense\n3 weights"]


def test_the_chain_runs_downwards_and_nothing_overlaps():
    models = pytest.importorskip("companion.models")
    figure, axes = plots.panels(2)
    axes[0].set_title("the claim")

    drawn = plots.architecture(models.char_lstm(units=128), ax=axes[0])

    assert drawn is axes[0]
    assert not axes[1].has_data()
    assert axes[0].get_title() == "the claim"
    figure.draw_without_rendering()
    texts = [text for text in drawn.texts if text.get_text()]
    # Half of the page's width is the narrowest place for a picture.
    extents = [text.get_window_extent() for text in texts]
    for text, box in zip(texts, extents, strict=True):
        assert text.get_fontsize() >= 10
        assert box.x1 <= figure.bbox.width / 2
    for above, below in itertools.pairwise(extents):
        assert above.y0 > below.y1
    boxes = [patch.get_window_extent() for patch in drawn.patches]
    assert len(boxes) == 4
    for box, inside in zip(boxes, extents[1::2], strict=True):
        assert box.x0 < inside.x0 < inside.x1 < box.x1
        assert box.y0 < inside.y0 < inside.y1 < box.y1


def test_a_longer_chain_gets_a_higher_figure():
    layers = pytest.importorskip("keras").layers
    heights = [
        plots.architecture(
            chain(*(layers.Dense(1) for _ in range(n)), shape=(1,))
        ).figure.get_figheight()
        for n in (1, 3)
    ]
    assert heights[1] > heights[0] + 1


def test_what_is_no_chain_is_refused_before_anything_is_drawn():
    keras = pytest.importorskip("keras")
    x = keras.Input((2,))
    functional = keras.Model(x, keras.layers.Dense(1)(x))
    open_before = plt.get_fignums()
    with pytest.raises(TypeError, match=r"keras\.Sequential.*Received: Functional"):
        plots.architecture(functional)
    unbuilt = keras.Sequential([keras.layers.Dense(1)])
    for model in (unbuilt, keras.Sequential([x])):
        with pytest.raises(ValueError, match=r"begin with keras\.Input"):
            plots.architecture(model)
    assert plt.get_fignums() == open_before
