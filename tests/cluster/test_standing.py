"""Workers that stay alive between the rounds of a run: a society has the bits of one process, whoever is lost.

Workers are threads of this process where their end is not what is tested.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from tests.processes import started

import plastica as pl
from plastica.cluster import apart, launching
from plastica.cluster.messages import WorkerMessage
from plastica.errors import FileError, InvalidValue, PlasticaWarning
from plastica.search.halving import SuccessiveHalving
from plastica.society import on_workers
from plastica.training.underway import Display

DRAWS = np.random.default_rng(0)
CENTRES = DRAWS.normal(size=(3, 4))
Y = np.arange(60) % 3
X = (CENTRES[Y] + 0.8 * DRAWS.normal(size=(60, 4))).astype(np.float32)
RUN = {"epochs": 6, "batch_size": 8, "verbose": 0, "validation_data": (X[:30], Y[:30])}


def society(exchange="gossip", graph="ring", members=4, **options):
    model = pl.Sequential([pl.Dense(6, activation="tanh"), pl.Dense(3, activation="softmax")])
    model.compile(pl.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return pl.Society(model, graph, members=members, exchange=exchange, **options)


def assert_same_bits(found, wanted):
    assert found.history.epochs.tolist() == wanted.history.epochs.tolist()
    np.testing.assert_array_equal(found.history.figures, wanted.history.figures)
    np.testing.assert_array_equal(found.history.answers, wanted.history.answers)
    for own, other in zip(found, wanted, strict=True):
        for one, two in zip(own.get_weights(), other.get_weights(), strict=True):
            np.testing.assert_array_equal(one, two)
    for own, other in zip(found.population.histories, wanted.population.histories, strict=True):
        assert own.history == other.history and own.stopped_by == other.stopped_by


@pytest.mark.parametrize(
    "options",
    [
        {"exchange": "gossip"},
        {"exchange": "imitate", "every": 2, "lying": [1]},
        {"exchange": "push_sum", "absence": 0.3},
        {"exchange": "none"},
    ],
    ids=lambda options: options["exchange"],
)
def test_members_on_two_workers_have_the_bits_of_one_process_also_when_a_worker_is_lost(threads, options):
    one, several = society(**options), society(**options)
    one.fit(X, Y, **RUN)
    threads.losses[1] = 3  # the second worker, before it says what it brings to a later meeting
    with pytest.warns(PlasticaWarning, match=r"worker 2 of 2 was lost .* another one goes on from its last checkpoint"):
        several.fit(X, Y, **RUN, cluster="local:2", checkpoint_seconds=0.0)
    assert_same_bits(several, one)
    assert len(threads.begun) == 3
    one.fit(X, Y, **RUN)
    several.fit(X, Y, **RUN, cluster="local:3")  # trained on, by another number of workers
    assert_same_bits(several, one)


def test_members_who_have_ended_still_speak_to_those_on_other_workers(threads):
    stopping = pl.EarlyStopping("val_loss", patience=1, min_delta=0.02, restore_best_weights=True)
    given = {**RUN, "epochs": 30, "callbacks": stopping}
    one, several = society("average"), society("average")
    one.fit(X, Y, **given)
    several.fit(X, Y, **given, cluster="local:4")
    lengths = {len(each.epoch) for each in one.population.histories}
    assert len(lengths) > 1 and max(lengths) < 30
    assert_same_bits(several, one)


def test_a_run_that_was_interrupted_goes_on_to_what_an_undisturbed_run_gives(threads, tmp_path, monkeypatch):
    one, several = society(), society()
    one.fit(X, Y, **RUN)
    given = {**RUN, "cluster": "local:2", "checkpoint": tmp_path, "checkpoint_seconds": 0.0}
    held, hold = [], on_workers.MeetingHall.hold

    def interrupted(self, number, said):
        held.append(number)
        if number == 4:
            raise KeyboardInterrupt
        return hold(self, number, said)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(on_workers.MeetingHall, "hold", interrupted)
        several.fit(X, Y, **given)
    assert held == [1, 2, 3, 4]
    with pytest.raises(InvalidValue, match="already contains a job"):
        society().fit(X, Y, **given)
    again = society()
    again.fit(X, Y, **given, resume=True)
    assert_same_bits(again, one)


class Shown(Display):
    def __init__(self):
        self.seen = []

    def __call__(self, run):
        self.seen.append((run.batches, len(run.members), len(run.going)))


def test_a_search_that_gives_trials_up_has_the_trials_and_weights_of_one_process(threads, tmp_path, monkeypatch):
    def search():
        model = pl.Sequential([pl.Dense(8, activation="tanh"), pl.Dropout(0.1), pl.Dense(1)], seed=1)
        model.compile("adam", "mse")
        space = {"learning_rate": pl.LogUniform(1e-3, 1e-1)}
        return pl.Search(model, space, strategy=SuccessiveHalving(2, 2), trials=6, folds=2)

    monkeypatch.setattr(apart, "BETWEEN", 0.0)
    one, several, shown = search(), search(), Shown()
    stop = pl.EarlyStopping(patience=1, restore_best_weights=True)
    given = {"epochs": 6, "batch_size": 10, "verbose": 0, "callbacks": stop}
    one.fit(X, X[:, :1], **given)
    threads.losses[0] = 1  # the first worker, at the second rung
    with pytest.warns(PlasticaWarning, match="worker 1 of 2 was lost"):
        several.fit(X, X[:, :1], **given, cluster="local:2", checkpoint=tmp_path, hooks=shown)
    assert several.leaderboard().equals(one.leaderboard())
    assert any("given up after 2 epochs" in trial.ended for trial in several.trials)
    assert [trial.rungs for trial in several.trials] == [trial.rungs for trial in one.trials]
    for own, other in zip(several.best().get_weights(), one.best().get_weights(), strict=True):
        np.testing.assert_array_equal(own, other)
    assert len(threads.begun) == 3  # two that stayed alive, and the one that replaced the first
    assert shown.seen and {each[1] for each in shown.seen} == {12}


def test_what_cannot_be_divided_is_said_before_a_worker_starts(threads):
    with pytest.raises(InvalidValue, match=r"every_steps=.*meetings within epochs are part of one compiled program"):
        society(every_steps=2).fit(X, Y, **RUN, cluster="local:2")
    with pytest.raises(InvalidValue, match="give local:N"):
        society().fit(X, Y, **RUN, cluster="nowhere")
    with pytest.raises(InvalidValue, match="the callback LambdaCallback cannot be sent"):
        society().fit(X, Y, **RUN, cluster="local:2", callbacks=pl.LambdaCallback())
    assert not threads.begun


def test_messages_are_read_as_they_were_sent_and_damaged_ones_are_refused():
    said = WorkerMessage("round", {"number": 3, "figure": float("inf")}, {"a": np.arange(3), "b": np.ones((2, 0))})
    found = WorkerMessage.decode(said.encode())
    assert found.kind == said.kind and found.document == said.document
    np.testing.assert_array_equal(found.arrays["a"], said.arrays["a"])
    assert found.arrays["b"].shape == (2, 0)
    for damaged in (b"", b"\xff" * 40, said.encode()[:-1]):
        with pytest.raises(FileError, match="a message between workers is"):
            WorkerMessage.decode(damaged)


def test_a_process_that_is_killed_is_replaced_and_none_is_left_at_the_end(monkeypatch):
    begun = []

    class Watched(launching.Process):
        def __init__(self, task):
            super().__init__(task)
            begun.append(self)
            if len(begun) == 2:
                threading.Timer(0.5, self.kill).start()

    monkeypatch.setattr(launching, "Process", Watched)
    one, several = society(), society()
    one.fit(X, Y, **RUN)
    with pytest.warns(PlasticaWarning, match=r"worker 2 of 2 was lost \(killed by signal 9\)"):
        several.fit(X, Y, **RUN, cluster="local:2")
    assert_same_bits(several, one)
    assert len(begun) == 3 and all(each.code is not None for each in begun)


@pytest.mark.skipif(os.name == "nt", reason="an interrupt is sent as a signal")
def test_ctrl_c_ends_all_workers_and_says_how_to_go_on(tmp_path):
    script = (
        "import numpy as np, plastica as pl\n"
        "model = pl.Sequential([pl.Dense(1)]); model.compile('adam', 'mse')\n"
        "society = pl.Society(model, 'ring', members=4, exchange='gossip')\n"
        f"society.fit(np.ones((64, 2)), np.ones(64), epochs=10**6, cluster='local:2', checkpoint={str(tmp_path)!r})"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with started([sys.executable, "-c", script], env=environment, stderr=subprocess.PIPE, text=True) as head:
        until = time.monotonic() + 120
        while not list(tmp_path.glob("round-*")) and time.monotonic() < until:
            time.sleep(0.05)
        head.send_signal(signal.SIGINT)
        _, said = head.communicate(timeout=60)
    assert head.returncode not in (0, None) and "resume=True continues the run" in said
    assert not [each for each in Path("/proc").glob("[0-9]*/cmdline") if str(tmp_path) in text_of(each)]


def text_of(path):
    try:
        return path.read_text()
    except OSError:
        return ""
