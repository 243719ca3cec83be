"""Losses for overlap, embeddings, sequences and noisy labels, and losses as functions, compared with Keras."""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import keras
import numpy as np
import pytest

import plastica as pl
from plastica import losses
from plastica.errors import InvalidValue, ShapeError

rng = np.random.default_rng(0)
K = keras.losses
MASK = rng.integers(0, 2, (6, 3, 3, 2)).astype(np.float32)
SHARE = rng.uniform(0.01, 0.99, (6, 3, 3, 2)).astype(np.float32)
NUMBER = rng.integers(0, 3, 12)
SHARES = rng.dirichlet(np.ones(3), 12).astype(np.float32)
ONE_HOT = np.eye(3, dtype=np.float32)[NUMBER]
UNIT = rng.normal(size=(12, 4)).astype(np.float32)
UNIT /= np.linalg.norm(UNIT, axis=1, keepdims=True)
LOGITS = rng.normal(size=(4, 9, 5)).astype(np.float32)
LABELS = np.array([[1, 2, 2, 4], [3, 0, 0, 0], [4, 4, 4, 0], [1, 3, 0, 0]])
AMOUNTS = rng.uniform(0.5, 3, (12, 5, 2)).astype(np.float32)
GUESSES = (AMOUNTS * rng.uniform(0.5, 1.5, AMOUNTS.shape)).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "options", "target", "prediction"),
    [
        ("Dice", {}, MASK, SHARE),
        ("Dice", {"axis": (1, 2, 3)}, MASK, SHARE),
        ("Dice", {"axis": (1, 2)}, MASK, SHARE),
        ("Tversky", {"alpha": 0.3, "beta": 0.7}, MASK, SHARE),
        ("Tversky", {"alpha": 0.3, "beta": 0.7, "axis": (1, 2, 3)}, MASK, SHARE),
        ("CategoricalGeneralizedCrossEntropy", {"q": 0.7}, NUMBER, SHARES),
        ("Circle", {}, NUMBER, UNIT),
        ("Circle", {"gamma": 20.0, "margin": 0.2, "remove_diagonal": False}, NUMBER, UNIT),
        ("CTC", {}, LABELS, LOGITS),
        ("MeanSquaredError", {}, AMOUNTS, GUESSES),
        ("SparseCategoricalCrossentropy", {}, NUMBER, SHARES),
    ],
)
def test_a_loss_of_a_batch_is_keras_and_so_is_its_gradient(name, options, target, prediction):
    ours, theirs = getattr(losses, name)(**options), getattr(K, name)(**options)
    (value, found), (keras_value, wanted) = (
        jax.jit(jax.value_and_grad(lambda p, loss=loss: loss(target, p)))(prediction) for loss in (ours, theirs)
    )
    np.testing.assert_allclose(value, keras_value, rtol=2e-5)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "options", "target", "prediction"),
    [
        *((name, {}, AMOUNTS, GUESSES) for name in (
            "mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error",
            "mean_squared_logarithmic_error", "log_cosh", "cosine_similarity", "poisson",
        )),
        ("huber", {"delta": 0.2}, AMOUNTS, GUESSES),
        ("hinge", {}, 2 * ONE_HOT - 1, SHARES),
        ("squared_hinge", {}, 2 * ONE_HOT - 1, SHARES),
        ("categorical_hinge", {}, ONE_HOT, SHARES),
        ("kl_divergence", {}, ONE_HOT, SHARES),
        ("binary_crossentropy", {"label_smoothing": 0.1}, ONE_HOT, SHARES),
        ("binary_focal_crossentropy", {"gamma": 1.0}, ONE_HOT, SHARES),
        ("categorical_crossentropy", {"from_logits": True}, ONE_HOT, SHARES),
        ("categorical_focal_crossentropy", {}, ONE_HOT, SHARES),
        ("sparse_categorical_crossentropy", {}, NUMBER, SHARES),
        ("categorical_generalized_cross_entropy", {"q": 0.3}, NUMBER, SHARES),
        ("circle", {}, NUMBER, UNIT),
        ("ctc", {}, LABELS, LOGITS),
        ("dice", {"axis": (1, 2)}, MASK, SHARE),
        ("tversky", {}, MASK, SHARE),
        ("mean_squared_error", {}, [1.0, 2.0], [1.0, 4.0]),
    ],
)  # fmt: skip
def test_functions_are_keras(name, options, target, prediction):
    ours = getattr(losses, name)(target, prediction, **options)
    theirs = jax.jit(lambda: getattr(K, name)(target, prediction, **options))()
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=1e-6)


def test_a_function_as_loss_is_the_loss_of_its_name():
    assert losses.get(losses.mse) == losses.get("mse")
    assert losses.mse is losses.mean_squared_error
    model = pl.Sequential([pl.Dense(1, activation="sigmoid", input_dim=2)])
    model.compile("sgd", losses.binary_crossentropy)
    assert model.program.objective.at_potential  # the stable form, which a user-defined function does not have


@pytest.mark.parametrize("loss", [losses.Dice(), losses.Tversky(), losses.Circle(gamma=5.0)], ids=repr)
def test_a_loss_of_the_whole_batch_sees_the_rows_of_each_batch_and_no_padding(loss):
    x, y = rng.normal(size=(50, 3)).astype(np.float32), rng.integers(0, 2, (50, 1)).astype(np.float32)
    model = pl.Sequential([pl.Dense(2), pl.UnitNormalization()] if isinstance(loss, losses.Circle) else
                          [pl.Dense(1, activation="sigmoid")])  # fmt: skip
    model.compile(pl.optimizers.SGD(0.0), loss)
    history = model.fit(x, y, batch_size=32, epochs=1, shuffle=False, verbose=0, validation_data=(x, y))
    answers = model.predict(x)
    wanted = (32 * loss(y[:32], answers[:32]) + 18 * loss(y[32:], answers[32:])) / 50
    assert history.history["loss"][0] == pytest.approx(float(wanted), rel=1e-5)
    assert history.history["val_loss"][0] == pytest.approx(float(wanted), rel=1e-5)


def test_sequences_without_times_are_learned():
    letters = rng.integers(1, 3, (64, 2))
    x = np.repeat(np.eye(3, dtype=np.float32)[letters], 3, axis=1)
    model = pl.Sequential([pl.Conv1D(8, 3, padding="same", activation="relu"), pl.Conv1D(3, 1)])
    model.compile(pl.optimizers.Adam(0.03), "ctc")
    history = model.fit(x, letters, epochs=20, verbose=0)
    assert history.history["loss"][-1] < 0.3 * history.history["loss"][0]


@pytest.mark.parametrize(
    ("make", "kind", "told"),
    [
        (lambda: losses.Dice(axis=(0, 1)), InvalidValue, "needs the axes of its pixels without that of the batch"),
        (lambda: losses.Dice().values(MASK, SHARE), InvalidValue, r"Sum over the axes of a row only: Dice\(axis="),
        (lambda: losses.Circle(gamma=0), InvalidValue, "gamma=0.0; expected a number above 0"),
        (lambda: losses.Circle().values(NUMBER, UNIT), InvalidValue, "compares the rows of a batch"),
        (lambda: losses.Circle()(ONE_HOT, UNIT), ShapeError, "one class number"),
        (lambda: losses.CategoricalGeneralizedCrossEntropy(q=1), InvalidValue, "q=1.0; expected a number between"),
        (lambda: losses.CTC()(NUMBER, SHARES), ShapeError, r"\(batch, steps, labels \+ 1\)"),
    ],
)
def test_what_a_loss_cannot_do_is_said(make, kind, told):
    with pytest.raises(kind, match=told):
        make()
