"""Linear networks for forecasts, which are hard to beat by deep ones."""

from __future__ import annotations

from ...layers import Add, Layer, MovingAverage, ReversibleInstanceNormalization, Subtract
from ...layers.node import Node
from .shapes import along_time, checked_targets, first_features, graph


def dlinear(look_back: int, features: int, horizon: int, targets: int | None = None, *, window: int = 25) -> Layer:
    r"""Return a linear forecast of the trend plus one of the rest (DLinear), with the same weights for all features.

    .. math:: \hat Y = W_t T + b_t + W_s (X - T) + b_s, \quad T = \mathrm{MovingAverage}(X)

    When to use: first of all, for long horizons of series with a trend.

    Args:
        look_back: The steps that are read.
        features: The features of each step.
        horizon: The steps that are forecast.
        targets: How many features, the first ones, are forecast; the others are not read. Default: all.
        window: The steps of the moving average; 25 as in the paper, an hour and a day of hourly values.

    Shapes:
        ``(batch, look_back, features)`` to ``(batch, horizon, targets)``.

    Raises:
        InvalidValue: If a size is not a whole number above 0, or the window is even.

    Example:
        >>> dlinear(336, 7, 96).output_shape((336, 7))
        (96, 7)

    Reference:
        A. Zeng, M. Chen, L. Zhang, Q. Xu (2023), Are transformers effective for time series forecasting?, section 3.2.
    """
    count = checked_targets("dlinear", look_back, features, horizon, targets)

    def draw(x: Node) -> Node:
        own = first_features(x, count)
        trend = MovingAverage(window)(own)
        return Add()([along_time(horizon)(trend), along_time(horizon)(Subtract()([own, trend]))])

    return graph(look_back, features, draw)


def nlinear(look_back: int, features: int, horizon: int, targets: int | None = None) -> Layer:
    r"""Return a linear forecast of the differences from the last step (NLinear), one for all features.

    .. math:: \hat Y = W (X - x_T) + b + x_T

    When to use: like :func:`dlinear`, for series whose level wanders.

    Args:
        look_back: The steps that are read.
        features: The features of each step.
        horizon: The steps that are forecast.
        targets: How many features, the first ones, are forecast; the others are not read. Default: all.

    Shapes:
        ``(batch, look_back, features)`` to ``(batch, horizon, targets)``.

    Raises:
        InvalidValue: If a size is not a whole number above 0.

    Example:
        >>> nlinear(336, 7, 96).output_shape((336, 7))
        (96, 7)

    Reference:
        A. Zeng, M. Chen, L. Zhang, Q. Xu (2023), Are transformers effective for time series forecasting?, section 3.2.
    """
    count = checked_targets("nlinear", look_back, features, horizon, targets)
    linear = ReversibleInstanceNormalization((along_time(horizon),), center="last", scale=False, affine=False)
    return graph(look_back, features, lambda x: linear(first_features(x, count)))
