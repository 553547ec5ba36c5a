"""The figures of the chapters.

Each function draws on ``ax``, or on a new figure without one, and returns the axes;
none shows the figure or gives it a title, because the title is the chapter's claim.
Colours stay apart for colour-blind readers, and no class or curve is told by colour
alone: markers and line styles differ too.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation
from numpy.typing import ArrayLike, NDArray

from companion import losses
from companion._arguments import check_count
from companion.losses._metrics import calibration_bins

if TYPE_CHECKING:
    import keras
    from sklearn.base import ClassifierMixin

    History = keras.callbacks.History | Mapping[str, Sequence[float]]

# The first three are Okabe and Ito's (2008); the others stay furthest from them for
# colour-blind eyes. Each has a contrast of at least 3:1 with white.
COLOURS = (
    "#0072B2",  # blue
    "#D55E00",  # vermilion
    "#009E73",  # green
    "#7716D9",  # violet
    "#732E0B",  # brown
    "#000000",  # black
)
MARKERS = "os^DvPX<>*"

# Losses of the margin, their derivatives, and how they take a raw score.
_MARGIN_LOSSES = {
    "squared hinge": (losses.squared_hinge, losses.squared_hinge_gradient, {}),
    "hinge": (losses.hinge, losses.hinge_gradient, {}),
    "crossentropy": (
        losses.binary_crossentropy,
        losses.binary_crossentropy_gradient,
        {"from_logits": True},
    ),
}

# Above which a single output of each kind says class 1.
_THRESHOLDS = {"sigmoid": 0.5, "hard_sigmoid": 0.5, "linear": 0.0, "tanh": 0.0}

_FAINT = {"color": "0.45", "linewidth": 0.8, "linestyle": ":"}
_GRID = 400


def panels(
    count: int = 1, *, height: float = 4.0
) -> tuple[Figure, NDArray[np.object_]]:
    """Make a figure of the width of a page, with its panels side by side.

    Parameters
    ----------
    count : int
        How many panels. Up to three stand in one row, four in two rows of two, more
        in rows of three.
    height : float
        The height of a row in inches.

    Returns
    -------
    figure : matplotlib.figure.Figure
        7 inches wide.
    axes : ndarray of matplotlib.axes.Axes, shape (count,)
        The panels, row by row; always an array. They draw in the course's colours.

    Raises
    ------
    TypeError
        If ``count`` is not an integer.
    ValueError
        If ``count`` is below 1.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from companion import plots
    >>> figure, axes = plots.panels(2)
    >>> axes.shape
    (2,)
    >>> plt.close(figure)
    """
    count = check_count("count", count)
    columns = 2 if count == 4 else min(count, 3)
    rows = -(-count // columns)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(7.0, rows * height),
        dpi=144,
        squeeze=False,
        layout="constrained",
    )
    axes = axes.ravel()
    for spare in axes[count:]:
        spare.remove()
    for ax in axes[:count]:
        ax.set_prop_cycle(color=COLOURS)
    for panel in axes[:count]:
        _style(panel)
    return figure, axes[:count]


def _style(ax: Axes) -> None:
    # Here and not in an rc_context: where that is the first to load the notebook's
    # backend, it switches its interactive mode off again, and later figures vanish.
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=10)
    ax.title.set_fontsize(12)
    for axis in (ax.xaxis, ax.yaxis):
        axis.label.set_fontsize(11)


def points(
    x: ArrayLike,
    y: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw points in the plane, each class with its own colour and marker.

    One unit is equally long on both axes, so that a circle is round.

    Parameters
    ----------
    x : array-like of shape (n, 2)
        The two features.
    y : array-like of int, shape (n,)
        The classes, counted from 0.
    names : sequence of str, optional
        The classes' names in the legend, from class 0 on; ``"class 0"`` … without.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If the classes are not integers.
    ValueError
        If a shape is wrong, a class is negative or has no name, or ``x`` is not
        finite.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from companion import plots
    >>> ax = plots.points([[0, 0], [1, 2]], [0, 1], names=["inner", "outer"])
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['inner', 'outer']
    >>> plt.close(ax.figure)
    """
    x, y = _checked_points(x, y)
    ax = _axes(ax)
    _scatter(x, y, names, ax)
    _legend_below(ax)
    return ax


