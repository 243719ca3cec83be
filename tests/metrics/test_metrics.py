import os
import warnings

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from sklearn.metrics import r2_score

from plastica import losses, metrics
from plastica.errors import InvalidValue, PlasticaWarning, ShapeError, UnknownName

rng = np.random.default_rng(0)


@jax.jit
def run(metric, target, prediction, weight):
    return metric.sums(target, prediction, weight)


def figure(metric, target, prediction, weight=None):
    weight = np.ones(len(prediction), np.float32) if weight is None else np.asarray(weight, np.float32)
    target, prediction = np.asarray(target, np.float32), np.asarray(prediction, np.float32)
    return metric.result(np.asarray(run(metric, target, prediction, weight)))


YES = rng.integers(0, 2, (40, 1)).astype(np.float32)
CHANCE = rng.uniform(size=(40, 1)).astype(np.float32)
TAGS = rng.integers(0, 2, (40, 3)).astype(np.float32)
TAG_CHANCE = rng.uniform(size=(40, 3)).astype(np.float32)
ONE_HOT = np.eye(6, dtype=np.float32)[rng.integers(0, 6, 40)]
SHARES = rng.dirichlet(np.ones(6), 40).astype(np.float32)
NUMBER = ONE_HOT.argmax(1)
SEQUENCE_NUMBER = rng.integers(0, 6, (8, 5))
SEQUENCE_SHARES = rng.dirichlet(np.ones(6), (8, 5)).astype(np.float32)
K = keras.metrics


@pytest.mark.parametrize(
    ("name", "peer", "target", "prediction"),
    [
        ("binary_accuracy", K.BinaryAccuracy(), YES, CHANCE),
        ("binary_accuracy", K.BinaryAccuracy(), TAGS, TAG_CHANCE),
        ("categorical_accuracy", K.CategoricalAccuracy(), ONE_HOT, SHARES),
        ("sparse_categorical_accuracy", K.SparseCategoricalAccuracy(), NUMBER, SHARES),
        ("sparse_categorical_accuracy", K.SparseCategoricalAccuracy(), SEQUENCE_NUMBER, SEQUENCE_SHARES),
        ("top_k_categorical_accuracy", K.TopKCategoricalAccuracy(), ONE_HOT, SHARES),
        ("sparse_top_k_categorical_accuracy", K.SparseTopKCategoricalAccuracy(), NUMBER, SHARES),
        ("precision", K.Precision(name="precision"), YES, CHANCE),
        ("precision", K.Precision(name="precision"), TAGS, TAG_CHANCE),
        ("precision", K.Precision(name="precision"), ONE_HOT, SHARES),
        ("recall", K.Recall(name="recall"), TAGS, TAG_CHANCE),
        ("recall", K.Recall(name="recall"), ONE_HOT, SHARES),
        ("f1_score", K.F1Score(average="macro"), ONE_HOT, SHARES),
        ("f1_score", K.F1Score(threshold=0.5), YES, CHANCE),
        ("mean_squared_error", K.MeanSquaredError(), TAGS, TAG_CHANCE),
        ("root_mean_squared_error", K.RootMeanSquaredError(), TAGS, TAG_CHANCE),
        ("mean_absolute_error", K.MeanAbsoluteError(), TAGS, TAG_CHANCE),
        ("mean_absolute_percentage_error", K.MeanAbsolutePercentageError(), TAGS + 1, TAG_CHANCE),
        ("cosine_similarity", K.CosineSimilarity(), TAGS, TAG_CHANCE),
        ("r2_score", K.R2Score(), TAGS, TAG_CHANCE),
        ("binary_crossentropy", K.BinaryCrossentropy(), YES, CHANCE),
        ("categorical_crossentropy", K.CategoricalCrossentropy(), ONE_HOT, SHARES),
        ("sparse_categorical_crossentropy", K.SparseCategoricalCrossentropy(), NUMBER, SHARES),
    ],
)
def test_the_figure_and_its_key_are_keras(name, peer, target, prediction):
    metric = metrics.get(name)
    peer.update_state(target, prediction)
    assert metric.label == peer.name
    assert figure(metric, target, prediction) == pytest.approx(float(np.squeeze(peer.result())), rel=1e-5)


