"""Declarations as dictionaries for JSON, and back from a list of names that are allowed.

A declaration becomes ``{"type": "layer.Dense", "units": 32, "activation": {"type": "activation.ReLU"}}``
and so on: its family and its name, then all of its fields, so that a default that changes later changes no
saved network. A name in a file only ever selects from classes that are already here; nothing is imported
by name.
"""

from __future__ import annotations

from .names import known, register, type_name
from .reading import from_spec
from .writing import to_spec

__all__ = ["from_spec", "known", "register", "to_spec", "type_name"]
