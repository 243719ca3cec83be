"""Callbacks: how often they are called, and their equivalence to those of Keras."""

import csv
import json
import os
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

os.environ.setdefault("KERAS_BACKEND", "jax")

import plastica as pl
from plastica.errors import FileError, InvalidValue, MissingExtra, PlasticaWarning, UnknownName
from plastica.schedules import Constant
from plastica.training.callbacks import Callback, LambdaCallback, TerminateOnNaN, as_list, most_needed
from plastica.training.early_stopping import EarlyStopping
from plastica.training.learning_rate import LearningRateScheduler
from plastica.training.loggers import CSVLogger, TensorBoard
from plastica.training.model_checkpoint import ModelCheckpoint
from plastica.training.monitor import better
from plastica.training.plateau import ReduceLROnPlateau


class Model:
    """The parts of a model used by callbacks; its weight is the number of epochs of training."""

    def __init__(self):
        self.weight = 0.0
        self.learning_rate = 0.1
        self.stop_training = False
        self.reason = ""
        self.saved = []

    def stop(self, reason):
        self.stop_training, self.reason = True, reason

    def snapshot(self):
        return {"dense/kernel": np.array([self.weight], np.float32), "norm/moving_mean": np.array([-self.weight])}

    def restore(self, snapshot):
        self.weight = float(snapshot["dense/kernel"][0])
        assert snapshot["norm/moving_mean"][0] == -self.weight

    def save(self, path):
        self.saved.append(path)

    def save_weights(self, path):
        self.saved.append("weights " + path)

    # names of Keras, so that callbacks of Keras can run with the same model
    def get_weights(self):
        return [np.array([self.weight])]

    def set_weights(self, weights):
        self.weight = float(weights[0][0])

    @property
    def optimizer(self):
        return self

    @property
    def program(self):
        return self


def train(callback, figures, name="val_loss", model=None, first=0, begin=True):
    """Run epochs with these logs; return the model and the number of epochs."""
    model = model or Model()
    callback.set_model(model)
    if begin:
        callback.on_train_begin()
    made = 0
    for epoch, value in enumerate(figures, first):
        callback.on_epoch_begin(epoch, {})
        model.weight = epoch + 1.0
        callback.on_epoch_end(epoch, {"loss": 1.0, name: value})
        made += 1
        if model.stop_training:
            break
    return model, made


# --- needs of callbacks


def test_needs_follow_from_the_hooks_a_subclass_has():
    class Silent(Callback):
        def on_train_end(self, logs=None): ...

    class Epochs(Callback):
        def on_epoch_end(self, epoch, logs=None): ...

    class Batches(Callback):
        def on_train_batch_end(self, batch, logs=None): ...

    class OldBatches(Callback):
        def on_batch_begin(self, batch, logs=None): ...

    assert [c().needs for c in (Silent, Epochs, Batches, OldBatches)] == ["epoch", "epoch", "batch", "batch"]


def test_a_subclass_may_say_that_it_wants_figures_alone():
    class Figures(Callback):
        needs = "logs"

        def on_epoch_end(self, epoch, logs=None): ...

    class Deeper(Figures):
        def on_epoch_end(self, epoch, logs=None): ...

    class Untouched(Figures):
        pass

    assert (Figures.needs, Deeper.needs, Untouched.needs) == ("logs", "epoch", "logs")


def test_batch_hooks_win_over_what_a_subclass_says():
    class Both(Callback):
        needs = "logs"

        def on_train_batch_begin(self, batch, logs=None): ...

    class Mixin:
        def on_train_batch_end(self, batch, logs=None): ...

    class Mixed(Mixin, CSVLogger):
        pass

    assert (Both.needs, Mixed.needs) == ("batch", "batch")


def test_own_batch_hook_on_model_checkpoint_is_called():
    class Mine(ModelCheckpoint):
        def on_train_batch_end(self, batch, logs=None): ...

    assert Mine("a").needs == "batch"


