"""Unclip: numbers of a table without their smooth clipping."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import Float
from .features import check_columns
from .layer import Context, Layer, Params, Shape, State
from .records import Variables

FURTHEST = 100.0  # of the limit: how far a number is moved at most, so that z = limit gives a finite one


@declaration
class Unclip(Layer):
    """Undo the smooth clipping of chosen columns: y = z / sqrt(1 - (z / limit)^2), within the range of the data.

    When to use: in front of a linear layer for an encoded table. Numbers are encoded as z = s / sqrt(1 + (s / 3)^2),
    which moves outliers close to the others; a target that is proportional to s is not proportional to z.

    Args:
        columns: The indices of the columns.
        limit: The limit of z.

    Shapes:
        ``(batch, features)`` in and out. The state contains the lowest and the highest y of each column, to which y is
        clipped: 100 times the limit until :meth:`adapted` computes them from data.

    Raises:
        InvalidValue: If there are no columns, or the limit is not above 0.
        ShapeError: If an index is outside the features.

    Example:
        >>> Unclip((0,)).output_shape((2,))
        (2,)

    Reference:
        D. Holzmüller, L. Grinsztajn, I. Steinwart, 2024, Better by default, section 3 (smooth clipping).
    """

    columns: tuple[int, ...]
    limit: float = 3.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(int(column) for column in self.columns))
        if not self.columns or not self.limit > 0:
            raise InvalidValue(f"Unclip({self.columns}, limit={self.limit}): expected columns, and a limit above 0.")

    def output_shape(self, shape: Shape) -> Shape:
        check_columns("Unclip", self.columns, shape)
        return shape

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        most = np.full(len(self.columns), FURTHEST * self.limit, np.float32)
        return Variables({}, {"lowest": -most, "highest": most})

    def adapted(self, x: np.ndarray, state: State) -> State:
        """Return the state with the range of each column.

        Args:
            x: Inputs, ``(rows, features)``.
            state: The current state.
        """
        if not len(x):
            return state
        y = np.asarray(self._unclipped(jnp.asarray(x[:, np.array(self.columns)], jnp.float32)))
        return {"lowest": y.min(0), "highest": y.max(0)}

    def synapse(
        self, params: Params, x: Float[Array, "batch features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch features"], State]:
        x, columns = jnp.asarray(x), np.array(self.columns)
        lowest, highest = (jnp.asarray(state[name]).astype(x.dtype) for name in ("lowest", "highest"))
        return x.at[:, columns].set(jnp.clip(self._unclipped(x[:, columns]), lowest, highest)), state

    def _unclipped(self, z: Float[Array, "batch columns"]) -> Float[Array, "batch columns"]:
        rest = jnp.maximum(1 - (z / self.limit) ** 2, FURTHEST**-2)
        return z / jnp.sqrt(rest)
