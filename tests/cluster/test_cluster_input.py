"""Addresses, places and options of clusters that cannot be: one sentence each, before any worker starts."""

from __future__ import annotations

import numpy as np
import polars
import pytest

import plastica as pl
from plastica.cluster.address import Address, address_of
from plastica.cluster.apart import divided
from plastica.cluster.job import SETTINGS, error_of, read_json, read_rows, write_json, write_rows
from plastica.cluster.joining import join, seat_of
from plastica.cluster.launching import FAILED, raise_own_error
from plastica.cluster.shared import shared_settings
from plastica.cluster.work import work
from plastica.errors import DataError, FileError, InvalidValue, PlasticaWarning, ShapeError
from plastica.model.inputs import Examples

X = np.ones((8, 2), np.float32)


def model_of():
    model = pl.Sequential([pl.Dense(1)])
    model.compile("adam", "mse")
    return model


def test_addresses_are_read():
    assert address_of("local:12") == Address("local", 12)
    assert address_of("ray") == Address("ray", None)
    assert address_of("ray?workers=3") == Address("ray", 3)
    assert address_of("ray://head.example:10001") == Address("ray", None, "ray://head.example:10001")


@pytest.mark.parametrize("given", ["local", "local:", "local:-1", "http://x", "ray://a b", "", None, 3])
def test_texts_that_are_no_addresses_are_refused(given):
    with pytest.raises(InvalidValue, match="give local:N for N processes"):
        pl.cluster.fit(model_of(), X, X[:, 0], cluster=given)


@pytest.mark.parametrize(("given", "told"), [("local:0", "give 1 to 256"), ("local:999", "give 1 to 256"),
                                             ("ray?workers=0", "at least 1 worker")])  # fmt: skip
def test_numbers_of_workers_out_of_range_are_refused(given, told):
    with pytest.raises(InvalidValue, match=told):
        address_of(given)


def test_callbacks_that_are_code_cannot_be_sent():
    with pytest.raises(InvalidValue, match=r"the callback LambdaCallback cannot be sent to workers"):
        pl.cluster.fit(model_of(), X, X[:, 0], cluster="local:2", callbacks=pl.LambdaCallback())


def test_invalid_data_are_refused_before_a_worker_starts(monkeypatch):
    monkeypatch.setattr("plastica.cluster.launching.Process", None)
    with pytest.raises(ShapeError):
        pl.cluster.fit(model_of(), X, X[:3, 0], cluster="local:2")
    with pytest.raises(InvalidValue, match="batch_size=0"):
        pl.cluster.fit_population(pl.Population(model_of(), seeds=2), X, X[:, 0], 0, cluster="local:2")


def test_rows_are_written_and_read_as_they_are(tmp_path):
    several = Examples((np.arange(3), np.ones((3, 2), np.float16)), np.zeros(3), np.arange(3.0))
    write_rows(tmp_path, several, Examples(X, X))
    learn, held_out = read_rows(tmp_path)
    assert [part.dtype for part in learn.x] == [part.dtype for part in several.x]
    np.testing.assert_array_equal(learn.x[1], several.x[1])
    np.testing.assert_array_equal(learn.weight, several.weight)
    assert held_out is not None and learn.sampling is None and held_out.weight is None
    np.testing.assert_array_equal(held_out.x, X)


def test_a_folder_that_a_worker_does_not_see_is_said(tmp_path):
    with pytest.raises(FileError, match="Every worker has to see this folder"):
        read_json(tmp_path / "job.json")


@pytest.mark.parametrize(
    "given", [("head", 2, 0), ("head:1", 2, 2), (":1", 2, 0), ("head:1", None, 0), ("head:x", 2, 0), ("head:1", 2, -1)]
)
def test_an_incomplete_place_among_workers_is_refused(given):
    with pytest.raises(InvalidValue, match="give HOST:PORT of the first worker"):
        seat_of({}, *given)


def test_slurm_says_who_the_others_are():
    assert seat_of({"SLURM_JOB_ID": "7"}) is None


def test_a_first_worker_that_does_not_answer_is_said_with_how_long_it_was_waited_for():
    with pytest.raises(InvalidValue, match=r"localhost:9 did not answer for 0\.1 s; see that the first worker runs"):
        join("localhost:9", 2, 1, wait=0.1)


def test_more_workers_than_networks_are_said_and_as_many_as_networks_are_started(tmp_path):
    with pytest.warns(PlasticaWarning, match="2 networks cannot be divided among 5 workers; 2 are started"):
        assert divided(tmp_path, 2, 5) == [[0], [1]]


@pytest.mark.parametrize("how", ["together", "apart", "standing"])
def test_a_worker_with_other_versions_says_which_and_ends(how, tmp_path):
    write_json(tmp_path / SETTINGS, {**shared_settings(1.0), "versions": "3.9.1 0.4.1 0.0.1"})
    assert work(tmp_path, how, 0) == FAILED
    with pytest.raises(InvalidValue, match=r"has other versions of Python, JAX or plastica .*\(3\.9\.1 0\.4\.1 "):
        raise_own_error(error_of(tmp_path, 0))


def test_parquet_files_that_a_worker_does_not_see_are_said(tmp_path):
    polars.DataFrame({"x": [1.0, 2.0], "y": [1.0, 2.0]}).write_parquet(tmp_path / "a.parquet")
    shards = pl.data.ParquetShards(tmp_path, "y")
    given = shards.to_dict()
    assert pl.data.ParquetShards.from_dict(given).digest == shards.digest
    (tmp_path / "a.parquet").unlink()
    with pytest.raises(FileError, match=r"a\.parquet: there is no such file on .*Every worker has to see all Parquet"):
        pl.data.ParquetShards.from_dict(given)


def test_parquet_files_with_unequal_columns_are_refused_unless_the_inputs_are_named(tmp_path):
    polars.DataFrame({"x": [1.0], "y": [1.0]}).write_parquet(tmp_path / "a.parquet")
    polars.DataFrame({"x": [1.0], "y": [1.0], "z": [1.0]}).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet has the column 'z', which .*a\.parquet has not; give inputs="):
        pl.cluster.fit(model_of(), pl.data.ParquetShards(tmp_path, "y"), cluster="local:2")
    assert pl.data.ParquetShards(tmp_path, "y", inputs=["x"]).rows == 2
    polars.DataFrame({"x": ["a"], "y": [1.0]}).write_parquet(tmp_path / "b.parquet")
    with pytest.raises(DataError, match=r"b\.parquet: column 'x' is of type String"):
        pl.data.ParquetShards(tmp_path, "y")
