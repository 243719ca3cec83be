"""Activations with Keras's names and arguments as layers: ReLU, LeakyReLU, ELU, PReLU, Softmax; and Identity."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from .. import activations, constraints, initializers, regularizers
from ..activations import Activation
from ..constraints import Constraint
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer
from ..regularizers import Regularizer
from .layer import Context, Layer, Params, Shape, State
from .records import Variables


class _Function(Layer):
    """Base of the layers that apply an activation made of their own arguments."""

    @property
    def stepwise(self) -> bool:
        return True

    @property
    def function(self) -> Activation:
        """The activation."""
        raise NotImplementedError

    def activate(self, potential: jax.Array) -> jax.Array:
        return self.function(potential)

    @property
    def output_activation(self) -> Activation | None:
        return self.function


@declaration
class Identity(Layer):
    """Return the inputs unchanged, as a place in a network.

    Shapes:
        ``(batch, ...)`` in and out.

    Example:
        >>> Identity().output_shape((3, 4))
        (3, 4)
    """

    @property
    def stepwise(self) -> bool:
        return True

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        return x


@declaration
class ReLU(_Function):
    """A rectified linear unit with a threshold, an upper bound and a slope below the threshold.

        a = min(x, max_value) if x > threshold, else negative_slope * (x - threshold)

    Without arguments ``activation="relu"`` of the layer before does the same.

    Args:
        max_value: The upper bound; None for no bound.
        negative_slope: The slope below the threshold.
        threshold: The value above which inputs are passed on.

    Shapes:
        ``(batch, ...)`` in and out.

    Raises:
        InvalidValue: If an argument is negative.

    Example:
        >>> ReLU(max_value=10, negative_slope=0.5).apply({}, np.array([-10.0, 5.0, 11.0], np.float32))[0].tolist()
        [-5.0, 5.0, 10.0]
    """

    max_value: float | None = None
    negative_slope: float = 0.0
    threshold: float = 0.0

    def __post_init__(self) -> None:
        for name in ("max_value", "negative_slope", "threshold"):
            _check_not_negative(self, name)

    @property
    def function(self) -> Activation:
        return activations.GeneralReLU(self.max_value, self.negative_slope, self.threshold)


@declaration
class LeakyReLU(_Function):
    """A rectified linear unit with a small slope below zero, a = x if x >= 0, else negative_slope * x.

    Args:
        negative_slope: The slope below zero. Default 0.3, as of Keras's layer; that of the activation "leaky_relu" is
            0.2.

    Shapes:
        ``(batch, ...)`` in and out.

    Raises:
        InvalidValue: If the slope is negative.

    Reference:
        Maas, Hannun, Ng (2013), Rectifier nonlinearities improve neural network acoustic models, section 2.
    """

    negative_slope: float = 0.3

    def __post_init__(self) -> None:
        _check_not_negative(self, "negative_slope")

    @property
    def function(self) -> Activation:
        return activations.LeakyReLU(self.negative_slope)


@declaration
class ELU(_Function):
    """The exponential linear unit, a = x if x > 0, else alpha * (exp(x) - 1).

    Args:
        alpha: The limit for large negative x is -alpha.

    Shapes:
        ``(batch, ...)`` in and out.

    Reference:
        Clevert, Unterthiner, Hochreiter (2016), Fast and accurate deep network learning by exponential linear units,
        equation 15.
    """

    alpha: float = 1.0

    @property
    def function(self) -> Activation:
        return activations.ELU(self.alpha)


@declaration
class Softmax(_Function):
    """Probabilities of mutually exclusive classes, a_i = exp(x_i) / sum_j exp(x_j).

    Args:
        axis: The axis of the classes, counted with the batch; several share one sum.

    Shapes:
        ``(batch, ...)`` in and out.

    Raises:
        InvalidValue: If an axis is 0, the batch.
        ShapeError: If there is no such axis.

    Example:
        >>> Softmax().apply({}, np.array([[0.0, 0.0]], np.float32))[0].tolist()
        [[0.5, 0.5]]
    """

    axis: int | tuple[int, ...] = -1

    @property
    def stepwise(self) -> bool:
        return self.axis in (-1, (-1,))

    def __post_init__(self) -> None:
        axes = (self.axis,) if isinstance(self.axis, int) else self.axis
        if 0 in axes or not axes:
            raise InvalidValue(f"Softmax(axis={self.axis}): axis 0 is the batch; give the axis of the classes.")

    def output_shape(self, shape: Shape) -> Shape:
        rank = len(shape) + 1
        axes = (self.axis,) if isinstance(self.axis, int) else self.axis
        if any(axis % rank == 0 or not -rank < axis < rank for axis in axes):
            raise ShapeError(
                f"Softmax(axis={self.axis}): got inputs of shape {shape}; with the batch they have axes 0 to "
                f"{rank - 1}."
            )
        return tuple(shape)

    @property
    def function(self) -> Activation:
        return activations.Softmax(self.axis)


@declaration
class PReLU(Layer):
    """A rectified linear unit whose slope below zero is learned, z = x if x >= 0, else alpha * x.

    Each unit has a slope of its own, unless axes are shared.

    Args:
        alpha_initializer: The initializer of alpha. With the default 0 it begins as relu; the paper takes 0.25.
        alpha_regularizer: A penalty on alpha, added to the loss.
        alpha_constraint: The constraint on alpha after each step, such as NonNeg().
        shared_axes: Axes along which units share a slope, counted with the batch: (1, 2) for one of each channel of an
            image.

    Shapes:
        ``(batch, ...)`` in and out; alpha has the shape of one input, with size 1 along shared axes.

    Raises:
        InvalidValue: If a shared axis is 0, the batch.
        ShapeError: If there is no such axis.

    Example:
        >>> PReLU(shared_axes=(1, 2)).init(np.random.default_rng(0), (8, 8, 3)).params["alpha"].shape
        (1, 1, 3)

    Reference:
        He, Zhang, Ren, Sun (2015), Delving deep into rectifiers, equation 1.
    """

    alpha_initializer: Initializer = named_field(default="zeros", converter=initializers.get)
    alpha_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    alpha_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    shared_axes: int | tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.shared_axes, int):
            object.__setattr__(self, "shared_axes", (self.shared_axes,))
        if 0 in self._shared:
            raise InvalidValue(
                f"PReLU(shared_axes={self.shared_axes}): axis 0 is the batch, which shares alpha anyway."
            )

    @property
    def _shared(self) -> tuple[int, ...]:
        return self.shared_axes if isinstance(self.shared_axes, tuple) else ()

    def output_shape(self, shape: Shape) -> Shape:
        if not all(1 <= axis <= len(shape) for axis in self._shared):
            raise ShapeError(
                f"PReLU(shared_axes={self.shared_axes}): got inputs of shape {shape}, which with the batch have axes 1 "
                f"to {len(shape)}."
            )
        return tuple(shape)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        sizes = tuple(1 if axis in self._shared else size for axis, size in enumerate(shape, 1))
        return Variables({"alpha": self.alpha_initializer(rng, sizes)}, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return jnp.where(x >= 0, x, params["alpha"].astype(x.dtype) * x), state


def _check_not_negative(layer: Layer, name: str) -> None:
    value = getattr(layer, name)
    if value is not None and not value >= 0:
        raise InvalidValue(f"{type(layer).__name__}({name}={value}): {name} must be at least 0.")
