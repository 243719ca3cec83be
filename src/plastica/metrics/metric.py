"""What every metric is: sums that a run can carry, and a number made from them."""

from __future__ import annotations

from typing import ClassVar, Literal

import jax
import numpy as np

from ..declaration import Declaration

Wants = Literal["activities", "targets", "order", "decisions", "probabilities", "potentials"]


class Metric(Declaration):
    """A figure shown during training and by ``evaluate``.

    Attributes:
        defined_on: What of the network's answers it takes: "activities" as they are; what "targets" are compared
            with, under a loss of logits their probabilities; their "order"; "decisions", which are probabilities
            compared with a threshold or with each other; "probabilities" themselves; or "potentials" (logits).
        counts: Whether its sums count rows, which single precision adds exactly up to 16 million of weight 1. A run
            keeps what rounding takes from all other sums.

    The sums of two batches add up to the sums of both together; so a run carries one short vector a metric,
    and the figure of the whole data does not depend on how it was cut into batches.
    """

    defined_on: ClassVar[Wants] = "activities"

    counts: ClassVar[bool] = False

    @property
    def is_counted(self) -> bool:
        """Whether its sums count rows; for metrics that hold others, what those say."""
        return self.counts

    @property
    def of_one(self) -> Metric:
        """The metric of one answer where a row has several: for an ensemble, that of one member."""
        return self

    @property
    def wants(self) -> Wants:
        """What it is defined on; for metrics that hold others, what those are."""
        return self.defined_on

    @property
    def label(self) -> str:
        """The key under which the figure stands in ``History.history``."""
        raise NotImplementedError

    def sums(self, target: jax.Array, prediction: jax.Array, weight: jax.Array) -> jax.Array:
        """Return what one batch adds, a vector.

        Args:
            target: What was wanted, ``(batch, ...)``.
            prediction: The network's activity, ``(batch, ...)``.
            weight: The weight of each row, ``(batch,)``; 0 for rows that only fill up a short batch.
        """
        raise NotImplementedError

    def result(self, sums: np.ndarray) -> float:
        """Return the figure from the summed vectors; NaN where nothing was counted."""
        raise NotImplementedError
