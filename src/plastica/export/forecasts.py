"""What is around the networks of a forecaster, as plain data: the time axis, scales, methods, weights, intervals.

The result is JSON and arrays. :mod:`.series_rows` and :mod:`.series_steps` interpret it with NumPy, for one origin of
each series; :mod:`plastica.forecasting` is the definition. Entries that are not named here are those of
:class:`~plastica.forecasting.fitted.FittedForecast` and its records:

* ``clock`` has the columns of the time, each with its ``part``; ``columns`` those of values: targets, past covariates
  and, from the place ``known_from`` on, known ones. Columns of words have the ``words`` of their
  indicators, those of numbers the description with a decimal ``comma``. ``covariates`` are the names of all behind the
  targets; ``time`` is the column of time that is answered.
* ``calendar`` are options of :func:`~plastica.forecasting.calendar.calendar_features`; ``holidays`` are the public
  holidays of the next years, before ``holidays_until``.
* ``parts`` are the models with a weight: ``network`` tells whether the program answers for them, ``numbers`` are what a
  method learned besides arrays.
* ``names``, ``starts`` and ``bounds`` describe the end of each training series, from which forecasts go on.
* Other entries are limits of :mod:`plastica.forecasting`.
"""

# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import jax
import msgspec
import numpy as np

from ..data.months import NUMBERS
from ..data.numbers import DECIMAL_COMMA
from ..data.words import BOOLEANS
from ..errors import NotFitted
from ..forecasting import Forecaster, joining, panel
from ..forecasting.fitted import FittedForecast
from ..forecasting.intervals import LEAST_SPREAD
from ..forecasting.methods import linear
from ..forecasting.parts import ForecastPart
from ..forecasting.public_holidays import days_off
from ..forecasting.roles import Roles
from ..forecasting.scales import CONSTANT
from ..typing import Document
from .preprocessing import date_column, plain_columns, text_column
from .program import ArrayProgram
from .tracing import traced
from .wording import SAY

YEARS = 20  # of public holidays that a file has
ForecastColumns = dict[str, Any]


class SeriesExport(NamedTuple):
    """What is around the networks of a forecaster.

    Attributes:
        document: What is plain data.
        tail: The end of the training series, ``(steps, columns)``.
        learned: The arrays that each part learned.
        forecast: What plastica forecasts after newer rows; None for the steps after training. A list or an array for
            each column.
    """

    document: Document
    tail: np.ndarray
    learned: list[dict[str, np.ndarray]]
    forecast: Callable[[object], ForecastColumns]

    @property
    def arrays(self) -> list[tuple[str, np.ndarray]]:
        """The arrays with the names that they have in a file."""
        parts = enumerate(self.learned)
        own = [(f"{name}_{place}", array) for place, arrays in parts for name, array in arrays.items()]
        return [("TAIL", self.tail), *own]

    @property
    def assigned(self) -> str:
        """The statement of a file that gives each part its arrays."""
        parts = [", ".join(f'"{name}": {name}_{place}' for name in own) for place, own in enumerate(self.learned)]
        return f"LEARNED = [{', '.join(f'{{{each}}}' for each in parts)}]"


def of_forecaster(forecaster: Forecaster) -> tuple[ArrayProgram, SeriesExport]:
    """Return the program of the networks of a forecaster, and what is around them.

    Raises:
        NotFitted: If it is not fitted.
        InvalidValue: If a network computes something that programs do not have.
        MissingExtra: If it reads public holidays, and their package is not installed.
    """
    if not forecaster.__sklearn_is_fitted__():
        raise NotFitted(SAY("forecast_unfitted"))
    fitted: FittedForecast = forecaster.fitted_
    parts = [part for part in fitted.parts if any(part.weights)]
    learned = [{name: array for name, array in part.arrays.items() if array.ndim} for part in parts]

    def forecast(newer: object) -> ForecastColumns:
        import narwhals as nw

        found = nw.from_native(forecaster.predict(newer), eager_only=True)
        return {name: found[name].to_numpy() for name in found.columns}

    return _program(fitted, parts), SeriesExport(_document(fitted, parts), fitted.tail.values, learned, forecast)


