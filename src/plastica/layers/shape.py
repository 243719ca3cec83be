"""Layers that change the shape and keep the values: flatten, reshape, permute, repeat."""

from __future__ import annotations

from math import prod

import jax
import jax.numpy as jnp
import numpy as np

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from .layer import Context, Layer, Params, Shape, State
from .sliding import check_data_format, whole_numbers


@declaration
class Flatten(Layer):
    """Flatten inputs to one axis, in row-major order; needed between images or sequences and Dense.

    Args:
        data_format: None or "channels_last"; accepted for compatibility with Keras.

    Shapes:
        ``(batch, ...) -> (batch, product of the sizes)``.

    Example:
        >>> Flatten().output_shape((28, 28, 1))
        (784,)
    """

    data_format: str | None = None

    def __post_init__(self) -> None:
        check_data_format("Flatten", self.data_format)

    def output_shape(self, shape: Shape) -> Shape:
        return (prod(shape),)

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        return x.reshape(len(x), *self.output_shape(x.shape[1:]))

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x.reshape(x.shape[0], prod(x.shape[1:])), state


@declaration
class Reshape(Layer):
    """Reshape inputs, in row-major order.

    Args:
        target_shape: The new shape without the batch axis; one size may be -1 and is then inferred.

    Shapes:
        ``(batch, ...) -> (batch, *target_shape)``.

    Raises:
        InvalidValue: If a size is below 1, except for a single -1.
        ShapeError: If the number of elements differs.

    Example:
        >>> Reshape((28, -1, 1)).output_shape((784,))
        (28, 28, 1)
    """

    target_shape: tuple[int, ...]

    def __post_init__(self) -> None:
        target = tuple(int(size) for size in self.target_shape)
        object.__setattr__(self, "target_shape", target)
        if any(size < 1 and size != -1 for size in target) or target.count(-1) > 1:
            raise InvalidValue(
                f"Reshape({target}): sizes must be at least 1, and one of them may be -1 for what remains."
            )

    def output_shape(self, shape: Shape) -> Shape:
        there, known = prod(shape), prod(size for size in self.target_shape if size != -1)
        fits = there % known == 0 if -1 in self.target_shape else there == known
        if not fits:
            raise ShapeError(
                f"Reshape({self.target_shape}): got inputs of shape {tuple(shape)}, {there} numbers, which do not "
                f"fill it; the product of the sizes must be {there}."
            )
        return tuple(there // known if size == -1 else size for size in self.target_shape)

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        return x.reshape(len(x), *self.output_shape(x.shape[1:]))

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x.reshape(x.shape[0], *self.output_shape(x.shape[1:])), state


@declaration
class Permute(Layer):
    """Reorder the axes of the inputs.

    Args:
        dims: For each axis of the output the axis of the input, counted from 1 without the batch: (2, 1) transposes.

    Shapes:
        ``(batch, ...) -> (batch, ...)``, reordered.

    Raises:
        InvalidValue: If ``dims`` is not an order of 1 to their number.
        ShapeError: If the inputs have another number of axes.

    Example:
        >>> Permute((2, 1)).output_shape((10, 3))
        (3, 10)
    """

    dims: tuple[int, ...]

    def __post_init__(self) -> None:
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)) or not self.dims:
            raise InvalidValue(
                f"Permute({self.dims}): give each axis once, counted from 1 without the batch: (2, 1) transposes."
            )

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != len(self.dims):
            raise ShapeError(
                f"Permute({self.dims}): got inputs of shape {shape}; it reorders {len(self.dims)} axes, the batch not "
                "counted."
            )
        return tuple(shape[axis - 1] for axis in self.dims)

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        return x.transpose(0, *self.dims)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return x.transpose(0, *self.dims), state


@declaration
class RepeatVector(Layer):
    """Repeat each input as the steps of a sequence, such as a code before a decoder.

    Args:
        n: The number of steps.

    Shapes:
        ``(batch, features) -> (batch, n, features)``.

    Raises:
        InvalidValue: If ``n`` is below 1.
        ShapeError: If inputs do not have exactly one axis besides the batch.

    Example:
        >>> RepeatVector(5).output_shape((3,))
        (5, 3)
    """

    n: int

    def __post_init__(self) -> None:
        whole_numbers("RepeatVector", "n", self.n, 1)

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(
                f"RepeatVector({self.n}): got inputs of shape {shape}; RepeatVector expects one axis of features. Put "
                "Flatten() before it."
            )
        return (self.n, shape[0])

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        return np.repeat(x[:, None], self.n, 1)

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return jnp.broadcast_to(x[:, None], (x.shape[0], self.n, *x.shape[1:])), state
