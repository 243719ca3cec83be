"""Metrics of classes, thresholds and correlation, stand-alone use, and metrics as functions, compared with Keras."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax.numpy as jnp
import keras
import numpy as np
import pytest
from sklearn.metrics import fbeta_score, jaccard_score

import plastica as pl
from plastica import losses, metrics
from plastica.errors import InvalidValue, ShapeError

rng = np.random.default_rng(0)
YES = rng.integers(0, 2, (40, 1)).astype(np.float32)
CHANCE = rng.uniform(size=(40, 1)).astype(np.float32)
NUMBER = rng.integers(0, 4, 40)
ONE_HOT = np.eye(4, dtype=np.float32)[NUMBER]
SHARES = rng.dirichlet(np.ones(4), 40).astype(np.float32)
MASK = rng.integers(0, 4, (5, 3, 3))
MASK_SHARES = rng.dirichlet(np.ones(4), (5, 3, 3)).astype(np.float32)
SIGNS = 2 * YES - 1
AMOUNTS = rng.uniform(0.5, 3, (40, 5)).astype(np.float32)
GUESSES = (AMOUNTS * rng.uniform(0.5, 1.5, (40, 5))).astype(np.float32)
WEIGHT = rng.integers(0, 4, 40).astype(np.float32)
K, M = keras.metrics, metrics


def figure(metric, target, prediction, weight=None):
    """Return the metric of two batches, updated one after the other as in a user-defined loop."""
    metric.reset_state()
    for part in (slice(0, 3), slice(3, None)):
        metric.update_state(target[part], prediction[part], None if weight is None else weight[part])
    return float(np.squeeze(metric.result()))


@pytest.mark.filterwarnings("ignore:Explicitly requested dtype")  # Keras counts in int64
@pytest.mark.parametrize(
    ("name", "options", "target", "prediction"),
    [
        ("TruePositives", {}, YES, CHANCE),
        ("TrueNegatives", {"thresholds": 0.3}, YES, CHANCE),
        ("FalsePositives", {}, ONE_HOT, SHARES),
        ("FalseNegatives", {"thresholds": 0.7}, ONE_HOT, SHARES),
        ("PrecisionAtRecall", {"recall": 0.6}, YES, CHANCE),
        ("PrecisionAtRecall", {"recall": 0.6, "num_thresholds": 7}, YES, np.round(CHANCE, 1)),
        ("RecallAtPrecision", {"precision": 0.55}, YES, CHANCE),
        ("SensitivityAtSpecificity", {"specificity": 0.5}, YES, CHANCE),
        ("SpecificityAtSensitivity", {"sensitivity": 0.8, "num_thresholds": 50}, YES, CHANCE),
        ("SpecificityAtSensitivity", {"sensitivity": 0.5, "class_id": 2}, ONE_HOT, SHARES),
        ("IoU", {"num_classes": 4, "target_class_ids": [1, 3]}, NUMBER, SHARES.argmax(1)),
        ("IoU", {"num_classes": 4, "target_class_ids": [0], "sparse_y_pred": False}, MASK, MASK_SHARES),
        ("IoU", {"num_classes": 6, "target_class_ids": [0, 5]}, NUMBER, SHARES.argmax(1)),
        ("MeanIoU", {"num_classes": 4, "sparse_y_pred": False, "ignore_class": 2}, MASK, MASK_SHARES),
        ("OneHotIoU", {"num_classes": 4, "target_class_ids": [1, 2]}, ONE_HOT, SHARES),
        ("OneHotMeanIoU", {"num_classes": 4}, ONE_HOT, SHARES),
        ("BinaryIoU", {"threshold": 0.4}, YES, CHANCE),
        ("BinaryIoU", {"target_class_ids": [1]}, YES, CHANCE),
        ("FBetaScore", {"beta": 2.0, "average": "weighted"}, ONE_HOT, SHARES),
        ("FBetaScore", {"beta": 0.5, "threshold": 0.3, "average": "micro"}, ONE_HOT, SHARES),
        ("PearsonCorrelation", {}, AMOUNTS, GUESSES),
        ("ConcordanceCorrelation", {}, AMOUNTS, GUESSES),
        ("BinaryCrossentropy", {"label_smoothing": 0.1}, YES, CHANCE),
        ("BinaryCrossentropy", {"from_logits": True}, YES, 4 * CHANCE - 2),
        ("CategoricalCrossentropy", {}, ONE_HOT, SHARES),
        ("SparseCategoricalCrossentropy", {}, NUMBER, SHARES),
        ("KLDivergence", {}, ONE_HOT, SHARES),
        ("Poisson", {}, AMOUNTS, GUESSES),
        ("Hinge", {}, SIGNS, CHANCE),
        ("SquaredHinge", {}, SIGNS, CHANCE),
        ("CategoricalHinge", {}, ONE_HOT, SHARES),
        ("MeanSquaredLogarithmicError", {}, AMOUNTS, GUESSES),
        ("LogCoshError", {}, AMOUNTS, GUESSES),
    ],
)
def test_a_metric_fed_in_a_loop_has_keras_number_and_key(name, options, target, prediction):
    ours, theirs = getattr(M, name)(**options), getattr(K, name)(**options)
    assert figure(ours, target, prediction) == pytest.approx(figure(theirs, target, prediction), rel=2e-5)
    # Without a name, Keras's classes of overlap number themselves.
    assert ours.label == theirs.name or "iou" in ours.label or "o_u" in theirs.name or theirs.name[-1].isdigit()
    assert ours.compute(target, prediction) == pytest.approx(figure(ours, target, prediction), rel=1e-5)


def test_weights_count_as_in_keras_and_scikit_learn():
    ours = figure(M.FalsePositives(), YES[:, 0], CHANCE[:, 0], WEIGHT)
    assert ours == figure(K.FalsePositives(), YES[:, 0], CHANCE[:, 0], WEIGHT)
    best = SHARES.argmax(1)
    scores = jaccard_score(NUMBER, best, average=None, sample_weight=WEIGHT)
    assert figure(M.MeanIoU(4), NUMBER, best, WEIGHT) == pytest.approx(np.mean(scores))
    beta = fbeta_score(NUMBER, best, beta=2, average="macro", sample_weight=WEIGHT)
    assert figure(M.FBetaScore(beta=2.0), NUMBER, SHARES, WEIGHT) == pytest.approx(beta)


@pytest.mark.parametrize("name", ["Mean", "Sum"])
def test_running_mean_and_sum_are_keras(name):
    ours, theirs = getattr(M, name)(), getattr(K, name)()
    for values, weight in [([1.0, 3.0, 5.0, 7.0], [1, 1, 0, 2]), (4.0, None), ([[1.0, 2.0], [3.0, 4.0]], None)]:
        ours.update_state(values, weight)
        theirs.update_state(values, weight)
        if np.ndim(values) < 2:  # of a table, Keras counts the rows; here each number counts
            assert ours.result() == pytest.approx(float(theirs.result()))
    ours.reset_state()
    assert ours.result() == 0.0
    assert ours(jnp.float32(2.0)) == 2.0
    with pytest.raises(ShapeError, match=r"sample_weight has shape \(3,\)"):
        ours.update_state([1.0, 2.0], [1, 2, 3])


def test_a_loop_of_ones_own_does_not_touch_what_a_declaration_is():
    metric = M.MeanAbsoluteError()
    assert np.isnan(metric.result())
    assert metric([0.0], [3.0]) == 3.0
    assert metric([0.0], [1.0]) == 2.0
    assert metric == M.MeanAbsoluteError() and hash(metric) == hash(M.MeanAbsoluteError())
    metric.reset_state()
    assert np.isnan(metric.result())


FUNCTIONS = [
    ("binary_accuracy", {}, ONE_HOT, SHARES),
    ("binary_accuracy", {"threshold": 0.2}, ONE_HOT, SHARES),
    ("categorical_accuracy", {}, ONE_HOT, SHARES),
    ("sparse_categorical_accuracy", {}, MASK, MASK_SHARES),
    ("top_k_categorical_accuracy", {"k": 2}, ONE_HOT, SHARES),
    ("sparse_top_k_categorical_accuracy", {"k": 2}, NUMBER, SHARES),
    ("mean_squared_error", {}, AMOUNTS, GUESSES),
    ("binary_crossentropy", {"from_logits": True}, ONE_HOT, SHARES),
]


@pytest.mark.parametrize(("name", "options", "target", "prediction"), FUNCTIONS)
def test_functions_give_keras_number_for_each_row_or_step(name, options, target, prediction):
    ours = getattr(M, name)(target, prediction, **options)
    np.testing.assert_allclose(ours, getattr(K, name)(target, prediction, **options), rtol=1e-5)


def test_a_function_among_metrics_is_the_metric_of_its_name():
    found = M.get(M.categorical_accuracy), M.get(M.mean_squared_error), M.get(losses.huber)
    assert found == (M.CategoricalAccuracy(), M.LossMetric(losses.MeanSquaredError()), M.LossMetric(losses.Huber()))
    assert [each.label for each in found] == ["categorical_accuracy", "mean_squared_error", "huber"]


def test_metrics_of_pictures_in_fit_and_evaluate():
    x = rng.normal(size=(70, 4, 4, 1)).astype(np.float32)
    y = (x[..., 0] > 0).astype(int)
    model = pl.Sequential([pl.Conv2D(8, 1, activation="relu"), pl.Conv2D(2, 1, activation="softmax")])
    chosen = [M.MeanIoU(2, sparse_y_pred=False), M.IoU(2, [1], sparse_y_pred=False, name="one")]
    model.compile(pl.optimizers.Adam(0.01), "sparse_categorical_crossentropy", chosen)
    model.fit(x, y, epochs=5, verbose=0)
    found = model.evaluate(x, y, verbose=0, return_dict=True)
    best = model.predict(x).argmax(-1).ravel()
    assert found["mean_iou"] == pytest.approx(jaccard_score(y.ravel(), best, average="macro"))
    assert found["one"] == pytest.approx(jaccard_score(y.ravel(), best))


def test_a_metric_of_a_loss_sees_what_the_loss_would(tmp_path):
    model = pl.Sequential([pl.Dense(1, input_dim=1)])
    model.compile("sgd", losses.BinaryCrossentropy(from_logits=True), [M.BinaryCrossentropy(name="ce"), M.Hinge()])
    found = model.evaluate(CHANCE, YES, verbose=0, return_dict=True)
    assert found["ce"] == pytest.approx(found["loss"], rel=1e-5)
    loaded = pl.load(model.save(tmp_path / "model.plastica"))
    assert loaded.evaluate(CHANCE, YES, verbose=0, return_dict=True) == found


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: M.IoU(2, [2]), r"target_class_ids=\(2,\); expected class numbers from 0 to 1"),
        (lambda: M.MeanIoU(1), "num_classes=1; expected a whole number of at least 2"),
        (lambda: M.FBetaScore(beta=0), "beta=0.0; expected a number above 0"),
        (lambda: M.RecallAtPrecision(1.5), r"RecallAtPrecision\(1.5\): expected a rate from 0 to 1"),
        (lambda: M.PrecisionAtRecall(0.5, num_thresholds=1), "num_thresholds=1; expected a whole number of at least 2"),
        (lambda: M.get(losses.Dice()), "one number for a whole batch, but a metric is the mean over rows"),
        (lambda: M.get(M.AUC), None),
    ],
)
def test_what_a_metric_cannot_be_is_said(make, told):
    if told is None:
        assert make() == M.AUC()
        return
    with pytest.raises(InvalidValue, match=told):
        make()


def test_shapes_that_do_not_fit_are_said():
    with pytest.raises(ShapeError, match="sparse_y_pred=False"):
        M.MeanIoU(4).compute(MASK, MASK_SHARES)
    with pytest.raises(ShapeError, match="needs at least two"):
        M.PearsonCorrelation().compute(YES, CHANCE)
