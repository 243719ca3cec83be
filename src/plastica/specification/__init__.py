"""Conversion of declarations to dictionaries for JSON, and back with a list of allowed names.

A declaration becomes ``{"type": "layer.Dense", "units": 32, "activation": {"type": "activation.ReLU"}}``: its family
and name, and all of its fields, so that later changes of defaults do not affect saved networks. A name in a file can
only select a class that is already imported; nothing is imported by name.
"""

from __future__ import annotations

from .names import known, register, type_name
from .reading import from_spec
from .writing import to_spec

__all__ = ["from_spec", "known", "register", "to_spec", "type_name"]
