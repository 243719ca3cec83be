"""NetworkClassifier and NetworkRegressor: compared with scikit-learn's models, in its tools, frames, files."""

from __future__ import annotations

import pickle

import jax
import numpy as np
import pandas as pd
import polars
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_iris, load_linnerud
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.utils.class_weight import compute_sample_weight

import plastica as pl
from plastica.datasets import path_of
from plastica.errors import DataError, FileError, InvalidValue, ShapeError
from plastica.regularizers import L2
from plastica.storage import read_model, write_model
from plastica.tables import TableNetwork

SMALL = {"network": "mlp", "layers": (8,), "epochs": 30, "learning_rate": 0.02, "random_state": 0}
EXACT = {"encode": False, "optimizer": "lbfgs", "epochs": 100, "early_stopping": False, "tol": 0.0, "random_state": 0}
NUMBERS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


@pytest.fixture(autouse=True, scope="module")
def quick_compilation():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


@pytest.fixture(scope="module")
def penguins():
    """Text, numbers and missing values, with an index."""
    frame = pd.read_csv(path_of("penguins"))
    frame.index = frame.index + 1000
    return frame.drop(columns="species"), frame["species"]


@pytest.fixture(scope="module")
def fitted(penguins):
    return pl.NetworkClassifier(**SMALL).fit(*penguins)


@pytest.fixture
def compilations():
    """A list with an entry for each program that XLA compiles or reads from its cache."""
    made = []

    def listen(event, seconds, **_):
        if event == "/jax/core/compile/backend_compile_duration":
            made.append(seconds)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield made
    jax.monitoring.unregister_event_duration_listener(listen)


# Compared with models of scikit-learn


def test_without_a_hidden_layer_it_is_logistic_regression_with_weights_too():
    x, y = load_iris(return_X_y=True)
    x, weight = scale(x), np.random.default_rng(0).integers(0, 4, len(y)).astype(float)
    last = pl.Dense(3, activation="softmax", kernel_regularizer=L2(0.01))
    ours = pl.NetworkClassifier(pl.Sequential([last]), **EXACT).fit(x, y, weight)
    # mean of the losses + 0.01 |w|², times the weights' sum over 0.02, is scikit-learn's C * sum + |w|² / 2
    theirs = LogisticRegression(C=1 / (0.02 * weight.sum()), tol=1e-8, max_iter=1000).fit(x, y, weight)
    assert ours.predict_proba(x) == pytest.approx(theirs.predict_proba(x), abs=1e-3)


def test_without_a_hidden_layer_it_is_ridge_regression():
    x, y = load_linnerud(return_X_y=True)
    x, scaled = scale(x), scale(y)
    steps = {**EXACT, "optimizer": "sgd", "learning_rate": 0.3, "epochs": 1000}
    ours = pl.NetworkRegressor(pl.Sequential([pl.Dense(3, kernel_regularizer=L2(0.1))]), **steps).fit(x, y)
    theirs = Ridge(alpha=0.1 * scaled.size).fit(x, scaled)  # the mean is over rows and columns
    assert ours.predict(x) == pytest.approx(theirs.predict(x) * y.std(0) + y.mean(0), rel=1e-3)
    assert ours.score(x, y) == pytest.approx(Ridge(alpha=0.1 * y.size).fit(x, scaled).score(x, scaled), abs=1e-3)


def test_class_weights_are_scikit_learns(fitted, penguins):
    x, y = penguins
    for chosen in ("balanced", {"Adelie": 1, "Gentoo": 7.5}):
        by_class = pl.NetworkClassifier(**SMALL, class_weight=chosen).fit(x, y)
        by_row = pl.NetworkClassifier(**SMALL).fit(x, y, compute_sample_weight(chosen, y))
        weighted = by_class.predict_proba(x) * by_class.shift_  # of the table's class frequencies
        assert weighted / weighted.sum(1, keepdims=True) == pytest.approx(by_row.predict_proba(x), abs=1e-6)
        assert (by_class.predict(x) == by_row.predict(x)).all()
        assert not np.allclose(by_class.predict_proba(x), fitted.predict_proba(x), atol=1e-3)