def sigmoid(*, ax: Axes | None = None) -> Axes:
    """Draw the sigmoid, which turns a score into a probability.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from companion import plots
    >>> ax = plots.sigmoid()
    >>> ax.get_xlabel()
    'score $z$ (logit)'
    >>> plt.close(ax.figure)
    """
    ax = _axes(ax)
    z = np.linspace(-8, 8, 401)
    ax.axhline(0.5, **_FAINT)
    ax.axvline(0.0, **_FAINT)
    ax.plot(z, 1 / (1 + np.exp(-z)), color=COLOURS[0], linewidth=2)
    ax.plot(0, 0.5, "o", color=COLOURS[0])
    _note(ax, "score 0, probability 0.5", (0, 0.5), (10, -16), "0")
    ax.set(
        xlabel="score $z$ (logit)",
        ylabel="probability $p$",
        xlim=(-8, 8),
        ylim=(-0.03, 1.03),
    )
    return ax


def loss_curves(*, ax: Axes | None = None) -> Axes:
    """Draw binary crossentropy against the predicted probability, for both targets.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from companion import plots
    >>> ax = plots.loss_curves()
    >>> ax.get_ylabel()
    'loss (nats)'
    >>> plt.close(ax.figure)
    """
    ax = _axes(ax)
    p = np.linspace(0.005, 0.995, 397)
    for target, style, place in ((1, "-", (10, 0)), (0, "--", (-10, 0))):
        loss = np.asarray(losses.binary_crossentropy(np.full_like(p, target), p))
        ax.plot(p, loss, style, color=COLOURS[target], linewidth=2)
        steep = np.argmin(np.abs(loss - 3.5))
        at = (p[steep], loss[steep])
        _note(ax, f"target {target}", at, place, COLOURS[target])
    ax.set(
        xlabel="predicted probability $p$ of class 1",
        ylabel="loss (nats)",
        xlim=(0, 1),
        ylim=(0, 5.4),
    )
    return ax


def margins(*, gradient: bool = False, ax: Axes | None = None) -> Axes:
    """Draw the hinge, the squared hinge and crossentropy against the margin.

    The margin is the score times the label, -1 or +1: positive where the score has
    the right sign. Crossentropy takes the score as a logit.

    Parameters
    ----------
    gradient : bool
        Whether to draw the derivatives with respect to the margin, not the losses.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from companion import plots
    >>> ax = plots.margins()
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['squared hinge', 'hinge', 'crossentropy']
    >>> plt.close(ax.figure)
    """
    ax = _axes(ax)
    # An even number of steps, so that the hinge's jump at 1 falls between two.
    m = np.linspace(-2, 4, 1200)
    for (name, (loss, slope, options)), colour, style in zip(
        _MARGIN_LOSSES.items(), COLOURS, ("--", "-", "-."), strict=False
    ):
        curve = (slope if gradient else loss)(np.ones_like(m), m, **options)
        ax.plot(m, curve, style, color=colour, linewidth=2, label=name)
    for place in (0, 1):
        ax.axvline(place, **_FAINT)
    ax.set(
        xlabel="margin: label times score",
        ylabel="slope of the loss" if gradient else "loss",
        xlim=(-2, 4),
        ylim=(-3.1, 0.1) if gradient else (-0.1, 4),
    )
    ax.legend(
        loc="lower right" if gradient else "upper right", fontsize=10, frameon=False
    )
    return ax


