"""The methods of Keras behave as expected; mistakes give one clear error."""

from __future__ import annotations

import csv

import jax.numpy as jnp
import keras
import numpy as np
import pytest

import plastica as pl
from plastica.errors import InvalidValue, NotFinite, NotFitted, ShapeError, UnknownName

RNG = np.random.default_rng(0)
ROWS = 20
X = RNG.standard_normal((ROWS, 4)).astype("float32")
Y = (X[:, :1] - 2 * X[:, 1:2]).astype("float32")
ZERO = pl.optimizers.SGD(0.0)  # a run with learning rate 0, to examine its metrics


def network(optimizer="sgd", loss="mse", metrics=("mae",), seed=0):
    model = pl.Sequential([pl.Dense(3, activation="tanh"), pl.Dense(1)], seed=seed)
    model.compile(optimizer=optimizer, loss=loss, metrics=list(metrics))
    return model


def learn(model, x=X, y=Y, **options):
    return model.fit(x, y, **{"verbose": 0, **options})


def weights_equal(first, second):
    return len(first) == len(second) and all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


# Building networks


@pytest.mark.parametrize("make", [
    lambda: pl.Sequential([pl.Dense(3, input_dim=784), pl.Dense(2)]),
    lambda: pl.Sequential([pl.Dense(3, input_shape=(784,)), pl.Dense(2)]),
    lambda: pl.Sequential([pl.Input((784,)), pl.Dense(3), pl.Dense(2)]),
    lambda: built((None, 784)),
    lambda: built((784,)),
    lambda: built([None, 784]),
    lambda: added(pl.Dense(3, input_dim=784), pl.Dense(2)),
    lambda: added(pl.Input(shape=(784,)), pl.Dense(3), pl.Dense(2)),
])  # fmt: skip
def test_every_way_to_say_the_input_gives_the_same_network(make):
    model = make()
    assert model.built
    assert model.input_shape == (None, 784)
    assert model.output_shape == (None, 2)
    assert model.count_params() == 784 * 3 + 3 + 3 * 2 + 2
    assert weights_equal(model.get_weights(), built((None, 784)).get_weights())


def built(shape):
    model = pl.Sequential([pl.Dense(3), pl.Dense(2)])
    model.build(shape)
    return model


def added(*layers):
    model = pl.Sequential()
    for layer in layers:
        model.add(layer)
    return model


def test_parameters_are_counted_as_in_keras():
    kinds = [("Conv2D", (4, 3)), ("BatchNormalization", ()), ("MaxPooling2D", ()), ("Flatten", ()), ("Dense", (5,))]
    theirs = keras.Sequential([keras.Input((8, 8, 2)), *(getattr(keras.layers, kind)(*rest) for kind, rest in kinds)])
    ours = pl.Sequential([pl.Input((8, 8, 2)), *(getattr(pl, kind)(*rest) for kind, rest in kinds)])
    assert ours.count_params() == theirs.count_params()
    assert [a.shape for a in ours.get_weights()] == [a.shape for a in theirs.get_weights()]


@pytest.mark.parametrize(("shape", "match"), [
    (None, r"build\(\) needs the shape of one input"),
    (784, "needs the shape of one input.*got 784"),
    ((None, None, 0), "every size must be at least 1"),
    ((None, 0), "every size must be at least 1"),
    ((None, -4), "every size must be at least 1"),
])  # fmt: skip
def test_shapes_that_are_none_are_refused(shape, match):
    model = pl.Sequential([pl.Dense(2)])
    with pytest.raises(InvalidValue, match=match):
        model.build(shape)
    assert not model.built


@pytest.mark.parametrize(("call", "match"), [
    (lambda: pl.Sequential(["dense"]), "entry 0 is 'dense'; every entry must be a layer"),
    (lambda: pl.Sequential(pl.Dense(2)), r"give a list of layers: Sequential\(\[Dense\(units=2\)\]\)"),
    (lambda: pl.Sequential().add(3), "entry 0 is 3"),
    (lambda: pl.Sequential().pop(), "has no layer"),
    (lambda: pl.Sequential(seed=-1), "seed must be a whole number"),
    (lambda: pl.Sequential(seed="a"), "seed must be a whole number"),
    (lambda: pl.Sequential(seed=True), "seed must be a whole number"),
    (lambda: pl.Sequential().predict(X), "no layers"),
])  # fmt: skip
def test_what_is_no_network_is_refused(call, match):
    with pytest.raises(InvalidValue, match=match):
        call()