def test_auc_is_near_keras_coarser_one():
    peer = K.AUC()
    peer.update_state(YES, CHANCE)
    assert metrics.get("auc").label == peer.name
    assert figure(metrics.get("auc"), YES, CHANCE) == pytest.approx(float(peer.result()), abs=0.01)


def test_a_name_as_written_is_the_key():
    for name in ("accuracy", "acc", "mse", "MSE", "AUC", "f1", "huber", "bce"):
        assert metrics.get(name).label == name
    assert metrics.get(metrics.AUC(curve="PR", name="pr")).label == "pr"
    assert metrics.get(losses.Huber()).label == "huber"
    assert repr(metrics.get("auc")) == "AUC()"


@pytest.mark.parametrize(
    ("loss", "shape", "kind"),
    [
        ("binary_crossentropy", (1,), metrics.BinaryAccuracy),
        ("mse", (1,), metrics.BinaryAccuracy),
        ("mse", (), metrics.BinaryAccuracy),
        ("sparse_categorical_crossentropy", (10,), metrics.SparseCategoricalAccuracy),
        ("categorical_crossentropy", (10,), metrics.CategoricalAccuracy),
        ("mse", (10,), metrics.Accuracy),
        ("hinge", (1,), metrics.BinaryAccuracy),
    ],
)
def test_accuracy_is_of_the_kind_that_loss_and_output_ask_for(loss, shape, kind):
    for name in ("accuracy", "acc", "Accuracy"):
        metric = metrics.get(name, loss=losses.get(loss), output_shape=shape)
        assert type(metric) is kind
        assert metric.label == name


def test_accuracy_under_hinge_goes_by_the_sign():
    metric = metrics.get("accuracy", loss=losses.Hinge(), output_shape=(1,))
    assert figure(metric, [[-1.0], [1.0], [-1.0], [0.0]], [[-0.2], [0.2], [0.3], [-2.0]]) == 0.75


def test_unlearnable_real_targets_have_accuracy_zero():
    assert figure(metrics.BinaryAccuracy(), [[0.2], [0.9]], [[0.2], [0.9]]) == 0.0


def test_a_function_is_averaged_by_weight_under_its_own_name():
    def biggest_miss(y_true, y_pred):
        return jnp.max(jnp.abs(y_true - y_pred), axis=-1)

    weight = rng.uniform(size=40)
    metric = metrics.get(biggest_miss)
    assert metric.label == "biggest_miss"
    wanted = np.average(np.abs(TAGS - TAG_CHANCE).max(1), weights=weight)
    assert figure(metric, TAGS, TAG_CHANCE, weight) == pytest.approx(wanted)


def test_a_function_with_one_number_is_given_the_real_rows_of_the_batch_and_no_others():
    def dice(y_true, y_pred):
        return 2 * jnp.sum(y_true * y_pred) / (jnp.sum(y_true) + jnp.sum(y_pred))

    weight = (np.arange(40) < 25).astype(np.float32)
    tags, chance = TAGS[:25], TAG_CHANCE[:25]
    wanted = 2 * np.sum(tags * chance) / (np.sum(tags) + np.sum(chance))
    assert figure(metrics.CustomMetric(dice, sizes=(25,)), TAGS, TAG_CHANCE, weight) == pytest.approx(wanted)


def test_rows_that_only_fill_up_may_hold_anything():
    target, prediction = np.r_[TAGS, np.zeros((2, 3))], np.r_[TAG_CHANCE, np.full((2, 3), np.nan)]
    weight = np.r_[np.ones(40), 0, 0]
    for name in ("mse", "r2", "explained_variance", "binary_accuracy", "f1", "precision", "cosine_similarity"):
        ours = figure(metrics.get(name), target.astype(np.float32), prediction.astype(np.float32), weight)
        assert ours == pytest.approx(figure(metrics.get(name), TAGS, TAG_CHANCE)), name


@pytest.mark.parametrize("name", sorted(set(metrics.NAMES) - {"acc", "f1", "mcc", "ce", "mse", "rmse", "mae", "r2"}))
def test_nothing_counted_is_nan(name):
    target = NUMBER if name.startswith("sparse") else ONE_HOT
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(figure(metrics.get(name), target, SHARES, np.zeros(40)))


@pytest.mark.parametrize("name", ["precision", "recall", "f1_score", "matthews_correlation"])
def test_an_undefined_share_is_zero(name):
    assert figure(metrics.get(name), np.zeros((4, 1)), np.zeros((4, 1))) == 0.0


