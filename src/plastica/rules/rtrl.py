"""Real-time recurrent learning, and its sparse approximations: gradients carried forward in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.flatten_util import ravel_pytree

from .. import random
from ..declaration import declaration
from ..errors import InvalidValue
from ..layers import stacks
from ..layers.in_time import Carry
from ..layers.layer import Context, Layer, Params, State
from ..losses import Objective
from ..typing import Float, Memory, PyTree, Shaped
from .facts import Facts, FactsOf
from .local import like_rows
from .rule import Batch, Rule, Signal
from .walked import StepInputs, WalkedPart, signal_in_time

# Rows of random activity in which the paths of influence are looked for; a relu is silent in all of them once in 2^32.
_PROBES = 32
_LARGEST = 4 * 2**30  # bytes of influences; more would not fit into the memory of most machines


class Influence(NamedTuple):
    """How each parameter has changed what the layers remember, and their potential: ``(parameters, batch, ...)``."""

    carry: Carry
    potential: Float[Array, "parameters batch units"]


@declaration
class RTRL(Rule):
    """Real-time recurrent learning: the gradient through time, carried forward instead of going back.

        J_t = D_t J_(t-1) + I_t,   dC/dtheta = sum_t delta_t J_t
        D_t = ds_t/ds_(t-1),  I_t = ds_t/dtheta at step t alone

    J_t is the influence of each parameter theta on all that the layers remember, s_t. Nothing of the past has to be
    kept, so that a network could learn while a sequence goes on; the direction is that of backpropagation through time.
    It costs parameters times units squared at each step, so that it is for small networks.

    With ``order`` n it is SnAp-n: only influences that take n steps or fewer from a parameter to a unit are carried.
    With 1, a parameter of a unit is followed in this unit alone, as e-prop does, but its own recurrent weight counts.
    Here SnAp saves no time: it shows where the approximation leads.

    When to use: to see what online learning can and cannot reach, beside backprop, e-prop and truncated
    backpropagation. It follows any layer that answers step by step, and several of them on top of each other.

    Args:
        order: n of SnAp-n, at least 1. None: the exact influence.

    Raises:
        InvalidValue: If ``order`` is below 1, the network does not go step by step, or is too large.

    Example:
        >>> RTRL(order=1)
        RTRL(order=1)

    Reference:
        R. J. Williams, D. Zipser, 1989, A learning algorithm for continually running fully recurrent neural networks;
        J. Menick, E. Elsen, U. Evci, S. Osindero, K. Simonyan, A. Graves, 2021, Practical real time
        recurrent learning with a sparse approximation (SnAp), section 3.
    """

    facts: ClassVar[FactsOf] = FactsOf(  # pyright: ignore[reportIncompatibleVariableOverride]
        lambda rule: Facts(
            "Williams, Zipser 1989" if rule.order is None else "Menick et al. 2021",
            local=rule.order == 1,
            symmetric_weights=True,
            phases=1,
            global_error=False,
            notes={
                "local": "A synapse carries its eligibility trace from step to step."
                if rule.order == 1
                else "A synapse carries how it has changed other units of the network.",
                "phases": "Learning signals arrive while the sequence runs.",
            },
        )
    )

    takes_rewards: ClassVar[bool] = True

    order: int | None = None

    def __post_init__(self) -> None:
        if self.order is not None and self.order < 1:
            raise InvalidValue(f"RTRL(order={self.order!r}): order must be 1 or more, or None for the exact influence.")

    def signal(
        self,
        network: Layer,
        params: Params,
        state: State,
        memory: Memory,
        batch: Batch,
        objective: Objective,
        context: Context,
    ) -> Signal:
        return signal_in_time(self, network, params, state, memory, batch, objective, context, self.gradient)

    def gradient(self, part: WalkedPart, delta: Float[Array, "time batch units"]) -> Params:
        """Return the sum over steps of the influence of each parameter times the error at the potential."""
        self.require_size(part)
        paths = None if self.order is None else influence_paths(part, self.order)
        carry, first = kept(paths, *influence_at_first(part))

        def step(before: tuple[Carry, Influence, Array], now: PyTree) -> tuple[tuple[Carry, Influence, Array], None]:
            carry, influence, total = before
            inputs, error = now
            carry, influence = kept(paths, *influence_after(part, carry, influence, inputs))
            return (carry, influence, total + _times(error, influence)), None

        begun = carry, first, _times(delta[0], first)
        (_, _, total), _ = jax.lax.scan(step, begun, (part.later, delta[1:]))
        return ravel_pytree(part.params)[1](total)

    def require_size(self, part: WalkedPart) -> None:
        """Check that the influence of all parameters fits into memory.

        Raises:
            InvalidValue: If not.
        """
        carry, potential = jax.eval_shape(lambda: part.begin(part.params))
        parameters = sum(leaf.size for leaf in jax.tree.leaves(part.params))
        numbers = sum(leaf.size for leaf in jax.tree.leaves((carry, potential)))
        size = 4 * parameters * (numbers + parameters)
        if size > _LARGEST:
            raise InvalidValue(
                f"RTRL: the influence of {parameters} parameters on {numbers // potential.shape[0]} numbers of each of "
                f"{potential.shape[0]} rows takes {size / 2**30:.0f} GB. Use smaller layers or batches, or "
                'rule="eprop".'
            )

    def layers_for(self, units: Sequence[int], last: Layer) -> list[Layer]:
        return stacks.recurrent(units, last)


def influence_at_first(part: WalkedPart) -> tuple[Carry, Influence]:
    """Return what the layers remember after the first step, and the influence of each parameter on it."""

    def along(direction: Params) -> tuple[Carry, Array]:
        return jax.jvp(part.begin, (part.params,), (direction,))[1]

    return part.begin(part.params)[0], Influence(*jax.vmap(along)(each_parameter(part)))


def influence_after(
    part: WalkedPart, carry: Carry, influence: Influence, inputs: StepInputs
) -> tuple[Carry, Influence]:
    """Return both after one more step, in which a parameter acts by itself (I) and through what it did before (D J)."""

    def step(params: Params, carry: Carry) -> tuple[Carry, Array]:
        return part.step(params, carry, inputs)

    def along(direction: Params, moved: Carry) -> tuple[Carry, Array]:
        return jax.jvp(step, (part.params, carry), (direction, moved))[1]

    return step(part.params, carry)[0], Influence(*jax.vmap(along)(each_parameter(part), influence.carry))


def each_parameter(part: WalkedPart) -> Params:
    """Return the direction of each parameter alone, in the structure of the parameters, ``(parameters, ...)``."""
    flat, unravel = ravel_pytree(part.params)
    return jax.vmap(unravel)(jnp.eye(flat.size, dtype=flat.dtype))


def influence_paths(part: WalkedPart, order: int) -> Influence:
    """Return on what each parameter has an influence within some steps: 1 or 0, ``(parameters, 1, ...)``.

    Found by letting random networks of this kind run for as many steps and looking where influences are not 0.
    """
    key = jnp.asarray(random.seed_key(order))
    flat, unravel = ravel_pytree(part.params)
    params, inputs = unravel(random.normal(random.fold(key, 1), flat.shape)), _random_steps(part, order + 1, key)
    probe = part._replace(params=params, steps=inputs, real=None)
    carry, found = influence_at_first(probe)
    # From a state that is not blank; what the first step found is forgotten.
    leaves, structure = jax.tree.flatten(carry)
    drawn = [leaf + random.normal(random.fold(key, 2 + place), leaf.shape) for place, leaf in enumerate(leaves)]
    carry, found = jax.tree.unflatten(structure, drawn), jax.tree.map(jnp.zeros_like, found)
    for number in range(order):
        carry, found = influence_after(probe, carry, found, probe.at(number + 1))
    seen = jax.tree.map(lambda leaf: jnp.any(leaf != 0, 1, keepdims=True).astype(flat.dtype), found)
    # A parameter that moved nothing in these networks is followed everywhere rather than nowhere.
    somewhere = [jnp.any(leaf, range(1, leaf.ndim)) for leaf in jax.tree.leaves(seen)]
    nowhere = ~jnp.any(jnp.stack(somewhere), 0)
    return jax.tree.map(lambda leaf: jnp.where(like_rows(nowhere, leaf), 1.0, leaf), seen)


def _random_steps(part: WalkedPart, number: int, key: Array) -> Shaped[Array, "time batch *shape"]:
    shape = (number, _PROBES, *part.steps.shape[2:])
    if not jnp.issubdtype(part.steps.dtype, jnp.floating):
        return jnp.zeros(shape, part.steps.dtype)  # tokens
    return random.normal(random.fold(key, 0), shape).astype(part.steps.dtype)


def kept(paths: Influence | None, carry: Carry, influence: Influence) -> tuple[Carry, Influence]:
    """Return an influence without that which is not followed."""
    return carry, influence if paths is None else jax.tree.map(jnp.multiply, influence, paths)


def _times(delta: Float[Array, "batch units"], influence: Influence) -> Float[Array, "parameters"]:
    return jnp.tensordot(influence.potential, delta, delta.ndim)
