"""Embedding: a learned vector for each integer."""

from __future__ import annotations

from dataclasses import field

import jax
import jax.numpy as jnp
import numpy as np

from .. import constraints, initializers, regularizers
from ..constraints import Constraint
from ..declaration import declaration, named_field
from ..errors import DataError, InvalidValue
from ..initializers import Initializer
from ..regularizers import Regularizer
from ..typing import AnyShape, Mask
from .layer import Context, Layer, Params, Shape, State
from .records import Variables


@declaration
class Embedding(Layer):
    """Map each integer to a learned vector: z = E[x].

    For words, categories with many values and other unordered items. Only the vectors that occur in a batch have a
    gradient.

    Args:
        input_dim: The number of different items; inputs are 0 to input_dim - 1.
        output_dim: The dimension of the vectors.
        embeddings_initializer: The initializer of E. Default: uniform between -0.05 and 0.05, as in Keras.
        embeddings_regularizer: A penalty on E, added to the loss.
        embeddings_constraint: The constraint on E after each step, such as MaxNorm(3).
        mask_zero: Whether item 0 is padding: those steps are left out by recurrent layers, the loss and the metrics.
        input_length: The number of items in a row, as in Keras 2; ``input_shape=(input_length,)`` in another word.

    Shapes:
        ``(batch, ...) -> (batch, ..., output_dim)``; embeddings ``(input_dim, output_dim)``. Inputs may be
        floats, which are truncated. An input out of range gives a vector of NaN, so that training stops.

    Raises:
        InvalidValue: If ``input_dim`` or ``output_dim`` is below 1.
        DataError: If a value in the data is not an integer from 0 to input_dim - 1.

    Example:
        >>> Embedding(1000, 16).output_shape((20,))
        (20, 16)
    """

    # Without field(), the dataclass would use the default of Layer.input_dim.
    input_dim: int = field()
    output_dim: int  # pyright: ignore[reportGeneralTypeIssues]
    embeddings_initializer: Initializer = named_field(default="uniform", converter=initializers.get)
    embeddings_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)
    embeddings_constraint: Constraint | None = named_field(default=None, converter=constraints.get)
    mask_zero: bool = False
    input_length: int | None = None

    @property
    def makes_mask(self) -> bool:
        return self.mask_zero

    def mask_of(self, x: jax.Array | None, mask: Mask) -> Mask:
        return jnp.asarray(x != 0) if self.mask_zero else mask

    @property
    def stepwise(self) -> bool:
        return True

    def __post_init__(self) -> None:
        for name in ("input_dim", "output_dim"):
            if (value := getattr(self, name)) is None or value < 1:
                raise InvalidValue(f"Embedding({name}={value!r}): {name} must be a whole number of at least 1.")

    @property
    def declared_shape(self) -> AnyShape:
        # Here, input_dim is the number of items, not the shape of the inputs.
        if self.input_shape is None and self.input_length is not None:
            return (self.input_length,)
        return self.input_shape

    @property
    def takes_integers(self) -> bool:
        return True

    def output_shape(self, shape: Shape) -> Shape:
        return (*shape, self.output_dim)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        draw = self.embeddings_initializer
        return Variables({"embeddings": draw(rng, (self.input_dim, self.output_dim))}, {})

    def check_input(self, x: np.ndarray) -> None:
        numbers = np.asarray(x)
        wrong = ~((numbers >= 0) & (numbers < self.input_dim) & (numbers == np.floor(numbers)))
        if wrong.any():
            first = numbers[wrong].flat[0]
            raise DataError(
                f"Embedding({self.input_dim}, {self.output_dim}): got the value {first} "
                f"({wrong.sum()} of {numbers.size} values are invalid); expected whole numbers from 0 to "
                f"{self.input_dim - 1}. {self._advice(numbers)}"
            )

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        table = jnp.asarray(params["embeddings"])
        x = x.astype(jnp.int32) if jnp.issubdtype(x.dtype, jnp.integer) else x
        # JAX would clip indices that are too large and count negative ones from the end.
        index = jnp.where((x >= 0) & (x < self.input_dim), x, self.input_dim).astype(jnp.int32)
        return table.at[index].get(mode="fill", fill_value=jnp.nan), state

    def _advice(self, numbers: np.ndarray) -> str:
        largest = numbers.max()
        if numbers.min() >= 0 and largest >= self.input_dim and np.all(numbers == np.floor(numbers)):
            return f"Give input_dim={int(largest) + 1}."
        return "Number the different values from 0."
