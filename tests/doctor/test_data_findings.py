"""Findings of data and fit: planted with known numbers, and silence on the healthy twin."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.doctor.fits import column_correlations, fit_findings, never_predicted
from plastica.doctor.inputs import input_findings
from plastica.doctor.labels import (
    label_errors,
    memorized_labels,
    noisy_labels,
    overlap_share,
    permutation_value,
    suspect_labels,
)
from plastica.doctor.more_data import more_data
from plastica.doctor.out_of_sample import OutOfSample
from plastica.doctor.parts import part_findings
from plastica.doctor.targets import target_findings
from plastica.doctor.tasks import TaskRows, read_rows
from plastica.populations.power_law import PowerLaw

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 4))
NOISE = RNG.normal(size=400)
Z = X[:, 0] + X[:, 1] * X[:, 2]


def linear(**options):
    model = pl.Sequential([pl.Dense(1, input_dim=4, **options)])
    model.compile("sgd", "mse")
    return model


def numbers(x, y, answers=None):
    answers = y + 0.3 * NOISE[: len(y)] if answers is None else answers
    return TaskRows("regression", x, y[:, None], answers[:, None], np.arange(len(x)))


def classes(x, y, shares=None):
    """Return rows of two classes, predicted with the probability .9 for the right one unless it is given."""
    shares = np.where(y == 1, 0.9, 0.1) if shares is None else shares
    return TaskRows("binary", x, y, np.stack([1 - shares, shares], axis=1), np.arange(len(x)))


def codes(found):
    return {each.code: each for each in found}


def of_inputs(x, y=None, model=None, names=()):
    return codes(input_findings(model or linear(), numbers(x, Z[: len(x)] if y is None else y), names))


def test_a_healthy_table_has_no_findings():
    assert of_inputs(X) == {}
    assert codes(part_findings(numbers(X[:200], Z[:200]), numbers(X[200:], Z[200:]), ())) == {}
    assert codes(fit_findings(numbers(X[:200], Z[:200]), numbers(X[200:], Z[200:]), ())) == {}


def test_constant_and_collinear_columns_are_named():
    found = of_inputs(np.column_stack([X[:, :3], np.full(400, 7.0)]), names=("a", "b", "c", "d"))
    assert found["constant_inputs"].data["columns"] == "d"
    found = of_inputs(np.column_stack([X[:, :3], X[:, 0] + 2 * X[:, 1]]), names=("a", "b", "c", "d"))
    assert found["collinear_inputs"].data["columns"] == "a, b, d" and found["collinear_inputs"].severity == "warning"


def test_a_target_that_is_a_column_is_an_identity_map_and_not_also_a_leak():
    assert set(of_inputs(X, X[:, 2])) == {"identity_map"}


def test_a_target_that_is_the_last_step_is_an_identity_map_and_one_that_is_an_earlier_step_is_a_task():
    series = RNG.normal(size=(100, 5, 2))
    found = of_inputs(series, series[:, -1, 1])
    assert found["identity_map"].where == "the last step of feature 1"
    assert found["identity_map"].remedy == "x = x[:, :-1]"
    assert "identity_map" not in of_inputs(series, series[:, 0, 1])
    alone = of_inputs(series[:, :1], series[:, 0, 0], names=("load", "heat"))
    assert alone["identity_map"].where == "the last step of load"


def test_a_column_that_gives_the_target_away_is_a_leak_and_one_with_the_correlation_of_half_is_not():
    paid = np.column_stack([X[:, :3], 5 - 3 * Z + 1e-3 * NOISE])
    found = of_inputs(paid, names=("a", "b", "c", "paid"))["leaking_column"]
    assert found.where == "paid" and found.value > 0.9999 and found.severity == "serious"
    assert "leaking_column" not in of_inputs(np.column_stack([X[:, :3], Z + Z.std() * NOISE]))


def test_scales_of_inputs_and_targets():
    found = of_inputs(X * [1, 1, 50, 1])["unscaled_inputs"]
    assert found.where == "column 2" and found.value == pytest.approx(np.sqrt((X[:, 2] ** 2).mean()) * 50)
    model = pl.Sequential([pl.BatchNormalization(input_shape=(4,)), pl.Dense(1)])
    model.compile("sgd", "mse")
    assert "unscaled_inputs" not in of_inputs(X * [1, 1, 50, 1], model=model)
    assert of_inputs(X, Z * 1000)["unscaled_targets"].data["spread"] == f"{Z.std() * 1000:.3g}"


def test_targets_beyond_tanh_are_out_of_its_reach():
    found = of_inputs(X, model=linear(activation="tanh"))["targets_out_of_reach"]
    assert found.value == pytest.approx((np.abs(Z) > 1).mean()) and found.where == "tanh"
    assert of_inputs(X, np.tanh(Z), linear(activation="tanh")) == {}


def test_a_rare_class_is_named_with_its_share():
    y = (np.arange(400) < 6).astype(int)
    found = codes(input_findings(linear(), classes(X, y), ()))["rare_class"]
    assert (
        found.where == "class 1"
        and found.value == 6 / 400
        and found.severity == "warning"
        and found.data["times"] == 66
    )
    assert codes(input_findings(linear(), classes(X, (X[:, 0] + NOISE > 0).astype(int)), ())) == {}


def test_more_than_a_hundred_parameters_a_row_are_many():
    model = pl.Sequential([pl.Dense(800, "relu", input_dim=4), pl.Dense(1)])
    model.compile("sgd", "mse")
    found = of_inputs(X[:40], model=model)["many_parameters"]
    assert found.data["parameters"] == 4801 and found.value == pytest.approx(4801 / 40)


def series(steps):
    # High for 8 steps and low for 16: 8 steps of low do not tell when the next high begins, 30 do.
    y = (np.arange(420) % 24 < 8) - 1 / 3 + 0.01 * RNG.normal(size=420)
    windows = np.lib.stride_tricks.sliding_window_view(y, steps)[: 420 - steps][..., None]
    model = pl.Sequential([pl.LSTM(3, input_shape=(steps, 1)), pl.Dense(1)])
    model.compile("adam", "mse")
    return codes(input_findings(model, numbers(windows, y[steps:], np.zeros(420 - steps)), ()))


def test_sequences_of_one_step_and_windows_shorter_than_the_season():
    assert set(series(1)) == {"one_step"}
    assert series(8)["short_lookback"].threshold == 24.0
    assert series(30) == {}


def test_copied_rows_and_drift_between_the_parts():
    mixed = np.concatenate([X[100:250], X[350:]])
    found = codes(part_findings(numbers(X[:200], Z[:200]), numbers(mixed, Z[200:]), ()))
    assert found["copied_rows"].value == 0.5 and found["copied_rows"].where == "validation row 0"
    moved = X[200:] + np.array([0, 2.0, 0, 0])
    found = codes(part_findings(numbers(X[:200], Z[:200]), numbers(moved, Z[200:]), ("a", "b", "c", "d")))
    # Two normal distributions two standard deviations apart: AUC = Phi(2 / sqrt 2) = .921
    assert found["drift"].where == "b" and found["drift"].value == pytest.approx(0.921, abs=0.05)


def test_a_gap_between_training_and_validation_rows():
    learn, held_out = numbers(X[:200], Z[:200], Z[:200]), numbers(X[200:], Z[200:], 0.5 * Z[200:])
    found = codes(fit_findings(learn, held_out, ()))["train_test_gap"]
    own = 1 - ((0.5 * Z[200:]) ** 2).sum() / ((Z[200:] - Z[200:].mean()) ** 2).sum()
    assert found.value == pytest.approx(1 - own) and found.data["train"] == "1.000"


def test_a_network_that_knows_less_than_a_forest_underfits():
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    share = np.full(200, 0.5) + 0.01 * NOISE[:200]
    found = codes(fit_findings(classes(X[:200], y[:200], share), classes(X[200:], y[200:], share), ()))
    assert found["underfitting"].value > 0.2 and found["underfitting"].severity == "serious"


def test_probabilities_that_are_too_sure_are_told_with_their_temperature():
    z = RNG.normal(size=400)
    share = 1 / (1 + np.exp(-z))
    y = (RNG.random(400) < share).astype(int)
    rows = [classes(X[part], y[part], 1 / (1 + np.exp(-3 * z[part]))) for part in (slice(200), slice(200, 400))]
    assert codes(fit_findings(*rows, ()))["miscalibrated"].value == pytest.approx(3, abs=1)
    true = [classes(X[part], y[part], share[part]) for part in (slice(200), slice(200, 400))]
    assert "miscalibrated" not in codes(fit_findings(*true, ()))


def test_a_class_that_is_never_predicted_is_named():
    y = (np.arange(400) % 10 == 0).astype(int)
    (found,) = never_predicted(classes(X, y, np.full(400, 0.1)))
    assert found.where == "class 1" and found.data["rows"] == 40
    assert not list(never_predicted(classes(X, y)))


def test_a_network_that_reads_one_column_where_others_would_do():
    y = (X[:, 0] > 0).astype(int)
    x = np.column_stack([2.0 * y - 1 + 0.3 * NOISE, X[:, 0] + 0.3 * NOISE[::-1], X[:, 2:]])
    share = 1 / (1 + np.exp(-6 * x[:, 0]))
    rows = [classes(x[part], y[part], share[part]) for part in (slice(200), slice(200, 400))]
    explained = column_correlations(rows[0])
    assert explained.argmax() == 0 and explained[0] > 0.9
    y2 = (X[:, 0] + X[:, 1] > 0).astype(int)
    fair = [
        classes(X[part], y2[part], 1 / (1 + np.exp(-3 * (X[part, 0] + X[part, 1]))))
        for part in (slice(200), slice(200, 400))
    ]
    assert "shortcut_column" not in codes(fit_findings(*fair, ()))


def test_labels_that_are_noise_are_told_from_labels_that_are_hard():
    noise = RNG.integers(0, 2, 400)
    share = np.clip(0.5 + 0.2 * NOISE, 0.01, 0.99)
    learn, held_out = classes(X[:200], noise[:200], share[:200]), classes(X[200:], noise[200:], share[200:])
    assert codes(noisy_labels(learn, held_out))["noisy_labels"].value > 0.01
    real = (Z > 0).astype(int)
    assert permutation_value(classes(X[:200], real[:200])) == 1 / 200  # no permutation comes near
    failed = classes(X[200:], real[200:], share[200:])  # the network learned nothing, but there is something
    assert codes(noisy_labels(classes(X[:200], real[:200], share[:200]), failed)) == {}


def out_of_sample(rows, learn=None):
    return OutOfSample(rows, len(rows.x) if learn is None else learn, 5, 1.0)


def drawn(spread, wrong=0.0, count=1000):
    """Return two normal classes that are `spread` apart, the true probabilities, and which labels were flipped."""
    generator = np.random.default_rng(4)
    y = generator.integers(0, 2, count)
    x = generator.normal(size=count) + spread * (y - 0.5)
    flipped = generator.random(count) < wrong
    # With labels flipped at that rate, the probability of a label is between that rate and 1 minus it.
    share = wrong + (1 - 2 * wrong) / (1 + np.exp(-spread * x))
    return classes(x[:, None], np.where(flipped, 1 - y, y), share), flipped


@pytest.mark.parametrize("wrong", [0.1, 0.2])
def test_flipped_labels_are_found_and_the_rows_to_look_at_come_first(wrong):
    rows, flipped = drawn(3.0, wrong)
    (found,) = label_errors(out_of_sample(rows, learn=700))
    assert found.value == pytest.approx(wrong, abs=0.03) and found.data["networks"] == 5
    first = str(found.data["numbers"]).split(", ")
    places = [int(each.rpartition(" ")[2]) + 700 * each.startswith("validation") for each in first]
    assert flipped[places].all()


@pytest.mark.parametrize("spread", [1.0, 1.5, 2.0, 3.0])
def test_classes_that_overlap_have_no_wrong_labels(spread):
    assert not list(label_errors(out_of_sample(drawn(spread)[0])))


def test_the_share_of_sure_errors_of_overlapping_classes_is_that_of_a_simulation():
    generator = np.random.default_rng(0)
    y = generator.integers(0, 2, 200_000)
    x = generator.normal(size=len(y)) + 1.5 * (y - 0.5)
    wrong = ((x > 0) != y)[np.argsort(-np.abs(x))]
    third = len(y) // 3
    expected = wrong[:third].sum() / wrong[: 2 * third].sum()
    assert overlap_share(1 - 2 * wrong.mean()) == pytest.approx(expected, abs=0.01)


def test_a_confident_joint_worked_out_by_hand():
    # Class 0 has the mean probability (.9 + .8 + .1) / 3 = .6 where it is the label, class 1 has .75: row 2 is suspect.
    rows = classes(np.zeros((5, 1)), np.array([0, 0, 0, 1, 1]), np.array([0.1, 0.2, 0.9, 0.6, 0.9]))
    assert suspect_labels(rows).places.tolist() == [2]


def test_suspect_labels_that_the_network_repeats_are_learned_by_heart():
    rows, _ = drawn(3.0, 0.2)
    by_heart = classes(rows.x, rows.y)
    (found,) = memorized_labels(out_of_sample(rows), by_heart)
    assert found.value == 1.0 and found.data["rows"] == len(suspect_labels(rows).places)
    assert not list(memorized_labels(out_of_sample(rows), rows))


def test_networks_of_folds_are_trained_where_that_takes_seconds_and_otherwise_it_is_said(monkeypatch):
    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    wrong = np.random.default_rng(1).random(400) < 0.15
    model = pl.Sequential([pl.Dense(8, "relu"), pl.Dense(1, "sigmoid")], seed=0)
    model.compile(pl.optimizers.Adam(0.02), "binary_crossentropy")
    model.fit(X, np.where(wrong, 1 - y, y), epochs=8, verbose=0)
    found = model.diagnose(X, np.where(wrong, 1 - y, y))
    assert "label_errors" in found.codes and found.measures["folds"]["networks"] == 15
    without = model.diagnose(X, y, retrain=False)
    assert "folds" not in without.measures and not any("wrong labels" in str(each) for each in without.unjudged)
    model.history.seconds = 3600.0
    # 6 for each of 49 weights, 400 rows, 8 epochs and 15 networks
    monkeypatch.setattr("plastica.doctor.patient.MOST_WORK", 6 * 49 * 400 * 8 * 15 - 1)
    slow = model.diagnose(X, y)
    assert any("up to 54,000 s: diagnose(..., retrain=True)" in str(each) for each in slow.unjudged)


def test_where_labels_are_noise_no_label_is_named_as_wrong_and_no_step_as_too_short():
    noise = np.random.default_rng(5).integers(0, 2, 400)
    model = pl.Sequential([pl.Dense(32, "relu"), pl.Dense(1, "sigmoid")], seed=0)
    model.compile("adam", "binary_crossentropy")
    model.fit(X[:300], noise[:300], epochs=30, verbose=0)
    found = model.diagnose(X[:300], noise[:300], validation_data=(X[300:], noise[300:])).codes
    assert "noisy_labels" in found and not {"label_errors", "rate_too_small"} & set(found)


def test_a_law_that_promises_less_error_for_more_rows_and_one_at_its_limit():
    (found,) = more_data(PowerLaw(2.0, 0.5, 0.0), 100)  # E(100) = .2, E(200) = .141
    assert found.value == pytest.approx(1 - 0.5**0.5) and (found.data["now"], found.data["then"]) == ("0.2", "0.141")
    assert not list(more_data(PowerLaw(2.0, 0.5, 2.0), 100))


def test_dropping_the_named_columns_leaves_none_that_depends_on_the_others():
    x = np.column_stack([X, X[:, 0] + 2 * X[:, 1], X[:, 2] - X[:, 3]])
    found = of_inputs(x)["collinear_inputs"]
    left = np.delete(x, [int(each) for each in str(found.data["places"]).split()], axis=1)
    assert left.shape[1] == 4 and "collinear_inputs" not in of_inputs(left)


def compiled(activation, loss, metrics=()):
    model = pl.Sequential([pl.Dense(3, activation, input_dim=2)])
    model.compile("sgd", loss, metrics=list(metrics))
    return model


def test_targets_that_do_not_suit_softmax_or_accuracy_are_told():
    several = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0], [1, 0, 0]])
    for loss in ("categorical_crossentropy", "binary_crossentropy"):
        found = codes(target_findings(compiled("softmax", loss), several))["competing_labels"]
        assert found.value == 0.5 and "sigmoid" in found.remedy
    assert not list(target_findings(compiled("sigmoid", "binary_crossentropy"), several))
    sums = codes(target_findings(compiled("softmax", "categorical_crossentropy"), np.full((4, 3), 0.7)))
    assert sums["target_sums"].value == pytest.approx(2.1)
    assert not list(target_findings(compiled("softmax", "categorical_crossentropy"), np.full((4, 3), 1 / 3)))
    between = np.array([[0.2, 1.0, 0.0]])
    watched = codes(target_findings(compiled("sigmoid", "binary_crossentropy", ["accuracy"]), between))
    assert watched["numbers_between_classes"].value == pytest.approx(1 / 3)
    assert watched["numbers_between_classes"].severity == "warning"
    unwatched = codes(target_findings(compiled("sigmoid", "binary_crossentropy"), between))
    assert unwatched["numbers_between_classes"].severity == "note"


def test_the_codes_of_a_category_are_not_collinear_but_numbers_beside_them_are():
    codes_of_three = np.eye(3)[np.arange(400) % 3]
    assert of_inputs(np.column_stack([X[:, 0], codes_of_three])) == {}
    x = np.column_stack([X[:, 0], codes_of_three, 2 * X[:, 0] + 1])
    model = pl.Sequential([pl.Dense(1, input_dim=5)])
    model.compile("sgd", "mse")
    assert of_inputs(x, model=model)["collinear_inputs"].data["columns"] == "column 0, column 4"


def test_an_ensemble_predicts_the_mean_of_its_members():
    model = pl.Sequential([pl.Dense(1, input_dim=4)])
    model.compile("sgd", pl.losses.MemberLoss(pl.losses.MeanSquaredError()))
    answers = np.stack([Z[:5, None] - 1, Z[:5, None] + 3], axis=1)
    found = read_rows(model, X[:5], Z[:5], answers, np.arange(5))
    assert found.task == "regression" and np.allclose(found.answers, Z[:5, None] + 1)
