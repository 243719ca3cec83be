"""Metrics follow the meaning of predictions and targets: logits, margins, labels, time steps, whole batches."""

from __future__ import annotations

import os

import numpy as np
import pytest
from sklearn import metrics as scikit

os.environ.setdefault("KERAS_BACKEND", "jax")
import jax.numpy as jnp
import keras

import plastica as pl
from plastica import losses, metrics
from plastica.errors import DataError, InvalidValue, PlasticaWarning, ShapeError, UnknownName
from plastica.training.sums import added

rng = np.random.default_rng(0)
ROWS = 50
X = rng.normal(size=(ROWS, 4)).astype(np.float32)
YES = (X[:, 0] + rng.normal(size=ROWS) > 0.3).astype(np.float32)
CLASSES = rng.integers(0, 3, ROWS)
TAGS = (rng.random((ROWS, 3)) < 0.4).astype(np.float32)
DECIDED = ("accuracy", "precision", "recall", "f1_score", "auc", "matthews_correlation", "balanced_accuracy")


def model_of(units, loss, names, activation="linear", **options):
    model = pl.Sequential([pl.Dense(units, activation=activation)], seed=1)
    model.build((None, 4))
    model.compile("sgd", loss, list(names), **options)
    return model


def evaluated(model, x, y, **options):
    model.fit(x, y, epochs=1, verbose=0)
    return model.evaluate(x, y, verbose=0, return_dict=True, **options)


def binary_figures(y, score):
    yes = score > 0
    return {
        "accuracy": scikit.accuracy_score(y, yes),
        "precision": scikit.precision_score(y, yes),
        "recall": scikit.recall_score(y, yes),
        "f1_score": scikit.f1_score(y, yes),
        "auc": scikit.roc_auc_score(y, score),
        "matthews_correlation": scikit.matthews_corrcoef(y, yes),
        "balanced_accuracy": scikit.balanced_accuracy_score(y, yes),
    }


@pytest.mark.parametrize("name", ["logits", "hinge", "hinge of signs"])
def test_figures_on_potentials_are_those_of_their_probabilities(name):
    loss = losses.BinaryCrossentropy(from_logits=True) if name == "logits" else "hinge"
    y = 2 * YES - 1 if name == "hinge of signs" else YES
    model = model_of(1, loss, (*DECIDED, "log_loss", "mse") if name == "logits" else DECIDED)
    found = evaluated(model, X, y)
    score = model.predict(X, verbose=0)[:, 0].astype(float)
    for key, wanted in binary_figures(YES, score).items():
        assert found[key] == pytest.approx(wanted, abs=2e-3 if key == "auc" else 1e-6), key
    if name == "logits":
        share = 1 / (1 + np.exp(-score))
        assert found["log_loss"] == pytest.approx(scikit.log_loss(YES, share), rel=1e-4)
        assert found["mse"] == pytest.approx(np.mean((share - YES) ** 2), rel=1e-4)  # the Brier score


def test_figures_on_softmax_logits_are_those_of_the_softmax():
    loss = losses.SparseCategoricalCrossentropy(from_logits=True)
    model = model_of(3, loss, ("accuracy", "log_loss", "auc", "f1_score", "precision"))
    found = evaluated(model, X, CLASSES)
    score = np.exp(model.predict(X, verbose=0).astype(float))
    share = score / score.sum(1, keepdims=True)
    hot = np.eye(3)[CLASSES]
    assert found["accuracy"] == pytest.approx(scikit.accuracy_score(CLASSES, share.argmax(1)))
    assert found["log_loss"] == pytest.approx(scikit.log_loss(CLASSES, share), rel=1e-4)
    assert found["f1_score"] == pytest.approx(scikit.f1_score(CLASSES, share.argmax(1), average="macro"))
    assert found["auc"] == pytest.approx(scikit.roc_auc_score(hot.ravel(), share.ravel()), abs=2e-3)
    assert found["precision"] == pytest.approx(scikit.precision_score(hot.ravel(), share.ravel() > 0.5), abs=1e-6)


def test_a_threshold_beyond_probabilities_is_one_of_potentials_as_in_keras():
    model = model_of(1, losses.BinaryCrossentropy(from_logits=True), [metrics.BinaryAccuracy(threshold=0.0)])
    assert evaluated(model, X, YES)["binary_accuracy"] == pytest.approx(
        np.mean((model.predict(X, verbose=0)[:, 0] > 0) == YES)
    )


