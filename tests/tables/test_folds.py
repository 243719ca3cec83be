"""Folds of an ensemble: training and validation rows of each member."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from plastica.data.reading import read_table
from plastica.estimators import NetworkClassifier
from plastica.evaluation.imbalance import feed_for
from plastica.tables import Settings, TableNetwork
from plastica.tables.folds import deal, folds_for
from plastica.tables.networks import answers_from, network_for
from plastica.tables.preparation import prepare

rng = np.random.default_rng(0)
X = rng.normal(size=(120, 3))
LABELS = np.where(X[:, 0] + 0.5 * rng.normal(size=120) > 0.7, "yes", "no")
TABLE = {"a": X[:, 0], "b": X[:, 1], "c": X[:, 2], "y": LABELS}
SMALL = Settings(layers=(8,), epochs=3, baselines=())


def folds_of(settings, table=TABLE):
    prepared = prepare(read_table(table), "y", settings)
    target = prepared.target
    model = network_for(target.task, target.outputs, prepared.layout, settings)
    feed = feed_for(settings, target, prepared.y, prepared.split.train)
    return folds_for(prepared, model, feed, settings.seed), prepared


def test_every_class_is_dealt_evenly():
    labels = np.array([0] * 50 + [1] * 10)
    folds = deal(60, 4, labels, seed=3)
    for label in (0, 1):
        counts = np.bincount(folds[labels == label], minlength=4)
        assert counts.max() - counts.min() <= 1
    np.testing.assert_array_equal(folds, deal(60, 4, labels, seed=3))
    assert not np.array_equal(folds, deal(60, 4, labels, seed=4))


def test_each_training_and_validation_row_is_left_out_by_one_copy_and_judges_it():
    folds, prepared = folds_of(SMALL)
    assert folds is not None
    np.testing.assert_array_equal(folds.rows, np.sort(np.concatenate(prepared.split[:2])))
    assert folds.left_out.shape == (96, 8)
    np.testing.assert_array_equal(folds.left_out.sum(1), 2)  # four copies of two members
    np.testing.assert_array_equal(folds.left_out[:, ::2], folds.left_out[:, 1::2])
    np.testing.assert_allclose(folds.training_weight.mean(1), 1, rtol=1e-6)
    np.testing.assert_allclose(folds.validation_weight.mean(1), 1, rtol=1e-6)
    assert not (folds.training_weight * folds.validation_weight).any()


@pytest.mark.parametrize(
    "given",
    [{"members": 1}, {"validation": 0.0}, {"network": "mlp"}, {"resample": "over"}, {"resample": "balanced"}],
)
def test_without_an_ensemble_or_with_rows_drawn_there_are_no_folds(given):
    assert folds_of(msgspec.structs.replace(SMALL, **given))[0] is None


def test_rows_in_an_order_of_time_or_in_groups_are_not_dealt_to_folds():
    days = np.datetime64("2024-01-01") + np.arange(120)
    table = {**TABLE, "day": days, "shop": [f"s{n % 12}" for n in range(120)]}
    assert folds_of(msgspec.structs.replace(SMALL, split="time:day"), table)[0] is None
    assert folds_of(msgspec.structs.replace(SMALL, split="group:shop"), table)[0] is None


def test_answers_of_those_who_left_a_row_out_are_the_mean_over_them():
    made = TableNetwork.fit(TABLE, "y", SMALL)
    assert made.facts.training.folds == 4
    x = rng.normal(size=(6, 3)).astype("float32")
    chosen = np.zeros((6, 8), bool)
    chosen[:, 2:4] = True
    found = answers_from(made.model, x, "binary", chosen)
    np.testing.assert_allclose(found[:, 1], made.model.predict(x)[:, 2:4, 0].mean(1), rtol=1e-6)


def test_an_estimator_learns_from_every_row_and_keeps_what_it_learned(tmp_path):
    found = NetworkClassifier(layers=(8,), epochs=3, random_state=0).fit(X, LABELS)
    found.save(tmp_path / "net.plastica")
    again = NetworkClassifier.load(tmp_path / "net.plastica")
    np.testing.assert_array_equal(again.predict_proba(X), found.predict_proba(X))
    same = NetworkClassifier(layers=(8,), epochs=3, random_state=0).fit(X, LABELS)
    np.testing.assert_array_equal(same.predict_proba(X), found.predict_proba(X))
    # A row omitted by one copy trains the others, so that another label changes the predictions.
    other = LABELS.copy()
    other[:30] = np.where(other[:30] == "yes", "no", "yes")
    changed = NetworkClassifier(layers=(8,), epochs=3, random_state=0).fit(X, other)
    assert not np.array_equal(changed.predict_proba(X), found.predict_proba(X))
