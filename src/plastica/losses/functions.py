"""Losses as functions of targets and predictions, under Keras's names in lower case."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

from .binary import BinaryCrossentropy, BinaryFocalCrossentropy
from .categorical import (
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    SparseCategoricalCrossentropy,
)
from .circle import Circle
from .ctc import CTC
from .divergence import KLDivergence
from .generalized import CategoricalGeneralizedCrossEntropy
from .hinge import CategoricalHinge, Hinge, SquaredHinge
from .loss import Loss
from .overlap import Dice, OverlapLoss, Tversky
from .poisson import Poisson
from .regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
)
from .shapes import as_prediction, matched

LossFunction = Callable[..., jax.Array]

# The declaration of each function, with which compile(loss=mean_squared_error) is compile(loss="mean_squared_error").
DECLARED: dict[object, type[Loss]] = {}


def _named(
    name: str, cls: type[Loss], form: str, compute: Callable[[Any, jax.Array, jax.Array], jax.Array]
) -> LossFunction:
    compiled = jax.jit(compute)  # one program for each loss, instead of one for each of its operations

    def function(y_true: ArrayLike, y_pred: ArrayLike, **options: Any) -> jax.Array:
        return cast("jax.Array", compiled(cls(**options), jnp.asarray(y_true), as_prediction(y_pred)))

    function.__name__ = function.__qualname__ = name
    function.__module__ = __name__
    function.__doc__ = (
        f"Return {form} of targets and predictions; options are those of :class:`~plastica.losses.{cls.__name__}`.\n\n"
        f"``compile(loss={name})`` means the same as the class."
    )
    DECLARED[function] = cls
    return function


def _per_step(name: str, cls: type[Loss]) -> LossFunction:
    """Return the function for a loss that works along the last axis."""

    def compute(loss: Loss, target: jax.Array, prediction: jax.Array) -> jax.Array:
        if prediction.ndim == 1:
            return loss.values(target[None], prediction[None])[0]
        return loss.of_steps(target, prediction, prediction.shape[:-1])

    return _named(name, cls, "the loss along the last axis, one number for each row or step,", compute)


def _of_sums(name: str, cls: type[OverlapLoss]) -> LossFunction:
    """Return the function for a loss of overlap, which keeps the axes that are not summed over."""

    def compute(loss: OverlapLoss, target: jax.Array, prediction: jax.Array) -> jax.Array:
        return 1 - loss.overlap(matched(name, target, prediction), prediction, loss.axis)

    return _named(name, cls, "the loss over ``axis``", compute)


mean_squared_error = mse = _per_step("mean_squared_error", MeanSquaredError)
mean_absolute_error = mae = _per_step("mean_absolute_error", MeanAbsoluteError)
mean_absolute_percentage_error = mape = _per_step("mean_absolute_percentage_error", MeanAbsolutePercentageError)
mean_squared_logarithmic_error = msle = _per_step("mean_squared_logarithmic_error", MeanSquaredLogarithmicError)
huber = _per_step("huber", Huber)
log_cosh = logcosh = _per_step("log_cosh", LogCosh)
cosine_similarity = _per_step("cosine_similarity", CosineSimilarity)
poisson = _per_step("poisson", Poisson)
hinge = _per_step("hinge", Hinge)
squared_hinge = _per_step("squared_hinge", SquaredHinge)
categorical_hinge = _per_step("categorical_hinge", CategoricalHinge)
kl_divergence = kld = _per_step("kl_divergence", KLDivergence)
binary_crossentropy = bce = _per_step("binary_crossentropy", BinaryCrossentropy)
binary_focal_crossentropy = _per_step("binary_focal_crossentropy", BinaryFocalCrossentropy)
categorical_crossentropy = _per_step("categorical_crossentropy", CategoricalCrossentropy)
categorical_focal_crossentropy = _per_step("categorical_focal_crossentropy", CategoricalFocalCrossentropy)
sparse_categorical_crossentropy = _per_step("sparse_categorical_crossentropy", SparseCategoricalCrossentropy)
categorical_generalized_cross_entropy = _per_step(
    "categorical_generalized_cross_entropy", CategoricalGeneralizedCrossEntropy
)
ctc = _named("ctc", CTC, "the loss of each row", CTC.values)
circle = _named("circle", Circle, "the loss of each row among the others", Circle.among)
dice = _of_sums("dice", Dice)
tversky = _of_sums("tversky", Tversky)
