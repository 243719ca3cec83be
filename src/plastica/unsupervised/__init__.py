"""Functions for networks that learn from inputs alone: self-organizing maps, restricted Boltzmann machines."""

from __future__ import annotations

from . import boltzmann, maps

__all__ = ["boltzmann", "maps"]