def test_hooks_that_are_never_called_are_warned_about():
    with pytest.warns(PlasticaWarning, match="on_test_batch_end will not be called"):

        class Waits(Callback):
            def on_test_batch_end(self, batch, logs=None): ...


def test_built_in_callbacks_ask_for_as_little_as_they_can():
    quick = (TerminateOnNaN(), CSVLogger("x"), LambdaCallback(on_train_end=print))
    slower = (EarlyStopping(), ReduceLROnPlateau(), LearningRateScheduler(lambda e: 0.1), ModelCheckpoint("x"))
    assert {c.needs for c in quick} == {"logs"}
    assert {c.needs for c in slower} == {"epoch"}
    assert most_needed(quick) == "logs"
    assert most_needed([*quick, *slower]) == "epoch"
    assert most_needed([*quick, ModelCheckpoint("x", save_freq=10)]) == "batch"
    assert most_needed([]) == "logs"


def test_keras_old_batch_hooks_are_called():
    class Old(Callback):
        seen = ()

        def on_batch_end(self, batch, logs=None):
            self.seen += (batch,)

    old = Old()
    old.on_train_batch_end(3, {})
    assert old.seen == (3,)


def test_callbacks_come_as_none_one_or_several():
    one = TerminateOnNaN()
    assert as_list(None) == []
    assert as_list(one) == [one]
    assert as_list((one, one)) == [one, one]


def test_what_is_no_callback_is_refused():
    with pytest.raises(InvalidValue, match=r"TerminateOnNaN is a class; write TerminateOnNaN\(\)"):
        as_list([TerminateOnNaN])
    with pytest.raises(InvalidValue, match=r"write TerminateOnNaN\(\)"):
        as_list(TerminateOnNaN)
    with pytest.raises(InvalidValue, match="not a plastica callback"):
        as_list(print)


# --- compared with Keras

