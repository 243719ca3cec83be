"""TSMixer: dense layers over time and over features in turn."""

from __future__ import annotations

from ...layers import Dense, Dropout, Layer, LayerNormalization, Residual, ReversibleInstanceNormalization, Sequential
from .shapes import along_features, along_time, checked_targets


def tsmixer(
    look_back: int,
    features: int,
    horizon: int,
    targets: int | None = None,
    *,
    blocks: int = 2,
    units: int = 64,
    dropout: float = 0.3,
) -> Layer:
    r"""Return a network of dense layers that mix the steps of each feature, then the features of each step.

    .. math::
        H &= X + \mathrm{drop}(\mathrm{relu}(W_t \, \mathrm{norm}(X) + b_t)) \\
        Z &= H + \mathrm{drop}(\mathrm{drop}(\mathrm{relu}(\mathrm{norm}(H) W_1 + b_1)) W_2 + b_2)

    and so on for each block; a dense layer over time maps the last Z to the horizon, and one over the features to the
    targets if there are fewer. All of it is inside of a reversible instance normalization.

    When to use: for several series that tell about each other, and covariates.

    Args:
        look_back: The steps that are read.
        features: The features of each step.
        horizon: The steps that are forecast.
        targets: How many features, the first ones, are forecast; all are read. Default: all.
        blocks: How often both are mixed; the paper tries 1 to 10.
        units: The hidden units of the mixing of features.
        dropout: The fraction of units that is dropped in training.

    Shapes:
        ``(batch, look_back, features)`` to ``(batch, horizon, targets)``.

    Raises:
        InvalidValue: If a size is not a whole number above 0.

    Example:
        >>> tsmixer(336, 7, 96).output_shape((336, 7))
        (96, 7)

    Reference:
        S.-A. Chen, C.-L. Li, N. Yoder, S. Ö. Arık, T. Pfister (2023), TSMixer: an all-MLP architecture for time series
        forecasting, section 3.2 and figure 2; with the layer normalization over time and features that its authors use
        beside batch normalization.
    """
    count = checked_targets("tsmixer", look_back, features, horizon, targets)
    over_time = Residual((LayerNormalization(axis=(1, 2)), along_time(look_back, "relu"), Dropout(dropout)))
    over_features = Residual(
        (
            LayerNormalization(axis=(1, 2)),
            along_features(units, "relu"),
            Dropout(dropout),
            along_features(features),
            Dropout(dropout),
        )
    )
    last = () if count == features else (Dense(count),)
    layers = (*(over_time, over_features) * blocks, along_time(horizon), *last)
    whole = ReversibleInstanceNormalization(layers, first=count, input_shape=(look_back, features))
    return Sequential((whole,))
