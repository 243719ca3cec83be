"""Networks with the interface of scikit-learn, and the names of :mod:`plastica.tables`.

Names are imported on first use, so that errors in a table are reported before JAX is loaded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import importer

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


__getattr__ = importer(__name__, _HOME_OF)


if TYPE_CHECKING:
    from .classifier import NetworkClassifier
    from .regressor import NetworkRegressor
