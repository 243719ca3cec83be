"""Warnings about what works, and misleads: said once, at the line of the person who led here."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np

from ..errors import PlasticaWarning
from ..layers.layer import Layer
from .weights import named_weights

_PACKAGE = __name__.partition(".")[0]


def caution(message: str) -> None:
    """Warn at the line outside this package that led here."""
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, PlasticaWarning, stacklevel=level)


def of_weights(network: Layer, params: Any, state: Any, source: str) -> None:
    """Warn where weights from a file are NaN or infinite, and name the first layer."""
    found = [
        (f"{path}, {name}", int(array.size - np.isfinite(array).sum()), array.size)
        for path, array, name in (
            (path, np.asarray(holder[name]), name) for path, holder, name in named_weights(network, params, state)
        )
        if array.dtype.kind == "f" and not np.isfinite(array).all()
    ]
    if not found:
        return
    (where, wrong, size), others = found[0], len(found) - 1
    more = f", and so it is in {others} more array{'s' * (others > 1)}" if others else ""
    caution(
        f"{source}: {where}: {wrong} of {size} numbers are NaN or infinite{more}; answers will be too. The network was "
        "saved after training had gone wrong; take an earlier file, or train again with a smaller learning rate."
    )
