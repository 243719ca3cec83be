"""Mean and sum of arbitrary numbers, for user-defined training loops."""

from __future__ import annotations

import numpy as np
from jax.typing import ArrayLike

from ..errors import ShapeError


class Sum:
    """The weighted sum of the numbers that it is given, batch by batch.

    Unlike the other metrics it is no declaration: it holds the sum so far, and ``compile`` does not take it.

    Args:
        name: A name for what prints it.

    Raises:
        ShapeError: If weights do not fit the numbers.

    Example:
        >>> total = Sum()
        >>> total.update_state([1.0, 3.0, 5.0, 7.0], sample_weight=[1, 1, 0, 0])
        >>> total.result()
        4.0
    """

    def __init__(self, name: str = "sum") -> None:
        self.name = name
        self.total = 0.0

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Add numbers, one or an array of them, each times its weight."""
        numbers, weights = _weighed(values, sample_weight)
        self.total += float(np.sum(numbers * weights))

    def result(self) -> float:
        """Return the sum so far."""
        return self.total

    def reset_state(self) -> None:
        """Reset to 0."""
        self.total = 0.0

    def __call__(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Add numbers and return the sum so far."""
        self.update_state(values, sample_weight)
        return self.result()


class Mean:
    """The weighted mean of the numbers that it is given, batch by batch.

    For the average loss in a training loop of your own. Unlike the other metrics it is no declaration: it holds the
    sums so far, and ``compile`` does not take it.

    Args:
        name: A name for what prints it.

    Raises:
        ShapeError: If weights do not fit the numbers.

    Example:
        >>> loss = Mean(name="loss")
        >>> for batch_loss in (4.0, 2.0):
        ...     loss.update_state(batch_loss)
        >>> loss.result()
        3.0
    """

    def __init__(self, name: str = "mean") -> None:
        self.name = name
        self.total = self.count = 0.0

    def update_state(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> None:
        """Add numbers, one or an array of them, each with its weight."""
        numbers, weights = _weighed(values, sample_weight)
        self.total += float(np.sum(numbers * weights))
        self.count += float(np.sum(weights))

    def result(self) -> float:
        """Return the mean so far; 0 before any number, as in Keras."""
        return self.total / self.count if self.count else 0.0

    def reset_state(self) -> None:
        """Reset to no numbers."""
        self.total = self.count = 0.0

    def __call__(self, values: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Add numbers and return the mean so far."""
        self.update_state(values, sample_weight)
        return self.result()


def _weighed(values: ArrayLike, sample_weight: ArrayLike | None) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers and the weight of each, in double precision; that of a row is the weight of each number in it."""
    numbers = np.asarray(values, np.float64)
    if sample_weight is None:
        return numbers, np.ones_like(numbers)
    weights = np.asarray(sample_weight, np.float64)
    if weights.ndim > numbers.ndim or weights.shape != numbers.shape[: weights.ndim]:
        raise ShapeError(
            f"sample_weight has shape {weights.shape}; numbers of shape {numbers.shape} need one weight each, or one "
            "for each row."
        )
    spread = weights.reshape(weights.shape + (1,) * (numbers.ndim - weights.ndim))
    return numbers, np.broadcast_to(spread, numbers.shape)
