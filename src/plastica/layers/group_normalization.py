"""Normalization of groups of channels, and by the root mean square."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from .. import constraints, initializers, regularizers
from ..constraints import Constraint
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer
from ..regularizers import Regularizer
from .kernels.normalization import normalize_rows
from .kernels.product import add_bias, scale
from .layer import Context, Layer, Params, Shape, State
from .normalization_base import check_epsilon, check_regularizers, gamma_and_beta, place_of
from .records import Variables


@declaration
class GroupNormalization(Layer):
    """Normalize each row in groups of channels to mean 0 and variance 1, then scale by gamma and shift by beta.

    For images in small batches, where the statistics of BatchNormalization are noisy: rows are independent, and
    training and prediction do not differ. One group is layer normalization over all positions; as many as channels is
    instance normalization.

        y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    Args:
        groups: The number of groups, which must divide that of the channels; -1 for a group of each channel.
        axis: The axis of the channels, counted with the batch; the last by default.
        epsilon: Added to the variance, so that constant groups do not cause a division by zero.
        center: Whether to use beta.
        scale: Whether to use gamma.
        beta_initializer: The initializer of beta.
        gamma_initializer: The initializer of gamma.
        beta_regularizer: A penalty on beta, added to the loss.
        gamma_regularizer: A penalty on gamma, added to the loss.
        beta_constraint: The constraint on beta after each step, such as NonNeg().
        gamma_constraint: The constraint on gamma after each step, such as NonNeg().

    Shapes:
        ``(batch, ..., channels)`` in and out; gamma and beta ``(channels,)``.

    Raises:
        InvalidValue: For less than one group other than -1, an epsilon not above 0, or axis 0.
        ShapeError: If there is no such axis, or the groups do not divide the channels.

    Example:
        >>> GroupNormalization(2).init(np.random.default_rng(0), (4, 4, 6)).params["gamma"].shape
        (6,)

    Reference:
        Wu, He (2018), Group normalization, equations 1, 2 and 7.
    """

    groups: int = 32
    axis: int = -1
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    gamma_initializer: Initializer = named_field(default="ones", converter=initializers.get)
    beta_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    gamma_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    beta_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    gamma_constraint: Constraint | None = named_field(default=None, converter=constraints.get)

    def __post_init__(self) -> None:
        if self.groups < 1 and self.groups != -1:
            raise InvalidValue(
                f"GroupNormalization(groups={self.groups}): groups must be a whole number of at least 1, or -1 for a "
                "group of each channel."
            )
        check_epsilon("GroupNormalization", self.epsilon)
        if self.axis == 0:
            raise InvalidValue("GroupNormalization(axis=0): axis 0 is the batch; give the axis of the channels.")
        check_regularizers(self)

    def output_shape(self, shape: Shape) -> Shape:
        self._groups(shape)
        return tuple(shape)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self._groups(shape)
        channels = (shape[place_of("GroupNormalization", self.axis, shape)],)
        learned = [name for name, there in (("gamma", self.scale), ("beta", self.center)) if there]
        return Variables({name: getattr(self, f"{name}_initializer")(rng, channels) for name in learned}, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        axis, groups = place_of("GroupNormalization", self.axis, x.shape[1:]) + 1, self._groups(x.shape[1:])
        turned = jnp.moveaxis(x, axis, -1)  # (batch, ..., channels)
        gamma, beta = gamma_and_beta(params, turned.shape[-1:], x.dtype)
        parts = turned.reshape(x.shape[0], -1, groups, turned.shape[-1] // groups)  # (batch, positions, groups, size)
        rows = parts.swapaxes(1, 2)
        normal = normalize_rows(rows.reshape(*rows.shape[:2], -1), jnp.asarray(self.epsilon, x.dtype))
        values = normal.reshape(rows.shape).swapaxes(1, 2).reshape(turned.shape)
        return jnp.moveaxis(add_bias(scale(values, gamma), beta), -1, axis), state

    def _groups(self, shape: Shape) -> int:
        channels = shape[place_of("GroupNormalization", self.axis, shape)]
        groups = channels if self.groups == -1 else self.groups
        if channels % groups:
            raise ShapeError(
                f"GroupNormalization(groups={groups}): got inputs of shape {shape} with {channels} channels; groups "
                "must divide them."
            )
        return groups


@declaration
class RMSNormalization(Layer):
    """Divide each row by its root mean square, then multiply by a learned scale.

    In transformers in the place of LayerNormalization: without a mean it is faster and usually as good.

        y = scale * x / sqrt(mean(x^2) + epsilon)

    Args:
        axis: The axis or axes over which the mean is taken, counted with the batch; the last by default.
        epsilon: Added to the mean square, so that rows of zeros do not cause a division by zero.

    Shapes:
        ``(batch, ..., channels)`` in and out; scale has the sizes of the axes.

    Raises:
        InvalidValue: For an epsilon not above 0, or axis 0.
        ShapeError: If there is no such axis.

    Example:
        >>> RMSNormalization().init(np.random.default_rng(0), (4, 2)).params["scale"]
        array([1., 1.], dtype=float32)

    Reference:
        Zhang, Sennrich (2019), Root mean square layer normalization, equation 4.
    """

    axis: int | tuple[int, ...] = -1
    epsilon: float = 1e-6

    def __post_init__(self) -> None:
        check_epsilon("RMSNormalization", self.epsilon)
        if 0 in self._axes or not self._axes:
            raise InvalidValue(f"RMSNormalization(axis={self.axis}): axis 0 is the batch; give other axes.")

    @property
    def _axes(self) -> tuple[int, ...]:
        return (self.axis,) if isinstance(self.axis, int) else self.axis

    def _places(self, shape: Shape) -> tuple[int, ...]:
        return tuple(sorted(place_of("RMSNormalization", axis, shape) for axis in self._axes))

    def output_shape(self, shape: Shape) -> Shape:
        self._places(shape)
        return tuple(shape)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        sizes = tuple(shape[place] for place in self._places(shape))
        return Variables({"scale": initializers.get("ones")(rng, sizes)}, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        places = self._places(x.shape[1:])
        squares = jnp.square(x).mean([place + 1 for place in places], keepdims=True)
        sizes = tuple(size if place in places else 1 for place, size in enumerate(x.shape[1:]))
        normal = x * jax.lax.rsqrt(squares + jnp.asarray(self.epsilon, x.dtype))
        learned = params["scale"].astype(x.dtype)
        return (scale(normal, learned) if places == (x.ndim - 2,) else normal * learned.reshape(sizes)), state
