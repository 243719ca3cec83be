"""A resumed run equals an uninterrupted one to the bit, with every callback, wherever it was killed."""

from __future__ import annotations

import hashlib
import shutil

import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, PlasticaWarning
from plastica.storage import CheckpointFolder, read_latest
from plastica.training import run as host

X = np.random.default_rng(0).normal(size=(60, 3)).astype("float32")
Y = (X[:, :1] * X[:, 1:2] + 0.3 * X[:, 2:]).astype("float32")
EPOCHS, STEPS = 4, 3


class Remembers(pl.Callback):
    """Counts its calls, records them, and changes the model accordingly."""

    def on_train_begin(self, logs=None):
        self.told, self.drift = [], np.zeros(1, np.float32)

    def on_epoch_begin(self, epoch, logs=None):
        self.told.append(["begin", epoch, self.model.epochs_trained])
        self.drift = self.drift * np.float32(0.5) + np.float32(0.01)
        self.model.set_weights([array + self.drift[0] for array in self.model.get_weights()])

    def on_epoch_end(self, epoch, logs=None):
        self.told.append(["end", epoch, float(logs["loss"]), self.model.epochs_trained])
        logs["a_drift"] = float(self.drift[0])

    def get_state(self):
        return {"told": self.told}

    def set_state(self, state):
        self.told = list(state["told"])

    def get_arrays(self):
        return {"drift": self.drift}

    def set_arrays(self, arrays):
        self.drift = arrays["drift"]


class RemembersSteps(Remembers):
    def on_train_batch_begin(self, batch, logs=None):
        self.told.append(["step begins", batch])

    def on_train_batch_end(self, batch, logs=None):
        self.told.append(["step ends", batch, float(logs["loss"])])
        if batch == 1:
            self.model.learning_rate = self.model.learning_rate * 0.9


CALLBACKS = {
    "none": lambda place: [],
    "halve": lambda place: [pl.LearningRateScheduler(lambda epoch, rate: rate * 0.5)],
    "halve by step": lambda place: [pl.LearningRateScheduler(lambda epoch, rate: rate * 0.5), RemembersSteps()],
    "plateau": lambda place: [pl.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=1.0)],
    "stopping": lambda place: [pl.EarlyStopping("val_loss", patience=2, min_delta=0.05, restore_best_weights=True)],
    "own": lambda place: [Remembers(), pl.CSVLogger(place / "log.csv"), pl.TerminateOnNaN()],
    "own by step": lambda place: [RemembersSteps()],
    "saving by step": lambda place: [pl.ModelCheckpoint(place / "{epoch}-{batch}.plastica", save_freq=2)],
    "saving": lambda place: [pl.ModelCheckpoint(place / "{epoch}.plastica", "val_loss", save_best_only=True)],
    "angles": lambda place: [pl.GradientAlignment(X[:8], Y[:8])],
    "functions": lambda place: [pl.LambdaCallback(on_epoch_begin=lambda epoch, logs: None, needs="logs")],
}


def train(place, which, rate=0.05, **options):
    place.mkdir(exist_ok=True)
    model = pl.Sequential([pl.Dense(4, activation="tanh"), pl.Dropout(0.2), pl.BatchNormalization(), pl.Dense(1)])
    model.compile(pl.optimizers.Adam(rate, use_ema=True), "mse", ["mae"])
    callbacks = CALLBACKS[which](place)
    model.fit(X, Y, batch_size=16, epochs=EPOCHS, validation_split=0.2, verbose=0, callbacks=callbacks, **options)
    return model, callbacks


def outcome(model, callbacks, place):
    told = [callback.told for callback in callbacks if isinstance(callback, Remembers)]
    files = {path.name: path.read_bytes() for path in sorted(place.glob("*.*")) if path.suffix != ".json"}
    history = model.history
    return {
        "history": list(history.history.items()), "epochs": (history.epoch, model.epochs_trained, history.stopped_by),
        "rate": float(model.learning_rate), "told": told, "files": files,
        "weights": [array.tobytes() for array in model.get_weights()],
    }  # fmt: skip


@pytest.fixture
def copies(tmp_path, monkeypatch):
    """Copy the checkpoints and the files of callbacks after each checkpoint, as after a kill at this moment."""
    kept, save = [], CheckpointFolder.save

    def save_and_copy(self, step, arrays, document):
        save(self, step, arrays, document)
        if "first" in str(self.path):
            kept.append((step, shutil.copytree(self.path.parent, tmp_path / f"copy-{len(kept)}")))

    monkeypatch.setattr(CheckpointFolder, "save", save_and_copy)
    # Each call makes one step, so that there is a checkpoint after every step.
    monkeypatch.setattr(host, "SECONDS_A_CALL", 1e-9)
    return kept


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("which", CALLBACKS)
def test_a_run_killed_at_any_place_ends_as_if_it_had_not_been(tmp_path, copies, monkeypatch, which, first):
    options = {"initial_epoch": first}
    expected = outcome(*train(tmp_path / "whole", which, **options), tmp_path / "whole")
    train(tmp_path / "first", which, checkpoint=tmp_path / "first" / "run", checkpoint_seconds=0.0, **options)
    steps = [step for step, _ in copies]
    assert steps[0] == 0
    assert set(steps) == set(range(steps[-1] + 1))
    monkeypatch.undo()
    for _, place in copies if which != "angles" else copies[::4]:
        found = train(place, which, checkpoint=place / "run", resume=True, **options)
        assert outcome(*found, place) == expected


