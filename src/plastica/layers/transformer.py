"""The transformer block: attention between steps, then a network for each step, both with short cuts."""

from __future__ import annotations

from ..activations import ActivationLike
from ..errors import InvalidValue
from .dense import Dense
from .multi_head import MultiHeadAttention
from .noise import Dropout
from .normalization import LayerNormalization
from .residual import Residual
from .sequential import Sequential


def transformer_block(
    features: int,
    num_heads: int,
    units: int | None = None,
    activation: ActivationLike = "gelu",
    dropout: float = 0.0,
    use_causal_mask: bool = False,
) -> Sequential:
    """Return a block of a transformer, with the normalization before each part.

        h = x + MultiHeadAttention(LayerNormalization(x)),  z = h + W2 f(W1 LayerNormalization(h) + b1) + b2

    When to use: several on top of each other, behind an embedding and positions; with ``use_causal_mask=True`` as the
    decoder of a language model. Masks of padding go through it.

    Args:
        features: The number of features of each step, in and out.
        num_heads: The number of heads of the attention; a divisor of ``features``.
        units: The number of hidden units of the network for each step. Default: ``4 * features``, as in the paper.
        activation: f, the activation of the hidden units.
        dropout: The fraction of the attention weights and of the outputs of both parts to drop in training.
        use_causal_mask: Whether steps attend to none that are later.

    Returns:
        A ``Sequential`` of two ``Residual``.

    Shapes:
        ``(batch, time, features)`` in and out.

    Raises:
        InvalidValue: If ``features`` is not a multiple of ``num_heads``.

    Example:
        >>> transformer_block(8, num_heads=2).output_shape((20, 8))
        (20, 8)

    Reference:
        Vaswani et al. (2017), Attention is all you need, figure 1; the place of the normalization: Xiong et al. (2020),
        On layer normalization in the transformer architecture, figure 1b.
    """
    if num_heads < 1 or features % num_heads:
        raise InvalidValue(
            f"transformer_block({features}, num_heads={num_heads}): the heads share the features; give a multiple of "
            "num_heads."
        )
    attention = MultiHeadAttention(num_heads, features // num_heads, dropout=dropout, use_causal_mask=use_causal_mask)
    each_step = (Dense(units or 4 * features, activation=activation), Dense(features))
    last = (Dropout(dropout),) if dropout else ()
    return Sequential((
        Residual((LayerNormalization(), attention, *last)),
        Residual((LayerNormalization(), *each_step, *last)),
    ))  # fmt: skip
