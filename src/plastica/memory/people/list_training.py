"""Networks trained on lists, several seeds in one program."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...layers.layer import Layer
from ...model import Sequential
from ...optimizers import Adam
from ...populations import Population
from ...typing import Float, Num

TEST_SEED = 2**31  # of lists that no training set has


class ListTraining(NamedTuple):
    """How networks are trained on lists.

    Attributes:
        epochs: The number of epochs.
        batch_size: Lists per step.
        learning_rate: Of Adam, with gradients clipped to the norm 1.
        seeds: The number of networks.
        seed: The first seed.
        verbose: As for ``fit``.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    seeds: int
    seed: int
    verbose: int | str

    def population(
        self,
        layers: tuple[Layer, Layer],
        loss: str,
        x: Float[np.ndarray, "rows time features"],
        y: Num[np.ndarray, "rows *answers"],
    ) -> Population:
        """Return trained networks of a recurrent layer and the layer that reads it."""
        model = Sequential(list(layers), seed=self.seed)
        model.compile(Adam(self.learning_rate, clipnorm=1.0), loss)
        population = Population(model, seeds=self.seeds)
        population.fit(x, y, epochs=self.epochs, batch_size=self.batch_size, verbose=self.verbose)
        return population