FIGURES = st.lists(st.sampled_from([0.1, 0.2, 0.25, 0.3, 0.5, 0.9]), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(
    FIGURES,
    st.integers(0, 3),
    st.sampled_from([0, 0.06]),
    st.sampled_from(["min", "max"]),
    st.sampled_from([None, 0.22]),
    st.booleans(),
    st.integers(0, 3),
)
def test_early_stopping_does_as_keras_does(figures, patience, min_delta, mode, baseline, restore, start):
    from keras.callbacks import EarlyStopping as Peer

    options = {
        "monitor": "val_x",
        "patience": patience,
        "min_delta": min_delta,
        "mode": mode,
        "baseline": baseline,
        "restore_best_weights": restore,
        "start_from_epoch": start,
    }
    found = []
    for callback in (EarlyStopping(**options), Peer(**options)):
        model, made = train(callback, figures, "val_x")
        callback.on_train_end()
        found.append((made, model.stop_training, model.weight, callback.best, callback.wait))
    assert found[0] == found[1]


@settings(max_examples=100, deadline=None)
@given(
    FIGURES,
    st.integers(0, 3),
    st.integers(0, 3),
    st.sampled_from([0, 0.06]),
    st.sampled_from(["min", "max"]),
    st.sampled_from([0.0, 0.03]),
)
def test_reduce_lr_on_plateau_does_as_keras_does(figures, patience, cooldown, min_delta, mode, min_lr):
    from keras.callbacks import ReduceLROnPlateau as Peer

    options = {"monitor": "val_x", "factor": 0.5, "patience": patience, "cooldown": cooldown}
    options |= {"min_delta": min_delta, "mode": mode, "min_lr": min_lr}
    rates = [
        train(callback, figures, "val_x")[0].learning_rate
        for callback in (ReduceLROnPlateau(**options), Peer(**options))
    ]
    assert rates[0] == rates[1]


# --- EarlyStopping


def test_early_stopping_says_why():
    callback = EarlyStopping(patience=2, restore_best_weights=True)
    model, made = train(callback, [0.5, 0.3, 0.4, 0.5, 0.1])
    assert (made, model.weight) == (4, 4.0)
    assert model.reason == "EarlyStopping: val_loss was best at epoch 2 (0.3) and not better for 2 epochs"
    callback.on_train_end()
    assert model.weight == 2.0


def test_early_stopping_speaks_when_verbose(capsys):
    callback = EarlyStopping(patience=1, restore_best_weights=True, verbose=1)
    train(callback, [0.5, 0.3, 0.4])
    callback.on_train_end()
    out = capsys.readouterr().out
    assert "Epoch 3: stopped early" in out
    assert "weights of epoch 2, the best" in out


def test_nan_is_never_better():
    callback = EarlyStopping(patience=2, restore_best_weights=True)
    model, made = train(callback, [float("nan"), float("nan"), 0.5, float("nan"), 0.4, 0.5, 0.5])
    assert (made, model.stop_training, callback.best) == (2, True, None)
    assert "never a number" in model.reason
    patient = EarlyStopping(patience=5)
    train(patient, [float("nan"), 0.5, float("nan"), 0.4])
    assert (patient.best, patient.best_epoch) == (0.4, 3)


def test_a_missing_figure_is_named_with_what_there_is():
    with pytest.raises(
        UnknownName, match=r'EarlyStopping: .* "val_loss"; did you mean "loss"\? Available: loss, acc'
    ) as error:
        train(EarlyStopping(), [0.5], "acc")
    assert "validation_split=" in str(error.value)
    with pytest.raises(UnknownName, match='no metric "val_f1"') as error:
        train(EarlyStopping("val_f1"), [0.5], "val_loss")
    assert "validation_split=" not in str(error.value)
    with pytest.raises(UnknownName, match="ReduceLROnPlateau"):
        train(ReduceLROnPlateau("val_f1"), [0.5])
    with pytest.raises(UnknownName, match="ModelCheckpoint"):
        train(ModelCheckpoint("x", "val_f1", save_best_only=True), [0.5])


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("loss", "min"),
        ("val_loss", "min"),
        ("val_mean_squared_error", "min"),
        ("rmse", "min"),
        ("log_cosh", "min"),
        ("binary_crossentropy", "min"),
        ("false_positives", "min"),
        ("val_accuracy", "max"),
        ("sparse_top_k_categorical_accuracy", "max"),
        ("auc_1", "max"),
        ("auc2", "max"),
        ("val_f1", "max"),
        ("r2", "max"),
        ("f1_score", "max"),
        ("true_negatives", "max"),
        ("cosine_similarity", "max"),
        ("explained_variance", "max"),
        ("temperature", None),
        ("accuracy_loss", None),
        ("", None),
    ],
)
def test_direction_is_read_from_the_name(name, mode):
    assert better(name) == mode


def test_a_name_that_does_not_tell_the_direction_asks_for_it():
    with pytest.raises(InvalidValue, match=r'"temperature".* Set mode="min" or mode="max"'):
        EarlyStopping("temperature")
    assert EarlyStopping("temperature", mode="max").mode == "max"
    with pytest.raises(InvalidValue, match="mode is 'up'; expected 'auto' or 'min' or 'max'"):
        EarlyStopping(mode="up")
    with pytest.raises(InvalidValue, match="patience is -1"):
        EarlyStopping(patience=-1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: EarlyStopping(patience=2, restore_best_weights=True),
        lambda: EarlyStopping(patience=3, baseline=0.3),
        lambda: ReduceLROnPlateau(patience=1, cooldown=1, factor=0.5),
        lambda: ModelCheckpoint("best", save_best_only=True),
        lambda: LearningRateScheduler(lambda epoch, rate: rate * 0.9),
    ],
)
@settings(max_examples=30, deadline=None)
@given(figures=FIGURES, cut=st.integers(0, 12))
def test_resumed_run_equals_straight_run(make, figures, cut):
    straight, one = Model(), make()
    train(one, figures, model=straight)
    one.on_train_end()

    killed, before = Model(), make()
    train(before, figures[:cut], model=killed)
    state = json.loads(json.dumps(before.get_state()))
    arrays = before.get_arrays()
    resumed, after = Model(), make()
    resumed.weight, resumed.stop_training, resumed.saved = killed.weight, killed.stop_training, killed.saved
    after.set_model(resumed)
    after.on_train_begin()
    after.set_state(state)
    after.set_arrays(arrays)
    if not killed.stop_training:
        train(after, figures[cut:], model=resumed, first=min(cut, len(figures)), begin=False)
    after.on_train_end()
    assert (resumed.weight, resumed.learning_rate, resumed.saved) == (
        straight.weight,
        straight.learning_rate,
        straight.saved,
    )
    assert after.get_state() == one.get_state()


