"""Linear regression on the last values, for all steps of the horizon at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from ...errors import InvalidValue, ShapeError
from ...typing import Float
from .checking import as_series, check_count

ROWS = 8192  # windows copied at once: 11 MB for 168 lags
LEAST_LAGS = 12
SEASONS = 7  # lags of a week where the season is a day


@dataclass(frozen=True, eq=False)
class LinearForecast:
    """A weighted sum of the last values for each step of the horizon.

    Args:
        kernel: The weights, ``(lags, horizon)``; the oldest lag first.
        bias: What is added to each step.
        past: The last values.
    """

    kernel: Float[np.ndarray, "lags horizon"]
    bias: Float[np.ndarray, "horizon"]
    past: Float[np.ndarray, "lags"]

    def forecast(self, horizon: int) -> Float[np.ndarray, "horizon"]:
        """Return the next values; beyond the horizon of the fit, forecasts are taken as values and continued."""
        horizon, lags = check_count("forecast", "horizon", horizon), len(self.past)
        known = self.past
        while len(known) < lags + horizon:
            known = np.concatenate([known, self.predict(known[-lags:][None])[0]])
        return known[lags : lags + horizon]

    def predict(self, windows: ArrayLike) -> Float[np.ndarray, "rows horizon"]:
        """Return the values that follow each window.

        Args:
            windows: Values in order of time, ``(rows, lags)``.

        Raises:
            ShapeError: If windows have another length.
        """
        given, lags = np.asarray(windows, np.float64), len(self.past)
        if given.ndim != 2 or given.shape[1] != lags:
            raise ShapeError(
                f"predict: windows of shape {given.shape}; the model was fitted with {lags} lags: (rows, {lags})."
            )
        return given @ self.kernel + self.bias

    def update(self, values: ArrayLike) -> LinearForecast:
        """Return the model after further values, with the same weights."""
        further = as_series("update", values)
        return replace(self, past=np.concatenate([self.past, further])[-len(self.past) :])


def ridge(
    values: ArrayLike, season: int = 1, *, lags: int | None = None, horizon: int | None = None, l2: float = 1.0
) -> LinearForecast:
    r"""Fit ridge regression from the last values to the next ones, in closed form.

    A strong baseline for hourly series, where few networks beat it by much. With windows X and what follows them, Y,
    both standardised with the mean and the standard deviation of the series and centred,

    .. math:: W = (X^\top X + \lambda I)^{-1} X^\top Y.

    Args:
        values: The series, ``(time,)``.
        season: How many steps the season has; it decides the defaults of ``lags`` and ``horizon``.
        lags: How many of the last values are read. Default: seven seasons, at least 12.
        horizon: How many of the next values are forecast at once. Default: one season.
        l2: The penalty :math:`\lambda`. The default matters only if there are hardly more windows than lags.

    Raises:
        InvalidValue: If a number of steps is not above 0, or the penalty is not.
        ShapeError, DataError: If the values are not one series of finite numbers that has a window.

    Example:
        >>> import numpy as np
        >>> model = ridge(np.sin(np.arange(100.0)), lags=4, horizon=2, l2=1e-9)
        >>> model.forecast(2).round(4).tolist(), np.sin([100.0, 101.0]).round(4).tolist()
        ([-0.5064, 0.452], [-0.5064, 0.452])

    Reference:
        A. E. Hoerl, R. W. Kennard (1970), Ridge regression: biased estimation for nonorthogonal problems, equation 2.1.
        A. Zeng, M. Chen, L. Zhang, Q. Xu (2023), Are transformers effective for time series forecasting?, section 3.
    """
    season = check_count("ridge", "season", season)
    lags = max(SEASONS * season, LEAST_LAGS) if lags is None else check_count("ridge", "lags", lags)
    horizon = season if horizon is None else check_count("ridge", "horizon", horizon)
    if not l2 > 0:
        raise InvalidValue(f"ridge: l2 is {l2!r}; expected a number above 0.")
    given = as_series("ridge", values, lags + horizon, f", {lags} lags and a horizon of {horizon}")
    middle, scale = given.mean(), given.std() or 1.0
    kernel, bias = _solved((given - middle) / scale, lags, horizon, l2)
    return LinearForecast(kernel, scale * bias + middle * (1 - kernel.sum(0)), given[-lags:])


def _solved(
    values: Float[np.ndarray, "time"], lags: int, horizon: int, l2: float
) -> tuple[Float[np.ndarray, "lags horizon"], Float[np.ndarray, "horizon"]]:
    """Return the weights and the bias."""
    rows, square, product = 0, np.zeros((lags, lags)), np.zeros((lags, horizon))
    sum_x, sum_y = np.zeros(lags), np.zeros(horizon)
    for x, y in _blocks(values, lags, horizon):
        rows, square, product = rows + len(x), square + x.T @ x, product + x.T @ y
        sum_x, sum_y = sum_x + x.sum(0), sum_y + y.sum(0)
    mean_x, mean_y = sum_x / rows, sum_y / rows
    square -= rows * np.outer(mean_x, mean_x)
    product -= rows * np.outer(mean_x, mean_y)
    kernel = np.linalg.solve(square + l2 * np.eye(lags), product)
    return kernel, mean_y - mean_x @ kernel


def _blocks(values: Float[np.ndarray, "time"], lags: int, horizon: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    windows = sliding_window_view(values, lags + horizon)
    for start in range(0, len(windows), ROWS):
        block = windows[start : start + ROWS]
        yield np.ascontiguousarray(block[:, :lags]), np.ascontiguousarray(block[:, lags:])
