"""The base class of metrics: sums that a run accumulates, and a number computed from them."""

# pyright: reportUnknownMemberType=false
from __future__ import annotations

from typing import ClassVar, Literal, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from ..declaration import Declaration
from ..typing import Float, Num, PyTree

SEEN = "_seen"  # the attribute for the sums in user-defined loops, in addition to the fields
Wants = Literal["activities", "targets", "order", "decisions", "probabilities", "potentials"]


class Metric(Declaration):
    """A measure shown during training and by ``evaluate``.

    The sums of two batches add up to the sums of both together. A run therefore carries one short vector per metric,
    and the result for a data set does not depend on how it is divided into batches.

    Attributes:
        defined_on: Which outputs the metric is computed from: "activities" as they are; "targets", values on the scale
            of the targets, which are probabilities under a loss of logits; their "order"; "decisions", probabilities
            that are compared with a threshold or with each other; "probabilities"; or "potentials" (logits).
        counts: Whether its sums count rows, which single precision adds exactly up to 16 million rows of weight 1. The
            rounding errors of all other sums are compensated.
    """

    defined_on: ClassVar[Wants] = "activities"

    counts: ClassVar[bool] = False

    @property
    def is_counted(self) -> bool:
        """Whether the sums count rows; that of the inner metric for a metric with an inner one."""
        return self.counts

    @property
    def of_one(self) -> Metric:
        """The metric of a single prediction if a row has several: for an ensemble, that of one member."""
        return self

    def picked(self, target: PyTree, prediction: PyTree, within: PyTree) -> tuple[Metric, PyTree, PyTree, PyTree]:
        """Return the metric, targets, predictions and weights of steps of the output that it is about."""
        return self, target, prediction, within

    @property
    def wants(self) -> Wants:
        """The kind of outputs it is computed from; that of the inner metric for a metric with an inner one."""
        return self.defined_on

    @property
    def label(self) -> str:
        """The key in ``History.history``."""
        raise NotImplementedError

    def sums(
        self,
        target: Num[Array, "batch *targets"],
        prediction: Float[Array, "batch *outputs"],
        weight: Float[Array, "batch"],
    ) -> Float[Array, "sums"]:
        """Return the sums of one batch, a vector.

        Args:
            target: The targets, ``(batch, ...)``.
            prediction: The outputs of the network, ``(batch, ...)``.
            weight: The weight of each row, ``(batch,)``; 0 for rows that pad an incomplete batch.
        """
        raise NotImplementedError

    def of_sums(self, sums: Float[np.ndarray, "sums"]) -> float:
        """Return the metric from accumulated sums; NaN if nothing was counted."""
        raise NotImplementedError

    def result(self, sums: Float[np.ndarray, "sums"] | None = None) -> float:
        """Return the metric from accumulated sums; NaN if nothing was counted.

        Args:
            sums: Added-up results of :meth:`sums`. None: those of :meth:`update_state`.
        """
        if sums is None:
            sums = self.__dict__.get(SEEN)
        return float("nan") if sums is None else self.of_sums(sums)

    def compute(self, target: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None = None) -> float:
        """Return the metric of arrays, outside of training.

        Args:
            target: The targets, ``(rows, ...)``.
            prediction: The predictions, ``(rows, ...)``; converted to float32.
            weight: The weight of each row, ``(rows,)``. None: 1 for each.
        """
        sums = cast("Array", _sums(self, *_as_arrays(target, prediction, weight)))
        return self.result(np.asarray(sums))

    def update_state(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Add a batch to what :meth:`result` is computed from, in a loop of your own; the names are Keras's.

        The sums belong to this object and not to its value: ``fit`` and ``evaluate`` neither read nor change them.

        Args:
            y_true: The targets, ``(rows, ...)``.
            y_pred: The predictions, ``(rows, ...)``.
            sample_weight: The weight of each row, ``(rows,)``. None: 1 for each.

        Example:
            >>> from plastica.metrics import MeanAbsoluteError
            >>> error = MeanAbsoluteError()
            >>> for target, prediction in [([1.0, 2.0], [1.0, 4.0]), ([0.0], [4.0])]:
            ...     error.update_state(target, prediction)
            >>> error.result()
            2.0
        """
        found = np.asarray(_sums(self, *_as_arrays(y_true, y_pred, sample_weight)), np.float64)
        object.__setattr__(self, SEEN, self.__dict__.get(SEEN, 0.0) + found)

    def reset_state(self) -> None:
        """Forget what :meth:`update_state` has added up."""
        self.__dict__.pop(SEEN, None)

    def __call__(self, y_true: ArrayLike, y_pred: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Add a batch as :meth:`update_state` does, and return the metric of all batches so far."""
        self.update_state(y_true, y_pred, sample_weight)
        return self.result()


@jax.jit
def _sums(
    metric: Metric,
    target: Num[Array, "batch *targets"],
    prediction: Float[Array, "batch *outputs"],
    weight: Float[Array, "batch"],
) -> Float[Array, "sums"]:
    return metric.sums(target, prediction, weight)


def _as_arrays(
    target: ArrayLike, prediction: ArrayLike, weight: ArrayLike | None
) -> tuple[Num[Array, "batch ..."], Float[Array, "batch ..."], Float[Array, "batch"]]:
    outputs = jnp.asarray(prediction, jnp.float32)
    rows = jnp.ones(len(outputs)) if weight is None else jnp.asarray(weight, jnp.float32)
    return jnp.asarray(target), outputs, rows
