"""Grid: units with positions on a map and points in the space of the inputs."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import initializers
from ..declaration import declaration, named_field
from ..errors import InvalidValue, ShapeError
from ..initializers import Initializer
from ..schedules.checks import ABOVE_ZERO, require_numbers
from ..typing import Float, Int
from .capabilities import UnitMap
from .kernels.product import product
from .layer import Context, Layer, Params, Shape, State
from .records import Variables

TOPOLOGIES = ("rectangular", "hexagonal")
ANSWERS = ("winner", "softmax", "gaussian")

# The distance of rows of a hexagonal grid for which all six neighbours of a unit are at distance 1.
HEXAGONAL_STEP = 3.0**0.5 / 2

# In both topologies, the squared distances of neighbours are below this and all others above: 1 and 2 against 4 for
# squares (8 neighbours), 1 against 3 for hexagons (6).
NEIGHBOURS_WITHIN = 2.5

# Up to this number of rows, distances are computed directly, which is exact; for more, a matrix product is faster.
FEW_ROWS = 8


@declaration
class Grid(Layer, UnitMap):
    """Units on a map, each with a point in the input space: z_j = -|x - w_j|^2 / 2, the largest for the nearest.

    When to use: for self-organizing maps with the rule :class:`~plastica.rules.Kohonen`; functions for such maps are in
    ``plastica.maps``. Unit j is in row ``j // columns`` and column ``j % columns``.

    The activity is one of

        winner:    a_j = 1 for the nearest unit, 0 for all others
        softmax:   a_j = exp(z_j / width^2) / sum_k exp(z_k / width^2)
        gaussian:  a_j = exp(z_j / width^2)

    Args:
        rows: The number of rows of units.
        columns: The number of columns of units.
        topology: ``"rectangular"``, where a unit has 8 neighbours, or ``"hexagonal"``, where every second row is
            shifted by half a unit and each unit has 6 neighbours, all at distance 1.
        wrap: Whether the map continues at the opposite edge, as on a torus, so that no unit is at a border.
        answer: The activity: ``"winner"``, from which a layer above reads one number per unit; ``"softmax"``, which is
            shared among near units and never vanishes; or ``"gaussian"``, as in radial basis networks.
        width: The width of the last two, in the unit of the inputs, which should be scaled.
        kernel_initializer: The initializer of the points. Default: near 0, which unfolds well.
            ``plastica.maps.start_from`` starts them from data.

    Shapes:
        ``(batch, features) -> (batch, rows * columns)``; kernel ``(features, rows * columns)``.

    Raises:
        InvalidValue: If there are fewer than two units, a choice is unknown, the width is not above 0, or a hexagonal
            map that wraps has an odd number of rows, for which opposite edges do not match.
        ShapeError: If inputs do not have exactly one axis besides the batch.

    Example:
        >>> Grid(8, 10).output_shape((4,))
        (80,)

    Reference:
        T. Kohonen, 1990, The self-organizing map, section II.
        X. Li, J. Gasteiger, J. Zupan, 1993, On the topology distortion in self-organizing feature maps (on a torus).
    """

    rows: int
    columns: int
    topology: str = "rectangular"
    wrap: bool = False
    answer: str = "winner"
    width: float = 1.0
    kernel_initializer: Initializer = named_field(default="random_uniform", converter=initializers.get)

    def __post_init__(self) -> None:
        own = f"Grid({self.rows!r}, {self.columns!r}"
        sizes = (self.rows, self.columns)
        if any(isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1 for size in sizes):
            raise InvalidValue(f"{own}): rows and columns must be whole numbers of at least 1.")
        if self.rows * self.columns < 2:
            raise InvalidValue(f"{own}): a map needs at least two units.")
        for name, known in (("topology", TOPOLOGIES), ("answer", ANSWERS)):
            if (value := getattr(self, name)) not in known:
                raise InvalidValue(f"{own}, {name}={value!r}): expected one of {', '.join(known)}.")
        if self.wrap and self.topology == "hexagonal" and self.rows % 2:
            raise InvalidValue(
                f'{own}, topology="hexagonal", wrap=True): every second row is shifted by half a unit, so an odd '
                "number of rows does not close to a torus; use an even one."
            )
        require_numbers(self, {"width": ABOVE_ZERO})

    @property
    def units(self) -> int:
        """The number of units."""
        return self.rows * self.columns

    @property
    def places(self) -> Float[np.ndarray, "units 2"]:
        """The positions of the units on the map: the column and the row, with neighbours at distance 1."""
        row, column = np.divmod(np.arange(self.units), self.columns)
        if self.topology == "rectangular":
            return np.stack([column, row], 1).astype(float)
        return np.stack([column + row % 2 / 2, row * HEXAGONAL_STEP], 1)

    def map_distances(self, units: Int[Array | np.ndarray, "*chosen"] | int) -> Float[Array, "*chosen units"]:
        """Return the squared distances on the map from some units, given by number, to all.

        They are computed from the positions each time, because a table of them would have units^2 numbers.
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

    def synapse(
        self, params: Params, x: Float[Array, "batch features"], state: State, context: Context
    ) -> tuple[Float[Array, "batch units"], State]:
        return -0.5 * squared_distances(x, params["kernel"]), state

    def activate(self, potential: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        if self.answer == "winner":
            return jax.nn.one_hot(jnp.argmax(potential, -1), self.units, dtype=potential.dtype)
        sharp = potential / (self.width * self.width)
        return jax.nn.softmax(sharp) if self.answer == "softmax" else jnp.exp(sharp)


def squared_distances(
    x: Float[Array, "rows features"], kernel: Float[Array, "features units"]
) -> Float[Array, "rows units"]:
    """Return |x_i - w_j|^2 for the rows of ``x`` and the columns of ``kernel``.

    For many rows as |x|^2 + |w|^2 - 2 x'w, which is a fast matrix product. The mean of the units is subtracted from
    both first: far from 0, the small difference of three large numbers would lose its digits in single precision.
    """
    if x.shape[0] <= FEW_ROWS:
        return jnp.sum(jnp.square(x[:, :, None] - kernel), 1)  # (rows, features, units) to (rows, units)
    centre = jax.lax.stop_gradient(jnp.mean(kernel, 1))
    x, kernel = x - centre, kernel - centre[:, None]
    return jnp.sum(x * x, 1)[:, None] + jnp.sum(kernel * kernel, 0) - 2 * product(x, kernel)