# --- learning rate


def test_scheduler_sets_the_rate_before_the_epoch_and_logs_it():
    callback, model = LearningRateScheduler(lambda epoch, rate: rate / 2), Model()
    callback.set_model(model)
    logs = {"loss": 1.0}
    callback.on_epoch_begin(0)
    callback.on_epoch_end(0, logs)
    assert model.learning_rate == 0.05
    assert logs == {"loss": 1.0, "learning_rate": 0.05}


def test_scheduler_takes_a_function_of_the_epoch_alone(capsys):
    model, _ = train(LearningRateScheduler(lambda epoch: 1 / (epoch + 1), verbose=1), [0.5, 0.5])
    assert model.learning_rate == 0.5
    assert capsys.readouterr().out == "Epoch 1: the learning rate is 1.\nEpoch 2: the learning rate is 0.5.\n"


@pytest.mark.parametrize("value", [None, "fast", True, -0.1, float("nan")])
def test_scheduler_refuses_what_is_no_rate(value):
    with pytest.raises(InvalidValue, match=r"the schedule gave .* for epoch 0; expected a number, 0 or above"):
        train(LearningRateScheduler(lambda epoch, rate: value), [0.5])


def test_scheduler_refuses_schedules_of_steps():
    with pytest.raises(InvalidValue, match=r"counts steps, not epochs. Give it to the optimizer"):
        LearningRateScheduler(Constant(0.1))
    with pytest.raises(InvalidValue, match="expected a function"):
        LearningRateScheduler(0.1)


def test_plateau_refuses_factors_that_do_not_reduce(capsys):
    with pytest.raises(InvalidValue, match=r"factor is 1\.5"):
        ReduceLROnPlateau(factor=1.5)
    train(ReduceLROnPlateau(patience=1, verbose=1), [0.5, 0.5])
    assert capsys.readouterr().out == "Epoch 2: val_loss has stopped improving; the learning rate is now 0.01.\n"


# --- ModelCheckpoint


def test_checkpoint_fills_in_epoch_and_figures(tmp_path):
    model, _ = train(ModelCheckpoint(tmp_path / "new" / "{epoch:02d}-{val_loss:.3f}.plastica"), [0.5, 0.25])
    assert model.saved == [str(tmp_path / "new" / f"{name}.plastica") for name in ("01-0.500", "02-0.250")]
    assert (tmp_path / "new").is_dir()


def test_checkpoint_saves_the_best_alone(tmp_path, capsys):
    path = str(tmp_path / "best")
    callback = ModelCheckpoint(
        path, save_best_only=True, save_weights_only=True, verbose=1, initial_value_threshold=0.6
    )
    model, _ = train(callback, [0.7, 0.5, 0.55, float("nan"), 0.4])
    assert model.saved == [f"weights {path}"] * 2
    assert capsys.readouterr().out.splitlines()[-1] == f"Epoch 5: saved {path}, val_loss is 0.4."