def test_layers_that_do_not_fit_are_refused_and_the_network_stays_as_it_was():
    model = pl.Sequential([pl.Dense(3, input_dim=4)])
    before = model.get_weights()
    with pytest.raises(ShapeError, match="layer 1, Conv2D"):
        model.add(pl.Conv2D(2, 3))
    assert len(model.layers) == 1
    assert weights_equal(model.get_weights(), before)
    unbuilt = pl.Sequential([pl.Dense(3), pl.Conv2D(2, 3)])
    for _ in range(2):
        with pytest.raises(ShapeError, match="layer 1, Conv2D"):
            unbuilt.predict(X)


def test_a_network_that_learned_keeps_what_it_learned_when_its_head_is_changed():
    model = network()
    learn(model)
    learned = model.get_weights()
    assert model.pop() == pl.Dense(1)
    assert model.output_shape == (None, 3)
    assert weights_equal(model.get_weights(), learned[:2])
    model.add(pl.Dense(2))
    assert weights_equal(model.get_weights()[:2], learned[:2])
    learn(model, y=np.c_[Y, Y])
    while model.layers:
        model.pop()
    assert not model.built


def test_what_needs_a_shape_says_how_to_give_one():
    model = pl.Sequential([pl.Dense(2)])
    for call in (model.get_weights, model.count_params, lambda: model.set_weights([]), lambda: model.output_shape,
                 lambda: model.input_shape, model.snapshot, lambda: model.restore({})):  # fmt: skip
        with pytest.raises(NotFitted, match=r"Call build\(\(None, 784\)\)"):
            call()


def test_weights_go_out_and_in():
    model, other = built((4,)), built((4,))
    other.set_weights([2 * array for array in model.get_weights()])
    assert weights_equal(other.get_weights(), [2 * array for array in model.get_weights()])
    other.set_weights([array.tolist() for array in model.get_weights()])
    np.testing.assert_array_equal(other.predict(X), model.predict(X))


@pytest.mark.parametrize(("arrays", "error", "match"), [
    ([], ShapeError, r"got 0 arrays; this network has 4: layer 0, Dense kernel \(4, 3\), layer 0, Dense bias"),
    (5, ShapeError, "got int; expected a list"),
    ([np.ones((4, 3)), np.ones(3), np.ones((2, 3)), np.ones(2)], ShapeError,
     r"layer 1, Dense kernel has shape \(3, 2\); got \(2, 3\)"),
    ([np.ones((4, 3)), np.ones(3), np.ones((3, 2)), ["a", "b"]], ValueError, "layer 1, Dense bias.*the text 'a'"),
])  # fmt: skip
def test_weights_that_do_not_fit_are_refused_and_the_own_ones_stay(arrays, error, match):
    model = built((4,))
    before = model.get_weights()
    with pytest.raises(error, match=match):
        model.set_weights(arrays)
    assert weights_equal(model.get_weights(), before)


def test_changing_what_get_weights_gave_changes_no_network():
    model = network()
    learn(model, epochs=0)
    before = model.predict(X)
    for array in model.get_weights():
        if array.flags.writeable:
            array[...] = 0
    np.testing.assert_array_equal(model.predict(X), before)


# Compiling


@pytest.mark.parametrize(("options", "match"), [
    ({"optimizer": "adan"}, 'unknown optimizer "adan"; did you mean "adam"'),
    ({"loss": "mean_square_error"}, 'did you mean "mean_squared_error"'),
    ({"loss": "categorical_cross_entropy"}, 'did you mean "categorical_crossentropy"'),
    ({"metrics": ["acuracy"]}, 'unknown metric "acuracy"; did you mean "accuracy"'),
    ({"metrics": "acuracy"}, 'did you mean "accuracy"'),
    ({"rule": "backprob"}, 'unknown rule "backprob"; did you mean "backprop"'),
])  # fmt: skip
def test_unknown_names_are_told_the_nearest_at_once(options, match):
    with pytest.raises(UnknownName, match=match):
        pl.Sequential([pl.Dense(1)]).compile(**{"optimizer": "adam", "loss": "mse", **options})


class Undeclared(pl.Rule):
    pass


@pytest.mark.parametrize(("options", "match"), [
    ({"loss": None}, r'no loss.*"sparse_categorical_crossentropy".*"mse"'),
    ({"loss": 3}, "loss=3"),
    ({"metrics": [3]}, "metric=3"),
    ({"optimizer": 0.1}, r"0\.1"),
    ({"rule": Undeclared()}, "Undeclared is a class without @declaration"),
])  # fmt: skip
def test_what_cannot_be_compiled_is_refused_at_once(options, match):
    with pytest.raises(InvalidValue, match=match):
        pl.Sequential([pl.Dense(1)]).compile(**{"optimizer": "adam", "loss": "mse", **options})


