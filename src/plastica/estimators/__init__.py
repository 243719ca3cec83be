"""Networks with the interface of scikit-learn, and the names of :mod:`plastica.tables`.

Names are loaded when they are first used, so that what is wrong with a table is said before JAX has loaded.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

_HOME_OF = {
    "Answers": "..tables",
    "Decision": "..evaluation",
    "Figure": "..evaluation",
    "Judged": "..evaluation",
    "NetworkClassifier": ".classifier",
    "NetworkRegressor": ".regressor",
    "Scores": "..evaluation",
    "Settings": "..settings",
    "TableNetwork": "..tables",
    "score": "..evaluation",
}

__all__ = ["NetworkClassifier", "NetworkRegressor"]


def __getattr__(name: str) -> Any:
    """Import a public name on first use."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(_HOME_OF[name], __name__), name)
    return value


if TYPE_CHECKING:
    from .classifier import NetworkClassifier
    from .regressor import NetworkRegressor
