"""Multi-head attention."""

from __future__ import annotations

from math import sqrt

import jax
import jax.numpy as jnp
import numpy as np

from .. import constraints, initializers, regularizers
from ..constraints import Constraint
from ..declaration import declaration, named_field
from ..errors import InvalidValue
from ..initializers import Initializer
from ..regularizers import Regularizer
from ..typing import AnyShape, ArrayTree, LayerOutputs, by_name
from .attending import Attending, Sources
from .kernels.attention import dot_scores, weighted_means, weights_of
from .kernels.product import add_bias, product
from .layer import Context, Params, Shape, State
from .noise import dropped, rate_or_none
from .records import Variables
from .sliding import whole_numbers


@declaration
class MultiHeadAttention(Attending):
    """Attention with several heads: each step is answered by means of the values whose keys match its query.

    The layer of transformers. In a ``Sequential``, or called with one node, a sequence attends to itself; called with
    two, ``layer(query, value)``, a decoder attends to what an encoder says.

        Q_h = q Wq_h + bq_h,  K_h = k Wk_h + bk_h,  V_h = v Wv_h + bv_h
        A_h = softmax(Q_h K_h' / sqrt(key_dim)),  z = sum_h A_h V_h Wo_h + bo

    Args:
        num_heads: The number of heads h.
        key_dim: The number of features of a query and a key in each head.
        value_dim: The number of features of a value in each head. Default: ``key_dim``.
        dropout: The fraction of attention weights to drop in training.
        use_bias: Whether to add the biases.
        output_dim: The number of features of the output; Keras's ``output_shape``. Default: as many as the query has.
        attention_axes: Accepted for compatibility with Keras; only None, the steps of a sequence.
        sliding_window: How far steps attend: to those less than so many steps away. Default: to all.
        kernel_initializer: The initializer of all W.
        bias_initializer: The initializer of all b.
        kernel_regularizer: A penalty on all W, added to the loss.
        bias_regularizer: A penalty on all b, added to the loss.
        kernel_constraint: The constraint on each W after each step, such as MaxNorm(3).
        bias_constraint: The constraint on each b.
        use_causal_mask: Whether steps attend to none that are later, as in language models; in Keras an argument of the
            call, which is taken too.
        inputs: How many inputs the layer reads, 1 to 3; set by the call.
        has_mask: Whether it reads a mask too; set by the call.
        return_attention_scores: Whether it returns the weights too; set by the call.

    Shapes:
        Query ``(batch, steps, features)``, value and key ``(batch, other steps, their features)`` to ``(batch, steps,
        features or output_dim)``; attention weights, in ``model.trace`` too, ``(batch, heads, steps, other steps)``.
        Kernels ``(features, heads, key_dim)``, that of the output ``(heads, value_dim, features)``, in Keras's order.

    Raises:
        InvalidValue: If a size is below 1, dropout is not a fraction, or attention_axes are given.
        ShapeError: If inputs are no sequences, or the value and the key differ in their steps.

    Example:
        >>> from plastica.layers import Input
        >>> words, picture = Input((20, 32)), Input((49, 64))
        >>> MultiHeadAttention(4, key_dim=8)(words, picture).shape
        (None, 20, 32)

    Reference:
        Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser, Polosukhin (2017), Attention is all you need,
        section 3.2.
    """

    num_heads: int
    key_dim: int
    value_dim: int | None = None
    dropout: float | None = named_field(default=0.0, converter=rate_or_none)
    use_bias: bool = True
    output_dim: int | None = None
    attention_axes: int | tuple[int, ...] | None = None
    sliding_window: int | None = None
    kernel_initializer: Initializer = named_field(default="glorot_uniform", converter=initializers.get)
    bias_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    kernel_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    bias_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    kernel_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    bias_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    use_causal_mask: bool = False
    inputs: int = 1
    has_mask: bool = False
    return_attention_scores: bool = False

    def __post_init__(self) -> None:
        optional = [name for name in ("value_dim", "output_dim", "sliding_window") if getattr(self, name) is not None]
        for field in ("num_heads", "key_dim", *optional):
            whole_numbers("MultiHeadAttention", field, getattr(self, field), 1)
        if self.attention_axes is not None:
            raise InvalidValue(
                f"MultiHeadAttention(attention_axes={self.attention_axes}): it attends over the steps of (steps, "
                "features) only; bring other axes there with Permute and Reshape, and leave attention_axes out."
            )
        self.check_attention()

    def output_shape(self, shape: Shape) -> AnyShape:
        query, value, _, _ = self.source_shapes(shape)
        output = (query[0], query[1] if self.output_dim is None else self.output_dim)
        return (output, (self.num_heads, query[0], value[0])) if self.return_attention_scores else output

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        query, value, key, _ = self.source_shapes(shape)
        depth, heads = self.value_dim or self.key_dim, self.num_heads
        kernels = {
            "query": (query[1], heads, self.key_dim),
            "key": (key[1], heads, self.key_dim),
            "value": (value[1], heads, depth),
            "output": (heads, depth, self.output_dim or query[1]),
        }
        params = {}
        for name, sizes in kernels.items():
            params[f"{name}_kernel"] = self.kernel_initializer(rng, sizes)
            if self.use_bias:
                params[f"{name}_bias"] = self.bias_initializer(rng, sizes[2:] if name == "output" else sizes[1:])
        return Variables(params, {})

    def named_parameters(self, prefix: str, params: Params) -> tuple[str, ...]:
        return tuple(name for name in params if name.endswith(f"_{prefix}"))

    def synapse(self, params: Params, x: ArrayTree, state: State, context: Context) -> tuple[LayerOutputs, State]:
        sources = self.masked(x, context, self.sliding_window)
        weights = self._weights(params, sources)
        means = weighted_means(
            dropped(weights, self.dropout, weights.shape, context), self._heads("value", params, sources)
        )
        rows = means.swapaxes(1, 2).reshape(*sources.query.shape[:2], -1)  # (batch, steps, heads * value_dim)
        output = _mapped(rows, params["output_kernel"].reshape(rows.shape[-1], -1), by_name(params).get("output_bias"))
        return ((output, weights) if self.return_attention_scores else output), state

    def weights(self, params: Params, x: ArrayTree, context: Context) -> jax.Array:
        return self._weights(params, self.masked(x, context, self.sliding_window))

    def _weights(self, params: Params, sources: Sources) -> jax.Array:
        query = self._heads("query", params, sources)
        scores = dot_scores(
            query * jnp.asarray(1 / sqrt(self.key_dim), query.dtype), self._heads("key", params, sources)
        )
        return weights_of(scores, sources.allowed)

    def _heads(self, role: str, params: Params, sources: Sources) -> jax.Array:
        """Return the query, the key or the value in each head, ``(batch, heads, steps, depth)``."""
        x, kernel, bias = getattr(sources, role), params[f"{role}_kernel"], by_name(params).get(f"{role}_bias")
        found = _mapped(x, kernel.reshape(kernel.shape[0], -1), None if bias is None else bias.reshape(-1))
        return found.reshape(*x.shape[:2], *kernel.shape[1:]).swapaxes(1, 2)  # (batch, heads, steps, depth)


def _mapped(x: jax.Array, kernel: jax.Array, bias: jax.Array | None) -> jax.Array:
    """Return ``x @ kernel + bias`` for each step."""
    found = product(x.reshape(-1, x.shape[-1]), kernel).reshape(*x.shape[:-1], kernel.shape[-1])
    return found if bias is None else add_bias(found, bias)
