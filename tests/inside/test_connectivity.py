"""Paths between networks: no barrier between renumbered copies, for each kind of layer; curves; what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.ensembles.copying import copy_of
from plastica.errors import InvalidValue, ShapeError
from plastica.inside.connectivity import barrier
from plastica.inside.matching import _in_order, match_units
from plastica.inside.permutations import leaves_of, unit_axes

GENERATOR = np.random.default_rng(0)
ROWS = GENERATOR.normal(size=(60, 4)).astype(np.float32)
LABELS = (ROWS[:, 0] * ROWS[:, 1] > 0).astype(int)


def dense(seed=0, epochs=0):
    model = pl.Sequential(
        [pl.Dense(8, "tanh"), pl.BatchNormalization(), pl.Dense(6, "relu"), pl.Dense(2, "softmax")], seed=seed
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.build((4,))
    if epochs:
        model.fit(ROWS, LABELS, epochs=epochs, verbose=0)
    return model


def images(seed=0):
    model = pl.Sequential(
        [pl.Conv2D(4, 3, activation="relu"), pl.MaxPooling2D(2), pl.Conv2D(3, 2), pl.Flatten(), pl.Dense(2)], seed=seed
    )
    model.compile("adam", "mse")
    model.build((8, 8, 1))
    return model


def sequences(seed=0):
    model = pl.Sequential([pl.LSTM(4, return_sequences=True), pl.GRU(3), pl.Dense(1)], seed=seed)
    model.compile("adam", "mse")
    model.build((3, 3))
    return model


NETWORKS = {
    "dense": (dense, ROWS, LABELS),
    "images": (images, GENERATOR.normal(size=(20, 8, 8, 1)).astype(np.float32), np.ones((20, 2))),
    "sequences": (sequences, GENERATOR.normal(size=(20, 3, 3)).astype(np.float32), np.ones(20)),
}


def shuffled(model, x, seed=0):
    """Return the same network with its hidden units in another order."""
    axes = unit_axes("shuffled", model, x[:2])
    random = np.random.default_rng(seed)
    orders = [random.permutation(count) for count in axes.units]
    params, state, held = leaves_of(model)
    for array in {axis.array for axis in axes.axes}:
        own = held(array)
        own[array[2]] = _in_order(own[array[2]], [axis for axis in axes.axes if axis.array == array], orders)
    made = copy_of(model)
    made.replace_weights(params, state)
    return made


@pytest.mark.parametrize("name", NETWORKS)
def test_renumbered_copies_answer_alike_and_have_no_barrier_once_matched(name):
    make, x, y = NETWORKS[name]
    model = make()
    other = shuffled(model, x)
    np.testing.assert_allclose(model.trace(x)[-1].activity, other.trace(x)[-1].activity, atol=1e-5)
    matched = match_units(model, other, x)
    assert matched.similarity[0] < 0.99 and matched.similarity[1] == pytest.approx(1, abs=1e-6)
    for one, two in zip(model.get_weights(), matched.model.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)
    found = pl.inside.mode_connectivity(model, other, x, y, curve=False, points=5)
    assert found.barriers["aligned"] == pytest.approx(0, abs=1e-5)
    assert "units moved" in repr(matched)


def test_a_trained_curve_lies_below_the_barrier_of_the_line(tmp_path):
    first, second = dense(0, epochs=40), dense(1, epochs=40)
    found = pl.inside.mode_connectivity(first, second, ROWS, LABELS, points=7, steps=400)
    assert list(found.paths) == ["linear", "aligned", "curve"]
    assert (
        found.barriers["linear"] > 0.02 > found.barriers["curve"] and found.barriers["curve"] < found.barriers["linear"]
    )
    ends = [each.evaluate(ROWS, LABELS, verbose=0)[0] for each in (first, second)]
    for path in ("linear", "curve"):
        np.testing.assert_allclose(found.paths[path]["loss"][[0, -1]], ends, rtol=1e-4)
    said = repr(found)
    assert "On the straight line it rises to" in said and "On a trained curve" in said
    assert found.to_frame().columns == ["path", "t", "loss", "accuracy"] and found.to_frame().height == 21
    found.plot(tmp_path / "a.svg")
    assert "trained curve" in (tmp_path / "a.svg").read_text()


def test_a_barrier_is_the_rise_above_the_line_between_the_ends():
    t = np.linspace(0, 1, 5)
    assert barrier(t, 1 + 2 * t) == pytest.approx(0, abs=1e-12)
    assert barrier(t, t + np.array([0, 0, 3.0, 0, 0])) == pytest.approx(3)


def test_what_cannot_be_connected_is_refused():
    model = dense()
    with pytest.raises(InvalidValue, match=r"learning_rate=0\): expected a number above 0"):
        pl.inside.mode_connectivity(model, model, ROWS, LABELS, learning_rate=0)
    other = pl.Sequential([pl.Dense(3), pl.Dense(2, "softmax")])
    other.build((4,))
    with pytest.raises(ShapeError, match="differ in shape; expected models of one network"):
        pl.inside.mode_connectivity(model, other, ROWS, LABELS)
    branching = pl.Sequential([pl.Residual([pl.Dense(4)]), pl.Dense(1)])
    branching.build((4,))
    with pytest.raises(InvalidValue, match="This network branches"):
        match_units(branching, branching, ROWS)
    attention = pl.Sequential([pl.SeparableConv2D(2, 2), pl.Flatten(), pl.Dense(1)])
    attention.build((4, 4, 1))
    with pytest.raises(InvalidValue, match="units can be matched in networks whose layers follow one another"):
        match_units(attention, attention, np.ones((2, 4, 4, 1)))
