"""pl.Population: each member is the network trained alone; folds, early stopping, failures, checkpoints, results."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, TimeSeriesSplit

import plastica as pl
from plastica.errors import DataError, InvalidValue, NotFitted, PlasticaWarning, UnknownName
from plastica.populations.splits import fold_splits

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(60, 4)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


class Squares(pl.data.Blocks):
    sizes, digest = (60,), "sixty rows"

    def read(self, block):
        return X, Y, None


def network(rate=0.05, dropout=0.2, units=6, seed=0):
    layers = [pl.Dense(units, "tanh"), pl.Dropout(dropout), pl.Dense(1, "sigmoid")]
    model = pl.Sequential(layers, seed=seed)
    model.compile(pl.optimizers.Adam(rate), "binary_crossentropy", ["accuracy"])
    return model


def assert_same(model, alone, tolerance=1e-5):
    for one, other in zip(model.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)


def test_members_differ_in_rates_dropout_and_seeds_and_each_is_the_network_alone():
    population = pl.Population(network(), learning_rate=[0.1, 0.01], dropout=[0.0, 0.4], seeds=2)
    history = population.fit(X, Y, 16, 3, verbose=0, validation_split=0.2)
    assert len(population) == 8 and population.members[3].chosen == {"learning_rate": 0.1, "dropout": 0.4}
    for place, member in enumerate(population.members):
        alone = network(member.chosen["learning_rate"], member.chosen["dropout"], seed=member.seed)
        own = alone.fit(X, Y, 16, 3, verbose=0, validation_split=0.2)
        assert_same(population[place], alone)
        for name, values in own.history.items():
            np.testing.assert_allclose(history[place].history[name], values, atol=1e-5)


def test_members_of_other_widths_and_optimizers_are_the_networks_alone():
    grid = {"layers.0.units": [3, 5], "optimizer": ["sgd", pl.optimizers.Adam(0.02)]}
    population = pl.Population(network(), grid)
    population.fit(X, Y, 16, 2, verbose=0)
    for place, member in enumerate(population.members):
        alone = network(units=member.chosen["layers.0.units"])
        alone.compile(member.chosen["optimizer"], "binary_crossentropy", ["accuracy"])
        alone.fit(X, Y, 16, 2, verbose=0)
        assert_same(population[place], alone)


@pytest.mark.parametrize("folds", [4, KFold(3, shuffle=True, random_state=1), TimeSeriesSplit(3)])
def test_folds_train_on_their_rows_and_are_validated_on_the_others(folds):
    population = pl.Population(network(), folds=folds)
    history = population.fit(X, Y, 16, 2, verbose=0)
    assert population.splits is not None and len(population) == len(population.splits)
    for place, (train, held_out) in enumerate(population.splits):
        alone = network()
        data = X[held_out], Y[held_out]
        own = alone.fit(X[train], Y[train], 16, 2, verbose=0, validation_data=data)
        assert_same(population[place], alone)
        np.testing.assert_allclose(history[place].history["val_loss"], own.history["val_loss"], atol=1e-5)


def test_sample_weights_of_held_out_rows_count_and_class_weights_do_not():
    weight = GENERATOR.uniform(0.5, 2, len(X))
    given = {"batch_size": 16, "epochs": 2, "verbose": 0, "class_weight": {0: 1.0, 1: 3.0}}
    population = pl.Population(network(), folds=2)
    history = population.fit(X, Y, sample_weight=weight, **given)
    train, held = population.splits[1]
    alone = network()
    judged = X[held], Y[held], weight[held]
    own = alone.fit(X[train], Y[train], sample_weight=weight[train], validation_data=judged, **given)
    assert_same(population[1], alone)
    np.testing.assert_allclose(history[1].history["val_loss"], own.history["val_loss"], atol=1e-5)


@pytest.mark.parametrize("classes", [None, np.array([0] * 12 + [1] * 25)])
def test_folds_partition_the_rows_and_keep_the_shares_of_classes(classes):
    splits = fold_splits(5, 37, classes, None, seed=3)
    assert sorted(np.concatenate([held for _, held in splits]).tolist()) == list(range(37))
    for train, held in splits:
        assert sorted([*train, *held]) == list(range(37))
        assert len(held) in (7, 8)
        if classes is not None:
            assert abs((classes[held] == 0).sum() - 12 / 5) < 1


def test_scikit_learns_splitters_see_groups_and_classes():
    groups = np.repeat(np.arange(6), 10)
    population = pl.Population(network(), folds=GroupKFold(3))
    population.fit(X, Y, verbose=0, groups=groups)
    for train, held in population.splits:
        assert not set(groups[train]) & set(groups[held])
    population = pl.Population(network(), folds=StratifiedKFold(3))
    population.fit(X, Y, verbose=0)
    expected = list(StratifiedKFold(3).split(X, Y))
    for own, (train, held) in zip(population.splits, expected, strict=True):
        np.testing.assert_array_equal(own.train, train)
        np.testing.assert_array_equal(own.held_out, held)


def test_members_train_on_parts_of_the_rows():
    parts = [range(20), np.arange(60) % 2 == 0]
    population = pl.Population(network(), rows=parts)
    population.fit(X, Y, 16, 2, verbose=0)
    for place, part in enumerate((np.arange(20), np.arange(0, 60, 2))):
        alone = network()
        alone.fit(X[part], Y[part], 16, 2, verbose=0)
        assert_same(population[place], alone)


def test_each_member_stops_early_by_itself_and_has_its_best_weights():
    stopping = pl.EarlyStopping("val_loss", patience=1, restore_best_weights=True)
    given = {"batch_size": 16, "epochs": 15, "verbose": 0, "validation_split": 0.3}
    population = pl.Population(network(0.3), seeds=4)
    history = population.fit(X, Y, callbacks=[stopping], **given)
    epochs = [len(each.epoch) for each in history.histories]
    assert len(set(epochs)) > 1
    for place, model in enumerate(population):
        alone = network(0.3, seed=place)
        own = alone.fit(X, Y, callbacks=[pl.EarlyStopping("val_loss", patience=1, restore_best_weights=True)], **given)
        assert len(own.epoch) == epochs[place] and own.stopped_by[:30] == history[place].stopped_by[:30]
        assert_same(model, alone, 1e-4)
    values = [min(each.history["val_loss"]) for each in history.histories]
    assert history.values() == values
    assert population.best() is population[int(np.argmin(values))]


def test_callbacks_may_be_made_for_each_member():
    seen = {}

    def callbacks(place):
        return [pl.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.setdefault(place, []).append(epoch))]

    pl.Population(network(), seeds=2).fit(X, Y, epochs=3, verbose=0, callbacks=callbacks)
    assert seen == {0: [0, 1, 2], 1: [0, 1, 2]}


def test_a_member_that_fails_is_named_and_the_others_go_on():
    model = pl.Sequential([pl.Dense(4), pl.Dense(1)])
    model.compile("sgd", "mse")
    population = pl.Population(model, learning_rate=[0.01, 1e20])
    with pytest.warns(PlasticaWarning, match=r"1 of 2 members met .*member 1 \(learning_rate=1e\+20\): training met a"):
        history = population.fit(X, X[:, :1], 16, 4, verbose=0)
    assert len(history[0].epoch) == 4 and list(history.failed) == [1]
    ranked = population.ranking()
    assert ranked["failed"].to_list() == [0, 1] and ranked["learning_rate"].to_list() == [0.01, 1e20]
    assert population.best() is population[0]
    predicted = population.predict(X)
    np.testing.assert_array_equal(predicted.mean, population[0].predict(X))
    assert np.isfinite(predicted.members).all() and not predicted.spread.any()


def test_results_are_tables_and_predictions_have_mean_and_spread():
    population = pl.Population(network(), learning_rate=[0.1, 0.01], seeds=3, folds=2)
    history = population.fit(X, Y, 16, 2, verbose=0)
    frame = history.to_frame()
    assert frame.columns[:5] == ["member", "learning_rate", "seed", "fold", "epoch"] and len(frame) == 24
    ranked = population.ranking("val_accuracy")
    first = ranked.row(0, named=True)
    own = [
        value
        for value, columns in zip(history.values("val_accuracy"), history.columns, strict=True)
        if columns["learning_rate"] == first["learning_rate"]
    ]
    assert first["members"] == 6 and first["val_accuracy"] == pytest.approx(np.mean(own))
    assert (
        first["spread"] == pytest.approx(np.std(own, ddof=1)) and first["val_accuracy"] == ranked["val_accuracy"].max()
    )
    assert population.to_frame()["epochs"].to_list() == [2] * 12
    judged = population.evaluate(X, Y)
    assert judged["loss"][5] == pytest.approx(population[5].evaluate(X, Y, verbose=0)[0])
    predicted = population.predict(X)
    every = np.stack([model.predict(X) for model in population])
    np.testing.assert_array_equal(predicted.members, every)
    np.testing.assert_allclose(predicted.mean, every.mean(0), atol=1e-6)
    np.testing.assert_allclose(predicted.spread, every.std(0, ddof=1), atol=1e-6)


def test_training_on_continues_every_member():
    twice, whole = pl.Population(network(), seeds=2), pl.Population(network(), seeds=2)
    twice.fit(X, Y, 16, 2, verbose=0), twice.fit(X, Y, 16, 1, verbose=0)
    whole.fit(X, Y, 16, 3, verbose=0)
    for one, other in zip(twice, whole, strict=True):
        assert one.epochs_trained == 3
        assert_same(one, other, 0)


def test_a_population_that_is_interrupted_resumes_to_the_same_weights(tmp_path):
    def trained(folder, hooks=()):
        population = pl.Population(network(), learning_rate=[0.1, 0.01], folds=3)
        stopping = pl.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
        given = {"checkpoint": folder, "resume": True, "checkpoint_seconds": 0, "callbacks": stopping, "hooks": hooks}
        population.fit(X, Y, 16, 8, verbose=0, **given)
        return population

    def kill(run):
        if run.step >= 3 * run.batches:
            raise KeyboardInterrupt

    whole = trained(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "cut", [kill])
    resumed = trained(tmp_path / "cut")
    for one, other in zip(whole, resumed, strict=True):
        assert_same(one, other, 0)
    assert whole.history.values() == resumed.history.values()


def test_a_line_at_the_end_names_the_best_member(capsys):
    population = pl.Population(network(), seeds=3)
    population.fit(X, Y, 16, 2)
    best = next(place for place, model in enumerate(population) if model is population.best())
    said = capsys.readouterr().out
    assert said.startswith("3 members, 2 epochs in ") and f"best member {best} with" in said


def test_layers_adapt_to_the_rows_of_each_member():
    model = pl.Sequential([pl.Normalization(), pl.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    population = pl.Population(model, folds=2)
    population.fit(X, Y, verbose=0)
    for member, (train, _) in zip(population, population.splits, strict=True):
        np.testing.assert_allclose(member.get_weights()[0], X[train].mean(0), atol=1e-6)


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        ({"learning_rat": [0.1]}, UnknownName, '"learning_rat" stands for no field .*did you mean "learning_rate"'),
        ({"grid": {"layers.1.rates": [0.1]}}, UnknownName, 'did you mean "layers.1.rate"'),
        ({"units": [4]}, InvalidValue, '"units" stands for 2 fields of this model; name one of them: "layers.0.units"'),
        ({"learning_rate": []}, InvalidValue, r"learning_rate=\[\]: an empty grid has no member"),
        ({"dropout": 0.1, "grid": {"layers.1.rate": [0.5]}}, InvalidValue, 'two names stand for "layers.1.rate"'),
        ({"dropout": [1.5]}, InvalidValue, "1.5"),
        ({"grid": []}, InvalidValue, "give at least one dict"),
        ({"grid": [{"dropout": 0.1}], "learning_rate": [1]}, InvalidValue, "put all of them there"),
        ({"folds": 1}, InvalidValue, "folds=1: give at least 2"),
        ({"folds": "five"}, InvalidValue, "folds='five': give a number"),
        ({"folds": 2, "rows": [[0]]}, InvalidValue, "folds already say which rows"),
        ({"rows": []}, InvalidValue, "give at least one part"),
        ({"seeds": 0}, InvalidValue, "seeds=0: give how many, at least 1"),
        ({"seeds": [1, -2]}, InvalidValue, "whole numbers of at least 0"),
        ({"seeds": 10**6}, InvalidValue, "1,000,000 members; give at most 100,000"),
    ],
)
def test_bad_settings_are_refused_in_a_sentence(given, kind, message):
    with pytest.raises(kind, match=message):
        population = pl.Population(network(), **given)
        population.fit(X, Y, verbose=0)


@pytest.mark.parametrize(
    ("made", "fitted", "message"),
    [
        ({"folds": 61}, {}, "folds=61 for 60 rows: every fold needs a row"),
        ({"folds": 3}, {"validation_split": 0.1}, "leave out validation_split"),
        ({"folds": 3}, {"groups": [0] * 60}, "needs a splitter that keeps them together"),
        ({}, {"groups": [0] * 60}, "groups are for folds"),
        ({"folds": GroupKFold(3)}, {}, r"folds=GroupKFold\(.*: The 'groups' parameter should not be None"),
        ({"rows": [[0, 60]]}, {}, "row numbers must be whole numbers from 0 to 59"),
        ({"rows": [[]]}, {}, "give at least one row number"),
        ({"seeds": 2}, {"callbacks": 5}, "is not a plastica callback"),
    ],
)
def test_bad_data_are_refused_in_a_sentence(made, fitted, message):
    with pytest.raises(InvalidValue, match=message):
        pl.Population(network(), **made).fit(X, Y, verbose=0, **fitted)


def test_more_folds_than_rows_of_a_class_are_refused():
    rare = np.where(np.arange(60) < 3, 1, 0)
    with pytest.raises(InvalidValue, match=r"folds=5, but class 1 has only 3 rows.*give at most 3 folds"):
        pl.Population(network(), folds=5).fit(X, rare, verbose=0)
    rare = np.where(np.arange(60) < 1, 1, 0)
    with pytest.raises(InvalidValue, match=r"class 1 has only 1 row, .*leave this class out"):
        pl.Population(network(), folds=5).fit(X, rare, verbose=0)


def test_what_is_not_there_yet_is_said():
    population = pl.Population(network(), seeds=2)
    with pytest.raises(NotFitted, match="call fit"):
        population.predict(X)
    with pytest.raises(InvalidValue, match="give a compiled model"):
        pl.Population(pl.Dense(1))
    with pytest.raises(NotFitted, match="not compiled"):
        pl.Population(pl.Sequential([pl.Dense(1)]), learning_rate=[0.1])
    with pytest.raises(DataError, match="takes arrays in memory"):
        population.fit(((X, Y) for _ in range(2)), verbose=0)
    with pytest.raises(DataError, match="train on blocks and generators one model at a time"):
        population.fit(Squares(), verbose=0)
    sequences = pl.Sequential([pl.Input(batch_shape=(2, 3, 4)), pl.LSTM(2, stateful=True), pl.Dense(1)])
    sequences.compile("sgd", "mse")
    with pytest.raises(InvalidValue, match=r"this network is stateful.*one at a time"):
        pl.Population(sequences, seeds=2).fit(np.ones((4, 3, 4)), np.ones(4), verbose=0)
