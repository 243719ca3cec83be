"""pl.cross_validate: folds partition, a fold is the network alone, intervals, nested choice without a leak, errors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.model_selection import KFold, TimeSeriesSplit

import plastica as pl
from plastica.data.folds import deal_groups, deal_in_time
from plastica.errors import DataError, InvalidValue, PlasticaWarning, UnknownName
from plastica.evaluation.over_folds import over_folds
from plastica.populations.cross_parts import RowFacts

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(60, 4)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)


def network(rate=0.05, seed=0):
    model = pl.Sequential([pl.Dense(6, "tanh"), pl.Dense(1, "sigmoid")], seed=seed)
    model.compile(pl.optimizers.Adam(rate), "binary_crossentropy", ["accuracy"])
    return model


@pytest.fixture(scope="module")
def repeated():
    return pl.cross_validate(network(), X, Y, folds=3, repeats=2, batch_size=16, epochs=2)


def test_each_repeat_holds_out_every_row_once_and_deals_them_anew(repeated):
    assert len(repeated) == 6
    for repeat in (0, 1):
        held = [fold.held_out for fold in repeated.folds if fold.repeat == repeat]
        assert sorted(np.concatenate(held).tolist()) == list(range(60))
    for fold in repeated.folds:
        assert sorted([*fold.train, *fold.held_out]) == list(range(60))
        assert abs(Y[fold.held_out].sum() - Y.sum() / 3) < 1
    assert not np.array_equal(repeated.folds[0].held_out, repeated.folds[3].held_out)


@pytest.mark.parametrize("place", [1, 4])
def test_a_fold_is_the_network_alone_on_its_rows(repeated, place):
    fold = repeated.folds[place]
    alone = network(seed=fold.repeat)
    alone.fit(X[fold.train], Y[fold.train], 16, 2, verbose=0)
    found = alone.evaluate(X[fold.held_out], Y[fold.held_out], verbose=0, return_dict=True)
    for name, value in found.items():
        assert repeated.figures[place][name] == pytest.approx(value, abs=1e-5)


def test_out_of_fold_predictions_are_the_mean_over_repeats_of_networks_that_did_not_see_the_row(repeated):
    expected = np.zeros((60, 1))
    for fold, model in zip(repeated.folds, repeated.models, strict=True):
        expected[fold.held_out] += model.predict(X[fold.held_out]) / 2
    np.testing.assert_allclose(repeated.predictions, expected, atol=1e-6)


def test_the_interval_has_the_variance_of_nadeau_and_bengio(repeated):
    values = np.array(repeated.values("accuracy"))
    half = stats.t.ppf(0.975, 5) * np.sqrt((1 / 6 + 20 / 40) * values.var(ddof=1))
    found = repeated.interval("accuracy")
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.value == pytest.approx(half)
    row = repeated.summary().row(1, named=True)
    assert row["metric"] == "accuracy" and row["spread"] == pytest.approx(values.std(ddof=1))
    assert repeated.to_frame().columns == ["repeat", "fold", "training_rows", "held_out_rows", "loss", "accuracy"]
    assert "3 folds x 2 repeats" in repr(repeated)


def test_the_corrected_interval_covers_where_the_uncorrected_one_does_not():
    """The values of folds share a part of their error, with the correlation that the correction assumes."""
    generator, folds = np.random.default_rng(1), 5
    correlation = 1 / folds  # of Nadeau and Bengio: n_test / (n_test + n_train)
    shared = generator.normal(size=(2000, 1)) * np.sqrt(correlation)
    draws = shared + generator.normal(size=(2000, folds)) * np.sqrt(1 - correlation)
    covers = np.mean([(found := over_folds(each, 1 / (folds - 1))).low < 0 < found.high for each in draws])
    plain = np.mean([(found := over_folds(each, 0.0)).low < 0 < found.high for each in draws])
    assert abs(covers - 0.95) < 0.015 and plain < 0.9


def test_a_value_that_never_varies_has_no_interval_and_missing_ones_are_left_out():
    assert over_folds([0.5, 0.5], 0.25).low is None
    assert over_folds([0.5, np.nan, 0.7], 0.5).value == pytest.approx(0.6)


def test_differences_are_paired_by_fold_and_need_the_same_folds(repeated):
    other = pl.cross_validate(network(0.01), X, Y, folds=3, repeats=2, batch_size=16, epochs=2)
    gap = repeated.difference(other)
    assert gap.value == pytest.approx(np.mean(np.subtract(repeated.values(), other.values())))
    with pytest.raises(InvalidValue, match="different folds"):
        repeated.difference(pl.cross_validate(network(), X, Y, folds=3, epochs=1))
    with pytest.raises(UnknownName, match="accuracy"):
        repeated.values("accurcy")


def test_groups_stay_in_one_fold():
    groups = np.repeat(np.arange(12), 5)
    found = pl.cross_validate(network(), X, Y, folds=3, groups=groups)
    for fold in found.folds:
        assert not set(groups[fold.train]) & set(groups[fold.held_out])
    sizes = np.bincount(deal_groups(np.repeat(np.arange(7), [9, 7, 5, 5, 4, 3, 3]), 3, seed=0))
    assert sorted(sizes.tolist()) == [11, 12, 13]  # the largest group first, each to the smallest fold


def test_time_trains_on_the_past_alone_and_leaves_the_first_rows_unpredicted():
    times = GENERATOR.permutation(60)
    found = pl.cross_validate(network(), X, Y, folds=3, times=times)
    for fold in found.folds:
        assert times[fold.train].max() < times[fold.held_out].min()
    first = times < 15
    assert np.isnan(found.predictions[first]).all() and not np.isnan(found.predictions[~first]).any()
    splitter = pl.cross_validate(network(), X, Y, folds=TimeSeriesSplit(3))
    assert [len(fold.train) for fold in splitter.folds] == [15, 30, 45]


def test_rows_of_one_time_are_never_divided():
    blocks = deal_in_time(np.array([1, 1, 1, 1, 1, 2, 3, 4.0, np.nan]), 3)
    assert blocks.tolist() == [-1, -1, -1, -1, -1, 0, 1, 2, -1]


def test_early_stopping_looks_at_training_rows_only():
    stopping = pl.EarlyStopping("val_loss", patience=0)
    found = pl.cross_validate(
        network(0.3), X, Y, 2, epochs=6, batch_size=16, validation_split=0.25, callbacks=[stopping]
    )
    fold = found.folds[0]
    train, held = fold.inside(0.25, RowFacts(60, Y))
    assert sorted([*train, *held]) == sorted(fold.train.tolist())
    alone = network(0.3)
    own = alone.fit(
        X[train], Y[train], 16, 6, verbose=0, callbacks=[pl.EarlyStopping("val_loss", patience=0)],
        validation_data=(X[held], Y[held]),
    )  # fmt: skip
    np.testing.assert_allclose(found.history[0].history["val_loss"], own.history["val_loss"], atol=1e-5)


def test_weights_of_held_out_rows_count_in_their_evaluation():
    weight = GENERATOR.uniform(0.5, 2, 60)
    found = pl.cross_validate(network(), X, Y, 2, sample_weight=weight)
    held = found.folds[0].held_out
    alone = found.models[0].evaluate(X[held], Y[held], sample_weight=weight[held], verbose=0)[0]
    assert found.figures[0]["loss"] == pytest.approx(alone)


def linear():
    model = pl.Sequential([pl.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_nested_choices_are_made_without_the_held_out_rows():
    """A leak is planted: the held-out rows of an outer fold alone favour the rate of 0.5."""
    x = np.ones((24, 1), np.float32)
    y = np.zeros((24, 1), np.float32)
    y[:12] = 4.0  # far from what the other half says
    halves = [(np.arange(12, 24), np.arange(12)), (np.arange(12), np.arange(12, 24))]
    search = pl.Population(linear(), learning_rate=[0.0, 0.4], folds=2)
    found = pl.cross_validate(search, x, y, folds=halves, epochs=3, batch_size=12)
    assert [each["learning_rate"] for each in found.chosen] == [
        _chosen_by_hand(x[train], y[train]) for train, _ in halves
    ]
    changed = y.copy()
    changed[:12] = -100.0  # other held-out targets cannot change what the first fold chose or learned
    again = pl.cross_validate(search, x, changed, folds=halves[:1], epochs=3, batch_size=12)
    assert again.chosen[0] == found.chosen[0]
    np.testing.assert_array_equal(again.models[0].get_weights()[0], found.models[0].get_weights()[0])
    assert not search.models
    assert "learning_rate" in found.to_frame().columns


def _chosen_by_hand(x, y):
    population = pl.Population(linear(), learning_rate=[0.0, 0.4], folds=2)
    population.fit(x, y, epochs=3, batch_size=12, verbose=0)
    return population.ranking()["learning_rate"][0]


def test_a_nested_choice_is_the_network_trained_alone_for_the_epochs_that_were_best():
    stopping = pl.EarlyStopping(patience=1, restore_best_weights=True)
    search = pl.Population(linear(), learning_rate=[0.0, 0.9], folds=2)
    found = pl.cross_validate(search, X, X[:, :1], folds=3, epochs=6, batch_size=10, callbacks=stopping)
    for fold, model, chosen, history in zip(found.folds, found.models, found.chosen, found.history, strict=True):
        by_hand = pl.Population(linear(), learning_rate=[0.0, 0.9], folds=2)
        x, y = X[fold.train], X[fold.train, :1]
        by_hand.fit(x, y, epochs=6, batch_size=10, callbacks=stopping, verbose=0)
        assert chosen["learning_rate"] == by_hand.ranking()["learning_rate"][0]
        best = by_hand.models.index(by_hand.best())
        assert len(history.epoch) == by_hand.history.kept[best] + 1
        alone = linear()
        alone.compile(pl.optimizers.SGD(chosen["learning_rate"]), "mse")
        alone.fit(x, y, 10, len(history.epoch), verbose=0)
        np.testing.assert_allclose(model.get_weights()[0], alone.get_weights()[0], atol=1e-6)


def test_a_population_that_chooses_on_a_share_of_an_outer_fold_keeps_groups_apart():
    groups = np.repeat(np.arange(12), 5)
    seen = []

    class Sees(pl.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(logs["val_loss"])

    search = pl.Population(linear(), learning_rate=[0.0, 0.1], rows=[10, 20])
    found = pl.cross_validate(
        search, X, X[:, :1], folds=2, groups=groups, epochs=2, validation_split=0.3, callbacks=Sees()
    )
    assert len(seen) == 2 * 4 * 2  # folds, members, epochs
    assert {tuple(each) for each in found.chosen} == {("learning_rate", "rows")}


def test_any_search_with_fit_and_best_can_be_nested():
    class Two:
        def __init__(self):
            self.model, self.seen = linear(), []

        def fit(self, x, y=None, **given):
            self.seen.append(len(x))
            self.model.fit(x, y, epochs=1, verbose=0)

        def best(self):
            return self.model

    found = pl.cross_validate(Two(), X, X[:, :1], folds=3, epochs=2)
    assert len(found) == 3 and found.chosen == [{}, {}, {}]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"folds": 61}, "folds=61 for 60 rows: every fold needs a row, so give at most 60"),
        ({"folds": 40}, r"folds=40, but class . has only \d+ rows, so that some folds would be without it"),
        ({"folds": 1}, "give at least 2"),
        ({"folds": None}, "give a number of at least 2"),
        ({"folds": 3, "groups": np.repeat([0, 1], 30)}, "there are only 2 groups, each of which stays in one fold"),
        ({"folds": 3, "times": np.repeat([0, 1], 30)}, "need 4 different times, but there are only 2 times"),
        ({"folds": 3, "repeats": 2, "times": np.arange(60)}, "time has one order"),
        ({"folds": KFold(3), "repeats": 2}, "gives? the same folds|give the same folds again"),
        ({"folds": 3, "repeats": 0}, "repeats=0: give a whole number"),
        ({"folds": [([0, 1, 2], [2, 3])]}, "fold 0 has row 2 in both parts"),
        ({"folds": 3, "groups": np.arange(60), "times": np.arange(60)}, "give one of the two"),
    ],
)
def test_folds_that_do_not_fit_are_one_sentence(given, words):
    with pytest.raises(InvalidValue, match=words):
        pl.cross_validate(network(), X, Y, **given)


def test_groups_of_another_length_and_models_that_are_none_are_refused():
    with pytest.raises(DataError, match="groups has shape"):
        pl.cross_validate(network(), X, Y, 3, groups=[1, 2])
    with pytest.raises(InvalidValue, match=r"with fit\(x, y\) and best\(\)"):
        pl.cross_validate("mlp", X, Y)
    with pytest.raises(InvalidValue, match="choose by the loss on the rows it learned from"):
        pl.cross_validate(pl.Population(network(), seeds=2), X, Y, 2)
    trained = pl.Population(network(), seeds=2, folds=2)
    trained.fit(X, Y, verbose=0)
    with pytest.raises(InvalidValue, match="was trained before"):
        pl.cross_validate(trained, X, Y, 2)


def test_validation_rows_inside_a_fold_keep_groups_and_times_apart():
    groups, times = np.repeat(np.arange(12), 5), GENERATOR.permutation(60)
    fold = pl.cross_validate(network(), X, Y, folds=3, groups=groups).folds[0]
    train, held = fold.inside(0.3, RowFacts(60, Y, groups))
    assert not set(groups[train]) & set(groups[held])
    train, held = fold.inside(0.3, RowFacts(60, Y, None, times))
    assert times[train].max() < times[held].min()


def test_a_column_that_is_the_group_is_refused():
    groups = np.repeat(np.arange(12), 5)
    with pytest.raises(InvalidValue, match="column 4 of x is the group of each row"):
        pl.cross_validate(network(), np.column_stack([X, groups]), Y, folds=3, groups=groups)


def test_copies_of_a_row_in_other_folds_are_reported_and_groups_keep_them_together():
    x, y = np.concatenate([X, X]), np.concatenate([Y, Y])
    with pytest.warns(PlasticaWarning, match="of 120 rows are copies of a row in another fold"):
        pl.cross_validate(network(), x, y, folds=3)
    pl.cross_validate(network(), x, y, folds=3, groups=np.tile(np.arange(60), 2))


def test_a_search_is_nested_and_its_choice_is_trained_again():
    search = pl.Search(linear(), {"learning_rate": [0.0, 0.3], "batch_size": [12]}, strategy="grid", folds=2)
    found = pl.cross_validate(search, X, X[:, :1], folds=2, epochs=2)
    assert [each["learning_rate"] for each in found.chosen] == [0.3, 0.3]
    fold, alone = found.folds[1], linear()
    alone.compile(pl.optimizers.SGD(0.3), "mse")
    alone.fit(X[fold.train], X[fold.train, :1], 12, 2, verbose=0)
    np.testing.assert_allclose(found.models[1].get_weights()[0], alone.get_weights()[0], atol=1e-6)


def test_conformal_intervals_of_out_of_fold_errors_cover_new_rows():
    """The absolute errors of rows that a network did not see are exchangeable with those of new rows (CV+)."""
    generator = np.random.default_rng(3)
    x = generator.normal(size=(400, 1)).astype(np.float32)
    y = 2 * x + generator.normal(size=(400, 1))
    found = pl.cross_validate(linear(), x[:200], y[:200], folds=5, epochs=10)
    intervals = pl.calibration.ConformalIntervals(coverage=0.9).fit(found.predictions[:, 0], y[:200, 0])
    answers = np.mean([model.predict(x[200:]) for model in found.models], axis=0)[:, 0]
    low, high = intervals.predict(answers).T
    assert abs(((low <= y[200:, 0]) & (y[200:, 0] <= high)).mean() - 0.9) < 0.06
