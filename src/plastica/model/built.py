"""A network, the shape of its inputs and its weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import InvalidValue, NotFitted
from ..initializers import Undrawn
from ..layers import lengths
from ..layers.layer import Layer, Shape
from ..layers.node import Node
from ..training.program import Learner, Program
from ..typing import AnyShape, Params, State
from .inputs import HostArrays
from .memory import with_memory
from .shapes import shape_to_build, with_batch
from .step_durations import require_equal_steps


class BuiltNetwork:
    """A network with weights once the shape of its inputs is known.

    Args:
        network: The network.
        name: Its name in summaries; None for that of the class.
        seed: The seed of initial weights and of everything drawn in training.

    Raises:
        InvalidValue: If the name is not a string, or the seed not a whole number of at least 0.
    """

    def __init__(self, network: Layer, *, name: str | None, seed: int) -> None:
        kind = type(self).__name__
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise InvalidValue(f"{kind}(seed={seed!r}): the seed must be a whole number of at least 0.")
        if not isinstance(name, str | None):
            raise InvalidValue(f"{kind}(name={name!r}): the name must be a string.")
        self.network = network
        self.name = name or kind.lower()
        self.seed = int(seed)
        # The nodes of the network they were drawn from, so that a model gives the same nodes each time it is asked.
        self.drawn_nodes: tuple[Layer, tuple[Node, ...]] | None = None
        self._shape: Shape | None = None
        # The weights before the first training; those of a network in training are in its learner.
        self._params: Params = ()
        self._state: State = ()
        # Both belong to this network and shape, and are forgotten when one of them changes.
        self._program: Program | None = None
        self._learner: Learner | None = None
        self._initial = True  # whether the weights are still the initial ones and no warning has been issued

    @property
    def layers(self) -> list[Layer]:
        """The layers of the network; the network itself if it is a single layer."""
        return list(self.network.children or (self.network,))

    def exchange_network(self, network: Layer) -> None:
        """Set a network whose parameters and state have the same structure."""
        # Read before the learner, which may hold them, is dropped.
        params, state = self.params, self.state
        self.network = network
        self._params, self._state, self._program, self._learner = params, state, None, None

    def build(self, input_shape: Sequence[int | None] | None = None) -> None:
        """Create the initial weights.

        Called by :meth:`fit` if necessary.

        Args:
            input_shape: The shape of one input, ``(784,)``, or with the batch axis as in Keras, ``(None, 784)``;
                further None are sizes that vary, as the length in ``(None, None, 8)``. None uses the shape declared by
                the first layer.

        Raises:
            InvalidValue: If the shape is not given and not declared, or layers that walk through one sequence disagree
                about the duration of its steps.
            ShapeError: If the layers do not fit the input or each other.
        """
        self._begin(input_shape, np.random.default_rng(self.seed))
        assert self._shape is not None
        require_equal_steps(self.network, self._shape)

    def build_undrawn(self, input_shape: Sequence[int | None], elements: int) -> None:
        """Create the weights without drawing values, for arrays set by :meth:`restore`.

        Args:
            input_shape: As for :meth:`build`.
            elements: The maximum total number of elements.

        Raises:
            ShapeError: If the layers do not fit the input or each other, or declare more elements.
        """
        self._begin(input_shape, Undrawn(elements))

    def _begin(self, input_shape: Sequence[int | None] | None, rng: np.random.Generator) -> None:
        shape = shape_to_build(input_shape, self.network.declared_shape)
        self._params, state = lengths.init(self.network, rng, shape)
        self._state = with_memory(self.network, self._params, state, rng)
        self._shape, self._program, self._learner = shape, None, None

    def unbuild(self) -> None:
        """Remove weights and shape, so that the network is built again by the next data."""
        self._params, self._state = (), ()
        self._shape, self._program, self._learner = None, None, None

    @property
    def built(self) -> bool:
        """Whether the weights have been created."""
        return self._shape is not None

    @property
    def declared_shape(self) -> Shape | None:
        """The shape of one input, if known."""
        return self._shape

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        """The shape of the inputs, with None for the batch axis; a tuple of shapes for several inputs."""
        return with_batch(self._known_shape())

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        """The shape of the outputs, with None for the batch axis; a tuple of shapes for several outputs."""
        return with_batch(lengths.output_shape(self.network, self._known_shape()))

    def output_shape_for(self, x: HostArrays | None = None) -> AnyShape:
        """Return the shape of one output; for several outputs, a tuple of shapes.

        Args:
            x: Inputs, ``(rows, ...)``, which the network may declare with sizes that vary; None leaves these open.
        """
        declared: AnyShape = self._shape or ()
        if x is None or not lengths.is_open(declared):
            return lengths.output_shape(self.network, declared)
        shape: AnyShape = tuple(part.shape[1:] for part in x) if isinstance(x, tuple) else x.shape[1:]
        return self.network.output_shape(shape)

    @property
    def params(self) -> Params:
        """The trainable parameters: a tuple with a dict for each layer."""
        return self._learner.params if self._learner is not None else self._params

    @property
    def state(self) -> State:
        """The non-trainable state of the layers, such as running statistics."""
        return self._learner.state if self._learner is not None else self._state

    def replace_weights(self, params: Params, state: State) -> None:
        """Set parameters and state of the same structure."""
        self._initial = False
        if self._learner is not None:
            self._learner = self._learner._replace(params=params, state=state)
        else:
            self._params, self._state = params, state

    def keep_untrained(self, params: Params, state: State) -> None:
        """Set parameters and state as :meth:`replace_weights` does, for a network that stays as trained as it was."""
        initial = self._initial
        self.replace_weights(params, state)
        self._initial = initial

    def _known_shape(self) -> Shape:
        if self._shape is None:
            raise NotFitted(
                "the input shape of this network is not known yet. Call build((None, 784)) with the shape of one "
                "input, pass input_shape= to the first layer, or call fit()."
            )
        return self._shape
