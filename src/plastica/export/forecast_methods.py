"""The methods of forecasters as functions of arrays, for programs; :mod:`.series_steps` has the same in NumPy."""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ..forecasting.fitted import FittedForecast
from ..forecasting.methods import linear as limits

FORGOTTEN, LONGEST = 1e-7, 4096  # how much of its beginning exponential smoothing still has; steps


def steps_needed(fitted: FittedForecast) -> int:
    """Return how many of the last values of a series its forecast depends on."""
    rates = [part.arrays["rates"] for part in fitted.parts if any(part.weights) and "rates" in part.arrays]
    if not rates:
        return fitted.memory
    slowest = min(float(np.min(each)) for each in rates)
    kept = np.log1p(-slowest) if slowest < 1 else -np.inf
    return max(fitted.memory, min(int(np.ceil(np.log(FORGOTTEN) / kept)), LONGEST) if kept else LONGEST)


class ForecastArrays(NamedTuple):
    """One target of one series in each row, scaled.

    Attributes:
        values: The last values, ``(rows, memory)``.
        past: The past covariates of the steps that are read, ``(rows, look_back, covariates)``; None without any.
        future: What is known of each step to forecast, ``(rows, horizon, features)``; None without any.
        first: The number of the first step to forecast, ``(rows,)``.
        number: The number of the target among those of all series, ``(rows,)``; None if there is one.
        look_back, horizon: The numbers of steps.
        has_known: Whether covariates or holidays are known of the future.
    """

    values: jax.Array
    past: jax.Array | None
    future: jax.Array | None
    first: jax.Array
    number: jax.Array | None
    look_back: int
    horizon: int
    has_known: bool

    def own(self, table: object) -> jax.Array:
        """Return the entry of each row in a table with one for each target of each series, ``(rows, ...)``."""
        entries = jnp.asarray(np.asarray(table, np.float32))
        return entries[:1] if self.number is None else jnp.take(entries, self.number, axis=0, mode="clip")

    def at(self, table: object, places: jax.Array) -> jax.Array:
        """Return entries of the table that each row has, ``(rows, places)``."""
        own = np.asarray(table, np.float32)
        rows = 0 if self.number is None else self.number[:, None] * own.shape[1]
        return jnp.take(jnp.asarray(own.ravel()), rows + places, mode="clip")

    @property
    def steps(self) -> jax.Array:
        """The numbers of the steps to forecast, ``(rows, horizon)``."""
        return self.first[:, None] + jnp.arange(self.horizon, dtype=jnp.int32)


def _season_before(given: ForecastArrays, learned: dict[str, Any]) -> jax.Array:
    count, season = given.values.shape[1], int(learned["season"])
    places = count + np.arange(given.horizon) % season - season
    return given.values[:, np.where(places < 0, count - 1, places)]


def _usual_value(given: ForecastArrays, learned: dict[str, Any]) -> jax.Array:
    profile = learned["profile"]
    return given.at(profile, given.steps % profile.shape[1])


def _theta(given: ForecastArrays, learned: dict[str, Any]) -> jax.Array:
    rates, drifts, seasons = (np.asarray(learned[name], np.float64) for name in ("rates", "drifts", "seasons"))
    season, count = seasons.shape[1], given.values.shape[1]
    before = given.first[:, None] - count + jnp.arange(count, dtype=jnp.int32)
    adjusted = given.values - given.at(seasons, before % season)
    # Exponential smoothing from the mean of the first season on is a weighted mean of all values.
    begun = max(1, min(season, count))
    weights = rates[:, None] * (1 - rates[:, None]) ** np.arange(count)[::-1]
    weights[:, :begun] += (1 - rates[:, None]) ** count / begun
    level = (given.own(weights) * adjusted).sum(1, keepdims=True)
    start = given.own((drifts * (1 - rates) / rates)[:, None])
    ahead = given.own(drifts[:, None] * (np.arange(given.horizon) + 1))
    return level + start + ahead + given.at(seasons, given.steps % season)


def _own_ridge(given: ForecastArrays, learned: dict[str, Any]) -> jax.Array:
    past = given.values[:, -given.look_back :]
    if given.number is None:
        return past @ learned["kernels"][0].astype(np.float32) + given.own(learned["biases"])
    return (past[:, None] @ given.own(learned["kernels"]))[:, 0] + given.own(learned["biases"])


def _linear(given: ForecastArrays, learned: dict[str, Any]) -> jax.Array:
    values = given.values[:, -given.look_back :]
    kernel, bias = (np.asarray(learned[name], np.float32) for name in ("kernel", "bias"))
    if not learned["calendar"]:
        level = values.mean(1, keepdims=True)
        return (values - level) @ kernel + bias + level
    level, season = values[:, -1:], int(learned["season"])
    columns = [values - level, level]
    if season > 1:
        columns.append((given.first[:, None] % season == jnp.arange(season, dtype=jnp.int32)).astype(jnp.float32))
    if given.past is not None:
        count = max(1, min(limits.MOST_PAST, given.look_back, limits.MOST_COLUMNS // given.past.shape[2]))
        columns.append(_flat(given.past[:, -count:]))
    if given.future is not None:
        known = max(1, min(given.horizon, limits.MOST_COLUMNS // given.future.shape[2]))
        columns.append(_flat(given.future[:, : known if given.has_known else 1]))
    return jnp.concatenate(columns, axis=1) @ kernel + bias + level


def _periodic(given: ForecastArrays, learned: dict[str, Any]) -> jax.Array:
    season, cycles, weights = int(learned["season"]), int(learned["cycles"]), np.asarray(learned["weights"], np.float32)
    places = given.values.shape[1] - cycles * season + np.arange(cycles * season)
    values = given.values[:, np.where(places < 0, places % season, places)]
    level, side = values.mean(1, keepdims=True), season // 2
    values = values - level
    ends = [jnp.repeat(end, count, axis=1) for end, count in ((values[:, :1], side), (values[:, -1:], side))]
    wide = jnp.concatenate([ends[0], values, ends[1]], axis=1) if side else values
    window = (1, 2 * side + 1, 1)
    around = jax.lax.reduce_window(wide[..., None], 0.0, jax.lax.add, window, (1, 1, 1), "valid")[..., 0]
    smooth = (values + around / (2 * side + 1)).reshape(-1, cycles, season)
    ahead = np.minimum(np.arange(-(-given.horizon // season)), weights.shape[1] - 1)
    found = weights[:, ahead].T @ smooth  # (rows, seasons, season)
    return _flat(found)[:, : given.horizon] + level


def _flat(values: jax.Array) -> jax.Array:
    return values.reshape(-1, values.shape[1] * values.shape[2])


METHODS: dict[str, Callable[[ForecastArrays, dict[str, Any]], jax.Array]] = {
    "last_value": _season_before,
    "seasonal_naive": _season_before,
    "longer_seasonal_naive": _season_before,
    "seasonal_median": _usual_value,
    "theta": _theta,
    "ridge": _own_ridge,
    "periodic": _periodic,
    "linear": _linear,
    "linear_calendar": _linear,
}
