"""A model's weights as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...errors import ShapeError
from .. import saving, weights
from ..base import BaseModel


class WeightMethods(BaseModel):
    """The methods of a model that are about its weights."""

    def count_params(self) -> int:
        """Return the number of parameters, including non-trainable ones."""
        return sum(array.size for array in self.get_weights())

    def get_weights(self) -> list[np.ndarray]:
        """Return all weights as a list of arrays, in the order and shapes of Keras."""
        self._known_shape()
        return weights.get_weights(self.network, self.params, self.state)

    @property
    def weights(self) -> list[np.ndarray]:
        """All weights, as :meth:`get_weights` returns them."""
        return self.get_weights()

    @property
    def trainable_weights(self) -> list[np.ndarray]:
        """The weights that training changes, in the order of :meth:`get_weights`."""
        self._known_shape()
        return weights.trainable(self.network, self.params)

    @property
    def non_trainable_weights(self) -> list[np.ndarray]:
        """The other weights: those of frozen layers, and state such as running statistics."""
        self._known_shape()
        return weights.not_trainable(self.network, self.params, self.state)

    def set_weights(self, arrays: Sequence[object]) -> None:
        """Set all weights from a list of arrays, in the order and shapes of Keras.

        Raises:
            ShapeError: If the number of arrays or a shape differs.
        """
        self._known_shape()
        self.replace_weights(*weights.set_weights(self.network, self.params, self.state, arrays))

    def copy_weights(self, source: BaseModel) -> list[str]:
        """Copy the weights of another network where name and shape agree, such as those of a trained encoder.

        The name of an array is that of its layer in :meth:`summary` and its own: ``"dense_1/kernel"``.

        Args:
            source: The network whose weights are copied.

        Returns:
            The names of the arrays that were copied.

        Raises:
            ShapeError: If no array of the two networks has the same name and shape.
        """
        own, other = (weights.by_name(model.network, model.judged_params, model.state) for model in (self, source))
        params, state, taken = weights.carried_over(other, own)
        if not taken:
            raise ShapeError(
                "copy_weights: no array has the same name and shape in both networks. Here: "
                f"{', '.join(own.arrays) or 'none'}; there: {', '.join(other.arrays) or 'none'}. "
                'Name the layers alike: Dense(8, name="code").'
            )
        self.replace_weights(params, state)
        return taken

    def save_weights(self, path: str | Path) -> Path:
        """Save only the weights to a file."""
        return saving.save_weights(self, path)

    def load_weights(self, path: str | Path) -> None:
        """Load the weights from a file written by :meth:`save_weights` or :meth:`save`."""
        saving.load_weights(self, path)
