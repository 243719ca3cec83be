"""What passes through layers beside arrays: the options of a pass, its record, and the errors sent back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias, TypeVar

import jax

from ..random import Key
from ..typing import Bool, Params, State

T = TypeVar("T")
# From an error at the potential to the gradient of the parameters and the error at the input.
Pull: TypeAlias = Callable[[jax.Array], tuple[Params, jax.Array]]


class Context(NamedTuple):
    """Options of a forward pass.

    Attributes:
        training: Whether random layers are active and running statistics are updated.
        key: The random key of the pass, see :mod:`plastica.random`; required by random layers in training.
        mask: Which rows of the batch are not padding, ``(batch,)``; None for all. Padding must not enter batch
            statistics.
        first: The index of the first layer, if the sequence is a part of another; its layers then draw the same
            random numbers as in the whole.
        steps: Which steps of the layer's inputs are real and not padding, ``(batch, time)``; None for all. For a layer
            that reads several inputs, a tuple with an entry for each.
        cut: Whether errors take no path through recurrent connections, only through what each unit itself remembers
            (e-prop).
        steps_first: Whether a layer beside this one walks in time, so that a product over all steps is best computed
            with time as the first axis; its answer is the same either way.
    """

    training: bool = False
    key: Key | None = None
    mask: Bool[jax.Array, "batch"] | None = None
    first: int = 0
    steps: Any = None  # each layer knows how many inputs it has
    cut: bool = False
    steps_first: bool = False


INFERENCE = Context()


class Variables(NamedTuple):
    """The initial parameters and state of a layer, each a pytree."""

    params: Params
    state: State


class CallGraph(NamedTuple):
    """How the layers of a composition read each other, each by the place of what it reads.

    Places count the inputs first, then the output of each call, in the order of the calls.

    Attributes:
        inputs: The number of inputs.
        calls: For each call the place of the layer among the layers inside, and the places that it reads.
        outputs: The places that the composition returns.
        output_names: The name of each output, if they have names.
    """

    inputs: int
    calls: tuple[tuple[int, tuple[int, ...]], ...]
    outputs: tuple[int, ...]
    output_names: tuple[str, ...] = ()

    def readers(self, place: int) -> int:
        """Return how many calls read a place."""
        return sum(place in reads for _, reads in self.calls)


class Record(NamedTuple):
    """The result of a layer in a forward pass, with functions that propagate errors back through it.

    Attributes:
        input: The input, ``(batch, ...)``.
        potential: z, the output of the synapse.
        activity: a = f(z).
        pull_synapse: From an error at the potential to (gradient of the parameters, error at the input).
        pull_activation: From an error at the activity to the error at the potential.
        children: Records of the layers inside a composition.
        costs: What the layer adds to the loss, by name; see :meth:`Layer.costs`.
        pull_costs: Returns the gradient of the sum of the costs with respect to parameters, input and potential; None
            if there are no costs.
        trajectory: For a layer that remembers, a function that returns what it did at every step, by name: ``pre``,
            ``potential`` and ``post``, and every gate, each ``(batch, time, ...)`` in the order of the steps. For
            learning rules in time; costs nothing unless it is called.
        details: For a layer that shows more than potential and activity, such as attention weights, a function that
            returns it by name; costs nothing unless it is called.
    """

    input: jax.Array
    potential: jax.Array
    activity: jax.Array
    pull_synapse: Pull
    pull_activation: Callable[[jax.Array], jax.Array]
    children: tuple[Record, ...] = ()
    costs: dict[str, jax.Array] = {}  # noqa: RUF012 - never written to
    pull_costs: Callable[[], tuple[Params, jax.Array, jax.Array]] | None = None
    trajectory: Callable[[], dict[str, jax.Array]] | None = None
    details: Callable[[], dict[str, jax.Array]] | None = None


class Errors(NamedTuple):
    """The learning signal of one layer.

    Attributes:
        delta: dC/dz, the error at the potential.
        gradient: dC/dparams, in the parameters' structure.
        input_delta: dC/dinput, the error for the layer below.
        children: The same of the layers inside a composition.
    """

    delta: jax.Array
    gradient: Params
    input_delta: jax.Array
    children: tuple[Errors, ...] = ()


def added(tree: T, other: T) -> T:
    """Add trees of gradients; those of integers have no values."""
    return jax.tree.map(lambda one, more: one if more.dtype == jax.dtypes.float0 else one + more, tree, other)


def with_feedback(pull: Pull, pull_back: Callable[[jax.Array], tuple[jax.Array]]) -> Pull:
    """Return a pullback whose gradient is that of ``pull`` and whose error at the input is that of ``pull_back``."""

    def pulled(delta: jax.Array) -> tuple[Params, jax.Array]:
        return pull(delta)[0], pull_back(delta)[0]

    return pulled
