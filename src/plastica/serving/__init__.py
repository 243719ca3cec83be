"""Models in service: predictions over HTTP, by ``plastica serve`` or in an ASGI application of your own.

``app = pl.serving.application("model.plastica")`` is an application that any ASGI server runs, or that is mounted in
another one.
"""

from __future__ import annotations

from ..lazy import homes_in_stub, importer

_HOME_OF = homes_in_stub(__file__)

__all__ = list(_HOME_OF)  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__ = importer(__name__, _HOME_OF)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
