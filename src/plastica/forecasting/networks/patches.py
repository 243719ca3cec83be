"""PatchTST: a transformer whose words are patches of a series."""

from __future__ import annotations

from ...errors import InvalidValue
from ...layers import (
    Conv1D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    Permute,
    PositionEmbedding,
    Reshape,
    ReversibleInstanceNormalization,
    Sequential,
    TimeDistributed,
    transformer_block,
)
from .shapes import checked_targets, first_features, graph


def patchtst(
    look_back: int,
    features: int,
    horizon: int,
    targets: int | None = None,
    *,
    patch: int = 16,
    stride: int = 8,
    units: int = 16,
    num_heads: int = 4,
    blocks: int = 3,
    dropout: float = 0.3,
) -> Layer:
    r"""Return a transformer over patches of each series, with the same weights for all series (PatchTST).

    Each series is cut into overlapping patches; a linear map of each patch and its learned position is a word,
    :math:`z_n = W_p x_{ns:ns+p} + W_{pos, n}`. Blocks of attention follow, and a dense layer maps all words to the
    horizon. All of it is inside of a reversible instance normalization.

    When to use: for long windows and much data.

    Args:
        look_back: The steps that are read.
        features: The features of each step.
        horizon: The steps that are forecast.
        targets: How many features, the first ones, are forecast; the others are not read. Default: all.
        patch: p, the steps of a patch.
        stride: s, the distance between two patches.
        units: The size of a word; 16 with 4 heads for small data sets such as ETTh1, 128 with 16 heads for others.
        num_heads: The heads of the attention.
        blocks: The number of transformer blocks.
        dropout: The fraction of units that is dropped in training.

    Shapes:
        ``(batch, look_back, features)`` to ``(batch, horizon, targets)``.

    Raises:
        InvalidValue: If a size is not a whole number above 0, or a patch is longer than the window.

    Example:
        >>> patchtst(336, 7, 96).output_shape((336, 7))
        (96, 7)

    Reference:
        Y. Nie, N. H. Nguyen, P. Sinthong, J. Kalagnanam (2023), A time series is worth 64 words: long-term forecasting
        with transformers, section 3.1. Here blocks normalize layers before attention, not batches behind it, and the
        window is not padded at its end.
    """
    count = checked_targets("patchtst", look_back, features, horizon, targets)
    checked_targets("patchtst", patch, stride, horizon, None)
    if patch > look_back:
        raise InvalidValue(f"patchtst: patches of {patch} steps do not fit into a window of {look_back}.")
    words = (look_back - patch) // stride + 1
    block = transformer_block(units, num_heads, 8 * units, dropout=dropout)
    one_series = Sequential((
        Reshape((look_back, 1)),
        Conv1D(units, patch, strides=stride),
        PositionEmbedding(words),
        Dropout(dropout),
        *(block,) * blocks,
        Flatten(),
        Dense(horizon),
    ))  # fmt: skip
    layers = (Permute((2, 1)), TimeDistributed(one_series), Permute((2, 1)))
    whole = ReversibleInstanceNormalization(layers)
    return graph(look_back, features, lambda x: whole(first_features(x, count)))
