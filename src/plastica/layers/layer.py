"""What every layer is: a declaration with two halves, z = synapse(a) and a = f(z)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, final

import jax
import numpy as np

from .. import regularizers
from ..activations import Activation
from ..declaration import Declaration

Shape = tuple[int, ...]
Params = Any
State = Any


class Context(NamedTuple):
    """How a forward pass is run.

    Attributes:
        training: Whether random layers draw and running statistics move.
        key: Randomness for this pass, from :mod:`plastica.random`; needed by random layers in training.
        mask: Which rows of the batch are real, shape ``(batch,)``; None where all are. Rows that only fill
            up a short batch must not enter batch statistics.
        first: The place of a sequence's first layer, where the sequence is a part of another: its layers then
            draw what they draw in the whole.
    """

    training: bool = False
    key: jax.Array | None = None
    mask: jax.Array | None = None
    first: int = 0


INFERENCE = Context()


class Variables(NamedTuple):
    """What a layer starts with: learned parameters and carried state, each a plain pytree."""

    params: Params
    state: State


class Record(NamedTuple):
    """What one layer did in a forward pass, and how a learning signal travels back through it.

    Attributes:
        input: What arrived, shape ``(batch, ...)``.
        potential: z, the synapse's answer.
        activity: a = f(z).
        pull_synapse: From an error at the potential to (gradient of the parameters, error at the input).
        pull_activation: From an error at the activity to the error at the potential.
        children: Records of the layers inside a composition.
    """

    input: jax.Array
    potential: jax.Array
    activity: jax.Array
    pull_synapse: Callable[[jax.Array], tuple[Params, jax.Array]]
    pull_activation: Callable[[jax.Array], jax.Array]
    children: tuple[Record, ...] = ()


class Errors(NamedTuple):
    """The learning signal of one layer.

    Attributes:
        delta: dC/dz, the error at the potential.
        gradient: dC/dparams, in the parameters' structure.
        input_delta: dC/dinput, the error that travels on to the layer below.
        children: The same of the layers inside a composition.
    """

    delta: jax.Array
    gradient: Params
    input_delta: jax.Array
    children: tuple[Errors, ...] = ()


@dataclass(frozen=True, repr=False, kw_only=True)
class Layer(Declaration):
    """A specification of a layer; its arrays live beside it.

    A layer of one's own defines ``synapse`` (and ``init`` and ``output_shape`` where it has parameters or
    changes the shape), ``activate`` if it has a non-linearity; everything else follows. Parameters are a
    dict; a field ``kernel_regularizer`` penalises ``params["kernel"]``.

    Args:
        name: A name for summaries; by default the class's name in small letters.
        input_shape: The shape of one input, where a person gives it; else it is learned from the data.
        input_dim: The same for flat inputs, as a number.
    """

    name: str | None = None
    input_shape: tuple[int, ...] | None = None
    input_dim: int | None = None

    def init(self, rng: np.random.Generator, shape: Shape) -> Variables:
        """Draw the initial parameters and state for inputs of ``shape`` (without the batch axis).

        Raises:
            ShapeError: When the layer cannot work on such inputs.
        """
        self.output_shape(shape)
        return Variables({}, {})

    def output_shape(self, shape: Shape) -> Shape:
        """Return the activity's shape for inputs of ``shape``, both without the batch axis.

        Raises:
            ShapeError: When the layer cannot work on such inputs.
        """
        return shape

    def check_input(self, x: np.ndarray) -> None:
        """Look at the data that reaches this layer as it came, on the host, before the network is run.

        A composition hands the data on to each layer inside that sees it.

        Raises:
            DataError: For values that the layer is not defined for.
        """

    def adapt(self, x: np.ndarray, state: State) -> State:
        """Return the state with what the layer takes from data before training, such as quantiles.

        Most layers take nothing. A layer sees the data only where all layers before it pass it on as it is. The name
        is that of Keras's preprocessing layers.

        Args:
            x: Inputs of this layer, ``(rows, ...)``.
            state: The state so far.
        """
        return state

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        """Return what the next layer sees where that is still the data itself, in another shape at most; else None."""
        return None

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        """Return the potential z for inputs ``(batch, ...)``, and the new state."""
        return x, state

    def activate(self, potential: jax.Array) -> jax.Array:
        """Return the activity a = f(z)."""
        return potential

    @property
    def declared_shape(self) -> Shape | None:
        """The shape of one input, where a person gave it."""
        if self.input_shape is not None:
            return tuple(self.input_shape)
        return None if self.input_dim is None else (self.input_dim,)

    @property
    def children(self) -> tuple[Layer, ...]:
        """The layers inside a composition; params, state, records and errors have an entry for each."""
        return ()

    @property
    def output_activation(self) -> Activation | None:
        """The function that ``activate`` applies; None is the identity. Losses ask for it to stay stable."""
        return None

    @property
    def linear_units(self) -> bool:
        """Whether the layer is units: z linear in ``params["kernel"]``, ``(..., units)``, plus a bias if any."""
        return False

    @property
    def compiles_fast(self) -> bool:
        """Whether a program with this layer is compiled fast rather than for the fastest steps."""
        return any(child.compiles_fast for child in self.children)

    def map_distances(self, units: Any) -> jax.Array | None:
        """Return the squared distances on the layer's map from some units to all; None where units have no places."""
        return None

    def constrain(self, params: Params, state: State) -> Params:
        """Return parameters as the layer allows them, after a step: those whose connections are not there stay 0."""
        if not self.children:
            return params
        parts = zip(self.children, params, state, strict=True)
        return tuple(child.constrain(own, carried) for child, own, carried in parts)

    def penalty(self, params: Params) -> Any:
        """Return what the layer's regularizers add to the loss; the number 0 where there are none."""
        found = ((field.name, regularizers.get(getattr(self, field.name))) for field in _regularizers(self))
        named = ((_penalised(name, params), penalty) for name, penalty in found)
        return sum(penalty(params[name]) for name, penalty in named if penalty is not None and name in params)

    @final
    def apply(
        self, params: Params, x: jax.Array, state: State = None, context: Context = INFERENCE
    ) -> tuple[jax.Array, State]:
        """Return the activity for inputs ``(batch, ...)``, and the new state."""
        potential, state = self.synapse(params, x, {} if state is None else state, context)
        return self.activate(potential), state

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params = None
    ) -> tuple[Record, State]:
        """Run the layer and keep what a learning rule needs.

        Args:
            params: The layer's parameters.
            x: Inputs, ``(batch, ...)``.
            state: The layer's carried state.
            context: Training or not, randomness, real rows.
            feedback: Parameters through which errors travel back in place of ``params`` (feedback
                alignment); None sends them back through ``params`` themselves (backprop).
        """
        potential, pull, new_state = jax.vjp(lambda p, a: self.synapse(p, a, state, context), params, x, has_aux=True)
        if feedback is not None:
            pull = _with_feedback(pull, jax.vjp(lambda a: self.synapse(feedback, a, state, context)[0], x)[1])
        activity, pull_activation = jax.vjp(self.activate, potential)
        return Record(x, potential, activity, pull, lambda delta: pull_activation(delta)[0]), new_state

    @final
    def backward(self, record: Record, delta: jax.Array) -> Errors:
        """Send an error at the activity, ``(batch, ...)``, back through the layer."""
        return self.backward_potential(record, record.pull_activation(delta))

    def backward_potential(self, record: Record, delta: jax.Array) -> Errors:
        """Send an error at the potential, ``(batch, ...)``, back through the layer."""
        gradient, input_delta = record.pull_synapse(delta)
        return Errors(delta, gradient, input_delta)


def _regularizers(layer: Layer) -> list[Any]:
    return [field for field in fields(layer) if field.name.endswith("_regularizer")]


def _penalised(field: str, params: Params) -> str:
    # Keras calls the penalty on the recurrent kernel recurrent_regularizer.
    name = field.removesuffix("_regularizer")
    return name if name in params else f"{name}_kernel"


def _with_feedback(pull: Callable[..., Any], pull_back: Callable[..., Any]) -> Callable[..., Any]:
    def pull_with_feedback(delta: jax.Array) -> tuple[Params, jax.Array]:
        return pull(delta)[0], pull_back(delta)[0]

    return pull_with_feedback
