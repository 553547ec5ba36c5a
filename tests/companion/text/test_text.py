"""Codes, windows, and texts against a plain loop over a stateful network."""

import doctest
import gc
import weakref

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import layers
from scipy import stats

from companion import models, text
from companion.text import _sampling

pytestmark = pytest.mark.backend

LATIN = st.text(st.characters(max_codepoint=255))


# --- Codes -----------------------------------------------------------------------


@given(LATIN)
def test_codes_are_those_of_python_and_decode_back(written):
    codes = text.encode(written)
    assert codes.dtype == np.int32
    assert codes.tolist() == [ord(character) for character in written]
    assert text.decode(codes) == written


@given(LATIN, st.characters(min_codepoint=256), LATIN)
def test_a_character_beyond_the_codes_is_named_with_its_place(before, odd, after):
    with pytest.raises(ValueError, match="codes below 256") as refused:
        text.encode(before + odd + after)
    assert f"code {ord(odd)}) at place {len(before)}." in str(refused.value)


@pytest.mark.parametrize(
    ("odd", "name", "instead"),
    [
        ("\N{EM DASH}", "EM DASH", "'--'"),
        ("\N{RIGHT SINGLE QUOTATION MARK}", "RIGHT SINGLE QUOTATION MARK", '"\'"'),
        ("\N{GREEK SMALL LETTER PI}", "GREEK SMALL LETTER PI", "'?'"),
    ],
)
def test_the_message_says_what_to_replace_it_with(odd, name, instead):
    with pytest.raises(ValueError, match=f"{name}.*Replace it first") as refused:
        text.encode(f"Stay{odd} illusion")
    assert str(refused.value).endswith(f"text.replace({odd!r}, {instead})")


def test_refuses_what_is_no_text_or_no_code():
    with pytest.raises(TypeError, match=r"must be a str\. Received: bytes"):
        text.encode(b"bytes")
    with pytest.raises(TypeError, match=r"integers.*float64"):
        text.decode([72.0])
    with pytest.raises(TypeError, match=r"integers.*<U5"):
        text.windows("To be", length=2)
    with pytest.raises(ValueError, match=r"one row.*\(1, 2\)"):
        text.decode([[72, 105]])
    for wrong in (-1, 256):
        with pytest.raises(ValueError, match=f"0 to 255. Received: {wrong}"):
            text.decode([72, wrong])


# --- Windows ---------------------------------------------------------------------


def test_windows_by_hand():
    x, y = text.windows([0, 1, 2, 3, 4, 5, 6], length=3)
    assert x.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert y.tolist() == [[1, 2, 3], [4, 5, 6]]
    # The last code has no successor, so a seventh is needed for a second window.
    assert len(text.windows([0, 1, 2, 3, 4, 5], length=3)[0]) == 1
    x, y = text.windows([0, 1, 2, 3, 4, 5, 6], length=3, step=2)
    assert x.tolist() == [[0, 1, 2], [2, 3, 4]]
    assert y.tolist() == [[1, 2, 3], [3, 4, 5]]


@given(
    codes=st.lists(st.integers(0, 255), min_size=2, max_size=30),
    length=st.integers(1, 8),
    step=st.none() | st.integers(1, 8),
)
def test_windows_are_the_slices_of_the_docstring(codes, length, step):
    if len(codes) <= length:
        with pytest.raises(ValueError, match=f"{length + 1} codes.*{len(codes)}"):
            text.windows(codes, length, step=step)
        return
    x, y = text.windows(codes, length, step=step)
    starts = range(0, len(codes) - length, step or length)
    assert x.tolist() == [codes[a : a + length] for a in starts]
    assert y.tolist() == [codes[a + 1 : a + length + 1] for a in starts]
    assert x.dtype == y.dtype == np.int32
    assert x.flags.owndata
    assert y.flags.owndata


@pytest.mark.parametrize("name", ["length", "step"])
@pytest.mark.parametrize(("size", "error"), [(0, ValueError), (2.0, TypeError)])
def test_refuses_windows_of_no_size(name, size, error):
    with pytest.raises(error, match=f"`{name}`.*Received: {name}={size}"):
        text.windows(np.arange(20), **{name: size})


# --- Choosing --------------------------------------------------------------------


