"""Training with processes of this machine gives what one process gives, also if a worker is killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import polars
import pytest

import plastica as pl
from plastica.cluster import launching, work
from plastica.errors import FileError, InvalidValue, NotFinite, PlasticaWarning
from plastica.storage import newest_step

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 8)).astype(np.float32)
Y = X[:, :2].sum(1, keepdims=True)
RUN = {"epochs": 12, "batch_size": 9, "validation_split": 0.2}  # batches that two workers cannot share alike
EXACT = 1e-5


def model_of(rate=0.01):
    model = pl.Sequential([pl.Dense(12, activation="tanh"), pl.Dropout(0.1), pl.Dense(1)], seed=1)
    model.compile(pl.optimizers.Adam(rate), "mse", metrics=["mae"])
    return model


@pytest.fixture(scope="module")
def alone():
    model = model_of()
    return model, model.fit(X, Y, verbose=0, **RUN)


def assert_same(model, history, alone):
    one, curves = alone
    for own, other in zip(model.get_weights(), one.get_weights(), strict=True):
        np.testing.assert_allclose(own, other, rtol=0, atol=EXACT)
    assert history.history.keys() == curves.history.keys() and history.epoch == curves.epoch
    for name, values in curves.history.items():
        np.testing.assert_allclose(history.history[name], values, rtol=0, atol=EXACT)


def killed_after(folder, checkpoint, monkeypatch):
    """Kill one of the workers at some moment after a checkpoint was written."""
    begun = []

    class Watched(launching.Process):
        def __init__(self, task):
            super().__init__(task)
            begun.append(self)

    def kill():
        while newest_step(folder / checkpoint) < 1:
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.1))
        random.choice([each for each in begun if each.code is None]).kill()

    monkeypatch.setattr(launching, "Process", Watched)
    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    return thread


def test_a_run_one_of_whose_two_workers_is_killed_goes_on_and_ends_with_one_worker_as_one_process_does(
    alone, tmp_path, monkeypatch
):
    kept = {"checkpoint": tmp_path, "checkpoint_seconds": 0.0, "verbose": 0}
    killer = killed_after(tmp_path, "checkpoint", monkeypatch)
    stopping, all_but_two = pl.EarlyStopping(patience=100), 12 * 6 - 2
    with pytest.warns(PlasticaWarning, match=r"worker [12] of 2 was lost \(killed by signal 9\); all of them go on"):
        begun = pl.cluster.fit(
            model_of(), X, Y, cluster="local:2", max_steps=all_but_two, callbacks=stopping, **kept, **RUN
        )
    killer.join(5)
    assert "max_steps" in begun.stopped_by
    with pytest.raises(InvalidValue, match="already contains a job"):
        pl.cluster.fit(model_of(), X, Y, cluster="local:1", **kept)
    model, stopping = model_of(), pl.EarlyStopping(patience=100)
    again = pl.cluster.fit(model, X, Y, cluster="local:1", resume=True, callbacks=stopping, **kept, **RUN)
    assert_same(model, again, alone)
    assert model.epochs_trained == 12


def test_a_worker_that_was_killed_is_named_before_one_that_failed_because_of_it(tmp_path):
    class Ended:
        def __init__(self, number, code):
            self.task, self.code = launching.WorkerTask((), number, None, tmp_path / f"{number}.json"), code

    going = [Ended(0, launching.FAILED), Ended(1, -9), Ended(2, launching.LOST_OTHERS)]
    assert launching._first_failure(going) is going[1]


def test_members_are_trained_by_workers_one_of_which_is_killed(tmp_path, monkeypatch):
    def population():
        return pl.Population(model_of(), learning_rate=[0.01, 0.001], seeds=2, folds=2)

    one, several = population(), population()
    run = {"epochs": 40, "batch_size": 10}
    history = one.fit(X, Y, verbose=0, **run)
    killer = killed_after(tmp_path, "checkpoint-0", monkeypatch)
    with pytest.warns(PlasticaWarning, match=r"worker [12] of 2 was lost .* its networks go on from their last"):
        found = pl.cluster.fit_population(
            several, X, Y, cluster="local:2", checkpoint=tmp_path, checkpoint_seconds=0.0, **run
        )
    killer.join(5)
    for own, other in zip(several, one, strict=True):
        for a, b in zip(own.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=EXACT)
    np.testing.assert_allclose(found.values(), history.values(), atol=EXACT)
    assert several.ranking().shape == one.ranking().shape and found.columns == history.columns


def test_workers_that_read_parquet_files_and_average_after_each_step_make_the_steps_of_one_process(tmp_path):
    for number, rows in enumerate((20, 40)):
        table = polars.DataFrame({f"x{column}": X[:rows, column] for column in range(4)})
        table.with_columns(y=X[:rows, 0]).write_parquet(tmp_path / f"{number}.parquet")

    def trained(fit, **given):
        model = pl.Sequential([pl.Dense(4, activation="tanh"), pl.Dense(1)], seed=2)
        model.compile("sgd", "mse")
        shards = pl.data.ParquetShards(tmp_path, "y", rows=20)
        return model, fit(model, shards, epochs=3, batch_size=10, verbose=0, validation_data=(X[:, :4], Y), **given)

    model, history = trained(pl.cluster.fit, average_every=1, cluster="local:2")
    assert_same(model, history, trained(lambda model, *given, **named: model.fit(*given, **named)))


def test_what_fails_in_a_worker_is_raised_here_in_the_same_words():
    with pytest.raises(NotFinite, match="not finite in epoch"):
        pl.cluster.fit(model_of(rate=1e30), X, Y, verbose=0, cluster="local:1", epochs=3)


def test_a_disk_that_has_no_room_even_for_what_failed_is_said_and_nobody_waits(tmp_path, monkeypatch):
    def refuse(path, document):
        raise FileError("no room")

    monkeypatch.setattr(work, "write_json", refuse)
    error = work.error_of(tmp_path, 1)
    code = work._told(NotFinite("not finite"), error)
    with pytest.raises(FileError, match=r"the disk is probably full.* resume=True"):
        launching.raise_own_error(error, code)


def test_a_worker_that_takes_much_longer_than_the_others_is_named_once(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(launching.time, "monotonic", lambda: now[0])
    watch = launching.Stragglers(3)
    for number in range(3):
        watch.begun(number)
    now[0] = 4.0
    watch.ended(0, well=True)
    now[0] = 11.0
    watch.look()  # below three times as long
    now[0] = 13.0
    watch.ended(1, well=False)
    with pytest.warns(PlasticaWarning, match="worker 3 of 3 is slow: 13 s so far, the others took at most 4 s"):
        watch.look()
    watch.look()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="children are found in /proc")
def test_workers_end_when_the_process_that_started_them_is_killed():
    script = (
        "import numpy as np, plastica as pl\n"
        "model = pl.Sequential([pl.Dense(1)]); model.compile('adam', 'mse')\n"
        "pl.cluster.fit(model, np.ones((64, 2)), np.ones(64), epochs=10**8, verbose=0, cluster='local:1')"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    head = subprocess.Popen([sys.executable, "-c", script], env=environment)
    children = Path(f"/proc/{head.pid}/task/{head.pid}/children")
    until = time.monotonic() + 60
    while not (workers := children.read_text().split()) and time.monotonic() < until:
        time.sleep(0.05)
    head.kill()
    head.wait()
    until = time.monotonic() + 20
    while any(is_running(pid) for pid in workers) and time.monotonic() < until:
        time.sleep(0.1)
    assert workers and not any(is_running(pid) for pid in workers)


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(os.name == "nt", reason="this system does not limit the size of files")
def test_a_disk_on_which_a_checkpoint_has_no_room_ends_all_workers_with_one_sentence():
    import resource

    model = pl.Sequential([pl.Dense(4000), pl.Dense(1)])
    model.compile("adam", "mse")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The weights that are sent have room, and with the moments of a checkpoint they are three times as large.
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * 4 * 4000 * 10, hard))
    try:
        with pytest.raises(FileError, match=r"cannot be written: .*; older checkpoints are unchanged"):
            pl.cluster.fit(model, X, Y, verbose=0, cluster="local:2", epochs=2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_workers_that_are_lost_again_and_again_end_the_run_with_what_they_printed(tmp_path):
    class Ended:
        def __init__(self, task):
            self.task, self.code = task, launching.FAILED

    kinds = iter([Ended, Ended, launching.Process])

    def start(task):
        return next(kinds)(task)

    log = tmp_path / "log"
    task = launching.WorkerTask(("folder", "apart", "no number"), 0, log, tmp_path / "error.json")
    with pytest.warns(PlasticaWarning, match="was lost"), pytest.raises(pl.cluster.WorkerFailed) as error:
        launching.run_apart([task], 1, lambda task: -1, start=start)
    assert "3 times without a checkpoint" in str(error.value) and "ValueError: invalid literal" in str(error.value)
