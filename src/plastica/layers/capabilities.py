"""What some layers offer to the rules that need it; asked for by :meth:`Layer.offer`."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np


class UnitMap:
    """Units with places on a map, for self-organizing maps."""

    @property
    def places(self) -> np.ndarray:
        """The places of the units, ``(units, 2)``; neighbours are 1 apart."""
        raise NotImplementedError

    def map_distances(self, units: Any) -> jax.Array:
        """Return the squared distances on the map from some units, by number, to all, ``(..., all units)``."""
        raise NotImplementedError


class PairedUnits:
    """Visible and hidden units, each group independent given the other, for contrastive divergence."""

    @property
    def has_binary_inputs(self) -> bool:
        """Whether visible units are 0 or 1, and not normal numbers."""
        raise NotImplementedError

    def hidden_given(self, params: Any, v: jax.Array) -> jax.Array:
        """Return the mean of the hidden units, ``(rows, units)``."""
        raise NotImplementedError

    def visible_given(self, params: Any, h: jax.Array) -> jax.Array:
        """Return the mean of the visible units, ``(rows, features)``."""
        raise NotImplementedError

    def draw_hidden(self, probability: jax.Array, key: jax.Array) -> jax.Array:
        """Return hidden units drawn with these means."""
        raise NotImplementedError

    def draw_visible(self, mean: jax.Array, key: jax.Array) -> jax.Array:
        """Return visible units drawn with these means."""
        raise NotImplementedError