def test_checkpoint_every_so_many_steps(tmp_path):
    callback, model = ModelCheckpoint(tmp_path / "{epoch}-{batch}", save_freq=3), Model()
    callback.set_model(model)
    for epoch in range(2):
        callback.on_epoch_begin(epoch)
        for batch in range(4):
            callback.on_train_batch_end(batch, {"loss": 1.0})
        callback.on_epoch_end(epoch, {"loss": 1.0})
    assert model.saved == [str(tmp_path / "1-3"), str(tmp_path / "2-2")]


def test_checkpoint_says_what_is_wrong_with_its_path(tmp_path):
    with pytest.raises(
        UnknownName, match=r"the field 'val_acc', which does not exist in this run. Available: epoch, loss, val_loss"
    ):
        train(ModelCheckpoint("{val_acc}"), [0.5])
    with pytest.raises(InvalidValue, match="cannot be filled in"):
        train(ModelCheckpoint("{val_loss:q}"), [0.5])
    with pytest.raises(InvalidValue, match='expected "epoch" or a number of steps'):
        ModelCheckpoint("x", save_freq="often")
    with pytest.raises(FileError, match="is a folder"):
        train(ModelCheckpoint(tmp_path), [0.5])


def test_checkpoint_without_best_asks_no_direction():
    assert ModelCheckpoint("x", monitor="temperature").needs == "epoch"


# --- small callbacks


def test_terminate_on_nan_stops_quietly():
    callback, model = TerminateOnNaN(), Model()
    callback.set_model(model)
    callback.on_not_finite("the loss is nan in epoch 2, step 3")
    assert model.reason == "not finite: the loss is nan in epoch 2, step 3"


def test_lambda_callback_calls_what_it_was_given():
    seen = []
    callback = LambdaCallback(
        on_train_begin=lambda logs: seen.append("begin"), on_epoch_end=lambda epoch, logs: seen.append(logs["val_loss"])
    )
    assert callback.needs == "epoch"
    train(callback, [0.5, 0.4])
    assert seen == ["begin", 0.5, 0.4]
    assert LambdaCallback(on_train_batch_end=print, needs="logs").needs == "batch"
    assert LambdaCallback(on_epoch_end=print, needs="logs").needs == "logs"


def test_lambda_callback_gets_logs_however_it_is_called():
    seen = []
    callback = LambdaCallback(on_epoch_begin=lambda epoch, logs: seen.append((epoch, logs)), on_train_end=seen.append)
    callback.on_epoch_begin(0)
    callback.on_epoch_begin(1, {"loss": 1.0})
    callback.on_epoch_begin(2, logs={"loss": 2.0})
    callback.on_train_end()
    callback.on_train_end(None)
    assert seen == [(0, {}), (1, {"loss": 1.0}), (2, {"loss": 2.0}), {}, {}]


def test_lambda_callback_refuses_unknown_hooks():
    with pytest.raises(UnknownName, match='unknown hook "on_epoch_ends"; did you mean "on_epoch_end"'):
        LambdaCallback(on_epoch_ends=print)
    with pytest.raises(InvalidValue, match="expected a function"):
        LambdaCallback(on_epoch_end=3)


# --- files


def rows(path, separator=","):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file, delimiter=separator))


def log(callback, values, first=0, begin=True, names=("loss", "val_loss")):
    if begin:
        callback.on_train_begin()
    for epoch, value in enumerate(values, first):
        callback.on_epoch_end(epoch, dict.fromkeys(names, value))


def test_csv_logger_writes_a_line_an_epoch(tmp_path):
    path = tmp_path / "new" / "log.csv"
    callback = CSVLogger(path, separator=";")
    log(callback, [0.5, 1 / 3])
    assert rows(path, ";")[1:] == [["0", "0.5", "0.5"], ["1", str(1 / 3), str(1 / 3)]]
    callback.on_train_end()
    assert rows(path, ";")[0] == ["epoch", "loss", "val_loss"]
    log(callback, [0.1])
    callback.on_train_end()
    assert len(rows(path, ";")) == 2