@pytest.mark.parametrize("loss, activation", [("hinge", "linear"), ("mse", "linear"), ("mse", "tanh")])
def test_a_metric_of_probabilities_is_refused_where_there_are_none(loss, activation):
    with pytest.raises(
        InvalidValue, match=r'"log_loss" expects probabilities, but with \w+ the outputs of this network are'
    ):
        _ = model_of(1, loss, ["log_loss"], activation).program


def test_hinge_under_a_sigmoid_and_signs_under_a_decision_at_one_half_are_refused():
    with pytest.raises(InvalidValue, match="below and above 0"):
        evaluated(model_of(1, "hinge", [], "sigmoid"), X, YES)
    with pytest.raises(DataError, match=r"contains -1 and 1, but the metric \"accuracy\" expects 0 and 1"):
        evaluated(model_of(1, "mse", ["accuracy"], "tanh"), X, 2 * YES - 1)
    at_zero = model_of(1, "mse", [metrics.BinaryAccuracy(threshold=0.0), "auc"], "tanh")
    found = evaluated(at_zero, X, 2 * YES - 1)
    score = at_zero.predict(X, verbose=0)[:, 0]
    assert found["binary_accuracy"] == pytest.approx(np.mean((score > 0) == YES))
    assert found["auc"] == pytest.approx(scikit.roc_auc_score(YES, score), abs=2e-3)


@pytest.mark.parametrize("logits", [False, True])
def test_several_labels_are_each_decided_by_themselves(logits):
    loss = losses.BinaryCrossentropy(from_logits=True) if logits else "binary_crossentropy"
    names = (
        "accuracy",
        "f1_score",
        "matthews_correlation",
        "balanced_accuracy",
        metrics.F1Score(average="micro", name="micro"),
    )
    model = model_of(3, loss, names, "linear" if logits else "sigmoid")
    found = evaluated(model, X, TAGS)
    yes = model.predict(X, verbose=0) > (0 if logits else 0.5)
    each = [(TAGS[:, k], yes[:, k]) for k in range(3)]
    assert found["accuracy"] == pytest.approx(np.mean(yes == TAGS))
    assert found["f1_score"] == pytest.approx(scikit.f1_score(TAGS, yes, average="macro", zero_division=0))
    assert found["micro"] == pytest.approx(scikit.f1_score(TAGS, yes, average="micro"))
    assert found["matthews_correlation"] == pytest.approx(np.mean([scikit.matthews_corrcoef(*pair) for pair in each]))
    assert found["balanced_accuracy"] == pytest.approx(
        np.mean([scikit.balanced_accuracy_score(*pair) for pair in each])
    )


def test_labels_that_exclude_each_other_are_decided_by_the_largest_output_as_in_keras():
    hot = np.eye(3, dtype=np.float32)[CLASSES]
    model = model_of(3, "binary_crossentropy", ["accuracy"], "sigmoid")
    found = evaluated(model, X, hot)
    assert found["accuracy"] == pytest.approx(np.mean(model.predict(X, verbose=0).argmax(1) == CLASSES))


def test_several_labels_under_another_loss_are_decided_by_themselves_too():
    model = model_of(3, "mse", ["accuracy", "f1_score"], "sigmoid")
    found, yes = evaluated(model, X, TAGS), model.predict(X, verbose=0) > 0.5
    assert found["accuracy"] == pytest.approx(np.mean(yes == TAGS))
    assert found["f1_score"] == pytest.approx(scikit.f1_score(TAGS, yes, average="macro", zero_division=0))


def test_several_labels_under_a_softmax_are_told():
    with pytest.warns(PlasticaWarning, match='"accuracy" uses only the largest output'):
        evaluated(model_of(3, "mse", ["accuracy"], "softmax"), X, TAGS)


def test_a_metric_of_logits_where_there_are_none_and_one_of_several_where_there_is_one_are_refused():
    of_logits = losses.BinaryCrossentropy(from_logits=True)
    with pytest.raises(InvalidValue, match=r"expects logits, but with BinaryCrossentropy the outputs"):
        _ = model_of(1, "binary_crossentropy", [of_logits], "sigmoid").program
    with pytest.raises(InvalidValue, match="the largest output as the prediction, but this network has only one"):
        _ = model_of(1, "binary_crossentropy", ["categorical_accuracy"], "sigmoid").program
    with pytest.raises(InvalidValue, match=r'"precision" decides each output separately.*average="macro"'):
        _ = model_of(3, "categorical_hinge", ["precision"]).program


