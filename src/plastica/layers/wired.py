"""Wired: a layer in which only some connections exist."""

from __future__ import annotations

import jax
import numpy as np
from jax import Array

from ..activations import Activation
from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import Float, by_name
from .activity import added
from .connections import Connections, Wiring, wiring
from .layer import Context, Layer, Params, Shape, State
from .records import Variables


@declaration
class Wired(Layer):
    """A layer of units in which only some connections exist: z = a (W * M) + b.

    When to use: for sparse wiring as in neural tissue; see :class:`~plastica.layers.Sparse`,
    :class:`~plastica.layers.DistanceDependent` and :class:`~plastica.layers.SmallWorld`. With every rule and optimizer,
    the weight of a missing connection stays exactly 0.

    The mask M is drawn together with the weights, from the seed of the network, saved with them and never trained. The
    initial W is divided by the root mean square of the strengths of all connections, so that potentials keep their
    variance.

    Args:
        layer: A layer with one kernel, such as Dense or Conv2D. In a convolution, each filter receives some of the
            channels, in its whole window.
        connections: The law by which connections are drawn.

    Shapes:
        Those of ``layer``; the mask is ``(features, units)``, for a convolution ``(channels, units)``.

    Raises:
        InvalidValue: If ``layer`` does not have one kernel.
        ShapeError: If the law does not fit the numbers of inputs and units.

    Example:
        >>> from plastica.layers import Dense, Sparse
        >>> layer = Wired(Dense(50, activation="tanh"), Sparse(0.1))
        >>> variables = layer.init(np.random.default_rng(0), (40,))
        >>> bool((variables.params["kernel"][variables.state["mask"] == 0] == 0).all())
        True
    """

    layer: Layer
    connections: Connections

    @property
    def stepwise(self) -> bool:
        return self.layer.stepwise

    def __post_init__(self) -> None:
        if not isinstance(self.layer, Layer) or not self.layer.linear_units or isinstance(self.layer, Wired):
            raise InvalidValue(
                f"Wired({self.layer!r}): expected a layer of units with one kernel, such as Dense(10) or Conv2D(8, "
                "3), that is not wired."
            )
        if not isinstance(self.connections, Connections):
            raise InvalidValue(f"Wired(connections={self.connections!r}): expected a law such as Sparse(0.1).")

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        params, state = self.layer.init(rng, shape)
        strength = self.connections.draw(rng, *params["kernel"].shape[-2:])
        # Of m connections among n, a fraction m / n of the variance would be left.
        scale = np.sqrt(np.mean(strength**2)) or np.float32(1)  # there may be no connection at all
        kernel = (params["kernel"] * strength / scale).astype(params["kernel"].dtype)
        return Variables(
            {**by_name(params), "kernel": kernel}, {**by_name(state), "mask": (strength > 0).astype(np.float32)}
        )

    def wiring(self, state: State) -> Wiring:
        """Return statistics of the wiring from the state of the layer: ``layer.wiring(model.state[0])``."""
        mask = np.asarray(state["mask"])
        return wiring(mask, self.connections.distances(*mask.shape))

    def constrain(self, params: Params, state: State) -> Params:
        return self._masked(self.layer.constrain(params, self._inner(state)), state)

    def synapse(
        self, params: Params, x: Float[Array, "batch *inputs"], state: State, context: Context
    ) -> tuple[Float[Array, "batch *outputs"], State]:
        potential, inner = self.layer.synapse(self._masked(params, state), x, self._inner(state), context)
        return potential, {**by_name(inner), "mask": state["mask"]}

    def matrix(self, params: Params, state: State) -> jax.Array | None:
        return self.layer.matrix(self._masked(params, state), self._inner(state))

    def _masked(self, params: Params, state: State) -> Params:
        return {**by_name(params), "kernel": params["kernel"] * state["mask"].astype(params["kernel"].dtype)}

    def _inner(self, state: State) -> State:
        return {name: carried for name, carried in by_name(state).items() if name != "mask"}

    def activate(self, potential: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        return self.layer.activate(potential)

    def output_shape(self, shape: Shape) -> Shape:
        return self.layer.output_shape(shape)

    def check_input(self, x: np.ndarray) -> None:
        self.layer.check_input(x)

    def penalty(self, params: Params) -> jax.Array | float:
        return self.layer.penalty(params)

    @property
    def cost_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*super().cost_names, *self.layer.cost_names)))

    def costs(self, params: Params, x: jax.Array, potential: jax.Array, context: Context) -> dict[str, jax.Array]:
        own = super().costs(params, x, potential, context)
        return added(own, self.layer.costs(params, x, potential, context))

    @property
    def declared_shape(self) -> Shape | None:
        """The shape of one input, if it was given here or to the layer inside."""
        own = super().declared_shape
        return self.layer.declared_shape if own is None else own

    @property
    def linear_units(self) -> bool:
        return True

    @property
    def has_missing_connections(self) -> bool:
        return True

    @property
    def output_activation(self) -> Activation | None:
        return self.layer.output_activation
