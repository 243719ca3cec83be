"""Optimizers: they turn the direction of a rule into a step. Names, defaults and values are those of Keras."""

from __future__ import annotations

from ..lazy import homes_in_stub, importer

_HOME_OF = homes_in_stub(__file__)

__all__ = list(_HOME_OF)  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__ = importer(__name__, _HOME_OF, declares=True)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
