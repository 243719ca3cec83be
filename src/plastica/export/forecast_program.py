"""A whole forecaster as one program: the last values of a series in their unit in, forecasts in that unit out.

What reads tables and time stamps stays behind: the caller passes values without holes and the number of the first step
to forecast. Networks, methods, their weights, scales, calendar, public holidays and intervals go along.
"""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np

from ..errors import NotFitted
from ..forecasting import Forecaster
from ..forecasting.fitted import FittedForecast
from ..forecasting.intervals import LEAST_SPREAD
from ..forecasting.parts import ForecastPart
from ..forecasting.public_holidays import days_off
from .forecast_calendar import StepCalendar
from .forecast_methods import METHODS, ForecastArrays, steps_needed
from .program import ArrayProgram
from .tracing import traced
from .wording import SAY

YEARS = 20  # of public holidays that a program has
MOST_LISTED = 12  # series that are named
SPREAD = 0.02  # of drawn histories around the last one, relative to the deviation


class ForecastProgram(NamedTuple):
    """A forecaster as a program.

    Attributes:
        program: The program.
        answer: What it computes, by JAX.
        draw: Returns so many inputs: the last values of training with some noise.
        fitted: The forecaster.
    """

    program: ArrayProgram
    answer: Callable[[Sequence[np.ndarray]], list[np.ndarray]]
    draw: Callable[[int], list[np.ndarray]]
    fitted: FittedForecast

    def after(self, newer: object) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return inputs for steps of newer rows, and what the forecaster forecasts from there.

        Raises:
            DataError: If there is no step with all that is needed before and after it.
        """
        from .forecast_check import forecasts_after

        return forecasts_after(self.fitted, self.program.input_names, newer)

    def sentences(self) -> list[str]:
        """Return what the inputs are, and what the file cannot do."""
        tail, roles, names = self.fitted.tail, self.fitted.tail.roles, self.program.input_names
        last, horizon = int(tail.positions.max()), self.fitted.horizon
        found = [SAY("forecast_inputs", memory=steps_needed(self.fitted))]
        found.append(SAY("forecast_start", horizon=horizon, start=last + 1, at=tail.frequency.shown(last + 1)))
        if "series" in names:
            each = [f"{name} {target}".strip() for name in tail.names for target in roles.targets]
            listed = ", ".join(f"{number} {name}" for number, name in enumerate(each[:MOST_LISTED]))
            found.append(SAY("forecast_series", listed=listed + " ..." * (len(each) > MOST_LISTED)))
        for name, columns, steps in (
            ("past", roles.past_columns, self.fitted.look_back),
            ("known", roles.known_columns, horizon),
        ):
            if columns:
                found.append(SAY(f"forecast_{name}", columns=", ".join(columns), steps=steps))
        return [found[0], *(" " * 10 + each for each in found[1:]), SAY("forecast_left")]


def forecast_program(forecaster: Forecaster, rows: int | None = None) -> ForecastProgram:
    """Return a forecaster as a program.

    Its inputs, one target of one series a row: ``history`` has the last values; ``start`` is the number of the first
    step to forecast; ``series`` is the number of the target among those of all series, series by series, where there
    are several; ``past`` and ``known`` have covariates in their unit, where the forecaster reads any.

    Raises:
        NotFitted: If it is not fitted.
        InvalidValue: If it computes something that programs do not have.
    """
    if not forecaster.__sklearn_is_fitted__():
        raise NotFitted(SAY("forecast_unfitted"))
    fitted = forecaster.fitted_
    inputs, function = _inputs(fitted), _ForecastFunction(fitted)
    outputs = ["forecast", "low", "high", *(f"q{100 * level:g}".replace(".", "_") for level in fitted.intervals.levels)]
    names = [name for name, _, _ in inputs]

    def respond(*arrays: jax.Array) -> tuple[jax.Array, ...]:
        return function(dict(zip(names, arrays, strict=True)))

    compiled = jax.jit(respond)

    def answer(x: Sequence[np.ndarray]) -> list[np.ndarray]:
        return [np.asarray(each) for each in compiled(*x)]

    program = traced(respond, inputs, outputs, rows=rows, name="Forecaster")
    return ForecastProgram(program, answer, lambda count: _drawn(fitted, names, count), fitted)


def _inputs(fitted: FittedForecast) -> list[tuple[str, tuple[int, ...], str]]:
    roles = fitted.tail.roles
    found: list[tuple[str, tuple[int, ...], str]] = [
        ("history", (steps_needed(fitted),), "float32"),
        ("start", (), "int32"),
    ]
    if len(fitted.scales.means) > 1:
        found.append(("series", (), "int32"))
    if roles.past_columns:
        found.append(("past", (fitted.look_back, len(roles.past_columns)), "float32"))
    if roles.known_columns:
        found.append(("known", (fitted.horizon, len(roles.known_columns)), "float32"))
    return found


class _ForecastFunction:
    """What the program computes."""

    def __init__(self, fitted: FittedForecast) -> None:
        self.fitted, self.scales = fitted, fitted.scales
        self.parts = [part for part in fitted.parts if any(part.weights)]
        self.shape = fitted.windows(fitted.tail).shape
        self.calendar = _calendar(fitted)
        self.networks = {part.name: [model.answering() for model in part.models] for part in self.parts if part.models}

    def __call__(self, given: dict[str, jax.Array]) -> tuple[jax.Array, ...]:
        rows = self._rows(given)
        made, below, above = self._scaled(rows)
        intervals, widening = self.fitted.intervals, np.exp(np.array(self.fitted.widening, np.float64))
        factor = (np.array(intervals.thresholds) * widening).astype(np.float32)
        found = [made, made - factor * below, made + factor * above]
        for offset in intervals.offsets:
            factor = (np.array(offset) * widening).astype(np.float32)
            found.append(made + factor * jnp.where(factor < 0, below, above))
        return tuple(self._in_unit(rows, each) for each in found)

    def _rows(self, given: dict[str, jax.Array]) -> ForecastArrays:
        """Return scaled values and features."""
        scales, shape, count = self.scales, self.shape, len(self.fitted.tail.roles.past_columns)
        has_known = bool(self.fitted.tail.roles.known or self.fitted.tail.roles.country)
        rows = ForecastArrays(
            given["history"], None, None, given["start"], given.get("series"), shape.look_back, shape.horizon, has_known
        )
        values = given["history"]
        if any(scales.logarithms):
            least = np.finfo(np.float32).tiny
            logarithm = jnp.log(jnp.maximum(values, least))
            values = jnp.where(rows.own(np.array(scales.logarithms)[:, None]) > 0, logarithm, values)
        own = [rows.own(np.array(each)[:, None]) for each in (scales.means, scales.deviations)]
        means, deviations = (
            np.array(each, np.float32) for each in (scales.covariate_means, scales.covariate_deviations)
        )
        past = (given["past"] - means[:count]) / deviations[:count] if count else None
        if self.fitted.flags:  # no value is filled in
            ones = jnp.ones_like(values[:, -shape.look_back :, None])
            past = ones if past is None else jnp.concatenate([past, ones], axis=2)
        future = self.calendar.features(rows.steps)
        if "known" in given:
            known = (given["known"] - means[count:]) / deviations[count:]
            future = known if future is None else jnp.concatenate([future, known], axis=2)
        return rows._replace(values=(values - own[0]) / own[1], past=past, future=future)

    def _scaled(self, rows: ForecastArrays) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Return scaled forecasts, and how far their intervals reach below and above."""
        spread = np.asarray(self.fitted.intervals.spread, np.float32)
        below = jnp.take(jnp.asarray(spread), rows.steps % len(spread), mode="clip")
        above, learns_quantiles, made = below, False, None
        for part in self.parts:
            if part.name in self.networks and part.models:
                quantiles = self._of_networks(part, rows)
                own = quantiles[..., quantiles.shape[-1] // 2]
                if part.levels and not learns_quantiles:
                    (below, above), learns_quantiles = self._distances(part, quantiles), True
            else:
                own = METHODS[part.name](rows, part.arrays)
            weighted = np.array(part.weights, np.float32) * own
            made = weighted if made is None else made + weighted
        return cast(jax.Array, made), below, above

    def _of_networks(self, part: ForecastPart, rows: ForecastArrays) -> jax.Array:
        """Return the mean of the answers of a part's networks, ``(rows, horizon, quantiles)``."""
        values = rows.values[:, -rows.look_back :, None]
        inputs = [each for each in (values, rows.past, rows.future) if each is not None]
        x: Any = inputs[0] if len(inputs) == 1 else tuple(inputs)
        found = [
            cast(jax.Array, answering.respond(params, state, memory, answering.cast_inputs(x)))
            for answering, params, state, memory in self.networks[part.name]
        ]
        return sum(found[1:], start=found[0]) / len(found)

    def _distances(self, part: ForecastPart, quantiles: jax.Array) -> tuple[jax.Array, jax.Array]:
        intervals, median = self.fitted.intervals, quantiles[..., quantiles.shape[-1] // 2]
        low = int(np.argmin(np.abs(np.array(part.levels) - (1 - intervals.coverage) / 2)))
        least = LEAST_SPREAD * float(np.mean(np.asarray(intervals.spread)))
        below, above = median - quantiles[..., low], quantiles[..., quantiles.shape[-1] - 1 - low] - median
        return jnp.maximum(below, least), jnp.maximum(above, least)

    def _in_unit(self, rows: ForecastArrays, scaled: jax.Array) -> jax.Array:
        """Return scaled forecasts in the unit of the series, within its limits."""
        scales = self.scales
        means, deviations = (rows.own(np.array(each)[:, None]) for each in (scales.means, scales.deviations))
        made = scaled * deviations + means
        if any(scales.logarithms):
            grows = rows.own(np.array(scales.logarithms)[:, None]) > 0
            made = jnp.where(grows, jnp.exp(jnp.where(grows, made, 0.0)), made)
        largest = np.finfo(np.float32).max
        lowest = -largest if scales.minimum is None else scales.minimum
        floors = np.where(np.array(scales.nonnegative), 0.0, lowest)[:, None]
        made = jnp.maximum(made, rows.own(floors))
        return made if scales.maximum is None else jnp.minimum(made, np.float32(scales.maximum))


def _calendar(fitted: FittedForecast) -> StepCalendar:
    country, tail = fitted.tail.roles.country, fitted.tail
    holidays = None
    if country:
        last = tail.frequency.moments(np.array([tail.positions.max()])).astype("datetime64[Y]")[0]
        first = int(last.astype(int)) + 1970
        holidays = days_off(country, first, first + YEARS).astype("datetime64[D]").astype(np.int32)
    return StepCalendar(tail.frequency, fitted.scales.yearly, holidays)


def _drawn(fitted: FittedForecast, names: Sequence[str], count: int) -> list[np.ndarray]:
    """Return the last values of each target of each series in turn, with noise from the second round on."""
    rng, roles = np.random.default_rng(0), fitted.tail.roles
    windows = fitted.windows(fitted.tail)
    ends, total = windows.bounds[1:], len(fitted.scales.means)
    numbers = np.arange(count) % total
    scales = fitted.scales
    made: dict[str, np.ndarray] = {"series": numbers.astype(np.int32)}
    places = ends[numbers][:, None] - steps_needed(fitted) + np.arange(steps_needed(fitted))
    scaled = windows.values[np.maximum(places, windows.bounds[numbers][:, None]), 0].astype(np.float64)
    scaled += SPREAD * rng.standard_normal(scaled.shape) * (np.arange(count) >= total)[:, None]
    values = scaled * np.array(scales.deviations)[numbers, None] + np.array(scales.means)[numbers, None]
    logarithms = np.array(scales.logarithms)[numbers, None]
    made["history"] = np.where(logarithms, np.exp(np.where(logarithms, values, 0.0)), values).astype(np.float32)
    made["start"] = (windows.positions[ends - 1][numbers] + 1).astype(np.int32)
    own, means = len(roles.past_columns), np.array(scales.covariate_means, np.float32)
    noise = np.array(scales.covariate_deviations, np.float32)
    for name, part, steps in (("past", slice(own), fitted.look_back), ("known", slice(own, None), fitted.horizon)):
        drawn = rng.standard_normal((count, steps, len(means[part])), np.float32)
        made[name] = means[part] + noise[part] * drawn
    return [made[name] for name in names]