def _program(fitted: FittedForecast, parts: Sequence[ForecastPart]) -> ArrayProgram:
    """Return the inference of all networks, a result for each part that has any."""
    having = [part for part in parts if part.models]
    if not having:
        return ArrayProgram((), {}, (), ())
    shape = fitted.windows(fitted.tail).shape
    past, future = (shape.look_back, shape.past), (shape.horizon, shape.future)
    sizes = {"values": (shape.look_back, 1), "past": past, "future": future}
    inputs = [(name, size, "float32") for name, size in sizes.items() if size[1]]
    members = [[model.answering() for model in part.models] for part in having]

    def answer(*arrays: jax.Array) -> tuple[jax.Array, ...] | jax.Array:
        x = arrays[0] if len(inputs) == 1 else arrays
        found: list[jax.Array] = []
        for part in members:
            own = [
                cast(jax.Array, answering.respond(params, state, memory, answering.cast_inputs(x)))
                for answering, params, state, memory in part
            ]
            found.append(sum(own[1:], start=own[0]) / len(own))
        return tuple(found) if len(found) > 1 else found[0]

    return traced(answer, inputs, [part.name for part in having], name="Forecaster")


def _document(fitted: FittedForecast, parts: Sequence[ForecastPart]) -> Document:
    tail, roles, clock = fitted.tail, fitted.tail.roles, fitted.tail.roles.clock
    return {
        "clock": [_clock(part, column) for part, column in zip(clock.parts, clock.columns, strict=True)],
        "columns": _columns(roles),
        "group": roles.group,
        "targets": list(roles.targets),
        "covariates": list(roles.value_columns[len(roles.targets) :]),
        "known_from": len(roles.targets) + len(roles.past_columns),
        "has_known": bool(roles.known or roles.country),
        "time": clock.columns[0].name if len(clock.columns) == 1 else "time",
        "frequency": msgspec.to_builtins(tail.frequency),
        "look_back": fitted.look_back,
        "horizon": fitted.horizon,
        "flags": fitted.flags,
        "scales": msgspec.to_builtins(fitted.scales),
        "calendar": {"yearly": fitted.scales.yearly, "country": roles.country},
        **_holidays(fitted),
        "parts": [_part(part) for part in parts],
        "intervals": msgspec.to_builtins(fitted.intervals),
        "widening": list(fitted.widening),
        "names": list(tail.names),
        "starts": tail.starts.tolist(),
        "bounds": tail.bounds.tolist(),
        "booleans": [list(pair) for pair in BOOLEANS],
        "most_repeated": panel.MOST_REPEATED,
        "most_sparse": panel.MOST_SPARSE,
        "most_holes": joining.MOST_HOLES,
        "most_columns": linear.MOST_COLUMNS,
        "most_past": linear.MOST_PAST,
        "least_spread": LEAST_SPREAD,
        "constant": CONSTANT,
    }


def _holidays(fitted: FittedForecast) -> Document:
    """Return the public holidays of the years after training."""
    country, tail = fitted.tail.roles.country, fitted.tail
    if not country:
        return {}
    last = tail.frequency.moments(np.array([tail.positions.max()])).astype("datetime64[Y]")[0]
    first = int(last.astype(int)) + 1970
    days = days_off(country, first, first + YEARS)
    return {"holidays": days.astype(str).tolist(), "holidays_until": f"{first + YEARS}-12-31"}


def _clock(part: str, column: Any) -> Document:
    if part in ("date", "time"):
        return {**date_column(column), "part": part}
    return {**plain_columns((column.name,))[0], "part": part, "months": NUMBERS if part == "month" else {}}


def _columns(roles: Roles) -> Document:
    words = dict(roles.categories)
    return {
        name: {**text_column(name), "words": list(words[name])} if name in words else _numbers(name)
        for name in (*roles.targets, *roles.past, *roles.known)
    }


def _numbers(name: str) -> Document:
    return {**plain_columns((name,))[0], "comma": plain_columns((name,), DECIMAL_COMMA)[0]}


def _part(part: ForecastPart) -> Document:
    return {
        "name": part.name,
        "network": bool(part.models),
        "weights": list(part.weights),
        "levels": list(part.levels),
        "numbers": {name: array.item() for name, array in part.arrays.items() if not array.ndim},
    }
