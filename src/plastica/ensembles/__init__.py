"""Ensembles: several trained models that answer together, as one model, or as its mean weights."""

from __future__ import annotations

from .model_ensemble import ModelEnsemble
from .snapshots import Snapshots
from .soups import average_weights, greedy_soup
from .uncertainty import ClassUncertainty, class_uncertainty

__all__ = [
    "ClassUncertainty",
    "ModelEnsemble",
    "Snapshots",
    "average_weights",
    "class_uncertainty",
    "greedy_soup",
]