def test_a_rate_that_a_schedule_gives_stays_a_schedule_when_resumed(tmp_path):
    rate = pl.schedules.ExponentialDecay(0.1, 1, 0.8)
    whole, begun, resumed = (tmp_path / name for name in ("whole", "begun", "resumed"))
    expected, _ = train(whole, "plateau", rate)
    train(begun, "plateau", rate, checkpoint=tmp_path / "run", max_steps=4)
    model, _ = train(resumed, "plateau", rate, checkpoint=tmp_path / "run", resume=True)
    for one, other in zip(expected.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def told_of(**options):
    told = []
    hooks = {
        name: lambda epoch, logs, name=name: told.append((name[9:], epoch))
        for name in ("on_epoch_begin", "on_epoch_end")
    }
    model = pl.Sequential([pl.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0, callbacks=pl.LambdaCallback(**hooks), **{"batch_size": 16, **options})
    return told


@pytest.mark.parametrize(("options", "whole", "part"), [
    ({"epochs": 9, "max_steps": 8}, 2, 0), ({"epochs": 9, "max_steps": 5}, 1, 1), ({"epochs": 1}, 1, 0),
    ({"epochs": 9, "until": {"loss": 1e9}}, 1, 0), ({"epochs": 9, "time_limit": 1e-9}, 0, 1),
    ({"epochs": 9, "initial_epoch": 4, "max_steps": 4}, 1, 0),
    ({"epochs": 9, "time_limit": 1e-9, "batch_size": 60}, 1, 0),
])  # fmt: skip
def test_no_epoch_is_begun_that_does_not_run(options, whole, part):
    epochs = [options.get("initial_epoch", 0) + epoch for epoch in range(whole + part)]
    expected = [(what, epoch) for epoch in epochs for what in ("begin", "end")]
    assert told_of(**options) == expected[: len(expected) - part]


def test_the_first_checkpoint_is_written_before_the_first_step(tmp_path):
    def fail(epoch, logs):
        found.append(read_latest(tmp_path))
        raise RuntimeError("killed")

    found = []
    model = pl.Sequential([pl.Dense(1)])
    model.compile("sgd", "mse")
    with pytest.raises(RuntimeError):
        model.fit(X, Y, verbose=0, checkpoint=tmp_path, callbacks=pl.LambdaCallback(on_epoch_begin=fail))
    assert found[0].step == 0
    # Nothing was trained yet, so a new run overwrites nothing.
    again = pl.Sequential([pl.Dense(1)], seed=1)
    again.compile("sgd", "mse")
    again.fit(X, Y, verbose=0, checkpoint=tmp_path)
    assert read_latest(tmp_path).step == 2


def plain():
    model = pl.Sequential([pl.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_it_is_said_when_there_is_nothing_to_resume(tmp_path, capsys):
    plain().fit(X, Y, verbose=1, checkpoint=tmp_path / "new", resume=True)
    assert "contains no checkpoint to resume from; training starts from the beginning" in capsys.readouterr().out
    plain().fit(X, Y, verbose=0, checkpoint=tmp_path / "quiet", resume=True)
    assert capsys.readouterr().out == ""
    CheckpointFolder(tmp_path / "begun").close()
    with pytest.warns(PlasticaWarning, match="the run that used this folder ended before its first checkpoint"):
        plain().fit(X, Y, verbose=0, checkpoint=tmp_path / "begun", resume=True)


def test_another_first_epoch_is_not_taken_for_the_same_run(tmp_path):
    plain().fit(X, Y, verbose=0, epochs=4, max_steps=4, checkpoint=tmp_path)
    with pytest.raises(InvalidValue, match="initial_epoch=0; this run has 2"):
        plain().fit(X, Y, verbose=0, epochs=4, initial_epoch=2, checkpoint=tmp_path, resume=True)


def test_the_fingerprint_of_a_program_is_that_of_the_first_release():
    """Fields that declarations get later stand in ``ADDED_FIELDS``, so that older checkpoints are resumed."""
    from plastica.training.checkpointing import _first_written

    layers = [
        pl.Conv2D(2, 3, activation="relu"),
        pl.Flatten(),
        pl.Dense(8, activation="tanh", kernel_regularizer="l2"),
        pl.BatchNormalization(),
        pl.Dropout(0.1),
        pl.Reshape((4, 2)),
        pl.LSTM(3),
        pl.Dense(1, activation="sigmoid"),
    ]
    model = pl.Sequential(layers)
    model.build((None, 5, 5, 1))
    model.compile(pl.optimizers.Adam(0.01), "binary_crossentropy", ["accuracy"])
    digest = hashlib.sha256(repr(_first_written(model.program)).encode()).hexdigest()
    assert digest.startswith("8ff96116c982efbf84f12fc8d5ef3832be79dcbb57b5e15b077e310fce4e3ec2"[:16])
