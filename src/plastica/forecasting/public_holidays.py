"""Public holidays of a country as features of each step, by the optional package ``holidays``."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from ..errors import InvalidValue, MissingExtra
from ..notes import note
from ..typing import Float

FEATURES = 3  # the day itself, the day before one, the day after one


def holiday_features(country: str, days: np.ndarray) -> Float[np.ndarray, "days 3"]:
    """Return whether each day is a public holiday, the day before one, and the day after one.

    Args:
        country: The code of a country, with that of a state behind a hyphen: "DE", "DE-BY", "US-CA".
        days: The days, ``datetime64[D]``.

    Raises:
        MissingExtra: If the package is not installed.
        InvalidValue: If it does not know the country or the state.
    """
    years = days.astype("datetime64[Y]").astype(int) + 1970
    known = days_off(country, int(years.min()), int(years.max()) + 1)
    return np.stack([np.isin(days + np.timedelta64(shift, "D"), known) for shift in (0, 1, -1)], axis=1).astype(float)


def check_country(country: str) -> None:
    """Check the code of a country.

    Raises:
        MissingExtra, InvalidValue: As for :func:`holiday_features`.
    """
    if country:
        days_off(country, 2026, 2027)


@lru_cache(maxsize=8)
def days_off(country: str, first: int, last: int) -> np.ndarray:
    """Return the public holidays of a country from the year before the first to the last one, ``datetime64[D]``.

    Raises:
        MissingExtra, InvalidValue: As for :func:`holiday_features`.
    """
    try:
        package: Any = import_module("holidays")
    except ImportError:
        raise MissingExtra(note("forecast_errors.no_holidays")) from None
    code, _, state = country.partition("-")
    try:
        found = package.country_holidays(code.upper(), subdiv=state.upper() or None, years=range(first - 1, last + 1))
    except NotImplementedError:
        raise InvalidValue(note("forecast_errors.country", given=repr(country))) from None
    return np.array(sorted(found), "datetime64[D]")
