"""Class weights apply to the rows, time steps and pixels of a class with every loss, or give a clear error."""

from __future__ import annotations

import os

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
import jax.numpy as jnp
import keras

import plastica as pl
from plastica import losses
from plastica.errors import InvalidValue, ShapeError
from plastica.model.class_weights import weigh_classes
from plastica.model.inputs import Examples

rng = np.random.default_rng(0)
ROWS = 50
X = rng.normal(size=(ROWS, 4)).astype(np.float32)
CLASSES = rng.integers(0, 3, ROWS)
TAGS = (rng.random((ROWS, 3)) < 0.4).astype(np.float32)
STEPS = rng.normal(size=(12, 5, 2)).astype(np.float32)
NUMBERS = rng.integers(0, 3, (12, 5))
WEIGHT = {0: 1.0, 1: 3.0, 2: 10.0}


def model_of(units, loss, activation):
    model = pl.Sequential([pl.Dense(units, activation=activation)], seed=1)
    model.build((None, 4))
    model.compile("sgd", loss)
    return model


def loss_at_rest(output, loss, x, y, **options):
    """Return the loss of the first epoch with learning rate 0, and the predictions."""
    model = pl.Sequential([pl.Conv1D(output[0], 1, activation=output[1])], seed=2)
    model.compile(pl.optimizers.SGD(1e-12), loss)
    found = model.fit(x, y, epochs=1, batch_size=5, verbose=0, **options).history["loss"][0]
    return found, model.predict(x, verbose=0).astype(float)


@pytest.mark.parametrize("hot", [False, True], ids=["class numbers", "one-hot"])
def test_each_step_weighs_what_its_own_class_does(hot):
    y, loss = (np.eye(3)[NUMBERS], "categorical_crossentropy") if hot else (NUMBERS, "sparse_categorical_crossentropy")
    found, answers = loss_at_rest((3, "softmax"), loss, STEPS, y, class_weight=WEIGHT)
    chosen = np.take_along_axis(answers, NUMBERS[..., None], -1)[..., 0]
    assert found == pytest.approx(np.mean(np.array([1, 3, 10])[NUMBERS] * -np.log(chosen)), rel=1e-5)


def test_each_pixel_of_a_mask_weighs_what_it_is_and_rows_multiply_it():
    mask, rows = (rng.random((12, 5, 1)) < 0.3).astype(np.float32), rng.uniform(0.5, 2, 12).astype(np.float32)
    given = {"class_weight": {0: 1.0, 1: 7.0}, "sample_weight": rows}
    found, answers = loss_at_rest((1, "sigmoid"), "binary_crossentropy", STEPS, mask, **given)
    each = -np.where(mask == 1, 7 * np.log(answers), np.log(1 - answers))[..., 0]
    assert found == pytest.approx(np.mean(each * rows[:, None]), rel=1e-5)


def test_weights_of_steps_move_the_weights_as_a_loss_written_out_does():
    share = np.array([1, 3, 10], np.float32)[NUMBERS]
    plain = pl.Sequential([pl.Conv1D(3, 1, activation="softmax")], seed=2)
    plain.compile("sgd", "sparse_categorical_crossentropy")
    plain.fit(STEPS, NUMBERS, epochs=3, batch_size=5, verbose=0, class_weight=WEIGHT, shuffle=False)

    own = pl.Sequential([pl.Conv1D(3, 1, activation="softmax")], seed=2)
    own.compile("sgd", lambda y_true, y_pred: -jnp.mean(jnp.sum(y_true * jnp.log(y_pred), -1), -1))
    own.fit(STEPS, np.eye(3)[NUMBERS] * share[..., None], epochs=3, batch_size=5, verbose=0, shuffle=False)
    for ours, wanted in zip(plain.get_weights(), own.get_weights(), strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-4, atol=1e-6)


K = keras.losses
SHARES = rng.dirichlet(np.ones(3), (12, 5)).astype(np.float32)
PEERS = {
    "mse": K.MeanSquaredError, "mae": K.MeanAbsoluteError, "huber": K.Huber, "log_cosh": K.LogCosh,
    "msle": K.MeanSquaredLogarithmicError,
    "cosine_similarity": K.CosineSimilarity, "poisson": K.Poisson, "binary_crossentropy": K.BinaryCrossentropy,
    "binary_focal_crossentropy": K.BinaryFocalCrossentropy, "categorical_crossentropy": K.CategoricalCrossentropy,
    "categorical_focal_crossentropy": K.CategoricalFocalCrossentropy, "kl_divergence": K.KLDivergence,
    "hinge": K.Hinge, "squared_hinge": K.SquaredHinge, "categorical_hinge": K.CategoricalHinge,
    "sparse_categorical_crossentropy": K.SparseCategoricalCrossentropy,
}  # fmt: skip


