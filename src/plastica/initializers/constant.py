"""Initial values without chance: zeros, ones, another constant, the identity matrix."""

from __future__ import annotations

import numpy as np

from ..declaration import declaration
from ..errors import ShapeError
from ..random import Shape
from .initializer import Initializer


@declaration
class Zeros(Initializer):
    """Zeros: for biases."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return zeros."""
        return np.zeros(shape, np.float32)


@declaration
class Ones(Initializer):
    """Ones: for scale factors."""

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return ones."""
        return np.ones(shape, np.float32)


@declaration
class Constant(Initializer):
    """A constant value.

    Args:
        value: The value. Default 0, as in Keras.
    """

    value: float = 0.0

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return an array filled with the value."""
        return np.full(shape, self.value, np.float32)


@declaration
class Identity(Initializer):
    """The identity matrix, padded with zeros if not square: for linear recurrent units.

    Args:
        gain: A factor for the matrix. Default 1, as in Keras.
    """

    gain: float = 1.0

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return the identity times the gain.

        Raises:
            ShapeError: If there are not exactly two axes.
        """
        if len(shape) != 2:
            raise ShapeError(f"Identity: got the shape {shape}; it needs exactly two axes.")
        return np.float32(self.gain) * np.eye(*shape, dtype=np.float32)
