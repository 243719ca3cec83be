"""Positions of steps in a sequence: added as waves, added as learned vectors, or as rotations."""

from __future__ import annotations

from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from .. import constraints, initializers, regularizers
from ..constraints import Constraint
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer
from ..regularizers import Regularizer
from ..typing import Mask
from .in_time import Carry
from .layer import INFERENCE, Context, Layer, Params, Shape, State
from .records import Variables


class Positional(Layer):
    """Base of the layers that tell steps apart by their place; a subclass defines ``placed``."""

    def placed(self, params: Params, x: jax.Array, places: jax.Array) -> jax.Array:
        """Return inputs ``(batch, time, features)`` that know the places ``(time,)`` of their steps."""
        raise NotImplementedError

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return self.placed(params, x, jnp.arange(x.shape[1])), state

    @property
    def keeps_time(self) -> bool:
        return True

    def mask_of(self, x: jax.Array | None, mask: Mask) -> Mask:
        return mask

    @property
    def adds_over_time(self) -> bool:
        return False  # it counts, in whole numbers

    def start(self, params: Params, batch: int) -> Carry:
        return jnp.zeros((), jnp.int32)

    def step(
        self, params: Params, carry: Carry, x_t: jax.Array, state: State | None = None, context: Context = INFERENCE
    ) -> tuple[Carry, jax.Array]:
        place = cast(jax.Array, carry)
        return place + 1, self.placed(params, x_t[:, None], place[None])[:, 0]

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            raise ShapeError(f"{type(self).__name__}: got inputs of shape {shape}; it expects (time, features).")
        return tuple(shape)


@declaration
class SinusoidalPositions(Positional):
    """Add waves of different lengths to a sequence, so that each step shows its position.

        P[t, 2k] = sin(t / max_wavelength^(2k/d)),  P[t, 2k + 1] = cos(t / max_wavelength^(2k/d)),  z = x + P

    When to use: before attention, which does not know the order of steps. Sequences may be longer than those of the
    training set.

    Args:
        max_wavelength: The longest wave in steps, divided by 2 pi. The default is that of the paper.

    Shapes:
        ``(batch, time, features)`` in and out; d is the number of features.

    Raises:
        InvalidValue: If ``max_wavelength`` is not above 0.
        ShapeError: If inputs are not (time, features).

    Example:
        >>> np.asarray(SinusoidalPositions().apply({}, jnp.zeros((1, 2, 2)))[0]).round(2)
        array([[[0.  , 1.  ],
                [0.84, 0.54]]], dtype=float32)

    Reference:
        Vaswani et al. (2017), Attention is all you need, section 3.5.
    """

    max_wavelength: float = 10000.0

    def __post_init__(self) -> None:
        check_wavelength(self)

    def placed(self, params: Params, x: jax.Array, places: jax.Array) -> jax.Array:
        features = x.shape[-1]
        angles = angles_of(places, features, self.max_wavelength, x.dtype)  # (time, pairs)
        waves = jnp.stack([jnp.sin(angles), jnp.cos(angles)], -1)  # (time, pairs, 2)
        return x + waves.reshape(len(places), -1)[:, :features]  # sine and cosine in turns


@declaration
class PositionEmbedding(Positional):
    """Add a learned vector for each position to a sequence: z_t = x_t + E_t.

    When to use: before attention, for sequences up to a known length.

    Args:
        sequence_length: The length of the longest sequence.
        embeddings_initializer: The initializer of E. Default: uniform, as for Embedding.
        embeddings_regularizer: A penalty on E, added to the loss.
        embeddings_constraint: The constraint on E after each step.

    Shapes:
        ``(batch, time, features)`` in and out; embeddings ``(sequence_length, features)``.

    Raises:
        InvalidValue: If ``sequence_length`` is below 1.
        ShapeError: If inputs are not (time, features), or longer.

    Example:
        >>> PositionEmbedding(50).output_shape((20, 8))
        (20, 8)

    Reference:
        Gehring et al. (2017), Convolutional sequence to sequence learning, section 3.1.
    """

    sequence_length: int
    embeddings_initializer: Initializer = named_field(default="uniform", converter=initializers.get)
    embeddings_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    embeddings_constraint: Constraint | None = named_field(default=None, converter=constraints.get)

    def __post_init__(self) -> None:
        if self.sequence_length < 1:
            raise InvalidValue(f"PositionEmbedding({self.sequence_length!r}): a sequence has at least 1 step.")

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        features = self.output_shape(shape)[-1]
        return Variables({"embeddings": self.embeddings_initializer(rng, (self.sequence_length, features))}, {})

    def placed(self, params: Params, x: jax.Array, places: jax.Array) -> jax.Array:
        if x.shape[1] > self.sequence_length:
            raise ShapeError(
                f"PositionEmbedding({self.sequence_length}): got sequences of {x.shape[1]} steps. Increase "
                "sequence_length, or use SinusoidalPositions()."
            )
        # A stream may go on beyond the last position: NaN is noticed, a repeated last vector is not.
        own = jnp.asarray(params["embeddings"]).at[places].get(mode="fill", fill_value=jnp.nan)
        return x + own.astype(x.dtype)


@declaration
class RotaryPositions(Positional):
    """Rotate each pair of features by an angle that grows with the position.

        (z_1, z_2) = (x_1 cos a - x_2 sin a, x_2 cos a + x_1 sin a),  a = t / max_wavelength^(2k/d)

    When to use: for the queries and keys of attention, whose products then depend on the distance of two steps only.
    The pairs are the features k and k + d/2.

    Args:
        max_wavelength: The longest wave in steps, divided by 2 pi. The default is that of the paper.

    Shapes:
        ``(batch, time, features)`` in and out; an even number d of features.

    Raises:
        InvalidValue: If ``max_wavelength`` is not above 0.
        ShapeError: If inputs are not (time, features), or the number of features is odd.

    Example:
        >>> x = jnp.ones((1, 3, 4))
        >>> q = RotaryPositions().apply({}, x)[0][0]
        >>> bool(jnp.allclose(q[0] @ q[1], q[1] @ q[2], atol=1e-5))
        True

    Reference:
        Su et al. (2021), RoFormer: enhanced transformer with rotary position embedding, equation 34.
    """

    max_wavelength: float = 10000.0

    def __post_init__(self) -> None:
        check_wavelength(self)

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) == 2 and shape[-1] % 2:
            raise ShapeError(f"RotaryPositions: got inputs of shape {shape}; the number of features must be even.")
        return super().output_shape(shape)

    def placed(self, params: Params, x: jax.Array, places: jax.Array) -> jax.Array:
        angles = angles_of(places, x.shape[-1], self.max_wavelength, x.dtype)  # (time, pairs)
        one, other = jnp.split(x, 2, axis=-1)
        sin, cos = jnp.sin(angles), jnp.cos(angles)
        return jnp.concatenate([one * cos - other * sin, other * cos + one * sin], -1)


def check_wavelength(layer: Any) -> None:
    """Refuse waves without a length.

    Raises:
        InvalidValue: If ``max_wavelength`` is not above 0.
    """
    if not layer.max_wavelength > 0:
        raise InvalidValue(f"{type(layer).__name__}(max_wavelength={layer.max_wavelength}): it must be above 0.")


def angles_of(places: jax.Array, features: int, max_wavelength: float, dtype: jnp.dtype) -> jax.Array:
    """Return the angle of each pair of features at each place, ``(time, pairs)``."""
    share = jnp.arange((features + 1) // 2, dtype=dtype) * 2 / features
    return places[:, None].astype(dtype) * jnp.asarray(max_wavelength, dtype) ** -share
