"""Grid: units with places on a map, each near or far from an input."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import initializers
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer
from ..schedules.checks import ABOVE_ZERO, require_numbers
from .capabilities import UnitMap
from .kernels.product import product
from .layer import Context, Layer, Params, Shape, State, Variables

TOPOLOGIES = ("rectangular", "hexagonal")
ANSWERS = ("winner", "softmax", "gaussian")

# Rows of a hexagonal grid lie so far apart that all six neighbours of a unit are at distance 1.
HEXAGONAL_STEP = 3.0**0.5 / 2

# On either topology the neighbours of a unit lie nearer than the root of this, all others farther: 1 and 2 against 4
# where units stand in squares (8 neighbours), 1 against 3 where they stand in hexagons (6).
NEIGHBOURS_WITHIN = 2.5

# Up to so many rows each weight is looked at once, which is exact; for more a product of matrices is faster.
FEW_ROWS = 8


@declaration
class Grid(Layer, UnitMap):
    """Units on a map, each with a point among the inputs: z_j = -|x - w_j|^2 / 2, so that the nearest is strongest.

    For self-organizing maps, under the rule :class:`~plastica.rules.Kohonen`; functions for such maps are in
    ``plastica.maps``. Unit j stands in row ``j // columns`` and column ``j % columns``.

    The answer is one of

        winner:    a_j = 1 for the nearest unit, 0 for all others
        softmax:   a_j = exp(z_j / width^2) / sum_k exp(z_k / width^2)
        gaussian:  a_j = exp(z_j / width^2)

    Args:
        rows: How many rows of units.
        columns: How many columns.
        topology: ``"rectangular"``, where a unit has 8 neighbours, or ``"hexagonal"``, where every second row is moved
            by half a unit and each unit has 6 neighbours, all at distance 1.
        wrap: Whether the map goes on at the opposite edge, as on a torus, so that no unit stands at a border.
        answer: What comes out: ``"winner"``, by which a layer above reads one number a unit; ``"softmax"``, which
            shares the answer among near units and never dies out; or ``"gaussian"``, as in radial basis networks.
        width: How far a unit sees in the last two, in the unit of the inputs; they are meant for scaled inputs.
        kernel_initializer: How the points start: near 0, as a map begins crumpled. From data they start by
            ``plastica.maps.start_from``.

    Shapes:
        ``(batch, features) -> (batch, rows * columns)``; kernel ``(features, rows * columns)``.

    Raises:
        InvalidValue: For fewer than two units, another topology or answer, a width that is not above 0, and a
            hexagonal map with an odd number of rows that wraps, which would not close.
        ShapeError: For inputs with more than one axis beside the batch.

    Example:
        >>> Grid(8, 10).output_shape((4,))
        (80,)

    Reference:
        Kohonen (1990), The self-organizing map, section II; on a torus: Li, Gasteiger, Zupan (1993).
    """

    rows: int
    columns: int
    topology: str = "rectangular"
    wrap: bool = False
    answer: str = "winner"
    width: float = 1.0
    kernel_initializer: Initializer = named_field(default="random_uniform", converter=initializers.get)

    def __post_init__(self) -> None:
        said = f"Grid({self.rows!r}, {self.columns!r}"
        sizes = (self.rows, self.columns)
        if any(isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1 for size in sizes):
            raise InvalidValue(f"{said}): rows and columns must be whole numbers of at least 1.")
        if self.rows * self.columns < 2:
            raise InvalidValue(f"{said}): a map needs at least two units.")
        for name, known in (("topology", TOPOLOGIES), ("answer", ANSWERS)):
            if (value := getattr(self, name)) not in known:
                raise InvalidValue(f"{said}, {name}={value!r}): give one of {', '.join(known)}.")
        if self.wrap and self.topology == "hexagonal" and self.rows % 2:
            raise InvalidValue(
                f'{said}, topology="hexagonal", wrap=True): every second row is moved by half a unit, so an odd number '
                "of rows does not close to a torus; give an even one."
            )
        require_numbers(self, {"width": ABOVE_ZERO})

    @property
    def units(self) -> int:
        """How many units there are."""
        return self.rows * self.columns

    @property
    def places(self) -> np.ndarray:
        """Where the units stand on the map, ``(units, 2)``: along a row and down the rows, neighbours 1 apart."""
        row, column = np.divmod(np.arange(self.units), self.columns)
        if self.topology == "rectangular":
            return np.stack([column, row], 1).astype(float)
        return np.stack([column + row % 2 / 2, row * HEXAGONAL_STEP], 1)

    def map_distances(self, units: Any) -> jax.Array:
        """Return the squared distances on the map from some units, by number, to all, ``(..., all units)``.

        They come from the places each time: a table of them would need units^2 numbers.
        """
        places = jnp.asarray(self.places, jnp.result_type(float))
        apart = jnp.abs(places[jnp.asarray(units)][..., None, :] - places)
        if self.wrap:
            down = 1.0 if self.topology == "rectangular" else HEXAGONAL_STEP
            apart = jnp.minimum(apart, jnp.asarray([self.columns, self.rows * down], apart.dtype) - apart)
        return jnp.sum(apart * apart, -1)

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ShapeError(
                f"Grid({self.rows}, {self.columns}): got inputs of shape {shape}; it works on one axis of features. "
                "Put Flatten() before it."
            )
        return (self.units,)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        return Variables({"kernel": self.kernel_initializer(rng, (shape[-1], self.units))}, {})

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        return -0.5 * squared_distances(x, params["kernel"]), state

    def activate(self, potential: jax.Array) -> jax.Array:
        if self.answer == "winner":
            return jax.nn.one_hot(jnp.argmax(potential, -1), self.units, dtype=potential.dtype)
        sharp = potential / (self.width * self.width)
        return jax.nn.softmax(sharp) if self.answer == "softmax" else jnp.exp(sharp)


def squared_distances(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """Return |x_i - w_j|^2 for rows ``(rows, features)`` and the columns of ``(features, units)``, ``(rows, units)``.

    For many rows as |x|^2 + |w|^2 - 2 x'w, whose product of matrices is fast. Both are taken from the units' mean
    first: far from 0 the three large numbers would leave nothing of their small difference in single precision.
    """
    if x.shape[0] <= FEW_ROWS:
        return jnp.sum(jnp.square(x[:, :, None] - kernel), 1)
    centre = jax.lax.stop_gradient(jnp.mean(kernel, 1))
    x, kernel = x - centre, kernel - centre[:, None]
    return jnp.sum(x * x, 1)[:, None] + jnp.sum(kernel * kernel, 0) - 2 * product(x, kernel)
