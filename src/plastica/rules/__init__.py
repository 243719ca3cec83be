"""Learning rules, one file for each, with a common interface."""

from __future__ import annotations

from ..lazy import homes_in_stub, importer
from .alignment import alignment as alignment  # now, as chain: a module of the same name would take its place
from .chain import chain as chain

_HOME_OF = homes_in_stub(__file__)

__all__ = list(_HOME_OF)  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__ = importer(__name__, _HOME_OF, declares=True)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
