"""Attention without heads: by dot products, and by a sum."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from .. import initializers
from ..declaration import declaration, named_field
from ..errors import ShapeError
from ..typing import AnyShape, ArrayTree, LayerOutputs
from .attending import Attending, Sources
from .kernels.attention import dot_scores, weighted_means, weights_of
from .layer import Context, Params, Shape, State
from .noise import dropped, rate_or_none
from .records import Variables
from .sliding import check_choice


class _OneHead(Attending):
    """Base of these layers; scores are ``(batch, 1, steps, other steps)``."""

    def output_shape(self, shape: Shape) -> AnyShape:
        query, value, key, _ = self.source_shapes(shape)
        if query[1] != key[1]:
            raise ShapeError(
                f"{type(self).__name__}: got queries of shape {query} and keys of shape {key}; they are compared "
                "feature by feature, so that they must have as many. MultiHeadAttention maps both to as many."
            )
        output = (query[0], value[1])
        return (output, (query[0], value[0])) if self.return_attention_scores else output

    def synapse(self, params: Params, x: ArrayTree, state: State, context: Context) -> tuple[LayerOutputs, State]:
        sources = self.masked(x, context)
        weights = weights_of(self._scores(params, sources), sources.allowed)
        kept = dropped(weights, self.dropout, weights.shape, context)
        output = weighted_means(kept, sources.value[:, None])[:, 0]
        return ((output, weights[:, 0]) if self.return_attention_scores else output), state

    def weights(self, params: Params, x: ArrayTree, context: Context) -> jax.Array:
        sources = self.masked(x, context)
        return weights_of(self._scores(params, sources), sources.allowed)[:, 0]

    def _scores(self, params: Params, sources: Sources) -> jax.Array:
        raise NotImplementedError


@declaration
class Attention(_OneHead):
    """Dot-product attention: each step is answered by a mean of the values whose keys match its query.

        A = softmax(scale q k'),  z = A v

    Without weights of its own, as between the states of an encoder and a decoder.

    Args:
        use_scale: Whether to learn the scale, one number; otherwise 1.
        score_mode: "dot" for products; "concat" for the score c * sum tanh(scale (q + k)), with c learned.
        dropout: The fraction of attention weights to drop in training.
        use_causal_mask: Whether steps attend to none that are later; in Keras an argument of the call, which is taken
            too.
        inputs: How many inputs the layer reads, 1 to 3; set by the call.
        has_mask: Whether it reads a mask too; set by the call.
        return_attention_scores: Whether it returns the weights too; set by the call.

    Shapes:
        Query ``(batch, steps, features)``, key ``(batch, other steps, features)``, value ``(batch, other steps, its
        features)`` to ``(batch, steps, value's features)``; attention weights ``(batch, steps, other steps)``.

    Raises:
        InvalidValue: For another score_mode, or if dropout is not a fraction.
        ShapeError: If inputs are no sequences or do not fit.

    Example:
        >>> from plastica.layers import Input
        >>> Attention()([Input((5, 8)), Input((20, 8))]).shape
        (None, 5, 8)

    Reference:
        Luong, Pham, Manning (2015), Effective approaches to attention-based neural machine translation, section 3.1.
    """

    use_scale: bool = False
    score_mode: str = "dot"
    dropout: float | None = named_field(default=0.0, converter=rate_or_none)
    use_causal_mask: bool = False
    inputs: int = 1
    has_mask: bool = False
    return_attention_scores: bool = False

    def __post_init__(self) -> None:
        check_choice("Attention", "score_mode", self.score_mode, ("dot", "concat"))
        self.check_attention()

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        names = (("scale", self.use_scale), ("concat_score_weight", self.score_mode == "concat"))
        return Variables({name: initializers.get("ones")(rng, ()) for name, there in names if there}, {})

    def _scores(self, params: Params, sources: Sources) -> jax.Array:
        query, key = sources.query[:, None], sources.key[:, None]
        scale = params["scale"].astype(query.dtype) if self.use_scale else jnp.ones((), query.dtype)
        if self.score_mode == "dot":
            return dot_scores(query, key) * scale
        weight = params["concat_score_weight"].astype(query.dtype)
        return weight * jnp.tanh(scale * _sums(query, key)).sum(-1)


@declaration
class AdditiveAttention(_OneHead):
    """Additive attention: scores are a learned sum over features of tanh(q + k).

        A_ij = softmax_j(sum_f scale_f tanh(q_if + k_jf)),  z = A v

    Args:
        use_scale: Whether to learn a weight for each feature; otherwise 1.
        dropout: The fraction of attention weights to drop in training.
        use_causal_mask: Whether steps attend to none that are later; in Keras an argument of the call, which is taken
            too.
        inputs: How many inputs the layer reads, 1 to 3; set by the call.
        has_mask: Whether it reads a mask too; set by the call.
        return_attention_scores: Whether it returns the weights too; set by the call.

    Shapes:
        Query ``(batch, steps, features)``, key ``(batch, other steps, features)``, value ``(batch, other steps, its
        features)`` to ``(batch, steps, value's features)``; scale ``(features,)``, attention weights ``(batch, steps,
        other steps)``.

    Raises:
        InvalidValue: If dropout is not a fraction.
        ShapeError: If inputs are no sequences or do not fit.

    Example:
        >>> from plastica.layers import Input
        >>> AdditiveAttention()([Input((5, 8)), Input((20, 8))]).shape
        (None, 5, 8)

    Reference:
        Bahdanau, Cho, Bengio (2015), Neural machine translation by jointly learning to align and translate, appendix
        A.1.2.
    """

    use_scale: bool = True
    dropout: float | None = named_field(default=0.0, converter=rate_or_none)
    use_causal_mask: bool = False
    inputs: int = 1
    has_mask: bool = False
    return_attention_scores: bool = False

    def __post_init__(self) -> None:
        self.check_attention()

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        features = self.source_shapes(shape).query[1:]
        return Variables({"scale": initializers.get("glorot_uniform")(rng, features)} if self.use_scale else {}, {})

    def _scores(self, params: Params, sources: Sources) -> jax.Array:
        query, key = sources.query[:, None], sources.key[:, None]
        found = jnp.tanh(_sums(query, key))
        return (found * params["scale"].astype(query.dtype) if self.use_scale else found).sum(-1)


def _sums(query: jax.Array, key: jax.Array) -> jax.Array:
    """Return the sum of each query with each key, ``(batch, 1, steps, other steps, features)``."""
    return query[..., :, None, :] + key[..., None, :, :]
