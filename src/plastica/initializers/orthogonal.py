"""Orthogonal matrices as initial values."""

from __future__ import annotations

from math import prod

import numpy as np

from ..declaration import declaration
from ..errors import ShapeError
from ..random import Shape
from .initializer import Initializer


@declaration
class Orthogonal(Initializer):
    """A random matrix with orthonormal rows or columns, whichever are fewer: for recurrent kernels.

    All axes but the last are treated as one.

    Args:
        gain: A factor for the matrix. Default 1, as in Keras.

    Reference:
        Saxe, McClelland, Ganguli 2014, Exact solutions to the nonlinear dynamics of learning in deep linear
        neural networks.
    """

    gain: float = 1.0

    def draw(self, rng: np.random.Generator, shape: Shape) -> np.ndarray:
        """Return an orthogonal matrix times the gain.

        Raises:
            ShapeError: If there are fewer than two axes.
        """
        if len(shape) < 2:
            raise ShapeError(f"Orthogonal: got the shape {shape}; it needs at least two axes.")
        rows, columns = prod(shape[:-1]), shape[-1]
        normal = rng.standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(normal)
        # The signs of the columns depend on the QR algorithm; with a positive diagonal of r, q is uniform (Haar).
        q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
        return (self.gain * (q if rows >= columns else q.T)).reshape(shape).astype(np.float32)
