"""Data larger than memory: blocks in windows, batches across windows, bit-identical resuming."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.data.streaming import Blocks
from plastica.training import advance, windows
from plastica.training.windows import Windows

GENERATOR = np.random.default_rng(2)
SIZES = (40, 40, 40, 40, 40, 40, 13)
X = GENERATOR.standard_normal((sum(SIZES), 5)).astype("float32")
X[:, 0] = np.arange(len(X)) / len(X)
Y = (X[:, :1] * X[:, 1:2] + X[:, 2:3]).astype("float32")
ENDS = np.cumsum(SIZES)


class Parts(Blocks):
    """Rows in memory as blocks; records which were read."""

    def __init__(self, weight=None):
        self.weight, self.seen = weight, []

    sizes = property(lambda self: SIZES)
    digest = property(lambda self: "parts")

    def read(self, block):
        self.seen.append(block)
        rows = slice(ENDS[block] - SIZES[block], ENDS[block])
        return X[rows], Y[rows], None if self.weight is None else self.weight[rows]


@pytest.fixture(autouse=True)
def windows_of_two_blocks(monkeypatch):
    monkeypatch.setattr(windows, "WINDOW_BYTES", 2 * 40 * 6 * 4)


def network(seed=0):
    model = pl.Sequential([pl.Dense(6, activation="tanh"), pl.Dropout(0.1), pl.Dense(1)], seed=seed)
    model.compile(optimizer="adam", loss="mse", metrics=["mae"])
    return model


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))


def epoch_of(planner, epoch):
    """Return the row numbers of each batch of an epoch, window by window."""
    step, found = epoch * planner.batches, []
    while step < (epoch + 1) * planner.batches:
        stop = planner.farthest(step)
        plan, x = planner.plan(step, stop), np.asarray(planner.rows_at(step).x)
        rows = [x[plan.table[0, k, : plan.real[k]], 0] for k in range(stop - step)]
        found.append([np.rint(batch * len(X)).astype(int) for batch in rows])
        step = stop
    return found


@pytest.mark.parametrize("batch_size", [1, 8, 32, 64, 500])
def test_an_epoch_sees_every_row_once_in_whole_batches(batch_size):
    planner = Windows(Parts(), batch_size, 3, True, 0)
    epochs = [epoch_of(planner, epoch) for epoch in range(3)]
    planner.close()
    for found in epochs:
        batches = [batch for window in found for batch in window]
        assert sorted(np.concatenate(batches)) == list(range(len(X)))
        assert {len(batch) for batch in batches[:-1]} <= {planner.size}
        assert len(batches) == planner.batches == -(-len(X) // planner.size)
    orders = [np.concatenate([batch for window in found for batch in window]) for found in epochs]
    assert not np.array_equal(orders[0], orders[1])


def test_blocks_in_order_are_the_rows_in_order_to_the_bit():
    weight = GENERATOR.random(len(X)).astype("float32")
    whole, streamed = network(), network()
    options = {"epochs": 3, "batch_size": 16, "shuffle": False, "verbose": 0, "validation_data": (X[:50], Y[:50])}
    expected = whole.fit(X, Y, sample_weight=weight, **options)
    found = streamed.fit(Parts(weight), **options)
    assert same(whole, streamed)
    assert found.history == expected.history


def test_watching_and_resuming_within_a_window_change_no_bit(tmp_path):
    options = {"batch_size": 16, "epochs": 3, "verbose": 0, "validation_data": (X[:50], Y[:50])}
    straight, watched, begun, resumed = network(), network(), network(), network()
    expected = straight.fit(Parts(), **options)
    programs = advance._cache_size()
    seen = []
    watch = pl.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    watched.fit(Parts(), callbacks=[watch], **options)
    assert advance._cache_size() == programs
    begun.fit(Parts(), checkpoint=tmp_path, max_steps=24, **options)
    history = resumed.fit(Parts(), checkpoint=tmp_path, resume=True, **options)
    assert seen == list(range(16)) * 3
    assert same(straight, watched)
    assert same(straight, resumed)
    assert history.history == expected.history
    with pytest.raises(pl.errors.InvalidValue, match="another run"):
        network().fit(X, Y, checkpoint=tmp_path, resume=True, **options)


def test_a_number_that_is_not_finite_is_found_in_its_window():
    model = network()
    model.compile(optimizer=pl.optimizers.SGD(1e30), loss="mse")
    with pytest.raises(pl.errors.NotFinite, match=r"epoch 1, step \d+ of 16"):
        model.fit(Parts(), batch_size=16, epochs=3, verbose=0)
    assert all(np.isfinite(array).all() for array in model.get_weights())


class Wrong(Parts):
    def read(self, block):
        x, y, weight = super().read(block)
        return (x, y, weight) if block < 4 else (np.where(x > 0, np.nan, x), y, weight)


class Short(Parts):
    def read(self, block):
        return tuple(None if part is None else part[: 10 if block == 3 else 40] for part in super().read(block))


@pytest.mark.parametrize(
    ("blocks", "options", "error", "message"),
    [
        (Parts(), {"y": Y}, pl.errors.InvalidValue, r"fit\(x=blocks, y=\.\.\.\)"),
        (Parts(), {"validation_split": 0.2}, pl.errors.InvalidValue, "validation_split"),
        (Wrong(), {}, pl.errors.DataError, "block [456]'s x.*NaN"),
        (Short(), {}, pl.errors.ShapeError, r"block 3 has 10 rows, but blocks.sizes\[3\] is 40"),
    ],
)
def test_blocks_that_cannot_be_learned_from_are_refused(blocks, options, error, message):
    with pytest.raises(error, match=message):
        network().fit(blocks, verbose=0, epochs=1, **options)


def test_an_optimizer_of_all_rows_takes_no_blocks():
    model = network()
    model.compile(optimizer="lbfgs", loss="mse")
    with pytest.raises(pl.errors.InvalidValue, match="all rows in each step"):
        model.fit(Parts(), verbose=0)
