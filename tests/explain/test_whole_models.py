"""Whole models: permutation importance, partial dependence, ALE, H-statistic and surrogate trees by closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

import plastica as pl
from plastica.errors import DataError, InvalidValue, ShapeError, UnknownName

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(200, 3))
X[:, 1] = X[:, 0] + 0.1 * X[:, 1]  # strongly correlated


def linear(x):
    return 2 * x[:, 0] - x[:, 2]


def interacting(x):
    return x[:, 0] * x[:, 2] + x[:, 1]


def test_the_importance_in_a_linear_model_is_twice_the_variance_times_the_weight_squared():
    found = pl.explain.permutation_importance(linear, X, linear(X), repeats=60)
    # E (w x - w x')^2 = 2 w^2 var(x) for independent x and x'.
    np.testing.assert_allclose(found.values, [8 * X[:, 0].var(), 0, 2 * X[:, 2].var()], rtol=0.05, atol=1e-12)
    assert found.loss == 0 and found.loss_name == "squared_error"
    assert (np.abs(found.values - [8 * X[:, 0].var(), 0, 2 * X[:, 2].var()]) <= 4 * found.error + 1e-12).all()
    assert found.to_frame()["feature"].to_list() == ["x0", "x2", "x1"]
    assert repr(found).splitlines()[1].startswith("x0 matters most: ")


def test_classes_are_scored_by_their_probabilities_or_by_errors():
    y = (X[:, 0] > 0).astype(int)

    def answer(x):
        p = 1 / (1 + np.exp(-5 * x[:, :1]))
        return np.concatenate([1 - p, p], 1)

    found = pl.explain.permutation_importance(answer, X, y, repeats=20)
    assert found.loss_name == "log_loss"
    assert found.loss == pytest.approx(-np.log(answer(X)[np.arange(200), y]).mean())
    names = np.array(["no", "yes"])[y]
    errors = pl.explain.permutation_importance(answer, X, names, loss="error_rate", output_names=["no", "yes"])
    # Shuffled, a sign is right as often as the two shares of signs agree.
    share = y.mean()
    assert errors.loss == 0 and errors.values[0] == pytest.approx(2 * share * (1 - share), abs=0.05)
    assert errors.values[1:].tolist() == [0, 0]
    with pytest.raises(DataError, match="class 'maybe', which the model does not know"):
        pl.explain.permutation_importance(answer, X, ["maybe"] * 200, output_names=["no", "yes"])


def test_classes_that_are_named_by_numbers_are_no_places():
    """Classes 1 to 3, of which the rows have two: as places, 1 and 2 would be the second and the third class."""
    x = np.random.default_rng(0).normal(size=(300, 3))
    y = np.digitize(x[:, 0], [-0.5, 0.5]) + 1
    model = LogisticRegression(C=100).fit(x, y)
    some = y < 3
    for targets in (y[some], y[some].astype(float), y[some].astype(str)):
        found = pl.explain.permutation_importance(model, x[some], targets, repeats=3)
        assert found.loss == pytest.approx(log_loss(y[some], model.predict_proba(x[some]), labels=[1, 2, 3]))
    assert found.values.argmax() == 0 and found.values[0] > 0
    shown = pl.explain.exact_shap(model, x[:1], x, output=2)
    assert shown.output_names == ("2",)
    assert shown.answers[0, 0] == pytest.approx(model.predict_proba(x[:1])[0, 1])
    changed = pl.explain.counterfactuals(model, x[y == 1][:1], x, wanted=2)
    assert set(model.predict(changed.rows)) == {2}


def test_grouped_features_are_shuffled_as_one():
    def mean(x):
        return x[:, 0] + x[:, 1]

    alone = pl.explain.permutation_importance(mean, X, mean(X))
    both = pl.explain.permutation_importance(mean, X, mean(X), groups={"both": [0, 1]})
    assert both.values[0] > 1.5 * alone.values[:2].sum()


def test_partial_dependence_of_a_linear_effect_is_its_slope():
    found = pl.explain.partial_dependence(linear, X, "x0", grid=7)
    np.testing.assert_allclose(np.diff(found.mean[:, 0]) / np.diff(found.grid), 2)
    np.testing.assert_allclose(found.mean[:, 0], 2 * found.grid - X[:, 2].mean())
    assert found.curves.shape == (200, 7, 1) and found.heterogeneity[0] == pytest.approx(0, abs=1e-12)
    assert found.to_frame().columns == ["output", "value", "effect", "error"]


def test_individual_curves_show_what_the_mean_hides():
    found = pl.explain.partial_dependence(lambda x: np.where(x[:, 2] > 0, x[:, 0], -x[:, 0]), X, 0, grid=[-1.0, 1.0])
    slopes = np.diff(found.curves[..., 0], axis=1) / 2
    np.testing.assert_allclose(slopes[:, 0], np.sign(X[:, 2]))
    assert found.heterogeneity[0] == pytest.approx(np.sign(X[:, 2]).std())


def test_accumulated_effects_of_a_linear_effect_have_its_slope_though_columns_are_correlated():
    found = pl.explain.accumulated_local_effects(linear, X, 0, bins=8)
    np.testing.assert_allclose(np.diff(found.mean[:, 0]) / np.diff(found.grid), 2)
    np.testing.assert_allclose(found.error, 0, atol=1e-12)
    # The mean over rows is 0, up to the place of rows within their bins.
    assert abs(np.interp(X[:, 0], found.grid, found.mean[:, 0]).mean()) < 0.2
    # f = x0 x2: within a bin, x2 is 0 on average, so that x0 has hardly an effect of its own.
    both = pl.explain.accumulated_local_effects(lambda x: x[:, 0] ** 2, X, 0, bins=8)
    np.testing.assert_allclose(np.diff(both.mean[:, 0]), np.diff(both.grid**2))


def test_h_is_zero_for_sums_and_that_of_the_formula_for_products():
    found = pl.explain.h_statistic(interacting, X, most=60)
    own = X[np.unique(np.linspace(0, 199, 60).round().astype(int))]

    def dependence(features):
        made = np.repeat(own[None], len(own), 0)
        made[:, :, features] = own[:, None, features]
        values = interacting(made.reshape(-1, 3)).reshape(len(own), -1).mean(1)
        return values - values.mean()

    joint = dependence([0, 2])
    wanted = np.sqrt(np.square(joint - dependence([0]) - dependence([2])).sum() / np.square(joint).sum())
    assert found.values[0, 2, 0] == pytest.approx(wanted) and wanted > 0.5
    assert found.values[0, 1, 0] == pytest.approx(0, abs=1e-6)
    assert found.to_frame().row(0)[:2] == ("x0", "x2") and "x0 and x2" in repr(found)


def test_a_surrogate_tree_of_a_tree_is_faithful_and_of_noise_is_not():
    found = pl.explain.surrogate_tree(lambda x: np.where(x[:, 2] > 0.5, 3.0, x[:, 0] > 0), X, feature_names=list("abc"))
    assert found.fidelity[0] > 0.98 and "c >" in found.rules and "R2 for the model" in repr(found)
    rough = pl.explain.surrogate_tree(lambda x: np.sin(40 * x[:, 0]) * np.cos(40 * x[:, 2]), X)
    assert rough.fidelity[0] < 0.5
    classes = pl.explain.surrogate_tree(lambda x: np.stack([x[:, 0] > 0, x[:, 0] <= 0], 1), X)
    assert classes.agreement > 0.95


def test_probes_find_the_layer_that_lost_a_property(tmp_path):
    model = pl.Sequential([pl.Dense(3, activation="tanh"), pl.Dense(1, use_bias=False)], seed=0)
    model.build((3,))
    # The last layer keeps the third hidden unit only.
    model.set_weights([np.eye(3), np.zeros(3), np.eye(3)[:, 2:]])
    found = pl.explain.probe_layers(model, X, (X[:, 0] > 0).astype(int))
    scores = found.scores.mean(1)
    assert found.layers[0] == "input" and found.widths == (3, 3, 1) and found.metric == "accuracy"
    assert scores[0] > 0.95 and scores[1] > 0.95 and scores[2] < 0.7 and found.control.max() < 0.7
    numbers = pl.explain.probe_layers(model, X, X[:, 2])
    assert numbers.metric == "R2" and numbers.scores.mean(1)[[0, 2]].min() > 0.8 and "control" in repr(numbers)
    numbers.plot(tmp_path / "probes.svg")
    np.testing.assert_allclose(found.selectivity, scores - found.control)
    assert "A linear probe reads the target best from" in found.sentences()[0]


def test_a_control_task_by_type_is_learnt_by_heart_only():
    model = pl.Sequential([pl.Dense(1, use_bias=False)])
    model.build((8,))
    model.set_weights([np.eye(8)[:, :1]])
    kinds = np.arange(160) % 7
    property_ = (kinds < 3).astype(float)
    rows = np.concatenate([property_[:, None], np.eye(7)[kinds]], 1).astype(np.float32)
    found = pl.explain.probe_layers(model, rows, property_.astype(int), types=kinds, seed=1)
    # The input says the type, so that a probe learns any task; the layer has the property alone.
    assert found.task == "types" and found.control[0] == 1 and found.scores.min() == 1
    assert found.control[1] < 0.9 and found.selectivity[1] > 0.1 > found.selectivity[0]
    with pytest.raises(ShapeError, match="types has 3 values for 160 rows"):
        pl.explain.probe_layers(model, rows, property_, types=[1, 2, 3])
    with pytest.raises(DataError, match="all rows are of the type 'a'"):
        pl.explain.probe_layers(model, rows, property_.astype(int), types=["a"] * 160)


def test_pictures_are_drawn_in_both_languages(tmp_path):
    importance = pl.explain.permutation_importance(linear, X, linear(X), repeats=2)
    importance.plot(tmp_path / "importance.svg")
    pl.explain.partial_dependence(linear, X, 0).plot(tmp_path / "curve.svg", centered=True)
    pl.explain.accumulated_local_effects(linear, X, 0).plot(tmp_path / "local.svg")
    assert "increase of the loss" in (tmp_path / "importance.svg").read_text()
    assert "accumulated local effects" in (tmp_path / "local.svg").read_text()


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda e: e.permutation_importance(linear, X, X[:5, 0]), ShapeError, "5 targets for 200 rows"),
        (lambda e: e.permutation_importance(linear, X, ["a"] * 200), InvalidValue, "needs a number"),
        (lambda e: e.permutation_importance(linear, X, X[:, 0], loss="mse"), InvalidValue, "expected squared_error"),
        (lambda e: e.permutation_importance(linear, X, X[:, 0], repeats=1), InvalidValue, "at least 2"),
        (lambda e: e.permutation_importance(linear, X[:1], [0.0]), DataError, "one row cannot be shuffled"),
        (lambda e: e.partial_dependence(linear, X, "x7"), UnknownName, "no feature 'x7'"),
        (lambda e: e.partial_dependence(linear, X * 0, 0), DataError, "a constant feature has no curve"),
        (lambda e: e.partial_dependence(linear, X, 0, grid=1), InvalidValue, "at least 2 points"),
        (lambda e: e.accumulated_local_effects(linear, X, 0, bins=0), InvalidValue, "at least 1"),
        (lambda e: e.h_statistic(lambda x: x[:, 0], X[:, :1]), InvalidValue, "needs two features"),
        (lambda e: e.probe_layers(linear, X, X[:, 0]), InvalidValue, "has no layers to look at"),
        (lambda e: e.probe_layers(pl.Sequential([pl.Dense(1)]), X, X), ShapeError, "expected one value a row"),
        (lambda e: e.probe_layers(pl.Sequential([pl.Dense(1)]), X, X[:, 0] * 0), DataError, "all 200 rows"),
        (
            lambda e: e.probe_layers(pl.Sequential([pl.Dense(1)]), X, [0] * 199 + [1]),
            DataError,
            "fewer than",
        ),
        (lambda e: e.surrogate_tree(linear, X[:5]), DataError, "5 rows are too few"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, error, said):
    with pytest.raises(error, match=said):
        call(pl.explain)
