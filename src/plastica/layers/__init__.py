"""Layers: specifications of what a network is made of. Keras's names, defaults, layouts and numbers."""

from __future__ import annotations

from ..lazy import homes_in_stub, importer
from .walk import walk as walk  # now: the module of this name would stand in its place

_HOME_OF = homes_in_stub(__file__)

__all__ = list(_HOME_OF)  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__ = importer(__name__, _HOME_OF, declares=True)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
