"""Normalization layers."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from .. import constraints, initializers, regularizers
from ..constraints import Constraint
from ..declaration import declaration, named_field
from ..errors import InvalidValue
from ..initializers import Initializer
from ..regularizers import Regularizer
from .in_network import as_float
from .kernels.normalization import normalize_batch, normalize_rows
from .kernels.product import add_bias, scale
from .layer import Context, Layer, Params, Shape, State
from .normalization_base import check_epsilon, check_regularizers, gamma_and_beta, place_of
from .records import Variables


@declaration
class BatchNormalization(Layer):
    """Normalize each channel over the batch and all positions to mean beta and standard deviation gamma.

    It allows larger learning rates in deep networks; place it between a layer with ``use_bias=False`` and its
    Activation. Training uses the statistics of the batch, prediction their moving averages, so that a prediction does
    not depend on other rows.

        y = gamma * (x - mean) / sqrt(variance + epsilon) + beta
        moving = momentum * moving + (1 - momentum) * batch statistic

    The variance is divided by the number of values, as in Keras, also for its moving average.

    Args:
        axis: The axis of the channels, counted with the batch; the last by default.
        momentum: The decay of the moving averages; the default 0.99 averages over about 100 batches.
        epsilon: Added to the variance, so that constant channels do not cause a division by zero.
        center: Whether to use beta.
        scale: Whether to use gamma.
        beta_initializer: The initializer of beta.
        gamma_initializer: The initializer of gamma.
        moving_mean_initializer: The initializer of the moving mean.
        moving_variance_initializer: The initializer of the moving variance.
        beta_regularizer: A penalty on beta, added to the loss.
        gamma_regularizer: A penalty on gamma, added to the loss.
        beta_constraint: The constraint on beta after each step, such as NonNeg().
        gamma_constraint: The constraint on gamma after each step, such as NonNeg().

    Shapes:
        ``(batch, ..., channels)`` in and out; gamma, beta, moving_mean and moving_variance ``(channels,)``.
        Padding rows, and steps that a mask marks as padding, are normalized but excluded from the statistics.

    Raises:
        InvalidValue: For a momentum outside [0, 1], an epsilon not above 0, axis 0.
        ShapeError: If there is no such axis.

    Example:
        >>> BatchNormalization().init(np.random.default_rng(0), (4, 4, 2)).state["moving_variance"]
        array([1., 1.], dtype=float32)

    Reference:
        Ioffe, Szegedy (2015), Batch normalization: accelerating deep network training by reducing internal
        covariate shift, algorithms 1 and 2.
    """

    axis: int = -1
    momentum: float = 0.99
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    gamma_initializer: Initializer = named_field(default="ones", converter=initializers.get)
    moving_mean_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    moving_variance_initializer: Initializer = named_field(default="ones", converter=initializers.get)
    beta_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    gamma_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    beta_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    gamma_constraint: Constraint | None = named_field(default=None, converter=constraints.get)

    @property
    def stepwise(self) -> bool:
        return self.axis == -1

    def __post_init__(self) -> None:
        if not 0 <= self.momentum <= 1:
            raise InvalidValue(f"BatchNormalization(momentum={self.momentum}): momentum must be from 0 to 1.")
        check_epsilon("BatchNormalization", self.epsilon)
        if self.axis == 0:
            raise InvalidValue("BatchNormalization(axis=0): axis 0 is the batch; give the axis of the channels.")
        check_regularizers(self)

    def output_shape(self, shape: Shape) -> Shape:
        place_of("BatchNormalization", self.axis, shape)
        return tuple(shape)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        channels = (shape[place_of("BatchNormalization", self.axis, shape)],)
        learned = [name for name, there in (("gamma", self.scale), ("beta", self.center)) if there]
        params, state = (
            {name: getattr(self, f"{name}_initializer")(rng, channels) for name in names}
            for names in (learned, ("moving_mean", "moving_variance"))
        )
        return Variables(params, state)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        axis = place_of("BatchNormalization", self.axis, x.shape[1:]) + 1
        narrow, x = x.dtype, as_float(x)  # statistics of bfloat16 would lose most of their digits
        turned = jnp.moveaxis(x, axis, -1)  # (batch, ..., channels)
        gamma, beta = gamma_and_beta(params, turned.shape[-1:], x.dtype)
        epsilon = jnp.asarray(self.epsilon, x.dtype)
        if context.training and self.trainable:
            values, mean, variance = normalize_batch(turned, gamma, beta, epsilon, self._counted(context))
            state = {
                "moving_mean": self._moved(state["moving_mean"], mean),
                "moving_variance": self._moved(state["moving_variance"], variance),
            }
        else:
            scale = gamma * jax.lax.rsqrt(state["moving_variance"].astype(x.dtype) + epsilon)
            values = turned * scale + (beta - state["moving_mean"].astype(x.dtype) * scale)
        return jnp.moveaxis(values, -1, axis).astype(narrow), state

    def _counted(self, context: Context) -> jax.Array | None:
        """Return what counts towards the statistics: rows, ``(batch,)``, or steps, ``(batch, time)``; None for all."""
        rows, steps = context.mask, context.steps
        if steps is None or not self.stepwise:
            return rows
        return steps if rows is None else steps & rows.astype(bool).reshape(-1, *[1] * (steps.ndim - 1))

    def _moved(self, moving: jax.Array, statistic: jax.Array) -> jax.Array:
        momentum = jnp.asarray(self.momentum, statistic.dtype)
        statistic = jax.lax.stop_gradient(statistic)
        return (momentum * moving + (1 - momentum) * statistic).astype(moving.dtype)


@declaration
class LayerNormalization(Layer):
    """Normalize each row along an axis to mean 0 and variance 1, then scale by gamma and shift by beta.

    Suitable for sequences and small batches: rows are independent, and training and prediction do not differ.

        y = gamma * (x - mean) / sqrt(variance + epsilon) + beta

    Args:
        axis: The axis or axes over which to normalise, counted with the batch; the last by default.
        epsilon: Added to the variance, so that constant rows do not cause a division by zero.
        center: Whether to use beta.
        scale: Whether to use gamma.
        beta_initializer: The initializer of beta.
        gamma_initializer: The initializer of gamma.
        beta_regularizer: A penalty on beta, added to the loss.
        gamma_regularizer: A penalty on gamma, added to the loss.
        beta_constraint: The constraint on beta after each step, such as NonNeg().
        gamma_constraint: The constraint on gamma after each step, such as NonNeg().

    Shapes:
        ``(batch, ..., channels)`` in and out; gamma and beta have the sizes of the axes.

    Raises:
        InvalidValue: For an epsilon not above 0, or axis 0.
        ShapeError: If there is no such axis.

    Example:
        >>> LayerNormalization().init(np.random.default_rng(0), (4, 2)).params["gamma"]
        array([1., 1.], dtype=float32)

    Reference:
        Ba, Kiros, Hinton (2016), Layer normalization, equations 3 and 4.
    """

    axis: int | tuple[int, ...] = -1
    epsilon: float = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    gamma_initializer: Initializer = named_field(default="ones", converter=initializers.get)
    beta_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    gamma_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    beta_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    gamma_constraint: Constraint | None = named_field(default=None, converter=constraints.get)

    @property
    def stepwise(self) -> bool:
        return self.axis in (-1, (-1,))

    def __post_init__(self) -> None:
        check_epsilon("LayerNormalization", self.epsilon)
        if not isinstance(self.axis, int):
            object.__setattr__(self, "axis", tuple(self.axis))
        if 0 in self._axes or not self._axes:
            raise InvalidValue(f"LayerNormalization(axis={self.axis}): axis 0 is the batch; give other axes.")
        check_regularizers(self)

    @property
    def _axes(self) -> tuple[int, ...]:
        return (self.axis,) if isinstance(self.axis, int) else self.axis

    def _places(self, shape: Shape) -> tuple[int, ...]:
        return tuple(sorted(place_of("LayerNormalization", axis, shape) for axis in self._axes))

    def output_shape(self, shape: Shape) -> Shape:
        self._places(shape)
        return tuple(shape)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        sizes = tuple(shape[place] for place in self._places(shape))
        learned = [name for name, there in (("gamma", self.scale), ("beta", self.center)) if there]
        params = {name: getattr(self, f"{name}_initializer")(rng, sizes) for name in learned}
        return Variables(params, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        places = tuple(place + 1 for place in self._places(x.shape[1:]))
        sizes = tuple(x.shape[place] for place in places)
        gamma, beta = gamma_and_beta(params, sizes, x.dtype)
        last = tuple(range(-len(places), 0))
        turned = jnp.moveaxis(x, places, last)
        flat = turned.reshape(*turned.shape[: x.ndim - len(places)], -1)  # (batch, ..., normalized numbers)
        normal = normalize_rows(flat, jnp.asarray(self.epsilon, x.dtype))
        values = add_bias(scale(normal, gamma.reshape(-1)), beta.reshape(-1)).reshape(turned.shape)
        return jnp.moveaxis(values, last, places), state


@declaration
class UnitNormalization(Layer):
    """Scale each row to Euclidean norm 1.

    Use it before competitive layers, which would otherwise respond to the brightness of an image.

        y = x / max(|x|, sqrt(epsilon))

    Args:
        axis: The axis along which the length is taken, counted with the batch; the last by default.
        epsilon: Prevents division by zero; the default is that of Keras.

    Shapes:
        ``(batch, ...)`` in and out.

    Raises:
        InvalidValue: For an epsilon not above 0.
        ShapeError: If there is no such axis.

    Example:
        >>> UnitNormalization().apply({}, np.array([[3.0, 4.0]], np.float32))[0].tolist()
        [[0.6..., 0.8...]]
    """

    axis: int = -1
    epsilon: float = 1e-12

    @property
    def stepwise(self) -> bool:
        return self.axis == -1

    def __post_init__(self) -> None:
        check_epsilon("UnitNormalization", self.epsilon)

    def output_shape(self, shape: Shape) -> Shape:
        place_of("UnitNormalization", self.axis, shape)
        return shape

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        squares = jnp.sum(x * x, self.axis, keepdims=True)
        return x * jax.lax.rsqrt(jnp.maximum(squares, jnp.asarray(self.epsilon, x.dtype))), state
