"""A person's own function as a loss."""

from __future__ import annotations

from collections.abc import Callable

import jax

from ..declaration import declaration
from ..errors import ShapeError
from ..own_functions import require_function, written_in_jax
from .loss import Loss
from .shapes import row_means


@declaration
class CustomLoss(Loss):
    """A function of one's own as a loss.

    Args:
        function: Takes (target, prediction) and returns one value for each row or each element. It is
            traced by JAX: use ``jax.numpy`` in it. A function that returns a single number (a mean over the
            batch) is called row by row instead, so that rows that only fill up a short batch do not count.

    Raises:
        InvalidValue: When ``function`` cannot be called.
        ShapeError: When it returns neither a single number nor values along the batch.

    Example:
        >>> import jax.numpy as jnp
        >>> loss = CustomLoss(lambda y, a: jnp.abs(y - a) ** 3)
        >>> loss.values(jnp.array([[0.0]]), jnp.array([[2.0]]))
        Array([8.], dtype=float32)
    """

    function: Callable[..., jax.Array]

    def __post_init__(self) -> None:
        require_function("CustomLoss", self.function, "target", "prediction")

    def values(self, target: jax.Array, prediction: jax.Array) -> jax.Array:
        """Return the function's value of each row."""
        return row_values(self.function, target, prediction)


def row_values(function: Callable[..., jax.Array], target: jax.Array, prediction: jax.Array) -> jax.Array:
    """Return one value for each row from a person's function.

    Raises:
        InvalidValue: When it is not written in ``jax.numpy``.
        ShapeError: When it returns neither a single number nor values along the batch.
    """
    with written_in_jax("loss or metric", function):
        shape = jax.eval_shape(function, target, prediction).shape
    if shape == ():
        return jax.vmap(lambda t, p: function(t[None], p[None]))(target, prediction)
    if shape[0] != prediction.shape[0]:
        name = getattr(function, "__name__", repr(function))
        raise ShapeError(
            f"{name}: returned values of shape {shape} for {prediction.shape[0]} rows of predictions; "
            "one value for each row is wanted. Take the mean over the last axis only: jnp.mean(..., axis=-1)."
        )
    return row_means(function(target, prediction))
