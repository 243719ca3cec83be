"""Where a hidden node of predictive coding meets the link above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..layers.kernels.product import product, row_products
from ..typing import Float
from .energy import BoundLink

Form = Literal["activities", "potentials"]


class Junction(NamedTuple):
    """A hidden node and what the link above it computes from it.

    Attributes:
        rows: 1/2 |e|^2 of the error of the node, for each row, ``(batch,)``.
        potential: The potential of the link above, ``(batch, ...)``.
        slope: From the derivative of the energy above with respect to that potential to dF/dnode.
    """

    rows: Float[Array, "batch"]
    potential: Float[Array, "batch *above"]
    slope: Callable[[Array], Array]


def meet(
    below: BoundLink,
    above: BoundLink,
    node: Float[Array, "batch *shape"],
    error: Float[Array, "batch *shape"],
    form: Form,
) -> Junction:
    """Return the junction of a node with the link above it.

    Args:
        below: The link that predicts the node.
        above: The link that reads it.
        node: The node.
        error: The node minus its prediction.
        form: Whether nodes are activities or potentials.
    """
    read, pull = (node, None) if form == "activities" else jax.vjp(below.link.activate, node)
    record = above.record(read)

    def slope(delta: Array) -> Array:
        sent = above.pull_potential(record, delta)
        return error + (sent if pull is None else pull(sent)[0])

    return Junction(half_squares(error), record.potential, slope)


class InTheRowsAbove(NamedTuple):
    """The first node as a sum of rows of the kernel above it, which halves the products of a step.

    The prediction m of the first node from the input is constant, and errors reach the node through the matrix W of the
    link above only. So it moves by sums of the columns of W, a = m + u W', and with p = m W + b and G = W' W

        z = a W + b = p + u G,    1/2 |a - m|^2 = 1/2 u . (z - p)
        da = -step (a - m + delta W')    is    du = -step (u + delta)

    One product with G takes the place of one with W and one with W'.

    Attributes:
        matrix: W, ``(inputs, units)``.
        gram: G, ``(units, units)``.
        resting: p, the potential of the link above for the prediction, ``(batch, units)``.
    """

    matrix: Float[Array, "inputs units"]
    gram: Float[Array, "units units"]
    resting: Float[Array, "batch units"]

    def meet(self, node: Float[Array, "batch units"]) -> Junction:
        """Return the junction of the first node, given as u."""
        moved = product(node, self.gram)
        return Junction(0.5 * jnp.sum(node * moved, 1), self.resting + moved, lambda delta: node + delta)

    def written_out(
        self, prediction: Float[Array, "batch inputs"], node: Float[Array, "batch units"]
    ) -> Float[Array, "batch inputs"]:
        """Return the first node, given as u."""
        return prediction + product(node, self.matrix.T)


def in_the_rows_above(
    parts: Sequence[BoundLink],
    prediction: Float[Array, "batch *inputs"],
    resting: Float[Array, "batch *units"],
    steps: int,
    form: Form,
) -> InTheRowsAbove | None:
    """Return the first node as a sum of rows of the kernel above it, or None where that is not possible or not faster.

    Args:
        parts: The links.
        prediction: The prediction of the first node.
        resting: The potential of the second link for the prediction.
        steps: How many steps the nodes relax at least.
        form: Whether nodes are activities or potentials.
    """
    matrix = parts[1].matrix
    if form != "activities" or matrix is None or prediction.ndim != 2:
        return None
    (inputs, units), rows = matrix.shape, prediction.shape[0]
    # Multiplications saved in each step, beside those of the Gram matrix.
    if steps * rows * (2 * inputs - units) <= inputs * units:
        return None
    return InTheRowsAbove(matrix, row_products(matrix, matrix), resting)


def half_squares(error: Float[Array, "batch *shape"]) -> Float[Array, "batch"]:
    """Return 1/2 |e|^2 of each row."""
    return 0.5 * jnp.sum(error * error, tuple(range(1, error.ndim)))
