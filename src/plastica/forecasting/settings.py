"""The arguments of a forecaster that its training reads, and their checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..errors import InvalidValue
from ..notes import note
from ..registry import look_up
from .architectures import ARCHITECTURES
from .limits import LowerLimit
from .methods import METHODS

AUTO = "auto"
PINBALL = "pinball"
LOSSES = ("mae", "mse", "huber", PINBALL)
MODELS = {AUTO: ("mlp", *METHODS), **{name: (name,) for name in (*ARCHITECTURES, *METHODS)}}


class ForecastSettings(Protocol):
    """The arguments of a forecaster that its training reads; see :class:`Forecaster`."""

    model: str
    horizon: int
    look_back: int | None
    coverage: float
    quantiles: Sequence[float]
    minimum: LowerLimit
    maximum: float | None
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
    seed = settings.random_state
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InvalidValue(note("forecast_errors.seed", given=repr(seed)))
    for name in ("look_back", "epochs", "batch_size"):
        if getattr(settings, name) is not None:
            _require_count(name, getattr(settings, name))
    if not _is_number(settings.validation) or not settings.validation > 0:
        raise InvalidValue(note("forecast_errors.validation", given=repr(settings.validation)))
    if settings.loss not in LOSSES:
        raise InvalidValue(note("forecast_errors.loss", given=repr(settings.loss), known=list(map(repr, LOSSES))))
    if not _is_number(settings.coverage) or not 0 < settings.coverage < 1:
        raise InvalidValue(note("forecast_errors.coverage", given=repr(settings.coverage)))
    _check_limits(settings)
    levels = list(settings.quantiles)
    if not all(_is_number(level) and 0 < level < 1 for level in levels) or levels != sorted(set(levels)):
        raise InvalidValue(note("forecast_errors.quantiles", given=repr(settings.quantiles)))


def _check_limits(settings: ForecastSettings) -> None:
    low, high = settings.minimum, settings.maximum
    if not (low is None or low == "auto" or (_is_number(low) and np.isfinite(low))):
        raise InvalidValue(note("forecast_errors.minimum", given=repr(low)))
    if not (high is None or (_is_number(high) and np.isfinite(high))):
        raise InvalidValue(note("forecast_errors.maximum", given=repr(high)))
    if isinstance(low, int | float) and high is not None and low >= high:
        raise InvalidValue(note("forecast_errors.limits", low=repr(low), high=repr(high)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def network_levels(settings: ForecastSettings) -> tuple[float, ...]:
    """Return the levels of the quantiles that networks learn: the ends of the interval, the median, those asked for.

    They are symmetric, so that the median is in the middle; none for other losses than "pinball".
    """
    if settings.loss != PINBALL:
        return ()
    wanted = [(1 - settings.coverage) / 2, 0.5, *settings.quantiles]
    return tuple(sorted({round(each, 6) for level in wanted for each in (level, 1 - level)}))


def _require_count(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InvalidValue(note("forecast_errors.count", name=name, given=repr(value)))