def history(
    history: "History",
    *,
    metric: str = "loss",
    label: str | None = None,
    log: bool = False,
    validation_freq: int | Sequence[int] = 1,
    ax: Axes | None = None,
) -> Axes:
    """Draw a metric by epoch, in training and, where it was measured, in validation.

    Epochs count from 1; those of a run that was resumed go on where it was.

    Parameters
    ----------
    history : keras.callbacks.History or mapping of str to sequence of float
        What `fit` returned, or its ``history``.
    metric : str
        The name of the training metric; ``"val_" + metric`` is drawn beside it.
    label : str, optional
        The label of the vertical axis. Without one, ``"loss"`` is labelled as a
        crossentropy in nats, and any other metric by its name.
    log : bool
        Whether the vertical axis is logarithmic.
    validation_freq : int or sequence of int
        As passed to ``model.fit``: after every how many epochs there was a validation,
        or after which.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If ``history`` holds no lists by name.
    ValueError
        If the metric is not in the history, there are not as many values as epochs, or
        ``log`` meets a value of 0 or below.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from companion import plots
    >>> ax = plots.history({"loss": [0.7, 0.4], "val_loss": [0.6, 0.5]})
    >>> [line.get_label() for line in ax.get_lines()]
    ['training', 'validation']
    >>> plt.close(ax.figure)
    """
    curves = _curves(history, metric)
    places = _epochs(history, curves, validation_freq)
    if log and any(np.min(values) <= 0 for values in curves.values()):
        raise ValueError(
            f"log=True needs values above 0. Received: a {metric!r} of 0 or below; "
            "leave log out."
        )
    ax = _axes(ax)
    for (name, values), colour, style in zip(
        curves.items(), COLOURS, ("o-", "s--"), strict=False
    ):
        ax.plot(places[name], values, style, color=colour, markersize=3.5, label=name)
    if label is None:
        label = "loss (nats)" if metric == "loss" else metric.replace("_", " ")
    ax.set(xlabel="epoch", ylabel=label, yscale="log" if log else "linear")
    ax.xaxis.set_major_locator(
        MaxNLocator(integer=True, min_n_ticks=1, steps=[1, 2, 5, 10])
    )
    ax.legend(fontsize=10, frameon=False)
    return ax


def reliability(
    probabilities: ArrayLike,
    labels: ArrayLike,
    *,
    bins: int = 10,
    ax: Axes | None = None,
) -> Axes:
    """Draw how often predictions are right against how sure they are.

    Examples are sorted into bins by their confidence, the largest probability of a
    row. Each bin that holds any has a bar as high as its accuracy, a dot at its mean
    confidence, a line from there to the diagonal, and above it the number of its
    examples. On the diagonal accuracy and confidence agree; the lines, weighted by
    these numbers, average to `losses.expected_calibration_error` of as many bins.

    Parameters
    ----------
    probabilities : array-like of shape (n, C) or (n,)
        Probabilities of the C classes, or of class 1 alone.
    labels : array-like of int, shape (n,)
        The classes, counted from 0.
    bins : int
        How many bins of equal width divide the confidences from 0 to 1.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError, ValueError
        If probabilities lie outside [0, 1] or do not sum to 1, labels are not integers
        or outside the classes, shapes do not fit, or ``bins`` is not an integer above
        0.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from companion import plots
    >>> ax = plots.reliability([0.9, 0.8, 0.1, 0.7], [1, 1, 0, 0])
    >>> ax.get_ylabel()
    'accuracy in the bin'
    >>> plt.close(ax.figure)
    """
    count, hits, confidence = calibration_bins(probabilities, labels, bins)
    ax = _axes(ax)
    used = count > 0
    centres = ((np.arange(len(count)) + 0.5) / len(count))[used]
    accuracy, confidence = hits[used] / count[used], confidence[used] / count[used]
    light = {"color": COLOURS[0], "alpha": 0.25}
    ax.bar(centres, accuracy, 1 / len(count), edgecolor="white", **light)
    ax.plot((0, 1), (0, 1), color="0.45", linewidth=0.8, linestyle="--")
    _note(ax, "calibrated", (0.4, 0.4), (-10, 6), "0.35")
    ax.vlines(confidence, confidence, accuracy, color=COLOURS[1], linewidth=2)
    # Whole even at a confidence of 1, the end of the axis.
    ax.plot(confidence, accuracy, "o", color=COLOURS[0], clip_on=False)
    _counts(centres, count[used], 1 / len(count), ax)
    ax.set(
        xlabel="confidence (largest probability)",
        ylabel="accuracy in the bin",
        xlim=(0, 1),
        ylim=(0, 1.25),
        yticks=np.linspace(0, 1, 6),
    )
    return ax


