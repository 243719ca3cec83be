"""Figures of a network: decision boundaries, activations, filters and weights.

Each function returns a :class:`~plastica.drawing.figure.Drawing`, a matplotlib figure that is displayed in notebooks
and that ``save("name.svg")`` writes to a file. ``model.draw()`` draws the layers, ``history.plot()`` the learning
curves, and ``plastica.maps`` self-organizing maps.

Example:
    >>> import numpy as np, plastica as pl
    >>> x, y = np.random.default_rng(0).random((50, 2)), np.arange(50) % 2
    >>> model = pl.Sequential([pl.Dense(4, activation="tanh"), pl.Dense(1, activation="sigmoid")])
    >>> model.compile("adam", "binary_crossentropy")
    >>> _ = model.fit(x, y, verbose=0)
    >>> drawing = pl.draw.boundary(model, x, y)
"""

from __future__ import annotations

from .layers import activations, filters, weights
from .plane import boundary

__all__ = ["activations", "boundary", "filters", "weights"]
