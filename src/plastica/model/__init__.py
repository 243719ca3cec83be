"""Sequential networks with the interface of Keras."""

from __future__ import annotations

from .model import Model, Sequential
from .tracing import LayerTrace, Trace

__all__ = ["LayerTrace", "Model", "Sequential", "Trace"]