def test_choosing_by_hand():
    # Sums of the weights: 0.25, 0.25, 0.75, 1.
    p = [0.25, 0.0, 0.5, 0.25]
    for number, code in ((1e-7, 0), (0.25, 0), (0.26, 2), (0.75, 2), (0.76, 3), (1, 3)):
        assert text.choose(p, number) == code
    # At temperature 1/2 the weights are proportional to squares: 1, 0, 4, 1.
    for number, code in ((0.16, 0), (0.17, 2), (0.83, 2), (0.84, 3)):
        assert text.choose(p, number, temperature=0.5) == code


def test_choosing_is_searching_the_cumulated_probabilities():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(256, 0.1), size=200)
    numbers = text.random_numbers(200, seed=1)[:, 0]
    weights = p ** (1 / 0.7)
    shares = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    expected = [np.searchsorted(*pair) for pair in zip(shares, numbers, strict=True)]
    chosen = text.choose(p, numbers, temperature=0.7)
    np.testing.assert_array_equal(chosen, expected)
    assert chosen.dtype == np.int32


def test_the_temperature_goes_from_the_most_probable_to_all_alike():
    rng = np.random.default_rng(0)
    p, numbers = rng.dirichlet(np.ones(9), size=500), 1 - rng.random(500)
    coldest = text.choose(p, numbers, temperature=1e-6)
    np.testing.assert_array_equal(coldest, p.argmax(axis=1))
    hottest = text.choose(p, numbers, temperature=1e6)
    np.testing.assert_array_equal(hottest, np.ceil(9 * numbers) - 1)


def test_a_class_of_probability_zero_is_never_chosen():
    p = np.zeros((3, 256))
    p[:, [3, 7]] = 0.5
    for temperature in (1e-6, 1, 1e6):
        chosen = text.choose(p, [2.0**-24, 0.6, 1], temperature=temperature)
        assert chosen.tolist() == [3, 7, 7]


def test_random_numbers_are_half_open_and_fixed_by_the_seed():
    numbers = text.random_numbers(50_000, streams=2, seed=3)
    assert numbers.shape == (50_000, 2)
    assert numbers.dtype == np.float32
    # The generator's own lie in [0, 1); a 0 is too rare to wait for.
    drawn = np.random.default_rng(3).random((50_000, 2), dtype=np.float32)
    np.testing.assert_array_equal(1 - numbers, drawn)
    np.testing.assert_allclose(numbers.mean(axis=0), 0.5, atol=0.005)
    again = text.random_numbers(50_000, streams=2, seed=3)
    np.testing.assert_array_equal(again, numbers)
    assert not np.array_equal(text.random_numbers(50_000, streams=2, seed=4), numbers)
    assert not np.array_equal(numbers[:, 0], numbers[:, 1])


def test_refuses_probabilities_that_are_none():
    for wrong in ([0.5, -0.1], [np.nan, 1], [np.inf, 1], [0, 0]):
        with pytest.raises(ValueError, match="finite, not negative and not all 0"):
            text.choose(wrong, 0.5)
    for wrong in (0.0, 1.1, np.nan):
        with pytest.raises(ValueError, match=r"lie in \(0, 1\]"):
            text.choose([0.5, 0.5], wrong)
    with pytest.raises(ValueError, match=r"one random number.*\(3,\) and \(2, 2\)"):
        text.choose(np.full((2, 2), 0.5), [0.1, 0.2, 0.3])


# --- Sampling --------------------------------------------------------------------