@pytest.mark.parametrize("activation", ["softplus", "hard_sigmoid"])
def test_hinge_over_answers_that_never_mean_no_is_refused(activation):
    with pytest.raises(
        InvalidValue, match=f"below and above 0, but the last activation '{activation}' only reaches 0 to"
    ):
        evaluated(model_of(1, "hinge", ["accuracy"], activation), X, YES)


def test_amounts_under_metrics_of_yes_and_no_are_refused_or_told():
    prices = 100 + 50 * X[:, 1]
    with pytest.raises(DataError, match=r'y contains numbers such as .*"f1_score" expects 0 and 1. Use "mae"'):
        evaluated(model_of(1, "mse", ["f1_score"]), X, prices)
    with pytest.warns(PlasticaWarning, match='"accuracy" counts predictions equal to the target'):
        model_of(1, "mse", ["accuracy"]).evaluate(X, prices, verbose=0)
    with pytest.warns(PlasticaWarning, match='"auc" treats those above 0.5 as 1'):
        model_of(1, "bce", ["auc"], "sigmoid").evaluate(X, np.linspace(0, 1, ROWS), verbose=0)


def test_it_is_told_that_nothing_says_what_answers_under_an_own_loss_mean():
    def of_logits(y_true, y_pred):
        return jnp.mean(jnp.logaddexp(0.0, y_pred) - y_true * y_pred, axis=-1)

    with pytest.warns(PlasticaWarning, match=r"cannot be inferred from of_logits.*threshold=0.0"):
        _ = model_of(1, of_logits, ["accuracy"]).program
    model = model_of(1, of_logits, [metrics.BinaryAccuracy(threshold=0.0), "auc"])
    assert evaluated(model, X, YES)["binary_accuracy"] == pytest.approx(
        np.mean((model.predict(X, verbose=0)[:, 0] > 0) == YES)
    )


def test_metrics_count_rows_alike_and_weighted_metrics_by_weight_as_in_keras():
    weight, by_class = rng.uniform(0.5, 2, ROWS).astype(np.float32), {0: 1.0, 1: 4.0}
    ours = pl.Sequential([pl.Input((4,)), pl.Dense(1, activation="sigmoid")])
    theirs = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
    theirs.set_weights(ours.get_weights())
    told = {"loss": "binary_crossentropy", "metrics": ["accuracy"], "weighted_metrics": ["mse"]}
    ours.compile("sgd", **told)
    theirs.compile("sgd", **told)
    for given in ({"sample_weight": weight}, {"class_weight": by_class}):
        options = {"epochs": 2, "batch_size": 16, "shuffle": False, "verbose": 0, **given}
        found = ours.fit(X, YES, **options).history
        wanted = theirs.fit(X, YES[:, None], **options).history
        assert set(found) == set(wanted)
        for name, values in wanted.items():
            np.testing.assert_allclose(found[name], values, rtol=1e-4, err_msg=name)


def test_a_metric_and_its_weighted_twin_have_names_of_their_own(tmp_path):
    model = model_of(1, "mse", ["mae"], weighted_metrics=["mae"])
    weight = np.linspace(0, 2, ROWS).astype(np.float32)
    model.fit(X, YES, epochs=1, verbose=0, sample_weight=weight)
    found = model.evaluate(X, YES, sample_weight=weight, verbose=0, return_dict=True)
    error = np.abs(model.predict(X, verbose=0)[:, 0] - YES)
    assert found["mae"] == pytest.approx(error.mean(), rel=1e-5)
    assert found["weighted_mae"] == pytest.approx(np.average(error, weights=weight), rel=1e-5)
    again = pl.load(model.save(tmp_path / "m.plastica"))
    assert again.evaluate(X, YES, sample_weight=weight, verbose=0, return_dict=True) == found


# -- functions of the whole batch ------------------------------------------------------------------------------------


def dice(y_true, y_pred):
    return 1 - 2 * jnp.sum(y_true * y_pred) / (jnp.sum(y_true) + jnp.sum(y_pred))


def dice_score(y_true, y_pred):
    return 2 * jnp.sum(y_true * y_pred) / (jnp.sum(y_true) + jnp.sum(y_pred))


