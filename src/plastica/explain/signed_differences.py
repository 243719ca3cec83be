"""The reveal-cancel rule of DeepLIFT: positive and negative differences from a reference, apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from ..layers.layer import INFERENCE, Layer
from ..typing import Float, Params
from .linearity import NetworkParts, negative, positive, slope


class Signed(NamedTuple):
    """Positive and negative parts of differences, or the multipliers of both."""

    plus: Array
    minus: Array


def reveal_cancel(
    network: Layer, parts: NetworkParts, row: Float[Array, "one *shape"], references: Float[Array, "references *shape"]
) -> Float[Array, "outputs references *shape"]:
    """Return the contributions of the differences of a row from each reference."""
    start = row - references
    gap, there = Signed(jnp.maximum(start, 0), jnp.minimum(start, 0)), references
    first, steps = gap, list[Callable[[Signed], Signed]]()
    for place, layer in enumerate(network.children):

        def synapse(seen: Array, own: Params, layer: Layer = layer, place: int = place) -> Array:
            return layer.synapse(own, seen, parts.state[place], INFERENCE)[0]

        potential = synapse(there, parts.params[place])
        gap, back = _through_product(synapse, parts.params[place], gap)
        steps.append(back)
        gap, back = _through_units(layer.activate, potential, gap)
        steps.append(back)
        there = layer.activate(potential)
    _, back = _through_units(parts.link, there.reshape(len(there), -1), Signed(*(e.reshape(len(e), -1) for e in gap)))
    units = jnp.broadcast_to(
        jnp.eye(there[0].size)[parts.outputs][:, None], (len(parts.outputs), len(there), there[0].size)
    )
    multiplier = jax.vmap(back)(Signed(units, units))
    multiplier = Signed(*(each.reshape(len(each), *there.shape) for each in multiplier))
    for step in reversed(steps):
        multiplier = jax.vmap(step)(multiplier)
    return multiplier.plus * first.plus + multiplier.minus * first.minus


def _through_product(
    synapse: Callable[[Array, Params], Array], own: Params, gap: Signed
) -> tuple[Signed, Callable[[Signed], Signed]]:
    """Return the differences behind a product: positive weights keep their signs, negative ones change them."""
    weighted = bool(jax.tree.leaves(own))

    def product(seen: Array, weights: Params) -> Array:
        return synapse(seen, weights) - synapse(jnp.zeros_like(seen), weights)

    def ahead(seen: Signed) -> Signed:
        if not weighted:
            return Signed(product(seen.plus, own), product(seen.minus, own))
        up, down = positive(own), negative(own)
        return Signed(
            product(seen.plus, up) + product(seen.minus, down), product(seen.minus, up) + product(seen.plus, down)
        )

    found, pull = jax.vjp(ahead, gap)
    return found, lambda multiplier: pull(multiplier)[0]


def _through_units(
    function: Callable[[Array], Array], there: Array, gap: Signed
) -> tuple[Signed, Callable[[Signed], Signed]]:
    """Return the differences behind a function of each unit: the mean of both orders of adding the two parts."""
    # slope(f, a, b) (a - b) = f(a) - f(b), with the derivative where they are equal.
    both = there + gap.plus + gap.minus
    plus = (slope(function, there + gap.plus, there) + slope(function, both, there + gap.minus)) / 2
    minus = (slope(function, there + gap.minus, there) + slope(function, both, there + gap.plus)) / 2
    ahead = Signed(plus * gap.plus, minus * gap.minus)
    return ahead, lambda multiplier: Signed(multiplier.plus * plus, multiplier.minus * minus)