# In tools of scikit-learn


def test_it_works_in_pipelines_searches_calibration_and_voting(penguins):
    x, y = penguins
    small = pl.NetworkClassifier(**SMALL)
    search = GridSearchCV(small, {"learning_rate": [1e-6, 0.02]}, cv=3).fit(x, y)
    assert search.best_params_ == {"learning_rate": 0.02}
    assert search.best_score_ > 0.95
    assert CalibratedClassifierCV(small, cv=3).fit(x, y).score(x, y) > 0.95
    assert VotingClassifier([("one", small), ("two", clone(small))], voting="soft").fit(x, y).score(x, y) > 0.95
    scaled = make_column_transformer((StandardScaler(), NUMBERS), remainder="passthrough")
    for kind, frame in (("pandas", x), ("polars", polars.from_pandas(x))):
        pipe = make_pipeline(scaled, small).set_output(transform=kind).fit(frame, y)
        assert pipe.score(frame, y) > 0.95
        assert list(pipe[-1].feature_names_in_[-2:]) == ["remainder__island", "remainder__sex"]


def test_another_fold_and_another_learning_rate_compile_nothing(compilations):
    x, y = np.random.default_rng(0).normal(size=(210, 5)), np.arange(210) % 2
    x[:, 4], x[0, 4] = 0.0, 1.0  # constant in two folds of three
    small = pl.NetworkClassifier(**{**SMALL, "epochs": 3})
    first, rest = np.arange(140), np.arange(140, 210)
    small.fit(x[first], y[first]).score(x[rest], y[rest])
    before = len(compilations)
    cross_val_score(small, x, y, cv=3)
    GridSearchCV(small, {"learning_rate": [0.1, 0.01, 0.001]}, cv=3, refit=False).fit(x, y)
    assert len(compilations) == before


# Data frames as input and output


def test_answers_carry_the_frames_index_and_the_classes_names(fitted, penguins):
    x, _ = penguins
    shares, species = fitted.predict_proba_frame(x.head(5)), fitted.predict_frame(x.head(5))
    assert list(shares.columns) == ["Adelie", "Chinstrap", "Gentoo"]
    assert list(species.columns) == ["species"]
    assert shares.index.equals(x.index[:5])
    assert species.index.equals(x.index[:5])
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1)
    assert (species["species"] == fitted.predict(x.head(5))).all()
    named = fitted.predict_proba_frame(polars.from_pandas(x.head(5)))
    assert isinstance(named, polars.DataFrame)
    assert named.to_numpy() == pytest.approx(shares.to_numpy(), abs=1e-6)


def test_odd_words_are_missing_wherever_the_rows_are_dealt():
    numbers = np.random.default_rng(0).normal(size=200)
    words = [f"{number:.3f}" for number in numbers]
    words[::20] = [f"?{place}" for place in range(10)]  # each in one row, for training or validation
    made = pl.NetworkRegressor(**SMALL | {"epochs": 1}).fit(pd.DataFrame({"a": words}), numbers)
    assert made.encoder_.feature_names == ("a", "a is missing")


def test_an_array_after_a_frame_with_text_is_refused(fitted, penguins):
    with pytest.raises(DataError, match="was fitted on a frame with text"):
        fitted.predict(penguins[0].to_numpy())
    with pytest.raises(DataError, match=r"give X\.collect"):
        pl.NetworkClassifier(**SMALL).fit(polars.from_pandas(penguins[0]).lazy(), penguins[1])
    with pytest.raises(InvalidValue, match="encode=False takes only numbers"):
        pl.NetworkClassifier(encode=False).fit(*penguins)


