"""Addresses, places and options of clusters that cannot be: one sentence each, before any worker starts."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.cluster.address import Address, address_of
from plastica.cluster.job import read_json, read_rows, write_rows
from plastica.cluster.joining import join, seat_of
from plastica.errors import FileError, InvalidValue, ShapeError
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
