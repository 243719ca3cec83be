"""Ensembles, soups, snapshots and weight averaging, against means and optima computed apart."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.datasets import load_iris

import plastica as pl
from plastica.ensembles import ModelEnsemble, Snapshots, average_weights, class_uncertainty, greedy_soup
from plastica.ensembles.stacking import weights_by_likelihood, weights_by_squares
from plastica.errors import DataError, InvalidValue, NotFitted, ShapeError

X, Y = load_iris(return_X_y=True)
X = ((X - X.mean(0)) / X.std(0)).astype("float32")
Y = Y.astype("int32")
ORDER = np.random.default_rng(0).permutation(len(X))
LEARN, REST = ORDER[:75], ORDER[75:]


def network(seed=0, outputs=3, activation="softmax", loss="sparse_categorical_crossentropy"):
    layers = [pl.Dense(6, "tanh", input_dim=4), pl.BatchNormalization(), pl.Dense(outputs, activation)]
    model = pl.Sequential(layers, seed=seed)
    model.compile(pl.optimizers.Adam(0.02), loss, ["accuracy"] if activation == "softmax" else None)
    return model


def trained(seed, epochs=4, **options):
    model = network(seed)
    model.fit(X[LEARN], Y[LEARN], batch_size=25, epochs=epochs, verbose=0, **options)
    return model


@pytest.fixture(scope="module")
def models():
    return [trained(seed) for seed in range(3)]


def test_the_ensemble_is_the_mean_and_one_model_of_it_answers_alike(models, tmp_path):
    members = np.stack([model.predict(X, verbose=0) for model in models])
    weights = np.array([0.5, 0.2, 0.3])
    for ensemble, expected in (
        (ModelEnsemble(models), members.mean(0)),
        (ModelEnsemble(models, 4 * weights), np.einsum("m,mrc->rc", weights, members)),
    ):
        np.testing.assert_allclose(ensemble.predict(X), expected, rtol=1e-5, atol=1e-7)
        one = ensemble.as_model()
        np.testing.assert_allclose(one.predict(X, verbose=0), expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ModelEnsemble(models).spread(X), members.std(0), rtol=1e-3, atol=1e-6)
    accuracy = one.evaluate(X, Y, verbose=0, return_dict=True)["accuracy"]
    assert accuracy == pytest.approx((expected.argmax(1) == Y).mean())
    again = pl.load(one.save(tmp_path / "one.plastica"))
    np.testing.assert_array_equal(again.predict(X, verbose=0), one.predict(X, verbose=0))


def test_weights_of_probabilities_are_those_of_the_largest_likelihood(models):
    ensemble = ModelEnsemble(models).fit_weights(X[REST], Y[REST])
    p = np.stack([model.predict(X[REST], verbose=0) for model in models])[:, np.arange(len(REST)), Y[REST]]

    def loss(weights):
        return -np.log(weights @ p).mean()

    found = minimize(
        loss,
        np.full(3, 1 / 3),
        bounds=[(0, 1)] * 3,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        tol=1e-10,
    )
    assert loss(ensemble.weights) == pytest.approx(found.fun, abs=1e-5)
    one_hot = ModelEnsemble(models).fit_weights(X[REST], np.eye(3)[Y[REST]])
    np.testing.assert_allclose(one_hot.weights, ensemble.weights, atol=1e-6)


def test_weights_of_numbers_are_those_of_the_least_squares():
    rng = np.random.default_rng(0)
    predictions = rng.normal(size=(4, 200))
    targets = predictions.T @ [0.6, 0.4, 0, 0] + 0.1 * rng.normal(size=200)
    found = weights_by_squares(predictions, targets)
    expected = minimize(
        lambda w: np.square(w @ predictions - targets).mean(),
        np.full(4, 0.25),
        bounds=[(0, 1)] * 4,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        tol=1e-12,
    ).x
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_proportions_of_a_mixture_are_found():
    """Likelihoods of draws from two known normal distributions: the weights are the share of each."""
    rng = np.random.default_rng(1)
    draws = np.where(rng.random(40_000) < 0.7, rng.normal(size=40_000), rng.normal(3, 1, 40_000))
    likelihoods = np.exp(-np.square(draws - np.array([[0.0], [3.0]])) / 2)
    np.testing.assert_allclose(weights_by_likelihood(likelihoods), [0.7, 0.3], atol=0.01)


def test_a_student_learns_what_the_ensemble_answers(models):
    ensemble, student = ModelEnsemble(models), network(9, loss="categorical_crossentropy")
    history = ensemble.distill(student, X, epochs=200, batch_size=50, verbose=0)
    assert history.history["loss"][-1] < history.history["loss"][0]
    off = np.abs(student.predict(X, verbose=0) - ensemble.predict(X)).mean()
    assert off < 0.03


def test_uncertainty_is_the_entropy_by_hand():
    p = np.array([[[0.8, 0.2], [0.5, 0.5]], [[0.4, 0.6], [0.5, 0.5]]])
    found = class_uncertainty(p)

    def h(*shares):
        return -sum(share * np.log(share) for share in shares)

    np.testing.assert_allclose(found.total, [h(0.6, 0.4), np.log(2)])
    np.testing.assert_allclose(found.data, [(h(0.8, 0.2) + h(0.4, 0.6)) / 2, np.log(2)])
    np.testing.assert_allclose(found.disagreement, found.total - found.data, atol=1e-12)
    for own, other in zip(class_uncertainty(p[..., 1]), found, strict=True):
        np.testing.assert_allclose(own, other)
    with pytest.raises(DataError, match=r"member 0: the probabilities of row 1 sum to 0\.9"):
        class_uncertainty(p * 0.9)
    with pytest.raises(ShapeError, match="members, rows, classes"):
        class_uncertainty([0.1, 0.2])


def branches():
    """Models fine-tuned from the same weights."""
    start = trained(0, epochs=2).snapshot()
    found = []
    for seed in (1, 2, 3):
        model = network(seed)
        model.restore(start)
        model.fit(X[LEARN], Y[LEARN], batch_size=10 * seed, epochs=2, verbose=0)
        found.append(model)
    return found


def test_a_soup_has_the_mean_weights_and_a_greedy_one_is_never_worse():
    models = branches()
    soup = average_weights(models)
    for own, *others in zip(soup.get_weights(), *(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(own, np.mean(others, axis=0), rtol=1e-6, atol=1e-7)
    best, chosen = greedy_soup(models, X[REST], Y[REST], monitor="accuracy")
    accuracies = [model.evaluate(X[REST], Y[REST], verbose=0)[1] for model in models]
    assert chosen[0] == int(np.argmax(accuracies))
    assert best.evaluate(X[REST], Y[REST], verbose=0)[1] >= max(accuracies)
    bad = network(5)
    bad.restore({name: array * 0 for name, array in models[0].snapshot().items()})
    assert 3 not in greedy_soup([*models, bad], X[REST], Y[REST])[1]


def test_weights_are_averaged_over_the_last_epochs(tmp_path):
    seen = []

    class Keep(pl.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(self.model.get_weights())

    model = trained(0, epochs=9, callbacks=[Keep(), pl.StochasticWeightAveraging(3, every=2)])
    for own, *others in zip(model.get_weights(), *(seen[epoch - 1] for epoch in (5, 7, 9)), strict=True):
        np.testing.assert_allclose(own, np.mean(others, axis=0), rtol=1e-5, atol=1e-7)

    for epochs, resume in ((6, False), (9, True)):  # a run that is cut and resumed ends in the same bits
        other = network(0)
        other.fit(
            X[LEARN],
            Y[LEARN],
            batch_size=25,
            epochs=9,
            max_steps=3 * epochs,
            verbose=0,
            checkpoint=tmp_path / "run",
            resume=resume,
            callbacks=[pl.StochasticWeightAveraging(3, every=2)],
        )
    for own, expected in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(own, expected)


def test_snapshots_are_the_weights_at_the_ends_of_cycles():
    snapshots = Snapshots(every=2, last=2)
    with pytest.raises(NotFitted, match="at least 2 epochs"):
        snapshots.models()
    model = trained(0, epochs=6, callbacks=[snapshots])
    first, second = snapshots.models()
    shorter = trained(0, epochs=4)
    for own, expected in zip(first.get_weights(), shorter.get_weights(), strict=True):
        np.testing.assert_array_equal(own, expected)
    for own, expected in zip(second.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(own, expected)
    assert len(snapshots.ensemble()) == 2


def test_what_cannot_be_mixed_is_refused(models):
    with pytest.raises(InvalidValue, match="no models"):
        ModelEnsemble([])
    with pytest.raises(InvalidValue, match="number 1 is 'x'"):
        ModelEnsemble([models[0], "x"])
    with pytest.raises(InvalidValue, match="for each of 3 models"):
        ModelEnsemble(models, [1, 2])
    other = pl.Sequential([pl.Dense(3, "softmax", input_dim=5)])
    with pytest.raises(ShapeError, match=r"\(None, 5\) to \(None, 3\)"):
        ModelEnsemble([models[0], other])
    wide = pl.Sequential([pl.Dense(9, input_dim=4), pl.Dense(3, "softmax")])
    with pytest.raises(ShapeError, match="model 1 differs from the first one in"):
        average_weights([models[0], wide])
    with pytest.raises(InvalidValue, match="cannot be inferred"):
        greedy_soup(models, X, Y, monitor="temperature")
    with pytest.raises(InvalidValue, match="mode"):
        greedy_soup(models, X, Y, mode="lowest")
    with pytest.raises(DataError, match="class numbers from 0 to 2"):
        ModelEnsemble(models).fit_weights(X, Y + 1)
    with pytest.raises(InvalidValue, match="not compiled"):
        ModelEnsemble(models).distill(pl.Sequential([pl.Dense(3, "softmax", input_dim=4)]), X)
    with pytest.raises(ShapeError, match="student's output"):
        ModelEnsemble(models).distill(network(0, 2, loss="categorical_crossentropy"), X)
