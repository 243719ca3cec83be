"""What a layer does between its inputs and activity: a product, a function of each unit, or neither.

Measured, so that nobody needs to know the class of a layer, and layers of others are treated alike.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..layers.layer import INFERENCE, Layer
from ..model import Model
from ..typing import Bool, Float, Int, Num, Params, State

ROWS = 2
FLAT = 1e-5  # differences below, as a share, have the derivative instead of a quotient of rounded values
NEAR = 1e-3  # of the largest value: above rounding of float32, below any curvature that matters


class LayerKind(NamedTuple):
    """What a layer does.

    Attributes:
        is_product: Whether its potential is a linear function of its inputs, and a constant.
        is_split: Whether that function is the sum of those of its positive and of its negative parameters.
        is_weighted: Whether it has parameters; without, all its weights are at least 0.
        by_unit: Whether its activity is a function of the potential of each unit alone.
    """

    is_product: bool
    is_split: bool
    is_weighted: bool
    by_unit: bool


class NetworkParts(NamedTuple):
    """What a program reads of a network whose layers follow each other.

    Attributes:
        params, state: Those of its layers.
        outputs: The numbers of the explained outputs.
        link: From answers to what is explained.
    """

    params: Params
    state: State
    outputs: Int[Array, "outputs"]
    link: Callable[[Array], Array]


def layer_kinds(model: Model, x: Num[np.ndarray, "rows *shape"]) -> tuple[LayerKind, ...]:
    """Return what each layer of a model does, measured at some rows."""
    _, params, state, _ = model.answering()
    rows = np.resize(x, (ROWS, *x.shape[1:])).astype(np.float32)
    found = np.asarray(_measured(rows, params, state, network=model.network))
    weighted = [bool(jax.tree.leaves(params[place])) for place in range(len(model.network.children))]
    return tuple(
        LayerKind(bool(product), bool(split) or not has, has, bool(by_unit))
        for (product, split, by_unit), has in zip(found, weighted, strict=True)
    )


def positive(params: Params) -> Params:
    """Return positive parameters, and 0 for negative ones."""
    return jax.tree.map(lambda each: jnp.maximum(each, 0), params)


def negative(params: Params) -> Params:
    """Return negative parameters, and 0 for positive ones."""
    return jax.tree.map(lambda each: jnp.minimum(each, 0), params)


def slope(
    function: Callable[[Array], Array], here: Float[Array, "*shape"], there: Float[Array, "*shape"]
) -> Float[Array, "*shape"]:
    """Return the quotient of the differences of a function of each unit; its derivative where they vanish."""
    gap = here - there
    small = jnp.abs(gap) <= FLAT * (1 + jnp.abs(here))
    value, back = jax.vjp(function, here)
    (derivative,) = back(jnp.ones_like(value))
    return jnp.where(small, derivative, (value - function(there)) / jnp.where(small, 1, gap))


@partial(jax.jit, static_argnames="network")
def _measured(
    x: Num[Array, "rows *shape"], params: Params, state: State, *, network: Layer
) -> Bool[Array, "layers kinds"]:
    activity, found = network.cast_inputs(x), []
    for place, layer in enumerate(network.children):

        def synapse(seen: Array, own: Params, layer: Layer = layer, place: int = place) -> Array:
            return layer.synapse(own, seen, state[place], INFERENCE)[0]

        own = params[place]
        potential = synapse(activity, own)
        up = _noise(2 * place, potential)
        points = [activity, -activity, activity + _noise(2 * place + 1, activity)]
        slopes = [jax.vjp(lambda seen, own=own: synapse(seen, own), point)[1](up)[0] for point in points]
        product = _near(slopes[0], slopes[1]) & _near(slopes[0], slopes[2])
        nothing = jnp.zeros_like(activity)
        parts = [synapse(activity, each) - synapse(nothing, each) for each in (positive(own), negative(own), own)]
        back = jax.vjp(layer.activate, potential + up)[1]
        following = layer.activate(potential)
        by_unit = jnp.zeros((), bool)
        if following.shape == potential.shape:
            other = _noise(2 * place + 3, following)
            by_unit = _near(back(other)[0], back(jnp.ones_like(other))[0] * other)
        found.append(jnp.stack([product, _near(parts[0] + parts[1], parts[2]), by_unit]))
        activity = following
    return jnp.stack(found)


def _noise(number: int, like: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return random numbers, of about the size of others."""
    drawn = np.random.default_rng(number).standard_normal(like.shape).astype(np.float32)
    return jnp.asarray(drawn) * (jnp.abs(like).mean() + 1)


def _near(one: Array, other: Array) -> Bool[Array, ""]:
    return jnp.abs(one - other).max() <= NEAR * (jnp.abs(one).max() + jnp.abs(other).max()) + 1e-12