def test_csv_logger_appends_into_the_columns_there_are(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch,val_loss,loss,accuracy\n0,1,2,3\n")
    callback = CSVLogger(path, append=True)
    callback.on_train_begin()
    callback.on_epoch_end(1, {"loss": 0.1, "val_loss": 0.2})
    callback.on_train_end()
    assert rows(path)[2] == ["1", "0.2", "0.1", "NA"]
    with pytest.raises(FileError, match="has the columns epoch, val_loss, loss, accuracy, but this run also has rmse"):
        log(callback, [0.5], names=("rmse",))
    callback.on_train_end()


@pytest.mark.parametrize("append", [False, True])
@pytest.mark.parametrize("cut", [0, 1, 3])
def test_csv_of_a_resumed_run_equals_that_of_a_straight_run(tmp_path, append, cut):
    paths = tmp_path / "straight.csv", tmp_path / "resumed.csv"
    for path in paths:
        if append:
            log(early := CSVLogger(path), [9.0])
            early.on_train_end()
    values = [0.5, 0.4, 0.3, 0.2]
    straight = CSVLogger(paths[0], append=append)
    log(straight, values)
    straight.on_train_end()

    killed = CSVLogger(paths[1], append=append)
    log(killed, values[:cut])
    state = json.loads(json.dumps(killed.get_state()))
    log(killed, values[cut : cut + 1], first=cut, begin=False)  # written after the checkpoint, then killed
    killed.on_train_end()
    resumed = CSVLogger(paths[1], append=append)
    resumed.on_train_begin()
    resumed.set_state(state)
    log(resumed, values[cut:], first=cut, begin=False)
    resumed.on_train_end()
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_csv_logger_says_what_stands_in_the_way(tmp_path):
    with pytest.raises(FileError, match="is a folder"):
        CSVLogger(tmp_path).on_train_begin()
    with pytest.raises(InvalidValue, match="one character"):
        CSVLogger("x", separator="")


def test_tensorboard_writes_figures_under_keras_names(tmp_path, monkeypatch):
    written = []

    class SummaryWriter:
        def __init__(self, folder):
            self.folder = folder

        def add_scalar(self, name, value, step):
            written.append((Path(self.folder).name, name, value, step))

        def add_histogram(self, name, values, step):
            written.append((Path(self.folder).name, name, len(values), step))

        def close(self):
            written.append("closed")

    monkeypatch.setitem(sys.modules, "tensorboardX", types.SimpleNamespace(SummaryWriter=SummaryWriter))
    callback = TensorBoard(tmp_path)
    assert callback.needs == "logs"
    train(callback, [0.5])
    callback.on_train_end()
    assert written == [("train", "epoch_loss", 1.0, 0), ("validation", "epoch_loss", 0.5, 0), "closed", "closed"]
    histograms = TensorBoard(tmp_path, histogram_freq=2)
    assert histograms.needs == "epoch"
    written.clear()
    train(histograms, [0.5, 0.5])
    assert written.count(("train", "dense/kernel", 1, 0)) == 1
    assert ("train", "dense/kernel", 1, 1) not in written


def test_tensorboard_without_its_package_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(MissingExtra, match=r'pip install "plastica\[tensorboard\]"'):
        TensorBoard("logs")


# --- with a real network


@pytest.fixture(scope="module")
def data():
    x = np.random.default_rng(0).normal(size=(120, 3)).astype(np.float32)
    return x, (x[:, :1] * x[:, 1:2] > 0).astype(np.float32)


def fit(data, callbacks, **options):
    model = pl.Sequential([pl.Dense(4, "tanh"), pl.BatchNormalization(), pl.Dense(1, "sigmoid")])
    model.compile(pl.optimizers.SGD(0.5), "binary_crossentropy", ["accuracy"])
    options = {"epochs": 8, "validation_split": 0.25, "verbose": 0, **options}
    return model, model.fit(*data, callbacks=callbacks, **options)


def test_best_weights_and_running_statistics_come_back(data):
    callback = EarlyStopping(patience=20, restore_best_weights=True)
    model, history = fit(data, [callback], epochs=20)
    best, figure = history.best("val_loss")
    assert best == callback.best_epoch
    held_out = [part[90:] for part in data]
    np.testing.assert_allclose(model.evaluate(*held_out, verbose=0)[0], figure, rtol=1e-5)


def test_early_stopping_ends_a_real_run_and_the_history_says_so(data):
    _, history = fit(data, EarlyStopping("loss", patience=1, min_delta=10.0))
    assert history.epoch == [0, 1]
    assert history.stopped_by.startswith("EarlyStopping: loss was best at epoch 1")


def test_files_hold_what_the_history_holds(data, tmp_path):
    logger = CSVLogger(tmp_path / "log.csv")
    saver = ModelCheckpoint(tmp_path / "{epoch:02d}.plastica")
    model, history = fit(data, [logger, saver], epochs=3)
    written = rows(tmp_path / "log.csv")
    assert written[0] == ["epoch", "loss", "accuracy", "val_loss", "val_accuracy"] == ["epoch", *history.history]
    assert [float(row[3]) for row in written[1:]] == history.history["val_loss"]
    loaded = pl.load(tmp_path / "03.plastica")
    np.testing.assert_array_equal(loaded.predict(data[0]), model.predict(data[0]))
    assert (tmp_path / "01.plastica").exists()


def test_the_rate_changes_and_is_in_the_history(data):
    _, history = fit(data, LearningRateScheduler(lambda epoch, rate: rate / 2), epochs=3)
    assert history.history["learning_rate"] == [0.25, 0.125, 0.0625]
    assert list(history.history)[-1] == "learning_rate"
    _, frozen = fit(data, LearningRateScheduler(lambda epoch: 0.0), epochs=3, shuffle=False)
    assert frozen.history["loss"][0] == pytest.approx(frozen.history["loss"][2], rel=1e-5)


@pytest.mark.parametrize("needs", ["logs", "epoch", "batch"])
def test_each_callback_is_called_in_order_as_often_as_it_needs(data, needs):
    seen = []
    hooks = {
        "on_epoch_begin": lambda epoch, logs: seen.append(("begin", epoch)),
        "on_epoch_end": lambda epoch, logs: seen.append(("end", epoch)),
    }
    if needs == "batch":
        hooks["on_train_batch_end"] = lambda batch, logs: seen.append(("batch", batch))
    fit(data, LambdaCallback(needs=None if needs == "batch" else needs, **hooks), epochs=2)
    steps = [("batch", step) for step in range(3)] if needs == "batch" else []
    assert seen == [("begin", 0), *steps, ("end", 0), ("begin", 1), *steps, ("end", 1)]


def test_how_often_the_host_looks_does_not_change_the_weights(data):
    ends = [
        fit(data, LambdaCallback(**{hook: lambda *a: None}, needs=needs), epochs=3)[0].get_weights()
        for hook, needs in (("on_epoch_end", "logs"), ("on_epoch_end", "epoch"), ("on_train_batch_end", None))
    ]
    for other in ends[1:]:
        for a, b in zip(ends[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_terminate_on_nan_ends_a_real_run_quietly(data):
    x, y = data
    with np.errstate(all="ignore"):
        model = pl.Sequential([pl.Dense(4), pl.Dense(1)])
        model.compile(pl.optimizers.SGD(1e20), "mean_squared_error")
        history = model.fit(x, y, epochs=50, verbose=0, callbacks=[TerminateOnNaN()])
    assert history.stopped_by.startswith("not finite: ")
    assert all(np.isfinite(weights).all() for weights in model.get_weights())