def keras_dice(y_true, y_pred):
    return 1 - 2 * keras.ops.sum(y_true * y_pred) / (keras.ops.sum(y_true) + keras.ops.sum(y_pred))


def keras_score(y_true, y_pred):
    return 2 * keras.ops.sum(y_true * y_pred) / (keras.ops.sum(y_true) + keras.ops.sum(y_pred))


@pytest.mark.parametrize("batch_size", [16, 25, 64])  # 50 rows: a short last batch, none, fewer rows than a batch
def test_a_loss_and_a_metric_of_the_whole_batch_train_as_in_keras(batch_size):
    ours = pl.Sequential([pl.Input((4,)), pl.Dense(1, activation="sigmoid")])
    theirs = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, activation="sigmoid")])
    theirs.set_weights(ours.get_weights())
    ours.compile(pl.optimizers.SGD(0.5), dice, [dice_score])
    theirs.compile(keras.optimizers.SGD(0.5), keras_dice, metrics=[keras_score])
    options = {"epochs": 3, "batch_size": batch_size, "shuffle": False, "verbose": 0}
    found = ours.fit(X, YES, validation_data=(X[:20], YES[:20]), **options).history
    wanted = theirs.fit(X, YES[:, None], validation_data=(X[:20], YES[:20, None]), **options).history
    for name, other in (("loss", "loss"), ("dice_score", "keras_score"), ("val_loss", "val_loss")):
        np.testing.assert_allclose(found[name], wanted[other], rtol=1e-4, err_msg=name)
    for one, other in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    answers = ours.predict(X, verbose=0)[:, 0]
    whole = ours.evaluate(X, YES, batch_size=ROWS, verbose=0, return_dict=True)
    assert whole["dice_score"] == pytest.approx(float(dice_score(YES, answers)), rel=1e-5)


def test_a_function_of_the_whole_batch_is_refused_where_rows_are_asked_for():
    with pytest.raises(InvalidValue, match="one number for the whole batch, which weights of rows cannot change"):
        model_of(1, "mse", [], weighted_metrics=[dice_score]).fit(X, YES, verbose=0)
    model = pl.Sequential([pl.Dense(3, activation="sigmoid"), pl.Dense(1, activation="sigmoid")])
    model.compile("sgd", dice, rule="equilibrium_propagation")
    with pytest.raises(InvalidValue, match="one number per row is needed here"):
        model.fit(X, YES, verbose=0)


def test_a_value_for_each_output_is_none_for_each_row_though_there_are_as_many_rows():
    with pytest.raises(ShapeError, match=r"returned values of shape \(3,\).*one value for each row is expected"):
        model_of(3, "bce", [lambda y, a: jnp.mean(jnp.abs(y - a), 0)], "sigmoid").fit(X, TAGS, batch_size=3, verbose=0)


def test_a_function_that_fails_on_the_shapes_is_told_with_them_and_its_line_before_the_run():
    def mismatched(y_true, y_pred):
        return jnp.mean(y_true - y_pred)

    with pytest.raises(
        ShapeError, match=r"mismatched failed in line \d+ on targets of shape \(32,\) and answers"
    ) as told:
        model_of(3, mismatched, [], "sigmoid").fit(X, CLASSES, verbose=0)
    assert len(told.traceback) < 12 and told.value.__cause__ is None


def test_an_own_loss_is_a_metric_too():
    found = evaluated(model_of(1, "bce", [losses.CustomLoss(dice)], "sigmoid"), X, YES, batch_size=ROWS)
    assert set(found) == {"loss", "dice"} and 0 < found["dice"] < 1


# -- sums and names --------------------------------------------------------------------------------------------------


def test_sums_of_millions_of_rows_keep_their_digits():
    import jax

    def many(sums):
        return jax.lax.fori_loop(
            0, 300_000, lambda _, sums: added(sums, jnp.array([0.1 * 32, 32.0], jnp.float32)), sums
        )

    found = np.asarray(jax.jit(many)(jnp.zeros(4)), np.float64).reshape(2, 2).sum(0)
    assert found[0] / found[1] == pytest.approx(0.1, rel=1e-6)  # plain single precision: .0997


def test_crossentropy_without_a_kind_is_told_by_the_targets():
    with pytest.raises(UnknownName, match="For class numbers 0, 1, 2"):
        pl.Sequential([pl.Dense(3)]).compile("adam", "crossentropy")
