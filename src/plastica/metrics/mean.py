"""Metrics that are the weighted mean of one value per row."""

from __future__ import annotations

from typing import ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import losses
from ..declaration import declaration
from ..losses.class_targets import of_shapes
from ..losses.regression import cosine
from ..typing import Float, Num
from .metric import Metric, Wants


class Named(Metric):
    """A metric whose key in the history can be set."""

    name: str | None
    default_label: ClassVar[str]

    @property
    def label(self) -> str:
        """The given name, or Keras's."""
        return self.name or self.default_label


class RowMean(Named):
    """The weighted mean of one value per row, from two sums: of the weighted values and of the weights."""

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the value of each row, ``(batch,)``."""
        raise NotImplementedError

    def sums(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
    ) -> Float[Array, "sums"]:
        """Return the weighted sum of the rows' values and the sum of the weights, ``(2,)``."""
        values = self.values(target, prediction)
        weight = weight.astype(values.dtype)
        # Padding rows may contain anything, and 0 times NaN is NaN.
        total = jnp.sum(jnp.where(weight == 0, 0.0, values * weight))
        return jnp.stack([total, jnp.sum(weight)])

    def of_sums(self, sums: Float[np.ndarray, "sums"]) -> float:
        """Return the mean."""
        return ratio(sums[0], sums[1])


@declaration
class MeanSquaredError(RowMean):
    """The mean squared error.

    Args:
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ...)``.

    Example:
        >>> MeanSquaredError().compute([1.0, 2.0], [1.0, 4.0])
        2.0
    """

    default_label: ClassVar[str] = "mean_squared_error"
    defined_on: ClassVar[Wants] = "targets"
    name: str | None = None

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the mean squared error of each row."""
        return losses.MeanSquaredError().values(target, prediction)


@declaration
class RootMeanSquaredError(RowMean):
    """The root of the mean squared error, in the unit of the target.

    Args:
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ...)``.

    Example:
        >>> RootMeanSquaredError().compute([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 8.0])
        2.0
    """

    default_label: ClassVar[str] = "root_mean_squared_error"
    defined_on: ClassVar[Wants] = "targets"
    name: str | None = None

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the mean squared error of each row."""
        return losses.MeanSquaredError().values(target, prediction)

    def of_sums(self, sums: Float[np.ndarray, "sums"]) -> float:
        """Return the root of the mean."""
        return float(np.sqrt(ratio(sums[0], sums[1])))


@declaration
class MeanAbsoluteError(RowMean):
    """The mean absolute error, in the unit of the target.

    Args:
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ...)``.

    Example:
        >>> MeanAbsoluteError().compute([1.0, 2.0], [1.0, 4.0])
        1.0
    """

    default_label: ClassVar[str] = "mean_absolute_error"
    defined_on: ClassVar[Wants] = "targets"
    name: str | None = None

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the mean absolute error of each row."""
        return losses.MeanAbsoluteError().values(target, prediction)


@declaration
class MeanAbsolutePercentageError(RowMean):
    """The mean absolute error in per cent of the target, as in Keras; scikit-learn returns a fraction.

    Args:
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ...)``.

    Example:
        >>> MeanAbsolutePercentageError().compute([1.0, 2.0], [1.0, 3.0])
        25.0
    """

    default_label: ClassVar[str] = "mean_absolute_percentage_error"
    defined_on: ClassVar[Wants] = "targets"
    name: str | None = None

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the mean error of each row in per cent."""
        return losses.MeanAbsolutePercentageError().values(target, prediction)


@declaration
class CosineSimilarity(RowMean):
    """The mean cosine of the angle between target and prediction; 1 is perfect. The loss of this name is its negative.

    Args:
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ..., features)``.

    Example:
        >>> CosineSimilarity().compute([[1.0, 0.0], [0.0, 1.0]], [[2.0, 0.0], [3.0, 0.0]])  # 0 and 90 degrees
        0.5
    """

    default_label: ClassVar[str] = "cosine_similarity"
    defined_on: ClassVar[Wants] = "targets"
    name: str | None = None

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the cosine of each row."""
        return cosine("cosine_similarity", target, prediction)


@declaration
class LogLoss(RowMean):
    """The cross-entropy that matches the shapes: binary for a single output, otherwise categorical.

    It corresponds to scikit-learn's ``log_loss`` and Keras's ``"crossentropy"``. Probabilities are clipped to
    [1e-7, 1 - 1e-7].

    Args:
        name: The key in the history.

    Shapes: predictions ``(batch, ..., classes)``; targets the same, or ``(batch, ...)`` class indices.

    Example:
        >>> round(LogLoss().compute([1, 0], [0.5, 0.5]), 4)  # ln 2
        0.6931
    """

    default_label: ClassVar[str] = "log_loss"
    defined_on: ClassVar[Wants] = "probabilities"
    name: str | None = None

    def values(
        self, target: Num[Array, "batch *targets"], prediction: Float[Array, "batch *outputs"]
    ) -> Float[Array, "batch"]:
        """Return the cross-entropy of each row."""
        kind = of_shapes(target, prediction)
        if kind.binary:
            return losses.BinaryCrossentropy().values(target, prediction)
        if kind.numbered:
            return losses.SparseCategoricalCrossentropy().values(target, prediction)
        return losses.CategoricalCrossentropy().values(target, prediction)


def ratio(part: float, whole: float) -> float:
    """Return part / whole; NaN if nothing was counted."""
    return float(part) / float(whole) if whole != 0 else float("nan")
