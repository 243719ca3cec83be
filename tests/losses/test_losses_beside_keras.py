import os

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import keras
import numpy as np
import pytest

from plastica import losses

rng = np.random.default_rng(0)
ROWS, CLASSES = 12, 4


def uniform(*shape):
    return rng.uniform(0.02, 0.98, shape).astype(np.float32)


def normal(*shape):
    return rng.normal(size=shape).astype(np.float32)


def one_hot(*shape):
    return np.eye(CLASSES, dtype=np.float32)[rng.integers(0, CLASSES, shape)]


def distribution(*shape):
    return rng.dirichlet(np.ones(CLASSES), shape).astype(np.float32)


def labels(*shape):
    return rng.integers(0, CLASSES, shape)


def yes_or_no(*shape):
    return rng.integers(0, 2, shape).astype(np.float32)


K = keras.losses
NUMBERS = (normal(ROWS, 3), 2 * normal(ROWS, 3))
SEQUENCES = (normal(ROWS, 5, 3), 2 * normal(ROWS, 5, 3))
CASES = [
    *(
        case
        for data in (NUMBERS, SEQUENCES)
        for case in [
            ("mean_squared_error", losses.MeanSquaredError(), K.MeanSquaredError, {}, data),
            ("mean_absolute_error", losses.MeanAbsoluteError(), K.MeanAbsoluteError, {}, data),
            ("mape", losses.get("mape"), K.MeanAbsolutePercentageError, {}, data),
            ("msle", losses.get("msle"), K.MeanSquaredLogarithmicError, {}, tuple(np.abs(x) for x in data)),
            ("msle below 0", losses.get("msle"), K.MeanSquaredLogarithmicError, {}, data),
            ("huber", losses.Huber(), K.Huber, {}, data),
            ("huber delta", losses.Huber(delta=0.3), K.Huber, {"delta": 0.3}, data),
            ("log_cosh", losses.LogCosh(), K.LogCosh, {}, data),
            ("cosine", losses.CosineSimilarity(), K.CosineSimilarity, {}, data),
        ]
    ),
    ("poisson", losses.Poisson(), K.Poisson, {}, (rng.poisson(2, (ROWS, 3)), uniform(ROWS, 3))),
    ("hinge", losses.Hinge(), K.Hinge, {}, (2 * yes_or_no(ROWS, 3) - 1, normal(ROWS, 3))),
    ("hinge of 0 and 1", losses.Hinge(), K.Hinge, {}, (yes_or_no(ROWS, 3), normal(ROWS, 3))),
    ("squared_hinge", losses.SquaredHinge(), K.SquaredHinge, {}, (yes_or_no(ROWS, 3), normal(ROWS, 3))),
    (
        "categorical_hinge",
        losses.CategoricalHinge(),
        K.CategoricalHinge,
        {},
        (one_hot(ROWS), normal(ROWS, CLASSES)),
    ),
    ("kl", losses.KLDivergence(), K.KLDivergence, {}, (distribution(ROWS), distribution(ROWS))),
    ("kl one-hot", losses.KLDivergence(), K.KLDivergence, {}, (one_hot(ROWS), distribution(ROWS))),
    *(
        (
            f"{cls.__name__} {fields}",
            cls(**fields),
            getattr(K, cls.__name__),
            fields,
            (target, normal(*shape) if fields.get("from_logits") else uniform(*shape)),
        )
        for cls, target, shape, extras in [
            (losses.BinaryCrossentropy, yes_or_no(ROWS, 3), (ROWS, 3), [{}]),
            (losses.BinaryCrossentropy, uniform(ROWS, 3), (ROWS, 3), [{}]),
            (
                losses.BinaryFocalCrossentropy,
                yes_or_no(ROWS, 1),
                (ROWS, 1),
                [{}, {"gamma": 0.5}, {"apply_class_balancing": True, "alpha": 0.3}],
            ),
            (losses.CategoricalCrossentropy, one_hot(ROWS), (ROWS, CLASSES), [{}]),
            (losses.CategoricalCrossentropy, uniform(ROWS, 5, CLASSES), (ROWS, 5, CLASSES), [{}]),
            (
                losses.CategoricalFocalCrossentropy,
                one_hot(ROWS),
                (ROWS, CLASSES),
                [{}, {"gamma": 0.5, "alpha": 0.7}],
            ),
        ]
        for extra in extras
        for fields in [extra, {**extra, "from_logits": True}, {**extra, "label_smoothing": 0.2}]
    ),
    *(
        (
            f"sparse {shape} {fields}",
            losses.SparseCategoricalCrossentropy(**fields),
            K.SparseCategoricalCrossentropy,
            fields,
            (labels(*shape), normal(*rows, CLASSES) if fields else uniform(*rows, CLASSES)),
        )
        for shape, rows in [((ROWS,), (ROWS,)), ((ROWS, 1), (ROWS,)), ((ROWS, 5), (ROWS, 5))]
        for fields in [{}, {"from_logits": True}]
    ),
]


@pytest.mark.parametrize(("loss", "peer", "fields", "data"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_each_row_is_as_in_keras(loss, peer, fields, data):
    target, prediction = data
    theirs = np.asarray(jax.jit(peer(**fields, reduction=None))(target, prediction))
    theirs = theirs.reshape(len(prediction), -1).mean(axis=1)
    np.testing.assert_allclose(jax.jit(loss.values)(target, prediction), theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["binary_crossentropy", "binary_focal_crossentropy"])
def test_saturated_yes_or_no_is_as_in_keras(name):
    target = np.array([[0.0], [0.0], [1.0], [1.0]], np.float32)
    prediction = np.array([[0.0], [1.0], [0.0], [1.0]], np.float32)
    theirs = getattr(keras.losses, name)(target, prediction)
    np.testing.assert_allclose(losses.get(name).values(target, prediction), theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["categorical_crossentropy", "categorical_focal_crossentropy", "kl_divergence"])
def test_saturated_classes_are_as_in_keras(name):
    target = np.array([[0.0, 1.0], [1.0, 0.0], [0.3, 0.7]], np.float32)
    prediction = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0]], np.float32)
    theirs = getattr(keras.losses, name)(target, prediction)
    np.testing.assert_allclose(losses.get(name).values(target, prediction), theirs, rtol=1e-5, atol=1e-6)


OURS = {"half_squared_error", "logcosh", "sparse_categorical_focal_crossentropy"}  # names that Keras lacks


@pytest.mark.parametrize("name", sorted(set(losses.NAMES) - OURS))
def test_a_name_that_both_have_means_the_same(name):
    target = labels(ROWS) if name.startswith("sparse") else one_hot(ROWS)
    prediction = distribution(ROWS)
    theirs = keras.losses.get(name)(target, prediction)
    np.testing.assert_allclose(losses.get(name).values(target, prediction).mean(), np.mean(theirs), rtol=1e-5)
