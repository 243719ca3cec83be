"""Records and errors of the layers of a graph: one for each layer, though a layer may be called several times."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import jax
import jax.numpy as jnp
import numpy as np

from .kernels.once import computed_once
from .layer import Layer
from .records import CallGraph, Errors, Record


def by_layer(graph: CallGraph, layers: int, records: Sequence[Record]) -> tuple[Record, ...]:
    """Return a record for each layer; one that is called several times holds a child for each call."""
    found: list[list[Record]] = [[] for _ in range(layers)]
    for (place, _), record in zip(graph.calls, records, strict=True):
        found[place].append(record)
    return tuple(own[0] if len(own) == 1 else own[-1]._replace(children=tuple(own)) for own in found)


def by_call(graph: CallGraph, records: Sequence[Record]) -> list[Record]:
    """Return the record of each call, from those of the layers."""
    counts = np.bincount([place for place, _ in graph.calls], minlength=len(records))
    left = [list(own.children) if count > 1 else [own] for own, count in zip(records, counts, strict=True)]
    return [left[place].pop(0) for place, _ in graph.calls]


def errors_between(
    layers: Sequence[Layer], graph: CallGraph, records: Sequence[Record], deltas: Sequence[jax.Array]
) -> tuple[tuple[Errors, ...], list[jax.Array | None]]:
    """Send errors at the outputs of a graph back through its calls, last to first.

    Args:
        layers: The layers.
        graph: How they read each other.
        records: The record of each layer.
        deltas: The error at each output: at the potential of its layer, or at an input that is an output too.

    Returns:
        The errors of each layer, and what arrives at each input; None at one that no output depends on.
    """
    first, calls = graph.inputs, graph.calls
    # What readers send back arrives at the activity of a place and passes its nonlinearity once, as a sum. Losses are
    # computed from potentials, so their errors arrive behind it.
    at_activity: list[list[jax.Array]] = [[] for _ in range(first + len(calls))]
    at_potential: list[list[jax.Array]] = [[] for _ in range(first + len(calls))]
    for place, own in zip(graph.outputs, deltas, strict=True):
        (at_potential if place >= first else at_activity)[place].append(own)
    uses, found = by_call(graph, records), {}
    for number in reversed(range(len(calls))):
        place, reads = calls[number]
        use, arrived = uses[number], at_potential[first + number]
        at = at_activity[first + number]
        if at:
            total = _sum(at) if len(at) < 2 else jax.tree.map(computed_once, _sum(at))
            arrived.append(use.pull_activation(total))
        errors = layers[place].backward_potential(use, _sum(arrived))
        for read, own in zip(reads, errors.input_delta if len(reads) > 1 else (errors.input_delta,), strict=True):
            at_activity[read].append(own)
        found.setdefault(place, []).append(errors)
    own = tuple(_joined(found[place]) for place in range(len(layers)))
    return own, [_sum(at) if at else None for at in at_activity[:first]]


def _joined(errors: Sequence[Errors]) -> Errors:
    """Return the errors of a layer over all of its calls: those of the last call, with the sum of the gradients."""
    if len(errors) == 1:
        return errors[0]
    # The calls were met last to first; they are added up in their own order, on which the last bit depends.
    total = jax.tree.map(lambda *parts: reduce(jnp.add, parts), *(each.gradient for each in reversed(errors)))
    return errors[0]._replace(gradient=total, children=tuple(reversed(errors)))


def _sum(parts: Sequence[jax.Array]) -> jax.Array:
    return reduce(lambda one, other: jax.tree.map(jnp.add, one, other), parts)
