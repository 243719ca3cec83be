"""Lambda: a function of your own as a layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ..declaration import declaration
from ..errors import InvalidValue, ShapeError
from ..own_functions import require_function, written_in_jax
from ..random import Shape
from ..typing import Params, State
from .layer import Context, Layer


@declaration
class Lambda(Layer):
    """Apply a function of your own: z = f(x).

    For a line of ``jax.numpy`` without weights. A file keeps the name of the function and no code, so that a function
    with a name is passed again when loading, ``pl.load(path, custom={"name": function})``, and one without a name
    (``lambda``) cannot be saved. With weights, write a layer: see the page on extending.

    Args:
        function: Takes inputs ``(batch, ...)`` and returns an array with the same rows. It is traced, so its output
            shape need not be given.

    Raises:
        InvalidValue: If the function is not callable or JAX cannot compile it.
        ShapeError: If it fails on inputs of this shape, or does not keep the rows.

    Example:
        >>> Lambda(lambda x: x**2).apply({}, jnp.array([[1.0, 3.0]]))[0].tolist()
        [[1.0, 9.0]]
    """

    function: Callable[..., jax.Array]

    def __post_init__(self) -> None:
        require_function("Lambda", self.function, "x")

    def output_shape(self, shape: Shape) -> Shape:
        found = self._found(jax.ShapeDtypeStruct((2, *shape), jnp.float32)).shape
        if found[:1] != (2,):
            raise ShapeError(
                f"Lambda: {self._named} returned an array of shape {found} for 2 rows of shape {tuple(shape)}; it must "
                "return one row for each. The first axis counts the rows."
            )
        return tuple(found[1:])

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return self.function(x), state

    @property
    def _named(self) -> str:
        return getattr(self.function, "__name__", repr(self.function))

    def _found(self, x: jax.ShapeDtypeStruct) -> jax.ShapeDtypeStruct:
        with written_in_jax("layer", self.function):
            try:
                found: Any = jax.eval_shape(self.function, x)
            except (TypeError, ValueError, IndexError) as error:
                if isinstance(error, jax.errors.JAXTypeError | jax.errors.JAXIndexError):
                    raise
                raise ShapeError(f"Lambda: {self._named} failed on inputs of shape {x.shape[1:]}: {error}") from None
        if not hasattr(found, "shape"):
            raise InvalidValue(f"Lambda: {self._named} returned {type(found).__name__}; expected an array.")
        return found
