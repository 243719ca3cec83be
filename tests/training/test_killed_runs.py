"""A training run that is killed at any moment can be resumed and gives the same weights, to the bit."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import plastica as pl
from plastica.storage import read_latest

EPOCHS, KILLS = 60, 6
RNG = np.random.default_rng(0)
X = RNG.standard_normal((40, 4)).astype("float32")
Y = (X[:, :1] * X[:, 1:2]).astype("float32")


def train(folder: Path | None, log: Path, epochs: int = EPOCHS) -> pl.Sequential:
    """Train with a checkpoint after every epoch if a folder is given, resuming from the last one."""
    model = pl.Sequential([pl.Dense(6, activation="tanh"), pl.Dropout(0.2), pl.BatchNormalization(), pl.Dense(1)])
    model.compile(pl.optimizers.Adam(0.01, use_ema=True), "mse", metrics=["mae"])
    stop = pl.EarlyStopping("val_loss", patience=EPOCHS, restore_best_weights=True)
    calm = pl.ReduceLROnPlateau("val_loss", factor=0.7, patience=3)
    kept = {} if folder is None else {"checkpoint": folder, "resume": True, "checkpoint_seconds": 0.0}
    model.fit(X, Y, batch_size=16, epochs=epochs, validation_split=0.2, verbose=0,
              callbacks=[stop, calm, pl.CSVLogger(log)], **kept)  # fmt: skip
    return model


def newest(folder: Path) -> int:
    """Return the last step for which there seems to be a checkpoint."""
    return max((int(path.name[5:]) for path in folder.glob("step-*") if path.name[5:].isdigit()), default=0)


def killed(folder: Path, log: Path, at_work: bool, seconds: float) -> bool:
    """Train in a child process and kill it after a delay from its start or its first checkpoint."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    before = newest(folder)
    with subprocess.Popen(
        [sys.executable, __file__, folder, log], stdout=subprocess.PIPE, text=True, env=environment
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begins\n"
        while at_work and child.poll() is None and newest(folder) == before:
            time.sleep(0.001)
        time.sleep(seconds)
        child.kill()
        return child.wait() == -signal.SIGKILL


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing is killed at once here")
def test_a_run_that_is_killed_again_and_again_ends_in_the_same_weights(tmp_path):
    run, log = tmp_path / "run", tmp_path / "log.csv"
    straight = train(None, tmp_path / "straight.csv")
    draw, kills, step = random.Random(0), 0, 0
    for turn in range(KILLS):
        kills += killed(run, log, at_work=turn % 3 > 0, seconds=draw.uniform(0.0, 0.4))
        found = read_latest(run) if run.exists() else None
        assert (found.step if found else 0) >= step
        step = found.step if found else 0
    assert kills >= KILLS // 2
    assert step > 0
    resumed = train(run, log)
    for expected, array in zip(straight.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(array, expected)
    assert resumed.history.history == straight.history.history
    assert resumed.history.epoch == list(range(EPOCHS))
    assert log.read_text() == (tmp_path / "straight.csv").read_text()
    assert list(run.glob("*.tmp")) == []


def test_a_finished_run_resumes_to_what_it_was_and_may_be_made_longer(tmp_path):
    finished = train(tmp_path / "run", tmp_path / "log.csv", epochs=3)
    again = train(tmp_path / "run", tmp_path / "log.csv", epochs=3)
    longer = train(tmp_path / "run", tmp_path / "log.csv", epochs=6)
    straight = train(None, tmp_path / "straight.csv", epochs=6)
    for model, expected in ((again, finished), (longer, straight)):
        assert model.history.history == expected.history.history
        for one, other in zip(model.get_weights(), expected.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


if __name__ == "__main__":
    sys.stdout.write("begins\n")
    sys.stdout.flush()
    train(Path(sys.argv[1]), Path(sys.argv[2]))
