"""Populations: many networks of one declaration that differ in settings, seeds or rows, trained in one program."""

from __future__ import annotations

from .cross_results import CrossValidation
from .cross_validation import cross_validate
from .population import Population
from .sweep import Sweep, sweep

__all__ = ["CrossValidation", "Population", "Sweep", "cross_validate", "sweep"]
