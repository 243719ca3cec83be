"""The energy of predictive coding in both forms, and its descent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..layers.layer import Errors, Record
from ..losses import Objective
from ..typing import Float
from .energy import BoundLink, potential_losses
from .junction import Form, Junction, meet
from .local import like_rows
from .rule import Batch


class Energies(NamedTuple):
    """The energy of the hidden nodes.

    Attributes:
        rows: The energy F of each row, ``(batch,)``.
        slopes: dF/dnode for every hidden node, each ``(batch, ...)``.
    """

    rows: Float[Array, "batch"]
    slopes: tuple[Array, ...]


class Settling(NamedTuple):
    """The hidden nodes of a batch during the descent, their energies, and the step size of each row."""

    nodes: tuple[Array, ...]
    energies: Energies
    pace: Float[Array, "batch"]


def predicted(record: Record, form: Form) -> Float[Array, "batch *shape"]:
    """Return the prediction of a link for its node: the activity or the potential."""
    return record.activity if form == "activities" else record.potential


def send_error(part: BoundLink, record: Record, error: Float[Array, "batch *shape"], form: Form) -> Errors:
    """Propagate an error at the node of a link back through the link."""
    if form == "activities":
        return part.link.backward(record, error)
    return part.link.backward_potential(record, error)


def passed(part: BoundLink, node: Float[Array, "batch *shape"], form: Form) -> Float[Array, "batch *shape"]:
    """Return what a node passes on to the next link."""
    return node if form == "activities" else part.link.activate(node)


def energies(
    parts: Sequence[BoundLink],
    first_prediction: Float[Array, "batch *first"],
    batch: Batch,
    objective: Objective,
    nodes: Sequence[Array],
    form: Form = "activities",
) -> Energies:
    """Return the energy of each row and its derivatives.

    Args:
        parts: The links.
        first_prediction: The prediction of the first hidden node from the input, ``(batch, ...)``.
        batch: Inputs and targets.
        objective: The loss.
        nodes: The hidden nodes, each ``(batch, ...)``.
        form: Whether nodes are activities or potentials.
    """

    def first(node: Array) -> Junction:
        return meet(parts[0], parts[1], node, node - first_prediction, form)

    return energies_from(parts, first, batch, objective, nodes, form)


def energies_from(
    parts: Sequence[BoundLink],
    first: Callable[[Array], Junction],
    batch: Batch,
    objective: Objective,
    nodes: Sequence[Array],
    form: Form = "activities",
) -> Energies:
    """Return the energy of each row and its derivatives; ``first`` returns the junction of the first node."""
    junction = first(nodes[0])
    rows, slopes = junction.rows, []
    for place, node in enumerate(nodes[1:], start=1):
        prediction, pull = _predicted_from(parts[place], junction.potential, form)
        error = node - prediction
        slopes.append(junction.slope(-pull(error)))
        junction = meet(parts[place], parts[place + 1], node, error, form)
        rows += junction.rows
    losses, delta = potential_losses(parts[-1], junction.potential, batch, objective)
    return Energies(rows + losses, (*slopes, junction.slope(delta)))


def _predicted_from(
    part: BoundLink, potential: Float[Array, "batch *shape"], form: Form
) -> tuple[Float[Array, "batch *shape"], Callable[[Array], Array]]:
    """Return the prediction of a link, and the function from an error there to one at its potential."""
    if form == "potentials":
        return potential, lambda error: error
    activity, pull = jax.vjp(part.link.activate, potential)
    return activity, lambda error: pull(error)[0]


def descend(now: Settling, descent: Callable[[tuple[Array, ...]], Energies]) -> Settling:
    """Make a step of gradient descent. A row whose energy would rise stays in place and halves its step size."""
    nodes = tuple(a - like_rows(now.pace, a) * slope for a, slope in zip(now.nodes, now.energies.slopes, strict=True))
    found = descent(nodes)
    # Near the minimum, the energy changes by less than its rounding error; this is no reason to reject a step.
    rounding = 8 * jnp.finfo(found.rows.dtype).eps * jnp.abs(now.energies.rows)
    falls = found.rows <= now.energies.rows + rounding
    nodes, found = jax.tree.map(
        lambda new, old: jnp.where(like_rows(falls, new), new, old), (nodes, found), (now.nodes, now.energies)
    )
    return Settling(nodes, found, jnp.where(falls, now.pace, now.pace / 2))
