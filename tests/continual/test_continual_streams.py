"""Streams: what is in each experience, and errors for data that no stream can be made of."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, ShapeError
from plastica.training.batches import Planner

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4, 4))
Y = np.arange(60) % 6


def test_split_classes_by_scenario():
    stream = pl.continual.split_classes(X, Y, X, Y, scenario="class")
    assert [sorted(set(each.y.tolist())) for each in stream] == [[0, 1], [2, 3], [4, 5]]
    assert [each.name for each in stream] == ["0+1", "2+3", "4+5"] and stream.groups == ()
    tasks = pl.continual.split_classes(X, Y, X, Y, scenario="task")
    assert tasks.groups == (0, 0, 1, 1, 2, 2) and tasks[1].classes == (2, 3)
    domain = pl.continual.split_classes(X, Y, X, Y, scenario="domain", order=[5, 0, 1, 2, 3, 4])
    assert domain.labels == (0, 1)
    np.testing.assert_array_equal(domain[0].x, X[np.isin(Y, (5, 0))].astype(np.float32))
    np.testing.assert_array_equal(domain[0].y, (Y[np.isin(Y, (5, 0))] == 0).astype(int))


def test_words_are_classes():
    stream = pl.continual.split_classes(X, np.array(["dog", "cat", "cow"])[Y % 3], per_experience=1)
    assert stream.labels == ("cat", "cow", "dog") and [each.classes for each in stream] == [(0,), (1,), (2,)]


def test_permuted_inputs_are_permutations_and_the_first_is_none():
    stream = pl.continual.permuted_inputs(X, Y, X, Y, experiences=3, seed=1)
    flat = X.reshape(60, 16).astype(np.float32)
    np.testing.assert_array_equal(stream[0].x, flat)
    order = [np.flatnonzero((flat == column[:, None]).all(0))[0] for column in stream[1].x.T]
    assert sorted(order) == list(range(16)) and order != list(range(16))
    np.testing.assert_array_equal(stream[1].x_test, flat[:, order])


def test_rotation_by_a_quarter_is_that_of_numpy():
    stream = pl.continual.rotated_images(X, Y, X, Y, angles=(0, 90))
    np.testing.assert_allclose(stream[1].x, np.rot90(X, axes=(1, 2)), atol=1e-5)


@pytest.mark.parametrize("drift", ["sudden", "gradual", "incremental", "recurring"])
def test_drifting_rows_follow_their_concepts(drift):
    stream = pl.continual.drifting_table(drift, experiences=3, rows=400, noise=0.0, seed=2)
    x, y = stream.rows()

    def rule(part):  # a plane fitted to pure rows of a concept
        design = np.c_[part.x_test - 0.5]
        return np.linalg.lstsq(design, 2.0 * part.y_test - 1, rcond=None)[0]

    right = [(((x - 0.5) @ rule(part) > 0) == y).reshape(3, 400).mean(1) for part in stream]
    assert right[0][0] > 0.75 and right[1][1] > 0.75
    if drift == "recurring":
        assert right[0][2] > 0.85
    if drift == "sudden":
        assert right[0][1] < 0.8


def test_the_period_of_a_drifting_series_changes():
    stream = pl.continual.drifting_series("recurring", rows=2000, seed=0)

    def period(values):
        spectrum = np.abs(np.fft.rfft(values - values.mean()))
        return len(values) / spectrum.argmax()

    found = [period(each.y) for each in stream]
    assert abs(found[0] - found[2]) < 0.2 * found[0] and max(found) > 4 * min(found)
    np.testing.assert_allclose(stream[0].x[1:, -1], stream[0].y[:-1])


def test_own_lists_hold_rows_out():
    x, y = X.reshape(60, 16), X[:, 0, 0]
    stream = pl.continual.stream_of([(x, y), (2 * x, y)], names=["a", "b"])
    assert not stream.labels and [len(each.x) for each in stream] == [48, 48] and len(stream[0].x_test) == 12
    both = np.sort(np.concatenate([stream[0].y, stream[0].y_test]))
    np.testing.assert_array_equal(both, np.sort(y.astype(np.float32)))
    assert [each.name for each in stream.in_order([1, 0])] == ["b", "a"]


def bad(x=X, y=Y, **given):
    return lambda: pl.continual.split_classes(x, y, **given)


WITH_NAN = np.where(np.arange(60)[:, None, None] == 7, np.nan, X)
MISTAKES = [
    (bad(y=np.zeros(60, int)), InvalidValue, "only one class, 0"),
    (bad(y=Y * 1.0), InvalidValue, "y are floats"),
    (bad(x=WITH_NAN), DataError, r"rows to learn from: x"),
    (bad(per_experience=4), InvalidValue, "Choose a divisor of 6"),
    (bad(per_experience=1, scenario="task"), InvalidValue, "told apart"),
    (bad(scenario="clas"), InvalidValue, "class, task, domain"),
    (bad(order=[0, 1, 2]), InvalidValue, "each of the 6 classes once"),
    (bad(y=Y[:5]), ShapeError, "60 rows and y 5"),
    (lambda: pl.continual.stream_of([(X, Y), (X, Y, X, Y)]), None, ""),
    (lambda: pl.continual.stream_of([(X, Y, X, Y), (X, Y, X, Y)]), InvalidValue, "1 and 2 are equal"),
    (lambda: pl.continual.stream_of([]), InvalidValue, "at least one experience"),
    (lambda: pl.continual.stream_of([(X,)]), InvalidValue, r"expected \(x, y\)"),
    (lambda: pl.continual.stream_of([(X, Y), (-X, Y * 1.0)]), DataError, "of one kind"),
    (lambda: pl.continual.stream_of([(X, Y), (-X, Y)], scenario="task"), InvalidValue, "classes of its own"),
    (lambda: pl.continual.rotated_images(X, Y, angles=(0, 360)), InvalidValue, "different angles"),
    (lambda: pl.continual.rotated_images(X[:, 0], Y), ShapeError, "height, width"),
    (lambda: pl.continual.permuted_inputs(X, Y, rows=100), InvalidValue, "from 1 to 48"),
    (lambda: pl.continual.drifting_table("slow"), InvalidValue, "sudden, gradual"),
    (lambda: pl.continual.drifting_series(lags=1), InvalidValue, "2 lags"),
]


@pytest.mark.parametrize(("make", "error", "message"), MISTAKES)
def test_mistakes(make, error, message):
    if error is None:
        assert len(make()) == 2
        return
    with pytest.raises(error, match=message):
        make()


def test_batches_of_replay_begin_with_stored_rows_and_have_each_new_row_once():
    from plastica.continual.replaying import ReplaySource
    from plastica.training.batches import training_rows

    rows = training_rows(np.arange(30.0)[:, None], np.arange(30), None)
    source = ReplaySource(rows, 21, 9, batch_size=8, replayed=5, seed=3, first_epoch=2)
    plan = source.plan(0, 6)
    real = np.asarray(plan.real)[:3]
    np.testing.assert_array_equal(real, [13, 13, 10])
    for epoch in range(2):
        batches = [plan.table[epoch, place, :count] for place, count in enumerate(real)]
        assert all((each[:5] >= 21).all() and (each[:5] < 30).all() for each in batches)
        assert sorted(np.concatenate([each[5:] for each in batches])) == list(range(21))
    # A run that begins later takes the same rows.
    np.testing.assert_array_equal(source.plan(3, 6).table[0], plan.table[1])
    np.testing.assert_array_equal(plan.table[0, :, 5:], Planner(21, 8, 3, True, 2).plan(0, 3).table[0])