def test_compiling_again_keeps_the_weights_and_begins_the_optimizer_anew():
    model = network("adam")
    learn(model)
    before = model.get_weights()
    model.compile("adam", "mae")
    assert weights_equal(model.get_weights(), before)
    assert not model.is_trained
    assert list(learn(model).history) == ["loss"]


# Before fit, and with little data


@pytest.mark.filterwarnings("ignore:predict. this network has not been trained")
def test_a_network_answers_and_is_judged_before_it_learned():
    model = network()
    found = model.evaluate(X, Y, verbose=0, return_dict=True)
    error = model.predict(X) - Y
    assert found == pytest.approx({"loss": np.mean(error**2), "mae": np.abs(error).mean()}, rel=1e-5)
    np.testing.assert_array_equal(model(X), model.predict(X))
    uncompiled = pl.Sequential([pl.Dense(3, activation="tanh"), pl.Dense(1)])
    np.testing.assert_array_equal(uncompiled.predict(X), network().predict(X))
    with pytest.raises(NotFitted, match="is not compiled"):
        uncompiled.evaluate(X, Y)


@pytest.mark.filterwarnings("ignore:predict. this network has not been trained")
def test_evaluate_gives_numbers_in_the_form_that_is_asked_for(capsys):
    model = network()
    loss, error = model.evaluate(X, Y)
    assert capsys.readouterr().out == f"loss: {loss:.4f} - mae: {error:.4f}\n"
    assert model.evaluate(X, Y, verbose=0, return_dict=True) == {"loss": loss, "mae": error}
    assert capsys.readouterr().out == ""
    weighted = model.evaluate(X, Y, verbose=0, sample_weight=np.eye(ROWS)[3])[0]
    assert weighted == pytest.approx(float((model.predict(X) - Y)[3, 0] ** 2) / ROWS, rel=1e-4)
    model.compile("sgd", "mse")
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(loss)


@pytest.mark.parametrize("batch_size", [0, -1, 2.5, "32", True])
@pytest.mark.parametrize("what", ["fit", "evaluate", "predict"])
def test_batch_sizes_that_are_none_are_refused(what, batch_size):
    data = (X,) if what == "predict" else (X, Y)
    with pytest.raises(InvalidValue, match=r"batch_size=.* whole number of at least 1"):
        getattr(network(), what)(*data, batch_size=batch_size, verbose=0)


@pytest.mark.parametrize("options", [{"epochs": -1}, {"epochs": 1.5}, {"epochs": "3"}, {"initial_epoch": -1}])
def test_epochs_that_are_none_are_refused(options):
    with pytest.raises(InvalidValue, match="give a whole number of at least 0"):
        learn(network(), **options)


def test_no_epochs_change_nothing_and_give_an_empty_history():
    model = network()
    history = learn(model, epochs=0)
    assert (history.history, history.epoch, history.stopped_by) == ({}, [], "epochs")
    assert learn(model, epochs=3, initial_epoch=5).epoch == []
    assert weights_equal(model.get_weights(), fresh_weights())
    assert model.epochs_trained == 0


def fresh_weights():
    model = network()
    model.build((4,))
    return model.get_weights()


def test_one_row_and_batches_larger_than_the_data_are_fine():
    one = network()
    assert learn(one, X[:1], Y[:1]).epoch == [0]
    assert one.predict(X[:1]).shape == (1, 1)
    large, whole = network(), network()
    learn(large, batch_size=1000, epochs=3)
    learn(whole, batch_size=ROWS, epochs=3)
    assert weights_equal(large.get_weights(), whole.get_weights())


def test_initial_epoch_and_numpy_integers_count_as_in_keras():
    model = network()
    assert learn(model, epochs=np.int64(5), initial_epoch=np.int64(3), batch_size=np.int32(7)).epoch == [3, 4]


# Validation and weights


def test_validation_takes_the_last_rows_and_validation_data_goes_first():
    model = network(ZERO)
    history = learn(model, validation_split=0.25).history
    assert list(history) == ["loss", "mae", "val_loss", "val_mae"]
    error = model.predict(X) - Y
    assert history["val_loss"] == pytest.approx([float(np.mean(error[15:] ** 2))], rel=1e-5)
    assert history["loss"] == pytest.approx([float(np.mean(error[:15] ** 2))], rel=1e-5)
    history = learn(model, validation_split=0.25, validation_data=(X[:5], Y[:5])).history
    assert history["val_loss"] == pytest.approx([float(np.mean(error[:5] ** 2))], rel=1e-5)