def test_r2_of_targets_without_spread_is_one_or_zero():
    same = np.full((5, 1), 0.1, np.float32)
    assert figure(metrics.R2Score(), same, same) == 1.0
    assert figure(metrics.R2Score(), same, same + 1) == 0.0


def test_r2_of_narrow_targets_far_away_warns():
    narrow = rng.normal(2000, 0.5, (1000, 1)).astype(np.float32)
    with pytest.warns(PlasticaWarning, match="too far for float32"):
        figure(metrics.R2Score(), narrow, narrow)


def test_r2_of_years_warns_and_an_offset_mends_it():
    years = rng.normal(2000, 5, (1000, 1)).astype(np.float32)
    guess = years + rng.normal(0, 2, years.shape).astype(np.float32)
    with pytest.warns(PlasticaWarning, match=r"R2Score\(offset=\.\.\.\)"):
        figure(metrics.R2Score(), years, guess)
    ours = figure(metrics.R2Score(offset=2000), years, guess)
    assert ours == pytest.approx(r2_score(years, guess), abs=1e-4)
    assert figure(metrics.R2Score(), years - 1950, guess - 1950) == pytest.approx(r2_score(years, guess), abs=1e-3)


def test_counts_stay_exact_in_float32():
    assert metrics.BinaryAccuracy().result(np.float32([2**24, 2**24])) == 1.0


def test_saturated_predictions_keep_their_rank_in_auc():
    prediction = np.array([[1e-6], [1e-5], [1 - 1e-4], [1 - 1e-5]], np.float32)
    assert figure(metrics.AUC(), [[0.0], [1.0], [0.0], [1.0]], prediction) == 0.75
    assert figure(metrics.AUC(), [[0.0], [1.0], [1.0], [1.0]], prediction) == 1.0
    assert np.isnan(figure(metrics.AUC(), np.ones((4, 1)), prediction))


def test_auc_carries_a_short_vector():
    shape = jax.eval_shape(metrics.AUC().sums, jnp.zeros((32, 10)), jnp.zeros((32, 10)), jnp.zeros(32)).shape
    assert shape == (2048,)


@pytest.mark.parametrize("name", sorted(metrics.NAMES))
def test_shapes_are_never_broadcast(name):
    metric = metrics.get(name)
    shapes = [((6, 2), (6, 3)), ((3,), (6, 3)), ((6, 3, 1), (6, 3))]
    shapes += [((6, 3), (6, 3))] if name.startswith("sparse") else [((6,), (6, 1))]
    for target, prediction in shapes:
        with pytest.raises(ShapeError, match="got targets of shape"):
            jax.eval_shape(metric.sums, jnp.zeros(target), jnp.zeros(prediction), jnp.zeros(6))


@pytest.mark.parametrize(
    "make",
    [
        lambda: metrics.AUC(curve="roc"),
        lambda: metrics.AUC(bins=1),
        lambda: metrics.TopKCategoricalAccuracy(0),
        lambda: metrics.SparseTopKCategoricalAccuracy(2.5),
        lambda: metrics.F1Score(average="binary"),
        lambda: metrics.CustomMetric(1),
        lambda: metrics.get(1),
    ],
)
def test_values_outside_their_range_are_refused(make):
    with pytest.raises(InvalidValue, match="expected"):
        make()


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownName, match='unknown metric "acuracy"; did you mean "accuracy"'):
        metrics.get("acuracy")


def test_another_threshold_compiles_nothing():
    traces = []

    @jax.jit
    def run(metric):
        traces.append(metric)
        return metric.sums(jnp.asarray(YES), jnp.asarray(CHANCE), jnp.ones(40))

    for threshold in (0.3, 0.5, 0.8):
        run(metrics.F1Score(threshold=threshold))
    assert len(traces) == 1


def test_compute_is_the_metric_of_arrays_in_one_call():
    y, p, weight = [1, 0, 1, 1], [0.9, 0.7, 0.4, 0.8], [1, 2, 3, 4]
    assert metrics.Precision().compute(y, p, weight) == pytest.approx(5 / 7)
    numbers, guesses = [1.0, 2.0, 4.0, 8.0], [1.0, 3.0, 3.0, 9.0]
    assert metrics.R2Score().compute(numbers, guesses, weight) == pytest.approx(
        r2_score(numbers, guesses, sample_weight=weight)
    )
