"""The energy of predictive coding, in both forms, and its descent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp

from ..layers.layer import Errors, Record
from ..losses import Objective
from .energy import BoundLink, row_losses
from .local import like_rows
from .rule import Batch

Form = Literal["activities", "potentials"]


class Energies(NamedTuple):
    """The energy of hidden nodes.

    Attributes:
        rows: Each row's energy F, ``(batch,)``.
        slopes: dF/dnode for every hidden node, each ``(batch, ...)``.
    """

    rows: jax.Array
    slopes: tuple[jax.Array, ...]


class Settling(NamedTuple):
    """Where the hidden nodes of a batch stand, and each row's step size, ``(batch,)``."""

    nodes: tuple[jax.Array, ...]
    energies: Energies
    pace: jax.Array


def predicted(record: Record, form: Form) -> jax.Array:
    """Return what a link predicts of its node: the activity, or the potential."""
    return record.activity if form == "activities" else record.potential


def send_error(part: BoundLink, record: Record, error: jax.Array, form: Form) -> Errors:
    """Send an error at a link's node back through the link."""
    if form == "activities":
        return part.link.backward(record, error)
    return part.link.backward_potential(record, error)


def spoken(part: BoundLink, node: jax.Array, form: Form) -> tuple[jax.Array, Callable[[jax.Array], jax.Array]]:
    """Return what a link's node says to the next link, and what an error there is at the node."""
    if form == "activities":
        return node, lambda delta: delta
    said, pull = jax.vjp(part.link.activate, node)
    return said, lambda delta: pull(delta)[0]


def energies(
    parts: Sequence[BoundLink],
    first_prediction: jax.Array,
    batch: Batch,
    objective: Objective,
    nodes: Sequence[jax.Array],
    form: Form = "activities",
) -> Energies:
    """Return the energy of each row, and its slopes.

    Args:
        parts: The links.
        first_prediction: What the input predicts of the first hidden node, ``(batch, ...)``.
        batch: Inputs and targets.
        objective: What the output is to do.
        nodes: The hidden nodes, each ``(batch, ...)``.
        form: Whether nodes are activities or potentials.
    """
    error = nodes[0] - first_prediction
    rows, slopes = _half_squares(error), []
    for place, (part, above) in enumerate(zip(parts[1:-1], nodes[1:], strict=True)):
        said, pull = spoken(parts[place], nodes[place], form)
        record = part.record(said)
        error_above = above - predicted(record, form)
        rows += _half_squares(error_above)
        slopes.append(error - pull(send_error(part, record, error_above, form).input_delta))
        error = error_above
    said, pull = spoken(parts[-2], nodes[-1], form)
    losses, slope = row_losses(parts[-1], said, batch, objective)
    return Energies(rows + losses, (*slopes, error + pull(slope)))


def descend(now: Settling, descent: Callable[[tuple[jax.Array, ...]], Energies]) -> Settling:
    """Make a step; a row whose energy would rise stays where it is and halves its step size."""
    nodes = tuple(a - like_rows(now.pace, a) * slope for a, slope in zip(now.nodes, now.energies.slopes, strict=True))
    found = descent(nodes)
    # Near rest the energy changes by less than its rounding, which says nothing about the step.
    rounding = 8 * jnp.finfo(found.rows.dtype).eps * jnp.abs(now.energies.rows)
    falls = found.rows <= now.energies.rows + rounding
    nodes, found = jax.tree.map(
        lambda new, old: jnp.where(like_rows(falls, new), new, old), (nodes, found), (now.nodes, now.energies)
    )
    return Settling(nodes, found, jnp.where(falls, now.pace, now.pace / 2))


def _half_squares(error: jax.Array) -> jax.Array:
    return 0.5 * jnp.sum(error * error, tuple(range(1, error.ndim)))
