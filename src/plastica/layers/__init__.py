"""Layers: specifications of what a network is made of. Keras's names, defaults, layouts and numbers."""

from __future__ import annotations

from .activation import Activation
from .compose import Concatenate, Residual, Sequential
from .dense import Dense
from .input import Input
from .layer import INFERENCE, Context, Errors, Layer, Record, Variables
from .walk import walk

__all__ = [
    "INFERENCE",
    "Activation",
    "Concatenate",
    "Context",
    "Dense",
    "Errors",
    "Input",
    "Layer",
    "Record",
    "Residual",
    "Sequential",
    "Variables",
    "walk",
]
