"""Piecewise linear functions of the numbers of a table, with knots at the quantiles of the data."""

from __future__ import annotations

from statistics import NormalDist

import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import initializers
from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import Float
from .features import check_columns
from .kernels.product import add_bias, own_products
from .layer import Context, Layer, Params, Shape, State
from .records import Variables


@declaration
class PiecewiseLinearEmbedding(Layer):
    """Append a vector of learned piecewise linear functions to the inputs for each chosen number.

    When to use: for tables. A network of rectifiers learns steep steps of a single number slowly; functions that may
    bend at each knot learn them quickly. The knots of a number are its quantiles, so there are equally many rows
    between any two of them.

        t_ij = clip((x_i - k_ij) / (k_i,j+1 - k_ij), 0, 1),   e_i = t_i W_i + d_i,
        and the output is x followed by all e_i

    Below the first and above the last knot e_i is constant: there is no extrapolation beyond the training set.

    Args:
        columns: The indices of the numbers.
        bins: The number of pieces of each function.
        units: The number of functions of each number.

    Shapes:
        ``(batch, features) -> (batch, features + columns * units)``; kernel ``(columns, bins, units)``, bias
        ``(columns, units)``. The state contains the knots, ``(columns, bins + 1)``: the quantiles of a standard normal
        distribution until :meth:`adapted` computes them from data.

    Raises:
        InvalidValue: If there are no columns, or a size is below 1.
        ShapeError: If an index is outside the features.

    Example:
        >>> PiecewiseLinearEmbedding((0, 2), units=3).output_shape((4,))
        (10,)

    Reference:
        Y. Gorishniy, I. Rubachev, A. Babenko, 2022, On embeddings for numerical features in tabular deep learning, eq.
        1.
        Y. Gorishniy, A. Kotelnikov, A. Babenko, 2025, TabM, appendix (x besides the functions).
    """

    columns: tuple[int, ...]
    bins: int = 16
    units: int = 4

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(int(column) for column in self.columns))
        if not self.columns or self.bins < 1 or self.units < 1:
            raise InvalidValue(
                f"PiecewiseLinearEmbedding({self.columns}, bins={self.bins}, units={self.units}): expected at "
                "least one column, one bin and one unit."
            )

    def output_shape(self, shape: Shape) -> Shape:
        check_columns("PiecewiseLinearEmbedding", self.columns, shape)
        return (shape[0] + len(self.columns) * self.units,)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        numbers = len(self.columns)
        limit = float(1 / np.sqrt(self.bins))
        draw = initializers.RandomUniform(-limit, limit)
        params = {
            "kernel": draw(rng, (numbers, self.bins, self.units)),
            "bias": initializers.Zeros()(rng, (numbers, self.units)),
        }
        shares = (np.arange(self.bins + 1) + 0.5) / (self.bins + 1)
        normal = np.array([NormalDist().inv_cdf(share) for share in shares], np.float32)
        return Variables(params, {"knots": np.tile(normal, (numbers, 1))})

    def adapted(self, x: np.ndarray, state: State) -> State:
        """Return the state with the knots at the quantiles of data.

        A value that many rows share is one knot; a number with fewer values than knots has fewer pieces.

        Args:
            x: Inputs, ``(rows, features)``.
            state: The current state.
        """
        return {"knots": np.stack([self._knots(x[:, column]) for column in self.columns]).astype(np.float32)}

    def synapse(
        self, params: Params, x: Float[Array, "batch features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch outputs"], State]:
        knots = jnp.asarray(state["knots"]).astype(x.dtype)
        left, width = knots[:, :-1], jnp.diff(knots)
        # Repeated knots have a width of 0; their pieces must stay 0 and not become NaN.
        slope = jnp.where(width > 0, 1 / jnp.where(width > 0, width, 1), 0)
        chosen = x[:, np.array(self.columns)]
        ramps = jnp.clip((chosen[:, :, None] - left) * slope, 0, 1)  # (batch, columns, bins)
        vectors = own_products(ramps, params["kernel"]).reshape(x.shape[0], -1)  # (batch, features * units)
        return jnp.concatenate([x, add_bias(vectors, params["bias"].reshape(-1))], axis=1), state

    def _knots(self, values: Float[np.ndarray, "rows"]) -> Float[np.ndarray, "knots"]:
        """Return the knots of one number; if there are fewer, the last one is repeated."""
        known = values[np.isfinite(values)]
        shares = np.linspace(0, 1, self.bins + 1)
        # Only values that occur are knots, so a column of 0 and 1 has none between the two.
        found = np.unique(np.quantile(known, shares, method="nearest")) if len(known) else np.zeros(1)
        return np.pad(found, (0, self.bins + 1 - len(found)), mode="edge")