def test_weights_of_classes_count_in_training_and_not_in_validation():
    labels = np.arange(ROWS) % 2
    model = pl.Sequential([pl.Dense(1, activation="sigmoid")])
    model.compile(ZERO, "binary_crossentropy")
    history = learn(model, y=labels, class_weight={0: 1.0, 1: 10.0}, validation_split=0.4).history
    answers = model.predict(X)[:, 0].astype(float)
    losses = -np.log(np.where(labels == 1, answers, 1 - answers))
    assert history["loss"] == pytest.approx([np.mean((losses * np.where(labels, 10, 1))[:12])], rel=1e-4)
    assert history["val_loss"] == pytest.approx([np.mean(losses[12:])], rel=1e-4)
    weight = np.linspace(0, 1, ROWS)
    both = learn(model, y=labels, class_weight={0: 1.0, 1: 10.0}, sample_weight=weight).history
    assert both["loss"] == pytest.approx([np.mean(losses * weight * np.where(labels, 10, 1))], rel=1e-4)


def test_own_losses_and_metrics_are_taken_and_named():
    def cubed(y, a):
        return jnp.abs(y - a) ** 3

    def worst(y, a):
        return jnp.max(jnp.abs(y - a), axis=-1)

    model = network(ZERO, cubed, [worst, cubed, pl.losses.Huber()])
    history = learn(model, validation_split=0.5).history
    assert list(history)[:3] == ["loss", "worst", "cubed"]
    error = np.abs(model.predict(X) - Y)
    assert history["loss"] == history["cubed"] == pytest.approx([float(np.mean(error[:10] ** 3))], rel=1e-4)
    assert history["val_worst"] == pytest.approx([float(np.mean(error[10:]))], rel=1e-5)
    assert history["loss"] == pytest.approx([float(np.mean(error[:10] ** 3))], rel=1e-4)


# Output


def test_verbose_shows_nothing_or_lines(capsys):
    model = network()
    learn(model, verbose=0)
    assert capsys.readouterr().out == ""
    learn(model, epochs=3, verbose=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" -")[0] for line in lines] == ["Epoch 1/3", "Epoch 2/3", "Epoch 3/3"]
    assert all("loss: " in line and "mae: " in line for line in lines)
    learn(model, epochs=3, verbose=1)
    assert "Epoch 3/3" in capsys.readouterr().out
    with pytest.raises(InvalidValue, match="verbose is 7"):
        learn(model, verbose=7)


@pytest.mark.parametrize(("callbacks", "match"), [
    ([print], "is not a plastica callback"),
    ("EarlyStopping", "is not a plastica callback"),
    ([pl.EarlyStopping], r"write EarlyStopping\(\)"),
    ([keras.callbacks.EarlyStopping()], "is not a plastica callback"),
])  # fmt: skip
def test_callbacks_of_a_wrong_kind_are_refused_before_anything_is_learned(callbacks, match):
    model = network()
    with pytest.raises(InvalidValue, match=match):
        learn(model, callbacks=callbacks)
    assert not model.is_training
    assert weights_equal(model.get_weights(), fresh_weights())


def test_one_callback_needs_no_list():
    seen = []
    learn(network(), epochs=2, callbacks=pl.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch)))
    assert seen == [0, 1]


# Callbacks in a real run


def test_model_checkpoint_keeps_every_model_and_the_best(tmp_path):
    model = network(pl.optimizers.Adam(0.05))
    every = pl.ModelCheckpoint(tmp_path / "{epoch:02d}.plastica")
    best = pl.ModelCheckpoint(tmp_path / "best.plastica", save_best_only=True)
    weights = pl.ModelCheckpoint(tmp_path / "weights", save_weights_only=True)
    history = learn(model, epochs=6, validation_split=0.5, callbacks=[every, best, weights]).history
    assert sorted(path.name for path in tmp_path.glob("0*")) == [f"0{epoch}.plastica" for epoch in range(1, 7)]
    for epoch in (1, 6):
        kept = pl.load(tmp_path / f"0{epoch}.plastica")
        assert kept.evaluate(X[10:], Y[10:], verbose=0)[0] == pytest.approx(history["val_loss"][epoch - 1], rel=1e-5)
    kept = pl.load(tmp_path / "best.plastica")
    assert kept.evaluate(X[10:], Y[10:], verbose=0)[0] == pytest.approx(min(history["val_loss"]), rel=1e-5)
    other = network(seed=4)
    other.build((4,))
    other.load_weights(tmp_path / "weights")
    assert weights_equal(other.get_weights(), model.get_weights())


