"""The energy of predictive coding in both forms, and its descent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..layers.layer import Errors, Record
from ..losses import Objective
from ..typing import Float
from .energy import BoundLink, row_losses
from .local import like_rows
from .rule import Batch

Form = Literal["activities", "potentials"]


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


def passed(
    part: BoundLink, node: Float[Array, "batch *shape"], form: Form
) -> tuple[Float[Array, "batch *shape"], Callable[[Array], Array]]:
    """Return what a node passes on to the next link, and the function that propagates an error back to the node."""
    if form == "activities":
        return node, lambda delta: delta
    passed_on, pull = jax.vjp(part.link.activate, node)
    return passed_on, lambda delta: pull(delta)[0]


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
    error = nodes[0] - first_prediction
    rows, slopes = _half_squares(error), []
    for place, (part, above) in enumerate(zip(parts[1:-1], nodes[1:], strict=True)):
        passed_on, pull = passed(parts[place], nodes[place], form)
        record = part.record(passed_on)
        error_above = above - predicted(record, form)
        rows += _half_squares(error_above)
        slopes.append(error - pull(send_error(part, record, error_above, form).input_delta))
        error = error_above
    passed_on, pull = passed(parts[-2], nodes[-1], form)
    losses, slope = row_losses(parts[-1], passed_on, batch, objective)
    return Energies(rows + losses, (*slopes, error + pull(slope)))


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


def _half_squares(error: Float[Array, "batch *shape"]) -> Float[Array, "batch"]:
    return 0.5 * jnp.sum(error * error, tuple(range(1, error.ndim)))