def test_several_labels_and_several_numbers_keep_their_columns():
    x = np.random.default_rng(1).normal(size=(90, 3))
    labels = pd.DataFrame({"warm": x[:, 0] > 0, "wet": x[:, 1] + x[:, 2] > 0}).astype(int)
    several = pl.NetworkClassifier(**{**SMALL, "epochs": 150}).fit(x, labels)
    assert list(several.classes_) == ["warm", "wet"]
    assert several.predict_proba(x).shape == several.decision_function(x).shape == (90, 2)
    assert (several.predict(x) == labels.to_numpy()).mean() > 0.95
    assert (several.predict(x) == (several.decision_function(x) > 0)).all()
    with pytest.raises(InvalidValue, match="this method needs a frame"):
        several.predict_frame(x)
    frame = pd.DataFrame(x, columns=list("abc"))
    numbers = pl.NetworkRegressor(**{**SMALL, "epochs": 150}).fit(frame, frame[["c", "a"]] * 100 + 7)
    assert numbers.score(frame, frame[["c", "a"]] * 100 + 7) > 0.95
    assert list(numbers.predict_frame(frame).columns) == ["c", "a"]


# Continuing, stopping, user-defined networks


def test_warm_start_goes_on_and_a_plain_fit_begins_anew(penguins):
    x, y = penguins
    both = pl.NetworkClassifier(**{**SMALL, "epochs": 5, "early_stopping": False, "warm_start": True}).fit(x, y)
    first = list(both.loss_curve_)
    both.fit(x, y)
    assert both.loss_curve_[:5] == first
    assert both.n_iter_ == 10
    assert both.loss_curve_[5] < first[-1]
    with pytest.raises(DataError, match="none of the classes"):
        both.fit(x, y.replace("Gentoo", "gentoo"))
    assert both.set_params(warm_start=False).fit(x, y).loss_curve_ == first


def test_partial_fit_makes_an_epoch_a_call_and_knows_classes_it_has_not_seen(penguins):
    x, y = penguins
    order = np.random.default_rng(0).permutation(len(y))
    parts = np.array_split(order, 2)
    made = pl.NetworkClassifier(**SMALL)
    with pytest.raises(InvalidValue, match="needs classes in the first call"):
        made.partial_fit(x, y)
    for _ in range(20):
        for part in parts:
            made.partial_fit(x.iloc[part], y.iloc[part], classes=["Adelie", "Chinstrap", "Gentoo", "King"])
    assert made.n_iter_ == 40
    assert made.score(x, y) > 0.95
    assert made.predict_proba(x).shape[1] == 4
    with pytest.raises(InvalidValue, match="the first call had"):
        made.partial_fit(x, y, classes=["Adelie"])
    with pytest.raises(InvalidValue, match="pass class_weight as a dict"):
        made.set_params(class_weight="balanced").partial_fit(x, y)


def test_early_stopping_keeps_the_best_epoch_and_says_its_scores(penguins):
    x, y = penguins
    stopped = pl.NetworkClassifier(**{**SMALL, "epochs": 500, "n_iter_no_change": 3}).fit(x, y)
    assert stopped.n_iter_ < 500
    assert len(stopped.validation_scores_) == stopped.n_iter_
    assert stopped.best_validation_score_ == max(stopped.validation_scores_) > 0.9
    figures = stopped.history_.history
    assert np.argmin(figures["val_loss"]) == stopped.n_iter_ - 4
    plain = pl.NetworkClassifier(**SMALL, early_stopping=False).fit(x, y)
    assert plain.validation_scores_ is None
    assert plain.best_loss_ == min(plain.loss_curve_)


def test_a_network_of_ones_own_is_taken_as_declared_and_never_changed():
    x, y = load_iris(return_X_y=True)
    whole = pl.Sequential([pl.Dense(2, activation="softmax")])
    two = pl.NetworkClassifier(whole, epochs=2).fit(x[:100], y[:100])
    assert two.predict_proba(x).shape == (150, 2)
    assert not whole.built
    with pytest.raises(ShapeError, match="has \\(2,\\) outputs; the targets need 3"):
        pl.NetworkClassifier(whole).fit(x, y)
    with pytest.raises(InvalidValue, match="must end in softmax"):
        pl.NetworkClassifier(pl.Sequential([pl.Dense(3)])).fit(x, y)


