"""The base class of initializers, and a generator that draws nothing."""

from __future__ import annotations

from math import prod

import numpy as np

from ..declaration import Declaration
from ..errors import ShapeError
from ..random import Shape


class Undrawn(np.random.Generator):
    """A replacement for the random generator that creates parameters of the right shape without using memory.

    When a file is read, its arrays are compared with the shapes that its network declares. Drawing the parameters
    first would allow a file of 3 KB to exhaust the memory.

    Args:
        elements: The maximum total number of elements.
    """

    def __init__(self, elements: int) -> None:
        super().__init__(np.random.PCG64(0))
        self.left = elements

    def blank(self, shape: Shape) -> np.ndarray:
        """Return an array of zeros of ``shape`` with stride 0.

        Raises:
            ShapeError: If the total number of elements exceeds the maximum.
        """
        self.left -= prod(shape)
        if self.left < 0:
            raise ShapeError(f"it declares an array of shape {tuple(shape)}, but all arrays in the file are smaller.")
        return np.broadcast_to(np.float32(0), shape)


class Initializer(Declaration):
    """Base class of initializers; subclasses define ``draw``."""

    def __call__(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return initial values of ``shape``, float32.

        Args:
            rng: The random generator; the same state gives the same values.
            shape: The shape of the parameter. The last two axes of a kernel are its inputs and outputs, the axes
                before them its receptive field.
        """
        return rng.blank(shape) if isinstance(rng, Undrawn) else self.draw(rng, shape)

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return initial values; called by ``__call__``."""
        raise NotImplementedError
