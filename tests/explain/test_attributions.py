"""Attributions: closed forms of linear models, values by hand, enumeration, completeness, and what is refused."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, ShapeError, UnknownName
from plastica.explain import cores
from plastica.explain.coalitions import every_coalition
from plastica.explain.explained import explained
from plastica.explain.first_layer import dense_first

RANDOM = np.random.default_rng(0)
BACKGROUND = RANDOM.normal(size=(12, 4))
ROWS = RANDOM.normal(size=(3, 4))
WEIGHTS = np.array([[1.0, -2.0], [0.5, 0.0], [3.0, 1.0], [0.0, 0.25]])
LINEAR = WEIGHTS[None] * (ROWS - BACKGROUND.mean(0))[:, :, None]  # phi_i = w_i (x_i - mean_i)


def linear(x):
    return x @ WEIGHTS + np.array([1.0, -1.0])


def product(x):
    return x[:, 0] * x[:, 1] + x[:, 2] * x[:, 0] + np.abs(x[:, 3])


@pytest.fixture(scope="module")
def network():
    model = pl.Sequential([pl.Dense(8, activation="tanh"), pl.Dense(3, activation="softmax")], seed=1)
    model.build((4,))
    return model


def by_hand(function, row, background):
    """Return Shapley values from their definition: the mean over all orders."""

    def value(coalition):
        made = background.copy()
        made[:, list(coalition)] = row[list(coalition)]
        return function(made).mean()

    found = np.zeros(len(row))
    for order in itertools.permutations(range(len(row))):
        for place, feature in enumerate(order):
            found[feature] += value(order[: place + 1]) - value(order[:place])
    return found / math.factorial(len(row))


@pytest.mark.parametrize("method", ["exact_shap", "kernel_shap", "permutation_shap", "lime", "occlusion"])
def test_a_linear_model_has_its_closed_form(method):
    found = getattr(pl.explain, method)(linear, ROWS, BACKGROUND)
    np.testing.assert_allclose(found.values, LINEAR, atol=1e-9)
    np.testing.assert_allclose(found.baseline, np.tile(linear(BACKGROUND).mean(0), (3, 1)), atol=1e-9)
    np.testing.assert_allclose(found.gap, 0, atol=1e-9)
    assert found.error is None or found.error.max() < 1e-7
    assert found.values.shape == (3, 4, 2)


def test_gradients_of_a_linear_model_have_their_closed_form():
    mean = BACKGROUND.mean(0)
    found = pl.explain.integrated_gradients(linear, ROWS, baseline=mean)
    np.testing.assert_allclose(found.values, LINEAR, atol=1e-5)
    np.testing.assert_allclose(found.gap, 0, atol=1e-5)
    assert "Complete: the values add up" in repr(found)
    times = pl.explain.gradient_times_input(linear, ROWS)
    np.testing.assert_allclose(times.values, WEIGHTS * ROWS[:, :, None], atol=1e-5)
    smooth = pl.explain.smooth_grad(linear, ROWS, samples=4)
    np.testing.assert_allclose(smooth.values, np.tile(WEIGHTS, (3, 1, 1)), atol=1e-5)
    # 24 samples take each of the 12 background rows twice, so that their mean is exact.
    expected = pl.explain.expected_gradients(linear, ROWS, BACKGROUND, samples=24)
    np.testing.assert_allclose(expected.values, LINEAR, atol=1e-5)


def test_exact_values_of_three_features_by_hand():
    # f = x0 x1 + 2 x2 at (2, 3, 5) against 0: the product of 6 is shared by two, and 10 is the third's.
    found = pl.explain.exact_shap(lambda x: x[:, 0] * x[:, 1] + 2 * x[:, 2], [[2.0, 3.0, 5.0]], np.zeros((1, 3)))
    np.testing.assert_allclose(found.values[0, :, 0], [3, 3, 10])
    assert found.baseline.item() == 0 and found.answers.item() == 16


def test_exact_values_are_those_of_the_definition():
    found = pl.explain.exact_shap(product, ROWS, BACKGROUND)
    for row, values in zip(ROWS, found.values, strict=True):
        np.testing.assert_allclose(values[:, 0], by_hand(product, row, BACKGROUND), atol=1e-12)


def test_kernel_shap_with_all_coalitions_is_exact(network):
    found = pl.explain.kernel_shap(network, ROWS, BACKGROUND)
    exact = pl.explain.exact_shap(network, ROWS, BACKGROUND)
    assert found.error is None
    np.testing.assert_allclose(found.values, exact.values, atol=1e-5)
    called = pl.explain.exact_shap(network.predict, ROWS, BACKGROUND)
    np.testing.assert_allclose(called.values, exact.values, atol=1e-6)


def test_products_of_the_first_layer_are_shared_by_all_rows_and_change_nothing():
    first = [pl.Input((4,)), pl.Dense(6, activation="relu")]
    shared = pl.Sequential([*first, pl.Dense(5, activation="tanh"), pl.Dense(1, "sigmoid")], seed=3)
    # A layer in front keeps the first one from being shared.
    whole = pl.Sequential([pl.Input((4,)), pl.Activation("linear"), *shared.layers[1:]], seed=3)
    whole.set_weights(shared.get_weights())
    assert dense_first(explained("test", shared, ROWS)) and not dense_first(explained("test", whole, ROWS))
    for link in ("identity", "logit"):
        one, other = (pl.explain.exact_shap(each, ROWS, BACKGROUND, link=link) for each in (shared, whole))
        np.testing.assert_allclose(one.values, other.values, atol=1e-5)


@pytest.mark.parametrize(
    ("method", "options"), [("kernel_shap", {"evaluations": 200}), ("permutation_shap", {"orders": 20})]
)
def test_estimates_are_within_their_standard_errors(method, options):
    random = np.random.default_rng(3)
    x, background = random.normal(size=(2, 9)), random.normal(size=(4, 9))

    def interacting(x):
        return np.prod(1 + 0.5 * np.tanh(x), 1) + x[:, 0] * x[:, 5]

    exact = pl.explain.exact_shap(interacting, x, background)
    missed = []
    for seed in range(12):
        found = getattr(pl.explain, method)(interacting, x, background, seed=seed, **options)
        np.testing.assert_allclose(found.gap, 0, atol=1e-9)
        missed.append((found.values - exact.values) / found.error)
    # Errors in units of the standard error have a variance of about 1.
    assert 0.6 < np.sqrt(np.square(missed).mean()) < 1.5


def test_integrated_gradients_are_complete(network):
    found = pl.explain.integrated_gradients(network, ROWS, baseline=BACKGROUND.mean(0))
    assert np.abs(found.gap).max() < 1e-4
    by_row = pl.explain.integrated_gradients(network, ROWS, baseline=np.tile(BACKGROUND.mean(0), (3, 1)))
    np.testing.assert_allclose(by_row.values, found.values, atol=1e-6)


def test_expected_gradients_are_integrated_gradients_averaged_over_the_background(network):
    found = pl.explain.expected_gradients(network, ROWS, BACKGROUND, samples=3_000)
    lines = [pl.explain.integrated_gradients(network, ROWS, baseline=each).values for each in BACKGROUND]
    np.testing.assert_allclose(found.values, np.mean(lines, 0), atol=0.01)
    assert np.abs(found.gap).max() < 0.01


def test_a_saturated_unit_fools_the_gradient_but_not_its_integral():
    # Sundararajan et al., section 2: f = 1 - relu(1 - x) from 0 to 2 rises by 1, and is flat at 2.
    import jax.numpy as jnp

    def flat(x):
        return 1 - jnp.maximum(1 - x[:, 0], 0)

    assert pl.explain.gradient_times_input(flat, [[2.0]]).values.item() == 0
    assert pl.explain.integrated_gradients(flat, [[2.0]], steps=400).values.item() == pytest.approx(1, abs=0.01)


def test_the_logit_of_a_softmax_over_two_classes_is_linear():
    model = pl.Sequential([pl.Dense(2, activation="softmax")], seed=2)
    model.build((4,))
    kernel = np.asarray(model.get_weights()[0], np.float64)
    found = pl.explain.exact_shap(model, ROWS, BACKGROUND, link="logit", output=1)
    wanted = (kernel[:, 1] - kernel[:, 0]) * (ROWS - BACKGROUND.mean(0))
    np.testing.assert_allclose(found.values[..., 0], wanted, atol=1e-4)


def test_groups_add_up_their_features(network):
    groups = {"first": [0, "x2"]}
    found = pl.explain.exact_shap(linear, ROWS, BACKGROUND, groups=groups)
    assert found.feature_names == ("first", "x1", "x3")
    np.testing.assert_allclose(found.values[:, 0], LINEAR[:, [0, 2]].sum(1), atol=1e-9)
    gradients = pl.explain.integrated_gradients(network, ROWS, groups=groups)
    alone = pl.explain.integrated_gradients(network, ROWS)
    np.testing.assert_allclose(gradients.values[:, 0], alone.values[:, [0, 2]].sum(1), atol=1e-6)
    with pytest.raises(InvalidValue, match="'x0' is in the groups 'a' and 'b'"):
        pl.explain.exact_shap(linear, ROWS, BACKGROUND, groups={"a": [0], "b": [0, 1]})


def test_images_keep_their_shape_and_patches_are_groups():
    model = pl.Sequential([pl.Flatten(), pl.Dense(2)], seed=1)
    model.build((4, 4, 1))
    images = np.random.default_rng(1).random((2, 4, 4, 1), np.float32)
    found = pl.explain.gradient_times_input(model, images)
    assert found.values.shape == (2, 4, 4, 1, 2)
    kernel = np.asarray(model.get_weights()[0]).reshape(4, 4, 1, 2)
    np.testing.assert_allclose(found.values, images[..., None] * kernel, atol=1e-6)
    squares = pl.explain.patches((4, 4, 1), 2)
    by_patch = pl.explain.exact_shap(model, images, np.zeros((1, 4, 4, 1), np.float32), groups=squares)
    assert by_patch.values.shape == (2, 4, 2)
    np.testing.assert_allclose(by_patch.values[:, 0], found.values[:, :2, :2].sum((1, 2, 3)), atol=1e-5)


def test_estimators_and_data_frames_are_explained():
    import polars
    from sklearn.linear_model import LogisticRegression

    frame = polars.DataFrame({"age": [20, 30, 40, 50], "sex": ["f", "m", "m", "f"]})

    def answer(rows):
        assert rows.columns == ["age", "sex"] and rows["sex"].dtype == polars.String
        return rows["age"].to_numpy() / 10 + (rows["sex"] == "m").to_numpy()

    found = pl.explain.exact_shap(answer, frame[:1], frame)
    np.testing.assert_allclose(found.values[0, :, 0], [-1.5, -0.5])
    assert found.feature_names == ("age", "sex")
    numbers = polars.DataFrame({"whole": [1, 2, 6], "half": [0.5, 1.5, 2.5], "yes": [True, False, True]})

    def mixed(rows):
        assert rows.schema == numbers.schema
        return rows["whole"].to_numpy() + rows["half"].to_numpy() * 2 + rows["yes"].to_numpy()

    found = pl.explain.exact_shap(mixed, numbers[:1], numbers)
    np.testing.assert_allclose(found.values[0, :, 0], [-2, -2, 1 / 3])
    curve = pl.explain.partial_dependence(lambda rows: rows["whole"].to_numpy(), numbers, "whole", grid=[1.5, 2.0])
    assert curve.mean[:, 0].tolist() == [1.5, 2]
    fitted = LogisticRegression().fit(BACKGROUND, BACKGROUND[:, 0] > 0)
    found = pl.explain.exact_shap(fitted, ROWS, BACKGROUND, output="True", link="logit")
    np.testing.assert_allclose(found.values[..., 0], fitted.coef_[0] * (ROWS - BACKGROUND.mean(0)), atol=1e-9)


def test_an_attribution_is_a_table_a_text_and_a_picture(network, tmp_path):
    found = pl.explain.lime(network, ROWS, BACKGROUND, feature_names=list("abcd"), output_names=["x", "y", "z"])
    frame = found.to_frame()
    assert frame.shape == (36, 7) and frame.columns[:4] == ["row", "output", "feature", "value"]
    picked = frame.filter((frame["row"] == 1) & (frame["output"] == "z") & (frame["feature"] == "c")).row(0)
    assert picked[3] == found.values[1, 2, 2] and picked[4] == found.error[1, 2, 2]
    assert "lime of 3 rows, 4 features, 3 outputs" in repr(found) and "R² for rows nearby" in repr(found)
    assert found.fidelity.min() > 0.5
    found.plot(tmp_path / "bars.svg", row=1, output="z", most=3)
    text = (tmp_path / "bars.svg").read_text()
    assert "2 other features" in text and "standard error" in text
    with pytest.raises(InvalidValue, match="row=3"):
        found.plot(row=3)
    with pytest.raises(UnknownName, match="no output 'w'"):
        found.plot(output="w")


def test_all_coalitions_are_listed_once():
    masks = every_coalition(3)
    assert len(np.unique(masks, axis=0)) == 8 and not masks[0].any() and masks[-1].all()


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda e: e.exact_shap(linear, ROWS, BACKGROUND[:, :3]), ShapeError, r"shape \(3,\), rows of x \(4,\)"),
        (lambda e: e.exact_shap(linear, ROWS[0], BACKGROUND), ShapeError, r"expected \(rows, features\)"),
        (lambda e: e.exact_shap(linear, ROWS[:0], BACKGROUND), DataError, "x has no rows"),
        (lambda e: e.exact_shap(linear, ROWS, BACKGROUND * np.nan), DataError, "background has nan at"),
        (lambda e: e.exact_shap(linear, ROWS, BACKGROUND, output=2), UnknownName, "no output 2. Known: 0, 1"),
        (
            lambda e: e.lime(linear, ROWS, BACKGROUND, outputs=1),
            UnknownName,
            "lime: no option 'outputs'; did you mean \"output\"?",
        ),
        (lambda e: e.exact_shap(linear, ROWS, BACKGROUND, link="log"), InvalidValue, 'expected "identity" or "logit"'),
        (lambda e: e.exact_shap(linear, ROWS, BACKGROUND, link="logit"), InvalidValue, "needs probabilities"),
        (lambda e: e.exact_shap(lambda x: x[:, 0] * np.nan, ROWS, BACKGROUND), InvalidValue, "returned nan in 3 of 3"),
        (lambda e: e.exact_shap(lambda x: x[:2], ROWS, BACKGROUND), ShapeError, r"shape \(2, 4\) for 3 rows"),
        (lambda e: e.exact_shap(lambda x: ["a"] * len(x), ROWS, BACKGROUND), InvalidValue, "pass predict_proba"),
        (lambda e: e.exact_shap(7, ROWS, BACKGROUND), InvalidValue, "cannot explain a int"),
        (lambda e: e.exact_shap(lambda x: x[:, 0], np.ones((1, 30)), np.ones((9, 30))), InvalidValue,
         "30 features have 1,073,741,824 coalitions, with 9 background rows 9.66e\\+09 evaluations a row"),
        (lambda e: e.kernel_shap(linear, ROWS, BACKGROUND, evaluations=7), InvalidValue, "expected at least 8"),
        (lambda e: e.permutation_shap(linear, ROWS, BACKGROUND, orders=1), InvalidValue, "at least 2"),
        (lambda e: e.lime(linear, ROWS, BACKGROUND, samples=5), InvalidValue, "too few for 4 features"),
        (lambda e: e.lime(linear, ROWS, BACKGROUND, kernel_width=0), InvalidValue, "width above 0"),
        (lambda e: e.integrated_gradients(linear, ROWS, baseline=[1.0]), ShapeError, r"that of a row, \(4,\)"),
        (lambda e: e.integrated_gradients(np.sin, ROWS), InvalidValue, "JAX cannot trace the function"),
        (lambda e: e.smooth_grad(linear, ROWS, noise=-1), InvalidValue, "at least 0"),
        (lambda e: e.exact_shap(linear, ROWS, BACKGROUND, feature_names=["a"]), ShapeError, "1 names for 4 features"),
        (lambda e: e.patches((4,), 2), ShapeError, "expected .height, width."),
    ],
)  # fmt: skip
def test_what_cannot_be_explained_is_refused(call, error, said):
    with pytest.raises(error, match=said):
        call(pl.explain)


def test_columns_that_the_background_lacks_and_values_outside_of_it_are_told():
    import polars

    frame = polars.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0]})
    with pytest.raises(DataError, match="the background lacks 1 of the 2 columns of x: 'b'"):
        pl.explain.exact_shap(lambda rows: rows["a"].to_numpy(), frame, frame[["a"]])
    found = pl.explain.exact_shap(linear, ROWS + np.array([9, 0, 0, 0]), BACKGROUND)
    assert "row 0: x0 = 10.8" in found.notes[0] and "lies outside of the background" in repr(found)


def test_a_frame_of_mixed_kinds_tells_unusual_values_and_a_background_is_needed():
    import polars

    frame = polars.DataFrame({"age": [1.0, 2.0, 9.0], "town": ["Ayr", "Ely", "Rye"]})

    def answer(rows):
        return rows["age"].to_numpy() + (rows["town"] == "Ayr").to_numpy()

    found = pl.explain.exact_shap(answer, frame[2:], frame[:2])
    assert found.notes == (
        "row 0: age = 9 lies outside of the background, 1 to 2.",
        "row 0: town = 'Rye' does not occur in the background.",
    )
    for method in (pl.explain.exact_shap, pl.explain.lime, pl.explain.occlusion, pl.explain.expected_gradients):
        with pytest.raises(InvalidValue, match="background=None; pass the rows to compare with"):
            method(linear, ROWS, None)
    with pytest.raises(InvalidValue, match=r"expected the model of a run, pl.load\(folder\)"):
        pl.explain.explain_table(pl.NetworkClassifier(), frame)


def test_codes_have_no_gradient():
    model = pl.Sequential([pl.Embedding(5, 2), pl.Flatten(), pl.Dense(1)])
    model.build((3,))
    with pytest.raises(InvalidValue, match="reads whole numbers"):
        pl.explain.integrated_gradients(model, np.array([[0, 1, 2]]))
    found = pl.explain.exact_shap(model, np.array([[0, 1, 2]]), np.array([[3, 3, 3]]))
    np.testing.assert_allclose(found.gap, 0, atol=1e-6)


def test_correlated_features_are_one_group():
    x = RANDOM.normal(size=(50, 5))
    x[:, 3] = -np.exp(x[:, 1])  # the same ranks, reversed
    x[:, 4] = 7  # a constant is like no other
    found = pl.explain.exact_shap(lambda x: x @ np.arange(5.0), x[:2], x, groups="correlated")
    assert found.feature_names == ("x0", "x1, x3", "x2", "x4")
    each = (x[:2] - x.mean(0)) * np.arange(5.0)
    np.testing.assert_allclose(found.values[:, 1, 0], each[:, 1] + each[:, 3], atol=1e-9)
    with pytest.raises(DataError, match=r'groups="correlated" needs 10 rows or more'):
        pl.explain.occlusion(product, ROWS, BACKGROUND[:5], groups="correlated")
    with pytest.raises(InvalidValue, match='expected "correlated", a dict of names'):
        pl.explain.occlusion(product, ROWS, BACKGROUND, groups="similar")
    with pytest.raises(InvalidValue, match=r"is for rows of numbers"):
        pl.explain.occlusion(lambda x: x.sum((1, 2)), np.ones((1, 3, 3)), np.ones((12, 3, 3)), groups="correlated")


def test_rows_shared_by_cores_come_back_in_order(monkeypatch):
    monkeypatch.setattr(cores, "count_cores", lambda: 3)
    x = np.arange(14.0).reshape(7, 2)
    seen = []

    def program(rows):
        seen.append(len(rows))
        return rows.sum(1, keepdims=True)

    np.testing.assert_allclose(cores.on_each_core(program, x, 10**7), x.sum(1, keepdims=True))
    assert seen == [3, 3, 3]  # the last one filled up
    cores.on_each_core(program, x, 10)
    assert seen[3:] == [7]  # little work is one call


def test_large_images_need_no_square_of_their_values():
    # As many values as an image of 224 x 224 x 3: an array of all pairs of them would take 22 GB.
    x = np.zeros((1, 224, 224, 3), np.float32)
    x[0, 3, 4, 1] = 2
    found = pl.explain.gradient_times_input(lambda x: x[:, 3, 4, 1] + x[:, 0, 0, 0], x)
    assert found.values[0, 3, 4, 1, 0] == 2 and found.values.sum() == 2
    with pytest.raises(InvalidValue, match=r"exact_shap: 150,528 features have 2\^150528 coalitions\. Use"):
        pl.explain.exact_shap(lambda x: x.sum((1, 2, 3)), x, x)
