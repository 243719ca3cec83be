"""The base class of layers, which compute a potential z = synapse(x) and an activity a = f(z)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, final

import jax
import jax.numpy as jnp
import numpy as np

from .. import constraints, regularizers
from ..activations import Activation
from ..declaration import Declaration, named_field, with_fields
from ..errors import InvalidValue, NotFitted
from ..random import Shape
from ..regularizers import Regularizer
from ..typing import Params, State, by_name
from .activity import ACTIVITY_COST, regularized
from .in_groups import InGroups
from .in_network import InNetwork
from .in_time import InTime
from .node import Node, NodeLike, NodeOrList, nodes_of
from .records import INFERENCE, Context, Errors, Record, added, with_feedback

Capability = TypeVar("Capability")
T = TypeVar("T")
# What layers have in Keras, and models have here.
OF_MODELS = frozenset({"get_weights", "set_weights", "weights", "trainable_weights", "kernel", "output", "input"})


@with_fields
class Layer(Declaration, InNetwork, InTime, InGroups):  # files name the class next to Declaration
    """Base class of layers; a layer is a specification that does not contain its parameters.

    User-defined layers implement ``synapse``, ``init`` and ``output_shape`` if they have parameters or change the
    shape, and ``activate`` if they have a nonlinearity. Parameters are a dict; a field ``kernel_regularizer``
    penalizes ``params["kernel"]``, a field ``kernel_constraint`` limits it after each step.

    Args:
        name: A name for summaries. Default: the class name in lower case.
        input_shape: The shape of one input; None for a size that varies, such as the length of sequences in
            ``(None, 8)``. Default: inferred from the data.
        input_dim: The number of features, for inputs with one axis; an alternative to ``input_shape``.
        trainable: Whether training changes the parameters. Those of a frozen layer take no gradient, no moments of the
            optimizer and no step, and its running statistics stay; see ``Model.freeze``.
    """

    # How the layers inside are connected: one after another ("chain"), with a short cut around them ("skip"), side by
    # side ("fork"), as the layer's calls say ("graph"); pictures show any other composition as a box.
    flow: ClassVar[str] = "box"

    name: str | None = None
    input_shape: tuple[int | None, ...] | None = None
    input_dim: int | None = None
    trainable: bool = True
    activity_regularizer: Regularizer | None = named_field(default=None, converter=regularizers.get)

    def __call__(self, *nodes: NodeLike) -> NodeOrList:
        """Return the output of the layer as a node of a graph, as in Keras's functional API; several in a list.

        Args:
            nodes: An ``Input`` or the output of another layer; for a layer that merges, several, or a list of them.

        Raises:
            InvalidValue: If something else is given.
            ShapeError: If the layer cannot read outputs of these shapes.
        """
        made = Node(self.completed(), nodes_of(self, nodes))
        return made if self.num_outputs == 1 else made.parts(self.num_outputs)

    def completed(self) -> Layer:
        """Return the layer as a network takes it: with fields that it found in data, such as a vocabulary."""
        return self

    def check_input(self, x: np.ndarray) -> None:
        """Check data that reach this layer unchanged, on the host, before the network runs.

        A composition passes the data on to the layers inside.

        Raises:
            DataError: If the layer is not defined for a value.
        """

    def adapted(self, x: np.ndarray, state: State) -> State:
        """Return the state with quantities computed from data before training, such as quantiles.

        Most layers compute nothing. A layer receives the data only if all layers before it leave the data unchanged.

        Args:
            x: Inputs of this layer, ``(rows, ...)``.
            state: The current state.
        """
        return state

    def passed_on(self, x: np.ndarray) -> np.ndarray | None:
        """Return the input of the next layer if it is the unchanged data, possibly reshaped; otherwise None."""
        return None

    def synapse(self, params: Params, x: jax.Array, state: State, context: Context) -> tuple[jax.Array, State]:
        """Return the potential z for inputs ``(batch, ...)``, and the new state."""
        return x, state

    def activate(self, potential: jax.Array) -> jax.Array:
        """Return the activity a = f(z)."""
        return potential

    @property
    def children(self) -> tuple[Layer, ...]:
        """The layers of a composition; params, state, records and errors have an entry for each."""
        return ()

    @property
    def keras_order(self) -> tuple[int, ...]:
        """The places of the layers inside in the order in which Keras lists their weights."""
        return tuple(range(len(self.children)))

    @property
    def begins(self) -> tuple[Layer, ...]:
        """The ``Input`` of each input, if the composition holds them beside its layers."""
        return ()

    def with_layers(self, layers: tuple[Layer, ...]) -> Layer:
        """Return the composition with other layers in the same places; for those with a :attr:`call_graph`."""
        raise InvalidValue(f"{self!r} has no layers to exchange.")

    @property
    def output_activations(self) -> tuple[Activation | None, ...]:
        """The function of each output that can have a loss of its own, as for :attr:`output_activation`."""
        return (self.output_activation,)

    def inside(
        self, params: Params | None, state: State | None
    ) -> tuple[tuple[Layer, ...], Params | None, State | None]:
        """Return the layers that summaries and pictures show inside this one, with params and state of each."""
        return self.children, params, state

    def child_shapes(self, shape: Shape) -> tuple[Shape | None, ...]:
        """Return the input shape of each layer of :meth:`inside`; None where it is not known.

        Args:
            shape: The shape of one input of this layer.
        """
        return (None,) * len(self.children)

    @property
    def output_activation(self) -> Activation | None:
        """The function applied by ``activate``; None for the identity. Losses use it to choose a stable form."""
        return None

    @property
    def linear_units(self) -> bool:
        """Whether z is linear in ``params["kernel"]``, ``(..., units)``, plus an optional bias."""
        return False

    def matrix(self, params: Params, state: State) -> jax.Array | None:
        """Return W, ``(inputs, units)``, if the layer computes z = x W + b for each row; else None."""
        return None

    @property
    def has_missing_connections(self) -> bool:
        """Whether some units do not receive all inputs; the state then tells which connections exist."""
        return False

    def span(self, places: slice) -> Layer:
        """Return some of the layers inside as one layer, if they are connected one after another (``flow``)."""
        raise InvalidValue(f"{self!r}: only a sequence of layers can be cut.")

    def offer(self, kind: type[Capability]) -> Capability | None:
        """Return what offers a capability of :mod:`plastica.layers.capabilities`; None if nothing does."""
        return self if isinstance(self, kind) else None

    def constrain(self, params: Params, state: State) -> Params:
        """Return parameters after a step as the layer's constraints allow them; frozen ones are kept."""
        if not self.trainable:
            return params
        if self.children:
            parts = zip(self.children, params, state, strict=True)
            return tuple(child.constrain(own, carried) for child, own, carried in parts)
        limits = self._of_parameters("_constraint", constraints.get, params)
        return {**by_name(params), **{name: limit(params[name]) for name, limit in limits}} if limits else params

    def penalty(self, params: Params) -> jax.Array | float:
        """Return the penalty of the layer's regularizers; 0 if there are none."""
        penalties = self._of_parameters("_regularizer", regularizers.get, params)
        return sum(penalty(params[name]) for name, penalty in penalties)

    def named_parameters(self, prefix: str, params: Params) -> tuple[str, ...]:
        """Return the parameters that fields such as ``<prefix>_regularizer`` and ``<prefix>_constraint`` are about."""
        # As in Keras, the penalty on recurrent_kernel is named recurrent_regularizer.
        return tuple(name for name in (prefix, f"{prefix}_kernel") if name in params)[:1]

    def _of_parameters(self, ending: str, get: Callable[..., T | None], params: Params) -> list[tuple[str, T]]:
        """Return each parameter that a field with this ending is about, with what the field holds."""
        held = [(field.name.removesuffix(ending), get(getattr(self, field.name))) for field in _ending(self, ending)]
        return [
            (name, each) for prefix, each in held if each is not None for name in self.named_parameters(prefix, params)
        ]

    @property
    def cost_names(self) -> tuple[str, ...]:
        """The names of what :meth:`costs` returns, here and in the layers inside a composition."""
        own = () if self.activity_regularizer is None else (ACTIVITY_COST,)
        return tuple(dict.fromkeys((*own, *(name for child in self.children for name in child.cost_names))))

    def costs(self, params: Params, x: jax.Array, potential: jax.Array, context: Context) -> dict[str, jax.Array]:
        """Return the costs of a forward pass by name, scalars that are added to the loss and shown in the history.

        A layer with a cost of its own also extends :attr:`cost_names`.

        Args:
            params: The parameters of the layer.
            x: Its input, ``(batch, ...)``.
            potential: What ``synapse`` returned.
            context: The options of the pass; ``context.mask`` tells which rows are padding, which must cost nothing.
        """
        if self.activity_regularizer is None:
            return {}
        return {ACTIVITY_COST: regularized(self.activity_regularizer, self.activate(potential), context.mask)}

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            own = getattr(type(self), name, None)
            if isinstance(own, property) and own.fget is not None:
                return own.fget(self)  # Python asks here when a property raised NotFitted: let it say why
            if name in OF_MODELS:
                raise NotFitted(
                    f"{type(self).__name__} is a declaration, which has no {name}: a model has the weights and the "
                    f'place in the graph. Use model.get_layer("name").{name} or model.get_layer(index=0).{name}.'
                )
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @final
    def apply(
        self, params: Params, x: jax.Array, state: State | None = None, context: Context = INFERENCE
    ) -> tuple[jax.Array, State]:
        """Return the activity for inputs ``(batch, ...)``, and the new state."""
        potential, state = self.synapse(params, x, {} if state is None else state, context)
        return self.activate(potential), state

    def forward(
        self, params: Params, x: jax.Array, state: State, context: Context, feedback: Params | None = None
    ) -> tuple[Record, State]:
        """Run the layer and record what a learning rule needs.

        Args:
            params: The parameters of the layer.
            x: Inputs, ``(batch, ...)``.
            state: The state of the layer.
            context: The options of the pass.
            feedback: Parameters used instead of ``params`` to propagate errors back (feedback alignment); None uses
                ``params`` (backpropagation).
        """
        # Two pullbacks, one for each half: rules other than backpropagation put their own error between them.
        potential, pull, new_state = jax.vjp(lambda p, a: self.synapse(p, a, state, context), params, x, has_aux=True)
        if feedback is not None:
            # The gradient belongs to the weights that computed; only the error below takes the other way.
            pull = with_feedback(pull, jax.vjp(lambda a: self.synapse(feedback, a, state, context)[0], x)[1])
        activity, pull_activation = jax.vjp(self.activate, potential)
        record = Record(x, potential, activity, pull, lambda delta: pull_activation(delta)[0])
        return _with_costs(self, params, record, context), new_state

    @final
    def backward(self, record: Record, delta: jax.Array) -> Errors:
        """Propagate an error at the activity, ``(batch, ...)``, back through the layer."""
        return self.backward_potential(record, record.pull_activation(delta))

    def backward_potential(self, record: Record, delta: jax.Array) -> Errors:
        """Propagate an error at the potential, ``(batch, ...)``, back through the layer."""
        if record.pull_costs is None:
            return Errors(delta, *record.pull_synapse(delta))
        at_params, at_input, at_potential = record.pull_costs()
        delta = delta + at_potential
        gradient, input_delta = record.pull_synapse(delta)
        return Errors(delta, added(gradient, at_params), added(input_delta, at_input))


def reshapes_only(layer: Layer) -> bool:
    """Return whether a layer passes the data on unchanged except for its shape."""
    return type(layer).passed_on is not Layer.passed_on and all(map(reshapes_only, layer.children))


def _ending(layer: Layer, ending: str) -> list[Field[object]]:
    return [field for field in fields(layer) if field.name.endswith(ending)]


def _with_costs(layer: Layer, params: Params, record: Record, context: Context) -> Record:
    if not layer.cost_names:
        return record
    # Costs are a function of parameters, input and potential apart, so that their gradient joins the error at each.
    inputs = params, record.input, record.potential
    costs, pull = jax.vjp(lambda p, x, z: layer.costs(p, x, z, context), *inputs)
    return record._replace(costs=costs, pull_costs=lambda: pull(jax.tree.map(jnp.ones_like, costs)))