def _counts(centres: NDArray, count: NDArray[np.int64], width: float, ax: Axes) -> None:
    # A digit is about 0.08 inches wide; numbers wider than their bin stand upright.
    upright = 0.08 * (len(str(count.max())) + 1) > width * _inches(ax)
    for centre, number in zip(centres, count, strict=True):
        ax.annotate(
            str(number),
            (centre, 1.0),
            xytext=(0, 6),
            textcoords="offset points",
            rotation=90 if upright else 0,
            ha="center",
            va="bottom",
            fontsize=10,
        )


def architecture(
    model: "keras.Sequential",
    *,
    sizes: Sequence[str] = ("batch",),
    ax: Axes | None = None,
) -> Axes:
    """Draw a network as a chain of layers, with the shapes that go in and out.

    The data flow downwards. A box is a layer, with its kind, its activation where it
    has one (those inside a recurrent layer are not named) and the number of its
    weights; the text at an arrow is the shape of what flows there.

    Parameters
    ----------
    model : keras.Sequential
        A network that knows the shape of its input.
    sizes : sequence of str
        What to call sizes that the model leaves open, from the first axis on;
        ``"any"`` where there is no name.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure, as high as the chain is long, without.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on, without lines and ticks.

    Raises
    ------
    TypeError
        If the model is no keras.Sequential.
    ValueError
        If the model is not built, or has no layer.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from companion import models, plots
    >>> ax = plots.architecture(models.blobs_mlp())
    >>> ax.texts[-1].get_text()
    '(batch, 3)'
    >>> plt.close(ax.figure)
    """
    layers = _chain(model)
    outputs = [layer.output.shape for layer in layers]
    if ax is None:
        ax = panels(height=0.6 + 0.85 * len(layers))[1][0]
    for place, (layer, shape) in enumerate(
        zip([None, *layers], [model.input_shape, *outputs], strict=True)
    ):
        if layer is not None:
            _box(_layer_label(layer), place, ax)
        _shape_at_arrow(_shape_label(shape, sizes), place, ax)
    ax.set(xlim=(0, 1), ylim=(len(layers) + 0.45, -0.05))
    ax.set_axis_off()
    return ax


def _chain(model: "keras.Sequential") -> "list[keras.Layer]":
    """Return the layers of a model that is a built chain of them."""
    import keras

    if not isinstance(model, keras.Sequential):
        raise TypeError(
            "model must be a keras.Sequential, a chain of layers. "
            f"Received: {type(model).__name__}."
        )
    if not model.built or not model.layers:
        raise ValueError(
            "The model must know the shape of its input and have a layer: begin with "
            f"keras.Input(...). Received: {model.name!r} with {len(model.layers)} "
            f"layers, built: {model.built}."
        )
    return model.layers


def _layer_label(layer: "keras.Layer") -> str:
    """Name a layer's kind, its activation and its number of weights."""
    words = [type(layer).__name__]
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    if activation != "linear" and not hasattr(layer, "cell"):
        words.append(activation)
    if getattr(layer, "stateful", False):
        words.append("stateful")
    weights = layer.count_params()
    return ", ".join(words) + (f"\n{weights:,} weights" if weights else "")


def _shape_label(shape: Sequence[int | None], sizes: Sequence[str]) -> str:
    """Write a shape, with names for the sizes that are open."""
    names = [*sizes, *["any"] * len(shape)]
    labels = [
        name if size is None else str(size)
        for size, name in zip(shape, names, strict=False)
    ]
    return f"({', '.join(labels)})"


