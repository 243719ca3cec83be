"""Networks that read a window step by step, and forecast the horizon from their last state."""

from __future__ import annotations

from collections.abc import Sequence

from ...layers import (
    GRU,
    LSTM,
    Conv1D,
    Cropping1D,
    Dense,
    EchoState,
    Flatten,
    Layer,
    Reshape,
    ReversibleInstanceNormalization,
    Sequential,
    temporal_block,
)
from .shapes import checked_targets


def lstm(look_back: int, features: int, horizon: int, targets: int | None = None, *, units: int = 64) -> Layer:
    """Return an LSTM whose last output is mapped to the horizon, inside of a reversible instance normalization.

    Args:
        look_back: The steps that are read.
        features: The features of each step.
        horizon: The steps that are forecast.
        targets: How many features, the first ones, are forecast; all are read. Default: all.
        units: The units of the layer.

    Shapes:
        ``(batch, look_back, features)`` to ``(batch, horizon, targets)``.

    Raises:
        InvalidValue: If a size is not a whole number above 0.

    Example:
        >>> lstm(168, 3, 24, targets=1).output_shape((168, 3))
        (24, 1)

    Reference:
        S. Hochreiter, J. Schmidhuber (1997), Long short-term memory.
    """
    count = checked_targets("lstm", look_back, features, horizon, targets)
    return _read_out([LSTM(units)], look_back, features, horizon, count)


def gru(look_back: int, features: int, horizon: int, targets: int | None = None, *, units: int = 64) -> Layer:
    """Return a GRU whose last output is mapped to the horizon, inside of a reversible instance normalization.

    Args:
        look_back: The steps that are read.
        features: The features of each step.
        horizon: The steps that are forecast.
        targets: How many features, the first ones, are forecast; all are read. Default: all.
        units: The units of the layer.

    Shapes:
        ``(batch, look_back, features)`` to ``(batch, horizon, targets)``.

    Raises:
        InvalidValue: If a size is not a whole number above 0.

    Example:
        >>> gru(168, 3, 24, targets=1).output_shape((168, 3))
        (24, 1)

    Reference:
        K. Cho et al. (2014), Learning phrase representations using RNN encoder-decoder for statistical machine
        translation, section 2.3.
    """
    count = checked_targets("gru", look_back, features, horizon, targets)
    return _read_out([GRU(units)], look_back, features, horizon, count)


def reservoir(
    look_back: int,
    features: int,
    horizon: int,
    targets: int | None = None,
    *,
    units: int = 300,
    leak: float = 0.3,
    spectral_radius: float = 0.95,
) -> Layer:
    """Return an echo state network: a recurrent layer with fixed random weights, of which only the read-out is trained.

    Args:
        look_back: The steps that are read.
        features: The features of each step.
        horizon: The steps that are forecast.
        targets: How many features, the first ones, are forecast; all are read. Default: all.
        units: The units of the reservoir.
        leak: How fast units follow their inputs.
        spectral_radius: How long the reservoir remembers; below 1, it forgets its start.

    Shapes:
        ``(batch, look_back, features)`` to ``(batch, horizon, targets)``.

    Raises:
        InvalidValue: If a size is not a whole number above 0.

    Example:
        >>> reservoir(168, 3, 24, targets=1).output_shape((168, 3))
        (24, 1)

    Reference:
        H. Jaeger (2001), The "echo state" approach to analysing and training recurrent neural networks.
    """
    count = checked_targets("reservoir", look_back, features, horizon, targets)
    return _read_out([EchoState(units, leak, spectral_radius)], look_back, features, horizon, count)


def tcn(
    look_back: int,
    features: int,
    horizon: int,
    targets: int | None = None,
    *,
    filters: int = 32,
    kernel_size: int = 3,
    dropout: float = 0.1,
) -> Layer:
    """Return causal dilated convolutions that look back over the whole window, inside of a reversible normalization.

    Each block looks back twice as far as the one before; there are as many as the window needs.

    Args:
        look_back: The steps that are read.
        features: The features of each step.
        horizon: The steps that are forecast.
        targets: How many features, the first ones, are forecast; all are read. Default: all.
        filters: The features inside.
        kernel_size: The steps that each convolution reads, at least 2.
        dropout: The fraction of whole features that is dropped in training.

    Shapes:
        ``(batch, look_back, features)`` to ``(batch, horizon, targets)``.

    Raises:
        InvalidValue: If a size is not a whole number above 0.

    Example:
        >>> tcn(168, 3, 24, targets=1).output_shape((168, 3))
        (24, 1)

    Reference:
        S. Bai, J. Z. Kolter, V. Koltun (2018), An empirical evaluation of generic convolutional and recurrent networks
        for sequence modeling, section 3.
    """
    count = checked_targets("tcn", look_back, features, horizon, targets)
    checked_targets("tcn", kernel_size - 1, filters, horizon, None)
    dilations = [1]
    while 1 + 2 * (kernel_size - 1) * sum(dilations) < look_back:
        dilations.append(2 * dilations[-1])
    blocks = [temporal_block(filters, kernel_size, each, dropout=dropout) for each in dilations]
    last_step = (Cropping1D((look_back - 1, 0)), Flatten())
    return _read_out([Conv1D(filters, 1), *blocks, *last_step], look_back, features, horizon, count)


def _read_out(reading: Sequence[Layer], look_back: int, features: int, horizon: int, targets: int) -> Layer:
    layers = (*reading, Dense(horizon * targets), Reshape((horizon, targets)))
    whole = ReversibleInstanceNormalization(layers, first=targets, input_shape=(look_back, features))
    return Sequential((whole,))
