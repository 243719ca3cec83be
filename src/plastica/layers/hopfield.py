"""Hopfield: a recurrent layer of units of two values that settles in a stored pattern."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from .. import initializers, random
from ..declaration import declaration, named_field
from ..errors import DataError, InvalidValue, ShapeError
from ..initializers import Initializer
from ..typing import Float
from .capabilities import Attractors
from .kernels.attractors import ASYNCHRONOUS, QUADRATIC, UPDATES, Settled, settle
from .layer import Context, Layer, Params, Record, Shape, State
from .records import Variables

LOWER_VALUES = (-1, 0)
ENERGY = "energy"  # among the details of a trace
MOST_SWEEPS = 10_000
SEED = 0  # of the order of units, the same in every forward pass


@declaration
class Hopfield(Layer, Attractors):
    """Hopfield's recurrent network: units of two values that start at the inputs and settle in a stored pattern.

    When to use: to complete or correct patterns that the rule :class:`~plastica.rules.HopfieldStorage` has stored; it
    makes a network with ``compile(rule="hopfield")``. ``plastica.memory.HopfieldNetwork`` is the same as an object with
    ``store`` and ``recall``, also with temperature; :class:`ModernHopfield` is the form that backpropagation trains.

        h_i = sum_j w_ij s_j,   s_i <- 1 if h_i > 0, the lower value if h_i < 0, else as it is
        E   = -1/2 sum_ij w_ij s_i s_j          with s of -1 and 1

    One unit after another is updated, in a fixed random order for each sweep, until a sweep changes nothing; then the
    energy never rises. ``model.trace(x)`` shows the energy after each sweep. There is one unit for each input. No error
    propagates back through the layer, because a step has a slope of 0.

    Args:
        low: The lower of the two values of inputs and units: -1, or 0 for patterns of 0 and 1.
        update: ``"asynchronous"``, one unit after another; or ``"synchronous"``, all at once, which may end in a cycle
            of two states.
        sweeps: The largest number of sweeps; below capacity a state needs some ten.
        kernel_initializer: The initializer of W. Default: zeros, nothing is stored and every state stays as it is.

    Shapes:
        ``(batch, features) -> (batch, features)``; kernel ``(features, features)``, symmetric with a diagonal of 0.

    Raises:
        InvalidValue: If a choice is unknown or there is no sweep.
        ShapeError: If inputs do not have exactly one axis besides the batch, or only one feature.
        DataError: If the layer is the first of a network and its inputs have other values.

    Example:
        >>> import plastica as pl
        >>> model = pl.Sequential([Hopfield()])
        >>> model.compile(rule="hopfield")
        >>> _ = model.fit([[1, 1, 1, -1, -1, -1], [1, -1, 1, -1, 1, -1]], verbose=0)
        >>> model.predict([[1, 1, 1, -1, -1, 1]])
        array([[ 1.,  1.,  1., -1., -1., -1.]], dtype=float32)

    Reference:
        J. J. Hopfield, 1982, Neural networks and physical systems with emergent collective computational abilities.
    """

    low: int = -1
    update: str = ASYNCHRONOUS
    sweeps: int = 100
    kernel_initializer: Initializer = named_field(default="zeros", converter=initializers.get)

    def __post_init__(self) -> None:
        if isinstance(self.low, bool) or self.low not in LOWER_VALUES:
            raise InvalidValue(f"Hopfield(low={self.low!r}): expected -1 or 0, the lower of the two values of units.")
        if self.update not in UPDATES:
            raise InvalidValue(f"Hopfield(update={self.update!r}): expected one of {', '.join(UPDATES)}.")
        if isinstance(self.sweeps, bool) or not isinstance(self.sweeps, int) or not 1 <= self.sweeps <= MOST_SWEEPS:
            raise InvalidValue(f"Hopfield(sweeps={self.sweeps!r}): expected a whole number from 1 to {MOST_SWEEPS}.")

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 1 or (shape[0] is not None and shape[0] < 2):
            raise ShapeError(
                f"Hopfield: got inputs of shape {shape}; it works on one axis of at least two units. Put Flatten() "
                "before it."
            )
        return shape

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        self.output_shape(shape)
        return Variables({"kernel": self.kernel_initializer(rng, (shape[-1], shape[-1]))}, {})

    def check_input(self, x: np.ndarray) -> None:
        wrong = x[(x != 1) & (x != self.low)]
        if wrong.size:
            raise DataError(
                f"Hopfield(low={self.low}): got the value {wrong.flat[0]:.4g} ({wrong.size} of {x.size} values are "
                f"neither {self.low} nor 1). {_remedy(x, self.low)}"
            )

    def synapse(
        self, params: Params, x: Float[Array, "batch units"], state: State, context: Context
    ) -> tuple[Float[Array, "batch units"], State]:
        settled = self._settled(params, x).states
        return jnp.where(settled > 0, 1, self.low).astype(x.dtype), state

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        record, new_state = super().forward(params, x, state, context, feedback)
        return record._replace(details=lambda: {ENERGY: self.energies(params, x)}), new_state

    def signs(self, x: Float[Array, "rows units"]) -> Float[Array, "rows units"]:
        return jnp.where(x > (1 + self.low) / 2, 1, -1).astype(x.dtype)

    def energies(self, params: Params, x: Float[Array, "batch units"]) -> Float[Array, "batch moments"]:
        """Return the energy at the inputs and after each sweep; that of a state at rest goes on."""
        return self._settled(params, x).energies.T

    def _settled(self, params: Params, x: Float[Array, "batch units"]) -> Settled:
        # The loop runs until all states are at rest, through which no derivative could be taken.
        kernel, start = jax.lax.stop_gradient((params["kernel"].astype(x.dtype), self.signs(x)))
        return settle(
            QUADRATIC,
            kernel,
            start,
            random.seed_key(SEED),
            0.0,
            update=self.update,
            most=self.sweeps,
            stochastic=False,
        )


def _remedy(x: np.ndarray, low: int) -> str:
    other = -1 - low
    if np.isin(x, (other, 1)).all():
        return f"Use Hopfield(low={other}) for patterns of {other} and 1."
    return "Compare numbers with a threshold first, such as x > x.mean()."
