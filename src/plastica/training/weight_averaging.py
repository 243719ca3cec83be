"""Stochastic weight averaging."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import InvalidValue
from ..fields import judged
from .callbacks import Callback, CallbackState, Logs
from .monitor import kept, put_back


class StochasticWeightAveraging(Callback):
    """End with the mean of the weights of the last epochs.

    With a learning rate that stays high, or restarts, the weights of epochs lie around a wide minimum; their mean lies
    inside of it and often generalizes better, at no cost when predicting:

        mean <- mean + (weights - mean) / n

    Running statistics, such as those of batch normalization, are averaged as well. For a moving average that counts
    every step, use an optimizer with ``use_ema=True``.

    Args:
        start_from_epoch: The number of epochs to ignore at the beginning, which are still far from the minimum.
        every: The number of epochs between the weights that are averaged; the length of a cycle where the learning
            rate restarts.

    Attributes:
        count: How many epochs were averaged.

    Raises:
        InvalidValue: If a number is too small.

    Reference:
        P. Izmailov, D. Podoprikhin, T. Garipov, D. Vetrov, A. Wilson (2018), Averaging weights leads to wider optima
        and better generalization, algorithm 1.
    """

    @judged
    def __init__(self, start_from_epoch: int = 0, every: int = 1) -> None:
        for name, value, least in (("start_from_epoch", start_from_epoch, 0), ("every", every, 1)):
            if value < least:
                raise InvalidValue(
                    f"StochasticWeightAveraging({name}={value}): expected a number of epochs of at least {least}."
                )
        self.start_from_epoch, self.every = start_from_epoch, every
        self.on_train_begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Reset the mean."""
        self.count = 0
        self._mean: dict[str, np.ndarray] = {}

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Add the weights to the mean."""
        done = epoch + 1 - self.start_from_epoch
        if done < 1 or done % self.every:
            return
        self.count += 1
        for name, array in self.model.snapshot().items():
            if name in self._mean and array.dtype.kind == "f":
                # The running form of a mean: a sum of thousands of epochs would lose the digits in which epochs differ.
                self._mean[name] += (array - self._mean[name]) / self.count
            else:
                # Float64, since many small differences add up; counters are not averaged.
                self._mean[name] = array.astype(np.float64) if array.dtype.kind == "f" else array

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Set the mean as the weights."""
        if self.count:
            own = self.model.snapshot()
            self.model.restore({name: array.astype(own[name].dtype) for name, array in self._mean.items()})

    def get_state(self) -> CallbackState:
        """Return how many epochs were averaged."""
        return kept(self, ("count",))

    def set_state(self, state: CallbackState) -> None:
        """Restore how many epochs were averaged."""
        put_back(self, state, ("count",))

    def get_arrays(self) -> dict[str, np.ndarray]:
        """Return the mean."""
        return dict(self._mean)

    def set_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the mean."""
        self._mean = {name: np.array(array) for name, array in arrays.items()}
