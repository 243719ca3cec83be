"""A user-defined source of data: a replay memory mixed into every batch."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.model import fitting
from plastica.model.examples import take
from plastica.model.training_data import TrainingData
from plastica.training import Plan, Rows
from plastica.training.source import Source

GENERATOR = np.random.default_rng(0)
X = GENERATOR.standard_normal((48, 3)).astype("float32")
Y = X[:, :1] * 2
OLD = X[:20] + 5, Y[:20] - 1


class Replay(Source):
    """Half of each batch are new rows in order, half are drawn from a memory of earlier rows."""

    shuffle, sampling = False, None

    def __init__(self, new, memory, size, seed=0, first_epoch=0):
        self.new, self.memory, self.size, self.seed, self.first_epoch = new, memory, size, seed, first_epoch
        self.rows, self.batches = len(new[0]), len(new[0]) // (size // 2)
        x, y = (np.concatenate(parts) for parts in zip(new, memory, strict=True))
        self.data = Rows(x, y, None)

    def numbers(self, step):
        half = self.size // 2
        fresh = np.arange(half) + step % self.batches * half
        drawn = np.random.default_rng([self.seed, step]).integers(0, len(self.memory[0]), half) + self.rows
        return np.concatenate([fresh, drawn]).astype(np.int32)

    def plan(self, start, stop):
        first = start // self.batches * self.batches
        table = np.stack([self.numbers(first + batch) for batch in range(self.batches)])[None]
        end = (1, 0) if stop == first + self.batches else (0, stop - first)
        span = np.array([0, start - first, *end], np.int32)
        return Plan(table, np.full(self.batches, self.size, np.int32), span, np.int32(self.batches))

    def farthest(self, start):
        return (start // self.batches + 1) * self.batches

    def rows_at(self, step):
        return self.data

    def identity(self):
        yield from (*self.new, *self.memory)


class ReplayedRows(TrainingData):
    """Rows that are trained on together with those of the memory, as a kind of training data of its own."""

    sources: list[Replay] = []  # noqa: RUF012 - a new one for each test

    def __init__(self, model, rows):
        self.model, self.rows = model, rows

    @classmethod
    def takes(cls, x):
        return x is X

    @classmethod
    def checked(cls, model, given, options):
        return cls(model, take(model, given.x, given.y)), None

    def some_rows(self):
        return self.rows.x, self.rows.y

    def source(self, options):
        new, model = (self.rows.x, self.rows.y), self.model
        self.sources.append(Replay(new, OLD, 8, model.seed, model.epochs_trained))
        return self.sources[-1]

    def require_order(self, shuffle):
        raise AssertionError("no network here is stateful")


@pytest.fixture
def replayed(monkeypatch):
    monkeypatch.setattr(ReplayedRows, "sources", [])
    monkeypatch.setattr(fitting, "KINDS", (ReplayedRows, *fitting.KINDS))
    return ReplayedRows.sources


def network():
    model = pl.Sequential([pl.Dense(4, activation="tanh"), pl.Dense(1)])
    model.compile("sgd", "mse", ["mae"])
    return model


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first.get_weights(), second.get_weights(), strict=True))


def test_a_memory_is_replayed_watched_and_resumed_like_any_source(replayed, tmp_path):
    model, watched, begun, resumed = network(), network(), network(), network()
    history = model.fit(X, Y, epochs=3, verbose=0)
    seen = []
    watch = pl.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    watched.fit(X, Y, callbacks=[watch], epochs=3, verbose=0)
    begun.fit(X, Y, checkpoint=tmp_path, max_steps=17, epochs=3, verbose=0)
    resumed.fit(X, Y, checkpoint=tmp_path, resume=True, epochs=3, verbose=0)
    assert len(history.history["loss"]) == 3
    assert seen == list(range(12)) * 3
    assert same(model, watched)
    assert same(model, resumed)


def test_it_gives_the_weights_of_the_batches_it_speaks_of(replayed, monkeypatch):
    model, by_hand = network(), network()
    model.fit(X, Y, epochs=2, verbose=0)
    (source,) = replayed
    rows = source.data
    monkeypatch.undo()
    mixed = ((rows.x[source.numbers(step)], rows.y[source.numbers(step)]) for step in range(24))
    by_hand.fit(mixed, steps_per_epoch=12, epochs=2, verbose=0)
    assert same(model, by_hand)