def weighted(model, *, seed=0):
    """Give a model weights of size 1, alike on all backends; return it."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def network(*, seed=0, **options):
    """Return a tiny character network."""
    return weighted(models.char_lstm(units=8, **options), seed=seed)


def mixed(*, batch_size=None, stateful=False):
    """Return a network with every kind of layer that `sample` takes."""
    options = {"return_sequences": True, "stateful": stateful}
    return weighted(
        keras.Sequential(
            [
                keras.Input((None,), batch_size=batch_size, dtype="int32"),
                layers.Embedding(256, 4),
                layers.GRU(5, **options),
                layers.LayerNormalization(),
                layers.Dropout(0.5),
                layers.SimpleRNN(6, **options),
                layers.Dense(7),
                layers.LSTM(8, **options, dropout=0.5),
                layers.Activation("relu"),
                layers.Dense(256),
                layers.Activation("softmax"),
            ]
        )
    )


def plain_loop(stateful, prompt, numbers, *, temperature):
    """Write with a stateful network, one call of it for each character."""
    # Calls, since `predict` on JAX forgets the states. Without a loop over their one
    # place, which JAX would compile each time.
    for layer in stateful.layers:
        layer.unroll = True
    for code in text.encode(prompt):
        p = stateful(np.full((numbers.shape[1], 1), code))
    written = []
    for row in numbers:
        written.append(text.choose(p[:, 0], row, temperature=temperature))
        p = stateful(written[-1][:, None])
    return [text.decode(stream) for stream in np.array(written).T]


MODEL = network()


@pytest.mark.slow
@pytest.mark.parametrize("build", [network, mixed])
def test_the_text_is_that_of_a_plain_loop_over_a_stateful_network(build):
    model, stateful = build(), build(batch_size=3, stateful=True)
    options = {"streams": 3, "seed": 5}
    numbers = text.random_numbers(12, **options)
    expected = plain_loop(stateful, "Be", numbers, temperature=0.8)
    assert text.sample(model, "Be", 12, temperature=0.8, **options) == expected
    assert len(set(expected)) == 3


@pytest.mark.slow
def test_the_same_text_on_both_backends():
    # What both wrote; no random number was within the rounding of a class's edge.
    first, second = text.sample(MODEL, "O", 8, streams=2, seed=0)
    assert text.encode(first).tolist() == [28, 137, 183, 243, 204, 87, 127, 5]
    assert text.encode(second).tolist() == [88, 203, 254, 254, 16, 7, 87, 87]


def test_a_low_temperature_takes_the_most_probable_character():
    (written,) = text.sample(MODEL, "A", 20, temperature=1e-6)
    codes = text.encode("A" + written)
    probabilities = keras.ops.convert_to_numpy(MODEL(codes[None, :-1]))[0]
    np.testing.assert_array_equal(codes[1:], probabilities.argmax(axis=1))


@pytest.mark.slow
@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_characters_come_as_often_as_the_network_says(temperature):
    streams = 4000
    drawn = text.sample(
        MODEL, "be", 1, temperature=temperature, streams=streams, seed=0
    )
    p = keras.ops.convert_to_numpy(MODEL(text.encode("be")[None]))[0, -1]
    p = p.astype(float) ** (1 / temperature)
    expected = streams * p / p.sum()
    counts = np.bincount([ord(character) for character in drawn], minlength=256)
    # The test needs at least five of each, so rare characters are one class.
    rare = expected < 10
    observed = [*counts[~rare], counts[rare].sum()]
    assert len(observed) > 10
    wanted = [*expected[~rare], expected[rare].sum()]
    assert stats.chisquare(observed, wanted).pvalue > 0.01


def test_seeds_fix_the_texts():
    def sample(seed):
        return text.sample(MODEL, "A", 30, streams=2, seed=seed)

    assert sample(1) == sample(1)
    assert sample(1) != sample(2)
    assert sample(1)[0] != sample(1)[1]
    keras.utils.set_random_seed(7)
    first, second = sample(None), sample(None)
    keras.utils.set_random_seed(7)
    assert [sample(None), sample(None)] == [first, second]
    assert first != second


def test_a_longer_text_begins_as_a_shorter_one_and_goes_beyond_the_padding():
    short = text.sample(MODEL, "A", 1024, seed=0)[0]
    long = text.sample(MODEL, "A", 1030, seed=0)[0]
    assert len(long) == 1030
    assert long[:1024] == short


@pytest.fixture
def traces(monkeypatch):
    """Count how often the loop is traced: each time, a choice is added to a program."""
    seen, choose = [], _sampling.choose
    monkeypatch.setattr(
        _sampling, "choose", lambda *given: seen.append(1) or choose(*given)
    )
    return seen


@pytest.mark.slow
def test_one_program_serves_all_prompts_and_lengths_and_new_weights(traces):
    model = network(seed=1)
    first = text.sample(model, "A", 20, seed=0)
    compiled = len(traces)
    assert compiled > 0
    assert text.sample(model, "A", 20, seed=0) == first
    text.sample(model, "Another prompt", 70, temperature=0.3, seed=1)
    x, y = text.windows(text.encode("To be, or not to be."), length=4)
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer="sgd", loss=loss, jit_compile=False)
    model.fit(x, y, verbose=0)
    after = text.sample(model, "A", 20, seed=0)
    assert len(traces) == compiled
    assert after != first
    twin = network(seed=2)
    twin.set_weights(model.get_weights())
    assert text.sample(twin, "A", 20, seed=0) == after


@pytest.mark.slow
def test_a_model_with_another_layer_gets_another_program():
    model = network(seed=1)
    before = text.sample(model, "A", 20, seed=0)
    output = model.layers[-1]
    model.pop()
    model.add(layers.Activation("tanh"))
    model.add(output)
    assert text.sample(model, "A", 20, seed=0) != before


@pytest.mark.slow
def test_sampling_changes_nothing_and_the_model_can_be_saved(tmp_path):
    model = network(batch_size=2, stateful=True)
    model(np.array([[72], [105]]))
    held = [keras.ops.convert_to_numpy(variable) for variable in model.variables]
    written = text.sample(model, "A", 20, streams=2, seed=0)
    for old, new in zip(held, model.variables, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(new), old)
    # Whatever the states hold, a text begins with none.
    assert written == text.sample(MODEL, "A", 20, streams=2, seed=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for ours, theirs in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
def test_model_and_program_are_freed_together():
    model = network()
    text.sample(model, "A", 2, seed=0)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"prompt": ""}, ValueError, "at least one character"),
        ({"prompt": "\N{EM DASH}"}, ValueError, "EM DASH, code 8212"),
        ({"prompt": 7}, TypeError, "must be a str. Received: int"),
        ({"length": 0}, ValueError, "`length`.*length=0"),
        ({"length": 2.0}, TypeError, "`length`.*length=2.0"),
        ({"streams": 0}, ValueError, "`streams`.*streams=0"),
        ({"streams": True}, TypeError, "`streams`.*streams=True"),
        ({"seed": -1}, ValueError, "seed must be.*Received: -1"),
        ({"seed": 0.5}, TypeError, "seed must be.*Received: 0.5"),
        ({"temperature": 0}, ValueError, "For the most probable.*temperature=0"),
        ({"temperature": -1.0}, ValueError, "temperature=-1.0"),
        ({"temperature": np.nan}, ValueError, "temperature=nan"),
        ({"temperature": np.inf}, ValueError, "temperature=inf"),
        ({"temperature": "hot"}, TypeError, "temperature='hot'"),
        ({"temperature": True}, TypeError, "temperature=True"),
    ],
)
def test_refuses_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        text.sample(MODEL, **{"prompt": "A", "length": 2, "seed": 0, **arguments})


def sequential(*middle, codes=256, outputs=256, activation="softmax", **embedding):
    first = layers.Embedding(codes, 4, **embedding)
    last = layers.Dense(outputs, activation=activation)
    return keras.Sequential([keras.Input((4,)), first, *middle, last])


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: "a model", TypeError, "keras.Sequential.*Received: str"),
        (lambda: keras.Sequential(), ValueError, r"built and begin.*Received: \[\]"),
        (models.circles_mlp, ValueError, "begin with an Embedding.*'Dense'"),
        (lambda: sequential(mask_zero=True), ValueError, "without mask_zero"),
        (
            lambda: sequential(
                layers.LSTM(4, return_sequences=True, go_backwards=True)
            ),
            ValueError,
            "reading forwards.*Received: LSTM",
        ),
        (lambda: sequential(layers.GRU(4)), ValueError, "return_sequences=True.*GRU"),
        (
            lambda: sequential(
                layers.Bidirectional(layers.LSTM(4, return_sequences=True))
            ),
            ValueError,
            "Received: Bidirectional",
        ),
        (
            lambda: sequential(layers.LayerNormalization(axis=1)),
            ValueError,
            "last axis. Received: LayerNormalization",
        ),
        (lambda: sequential(codes=255), ValueError, "0 to 255.*Received: 255 codes"),
        (lambda: sequential(outputs=9), ValueError, "9 outputs with the.* softmax"),
        (lambda: sequential(activation=None), ValueError, "256 outputs.*linear"),
    ],
)
def test_refuses_models_that_it_cannot_run(build, error, message):
    with pytest.raises(error, match=message):
        text.sample(build(), "A", 2)


@pytest.mark.slow
def test_refuses_a_model_that_returns_nan():
    model = network()
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    with pytest.raises(ValueError, match=r"must return probabilities\. Received: NaN"):
        text.sample(model, "A", 2, seed=0)


@pytest.mark.slow
def test_the_examples_in_the_docstrings_run():
    failed, tried = doctest.testmod(text)
    assert tried > 0
    assert failed == 0
