"""Training rows behind answers: closed forms, retraining without a row, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import plastica as pl
from plastica.errors import DataError, InvalidValue, UnknownName

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 3)).astype(np.float32)
Y = (X[:, 0] + 0.5 * X[:, 1] + 0.5 * RANDOM.normal(size=60) > 0).astype(int)
ROWS, TARGETS = RANDOM.normal(size=(4, 3)).astype(np.float32), np.array([0, 1, 1, 0])
PENALTY = 0.05


def with_ones(x):
    return np.concatenate([x, np.ones((len(x), 1))], 1).astype(np.float64)


def probability(x, weights):
    return 1 / (1 + np.exp(-with_ones(x) @ weights))


def fitted(weight_of_rows):
    """Return the weights of a logistic regression with an L2 penalty at its optimum, by Newton's method."""
    x, found = with_ones(X), np.zeros(4)
    for _ in range(20):
        p = probability(X, found)
        gradient = x.T @ (weight_of_rows * (p - Y)) / len(Y) + PENALTY * found
        hessian = (x * (weight_of_rows * p * (1 - p))[:, None]).T @ x / len(Y) + PENALTY * np.eye(4)
        found = found - np.linalg.solve(hessian, gradient)
    return found


def losses(weights):
    p = probability(ROWS, weights)
    return -np.log(np.where(TARGETS == 1, p, 1 - p))


@pytest.fixture(scope="module")
def weights():
    return fitted(np.ones(60))


@pytest.fixture(scope="module")
def regression(weights):
    model = pl.Sequential([pl.Dense(1, "sigmoid")])
    model.build((3,))
    model.compile("sgd", "binary_crossentropy")
    model.set_weights([weights[:3, None], weights[3:]])
    return model


@pytest.fixture(scope="module")
def classifier():
    model = pl.Sequential([pl.Dense(8, "relu"), pl.Dense(2, "softmax")], seed=0)
    model.build((3,))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def test_last_layer_influence_is_the_derivative_by_the_weight_of_a_row(regression, weights):
    found = pl.explain.last_layer_influence(regression, ROWS, TARGETS, X, Y, damping=PENALTY)
    small = 1e-3
    for row in (0, 17, 42):
        other = fitted(np.where(np.arange(60) == row, 1 - small, 1))
        np.testing.assert_allclose(
            found.values[:, row], (losses(other) - losses(weights)) / small, rtol=2e-3, atol=1e-6
        )


def test_last_layer_influence_predicts_retraining_without_a_row(regression, weights):
    found = pl.explain.last_layer_influence(regression, ROWS, TARGETS, X, Y, damping=PENALTY)
    retrained = [losses(fitted(np.arange(60) != row)) - losses(weights) for row in range(60)]
    assert np.corrcoef(np.ravel(np.transpose(retrained)), found.values.ravel())[0, 1] > 0.998
    assert "most helpful" in repr(found)


def test_tracin_is_the_product_of_gradients(regression, weights):
    own = with_ones(X) * (probability(X, weights) - Y)[:, None]
    other = with_ones(ROWS) * (probability(ROWS, weights) - TARGETS)[:, None]
    found = pl.explain.tracin(regression, ROWS, TARGETS, X, Y)
    np.testing.assert_allclose(found.values, other @ own.T, atol=1e-5)
    snapshot = regression.snapshot()
    summed = pl.explain.tracin(regression, ROWS, TARGETS, X, Y, weights=[snapshot, snapshot], learning_rate=[0.1, 0.3])
    np.testing.assert_allclose(summed.values, 0.4 * found.values, atol=1e-5)


def test_the_most_harmful_row_of_a_copy_is_the_one_with_the_wrong_label(classifier):
    wrong = 1 - Y
    found = pl.explain.tracin(classifier, X[:1], Y[:1], np.concatenate([X[:1], X]), np.concatenate([wrong[:1], Y]))
    assert found.values[0, 0] < 0 < found.values[0, 1]  # the same inputs with the other label, and with its own
    assert found.harmful(0, 60)["training_row"].to_list().index(0) < 60
    frame = found.helpful(0, 3)
    assert frame.columns == ["training_row", "influence"] and frame["influence"].is_sorted(descending=True)


def test_nearest_rows_begin_with_the_row_itself(classifier):
    found = pl.explain.nearest_rows(classifier, X[5:7], X, most=3)
    assert found.numbers[:, 0].tolist() == [5, 6] and found.layer == "0 Dense"
    hidden = np.maximum(X @ classifier.get_weights()[0] + classifier.get_weights()[1], 0)
    far = np.linalg.norm(hidden - hidden[5], axis=1)
    np.testing.assert_allclose(found.distances[0], np.sort(far)[:3], atol=1e-5)
    assert found.distances[:, 0].tolist() == [0, 0] and "row 1: 6 (0)" in repr(found)


def test_what_is_refused(classifier, regression):
    ask = pl.explain.last_layer_influence
    with pytest.raises(InvalidValue, match="expected a plastica model that was trained"):
        pl.explain.tracin(lambda x: x, X, Y, X, Y)
    with pytest.raises(InvalidValue, match="weights is empty"):
        pl.explain.tracin(classifier, X, Y, X, Y, weights=[])
    with pytest.raises(InvalidValue, match="for each of the 1 checkpoints"):
        pl.explain.tracin(classifier, X, Y, X, Y, learning_rate=[1.0, 2.0])
    with pytest.raises(InvalidValue, match="damping=-1; expected a number of at least 0"):
        ask(classifier, X, Y, X, Y, damping=-1)
    with pytest.raises(InvalidValue, match="so that H has no inverse; raise damping=0"):
        ask(classifier, X, Y, X, Y, damping=0)  # softmax of two: a common shift changes nothing
    wide = pl.Sequential([pl.Dense(5000)])
    wide.build((3,))
    wide.compile("sgd", "mse")
    with pytest.raises(InvalidValue, match=r"the last layer has 20,000 weights"):
        ask(wide, X, np.zeros((60, 5000)), X, np.zeros((60, 5000)))
    with pytest.raises(DataError, match="training_x"):
        pl.explain.tracin(classifier, X, Y, X[:0], Y[:0])
    with pytest.raises(InvalidValue, match="there are rows 0 to 3"):
        pl.explain.tracin(regression, ROWS, TARGETS, X, Y).helpful(4)
    near = pl.explain.nearest_rows
    with pytest.raises(InvalidValue, match='expected "euclidean" or "cosine"'):
        near(classifier, X, X, metric="manhattan")
    with pytest.raises(InvalidValue, match="there are 2 training rows"):
        near(classifier, X, X[:2])
    with pytest.raises(InvalidValue, match="the network has no hidden layer"):
        near(regression, X, X)
    with pytest.raises(UnknownName, match=r"no layer 'Conv2D'; there are: 0 Dense, 1 Dense"):
        near(classifier, X, X, layer="Conv2D")
    with pytest.raises(InvalidValue, match="nothing follows layer 1 Dense"):
        near(classifier, X, X, layer=-1)
    with pytest.raises(InvalidValue, match="no weights yet"):
        near(pl.Sequential([pl.Dense(2), pl.Dense(1)]), X, X)
