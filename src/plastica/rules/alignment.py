"""How near a rule's direction comes to the true gradient, layer by layer."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ..errors import InvalidValue
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from .chain import learned_places
from .rule import Batch, Rule, Signal


class Alignment(NamedTuple):
    """How near a rule's direction comes to the true gradient in one layer.

    Attributes:
        place: The layer's place in the network.
        path: Its place and kind: ``"layer 0, Dense"``.
        cosine: The cosine of the angle between the two, over all the layer's parameters; 1 where they agree. NaN
            where one of them is zero.
        angle: The angle in degrees: 0 for backprop, about 90 for a direction at random; below 90 the loss falls.
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
    memory: Any,
    batch: Batch,
    objective: Objective | None,
    key: Any,
) -> tuple[Alignment, ...]:
    """Compare what a rule would do on a batch with the gradient of the loss.

    Both run as in training, with the same randomness: the same dropout, the same batch statistics. Where a rule makes
    steps of its own, the opposite of its step counts as its direction. The gradient is that of the loss which the rule
    reports for the batch, by automatic differentiation: where a network answers by what it has settled to (equilibrium
    propagation) it is taken through the settling.

    Args:
        rule: The rule.
        network: A sequence of layers.
        params: Its parameters.
        state: What its layers carry.
        memory: What the rule carries.
        batch: The rows.
        objective: The loss and its place.
        key: Randomness, from :mod:`plastica.random`.

    Returns:
        An entry for each layer with parameters, first to last.

    Raises:
        InvalidValue: Without a loss, for there is no gradient then.
    """
    if objective is None:
        raise InvalidValue(
            f"alignment: the network was compiled without a loss, so there is no gradient that {type(rule).__name__} "
            "could be compared with. Give compile() a loss."
        )
    found = jax.device_get(_compare(rule, network, params, state, memory, batch, objective, key))
    return tuple(
        Alignment(place, f"layer {place}, {type(network.children[place]).__name__}", float(cosine), float(angle))
        for place, (cosine, angle) in found.items()
    )


def whole_batch(x: Any, y: Any, epoch: int) -> Batch:
    """Return all rows as one batch, each of weight 1."""
    x, y = jax.tree.map(jnp.asarray, (x, y))
    rows = len(jax.tree.leaves(x)[0])
    return Batch(x, y, jnp.ones(rows), jnp.float32(rows), epoch)


@jax.jit
def _compare(
    rule: Rule,
    network: Layer,
    params: Params,
    state: State,
    memory: Any,
    batch: Batch,
    objective: Objective,
    key: Any,
) -> dict[int, tuple[jax.Array, jax.Array]]:
    real = jnp.arange(batch.weight.shape[0]) < batch.size
    context = Context(training=True, key=key, mask=real)
    ours = against(params, rule.signal(network, params, state, memory, batch, objective, context))
    true = jax.grad(lambda params: rule.signal(network, params, state, memory, batch, objective, context).loss)(params)
    return {place: compared(ours[place], true[place]) for place in learned_places(network, params)}


def against(params: Params, signal: Signal) -> Params:
    """Return against which direction the parameters move, whether an optimizer makes the step or the rule itself."""
    nothing = jax.tree.map(jnp.zeros_like, params)
    direction = nothing if signal.direction is None else signal.direction
    change = nothing if signal.change is None else signal.change
    return jax.tree.map(jnp.subtract, direction, change)


def compared(one: Any, other: Any) -> tuple[jax.Array, jax.Array]:
    """Return the cosine of the angle between two trees of arrays, and the angle in degrees; NaN where one is zero."""
    u, v = _unit(one), _unit(other)
    # The arc cosine loses half the digits near 0 degrees; this form loses none (Kahan, How futile are mindless
    # assessments of roundoff, section 12).
    angle = 2 * jnp.arctan2(jnp.linalg.norm(u - v), jnp.linalg.norm(u + v))
    return jnp.sum(u * v), jnp.degrees(angle)


def _unit(tree: Any) -> jax.Array:
    flat = jnp.concatenate([jnp.ravel(array) for array in jax.tree.leaves(tree)])
    return flat / jnp.linalg.norm(flat)
