"""Models in service: predictions over HTTP, by ``plastica serve`` or in an ASGI application of your own.

``app = pl.serving.application("model.plastica")`` is an application that any ASGI server runs, or that is mounted in
another one.
"""

from __future__ import annotations

from ..lazy import homes_in_stub, importer
from .extra import require_packages

_HOME_OF = homes_in_stub(__file__)

__all__ = list(_HOME_OF)  # pyright: ignore[reportUnsupportedDunderAll]

_load = importer(__name__, _HOME_OF)


def __getattr__(name: str) -> object:
    """Return a public name, imported on first use if the packages of the extra are there."""
    if name in _HOME_OF:
        require_packages()
    return _load(name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
