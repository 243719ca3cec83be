"""What every metric is: sums that a run can carry, and a number made from them."""

from __future__ import annotations

import jax
import numpy as np

from ..declaration import Declaration


class Metric(Declaration):
    """A figure shown during training and by ``evaluate``.

    The sums of two batches add up to the sums of both together; so a run carries one short vector a metric,
    and the figure of the whole data does not depend on how it was cut into batches.
    """

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
