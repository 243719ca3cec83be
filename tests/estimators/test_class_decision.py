"""Decisions of a classifier as in the command: a threshold for a rare class, corrected probabilities."""

from __future__ import annotations

import warnings

import jax
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, log_loss
from sklearn.model_selection import GridSearchCV

import plastica as pl
from plastica.errors import InvalidValue, PlasticaWarning

LINEAR = {"network": "mlp", "layers": (), "optimizer": "sgd", "learning_rate": 0.5, "epochs": 20, "random_state": 0}
EXACT = LINEAR | {"optimizer": "lbfgs", "learning_rate": None, "epochs": 100, "early_stopping": False, "tol": 0.0}
EXACT |= {"encode": False}


@pytest.fixture(autouse=True, scope="module")
def quick_compilation():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def rare(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of which 7 % are "sick" by a logistic function of the numbers."""
    draw = np.random.default_rng(seed)
    x = draw.standard_normal((rows, 3))
    return x, np.where(draw.random(rows) < 1 / (1 + np.exp(3.6 - 1.4 * x[:, 0])), "sick", "well")


@pytest.fixture(scope="module")
def known():
    return rare(1200, 0)


@pytest.fixture(scope="module")
def new():
    return rare(1200, 1)


@pytest.fixture(scope="module")
def fitted(known):
    return pl.NetworkClassifier(**LINEAR).fit(*known)


def test_a_rare_class_is_found_by_a_threshold_that_held_out_rows_chose(fitted, known, new):
    x, y = new
    usual = pl.NetworkClassifier(**LINEAR, threshold=None).fit(*known)
    assert fitted.decision_.aim == "f1" and fitted.decision_.rows == 120 and fitted.decision_.positive == 0
    np.testing.assert_array_equal(fitted.predict_proba(x), usual.predict_proba(x))
    np.testing.assert_array_equal(usual.predict(x), usual.classes_[usual.predict_proba(x).argmax(1)])
    np.testing.assert_array_equal(
        fitted.predict(x) == "sick", fitted.predict_proba(x)[:, 0] >= fitted.decision_.thresholds[0]
    )
    by_threshold, by_half = (f1_score(y, made.predict(x), pos_label="sick") for made in (fitted, usual))
    assert by_threshold > by_half + 0.1
    np.testing.assert_array_equal(fitted.decision_function(x) > 0, fitted.predict(x) == "well")


def test_weighted_classes_leave_probabilities_as_the_classes_come(known, new):
    (x, y), (other, truth) = known, new
    sick = (truth == "sick").mean()
    theirs = LogisticRegression(C=1e6).fit(x, y).predict_proba(other)
    for weight in ("balanced", {"sick": 12.0}):
        made = pl.NetworkClassifier(**LINEAR, class_weight=weight).fit(x, y)
        shares = made.predict_proba(other)
        assert shares[:, 0].mean() == pytest.approx(sick, abs=0.02)
        assert log_loss(truth == "well", shares[:, 1]) < log_loss(truth == "well", theirs[:, 1]) + 0.02
        weighted = shares * made.shift_
        np.testing.assert_array_equal(made.predict(other), made.classes_[weighted.argmax(1)])
        np.testing.assert_array_equal(made.decision_function(other) > 0, made.predict(other) == "well")
        assert (made.predict(other) == "sick").sum() > 2 * sick * len(truth)


def test_weights_are_scikit_learns_and_the_correction_is_the_prior_shift(known):
    x, y = known
    weight = {"sick": 8.0, "well": 2.0}
    rows = np.random.default_rng(3).integers(1, 4, len(y)).astype(float)
    ours = pl.NetworkClassifier(**EXACT, class_weight=weight).fit(x, y, sample_weight=rows)
    theirs = LogisticRegression(C=1e9, class_weight=weight).fit(x, y, sample_weight=rows).predict_proba(x)
    right = theirs / [8.0, 2.0]
    np.testing.assert_allclose(ours.predict_proba(x), right / right.sum(1, keepdims=True), atol=2e-3)
    balanced = pl.NetworkClassifier(**EXACT, class_weight="balanced").fit(x, y, sample_weight=rows)
    sums = [rows[y == label].sum() for label in ("sick", "well")]
    assert balanced.shift_ == pytest.approx(rows.sum() / (2 * np.array(sums)))


def test_more_classes_and_their_weights(known):
    x, _ = known
    y = np.where(x[:, 0] > 1.9, "c", np.where(x[:, 1] > 0, "a", "b"))
    made = pl.NetworkClassifier(**LINEAR, class_weight="balanced").fit(x, y)
    shares = made.predict_proba(x)
    assert shares.sum(1) == pytest.approx(1) and shares.mean(0) == pytest.approx(
        [(y == label).mean() for label in "abc"], abs=0.05
    )
    answers = made.classes_[made.decision_function(x).argmax(1)]
    np.testing.assert_array_equal(answers, made.predict(x))
    evened = pl.NetworkClassifier(**LINEAR, threshold="balanced_accuracy").fit(x, y)
    assert evened.decision_.rule == "weights" and (evened.predict(x) == "c").sum() > (y == "c").sum() / 2


def test_labels_of_which_one_is_rare_share_a_threshold(known):
    x, y = known
    labels = np.column_stack([y == "sick", x[:, 1] > 0]).astype(int)
    with pytest.warns(
        PlasticaWarning,
        match=r"never predicts the label '0'.*threshold=\"f1\" chooses one for each "
        r"label",
    ):
        made = pl.NetworkClassifier(**LINEAR).fit(x, labels)
    assert made.decision_.aim == "micro_f1" and len(set(made.decision_.thresholds)) == 1
    np.testing.assert_array_equal(made.predict(x), made.predict_proba(x) >= made.decision_.thresholds[0])
    own = pl.NetworkClassifier(**LINEAR, threshold="f1").fit(x, labels)
    assert len(set(own.decision_.thresholds)) == 2
    half = pl.NetworkClassifier(**LINEAR, threshold=None).fit(x, labels)
    np.testing.assert_array_equal(half.predict(x), half.predict_proba(x) >= 0.5)
    with pytest.raises(InvalidValue, match="class_weight='balanced' is for two or more classes"):
        pl.NetworkClassifier(**LINEAR, class_weight="balanced").fit(x, labels)


def test_too_few_rows_choose_no_threshold_and_a_silent_class_is_told():
    draw = np.random.default_rng(5)
    x, y = draw.standard_normal((200, 3)), np.where(np.arange(200) % 17 == 0, "sick", "well")
    few = pl.NetworkClassifier(**LINEAR)
    with pytest.warns(
        PlasticaWarning, match=r"never predicts the class 'sick' on 20 rows.*20 validation rows have fewer.*=0.8"
    ):
        few.fit(x, y)
    assert few.decision_.rule == "largest"
    with pytest.warns(
        PlasticaWarning,
        match=r"never predicts the class 'sick' on 200 rows.*there are no validation "
        r"rows",
    ):
        clone(few).set_params(early_stopping=False).fit(x, y)
    with pytest.warns(PlasticaWarning, match="threshold='accuracy': the 20 validation rows contain fewer than 5"):
        clone(few).set_params(threshold="accuracy").fit(x, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (few.set_params(threshold=0.95).fit(x, y).predict(x) == "well").mean() < 1


def test_thresholds_are_parameters_like_others_and_are_kept(fitted, known, new, tmp_path):
    x, _ = new
    assert fitted.get_params()["threshold"] == "auto" and clone(fitted).threshold == "auto"
    held = pl.NetworkClassifier(**LINEAR, validation_fraction=0.3)
    search = GridSearchCV(held, {"threshold": ["auto", 0.5]}, scoring="balanced_accuracy", cv=2)
    assert search.fit(*known).best_params_ == {"threshold": "auto"}
    back = pl.NetworkClassifier.load(fitted.save(tmp_path / "a.plastica"))
    assert back.decision_ == fitted.decision_ and (back.predict(x) == fitted.predict(x)).all()
    weighted = pl.NetworkClassifier(**LINEAR, class_weight="balanced", threshold=0.3).fit(*known)
    back = pl.NetworkClassifier.load(weighted.save(tmp_path / "b.plastica"))
    assert back.shift_ == weighted.shift_ and back.threshold == 0.3
    np.testing.assert_array_equal(back.predict_proba(x), weighted.predict_proba(x))
    np.testing.assert_array_equal(weighted.predict(x) == "well", weighted.predict_proba(x)[:, 1] >= 0.3)


def test_epochs_by_hand_take_a_number_and_keep_what_fit_chose(fitted, known):
    x, y = known
    made = pl.NetworkClassifier(**LINEAR, threshold=0.9).partial_fit(x, y, classes=["sick", "well"])
    np.testing.assert_array_equal(made.predict(x) == "well", made.predict_proba(x)[:, 1] >= 0.9)
    with pytest.raises(InvalidValue, match="partial_fit\\(\\) does not have"):
        made.set_params(threshold="f1").partial_fit(x, y)
    going = pl.NetworkClassifier(**LINEAR | {"epochs": 3}).fit(x, y)
    chosen = going.decision_
    assert going.partial_fit(x, y).decision_ == chosen and chosen.aim == "f1"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"threshold": "best"}, "threshold='best'.: expected \"auto\", None, a number"),
        ({"threshold": 1.5}, "threshold=1.5"),
        ({"threshold": True}, "threshold=True"),
        ({"threshold": "micro_f1"}, "micro_f1' is for multiple labels"),
        ({"class_weight": {"sick": 5, "dead": 2}}, r"class_weight names 'dead'; the classes are \['sick', 'well'\]"),
        ({"class_weight": {"sick": 0}}, "class_weight of 'sick' is 0: expected a number above 0"),
        ({"class_weight": {"sick": "5"}}, "class_weight of 'sick' is '5': expected a number"),
        ({"class_weight": {"sick": float("nan")}}, "class_weight of 'sick' is nan"),
    ],
)
def test_what_no_classifier_takes(known, changes, message):
    with pytest.raises(InvalidValue, match=message):
        pl.NetworkClassifier(**LINEAR | changes).fit(*known)


def test_class_weights_by_another_type_of_name_are_told_apart(known):
    x, y = known
    with pytest.raises(InvalidValue, match=r"names '1'; the classes are \[0, 1\]\. Did you mean 1, of type int\?"):
        pl.NetworkClassifier(**LINEAR, class_weight={"1": 5}).fit(x, (y == "sick").astype(int))
    named = pl.NetworkClassifier(**LINEAR | {"epochs": 1}, class_weight={True: 5}).fit(x, y == "sick")
    assert named.shift_ == (1.0, 5.0)


def test_a_threshold_counts_rows_by_their_weight(known):
    from plastica.evaluation.decisions import best_threshold

    draw = np.random.default_rng(0)
    yes, share, weight = draw.random(60) < 0.3, draw.random(60).round(2), draw.integers(1, 5, 60)
    for aim in ("f1", "balanced_accuracy", "accuracy"):
        repeated = best_threshold(np.repeat(yes, weight), np.repeat(share, weight), aim)
        assert best_threshold(yes, share, aim, weight=weight.astype(float)) == repeated
