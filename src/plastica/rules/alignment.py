"""The alignment of a rule's direction with the true gradient, for each layer."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..errors import InvalidValue
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from ..random import Key
from ..typing import Float, Memory, PyTree
from .chain import learned_places
from .rule import Batch, Rule, Signal


class Alignment(NamedTuple):
    """The alignment of a rule's direction with the true gradient in one layer.

    Attributes:
        place: The index of the layer in the network.
        path: Index and class of the layer, such as ``"layer 0, Dense"``.
        cosine: The cosine of the angle between the two, over all parameters of the layer; 1 if they agree. NaN if one
            of them is zero.
        angle: The angle in degrees: 0 for backprop, about 90 for a random direction. Below 90 the loss decreases.
    """

    place: int
    path: str
    cosine: float
    angle: float


def alignment(
    rule: Rule,
    network: Layer,
    params: Params,
    state: State,
    memory: Memory,
    batch: Batch,
    objective: Objective | None,
    key: Key,
) -> tuple[Alignment, ...]:
    """Compare the direction of a rule for a batch with the gradient of the loss.

    Both are computed as in training, with the same random numbers: the same dropout masks, the same batch statistics.
    If a rule makes steps of its own, the negative of its step is its direction. The gradient is that of the loss which
    the rule reports for the batch, by automatic differentiation. For networks whose activities relax to a fixed point
    (equilibrium propagation), it is taken through the relaxation.

    Args:
        rule: The rule.
        network: A sequence of layers.
        params: Its parameters.
        state: The state of its layers.
        memory: The memory of the rule.
        batch: The rows.
        objective: The loss.
        key: A random key, see :mod:`plastica.random`.

    Returns:
        An entry for each layer with parameters, from first to last.

    Raises:
        InvalidValue: If there is no loss and therefore no gradient.
    """
    if objective is None:
        raise InvalidValue(
            "alignment: the network was compiled without a loss, so there is no gradient to compare "
            f"{type(rule).__name__} with. Give compile() a loss."
        )
    found = jax.device_get(_compare(rule, network, params, state, memory, batch, objective, key))
    return tuple(
        Alignment(place, f"layer {place}, {type(network.children[place]).__name__}", float(cosine), float(angle))
        for place, (cosine, angle) in found.items()
    )


def whole_batch(x: PyTree, y: PyTree, epoch: int) -> Batch:
    """Return all rows as one batch with weights of 1."""
    x, y = jax.tree.map(jnp.asarray, (x, y))
    rows = len(jax.tree.leaves(x)[0])
    return Batch(x, y, jnp.ones(rows), jnp.float32(rows), epoch)


@jax.jit
def _compare(
    rule: Rule,
    network: Layer,
    params: Params,
    state: State,
    memory: Memory,
    batch: Batch,
    objective: Objective,
    key: Key,
) -> dict[int, tuple[Array, Array]]:
    real = jnp.arange(batch.weight.shape[0]) < batch.size
    context = Context(training=True, key=key, mask=real)
    ours = against(params, rule.signal(network, params, state, memory, batch, objective, context))
    true = jax.grad(lambda params: rule.signal(network, params, state, memory, batch, objective, context).total)(params)
    return {place: compared(ours[place], true[place]) for place in learned_places(network, params)}


def against(params: Params, signal: Signal) -> Params:
    """Return the direction against which the parameters move, in a step of the optimizer or of the rule itself."""
    nothing = jax.tree.map(jnp.zeros_like, params)
    direction = nothing if signal.direction is None else signal.direction
    change = nothing if signal.change is None else signal.change
    return jax.tree.map(jnp.subtract, direction, change)


def compared(one: PyTree, other: PyTree) -> tuple[Float[Array, ""], Float[Array, ""]]:
    """Return the cosine of the angle between two trees of arrays, and the angle in degrees; NaN if one is zero."""
    u, v = _unit(one), _unit(other)
    # The arc cosine loses half of the digits near 0 degrees, this form none (W. Kahan, 2006, How futile are mindless
    # assessments of roundoff in floating-point computation?, section 12).
    angle = 2 * jnp.arctan2(jnp.linalg.norm(u - v), jnp.linalg.norm(u + v))
    return jnp.sum(u * v), jnp.degrees(angle)


def _unit(tree: PyTree) -> Float[Array, "size"]:
    flat = jnp.concatenate([jnp.ravel(array) for array in jax.tree.leaves(tree)])
    return flat / jnp.linalg.norm(flat)