def weighed_mean(loss, y, answers, **rows):
    """Return the loss of a batch with class weights, as computed by the objective."""
    found = weigh_classes(Examples(answers, y, **rows), WEIGHT, loss, answers.shape[1:])
    return float(losses.Objective(loss).mean(y, answers, np.ones(len(y), np.float32), len(y), found.weight))


@pytest.mark.parametrize("name", PEERS)
def test_each_step_weighs_what_its_class_does_under_every_loss_as_weights_of_steps_do_in_keras(name):
    y = NUMBERS.astype(np.float32) if name.startswith("sparse") else np.eye(3, dtype=np.float32)[NUMBERS]
    each = np.asarray(PEERS[name](reduction=None)(y, SHARES)).reshape(12, 5)
    wanted = np.mean(each * np.array([1, 3, 10])[NUMBERS])
    assert weighed_mean(losses.get(name), y, SHARES) == pytest.approx(wanted, rel=1e-4)


def test_losses_that_add_up_over_steps_still_do_when_steps_are_weighed():
    y = np.eye(3, dtype=np.float32)[NUMBERS]
    each = 0.5 * np.sum((SHARES - y) ** 2, -1) * np.array([1, 3, 10])[NUMBERS]
    assert weighed_mean(losses.HalfSquaredError(), y, SHARES) == pytest.approx(each.sum(1).mean(), rel=1e-5)


def test_an_own_loss_weighs_steps_where_it_returns_one_value_for_each():
    y, absolute = np.eye(3, dtype=np.float32)[NUMBERS], losses.CustomLoss(lambda y, a: jnp.mean(jnp.abs(y - a), -1))
    assert weighed_mean(absolute, y, SHARES) == pytest.approx(weighed_mean(losses.get("mae"), y, SHARES), rel=1e-6)
    with pytest.raises(
        ShapeError, match=r"returned values of shape \(12,\), but class_weight needs one value for each of the steps"
    ):
        weighed_mean(losses.CustomLoss(lambda y, a: jnp.mean(jnp.abs(y - a), (1, 2))), y, SHARES)


@pytest.mark.parametrize("signs", [False, True])
def test_one_hot_signs_and_masks_without_a_last_axis_name_classes(signs):
    y, mask = np.eye(3, dtype=np.float32)[CLASSES], (rng.random((12, 4, 6)) < 0.4).astype(np.float32)
    found = weigh_classes(Examples(X, 2 * y - 1 if signs else y), WEIGHT, losses.Hinge(), (3,)).weight
    np.testing.assert_array_equal(found, np.array([1, 3, 10])[CLASSES])
    yes, weights = (2 * mask - 1, {-1: 1.0, 1: 5.0}) if signs else (mask, {0: 1.0, 1: 5.0})
    found = weigh_classes(Examples(mask, yes), weights, losses.Hinge(), (4, 6)).weight
    np.testing.assert_array_equal(found, 1 + 4 * mask)


@pytest.mark.parametrize("weights, said", [
    ({0: 1.0, 1: 2.0}, "no weight for class 2"),
    ({0: 1.0, 1: 2.0, 2: 1.0, 3: 1.0}, "class 3, which cannot occur: the classes here are 0, 1, 2"),
    ({0: 1.0, "1": 2.0, 2: 1.0}, "the key '1' of type str"),
    ({0: 1.0, 1: 2.0, 2.5: 1.0}, "the key 2.5 of type float"),
    ({0: 1.0, 1: -2.0, 2: 1.0}, "-2.0 for class 1"),
    ([1.0, 2.0, 3.0], "give a dictionary"),
])  # fmt: skip
def test_class_weights_that_fit_no_class_are_refused_in_words(weights, said):
    model = model_of(3, "sparse_categorical_crossentropy", "softmax")
    with pytest.raises(InvalidValue, match=said):
        model.fit(X, CLASSES, class_weight=weights, verbose=0)


@pytest.mark.parametrize("loss, y, said", [
    ("categorical_crossentropy", np.full((ROWS, 3), 1 / 3), "probabilities of classes"),
    ("binary_crossentropy", np.r_[[[1.0, 1.0, 0.0]], TAGS[1:]], "several labels per row are possible"),
    ("mse", np.linspace(0, 1, ROWS), "not a class number"),
])  # fmt: skip
def test_class_weights_for_targets_that_name_no_class_are_refused(loss, y, said):
    ends = {"mse": "linear", "binary_crossentropy": "sigmoid"}
    model = model_of(1 if y.ndim == 1 else 3, loss, ends.get(loss, "softmax"))
    with pytest.raises(InvalidValue, match=said):
        model.fit(X, y, class_weight=WEIGHT, verbose=0)
