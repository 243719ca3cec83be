"""Capabilities of some layers that learning rules need; see :meth:`Layer.offer`."""

from __future__ import annotations

import numpy as np
from jax import Array

from ..random import Key
from ..typing import Float, Int, Params


class UnitMap:
    """Units with positions on a map, for self-organizing maps."""

    @property
    def places(self) -> Float[np.ndarray, "units 2"]:
        """The positions of the units; neighbours are at distance 1."""
        raise NotImplementedError

    def map_distances(self, units: Int[Array | np.ndarray, "*chosen"] | int) -> Float[Array, "*chosen units"]:
        """Return the squared distances on the map from some units, given by number, to all."""
        raise NotImplementedError


class PairedUnits:
    """Visible and hidden units, each group independent given the other, for contrastive divergence."""

    @property
    def has_binary_inputs(self) -> bool:
        """Whether visible units are 0 or 1, and not normally distributed."""
        raise NotImplementedError

    def hidden_given(self, params: Params, v: Float[Array, "rows features"]) -> Float[Array, "rows units"]:
        """Return the mean of the hidden units given visible ones."""
        raise NotImplementedError

    def visible_given(self, params: Params, h: Float[Array, "rows units"]) -> Float[Array, "rows features"]:
        """Return the mean of the visible units given hidden ones."""
        raise NotImplementedError

    def draw_hidden(self, probability: Float[Array, "rows units"], key: Key) -> Float[Array, "rows units"]:
        """Return hidden units sampled with these means."""
        raise NotImplementedError

    def draw_visible(self, mean: Float[Array, "rows features"], key: Key) -> Float[Array, "rows features"]:
        """Return visible units sampled with these means."""
        raise NotImplementedError


class Attractors:
    """Units of two values that settle in stored patterns, for rules that store them in the kernel."""

    def signs(self, x: Float[Array, "rows units"]) -> Float[Array, "rows units"]:
        """Return inputs as -1 and 1."""
        raise NotImplementedError


class SpikingUnits:
    """Spiking units with weights from spikes in time, for rules that look at the spikes on both sides."""

    @property
    def spike_step(self) -> float:
        """The duration of a step, in milliseconds."""
        raise NotImplementedError

    @property
    def potential_unit(self) -> str:
        """The unit of the membrane potential, such as "mV"; empty if it has none. Default: empty."""
        return ""
