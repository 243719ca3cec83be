"""Forecaster: forecasts of one or many series, from a frame to a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self, Unpack

import numpy as np
from sklearn.base import BaseEstimator

from ..errors import DataError, InvalidValue, NotFitted
from ..model.diagnosis import Diagnosis
from ..notes import note
from ..populations.fitting import PopulationRun
from ..typing import Document, NativeFrame
from . import frames, serialization
from .backtesting import backtest
from .diagnosis import check_same_series, diagnose_forecast
from .fitted import FittedForecast, JudgedForecasts
from .fitting import fit_panel
from .joining import joined, only, read_alike, read_more, say_gap
from .limits import LowerLimit
from .panel import Panel, read_panel
from .results import ForecastResults
from .settings import check
from .training import LEARNING_RATE

if TYPE_CHECKING:
    import polars

    from .analysis.origin_rows import OriginRows


class Forecaster(BaseEstimator):
    """Forecast one or many series with networks: a data frame in, a data frame out.

    The time column, the frequency, seasons and separate series are found in the data; rows are sorted, repeated time
    stamps averaged and holes filled from the past, each with a note. One network is trained on the windows of all
    series, each with its own scale, and forecasts all steps of the horizon at once. It reads the last values, the
    calendar of the hours to forecast, and covariates. Its errors stand beside those of simple forecasts.

    Usage::

        forecaster = Forecaster(horizon=24, target="count").fit(frame)
        forecaster.predict()          # the next 24 steps with intervals
        forecaster.evaluate(later)    # beside last value, yesterday, last week and ridge regression

    Args:
        model: The architecture: "mlp" (the whole window at once; the best on most series), "nlinear", "dlinear",
            "nhits", "tsmixer", "patchtst", "tcn", "lstm", "gru" or "reservoir"; "auto" tries "mlp" and "nlinear" on the
            validation span and weighs them.
        horizon: The number of steps to forecast.
        look_back: The number of past values that a forecast reads. Default: seven days of hourly values, two of longer
            seasons; less for a short series.
        time: The column of time stamps. Default: found.
        target: The column to forecast, or several. Default: the only column of numbers.
        group: The column that distinguishes several series; an empty text for none. Default: found.
        past: Covariates whose values are known until now only. Columns that are not named are not used, since values
            of one row may have been known only after it, as the mean temperature of a day at its first hour.
        known: Covariates whose future values are known. Rows behind the last value of the target hold them. Covariates
            may be numbers, yes and no, or words.
        holidays: The country whose public holidays are known features, such as "DE" or "DE-BY" for one of its states;
            needs the extra ``plastica[holidays]``.
        coverage: The part of values that intervals contain.
        quantiles: Levels of quantiles to forecast, such as (0.1, 0.5, 0.9), in columns ``target_q10`` and so on.
        minimum: The least possible value, at which forecasts and intervals end; None for no limit. Default: 0 for a
            series that is never below 0 in training and is sometimes 0, or so near to it that a normal distribution
            with its mean and deviation would have at least 2.5 % of its values below; other series have no limit.
        maximum: The largest possible value, such as a capacity. Default: no limit.
        members: The number of networks, whose forecasts are averaged.
        validation: The part of the training span, or the number of steps, at its end that gives the
            intervals their width; networks are then trained on all of it.
        epochs: The number of epochs. Default: about 4,000 gradient steps.
        batch_size: Windows per gradient step. Default: 64 to 256, depends on their number.
        learning_rate: The learning rate of Adam at the beginning; it falls to 0 as half a cosine.
        loss: "mae" forecasts the median, "mse" the mean; "huber" is between them. With "pinball" networks answer
            quantiles, so that intervals are wide where the future is uncertain; they are corrected by the errors of
            rolling origins (conformalized quantile regression).
        random_state: The seed.
        verbose: 0 for no output, 1 for a live progress line.

    Attributes:
        fitted_: The networks, scales and intervals.
        notes_: What was inferred and repaired.
        results_: The errors of the last :meth:`evaluate`.

    Raises:
        InvalidValue: If an argument is invalid.

    Example:
        >>> hours = np.arange("2026-01-01", "2026-03-01", dtype="datetime64[h]")
        >>> load = 5 + np.sin(np.arange(len(hours)) * 2 * np.pi / 24)
        >>> frame = {"time": hours, "load": load}
        >>> forecaster = Forecaster(horizon=6, members=1, epochs=1).fit(frame)
        >>> forecaster.predict().columns
        ['time', 'load', 'load_low', 'load_high']
    """

    def __init__(
        self,
        model: str = "auto",
        *,
        horizon: int = 24,
        look_back: int | None = None,
        time: str | None = None,
        target: str | Sequence[str] = (),
        group: str | None = None,
        past: str | Sequence[str] = (),
        known: str | Sequence[str] = (),
        holidays: str = "",
        coverage: float = 0.9,
        quantiles: Sequence[float] = (),
        minimum: LowerLimit = "auto",
        maximum: float | None = None,
        members: int = 3,
        validation: float = 0.3,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float = LEARNING_RATE,
        loss: str = "mae",
        random_state: int = 0,
        verbose: int = 0,
    ) -> None:
        self.model = model
        self.horizon = horizon
        self.look_back = look_back
        self.time = time
        self.target = target
        self.group = group
        self.past = past
        self.known = known
        self.holidays = holidays
        self.coverage = coverage
        self.quantiles = quantiles
        self.minimum = minimum
        self.maximum = maximum
        self.members = members
        self.validation = validation
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.loss = loss
        self.random_state = random_state
        self.verbose = verbose

    def read(self, X: object) -> Panel:
        """Return the series of a frame, a file or a table on their regular grid.

        Args:
            X: Anything that :func:`~plastica.data.reading.read_table` accepts, or a panel.

        Raises:
            DataError: If a column cannot be inferred, or there is no regular series.
        """
        if isinstance(X, Panel):
            return X
        past, known = ((each,) if isinstance(each, str) else tuple(each) for each in (self.past, self.known))
        given = {"past": past, "known": known, "country": self.holidays}
        return read_panel(X, time=self.time, target=self.target, group=self.group, **given)

    def fit(self, X: object, y: None = None, **options: Unpack[PopulationRun]) -> Self:
        """Train on all rows; hold back what :meth:`evaluate` is to judge.

        Args:
            X: As for :meth:`read`.
            y: Ignored; the target is a column of ``X``.
            options: Of :meth:`Population.fit`, such as ``checkpoint`` and ``resume``.

        Raises:
            DataError: If a series is shorter than look-back plus horizon, constant, or empty.
        """
        check(self)
        fitted = fit_panel(self, self.read(X), **options)
        return self._take(fitted, X)

    def predict(self, X: object = None, horizon: int | None = None) -> NativeFrame:
        """Forecast the steps after the last known value of each series.

        Args:
            X: Newer rows, which go on from those of training or overlap with them; with known covariates, also rows
                with their future values and an empty target. Default: go on from the end of training.
            horizon: The number of steps, at most that of training. Default: that of training.

        Returns:
            A data frame of the type that ``fit`` was given, with the time, the series, and the forecast of each target
            with the ends of its interval.

        Raises:
            NotFitted: Before :meth:`fit`.
            InvalidValue: If the horizon is longer than that of training.
            DataError: If the newer rows end before those of training, leave a gap that is too long, or lack future
                values of a known covariate.
        """
        fitted = self._fitted()
        steps = self._horizon(horizon)
        longer, made = fitted.ahead(fitted.tail if X is None else self._newer(X), steps)
        return frames.forecast_frame(longer, made, self.backend_)

    def evaluate(self, X: object, first: int | None = None) -> ForecastResults:
        """Forecast from every step after training, and compare with what happened and with simple forecasts.

        Args:
            X: Rows after those of training; earlier ones may be among them.
            first: The position of the first step to forecast. Default: the first one after training.

        Raises:
            NotFitted: Before :meth:`fit`.
            DataError: If no window lies after the training span.
        """
        return self.judged(X, first)[0]

    def judged(self, X: object, first: int | None = None) -> tuple[ForecastResults, JudgedForecasts]:
        """Return the results of :meth:`evaluate` with the forecasts that they are about.

        Args:
            X, first: As for :meth:`evaluate`.
        """
        fitted = self._fitted()
        panel = self._newer(X)
        start = fitted.until if first is None else first
        if not len(fitted.windows(panel).origins(start)):
            told = {"horizon": fitted.horizon, "at": fitted.frequency.shown(start - 1)}
            raise DataError(note("forecast_errors.nothing_later", **told))
        results, judged = fitted.evaluate(panel, start)
        self.results_ = results
        return results, judged

    def diagnose(self, X: object, first: int | None = None) -> Diagnosis:
        """Return what is wrong with the forecasts: what networks see, use and know too early, and where they are off.

        Finds a season that is longer than the look-back, a past that is not used, forecasts that are off by a constant
        (the level has moved), intervals that do not keep their promise, known covariates that tell the target and are
        hardly known in advance, simple forecasts that are better, and what is wrong inside networks.

        Args:
            X: The rows of training, and later ones to judge by.
            first: The position of the first step to judge by. Default: the first one after training.

        Returns:
            A table of findings in a terminal and in a notebook; ``to_json()`` for programs.

        Raises:
            NotFitted: Before :meth:`fit`.
            DataError: If the rows are not those of training.
        """
        fitted = self._fitted()
        panel = only(self.read(X), fitted.tail.names)
        check_same_series(fitted, panel)
        return diagnose_forecast(fitted, panel, fitted.until if first is None else first)

    def backtest(self, X: object, folds: int = 4, test: float = 0.1) -> polars.DataFrame:
        """Test the model at several times of the past: trained on what lies before, tested on what follows.

        The networks of all folds are trained as one population in one compiled program. This model is not changed.

        Args:
            X: As for :meth:`read`.
            folds: The number of tests.
            test: The length of each, as a share of the time or a number of steps; they follow each other up to the end.

        Returns:
            A polars data frame with a row for each fold and model, the simple ones among them.

        Raises:
            InvalidValue: If the tests leave nothing to train on.
            DataError: If the first fold has no window to train on.
        """
        return backtest(self, self.read(X), folds, test)

    def update(self, X: object) -> Self:
        """Go on from newer rows, without training.

        Args:
            X: Rows that go on from those of training, or a panel.
        """
        self.fitted_ = self._fitted().from_here(self._newer(X))
        return self

    def save(self, path: str | Path) -> Path:
        """Write one file with networks, scales, intervals and the end of the series; load it with ``pl.load``.

        Raises:
            NotFitted: Before :meth:`fit`.
            FileError: If it cannot be written.
        """
        self._fitted()
        return serialization.save(self, path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load a forecaster from its file.

        Raises:
            FileError: If it is missing, damaged, or contains something else.
        """
        return serialization.load(cls, path)

    @classmethod
    def around(cls, arrays: Mapping[str, np.ndarray], document: Document, path: str | Path) -> Self:
        """Return the forecaster of a file that was read; :func:`plastica.load` calls this."""
        return serialization.around(cls, arrays, document, path)

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether ``fit`` was called."""
        return hasattr(self, "fitted_")

    def _take(self, fitted: FittedForecast, X: object) -> Self:
        self.fitted_, self.notes_, self.backend_ = fitted, fitted.notes, frames.backend_of(X)
        return self

    def origin_rows(self, X: object, at: str | None = None, series: str | None = None, most: int = 50) -> OriginRows:
        """Return what one forecast reads, to be explained; see :func:`~plastica.explain.explain_forecast`.

        Args:
            X: The series, with enough of their past.
            at: The first step that is forecast. Default: the one after the last value.
            series: The name of the series. Default: the first.
            most: The largest number of other origins that it is compared with.

        Raises:
            NotFitted: Before :meth:`fit`.
            DataError: If too little of the series is known.
            InvalidValue: If there is no such series or time.
        """
        from .analysis.origin_rows import origin_rows

        fitted = self._fitted()
        panel = X if isinstance(X, Panel) else read_alike(X, fitted.tail)
        if not set(panel.names) & set(fitted.tail.names):
            read_more(X, fitted.tail)  # says that none of the series was in training
        return origin_rows(fitted, only(panel, fitted.tail.names), at, series, most)

    def _fitted(self) -> FittedForecast:
        if not hasattr(self, "fitted_"):
            raise NotFitted(note("forecast_errors.not_fitted"))
        return self.fitted_

    def _newer(self, X: object) -> Panel:
        """Return newer rows behind those that are kept of training; a panel is used as it is."""
        known = self._fitted().tail
        if isinstance(X, Panel):
            return only(X, known.names)
        newer = read_more(X, known)
        say_gap(known, newer, self._fitted().look_back)
        return joined(known, newer)

    def _horizon(self, horizon: int | None) -> int:
        longest = self._fitted().horizon
        if horizon is None:
            return longest
        if not isinstance(horizon, int | np.integer) or not 1 <= horizon <= longest:
            raise InvalidValue(note("forecast_errors.horizon", given=repr(horizon), longest=longest))
        return int(horizon)
