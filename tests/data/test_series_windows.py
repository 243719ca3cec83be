"""Windows gathered from a series equal windows copied from it."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plastica as pl
from plastica.data import SeriesWindows
from plastica.model import examples
from plastica.training.batches import training_rows

SERIES = np.cumsum(np.random.default_rng(0).standard_normal((160, 2)), 0).astype("float32")


def copied(series, length, horizon, stride, rate):
    x, y, start = [], [], 0
    while start + (length - 1) * rate + horizon < len(series):
        x.append(series[start : start + (length - 1) * rate + 1 : rate])
        y.append(series[start + (length - 1) * rate + horizon])
        start += stride
    return np.array(x), np.array(y)


def network(*layers):
    model = pl.Sequential([*(layers or (pl.LSTM(5),)), pl.Dense(2)])
    model.compile("adam", "mse", ["mae"])
    return model


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))


@settings(max_examples=60, deadline=None)
@given(
    length=st.integers(1, 12), horizon=st.integers(0, 6), stride=st.integers(1, 5), rate=st.integers(1, 4),
    steps=st.integers(60, 80),
)  # fmt: skip
def test_windows_are_those_that_would_be_copied(length, horizon, stride, rate, steps):
    windows = SeriesWindows(SERIES[:steps], length, horizon, stride, rate)
    x, y = copied(SERIES[:steps], length, horizon, stride, rate)
    np.testing.assert_array_equal(np.asarray(windows.x), x)
    np.testing.assert_array_equal(windows.y, y)
    assert windows.x.shape == x.shape
    rows = np.arange(len(x), dtype=np.int32)[::-1]
    staged = windows.x.staged(lambda starts: starts)
    np.testing.assert_array_equal(jax.jit(lambda staged: staged.take(rows))(staged), x[::-1])


@pytest.mark.parametrize("options", [{}, {"validation_split": 0.2}, {"validation": True}, {"sampling": True}])
def test_training_on_windows_gives_the_bits_of_the_copies(options):
    windows = SeriesWindows(SERIES, 8, 3, 1, 2)
    x, y = np.asarray(windows.x).copy(), windows.y
    one, other = network(), network()
    shared = {"epochs": 3, "batch_size": 16, "verbose": 0}
    own = dict(options)
    if own.pop("sampling", False):
        own["sampling"] = shared["sampling"] = np.arange(len(x)) + 1.0
    if own.pop("validation", False):
        own["validation_data"], shared["validation_data"] = SeriesWindows(SERIES[100:], 8, 3, 1, 2), (x[100:], y[100:])
    found = one.fit(windows, **{**shared, **own})
    expected = other.fit(x, y, **{**own, **shared})
    assert same(one, other)
    assert found.history == expected.history
    assert one.evaluate(windows, verbose=0) == other.evaluate(x, y, verbose=0)
    np.testing.assert_array_equal(one.predict(windows), other.predict(x))


def test_memory_stays_that_of_the_series():
    series = np.zeros((10_000, 2), np.float32)
    windows = SeriesWindows(series, 500)
    found = examples.take(network(), windows.x, windows.y, compact=True)
    rows = training_rows(*found[:3])
    held = sum(part.nbytes for part in jax.tree.leaves(rows))
    assert held < 3 * series.nbytes
    assert found.x.series is series


def test_windows_of_tokens_reach_an_embedding_as_whole_numbers():
    text = np.random.default_rng(1).integers(0, 20, 300)
    windows = SeriesWindows(text.astype(np.uint8), 7)
    x, y = np.asarray(windows.x)[..., 0], windows.y
    models = []
    for given_x, rest in ((windows, {}), (x[..., None], {"y": y})):
        layers = [pl.Reshape((7,)), pl.Embedding(20, 4), pl.GRU(4), pl.Dense(20, "softmax")]
        models.append(pl.Sequential(layers))
        models[-1].compile("adam", "sparse_categorical_crossentropy")
        models[-1].fit(given_x, epochs=2, verbose=0, **rest)
    assert same(*models)
    with pytest.raises(pl.errors.DataError, match="Give input_dim=20"):
        model = pl.Sequential([pl.Reshape((7,)), pl.Embedding(10, 4), pl.GRU(4), pl.Dense(20, "softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.fit(windows, verbose=0)


def test_a_run_on_windows_resumes_and_knows_its_series(tmp_path):
    options = {"epochs": 3, "batch_size": 16, "verbose": 0}
    straight, begun, resumed = network(), network(), network()
    straight.fit(SeriesWindows(SERIES, 8), **options)
    begun.fit(SeriesWindows(SERIES, 8), checkpoint=tmp_path, max_steps=14, **options)
    resumed.fit(SeriesWindows(SERIES, 8), checkpoint=tmp_path, resume=True, **options)
    assert same(straight, resumed)
    with pytest.raises(pl.errors.InvalidValue, match="another run"):
        network().fit(SeriesWindows(SERIES, 8, horizon=2), checkpoint=tmp_path, resume=True, **options)


def test_windows_without_targets_answer_up_to_the_end_of_the_series():
    model = network()
    model.fit(SeriesWindows(SERIES, 8), epochs=1, verbose=0)
    answers = model.predict(SeriesWindows(SERIES, 8, horizon=None))
    assert len(answers) == len(SERIES) - 7
    np.testing.assert_allclose(answers[-1:], model.predict(SERIES[None, -8:]), rtol=1e-6)
    with pytest.raises(pl.errors.InvalidValue, match="y is missing"):
        model.fit(SeriesWindows(SERIES, 8, horizon=None), verbose=0)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((SERIES, 0), pl.errors.InvalidValue, r"length=0\): give a whole number of at least 1"),
        ((SERIES, 4, -1), pl.errors.InvalidValue, "horizon=-1"),
        ((SERIES, 4, 1, 0), pl.errors.InvalidValue, "stride=0"),
        ((SERIES, 4, 1, 1, 1.5), pl.errors.InvalidValue, "sampling_rate=1.5"),
        ((SERIES, 160), pl.errors.DataError, "160 steps is too short: a window and its target take 161"),
        ((np.float32(3), 1), pl.errors.DataError, "no steps"),
        ((np.where(SERIES > 3, np.nan, SERIES), 4), pl.errors.DataError, "series contains .* NaN"),
    ],
)
def test_series_that_give_no_windows_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        SeriesWindows(*arguments)


def test_windows_have_their_own_targets():
    with pytest.raises(pl.errors.InvalidValue, match=r"fit\(SeriesWindows, y="):
        network().fit(SeriesWindows(SERIES, 8), SERIES, verbose=0)
    with pytest.raises(pl.errors.ShapeError, match="series has 160 steps and targets have 100"):
        SeriesWindows(SERIES, 8, targets=SERIES[:100])


def test_windows_are_one_of_several_inputs():
    series = np.random.default_rng(0).normal(size=(40, 1)).astype(np.float32)
    windows, other = SeriesWindows(series, 5, horizon=1), np.arange(35.0)[:, None] / 35
    past, known = pl.Input((5, 1)), pl.Input((1,))
    joined = pl.Concatenate()([pl.Flatten()(past), known])
    models = [pl.Model([past, known], pl.Dense(1)(joined), seed=3) for _ in range(2)]
    for model, x in zip(models, (windows.x, np.asarray(windows.x)), strict=True):
        model.compile("sgd", "mae")
        model.fit((x, other), windows.y, epochs=2, batch_size=8, verbose=0, validation_data=((x, other), windows.y))
    made = [model.predict((x, other)) for model, x in zip(models, (windows.x, np.asarray(windows.x)), strict=True)]
    np.testing.assert_array_equal(*made)
