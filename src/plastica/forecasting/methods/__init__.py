"""Forecasting methods in closed form for all series of a panel: learned before an origin, from windows to forecasts.

Each method is a pair of functions. What it learned is a dict of arrays, so that a file can keep it beside the networks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...typing import Float, Int
from ..windows import PanelWindows
from . import linear, naive, own_ridge, periodic, seasonal_median, theta

LearnedArrays = dict[str, np.ndarray]


class Method(NamedTuple):
    """A forecasting method.

    Attributes:
        learn: From windows, the position where the training span ends, and the loss, to what was learned; None if the
            series are too short.
        forecast: From what was learned, windows and origins to scaled forecasts ``(windows, horizon)``. Nothing behind
            an origin is read.
        for_each_lag: Whether a weight is learned for each value of a window, for which short series tell too little.
    """

    learn: Callable[[PanelWindows, int, str], LearnedArrays | None]
    forecast: Callable[[LearnedArrays, PanelWindows, Int[np.ndarray, "windows"]], Float[np.ndarray, "windows horizon"]]
    for_each_lag: bool = False


METHODS: dict[str, Method] = {
    "last_value": Method(naive.learn_last, naive.forecast),
    "seasonal_naive": Method(naive.learn_season, naive.forecast),
    "longer_seasonal_naive": Method(naive.learn_longer, naive.forecast),
    "seasonal_median": Method(seasonal_median.learn, seasonal_median.forecast),
    "theta": Method(theta.learn, theta.forecast),
    "ridge": Method(own_ridge.learn, own_ridge.forecast, for_each_lag=True),
    "periodic": Method(periodic.learn, periodic.forecast),
    "linear": Method(linear.learn, linear.forecast, for_each_lag=True),
    "linear_calendar": Method(linear.learn_calendar, linear.forecast, for_each_lag=True),
}
