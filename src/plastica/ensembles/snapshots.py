"""Snapshot ensembles: several models from one training run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..errors import InvalidValue, NotFitted
from ..fields import judged
from ..model import Model
from ..training.callbacks import Callback, Logs
from .copying import copy_of
from .model_ensemble import ModelEnsemble


class Snapshots(Callback):
    """Keep the weights at the end of each cycle of a learning rate that restarts.

    Each restart leaves the minimum that was found and ends in another one, so that one run gives an ensemble. Use it
    with ``CosineDecayRestarts``, whose cycles have as many steps as ``every`` epochs.

    Args:
        every: The number of epochs in a cycle.
        last: How many of the newest snapshots are kept; None for all. Early ones are worse.

    Attributes:
        weights: The snapshots, from the oldest.

    Raises:
        InvalidValue: If a number is below 1.

    Reference:
        G. Huang, Y. Li, G. Pleiss, Z. Liu, J. Hopcroft, K. Weinberger (2017), Snapshot ensembles: train 1, get M for
        free.
    """

    @judged
    def __init__(self, every: int, last: int | None = None) -> None:
        for name, value in (("every", every), ("last", last)):
            if value is not None and value < 1:
                raise InvalidValue(f"Snapshots({name}={value}): expected a number of at least 1.")
        self.every, self.last = every, last
        self.on_train_begin()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Discard the snapshots of an earlier run."""
        self.weights: list[dict[str, np.ndarray]] = []

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Keep the weights at the end of a cycle."""
        if (epoch + 1) % self.every == 0:
            kept = [*self.weights, self.model.snapshot()]
            self.weights = kept if self.last is None else kept[-self.last :]

    def models(self) -> list[Model]:
        """Return a model for each snapshot.

        Raises:
            NotFitted: If no cycle has ended yet.
        """
        if not self.weights:
            raise NotFitted(
                f"Snapshots(every={self.every}): there is none yet; train for at least {self.every} epochs."
            )
        return [copy_of(self.model, weights) for weights in self.weights]

    def ensemble(self) -> ModelEnsemble:
        """Return the snapshots as an ensemble."""
        return ModelEnsemble(self.models())

    def get_arrays(self) -> dict[str, np.ndarray]:
        """Return the snapshots."""
        return {f"{place}/{name}": array for place, each in enumerate(self.weights) for name, array in each.items()}

    def set_arrays(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Restore the snapshots."""
        found: dict[int, dict[str, np.ndarray]] = {}
        for name, array in arrays.items():
            place, _, own = name.partition("/")
            found.setdefault(int(place), {})[own] = array
        self.weights = [found[place] for place in sorted(found)]
