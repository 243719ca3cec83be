"""Populations: many networks of one declaration that differ in settings, seeds or rows, trained in one program."""

from __future__ import annotations

from .cross_results import CrossValidation
from .cross_validation import cross_validate
from .diagnosis import PopulationDiagnosis, SharedFinding
from .population import Population
from .power_law import PowerLaw, fit_power_law
from .rate_finder import find_learning_rate
from .sharpness import sharpness
from .sweep import learning_curve, sweep
from .sweep_results import Sweep

__all__ = [
    "CrossValidation",
    "Population",
    "PopulationDiagnosis",
    "PowerLaw",
    "SharedFinding",
    "Sweep",
    "cross_validate",
    "find_learning_rate",
    "fit_power_law",
    "learning_curve",
    "sharpness",
    "sweep",
]
