"""Local steps: every row once an epoch on any number of devices, and what cannot be trained so."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import polars
import pytest

import plastica as pl
from plastica.errors import InvalidValue
from plastica.training import windows
from plastica.training.batches import Arrays, training_rows
from plastica.training.local_steps import LocalSteps, dealt, next_average

X = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)


@pytest.mark.parametrize("rows", [97, 100, 128])
@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_every_row_is_dealt_once_an_epoch_on_any_number_of_devices(rows, parts):
    source = Arrays(training_rows(np.zeros((rows, 1)), np.zeros(rows), None), rows, 32, 5, True, 0)
    orders = []
    for epoch in range(3):
        plan = source.plan(epoch * source.batches, (epoch + 1) * source.batches)
        table, real = dealt(plan.table, plan.real[: source.batches], parts)
        seen = [table[p, 0, b, : real[p, b]] for p in range(parts) for b in range(source.batches)]
        assert np.bincount(np.concatenate(seen), minlength=rows).tolist() == [1] * rows
        assert np.ptp([real[p].sum() for p in range(parts)]) <= 1  # as many for each
        assert real[:, : source.batches].min() > 0
        orders.append(np.concatenate(seen).tolist())
    assert orders[0] != orders[1]  # shuffled anew


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_every_row_of_parquet_files_is_dealt_once_an_epoch_on_any_number_of_devices(parts, tmp_path, monkeypatch):
    for number, rows in enumerate((50, 33, 44)):
        numbers = np.arange(rows) + 100 * number
        polars.DataFrame({"x": np.zeros(rows), "y": numbers}).write_parquet(tmp_path / f"{number}.parquet")
    monkeypatch.setattr(windows, "WINDOW_BYTES", 4 * 2 * 50)  # about two blocks of 20 rows and less
    shards = pl.data.ParquetShards(tmp_path, "y", rows=20)
    source, mesh = windows.Windows(shards, 16, 5, True, 0), SimpleNamespace(shape={"data": parts})
    steps, seen, shapes, step = LocalSteps.__new__(LocalSteps), [], set(), 0
    steps.mesh, steps.parts = mesh, parts
    while step < source.batches:
        stop = source.farthest(step)
        plan, y = source.plan(step, stop), np.asarray(source.rows_at(step).y)
        table, real = steps._dealt_rows(plan.table, plan.real[: int(plan.batches)])
        used = [(part, batch) for part in range(parts) for batch in range(stop - step)]
        assert all(real[each] > 0 for each in used)
        seen += [y[table[part, 0, batch, : real[part, batch]]] for part, batch in used]
        shapes.add(table.shape)
        step = stop
    source.close()
    assert len(shapes) == 1  # one compiled program
    wanted = [number + 100 * file for file, rows in enumerate((50, 33, 44)) for number in range(rows)]
    assert sorted(np.concatenate(seen).tolist()) == wanted


def test_too_few_rows_for_the_devices_are_refused():
    with pytest.raises(InvalidValue, match="an epoch of 6 rows in 2 batches leaves some of 4 devices"):
        dealt(np.zeros((1, 2, 4), np.int32), np.array([4, 2]), 4)


def test_calls_end_where_weights_are_averaged_and_with_each_epoch():
    steps = [0]
    while steps[-1] < 20:
        steps.append(next_average(steps[-1], 4, 10))
    assert steps == [0, 4, 8, 10, 14, 18, 20]


def model_of(*layers):
    model = pl.Sequential([*layers, pl.Dense(1)])
    model.compile("adam", "mse")
    return model


@pytest.mark.parametrize("every", [0, -1, True, 1.5])
def test_a_number_of_steps_that_is_none_is_refused(every):
    with pytest.raises(InvalidValue, match="average_every="):
        model_of().fit(X, X[:, 0], verbose=0, average_every=every)


def test_callbacks_that_look_at_batches_and_divided_weights_are_refused():
    look = pl.LambdaCallback(on_batch_end=lambda batch, logs: None)
    with pytest.raises(InvalidValue, match="a callback looks at each batch"):
        model_of().fit(X, X[:, 0], verbose=0, average_every=2, callbacks=look)
    with pytest.raises(InvalidValue, match="each device needs all weights"):
        model_of().fit(X, X[:, 0], verbose=0, average_every=2, devices={"model": 1})
    with pytest.raises(InvalidValue, match="deals out the rows of arrays"):
        model_of().fit(((X, X[:, 0]) for _ in range(2)), verbose=0, average_every=2)
