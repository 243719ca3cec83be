"""Properties for arbitrary data: random shapes, types, batch sizes and orders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import plastica as pl

# Few shapes, so that examples share compiled programs.
FEATURES, OUTPUTS = 3, 2
FEW = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
row_counts = st.sampled_from([1, 5, 12])
batch_sizes = st.sampled_from([1, 4, 64])
types = st.sampled_from(["float32", "float64", "float16", "int8", "int64", "uint8", "bool"])
orders = st.sampled_from(["C", "F", "reversed", "every other", "read-only", "list"])
seeds = st.integers(0, 2**32 - 1)


def table(rows, columns, seed, dtype="float32", order="C"):
    """Return numbers that all of the types represent exactly, in some memory layout."""
    values = np.random.default_rng(seed).integers(0, 2 if dtype == "bool" else 5, (rows, columns)).astype(dtype)
    if order == "F":
        return np.asfortranarray(values)
    if order == "reversed":
        return values[::-1, ::-1]
    if order == "every other":
        return np.repeat(values, 2, axis=0)[::2]
    if order == "list":
        return values.tolist()
    values.flags.writeable = order != "read-only"
    return values


def network(rate=0.0, seed=0):
    model = pl.Sequential([pl.Dense(4, activation="tanh"), pl.Dense(OUTPUTS)], seed=seed)
    model.compile(pl.optimizers.SGD(rate), "mse", metrics=["mae"])
    return model


def answers(model, x):
    kernel, bias, last_kernel, last_bias = (array.astype(float) for array in model.get_weights())
    return np.tanh(np.asarray(x, float) @ kernel + bias) @ last_kernel + last_bias


@FEW
@given(row_counts, batch_sizes, types, orders, seeds)
def test_fit_evaluate_and_predict_never_change_what_they_are_given(rows, batch_size, dtype, order, seed):
    x, y = table(rows, FEATURES, seed, dtype, order), table(rows, OUTPUTS, seed + 1, dtype, order)
    weight = np.random.default_rng(seed).random(rows)
    before = [np.array(given) for given in (x, y, weight)]
    model = network(rate=0.1)
    model.fit(x, y, batch_size=batch_size, epochs=2, verbose=0, sample_weight=weight)
    model.evaluate(x, y, verbose=0, sample_weight=weight)
    model.predict(x)
    for given_, kept in zip((x, y, weight), before, strict=True):
        np.testing.assert_array_equal(given_, kept)


@FEW
@given(row_counts, batch_sizes, types, orders, seeds, st.booleans())
def test_the_loss_is_the_mean_over_all_rows_whatever_the_batches(rows, batch_size, dtype, order, seed, shuffle):
    x, y = table(rows, FEATURES, seed, dtype, order), table(rows, OUTPUTS, seed + 1, dtype, order)
    model = network(rate=0.0, seed=seed)
    history = model.fit(x, y, batch_size=batch_size, epochs=2, shuffle=shuffle, verbose=0).history
    error = answers(model, x) - np.asarray(y, float)
    expected = {"loss": np.mean(error**2), "mae": np.mean(np.abs(error))}
    for name, value in expected.items():
        assert history[name] == pytest.approx([value] * 2, rel=1e-4), name
    found = model.evaluate(x, y, batch_size=batch_size, verbose=0, return_dict=True)
    assert found == pytest.approx(expected, rel=1e-4)


@FEW
@given(row_counts, batch_sizes, seeds)
def test_weighted_losses_are_weighted_means_whatever_the_batches(rows, batch_size, seed):
    x, y = table(rows, FEATURES, seed), table(rows, OUTPUTS, seed + 1)
    weight = np.random.default_rng(seed).random(rows) * (np.arange(rows) % 3 > 0)
    model = network(rate=0.0, seed=seed)
    history = model.fit(x, y, batch_size=batch_size, verbose=0, sample_weight=weight).history
    expected = np.sum(weight * np.mean((answers(model, x) - y) ** 2, -1)) / rows
    assert history["loss"] == pytest.approx([expected], rel=1e-4, abs=1e-7)
    assert model.evaluate(x, y, verbose=0, sample_weight=weight)[0] == pytest.approx(expected, rel=1e-4, abs=1e-7)


@pytest.mark.filterwarnings("ignore:predict. this network has not been trained")
@FEW
@given(row_counts, batch_sizes, types, orders, seeds)
def test_answers_are_those_of_the_network_applied(rows, batch_size, dtype, order, seed):
    x = table(rows, FEATURES, seed, dtype, order)
    model = network(seed=seed)
    found = model.predict(x, batch_size=batch_size)
    assert found.shape == (rows, OUTPUTS)
    assert found.dtype == np.float32
    applied, _ = model.network.apply(model.params, np.asarray(x, np.float32), model.state)
    np.testing.assert_allclose(found, applied, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found, answers(model, x), rtol=1e-4, atol=1e-5)


@FEW
@given(row_counts, batch_sizes, types, orders, seeds)
def test_the_type_and_layout_of_the_data_change_no_bit(rows, batch_size, dtype, order, seed):
    plain, other = network(rate=0.1), network(rate=0.1)
    x, y = table(rows, FEATURES, seed, dtype, order), table(rows, OUTPUTS, seed + 1, dtype, order)
    plain.fit(np.array(x, "float32"), np.array(y, "float32"), batch_size=batch_size, epochs=2, verbose=0)
    other.fit(x, y, batch_size=batch_size, epochs=2, verbose=0)
    for one, two in zip(plain.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


@FEW
@given(row_counts, batch_sizes, st.integers(0, 4), st.integers(0, 4), st.booleans())
def test_the_history_has_a_figure_for_every_epoch(rows, batch_size, epochs, initial_epoch, held_out):
    x, y = table(rows, FEATURES, 0), table(rows, OUTPUTS, 1)
    data = (x, y) if held_out else None
    model = network()
    history = model.fit(
        x, y, batch_size=batch_size, epochs=epochs, initial_epoch=initial_epoch, validation_data=data, verbose=0
    )
    made = list(range(initial_epoch, epochs))
    assert history.epoch == made
    assert model.epochs_trained == len(made)
    names = ["loss", "mae", "val_loss", "val_mae"] if held_out else ["loss", "mae"]
    assert list(history.history) == (names if made else [])
    assert all(len(values) == len(made) for values in history.history.values())
    assert history.stopped_by == "epochs"


@FEW
@given(row_counts, batch_sizes, seeds, st.integers(0, 3))
def test_every_row_is_seen_once_an_epoch_in_an_order_that_the_seed_gives(rows, batch_size, seed, epoch):
    from plastica.training.batches import Planner

    planner = Planner(rows, batch_size, seed, True, 0)
    steps = planner.batches
    plan = planner.plan(epoch * steps, (epoch + 1) * steps)
    seen = [int(row) for numbers, real in zip(plan.table[0], plan.real, strict=True) for row in numbers[:real]]
    assert sorted(seen) == list(range(rows))
    again = Planner(rows, batch_size, seed, True, epoch).plan(0, steps)
    np.testing.assert_array_equal(plan.table[0], again.table[0])