# Files


@pytest.mark.parametrize("kind", ["file", "pickle"])
def test_an_estimator_comes_back_and_learns_on(kind, fitted, penguins, tmp_path):
    x, y = penguins
    if kind == "file":
        back = pl.NetworkClassifier.load(fitted.save(tmp_path / "penguins.plastica"))
    else:
        back = pickle.loads(pickle.dumps(fitted))
    assert back.get_params() == fitted.get_params()
    assert (back.predict_proba(x) == fitted.predict_proba(x)).all()
    assert back.loss_curve_ == fitted.loss_curve_
    assert list(back.classes_) == list(fitted.classes_)
    assert back.partial_fit(x, y).n_iter_ == fitted.n_iter_ + 1


def test_a_regressor_of_ones_own_network_comes_back_and_another_kind_is_refused(tmp_path):
    x = np.arange(12.0).reshape(6, 2)
    made = pl.NetworkRegressor([pl.Dense(3, activation="relu")], optimizer=pl.optimizers.SGD(0.1), epochs=3)
    path = made.fit(x, x[:, 0]).save(tmp_path / "numbers.plastica")
    back = pl.NetworkRegressor.load(path)
    assert (back.predict(x) == made.predict(x)).all()
    assert not hasattr(back, "classes_")
    assert back.optimizer == made.optimizer
    assert back.network == made.network
    with pytest.raises(FileError, match="contains a NetworkRegressor, not a NetworkClassifier"):
        pl.NetworkClassifier.load(path)


def test_a_file_whose_classes_were_changed_is_refused(fitted, tmp_path):
    path = fitted.save(tmp_path / "penguins.plastica")
    arrays, document = read_model(path)
    document["extra"]["estimator"]["class_type"] = "<U500000000"  # 2 GB per class
    write_model(path, arrays, document)
    back = pl.NetworkClassifier.load(path)
    assert back.classes_.itemsize < 100 and list(back.classes_) == list(fitted.classes_)
    document["extra"]["estimator"]["classes"] = ["Adelie", "Gentoo"]
    write_model(path, arrays, document)
    with pytest.raises(FileError, match=r"damaged.*2 classes for 3 outputs"):
        pl.NetworkClassifier.load(path)


# Errors


@pytest.mark.parametrize(
    ("made", "y", "said"),
    [
        (pl.NetworkRegressor, ["low", "high"], "y contains text, such as 'low'; a regressor expects numbers"),
        (pl.NetworkRegressor, [1e300, -1e300], r"y contains numbers beyond 1e\+100"),
        (pl.NetworkClassifier, np.array(["a", None], dtype=object), "y contains None in 1 of 2 rows, first in row 1"),
    ],
)
def test_targets_that_cannot_be_learned_are_refused_in_a_sentence(made, y, said):
    with pytest.raises(DataError, match=said):
        made(epochs=1).fit([[0.0], [1.0]], y)


def test_a_setting_given_as_an_option_is_told_where_it_belongs():
    with pytest.raises(InvalidValue, match=r"pass Settings\(epochs=\.\.\.\)"):
        TableNetwork.fit("penguins", "species", epochs=2)


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"epochs": 0}, "epochs=0"),
        ({"early_stopping": "maybe"}, 'expected True, False or "auto"'),
        ({"validation_fraction": 1}, "expected a share between 0 and 1"),
        ({"layers": (4, 0)}, "layers=4,0"),
        ({"layers": "4"}, "expected the units of each hidden layer"),
        ({"learning_rate": "fast"}, "learning_rate='fast'"),
        ({"network": 7}, "expected a name, a list of hidden layers or a Sequential"),
        ({"class_weight": "even"}, "class_weight='even'"),
        ({"class_weight": {5: 1.0}}, "class_weight names 5"),
        ({"optimizer": "adm"}, 'did you mean "adam"'),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_at_fit(params, said):
    with pytest.raises(ValueError, match=said):
        pl.NetworkClassifier(**{**SMALL, **params}).fit([[0.0], [1.0]], [0, 1])
