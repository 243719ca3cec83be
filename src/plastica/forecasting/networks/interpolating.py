"""N-HiTS: blocks that each explain one time scale of a series."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import InvalidValue
from ...layers import Add, Dense, Layer, MaxPooling1D, Permute, Reshape, Resizing, Subtract
from ...layers.node import Node
from .shapes import checked_targets, first_features, graph


def nhits(
    look_back: int,
    features: int,
    horizon: int,
    targets: int | None = None,
    *,
    pools: Sequence[int] = (16, 8, 1),
    frequencies: Sequence[int] = (24, 12, 1),
    units: int = 256,
    depth: int = 2,
) -> Layer:
    r"""Return blocks that read a series at falling coarseness and forecast a part of it each (N-HiTS).

    Block :math:`\ell` pools what the blocks before left of the window, maps it by hidden layers to few numbers, and
    interpolates these over the window and over the horizon:

    .. math::
        \theta^b_\ell, \theta^f_\ell = \mathrm{MLP}_\ell(\mathrm{MaxPool}_{k_\ell}(y_\ell)), \quad
        y_{\ell+1} = y_\ell - g(\theta^b_\ell), \quad \hat y = \sum_\ell g(\theta^f_\ell)

    The same weights serve all features.

    When to use: for long horizons of series with several seasons.

    Args:
        look_back: The steps that are read.
        features: The features of each step.
        horizon: The steps that are forecast.
        targets: How many features, the first ones, are forecast; the others are not read. Default: all.
        pools: The steps that are pooled into one, for each block, coarsest first.
        frequencies: How many steps of the horizon one number stands for, for each block.
        units: The units of each hidden layer; 512 in the paper.
        depth: The number of hidden layers of a block.

    Shapes:
        ``(batch, look_back, features)`` to ``(batch, horizon, targets)``.

    Raises:
        InvalidValue: If a size is not a whole number above 0, or there are not as many frequencies as pools.

    Example:
        >>> nhits(336, 7, 96).output_shape((336, 7))
        (96, 7)

    Reference:
        C. Challu et al. (2023), N-HiTS: neural hierarchical interpolation for time series forecasting, section 3.
    """
    count = checked_targets("nhits", look_back, features, horizon, targets)
    if len(pools) != len(frequencies) or not pools:
        raise InvalidValue(
            f"nhits: {len(pools)} pools and {len(frequencies)} frequencies; expected one of both a block."
        )
    for size in (*pools, *frequencies):
        checked_targets("nhits", size, units, depth, None)

    def draw(x: Node) -> Node:
        left, parts = first_features(x, count), []
        for place, (pool, frequency) in enumerate(zip(pools, frequencies, strict=True)):
            hidden = Permute((2, 1))(MaxPooling1D(pool, padding="same")(left))  # (batch, targets, steps)
            for _ in range(depth):
                hidden = Dense(units, "relu")(hidden)
            if place < len(pools) - 1:  # what the last block leaves is read by none
                left = Subtract()([left, _interpolated(hidden, look_back, frequency, count)])
            parts.append(_interpolated(hidden, horizon, frequency, count))
        return Add()(parts) if len(parts) > 1 else parts[0]

    return graph(look_back, features, draw)


def _interpolated(hidden: Node, steps: int, frequency: int, targets: int) -> Node:
    """Return a number for each ``frequency`` steps, interpolated to all steps, ``(batch, steps, targets)``."""
    count = max(steps // frequency, 1)
    numbers = Permute((2, 1))(Dense(count)(hidden))  # (batch, count, targets)
    if count == steps:
        return numbers
    picture = Reshape((count, 1, targets))(numbers)
    return Reshape((steps, targets))(Resizing(steps, 1)(picture))
