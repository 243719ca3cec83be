"""Why a forecast is as it is: what lags, covariates and the calendar contributed to its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol, cast

import numpy as np

from ..errors import InvalidValue
from ..notes import note
from ..typing import Float
from .answering import AnswerFunction
from .attribution import Attribution
from .blocks import by_blocks
from .explained import ExplainOptions
from .table_columns import BACKGROUND_ROWS, METHODS, TableMethod, usual_method

MEAN = "mean"


class ReadForecast(Protocol):
    """What a forecast reads at one origin; see :class:`~plastica.forecasting.analysis.origin_rows.OriginRows`."""

    @property
    def row(self) -> Float[np.ndarray, "1 numbers"]: ...
    @property
    def background(self) -> Float[np.ndarray, "background numbers"]: ...
    @property
    def groups(self) -> dict[str, list[int]]: ...
    @property
    def cells(self) -> dict[str, str]: ...
    @property
    def steps(self) -> tuple[str, ...]: ...
    def answers(self, rows: np.ndarray, /) -> np.ndarray: ...


class ExplainsForecast(Protocol):
    """What is used of a forecaster, such as :class:`~plastica.Forecaster`."""

    def origin_rows(
        self, X: object, at: str | None = None, series: str | None = None, most: int = BACKGROUND_ROWS
    ) -> Any: ...


def explain_forecast(
    forecaster: ExplainsForecast,
    X: object,
    *,
    at: str | None = None,
    series: str | None = None,
    output: int | str | Sequence[int | str] | None = None,
    method: TableMethod = "auto",
    most: int = BACKGROUND_ROWS,
    **options: int,
) -> Attribution:
    """Explain one forecast by blocks of lags, covariates and the calendar.

    Use it for "why is tomorrow's forecast so high?": it is compared with forecasts of the same series at the same time
    of the day (of the first season), so that contributions are about what is unusual now. They are Shapley values over
    whatever models are combined in the forecast, in the unit of the target, and add up to its difference from the mean
    of those forecasts. They show what the forecast reads, not what would happen if the world were changed.

    Args:
        forecaster: The forecaster, such as ``pl.load("runs/parking-1")``.
        X: The series: a file, a data frame, a dict, with enough of the past, and with known covariates of the steps
            that are forecast.
        at: The time of the first step that is forecast. Default: the step after the last value.
        series: The name of the series. Default: the first.
        output: "mean" over all steps, or a step by its time or its number from 1; several in a list. Default: all.
        method: As for :func:`explain_table`.
        most: The largest number of forecasts to compare with.
        options: Options of the method, such as ``evaluations`` or ``orders``.

    Returns:
        The contributions, ``(1, blocks, 1 + horizon)``, of which the first are those to the mean over all steps.

    Raises:
        DataError: If too little of the series is known.
        InvalidValue: If there is no such series, time or method.
        UnknownName: If there is no such step.

    Reference:
        L. Shapley (1953), A value for n-person games.
    """
    if most < 1:
        raise InvalidValue(note("explain.few_forecasts", most=str(most)))
    read: ReadForecast = forecaster.origin_rows(X, at, series, most)

    def answers(rows: np.ndarray) -> np.ndarray:
        steps = read.answers(rows)
        return np.concatenate([steps.mean(1, keepdims=True), steps], axis=1)

    if method == "auto":
        method, options = usual_method(len(read.groups), options)
    if method not in METHODS:
        raise InvalidValue(note("explain.no_method", method=repr(method), known=", ".join(METHODS)))
    names = [str(place) for place in range(read.row.shape[1])]
    own: ExplainOptions = {"groups": cast(Any, read.groups), "output": output, "feature_names": names}

    def ask(model: object, x: object, background: np.ndarray) -> Attribution:
        return cast(Any, METHODS[method])(model, x, background, **own, **options)

    function = AnswerFunction(answers, names=(MEAN, *read.steps))
    found = (
        ask(function, read.row, read.background)
        if method == "lime"
        else by_blocks(ask, function, read.row, read.background)
    )
    return replace(found, cells=(tuple(read.cells[name] for name in found.feature_names),), notes=())