def test_csv_logger_writes_the_history(tmp_path):
    history = learn(network(), epochs=4, validation_split=0.5, callbacks=[pl.CSVLogger(tmp_path / "log.csv")])
    with (tmp_path / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["epoch"]) for row in rows] == [0, 1, 2, 3]
    for name, values in history.history.items():
        assert [float(row[name]) for row in rows] == pytest.approx(values)


def test_learning_rates_are_set_from_epoch_to_epoch_and_train_as_if_set_by_hand():
    def halved(epoch, rate):
        return rate / 2 if epoch else rate

    scheduled, by_hand = (network(pl.optimizers.SGD(0.2)) for _ in range(2))
    history = learn(scheduled, epochs=3, callbacks=[pl.LearningRateScheduler(halved)]).history
    assert history["learning_rate"] == pytest.approx([0.2, 0.1, 0.05])
    for epoch, rate in enumerate([0.2, 0.1, 0.05]):
        by_hand.learning_rate = rate
        learn(by_hand, epochs=epoch + 1, initial_epoch=epoch)
    assert weights_equal(scheduled.get_weights(), by_hand.get_weights())
    assert scheduled.learning_rate == pytest.approx(0.05)


def test_the_rate_falls_when_the_loss_hovers():
    model = network(pl.optimizers.SGD(1e-9))
    calm = pl.ReduceLROnPlateau("loss", factor=0.5, patience=2, min_lr=2e-10)
    rates = learn(model, epochs=9, callbacks=[calm]).history["learning_rate"]
    assert rates == pytest.approx([1e-9] * 3 + [5e-10] * 2 + [2.5e-10] * 2 + [2e-10] * 2)


def test_the_learning_rate_is_read_and_set():
    model = network(pl.optimizers.Adam(pl.schedules.ExponentialDecay(0.1, 10, 0.5)))
    assert model.learning_rate == pytest.approx(0.1)
    learn(model, epochs=10)
    assert model.learning_rate == pytest.approx(0.05)
    model.learning_rate = 1
    assert model.learning_rate == 1.0
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(InvalidValue, match="learning_rate"):
            model.learning_rate = wrong
    assert model.learning_rate == 1.0
    with pytest.raises(NotFitted, match="is not compiled"):
        assert pl.Sequential([pl.Dense(1)]).learning_rate


def test_averaged_weights_are_what_is_judged_kept_and_restored():
    model = network(pl.optimizers.SGD(0.3, use_ema=True, ema_momentum=0.5))
    during = []

    def judge(epoch, logs):
        during.append(model.evaluate(X[10:], Y[10:], verbose=0)[0])
        error = model.predict(X[10:]) - Y[10:]
        assert during[-1] == pytest.approx(float(np.mean(error**2)), rel=1e-4)

    stop = pl.EarlyStopping("val_loss", patience=100, restore_best_weights=True)
    watch = pl.LambdaCallback(on_epoch_end=judge)
    history = learn(model, epochs=12, validation_split=0.5, batch_size=2, callbacks=[stop, watch]).history
    assert during == pytest.approx(history["val_loss"], rel=1e-5)
    best = min(history["val_loss"])
    assert model.evaluate(X[10:], Y[10:], verbose=0)[0] == pytest.approx(best, rel=1e-5)
    assert np.mean((model.predict(X[10:]) - Y[10:]) ** 2) == pytest.approx(best, rel=1e-4)


def test_weights_that_are_set_after_an_averaged_run_are_what_answers():
    model = network(pl.optimizers.SGD(0.1, use_ema=True))
    learn(model)
    model.set_weights([np.zeros_like(array) for array in model.get_weights()])
    assert model.evaluate(X, Y, verbose=0)[0] == pytest.approx(float(np.mean(Y**2)), rel=1e-5)
    assert not model.predict(X).any()


# Runs that stop early


class Interrupt(pl.Callback):
    def __init__(self, after):
        self.after = after

    def on_train_batch_end(self, batch, logs=None):
        self.after -= 1
        if not self.after:
            raise KeyboardInterrupt


