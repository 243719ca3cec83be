"""A trained network of Diehl and Cook: answers, labels of units, their weights as pictures, files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ..errors import DataError
from ..random import seed_key
from ..typing import Float, Int
from .diehl_cook_program import DiehlCookWeights, Shown, count

if TYPE_CHECKING:
    from ..drawing.figure import Drawing
    from .diehl_cook import DiehlCook

CHUNK = 1000


class DiehlCookNetwork(NamedTuple):
    """What :class:`DiehlCook` has learned.

    Attributes:
        model: The settings.
        weights: From inputs to units, ``(inputs, units)``.
        thresholds: The threshold of each unit, in millivolts above -72 mV; 20 before learning.
        shown: How many pictures it has learned from.
        labels: The class of each unit, -1 for a unit that never answered.
    """

    model: DiehlCook
    weights: Float[np.ndarray, "inputs units"]
    thresholds: Float[np.ndarray, "units"]
    shown: int
    labels: Int[np.ndarray, "units"] = np.zeros(0, int)

    def counts(self, x: ArrayLike, seed: int = 1) -> Float[np.ndarray, "rows units"]:
        """Return how often each unit spikes for each picture; nothing is learned, thresholds stay as they are.

        Args:
            x: Pictures, as for ``DiehlCook.fit``.
            seed: The seed of the inputs' spikes.

        Raises:
            DataError: If they have another number of inputs, or numbers out of range.
        """
        intensities = as_intensities(x)
        if intensities.shape[1] != len(self.weights):
            raise DataError(
                f"DiehlCookNetwork: got pictures of {intensities.shape[1]} numbers; it was trained with "
                f"{len(self.weights)}."
            )
        learned = DiehlCookWeights(jnp.asarray(self.weights), jnp.asarray(self.thresholds))
        active = int((intensities > 0).sum(1).max())
        parts = [intensities[start : start + CHUNK] for start in range(0, len(intensities), CHUNK)]
        # The last part is filled up, so that all parts run the same program.
        padded = [np.pad(part, ((0, min(CHUNK, len(intensities)) - len(part)), (0, 0))) for part in parts]
        found = [
            np.asarray(count(self.model, learned, brightest(part, active), seed_key(seed), jnp.int32(number * CHUNK)))
            for number, part in enumerate(padded)
        ]
        return np.concatenate(found)[: len(intensities)]

    def labelled(self, x: ArrayLike, y: Int[np.ndarray, "rows"]) -> DiehlCookNetwork:
        """Return the network with the label of each unit: the class for which it spikes most on the mean.

        Args:
            x: Pictures, of the training set.
            y: Their classes.
        """
        counts = self.counts(x)
        classes = np.unique(y)
        by_class = np.stack([counts[y == each].mean(0) for each in classes])
        return self._replace(labels=np.where(by_class.max(0) > 0, classes[by_class.argmax(0)], -1))

    def predict(self, x: ArrayLike, seed: int = 2) -> Int[np.ndarray, "rows"]:
        """Return the class of each picture: that whose units spike most on the mean.

        Args:
            x: Pictures, as for ``DiehlCook.fit``.
            seed: The seed of the inputs' spikes.
        """
        counts, classes = self.counts(x, seed), np.unique(self.labels[self.labels >= 0])
        if not len(classes):
            raise DataError("DiehlCookNetwork: no unit has a label, since none spiked for the pictures of training.")
        by_class = np.stack([counts[:, self.labels == each].mean(1) for each in classes], axis=1)
        return classes[by_class.argmax(1)]

    def accuracy(self, x: ArrayLike, y: ArrayLike, seed: int = 2) -> float:
        """Return the fraction of pictures whose class is predicted.

        Args:
            x: Pictures.
            y: Their classes.
            seed: The seed of the inputs' spikes.
        """
        return float((self.predict(x, seed) == np.asarray(y)).mean())

    def draw(self) -> Drawing:
        """Draw the weights into each unit as a picture; for square pictures."""
        from .pictures import draw_receptive_fields

        return draw_receptive_fields(self.weights)


def as_intensities(x: ArrayLike) -> Float[np.ndarray, "rows inputs"]:
    """Return pictures as numbers from 0 to 1, a row each.

    Raises:
        DataError: If there are none, or they are neither bytes nor numbers from 0 to 1.
    """
    given = np.asarray(x)
    scaled = given / np.float32(255) if given.dtype == np.uint8 else given.astype(np.float32)
    if given.ndim < 2 or not given.size:
        raise DataError(f"DiehlCook: got pictures of shape {given.shape}; expected (rows, ...).")
    if not (scaled.min() >= 0 and scaled.max() <= 1):
        raise DataError(
            f"DiehlCook: got numbers from {scaled.min():g} to {scaled.max():g}; rates grow with intensities from 0 to "
            "1. Scale the pictures, or give them as bytes."
        )
    return scaled.reshape(len(scaled), -1)


def brightest(intensities: Float[np.ndarray, "rows inputs"], active: int) -> Shown:
    """Return pictures by their ``active`` inputs that are not 0; most of a picture's inputs never spike."""
    places = np.argsort(intensities == 0, axis=1, kind="stable")[:, :active].astype(np.int32)
    return Shown(jnp.asarray(places), jnp.asarray(np.take_along_axis(intensities, places, axis=1)))
