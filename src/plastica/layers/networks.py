"""Networks that are trained together and have no forward pass in common."""

from __future__ import annotations

from typing import ClassVar, cast

import jax
import numpy as np

from ..declaration import declaration
from ..errors import InvalidValue
from ..typing import AnyShape
from .composition import placed
from .layer import Context, Layer, Params, Record, Shape, State
from .records import Variables
from .sequential import checked_layers


@declaration
class Networks(Layer):
    """Networks side by side, such as the generator and the discriminator of a GAN.

    The ``network`` of a :class:`~plastica.training.Program` with several networks. Its parameters and state are tuples
    with an entry for each network; how they work together is up to the program.

    Args:
        networks: The networks. One that does not declare its input shape reads the training data.

    Raises:
        InvalidValue: If there are none or one is not a layer, and if they are run as one network.
    """

    flow: ClassVar[str] = "fork"

    networks: tuple[Layer, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", checked_layers("Networks", self.networks))
        if not self.networks:
            raise InvalidValue("Networks(()): at least one network is needed.")

    @property
    def children(self) -> tuple[Layer, ...]:
        return self.networks

    def child_shapes(self, shape: Shape) -> tuple[Shape | None, ...]:
        return tuple(self._shape_of(part, shape) for part in self.networks)

    def output_shape(self, shape: Shape) -> AnyShape:
        """Return the shape of the output of each part, a tuple of shapes."""
        shapes = (self._shape_of(part, shape) for part in self.networks)
        pairs = enumerate(zip(self.networks, shapes, strict=True))
        return tuple(placed(place, part.output_shape, own) for place, (part, own) in pairs)

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        pairs = enumerate(zip(self.networks, cast("tuple[Shape, ...]", self.child_shapes(shape)), strict=True))
        found = [placed(place, part.init, rng, own) for place, (part, own) in pairs]
        return Variables(tuple(v.params for v in found), tuple(v.state for v in found))

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        raise InvalidValue(
            "Networks: these networks have no forward pass in common. Run one: network.networks[0].apply(params[0], x)."
        )

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        self.synapse(params, x, state, context)
        raise AssertionError

    def penalty(self, params: Params) -> jax.Array | float:
        return sum(part.penalty(own) for part, own in zip(self.networks, params, strict=True))

    def _shape_of(self, part: Layer, shape: Shape) -> Shape:
        return shape if part.declared_shape is None else part.declared_shape