def test_an_interrupted_run_leaves_a_usable_model_and_history():
    model = network(metrics=[])
    with pytest.raises(KeyboardInterrupt):
        learn(model, epochs=10, batch_size=5, callbacks=[Interrupt(after=10)])
    assert (model.history.stopped_by, model.history.epoch) == ("interrupted", [0, 1])
    assert len(model.history.history["loss"]) == 2
    assert not model.is_training
    assert not weights_equal(model.get_weights(), fresh_weights())
    reached = model.evaluate(X, Y, verbose=0)
    model.learning_rate = 0.0
    assert learn(model, batch_size=5).history["loss"] == pytest.approx([reached], rel=1e-5)


@pytest.mark.parametrize("options", [{"max_steps": 6}, {"max_steps": 2}])
def test_figures_of_an_epoch_that_was_cut_short_do_not_enter_the_next_run(options):
    model = network(ZERO)
    assert learn(model, epochs=10, batch_size=5, **options).stopped_by == "max_steps"
    loss = model.evaluate(X, Y, verbose=0)[0]
    assert learn(model, batch_size=5).history["loss"] == pytest.approx([loss], rel=1e-5)


def test_a_callback_that_fails_ends_the_run_and_the_model_stays_usable():
    def fail(epoch, logs):
        raise RuntimeError("no luck")

    model = network()
    with pytest.raises(RuntimeError, match="no luck"):
        learn(model, epochs=5, callbacks=[pl.LambdaCallback(on_epoch_end=fail)])
    assert not model.is_training
    assert learn(model).stopped_by == "epochs"


def test_a_run_that_met_nan_says_so_in_its_history():
    model = network(pl.optimizers.SGD(1e30))
    with pytest.raises(NotFinite) as error:
        learn(model, 1e3 * X, epochs=50)
    assert model.history.stopped_by == f"not finite: {error.value}"
    assert np.isfinite(model.predict(X)).all()


def test_a_callback_may_stop_the_run():
    model = network()

    def stop(epoch, logs):
        model.stop_training = epoch == 2

    history = learn(model, epochs=9, callbacks=[pl.LambdaCallback(on_epoch_end=stop)])
    assert history.epoch == [0, 1, 2]
    assert learn(model, epochs=2).epoch == [0, 1]


def test_a_resumed_run_wants_the_same_callbacks(tmp_path):
    learn(network(), checkpoint=tmp_path, callbacks=[pl.EarlyStopping("loss")])
    with pytest.raises(InvalidValue, match=r"with the callbacks .*EarlyStopping.*Pass the same callbacks"):
        learn(network(), checkpoint=tmp_path, resume=True)


@pytest.mark.parametrize(("options", "error", "match"), [
    ({"resume": True}, InvalidValue, "needs checkpoint="),
    ({"max_steps": 0}, InvalidValue, "max_steps is 0"),
    ({"time_limit": "soon"}, InvalidValue, "time_limit is 'soon'"),
    ({"until": {"los": 1}}, InvalidValue, 'cannot be inferred from the name "los"'),
    ({"until": {"val_loss": 1}}, UnknownName, 'no metric "val_loss".*validation_split='),
    ({"callbacks": [pl.EarlyStopping("val_loss")]}, UnknownName, 'no metric "val_loss".*validation_split='),
])  # fmt: skip
def test_runs_that_cannot_be_are_refused(options, error, match):
    with pytest.raises(error, match=match):
        learn(network(), **options)


def test_a_network_shows_itself():
    assert repr(network()) == "Sequential([Dense(units=3, activation='tanh'), Dense(units=1)])"


@pytest.mark.filterwarnings("ignore:predict. this network has not been trained")
def test_evaluate_and_predict_tell_their_callbacks():
    told = []

    class Watch(pl.Callback):
        def on_test_begin(self, logs=None):
            told.append(("test begins", logs))

        def on_test_end(self, logs=None):
            told.append(("test ends", logs))

        def on_predict_begin(self, logs=None):
            told.append(("predict begins", logs))

        def on_predict_end(self, logs=None):
            told.append(("predict ends", logs))

    model = pl.Sequential([pl.Dense(1, kernel_initializer="zeros", input_dim=2)])
    model.compile("sgd", "mse")
    watch = Watch()
    model.evaluate(np.ones((3, 2)), np.full(3, 2.0), verbose=0, callbacks=watch)
    model.predict(np.ones((3, 2)), callbacks=[watch])
    ends = {"loss": 4.0}
    assert told == [("test begins", {}), ("test ends", ends), ("predict begins", {}), ("predict ends", {})]
    assert watch.model is model
