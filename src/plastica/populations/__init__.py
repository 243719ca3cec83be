"""Populations: many networks of one declaration that differ in settings, seeds or rows, trained in one program."""

from __future__ import annotations

from .population import Population
from .sweep import Sweep, sweep

__all__ = ["Population", "Sweep", "sweep"]