def _box(text: str, place: int, ax: Axes) -> None:
    """Draw a layer: one unit of the vertical axis for each, from 0.35 to 0.95."""
    frame = {"facecolor": (*to_rgba(COLOURS[0])[:3], 0.12), "edgecolor": COLOURS[0]}
    ax.add_patch(plt.Rectangle((0.02, place - 0.6), 0.96, 0.6, **frame))
    ax.text(0.5, place - 0.3, text, ha="center", va="center", fontsize=11)


def _shape_at_arrow(text: str, place: int, ax: Axes) -> None:
    """Draw what flows out below a layer, or above all into the first."""
    arrow = {"arrowstyle": "->", "color": "0.35", "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (0.5, place + 0.4), (0.5, place), arrowprops=arrow)
    ax.text(0.54, place + 0.18, text, va="center", fontsize=11)


def decision_regions(
    model: "keras.Model",
    x: ArrayLike,
    y: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    threshold: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the class that a model gives to each place in the plane, and the points.

    Several outputs decide by the largest one, which softmax leaves as it is. A single
    output decides by a threshold. Points in a foreign region wear a ring.

    Parameters
    ----------
    model : keras.Model
        Takes two features; its outputs have the shape (n, 1) or (n, classes).
    x : array-like of shape (n, 2)
        The points' features.
    y : array-like of int, shape (n,)
        The points' classes, counted from 0.
    names : sequence of str, optional
        The classes' names in the legend, from class 0 on.
    threshold : float, optional
        Above it a single output says class 1. Without one it follows from what the
        model returns: 0.5 for a sigmoid, 0 for a linear unit or tanh. Where Keras
        cannot tell, for example in a subclass that calls another library, it follows
        from the values, near the points and far away: 0.5 if all lie between 0 and 1,
        0 if some are negative.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    TypeError
        If the classes are not integers.
    ValueError
        If a shape is wrong, a class has no output, or a single output's threshold is
        unknown.

    Examples
    --------
    >>> import keras
    >>> import matplotlib.pyplot as plt
    >>> from companion import plots
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    >>> ax = plots.decision_regions(model, [[0, 0], [1, 1], [2, 0]], [0, 1, 2])
    >>> plt.close(ax.figure)
    """
    x, y = _checked_points(x, y)
    scores = _outputs(model, x)
    if threshold is None and scores.shape[1:] == (1,):
        threshold = _threshold(model, x)
    decide, classes = _decision(scores, threshold)
    if y.max() >= classes:
        raise ValueError(
            f"The model tells {classes} classes apart, so y must hold 0 to "
            f"{classes - 1}. Received: class {y.max()}."
        )
    ax = _axes(ax)
    _regions(model, decide, classes, x, ax)
    _scatter(x, y, names, ax)
    _ring_errors(x[decide(scores) != y], ax)
    _legend_below(ax)
    return ax


def _regions(
    model: "keras.Model", decide: Callable, classes: int, x: NDArray, ax: Axes
) -> None:
    from sklearn.inspection import DecisionBoundaryDisplay

    display = DecisionBoundaryDisplay.from_estimator(
        _classifier(model, decide, classes),
        x,
        grid_resolution=_GRID,
        eps=0.1 * np.ptp(x, axis=0).max() or 1.0,  # a single point has no extent
        response_method="predict",
        # contourf would draw a false strip of class 1 between the classes 0 and 2.
        plot_method="pcolormesh",
        ax=ax,
        alpha=0.22,
    )
    # Set afterwards, because the argument for it differs between scikit-learn 1.6
    # and 1.9, and with the number of classes.
    display.surface_.set_cmap(ListedColormap([_colour(c) for c in range(classes)]))
    display.surface_.set_clim(-0.5, classes - 0.5)
    # One picture within an SVG, which would else hold a shape for each square.
    display.surface_.set_rasterized(True)
    # All regions but one: each border is also the border of another region.
    for label in np.unique(display.response)[1:]:
        region = display.response == label
        lines = {"colors": "0.35", "linewidths": 0.8}
        ax.contour(display.xx0, display.xx1, region, levels=[0.5], **lines)


def _outputs(model: "keras.Model", x: NDArray) -> NDArray:
    # All points in one call, and no model.predict: each new number of points would
    # compile it again, and TensorFlow then warns of that in the notebook.
    return np.asarray(model(np.asarray(x, dtype=np.float32), training=False))


def _classifier(
    model: "keras.Model", decide: Callable, classes: int
) -> "ClassifierMixin":
    """Dress a trained model as a scikit-learn classifier, without cloning it."""
    from sklearn.base import BaseEstimator, ClassifierMixin

    class Trained(ClassifierMixin, BaseEstimator):
        classes_ = np.arange(classes)

        # Never called, but scikit-learn takes nothing for an estimator without it.
        def fit(self, x: NDArray, y: NDArray) -> "Trained":
            return self

        def predict(self, x: NDArray) -> NDArray[np.int64]:
            return decide(_outputs(model, x))

        def __sklearn_is_fitted__(self) -> bool:
            return True

    return Trained()


def _decision(scores: NDArray, threshold: float | None) -> tuple[Callable, int]:
    """Return how outputs become classes, and the number of classes."""
    if scores.ndim != 2:
        raise ValueError(
            "The model's outputs must have the shape (n, 1) or (n, classes). "
            f"Received: {scores.shape}."
        )
    if scores.shape[1] > 1:
        return lambda scores: scores.argmax(axis=1), scores.shape[1]
    return lambda scores: (scores[:, 0] > threshold).astype(int), 2


def _threshold(model: "keras.Model", x: NDArray) -> float:
    """Return above which value a single output says class 1."""
    from companion._keras import output_activation

    activation = output_activation(model, np.asarray(x, dtype=np.float32))
    if activation in _THRESHOLDS:
        return _THRESHOLDS[activation]
    if activation is None:
        # Far away a score leaves 0 to 1, and a probability does not.
        probes = [
            x,
            *(sign * 10.0**k * (1 + abs(x)) for sign in (1, -1) for k in (1, 4)),
        ]
        values = _outputs(model, np.concatenate(probes))
        if (values < 0).any():
            return 0.0
        if (values <= 1).all():
            return 0.5
    raise ValueError(
        "A single output needs a threshold, which follows from a sigmoid, linear or "
        f"tanh output. Received: {activation or 'values of no known function'!r}; pass "
        "threshold=..."
    )


def _curves(history: "History", metric: str) -> dict[str, Sequence[float]]:
    measured = getattr(history, "history", history)
    if not isinstance(measured, Mapping):
        raise TypeError(
            "history must be what fit returned, or a dict of lists. "
            f"Received: {type(history).__name__}."
        )
    names = [name for name in measured if not name.startswith("val_")]
    if metric not in names:
        raise ValueError(
            f"metric must be one of {', '.join(names) or '(none)'}. "
            f"Received: {metric!r}."
        )
    curves = {"training": measured[metric]}
    if f"val_{metric}" in measured:
        curves["validation"] = measured[f"val_{metric}"]
    return curves


def _epochs(
    history: "History",
    curves: Mapping[str, Sequence[float]],
    validation_freq: int | Sequence[int],
) -> dict[str, list[int]]:
    """Return the epochs, from 1, after which each curve was measured."""
    # A History knows at which epoch a resumed run began; a dict does not.
    epochs = getattr(history, "epoch", range(len(curves["training"])))
    trained = [epoch + 1 for epoch in epochs]
    if isinstance(validation_freq, Sequence):
        validated = [epoch for epoch in trained if epoch in validation_freq]
    else:
        every = check_count("validation_freq", validation_freq)
        validated = [epoch for epoch in trained if epoch % every == 0]
    places = {"training": trained, "validation": validated}
    for name, values in curves.items():
        if len(values) != len(places[name]):
            raise ValueError(
                f"The {name} curve must have a value for each epoch of it. Received: "
                f"{len(values)} values for epochs {places[name]}. If model.fit was "
                "given validation_freq, pass it here too."
            )
    return places


def _checked_points(x: ArrayLike, y: ArrayLike) -> tuple[NDArray, NDArray[np.int64]]:
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or x.shape[1] != 2 or len(x) == 0:
        raise ValueError(
            "x must have the shape (n, 2): two features of at least one point. "
            f"Received: {x.shape}."
        )
    if y.shape != (len(x),):
        mend = "y[:, 0]" if y.shape[1:] == (1,) else "from one-hot, y.argmax(axis=1)"
        raise ValueError(
            f"y must have the shape ({len(x)},): one class for each point. "
            f"Received: {y.shape}. For two axes: {mend}."
        )
    if y.dtype.kind not in "iu":
        raise TypeError(
            "y must hold integer classes. "
            f"Received: dtype {y.dtype}; y.astype(int) converts whole numbers."
        )
    if y.min() < 0:
        raise ValueError(
            f"y must hold classes from 0 on. Received: {y.min()}. "
            "From labels -1 and +1: (y + 1) // 2."
        )
    if not np.isfinite(x).all():
        raise ValueError("x must be finite. Received: NaN or infinity.")
    return x, y.astype(np.int64)


def _axes(ax: Axes | None) -> Axes:
    return panels()[1][0] if ax is None else ax


def _colour(label: int) -> tuple[float, ...]:
    return to_rgba(COLOURS[label % len(COLOURS)])


def _scatter(
    x: NDArray, y: NDArray[np.int64], names: Sequence[str] | None, ax: Axes
) -> None:
    present = np.unique(y)
    if names is not None and len(names) <= present[-1]:
        raise ValueError(
            f"names must name every class, 0 to {present[-1]}. "
            f"Received: {len(names)} names."
        )
    for label in present:
        ax.scatter(
            *x[y == label].T,
            s=22,
            color=_colour(label),
            marker=MARKERS[label % len(MARKERS)],
            edgecolor="white",
            linewidth=0.4,
            label=f"class {label}" if names is None else names[label],
            zorder=2,
        )
    ax.set(xlabel="feature $x_1$", ylabel="feature $x_2$")
    ax.set_aspect("equal")


def _ring_errors(wrong: NDArray, ax: Axes) -> None:
    if len(wrong):
        ax.scatter(
            *wrong.T,
            s=60,
            facecolor="none",
            edgecolor="black",
            linewidth=0.9,
            label=f"wrong: {len(wrong)}",
            # Above the points: among many, one point would hide another's ring.
            zorder=2.1,
        )


def _legend_below(ax: Axes) -> None:
    # Below the axis label, whose height is the same in every figure, and in as many
    # columns as fit under the panel: an entry takes about an inch.
    below = ScaledTranslation(0, -0.45, ax.figure.dpi_scale_trans)
    ax.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        bbox_transform=ax.transAxes + below,
        borderaxespad=0.0,
        ncols=max(1, int(_inches(ax) / 1.05)),
        columnspacing=1.0,
        handletextpad=0.1,
        fontsize=10,
        frameon=False,
    )


def _inches(ax: Axes) -> float:
    figure = ax.get_figure(root=True)
    assert figure is not None  # only what was removed from its figure has none
    return ax.get_position().width * figure.get_figwidth()


def _note(
    ax: Axes,
    text: str,
    at: tuple[float, float],
    shift: tuple[float, float],
    colour: str,
) -> None:
    ax.annotate(
        text,
        at,
        xytext=shift,
        textcoords="offset points",
        color=colour,
        fontsize=11,
        va="center",
        ha="left" if shift[0] > 0 else "right",
    )
