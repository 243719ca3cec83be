"""Metrics that are the weighted mean of one value a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from .. import losses
from ..declaration import declaration
from ..losses.class_targets import of_shapes
from ..losses.custom import batch_value, is_of_whole_batch, row_values
from ..losses.regression import cosine
from ..own_functions import require_function
from .metric import Metric, Wants


class Named(Metric):
    """A metric with a key of its own in the history, where a person gave one."""

    name: str | None
    default_label: ClassVar[str]

    @property
    def label(self) -> str:
        """The given name, or Keras's."""
        return self.name or self.default_label


class Mean(Named):
    """The weighted mean of one value a row: two sums, of the values and of the weights."""

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return the value of each row, ``(batch,)``."""
        raise NotImplementedError

    def sums(self, target: jax.Array, prediction: jax.Array, weight: jax.Array) -> jax.Array:
        """Return the weighted sum of the rows' values and of the weights, ``(2,)``."""
        values = self.values(target, prediction)
        weight = weight.astype(values.dtype)
        # A row that only fills up a batch may hold anything, and 0 times NaN is NaN.
        total = jnp.sum(jnp.where(weight == 0, 0.0, values * weight))
        return jnp.stack([total, jnp.sum(weight)])

    def result(self, sums: np.ndarray) -> float:
        """Return the mean."""
        return ratio(sums[0], sums[1])


@declaration
class MeanSquaredError(Mean):
    """The mean of squared errors.

    Args:
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ...)``.
    """

    default_label: ClassVar[str] = "mean_squared_error"
    defined_on: ClassVar[Wants] = "targets"
    name: str | None = None

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's mean squared error."""
        return losses.MeanSquaredError().values(target, prediction)


@declaration
class RootMeanSquaredError(Mean):
    """The root of the mean of squared errors: an error in the target's own unit.

    Args:
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ...)``.
    """

    default_label: ClassVar[str] = "root_mean_squared_error"
    defined_on: ClassVar[Wants] = "targets"
    name: str | None = None

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's mean squared error."""
        return losses.MeanSquaredError().values(target, prediction)

    def result(self, sums: np.ndarray) -> float:
        """Return the root of the mean."""
        return float(np.sqrt(ratio(sums[0], sums[1])))


@declaration
class MeanAbsoluteError(Mean):
    """The mean of absolute errors: an error in the target's own unit.

    Args:
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ...)``.
    """

    default_label: ClassVar[str] = "mean_absolute_error"
    defined_on: ClassVar[Wants] = "targets"
    name: str | None = None

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's mean absolute error."""
        return losses.MeanAbsoluteError().values(target, prediction)


@declaration
class MeanAbsolutePercentageError(Mean):
    """The mean of absolute errors in per cent of the target, as in Keras (scikit-learn gives it as a share).

    Args:
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ...)``.
    """

    default_label: ClassVar[str] = "mean_absolute_percentage_error"
    defined_on: ClassVar[Wants] = "targets"
    name: str | None = None

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's mean error in per cent."""
        return losses.MeanAbsolutePercentageError().values(target, prediction)


@declaration
class CosineSimilarity(Mean):
    """The mean cosine of the angle between target and prediction, 1 at best (the loss is minus this).

    Args:
        name: The key in the history; Keras's by default.

    Shapes: targets and predictions, both ``(batch, ..., features)``.
    """

    default_label: ClassVar[str] = "cosine_similarity"
    defined_on: ClassVar[Wants] = "targets"
    name: str | None = None

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's cosine."""
        return cosine("cosine_similarity", target, prediction)


@declaration
class LogLoss(Mean):
    """The cross-entropy that fits the shapes: binary for one output, else categorical, of labels or one-hot.

    scikit-learn's ``log_loss``, Keras's ``"crossentropy"``. Probabilities are kept in [1e-7, 1 - 1e-7].

    Args:
        name: The key in the history.

    Shapes: predictions ``(batch, ..., classes)``; targets alike, or ``(batch, ...)`` class numbers.
    """

    default_label: ClassVar[str] = "log_loss"
    defined_on: ClassVar[Wants] = "probabilities"
    name: str | None = None

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's cross-entropy."""
        kind = of_shapes(target, prediction)
        if kind.binary:
            return losses.BinaryCrossentropy().values(target, prediction)
        if kind.numbered:
            return losses.SparseCategoricalCrossentropy().values(target, prediction)
        return losses.CategoricalCrossentropy().values(target, prediction)


@declaration
class LossMetric(Mean):
    """Any loss, shown as a metric.

    Args:
        loss: The loss, computed at the activity.
        name: The key in the history; the loss's by default.

    Shapes: as the loss takes them.
    """

    loss: losses.Loss
    name: str | None = None

    @property
    def wants(self) -> Wants:
        """What the loss is computed from; one of margins takes answers as they are."""
        kinds: dict[str, Wants] = {
            "probabilities": "probabilities", "potentials": "potentials", "values": "targets",
        }  # fmt: skip
        return kinds.get(self.loss.meaning.outputs, "activities")

    @property
    def label(self) -> str:
        """The given name, or the loss's."""
        return self.name or losses.name_of(self.loss)

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return each row's loss."""
        return self.loss.values(target, prediction)


@declaration
class CustomMetric(Mean):
    """A function of one's own as a metric: the weighted mean of its values.

    Args:
        function: Takes (y_true, y_pred) and returns one value for each row or each element, or a single number
            for the whole batch. It is traced by JAX: use ``jax.numpy`` in it. Of a function of the whole batch the
            figure is the mean over the batches, as in Keras, and so depends on the batch size.
        name: The key in the history; the function's own name by default.
        sizes: The numbers of rows of batches that may be short; ``fit`` and ``evaluate`` fill it in.

    Raises:
        InvalidValue: If ``function`` cannot be called.
        ShapeError: If it returns neither a single number nor values along the batch.
    """

    function: Callable[..., jax.Array]
    name: str | None = None
    sizes: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        require_function("CustomMetric", self.function, "target", "prediction")

    @property
    def label(self) -> str:
        """The given name, or the function's."""
        return self.name or getattr(self.function, "__name__", "custom_metric")

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return the function's value of each row."""
        return row_values(self.function, target, prediction)

    def sums(self, target: jax.Array, prediction: jax.Array, weight: jax.Array) -> jax.Array:
        """Return the weighted sum of the rows' values and of the weights; or the batch's one value and 1."""
        if not is_of_whole_batch(self.function, target, prediction):
            return Mean.sums(self, target, prediction, weight)
        real = jnp.sum(weight > 0)  # such a metric is never weighted, so only filler rows weigh nothing
        value = batch_value(self.function, self.sizes, target, prediction, real)
        return jnp.stack([value, jnp.ones_like(value)])


def ratio(part: float, whole: float) -> float:
    """Return part / whole; NaN where nothing was counted."""
    return float(part) / float(whole) if whole != 0 else float("nan")
