"""MovingAverage: the trend of a sequence."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..random import Shape
from ..typing import Float, Params, State
from .layer import Layer
from .pooling import AveragePooling1D
from .records import Context


@declaration
class MovingAverage(Layer):
    r"""The mean of the steps around each step, for each feature: the trend of a sequence.

    .. math:: z_t = \frac{1}{2k+1} \sum_{j=-k}^{k} x_{t+j}

    Beyond both ends, the first and the last step are repeated.

    When to use: to separate the trend of a window from the rest, which ``x - MovingAverage(25)(x)`` is.

    Args:
        window: The number of steps, 2k + 1; odd, so that as many are before a step as behind it.

    Shapes:
        ``(batch, time, features)`` in and out.

    Raises:
        InvalidValue: If the window is not an odd number of at least 1.
        ShapeError: If inputs are not sequences.

    Example:
        >>> import numpy as np
        >>> MovingAverage(3).apply({}, np.array([[[3.0], [0.0], [3.0], [9.0]]], "float32"))[0].ravel().tolist()
        [2.0, 2.0, 4.0, 7.0]

    Reference:
        Zeng, Chen, Zhang, Xu (2023), Are transformers effective for time series forecasting?, section 3.2; Wu, Xu,
        Wang, Long (2021), Autoformer, equation 1.
    """

    window: int

    def __post_init__(self) -> None:
        if isinstance(self.window, bool) or not isinstance(self.window, int) or self.window < 1 or self.window % 2 == 0:
            raise InvalidValue(f"MovingAverage(window={self.window!r}): expected an odd number of steps, such as 25.")

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            raise ShapeError(f"MovingAverage: got inputs of shape {shape}; it expects (time, features).")
        return tuple(shape)

    def synapse(
        self, params: Params, x: Float[Array, "batch time features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch time features"], State]:
        sides = self.window // 2
        padded = jnp.pad(x, ((0, 0), (sides, sides), (0, 0)), mode="edge")
        return AveragePooling1D(self.window, strides=1).synapse(params, padded, state, context)
