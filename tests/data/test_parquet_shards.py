"""Parquet files as blocks: every row once on any number of workers, and files that do not go together."""

from __future__ import annotations

import numpy as np
import polars
import pytest

import plastica as pl
from plastica.data import ParquetShards
from plastica.errors import DataError, FileError, InvalidValue


def write(folder, part, rows, first, **more):
    numbers = np.arange(first, first + rows)
    polars.DataFrame({"a": numbers / 100, "b": numbers % 3, "y": numbers, **more}).write_parquet(
        folder / f"part-{part}.parquet"
    )


@pytest.fixture
def folder(tmp_path):
    for part, (rows, first) in enumerate([(50, 0), (7, 50), (30, 57)]):
        write(tmp_path, part, rows, first)
    return tmp_path


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_every_row_is_read_once_an_epoch_on_any_number_of_workers(folder, workers):
    shards = ParquetShards(folder, "y", rows=8, seed=4)
    parts = [shards.part(worker, workers) for worker in range(workers)]
    rows = [part.read(block)[1] for part in parts for block in range(len(part.sizes))]
    assert np.bincount(np.concatenate(rows), minlength=87).tolist() == [1] * 87
    assert len({part.digest for part in parts}) == workers
    assert shards.part(0, workers).digest == parts[0].digest


def test_blocks_are_dealt_by_the_seed(folder):
    one, other = (ParquetShards(folder, "y", rows=8, seed=seed).part(0, 2) for seed in (0, 1))
    assert one.digest != other.digest


def test_a_network_learns_from_shards(folder):
    model = pl.Sequential([pl.Dense(1)])
    model.compile(pl.optimizers.Adam(0.05), "mse")
    shards = ParquetShards(str(folder / "part-*.parquet"), "a", inputs=["b", "y"], rows=16)
    assert shards.rows == 87 and shards.read(0)[0].dtype == np.float32
    history = model.fit(shards, epochs=3, batch_size=8, verbose=0)
    assert len(history.epoch) == 3 and history.history["loss"][-1] < history.history["loss"][0]


def test_weights_and_several_targets_are_read(tmp_path):
    write(tmp_path, 0, 6, 0, w=np.full(6, 0.5))
    x, y, weight = ParquetShards([tmp_path / "part-0.parquet"], ["y", "b"], weight="w").read(0)
    assert x.shape == (6, 1) and y.shape == (6, 2) and weight.tolist() == [0.5] * 6


def test_files_that_do_not_go_together_are_said(folder):
    write(folder, 3, 5, 0, extra=np.ones(5))
    with pytest.raises(DataError, match=r"part-3\.parquet has the column 'extra', which .*part-0\.parquet has not"):
        ParquetShards(folder, "y")
    polars.DataFrame({"a": [1.0], "y": [1]}).write_parquet(folder / "part-3.parquet")
    with pytest.raises(DataError, match=r"part-3\.parquet has no column 'b', which .*part-0\.parquet has"):
        ParquetShards(folder, "y")


def test_what_cannot_be_read_is_said(tmp_path):
    with pytest.raises(FileError, match="there are no Parquet files"):
        ParquetShards(tmp_path, "y")
    with pytest.raises(FileError, match="there is no such file"):
        ParquetShards(tmp_path / "none.parquet", "y")
    (tmp_path / "text.parquet").write_text("a,b\n1,2\n")
    with pytest.raises(FileError, match="cannot be read as Parquet"):
        ParquetShards(tmp_path, "y")
    polars.DataFrame({"a": ["x"], "y": [1]}).write_parquet(tmp_path / "text.parquet")
    with pytest.raises(DataError, match="column 'a' is of type String"):
        ParquetShards(tmp_path, "y")
    with pytest.raises(DataError, match="has no column 'z'"):
        ParquetShards(tmp_path, "z", inputs=["y"])
    polars.DataFrame({"a": [1.0, None], "y": [1, 2]}).write_parquet(tmp_path / "text.parquet")
    with pytest.raises(DataError, match="column 'a' has 1 missing value in rows 1 to 2"):
        ParquetShards(tmp_path, "y").read(0)
    polars.DataFrame({"a": [], "y": []}, schema={"a": polars.Float32, "y": polars.Int64}).write_parquet(
        tmp_path / "text.parquet"
    )
    with pytest.raises(DataError, match="no rows"):
        ParquetShards(tmp_path, "y")


def test_workers_and_blocks_out_of_range_are_refused(folder):
    with pytest.raises(InvalidValue, match="at least 1 row"):
        ParquetShards(folder, "y", rows=0)
    shards = ParquetShards(folder, "y")
    with pytest.raises(InvalidValue, match="from 0 to 1"):
        shards.part(2, 2)
    with pytest.raises(InvalidValue, match="3 blocks are fewer than workers"):
        shards.part(0, 4)
