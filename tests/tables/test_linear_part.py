"""A network for numbers that begins as a ridge regression."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV

import plastica as pl
from plastica.data.inputs import as_table
from plastica.errors import InvalidValue
from plastica.evaluation.imbalance import feed_for
from plastica.tables import Settings, TableNetwork, outline_of, prepare
from plastica.tables.folds import folds_for
from plastica.tables.linear_part import PENALTIES, ridge, start_linear_part
from plastica.tables.networks import answers_from, network_of

RNG = np.random.default_rng(0)
ROWS = 240
TABLE = {
    "a": RNG.normal(size=ROWS),
    "delay": np.round(RNG.standard_t(2, ROWS) * 10, 1),
    "place": RNG.choice([f"place {number}" for number in range(25)], ROWS),
    "kind": RNG.choice(["x", "y"], ROWS),
}
TABLE["y"] = 3 * TABLE["a"] + TABLE["delay"] + 5 * (TABLE["kind"] == "x") + RNG.normal(size=ROWS)
LINEAR = Settings(linear_part=True, epochs=2, baselines=())


@pytest.mark.parametrize(("rows", "features"), [(60, 7), (30, 50)])
def test_the_penalty_is_the_one_that_scikit_learn_finds_by_leaving_rows_out(rows, features):
    x = RNG.normal(size=(rows, features)) * np.linspace(0.1, 3, features)
    y = x[:, :2] @ [[1.0, 0.2], [2.0, 0.0]] + RNG.normal(size=(rows, 2)) * [0.1, 3]
    kernel, bias = ridge(x, y)
    for place in (0, 1):
        expected = RidgeCV(PENALTIES).fit(x, y[:, place])
        np.testing.assert_allclose(kernel[:, place], expected.coef_, rtol=1e-6, atol=1e-9)
        assert bias[place] == pytest.approx(expected.intercept_)


@pytest.mark.filterwarnings("ignore:predict. this network has not been trained")
def test_before_training_each_copy_predicts_like_a_ridge_regression_of_its_own_rows():
    prepared = prepare(as_table(TABLE), "y", LINEAR)
    model = network_of(prepared, LINEAR)
    folds = folds_for(prepared, model, feed_for(LINEAR, prepared.target, prepared.y, prepared.split.train), 0)
    start_linear_part(model, prepared, folds)
    codes = prepared.layout.codes[0][0]
    numbers, x = list(prepared.layout.numbers), prepared.x.astype(np.float64)
    x[:, numbers] = x[:, numbers] / np.sqrt(1 - (x[:, numbers] / 3) ** 2)
    others = np.delete(x, codes, axis=1)
    features = np.concatenate([others, np.eye(prepared.layout.codes[0][1])[prepared.x[:, codes].astype(int)]], axis=1)
    answers = model.predict(prepared.x)[..., 0]  # (rows, members)
    assert answers.shape[1] == 8
    train = prepared.split.train  # the range of numbers is theirs
    for member in range(8):
        own = folds.rows[~folds.left_out[:, member]]
        expected = RidgeCV(PENALTIES).fit(features[own], prepared.y[own]).predict(features[train])
        near = np.abs(answers[train, member] - expected) < 0.05
        assert near.mean() > 0.99
    assert "linear part beside the rest" in outline_of(model)


def test_a_nearly_linear_table_with_outliers_is_predicted_better_and_the_file_has_the_linear_part(
    tmp_path,
):
    settings = Settings(linear_part=True, epochs=30, seed=1)
    made = TableNetwork.fit(TABLE, "y", settings)
    plain = TableNetwork.fit(TABLE, "y", Settings(epochs=30, seed=1, baselines=()))
    mae = made.facts.results.scores["network"]["mae"].value
    assert mae < 0.7 * plain.facts.results.scores["network"]["mae"].value
    assert mae < made.facts.results.scores["trees"]["mae"].value
    path = made.save(tmp_path / "made.plastica")
    loaded = pl.load(path)
    np.testing.assert_array_equal(loaded.predict(TABLE).labels, made.predict(TABLE).labels)
    assert loaded.facts.settings.linear_part


@pytest.mark.parametrize(
    ("target", "given", "said"),
    [
        ("kind", {}, "linear_part=True is for numbers; 'kind' is binary"),
        ("y", {"rule": "predictive_coding"}, "linear_part=True is for numbers and rule='backprop'; got regression"),
    ],
)
def test_other_tasks_and_rules_are_refused(target, given, said):
    with pytest.raises(InvalidValue) as refused:
        TableNetwork.fit(TABLE, target, Settings(linear_part=True, **given))
    assert said in str(refused.value)


def test_settings_without_effect_are_refused():
    with pytest.raises(InvalidValue, match="linear_part=True is for network='best', not 'mlp'"):
        Settings(linear_part=True, network="mlp")
    with pytest.raises(InvalidValue, match="linear_part=True is for networks"):
        Settings(linear_part=True, model="trees")


@pytest.mark.filterwarnings("ignore:predict. this network has not been trained")
def test_several_numbers_each_have_a_regression_of_their_own():
    table = TABLE | {"z": TABLE["a"] - TABLE["y"]}
    prepared = prepare(as_table(table), ["y", "z"], LINEAR)
    model = network_of(prepared, LINEAR)
    start_linear_part(model, prepared)
    answers = answers_from(model, prepared.x[prepared.split.train], "regression")
    errors = answers - prepared.y[prepared.split.train]
    assert errors.shape[1] == 2 and (errors.std(0) < 0.2).all()
