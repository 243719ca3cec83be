"""The arguments of a forecaster that its training reads, and their checks."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from ..errors import InvalidValue
from ..registry import look_up
from .architectures import ARCHITECTURES
from .methods import METHODS

AUTO = "auto"
MODELS = {AUTO: ("mlp", *METHODS), **{name: (name,) for name in (*ARCHITECTURES, *METHODS)}}


class ForecastSettings(Protocol):
    """The arguments of a forecaster that its training reads; see :class:`Forecaster`."""

    model: str
    horizon: int
    look_back: int | None
    coverage: float
    members: int
    validation: float
    epochs: int | None
    batch_size: int | None
    learning_rate: float
    loss: str
    random_state: int
    verbose: int


def check(settings: ForecastSettings) -> None:
    """Check the arguments of a forecaster.

    Raises:
        InvalidValue, UnknownName: If one is invalid.
    """
    look_up("model", settings.model, MODELS)
    for name in ("horizon", "members"):
        _require_count(name, getattr(settings, name))
    for name in ("look_back", "epochs", "batch_size"):
        if getattr(settings, name) is not None:
            _require_count(name, getattr(settings, name))
    if not settings.validation > 0:
        raise InvalidValue(
            f"Forecaster(validation={settings.validation!r}): give a share or a number of steps above 0."
        )
    if settings.loss not in ("mae", "mse", "huber"):
        raise InvalidValue(f'Forecaster(loss={settings.loss!r}): expected "mae", "mse" or "huber".')


def _require_count(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InvalidValue(f"Forecaster({name}={value!r}): give a whole number of at least 1.")
