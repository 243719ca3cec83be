"""Training by workers of Ray, where Ray is installed: what one process gives, and errors in one line."""

from __future__ import annotations

import os
import socket
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import plastica as pl
from plastica.cluster import ray_cluster, ray_connection, ray_workers
from plastica.cluster.launching import WorkerTask
from plastica.errors import FileError, InvalidValue, MissingExtra, NotFinite

X = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)


def model_of(rate=0.01):
    model = pl.Sequential([pl.Dense(6, activation="tanh"), pl.Dense(1)])
    model.compile(pl.optimizers.Adam(rate), "mse")
    return model


def test_without_ray_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtra, match=r"cluster='ray://head:1' needs Ray: pip install 'plastica\[cluster\]'"):
        pl.cluster.fit(model_of(), X, X[:, 0], verbose=0, cluster="ray://head:1")
    with pytest.raises(MissingExtra, match="needs Ray"):
        pl.cluster.fit_population(pl.Population(model_of(), seeds=2), X, X[:, 0], cluster="ray?workers=2")


@pytest.fixture(scope="module")
def ray():
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    os.environ["JAX_PLATFORMS"] = "cpu"
    path = os.pathsep.join(each for each in sys.path if each)
    environment = {"env_vars": {"JAX_PLATFORMS": "cpu", "PYTHONPATH": path}}
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env=environment)
    yield ray
    ray.shutdown()


@pytest.mark.filterwarnings("ignore")
def test_workers_of_ray_train_what_one_process_trains(ray, tmp_path):
    alone, together = model_of(), model_of()
    alone.fit(X, X[:, 0], epochs=3, verbose=0)
    pl.cluster.fit(together, X, X[:, 0], epochs=3, verbose=0, cluster="ray?workers=2", checkpoint=tmp_path)
    for own, other in zip(together.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_allclose(own, other, rtol=0, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_tasks_of_ray_train_a_population_and_say_what_fails(ray, tmp_path):
    one, several = (pl.Population(model_of(), learning_rate=[0.1, 0.01], seeds=2) for _ in range(2))
    one.fit(X, X[:, 0], epochs=3, verbose=0)
    pl.cluster.fit_population(several, X, X[:, 0], epochs=3, cluster="ray?workers=2", checkpoint=tmp_path)
    for member, other in zip(several, one, strict=True):
        for a, b in zip(member.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)


@pytest.mark.filterwarnings("ignore")
def test_workers_of_ray_stay_alive_between_the_meetings_of_a_society(ray, tmp_path):
    one, several = (pl.Society(model_of(), 1 - np.eye(4), exchange="gossip") for _ in range(2))
    one.fit(X, X[:, 0], epochs=3, verbose=0)
    several.fit(X, X[:, 0], epochs=3, verbose=0, cluster="ray?workers=2", checkpoint=tmp_path)
    np.testing.assert_array_equal(several.history.figures, one.history.figures)
    for member, other in zip(several, one, strict=True):
        for a, b in zip(member.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.filterwarnings("ignore")
def test_what_fails_in_a_worker_of_ray_is_raised_here(ray, tmp_path):
    with pytest.raises(NotFinite, match="not finite in epoch"):
        pl.cluster.fit(model_of(rate=1e30), X, X[:, 0], verbose=0, cluster="ray?workers=1", checkpoint=tmp_path)


def test_a_head_that_does_not_answer_is_said_with_how_long_it_was_waited_for(monkeypatch):
    def refuse(**given):
        raise ConnectionError("Could not find any running Ray instance.")

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: False, init=refuse))
    monkeypatch.setattr(ray_connection, "PATIENCE", 0.1)
    with pytest.raises(InvalidValue, match=r"localhost:9 did not answer for 0\.1 s; see that the head of Ray runs"):
        pl.cluster.fit(model_of(), X, X[:, 0], verbose=0, cluster="ray://localhost:9")
    with pytest.raises(InvalidValue, match=r"no cluster of Ray takes part .Could not find any running"):
        pl.cluster.fit(model_of(), X, X[:, 0], verbose=0, cluster="ray")


def test_a_head_that_vanishes_is_said_before_ray_ends_the_process(monkeypatch):
    monkeypatch.setattr(ray_connection, "LOOK", 0.01)
    with socket.create_server(("localhost", 0)) as head:
        watch = ray_connection.HeadWatch(f"localhost:{head.getsockname()[1]}")
        time.sleep(0.02)
        watch.look()
        assert watch.answers
    time.sleep(0.02)
    watch.look()  # not at once
    assert not watch.answers
    monkeypatch.setattr(ray_connection, "GONE", 0.0)
    with pytest.raises(pl.cluster.WorkerFailed, match=r"has not answered for 0 s; start it again .* resume=True"):
        watch.look()


class RayError(Exception):
    """As in Ray."""


class RayTaskError(RayError):
    """As in Ray: what a call raised in an actor."""

    def __init__(self, cause):
        super().__init__()
        self.cause = cause


@pytest.mark.parametrize(
    ("raised", "error", "message"),
    [
        (RayTaskError(FileError("job.json cannot be read")), FileError, "job.json cannot be read"),
        (RayTaskError(OSError("no room")), pl.cluster.WorkerFailed, r"cannot start worker 2: OSError\('no room'\)"),
        (
            RayError("an error in its creation task:\nNo module"),
            pl.cluster.WorkerFailed,
            r"is installed.*\(No module\)",
        ),
        (RayError("The actor is dead."), None, ""),
    ],
)
def test_what_happens_to_a_worker_of_ray_is_told_apart(monkeypatch, raised, error, message):
    def get(asked):
        raise raised

    remote = SimpleNamespace(remote=lambda *given: "asked")
    cluster = SimpleNamespace(answers=True, ray=SimpleNamespace(wait=lambda asked, timeout: (asked, []), get=get))
    cluster.ray.exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)
    host = SimpleNamespace(start=remote, code=remote)
    worker = ray_cluster.RayWorker(cluster, host, WorkerTask((), 1, None, Path("error")))  # pyright: ignore
    if error is None:
        assert worker.code == -9
        return
    with pytest.raises(error, match=message):
        _ = worker.code


def test_what_the_first_worker_prints_is_shown_from_where_it_began(tmp_path, capsys):
    path = tmp_path / "worker-0.log"
    path.write_text("an earlier run\n")
    output = ray_workers.FollowedFile(path)
    for line in ("Epoch 1\n", "Epoch 2\n"):
        with path.open("a") as file:
            file.write(line)
        output.look()
    assert capsys.readouterr().out == "Epoch 1\nEpoch 2\n"
