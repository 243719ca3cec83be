"""Models made smaller for small devices: 8 bits, pruning, low rank and distillation, with what each costs and saves.

All of it works on the program of a model, see :mod:`plastica.export.program`, which is trained further and exported.
"""

from __future__ import annotations

from ..lazy import homes_in_stub, importer

_HOME_OF = homes_in_stub(__file__)

__all__ = list(_HOME_OF)  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__ = importer(__name__, _HOME_OF)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
